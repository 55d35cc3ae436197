"""Atomic operators of every width, their checks, and threads that depend on each other."""

from .script import const, ret, trap, write

HEADER = ";;! threads = true\n"
OUTSIDE = "out of bounds memory access"
UNALIGNED = "unaligned atomic"
PAGE = 65536


WIDTHS = [("i32", 32), ("i32", 8), ("i32", 16), ("i64", 64), ("i64", 8), ("i64", 16), ("i64", 32)]
BITS = {"i32": 32, "i64": 64}
RMW = {
    "add": lambda old, v: old + v,
    "sub": lambda old, v: old - v,
    "and": lambda old, v: old & v,
    "or": lambda old, v: old | v,
    "xor": lambda old, v: old ^ v,
    "xchg": lambda old, v: v,
}


def load_name(ty, bits):
    return f"{ty}.atomic.load" + ("" if bits == BITS[ty] else f"{bits}_u")


def store_name(ty, bits):
    return f"{ty}.atomic.store" + ("" if bits == BITS[ty] else str(bits))


def rmw_name(ty, bits, op):
    return f"{ty}.atomic.rmw.{op}" if bits == BITS[ty] else f"{ty}.atomic.rmw{bits}.{op}_u"


def accesses():
    """Name, type, width, number of operands after the address, whether there is a result."""
    for ty, bits in WIDTHS:
        yield load_name(ty, bits), ty, bits, 0, True
        yield store_name(ty, bits), ty, bits, 1, False
        for op in list(RMW):
            yield rmw_name(ty, bits, op), ty, bits, 1, True
        yield rmw_name(ty, bits, "cmpxchg"), ty, bits, 2, True


def function(name, ty, operands, result, address="i32", offset=0, export=None):
    params = f"(param {address}{f' {ty}' * operands})"
    args = " ".join(f"(local.get {i})" for i in range(operands + 1))
    at = f" offset={offset}" if offset else ""
    out = f" (result {ty})" if result else ""
    return f'  (func (export "{export or name}") {params}{out} ({name}{at} {args}))'


def edges(bits):
    top = 1 << (bits - 1)
    return [0, 1, top - 1, top, 2 * top - 1, 0x5A5A5A5A5A5A5A5A % (2 * top)]


HELPERS = [
    '  (func (export "set") (param i32 i64) (i64.store (local.get 0) (local.get 1)))',
    '  (func (export "get") (param i32) (result i64) (i64.load (local.get 0)))',
]
# The bytes around the access, which must stay.
AROUND = 0xC3D4E5F6A7B89102


def word(bits, at, value):
    """The 64 bits at 8, with a value of `bits` bits at byte `at` of them."""
    mask = ((1 << bits) - 1) << 8 * at
    return (AROUND & ~mask) | (value << 8 * at & mask)


def module(body, memory="(memory 1 1 shared)"):
    return ["(module", f"  {memory}", *body, ")"]


