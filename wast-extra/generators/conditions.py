"""Selects whose operands and conditions have all kinds of origins."""

from .script import COMPARISONS, const, ret, trap, write

TYPES = ("i32", "i64", "f32", "f64")
# What a select chooses from: the first operand is 10, the second 20. `{i}` is 0 or 1.
OPERANDS = {
    "const": lambda ty, i: f"({const(ty, 10 + 10 * i)[1:-1]})",
    "local": lambda ty, i: f"(local.get {i})",
    "global": lambda ty, i: f"(global.get ${ty}{i})",
    "load": lambda ty, i: f"({ty}.load offset={16 * TYPES.index(ty) + 8 * i} (i32.const 0))",
    "set": lambda ty, i: f"(local.tee {i} {const(ty, 10 + 10 * i)})",
}
# Conditions on the parameter 2, an i32, and 3, an i64.
CONDITIONS = {
    "plain": ("(local.get 2)", lambda v: v != 0),
    "eqz": ("(i32.eqz (local.get 2))", lambda v: v == 0),
    "eqz_eqz": ("(i32.eqz (i32.eqz (local.get 2)))", lambda v: v != 0),
    "eqz64": ("(i64.eqz (local.get 3))", lambda v: v == 0),
    "eqz_wide": ("(i32.eqz (i64.eqz (local.get 3)))", lambda v: v != 0),
    "eqz_mask": ("(i32.eqz (i32.and (local.get 2) (i32.const 6)))", lambda v: v & 6 == 0),
    "ne": ("(i32.ne (local.get 2) (i32.const 0))", lambda v: v != 0),
    "less": ("(i32.lt_s (local.get 2) (i32.const 1))", lambda v: v < 1),
}


def selected():
    """The operands of the select have each origin, with values below them on the stack that must be preserved."""
    lines = [
        "(module",
        "  (memory 1)",
        '  (data (i32.const 0) "\\0a\\00\\00\\00\\00\\00\\00\\00\\14\\00\\00\\00\\00\\00\\00\\00")',
        '  (data (i32.const 16) "\\0a\\00\\00\\00\\00\\00\\00\\00\\14\\00\\00\\00\\00\\00\\00\\00")',
        '  (data (i32.const 32) "\\00\\00\\20\\41\\00\\00\\00\\00\\00\\00\\a0\\41\\00\\00\\00\\00")',
        '  (data (i32.const 48) "\\00\\00\\00\\00\\00\\00\\24\\40\\00\\00\\00\\00\\00\\00\\34\\40")',
    ]
    for ty in TYPES:
        lines += [f"  (global ${ty}{i} (mut {ty}) {const(ty, 10 + 10 * i)})" for i in (0, 1)]
    checks = []
    for ty in TYPES:
        for first, one in OPERANDS.items():
            for second, two in OPERANDS.items():
                for name, (condition, holds) in CONDITIONS.items():
                    export = f"{ty} {first} {second} {name}"
                    select = f"(select {one(ty, 0)} {two(ty, 1)} {condition})"
                    lines.append(
                        f'  (func (export "{export}") (param {ty} {ty} i32 i64) (result i32 {ty} i64) '
                        f"(local.get 2) {select} (local.get 3))"
                    )
                    for value in (0, 8) if name != "eqz_mask" else (0, 2):
                        arguments = [const(ty, 10), const(ty, 20), const("i32", value), const("i64", value)]
                        chosen = const(ty, 10 if holds(value) else 20)
                        checks.append(ret(export, arguments, [const("i32", value), chosen, const("i64", value)]))
    lines.append(")")
    write(
        "conditions/selected.wast",
        "Selects whose operands are constants, locals, globals, loaded or just set, by conditions of one and of two steps.",
        lines + checks,
    )


# Conditions on the parameter 0, which is 0 or more: 1 if it is more.
TRUTHS = {
    "ne": "(i32.ne (local.get 0) (i32.const 0))",
    "lt": "(i32.lt_s (i32.const 0) (local.get 0))",
    "eqz64": "(i32.eqz (i64.eqz (i64.extend_i32_u (local.get 0))))",
    "gt64": "(i64.gt_u (i64.extend_i32_u (local.get 0)) (i64.const 0))",
    "f32": "(f32.ne (f32.convert_i32_u (local.get 0)) (f32.const 0))",
    "f64": "(f64.gt (f64.convert_i32_u (local.get 0)) (f64.const 0))",
    "vector": "(v128.any_true (i32x4.splat (local.get 0)))",
}

