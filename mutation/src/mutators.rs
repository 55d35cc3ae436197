//! The table of mutators, and the names that they replace.
//!
//! A mutator is either general, or makes a kind of mistake that compilers and runtimes of WebAssembly are known for. A general
//! change in a place that concerns such a thing is named after the field's mutator: [`in_field`] decides by file, function and
//! text.

/// Whether a mutator applies to any program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It applies to any program.
    General,
    /// It makes mistakes that are typical of engines.
    Field,
}

/// A way to make a program wrong.
#[derive(Debug)]
pub struct Mutator {
    /// The name in tables and identities.
    pub name: &'static str,
    /// General, or of this field.
    pub kind: Kind,
    /// What it does, in a sentence.
    pub sentence: &'static str,
}

const fn general(name: &'static str, sentence: &'static str) -> Mutator {
    Mutator { name, kind: Kind::General, sentence }
}

const fn field(name: &'static str, sentence: &'static str) -> Mutator {
    Mutator { name, kind: Kind::Field, sentence }
}

/// The name of changes that a person wrote.
pub const BY_HAND: &str = "by-hand";

/// All of them.
pub const MUTATORS: &[Mutator] = &[
    general("comparison-edge", "`<` becomes `<=`, and the like."),
    general("comparison-inverse", "A comparison becomes its opposite."),
    general("arithmetic", "An arithmetic operator becomes another."),
    general("bits", "An operator on bits becomes another."),
    general("shift", "A shift goes the other way."),
    general("sign-left-out", "`-x` becomes `x`."),
    general("constant-by-one", "An integer becomes one more or one less."),
    general("constant-power", "An integer becomes half, twice, or the power of two above it."),
    general("constant-used", "A use of a named constant becomes one more or one less."),
    general("boolean", "`true` becomes `false`, and the other way round."),
    general("range-end", "An end of a range moves by one."),
    general("condition-negated", "A condition becomes its opposite."),
    general("operand-dropped", "One side of `&&` or `||` is left out."),
    general("arguments-swapped", "Two neighbouring arguments change places."),
    general("body-replaced", "A function returns a plain value at once."),
    general("statement-dropped", "A statement is left out."),
    general("check-dropped", "A statement that may leave the function is left out."),
    general("arm-dropped", "An arm of a `match` is left out, and a later one that takes everything is taken."),
    general("option-ignored", "What a pattern is to match is always `None`."),
    general("method-swapped", "A method becomes its opposite: `min` and `max`, `any` and `all`, `first` and `last`."),
    general(BY_HAND, "What a person wrote into a file for `--from`."),
    general("wrapped", "`saturating_` and `checked_` arithmetic wraps."),
    field("signedness", "Signed becomes unsigned, and the other way round."),
    field("width", "A type, an access or an operand becomes wider or narrower."),
    field("cast", "A conversion of integers goes through a narrower type or through the other sign."),
    field("register-constraint", "An operand is early instead of late, is not fixed, or clobbers less."),
    field("region", "An access belongs to another region of memory, or has another effect."),
    field("kill", "What is known is not forgotten."),
    field("root", "A root or a mark is left out."),
    field("trap-code", "A trap has the code of its neighbour."),
    field("check-order", "Two neighbouring checks change places."),
    field("bound", "A bound is computed or compared wrongly."),
    field("lane-shape", "A vector has other lanes."),
    field("rounding", "A float is rounded otherwise."),
    field("condition-code", "A condition code becomes its opposite, or moves by its edge."),
    field("operator", "An operation of the compiler becomes its neighbour."),
    field("relocation", "A reference within code, or its offset, is wrong."),
    field("liveness", "A range of liveness or a spill slot is wrong."),
    field("handler", "A handler of exceptions reaches too far, or not far enough."),
    field("state-compared", "A part of the state is left out of a comparison, or compared wrongly."),
    field("type-rank", "A type, a hierarchy or a form of a reference becomes its neighbour."),
];

/// The mutator of this name.
///
/// # Panics
/// There is none. All names in this crate are those of the table.
pub fn named(name: &str) -> &'static Mutator {
    MUTATORS.iter().find(|mutator| mutator.name == name).unwrap_or_else(|| panic!("unknown mutator '{name}'"))
}

