//! Continuations: functions follow random lists of steps that resume, suspend, bind, throw into and drop each other's
//! continuations, and log what they observe. The model keeps stacks of frames in vectors.

use super::{Program, columns};
use std::fmt::Write;
use wasmoon::random::Random;
use wasmoon::runtime::trap::TrapCode;

const FUNCTIONS: u64 = 6;
const SLOTS: u64 = 4;
/// The initial fuel; each step takes one unit, so that each history ends.
const FUEL: u32 = 200;

/// A step of a function. All functions have one parameter, which steps may change.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Puts a new continuation of a function into a slot.
    New { slot: usize, function: usize },
    /// The same, for a function with two parameters, of which the first is bound to a number.
    Bind { slot: usize, function: usize, first: u32 },
    /// Resumes the continuation in a slot with a number, or throws into it. If it suspends with one of the tags in `handled`, it
    /// is put into the slot `back`. With `catches`, exceptions are caught.
    Resume { slot: usize, with: u32, throws: bool, handled: [bool; 2], back: usize, catches: bool },
    /// Suspends the running continuation with a tag and a number.
    Suspend { tag: usize, with: u32 },
    /// Calls a later function.
    Call { function: usize, catches: bool },
    /// Throws an exception with a number.
    Throw { with: u32 },
    /// Empties a slot, and drops its continuation.
    Drop { slot: usize },
    /// Other work: changes the parameter.
    Work { by: u32 },
}

/// A random step of a function. The first function, which is never resumed, mostly deals with the others.
fn step(random: &mut Random, function: usize) -> Step {
    let slot = random.below(SLOTS) as usize;
    let with = random.below(1000) as u32;
    let any = 1 + random.below(FUNCTIONS - 1) as usize;
    let first = function == 0;
    match random.below(16) {
        0 | 1 => Step::New { slot, function: any },
        2 => Step::Bind { slot, function: any, first: with },
        3..7 => {
            let handled =
                [first || random.below(3) > 0, if first { random.below(12) > 0 } else { random.below(3) == 0 }];
            let back = random.below(SLOTS) as usize;
            Step::Resume {
                slot,
                with,
                throws: random.below(6) == 0,
                handled,
                back,
                catches: first || random.below(3) == 0,
            }
        }
        7..12 if !first => Step::Suspend { tag: usize::from(random.below(3) == 0), with },
        7..10 => Step::New { slot, function: any },
        12 if !first && function + 1 < FUNCTIONS as usize => {
            let later = function + 1 + random.below(FUNCTIONS - 1 - function as u64) as usize;
            Step::Call { function: later, catches: random.below(2) == 0 }
        }
        13 if random.below(4) == 0 => Step::Throw { with },
        14 if random.below(3) == 0 => Step::Drop { slot },
        _ if first => {
            Step::Resume { slot, with, throws: false, handled: [true; 2], back: slot, catches: random.below(8) > 0 }
        }
        _ => Step::Work { by: with },
    }
}

/// Log entries; a number is added to each except `EMPTY`.
const RETURNED: u32 = 1_000_000;
const SUSPENDED: u32 = 2_000_000;
const CAUGHT: u32 = 3_000_000;
const EMPTY: u32 = 4_000_000;
const RESUMED: u32 = 5_000_000;

