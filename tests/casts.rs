//! Each operator that inspects a reference, after each other one, on the same reference: what the compiler learns from the first
//! must be true where it uses it, and must not be used elsewhere. The expected results need no engine: a few lines say which
//! value is of which type. Both the interpreter and the compiler have to produce them.

#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]

mod operators;

use operators::{few_columns, instance, on_all_cores};
use std::fmt::Write;
use std::sync::Arc;
use wasmoon::engine::{Config, Mode, Tier};
use wasmoon::module::{Module, features};
use wasmoon::random::Random;
use wasmoon::runtime::store::{Abort, Extern};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;

/// The types below one top type, and values of them.
struct Hierarchy {
    /// The top type.
    top: &'static str,
    /// Heap types.
    heaps: &'static [&'static str],
    /// The values: the expression that creates each, and those heap types of the above that it is of. None of them is null.
    values: &'static [(&'static str, &'static [&'static str])],
}

/// The types and functions of each module.
const DEFINITIONS: &str = "
  (rec
    (type $s (sub (struct)))
    (type $t (sub $s (struct (field (mut i32)))))
    (type $u (sub final $t (struct (field (mut i32)) (field (ref null $t)))))
    (type $v (sub $s (struct (field (mut i64))))))
  (rec
    (type $a (sub (array (mut i8))))
    (type $b (sub final $a (array (mut i8)))))
  (type $w (struct))
  (rec (type $f (sub (func))) (type $g (sub final $f (func))) (type $h (func (result i32))))
  (func $of_f (type $f)) (func $of_g (type $g)) (func $of_h (type $h) unreachable) (func $of_none (param i32))
  (elem declare func $of_f $of_g $of_h $of_none)";

const HIERARCHIES: [Hierarchy; 3] = [
    Hierarchy {
        top: "any",
        heaps: &[
            "any",
            "eq",
            "i31",
            "struct",
            "array",
            "none",
            "$s",
            "$t",
            "$u",
            "$v",
            "$a",
            "$b",
            "$w",
            "(exact $s)",
            "(exact $t)",
        ],
        values: &[
            ("(ref.i31 (i32.const 0))", &["any", "eq", "i31"]),
            ("(ref.i31 (i32.const -1))", &["any", "eq", "i31"]),
            ("(struct.new $s)", &["any", "eq", "struct", "$s", "(exact $s)"]),
            ("(struct.new_default $t)", &["any", "eq", "struct", "$s", "$t", "(exact $t)"]),
            ("(struct.new_default $u)", &["any", "eq", "struct", "$s", "$t", "$u"]),
            ("(struct.new_default $v)", &["any", "eq", "struct", "$s", "$v"]),
            ("(struct.new $w)", &["any", "eq", "struct", "$w"]),
            ("(array.new_default $a (i32.const 3))", &["any", "eq", "array", "$a"]),
            ("(array.new_default $b (i32.const 0))", &["any", "eq", "array", "$a", "$b"]),
            ("(any.convert_extern (local.get $host))", &["any"]),
        ],
    },
    Hierarchy {
        top: "func",
        heaps: &["func", "nofunc", "$f", "$g", "$h", "(exact $f)"],
        values: &[
            ("(ref.func $of_f)", &["func", "$f", "(exact $f)"]),
            ("(ref.func $of_g)", &["func", "$f", "$g"]),
            ("(ref.func $of_h)", &["func", "$h"]),
            ("(ref.func $of_none)", &["func"]),
        ],
    },
    Hierarchy {
        top: "extern",
        heaps: &["extern", "noextern"],
        values: &[
            ("(extern.convert_any (ref.i31 (i32.const 5)))", &["extern"]),
            ("(extern.convert_any (struct.new $s))", &["extern"]),
            ("(ref.as_non_null (local.get $host))", &["extern"]),
        ],
    },
];

/// A reference type, with the number of its heap type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Type {
    heap: usize,
    nullable: bool,
}

impl Type {
    fn text(self, of: &Hierarchy) -> String {
        format!("(ref {}{})", if self.nullable { "null " } else { "" }, of.heaps[self.heap])
    }

    /// Whether a value is of this type. 0 is null, `n` the value `n - 1` of the hierarchy.
    fn has(self, of: &Hierarchy, value: usize) -> bool {
        match value.checked_sub(1) {
            None => self.nullable,
            Some(value) => of.values[value].1.contains(&of.heaps[self.heap]),
        }
    }
}

/// An operator that inspects a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Test(Type),
    /// Later operators use the result of the cast.
    Cast(Type),
    /// Later operators use the original reference.
    CastApart(Type),
    BrOnCast(Type),
    BrOnCastFail(Type),
    IsNull,
    AsNonNull,
    BrOnNull,
    BrOnNonNull,
}

/// The result of a sequence of operators.
type End = Result<u32, TrapCode>;