/// Pairs of opposite methods, and the mutator. The first becomes the second, and vice versa.
const METHODS: &[(&str, &str, &str)] = &[
    ("min", "max", "method-swapped"),
    ("any", "all", "method-swapped"),
    ("first", "last", "method-swapped"),
    ("is_some", "is_none", "method-swapped"),
    ("is_ok", "is_err", "method-swapped"),
    ("is_some_and", "is_none_or", "method-swapped"),
    ("push_back", "push_front", "method-swapped"),
    ("pop_back", "pop_front", "method-swapped"),
    ("leading_zeros", "trailing_zeros", "method-swapped"),
    ("count_ones", "count_zeros", "method-swapped"),
    ("rotate_left", "rotate_right", "method-swapped"),
    ("starts_with", "ends_with", "method-swapped"),
    ("position", "rposition", "method-swapped"),
    ("min_by_key", "max_by_key", "method-swapped"),
    ("next", "next_back", "method-swapped"),
    ("take", "skip", "method-swapped"),
    ("wrapping_add", "wrapping_sub", "arithmetic"),
    ("checked_add", "checked_sub", "arithmetic"),
    ("saturating_add", "saturating_sub", "arithmetic"),
    ("wrapping_shl", "wrapping_shr", "shift"),
    ("floor", "ceil", "rounding"),
    ("trunc", "round_ties_even", "rounding"),
    ("to_le_bytes", "to_be_bytes", "bits"),
    ("sign_extend", "zero_extend", "signedness"),
    ("early_defs", "late_defs", "register-constraint"),
    ("is_live_in", "is_live_through", "liveness"),
    ("start", "end", "bound"),
];

/// The replacement for a method: the other name, and the mutator.
pub fn other_method(name: &str) -> Option<(&'static str, &'static str)> {
    METHODS.iter().find_map(|&(a, b, mutator)| match name {
        _ if name == a => Some((b, mutator)),
        _ if name == b => Some((a, mutator)),
        _ => None,
    })
}