def values():
    for ty, bits in WIDTHS:
        name = lambda op: rmw_name(ty, bits, op)
        body = [*HELPERS]
        for n, t, b, operands, result in accesses():
            if (t, b) == (ty, bits):
                body.append(function(n, ty, operands, result))
                body.append(function(n, ty, operands, result, offset=8, export=n + " at 8"))
                if operands == 1 and result:
                    # The old value is unused: other instructions.
                    args = "(local.get 0) (local.get 1)"
                    body.append(f'  (func (export "{n} silent") (param i32 {ty}) (drop ({n} {args})))')
        parts = module(body)
        mod, wide = 1 << bits, BITS[ty]
        upper = (0xDEADBEEFCAFED00D % (1 << wide)) & ~(mod - 1)
        places = list(range(0, 8, bits // 8))
        turn = 0
        check = lambda w: parts.append(ret("get", ["(i32.const 8)"], const("i64", w)))
        reset = lambda w: parts.append(f'(invoke "set" (i32.const 8) {const("i64", w)})')
        for old in edges(bits):
            at = places[turn % len(places)]
            turn += 1
            address, based = f"(i32.const {8 + at})", f"(i32.const {at})"
            reset(word(bits, at, old))
            parts.append(ret(load_name(ty, bits), [address], const(ty, old)))
            parts.append(ret(load_name(ty, bits) + " at 8", [based], const(ty, old)))
            parts.append(ret(store_name(ty, bits), [address, const(ty, upper | (old ^ 1))]))
            check(word(bits, at, old ^ 1))
            for op, f in RMW.items():
                for v in edges(bits):
                    reset(word(bits, at, old))
                    form = turn % 3
                    turn += 1
                    if form == 0:
                        parts.append(ret(name(op), [address, const(ty, upper | v)], const(ty, old)))
                    elif form == 1:
                        parts.append(ret(name(op) + " at 8", [based, const(ty, upper | v)], const(ty, old)))
                    else:
                        parts.append(ret(name(op) + " silent", [address, const(ty, upper | v)]))
                    check(word(bits, at, f(old, v) % mod))
            for expected in sorted({old, old ^ 1, (old + 1) % mod}):
                for more in sorted({0, upper}):
                    # The expected value is wrapped.
                    new = upper | (old ^ 0x55 % mod)
                    reset(word(bits, at, old))
                    args = [address, const(ty, more | expected), const(ty, new)]
                    parts.append(ret(name("cmpxchg"), args, const(ty, old)))
                    stored = expected == old
                    check(word(bits, at, new % mod if stored else old))
        write(f"threads/{ty}_{bits}.wast", f"Atomic operators of {bits} bits on {ty}: values, wrap-around, what is around.", parts, HEADER)


def checks(address, path, memory, limit, header=""):
    """Bounds and alignment, of constants and of values, for memories of one page."""
    c = lambda n: const(address, n)
    body, parts = [], []
    for n, ty, bits, operands, result in accesses():
        for offset in (0, 1, 4, 65528, limit):
            body.append(function(n, ty, operands, result, address, offset, f"{n} +{offset}"))
        size, zero = bits // 8, [const(ty, 0)] * operands
        result = const(ty, 0) if result else ""
        parts.append(ret(f"{n} +0", [c(PAGE - size), *zero], result))
        parts.append(trap(f"{n} +0", [c(PAGE), *zero], OUTSIDE))
        parts.append(trap(f"{n} +0", [c((1 << BITS[address]) - size), *zero], OUTSIDE))
        parts.append(ret(f"{n} +65528", [c(0), *zero], result))
        parts.append(trap(f"{n} +65528", [c(8), *zero], OUTSIDE))
        parts.append(trap(f"{n} +{limit}", [c(8 - limit % 8), *zero], OUTSIDE))
        parts.append(trap(f"{n} +4", [c(PAGE), *zero], UNALIGNED if size == 8 else OUTSIDE))
        if size == 1:
            parts.append(ret(f"{n} +1", [c(PAGE - 2), *zero], result))
            continue
        for by in sorted({1, size // 2, size - 1}):
            parts.append(trap(f"{n} +0", [c(by), *zero], UNALIGNED))
            parts.append(trap(f"{n} +0", [c(PAGE - 2 * size + by), *zero], UNALIGNED))
            # Both errors: the specification's interpreter checks the alignment first.
            parts.append(trap(f"{n} +0", [c(PAGE - size + by), *zero], UNALIGNED))
        parts.append(trap(f"{n} +1", [c(8), *zero], UNALIGNED))
        parts.append(ret(f"{n} +1", [c(7), *zero], result))
        if size == 8:
            parts.append(trap(f"{n} +4", [c(8), *zero], UNALIGNED))
            parts.append(ret(f"{n} +4", [c(4), *zero], result))
        # Whether the sum is aligned cannot be seen from either term.
        body.append(function(n, ty, operands, result != "", address, 3, f"{n} +3"))
        for index in range(2 * size):
            aligned = (index + 3) % size == 0
            parts.append(ret(f"{n} +3", [c(index), *zero], result) if aligned else trap(f"{n} +3", [c(index), *zero], UNALIGNED))
    i32 = "(i32.const 0)"
    for n, ty in (("memory.atomic.wait32", "i32"), ("memory.atomic.wait64", "i64")):
        at = f"(func (export \"{n}\") (param {address}) (result i32)"
        body.append(f"  {at} ({n} (local.get 0) ({ty}.const 0) (i64.const 0)))")
        size = BITS[ty] // 8
        parts.append(ret(n, [c(PAGE - size)], "(i32.const 2)"))
        parts.append(trap(n, [c(PAGE)], OUTSIDE))
        parts += [trap(n, [c(by)], UNALIGNED) for by in range(1, size)]
        parts.append(trap(n, [c(PAGE + 1)], UNALIGNED))
    body.append(f'  (func (export "notify") (param {address}) (result i32)')
    body.append("    (memory.atomic.notify (local.get 0) (i32.const -1)))")
    parts.append(ret("notify", [c(PAGE - 4)], i32))
    parts.append(trap("notify", [c(PAGE)], OUTSIDE))
    parts += [trap("notify", [c(by)], UNALIGNED) for by in (1, 2, 3)]
    parts.append(trap("notify", [c(PAGE + 1)], UNALIGNED))
    # Of every offset and address up to the size, only sums that are multiples of it are aligned.
    for n, size, more, value in (
        ("memory.atomic.wait32", 4, "(i32.const 0) (i64.const 0)", 2),
        ("memory.atomic.wait64", 8, "(i64.const 0) (i64.const 0)", 2),
        ("memory.atomic.notify", 4, "(i32.const -1)", 0),
    ):
        for offset in (*range(size), 65528, limit):
            name = f"{n} +{offset}"
            body.append(f'  (func (export "{name}") (param {address}) (result i32) ({n} offset={offset} (local.get 0) {more}))')
            for index in range(size):
                if (index + offset) % size:
                    parts.append(trap(name, [c(index)], UNALIGNED))
                elif index + offset < PAGE:
                    parts.append(ret(name, [c(index)], const("i32", value)))
                else:
                    parts.append(trap(name, [c(index)], OUTSIDE))
    write(path, f"Bounds and alignment of atomic accesses with addresses of type {address}.", [*module(body, memory), *parts], HEADER + header)


def far(path, address, memory, places, end, comment):
    """Every access at addresses that a number with a sign, or of 32 bits, does not reach: given, as a sum with a large offset, and
    constant. The places hold different words. There are few directives: after each, the harness compares pages of 2 MiB."""
    c = lambda n: const(address, n % (1 << BITS[address]))
    held = [AROUND, 0x0123456789ABCDEF, 0x7766554433221100]
    offset = places[0] - 24
    body, parts = [], []
    for width, (ty, bits) in enumerate(WIDTHS):
        # All accesses of this width are in one function; the words are restored before each.
        lines, seen, types = [], [], []
        mask = (1 << bits) - 1
        for number, (name, _, _, operands, result) in enumerate(a for a in accesses() if a[1:3] == (ty, bits)):
            at = number * bits // 8 % 8
            targets = [places[0] + at, places[1] + at, places[-1] + 8 + at]
            addresses = ["(local.get 0)", "(local.get 1)", c(targets[2])]
            after = []
            for i, word in enumerate(held):
                lines.append(f"(i64.store {c(targets[i] - at)} {const('i64', word)})")
                old, given = word >> 8 * at & mask, 0x1F2E3D4C5B6A7988 >> i & mask
                # For compare and exchange, the access in the middle finds another value.
                kept = operands == 0 or operands == 2 and i == 1
                rmw = next((f for op, f in RMW.items() if f".{op}" in name), lambda _, v: v)
                after.append(word & ~(mask << 8 * at) | (old if kept else rmw(old, given) & mask) << 8 * at)
                if result:
                    seen.append(const(ty, old))
                    types.append(ty)
                expected = [const(ty, old ^ (i == 1))] if operands == 2 else []
                values = " ".join([*expected, const(ty, given)] if operands else [])
                far_off = f" offset={offset:#x}" if i == 1 else ""
                operand = f"({address}.add {addresses[i]} {c(at)})" if at and i < 2 else addresses[i]
                lines.append("(" + " ".join(filter(None, [name + far_off, operand, values])) + ")")
            lines += [f"(i64.load {c(t - at)})" for t in targets]
            seen += [const("i64", word) for word in after]
            types += ["i64"] * 3
            if number == width:
                access = " ".join([f"{name} offset={offset:#x} (local.get 0)", *[const(ty, 0)] * operands])
                body.append(f'  (func (export "{name}") (param {address}) ({access}){" (drop)" * result})')
                parts.append(trap(name, [c(end - offset)], OUTSIDE))
                if bits > 8:
                    parts.append(trap(name, [c(targets[1] - offset + 1)], UNALIGNED))
        name = f"{ty} by {bits}"
        body.append(f'  (func (export "{name}") (param {address} {address}) (result {" ".join(types)})')
        body.append("    " + "\n    ".join(lines) + ")")
        parts.append(ret(name, [c(places[0]), c(places[1] - offset)], *seen))
    # The first place holds the expected value, so the wait times out; the second holds something else.
    for name, operands, seen in (
        ("memory.atomic.wait32", "(i32.const 7) (i64.const 0)", [2, 1]),
        ("memory.atomic.wait64", "(i64.const 7) (i64.const 0)", [2, 1]),
        ("memory.atomic.notify", "(i32.const 1)", [0, 0]),
    ):
        each = " ".join(f"({name} (local.get {i}) {operands})" for i in range(2))
        body.append(f'  (func (export "{name}") (param {address} {address}) (result i32 i32)')
        body.append(f"    (i64.store {c(places[0])} (i64.const 7)) (i64.store {c(places[1])} (i64.const 6))")
        body.append(f"    {each})")
        parts.append(ret(name, [c(at) for at in places], *[const("i32", n) for n in seen]))
        parts.append(trap(name, [c(places[0]), c(end)], OUTSIDE))
        parts.append(trap(name, [c(places[0] + 1), c(places[1])], UNALIGNED))
    write(path, comment, [*module(body, memory), *parts], HEADER)


SEQUENCES = """
(module
  (memory 1 1 shared)
  ;; A load before an atomic operation does not replace a load after it.
  (func (export "around rmw") (param i32 i32) (result i32 i32 i32)
    (i32.load (local.get 0))
    (i32.atomic.rmw.add (local.get 0) (local.get 1))
    (i32.load (local.get 0)))
  (func (export "around store") (param i32 i32) (result i32 i32)
    (i32.store (local.get 0) (i32.const 7))
    (i32.atomic.store (local.get 0) (local.get 1))
    (i32.load (local.get 0))
    (i32.store (local.get 0) (i32.const 9))
    (i32.atomic.load (local.get 0)))
  (func (export "around narrow") (param i32 i32) (result i32 i32)
    (i32.store (local.get 0) (i32.const 0x01020304))
    (drop (i32.atomic.rmw8.xchg_u offset=1 (local.get 0) (local.get 1)))
    (i32.load (local.get 0))
    (drop (i32.atomic.rmw16.or_u offset=2 (local.get 0) (i32.const 0xff)))
    (i32.load (local.get 0)))
  (func (export "around cmpxchg") (param i32) (result i32 i32 i32)
    (i32.store (local.get 0) (i32.const 5))
    (i32.atomic.rmw.cmpxchg (local.get 0) (i32.load (local.get 0)) (i32.const 6))
    (i32.atomic.rmw.cmpxchg (local.get 0) (i32.const 5) (i32.const 7))
    (i32.load (local.get 0)))
  ;; A store before a trapping operation takes effect.
  (func (export "before a trap") (param i32 i32) (result i32)
    (i32.atomic.store (local.get 0) (i32.const 1))
    (drop (i32.div_u (i32.const 100) (local.get 1)))
    (i32.atomic.store (local.get 0) (i32.const 2))
    (i32.load (local.get 0)))
  ;; One operator's operand is another's result, and its own address.
  (func (export "address is value") (param i32) (result i32 i32)
    (i32.atomic.rmw.add (local.get 0) (local.get 0))
    (i32.atomic.rmw.cmpxchg (local.get 0) (local.get 0) (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "fence") (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 3)) (atomic.fence) (i32.load (local.get 0)))
  ;; Many values alive across a loop of atomic operations.
  (func (export "pressure") (param i32 i64) (result i64)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $e i64) (local $f i64) (local $i i32)
    (local.set $a (i64.add (local.get 1) (i64.const 1)))
    (local.set $b (i64.mul (local.get 1) (i64.const 3)))
    (local.set $c (i64.xor (local.get 1) (i64.const 5)))
    (local.set $d (i64.sub (local.get 1) (i64.const 7)))
    (local.set $e (i64.rotl (local.get 1) (i64.const 9)))
    (local.set $f (i64.or (local.get 1) (i64.const 11)))
    (i64.store (local.get 0) (i64.const 0))
    (loop $next
      (local.set $a (i64.add (local.get $a) (i64.atomic.rmw.add (local.get 0) (local.get $b))))
      (local.set $b (i64.add (local.get $b) (i64.atomic.rmw.xor (local.get 0) (local.get $c))))
      (local.set $c (i64.add (local.get $c) (i64.atomic.rmw16.or_u (local.get 0) (local.get $d))))
      (local.set $d (i64.add (local.get $d) (i64.atomic.rmw32.and_u (local.get 0) (local.get $e))))
      (local.set $e (i64.add (local.get $e) (i64.atomic.rmw8.sub_u (local.get 0) (local.get $f))))
      (local.set $f (i64.add (local.get $f)
        (i64.atomic.rmw.cmpxchg (local.get 0) (i64.load (local.get 0)) (local.get $a))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
    (i64.xor (i64.xor (local.get $a) (local.get $b)) (i64.xor (i64.xor (local.get $c) (local.get $d))
      (i64.xor (local.get $e) (local.get $f))))))
"""


def pressure(x):
    m = (1 << 64) - 1
    a, b, c, d = (x + 1) & m, x * 3 & m, x ^ 5, (x - 7) & m
    e, f, at = (x << 9 | x >> 55) & m, x | 11, 0
    low = lambda n: (1 << n) - 1
    for _ in range(5):
        a, at = (a + at) & m, (at + b) & m
        b, at = (b + at) & m, at ^ c
        c, at = (c + (at & low(16))) & m, at | d & low(16)
        d, at = (d + (at & low(32))) & m, at & ~low(32) | at & e & low(32)
        e, at = (e + (at & 255)) & m, at & ~255 | (at - f) & 255
        f, at = (f + at) & m, a
    return a ^ b ^ c ^ d ^ e ^ f


def sequences():
    i32 = lambda n: const("i32", n)
    parts = [SEQUENCES.strip()]
    parts += [
        ret("around rmw", [i32(16), i32(5)], f"{i32(0)} {i32(0)} {i32(5)}"),
        ret("around rmw", [i32(16), i32(-2)], f"{i32(5)} {i32(5)} {i32(3)}"),
        ret("around store", [i32(16), i32(8)], f"{i32(8)} {i32(9)}"),
        ret("around narrow", [i32(16), i32(0x1ff)], f"{i32(0x0102FF04)} {i32(0x01FFFF04)}"),
        ret("around cmpxchg", [i32(16)], f"{i32(5)} {i32(6)} {i32(6)}"),
        trap("before a trap", [i32(16), i32(0)], "integer divide by zero"),
        ret("load", [i32(16)], i32(1)),
        ret("before a trap", [i32(16), i32(1)], i32(2)),
        ret("address is value", [i32(24)], f"{i32(0)} {i32(24)}"),
        ret("fence", [i32(16)], i32(3)),
        ret("pressure", [i32(32), const("i64", 0x123456789)], const("i64", pressure(0x123456789))),
        ret("pressure", [i32(32), const("i64", -5)], const("i64", pressure(-5 % (1 << 64)))),
    ]
    write("threads/sequences.wast", "Atomic operators among others.", parts, HEADER)


WAITING = """
(module
  (memory 1 1)
  (func (export "wait32") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1))))
(assert_trap (invoke "wait32" (i32.const 0) (i32.const 0) (i64.const 0)) "expected shared memory")
(assert_trap (invoke "wait64" (i32.const 0) (i64.const 1) (i64.const -1)) "expected shared memory")
(assert_return (invoke "notify" (i32.const 0) (i32.const 1)) (i32.const 0))
(assert_trap (invoke "notify" (i32.const 65536) (i32.const 1)) "out of bounds memory access")

(module
  (memory 1 1 shared)
  (func (export "set") (param i32 i64) (i64.atomic.store (local.get 0) (local.get 1)))
  (func (export "wait32") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 offset=8 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 offset=8 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1))))
(invoke "set" (i32.const 8) (i64.const 0x1_0000_0002))
(assert_return (invoke "wait32" (i32.const 0) (i32.const 3) (i64.const -1)) (i32.const 1))
(assert_return (invoke "wait32" (i32.const 0) (i32.const 2) (i64.const 0)) (i32.const 2))
(assert_return (invoke "wait32" (i32.const 0) (i32.const 2) (i64.const 1000000)) (i32.const 2))
(assert_return (invoke "wait32" (i32.const 4) (i32.const 1) (i64.const 1)) (i32.const 2))
(assert_return (invoke "wait64" (i32.const 0) (i64.const 2) (i64.const -1)) (i32.const 1))
(assert_return (invoke "wait64" (i32.const 0) (i64.const 0x1_0000_0002) (i64.const 1)) (i32.const 2))
(assert_return (invoke "notify" (i32.const 8) (i32.const 1)) (i32.const 0))
"""

SHARED = """
(module $Mem
  (memory (export "shared") 1 4 shared))
(register "mem" $Mem)
"""

WORKER = """
(thread ${name} (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 4 shared)
{body})
{directives})
"""


def worker(name, body, directives):
    indent = lambda text: "\n".join("  " + line for line in text.strip("\n").split("\n"))
    return WORKER.replace("{name}", name).replace("{body}", indent(body)).replace("{directives}", indent(directives)).strip()


def handshake():
    """A thread that waits, one that notifies, and one that sees earlier writes."""
    waits = """
  (func (export "run") (result i32 i32)
    (i32.store (i32.const 64) (i32.const 1))
    ;; Ready: the other thread may notify from now on.
    (i32.atomic.store (i32.const 4) (i32.const 1))
    (loop $again
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
      (br_if $again (i32.eqz (i32.atomic.load (i32.const 0)))))
    (i32.load (i32.const 8))
    (i32.load (i32.const 64)))
"""
    spins = """
  (func (export "run") (result i32 i32)
    (local $before i32)
    (local.set $before (i32.load (i32.const 12)))
    ;; The value was read: the other thread may write.
    (i32.atomic.store (i32.const 24) (i32.const 1))
    (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 16)))))
    (local.get $before)
    (i32.load (i32.const 12)))
"""
    main = """
(module
  (memory (import "mem" "shared") 1 4 shared)
  (func (export "go")
    (loop $ready (br_if $ready (i32.eqz (i32.atomic.load (i32.const 4)))))
    (i32.store (i32.const 8) (i32.const 42))
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))
  (func (export "publish")
    (loop $ready (br_if $ready (i32.eqz (i32.atomic.load (i32.const 24)))))
    (i32.store (i32.const 12) (i32.const 77))
    (i32.atomic.store (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (i32.const 1)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
"""
    parts = [SHARED.strip(), main.strip()]
    parts.append(worker("Waits", waits, '(assert_return (invoke "run") (i32.const 42) (i32.const 1))'))
    parts += ['(assert_return (invoke "go"))', "(wait $Waits)"]
    parts.append(worker("Spins", spins, '(assert_return (invoke "run") (i32.const 0) (i32.const 77))'))
    parts += ['(assert_return (invoke "publish"))', "(wait $Spins)"]
    parts += [ret("load", [f"(i32.const {at})"], const("i32", n)) for at, n in ((8, 42), (12, 77), (20, 1), (64, 1))]
    write("threads/handshake.wast", "Threads that wait for each other: earlier writes are visible afterwards.", parts, HEADER)


def counters():
    """Three threads count at once by each operator."""
    rounds, threads = 2000, 3
    cas = """
    (loop $again
      (local.set $old (i32.atomic.load (i32.const 32)))
      (br_if $again (i32.ne (local.get $old)
        (i32.atomic.rmw.cmpxchg (i32.const 32) (local.get $old) (i32.add (local.get $old) (i32.const 1))))))
    (loop $again
      (local.set $old (i32.atomic.load16_u (i32.const 38)))
      (br_if $again (i32.ne (local.get $old) (i32.atomic.rmw16.cmpxchg_u (i32.const 38) (local.get $old)
        (i32.and (i32.const 0xffff) (i32.add (local.get $old) (i32.const 1)))))))
    ;; A lock, and a counter protected only by it.
    (loop $taken (br_if $taken (i32.atomic.rmw8.xchg_u (i32.const 40) (i32.const 1))))
    (i32.store (i32.const 44) (i32.add (i32.load (i32.const 44)) (i32.const 1)))
    (i32.atomic.store8 (i32.const 40) (i32.const 0))"""
    body = f"""
  (func (export "run") (param $bit i32)
    (local $i i32) (local $old i32)
    (loop $next
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (drop (i64.atomic.rmw.sub (i32.const 8) (i64.const 3)))
    (drop (i32.atomic.rmw8.add_u (i32.const 16) (i32.const 1)))
    (drop (i32.atomic.rmw16.sub_u (i32.const 18) (i32.const 1)))
    (drop (i64.atomic.rmw32.add_u (i32.const 20) (i64.const 5)))
    ;; Each thread has a bit of its own, which the others must not touch.
    (drop (i32.atomic.rmw.xor (i32.const 24) (local.get $bit)))
    (if (i32.and (i32.atomic.rmw8.or_u (i32.const 28) (local.get $bit)) (local.get $bit)) (then (unreachable)))
    (if (i32.eqz (i32.and (i32.atomic.rmw8.and_u (i32.const 28) (i32.xor (local.get $bit) (i32.const -1)))
      (local.get $bit))) (then (unreachable)))
{cas}
    (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {rounds})))))
"""
    total = rounds * threads
    check = """
(module
  (memory (import "mem" "shared") 1 4 shared)
  (func (export "i32") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "i64") (param i32) (result i64) (i64.load (local.get 0))))
"""
    parts = [SHARED.strip()]
    for i in range(threads):
        parts.append(worker(f"T{i}", body, ret("run", [const("i32", 1 << i)])))
    parts += [f"(wait $T{i})" for i in range(threads)]
    parts.append(check.strip())
    at = lambda n: f"(i32.const {n})"
    parts.append(ret("i32", [at(0)], const("i32", total)))
    parts.append(ret("i64", [at(8)], const("i64", -3 * total)))
    parts.append(ret("i32", [at(16)], const("i32", total % 256 | (-total % 65536) << 16)))
    parts.append(ret("i32", [at(20)], const("i32", 5 * total)))
    parts.append(ret("i32", [at(24)], const("i32", 0)))
    parts.append(ret("i32", [at(28)], const("i32", 0)))
    parts.append(ret("i32", [at(32)], const("i32", total)))
    parts.append(ret("i32", [at(36)], const("i32", (total % 65536) << 16)))
    parts.append(ret("i32", [at(40)], const("i32", 0)))
    parts.append(ret("i32", [at(44)], const("i32", total)))
    write("threads/counters.wast", "Threads that count together, by every read-modify-write operator and under a lock.", parts, HEADER)


def growth():
    """A thread grows, another one waits for it and accesses the new pages."""
    grows = """
  (func (export "run") (result i32)
    (memory.grow (i32.const 1))
    (i32.store8 (i32.const 131071) (i32.const 5))
    (i32.atomic.store (i32.const 0) (i32.const 1)))
  (func (export "size") (result i32) (memory.size))
"""
    main = """
(module
  (memory (import "mem" "shared") 1 4 shared)
  (func (export "size") (result i32) (memory.size))
  (func (export "before") (result i32) (i32.load8_u (i32.const 131071)))
  (func (export "after") (result i32 i32)
    (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 0)))))
    (i32.load8_u (i32.const 131071))
    (memory.size))
  (func (export "sizes until it grows") (param $from i32)
    (loop $again (br_if $again (i32.eq (memory.size) (local.get $from)))))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
"""
    again = """
  (func (export "run") (result i32) (memory.grow (i32.const 1)))
"""
    parts = [SHARED.strip(), main.strip(), ret("size", [], "(i32.const 1)"), trap("before", [], OUTSIDE)]
    parts.append(worker("Grows", grows, ret("run", [], "(i32.const 1)") + "\n" + ret("size", [], "(i32.const 2)")))
    parts += [ret("after", [], "(i32.const 5) (i32.const 2)"), "(wait $Grows)"]
    parts += [worker("Again", again, ret("run", [], "(i32.const 2)")), ret("sizes until it grows", ["(i32.const 2)"])]
    parts += ["(wait $Again)", ret("grow", ["(i32.const 2)"], "(i32.const -1)")]
    parts += [ret("grow", ["(i32.const 1)"], "(i32.const 3)"), ret("size", [], "(i32.const 4)")]
    write("threads/growth.wast", "Growth becomes visible to another thread.", parts, HEADER)


def isolation():
    """Nothing but shared memories reaches a thread, and the names of their instance go both ways."""
    parts = [
        """(module $Mem
  (memory (export "shared") 1 1 shared)
  (memory $own (export "own") 1 1)
  (global (export "global") i32 (i32.const 1)))
(register "mem" $Mem)""",
        """(thread $T (shared (module $Mem))
  (module (memory (import "mem" "shared") 1 1 shared))
  (register "other" $Mem)
  (module (memory (import "other" "shared") 1 1 shared) (func (export "f") (result i32) (i32.const 3)))
  (assert_return (invoke "f") (i32.const 3))
  (assert_unlinkable (module (memory (import "mem" "own") 1 1)) "unknown import")
  (assert_unlinkable (module (global (import "mem" "global") i32)) "unknown import")
  (assert_unlinkable (module (memory (import "mem" "shared") 1 1)) "incompatible import type")
  (assert_invalid (module (func (result i32))) "type mismatch")
  (module (func (export "trap") (unreachable)))
  (assert_trap (invoke "trap") "unreachable")
  (register "trap"))
(wait $T)
(module (memory (import "other" "shared") 1 1 shared) (memory (import "other" "own") 1 1))
(assert_unlinkable (module (func (import "trap" "trap"))) "unknown import")""",
        """(module $Known (global (export "g") i64 (i64.const 9)))
(register "known" $Known)
(thread $Takes (shared (module $Mem)) (register "known" $Mem) (module (memory (import "known" "shared") 1 1 shared)))
(wait $Takes)
(module (global (import "known" "g") i64))""",
        "(thread $Alone (module (func (export \"f\") (result i64) (i64.const 4))) (assert_return (invoke \"f\") (i64.const 4)))",
        "(assert_unlinkable (module (func (import \"mem\" \"f\"))) \"unknown import\")",
        "(wait $Alone)",
    ]
    write("threads/isolation.wast", "The items visible in a script's thread, and those that are not.", parts, HEADER + ";;! multi-memory = true\n")


# A litmus test: what the threads do with the cells $x and $y of one turn, of 32 bits each, and how many of the results a, b, c, d
# there are; the outcome that is forbidden; and why. Results are stored, and counted by the script's own thread.
X, Y, RESULTS, ARRAY = 0x1000, 0x3000, 0x5000, 0x1000
CELLS, PASSES = 512, 1


def cell_load(at):
    return f"(i32.atomic.load offset={at} (local.get $at))"


def cell_store(at, value=1):
    return f"(i32.atomic.store offset={at} (local.get $at) (i32.const {value}))"


def cell_swap(at):
    return f"(drop (i32.atomic.rmw.xchg offset={at} (local.get $at) (i32.const 1)))"


def cell_add(at):
    return f"(i32.atomic.rmw.add offset={at} (local.get $at) (i32.const 0))"


def plain_load(at):
    return f"(i32.load offset={at} (local.get $at))"


def plain_store(at):
    return f"(i32.store offset={at} (local.get $at) (i32.const 1))"


def seen(name, load):
    """Keeps what a load returns."""
    return f"(local.set ${name} {load})"


LITMUS = {
    "message_passing": (
        "Who sees the flag sees what was written before it, by a plain store.",
        [[plain_store(X), cell_store(Y)], [seen("a", cell_load(Y)), seen("b", plain_load(X))]],
        {"a": 1, "b": 0},
    ),
    # By stores and loads alone: ci/litmus/store_buffering.wast.
    "store_buffering": (
        "Of two threads that store and then look at the other's cell, by operators that load and store, one sees the other's store.",
        [[cell_swap(X), seen("a", cell_load(Y))], [cell_store(Y), seen("b", cell_add(X))]],
        {"a": 0, "b": 0},
    ),
    "load_buffering": (
        "No load sees a store that comes after it on the other thread.",
        [[seen("a", cell_load(X)), cell_store(Y)], [seen("b", cell_load(Y)), cell_store(X)]],
        {"a": 1, "b": 1},
    ),
    "coherence": (
        "A cell does not go back to an older value.",
        [[cell_store(X, 1), cell_store(X, 2)], [seen("a", cell_load(X)), seen("b", cell_load(X))]],
        {"a": 2, "b": 1},
    ),
    "causality": (
        "What a thread saw before it stored is seen by who sees that store.",
        [[cell_store(X)], [seen("a", cell_load(X)), cell_store(Y)], [seen("b", cell_load(Y)), seen("c", cell_load(X))]],
        {"a": 1, "b": 1, "c": 0},
    ),
    "independent_reads": (
        "Two threads see the stores of two others in one order (IRIW).",
        [
            [cell_store(X)],
            [cell_store(Y)],
            [seen("a", cell_load(X)), seen("b", cell_load(Y))],
            [seen("c", cell_load(Y)), seen("d", cell_load(X))],
        ],
        {"a": 1, "b": 0, "c": 1, "d": 0},
    ),
}

LITMUS_MODULE = """
(module
  (memory (import "mem" "shared") 1 1 shared)
  ;; Waits until this many arrivals were counted, then for some turns of a loop more: the last to arrive is ahead, now less
  ;; and now more. A thread that spins for long gives up its processor, and is not woken: that would order accesses, too.
  (func $meet (param $arrivals i32) (param $delay i32)
    (local $seen i32) (local $turns i32)
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (loop $again
      (local.set $seen (i32.atomic.load (i32.const 0)))
      (if (i32.lt_u (local.get $seen) (local.get $arrivals)) (then
        (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
        (if (i32.gt_u (local.get $turns) (i32.const 2000)) (then
          (drop (memory.atomic.wait32 (i32.const 0) (local.get $seen) (i64.const 50000)))))
        (br $again))))
    (loop $later (br_if $later (i32.gt_s (local.tee $delay (i32.sub (local.get $delay) (i32.const 1))) (i32.const 0)))))
{count}  (func (export "run") (result i32)
    (local $at i32) (local $arrivals i32) (local $passes i32) (local $forbidden i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (loop $pass
      (local.set $at (i32.const 0))
      (loop $cell
        (if (i32.eqz (i32.and (local.get $at) (i32.const {mask}))) (then
          (call $meet (local.tee $arrivals (i32.add (local.get $arrivals) (i32.const {threads})))
            (i32.and (i32.shr_u (local.get $at) (i32.const {shift})) (i32.const 127)))))
{body}
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $cell (i32.lt_u (local.get $at) (i32.const {bytes}))))
      (call $meet (local.tee $arrivals (i32.add (local.get $arrivals) (i32.const {threads}))) (i32.const 0))
{counts}      (call $meet (local.tee $arrivals (i32.add (local.get $arrivals) (i32.const {threads}))) (i32.const 0))
      (br_if $pass (i32.lt_u (local.tee $passes (i32.add (local.get $passes) (i32.const 1))) (i32.const {passes}))))
    (local.get $forbidden)))
"""

LITMUS_COUNT = """  ;; The number of cells with the forbidden outcome. Afterwards all cells and results are 0.
  (func $count (result i32)
    (local $at i32) (local $n i32)
    (loop $cell
      (local.set $n (i32.add (local.get $n)
        {forbidden}))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $cell (i32.lt_u (local.get $at) (i32.const {bytes}))))
    (memory.fill (i32.const {start}) (i32.const 0) (i32.const {length}))
    (local.get $n))
"""


def litmus(name, comment, threads, forbidden):
    """Threads that access the same cells at the same time; the forbidden outcome never shows."""
    names = sorted(forbidden)
    place = {n: RESULTS + ARRAY * i for i, n in enumerate(names)}
    equal = [f"(i32.eq (i32.load offset={place[n]} (local.get $at)) (i32.const {forbidden[n]}))" for n in names]
    all_equal = equal[0]
    for one in equal[1:]:
        all_equal = f"(i32.and {all_equal}\n          {one})"
    cells = {"bytes": 4 * CELLS, "start": X, "length": RESULTS + ARRAY * len(names) - X, "forbidden": all_equal}

    # If there are more threads than processors, they rarely meet.
    together = 2 if len(threads) == 2 else 16

    def module(i, counts):
        accesses = threads[i]
        keeps = [f"(i32.store offset={place[n]} (local.get $at) (local.get ${n}))" for n in names if f"(local.set ${n} " in "".join(accesses)]
        fields = {
            "count": LITMUS_COUNT.format(**cells) if counts else "",
            "counts": "      (local.set $forbidden (i32.add (local.get $forbidden) (call $count)))\n" if counts else "",
            "body": "\n".join("        " + line for line in [*accesses, *keeps]),
            "mask": 4 * together - 1, "shift": 2 * i, "threads": len(threads), "bytes": 4 * CELLS, "passes": PASSES,
        }
        return LITMUS_MODULE.format(**fields).strip()

    parts = [SHARED.replace("1 4", "1 1").strip()]
    zero = ret("run", [], "(i32.const 0)")
    indent = lambda text: "\n".join("  " + line for line in text.split("\n"))
    for i in range(1, len(threads)):
        body = indent(module(i, False))
        parts.append(f'(thread $T{i} (shared (module $Mem))\n  (register "mem" $Mem)\n{body}\n  {zero})')
    parts += [module(0, True), zero]
    parts += [f"(wait $T{i})" for i in range(1, len(threads))]
    write(f"threads/litmus_{name}.wast", comment, parts, HEADER)


def make():
    values()
    checks("i32", "threads/checks.wast", "(memory 1 1 shared)", (1 << 32) - 8)
    checks("i64", "threads/checks_64.wast", "(memory i64 1 1 shared)", (1 << 64) - 8)
    checks("i32", "threads/checks_unguarded.wast", "(memory 65536 65536 shared (pagesize 1))", (1 << 32) - 8, ";;! custom-page-sizes = true\n")
    two = 1 << 31
    far(
        "threads/far_atomics.wast",
        "i32",
        "(memory 0x9001 0x9001 shared)",
        [two, two + (1 << 28)],
        0x9001 * PAGE,
        "Atomic operators beyond 2 GiB of a memory of 32 bits: no address has a sign.",
    )
    far(
        "threads/far_atomics_64.wast",
        "i64",
        "(memory i64 0x1_0002 0x1_0002 shared)",
        [two, 2 * two],
        (1 << 32) + 2 * PAGE,
        "Atomic operators at 2 GiB and 4 GiB: no address has a sign, or ends with 32 bits.",
    )
    sequences()
    write("threads/waiting.wast", "Waiting and notifying, alone.", [WAITING.strip()], HEADER)
    handshake()
    counters()
    growth()
    isolation()
    for name, (comment, threads, forbidden) in LITMUS.items():
        litmus(name, comment, threads, forbidden)
