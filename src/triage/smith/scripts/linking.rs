//! Random scripts about linking: a module exports something of each kind, and others import it with the same type, with subtypes
//! and supertypes, with other limits and a different mutability, directly or from a module that only re-exports it.
//!
//! What must match and what must be refused follows from the rules below, which are independent of the runtime's. They are those
//! of the specification's section "Import matching", for types that are all declared in a prelude: two declared types are equal
//! if they are the same line of it.

use crate::random::Random;
use std::fmt::{self, Write};

/// How much of the language a script uses. (Engines refuse a module as a whole.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Version 1.0, and mutable globals that are imported and exported.
    First,
    /// Also references to functions and externals as of version 2.0, and several tables.
    References,
    /// Also several memories, 64-bit addresses, and tags.
    Third,
    /// Also declared types with supertypes, references to them, and non-null references.
    Declared,
}

impl Level {
    /// All levels.
    pub const ALL: [Level; 4] = [Level::First, Level::References, Level::Third, Level::Declared];
}

/// A type of the prelude.
struct Declared {
    /// The definition, as in `(type $name …)`.
    text: &'static str,
    name: &'static str,
    /// Its supertype.
    parent: Option<usize>,
    kind: Heap,
    /// Whether it is a function type without results, as tags require.
    for_tags: bool,
}

const fn declared(
    name: &'static str,
    text: &'static str,
    parent: Option<usize>,
    kind: Heap,
    for_tags: bool,
) -> Declared {
    Declared { text, name, parent, kind, for_tags }
}

/// The number of [`TYPES`] that the levels before the last have.
const PLAIN: usize = 4;

const TYPES: &[Declared] = &[
    declared("p0", "(func)", None, Heap::Func, true),
    declared("p1", "(func (param i32) (result i32))", None, Heap::Func, false),
    declared("p2", "(func (param i32) (result i64))", None, Heap::Func, false),
    declared("p3", "(func (param i64))", None, Heap::Func, true),
    declared("f", "(sub (func (result anyref)))", None, Heap::Func, false),
    declared("f1", "(sub $f (func (result eqref)))", Some(4), Heap::Func, false),
    declared("f2", "(sub final $f1 (func (result i31ref)))", Some(5), Heap::Func, false),
    declared("g", "(sub $f (func (result structref)))", Some(4), Heap::Func, false),
    declared("t", "(sub (func (param (ref null $f))))", None, Heap::Func, true),
    declared("t1", "(sub $t (func (param funcref)))", Some(8), Heap::Func, true),
    declared("s", "(sub (struct (field i32)))", None, Heap::Struct, false),
    declared("s1", "(sub $s (struct (field i32) (field i64)))", Some(10), Heap::Struct, false),
    declared("s2", "(sub final $s1 (struct (field i32) (field i64) (field f32)))", Some(11), Heap::Struct, false),
    declared("o", "(sub final $s (struct (field i32) (field f64)))", Some(10), Heap::Struct, false),
    declared("a", "(sub (array (ref null $s)))", None, Heap::Array, false),
    declared("a1", "(sub $a (array (ref null $s1)))", Some(14), Heap::Array, false),
    // The text is the same as that of another type, but this one is part of a group, so it is not the same type.
    declared("r", "(sub (struct (field i32)))", None, Heap::Struct, false),
    declared("r1", "(sub $r (struct (field i32) (field (ref null $r))))", Some(16), Heap::Struct, false),
    declared("q", "(func)", None, Heap::Func, true),
];

/// The types that form one group.
const GROUP: std::ops::Range<usize> = 16..19;

/// Heap types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heap {
    Func,
    NoFunc,
    Extern,
    NoExtern,
    Any,
    Eq,
    I31,
    Struct,
    Array,
    None,
    Declared(usize),
}

