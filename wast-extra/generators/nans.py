"""Canonical NaNs: every operator that makes one, and every operator that keeps the bits of one.

Under the deterministic profile an operator that makes a NaN makes the positive canonical one; what moves bits or changes a
sign keeps the rest. Expected values are bits, never patterns. Numbers beside the NaNs are small, so that results are exact.
"""

import math

from .script import ret, write

HEADER = ";;! nan_canonicalization = true\n"
CANONICAL = {"f32": 0x7FC00000, "f64": 0x7FF8000000000000}
WIDTH = {"f32": 32, "f64": 64}
FRACTION = {"f32": 23, "f64": 52}
# Signalling and quiet, of either sign, with other payloads; and the canonical ones.
PAYLOADS = {
    "f32": ["nan:0x1", "-nan:0x200000", "nan:0x412345", "-nan:0x7fffff", "-nan:0x400000", "nan:0x400000"],
    "f64": [
        "nan:0x1",
        "-nan:0x4000000000000",
        "nan:0x8123456789abc",
        "-nan:0xfffffffffffff",
        "-nan:0x8000000000000",
        "nan:0x8000000000000",
    ],
}
NAN = {ty: f"nan:{1 << (FRACTION[ty] - 1):#x}" for ty in WIDTH}
BINARY = ["add", "sub", "mul", "div", "min", "max"]
UNARY = ["sqrt", "ceil", "floor", "trunc", "nearest"]
# Numbers from which an operator makes a NaN.
INVALID = {
    "add": [("inf", "-inf"), ("-inf", "inf")],
    "sub": [("inf", "inf"), ("-inf", "-inf")],
    "mul": [("0", "inf"), ("-inf", "-0")],
    "div": [("0", "0"), ("inf", "-inf"), ("-0", "0")],
}


def number(op, a, b=None):
    """Numbers that do not give a NaN."""
    return {
        "add": lambda: a + b,
        "sub": lambda: a - b,
        "mul": lambda: a * b,
        "div": lambda: a / b,
        "min": lambda: min(a, b),
        "max": lambda: max(a, b),
        "sqrt": lambda: math.sqrt(a),
        "ceil": lambda: math.ceil(a),
        "floor": lambda: math.floor(a),
        "trunc": lambda: math.trunc(a),
        "nearest": lambda: round(a),
    }[op]()


def sign_of(text, negative):
    return ("-" if negative else "") + text.removeprefix("-")


def is_nan(text):
    return "nan" in str(text)


def c(ty, text):
    return f"({ty}.const {text})"


def module(functions, fields=""):
    return "(module\n" + fields + "\n".join(f"  {f}" for f in functions) + ")"


def pairs(op, ty):
    """Operands from which the operator makes a NaN."""
    some = [("1", nan) for nan in PAYLOADS[ty]] + [(nan, "-2") for nan in PAYLOADS[ty]]
    both = [(nan, PAYLOADS[ty][(i + 1) % 6]) for i, nan in enumerate(PAYLOADS[ty])]
    return some + both + INVALID.get(op, [])


def scalars():
    parts = []
    for ty in WIDTH:
        functions, asserts = [], []
        for op in BINARY:
            for i, (a, b) in enumerate(pairs(op, ty)):
                # Constants on both sides, on either, on neither: folded, immediate, and neither.
                sides = [(c(ty, a), c(ty, b)), (c(ty, a), "(local.get 1)"), ("(local.get 0)", c(ty, b))]
                sides.append(("(local.get 0)", "(local.get 1)"))
                body = " ".join(f"({ty}.{op} {x} {y})" for x, y in sides)
                results = " ".join([ty] * 4)
                functions.append(f'(func (export "{op} {i}") (param {ty} {ty}) (result {results}) {body})')
                asserts.append(ret(f"{op} {i}", [c(ty, a), c(ty, b)], [c(ty, NAN[ty])] * 4))
        for op in UNARY:
            for i, a in enumerate(PAYLOADS[ty] + (["-1", "-inf"] if op == "sqrt" else [])):
                body = f"({ty}.{op} {c(ty, a)}) ({ty}.{op} (local.get 0))"
                functions.append(f'(func (export "{op} {i}") (param {ty}) (result {ty} {ty}) {body})')
                asserts.append(ret(f"{op} {i}", [c(ty, a)], [c(ty, NAN[ty])] * 2))
        other = {"f32": "f64", "f64": "f32"}[ty]
        op = {"f32": "demote_f64", "f64": "promote_f32"}[ty]
        for i, a in enumerate(PAYLOADS[other]):
            body = f"({ty}.{op} {c(other, a)}) ({ty}.{op} (local.get 0))"
            functions.append(f'(func (export "{op} {i}") (param {other}) (result {ty} {ty}) {body})')
            asserts.append(ret(f"{op} {i}", [c(other, a)], [c(ty, NAN[ty])] * 2))
        parts += [f";; {ty}", module(functions)] + asserts + [""]
    write(
        "nans/nan-canonical-scalars.wast",
        "Every operator on scalars that makes NaNs: of signalling and quiet ones of either sign, on either side, as\n"
        "constants and not, and of numbers.",
        parts,
        HEADER,
    )