/// Enums whose variants become their neighbours in a ring, the mutator, and the ring. The name `*` stands for any enum.
const RINGS: &[(&str, &str, &[&str])] = &[
    (
        "TrapCode",
        "trap-code",
        &[
            "MemoryOutOfBounds",
            "TableOutOfBounds",
            "ArrayOutOfBounds",
            "Unreachable",
            "IntegerOverflow",
            "IntegerDivideByZero",
            "InvalidConversionToInteger",
            "NullReference",
            "NullFunctionReference",
            "NullArrayReference",
            "NullStructureReference",
            "NullExceptionReference",
            "NullContinuationReference",
            "NullDescriptorReference",
            "NullI31Reference",
            "UndefinedElement",
            "UninitializedElement",
            "IndirectCallTypeMismatch",
            "CastFailure",
            "DescriptorCastFailure",
            "AllocationTooLarge",
            "UnalignedAtomic",
            "AtomicWaitOnUnshared",
            "UnhandledTag",
            "ContinuationConsumed",
            "TooManyStacks",
            "CallStackExhausted",
            "OutOfFuel",
            "Interrupt",
        ],
    ),
    (
        "Region",
        "region",
        &[
            "Immutable",
            "Constant",
            "StructField",
            "Elements",
            "MemoryLen",
            "TableDesc",
            "TableElem",
            "Global",
            "StoreState",
            "Fuel",
            "Transfer",
            "ExceptionPayload",
        ],
    ),
    ("Effect", "region", &["Pure", "Read", "ReadTrap", "WriteTrap", "Write", "Call", "Guarded", "Trap"]),
    ("Shape", "lane-shape", &["I8x16", "I16x8", "I32x4", "I64x2", "F64x2", "F32x4"]),
    ("VectorShape", "lane-shape", &["I8x16", "I16x8", "I32x4", "I64x2", "F64x2", "F32x4"]),
    ("IntCond", "condition-code", &["Eq", "Ne"]),
    ("IntCond", "condition-code", &["LtS", "LeS", "GtS", "GeS"]),
    ("IntCond", "condition-code", &["LtU", "LeU", "GtU", "GeU"]),
    ("IntCond", "signedness", &["LtS", "LtU"]),
    ("IntCond", "signedness", &["LeS", "LeU"]),
    ("IntCond", "signedness", &["GtS", "GtU"]),
    ("IntCond", "signedness", &["GeS", "GeU"]),
    ("FloatCond", "condition-code", &["Eq", "Ne"]),
    ("FloatCond", "condition-code", &["Lt", "Le", "Gt", "Ge"]),
    ("Cc", "condition-code", &["E", "Ne"]),
    ("Cc", "condition-code", &["A", "Ae"]),
    ("Cc", "condition-code", &["B", "Be"]),
    ("Cc", "condition-code", &["B", "Ae"]),
    ("Cc", "condition-code", &["A", "Be"]),
    ("Cc", "condition-code", &["G", "Ge", "L", "Le"]),
    ("Cc", "condition-code", &["P", "Np"]),
    ("Cc", "condition-code", &["S", "Ns"]),
    ("Cc", "condition-code", &["O", "No"]),
    ("Cc", "signedness", &["A", "G"]),
    ("Cc", "signedness", &["B", "L"]),
    ("Cond", "condition-code", &["FEq", "FNe"]),
    ("OperandPos", "register-constraint", &["Early", "Late"]),
    ("OperandKind", "register-constraint", &["Use", "Def"]),
    ("OperandConstraint", "register-constraint", &["Any", "Reg", "Stack"]),
    ("RegClass", "register-constraint", &["Int", "Float"]),
    ("Op", "operator", &["IAdd", "ISub"]),
    ("Op", "operator", &["And", "Or", "Xor"]),
    ("Op", "operator", &["Shl", "ShrU"]),
    ("Op", "operator", &["FMin", "FMax"]),
    ("Op", "operator", &["FAdd", "FSub"]),
    ("Op", "operator", &["TrapZ", "TrapNz"]),
    ("Op", "signedness", &["ShrS", "ShrU"]),
    ("Op", "signedness", &["SDiv", "UDiv"]),
    ("Op", "signedness", &["SRem", "URem"]),
    ("Op", "signedness", &["SExt", "ZExt"]),
    ("Op", "signedness", &["FToS", "FToU"]),
    ("Op", "signedness", &["FToSSat", "FToUSat"]),
    ("Op", "signedness", &["SToF", "UToF"]),
    ("Rmw", "operator", &["Add", "Sub", "And", "Or", "Xor", "Xchg"]),
    ("Access", "signedness", &["U8", "S8"]),
    ("Access", "signedness", &["U16", "S16"]),
    ("Access", "signedness", &["U32", "S32"]),
    ("Access", "width", &["U8", "U16", "U32", "U64"]),
    ("Access", "width", &["S8", "S16", "S32"]),
    ("AtomicForm", "operator", &["Load", "Store", "Rmw", "Cmpxchg"]),
    ("Ordering", "region", &["SeqCst", "Relaxed"]),
    ("Ordering", "region", &["Acquire", "Relaxed"]),
    ("Ordering", "region", &["Release", "Relaxed"]),
    ("Hierarchy", "type-rank", &["Any", "Func", "Extern", "Exn", "Cont"]),
    ("HeapType", "type-rank", &["Concrete", "Exact"]),
    ("ObjectShape", "type-rank", &["Struct", "Array"]),
    ("ObjectKind", "type-rank", &["Struct", "Array", "Exn", "Cont"]),
    ("Slot", "liveness", &["Live", "Dead"]),
    ("ValueClass", "width", &["Int32", "Int64"]),
    ("ValueClass", "width", &["V128", "V128High"]),
    ("Passing", "handler", &["Entry", "Loop"]),
    ("Catch", "handler", &["Tag", "All"]),
    ("Verdict", "state-compared", &["Pass", "Fail", "Diverge", "Poisoned", "Unsupported", "Timeout", "Crash"]),
    ("Equality", "state-compared", &["Yes", "No"]),
    ("Plain", "state-compared", &["Equal", "Different"]),
    ("*", "signedness", &["Signed", "Unsigned"]),
    ("*", "signedness", &["Sign", "Zero"]),
    ("*", "width", &["W32", "W64"]),
    ("*", "width", &["I32", "I64"]),
    ("*", "width", &["F32", "F64"]),
    ("*", "rounding", &["Floor", "Ceil", "Trunc", "Nearest"]),
];

/// The replacements for a variant of an enum: for each ring that it is in, its neighbour and the mutator.
pub fn other_variants(of: &str, variant: &str) -> Vec<(&'static str, &'static str)> {
    let mut others = Vec::new();
    // An order that is stronger than needed is not a mistake.
    if (of, variant) == ("Ordering", "Relaxed") {
        return others;
    }
    for &(name, mutator, ring) in RINGS.iter().filter(|(name, ..)| *name == of || *name == "*") {
        let Some(at) = ring.iter().position(|v| *v == variant) else { continue };
        let other = ring[(at + 1) % ring.len()];
        let is_known = others.iter().any(|(known, _)| *known == other);
        // A ring for any enum is for those that have none of their own.
        if !is_known && (name != "*" || others.is_empty()) {
            others.push((other, mutator));
        }
    }
    others
}