impl Heap {
    /// The supertype of an abstract type that is not a bottom.
    fn parent(self) -> Option<Heap> {
        Some(match self {
            Heap::Eq => Heap::Any,
            Heap::I31 | Heap::Struct | Heap::Array => Heap::Eq,
            Heap::Declared(n) => TYPES[n].parent.map_or(TYPES[n].kind, Heap::Declared),
            _ => return None,
        })
    }

    /// The top type of its hierarchy.
    fn top(self) -> Heap {
        match self {
            Heap::NoFunc => Heap::Func,
            Heap::NoExtern => Heap::Extern,
            Heap::None => Heap::Any,
            _ => self.parent().map_or(self, Heap::top),
        }
    }

    fn is_bottom(self) -> bool {
        matches!(self, Heap::NoFunc | Heap::NoExtern | Heap::None)
    }

    fn matches(self, wanted: Heap) -> bool {
        self == wanted
            || (self.is_bottom() && self.top() == wanted.top())
            || self.parent().is_some_and(|parent| parent.matches(wanted))
    }
}

/// Value types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    I32,
    I64,
    F32,
    F64,
    Ref { null: bool, heap: Heap },
}

impl Value {
    fn matches(self, wanted: Value) -> bool {
        match (self, wanted) {
            (Value::Ref { null, heap }, Value::Ref { null: wanted_null, heap: wanted }) => {
                (!null || wanted_null) && heap.matches(wanted)
            }
            (a, b) => a == b,
        }
    }
}

/// Limits of a table or a memory. For something that exists, the minimum is its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    least: u64,
    most: Option<u64>,
    is_64: bool,
}

impl Limits {
    fn matches(self, wanted: Limits) -> bool {
        let most = wanted.most.is_none_or(|wanted| self.most.is_some_and(|most| most <= wanted));
        self.is_64 == wanted.is_64 && self.least >= wanted.least && most
    }
}

/// Types of imports and exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entity {
    Func(usize),
    Global { mutable: bool, value: Value },
    Table { limits: Limits, element: Value },
    Memory(Limits),
    Tag(usize),
}

impl Entity {
    /// Whether something of this type may be imported where another is declared.
    fn matches(self, wanted: Entity) -> bool {
        match (self, wanted) {
            (Entity::Func(a), Entity::Func(b)) => Heap::Declared(a).matches(Heap::Declared(b)),
            (Entity::Tag(a), Entity::Tag(b)) => a == b,
            (Entity::Memory(a), Entity::Memory(b)) => a.matches(b),
            (Entity::Table { limits: a, element: x }, Entity::Table { limits: b, element: y }) => {
                a.matches(b) && x == y
            }
            (Entity::Global { mutable: a, value: x }, Entity::Global { mutable: b, value: y }) => {
                a == b && if a { x == y } else { x.matches(y) }
            }
            _ => false,
        }
    }
}

impl fmt::Display for Heap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Heap::Declared(n) => write!(f, "${}", TYPES[*n].name),
            other => f.write_str(&format!("{other:?}").to_lowercase()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Tools of older engines know only the short forms.
            Value::Ref { null: true, heap: heap @ (Heap::Func | Heap::Extern) } => write!(f, "{heap}ref"),
            Value::Ref { null, heap } => write!(f, "(ref {}{heap})", if *null { "null " } else { "" }),
            other => f.write_str(&format!("{other:?}").to_lowercase()),
        }
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.most.map_or(String::new(), |most| format!(" {most}"));
        write!(f, "{}{}{most}", if self.is_64 { "i64 " } else { "" }, self.least)
    }
}

impl Entity {
    /// The text of the type in an import; `id` comes after the keyword.
    fn text(self, id: &str) -> String {
        match self {
            Entity::Func(ty) => format!("(func{id} (type ${}))", TYPES[ty].name),
            Entity::Tag(ty) => format!("(tag{id} (type ${}))", TYPES[ty].name),
            Entity::Memory(limits) => format!("(memory{id} {limits})"),
            Entity::Table { limits, element } => format!("(table{id} {limits} {element})"),
            Entity::Global { mutable: true, value } => format!("(global{id} (mut {value}))"),
            Entity::Global { mutable: false, value } => format!("(global{id} {value})"),
        }
    }