/// The module with these functions; `run` executes the first one.
fn module(program: &[Vec<Step>]) -> String {
    let mut text = String::from(
        "(module
  (type $f (func (param i32) (result i32))) (type $c (cont $f))
  (type $g (func (param i32 i32) (result i32))) (type $d (cont $g))
  (tag $t0 (param i32) (result i32)) (tag $t1 (param i32) (result i32)) (tag $e (param i32))
  (memory (export \"log\") 1) (global $end (mut i32) (i32.const 0)) (global $fuel (mut i32) (i32.const 0))
  (table $slots SLOTS (ref null $c))
  (func $note (param i32)
    (i32.store (global.get $end) (local.get 0))
    (global.set $end (i32.add (global.get $end) (i32.const 4))))
  (func $spend
    (if (i32.eqz (global.get $fuel)) (then (unreachable)))
    (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1))))
  (func (export \"length\") (result i32) (global.get $end))
",
    )
    .replace("SLOTS", &SLOTS.to_string());
    for (i, steps) in program.iter().enumerate() {
        // A function with two parameters calls the other one with a combination of both.
        let _ = writeln!(
            text,
            "  (func $g{i} (param i32 i32) (result i32)
    (return_call $f{i} (i32.add (i32.mul (local.get 0) (i32.const 3)) (local.get 1))))
  (elem declare func $f{i} $g{i})
  (func $f{i} (param $x i32) (result i32) (local $k (ref null $c)) (local $v i32)"
        );
        for step in steps {
            text.push_str("    (call $spend)\n");
            let _ = match *step {
                Step::New { slot, function } => {
                    writeln!(text, "    (table.set $slots (i32.const {slot}) (cont.new $c (ref.func $f{function})))")
                }
                Step::Bind { slot, function, first } => writeln!(
                    text,
                    "    (table.set $slots (i32.const {slot})
      (cont.bind $d $c (i32.const {first}) (cont.new $d (ref.func $g{function}))))"
                ),
                Step::Resume { slot, with, throws, handled, back, catches } => {
                    let on: String =
                        (0..2).filter(|&tag| handled[tag]).map(|tag| format!(" (on $t{tag} $h{tag})")).collect();
                    let resume = match throws {
                        false => format!("(resume $c{on} (i32.const {with}) (local.get $k))"),
                        true => format!("(resume_throw $c $e{on} (i32.const {with}) (local.get $k))"),
                    };
                    let caught = if catches { "(catch $e $caught)" } else { "" };
                    writeln!(
                        text,
                        "    (local.set $k (table.get $slots (i32.const {slot})))
    (table.set $slots (i32.const {slot}) (ref.null $c))
    (if (ref.is_null (local.get $k)) (then (call $note (i32.const {EMPTY})))
      (else
        (block $done
          (block $caught (result i32)
            (block $h1 (result i32 (ref $c))
              (block $h0 (result i32 (ref $c))
                (try_table (result i32) {caught} {resume})
                (local.set $v)
                (call $note (i32.add (i32.const {RETURNED}) (local.get $v)))
                (br $done))
              (local.set $k) (local.set $v)
              (call $note (i32.add (i32.const {SUSPENDED}) (local.get $v)))
              (table.set $slots (i32.const {back}) (local.get $k))
              (br $done))
            (local.set $k) (local.set $v)
            (call $note (i32.add (i32.const {SUSPENDED}) (i32.add (i32.const 1000) (local.get $v))))
            (table.set $slots (i32.const {back}) (local.get $k))
            (br $done))
          (local.set $v)
          (call $note (i32.add (i32.const {CAUGHT}) (local.get $v))))))"
                    )
                }
                Step::Suspend { tag, with } => writeln!(
                    text,
                    "    (local.set $x (i32.add (local.get $x) (suspend $t{tag} (i32.const {with}))))
    (call $note (i32.add (i32.const {RESUMED}) (i32.and (local.get $x) (i32.const 0xffff))))"
                ),
                Step::Call { function, catches } => {
                    let caught = if catches { "(catch $e $caught)" } else { "" };
                    writeln!(
                        text,
                        "    (block $done
      (block $caught (result i32)
        (try_table (result i32) {caught} (call $f{function} (local.get $x)))
        (local.set $v) (call $note (i32.add (i32.const {RETURNED}) (local.get $v))) (br $done))
      (local.set $v) (call $note (i32.add (i32.const {CAUGHT}) (local.get $v))))"
                    )
                }
                Step::Throw { with } => writeln!(text, "    (throw $e (i32.const {with}))"),
                Step::Drop { slot } => writeln!(text, "    (table.set $slots (i32.const {slot}) (ref.null $c))"),
                Step::Work { by } => writeln!(text, "    (local.set $x (i32.xor (local.get $x) (i32.const {by})))"),
            };
        }
        text.push_str("    (i32.and (local.get $x) (i32.const 0xffff)))\n");
    }
    let _ = writeln!(
        text,
        "  (func (export \"run\") (result i32) (global.set $fuel (i32.const {FUEL})) (call $f0 (i32.const 1))))"
    );
    text
}