def kept():
    """Moves keep all bits, and sign operators change only the sign."""
    parts = []
    for ty in WIDTH:
        int_ty = {"f32": "i32", "f64": "i64"}[ty]
        moves = {
            "local": "(local.get 0)",
            "select": f"(select (local.get 0) {c(ty, '1')} (i32.const 1))",
            "block": f"(block (result {ty}) (br 0 (local.get 0)))",
            "reinterpret": f"({ty}.reinterpret_{int_ty} ({int_ty}.reinterpret_{ty} (local.get 0)))",
            "memory": f"({ty}.store (i32.const 8) (local.get 0)) ({ty}.load (i32.const 8))",
            "global": "(global.set $g (local.get 0)) (global.get $g)",
            "call": "(call $same (local.get 0))",
            "neg neg": f"({ty}.neg ({ty}.neg (local.get 0)))",
            "copysign": f"({ty}.copysign (local.get 0) (local.get 0))",
        }
        functions = [f"(memory 1) (global $g (mut {ty}) {c(ty, '0')})"]
        functions.append(f"(func $same (param {ty}) (result {ty}) (local.get 0))")
        for name, body in moves.items():
            functions.append(f'(func (export "{name}") (param {ty}) (result {ty}) {body})')
        for name in ["neg", "abs"]:
            body = f"({ty}.{name} (local.get 0))"
            functions.append(f'(func (export "{name}") (param {ty}) (result {ty}) {body})')
        for i, nan in enumerate(PAYLOADS[ty]):
            results = f"{c(ty, nan)} ({ty}.neg {c(ty, nan)}) ({ty}.abs {c(ty, nan)})"
            functions.append(f'(func (export "const {i}") (result {ty} {ty} {ty}) {results})')
        asserts = []
        for i, nan in enumerate(PAYLOADS[ty]):
            for name in moves:
                asserts.append(ret(name, [c(ty, nan)], [c(ty, nan)]))
            negated, positive = sign_of(nan, not nan.startswith("-")), sign_of(nan, False)
            asserts.append(ret("neg", [c(ty, nan)], [c(ty, negated)]))
            asserts.append(ret("abs", [c(ty, nan)], [c(ty, positive)]))
            asserts.append(ret(f"const {i}", [], [c(ty, nan), c(ty, negated), c(ty, positive)]))
        # After an operator, the canonical NaN is moved and changes its sign.
        after = {
            "store": (int_ty, f"({ty}.store (i32.const 8) @) ({int_ty}.load (i32.const 8))", None),
            "reinterpret": (int_ty, f"({int_ty}.reinterpret_{ty} @)", None),
            "neg": (ty, f"({ty}.neg @)", "-" + NAN[ty]),
            "abs": (ty, f"({ty}.abs @)", NAN[ty]),
            "copysign from": (ty, f"({ty}.copysign {c(ty, '2')} @)", "2"),
            "copysign to": (ty, f"({ty}.copysign @ {c(ty, '-2')})", "-" + NAN[ty]),
            "global": (ty, "(global.set $g @) (global.get $g)", NAN[ty]),
            "call": (ty, "(call $same @)", NAN[ty]),
            "select": (ty, f"(select @ {c(ty, '1')} (i32.const 1))", NAN[ty]),
            "equal": ("i32", f"({ty}.eq @ @)", "0"),
            "different": ("i32", f"({ty}.ne @ {c(ty, '1')})", "1"),
            "chain": (ty, f"({ty}.sqrt ({ty}.mul ({ty}.sub @ {c(ty, '1')}) @))", NAN[ty]),
            "tee": (f"{ty} {ty}", "(local.tee 0 @) (local.get 0)", (NAN[ty], NAN[ty])),
            "twice": (f"{int_ty} {ty}", f"(local.set 0 @) ({int_ty}.reinterpret_{ty} (local.get 0)) "
                      f"({ty}.add (local.get 0) {c(ty, '1')})", (None, NAN[ty])),
            "saturated": ("i32", f"(i32.trunc_sat_{ty}_s @)", "0"),
        }
        for op in ["add", "min"]:
            for name, (result, body, expected) in after.items():
                made = f"({ty}.{op} (local.get 0) (local.get 1))"
                text = body.replace("@", made)
                functions.append(f'(func (export "{op}, {name}") (param {ty} {ty}) (result {result}) {text})')
                for a, b in [("1", PAYLOADS[ty][1]), (PAYLOADS[ty][3], "2"), (PAYLOADS[ty][0], PAYLOADS[ty][2])]:
                    types = result.split()
                    values = expected if isinstance(expected, tuple) else (expected,)
                    results = [
                        f"({t}.const {CANONICAL[ty]:#x})" if v is None else f"({t}.const {v})"
                        for t, v in zip(types, values)
                    ]
                    asserts.append(ret(f"{op}, {name}", [c(ty, a), c(ty, b)], results))
        # A sum that is carried around a loop, and one that a branch leaves the loop with.
        functions.append(
            f'(func (export "loop") (param {ty} i32) (result {int_ty}) (local {ty}) (loop $l '
            f"(local.set 2 ({ty}.add (local.get 2) (local.get 0))) "
            f"(br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))) ({int_ty}.reinterpret_{ty} (local.get 2)))"
        )
        for count in [1, 2, 7]:
            for nan in PAYLOADS[ty]:
                canonical = f"({int_ty}.const {CANONICAL[ty]:#x})"
                asserts.append(ret("loop", [c(ty, nan), f"(i32.const {count})"], [canonical]))
        parts += [f";; {ty}", module(functions)] + asserts + [""]
    write(
        "nans/nan-canonical-bits.wast",
        "Moves keep the bits of NaNs, signalling ones too; and the NaNs of operators are canonical wherever their bits\n"
        "are seen, though a chain of operators need not make it so in between.",
        parts,
        HEADER,
    )