    /// Whether the JavaScript API converts anything imported with this type to a value, even a missing import.
    fn takes_any_value_of_a_host(self) -> bool {
        matches!(self, Entity::Global { mutable: false, value: Value::Ref { .. } })
    }

    fn keyword(self) -> &'static str {
        match self {
            Entity::Func(_) => "func",
            Entity::Tag(_) => "tag",
            Entity::Memory(_) => "memory",
            Entity::Table { .. } => "table",
            Entity::Global { .. } => "global",
        }
    }
}

/// The declarations of types of a level. `alone` puts each type of the group into a group of its own, which makes them different
/// types.
fn prelude(level: Level, alone: bool) -> String {
    let last = if level == Level::Declared { TYPES.len() } else { PLAIN };
    let mut text = String::new();
    for (n, declared) in TYPES.iter().enumerate().take(last) {
        let before = if n == GROUP.start && !alone { "  (rec\n" } else { "" };
        let after = if n + 1 == GROUP.end && !alone { ")" } else { "" };
        let _ = writeln!(text, "{before}  (type ${} {}){after}", declared.name, declared.text);
    }
    text
}

/// The random choices of a script.
struct Generator {
    random: Random,
    level: Level,
}

impl Generator {
    fn below(&mut self, n: usize) -> usize {
        self.random.below(n as u64) as usize
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 0
    }

    fn function(&mut self) -> usize {
        let functions = |n: &usize| TYPES[*n].kind == Heap::Func && (*n < PLAIN || self.level == Level::Declared);
        let all: Vec<usize> = (0..TYPES.len()).filter(functions).collect();
        all[self.below(all.len())]
    }

    fn heap(&mut self) -> Heap {
        use Heap::{Any, Array, Eq, Extern, Func, I31, NoExtern, NoFunc, None, Struct};
        if self.level != Level::Declared {
            return [Func, Extern][self.below(2)];
        }
        if self.yes() {
            return Heap::Declared(self.below(TYPES.len()));
        }
        [Func, NoFunc, Extern, NoExtern, Any, Eq, I31, Struct, Array, None][self.below(10)]
    }

    /// A reference type; a non-nullable one only if the level has such types.
    fn reference(&mut self) -> Value {
        let heap = self.heap();
        Value::Ref { null: self.level != Level::Declared || self.yes(), heap }
    }

    fn value(&mut self) -> Value {
        if self.level == Level::First || self.below(4) == 0 {
            return [Value::I32, Value::I64, Value::F32, Value::F64][self.below(4)];
        }
        self.reference()
    }

    fn limits(&mut self) -> Limits {
        let least = self.below(4) as u64;
        let most = self.yes().then(|| least + self.below(4) as u64);
        Limits { least, most, is_64: self.level >= Level::Third && self.below(3) == 0 }
    }

    fn element(&mut self) -> Value {
        match self.level {
            Level::First => Value::Ref { null: true, heap: Heap::Func },
            _ => self.reference(),
        }
    }

    /// Something to export. Globals and tables of non-null references are left out: their values would have to come from
    /// somewhere.
    fn entity(&mut self) -> Entity {
        let nullable = |value| match value {
            Value::Ref { heap, .. } => Value::Ref { null: true, heap },
            value => value,
        };
        match self.below(if self.level < Level::Third { 4 } else { 5 }) {
            0 => Entity::Func(self.function()),
            1 => Entity::Global { mutable: self.yes(), value: nullable(self.value()) },
            2 => Entity::Table { limits: self.limits(), element: nullable(self.element()) },
            3 => Entity::Memory(self.limits()),
            _ => loop {
                let ty = self.function();
                if TYPES[ty].for_tags {
                    break Entity::Tag(ty);
                }
            },
        }
    }

