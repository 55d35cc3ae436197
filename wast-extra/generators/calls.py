"""Calls of all kinds with many parameters and results of mixed types."""

from .script import const, f32, ret, unsigned, write

# Runs and mixes of types, so that the registers of one class run out before those of the other.
PATTERN = ["i32", "f64", "i64", "i32", "f32", "i64", "f64", "i32", "i32", "i64", "f32", "f32", "i64", "f64", "i32"]


# The same with vectors, which use the registers of floats, and take two slots.
VECTORS = ["i32", "v128", "f64", "i32", "v128", "v128", "i64", "f32", "v128", "i32", "v128", "v128", "f64", "v128", "f32"]


def value_of(ty, i):
    if ty == "v128":
        return 0xC0DE000000000000 + i << 64 | value_of("i64", i)
    return {"i32": 0x80000000 + 0x01010101 * i, "i64": 0x8000000100000000 + 0x100000003 * i, "f32": 1.5 + i, "f64": -2.25 - i}[ty]


def mixed(n, pattern=PATTERN, path="calls/mixed", header=""):
    types = [pattern[i % len(pattern)] for i in range(n)]
    backward = types[::-1]
    # Neighbours of one type change places: the registers of arguments form cycles.
    swap = list(range(n))
    for ty in set(types):
        places = [i for i in range(n) if types[i] == ty]
        for k, i in enumerate(places):
            swap[i] = places[(k + 1) % len(places)]
    params = " ".join(types)
    results = " ".join(backward)
    gets = " ".join(f"(local.get {i})" for i in range(n))
    reverse = " ".join(f"(local.get {i})" for i in reversed(range(n)))
    swapped = " ".join(f"(local.get {i})" for i in swap)
    changed = []
    for i, ty in enumerate(types):
        one = const(ty, 1.0 if ty[0] == "f" else 1)
        changed.append(f"({ty.replace('v128', 'i64x2')}.add (local.get {i}) {one})")
    changed = " ".join(changed)
    t = f"(param {params}) (result {results})"
    # Leftovers of a function that clobbers many registers must not matter.
    lines = [
        "(module $callee",
        f'  (func (export "reverse") {t} {reverse}))',
        '(register "callee")',
        "",
        "(module",
        f"  (type $t (func {t}))",
        '  (import "callee" "reverse" (func $imported (type $t)))',
        "  (table funcref (elem $reverse $imported $swap_tail))",
        "  (global $g (mut i32) (i32.const 0))",
        "  ;; All parameters, the last one first.",
        f"  (func $reverse (type $t) {reverse})",
        f'  (func (export "direct") (type $t) (call $reverse {gets}))',
        f'  (func (export "imported") (type $t) (call $imported {gets}))',
        f'  (func (export "indirect") (param i32 {params}) (result {results})',
        f"    (call_indirect (type $t) {' '.join(f'(local.get {i + 1})' for i in range(n))} (local.get 0)))",
        "  ;; Registers of arguments form cycles.",
        f'  (func $swap (export "swap") (type $t) (call $reverse {swapped}))',
        f'  (func $swap_tail (export "swap_tail") (type $t) (return_call $reverse {swapped}))',
        f'  (func (export "swap_indirect") (type $t) (call_indirect (type $t) {swapped} (global.get $g)))',
        "  ;; The parameters survive two other calls with the same registers.",
        f'  (func (export "reused") (type $t)',
        f"    (call $drop_all (call $swap {changed}))",
        f"    (call $drop_all (call $reverse {swapped}))",
        f"    (call $reverse {changed}))",
        f"  (func $drop_all (param {results}))",
        "  ;; Tail calls with the same number of arguments, from fewer and from none.",
        f'  (func (export "tail") (type $t) (return_call $reverse {changed}))',
        f'  (func (export "tail_imported") (type $t) (return_call $imported {gets}))',
        f'  (func (export "tail_indirect") (param i32 {params}) (result {results})',
        f"    (return_call_indirect (type $t) {' '.join(f'(local.get {i + 1})' for i in range(n))} (local.get 0)))",
        f'  (func (export "tail_from_none") (result {results})',
        f"    (return_call $reverse {' '.join(const(ty, value_of(ty, i)) for i, ty in enumerate(types))}))",
        "  ;; Tail calls with fewer arguments than the caller had.",
        f'  (func (export "tail_to_one") (param {params}) (result {types[-1]}) (return_call $one (local.get {n - 1})))',
        f"  (func $one (param {types[-1]}) (result {types[-1]}) (local.get 0))",
        "  ;; A loop of tail calls: the first argument counts down, the others go around.",
        f'  (func $around (export "around") (type $t)',
        "    (if (i32.eqz (local.get 0)) (then (return_call $reverse " + gets + ")))",
    ]
    rotate = swap[:]
    ints = [i for i in range(n) if types[i] == "i32"]
    for k, i in enumerate(ints[1:]):
        rotate[i] = ints[1:][(k + 1) % (len(ints) - 1)]
    rotated = ["(i32.sub (local.get 0) (i32.const 1))"] + [f"(local.get {i})" for i in rotate[1:]]
    lines += [f"    (return_call $around {' '.join(rotated)}))"]
    # From stack to stack at different heights: many arguments to few and back.
    lines += [
        "  ;; Many arguments, few, many: the area of stack arguments grows and shrinks under a loop of tail calls.",
        f"  (func $many (export \"pingpong\") (type $t)",
        f"    (if (i32.eqz (local.get 0)) (then (return_call $reverse {gets})))",
        f"    (return_call $few (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))",
        f"  (func $few (param i32 {types[1]}) (result {results})",
        "    (return_call $many (local.get 0) (local.get 1) "
        + " ".join(const(ty, value_of(ty, i + 2)) for i, ty in enumerate(types[2:]))
        + "))",
        "  ;; Deep recursion with all arguments live across the call.",
        f'  (func $deep (export "deep") (type $t)',
        "    (if (i32.eqz (local.get 0)) (then (return_call $reverse " + gets + ")))",
        "    (call $drop_all (call $deep (i32.sub (local.get 0) (i32.const 1)) "
        + " ".join(f"(local.get {i})" for i in range(1, n))
        + "))",
        f"    (call $reverse {gets})))",
        "",
    ]
    values = [value_of(ty, i) for i, ty in enumerate(types)]

    def show(vals, tys=types):
        return [const(ty, v) for ty, v in zip(tys, vals)]

    def plus(vals):
        # Of a vector, only the lower lane is changed, and does not overflow.
        return [f32(v + 1) if ty == "f32" else v + 1 if ty[0] in "fv" else unsigned(ty, v + 1) for ty, v in zip(types, vals)]

    back = show(values)[::-1]
    swapped_values = [values[i] for i in swap]
    for name in ("direct", "imported", "tail_imported"):
        lines.append(ret(name, show(values), back))
    for i in range(2):
        for name in ("indirect", "tail_indirect"):
            lines.append(ret(name, [const("i32", i)] + show(values), back))
    lines.append(ret("indirect", [const("i32", 2)] + show(values), show(swapped_values)[::-1]))
    for name in ("swap", "swap_tail", "swap_indirect"):
        lines.append(ret(name, show(values), show(swapped_values)[::-1]))
    lines.append(ret("reused", show(values), show(plus(values))[::-1]))
    lines.append(ret("tail", show(values), show(plus(values))[::-1]))
    lines.append(ret("tail_from_none", [], back))
    lines.append(ret("tail_to_one", show(values), [back[0]]))
    for count in (1, 2, 7, 100_000):
        state = [count] + values[1:]
        period = 1
        # The effect of `count` rounds, by repeated squaring of the permutation.
        power, result, left = rotate[:], list(range(n)), count
        power[0] = 0
        while left:
            if left & 1:
                result = [result[p] for p in power]
            power = [power[p] for p in power]
            left >>= 1
        final = [state[i] for i in result]
        final[0] = 0
        lines.append(ret("around", show(state), show(final)[::-1]))
    for count in (1, 2, 100_000):
        final = [0, values[1]] + [value_of(ty, i + 2) for i, ty in enumerate(types[2:])]
        lines.append(ret("pingpong", show([count] + values[1:]), show(final)[::-1]))
    state = [200] + values[1:]
    lines.append(ret("deep", show(state), show(state)[::-1]))
    write(
        f"{path}_{n}.wast",
        f"{n} parameters and {n} results of mixed types: direct, imported, indirect and tail calls; arguments change places;\n"
        "registers of arguments are used again before the call.",
        lines,
        header,
    )


def make():
    for count in (9, 10, 40):
        mixed(count)
