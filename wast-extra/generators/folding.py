"""Every operator on constants, variables and mixtures of them, and the shapes that rewrite rules look for.

Integers are Python's, taken modulo the width; floats are rounded to the width after each exact operation.
"""

import math

from .script import COMPARISONS, WIDTH, bits, const, f32, from_bits, ret, signed, trap, unsigned, write

# --- Meaning of the operators --------------------------------------------------------------------------------------------


class Trap(Exception):
    pass


def div_s(ty, a, b):
    a, b = signed(ty, a), signed(ty, b)
    if b == 0:
        raise Trap("integer divide by zero")
    q = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    if q == 1 << (WIDTH[ty] - 1):
        raise Trap("integer overflow")
    return q


def rem_s(ty, a, b):
    a, b = signed(ty, a), signed(ty, b)
    if b == 0:
        raise Trap("integer divide by zero")
    return abs(a) % abs(b) * (-1 if a < 0 else 1)


def div_u(ty, a, b):
    if b == 0:
        raise Trap("integer divide by zero")
    return a // b


def rem_u(ty, a, b):
    if b == 0:
        raise Trap("integer divide by zero")
    return a % b


def rot(ty, a, n):
    w = WIDTH[ty]
    n %= w
    return (a << n | a >> (w - n)) if n else a


BINARY = {
    "add": lambda ty, a, b: a + b,
    "sub": lambda ty, a, b: a - b,
    "mul": lambda ty, a, b: a * b,
    "div_s": div_s,
    "div_u": div_u,
    "rem_s": rem_s,
    "rem_u": rem_u,
    "and": lambda ty, a, b: a & b,
    "or": lambda ty, a, b: a | b,
    "xor": lambda ty, a, b: a ^ b,
    "shl": lambda ty, a, b: a << (b % WIDTH[ty]),
    "shr_s": lambda ty, a, b: signed(ty, a) >> (b % WIDTH[ty]),
    "shr_u": lambda ty, a, b: a >> (b % WIDTH[ty]),
    "rotl": lambda ty, a, b: rot(ty, a, b),
    "rotr": lambda ty, a, b: rot(ty, a, -b),
}
COMPARE = {
    "eq": lambda ty, a, b: a == b,
    "ne": lambda ty, a, b: a != b,
    "lt_s": lambda ty, a, b: signed(ty, a) < signed(ty, b),
    "lt_u": lambda ty, a, b: a < b,
    "gt_s": lambda ty, a, b: signed(ty, a) > signed(ty, b),
    "gt_u": lambda ty, a, b: a > b,
    "le_s": lambda ty, a, b: signed(ty, a) <= signed(ty, b),
    "le_u": lambda ty, a, b: a <= b,
    "ge_s": lambda ty, a, b: signed(ty, a) >= signed(ty, b),
    "ge_u": lambda ty, a, b: a >= b,
}


def extend(ty, a, n):
    a %= 1 << n
    return a - (1 << n) if a >> (n - 1) else a


UNARY = {
    "clz": lambda ty, a: WIDTH[ty] - a.bit_length(),
    "ctz": lambda ty, a: (a & -a).bit_length() - 1 if a else WIDTH[ty],
    "popcnt": lambda ty, a: bin(a).count("1"),
    "extend8_s": lambda ty, a: extend(ty, a, 8),
    "extend16_s": lambda ty, a: extend(ty, a, 16),
    "extend32_s": lambda ty, a: extend(ty, a, 32),
}


def fdiv(a, b):
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def fmul(a, b):
    return math.nan if {abs(a), abs(b)} == {0.0, math.inf} else a * b