    /// A value type similar to this one.
    fn near_value(&mut self, value: Value) -> Value {
        match value {
            Value::Ref { null, heap } if self.level == Level::Declared => match self.below(5) {
                0 => Value::Ref { null: !null, heap },
                1 => Value::Ref { null, heap: heap.parent().unwrap_or(heap.top()) },
                2 => Value::Ref { null, heap: heap.top() },
                3 => self.reference(),
                _ => self.value(),
            },
            _ => self.value(),
        }
    }

    fn near_limits(&mut self, mut limits: Limits) -> Limits {
        match self.below(6) {
            0 => limits.least += 1,
            1 => limits.least = limits.least.saturating_sub(1),
            2 => limits.most = None,
            3 => limits.most = Some(limits.most.map_or(limits.least + 1, |most| most + 1)),
            4 => limits.most = Some(limits.most.map_or(limits.least, |most| most.saturating_sub(1))),
            _ if self.level >= Level::Third => limits.is_64 = !limits.is_64,
            _ => limits = self.limits(),
        }
        // Contradictory limits are invalid in any case.
        limits.most = limits.most.map(|most| most.max(limits.least));
        limits
    }

    /// A type for importing something of this type: the same, a similar one, or any.
    fn near(&mut self, entity: Entity) -> Entity {
        let choice = self.below(8);
        if choice == 0 {
            return entity;
        }
        if choice == 1 {
            let wanted = self.entity();
            return match wanted {
                Entity::Global { value, .. }
                    if wanted.takes_any_value_of_a_host() && wanted.keyword() != entity.keyword() =>
                {
                    Entity::Global { mutable: true, value }
                }
                wanted => wanted,
            };
        }
        match entity {
            Entity::Func(ty) => match (TYPES[ty].parent, self.yes()) {
                (Some(parent), true) => Entity::Func(parent),
                _ => Entity::Func(self.function()),
            },
            Entity::Global { mutable, value } => match self.below(3) {
                0 => Entity::Global { mutable: !mutable, value },
                _ => Entity::Global { mutable, value: self.near_value(value) },
            },
            Entity::Table { limits, element } => match (self.yes(), self.near_value(element)) {
                (true, element @ Value::Ref { .. }) => Entity::Table { limits, element },
                _ => Entity::Table { limits: self.near_limits(limits), element },
            },
            Entity::Memory(limits) => Entity::Memory(self.near_limits(limits)),
            Entity::Tag(_) => loop {
                let ty = self.function();
                if TYPES[ty].for_tags {
                    break Entity::Tag(ty);
                }
            },
        }
    }
}

/// An export: its type with its current size.
struct Export {
    name: String,
    entity: Entity,
}

/// The number of exports of a script, and of the imports of each.
const EXPORTS: usize = 20;
const IMPORTS: usize = 8;