/// Macros whose arguments are messages, or claims about the program: nothing in them changes what it computes.
pub const MESSAGES: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
    "unreachable",
    "format",
    "write",
    "writeln",
    "print",
    "println",
    "eprint",
    "eprintln",
    "concat",
    "stringify",
    "include_str",
    "env",
    "thread_local",
];

/// The place of a change, as [`in_field`] judges it.
pub struct Place<'a> {
    /// The path of the file.
    pub file: &'a str,
    /// The name of the function.
    pub function: &'a str,
    /// The text that is changed.
    pub text: &'a str,
}

/// The name of a general mutator in this place: that of the field's mutator if it amounts to the same.
pub fn in_field(mutator: &'static str, place: &Place) -> &'static str {
    let Place { file, function, text } = *place;
    let has = |words: &[&str]| words.iter().any(|word| function.contains(word) || text.contains(word));
    let left_out = matches!(mutator, "statement-dropped" | "check-dropped" | "body-replaced");
    let reckoned = matches!(
        mutator,
        "comparison-edge" | "arithmetic" | "constant-by-one" | "range-end" | "constant-used" | "operand-dropped"
    );
    let called = |words: &[&str]| {
        let name = text.split('(').next().unwrap_or_default().rsplit(['.', ':']).next().unwrap_or_default();
        words.iter().any(|word| name.contains(word))
    };
    if left_out && called(&["clobber", "constraint", "fixed"]) {
        "register-constraint"
    } else if left_out && called(&["kill", "forget", "invalidate"]) {
        "kill"
    } else if left_out && called(&["mark", "trace", "root", "barrier"]) {
        "root"
    } else if file.contains("regalloc/scan") && (left_out || reckoned) && has(&["live", "spill", "range", "interval"]) {
        "liveness"
    } else if reckoned && (has(&["fixup", "reloc", "label"]) || file.ends_with("buffer.rs")) {
        "relocation"
    } else if (left_out || reckoned) && (has(&["handler", "catch", "landing"]) || file.ends_with("unwind.rs")) {
        "handler"
    } else if file.contains("conformance/compare") && (left_out || reckoned || mutator == "arm-dropped") {
        "state-compared"
    } else if reckoned && (has(&["bound", "offset", "limit"]) || text.contains("len()") || text.contains("size")) {
        "bound"
    } else {
        mutator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_the_table() {
        for (_, _, mutator) in METHODS {
            named(mutator);
        }
        for (_, mutator, ring) in RINGS {
            named(mutator);
            assert!(ring.len() > 1, "{ring:?}: nothing to become");
        }
        let names: std::collections::BTreeSet<_> = MUTATORS.iter().map(|mutator| mutator.name).collect();
        assert_eq!(names.len(), MUTATORS.len());
        assert!(MUTATORS.iter().all(|mutator| mutator.sentence.ends_with('.')));
    }

    #[test]
    fn variants_become_their_neighbours() {
        assert_eq!(other_variants("Op", "ShrU"), [("Shl", "operator"), ("ShrS", "signedness")]);
        assert_eq!(other_variants("Anything", "Signed"), [("Unsigned", "signedness")]);
        assert_eq!(other_variants("Shape", "F32x4"), [("I8x16", "lane-shape")]);
        assert_eq!(other_variants("Ordering", "Acquire"), [("Relaxed", "region")]);
        assert!(other_variants("Ordering", "Relaxed").is_empty());
        assert!(other_variants("Op", "Nothing").is_empty());
        assert_eq!(other_method("max"), Some(("min", "method-swapped")));
    }

    #[test]
    fn general_changes_are_named_after_their_place() {
        let name = |mutator, file, function, text| in_field(mutator, &Place { file, function, text });
        assert_eq!(name("statement-dropped", "src/runtime/heap/mod.rs", "Heap::collect", "self.mark(x);"), "root");
        assert_eq!(name("arithmetic", "src/a.rs", "check", "offset + size"), "bound");
        assert_eq!(name("arithmetic", "src/a.rs", "f", "a + b"), "arithmetic");
        assert_eq!(name("statement-dropped", "src/a.rs", "f", "self.push(root);"), "statement-dropped");
    }
}