impl Look {
    fn all(of: &Hierarchy) -> Vec<Look> {
        let types = (0..of.heaps.len()).flat_map(|heap| [false, true].map(|nullable| Type { heap, nullable }));
        let on_types = [Look::Test, Look::Cast, Look::CastApart, Look::BrOnCast, Look::BrOnCastFail];
        let plain = [Look::IsNull, Look::AsNonNull, Look::BrOnNull, Look::BrOnNonNull];
        types.flat_map(|ty| on_types.map(|look| look(ty))).chain(plain).collect()
    }

    /// The answer for a value: 1 for yes, 2 for no.
    fn answer(self, of: &Hierarchy, value: usize) -> End {
        let answer = |yes: bool| Ok(if yes { 1 } else { 2 });
        match self {
            Look::Test(ty) | Look::BrOnCast(ty) | Look::BrOnCastFail(ty) => answer(ty.has(of, value)),
            Look::Cast(ty) | Look::CastApart(ty) => {
                if ty.has(of, value) {
                    Ok(1)
                } else {
                    Err(TrapCode::CastFailure)
                }
            }
            Look::IsNull | Look::BrOnNull | Look::BrOnNonNull => answer(value == 0),
            Look::AsNonNull => {
                if value == 0 {
                    Err(TrapCode::NullReference)
                } else {
                    Ok(1)
                }
            }
        }
    }
}

/// The result of consecutive operators: a base-3 digit for each answer.
fn end(of: &Hierarchy, looks: &[Look], value: usize) -> End {
    looks.iter().try_fold(0, |before, look| Ok(before * 3 + look.answer(of, value)?))
}

/// Writes the operators on the reference in `local`; `fresh` collects the types of new locals.
fn write(text: &mut String, of: &Hierarchy, looks: &[Look], local: &str, fresh: &mut Vec<String>) {
    let Some((look, rest)) = looks.split_first() else { return };
    // Records an answer, and continues with this reference.
    let after = |text: &mut String, answer: u32, local: &str, fresh: &mut Vec<String>| {
        writeln!(text, "(local.set $r (i32.add (i32.mul (local.get $r) (i32.const 3)) (i32.const {answer})))").unwrap();
        write(text, of, rest, local, fresh);
    };
    // Adds a local for the reference that an operator produces.
    let new = |ty: String, fresh: &mut Vec<String>| {
        fresh.push(ty);
        format!("$v{}", fresh.len())
    };
    let top = format!("(ref null {})", of.top);
    match *look {
        Look::Test(_) | Look::IsNull => {
            let condition = match look {
                Look::Test(ty) => format!("ref.test {}", ty.text(of)),
                _ => "ref.is_null".to_string(),
            };
            writeln!(text, "(if ({condition} (local.get {local})) (then").unwrap();
            after(text, 1, local, fresh);
            writeln!(text, ") (else").unwrap();
            after(text, 2, local, fresh);
            writeln!(text, "))").unwrap();
        }
        Look::Cast(ty) => {
            let made = new(ty.text(of), fresh);
            writeln!(text, "(local.set {made} (ref.cast {} (local.get {local})))", ty.text(of)).unwrap();
            after(text, 1, &made, fresh);
        }
        Look::CastApart(ty) => {
            writeln!(text, "(drop (ref.cast {} (local.get {local})))", ty.text(of)).unwrap();
            after(text, 1, local, fresh);
        }
        Look::AsNonNull => {
            writeln!(text, "(drop (ref.as_non_null (local.get {local})))").unwrap();
            after(text, 1, local, fresh);
        }
        // The branch is taken if the answer is `taken`; the operators after it use the reference that it passes on.
        Look::BrOnCast(ty) | Look::BrOnCastFail(ty) => {
            let taken = if matches!(look, Look::BrOnCast(_)) { 1 } else { 2 };
            let name = if taken == 1 { "br_on_cast" } else { "br_on_cast_fail" };
            let made = new(top.clone(), fresh);
            // The operand must be of the top type, so that the target is a subtype of it.
            writeln!(text, "(block (block (result {top})").unwrap();
            writeln!(text, "({name} 0 {top} {} (local.get {local}))", ty.text(of)).unwrap();
            writeln!(text, "(local.set {made})").unwrap();
            after(text, 3 - taken, &made, fresh);
            writeln!(text, "(br 1))").unwrap();
            writeln!(text, "(local.set {made})").unwrap();
            after(text, taken, &made, fresh);
            writeln!(text, ")").unwrap();
        }
        Look::BrOnNull => {
            writeln!(text, "(block (block (br_on_null 0 (local.get {local})) (drop)").unwrap();
            after(text, 2, local, fresh);
            writeln!(text, "(br 1))").unwrap();
            after(text, 1, local, fresh);
            writeln!(text, ")").unwrap();
        }
        Look::BrOnNonNull => {
            writeln!(text, "(block (block (result (ref {})) (br_on_non_null 0 (local.get {local}))", of.top).unwrap();
            after(text, 1, local, fresh);
            writeln!(text, "(br 1)) (drop)").unwrap();
            after(text, 2, local, fresh);
            writeln!(text, ")").unwrap();
        }
    }
}

/// Where the reference of a function comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// A table; the index is the parameter.
    Any,
    /// The function creates the value with this number.
    Known(usize),
}