def vector(ty, lanes):
    shape = {"f32": "f32x4", "f64": "f64x2"}[ty]
    return f"(v128.const {shape} {' '.join(str(x) for x in lanes)})"


def lane_results(ty, op, a, b=None):
    columns = zip(a, b) if b else zip(a)
    return [NAN[ty] if any(map(is_nan, xs)) else number(op, *map(int, xs)) for xs in columns]


def vectors():
    parts = []
    for ty, shape, count in [("f32", "f32x4", 4), ("f64", "f64x2", 2)]:
        functions, asserts = [], []

        def add(name, op, args, expected, constants=True):
            types = " ".join(["v128"] * len(args))
            locals_ = " ".join(f"(local.get {i})" for i in range(len(args)))
            function = f'(func (export "{op}") (param {types}) (result v128) ({op} {locals_}))'
            if function not in functions:
                functions.append(function)
            asserts.append(ret(op, args, [expected]))
            if constants:
                functions.append(f'(func (export "{name}") (result v128) ({op} {" ".join(args)}))')
                asserts.append(ret(name, [], [expected]))

        def with_nan(values, lane, nan):
            return [nan if i == lane else v for i, v in enumerate(values)]

        a, b = [1, 4, 9, 16][:count], [1, 2, 1, 4][:count]
        for op in BINARY:
            for i in range(6):
                nan, other = PAYLOADS[ty][i], PAYLOADS[ty][(i + 1) % 6]
                for lane in range(count):
                    cases = [(with_nan(a, lane, nan), b), (a, with_nan(b, lane, nan))]
                    cases.append((with_nan(a, lane, nan), with_nan(b, (lane + i) % count, other)))
                    for n, (x, y) in enumerate(cases):
                        args = [vector(ty, x), vector(ty, y)]
                        expected = vector(ty, lane_results(ty, op, x, y))
                        add(f"{op} {i} {lane} {n}", f"{shape}.{op}", args, expected, lane == (i + n) % count)
            for i, (x, y) in enumerate(INVALID.get(op, [])):
                for lane in range(count):
                    args = [vector(ty, with_nan(a, lane, x)), vector(ty, with_nan(b, lane, y))]
                    results = [NAN[ty] if j == lane else number(op, a[j], b[j]) for j in range(count)]
                    add(f"{op} of numbers {i} {lane}", f"{shape}.{op}", args, vector(ty, results))
        for op in UNARY:
            for i, nan in enumerate(PAYLOADS[ty]):
                for lane in range(count):
                    x = with_nan(a, lane, nan)
                    expected = vector(ty, lane_results(ty, op, x))
                    add(f"{op} {i} {lane}", f"{shape}.{op}", [vector(ty, x)], expected, lane == i % count)
        parts += [f";; {shape}", module(functions)] + asserts + [""]

        # Operators that keep bits: signs, selects, and numbers beside NaNs.
        functions, asserts = [], []
        for i, nan in enumerate(PAYLOADS[ty]):
            for lane in range(count):
                x = with_nan(a, lane, nan)
                negated = [sign_of(str(v), not str(v).startswith("-")) for v in x]
                positive = [sign_of(str(v), False) for v in x]
                add(f"neg {i} {lane}", f"{shape}.neg", [vector(ty, x)], vector(ty, negated))
                add(f"abs {i} {lane}", f"{shape}.abs", [vector(ty, x)], vector(ty, positive))
                for op, pick in [("pmin", lambda p, q: q if q < p else p), ("pmax", lambda p, q: q if p < q else p)]:
                    # The first operand unless the comparison, which is false for NaNs, says otherwise.
                    chosen = [p if is_nan(p) else pick(p, q) for p, q in zip(x, b)]
                    add(f"{op} {i} {lane}", f"{shape}.{op}", [vector(ty, x), vector(ty, b)], vector(ty, chosen))
                    y = with_nan(b, lane, nan)
                    chosen = [p if is_nan(q) else pick(p, q) for p, q in zip(a, y)]
                    add(f"{op} second {i} {lane}", f"{shape}.{op}", [vector(ty, a), vector(ty, y)], vector(ty, chosen))
        parts += [f";; {shape}: bits that are kept", module(functions)] + asserts + [""]

    # Between the widths.
    functions, asserts = [], []
    for i in range(6):
        for lane in range(2):
            x = ["3", "3"]
            x[lane] = PAYLOADS["f64"][i]
            name, op = f"demote {i} {lane}", "f32x4.demote_f64x2_zero"
            functions.append(f'(func (export "{name}") (param v128) (result v128) ({op} (local.get 0)))')
            expected = ["3", "3", "0", "0"]
            expected[lane] = NAN["f32"]
            asserts.append(ret(name, [vector("f64", x)], [vector("f32", expected)]))
            x = ["3", "3", PAYLOADS["f32"][i], "3"]
            x[lane] = PAYLOADS["f32"][i]
            name, op = f"promote {i} {lane}", "f64x2.promote_low_f32x4"
            functions.append(f'(func (export "{name}") (param v128) (result v128) ({op} (local.get 0)))')
            expected = ["3", "3"]
            expected[lane] = NAN["f64"]
            asserts.append(ret(name, [vector("f32", x)], [vector("f64", expected)]))
    parts += [";; Between the widths", module(functions)] + asserts + [""]

    # Lanes of one operator, read in another's shape: their bits are visible, so they have to be canonical in between.
    functions = [
        '(func (export "as f64x2") (param v128 v128) (result v128) (f64x2.mul (f32x4.add (local.get 0) (local.get 1))'
        " (v128.const f64x2 1 1)))",
        '(func (export "as f32x4") (param v128 v128) (result v128) (f32x4.add (f64x2.add (local.get 0) (local.get 1))'
        " (v128.const f32x4 0 0 0 0)))",
        '(func (export "as i32x4") (param v128 v128) (result v128) (i32x4.add (f32x4.sub (local.get 0) (local.get 1))'
        " (v128.const i32x4 1 1 1 1)))",
        '(func (export "extracted") (param v128 v128) (result i32 f32)'
        " (i32.reinterpret_f32 (f32x4.extract_lane 2 (f32x4.mul (local.get 0) (local.get 1))))"
        " (f32.add (f32x4.extract_lane 1 (f32x4.mul (local.get 0) (local.get 1))) (f32.const 1)))",
        '(func (export "chain") (param v128 v128) (result v128) (f32x4.min (f32x4.add (local.get 0) (local.get 1))'
        " (f32x4.mul (local.get 1) (f32x4.sub (local.get 0) (local.get 1)))))",
        '(func (export "selected") (param v128 v128) (result v128) (v128.bitselect (f32x4.add (local.get 0)'
        " (local.get 1)) (local.get 0) (v128.const i32x4 -1 0 -1 0)))",
    ]
    asserts = []
    for nan in PAYLOADS["f32"]:
        x, y = vector("f32", [1, nan, nan, 2]), vector("f32", [1, 2, 3, 4])
        canonical = CANONICAL["f32"]
        asserts += [
            # The upper words are those of numbers in f64x2.
            ret("as f64x2", [vector("f32", [1, nan, 3, nan]), y],
                [f"(v128.const i32x4 0x40000000 {canonical:#x} 0x40c00000 {canonical:#x})"]),
            ret("as i32x4", [x, y], [f"(v128.const i32x4 1 {canonical + 1:#x} {canonical + 1:#x} 0xc0000001)"]),
            ret("extracted", [x, y], [f"(i32.const {canonical:#x})", c("f32", NAN["f32"])]),
            ret("chain", [x, y], [vector("f32", [0, NAN["f32"], NAN["f32"], -8])]),
            ret("selected", [x, y], [vector("f32", [2, nan, NAN["f32"], 2])]),
        ]
    for nan in PAYLOADS["f64"]:
        # The upper word of the canonical one is a NaN of f32x4 too, but not canonical there; its lower word is 0.
        asserts.append(ret("as f32x4", [vector("f64", [nan, 0]), vector("f64", [1, 0])],
                           [vector("f32", [0, NAN["f32"], 0, 0])]))
    parts += [";; Lanes in another shape", module(functions)] + asserts + [""]
    write(
        "nans/nan-canonical-lanes.wast",
        "Every operator on lanes that makes NaNs, with a NaN in each lane of each operand, the others being numbers; what\n"
        "keeps bits; and lanes that are read in another shape.",
        parts,
        HEADER,
    )