/// The script of a seed, and the number of modules that import something in it.
pub fn script(seed: u64) -> (String, usize) {
    let level = Level::ALL[(seed % 4) as usize];
    let mut make = Generator { random: Random::new(seed ^ 0x11_4b_1d_9e), level };
    let mut text = format!(";; Linking, seed {seed}.\n");
    let mut exports: Vec<Export> = Vec::new();
    while exports.len() < EXPORTS {
        let entity = make.entity();
        // Before version 3.0 a module could have only one memory, and before 2.0 only one table.
        let many = match entity {
            Entity::Memory(_) => level >= Level::Third,
            Entity::Table { .. } => level >= Level::References,
            _ => true,
        };
        let second = !many && exports.iter().any(|e| e.entity.keyword() == entity.keyword());
        if !second {
            exports.push(Export { name: format!("e{}", exports.len()), entity });
        }
    }
    let _ = writeln!(text, "(module $m\n{}{})\n(register \"m\")", prelude(level, false), definitions(&exports));
    let mut imports = 0;
    for (n, export) in exports.iter_mut().enumerate() {
        let mut from = "m".to_string();
        for i in 0..IMPORTS {
            let Export { name, entity } = &*export;
            let wanted = make.near(*entity);
            let absent = make.below(24) == 0 && !wanted.takes_any_value_of_a_host();
            let name = if absent { format!("{name}'") } else { name.clone() };
            let fits = !absent && entity.matches(wanted);
            let wanted_text = wanted.text(" $x");
            let module = format!("{}  (import {from:?} {name:?} {wanted_text})", prelude(level, false));
            imports += 1;
            if !fits {
                let why = if absent { "unknown import" } else { "incompatible import type" };
                let _ = writeln!(text, "(assert_unlinkable (module\n{module})\n  {why:?})");
                continue;
            }
            // Every second module re-exports it, under the type that it was declared with.
            if i % 2 == 0 {
                let passed = format!("m{n}_{i}");
                let export = format!("  (export {name:?} ({} $x))", wanted.keyword());
                let _ = writeln!(text, "(module ${passed}\n{module}\n{export})\n(register {passed:?})");
                from = passed;
            } else {
                let _ = writeln!(text, "(module\n{module})");
            }
            if let Some(more) = grown(&mut make, export, &from) {
                text += &more;
            }
        }
    }
    if level == Level::Declared {
        imports += others(&mut text, &exports);
    }
    (text, imports)
}

/// Writes imports by modules in which the types of the group stand alone. Nothing whose type refers to them matches.
fn others(text: &mut String, exports: &[Export]) -> usize {
    let mut imports = 0;
    for Export { name, entity } in exports {
        let led = |heap: Heap| matches!(heap, Heap::Declared(n) if GROUP.contains(&n));
        let leads = match entity {
            Entity::Func(ty) | Entity::Tag(ty) => led(Heap::Declared(*ty)),
            Entity::Table { element: Value::Ref { heap, .. }, .. }
            | Entity::Global { value: Value::Ref { heap, .. }, .. } => led(*heap),
            _ => false,
        };
        let module = format!("{}  (import \"m\" {name:?} {})", prelude(Level::Declared, true), entity.text(""));
        let _ = match leads {
            true => writeln!(text, "(assert_unlinkable (module\n{module})\n  \"incompatible import type\")"),
            false => writeln!(text, "(module\n{module})"),
        };
        imports += 1;
    }
    imports
}

/// Writes the definitions of exports, in the module that owns them.
fn definitions(exports: &[Export]) -> String {
    let mut text = String::new();
    for Export { name, entity } in exports {
        let inline = format!(" (export {name:?})");
        let _ = match entity {
            Entity::Func(ty) => writeln!(text, "  (func{inline} (type ${}) unreachable)", TYPES[*ty].name),
            Entity::Global { value, .. } => {
                let init = match value {
                    Value::Ref { heap, .. } => format!("(ref.null {heap})"),
                    number => format!("({number}.const 0)"),
                };
                let global = entity.text(&inline);
                writeln!(text, "  {} {init})", global.strip_suffix(')').unwrap_or(&global))
            }
            other => writeln!(text, "  {}", other.text(&inline)),
        };
    }
    text
}