def fmin(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if a == b:
        return a if math.copysign(1, a) < 0 else b
    return min(a, b)


def fmax(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if a == b:
        return b if math.copysign(1, a) < 0 else a
    return max(a, b)


def add(a, b):
    return math.nan if math.isinf(a) and math.isinf(b) and a != b else a + b


FLOAT_BINARY = {
    "add": add,
    "sub": lambda a, b: add(a, -b),
    "mul": fmul,
    "div": fdiv,
    "min": fmin,
    "max": fmax,
    "copysign": lambda a, b: math.copysign(a, b),
}


def integral(f):
    def rounded(x):
        if math.isnan(x) or math.isinf(x) or abs(x) >= 2.0**52:
            return x
        return math.copysign(float(f(x)), x)

    return rounded


FLOAT_UNARY = {
    "abs": abs,
    "neg": lambda x: -x,
    "sqrt": lambda x: math.nan if x < 0 else math.sqrt(x) if not math.isnan(x) else x,
    "ceil": integral(math.ceil),
    "floor": integral(math.floor),
    "trunc": integral(math.trunc),
    "nearest": integral(round),
}


def truncate(ty, is_signed, x):
    if math.isnan(x):
        raise Trap("invalid conversion to integer")
    low, high = (-(1 << WIDTH[ty] - 1), (1 << WIDTH[ty] - 1) - 1) if is_signed else (0, (1 << WIDTH[ty]) - 1)
    if math.isinf(x) or not low <= math.trunc(x) <= high:
        raise Trap("integer overflow")
    return math.trunc(x)


def saturate(ty, is_signed, x):
    if math.isnan(x):
        return 0
    low, high = (-(1 << WIDTH[ty] - 1), (1 << WIDTH[ty] - 1) - 1) if is_signed else (0, (1 << WIDTH[ty]) - 1)
    return low if x < low else high if x > high else math.trunc(x)


def int_to_f32(n):
    """Rounds an integer once: via f64 it would be rounded twice."""
    if n == 0:
        return 0.0
    size = abs(n).bit_length()
    if size <= 24:
        return float(n)
    shift = size - 24
    q, r = abs(n) >> shift, abs(n) & (1 << shift) - 1
    half = 1 << shift - 1
    if r > half or r == half and q & 1:
        q += 1
    return math.copysign(float(q << shift), n)


# --- folding/ -------------------------------------------------------------------------------------------------------------

MIN = {"i32": 1 << 31, "i64": 1 << 63}
MAX = {"i32": (1 << 31) - 1, "i64": (1 << 63) - 1}
ONES = {"i32": (1 << 32) - 1, "i64": (1 << 64) - 1}


def pairs(ty, op):
    """Interesting pairs of operands for an operator."""
    if op in ("shl", "shr_s", "shr_u", "rotl", "rotr"):
        counts = [0, 1, 7, 31, 32, 33, 63, 64, 65, ONES[ty]]
        values = [0x87654321 if ty == "i32" else 0x8765432112345678, ONES[ty], MIN[ty]]
        return [(v, c) for v in values for c in counts]
    if op in ("div_s", "div_u", "rem_s", "rem_u"):
        return [
            (MIN[ty], ONES[ty]), (MIN[ty], 1), (MIN[ty], 2), (MIN[ty], MIN[ty]), (MAX[ty], ONES[ty]), (7, 2), (-7, 2),
            (7, -2), (-7, -2), (100, 10), (-100, 7), (ONES[ty], 3), (ONES[ty], 16), (-17, 16), (-17, -16), (0, 5),
            (1, 0), (0, 0), (MIN[ty], 0), (1, ONES[ty]), (MIN[ty] + 1, ONES[ty]), (0xCAFEBABE, 641),
        ]
    edge = [0, 1, 2, MAX[ty], MIN[ty], ONES[ty], 0x12345678]
    if ty == "i64":
        edge += [1 << 32, (1 << 32) - 1, MIN["i32"]]
    if op in COMPARE:
        edge = edge[:1] + edge[3:6] + edge[7:]
    return [(a, b) for i, a in enumerate(edge) for j, b in enumerate(edge) if i == j or (i + 2 * j) % 3 == 0]


def four_ways(ty, op, result, cases, meaning, canonical=None):
    """One module for an operator: each case is a function with all four mixes of constants and variables."""
    functions, asserts = [], []
    for i, (a, b) in enumerate(cases):
        ca, cb = const(ty, a), const(ty, b)
        ways = [(ca, cb), (ca, "(local.get 1)"), ("(local.get 0)", cb), ("(local.get 0)", "(local.get 1)")]
        try:
            value = meaning(a, b)
            expected = [const(result, value if canonical is None else canonical(value))] * 4
            body = "\n    ".join(f"({ty}.{op} {x} {y})" for x, y in ways)
            functions.append(
                f'  (func (export "{i}") (param {ty} {ty}) (result {" ".join([result] * 4)})\n    {body})'
            )
            asserts.append(ret(str(i), [ca, cb], expected))
        except Trap as e:
            for (x, y), way in zip(ways, ("cc", "cv", "vc", "vv")):
                functions.append(
                    f'  (func (export "{i} {way}") (param {ty} {ty}) (result {result}) ({ty}.{op} {x} {y}))'
                )
                asserts.append(trap(f"{i} {way}", [ca, cb], str(e)))
    return [f";; {ty}.{op}", "(module\n" + "\n".join(functions) + ")", *asserts, ""]


def two_ways(name, from_ty, result, cases, meaning, show=None):
    functions, asserts = [], []
    for i, a in enumerate(cases):
        c = const(from_ty, a)
        try:
            value = meaning(a)
            functions.append(
                f'  (func (export "{i}") (param {from_ty}) (result {result} {result}) ({name} {c}) ({name} (local.get 0)))'
            )
            asserts.append(ret(str(i), [c], [const(result, show(value) if show else value)] * 2))
        except Trap as e:
            for way, x in (("c", c), ("v", "(local.get 0)")):
                functions.append(f'  (func (export "{i} {way}") (param {from_ty}) (result {result}) ({name} {x}))')
                asserts.append(trap(f"{i} {way}", [c], str(e)))
    return [f";; {name}", "(module\n" + "\n".join(functions) + ")", *asserts, ""]


def integers():
    for ty in ("i32", "i64"):
        for group, ops in (
            ("arithmetic", ["add", "sub", "mul"]),
            ("division", ["div_s", "div_u", "rem_s", "rem_u"]),
            ("bits", ["and", "or", "xor"]),
            ("shifts", ["shl", "shr_s", "shr_u", "rotl", "rotr"]),
        ):
            parts = []
            for op in ops:
                cases = [(unsigned(ty, a), unsigned(ty, b)) for a, b in pairs(ty, op)]
                parts += four_ways(ty, op, ty, cases, lambda a, b, op=op: BINARY[op](ty, a, b))
            write(
                f"folding/{ty}_{group}.wast",
                f"{ty} {group}: each case with constant, mixed and variable operands; the four results must agree.",
                parts,
            )
        parts = []
        for op, f in COMPARE.items():
            cases = [(unsigned(ty, a), unsigned(ty, b)) for a, b in pairs(ty, op)]
            parts += four_ways(ty, op, "i32", cases, lambda a, b, f=f: int(f(ty, a, b)))
        write(f"folding/{ty}_comparisons.wast", f"{ty} comparisons with constant, mixed and variable operands.", parts)
        parts = []
        edge = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, MAX[ty], MIN[ty], ONES[ty], 0x12345678]
        if ty == "i64":
            edge += [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, 0x1234567887654321]
        for op, f in UNARY.items():
            if (ty, op) != ("i32", "extend32_s"):
                parts += two_ways(f"{ty}.{op}", ty, ty, edge, lambda a, f=f: f(ty, a))
        parts += two_ways(f"{ty}.eqz", ty, "i32", edge, lambda a: int(a == 0))
        write(f"folding/{ty}_unary.wast", f"{ty} counts, extensions within the width, eqz.", parts)


def floats():
    edge = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, math.inf, -math.inf, math.nan]
    for ty in ("f32", "f64"):
        rounded = f32 if ty == "f32" else lambda x: x
        tiny = from_bits(ty, 1)
        cases = [(a, b) for i, a in enumerate(edge) for j, b in enumerate(edge) if i == j or (i + 3 * j) % 5 == 0]
        cases += [(0.0, -0.0), (-0.0, 0.0), (math.inf, -math.inf), (math.inf, 0.0), (math.nan, 1.0), (1.0, math.nan)]
        cases += [(tiny, 2.0), (1.0, tiny), (tiny, -tiny), (rounded(0.1), 8.0)]
        show = lambda x: "nan:canonical" if math.isnan(x) else x
        parts = []
        for op in ("add", "sub", "mul", "div", "min", "max"):
            f = FLOAT_BINARY[op]
            parts += four_ways(ty, op, ty, cases, lambda a, b, f=f: rounded(f(a, b)), show)
        write(f"folding/{ty}_arithmetic.wast", f"{ty} arithmetic, min and max: signed zeros, infinities, NaN.", parts)
        parts = []
        # Signs of NaNs are exact: the operand is positive or negated on purpose.
        signs = [a for a in edge if not math.isnan(a)]
        plain = [(a, b) for i, a in enumerate(signs) for j, b in enumerate(signs) if (i + j) % 2]
        parts += four_ways(ty, "copysign", ty, plain, FLOAT_BINARY["copysign"])
        nan, negative = ("nan", "-nan")
        parts += [
            f";; {ty}: signs of NaNs",
            "(module",
            f'  (func (export "copysign") (param {ty} {ty}) (result {ty} {ty})',
            f"    ({ty}.copysign (local.get 0) (local.get 1)) ({ty}.copysign ({ty}.const nan) (local.get 1)))",
            f'  (func (export "neg") (param {ty}) (result {ty} {ty}) ({ty}.neg (local.get 0)) ({ty}.neg ({ty}.const nan)))',
            f'  (func (export "abs") (param {ty}) (result {ty} {ty}) ({ty}.abs (local.get 0)) ({ty}.abs ({ty}.const -nan))))',
            ret("copysign", [const(ty, nan), const(ty, -1.0)], [const(ty, negative)] * 2),
            ret("copysign", [const(ty, negative), const(ty, 1.0)], [const(ty, nan)] * 2),
            ret("neg", [const(ty, nan)], [const(ty, negative)] * 2),
            ret("abs", [const(ty, negative)], [const(ty, nan)] * 2),
            "",
        ]
        for op, f in COMPARISONS.items():
            parts += four_ways(ty, op, "i32", cases, lambda a, b, f=f: int(f(a, b)))
        write(f"folding/{ty}_signs_comparisons.wast", f"{ty} copysign, neg, abs, comparisons.", parts)
        parts = []
        values = signs + [0.5, 1.5, -0.5, -0.9, 4.2, -4.7, 2.0**23 + 1, -(2.0**52) - 1, rounded(0.1)]
        for op, f in FLOAT_UNARY.items():
            if op in ("abs", "neg"):
                parts += two_ways(f"{ty}.{op}", ty, ty, values, f)
            else:
                parts += two_ways(f"{ty}.{op}", ty, ty, values + [math.nan], lambda a, f=f: rounded(f(a)), show)
        write(f"folding/{ty}_unary.wast", f"{ty} rounding, square root, signs.", parts)


