"""128-bit arithmetic: sums, differences and products of pairs of 64-bit halves."""

import itertools
import random

from .script import const, ret, trap, write

M64 = 1 << 64
M128 = 1 << 128
WIDE = ";;! wide-arithmetic = true\n"


def signed64(n):
    n %= M64
    return n - M64 if n >> 63 else n


def halves(n):
    n %= M128
    return [n % M64, n // M64]


def i64s(values):
    return [const("i64", v) for v in values]


# --- Wide arithmetic -----------------------------------------------------------------------------------------------------

WIDE_EDGES = [0, 1, 2, M64 - 1, M64 - 2, 1 << 63, (1 << 63) - 1, (1 << 63) + 1, 1 << 32, (1 << 32) - 1, 0xFFFFFFFF00000000]


def op128(op, a, b):
    a, b = a[0] + (a[1] << 64), b[0] + (b[1] << 64)
    return halves(a + b if op == "add128" else a - b)


def mul_wide(op, a, b):
    return halves(signed64(a) * signed64(b) if op == "mul_wide_s" else a * b)


def operands(names):
    return " ".join(f"(local.get {n})" for n in names)


def wide_sums():
    rng = random.Random(1)
    for op in ("add128", "sub128"):
        pick = lambda: rng.choice(WIDE_EDGES) if rng.random() < 0.8 else rng.getrandbits(64)
        cases = [([pick(), pick()], [pick(), pick()]) for _ in range(160)]
        cases += [([a, 0], [b, 0]) for a in WIDE_EDGES for b in WIDE_EDGES]
        lines = [
            "(module",
            f'  (func (export "{op}") (param i64 i64 i64 i64) (result i64 i64) (i64.{op} {operands(range(4))}))',
            # One half alone, and each operand twice.
            f'  (func (export "low") (param i64 i64 i64 i64) (result i64) (i64.{op} {operands(range(4))}) (drop))',
            f'  (func (export "high") (param i64 i64 i64 i64) (result i64) (local i64)',
            f"    (i64.{op} {operands(range(4))}) (local.set 4) (drop) (local.get 4))",
            f'  (func (export "twice") (param i64 i64) (result i64 i64) (i64.{op} {operands([0, 1, 0, 1])}))',
            # The lower half is used in between and afterwards.
            f'  (func (export "both") (param i64 i64 i64 i64) (result i64) (local i64)',
            f"    (i64.{op} {operands(range(4))}) (local.set 4)",
            "    (i64.xor (i64.rotl (i64.const 1)) (local.get 4)))",
            # The carry decides.
            f'  (func (export "branch") (param i64 i64 i64 i64) (result i32) (local i64)',
            f"    (i64.{op} {operands(range(4))}) (local.set 4) (drop)",
            "    (if (result i32) (i64.eqz (local.get 4)) (then (i32.const 1)) (else (i32.const 2))))",
            # Three words: the upper half of the first sum is a term of the second.
            '  (func (export "three") (param i64 i64 i64 i64 i64 i64) (result i64 i64 i64) (local i64 i64)',
            f"    (i64.{op} (local.get 0) (i64.const 0) (local.get 3) (i64.const 0)) (local.set 6)",
            f"    (i64.add128 (i64.{op} (local.get 1) (local.get 2) (local.get 4) (local.get 5))",
            "      (local.get 6) (i64.shr_s (local.get 6) (i64.const 63))))",
        ]
        for i, (a, b) in enumerate(cases[:24]):
            for name, left, right in (
                (f"k{i}", i64s(a), i64s(b)),
                (f"r{i}", ["(local.get 0)", "(local.get 1)"], i64s(b)),
                (f"l{i}", i64s(a), ["(local.get 0)", "(local.get 1)"]),
                (f"m{i}", [const("i64", a[0]), "(local.get 0)"], ["(local.get 1)", const("i64", b[1])]),
            ):
                lines.append(
                    f'  (func (export "{name}") (param i64 i64) (result i64 i64) (i64.{op} {" ".join(left + right)}))'
                )
        lines.append(")")
        for a, b in cases:
            want = op128(op, a, b)
            args = i64s(a + b)
            lines.append(ret(op, args, i64s(want)))
            lines.append(ret("low", args, i64s(want[:1])))
            lines.append(ret("high", args, i64s(want[1:])))
            lines.append(ret("both", args, i64s([(want[0] << 1 | want[0] >> 63) % M64 ^ want[1]])))
            lines.append(ret("branch", args, [const("i32", 2 if want[1] else 1)]))
            lines.append(ret("twice", i64s(a), i64s(op128(op, a, a))))
        for i, (a, b) in enumerate(cases[:24]):
            zeros = i64s([0, 0])
            lines.append(ret(f"k{i}", zeros, i64s(op128(op, a, b))))
            lines.append(ret(f"r{i}", i64s(a), i64s(op128(op, a, b))))
            lines.append(ret(f"l{i}", i64s(b), i64s(op128(op, a, b))))
            lines.append(ret(f"m{i}", i64s([a[1], b[0]]), i64s(op128(op, a, b))))
        for a, b in cases[:60]:
            x, y = [a[0], a[1], b[0]], [b[1], a[0] ^ b[0], b[0]]
            word = lambda ws: sum(w << 64 * i for i, w in enumerate(ws))
            # Words are unsigned; a borrow out of the lowest is -1 in the upper ones.
            total = word(x) + word(y) if op == "add128" else word(x) - word(y)
            lines.append(ret("three", i64s(x + y), i64s([total >> 64 * i & M64 - 1 for i in range(3)])))
        write(
            f"wide/{op}.wast",
            f"i64.{op}: every carry, with constants in each place, one half alone, in chains.",
            lines,
            WIDE,
        )


def wide_products():
    rng = random.Random(2)
    for op in ("mul_wide_s", "mul_wide_u"):
        values = WIDE_EDGES + [3, 10, 1 << 31, 0x8000000080000000, 0x5555555555555555] + [rng.getrandbits(64) for _ in range(6)]
        lines = [
            "(module",
            f'  (func (export "{op}") (param i64 i64) (result i64 i64) (i64.{op} {operands([0, 1])}))',
            f'  (func (export "low") (param i64 i64) (result i64) (i64.{op} {operands([0, 1])}) (drop))',
            f'  (func (export "high") (param i64 i64) (result i64) (local i64)',
            f"    (i64.{op} {operands([0, 1])}) (local.set 2) (drop) (local.get 2))",
            f'  (func (export "square") (param i64) (result i64 i64) (i64.{op} {operands([0, 0])}))',
            # Products that need the same registers, and a division between them.
            '  (func (export "sum") (param i64 i64 i64 i64) (result i64 i64)',
            f"    (i64.add128 (i64.{op} {operands([0, 1])}) (i64.{op} {operands([2, 3])})))",
            '  (func (export "mixed") (param i64 i64) (result i64 i64 i64) (local i64 i64)',
            f"    (i64.{op} {operands([0, 1])}) (local.set 3) (local.set 2)",
            "    (local.get 2) (i64.rem_u (local.get 0) (i64.or (local.get 1) (i64.const 1))) (local.get 3))",
            # Both products at once, by the one-word instruction too.
            '  (func (export "one_word") (param i64 i64) (result i64 i64 i64)',
            f"    (i64.mul {operands([0, 1])}) (i64.{op} {operands([0, 1])}))",
        ]
        for i, v in enumerate(values):
            lines.append(f'  (func (export "r{i}") (param i64) (result i64 i64) (i64.{op} (local.get 0) {const("i64", v)}))')
            lines.append(f'  (func (export "l{i}") (param i64) (result i64 i64) (i64.{op} {const("i64", v)} (local.get 0)))')
            lines.append(f'  (func (export "k{i}") (result i64 i64) (i64.{op} {const("i64", v)} {const("i64", values[-1 - i])}))')
        lines.append(")")
        for i, a in enumerate(values):
            lines.append(ret("square", i64s([a]), i64s(mul_wide(op, a, a))))
            lines.append(ret(f"k{i}", [], i64s(mul_wide(op, a, values[-1 - i]))))
            for j, b in enumerate(values):
                want = mul_wide(op, a, b)
                args = i64s([a, b])
                lines.append(ret(op, args, i64s(want)))
                if (i * 7 + j) % 3:
                    continue
                lines.append(ret("low", args, i64s(want[:1])))
                lines.append(ret("high", args, i64s(want[1:])))
                lines.append(ret("mixed", args, i64s([want[0], a % (b | 1), want[1]])))
                lines.append(ret("one_word", args, i64s([want[0]] + want)))
                other = mul_wide(op, b, values[(i + j) % len(values)])
                lines.append(ret("sum", i64s([a, b, b, values[(i + j) % len(values)]]), i64s(op128("add128", want, other))))
                lines.append(ret(f"r{j}", i64s([a]), i64s(want)))
                lines.append(ret(f"l{j}", i64s([b]), i64s(mul_wide(op, values[j], b))))
        write(f"wide/{op}.wast", f"i64.{op}: both halves, one alone, constants in each place.", lines, WIDE)


def pairs():
    """A sum or difference, a comparison, and a sum or difference with its result: of all operands, few of which make a carry."""
    lines, asserts, number = ["(module"], [], 0
    for width in (32, 64):
        ty, mask, top = f"i{width}", (1 << width) - 1, 1 << width - 1
        triples = [(0, 1, 5), (mask, 2, mask), (1, mask, 0), (top, top, 1), (3, 3, top - 1), (top - 1, mask, 3)]
        signed = lambda v: v - (1 << width) if v & top else v
        conditions = {"lt_u": lambda p, q: p < q, "gt_u": lambda p, q: p > q, "lt_s": lambda p, q: signed(p) < signed(q)}
        result = (lambda text: text) if width == 32 else (lambda text: f"(i64.extend_i32_u {text})")
        for lower, upper in itertools.product(("add", "sub"), repeat=2):
            for (cond, holds), p, q in itertools.product(conditions.items(), range(4), range(4)):
                get = lambda i: f"(local.get {i})"
                carry = result(f"({ty}.{cond} {get(p)} {get(q)})")
                lines.append(
                    f'  (func (export "{number}") (param {ty} {ty} {ty}) (result {ty} {ty}) (local {ty})'
                    f" (local.set 3 ({ty}.{lower} {get(0)} {get(1)})) {get(3)} ({ty}.{upper} {get(2)} {carry}))"
                )
                for a, b, c in triples:
                    low = (a + b if lower == "add" else a - b) & mask
                    values = (a, b, c, low)
                    bit = int(holds(values[p], values[q]))
                    high = (c + bit if upper == "add" else c - bit) & mask
                    consts = [const(ty, v) for v in (a, b, c, low, high)]
                    asserts.append(ret(str(number), consts[:3], consts[3:]))
                number += 1
    about = "A sum or a difference, a comparison of any two of its operands and its result, and what is added to or subtracted from a third."
    write("wide/pairs.wast", about, [*lines, ")", *asserts])


def make():
    wide_sums()
    wide_products()
    pairs()
