"""64-bit addresses and indices: every access, growth, segments, and tables."""

import itertools
import random

from .script import const, ret, spaced, trap, write

M64 = 1 << 64
OUT = "out of bounds memory access"
TABLE_OUT = "out of bounds table access"


def i64(n):
    return const("i64", n)


def byte(i):
    """The contents of the memory: no two neighbours are equal, and both signs occur."""
    return (i * 37 + i // 256 * 11 + 5) % 256


def word(at, size):
    return sum(byte(at + i) << 8 * i for i in range(size))


def extended(n, size, signed, ty):
    bits = 32 if ty == "i32" else 64
    if signed and n >> (8 * size - 1):
        n -= 1 << 8 * size
    return n % (1 << bits)


LOADS = [
    ("i32.load", "i32", 4, False),
    ("i64.load", "i64", 8, False),
    ("i32.load8_s", "i32", 1, True),
    ("i32.load16_u", "i32", 2, False),
    ("i64.load8_u", "i64", 1, False),
    ("i64.load16_s", "i64", 2, True),
    ("i64.load32_s", "i64", 4, True),
    ("i64.load32_u", "i64", 4, False),
]
STORES = [("i32.store", "i32", 4), ("i64.store", "i64", 8), ("i32.store8", "i32", 1), ("i64.store16", "i64", 2), ("i64.store32", "i64", 4)]

FILL = """  (func $fill (export "fill") (param $to i64) (local $i i64)
    (loop $next
      (i64.store8 {memory} (local.get $i) (i64.add (i64.const 5) (i64.add (i64.mul (local.get $i) (i64.const 37))
        (i64.mul (i64.shr_u (local.get $i) (i64.const 8)) (i64.const 11)))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_u (local.get $i) (local.get $to)))))"""


# The two halves of a vector after an access of this many bytes at an address that holds `byte`.
OTHER = [0x1111111111111111, 0x2222222222222222]


def lanes(values, bits):
    n = sum(v % (1 << bits) << bits * i for i, v in enumerate(values))
    return [n % M64, n >> 64]


def replaced(at, size, lane):
    n = OTHER[0] + (OTHER[1] << 64)
    shift = 8 * size * lane
    n = n & ~((1 << 8 * size) - 1 << shift) | word(at, size) << shift
    return [n % M64, n >> 64]


def sign(n, bits):
    return n - (1 << bits) if n >> (bits - 1) else n


VECTOR_LOADS = [
    ("v128.load", 16, "", lambda at: [word(at, 8), word(at + 8, 8)]),
    ("v128.load8x8_s", 8, "", lambda at: lanes([sign(byte(at + i), 8) for i in range(8)], 16)),
    ("v128.load32x2_u", 8, "", lambda at: lanes([word(at, 4), word(at + 4, 4)], 64)),
    ("v128.load16_splat", 2, "", lambda at: lanes([word(at, 2)] * 8, 16)),
    ("v128.load64_zero", 8, "", lambda at: [word(at, 8), 0]),
    ("v128.load8_lane", 1, "11", lambda at: replaced(at, 1, 11)),
    ("v128.load32_lane", 4, "2", lambda at: replaced(at, 4, 2)),
]
VECTOR_STORES = [("v128.store", 16, ""), ("v128.store16_lane", 2, "5"), ("v128.store64_lane", 8, "1")]


def v128(halves):
    return f"(v128.const i64x2 {halves[0]:#x} {halves[1]:#x})"


def addresses(path, declaration, length, memory, comment, header="", step=1):
    """Every access at every edge, with the address as a parameter and as a constant; one access in `step`."""
    offsets = [0, 1, 7, length - 8, length - 1, length, length + 1, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63]
    offsets += [M64 - length, M64 - 9, M64 - 8, M64 - 4, M64 - 2, M64 - 1]
    offsets = sorted({o for o in offsets if 0 <= o < M64})
    rng = random.Random(path)
    lines = ["(module", declaration, FILL.format(memory=memory)]
    checks = [f'(invoke "fill" {i64(length)})']
    number = 0

    def edges(offset, size):
        last = length - size - offset
        return sorted({a % M64 for a in (last - 1, last, last + 1, last + size, -offset, -offset - 1, 1 - offset, 0, 1, -1, -size, 1 << 63, 1 << 32, last + (1 << 32))})

    def fits(address, offset, size):
        return address + offset + size <= length

    for name, ty, size, signed in LOADS[::step]:
        for offset in offsets:
            export = f"{name} {offset:#x}"
            place = f"{memory} offset={offset:#x}"
            lines.append(f'  (func (export "{export}") (param i64) (result {ty}) ({name} {place} (local.get 0)))')
            for address in edges(offset, size):
                want = None
                if fits(address, offset, size):
                    want = const(ty, extended(word(address + offset, size), size, signed, ty))
                if rng.random() < 0.5 or want:
                    checks.append(ret(export, [i64(address)], [want]) if want else trap(export, [i64(address)], OUT))
                if rng.random() < 0.08 or want and rng.random() < 0.5:
                    fixed = f"c{number}"
                    number += 1
                    lines.append(f'  (func (export "{fixed}") (result {ty}) ({name} {place} {i64(address)}))')
                    checks.append(ret(fixed, [], [want]) if want else trap(fixed, [], OUT))
    for name, size, lane, value in VECTOR_LOADS[::step]:
        for offset in offsets:
            export = f"{name} {offset:#x}"
            operand = f" {v128(OTHER)}" if lane else ""
            place = f"{memory} offset={offset:#x} {lane}"
            lines.append(f'  (func (export "{export}") (param i64) (result v128) ({name} {place} (local.get 0){operand}))')
            for address in edges(offset, size):
                if fits(address, offset, size):
                    checks.append(ret(export, [i64(address)], [v128(value(address + offset))]))
                elif rng.random() < 0.2:
                    checks.append(trap(export, [i64(address)], OUT))
    # A store that is out of bounds writes nothing; one in bounds writes its bytes and no more.
    stored = {}
    for name, ty, size in STORES[::step]:
        for offset in offsets:
            export = f"{name} {offset:#x}"
            place = f"{memory} offset={offset:#x}"
            lines.append(f'  (func (export "{export}") (param i64 {ty}) ({name} {place} (local.get 0) (local.get 1)))')
            for address in edges(offset, size):
                value = rng.getrandbits(32 if ty == "i32" else 64)
                args = [i64(address), const(ty, value)]
                if not fits(address, offset, size):
                    if rng.random() < 0.3:
                        checks.append(trap(export, args, OUT))
                elif rng.random() < 0.6:
                    checks.append(ret(export, args, []))
                    for i in range(size):
                        stored[address + offset + i] = value >> 8 * i & 255
    for name, size, lane in VECTOR_STORES[::step]:
        for offset in offsets:
            export = f"{name} {offset:#x}"
            place = f"{memory} offset={offset:#x} {lane}"
            lines.append(f'  (func (export "{export}") (param i64 v128) ({name} {place} (local.get 0) (local.get 1)))')
            for address in edges(offset, size):
                halves = [rng.getrandbits(64), rng.getrandbits(64)]
                args = [i64(address), v128(halves)]
                if not fits(address, offset, size):
                    if rng.random() < 0.2:
                        checks.append(trap(export, args, OUT))
                elif rng.random() < 0.6:
                    checks.append(ret(export, args, []))
                    value = halves[0] + (halves[1] << 64) >> 8 * size * int(lane or 0)
                    for i in range(size):
                        stored[address + offset + i] = value >> 8 * i & 255
    lines.append(f'  (func (export "byte") (param i64) (result i32) (i32.load8_u {memory} (local.get 0)))')
    around = {a + d for a in stored for d in (-1, 0, 1)} | {length - 1}
    for at in sorted(a for a in around if 0 <= a < length):
        checks.append(ret("byte", [i64(at)], [const("i32", stored.get(at, byte(at)))]))
    # One address, several offsets: one check must not stand in for the next.
    lines.append(f'  (func (export "record") (param i64) (result i64)')
    lines.append(f"    (i64.add (i64.load {memory} offset=16 (local.get 0)) (i64.add (i64.load8_u {memory} offset=64 (local.get 0))")
    lines.append(f"      (i64.load16_u {memory} (local.get 0)))))")
    lines.append(")")
    for address in (0, 1, length - 66, length - 65, length - 64, length - 24, M64 - 16, M64 - 64, M64 - 65):
        if address + 65 <= length and not any(address <= a < address + 66 for a in stored):
            want = (word(address + 16, 8) + byte(address + 64) + word(address, 2)) % M64
            checks.append(ret("record", [i64(address)], [i64(want)]))
        elif address + 65 > length:
            checks.append(trap("record", [i64(address)], OUT))
    write(path, comment, lines + checks, header)


# As a bit pattern: operator, bytes, signed, the conversion of the result to an integer, its type.
EVERY_LOAD = [(name, size, signed, "", ty) for name, ty, size, signed in LOADS] + [
    ("i32.load8_u", 1, False, "", "i32"),
    ("i32.load16_s", 2, True, "", "i32"),
    ("i64.load8_s", 1, True, "", "i64"),
    ("i64.load16_u", 2, False, "", "i64"),
    ("f32.load", 4, False, "i32.reinterpret_f32", "i32"),
    ("f64.load", 8, False, "i64.reinterpret_f64", "i64"),
]
# With the conversion of an integer to the operand.
EVERY_STORE = [(name, size, "", ty) for name, ty, size in STORES] + [
    ("i32.store16", 2, "", "i32"),
    ("i64.store8", 1, "", "i64"),
    ("f32.store", 4, "f32.reinterpret_i32", "i32"),
    ("f64.store", 8, "f64.reinterpret_i64", "i64"),
]
# An address computed from two numbers, in text and in Python.
ADDRESSES = [
    ("read", "(local.get 0)", lambda a, b: a),
    ("made", "(i64.xor (local.get 0) (local.get 1))", lambda a, b: a ^ b),
    ("kept", "(local.tee 0 (i64.sub (local.get 0) (local.get 1)))", lambda a, b: (a - b) % M64),
    ("sum", "(i64.add (local.get 0) (local.get 1))", lambda a, b: (a + b) % M64),
    ("element", "(i64.add (local.get 0) (i64.shl (local.get 1) (i64.const 3)))", lambda a, b: (a + (b << 3)) % M64),
]


def forms():
    """Every origin of an access's operands: just read, just computed, a sum, a constant."""
    rng = random.Random(7)
    # Two pages: accesses beyond offsets of 16 bits succeed, too.
    length = 2 * 65536
    offsets = [0, 8, (1 << 16) - 1, 1 << 16, (1 << 32) - 1, 1 << 32, M64 - 8]
    lines = ["(module", "  (memory i64 2)", FILL.format(memory="")]
    checks = [f'(invoke "fill" {i64(length)})']
    memory = bytearray(byte(at) for at in range(length))

    def places(size, count):
        """Form, offset and address, and whether the access is in bounds."""
        for which, form, _ in ADDRESSES:
            for offset in rng.sample(offsets, count):
                last = length - size - offset
                edges = [last, last + 1, last - 1, -offset, -1, -size, -offset - 1, 1 << 32, 1 << 63, last + (1 << 32)]
                yield which, form, offset, sorted({a % M64 for a in edges})

    def operands(which, address):
        """Two numbers from which this form computes the address."""
        other = rng.choice([0, 1, 5, 1 << 32, 1 << 63, M64 - 1, rng.getrandbits(64)])
        first = {
            "read": address,
            "made": address ^ other,
            "kept": address + other,
            "sum": address - other,
            "element": address - (other << 3),
        }[which]
        return [i64(first % M64), i64(other)]

    def fits(address, offset, size):
        return address + offset + size <= length

    for name, size, signed, after, ty in EVERY_LOAD:
        for which, form, offset, edges in places(size, 2):
            export = f"{name} {which} {offset:#x}"
            load = f"({name} offset={offset:#x} {form})"
            load = f"({after} {load})" if after else load
            lines.append(f'  (func (export "{export}") (param i64 i64) (result {ty}) {load})')
            for address in edges:
                if fits(address, offset, size):
                    want = const(ty, extended(word(address + offset, size), size, signed, ty))
                    checks.append(ret(export, operands(which, address), [want]))
                elif rng.random() < 0.4:
                    checks.append(trap(export, operands(which, address), OUT))
    for name, size, lane, value in VECTOR_LOADS:
        operand = f" {v128(OTHER)}" if lane else ""
        for which, form, offset, edges in places(size, 1):
            export = f"{name} {which} {offset:#x}"
            load = f"({name} offset={offset:#x} {lane} {form}{operand})"
            lines.append(f'  (func (export "{export}") (param i64 i64) (result v128) {load})')
            for address in edges:
                if fits(address, offset, size):
                    checks.append(ret(export, operands(which, address), [v128(value(address + offset))]))
                elif rng.random() < 0.4:
                    checks.append(trap(export, operands(which, address), OUT))

    # All stores are observed: a store that traps writes nothing, and any other only its own bytes.
    lines += [
        '  (func (export "all") (result i64) (local $at i64) (local $all i64)',
        "    (loop $next",
        "      (local.set $all (i64.add (i64.mul (local.get $all) (i64.const 31)) (i64.load (local.get $at))))",
        "      (local.set $at (i64.add (local.get $at) (i64.const 8)))",
        f"      (br_if $next (i64.lt_u (local.get $at) (i64.const {length}))))",
        "    (local.get $all))",
    ]

    def everything():
        n = 0
        for at in range(0, length, 8):
            n = (n * 31 + int.from_bytes(memory[at : at + 8], "little")) % M64
        return ret("all", [], [i64(n)])

    checks.append(everything())
    for name, size, before, ty in EVERY_STORE:
        bits = 32 if ty == "i32" else 64
        key = rng.getrandbits(bits)
        fixed = [rng.getrandbits(7), rng.getrandbits(bits)]
        values = [("read", "(local.get 2)", lambda v: v), ("made", f"({ty}.xor (local.get 2) {const(ty, key)})", lambda v: v ^ key)]
        values += [(f"constant {i}", const(ty, n), lambda v, n=n: n) for i, n in enumerate(fixed)]
        for how, text, compute in values:
            text = f"({before} {text})" if before else text
            for which, form, offset, edges in places(size, 1):
                export = f"{name} {which} {offset:#x} {how}"
                lines.append(f'  (func (export "{export}") (param i64 i64 {ty}) ({name} offset={offset:#x} {form} {text}))')
                for address in edges:
                    value = rng.getrandbits(bits)
                    args = operands(which, address) + [const(ty, value)]
                    if fits(address, offset, size):
                        checks.append(ret(export, args, []))
                        stored = compute(value) % (1 << 8 * size)
                        memory[address + offset : address + offset + size] = stored.to_bytes(size, "little")
                    elif rng.random() < 0.3:
                        checks.append(trap(export, args, OUT))
            checks.append(everything())
    for which, form, offset, edges in places(16, 3):
        export = f"v128.store {which} {offset:#x}"
        lines.append(f'  (func (export "{export}") (param i64 i64 v128) (v128.store offset={offset:#x} {form} (local.get 2)))')
        for address in edges:
            halves = [rng.getrandbits(64), rng.getrandbits(64)]
            args = operands(which, address) + [v128(halves)]
            if fits(address, offset, 16):
                checks.append(ret(export, args, []))
                memory[address + offset : address + offset + 16] = (halves[0] + (halves[1] << 64)).to_bytes(16, "little")
            else:
                checks.append(trap(export, args, OUT))
    checks.append(everything())
    write("memory64/forms.wast", forms.__doc__, lines + [")"] + checks)


def growth():
    lines = [
        "(module",
        "  (memory $m i64 0 3)",
        '  (func (export "size") (result i64) (memory.size))',
        '  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))',
        '  (func (export "load") (param i64) (result i64) (i64.load offset=8 (local.get 0)))',
        '  (func (export "store") (param i64 i64) (i64.store offset=8 (local.get 0) (local.get 1)))',
        "  ;; The length is read again after growth.",
        '  (func (export "around") (param i64) (result i64 i64) (local i64)',
        "    (local.set 1 (memory.size))",
        "    (drop (memory.grow (i64.const 1)))",
        "    (i64.store (local.get 0) (i64.const 77))",
        "    (local.get 1) (i64.load (local.get 0)))",
        '  (func (export "loop") (result i64) (local $at i64)',
        "    (loop $next",
        "      (i64.store (local.get $at) (i64.const 1))",
        "      (local.set $at (i64.add (local.get $at) (i64.const 4096)))",
        "      (br_if $next (i64.lt_u (local.get $at) (i64.shl (memory.size) (i64.const 16)))))",
        "    (local.get $at))",
        ")",
        ret("size", [], [i64(0)]),
        trap("load", [i64(0)], OUT),
        trap("load", [i64(M64 - 8)], OUT),
    ]
    for delta in (4, 5, 1 << 16, 1 << 31, 1 << 32, (1 << 32) + 1, 1 << 47, (1 << 48) - 1, 1 << 48, (1 << 48) + 1, 1 << 63, M64 - 1):
        lines.append(ret("grow", [i64(delta)], [i64(M64 - 1)]))
    lines += [ret("grow", [i64(0)], [i64(0)]), ret("grow", [i64(1)], [i64(0)]), ret("size", [], [i64(1)])]
    for delta in (3, 1 << 48, M64 - 1, (1 << 32) + 1, 1 << 32):
        lines.append(ret("grow", [i64(delta)], [i64(M64 - 1)]))
    lines += [
        ret("store", [i64(65520), i64(9)], []),
        ret("load", [i64(65520)], [i64(9)]),
        trap("load", [i64(65521)], OUT),
        trap("around", [i64(3 * 65536)], OUT),
        ret("size", [], [i64(2)]),
        ret("around", [i64(2 * 65536)], [i64(2), i64(77)]),
        ret("around", [i64(3 * 65536 - 8)], [i64(3), i64(77)]),
        ret("loop", [], [i64(3 * 65536)]),
        "",
        "(module (memory (export \"m\") i64 1 2))",
        '(register "small")',
        '(module (memory (import "small" "m") i64 1)'
        ' (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))'
        ' (func (export "load") (param i64) (result i32) (i32.load8_u offset=65536 (local.get 0))))',
        trap("load", [i64(0)], OUT),
        ret("grow", [i64(1)], [i64(1)]),
        ret("load", [i64(65535)], [const("i32", 0)]),
        trap("load", [i64(65536)], OUT),
        ret("grow", [i64(1)], [i64(M64 - 1)]),
        '(assert_unlinkable (module (memory (import "small" "m") 1)) "incompatible import type")',
        '(assert_unlinkable (module (memory (import "small" "m") i64 3)) "incompatible import type")',
        '(assert_unlinkable (module (memory (import "small" "m") i64 1 1)) "incompatible import type")',
    ]
    # Whatever makes the memory grow, the next access in the same call sees it.
    again = "(i64.store (local.get 0) (i64.const 77)) (i64.load (local.get 0))"
    ways = {
        "call": f"(drop (call $grow (i64.const 1))) {again}",
        "indirect": f"(drop (call_indirect (type $g) (i64.const 1) (i32.const 0))) {again}",
        "own": f"(call $own) {again}",
        "tail": "(drop (call $grow (i64.const 1))) (return_call $again (local.get 0))",
        "tail indirect": "(drop (call $grow (i64.const 1))) (return_call_indirect (type $l) (local.get 0) (i32.const 1))",
    }
    lines += [
        "",
        '(module (memory (export "m") i64 1 20)',
        '  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0))))',
        '(register "grower")',
        "(module",
        "  (type $g (func (param i64) (result i64)))",
        "  (type $l (func (param i64) (result i64)))",
        '  (memory (import "grower" "m") i64 1)',
        '  (func $grow (import "grower" "grow") (type $g))',
        "  (table funcref (elem $grow $again))",
        "  (func $own (drop (call $grow (i64.const 1))))",
        f"  (func $again (type $l) {again})",
        '  (func (export "load") (param i64) (result i64) (i64.load (local.get 0)))',
    ]
    lines += [
        f'  (func (export "{name}") (param i64) (result i64) (drop (i64.load (i64.const 0))) {body})'
        for name, body in ways.items()
    ]
    lines.append(")")
    # The second of two calls traps, at an address beyond the grown memory.
    for pages, name in zip(range(2, 99, 2), ways):
        at = pages * 65536 - 8
        lines += [trap("load", [i64(at)], OUT), ret(name, [i64(at)], [i64(77)])]
        lines += [ret("load", [i64(at)], [i64(77)]), trap("load", [i64(at + 1)], OUT)]
        lines.append(trap(name, [i64(at + 65537)], OUT))
    write("memory64/growth.wast", "Sizes are 64 bits, in both directions; the bound is read again after growth.", lines)


def large():
    four = 1 << 32
    lines = [
        "(module",
        "  (memory i64 0x10001)",
        "  (data $d \"abcdefgh\")",
        '  (func (export "store") (param i64 i64) (i64.store (local.get 0) (local.get 1)))',
        '  (func (export "load") (param i64) (result i64) (i64.load (local.get 0)))',
        '  (func (export "far") (param i64) (result i64) (i64.load offset=0x1_0000_0000 (local.get 0)))',
        '  (func (export "nearly") (param i64) (result i64) (i64.load offset=0xffff_fffc (local.get 0)))',
        '  (func (export "store_far") (param i64 i32) (i32.store offset=0x1_0000_8000 (local.get 0) (local.get 1)))',
        '  (func (export "constant") (result i64) (i64.load (i64.const 0x1_0000_0010)))',
        '  (func (export "shifted") (param i64) (result i64) (i64.load (i64.shl (local.get 0) (i64.const 3))))',
        '  (func (export "narrow") (param i64) (result i64) (i64.load (i64.extend_i32_u (i32.wrap_i64 (local.get 0)))))',
        '  (func (export "fill") (param i64 i32 i64) (memory.fill (local.get 0) (local.get 1) (local.get 2)))',
        '  (func (export "copy") (param i64 i64 i64) (memory.copy (local.get 0) (local.get 1) (local.get 2)))',
        '  (func (export "init") (param i64 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))',
        '  (func (export "size") (result i64) (memory.size))',
        ")",
        ret("size", [], [i64(0x10001)]),
        ret("store", [i64(16), i64(0x1111)], []),
        ret("store", [i64(four + 16), i64(0x2222)], []),
        ret("load", [i64(16)], [i64(0x1111)]),
        ret("load", [i64(four + 16)], [i64(0x2222)]),
        ret("far", [i64(16)], [i64(0x2222)]),
        ret("nearly", [i64(20)], [i64(0x2222)]),
        ret("constant", [], [i64(0x2222)]),
        ret("shifted", [i64(2)], [i64(0x1111)]),
        ret("shifted", [i64(four // 8 + 2)], [i64(0x2222)]),
        # The upper bits are shifted out; the address is the rest.
        ret("shifted", [i64((1 << 61) + 2)], [i64(0x1111)]),
        ret("narrow", [i64(four + 16)], [i64(0x1111)]),
        ret("store_far", [i64(8), const("i32", 7)], []),
        ret("load", [i64(four + 0x8008)], [i64(7)]),
        trap("store_far", [i64(0x8000), const("i32", 7)], OUT),
        trap("far", [i64(65529)], OUT),
        ret("far", [i64(65528)], [i64(0)]),
        trap("load", [i64(2 * four)], OUT),
        trap("load", [i64(2 * four + 16)], OUT),
        trap("far", [i64(M64 - four)], OUT),
        # Across 2^32.
        ret("fill", [i64(four - 4), const("i32", 0xAB), i64(8)], []),
        ret("load", [i64(four - 4)], [i64(0xABABABABABABABAB)]),
        ret("copy", [i64(64), i64(four - 8), i64(12)], []),
        ret("load", [i64(64)], [i64(0xABABABAB00000000)]),
        ret("copy", [i64(four + 64), i64(64), i64(16)], []),
        ret("load", [i64(four + 64)], [i64(0xABABABAB00000000)]),
        ret("init", [i64(four + 128), const("i32", 2), const("i32", 4)], []),
        ret("load", [i64(four + 128)], [i64(0x66656463)]),
        ret("load", [i64(128)], [i64(0)]),
        trap("fill", [i64(four + 65535), const("i32", 1), i64(2)], OUT),
        trap("fill", [i64(0), const("i32", 1), i64(four + 65537)], OUT),
        trap("copy", [i64(0), i64(four), i64(four)], OUT),
        trap("copy", [i64(1), i64(0), i64(M64 - 1)], OUT),
        ret("load", [i64(0)], [i64(0)]),
    ]
    write("memory64/above_4_gib.wast", "A memory that 32 bits do not reach: no address loses its upper half.", lines)


def all_loads():
    """Every load: name, type, bytes, lane, and the value at an address that holds `byte`."""
    for ty, sizes in (("i32", (1, 2, 4)), ("i64", (1, 2, 4, 8)), ("f32", (4,)), ("f64", (8,))):
        for size in sizes:
            if ty[0] == "f" or size == int(ty[1:]) // 8:
                yield f"{ty}.load", ty, size, "", lambda at, size=size: word(at, size)
                continue
            for mark in "su":
                value = lambda at, size=size, mark=mark, ty=ty: extended(word(at, size), size, mark == "s", ty)
                yield f"{ty}.load{8 * size}_{mark}", ty, size, "", value
    yield "v128.load", "v128", 16, "", lambda at: [word(at, 8), word(at + 8, 8)]
    for size in (1, 2, 4):
        count = 8 // size
        for mark in "su":
            def value(at, size=size, count=count, mark=mark):
                values = [word(at + size * i, size) for i in range(count)]
                return lanes([sign(v, 8 * size) if mark == "s" else v for v in values], 16 * size)
            yield f"v128.load{8 * size}x{count}_{mark}", "v128", 8, "", value
    for size in (1, 2, 4, 8):
        yield f"v128.load{8 * size}_splat", "v128", size, "", lambda at, size=size: lanes([word(at, size)] * (16 // size), 8 * size)
        lane = 16 // size - 1
        yield f"v128.load{8 * size}_lane", "v128", size, str(lane), lambda at, size=size, lane=lane: replaced(at, size, lane)
    for size in (4, 8):
        yield f"v128.load{8 * size}_zero", "v128", size, "", lambda at, size=size: [word(at, size), 0]


def all_stores():
    """Every store: name, type, bytes, lane."""
    for ty, sizes in (("i32", (1, 2, 4)), ("i64", (1, 2, 4, 8)), ("f32", (4,)), ("f64", (8,))):
        for size in sizes:
            narrow = ty[0] == "i" and size < int(ty[1:]) // 8
            yield f"{ty}.store{8 * size if narrow else ''}", ty, size, ""
    yield "v128.store", "v128", 16, ""
    for size in (1, 2, 4, 8):
        yield f"v128.store{8 * size}_lane", "v128", size, "1"


def far(path, address, declaration, places, end, comment, header="", step=1):
    """Every access around addresses that a number with a sign, or of 32 bits, does not reach, but atomic ones, which are those
    of `threads.far`. `places` hold `byte`, 32 of them from 16 before; the memory ends at `end`. One access in `step`. There are
    few directives: after each, the harness compares pages of 2 MiB."""
    def constant(at):
        return const(address, at % (1 << int(address[1:])))

    def value(ty, bits):
        if ty == "v128":
            return v128(bits)
        return f"({ty}.reinterpret_i{ty[1:]} {const('i' + ty[1:], bits)})" if ty[0] == "f" else const(ty, bits)

    # Floats by their bits.
    def result(ty):
        return "i" + ty[1:] if ty[0] == "f" else ty

    def as_bits(ty, text):
        return f"(i{ty[1:]}.reinterpret_{ty} {text})" if ty[0] == "f" else text

    lines = ["(module", declaration]
    for at in places:
        data = "".join(f"\\{byte(a):02x}" for a in range(at - 16, at + 16))
        lines.append(f'  (data ({constant(at - 16)[1:-1]}) "{data}")')
    lines.append('  (data $d "0123456789abcdef")')
    checks = []
    offsets = [0, 7, places[0] - 24]
    around = itertools.cycle(at + by for by in (-1, 0) for at in places)
    for number, (name, ty, size, lane, want) in enumerate(list(all_loads())[::step]):
        # By an address that is given, with each offset, and at the end; by a constant.
        operand = f" {v128(OTHER)}" if lane else ""
        zero = cleared(size, int(lane)) if lane else [0, 0] if ty == "v128" else 0
        loads, given, seen = [], [], []
        for i, offset in enumerate([*offsets, 7]):
            place = next(around) - size // 2 if i < len(offsets) else end - size
            loads.append(f"({name} offset={offset:#x}{spaced(lane)} (local.get {i}){operand})")
            given.append(constant(place - offset))
            seen.append(value(result(ty), want(place) if i < len(offsets) else zero))
        place = places[-1] - 1
        loads.append(f"({name}{spaced(lane)} {constant(place)}{operand})")
        seen.append(value(result(ty), want(place)))
        results = " ".join([result(ty)] * len(loads))
        lines.append(f'  (func (export "{name}") (param{f" {address}" * 4}) (result {results})')
        lines.append("    " + "\n    ".join(as_bits(ty, load) for load in loads) + ")")
        checks.append(ret(name, given, seen))
        if number % 4 == 0:
            last = constant(end - size - 6)
            checks.append(trap(name, [*given[:3], last], OUT))
    lines.append(f'  (func $bytes (export "bytes") (param {address}) (result i64) (i64.load (local.get 0)))')
    # What is stored, and the bytes on both sides.
    holds = {}
    stored = 0x8192A3B4C5D6E7F8
    for name, ty, size, lane in list(all_stores())[::step]:
        halves = [stored, stored ^ M64 - 1]
        n = halves[0] + (halves[1] << 64) >> (8 * size * int(lane or 0)) & (1 << 8 * size) - 1
        operand = v128(halves) if ty == "v128" else value(ty, stored % (1 << int(ty[1:])))
        offset = offsets[2]
        given, reads, seen = [], [], []
        for at in places:
            place = at - size // 2 - 1
            given.append(constant(place - offset))
            for i in range(size):
                holds[place + i] = n >> 8 * i & 255
            for start in range(place - 4, place + size + 4, 8):
                reads.append(f"(call $bytes {constant(start)})")
                held = sum(holds.get(start + i, byte(start + i)) << 8 * i for i in range(8))
                seen.append(const("i64", held))
        stores = " ".join(f"({name} offset={offset:#x}{spaced(lane)} (local.get {i}) {operand})" for i in range(len(places)))
        results = " ".join(["i64"] * len(reads))
        lines.append(f'  (func (export "{name}") (param{f" {address}" * len(places)}) (result {results})')
        lines.append(f"    {stores}\n    {' '.join(reads)})")
        checks.append(ret(name, given, seen))
    for op in ("fill", "copy"):
        params = f"{address} {'i32' if op == 'fill' else address} {address}"
        lines.append(f'  (func (export "{op}") (param {params}) (memory.{op} (local.get 0) (local.get 1) (local.get 2)))')
    lines.append(f'  (func (export "init") (param {address} i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))')
    lines.append(")")
    for at in places:
        def bytes_are(start, text):
            checks.append(ret("bytes", [constant(start)], [const("i64", int.from_bytes(text, "little"))]))
        checks.append(ret("fill", [constant(at - 12), const("i32", 0xAB), constant(24)], []))
        checks.append(ret("init", [constant(at - 8), const("i32", 0), const("i32", 16)], []))
        bytes_are(at - 12, b"\xab\xab\xab\xab0123")
        bytes_are(at + 4, b"cdef\xab\xab\xab\xab")
        # To a near place, and back; onto itself, in both directions.
        checks.append(ret("copy", [constant(64), constant(at - 8), constant(16)], []))
        bytes_are(64, b"01234567")
        bytes_are(72, b"89abcdef")
        checks.append(ret("copy", [constant(at - 5), constant(at - 8), constant(16)], []))
        bytes_are(at - 8, b"01201234")
        bytes_are(at + 3, b"89abcdef")
        checks.append(ret("copy", [constant(at - 8), constant(at - 5), constant(16)], []))
        bytes_are(at - 8, b"01234567")
        bytes_are(at, b"89abcdef")
        checks.append(ret("copy", [constant(at - 8), constant(68), constant(8)], []))
        bytes_are(at - 8, b"456789ab")
        for other in places:
            checks.append(ret("copy", [constant(other + 2), constant(at - 8), constant(8)], []))
            bytes_are(other + 2, b"456789ab")
    checks.append(ret("fill", [constant(end - 3), const("i32", 1), constant(3)], []))
    checks.append(trap("fill", [constant(end - 2), const("i32", 1), constant(3)], OUT))
    checks.append(trap("copy", [constant(end - 2), constant(places[0]), constant(3)], OUT))
    checks.append(trap("copy", [constant(places[0]), constant(end - 2), constant(3)], OUT))
    checks.append(trap("init", [constant(end - 2), const("i32", 0), const("i32", 3)], OUT))
    write(path, comment, lines + checks, header)


def cleared(size, lane):
    """The halves of a vector after the load of a lane that is zero."""
    n = OTHER[0] + (OTHER[1] << 64) & ~((1 << 8 * size) - 1 << 8 * size * lane)
    return [n % M64, n >> 64]


def bulk():
    """Fill, copy and init between memories of both kinds."""
    rng = random.Random(5)
    length = 65536
    lines = [
        "(module",
        "  (memory $w i64 1 2)",
        "  (memory $n 1 2)",
        '  (data $d "\\01\\02\\03\\04\\05\\06\\07\\08\\09\\0a")',
        '  (func (export "fill w") (param i64 i32 i64) (memory.fill $w (local.get 0) (local.get 1) (local.get 2)))',
        '  (func (export "fill n") (param i32 i32 i32) (memory.fill $n (local.get 0) (local.get 1) (local.get 2)))',
        '  (func (export "copy w w") (param i64 i64 i64) (memory.copy $w $w (local.get 0) (local.get 1) (local.get 2)))',
        '  (func (export "copy w n") (param i64 i32 i32) (memory.copy $w $n (local.get 0) (local.get 1) (local.get 2)))',
        '  (func (export "copy n w") (param i32 i64 i32) (memory.copy $n $w (local.get 0) (local.get 1) (local.get 2)))',
        '  (func (export "init w") (param i64 i32 i32) (memory.init $w $d (local.get 0) (local.get 1) (local.get 2)))',
        '  (func (export "load w") (param i64) (result i64) (i64.load $w (local.get 0)))',
        '  (func (export "load n") (param i32) (result i64) (i64.load $n (local.get 0)))',
        ")",
    ]
    memories = {"w": bytearray(length), "n": bytearray(length)}
    kind = {"w": "i64", "n": "i32"}
    data = bytes(range(1, 11))

    def position(which):
        low = rng.choice([0, 1, 5, 8, 100, length - 10, length - 1, length, length + 1, rng.randrange(length)])
        high = rng.choice([0, 0, 0, 0, 1 << 32, 1 << 63, (1 << 32) - 1 << 32]) if kind[which] == "i64" else 0
        return (low + high) % M64

    def extent(ty):
        low = rng.choice([0, 0, 1, 2, 7, 8, 30, length, 200])
        return low + (rng.choice([0, 0, 0, 1 << 32, M64 - (1 << 32)]) if ty == "i64" else 0)

    def look(where, at):
        for a in {at % length, (at + 5) % length}:
            a = min(a, length - 8)
            value = int.from_bytes(memories[where][a : a + 8], "little")
            lines.append(ret(f"load {where}", [const(kind[where], a)], [i64(value)]))

    for _ in range(160):
        what = rng.choice(["fill w", "fill n", "copy w w", "copy w n", "copy n w", "init w"])
        names = what.split()[1:]
        to = names[0]
        at = position(to)
        if what.startswith("fill"):
            value, n = rng.getrandbits(9), extent(kind[to])
            args, ok, source = [const(kind[to], at), const("i32", value), const(kind[to], n)], True, None
        elif what.startswith("init"):
            start, n = rng.choice([0, 1, 9, 10, 11, 0xFFFFFFFF]), rng.choice([0, 1, 2, 9, 10, 11])
            args, ok = [const("i64", at), const("i32", start), const("i32", n)], start + n <= len(data)
            source = data[start : start + n]
        else:
            start = position(names[1])
            ty = "i64" if kind[to] == kind[names[1]] == "i64" else "i32"
            n = extent(ty)
            args, ok = [const(kind[to], at), const(kind[names[1]], start), const(ty, n)], start + n <= length
            source = bytes(memories[names[1]][start : start + n])
        if not ok or at + n > length:
            lines.append(trap(what, args, OUT))
        else:
            lines.append(ret(what, args, []))
            memories[to][at : at + n] = source if source is not None else bytes([value % 256]) * n
        look(to, at)
    write("memory64/bulk.wast", "Filling and copying between memories of both kinds, lengths and addresses of 64 bits.", lines)


def segments():
    lines = []
    length = 65536
    for offset in (0, 1, length - 3, length - 4, length, length + 1, 1 << 32, (1 << 32) + 8, 1 << 63, M64 - 3, M64 - 1):
        fits = offset + 3 <= length
        expressions = [
            f"(i64.const {offset:#x})",
            f"(i64.add (i64.const {(offset - 5) % M64:#x}) (i64.const 5))",
            f"(i64.sub (i64.mul (i64.const 3) (i64.const 7)) (i64.const {(21 - offset) % M64:#x}))",
        ]
        for expression in expressions:
            module = f'(module (memory i64 1) (data (offset {expression}) "xyz")'
            if fits:
                lines.append(module + ' (func (export "load") (param i64) (result i32) (i32.load8_u (local.get 0))))')
                for i, c in enumerate(b"xyz"):
                    lines.append(ret("load", [i64(offset + i)], [const("i32", c)]))
            else:
                lines.append(f'(assert_trap {module}) "{OUT}")')
    for offset in (0, 7, 8, 9, 10, 11, 1 << 32, 1 << 63, M64 - 1):
        fits = offset + 2 <= 10
        module = f"(module (table i64 10 funcref) (func $f (result i32) (i32.const 6)) (elem (offset (i64.const {offset:#x})) func $f $f)"
        if fits:
            lines.append(
                module + ' (func (export "call") (param i64) (result i32) (call_indirect (result i32) (local.get 0))))'
            )
            lines.append(ret("call", [i64(offset)], [const("i32", 6)]))
            lines.append(ret("call", [i64(offset + 1)], [const("i32", 6)]))
        else:
            lines.append(f'(assert_trap {module}) "{TABLE_OUT}")')
    lines += [
        '(module (global (export "g") i64 (i64.const 0x10)))',
        '(register "base")',
        '(module (global $g (import "base" "g") i64) (global $h i64 (i64.add (global.get $g) (i64.const 1)))',
        "  (memory i64 1) (data (offset (i64.add (global.get $g) (i64.mul (global.get $h) (i64.const 2)))) \"q\")",
        '  (func (export "load") (param i64) (result i32) (i32.load8_u (local.get 0))))',
        ret("load", [i64(0x10 + 0x22)], [const("i32", ord("q"))]),
        '(assert_invalid (module (memory i64 1) (data (i32.const 0) "")) "type mismatch")',
        '(assert_invalid (module (memory 1) (data (i64.const 0) "")) "type mismatch")',
        '(assert_invalid (module (table i64 1 funcref) (elem (i32.const 0) func)) "type mismatch")',
    ]
    write("memory64/segments.wast", "Active segments at 64-bit offsets, constant expressions of every operator.", lines)


def tables():
    """A table with 64-bit indices next to one with 32-bit indices, of functions and of external references."""
    rng = random.Random(6)
    lines = [
        "(module",
        "  (type $t (func (result i32)))",
        "  (table $w i64 10 20 externref)",
        "  (table $n 10 20 externref)",
        "  (table $f i64 4 funcref)",
        "  (func $one (result i32) (i32.const 1))",
        "  (func $two (result i32) (i32.const 2))",
        "  (func $other (param i32))",
        "  (elem (table $f) (i64.const 0) func $one $two $other)",
        "  (elem $e externref (ref.null extern) (ref.null extern) (ref.null extern))",
    ]
    for t, ty in (("w", "i64"), ("n", "i32")):
        lines += [
            f'  (func (export "get {t}") (param {ty}) (result externref) (table.get ${t} (local.get 0)))',
            f'  (func (export "set {t}") (param {ty} externref) (table.set ${t} (local.get 0) (local.get 1)))',
            f'  (func (export "size {t}") (result {ty}) (table.size ${t}))',
            f'  (func (export "grow {t}") (param externref {ty}) (result {ty}) (table.grow ${t} (local.get 0) (local.get 1)))',
            f'  (func (export "fill {t}") (param {ty} externref {ty}) (table.fill ${t} (local.get 0) (local.get 1) (local.get 2)))',
            f'  (func (export "init {t}") (param {ty} i32 i32) (table.init ${t} $e (local.get 0) (local.get 1) (local.get 2)))',
        ]
    for to, from_, a, b, c in (("w", "w", "i64", "i64", "i64"), ("w", "n", "i64", "i32", "i32"), ("n", "w", "i32", "i64", "i32"), ("n", "n", "i32", "i32", "i32")):
        lines.append(
            f'  (func (export "copy {to} {from_}") (param {a} {b} {c}) (table.copy ${to} ${from_} (local.get 0) (local.get 1) (local.get 2)))'
        )
    lines += [
        '  (func (export "call") (param i64) (result i32) (call_indirect $f (type $t) (local.get 0)))',
        '  (func (export "tail") (param i64) (result i32) (return_call_indirect $f (type $t) (local.get 0)))',
        '  (func (export "constant") (result i32) (call_indirect $f (type $t) (i64.const 0x1_0000_0000)))',
        '  (func (export "get f") (param i64) (result i32) (ref.is_null (table.get $f (local.get 0))))',
        '  (func (export "set f") (param i64 i64) (table.set $f (local.get 0) (table.get $f (local.get 1))))',
        '  (func (export "grow f") (param i64) (result i64) (table.grow $f (ref.func $two) (local.get 0)))',
        ")",
    ]
    for export in ("call", "tail"):
        lines += [ret(export, [i64(0)], [const("i32", 1)]), ret(export, [i64(1)], [const("i32", 2)])]
        lines.append(trap(export, [i64(2)], "indirect call type mismatch"))
        lines.append(trap(export, [i64(3)], "uninitialized element 3"))
        for n in (4, 1 << 32, (1 << 32) + 1, 1 << 61, (1 << 61) + 1, 1 << 63, M64 - 1):
            lines.append(trap(export, [i64(n)], "undefined element"))
    lines.append(trap("constant", [], "undefined element"))
    for n, want in ((0, 0), (2, 0), (3, 1)):
        lines.append(ret("get f", [i64(n)], [const("i32", want)]))
    for n in (4, 1 << 32, (1 << 32) + 2, 1 << 61, M64 - 1):
        lines.append(trap("get f", [i64(n)], TABLE_OUT))
        lines.append(trap("set f", [i64(n), i64(0)], TABLE_OUT))
        lines.append(trap("set f", [i64(0), i64(n)], TABLE_OUT))
    lines += [
        ret("set f", [i64(3), i64(1)], []),
        ret("call", [i64(3)], [const("i32", 2)]),
        ret("grow f", [i64(1 << 40)], [i64(M64 - 1)]),
        ret("grow f", [i64(M64 - 1)], [i64(M64 - 1)]),
        ret("grow f", [i64(2)], [i64(4)]),
        ret("call", [i64(5)], [const("i32", 2)]),
        trap("call", [i64(6)], "undefined element"),
    ]
    content = {"w": [None] * 10, "n": [None] * 10}
    kind = {"w": "i64", "n": "i32"}
    element = lambda v: "(ref.null extern)" if v is None else f"(ref.extern {v})"

    def position(t):
        low = rng.randrange(len(content[t]) + 2)
        return low + (rng.choice([0, 0, 0, 0, 0, 1 << 32, 1 << 61, 1 << 63]) if kind[t] == "i64" else 0)

    for step in range(220):
        what = rng.choice(["get", "set", "set", "set", "size", "grow", "fill", "init", "copy", "copy"])
        t = rng.choice("wn")
        table, ty = content[t], kind[t]
        if what == "get":
            at = position(t)
            args = [const(ty, at)]
            lines.append(ret(f"get {t}", args, [element(table[at])]) if at < len(table) else trap(f"get {t}", args, TABLE_OUT))
        elif what == "set":
            at = position(t)
            args = [const(ty, at), element(step)]
            if at < len(table):
                table[at] = step
                lines.append(ret(f"set {t}", args, []))
            else:
                lines.append(trap(f"set {t}", args, TABLE_OUT))
        elif what == "size":
            lines.append(ret(f"size {t}", [], [const(ty, len(table))]))
        elif what == "grow":
            n = rng.choice([0, 1, 2, 11] + ([1 << 32, M64 - 1, M64 - 9] if t == "w" else [0xFFFFFFFF]))
            old = const(ty, len(table)) if len(table) + n <= 20 else const(ty, -1)
            lines.append(ret(f"grow {t}", [element(step), const(ty, n)], [old]))
            if len(table) + n <= 20:
                table += [step] * n
        else:
            n = rng.choice([0, 1, 2, 3, 5])
            at = position(t)
            if what == "fill":
                n += rng.choice([0, 0, 0, 1 << 32, M64 - 8]) if t == "w" else 0
                export, args, ok, values = f"fill {t}", [const(ty, at), element(step), const(ty, n)], True, [step] * min(n, 30)
            elif what == "init":
                start = rng.choice([0, 1, 3, 4])
                export, args = f"init {t}", [const(ty, at), const("i32", start), const("i32", n)]
                ok, values = start + n <= 3, [None] * n
            else:
                source = rng.choice("wn")
                start = position(source)
                length = "i64" if t == source == "w" else "i32"
                n += rng.choice([0, 0, 0, 1 << 32]) if length == "i64" else 0
                export = f"copy {t} {source}"
                args = [const(ty, at), const(kind[source], start), const(length, n)]
                ok, values = start + n <= len(content[source]), content[source][start : start + n]
            if ok and at + n <= len(table):
                table[at : at + n] = values
                lines.append(ret(export, args, []))
            else:
                lines.append(trap(export, args, TABLE_OUT))
        if step % 5 == 0:
            for i, v in enumerate(table):
                lines.append(ret(f"get {t}", [const(ty, i)], [element(v)]))
    lines += [
        '(module (table (export "t") i64 2 4 funcref))',
        '(register "wide")',
        '(assert_unlinkable (module (table (import "wide" "t") 2 funcref)) "incompatible import type")',
        '(assert_unlinkable (module (table (import "wide" "t") i64 3 funcref)) "incompatible import type")',
        '(module (table (import "wide" "t") i64 1 funcref) (func (export "size") (result i64) (table.size 0)))',
        ret("size", [], [i64(2)]),
        '(assert_invalid (module (table i64 1 funcref) (func (param i32) (result funcref) (table.get 0 (local.get 0)))) "type mismatch")',
        '(assert_invalid (module (table i64 1 funcref) (table 1 funcref) (func (table.copy 0 1 (i64.const 0) (i32.const 0) (i64.const 0)))) "type mismatch")',
        '(assert_invalid (module (table i64 1 funcref) (func (result i32) (table.size 0))) "type mismatch")',
    ]
    write("memory64/tables.wast", "Tables of 64-bit indices beside those of 32: every instruction, copies between the two.", lines)


def make():
    page = 65536
    two = 1 << 31
    far(
        "memory64/far.wast",
        "i64",
        "  (memory i64 0x1_0002)",
        [two, 2 * two],
        (1 << 32) + 2 * page,
        "Every access but atomic ones around 2 GiB and 4 GiB: no address has a sign, or ends with 32 bits.",
    )
    far(
        "memory64/far_32.wast",
        "i32",
        "  (memory 0x9001)",
        [two, two + (1 << 28)],
        0x9001 * page,
        "Every access but atomic ones beyond 2 GiB of a memory of 32 bits: no address has a sign.",
    )
    far(
        "memory64/far_bytes.wast",
        "i32",
        "  (memory 0x9000_0123 (pagesize 1))",
        [two, two + (1 << 28)],
        0x90000123,
        "The same without guards behind the memory; one access in four.",
        header=";;! custom-page-sizes = true\n",
        step=4,
    )
    addresses("memory64/addresses.wast", "  (memory $m i64 1)", page, "", "Every access at every edge of a 64-bit memory.")
    addresses(
        "memory64/addresses_grown.wast",
        '  (memory $m i64 0 2) (func $grow (drop (memory.grow (i64.const 1)))) (start $grow)',
        page,
        "",
        "The same in a memory that reaches this size only by growth.",
        step=3,
    )
    addresses(
        "memory64/addresses_second.wast",
        "  (memory 1) (memory $m i64 1 1)",
        page,
        "1",
        "The same in a second memory, the first being one of 32 bits.",
        step=3,
    )
    addresses(
        "memory64/addresses_bytes.wast",
        "  (memory $m i64 1000 (pagesize 1))",
        1000,
        "",
        "The same in a memory whose pages are bytes.",
        ";;! custom-page-sizes = true\n",
        step=3,
    )
    forms()
    growth()
    large()
    bulk()
    segments()
    tables()