def conversions():
    ints = {
        "i32": [0, 1, ONES["i32"], MIN["i32"], MAX["i32"], 0x01000001, 0x01000003, 0x80000080, 0x80000081],
        "i64": [0, 1, ONES["i64"], MIN["i64"], MAX["i64"], 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, (1 << 53) + 1,
                (1 << 53) + 3, 0x7FFFFF4000000001, 0x8000004000000001, 0x8000000000000401, 0x0020000020000001],
    }
    parts = []
    parts += two_ways("i32.wrap_i64", "i64", "i32", ints["i64"] + [0x1234567800000000, 0xFFFFFFFF7FFFFFFF], lambda a: a)
    parts += two_ways("i64.extend_i32_s", "i32", "i64", ints["i32"], lambda a: signed("i32", a))
    parts += two_ways("i64.extend_i32_u", "i32", "i64", ints["i32"], lambda a: a)
    for a, b in (("i32", "f32"), ("i64", "f64")):
        floats = [0.0, -0.0, 1.0, -1.5, math.inf]
        parts += two_ways(f"{a}.reinterpret_{b}", b, a, floats, lambda x, b=b: bits(b, x))
        ints_too = [bits(b, x) for x in floats] + [1, MIN[a]]
        parts += two_ways(f"{b}.reinterpret_{a}", a, b, ints_too, lambda n, b=b: from_bits(b, n))
    for to in ("f32", "f64"):
        for of in ("i32", "i64"):
            for sign in ("s", "u"):
                number = (lambda n, of=of: signed(of, n)) if sign == "s" else lambda n: n
                rounded = int_to_f32 if to == "f32" else float
                parts += two_ways(
                    f"{to}.convert_{of}_{sign}", of, to, ints[of], lambda n, r=rounded, f=number: r(f(n))
                )
    write("folding/conversions.wast", "Between the widths, between integers and floats.", parts)
    parts, sat = [], []
    for to in ("i32", "i64"):
        for of in ("f32", "f64"):
            rounded = f32 if of == "f32" else lambda x: x
            limits = [2.0**31, 2.0**32, 2.0**63, 2.0**64]
            near = []
            for x in limits:
                step = x * (2.0**-24 if of == "f32" else 2.0**-53)
                near += [x, x - step, -x, -x - 2 * step, -x + step]
            values = [rounded(x) for x in [0.0, -0.0, 0.9, -0.9, 1.5, -1.5, -1.0, 1e9, -1e9] + near]
            values += [math.inf, -math.inf, math.nan]
            if of == "f64":
                values += [2147483647.9, -2147483648.9, 4294967295.9]
            for sign in ("s", "u"):
                is_signed = sign == "s"
                parts += two_ways(f"{to}.trunc_{of}_{sign}", of, to, values, lambda x, s=is_signed: truncate(to, s, x))
                sat += two_ways(f"{to}.trunc_sat_{of}_{sign}", of, to, values, lambda x, s=is_signed: saturate(to, s, x))
    write("folding/truncations.wast", "Trapping truncations around each limit.", parts)
    write("folding/saturations.wast", "Saturating truncations around each limit.", sat)
    values = [0.0, -0.0, 1.0, 0.1, 1e40, -1e40, 1e-46, 3.4028235677973362e38, 3.4028235677973366e38, math.inf]
    parts = two_ways("f32.demote_f64", "f64", "f32", values, f32)
    parts += two_ways("f64.promote_f32", "f32", "f64", [f32(x) for x in values], lambda x: x)
    write("folding/promotions.wast", "f32 to f64 and back.", parts)