def relaxed():
    parts, functions, asserts = [], [], []
    for ty, shape, count in [("f32", "f32x4", 4), ("f64", "f64x2", 2)]:
        a, b, d = [1, 4, 9, 16][:count], [1, 2, 3, 5][:count], [2, 1, 2, 3][:count]
        for op in ["relaxed_min", "relaxed_max"]:
            functions.append(
                f'(func (export "{shape} {op}") (param v128 v128) (result v128) ({shape}.{op} (local.get 0) (local.get 1)))'
            )
        for op in ["relaxed_madd", "relaxed_nmadd"]:
            functions.append(
                f'(func (export "{shape} {op}") (param v128 v128 v128) (result v128)'
                f" ({shape}.{op} (local.get 0) (local.get 1) (local.get 2)))"
            )
        for i, nan in enumerate(PAYLOADS[ty]):
            for lane in range(count):
                for place in range(3):
                    args = [list(a), list(b), list(d)]
                    args[place][lane] = nan
                    if place < 2:
                        for op in ["min", "max"]:
                            results = lane_results(ty, op, args[0], args[1])
                            asserts.append(ret(f"{shape} relaxed_{op}", [vector(ty, x) for x in args[:2]],
                                               [vector(ty, results)]))
                    for op, sign in [("relaxed_madd", 1), ("relaxed_nmadd", -1)]:
                        results = [NAN[ty] if any(map(is_nan, xs)) else sign * xs[0] * xs[1] + xs[2] for xs in zip(*args)]
                        asserts.append(ret(f"{shape} {op}", [vector(ty, x) for x in args], [vector(ty, results)]))
        # inf * 0, and inf - inf
        for lane in range(count):
            for x, y, z in [("inf", "0", "1"), ("inf", "1", "-inf")]:
                args = [list(a), list(b), list(d)]
                for values, v in zip(args, (x, y, z)):
                    values[lane] = v
                results = [NAN[ty] if j == lane else a[j] * b[j] + d[j] for j in range(count)]
                asserts.append(ret(f"{shape} relaxed_madd", [vector(ty, v) for v in args], [vector(ty, results)]))
    parts += [module(functions)] + asserts + [""]
    write(
        "nans/nan-canonical-relaxed.wast",
        "Relaxed operators under the deterministic profile: NaNs in each lane of each operand.",
        parts,
        HEADER + ";;! relaxed_simd = true\n",
    )


def make():
    scalars()
    kept()
    vectors()
    relaxed()
