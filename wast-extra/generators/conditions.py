"""Selects whose operands and conditions come from everywhere."""

from .script import const, ret, write

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
    """The operands of the select come in each way, with values below them on the stack that have to stay."""
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


def make():
    selected()