# Expressions over x, y (variables) and constants: the patterns of rewrite rules. ("op", a, b), "x", "y", or a number.
SHAPES = [
    ("add", "x", 0), ("add", ("add", "x", 5), -7), ("add", ("add", "x", MAX), MAX), ("add", ("sub", 0, "x"), "y"),
    ("add", "x", ("sub", 0, "y")), ("add", ("sub", "x", "y"), "y"), ("add", ("sub", 3, "x"), 4), ("sub", "x", "x"),
    ("sub", "x", 0), ("sub", "x", MIN), ("sub", 0, ("sub", 0, "x")), ("sub", 7, ("add", "x", 3)),
    ("sub", 7, ("sub", 3, "x")), ("sub", ("add", "x", "y"), "y"), ("sub", ("add", "x", "y"), "x"),
    ("sub", "x", ("sub", 0, "y")), ("mul", "x", 0), ("mul", "x", 1), ("mul", "x", -1), ("mul", "x", 2), ("mul", "x", 8),
    ("mul", "x", MIN), ("mul", 3, ("mul", "x", 5)), ("mul", ("shl", "x", 4), 3), ("mul", ("shl", "x", 33), 3),
    ("and", "x", 0), ("and", "x", -1), ("and", "x", "x"), ("and", ("and", "x", 0xFF0), 0x0FF),
    ("and", "x", ("or", "x", "y")), ("and", "x", 0xFFFFFFFF), ("and", ("shr_u", "x", 24), 0xFF), ("or", "x", 0),
    ("or", "x", -1), ("or", "x", "x"), ("or", ("or", "x", 0xF0), 0x0F), ("or", "x", ("and", "x", "y")),
    ("or", ("shl", "x", 7), ("shr_u", "x", 25)), ("or", ("shr_u", "x", 57), ("shl", "x", 7)), ("xor", "x", 0),
    ("xor", "x", "x"), ("xor", ("xor", "x", 0xF0), 0xFF), ("xor", ("xor", "x", "y"), "y"), ("xor", "x", -1),
    ("shl", "x", 0), ("shl", "x", 32), ("shl", "x", 64), ("shl", ("shl", "x", 3), 5), ("shl", ("shl", "x", 20), 20),
    ("shl", ("shl", "x", 31), 31), ("shl", ("shl", "x", 33), 33), ("shl", 0, "x"), ("shr_u", ("shr_u", "x", 3), 5),
    ("shr_u", ("shr_u", "x", 20), 20), ("shr_s", ("shr_s", "x", 20), 20), ("shr_s", ("shr_s", "x", 31), 33),
    ("shr_s", -1, "x"), ("shr_u", ("shl", "x", 8), 8), ("shl", ("shr_u", "x", 8), 8), ("shl", ("shr_s", "x", 8), 8),
    ("shr_s", ("shl", "x", 24), 24), ("shr_s", ("shl", "x", 16), 16), ("shr_s", ("shl", "x", 56), 56),
    ("shr_s", ("shl", "x", 48), 48), ("shr_s", ("shl", "x", 32), 32), ("shr_s", ("shl", "x", 24), 23),
    ("shl", "x", ("and", "y", 31)), ("shl", "x", ("and", "y", 63)), ("shr_s", "x", ("and", "y", 31)),
    ("shr_u", "x", ("and", "y", 63)), ("rotl", "x", ("and", "y", 31)), ("rotr", "x", ("and", "y", 63)),
    ("rotl", ("rotl", "x", 20), 20), ("rotl", "x", 32), ("rotr", "x", 64), ("rotr", ("rotl", "x", 7), 7),
    ("rotl", -1, "x"), ("div_s", "x", 1), ("div_s", "x", 2), ("div_s", "x", -2), ("div_s", "x", 3), ("div_s", "x", -7),
    ("div_s", "x", 10), ("div_s", "x", 1000000007), ("div_s", "x", MIN), ("div_s", "x", MAX), ("div_u", "x", 1),
    ("div_u", "x", 2), ("div_u", "x", 3), ("div_u", "x", 7), ("div_u", "x", 10), ("div_u", "x", 641),
    ("div_u", "x", MIN), ("div_u", "x", -1), ("div_u", "x", MAX), ("rem_s", "x", 1), ("rem_s", "x", -1), ("rem_s", "x", 2),
    ("rem_s", "x", -16), ("rem_s", "x", 7), ("rem_s", "x", MIN), ("rem_u", "x", 1), ("rem_u", "x", 8), ("rem_u", "x", 7),
    ("rem_u", "x", -1), ("rem_u", "x", MIN),
]
# The same with a comparison on top.
CONDITIONS = [
    ("eq", "x", "x"), ("lt_s", "x", "x"), ("le_u", "x", "x"), ("lt_u", "x", 0), ("ge_u", "x", 0), ("gt_u", "x", 0),
    ("le_u", "x", 0), ("lt_u", "x", 1), ("ge_u", "x", 1), ("gt_u", "x", -1), ("le_u", "x", -1), ("gt_s", "x", -1),
    ("le_s", "x", -1), ("lt_s", 0, "x"), ("gt_u", 5, "x"), ("ge_s", MIN, "x"), ("eq", ("sub", "x", "y"), 0),
    ("ne", ("sub", "x", "y"), 0), ("eq", ("xor", "x", "y"), 0), ("ne", ("xor", "x", "y"), 0), ("eq", ("add", "x", 5), 3),
    ("ne", ("add", "x", MIN), MAX), ("lt_s", ("add", "x", 1), 0), ("eq", ("and", "x", 1), 0), ("ne", ("and", "x", MIN), 0),
]


