"""Vectors: every operator, their memory, their places, and calls and exceptions with them.

A vector is an integer of 128 bits; its lanes are taken out and put together here, one by one. Of relaxed operations the
deterministic profile is expected: the first result of those that the specification allows.
"""

import math
import random

from . import calls, exceptions
from .script import COMPARISONS, bits, const, f32, from_bits, ret, trap, write

HEADER = ";;! simd = true\n"
RELAXED = ";;! simd = true\n;;! relaxed-simd = true\n;;! relaxed_simd_deterministic = true\n"
M128 = 1 << 128


def lanes(v, w):
    return [v >> (i * w) & (1 << w) - 1 for i in range(128 // w)]


def join(values, w):
    return sum(v % (1 << w) << (i * w) for i, v in enumerate(values))


def signed(x, w):
    x %= 1 << w
    return x - (1 << w) if x >> (w - 1) else x


def clamp(x, low, high):
    return min(max(x, low), high)


def sat_s(x, w):
    return clamp(x, -(1 << (w - 1)), (1 << (w - 1)) - 1)


def sat_u(x, w):
    return clamp(x, 0, (1 << w) - 1)


def vec(v, w=64):
    """A vector as a constant."""
    return f"(v128.const i{w}x{128 // w} " + " ".join(f"{x:#x}" if x > 9 else str(x) for x in lanes(v, w)) + ")"


class Floats(list):
    """Lanes of a float result: bits, or the pattern of a NaN."""

    def __init__(self, w, values):
        super().__init__(values)
        self.w = w


def literal(x, w):
    """The bits of a float in the text format."""
    if isinstance(x, str):
        return x
    ty = f"f{w}"
    v = from_bits(ty, x) if w == 64 else None
    mantissa = 52 if w == 64 else 23
    sign, exponent, payload = x >> (w - 1), x >> mantissa & (1 << (w - 1 - mantissa)) - 1, x & (1 << mantissa) - 1
    if exponent == (1 << (w - 1 - mantissa)) - 1:
        return ("-" if sign else "") + (f"nan:{payload:#x}" if payload else "inf")
    v = from_bits(ty, x)
    return ("-" if sign else "") + abs(v).hex()


def expected(value):
    if isinstance(value, Floats):
        return f"(v128.const f{value.w}x{128 // value.w} " + " ".join(literal(x, value.w) for x in value) + ")"
    if isinstance(value, tuple):
        ty, v = value
        return f"({ty}.const {literal(v, int(ty[1:]))})" if ty[0] == "f" else const(ty, v)
    return vec(value, 32)


# --- Floats, lane by lane ---------------------------------------------------------------------------------------------------


def is_nan(x, w):
    mantissa = 52 if w == 64 else 23
    return x >> mantissa & (1 << (w - 1 - mantissa)) - 1 == (1 << (w - 1 - mantissa)) - 1 and x & (1 << mantissa) - 1 != 0


def canonical(x, w):
    return x & ~(1 << (w - 1)) == (0x7FF8 << 48 if w == 64 else 0x7FC00000)


def nan_of(args, w):
    """The result if there are NaNs among the operands; None otherwise."""
    nans = [x for x in args if is_nan(x, w)]
    if not nans:
        return None
    return "nan:canonical" if all(canonical(x, w) for x in nans) else "nan:arithmetic"


def number(x, w):
    return from_bits(f"f{w}", x)


def rounded(v, w):
    if math.isnan(v):
        return "nan:canonical"
    return bits(f"f{w}", f32(v) if w == 32 else v)


def arithmetic(op, w):
    def f(x, y):
        nan = nan_of((x, y), w)
        if nan:
            return nan
        a, b = number(x, w), number(y, w)
        if op == "min":
            return (x | y if a == b == 0 else x if a <= b else y)
        if op == "max":
            return (x & y if a == b == 0 else x if a >= b else y)
        if op == "div" and b == 0:
            if a == 0:
                return "nan:canonical"
            return bits(f"f{w}", math.copysign(math.inf, math.copysign(1, a) * math.copysign(1, b)))
        if math.isinf(a) or math.isinf(b):
            r = {"add": lambda: a + b, "sub": lambda: a - b, "mul": lambda: a * b, "div": lambda: a / b if not (math.isinf(a) and math.isinf(b)) else math.nan}[op]()
            return rounded(r, w)
        try:
            r = {"add": lambda: a + b, "sub": lambda: a - b, "mul": lambda: a * b, "div": lambda: a / b}[op]()
        except OverflowError:
            r = math.inf
        return rounded(r, w)

    return f


def integral(op, w):
    def f(x):
        if is_nan(x, w):
            return nan_of((x,), w)
        a = number(x, w)
        if math.isinf(a) or a == 0:
            return x
        r = {"ceil": math.ceil, "floor": math.floor, "trunc": math.trunc, "nearest": round}[op](a)
        return bits(f"f{w}", math.copysign(float(r), a))

    return f


def sqrt(w):
    def f(x):
        if is_nan(x, w):
            return nan_of((x,), w)
        a = number(x, w)
        if a < 0:
            return "nan:canonical"
        return x if a == 0 else rounded(math.sqrt(a), w)

    return f


def truncated(x, w, is_signed):
    """To 32 bits, saturating."""
    if is_nan(x, w):
        return 0
    a = number(x, w)
    if math.isinf(a):
        a = math.copysign(2.0**80, a)
    return (sat_s if is_signed else sat_u)(math.trunc(a), 32)


def exact32(n):
    """An integer of at most 32 bits as bits of the nearest f32. (It is exact as f64.)"""
    return bits("f32", f32(float(n)))


def demoted(x):
    if is_nan(x, 64):
        return "nan:canonical" if canonical(x, 64) else "nan:arithmetic"
    return rounded(number(x, 64), 32)


def promoted(x):
    if is_nan(x, 32):
        return "nan:canonical" if canonical(x, 32) else "nan:arithmetic"
    return bits("f64", number(x, 32))


# --- The operators -----------------------------------------------------------------------------------------------------------

# Name, types of the operands (v: vector, others as numbers), result, width of the lanes that operands are made for.
OPS = {}


def op(name, operands, width, fn):
    OPS[name] = (operands, width, fn)


def each(w, f):
    return lambda a, *rest: join([f(*xs) for xs in zip(lanes(a, w), *(lanes(b, w) for b in rest))], w)


def each_s(w, f):
    return lambda a, *rest: join([f(*(signed(x, w) for x in xs)) for xs in zip(lanes(a, w), *(lanes(b, w) for b in rest))], w)


def each_float(w, f):
    return lambda a, *rest: Floats(w, [f(*xs) for xs in zip(lanes(a, w), *(lanes(b, w) for b in rest))])


def truth(w, f):
    ones = (1 << w) - 1
    return lambda *xs: ones if f(*xs) else 0


def define():
    for w in (8, 16, 32, 64):
        p = f"i{w}x{128 // w}"
        for name, f in COMPARISONS.items():
            if name in ("eq", "ne"):
                op(f"{p}.{name}", "vv", w, each(w, truth(w, f)))
                continue
            op(f"{p}.{name}_s", "vv", w, each_s(w, truth(w, f)))
            if w < 64:
                op(f"{p}.{name}_u", "vv", w, each(w, truth(w, f)))
        op(f"{p}.abs", "v", w, each_s(w, abs))
        op(f"{p}.neg", "v", w, each(w, lambda a: -a))
        op(f"{p}.all_true", "v", w, lambda v, w=w: ("i32", int(all(lanes(v, w)))))
        op(f"{p}.bitmask", "v", w, lambda v, w=w: ("i32", sum((x >> (w - 1)) << i for i, x in enumerate(lanes(v, w)))))
        op(f"{p}.shl", "vi", w, lambda v, n, w=w: join([x << n % w for x in lanes(v, w)], w))
        op(f"{p}.shr_u", "vi", w, lambda v, n, w=w: join([x >> n % w for x in lanes(v, w)], w))
        op(f"{p}.shr_s", "vi", w, lambda v, n, w=w: join([signed(x, w) >> n % w for x in lanes(v, w)], w))
        op(f"{p}.add", "vv", w, each(w, lambda a, b: a + b))
        op(f"{p}.sub", "vv", w, each(w, lambda a, b: a - b))
        if w > 8:
            op(f"{p}.mul", "vv", w, each(w, lambda a, b: a * b))
        if w < 64:
            for name, f in (("min", min), ("max", max)):
                op(f"{p}.{name}_s", "vv", w, each_s(w, f))
                op(f"{p}.{name}_u", "vv", w, each(w, f))
        if w < 32:
            op(f"{p}.add_sat_s", "vv", w, each_s(w, lambda a, b, w=w: sat_s(a + b, w)))
            op(f"{p}.add_sat_u", "vv", w, each(w, lambda a, b, w=w: sat_u(a + b, w)))
            op(f"{p}.sub_sat_s", "vv", w, each_s(w, lambda a, b, w=w: sat_s(a - b, w)))
            op(f"{p}.sub_sat_u", "vv", w, each(w, lambda a, b, w=w: sat_u(a - b, w)))
            op(f"{p}.avgr_u", "vv", w, each(w, lambda a, b: (a + b + 1) // 2))
            # The vector of twice the width, from both operands.
            wide = f"i{2 * w}x{64 // w}"
            for s, sat in (("s", sat_s), ("u", sat_u)):
                narrow = lambda a, b, w=w, sat=sat: join([sat(signed(x, 2 * w), w) for x in lanes(a, 2 * w) + lanes(b, 2 * w)], w)
                op(f"{p}.narrow_{wide}_{s}", "vv", 2 * w, narrow)
        if w > 8:
            half = w // 2
            q, n = f"i{half}x{128 // half}", 128 // w
            for s, read in (("s", lambda v, h: [signed(x, h) for x in lanes(v, h)]), ("u", lanes)):
                for part, pick in (("low", slice(0, n)), ("high", slice(n, 2 * n))):
                    extend = lambda v, w=w, h=half, r=read, k=pick: join(r(v, h)[k], w)
                    op(f"{p}.extend_{part}_{q}_{s}", "v", half, extend)
                    mul = lambda a, b, w=w, h=half, r=read, k=pick: join([x * y for x, y in zip(r(a, h)[k], r(b, h)[k])], w)
                    op(f"{p}.extmul_{part}_{q}_{s}", "vv", half, mul)
                if w < 64:
                    add = lambda v, w=w, h=half, r=read: join([sum(r(v, h)[2 * i : 2 * i + 2]) for i in range(128 // w)], w)
                    op(f"{p}.extadd_pairwise_{q}_{s}", "v", half, add)
    op("i8x16.popcnt", "v", 8, each(8, lambda a: bin(a).count("1")))
    q15 = each_s(16, lambda a, b: sat_s((a * b + 0x4000) >> 15, 16))
    op("i16x8.q15mulr_sat_s", "vv", 16, q15)
    products = lambda a, b, w: [signed(x, w) * signed(y, w) for x, y in zip(lanes(a, w), lanes(b, w))]
    pairs = lambda xs: [x + y for x, y in zip(xs[::2], xs[1::2])]
    op("i32x4.dot_i16x8_s", "vv", 16, lambda a, b: join(pairs(products(a, b, 16)), 32))

    op("v128.not", "v", 64, lambda a: ~a % M128)
    op("v128.and", "vv", 64, lambda a, b: a & b)
    op("v128.andnot", "vv", 64, lambda a, b: a & ~b % M128)
    op("v128.or", "vv", 64, lambda a, b: a | b)
    op("v128.xor", "vv", 64, lambda a, b: a ^ b)
    select = lambda a, b, c: a & c | b & ~c % M128
    op("v128.bitselect", "vvv", 64, select)
    op("v128.any_true", "v", 8, lambda a: ("i32", int(a != 0)))
    swizzle = lambda a, b: join([lanes(a, 8)[i] if i < 16 else 0 for i in lanes(b, 8)], 8)
    op("i8x16.swizzle", "vv", 8, swizzle)

    for w in (32, 64):
        p = f"f{w}x{128 // w}"
        for name, f in COMPARISONS.items():
            unordered = name == "ne"
            holds = lambda a, b, f=f, w=w, u=unordered: u if is_nan(a, w) or is_nan(b, w) else f(number(a, w), number(b, w))
            op(f"{p}.{name}", "vv", -w, each(w, truth(w, holds)))
        for name in ("add", "sub", "mul", "div", "min", "max"):
            op(f"{p}.{name}", "vv", -w, each_float(w, arithmetic(name, w)))
        less = lambda a, b, w=w: not (is_nan(a, w) or is_nan(b, w)) and number(a, w) < number(b, w)
        op(f"{p}.pmin", "vv", -w, each(w, lambda a, b, l=less: b if l(b, a) else a))
        op(f"{p}.pmax", "vv", -w, each(w, lambda a, b, l=less: b if l(a, b) else a))
        op(f"{p}.abs", "v", -w, each(w, lambda a, w=w: a & ~(1 << (w - 1))))
        op(f"{p}.neg", "v", -w, each(w, lambda a, w=w: a ^ 1 << (w - 1)))
        op(f"{p}.sqrt", "v", -w, each_float(w, sqrt(w)))
        for name in ("ceil", "floor", "trunc", "nearest"):
            op(f"{p}.{name}", "v", -w, each_float(w, integral(name, w)))
    for s, is_signed in (("s", True), ("u", False)):
        read = lambda x, i=is_signed: signed(x, 32) if i else x
        to = lambda v, w, i=is_signed: join([truncated(x, w, i) for x in lanes(v, w)], 32)
        for name in ("trunc_sat", "relaxed_trunc"):
            op(f"i32x4.{name}_f32x4_{s}", "v", -32, lambda v, f=to: f(v, 32))
            op(f"i32x4.{name}_f64x2_{s}_zero", "v", -64, lambda v, f=to: f(v, 64))
        op(f"f32x4.convert_i32x4_{s}", "v", 32, lambda v, r=read: Floats(32, [exact32(r(x)) for x in lanes(v, 32)]))
        op(f"f64x2.convert_low_i32x4_{s}", "v", 32, lambda v, r=read: Floats(64, [bits("f64", float(r(x))) for x in lanes(v, 32)[:2]]))
    op("f32x4.demote_f64x2_zero", "v", -64, lambda v: Floats(32, [demoted(x) for x in lanes(v, 64)] + [0, 0]))
    op("f64x2.promote_low_f32x4", "v", -32, lambda v: Floats(64, [promoted(x) for x in lanes(v, 32)[:2]]))

    op("i8x16.relaxed_swizzle", "vv", 8, swizzle)
    for w in (32, 64):
        p = f"f{w}x{128 // w}"
        mul, add = arithmetic("mul", w), arithmetic("add", w)
        quiet = lambda x, w=w: (0x7FF8 << 48 if w == 64 else 0x7FC00000) if isinstance(x, str) else x

        def madd(a, b, c, w=w, mul=mul, add=add, quiet=quiet):
            product = mul(a, b)
            nan = nan_of((a, b, c), w)
            return nan if nan else add(quiet(product), c)

        op(f"{p}.relaxed_madd", "vvv", -w, each_float(w, madd))
        op(f"{p}.relaxed_nmadd", "vvv", -w, each_float(w, lambda a, b, c, w=w, f=madd: f(a ^ 1 << (w - 1), b, c)))
        for name in ("min", "max"):
            op(f"{p}.relaxed_{name}", "vv", -w, each_float(w, arithmetic(name, w)))
    for w in (8, 16, 32, 64):
        op(f"i{w}x{128 // w}.relaxed_laneselect", "vvv", 64, select)
    op("i16x8.relaxed_q15mulr_s", "vv", 16, q15)
    dot = lambda a, b: [signed(x, 16) for x in pairs(products(a, b, 8))]
    op("i16x8.relaxed_dot_i8x16_i7x16_s", "vv", 8, lambda a, b: join(dot(a, b), 16))
    op("i32x4.relaxed_dot_i8x16_i7x16_add_s", "vvv", 8, lambda a, b, c: join([x + y for x, y in zip(pairs(dot(a, b)), lanes(c, 32))], 32))


# --- Operands ------------------------------------------------------------------------------------------------------------------


def edges(w):
    if w > 0:
        low = 1 << (w - 1)
        return [0, 1, 2, low - 1, low, low + 1, (1 << w) - 1, (1 << w) - 2, 0x5555555555555555 % (1 << w), low // 2]
    w = -w
    mantissa = 52 if w == 64 else 23
    one = ((1 << (w - 2 - mantissa)) - 1) << mantissa
    infinite = ((1 << (w - 1 - mantissa)) - 1) << mantissa
    ty = f"f{w}"
    numbers = [0, 1, 1 << mantissa, one, one + 1, bits(ty, 0.5), bits(ty, 1.5), bits(ty, 2.5), bits(ty, 2147483648.0), bits(ty, 4294967296.0)]
    numbers += [bits(ty, 2147483520.0), bits(ty, 0.1 if w == 64 else f32(0.1)), infinite - 1, infinite, infinite | 1 << (mantissa - 1), infinite | 1]
    return [n ^ s for n in numbers for s in (0, 1 << (w - 1))]


def vectors(w, count, rng):
    """Tuples of `count` vectors whose lanes are edges; every combination occurs if there is room."""
    pool = edges(w)
    w = abs(w)
    n = 128 // w
    tuples = [(a, b) for a in pool for b in pool] if count > 1 else [(a,) for a in pool]
    rng.shuffle(tuples)
    most = 14 * n
    tuples = tuples[:most]
    while len(tuples) % n or len(tuples) < 3 * n:
        tuples.append(tuple(rng.getrandbits(w) for _ in range(min(count, 2))))
    out = []
    for i in range(0, len(tuples), n):
        lanes_of = [[t[k] for t in tuples[i : i + n]] for k in range(min(count, 2))]
        vs = [join(ls, w) for ls in lanes_of]
        if count == 3:
            vs.append(join([rng.choice(pool) for _ in range(n)], w))
        out.append(vs)
    return out


def lane_tests(path, comment, names, header=HEADER):
    """Each operator with operands from parameters, of constants on either side or both, and with one operand twice."""
    rng = random.Random(path)
    functions, checks = [], []
    for name in names:
        operands, w, fn = OPS[name]
        result = fn(*([1] * len(operands)))
        result = result[0] if isinstance(result, tuple) else "v128"
        if operands == "vi":
            amounts = [0, 1, w - 1, w, w + 1, 2 * w + 3, 1 << 31, (1 << 32) - 1]
            cases = [(v, n) for (v,) in vectors(w, 1, rng)[:3] for n in amounts]
            operand = lambda k, v: vec(v, w) if k == 0 else const("i32", v)
            types = ["v128", "i32"]
        else:
            cases = vectors(w, len(operands), rng)
            operand = lambda k, v: vec(v, 32)
            types = ["v128"] * len(operands)
        number = 0

        def function(params, args):
            nonlocal number
            export = f"{name}{'' if number == 0 else f' {number}'}"
            number += 1
            params = f"(param {' '.join(params)}) " if params else ""
            functions.append(f'  (func (export "{export}") {params}(result {result}) ({name} {" ".join(args)}))')
            return export

        all_params = function(types, [f"(local.get {k})" for k in range(len(types))])
        for case in cases:
            checks.append(ret(all_params, [operand(k, v) for k, v in enumerate(case)], [expected(fn(*case))]))
        for case in cases[: 3 if operands != "vi" else 8]:
            text = [operand(k, v) for k, v in enumerate(case)]
            # Bit k: operand k is a constant.
            for mask in range(1, 1 << len(case)):
                is_constant = [mask >> k & 1 for k in range(len(case))]
                if len(case) == 3 and sum(is_constant) == 2:
                    continue
                params = [t for t, c in zip(types, is_constant) if not c]
                args, k = [], 0
                for c, t in zip(is_constant, text):
                    args.append(t if c else f"(local.get {k})")
                    k += not c
                export = function(params, args)
                checks.append(ret(export, [t for t, c in zip(text, is_constant) if not c], [expected(fn(*case))]))
        if operands == "vv":
            export = function(["v128"], ["(local.get 0)", "(local.get 0)"])
            for case in cases[:4]:
                checks.append(ret(export, [vec(case[0], 32)], [expected(fn(case[0], case[0]))]))
    write(path, comment, ["(module"] + functions + [")", ""] + checks, header)


# --- Single lanes, shuffles ------------------------------------------------------------------------------------------------------


def single_lanes():
    rng = random.Random("lanes")
    functions, checks = [], []
    for ty, w in (("i8x16", 8), ("i16x8", 16), ("i32x4", 32), ("i64x2", 64), ("f32x4", 32), ("f64x2", 64)):
        number_type = {"i8x16": "i32", "i16x8": "i32"}.get(ty, ty.split("x")[0])
        show = (lambda v: f"({number_type}.const {literal(v, w)})") if ty[0] == "f" else (lambda v: const(number_type, v))
        v = join([rng.getrandbits(w) | 1 << (w - 1) if i % 2 else rng.getrandbits(w - 2) for i in range(128 // w)], w)
        kinds = ["_s", "_u"] if w < 32 else [""]
        for i in range(128 // w):
            for s in kinds:
                export = f"{ty}.extract_lane{s} {i}"
                functions.append(f'  (func (export "{export}") (param v128) (result {number_type}) ({ty}.extract_lane{s} {i} (local.get 0)))')
                functions.append(f'  (func (export "{export} const") (result {number_type}) ({ty}.extract_lane{s} {i} {vec(v)}))')
                x = lanes(v, w)[i]
                want = show(signed(x, w) if s == "_s" else x)
                checks += [ret(export, [vec(v)], [want]), ret(export + " const", [], [want])]
            new = rng.getrandbits(w)
            export = f"{ty}.replace_lane {i}"
            functions.append(f'  (func (export "{export}") (param v128 {number_type}) (result v128) ({ty}.replace_lane {i} (local.get 0) (local.get 1)))')
            out = lanes(v, w)
            out[i] = new
            arg = show(new | 0xABCD0000 if w < 32 and i % 2 else new)
            functions.append(f'  (func (export "{export} const") (result v128) ({ty}.replace_lane {i} {vec(v)} {arg}))')
            checks += [ret(export, [vec(v), arg], [vec(join(out, w))]), ret(export + " const", [], [vec(join(out, w))])]
        for k, x in enumerate([0, 1, (1 << w) - 1, 1 << (w - 1), rng.getrandbits(w)]):
            export = f"{ty}.splat"
            if k == 0:
                functions.append(f'  (func (export "{export}") (param {number_type}) (result v128) ({ty}.splat (local.get 0)))')
            arg = show(x | 0x7F770000 if w < 32 else x)
            functions.append(f'  (func (export "{export} {k}") (result v128) ({ty}.splat {arg}))')
            checks += [ret(export, [arg], [vec(join([x] * (128 // w), w))]), ret(f"{export} {k}", [], [vec(join([x] * (128 // w), w))])]
    a, b = (join([base + i for i in range(16)], 8) for base in (0x10, 0xE0))
    patterns = [list(range(16)), list(range(16, 32)), [i ^ 1 for i in range(16)], [31 - i for i in range(16)], [0] * 16, [17] * 16]
    patterns += [[i // 2 + 16 * (i % 2) for i in range(16)], [8 + i // 2 + 16 * (i % 2) for i in range(16)]]
    patterns += [[(i + k) for i in range(16)] for k in (1, 4, 8, 15, 16)]
    for w in (2, 4, 8):
        order = list(range(32 // w))
        for _ in range(4):
            rng.shuffle(order)
            # Whole lanes of two, four and eight bytes; of one operand; neighbours of both; broadcasts.
            patterns.append([order[i // w] * w + i % w for i in range(16)])
            patterns.append([order[i // w] % (16 // w) * w + i % w for i in range(16)])
            patterns.append([order[0] * w + i % w for i in range(16)])
    patterns += [[rng.randrange(32) for _ in range(16)] for _ in range(24)]
    for k, pattern in enumerate(patterns):
        immediates = " ".join(map(str, pattern))
        both = lanes(a, 8) + lanes(b, 8)
        want = join([both[i] for i in pattern], 8)
        functions.append(f'  (func (export "shuffle {k}") (param v128 v128) (result v128) (i8x16.shuffle {immediates} (local.get 0) (local.get 1)))')
        checks.append(ret(f"shuffle {k}", [vec(a, 8), vec(b, 8)], [vec(want, 8)]))
        if k % 3 == 0:
            functions.append(f'  (func (export "shuffle {k} const") (result v128) (i8x16.shuffle {immediates} {vec(a, 8)} {vec(b, 8)}))')
            checks.append(ret(f"shuffle {k} const", [], [vec(want, 8)]))
        if k % 3 == 1:
            functions.append(f'  (func (export "shuffle {k} same") (param v128) (result v128) (i8x16.shuffle {immediates} (local.get 0) (local.get 0)))')
            checks.append(ret(f"shuffle {k} same", [vec(a, 8)], [vec(join([lanes(a, 8)[i % 16] for i in pattern], 8), 8)]))
        if k % 3 == 2:
            functions.append(f'  (func (export "swizzle {k}") (param v128) (result v128) (i8x16.swizzle (local.get 0) (v128.const i8x16 {immediates})))')
            checks.append(ret(f"swizzle {k}", [vec(a, 8)], [vec(join([lanes(a, 8)[i] if i < 16 else 0 for i in pattern], 8), 8)]))
    write("simd/lanes.wast", "Lanes extracted and replaced, splats, shuffles of every regular form and random ones.", ["(module"] + functions + [")", ""] + checks, HEADER)


# --- Memory ------------------------------------------------------------------------------------------------------------------------

PAGE = 65536


def memory(address):
    """Memories with addresses of this type."""
    at_ = lambda n: const(address, n)
    rng = random.Random("memory")
    image = [rng.randrange(256) for _ in range(64)]
    # The same bytes at the start and at the end, in two memories.
    data = "".join(f"\\{b:02x}" for b in image)
    functions, checks = [], []
    word = lambda at, n: sum(image[at % PAGE % 64 + k] << 8 * k for k in range(n)) if at < 64 else sum(image[at - (PAGE - 64) + k] << 8 * k for k in range(n))
    loads = {"v128.load": (16, lambda x: x)}
    for w in (8, 16, 32):
        n = 64 // w
        read = lambda x, w: [x >> (i * w) & (1 << w) - 1 for i in range(64 // w)]
        loads[f"v128.load{w}x{n}_u"] = (8, lambda x, w=w: join(read(x, w), 2 * w))
        loads[f"v128.load{w}x{n}_s"] = (8, lambda x, w=w: join([signed(y, w) for y in read(x, w)], 2 * w))
    for w in (8, 16, 32, 64):
        loads[f"v128.load{w}_splat"] = (w // 8, lambda x, w=w: join([x] * (128 // w), w))
    for w in (32, 64):
        loads[f"v128.load{w}_zero"] = (w // 8, lambda x: x)
    message = "out of bounds memory access"
    for name, (size, meaning) in loads.items():
        forms = {
            "": "(local.get 0)",
            " offset": "offset=5 (local.get 0)",
            " sum": f"({address}.add (local.get 0) ({address}.const 3))",
            " sums": f"offset=2 ({address}.add (local.get 0) (local.get 0))",
            " second": "$second offset=1 (local.get 0)",
            " far": "offset=0xfffffff0 (local.get 0)",
        }
        for form, rest in forms.items():
            functions.append(f'  (func (export "{name}{form}") (param {address}) (result v128) ({name} {rest}))')
        last = PAGE - size
        for at in (0, 1, 7, 13, PAGE - 64, last - 1, last):
            checks.append(ret(name, [at_(at)], [vec(meaning(word(at, size)))]))
        checks += [trap(name, [at_(at)], message) for at in sorted({last + 1, PAGE, -1, -16, 1 << 31} | ({PAGE - 1} if size > 1 else set()))]
        checks.append(ret(f"{name} offset", [at_(last - 5)], [vec(meaning(word(last, size)))]))
        checks += [trap(f"{name} offset", [at_(at)], message) for at in (last - 4, -1, -5)]
        checks.append(ret(f"{name} sum", [at_(-2)], [vec(meaning(word(1, size)))]))
        checks.append(ret(f"{name} sum", [at_(last - 3)], [vec(meaning(word(last, size)))]))
        checks.append(trap(f"{name} sum", [at_(last - 2)], message))
        checks.append(ret(f"{name} sums", [at_(4)], [vec(meaning(word(10, size)))]))
        checks.append(ret(f"{name} second", [at_(last - 1)], [vec(meaning(word(last, size)))]))
        checks.append(trap(f"{name} second", [at_(last)], message))
        checks += [trap(f"{name} far", [at_(at)], message) for at in (0, 15, 16, -1)]
    v = join([0xA0 + i for i in range(16)], 8)
    for w in (8, 16, 32, 64):
        size = w // 8
        last = PAGE - size
        for i in sorted({0, 1, 128 // w - 1, 128 // w // 2}):
            name = f"v128.load{w}_lane"
            functions.append(f'  (func (export "{name} {i}") (param {address} v128) (result v128) ({name} {i} (local.get 0) (local.get 1)))')
            functions.append(f'  (func (export "{name} {i} second") (param {address} v128) (result v128) ({name} $second offset=9 {i} (local.get 0) (local.get 1)))')
            # The vector is the result of another operation, the address is a sum.
            functions.append(
                f'  (func (export "{name} {i} made") (param {address} v128) (result v128) ({name} offset=1 {i} ({address}.add (local.get 0) ({address}.const 2)) (v128.not (v128.not (local.get 1)))))'
            )
            put = lambda at: vec(join([word(at, size) if k == i else x for k, x in enumerate(lanes(v, w))], w))
            for at in (0, 3, last):
                checks.append(ret(f"{name} {i}", [at_(at), vec(v)], [put(at)]))
                # The sum wraps around, the offset does not.
                checks.append(ret(f"{name} {i} made", [at_(at - 3), vec(v)], [put(at)]) if at else trap(f"{name} {i} made", [at_(-3), vec(v)], message))
            checks.append(ret(f"{name} {i} second", [at_(last - 9), vec(v)], [put(last)]))
            checks += [trap(f"{name} {i}", [at_(at), vec(v)], message) for at in (last + 1, -1)]
            checks.append(trap(f"{name} {i} second", [at_(last - 8), vec(v)], message))
    stores = {"v128.store": (16, None)} | {f"v128.store{w}_lane {i}": (w // 8, i) for w in (8, 16, 32, 64) for i in sorted({0, 1, 128 // w - 1})}
    fill = f"{at_(0)} (i32.const 0) {at_(PAGE)}"
    functions.append(f'  (func (export "reset") (memory.fill {fill}) (memory.fill $second {fill}))')
    functions.append(f'  (func (export "peek") (param {address}) (result v128) (v128.load (local.get 0)))')
    functions.append(f'  (func (export "peek second") (param {address}) (result v128) (v128.load $second (local.get 0)))')
    for name, (size, i) in stores.items():
        opcode, _, lane = name.partition(" ")
        functions.append(f'  (func (export "{name}") (param {address} v128) ({opcode} {lane} (local.get 0) (local.get 1)))')
        functions.append(f'  (func (export "{name} offset") (param {address} v128) ({opcode} offset=7 {lane} ({address}.add (local.get 0) ({address}.const 1)) (local.get 1)))')
        functions.append(f'  (func (export "{name} second") (param {address} v128) ({opcode} $second offset=7 {lane} (local.get 0) (v128.not (local.get 1))))')
        part = lambda x: x if i is None else lanes(x, 8 * size)[i]
        last = PAGE - size
        end = PAGE - 16
        zero = vec(0)
        checks.append('(invoke "reset")')
        # A store that is partly out of bounds writes nothing.
        for at in sorted({last + 1, PAGE, -1} | ({PAGE - 1} if size > 1 else set())):
            checks.append(trap(name, [at_(at), vec(M128 - 1)], message))
        checks.append(ret("peek", [at_(end)], [zero]))
        checks.append(trap(f"{name} offset", [at_(last - 7), vec(M128 - 1)], message))
        checks.append(trap(f"{name} second", [at_(last - 6), vec(M128 - 1)], message))
        checks.append(ret("peek second", [at_(end)], [zero]))
        checks.append(f'(invoke "{name}" {at_(last)} {vec(v)})')
        checks.append(ret("peek", [at_(end)], [vec(part(v) << 8 * (16 - size))]))
        checks.append(f'(invoke "{name} offset" {at_(3)} {vec(v)})')
        checks.append(ret("peek", [at_(11)], [vec(part(v))]))
        checks.append(ret("peek", [at_(10)], [vec(part(v) << 8)]))
        checks.append(f'(invoke "{name} second" {at_(last - 7)} {vec(v)})')
        checks.append(ret("peek second", [at_(end)], [vec(part(~v % M128) << 8 * (16 - size))]))
    lines = [
        "(module",
        f'  (memory {address} 1 1) (memory $second {address} 1 1)',
        f'  (data {at_(0)} "{data}") (data {at_(PAGE - 64)} "{data}")',
        f'  (data (memory $second) {at_(0)} "{data}") (data (memory $second) {at_(PAGE - 64)} "{data}")',
    ]
    write(
        "simd/memory.wast" if address == "i32" else "simd/memory64.wast",
        "Loads and stores of vectors and lanes at both ends of two memories; a store that is partly out of bounds writes nothing.",
        lines + functions + [")", ""] + checks,
        HEADER + ";;! multi-memory = true\n" + (";;! memory64 = true\n" if address == "i64" else ""),
    )


# --- Places of vectors ----------------------------------------------------------------------------------------------------------------

FLOW = r"""
(module $m
  (global $g (export "g") (mut v128) (v128.const i32x4 1 2 3 4))
  (global $k v128 (v128.const i64x2 -1 5))
  (global $j v128 (global.get $k))
  (func (export "globals") (param v128) (result v128 v128 v128)
    (global.get $g) (global.set $g (i32x4.add (local.get 0) (global.get $j))) (global.get $g) (global.get $k))
  ;; A read that comes before a write keeps its value.
  (func (export "read_before_write") (param v128 v128) (result v128 v128 v128)
    (local.get 0) (local.get 1) (local.set 0 (v128.not (local.get 1))) (local.set 1 (local.get 0)) (local.get 0))
  (func (export "tee") (param v128) (result v128) (local v128 v128)
    (i32x4.add (local.tee 1 (v128.not (local.get 0))) (local.tee 2 (local.get 1))))
  (func (export "swap") (param v128 v128 i32) (result v128 v128)
    (loop $l (param) (result)
      (local.get 0) (local.get 1) (local.set 0) (local.set 1)
      (br_if $l (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
    (local.get 0) (local.get 1))
  (func (export "zeroed") (result v128) (local i32 v128 i64 v128) (v128.or (local.get 1) (local.get 3)))
  (func (export "block_params") (param v128 i32) (result v128 i32 v128)
    (local.get 0) (local.get 1) (v128.not (local.get 0))
    (block (param v128 i32 v128) (result v128 i32 v128)
      (br_if 0 (local.get 1))
      (drop) (drop) (drop) (v128.const i64x2 7 8) (i32.const 9) (v128.const i64x2 10 11)))
  (func (export "loop_params") (param i32) (result v128)
    (v128.const i32x4 0 1 2 3) (local.get 0)
    (loop $l (param v128 i32) (result v128)
      (local.set 0) (i32x4.add (v128.const i32x4 1 1 1 1))
      (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $l (local.get 0)) (drop)))
  (func (export "if") (param i32 v128 v128) (result v128)
    (if (result v128) (local.get 0) (then (local.get 1)) (else (i8x16.neg (local.get 2)))))
  (func (export "select") (param v128 v128 i32) (result v128) (select (local.get 0) (local.get 1) (local.get 2)))
  (func (export "select_typed") (param v128 v128 i32) (result v128)
    (select (result v128) (v128.not (local.get 0)) (v128.const i64x2 3 4) (i32.eqz (local.get 2))))
  (func (export "select_on_lanes") (param v128 v128) (result v128)
    (select (local.get 0) (local.get 1) (i32x4.all_true (i32x4.gt_s (local.get 0) (local.get 1)))))
  (func (export "branch_on_lanes") (param v128) (result i32)
    (if (v128.any_true (local.get 0)) (then (return (i32.const 1))))
    (block (br_if 0 (i32.eqz (i8x16.bitmask (i8x16.eq (local.get 0) (local.get 0))))) (return (i32.const 2)))
    (i32.const 3))
  (func (export "br_table") (param i32 v128) (result v128)
    (block $a (result v128) (block $b (result v128) (block $c (result v128)
      (i64.const 5) (drop) (local.get 1) (br_table $a $b $c (local.get 0)))
      (i8x16.add (v128.const i8x16 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1)) (return))
      (v128.not)))
  ;; Values below the operands of a branch are dropped.
  (func (export "br_values") (param v128 i32) (result i32 v128)
    (block $out (result i32 v128)
      (i64.const 1) (v128.const i64x2 1 2) (i32.const 6) (local.get 0) (br_if $out (local.get 1))
      (br $out)))
  (func (export "early_return") (param v128 i32) (result v128 i64 v128)
    (i32.const 3) (v128.not (local.get 0)) (i64.const 4) (local.get 0)
    (if (local.get 1) (then (return (local.get 0) (i64.const 5) (v128.not (local.get 0)))))
    (return))
  ;; More vectors than there are registers, all live at once and across a call.
  (func $id (param v128) (result v128) (local.get 0))
  (func (export "pressure") (param v128) (result v128)
    (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
PRESSURE)
  ;; Vectors and floats share registers, and slots of frames.
  (func (export "mixed") (param f64 v128 f32 v128) (result v128) (local f64 v128 f32)
    (local.set 4 (f64.add (local.get 0) (f64.const 1))) (local.set 5 (call $id (local.get 1)))
    (local.set 6 (f32.add (local.get 2) (f32.const 1))) (drop (call $id (local.get 3)))
    (f64x2.replace_lane 1 (f32x4.replace_lane 0 (i32x4.add (local.get 5) (local.get 3)) (local.get 6)) (local.get 4)))
  (func (export "recursive") (param i32 v128) (result v128) (call $recursive (local.get 0) (local.get 1)))
  (func $recursive (param i32 v128) (result v128)
    (if (result v128) (local.get 0)
      (then (i32x4.add (local.get 1) (call $recursive (i32.sub (local.get 0) (i32.const 1)) (local.get 1))))
      (else (v128.const i64x2 0 0))))
  (func (export "tail") (param i32 v128) (result v128)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call $tail (i32.sub (local.get 0) (i32.const 1)) (i32x4.add (local.get 1) (i32x4.splat (local.get 0)))))
  (func $tail (param i32 v128) (result v128)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call $tail (i32.sub (local.get 0) (i32.const 1)) (i32x4.add (local.get 1) (i32x4.splat (local.get 0)))))
  ;; Vectors that live across a throw: at full width where the handler runs.
  (tag $e (param v128))
  (func $throw (param v128) (throw $e (v128.not (local.get 0))))
  (func (export "across_a_throw") (param v128 v128 f64) (result v128 v128 v128 f64) (local v128 f64)
    (local.set 3 (i64x2.add (local.get 0) (local.get 1))) (local.set 4 (f64.add (local.get 2) (f64.const 1)))
    (block $h (result v128) (try_table (catch $e $h) (call $throw (local.get 1))) (unreachable))
    (local.get 3) (i32x4.add (local.get 0) (local.get 3)) (local.get 4))
  (func (export "unreachable") (result v128) (unreachable) (i32x4.add (v128.not)))
  (func (export "nothing") (drop (v128.const i64x2 1 2)) (drop (v128.not (v128.const i64x2 1 2))))
)
(register "m" $m)
(module
  (import "m" "g" (global $g (mut v128)))
  (import "m" "swap" (func $swap (param v128 v128 i32) (result v128 v128)))
  (func (export "imported") (param v128) (result v128 v128)
    (global.set $g (local.get 0)) (call $swap (global.get $g) (v128.const i64x2 1 2) (i32.const 3))))
"""


def flow():
    lines = []
    rows = ["    (local.set 1 (local.get 0))"]
    for i in range(2, 21):
        rows.append(f"    (local.set {i} (i32x4.add (local.get {i - 1}) (v128.const i32x4 1 {i} 3 4)))")
    rows.append("    (drop (call $id (local.get 20)))")
    rows.append("    (local.get 1)")
    rows += [f"    (local.get {i}) (v128.xor)" for i in range(2, 21)]
    text = FLOW.replace("PRESSURE", "\n".join(rows)).strip().split("\n(module\n")
    value = join([10, 20, 30, 0xFFFFFFF0], 32)
    add = lambda a, b: join([x + y for x, y in zip(lanes(a, 32), lanes(b, 32))], 32)
    nots = lambda v: ~v % M128
    a, b = join([1, 2, 3, 4], 32), join([9, 8, 7, 6], 32)
    lines = []
    i32 = lambda n: const("i32", n)

    def check(name, args, results):
        lines.append(ret(name, args, [r if isinstance(r, str) else vec(r) for r in results]))

    k = join([M128 - 1, 5], 64)
    k = (5 << 64) | ((1 << 64) - 1)
    check("globals", [vec(value)], [join([1, 2, 3, 4], 32), add(value, k), k])
    check("globals", [vec(a)], [add(value, k), add(a, k), k])
    check("read_before_write", [vec(a), vec(b)], [a, b, nots(b)])
    check("tee", [vec(a)], [add(nots(a), nots(a))])
    check("swap", [vec(a), vec(b), i32(1)], [b, a])
    check("swap", [vec(a), vec(b), i32(1000)], [a, b])
    check("zeroed", [], [0])
    check("block_params", [vec(a), i32(1)], [a, i32(1), nots(a)])
    check("block_params", [vec(a), i32(0)], [join([7, 8], 64), i32(9), join([10, 11], 64)])
    check("loop_params", [i32(5)], [join([5, 6, 7, 8], 32)])
    check("if", [i32(1), vec(a), vec(b)], [a])
    check("if", [i32(0), vec(a), vec(b)], [join([-x for x in lanes(b, 8)], 8)])
    for c in (0, 1, 1 << 31):
        check("select", [vec(a), vec(b), i32(c)], [a if c else b])
        check("select_typed", [vec(a), vec(b), i32(c)], [join([3, 4], 64) if c else nots(a)])
    check("select_on_lanes", [vec(a), vec(b)], [b])
    check("select_on_lanes", [vec(b), vec(a)], [b])
    check("select_on_lanes", [vec(a), vec(join([0, 1, 2, 3], 32))], [a])
    check("branch_on_lanes", [vec(1 << 127)], [i32(1)])
    check("branch_on_lanes", [vec(0)], [i32(2)])
    check("br_table", [i32(0), vec(a)], [a])
    check("br_table", [i32(1), vec(a)], [nots(a)])
    check("br_table", [i32(2), vec(a)], [join([x + 1 for x in lanes(a, 8)], 8)])
    for c in (0, 1):
        check("br_values", [vec(a), i32(c)], [i32(6), a])
    check("early_return", [vec(a), i32(0)], [nots(a), const("i64", 4), a])
    check("early_return", [vec(a), i32(1)], [a, const("i64", 5), nots(a)])
    x, total = a, a
    for i in range(2, 21):
        x = add(x, join([1, i, 3, 4], 32))
        total ^= x
    check("pressure", [vec(a)], [total])
    mixed = lanes(add(a, b), 32)
    mixed[0] = bits("f32", 3.5)
    mixed[2:] = [bits("f64", 2.25) & 0xFFFFFFFF, bits("f64", 2.25) >> 32]
    check("mixed", ["(f64.const 1.25)", vec(a), "(f32.const 2.5)", vec(b)], [join(mixed, 32)])
    check("recursive", [i32(100), vec(a)], [join([100 * x for x in lanes(a, 32)], 32)])
    check("tail", [i32(10000), vec(a)], [join([x + 50005000 for x in lanes(a, 32)], 32)])
    wide = join([x + y for x, y in zip(lanes(a, 64), lanes(value, 64))], 64)
    check("across_a_throw", [vec(a), vec(value), "(f64.const 4)"], [nots(value), wide, add(a, wide), "(f64.const 5)"])
    lines.append(trap("unreachable", [], "unreachable"))
    lines.append('(assert_return (invoke "nothing"))')
    first = lines
    lines = []
    check("imported", [vec(value)], [join([1, 2], 64), value])
    head, second = text[0], "(module\n" + text[1]
    head, register = head.rsplit("\n", 1)
    parts = head.split("\n") + [""] + first + ["", register] + second.split("\n") + lines
    write(
        "simd/flow.wast",
        "Places of vectors: locals, globals, operand stacks of any height, block parameters, branches, frames.",
        parts,
        HEADER + ";;! tail-call = true\n;;! exceptions = true\n",
    )


# --- Operators that an instruction combines -----------------------------------------------------------------------------------


def combined():
    """Rotations, products that are added, logic of three operands, and what only looks like it; regular shuffles."""
    rng = random.Random(27)
    functions, checks = [], []
    a, b, c = (rng.getrandbits(128) for _ in range(3))
    full = M128 - 1

    def case(name, body, want):
        functions.append(f'  (func (export "{name}") (param v128 v128 v128) (result v128) {body})')
        checks.append(ret(name, [vec(a), vec(b), vec(c)], [vec(want)]))

    get = lambda n: f"(local.get {n})"
    shl = lambda w, x, n: f"(i{w}x{128 // w}.shl {x} (i32.const {n}))"
    shr = lambda w, x, n, sign="u": f"(i{w}x{128 // w}.shr_{sign} {x} (i32.const {n}))"
    ors = lambda x, y: f"(v128.or {x} {y})"
    xors = lambda x, y: f"(v128.xor {x} {y})"
    up = lambda v, w, n: join([x << n % w for x in lanes(v, w)], w)
    down = lambda v, w, n: join([x >> n % w for x in lanes(v, w)], w)
    down_s = lambda v, w, n: join([signed(x, w) >> n % w for x in lanes(v, w)], w)
    for w in (8, 16, 32, 64):
        for n in sorted({1, 3, w // 2, w - 1, w - 3}):
            case(f"rotate {w} {n}", ors(shl(w, get(0), n), shr(w, get(0), w - n)), up(a, w, n) | down(a, w, w - n))
            case(f"rotate {w} {n} back", ors(shr(w, get(0), w - n), shl(w, get(0), n)), up(a, w, n) | down(a, w, w - n))
            mixed = a ^ b
            x = xors(get(0), get(1))
            case(f"rotate {w} {n} of xor", ors(shl(w, x, n), shr(w, x, w - n)), up(mixed, w, n) | down(mixed, w, w - n))
            body = f"(local v128) (local.set 3 {x}) {ors(shl(w, get(3), n), shr(w, get(3), w - n))}"
            case(f"rotate {w} {n} of one xor", body, up(mixed, w, n) | down(mixed, w, w - n))
            body = f"(local v128) (local.set 3 {x}) {xors(get(3), ors(shl(w, get(3), n), shr(w, get(3), w - n)))}"
            case(f"rotate {w} {n} of a xor with more uses", body, mixed ^ (up(mixed, w, n) | down(mixed, w, w - n)))
            # Not rotations: another count, another value, a sign, another width.
            case(f"shift {w} {n} apart", ors(shl(w, get(0), n), shr(w, get(0), w - n - 1)), up(a, w, n) | down(a, w, w - n - 1))
            case(f"shift {w} {n} of two", ors(shl(w, get(0), n), shr(w, get(1), w - n)), up(a, w, n) | down(b, w, w - n))
            case(f"shift {w} {n} with sign", ors(shl(w, get(0), n), shr(w, get(0), w - n, "s")), up(a, w, n) | down_s(a, w, w - n))
            other = 64 if w < 64 else 32
            case(f"shift {w} {n} otherwise", ors(shl(w, get(0), n), shr(other, get(0), other - n)), up(a, w, n) | down(a, other, other - n))
    nots = lambda x: f"(v128.not {x})"
    ones = f"(v128.const i64x2 -1 -1)"
    ands = lambda x, y: f"(v128.and {x} {y})"
    andnot = lambda x, y: f"(v128.andnot {x} {y})"
    for name, body, want in [
        ("xor of three", xors(get(0), xors(get(1), get(2))), a ^ b ^ c),
        ("xor of three back", xors(xors(get(1), get(2)), get(0)), a ^ b ^ c),
        ("xor of four", xors(xors(get(1), get(2)), xors(get(0), get(1))), a ^ c),
        ("xor with an inverse", xors(get(0), nots(get(1))), a ^ b ^ full),
        ("inverse of xor", nots(xors(get(0), get(1))), a ^ b ^ full),
        ("xor of three, inverted", nots(xors(get(0), xors(get(1), get(2)))), a ^ b ^ c ^ full),
        ("xor with andnot", xors(get(0), andnot(get(1), get(2))), a ^ (b & ~c)),
        ("xor of andnot", xors(andnot(get(1), get(2)), get(0)), a ^ (b & ~c)),
        ("andnot of itself", xors(get(1), andnot(get(1), get(2))), b & c),
        ("and with an inverse", ands(get(0), nots(get(1))), a & ~b),
        ("and of an inverse", ands(nots(get(1)), get(0)), a & ~b),
        ("or with an inverse", ors(get(0), nots(get(1))), (a | ~b) % M128),
        ("or of an inverse", ors(xors(get(1), ones), get(0)), (a | ~b) % M128),
        ("or of two inverses", ors(nots(get(0)), nots(get(1))), (~a | ~b) % M128),
        ("inverse used twice", f"(local v128) (local.set 3 {nots(get(1))}) {xors(get(3), ands(get(0), get(3)))}", (~b ^ (a & ~b)) % M128),
        ("xor used twice", f"(local v128) (local.set 3 {xors(get(1), get(2))}) {ands(get(3), xors(get(0), get(3)))}", (b ^ c) & (a ^ b ^ c)),
    ]:
        case(name, body, want)
    for w in (16, 32, 64):
        shape = f"i{w}x{128 // w}"
        of = lambda op, x, y: f"({shape}.{op} {x} {y})"
        each = lambda f: join([f(x, y, z) for x, y, z in zip(lanes(a, w), lanes(b, w), lanes(c, w))], w)
        product = of("mul", get(1), get(2))
        case(f"{shape} sum with product", of("add", get(0), product), each(lambda x, y, z: x + y * z))
        case(f"{shape} sum of product", of("add", product, get(0)), each(lambda x, y, z: x + y * z))
        case(f"{shape} product taken away", of("sub", get(0), product), each(lambda x, y, z: x - y * z))
        case(f"{shape} taken away from product", of("sub", product, get(0)), each(lambda x, y, z: y * z - x))
        case(f"{shape} negative", of("sub", "(v128.const i64x2 0 0)", get(0)), each(lambda x, y, z: -x))
        for half in ("low", "high"):
            for sign in ("s", "u"):
                n, narrow = 128 // w, w // 2
                number = lambda x: signed(x, narrow) if sign == "s" else x
                part = lambda v: [number(x) for x in (lanes(v, narrow)[:n] if half == "low" else lanes(v, narrow)[n:])]
                op = f"({shape}.extmul_{half}_i{narrow}x{256 // w}_{sign} {get(1)} {get(2)})"
                want = join([x + y * z for x, y, z in zip(lanes(a, w), part(b), part(c))], w)
                case(f"{shape} sum with extended product, {half} {sign}", of("add", get(0), op), want)
    shuffles = {}
    for size in (1, 2, 4, 8):
        n = 16 // size
        spread = lambda order: [lane * size + i for lane in order for i in range(size)]
        shuffles |= {
            f"evens {size}": spread([2 * i for i in range(n)]),
            f"odds {size}": spread([2 * i + 1 for i in range(n)]),
            f"pairs {size}": spread([i - i % 2 + i % 2 * n for i in range(n)]),
            f"second pairs {size}": spread([i - i % 2 + 1 + i % 2 * n for i in range(n)]),
            f"rotated {size}": spread([(i + 1) % n for i in range(n)]),
            f"joined {size}": spread([i + 1 for i in range(n)]),
            f"splat {size}": spread([n - 1] * n),
        }
        for group in (2, 4, 8):
            if group > size:
                g = group // size
                shuffles[f"reversed {size} in {group}"] = spread([i - i % g + g - 1 - i % g for i in range(n)])
        for to in (0, n - 1):
            order = list(range(n))
            order[to] = n + 1
            shuffles[f"inserted {size} at {to}"] = spread(order)
            order[to] = 1 - to if to < 2 else 0
            shuffles[f"moved {size} to {to}"] = spread(order)
    for name, order in shuffles.items():
        both = lanes(a, 8) + lanes(b, 8)
        immediates = " ".join(map(str, order))
        exchanged = " ".join(str(i ^ 16) for i in order)
        case(f"{name}", f"(i8x16.shuffle {immediates} {get(0)} {get(1)})", join([both[i] for i in order], 8))
        case(f"{name}, exchanged", f"(i8x16.shuffle {exchanged} {get(1)} {get(0)})", join([both[i] for i in order], 8))
        case(f"{name}, the same", f"(i8x16.shuffle {immediates} {get(0)} {get(0)})", join([lanes(a, 8)[i % 16] for i in order], 8))
    write("simd/combined.wast", combined.__doc__, ["(module"] + functions + [")", ""] + checks, HEADER)


def make():
    define()
    relaxed = [n for n in OPS if "relaxed" in n]
    strict = [n for n in OPS if "relaxed" not in n]
    of = lambda prefix, pick=lambda n: True: [n for n in strict if n.startswith(prefix) and pick(n)]
    convert = lambda n: any(part in n for part in ("convert", "trunc_sat", "demote", "promote", "narrow", "ext"))
    for prefix in ("i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2"):
        names = of(prefix, lambda n: not convert(n))
        lane_tests(f"simd/{prefix}.wast", f"Operators on {prefix}, over edges in all lanes, operands of every kind.", names)
    lane_tests("simd/bits.wast", "Vectors as bits.", of("v128"))
    lane_tests("simd/conversions.wast", "From lanes of one width or type to another.", [n for n in strict if convert(n)])
    lane_tests("simd/relaxed.wast", "Relaxed operators: the deterministic profile.", relaxed, RELAXED)
    single_lanes()
    combined()
    memory("i32")
    memory("i64")
    flow()
    for count in (9, 10, 40):
        calls.mixed(count, calls.VECTORS, "simd/calls", HEADER)
    for count in (1, 8, 17):
        exceptions.payloads(count, 20_000, exceptions.VECTOR_PAYLOAD, "simd/payload", HEADER)
