//! Bulk operations: histories over two memories and two tables, with operands near the ends of everything. The model keeps
//! vectors.

use super::{Program, columns};
use wasmoon::random::Random;
use wasmoon::runtime::libcalls::memories_and_tables::PIECE;
use wasmoon::runtime::store::Extern;
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Ref;

const PAGE: usize = 65_536;
const DATA: usize = 300;
const ELEMENTS: usize = 5;
/// The maximum pages of a memory, and the maximum elements of a table.
const MOST_PAGES: usize = 3;
const MOST_ELEMENTS: usize = 40;

fn module() -> String {
    let mut text = format!(
        "(module
  (type $id (func (result i32)))
  (memory $m0 (export \"m0\") 1 {MOST_PAGES}) (memory $m1 (export \"m1\") 2 {MOST_PAGES})
  (table $t0 10 {MOST_ELEMENTS} funcref) (table $t1 3 {MOST_ELEMENTS} funcref)
  (data $data \"{}\")
  (elem $elem func $f0 $f1 $f2 $f3 $f4)\n",
        (0..DATA).map(|i| format!("\\{:02x}", byte(i))).collect::<String>()
    );
    for i in 0..ELEMENTS {
        text += &format!("  (func $f{i} (result i32) (i32.const {i}))\n");
    }
    let three = "(param i32 i32 i32)";
    let all = "(local.get 0) (local.get 1) (local.get 2)";
    for m in 0..2 {
        text += &format!("  (func (export \"fill m{m}\") {three} (memory.fill $m{m} {all}))\n");
        text += &format!("  (func (export \"init m{m}\") {three} (memory.init $m{m} $data {all}))\n");
        text +=
            &format!("  (func (export \"grow m{m}\") (param i32) (result i32) (memory.grow $m{m} (local.get 0)))\n");
        text += &format!("  (func (export \"init t{m}\") {three} (table.init $t{m} $elem {all}))\n");
        text += &format!(
            "  (func (export \"fill t{m}\") {three}
    (table.fill $t{m} (local.get 0) (table.get $t0 (local.get 1)) (local.get 2)))
  (func (export \"grow t{m}\") (param i32) (result i32) (table.grow $t{m} (ref.func $f3) (local.get 0)))
  (func (export \"size t{m}\") (result i32) (table.size $t{m}))
  (func (export \"see t{m}\") (param i32) (result i32)
    (if (result i32) (ref.is_null (table.get $t{m} (local.get 0)))
      (then (i32.const -1))
      (else (call_indirect $t{m} (type $id) (local.get 0)))))\n"
        );
        for n in 0..2 {
            text += &format!("  (func (export \"copy m{m} m{n}\") {three} (memory.copy $m{m} $m{n} {all}))\n");
            text += &format!("  (func (export \"copy t{m} t{n}\") {three} (table.copy $t{m} $t{n} {all}))\n");
        }
    }
    text + "  (func (export \"drop data\") (data.drop $data)) (func (export \"drop elem\") (elem.drop $elem)))"
}

fn byte(i: usize) -> u8 {
    (i * 7 + 3) as u8
}

struct Model {
    memories: [Vec<u8>; 2],
    tables: [Vec<Option<u32>>; 2],
    data: Vec<u8>,
    elements: Vec<Option<u32>>,
}

/// The range of this length from `at` on; `None` if it is out of bounds.
fn part<T>(all: &[T], at: u32, len: u32) -> Option<std::ops::Range<usize>> {
    let (at, len) = (at as usize, len as usize);
    (at + len <= all.len()).then(|| at..at + len)
}

fn copy<T: Clone>(all: &mut [Vec<T>; 2], to: usize, from: usize, [dst, src, len]: [u32; 3]) -> Option<()> {
    let values = all[from][part(&all[from], src, len)?].to_vec();
    let range = part(&all[to], dst, len)?;
    all[to][range].clone_from_slice(&values);
    Some(())
}

fn init<T: Clone>(all: &mut [T], segment: &[T], [dst, src, len]: [u32; 3]) -> Option<()> {
    let from = part(segment, src, len)?;
    let range = part(all, dst, len)?;
    all[range].clone_from_slice(&segment[from]);
    Some(())
}

fn fill<T: Clone>(all: &mut [T], at: u32, value: &T, len: u32) -> Option<()> {
    let range = part(all, at, len)?;
    all[range].fill(value.clone());
    Some(())
}

/// Grows it if there is room; returns the old size, or `u32::MAX`.
fn grow<T: Clone>(all: &mut Vec<T>, by: usize, most: usize, unit: usize, value: T) -> u32 {
    let old = all.len() / unit;
    if old + by > most {
        return u32::MAX;
    }
    all.resize((old + by) * unit, value);
    old as u32
}

/// A position or a length: at an end, next to one, or anywhere.
fn operand(random: &mut Random, ends: &[usize]) -> u32 {
    let end = ends[random.below(ends.len() as u64) as usize] as u64;
    match random.below(12) {
        0 => u32::MAX - random.below(2) as u32,
        1..4 => (end + random.below(3)).saturating_sub(1) as u32,
        4..6 => random.below(18) as u32,
        6 => (end / 2 + random.below(64)) as u32,
        _ => random.below(end + 1) as u32,
    }
}

/// A source position for a copy: half of the time near the destination, so that both overlap almost entirely, in either
/// direction.
fn near(random: &mut Random, to: u32, distance: u32, end: usize) -> u32 {
    match random.below(2) {
        0 => to.wrapping_add(random.below(2 * u64::from(distance) + 1) as u32).wrapping_sub(distance),
        _ => operand(random, &[end]),
    }
}

/// A random call: its name, its operands, and the outcome in the model: a result, nothing, or a trap.
fn step(random: &mut Random, model: &mut Model) -> (String, Vec<u32>, Result<Vec<u32>, TrapCode>) {
    let (a, b) = (random.below(2) as usize, random.below(2) as usize);
    let bytes = TrapCode::MemoryOutOfBounds;
    let elements = TrapCode::TableOutOfBounds;
    let nothing = |done: Option<()>, trap| done.map(|()| Vec::new()).ok_or(trap);
    let [first, second] = [a, b].map(|i| model.memories[i].len());
    let [of_a, of_b] = [a, b].map(|i| model.tables[i].len());
    match random.below(16) {
        0..3 => {
            let args = [operand(random, &[first, PAGE]), random.next() as u32, operand(random, &[first, 1, 16, 64])];
            let done = fill(&mut model.memories[a], args[0], &(args[1] as u8), args[2]);
            (format!("fill m{a}"), args.to_vec(), nothing(done, bytes))
        }
        3..7 => {
            let to = operand(random, &[first, PAGE]);
            let from = near(random, to, 20, second);
            let args = [to, from, operand(random, &[first, second, 16, 64, 256])];
            let done = copy(&mut model.memories, a, b, args);
            (format!("copy m{a} m{b}"), args.to_vec(), nothing(done, bytes))
        }
        7 | 8 => {
            let args = [operand(random, &[first]), operand(random, &[DATA, 0]), operand(random, &[DATA, 16])];
            let done = init(&mut model.memories[a], &model.data, args);
            (format!("init m{a}"), args.to_vec(), nothing(done, bytes))
        }
        9 => {
            let by = random.below(2) as u32;
            let old = grow(&mut model.memories[a], by as usize, MOST_PAGES, PAGE, 0);
            (format!("grow m{a}"), vec![by], Ok(vec![old]))
        }
        10 => {
            let by = random.below(7) as u32;
            let old = grow(&mut model.tables[a], by as usize, MOST_ELEMENTS, 1, Some(3));
            (format!("grow t{a}"), vec![by], Ok(vec![old]))
        }
        11 | 12 => {
            let to = operand(random, &[of_a]);
            let args = [to, near(random, to, 3, of_b), operand(random, &[of_a, of_b, 3])];
            let done = copy(&mut model.tables, a, b, args);
            (format!("copy t{a} t{b}"), args.to_vec(), nothing(done, elements))
        }
        13 => {
            let args =
                [operand(random, &[of_a]), operand(random, &[model.tables[0].len()]), operand(random, &[of_a, 3])];
            let value = model.tables[0].get(args[1] as usize).copied();
            let done = value.and_then(|value| fill(&mut model.tables[a], args[0], &value, args[2]));
            (format!("fill t{a}"), args.to_vec(), nothing(done, elements))
        }
        14 => {
            let args = [operand(random, &[of_a]), operand(random, &[ELEMENTS, 0]), operand(random, &[ELEMENTS, 2])];
            let done = init(&mut model.tables[a], &model.elements, args);
            (format!("init t{a}"), args.to_vec(), nothing(done, elements))
        }
        _ if random.below(10) > 0 => {
            let at = operand(random, &[of_a]);
            let seen = model.tables[a].get(at as usize).ok_or(elements);
            (format!("see t{a}"), vec![at], seen.map(|function| vec![function.unwrap_or(u32::MAX)]))
        }
        _ if random.below(2) == 0 => {
            model.data.clear();
            ("drop data".into(), Vec::new(), Ok(Vec::new()))
        }
        _ => {
            model.elements.clear();
            ("drop elem".into(), Vec::new(), Ok(Vec::new()))
        }
    }
}

/// After every operation, memories and tables are equal to those of the model.
#[test]
fn bulk_operations_are_as_their_model() {
    let text = module();
    let (mut done, mut trapped) = (0, 0);
    for (name, config) in columns() {
        for seed in 0..12 {
            let random = &mut Random::new(seed);
            let mut wasm = Program::new(&text, &config);
            let mut model = Model {
                memories: [vec![0; PAGE], vec![0; 2 * PAGE]],
                tables: [vec![None; 10], vec![None; 3]],
                data: (0..DATA).map(byte).collect(),
                elements: (0..ELEMENTS as u32).map(Some).collect(),
            };
            for at in 0..120 {
                let (call, args, expected) = step(random, &mut model);
                let here = format!("{name}, seed {seed}, step {at}: {call} {args:?}");
                *if expected.is_ok() { &mut done } else { &mut trapped } += 1;
                assert_eq!(wasm.call(&call, &args).map_err(|trap| trap.expect("no exception")), expected, "{here}");
                for (i, memory) in model.memories.iter().enumerate() {
                    let real = wasm.memory(&format!("m{i}"));
                    if real != memory.as_slice() {
                        let at = real.iter().zip(memory).position(|(a, b)| a != b);
                        panic!("{here}: memory {i} of {} bytes differs at {at:?}", real.len());
                    }
                }
                for (i, table) in model.tables.iter().enumerate() {
                    assert_eq!(wasm.call(&format!("size t{i}"), &[]), Ok(vec![table.len() as u32]), "{here}");
                    let real: Vec<u32> = (0..table.len() as u32)
                        .map(|at| wasm.call(&format!("see t{i}"), &[at]).expect("in bounds")[0])
                        .collect();
                    let model: Vec<u32> = table.iter().map(|function| function.unwrap_or(u32::MAX)).collect();
                    assert_eq!(real, model, "{here}: table {i}");
                }
            }
        }
    }
    assert!(done > 3000 && trapped > 1000, "{done} done, {trapped} trapped");
}

/// Operations larger than a piece, the unit of work, from segments and between elements: each place gets the right value,
/// whichever piece it is in. The contents of segments repeat at intervals that do not divide a piece.
#[test]
fn operations_of_several_pieces_are_as_their_model() {
    const BYTES: usize = PIECE + 1000;
    const MANY: usize = PIECE / 8 + 1000;
    const PAGES: usize = BYTES.div_ceil(PAGE);
    fn run(wasm: &mut Program, name: &str, args: &[usize]) -> Vec<u32> {
        let args: Vec<u32> = args.iter().map(|&arg| arg as u32).collect();
        wasm.call(name, &args).unwrap_or_else(|trap| panic!("{name} {args:?}: {trap:?}"))
    }
    let data: Vec<u8> = (0..BYTES).map(|i| b'a' + (i % 23) as u8).collect();
    let elements: Vec<Option<u32>> = (0..MANY as u32).map(|i| Some(i % ELEMENTS as u32)).collect();
    let three = "(param i32 i32 i32)";
    let all = "(local.get 0) (local.get 1) (local.get 2)";
    let mut text = format!(
        "(module
  (type $a (array (mut i8)))
  (memory $m (export \"m\") {PAGES}) (memory $s {PAGES} {PAGES} shared)
  (table $t (export \"t\") {MANY} funcref)
  (global $a (mut (ref null $a)) (ref.null $a))
  (data $data \"{}\")
  (elem $elem func {})
  (func (export \"init m\") {three} (memory.init $m $data {all}))
  (func (export \"init s\") {three} (memory.init $s $data {all}))
  (func (export \"show s\") (memory.copy $m $s (i32.const 0) (i32.const 0) (i32.const {})))
  (func (export \"init t\") {three} (table.init $t $elem {all}))
  (func (export \"copy t\") {three} (table.copy $t $t {all}))
  (func (export \"fill t\") {three} (table.fill $t (local.get 0) (table.get $t (local.get 1)) (local.get 2)))
  (func (export \"make a\") (global.set $a (array.new_default $a (i32.const {BYTES}))))
  (func (export \"init a\") {three} (array.init_data $a $data (global.get $a) {all}))
  (func (export \"see a\") (param i32) (result i32) (array.get_u $a (global.get $a) (local.get 0)))\n",
        String::from_utf8_lossy(&data),
        elements.iter().flatten().map(|i| format!("$f{i} ")).collect::<String>(),
        PAGES * PAGE
    );
    for i in 0..ELEMENTS {
        text += &format!("  (func $f{i} (export \"f{i}\"))\n");
    }
    // Arrays are filled a fixed number of elements at a time, whatever their size.
    let widths = [
        ("i8", "(i32.const 0x81)", "(i32.eq (i32.const 0x81) (array.get_u $i8"),
        ("i16", "(i32.const 0x8123)", "(i32.eq (i32.const 0x8123) (array.get_u $i16"),
        ("i32", "(i32.const 0x81234567)", "(i32.eq (i32.const 0x81234567) (array.get $i32"),
        ("i64", "(i64.const 0x8123456789)", "(i64.eq (i64.const 0x8123456789) (array.get $i64"),
        ("v128", "(v128.const i64x2 5 6)", "(i64x2.all_true (i64x2.eq (v128.const i64x2 5 6) (array.get $v128"),
    ];
    for (ty, value, test) in widths {
        let ends = ")".repeat(if ty == "v128" { 3 } else { 2 });
        text += &format!(
            "  (type ${ty} (array (mut {ty}))) (global ${ty} (mut (ref null ${ty})) (ref.null ${ty}))
  (func (export \"fill {ty}\") (param i32 i32)
    (global.set ${ty} (array.new_default ${ty} (i32.const {BYTES})))
    (array.fill ${ty} (global.get ${ty}) (local.get 0) {value} (local.get 1)))
  (func (export \"see {ty}\") (param i32) (result i32) {test} (global.get ${ty}) (local.get 0){ends})
  (func (export \"forget {ty}\") (global.set ${ty} (ref.null ${ty})))\n"
        );
    }
    text += ")";
    // Near the ends of pieces, wherever an operation started, and near the ends of everything.
    let seen = || [0, PIECE, BYTES].into_iter().flat_map(|end| end.saturating_sub(30)..(end + 30).min(BYTES));
    // The code that executes the operations is the same for all columns.
    let (_, config) = columns().remove(0);
    let mut wasm = Program::new(&text, &config);

    let args = [3, 5, BYTES - 7];
    run(&mut wasm, "make a", &[]);
    run(&mut wasm, "init a", &args);
    let mut array = vec![0_u8; BYTES];
    init(&mut array, &data, args.map(|arg| arg as u32)).expect("in bounds");
    for at in seen() {
        assert_eq!(run(&mut wasm, "see a", &[at]), [u32::from(array[at])], "element {at}");
    }
    for (ty, ..) in widths {
        let (at, len) = (5, PIECE + 15);
        run(&mut wasm, &format!("fill {ty}"), &[at, len]);
        for i in seen() {
            let expected = u32::from((at..at + len).contains(&i));
            assert_eq!(run(&mut wasm, &format!("see {ty}"), &[i]), [expected], "element {i} of {ty}");
        }
        run(&mut wasm, &format!("forget {ty}"), &[]);
    }

    for (name, args) in [("init m", [3, 5, BYTES - 7]), ("init s", [9, 1, BYTES - 20])] {
        run(&mut wasm, name, &args);
        let mut memory = vec![0_u8; PAGES * PAGE];
        init(&mut memory, &data, args.map(|arg| arg as u32)).expect("in bounds");
        if name == "init s" {
            run(&mut wasm, "show s", &[]);
        }
        assert!(wasm.memory("m") == memory, "{name}");
    }

    let functions: Vec<Ref> = (0..ELEMENTS)
        .map(|i| match wasm.store.export(wasm.instance, &format!("f{i}")) {
            Some(Extern::Func(function)) => Ref::Func(function),
            _ => panic!("no function f{i}"),
        })
        .collect();
    let Some(Extern::Table(table)) = wasm.store.export(wasm.instance, "t") else { panic!("no table") };
    let mut tables = [vec![None::<u32>; MANY], Vec::new()];
    for (name, args) in [
        ("init t", [3, 5, MANY - 7]),
        ("copy t", [7, 0, MANY - 7]),
        ("copy t", [0, 9, MANY - 9]),
        ("fill t", [4, 6, MANY - 9]),
    ] {
        run(&mut wasm, name, &args);
        let numbers = args.map(|arg| arg as u32);
        let done = match name {
            "init t" => init(&mut tables[0], &elements, numbers),
            "copy t" => copy(&mut tables, 0, 0, numbers),
            _ => {
                let value = tables[0][args[1]];
                fill(&mut tables[0], numbers[0], &value, numbers[2])
            }
        };
        done.expect("in bounds");
        for (i, function) in tables[0].iter().enumerate() {
            let expected = function.map_or(Ref::Null, |n| functions[n as usize]);
            assert_eq!(wasm.store.table_get(table, i as u64), Some(expected), "{name}: element {i}");
        }
    }
}
