"""128-bit arithmetic and 64-bit addresses: files of wast-extra/ that ci/wast_extra.py writes."""

import random

from wast_extra import const, ret, trap, unsigned, write

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
            # The lower half is used between and after.
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
            # Products that both want the same registers, and a division between them.
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


def carries():
    """What other compilers write for a carry, without the operators of the proposal."""
    lines = ["(module"]
    checks = []
    rng = random.Random(3)
    edges = {"i32": [0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE], "i64": [0, 1, 2, (1 << 63) - 1, 1 << 63, M64 - 1, M64 - 2]}

    def widen(ty, text):
        return f"(i64.extend_i32_u {text})" if ty == "i64" else text

    for ty in ("i32", "i64"):
        mod = 1 << (32 if ty == "i32" else 64)
        below = {
            "lt": (f"({ty}.lt_u (local.get 0) (local.get 1))", lambda a, b: a < b),
            "gt": (f"({ty}.gt_u (local.get 0) (local.get 1))", lambda a, b: a > b),
            "ge": (f"({ty}.ge_u (local.get 0) (local.get 1))", lambda a, b: a >= b),
            "le": (f"({ty}.le_u (local.get 0) (local.get 1))", lambda a, b: a <= b),
            "lt_s": (f"({ty}.lt_s (local.get 0) (local.get 1))", lambda a, b: (a ^ mod // 2) < (b ^ mod // 2)),
            "sum": (f"({ty}.lt_u ({ty}.add (local.get 0) (local.get 1)) (local.get 1))", lambda a, b: a + b >= mod),
            "sum_left": (f"({ty}.lt_u ({ty}.add (local.get 0) (local.get 1)) (local.get 0))", lambda a, b: a + b >= mod),
            "sum_gt": (f"({ty}.gt_u (local.get 0) ({ty}.add (local.get 0) (local.get 1)))", lambda a, b: a + b >= mod),
            "sum_const": (f"({ty}.lt_u ({ty}.add (local.get 0) ({ty}.const 5)) ({ty}.const 5))", lambda a, b: a + 5 >= mod),
            "const": (f"({ty}.lt_u (local.get 0) ({ty}.const 2))", lambda a, b: a < 2),
            "const_left": (f"({ty}.lt_u ({ty}.const 2) (local.get 0))", lambda a, b: 2 < a),
            "zero": (f"({ty}.lt_u (local.get 0) ({ty}.const 0))", lambda a, b: False),
        }
        for name, (text, holds) in below.items():
            for op, sign in (("add", 1), ("sub", -1)):
                forms = {
                    "": f"({ty}.{op} (local.get 2) {widen(ty, text)})",
                    "_terms": f"({ty}.{op} ({ty}.{op} (local.get 2) (local.get 1)) {widen(ty, text)})",
                    "_const": f"({ty}.{op} ({ty}.const 7) {widen(ty, text)})",
                    # The sum whose carry it is, as a result too.
                    "_kept": f"({ty}.xor ({ty}.add (local.get 0) (local.get 1)) ({ty}.{op} (local.get 2) {widen(ty, text)}))",
                    "_again": f"({ty}.mul ({ty}.{op} (local.get 2) {widen(ty, text)}) {widen(ty, text)})",
                }
                if op == "add":
                    forms[" left"] = f"({ty}.add {widen(ty, text)} (local.get 2))"
                for suffix, body in forms.items():
                    export = f"{ty}.{op} {name}{suffix.replace('_', ' ')}"
                    lines.append(f'  (func (export "{export}") (param {ty} {ty} {ty}) (result {ty}) {body})')
                    pairs = [(a, b) for a in edges[ty] for b in edges[ty]]
                    for a, b in rng.sample(pairs, 8) + [(5, mod - 5), (mod - 5, 5)]:
                        c = rng.choice(edges[ty])
                        k = int(holds(a, b))
                        base = {"_terms": c + sign * b, "_const": 7}.get(suffix, c)
                        want = base + sign * k
                        if suffix == "_kept":
                            want = (a + b) % mod ^ want % mod
                        if suffix == "_again":
                            want *= k
                        checks.append(ret(export, [const(ty, a), const(ty, b), const(ty, c)], [const(ty, unsigned(ty, want))]))
    # A borrow out of 64 bits into 32 and the other way round.
    lines.append('  (func (export "narrow") (param i64 i64 i32) (result i32) (i32.add (local.get 2) (i64.lt_u (local.get 0) (local.get 1))))')
    lines.append('  (func (export "wider") (param i32 i32 i64) (result i64) (i64.sub (local.get 2) (i64.extend_i32_u (i32.lt_u (local.get 0) (local.get 1)))))')
    for a, b in ((1, 1 << 32), (1 << 32, 1), ((1 << 32) + 1, 1), (5, 5)):
        checks.append(ret("narrow", [const("i64", a), const("i64", b), const("i32", 0xFFFFFFFF)], [const("i32", unsigned("i32", int(a < b) - 1))]))
        a, b = a % (1 << 32), b % (1 << 32)
        checks.append(ret("wider", [const("i32", a), const("i32", b), const("i64", 0)], [const("i64", -int(a < b) % M64)]))
    # In a loop: words of memory, the carry around.
    lines.append("""  (memory 1)
  (func (export "sum_words") (param $n i32) (result i64) (local $carry i64) (local $i i32) (local $a i64) (local $s i64)
    (loop $next
      (local.set $a (i64.load (local.get $i)))
      (local.set $s (i64.add (local.get $a) (i64.load offset=1024 (local.get $i))))
      (i64.store offset=2048 (local.get $i) (i64.add (local.get $s) (local.get $carry)))
      (local.set $carry (i64.extend_i32_u (i32.or (i64.lt_u (local.get $s) (local.get $a))
        (i64.lt_u (i64.add (local.get $s) (local.get $carry)) (local.get $s)))))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $i) (i32.shl (local.get $n) (i32.const 3)))))
    (local.get $carry))
  (func (export "set") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
  (func (export "get") (param i32) (result i64) (i64.load (local.get 0))))""")
    words = [[rng.choice([0, M64 - 1, rng.getrandbits(64)]) for _ in range(16)] for _ in range(2)]
    for k, row in enumerate(words):
        for i, v in enumerate(row):
            checks.append(f'(invoke "set" (i32.const {1024 * k + 8 * i}) {const("i64", v)})')
    total = sum(sum(v << 64 * i for i, v in enumerate(row)) for row in words)
    checks.append(ret("sum_words", ["(i32.const 16)"], [const("i64", total >> 1024)]))
    for i in range(16):
        checks.append(ret("get", [f"(i32.const {2048 + 8 * i})"], [const("i64", total >> 64 * i & M64 - 1)]))
    write("width/carry.wast", "Sums and differences with a comparison as a term: what a carry looks like without flags.", lines + checks)


def main():
    wide_sums()
    wide_products()
    carries()