def compared():
    """The result of a comparison is compared with a constant, in every way: this gives its opposite, itself, or a constant."""
    lines, checks = ["(module"], []
    for inner, truth in TRUTHS.items():
        for outer, holds in COMPARISONS.items():
            for sign in ("",) if outer in ("eq", "ne") else ("_s", "_u"):
                for number in (0, 1):
                    for first in (False, True):
                        constant = f"(i32.const {number})"
                        operands = f"{constant} {truth}" if first else f"{truth} {constant}"
                        export = f"{outer}{sign} {number if first else inner} {inner if first else number}"
                        condition = f"(i32.{outer}{sign} {operands})"
                        lines.append(
                            f'  (func (export "{export}") (param i32) (result i32 i32) {condition} '
                            f"(if (result i32) {condition} (then (i32.const 10)) (else (i32.const 20))))"
                        )
                        for value in (0, 5):
                            is_so = holds(number, int(value != 0)) if first else holds(int(value != 0), number)
                            results = [const("i32", int(is_so)), const("i32", 10 if is_so else 20)]
                            checks.append(ret(export, [const("i32", value)], results))
    lines.append(")")
    write("conditions/compared.wast", "Results of comparisons, compared with 0 and 1.", lines + checks)


# What may be merged with a following user of a condition, if it is that condition: here it is not. Each is true exactly if
# parameter 1 is not 0.
LOST = {
    "ne": "(i32.ne (local.get 1) (i32.const 0))",
    "gt": "(i32.gt_u (local.get 1) (i32.const 0))",
    "lt": "(i32.lt_s (i32.const 0) (local.get 1))",
    "eqz": "(i32.eqz (i32.eqz (local.get 1)))",
    "ne64": "(i64.ne (i64.extend_i32_u (local.get 1)) (i64.const 0))",
    "f32": "(f32.ne (f32.convert_i32_u (local.get 1)) (f32.const 0))",
    "f64": "(f64.gt (f64.convert_i32_u (local.get 1)) (f64.const 0))",
    "add": "(i32.add (local.get 1) (i32.const 0))",
    "step": "(i32.add (local.get 1) (i32.const 7))",
    "and": "(i32.and (local.get 1) (i32.const 15))",
    "null": "(i32.eqz (ref.is_null (table.get (local.get 1))))",
    "vector": "(v128.any_true (i32x4.splat (local.get 1)))",
}
# Where its value goes.
GOES = {
    "drop": "(drop {})",
    "local": "(local.set 2 {})",
    "tee": "(drop (local.tee 2 {}))",
    "parameter": "(local.set 1 {})",
    "global": "(global.set 0 {})",
}
# Users of the condition, which was computed before and is on the stack: the result is 1 if it is true, else 0.
DEPENDS = {
    "if": "{} (if (result i32) (then (i32.const 1)) (else (i32.const 0)))",
    "br_if": "(block {} (br_if 0) (return (i32.const 0))) (i32.const 1)",
    "eqz": "{} (i32.eqz) (i32.eqz)",
    "eqz br_if": "(block {} (i32.eqz) (br_if 0) (return (i32.const 1))) (i32.const 0)",
    "select": "(i32.const 1) (i32.const 0) {} (select)",
    "br_table": "(block (block {} (br_table 0 1)) (return (i32.const 0))) (i32.const 1)",
    "loop": "(loop {} (if (then (local.set 0 (i32.const 1)) (local.set 3 (i32.const 1)) (br 1)))) (local.get 3)",
}


def lost():
    """A comparison, or a sum, between a condition and its user."""
    lines = ["(module", "  (global (mut i32) (i32.const 0))", "  (table 16 funcref)", "  (elem (i32.const 1) func 0 0 0 0 0 0 0 0)"]
    lines.append("  (func (param i32) (result i32) (i32.xor (local.get 0) (i32.const 1)))")
    checks = []
    for kind, value in LOST.items():
        for place, goes in GOES.items():
            for name, depends in DEPENDS.items():
                export = f"{kind} {place} {name}"
                # The condition is computed: it is neither a local nor a constant.
                condition = "(call 0 (local.get 0))" if len(checks) % 8 else "(i32.xor (local.get 0) (i32.const 1))"
                text = depends.format(f"{condition} {goes.format(value)}")
                lines.append(f'  (func (export "{export}") (param i32 i32) (result i32) (local i32 i32) {text})')
                for first, second in (0, 0), (0, 1), (1, 0), (1, 1):
                    args = [const("i32", first), const("i32", second)]
                    checks.append(ret(export, args, const("i32", first ^ 1)))
    lines.append(")")
    write(
        "conditions/lost.wast",
        "Between a condition and what depends on it, another comparison or sum, whose value goes elsewhere.",
        lines + checks,
    )