/// An executing function, its position, and its parameter.
struct Frame {
    function: usize,
    at: usize,
    x: u32,
}

type Stack = Vec<Frame>;

/// A suspended or new continuation: stacks, each resumed by the previous one.
struct Continuation {
    stacks: Vec<Stack>,
    /// Whether it has started and suspended.
    begun: bool,
}

#[derive(Debug, PartialEq)]
enum End {
    Returned(u32),
    Exception,
    Trap(TrapCode),
}

/// What the innermost frame does next.
enum Next {
    Go,
    Return(u32),
    Throw(u32),
}

struct Model<'a> {
    program: &'a [Vec<Step>],
    slots: [Option<Continuation>; SLOTS as usize],
    /// The innermost stack comes last.
    stacks: Vec<Stack>,
    fuel: u32,
    log: Vec<u32>,
    seen: &'a mut Seen,
}

/// Counts of the events that must occur.
#[derive(Debug, Default)]
struct Seen {
    resumed: u32,
    /// Continuations resumed together with stacks that they had resumed themselves.
    chains: u32,
    thrown_into: u32,
    caught: u32,
    returned: u32,
    exceptions: u32,
    unhandled: u32,
}

impl Model<'_> {
    fn frame(&mut self) -> &mut Frame {
        self.stacks.last_mut().and_then(|stack| stack.last_mut()).expect("something executes")
    }

    /// The step that a frame is at.
    fn waits_at(&self, frame: &Frame) -> Step {
        self.program[frame.function][frame.at]
    }

    fn run(mut self) -> (End, Vec<u32>) {
        let mut next = Next::Go;
        loop {
            next = match next {
                Next::Go => {
                    let (function, at, x) = {
                        let frame = self.frame();
                        (frame.function, frame.at, frame.x)
                    };
                    match self.program[function].get(at) {
                        None => Next::Return(x & 0xffff),
                        Some(_) if self.fuel == 0 => return (End::Trap(TrapCode::Unreachable), self.log),
                        Some(&step) => {
                            self.fuel -= 1;
                            match self.step(step) {
                                Some(next) => next,
                                None => return (End::Trap(TrapCode::UnhandledTag), self.log),
                            }
                        }
                    }
                }
                Next::Return(value) => {
                    self.pop();
                    if self.stacks.is_empty() {
                        return (End::Returned(value), self.log);
                    }
                    self.log.push(RETURNED + value);
                    self.frame().at += 1;
                    Next::Go
                }
                Next::Throw(value) => {
                    self.pop();
                    if self.stacks.is_empty() {
                        return (End::Exception, self.log);
                    }
                    let frame = self.stacks.last().and_then(|stack| stack.last()).expect("it called or resumed");
                    match self.waits_at(frame) {
                        Step::Call { catches: true, .. } | Step::Resume { catches: true, .. } => {
                            self.seen.caught += 1;
                            self.log.push(CAUGHT + value);
                            self.frame().at += 1;
                            Next::Go
                        }
                        _ => Next::Throw(value),
                    }
                }
            };
        }
    }

    /// Ends the innermost frame, and also its stack if that was the last frame.
    fn pop(&mut self) {
        let stack = self.stacks.last_mut().expect("a stack");
        stack.pop();
        if stack.is_empty() {
            self.stacks.pop();
        }
    }

    /// Executes a step; `None` for a trap.
    fn step(&mut self, step: Step) -> Option<Next> {
        let fresh = |function, x| Some(Continuation { stacks: vec![vec![Frame { function, at: 0, x }]], begun: false });
        match step {
            Step::New { slot, function } => self.slots[slot] = fresh(function, 0),
            // The value that it is resumed with is added to this.
            Step::Bind { slot, function, first } => self.slots[slot] = fresh(function, first * 3),
            Step::Resume { slot, with, throws, .. } => {
                let Some(Continuation { stacks, begun }) = self.slots[slot].take() else {
                    self.log.push(EMPTY);
                    self.frame().at += 1;
                    return Some(Next::Go);
                };
                self.seen.resumed += 1;
                self.seen.chains += u32::from(stacks.len() > 1);
                self.stacks.extend(stacks);
                if throws {
                    self.seen.thrown_into += u32::from(begun);
                    return Some(Next::Throw(with));
                }
                let frame = self.frame();
                frame.x = frame.x.wrapping_add(with);
                if begun {
                    frame.at += 1;
                    let seen = frame.x & 0xffff;
                    self.log.push(RESUMED + seen);
                }
                return Some(Next::Go);
            }
            Step::Suspend { tag, with } => {
                // The innermost resume that handles the tag; its frame is on the stack below the one that it resumed.
                let handler = (1..self.stacks.len()).rev().find_map(|above| {
                    let frame = self.stacks[above - 1].last().expect("it resumed");
                    match self.waits_at(frame) {
                        Step::Resume { handled, back, .. } if handled[tag] => Some((above, back)),
                        _ => None,
                    }
                });
                let (above, back) = handler?;
                let stacks = self.stacks.split_off(above);
                self.log.push(SUSPENDED + 1000 * tag as u32 + with);
                self.slots[back] = Some(Continuation { stacks, begun: true });
            }
            Step::Call { function, .. } => {
                let x = self.frame().x;
                self.stacks.last_mut().expect("a stack").push(Frame { function, at: 0, x });
                return Some(Next::Go);
            }
            Step::Throw { with } => return Some(Next::Throw(with)),
            Step::Drop { slot } => self.slots[slot] = None,
            Step::Work { by } => self.frame().x ^= by,
        }
        self.frame().at += 1;
        Some(Next::Go)
    }
}

