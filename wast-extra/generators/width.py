"""Carries: comparisons of one width as terms of a sum of the same or another."""

import random

from .script import const, ret, unsigned, write

M64 = 1 << 64


def carries():
    """The code of other compilers for a carry, without the operators of the proposal."""
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
                    # The sum that produces the carry, as a result too.
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
    write("width/carry.wast", "Sums and differences with a comparison as a term: carries without flags.", lines + checks)


def make():
    carries()