# What execution proves about parameter 1, by an operation that traps otherwise: its type, the operation, the question that is
# asked again, and its outcome if the fact does not hold: a result, or the message of a trap.
PROOFS = {
    "not null": ("(ref null $s)", "(drop (ref.as_non_null (local.get 1)))", "(ref.is_null (local.get 1))", 1, "(ref.null $s)"),
    "not null, by a field": (
        "(ref null $s)",
        "(drop (struct.get $s 0 (local.get 1)))",
        "(struct.get $s 0 (local.get 1))",
        "null structure reference",
        "(ref.null $s)",
    ),
    "of a type": ("anyref", "(drop (ref.cast (ref $s) (local.get 1)))", "(ref.test (ref $s) (local.get 1))", 0, "(ref.i31 (i32.const 1))"),
    "a number": ("anyref", "(drop (ref.cast (ref i31) (local.get 1)))", "(ref.test (ref i31) (local.get 1))", 0, "(struct.new_default $s)"),
    "in a memory": (
        "i32",
        "(drop (i32.load (local.get 1)))",
        "(i32.load (local.get 1))",
        "out of bounds memory access",
        "(i32.const 65533)",
    ),
    "in a table": ("i32", "(drop (table.get $t (local.get 1)))", "(ref.is_null (table.get $t (local.get 1)))", "out of bounds table access", "(i32.const 3)"),
    "in an array": (
        "i32",
        "(drop (array.get $a (global.get $array) (local.get 1)))",
        "(array.get $a (global.get $array) (local.get 1))",
        "out of bounds array access",
        "(i32.const 3)",
    ),
    "not zero": (
        "i32",
        "(drop (i32.div_u (i32.const 8) (local.get 1)))",
        "(i32.div_u (i32.const 8) (local.get 1))",
        "integer divide by zero",
        "(i32.const 0)",
    ),
    "not the least": (
        "i32",
        "(drop (i32.div_s (local.get 1) (i32.const -1)))",
        "(i32.div_s (local.get 1) (local.get 2))",
        "integer overflow",
        "(i32.const 0x8000_0000)",
    ),
    "converted": (
        "f32",
        "(drop (i32.trunc_f32_s (local.get 1)))",
        "(i32.trunc_f32_s (local.get 1))",
        "integer overflow",
        "(f32.const 1e10)",
    ),
    "zero": ("i32", "(if (local.get 1) (then unreachable))", "(i32.eqz (local.get 1))", 0, "(i32.const 6)"),
    "one": ("i32", "(if (i32.ne (local.get 1) (i32.const 1)) (then unreachable))", "(i32.eq (local.get 1) (i32.const 1))", 0, "(i32.const 6)"),
    "small": ("i32", "(if (i32.ge_u (local.get 1) (i32.const 4)) (then unreachable))", "(i32.lt_u (local.get 1) (i32.const 4))", 0, "(i32.const 6)"),
}
# How the path ends on which it is proven.
ENDS = {
    "on": "",
    "returned": "(return (i32.const 99))",
    "branched": "(br $out (i32.const 99))",
    "by table": "(br_table $out $out (i32.const 99) (i32.const 0))",
    "threw": "(throw $e)",
    "never": "(unreachable)",
    "tail": "(return_call $ninety)",
    "again": "(br $forever)",
}
# Where the question is asked. The path on which it is proven is taken if parameter 0 is not zero.
WAYS = {
    "after": "(if (local.get 0) (then {proof} {end})) {ask}",
    "else": "(if (result i32) (local.get 0) (then {proof} {end} (i32.const 98)) (else {ask}))",
    "then": "(if (result i32) (i32.eqz (local.get 0)) (then {ask}) (else {proof} {end} (i32.const 98)))",
    "skipped": "(block $skip (br_if $skip (i32.eqz (local.get 0))) {proof} {end}) {ask}",
    "caught": "(block $skip (try_table (catch $e $skip) (br_if $skip (i32.eqz (local.get 0))) {proof} {end})) {ask}",
    "in a loop": "(block $skip (loop $l (br_if $skip (i32.eqz (local.get 0))) {proof} (br_if $l (local.get 3)) {end})) {ask}",
}


def left():
    """What was proven on a way that is not taken, whether that ends, leaves or goes on, is not known elsewhere."""
    lines = [
        "(module",
        "  (type $s (struct (field i32))) (type $a (array i32)) (tag $e) (memory 1) (table $t 3 funcref)",
        "  (global $array (ref $a) (array.new_fixed $a 3 (i32.const 1) (i32.const 2) (i32.const 3)))",
        "  (func $ninety (result i32) (i32.const 90))",
    ]
    checks = []
    for what, (ty, proof, ask, otherwise, value) in PROOFS.items():
        for end, text in ENDS.items():
            for way, form in WAYS.items():
                export = f"{what}: {end}, {way}"
                body = form.format(proof=proof, end=text, ask=ask)
                lines.append(
                    f"  (func ${len(lines)} (param i32 {ty} i32 i32) (result i32) "
                    f"(loop $forever (result i32) (block $out (result i32) {body})))"
                )
                lines.append(
                    f'  (func (export "{export}") (result i32) '
                    f"(call ${len(lines) - 1} (i32.const 0) {value} (i32.const -1) (i32.const 0)))"
                )
                checks.append(trap(export, "", otherwise) if isinstance(otherwise, str) else ret(export, (), const("i32", otherwise)))
    write("conditions/left.wast", left.__doc__, lines + [")"] + checks)


def make():
    selected()
    left()
    lost()
    compared()