def number(ty, n):
    return unsigned(ty, n[ty] if isinstance(n, dict) else n)


def code(ty, e):
    if isinstance(e, str):
        return f"(local.get ${e})"
    if isinstance(e, tuple):
        return f"({ty}.{e[0]} {code(ty, e[1])} {code(ty, e[2])})"
    return const(ty, number(ty, e))


def meaning(ty, e, env):
    if isinstance(e, str):
        return env[e]
    if isinstance(e, tuple):
        a, b = meaning(ty, e[1], env), meaning(ty, e[2], env)
        if e[0] in COMPARE:
            return int(COMPARE[e[0]](ty, a, b))
        return unsigned(ty, BINARY[e[0]](ty, a, b))
    return number(ty, e)


def shapes():
    for ty in ("i32", "i64"):
        xs = [0, 1, 2, 7, 31, 33, 63, 100, MAX[ty], MIN[ty], MIN[ty] + 1, ONES[ty], unsigned(ty, -7), unsigned(ty, -8)]
        xs += [0x87654321, 0x7FFFFFFF, 0x80000000, 0xFFFFFF80]
        if ty == "i64":
            xs += [0xFFFFFFFF, 1 << 32, 0x8765432112345678, 0xFFFFFFFF80000000]
        xs = list(dict.fromkeys(xs))
        for name, shapes_, result in (("rules", SHAPES, ty), ("conditions", CONDITIONS, "i32")):
            parts = []
            for i, e in enumerate(shapes_):
                signature = f"(param $x {ty}) (param $y {ty}) (result {result})"
                parts.append(f'(module (func (export "f") {signature}\n  {code(ty, e)}))')
                two = "'y'" in repr(e)
                # Half of the values for each shape, another half for the next one.
                for j, x in list(enumerate(xs))[i % 2 :: 2]:
                    y = xs[(j * 5 + i) % len(xs)] if two else 0
                    value = meaning(ty, e, {"x": x, "y": y})
                    parts.append(ret("f", [const(ty, x), const(ty, y)], [const(result, value)]))
            write(
                f"folding/{ty}_{name}.wast",
                f"{ty}: shapes that rewrite rules look for, on edge values.",
                parts,
            )
        # Conditions where they are used: by if, br_if, select, and inverted.
        parts = []
        for i, e in enumerate(CONDITIONS):
            c = code(ty, e)
            params = f"(param $x {ty}) (param $y {ty}) (result i32)"
            parts.append(
                "(module\n"
                f'  (func (export "if") {params} (if (result i32) {c} (then (i32.const 10)) (else (i32.const 20))))\n'
                f'  (func (export "eqz") {params}\n'
                f"    (if (result i32) (i32.eqz {c}) (then (i32.const 20)) (else (i32.const 10))))\n"
                f'  (func (export "br_if") {params} (block (br_if 0 {c}) (return (i32.const 20))) (i32.const 10))\n'
                f'  (func (export "select") {params} (select (i32.const 10) (i32.const 20) {c}))\n'
                f'  (func (export "select2") {params} (select (i32.const 20) (i32.const 10) (i32.eqz (i32.eqz (i32.eqz {c}))))))'
            )
            for j, x in enumerate(xs[:: 1 + len(xs) // 8]):
                y = x if j % 2 else xs[(j * 5 + i) % len(xs)]
                value = meaning(ty, e, {"x": x, "y": y})
                for name in ("if", "eqz", "br_if", "select", "select2"):
                    parts.append(ret(name, [const(ty, x), const(ty, y)], [const("i32", 10 if value else 20)]))
        write(f"folding/{ty}_branches.wast", f"{ty} comparisons as conditions of if, br_if and select, and inverted.", parts)


def make():
    integers()
    floats()
    conversions()
    shapes()