/// A function that inspects a reference in several ways.
struct Sequence {
    looks: Vec<Look>,
    source: Source,
}

impl Sequence {
    fn text(&self, of: &Hierarchy, number: usize) -> String {
        let (mut body, mut fresh) = (String::new(), Vec::new());
        write(&mut body, of, &self.looks, "$v0", &mut fresh);
        let mut locals = format!("(local $host externref) (local $r i32) (local $v0 (ref null {}))", of.top);
        for (n, ty) in fresh.iter().enumerate() {
            write!(locals, " (local $v{} {ty})", n + 1).unwrap();
        }
        let value = match self.source {
            Source::Any => "(table.get $values (local.get $n))".to_string(),
            Source::Known(0) => format!("(ref.null {})", of.heaps[1]),
            Source::Known(value) => of.values[value - 1].0.to_string(),
        };
        format!(
            "(func (export \"{number}\") (param $n i32) (result i32) {locals}
               (local.set $host (table.get $host (i32.const 0)))
               (local.set $v0 {value})\n{body} (local.get $r))\n"
        )
    }
}

/// Runs the functions in each configuration, and returns the differences.
fn check(of: &Hierarchy, sequences: &[Sequence]) -> ([usize; 3], Vec<String>) {
    let mut text = format!(
        "(module {DEFINITIONS} (table $values {} (ref null {})) (table $host 1 externref)
           (func (export \"init\") (param $host externref) (table.set $host (i32.const 0) (local.get $host))",
        of.values.len() + 1,
        of.top
    );
    for (n, (value, _)) in of.values.iter().enumerate() {
        write!(text, "(table.set $values (i32.const {}) {value})", n + 1).unwrap();
    }
    text.push_str(")\n");
    for (number, sequence) in sequences.iter().enumerate() {
        text.push_str(&sequence.text(of, number));
    }
    text.push(')');
    let binary = wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}"));
    let module = Arc::new(Module::new(&binary, features::all()).unwrap_or_else(|e| panic!("{e}\n{text}")));
    let mut configs = few_columns();
    configs.push(("interp".into(), Config { mode: Mode::All(Tier::Interp), ..Config::default() }));
    let (mut ends, mut wrong) = ([0; 3], Vec::new());
    for (name, config) in configs {
        let (mut store, instance) = instance(&module, &config);
        let host = Val::Ref(store.new_extern(7));
        let mut call = |function: &str, argument: Val| {
            let Some(Extern::Func(f)) = store.export(instance, function) else { panic!("no function {function}") };
            match store.call(f, &[argument]) {
                Ok(results) => Ok(results),
                Err(Abort::Trap(trap)) => Err(trap.code),
                Err(other) => panic!("{other}"),
            }
        };
        call("init", host).expect("no trap");
        for (number, sequence) in sequences.iter().enumerate() {
            for n in 0..=of.values.len() {
                let value = match sequence.source {
                    Source::Any => n,
                    Source::Known(value) => value,
                };
                let expected = end(of, &sequence.looks, value);
                let got = call(&number.to_string(), Val::I32(n as u32)).map(|results| match results[..] {
                    [Val::I32(r)] => r,
                    ref other => panic!("{other:?}"),
                });
                ends[match expected {
                    Ok(_) => 0,
                    Err(TrapCode::CastFailure) => 1,
                    Err(_) => 2,
                }] += 1;
                if got != expected {
                    let looks = &sequence.looks;
                    wrong.push(format!(
                        "{looks:?} on value {value} of {} ({:?}): {expected:?}, and {got:?} on {name}",
                        of.top, sequence.source
                    ));
                }
                if matches!(sequence.source, Source::Known(_)) {
                    break;
                }
            }
        }
    }
    (ends, wrong)
}

#[test]
fn each_operator_on_references_after_each_other_one() {
    let random = &mut Random::new(1);
    let mut modules = Vec::new();
    for of in &HIERARCHIES {
        let all = Look::all(of);
        let some = |random: &mut Random| all[random.below(all.len() as u64) as usize];
        for &first in &all {
            let mut sequences = Vec::new();
            for &second in &all {
                sequences.push(Sequence { looks: vec![first, second], source: Source::Any });
                if random.below(2) == 0 {
                    let source = Source::Known(random.below(of.values.len() as u64 + 1) as usize);
                    sequences.push(Sequence { looks: vec![first, second, some(random)], source });
                }
            }
            modules.push((of, sequences));
        }
    }
    let functions: usize = modules.iter().map(|(_, sequences)| sequences.len()).sum();
    let (mut ends, mut wrong) = ([0; 3], Vec::new());
    for (some, more_wrong) in on_all_cores(&modules, |(of, sequences)| check(of, sequences)) {
        ends.iter_mut().zip(some).for_each(|(sum, n)| *sum += n);
        wrong.extend(more_wrong);
    }
    println!("{functions} functions, ends: {ends:?}");
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(ends.iter().all(|&n| n > 1000), "{ends:?}");
}