/// Sometimes returns a module that grows a memory or a table by one and checks the previous size; later imports see the new size.
fn grown(make: &mut Generator, export: &mut Export, from: &str) -> Option<String> {
    if make.below(3) != 0 {
        return None;
    }
    let (Entity::Memory(limits) | Entity::Table { limits, .. }) = &mut export.entity else { return None };
    let before = *limits;
    // Growing a table takes an instruction of version 2.0.
    let is_table = matches!(export.entity, Entity::Table { .. });
    if is_table && make.level == Level::First {
        return None;
    }
    let grows = before.most.is_none_or(|most| before.least < most);
    let index = if before.is_64 { "i64" } else { "i32" };
    let grow = match export.entity {
        Entity::Table { element: Value::Ref { heap, .. }, .. } => {
            format!("(table.grow $x (ref.null {heap}) ({index}.const 1))")
        }
        _ => format!("(memory.grow ({index}.const 1))"),
    };
    let import = export.entity.text(" $x");
    let text = format!(
        "(module\n{}  (import {from:?} {:?} {import})\n  (func (export \"grow\") (result {index}) {grow}))\n(assert_return \
         (invoke \"grow\") ({index}.const {}))\n",
        prelude(make.level, false),
        export.name,
        if grows { before.least.to_string() } else { "-1".into() }
    );
    if let Entity::Memory(limits) | Entity::Table { limits, .. } = &mut export.entity {
        limits.least += u64::from(grows);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::backend::Backend;
    use crate::conformance::read::suite::Suite;
    use crate::conformance::record::Verdict;
    use crate::conformance::unsupervised;
    use std::collections::{BTreeMap, HashSet};
    use std::time::Duration;

    #[test]
    fn the_runtime_links_as_the_rules_say() {
        let (mut fits, mut refused, mut grown) = (0, 0, 0);
        for seed in 0..30 {
            let (text, imports) = script(seed);
            let suite = Suite::given("linking", "script", &text);
            let backends = ["interp", "jit"].map(|name| Backend::named(name).unwrap());
            let done = unsupervised::run_file(&suite.files[0], &backends, Duration::from_secs(10), &Default::default());
            assert!(done.error.is_none(), "{:?}\n{text}", done.error);
            let bad: Vec<_> = done.records.iter().filter(|record| record.verdict != Verdict::Pass).collect();
            assert!(bad.is_empty(), "seed {seed}: {bad:?}\n{text}");
            let count = |part: &str| text.matches(part).count();
            refused += count("(assert_unlinkable");
            grown += count("(assert_return");
            fits += imports - count("(assert_unlinkable");
        }
        assert!(fits > 1000 && refused > 1000 && grown > 100, "{fits} fit, {refused} are refused, {grown} grew");
    }

    #[test]
    fn the_rules_are_those_of_the_specification() {
        let declared = |name: &str| Heap::Declared(TYPES.iter().position(|ty| ty.name == name).unwrap());
        for (a, b, fits) in [
            (declared("f2"), declared("f"), true),
            (declared("f"), declared("f2"), false),
            (declared("g"), declared("f1"), false),
            (declared("s2"), Heap::Eq, true),
            (declared("f2"), Heap::Func, true),
            (declared("f2"), Heap::Any, false),
            (declared("s"), declared("r"), false),
            (Heap::None, declared("a1"), true),
            (Heap::NoFunc, declared("p1"), true),
            (Heap::None, declared("p1"), false),
            (Heap::NoExtern, Heap::Extern, true),
            (Heap::Struct, Heap::Array, false),
            (Heap::Any, Heap::None, false),
        ] {
            assert_eq!(a.matches(b), fits, "{a} {b}");
        }
        let limits = |least, most| Limits { least, most, is_64: false };
        assert!(limits(2, Some(3)).matches(limits(1, Some(4))) && limits(2, Some(3)).matches(limits(2, None)));
        assert!(!limits(2, None).matches(limits(2, Some(9))) && !limits(2, Some(3)).matches(limits(3, Some(3))));
        let reference = |null, heap| Value::Ref { null, heap };
        assert!(reference(false, Heap::I31).matches(reference(true, Heap::Any)));
        assert!(!reference(true, Heap::I31).matches(reference(false, Heap::Any)));
    }

    /// Each import is counted. In scripts that declare types, each export is imported once more, by a module in which the types
    /// of the group stand alone.
    #[test]
    fn imports_are_counted() {
        let (mut fits, mut refused) = (0, 0);
        for seed in 0..40 {
            let (text, imports) = script(seed);
            let all = text.matches("  (import ").count() - text.matches("(export \"grow\")").count();
            assert_eq!(imports, all, "seed {seed}");
            let declares = seed % 4 == 3;
            assert_eq!(imports, EXPORTS * (IMPORTS + usize::from(declares)), "seed {seed}");
            let alone = format!("(module\n{}  (import", prelude(Level::Declared, true));
            let modules: Vec<_> = text.match_indices(&alone).collect();
            assert_eq!(modules.len(), if declares { EXPORTS } else { 0 }, "seed {seed}");
            let asserted = modules.iter().filter(|(at, _)| text[..*at].ends_with("(assert_unlinkable ")).count();
            (fits, refused) = (fits + modules.len() - asserted, refused + asserted);
        }
        assert!(fits > 100 && refused > 5, "{fits} fit, {refused} are refused");
    }

    /// All kinds that a level has are equally frequent.
    #[test]
    fn all_kinds_are_exported_alike() {
        for level in Level::ALL {
            let mut make = Generator { random: Random::new(5), level };
            let mut counts = BTreeMap::<&str, usize>::new();
            (0..5000).for_each(|_| *counts.entry(make.entity().keyword()).or_insert(0) += 1);
            let kinds = if level < Level::Third { 4 } else { 5 };
            assert_eq!(counts.len(), kinds, "{level:?}: {counts:?}");
            let even = 5000 / kinds;
            assert!(counts.values().all(|n| n.abs_diff(even) < even / 5), "{level:?}: {counts:?}");
        }
    }

    /// Each limit becomes one more, one less, or absent; and the address type becomes the other one, if there are two.
    #[test]
    fn limits_are_changed_in_each_direction() {
        let limits = |least, most| Limits { least, most, is_64: false };
        for (from, near) in [
            (limits(2, Some(5)), vec![(3, Some(5)), (1, Some(5)), (2, None), (2, Some(6)), (2, Some(4))]),
            (limits(2, None), vec![(3, None), (1, None), (2, None), (2, Some(3)), (2, Some(2))]),
            // A maximum is not below its minimum.
            (limits(2, Some(2)), vec![(3, Some(3)), (1, Some(2)), (2, None), (2, Some(3)), (2, Some(2))]),
            (limits(0, Some(0)), vec![(1, Some(1)), (0, Some(0)), (0, None), (0, Some(1))]),
        ] {
            let mut make = Generator { random: Random::new(5), level: Level::Third };
            let seen: HashSet<_> =
                (0..500).map(|_| make.near_limits(from)).map(|l| (l.least, l.most, l.is_64)).collect();
            let near = near.into_iter().map(|(least, most)| (least, most, false));
            let expected: HashSet<_> = near.chain([(from.least, from.most, true)]).collect();
            assert_eq!(seen, expected, "{from}");
        }
    }

    /// In a browser, an immutable global of references is made from any imported value, even from none: a script that expects a
    /// refusal would be wrong there.
    #[test]
    fn nothing_is_refused_that_a_browser_makes_a_global_of() {
        let mut refused = 0;
        for seed in 0..40 {
            let (text, _) = script(seed);
            let keyword = |name: &str| {
                let at = text.find(&format!(" (export {name:?})"))?;
                text[..at].rsplit('(').next()
            };
            for module in text.split("(assert_unlinkable ").skip(1) {
                let import = module.lines().find(|line| line.starts_with("  (import ")).unwrap();
                let Some((_, wanted)) = import.split_once("(global $x ") else { continue };
                if wanted.starts_with("(ref ") || wanted.starts_with("funcref") || wanted.starts_with("externref") {
                    let name = import.split('"').nth(3).unwrap();
                    assert_eq!(keyword(name), Some("global"), "seed {seed}: {import}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 20, "{refused}");
    }

    #[test]
    fn scripts_are_the_same_for_a_seed() {
        assert_eq!(script(4), script(4));
        assert_ne!(script(4), script(7));
    }
}