/// Each column does what the model does.
#[test]
fn continuations_are_as_their_model() {
    let mut seen = Seen::default();
    for seed in 0..400 {
        let random = &mut Random::new(seed);
        let program: Vec<Vec<Step>> = (0..FUNCTIONS as usize)
            .map(|i| {
                let count = if i == 0 { 40 } else { 2 + random.below(7) };
                (0..count).map(|_| step(random, i)).collect()
            })
            .collect();
        let model = Model {
            program: &program,
            slots: [const { None }; SLOTS as usize],
            stacks: vec![vec![Frame { function: 0, at: 0, x: 1 }]],
            fuel: FUEL,
            log: Vec::new(),
            seen: &mut seen,
        };
        let expected = model.run();
        match expected.0 {
            End::Returned(_) => seen.returned += 1,
            End::Exception => seen.exceptions += 1,
            End::Trap(TrapCode::Unreachable) => {}
            End::Trap(_) => seen.unhandled += 1,
        }
        let text = module(&program);
        for (name, config) in columns() {
            let mut wasm = Program::new(&text, &config);
            let end = match wasm.call("run", &[]) {
                Ok(values) => End::Returned(values[0]),
                Err(None) => End::Exception,
                Err(Some(code)) => End::Trap(code),
            };
            let length = wasm.call("length", &[]).expect("a number")[0] as usize;
            let log: Vec<u32> =
                wasm.memory("log")[..length].chunks(4).map(|n| u32::from_le_bytes(n.try_into().unwrap())).collect();
            assert_eq!((end, log), expected, "{name}, seed {seed}: {program:#?}");
        }
    }
    let Seen { resumed, chains, thrown_into, caught, returned, exceptions, unhandled } = seen;
    let all = [resumed, chains, thrown_into, caught, returned, exceptions, unhandled];
    assert!(all.iter().all(|&n| n > 10) && resumed > 2000, "{seen:?}");
}
