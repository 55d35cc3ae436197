"""What instruction selection joins: operands in memory, immediates at their limits, displacements, loads that move, bytes of
vectors that single instructions put in order.

Most functions here compare two ways to compute the same: with an operand that an instruction may take from memory, or hold by
itself, and with one in a register. A check returns -1, or the number of the first case in which they differ.
"""

import random
import re

from . import simd
from .script import WIDTH, bits, const, f32, from_bits, ret, trap, unsigned, write

PAGE = 65536
SIMD = ";;! simd = true\n"
RELAXED = SIMD + ";;! relaxed-simd = true\n;;! relaxed_simd_deterministic = true\n"


BYTES = {"i32": 4, "i64": 8, "f32": 4, "f64": 8, "v128": 16}


class Table:
    """Numbers at the beginning of a memory."""

    def __init__(self):
        self.bytes = b""

    def add(self, rows, types):
        """Appends rows with a number of each type; returns where they begin."""
        self.bytes += b"\0" * (-len(self.bytes) % 16)
        at = len(self.bytes)
        for row in rows:
            for v, ty in zip(row, types):
                self.bytes += (v % (1 << 8 * BYTES[ty])).to_bytes(BYTES[ty], "little")
        return at

    def text(self):
        assert len(self.bytes) < PAGE - 64
        return '  (memory 1)\n  (data (i32.const 0) "' + "".join(f"\\{b:02x}" for b in self.bytes) + '")'


def differ(ty, x, y):
    """Whether two texts compute different bits."""
    if ty == "v128":
        return f"(v128.any_true (v128.xor {x} {y}))"
    if ty in ("f32", "f64"):
        to = "i" + ty[1:]
        return f"({to}.ne ({to}.reinterpret_{ty} {x}) ({to}.reinterpret_{ty} {y}))"
    return f"({ty}.ne {x} {y})"


def loop(name, types, at, count, body):
    """A check of rows of a table, whose columns are locals $0, $1 and so on. `body`: tests, each with its number."""
    size = sum(BYTES[ty] for ty in types)
    lines = [f'  (func (export "{name}") (result i32) (local $i i32) ' + " ".join(f"(local ${k} {ty})" for k, ty in enumerate(types)), "    (loop $next"]
    column = at
    for k, ty in enumerate(types):
        lines.append(f"      (local.set ${k} ({ty}.load offset={column} (local.get $i)))")
        column += BYTES[ty]
    for number, (before, test) in enumerate(body):
        lines += [f"      {text}" for text in before]
        lines.append(f"      (if {test} (then (return (i32.add (local.get $i) (i32.const {number})))))")
    lines.append(f"      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const {size}))) (i32.const {size * count}))))")
    return "\n".join(lines + ["    (i32.const -1))"])


INTS = {
    32: [0, 1, 2, 0x7F, 0x80, 0xFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 0x12345678, 33],
    64: [0, 1, 0x80, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 2, 0x123456789ABCDEF0, 65],
}
ARITHMETIC = ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"]
DIVISIONS = ["div_s", "div_u", "rem_s", "rem_u"]
COMPARISONS = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
# Those that are tried with narrower loads.
NARROW = ["add", "and", "eq", "lt_s", "gt_u", "shl", "popcnt", "extend_i32_s", "extend_i32_u", "convert_i32_s", "convert_i64_s"]
FLOAT_ARITHMETIC = ["add", "sub", "mul", "div", "min", "max", "copysign"]
FLOAT_COMPARISONS = ["eq", "ne", "lt", "gt", "le", "ge"]


def pairs(values, count, seed):
    """Pairs in which every value is on either side."""
    rng = random.Random(seed)
    out = [(v, rng.choice(values)) for v in values] + [(rng.choice(values), v) for v in values] + [(v, v) for v in values[:3]]
    return out[:count] if count else out


def floats(w):
    numbers = [0.0, 1.0, 1.5, 2.5, 3.0, 1e10, 1e-10, 16777217.0, 0.1]
    return [bits(f"f{w}", x if w == 64 else f32(x)) ^ s for x in numbers for s in (0, 1 << (w - 1))]


def narrow(ty):
    """Narrow loads of a type: the suffix, the bytes, and the same conversion of a value in a register."""
    sizes = [1, 2] if ty == "i32" else [1, 2, 4]
    out = {}
    for size in sizes:
        mask = const(ty, (1 << 8 * size) - 1)
        out[f"{8 * size}_u"] = (size, lambda v, mask=mask: f"({ty}.and {v} {mask})")
        out[f"{8 * size}_s"] = (size, lambda v, size=size: f"({ty}.extend{8 * size}_s {v})")
    return out


def loaded_scalars():
    table, lines, checks = Table(), [], []
    # The last bytes of the memory, beyond which a wider access would read.
    at = lambda size: f"(i32.const {PAGE - size - 4})"
    store = lambda ty, size, value: f"({ty}.store{'' if size == BYTES[ty] else 8 * size} offset=4 {at(size)} {value})"

    def case(name, types, rows, result, forms):
        """`forms`: texts of an operation with operands as texts."""
        where = table.add(rows, types)
        body, params, ident = [], " ".join(types), name.replace(" ", "_")
        for number, form in enumerate(forms):
            operands = [f"(local.get {k + 1})" for k in range(len(types))]
            lines.append(f'  (func ${ident}/{number} (param i32 {params}) (result {result}) {form(*operands)})')
            locals_ = " ".join(f"(local.get ${k})" for k in range(len(types)))
            call = lambda n, p: f"(call ${ident}/{n} {p} {locals_})"
            for k, ty in enumerate(types):
                kinds = {"": (BYTES[ty], lambda v: v)} | (narrow(ty) if ty in WIDTH and number == 0 and name.split(".")[1] in NARROW else {})
                for suffix, (size, ext) in kinds.items():
                    export = f"{ident}/{number}/{k}{suffix}"
                    texts = list(operands)
                    texts[k] = f"({ty}.load{suffix} offset=4 (local.get 0))"
                    lines.append(f'  (func ${export} (param i32 {params}) (result {result}) {form(*texts)})')
                    args = locals_.replace(f"(local.get ${k})", ext(f"(local.get ${k})"))
                    plain = f"(call ${ident}/{number} (i32.const 0) {args})"
                    body.append(([store(ty, size, f"(local.get ${k})")], differ(result, f"(call ${export} {at(size)} {locals_})", plain)))
            if len(types) == 2 and types[0] == types[1]:
                ty, size = types[0], BYTES[types[0]]
                both = form(f"({ty}.load (local.get 0))", f"({ty}.load offset={size} (local.get 0))")
                lines.append(f'  (func ${ident}/{number}/both (param i32 {params}) (result {result}) {both})')
                stores = [f"({ty}.store offset={size * k} (i32.const {PAGE - 2 * size}) (local.get ${k}))" for k in (0, 1)]
                body.append((stores, differ(result, f"(call ${ident}/{number}/both (i32.const {PAGE - 2 * size}) {locals_})", call(number, "(i32.const 0)"))))
        lines.append(loop(name, types, where, len(rows), body))
        checks.append(ret(name, [], "(i32.const -1)"))

    def uses(op, text):
        """A condition as a value and in a branch; for some comparisons also in selections, and inverted."""
        forms = [
            lambda *v: text(*v),
            lambda *v: f"(if (result i32) {text(*v)} (then (i32.const 7)) (else (i32.const 8)))",
            lambda *v: f"(i32.sub (i32.const 9) (select (i32.const 3) (i32.const 5) {text(*v)}))",
            lambda *v: f"(i32.reinterpret_f32 (select (f32.const 1) (f32.const 2) {text(*v)}))",
            lambda *v: f"(block (result i32) (br_if 0 (i32.const 4) (i32.eqz {text(*v)})) (drop) (i32.const 6))",
        ]
        return forms if op in ("eq", "ne", "lt_s", "lt", "eqz") else forms[:2]

    for w in (32, 64):
        ty, rows = f"i{w}", pairs(INTS[w], 0, w)
        for op in ARITHMETIC:
            case(f"{ty}.{op}", [ty, ty], rows, ty, [lambda a, b, op=op: f"({ty}.{op} {a} {b})"])
        safe = [(a, b) for a, b in rows if b not in (0, (1 << w) - 1)]
        for op in DIVISIONS:
            case(f"{ty}.{op}", [ty, ty], safe, ty, [lambda a, b, op=op: f"({ty}.{op} {a} {b})"])
        for op in COMPARISONS:
            case(f"{ty}.{op}", [ty, ty], rows, "i32", uses(op, lambda a, b, op=op: f"({ty}.{op} {a} {b})"))
        # Compared with constants, 0 among them; bits that are tested.
        for op, c in (("eq", 0), ("ne", 0), ("lt_s", 0), ("ge_s", 0), ("gt_u", 0x80), ("lt_s", -129)):
            case(f"{ty}.{op} {c}", [ty], [(v,) for v in INTS[w]], "i32", uses(op, lambda a, op=op, c=c: f"({ty}.{op} {a} ({ty}.const {c}))"))
        case(f"{ty}.eqz", [ty], [(v,) for v in INTS[w]], "i32", uses("eqz", lambda a: f"({ty}.eqz {a})"))
        case(f"{ty}.test", [ty, ty], rows, "i32", uses("test", lambda a, b: f"({ty}.ne ({ty}.and {a} {b}) ({ty}.const 0))"))
        unary = ["clz", "ctz", "popcnt", "extend8_s", "extend16_s"] + ["extend32_s"] * (w == 64)
        results = {op: ty for op in unary}
        results |= {"i64.extend_i32_s": "i64", "i64.extend_i32_u": "i64"} if w == 32 else {"i32.wrap_i64": "i32"}
        results |= {f"f{v}.convert_{ty}_{s}": f"f{v}" for v in (32, 64) for s in "su"} | {f"f{w}.reinterpret_{ty}": f"f{w}"}
        for op, result in results.items():
            name = op if "." in op else f"{ty}.{op}"
            case(name, [ty], [(v,) for v in INTS[w]], result, [lambda a, name=name: f"({name} {a})"])
        fty, numbers = f"f{w}", floats(w)
        for op in FLOAT_ARITHMETIC:
            rows = [(a, b) for a, b in pairs(numbers, 0, f"f{w}") if op != "div" or b % (1 << (w - 1))]
            case(f"{fty}.{op}", [fty, fty], rows, fty, [lambda a, b, op=op: f"({fty}.{op} {a} {b})"])
        nan = bits(fty, float("inf")) | 1 << (51 if w == 64 else 22)
        for op in FLOAT_COMPARISONS:
            rows = pairs(numbers + [nan], 0, f"c{w}") + [(nan, numbers[2]), (numbers[2], nan), (nan, nan)]
            case(f"{fty}.{op}", [fty, fty], rows, "i32", uses(op, lambda a, b, op=op: f"({fty}.{op} {a} {b})"))
        results = {op: fty for op in ("abs", "neg", "sqrt", "ceil", "floor", "trunc", "nearest")}
        results |= {f"i{v}.trunc_sat_{fty}_{s}": f"i{v}" for v in (32, 64) for s in "su"} | {f"i{w}.reinterpret_{fty}": f"i{w}"}
        results |= {"f64.promote_f32": "f64"} if w == 32 else {"f32.demote_f64": "f32"}
        for op, result in results.items():
            name = op if "." in op else f"{fty}.{op}"
            values = [v for v in numbers if op != "sqrt" or v < 1 << (w - 1)]
            case(name, [fty], [(v,) for v in values], result, [lambda a, name=name: f"({name} {a})"])
    write("selection/loaded.wast", "Operands of numbers that come from memory, at its very end, on either side, in values and conditions.", ["(module", table.text()] + lines + [")", ""] + checks)


def loaded_vectors(path, comment, names, header):
    table, lines, checks = Table(), [], []
    known = {}
    rng = random.Random(path)
    load = {
        "": (16, "v128.load"),
        "64_zero": (8, "v128.load64_zero"),
        "32_zero": (4, "v128.load32_zero"),
        "64_splat": (8, "v128.load64_splat"),
        "8x8_u": (8, "v128.load8x8_u"),
        "32x2_s": (8, "v128.load32x2_s"),
    }
    for name in names:
        operands, w, fn = simd.OPS[name]
        pool = simd.edges(w) if w > 0 else floats(-w)
        lanes = 128 // abs(w)
        types = ["v128" if o == "v" else "i32" for o in operands]
        result = fn(*([1] * len(operands)))
        result = result[0] if isinstance(result, tuple) else "v128"
        key = (w, operands)
        if key not in known:
            vector = lambda: simd.join([rng.choice(pool) for _ in range(lanes)], abs(w))
            rows = [[vector() if ty == "v128" else rng.randrange(3 * abs(w)) for ty in types] for _ in range(6)]
            known[key] = (table.add(rows, types), len(rows))
        where, count = known[key]
        params = " ".join(types)
        texts = [f"(local.get {k + 1})" for k in range(len(types))]
        lines.append(f"  (func ${name} (param i32 {params}) (result {result}) ({name} {' '.join(texts)}))")
        values = [f"(local.get ${k})" for k in range(len(types))]
        body = []

        def form(export, loads):
            """`loads`: by operand, the load and its address."""
            given, plain, stores = list(texts), list(values), []
            for k, (instruction, address) in loads.items():
                given[k] = f"({instruction} offset={address - PAGE // 2} (local.get 0))"
                plain[k] = f"({instruction} (i32.const {address}))"
                store = f"(v128.store (i32.const {min(address, PAGE - 16)}) (local.get ${k}))" if types[k] == "v128" else f"(i32.store (i32.const {address}) (local.get ${k}))"
                stores.append(store)
            lines.append(f"  (func ${export} (param i32 {params}) (result {result}) ({name} {' '.join(given)}))")
            left = f"(call ${export} (i32.const {PAGE // 2}) {' '.join(values)})"
            body.append((stores, differ(result, left, f"(call ${name} (i32.const 0) {' '.join(plain)})")))

        for k, ty in enumerate(types):
            kinds = load if len(types) == 1 else {"": load[""]}
            for suffix, (size, instruction) in kinds.items() if ty == "v128" else [("", (4, "i32.load"))]:
                form(f"{name}/{k}{suffix}", {k: (instruction, PAGE - size)})
        if len(types) > 1 and types[0] == types[1]:
            form(f"{name}/both", {0: ("v128.load", PAGE - 16), 1: ("v128.load", PAGE - 48)})
            form(f"{name}/other", {0: ("v128.load", PAGE - 48), 1: ("v128.load", PAGE - 16)})
        lines.append(loop(name, types, where, count, body))
        checks.append(ret(name, [], "(i32.const -1)"))
    write(path, comment, ["(module", table.text()] + lines + [")", ""] + checks, header)


def loaded_lanes():
    """A number from memory, at its very end, becomes one lane of a vector, or all of them."""
    shapes = {
        "i8x16": ("i32", ["load8_u", "load8_s", "load16_u", "load16_s", "load"]),
        "i16x8": ("i32", ["load16_u", "load16_s", "load8_u", "load8_s", "load"]),
        "i32x4": ("i32", ["load", "load8_s", "load8_u", "load16_s", "load16_u"]),
        "i64x2": ("i64", ["load", "load8_s", "load8_u", "load16_s", "load16_u", "load32_s", "load32_u"]),
        "f32x4": ("f32", ["load"]),
        "f64x2": ("f64", ["load"]),
    }
    tail = bytes(0x81 + 7 * i & 0xFF for i in range(16))
    before = bytes(range(1, 17))
    data = "".join(f"\\{b:02x}" for b in tail)
    lines = ["(module (memory 1)", f'  (data (i32.const {PAGE - 16}) "{data}")']
    checks = []
    given = simd.vec(int.from_bytes(before, "little"), 64)
    for shape, (ty, loads) in shapes.items():
        w, count = (int(n) // 8 for n in (shape[1:].split("x")[0], 8 * int(shape.split("x")[1])))
        for load in loads:
            size = int(re.search("[0-9]+", load).group()) // 8 if re.search("[0-9]+", load) else int(ty[1:]) // 8
            number = int.from_bytes(tail[16 - size :], "little", signed=load.endswith("_s"))
            lane = (number & (1 << 8 * w) - 1).to_bytes(w, "little")
            address = PAGE - size
            for n, place in enumerate([f"({ty}.{load} (i32.const {address}))", f"({ty}.{load} offset={address - PAGE // 2} (local.get 1))"]):
                for at in sorted({0, 1, count - 1}) + ["splat"]:
                    export = f"{shape} {load} {n} {at}"
                    body = f"({shape}.splat {place})" if at == "splat" else f"({shape}.replace_lane {at} (local.get 0) {place})"
                    lines.append(f'  (func (export "{export}") (param v128 i32) (result v128) {body})')
                    want = lane * count if at == "splat" else before[: at * w] + lane + before[(at + 1) * w :]
                    checks.append(ret(export, [given, f"(i32.const {PAGE // 2})"], simd.vec(int.from_bytes(want, "little"), 64)))
    write("selection/loaded_lanes.wast", loaded_lanes.__doc__, lines + [")"] + checks, SIMD)


# --- Immediates ------------------------------------------------------------------------------------------------------------------

# Around the limits of immediates of 8 and 32 signed bits, of 12 bits that may be shifted by 12, of logical ones, and of 16-bit
# moves.
LIMITS = [
    *(s * n for n in (1, 127, 128, 129, 255, 256, 4095, 4096, 65535, 0xFFF000, 0x1000000, 1 << 31) for s in (1, -1)),
    *(0, 2, 5, 0x1001, 0x0F0F0F0F, 0xFF00FF00, (1 << 31) - 1, (1 << 31) + 1, -(1 << 31) - 1, (1 << 32) - 1, 1 << 32),
    *(0x5555555555555555, 0x123400005678, 0xFFFFFFFF00000000, 1 << 63, (1 << 63) - 1),
]
AMOUNTS = [0, 1, 2, 3, 4, 7, 8, 31, 32, 33, 63, 64, 65, -1, 1 << 31]


def immediates():
    table, lines, checks = Table(), [], []
    for w in (32, 64):
        ty = f"i{w}"
        ranges = [sorted({unsigned(ty, c) for c in values}) for values in (LIMITS, AMOUNTS)]
        places = [table.add([(c,) for c in limits], [ty]) for limits in ranges]
        values = table.add([(v,) for v in INTS[w]], [ty])

        def case(name, result, texts, amounts=False, count=len(INTS[w]), values=values):
            """`texts`: two expressions with the same result, one of the constant and one of the place that holds it."""
            limits, where = ranges[amounts], places[amounts]
            lines.append(f'  (func (export "{name}") (param $from i32) (result i32) (local $i i32) (local $x {ty})')
            lines.append("    (loop $next")
            lines.append(f"      (local.set $x ({ty}.load offset={values} (local.get $i)))")
            for k, c in enumerate(limits):
                place = f"({ty}.load offset={where + k * w // 8} (local.get $from))"
                pair = texts(f"({ty}.const {c:#x})", place)
                lines.append(f"      (if {differ(result, *pair)} (then (return (i32.const {k}))))")
            lines.append(f"      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const {w // 8}))) (i32.const {count * w // 8}))))")
            lines.append("    (i32.const -1))")
            checks.append(ret(name, ["(i32.const 0)"], "(i32.const -1)"))

        x = "(local.get $x)"
        for op in ARITHMETIC:
            both = lambda c, y, op=op: (f"({ty}.{op} {x} {c})", f"({ty}.{op} {x} {y})")
            case(f"{ty}.{op} right", ty, both, "sh" in op or "rot" in op)
            if op in ("add", "sub", "and", "shl"):
                case(f"{ty}.{op} left", ty, lambda c, y, op=op: (f"({ty}.{op} {c} {x})", f"({ty}.{op} {y} {x})"))
        for op in ("eq", "lt_s", "ge_s", "gt_s", "lt_u", "ge_u", "le_u"):
            case(f"{ty}.{op} right", "i32", lambda c, y, op=op: (f"({ty}.{op} {x} {c})", f"({ty}.{op} {x} {y})"))
        for op in ("eq", "lt_s", "gt_u"):
            branch = lambda a, b, op=op: f"(if (result i32) ({ty}.{op} {a} {b}) (then (i32.const 1)) (else (i32.const 0)))"
            case(f"{ty}.{op} left, a branch", "i32", lambda c, y, op=op, b=branch: (b(c, x), f"({ty}.{op} {y} {x})"))
        # Bits that are tested, alone and together; what a selection chooses; what is stored.
        tests = lambda v: f"(select (i32.const 3) (i32.const 4) ({ty}.eqz ({ty}.and {x} {v})))"
        case(f"{ty} test", "i32", lambda c, y: (tests(c), tests(y)))
        chosen = lambda v: f"(select {v} {x} ({ty}.gt_s {x} ({ty}.const 5)))"
        case(f"{ty} select", ty, lambda c, y: (chosen(c), chosen(y)))
        both = lambda v: f"(i32.and ({ty}.lt_u {x} ({ty}.const 0x8000)) ({ty}.ge_s {x} {v}))"
        case(f"{ty} both", "i32", lambda c, y: (both(c), both(y)))
        for size in (1, 2, 4, 8)[: 3 if w == 32 else 4]:
            store = f"{ty}.store" + ("" if size == w // 8 else str(8 * size))
            at = PAGE - 16
            kept = lambda v, s=store, at=at: f"(block (result {ty}) ({ty}.store (i32.const {at}) {x}) ({s} (i32.const {at}) {v}) ({ty}.load (i32.const {at})))"
            case(f"{store}", ty, lambda c, y, k=kept: (k(c), k(y)))
    write("selection/immediates.wast", "Constants around the limits of immediates, against the same numbers in registers.", ["(module", table.text()] + lines + [")", ""] + checks)


def displacements():
    """Every access at offsets around what an instruction reaches by itself."""
    lines, checks = [], []
    kinds = [("i32", s) for s in ("", "8_s", "8_u", "16_s", "16_u")] + [("i64", s) for s in ("", "8_s", "16_u", "32_s", "32_u")] + [("f32", ""), ("f64", ""), ("v128", "")]
    # A signed byte, nine signed bits, twelve bits scaled by the size of the access.
    around = lambda size: sorted({n + d for n in (128, 256, 4096 * size) for d in (-size, -1, 0, 1, size)} | {1, 32768, 65535})
    lines.append("  (memory 3)")
    lines.append('  (func (export "fill") (local $i i32) (loop $next (i64.store (local.get $i) (i64.mul (i64.extend_i32_u (i32.add (local.get $i) (i32.const 9))) (i64.const 0x9e3779b97f4a7c15))) (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 131072)))))')
    checks.append('(invoke "fill")')
    for ty, suffix in kinds:
        name = f"{ty}.load{suffix}"
        lines.append(f'  (func (export "{name}") (param $p i32) (result i32)')
        for n in around(int(suffix.split("_")[0] or 8 * BYTES[ty]) // 8):
            moved = f"({name} (i32.add (local.get $p) (i32.const {n})))"
            lines.append(f"    (if {differ(ty, f'({name} offset={n} (local.get $p))', moved)} (then (return (i32.const {n}))))")
        lines.append("    (i32.const -1))")
        checks += [ret(name, [const("i32", p)], "(i32.const -1)") for p in (0, 3)]
    for ty, suffix in [("i32", ""), ("i32", "8"), ("i32", "16"), ("i64", ""), ("i64", "32"), ("f32", ""), ("f64", ""), ("v128", "")]:
        store, size = f"{ty}.store{suffix}", int(suffix or 8 * BYTES[ty]) // 8
        value = {"v128": "(v128.const i64x2 0x1122334455667788 0x99aabbccddeeff01)", "f32": "(f32.const -1.25)", "f64": "(f64.const -1.25)"}.get(ty, f"({ty}.const -0x12345678)")
        lines.append(f'  (func (export "{store}") (param $p i32) (param $v {ty}) (result i32)')
        for n in around(size):
            here = f"(i32.add (local.get $p) (i32.const {n}))"
            lines.append(f"    ({store} offset={n} (local.get $p) (local.get $v))")
            last = "(i32.load8_u (i32.add " + here + f" (i32.const {size - 1})))"
            lines.append(f"    (if (i32.ne {last} (call ${store} (local.get $v))) (then (return (i32.const {n}))))")
            lines.append(f"    (i32.store8 (i32.add {here} (i32.const {size - 1})) (i32.const 0))")
        lines.append("    (i32.const -1))")
        # The last byte of what is stored, from elsewhere.
        lines.append(f"  (func ${store} (param {ty}) (result i32) ({store} (i32.const 190000) (local.get 0)) (i32.load8_u (i32.const {190000 + size - 1})))")
        checks += [ret(store, [const("i32", p), value], "(i32.const -1)") for p in (0, 5)]
    write("selection/displacements.wast", displacements.__doc__, ["(module"] + lines + [")", ""] + checks, SIMD)


# --- Loads that move ---------------------------------------------------------------------------------------------------------------


def moved():
    """A load that its user could do keeps its place among stores, calls, traps and growth; what is needed twice is loaded once."""
    lines = [
        "  (memory 1 3)",
        '  (func $set (export "set") (param i32 i64) (i64.store (local.get 0) (local.get 1)))',
        "  (func $noted (param i32) (i64.store (local.get 0) (i64.const -1)))",
        "  (table 1 funcref)",
        '  (func (export "pages") (result i32) (memory.size))',
    ]
    checks = []
    old = 0x4000_0000_0000_0003
    # Users of a load: the type that is loaded, the text, and the result for the number that was there and 10.
    users = {
        "i32.add": ("i32", "(i32.add {} (local.get $v))", ("i32", 13)),
        "i32.add left": ("i32", "(i32.add (local.get $v) {})", ("i32", 13)),
        "i32.sub": ("i32", "(i32.sub (local.get $v) {})", ("i32", 7)),
        "i32.lt_s": ("i32", "(i32.lt_s {} (local.get $v))", ("i32", 1)),
        "i32.lt_s left": ("i32", "(i32.lt_s (local.get $v) {})", ("i32", 0)),
        "branch": ("i32", "(if (result i32) (i32.gt_u (local.get $v) {}) (then (i32.const 5)) (else (i32.const 6)))", ("i32", 5)),
        "branch on it": ("i32", "(if (result i32) {} (then (i32.const 5)) (else (i32.const 6)))", ("i32", 5)),
        "select": ("i32", "(select (i32.const 5) (i32.const 6) (i32.eq {} (i32.const 3)))", ("i32", 5)),
        "popcnt": ("i32", "(i32.popcnt {})", ("i32", 2)),
        "shl": ("i32", "(i32.shl {} (local.get $v))", ("i32", 3072)),
        "imul": ("i32", "(i32.mul {} (local.get $v))", ("i32", 30)),
        "extend_u": ("i32", "(i64.extend_i32_u {})", ("i64", 3)),
        "extend_s": ("i32", "(i64.extend_i32_s {})", ("i64", 3)),
        "convert": ("i32", "(i64.reinterpret_f64 (f64.convert_i32_s {}))", ("i64", bits("f64", 3.0))),
        "i64.add": ("i64", "(i64.add {} (i64.extend_i32_u (local.get $v)))", ("i64", old + 10)),
        "i64.xor": ("i64", "(i64.xor (i64.extend_i32_u (local.get $v)) {})", ("i64", old ^ 10)),
        "wrap": ("i64", "(i32.wrap_i64 {})", ("i32", 3)),
        "f64.add": ("f64", "(f64.add {} (f64.convert_i32_u (local.get $v)))", ("f64", from_bits("f64", old) + 10)),
        "f64.lt": ("f64", "(f64.lt {} (f64.convert_i32_u (local.get $v)))", ("i32", 1)),
        "f32.mul": ("f32", "(f32.mul (f32.convert_i32_u (local.get $v)) {})", ("f32", f32(10 * from_bits("f32", 3)))),
    }
    nan = "(drop (i32.trunc_f64_s (f64.div (f64.const 0) (f64.convert_i32_u (local.get $z)))))"
    # What lies between the load and its user, and the message if it traps where $z is 0.
    between = {
        "store": ("(i32.store (local.get $p) (i32.const -1))", None),
        "byte": ("(i32.store8 (local.get $p) (local.get $z))", None),
        "call": ("(call $noted (local.get $p))", None),
        "fill": ("(memory.fill (local.get $p) (i32.const 255) (i32.const 8))", None),
        "divide": ("(drop (i32.div_u (i32.const 1) (local.get $z)))", "integer divide by zero"),
        "truncate": (nan, "invalid conversion to integer"),
        "unreachable": ("(if (i32.eqz (local.get $z)) (then (unreachable)))", "unreachable"),
        "table": ("(drop (table.get (i32.sub (i32.const 1) (i32.ne (local.get $z) (i32.const 0)))))", "out of bounds table access"),
        "indirect": ("(call_indirect (i32.const 0))", "uninitialized element"),
        "load": ("(drop (i32.load8_u (select (i32.const 0) (i32.const -1) (local.get $z))))", "out of bounds memory access"),
        "loop": ("(loop (br_if 0 (i32.eqz (local.tee $z (i32.add (local.get $z) (i32.const 1))))))", None),
    }
    beyond = const("i32", PAGE)
    outside = "out of bounds memory access"
    setting = f'(invoke "set" (i32.const 64) (i64.const {old:#x}))'
    for user, (ty, text, (result, value)) in users.items():
        params = "(param $p i32) (param $v i32) (param $z i32)"
        for what, (effect, message) in between.items():
            if user not in ("i32.add", "i32.lt_s", "branch", "extend_u", "i64.add", "f64.add", "convert") and what not in ("store", "divide"):
                continue
            name = f"{user}, {what}"
            lines.append(f'  (func (export "{name}") {params} (result {result}) (local $x {ty}) (local.set $x ({ty}.load (local.get $p))) {effect} {text.format("(local.get $x)")})')
            args = lambda p, z: [const("i32", p), "(i32.const 10)", const("i32", z)]
            checks.append(setting)
            if what != "indirect":
                checks.append(ret(name, args(64, 1), const(result, value)))
            else:
                checks.append(trap(name, args(64, 1), message))
            # What came first traps first.
            checks.append(trap(name, args(PAGE, 0), outside))
            if message and what not in ("indirect", "load"):
                checks.append(trap(name, args(64, 0), message))
        # A load after what traps, and one that is used twice while its place is written.
        name = f"{user}, after"
        lines.append(f'  (func (export "{name}") {params} (result {result}) (local $d i32) (local.set $d (i32.div_u (local.get $v) (local.get $z))) {text.format(f"({ty}.load (local.get $p))").replace("(local.get $v)", "(local.get $d)")})')
        checks += [setting, ret(name, args(64, 1), const(result, value)), trap(name, args(PAGE, 0), "integer divide by zero"), trap(name, args(PAGE, 1), outside)]
        name = f"{user}, twice"
        lines.append(
            f'  (func (export "{name}") {params} (result {result} {ty}) (local $x {ty}) (local.set $x ({ty}.load (local.get $p))) {text.format("(local.get $x)")} (i64.store (local.get $p) (i64.const 77)) (local.get $x))'
        )
        loaded = const(ty, old if ty == "i64" else 3 if ty == "i32" else from_bits(ty, old % (1 << 8 * BYTES[ty])))
        checks += [setting, ret(name, args(64, 1), const(result, value), loaded)]
    # Bytes beyond the end of the memory do not exist before it grows.
    lines.append('  (func (export "grown") (param $p i32) (param $v i32) (result i32) (local $x i32) (local.set $x (i32.load (local.get $p))) (drop (memory.grow (i32.const 1))) (i32.add (local.get $x) (local.get $v)))')
    checks += [trap("grown", [beyond, "(i32.const 1)"], outside), ret("pages", [], "(i32.const 1)")]
    checks += [ret("grown", ["(i32.const 128)", "(i32.const 1)"], "(i32.const 1)"), ret("pages", [], "(i32.const 2)")]
    checks.append(ret("grown", [beyond, "(i32.const 1)"], "(i32.const 1)"))
    write("selection/moved.wast", moved.__doc__, ["(module"] + lines + [")", ""] + checks)


# --- Shuffles ----------------------------------------------------------------------------------------------------------------------


def shuffles():
    """Orders of bytes that one instruction or two make, of both operands and either, from registers and from memory."""
    rng = random.Random("shuffles")
    spread = lambda lanes, w: [lane * w + i for lane in lanes for i in range(w)]
    patterns = []
    for w in (1, 2, 4, 8):
        n = 16 // w
        low, high = list(range(n)), list(range(n, 2 * n))
        orders = []
        for half in (0, n // 2):
            orders.append([x for i in range(n // 2) for x in (half + i, n + half + i)])
        orders += [(low + high)[k::2] for k in (0, 1)]
        orders += [[x for i in range(0, n, 2) for x in (i + k, n + i + k)] for k in (0, 1)]
        # One lane of the other operand in place, and from elsewhere.
        orders += [[n + i if k == i else k for k in range(n)] for i in sorted({0, 1, n // 2, n - 1})]
        orders += [[n if k == i else k for k in range(n)] for i in sorted({1, n - 1})]
        # Lanes that are reversed within larger ones.
        orders += [[i ^ (group - 1) for i in range(n)] for group in (2, 4, 8) if group <= n]
        orders += [[lane] * n for lane in (0, 1, n - 1, n)]
        if w > 1:
            orders += [[rng.choice((i, n + i)) for i in range(n)] for _ in range(6)]
        if w == 4:
            orders += [[rng.randrange(4), rng.randrange(4), 4 + rng.randrange(4), 4 + rng.randrange(4)] for _ in range(6)]
            orders += [[0, 1, 6, 7], [0, 5, 2, 7], [0, 1, 2, 7], [0, 1, 4, 5], [2, 3, 4, 5], [2, 3, 6, 7], [1, 0, 7, 6], [0, 2, 4, 6]]
            orders += [[rng.randrange(4) for _ in range(4)] for _ in range(6)]
        patterns += [spread(order, w) for order in orders]
    patterns += [[k + i for i in range(16)] for k in range(17)]
    patterns += [[(k + i) % 16 for i in range(16)] for k in (1, 8, 15)]
    # Nearly such orders: one byte is another.
    for pattern in rng.sample(patterns, 24):
        at = rng.randrange(16)
        patterns.append([byte ^ (1 << rng.randrange(5)) if i == at else byte for i, byte in enumerate(pattern)])
    # Consecutive bytes that begin within a lane, so are not one: of one operand, of both halves, and in the positions of lanes.
    for w in (2, 4):
        n = 16 // w
        for shift in range(1, w):
            begins = [list(range(n - 1)) + [0], list(range(n - 2, -1, -1)) + [n - 2]]
            begins += [[0] * (n // 2) + [n + lane for lane in range(n // 2)], [n - 1] + [0] * (n // 2 - 1) + [n] * (n // 2)]
            begins += [[lane + n * (lane % 2 and lane < n - 1) for lane in range(n)]]
            patterns += [[lane * w + shift + i for lane in order for i in range(w)] for order in begins]
            # One of them among whole lanes.
            inside = [lane * w + shift * (lane == 1) + i for lane in range(n - 1) for i in range(w)] + list(range(w))
            patterns += [inside, [byte + 16 * (i // w % 2) for i, byte in enumerate(inside)]]
            patterns += [[i + (16 + shift) * (i // w == lane) for i in range(16)] for lane in (1, n - 2)]
    unique = []
    for pattern in patterns:
        exchanged = [byte ^ 16 for byte in pattern]
        unique += [p for p in (pattern, exchanged) if p not in unique]
    a, b = (simd.join([base + i for i in range(16)], 8) for base in (0x10, 0xE0))
    lines, checks = ["  (memory 1)", f'  (func (export "set") (v128.store (i32.const 0) {simd.vec(a, 8)}) (v128.store (i32.const {PAGE - 16}) {simd.vec(b, 8)}))'], ['(invoke "set")']
    both = simd.lanes(a, 8) + simd.lanes(b, 8)
    first, second = "(v128.load (local.get 2))", f"(v128.load offset={PAGE - 16} (local.get 2))"
    for k, pattern in enumerate(unique):
        shuffle = "i8x16.shuffle " + " ".join(map(str, pattern))
        want = simd.vec(simd.join([both[i] for i in pattern], 8), 8)
        operands = [("(local.get 0)", "(local.get 1)"), (first, "(local.get 1)"), ("(local.get 0)", second)][k % 3]
        for x, y in [("(local.get 0)", "(local.get 1)")] + [operands] * (k % 3 > 0):
            export = f"{k} loaded" if "load" in x + y else f"{k}"
            lines.append(f'  (func (export "{export}") (param v128 v128 i32) (result v128) ({shuffle} {x} {y}))')
            checks.append(ret(export, [simd.vec(a, 8), simd.vec(b, 8), "(i32.const 0)"], want))
    # Indices that are constants: the last one that means a lane, the first ones that do not.
    for k, indices in enumerate([[15] * 16, [16] * 16, [14, 15, 16, 17] * 4, [0, 31, 32, 127, 128, 143, 144, 255] * 2, list(range(15, -1, -1)), list(range(8, 24))]):
        lines.append(f'  (func (export "swizzle {k}") (param v128) (result v128) (i8x16.swizzle (local.get 0) (v128.const i8x16 {" ".join(map(str, indices))})))')
        want = simd.join([simd.lanes(a, 8)[i] if i < 16 else 0 for i in indices], 8)
        checks.append(ret(f"swizzle {k}", [simd.vec(a, 8)], simd.vec(want, 8)))
    write("selection/shuffles.wast", shuffles.__doc__, ["(module"] + lines + [")", ""] + checks, SIMD)


# --- Products of extended lanes ----------------------------------------------------------------------------------------------------


def products():
    """Products of lanes that were extended, to the lanes of the product and to others, by one operator on both sides and by two."""
    rng = random.Random("products")
    vector = lambda w: simd.join([rng.choice(simd.edges(w)) for _ in range(128 // w)], w)
    lines, checks = [], []
    widths, forms = (16, 32, 64), [(part, sign) for part in ("low", "high") for sign in "su"]
    extend = lambda w, part, sign: f"i{w}x{128 // w}.extend_{part}_i{w // 2}x{256 // w}_{sign}"
    for w in widths:
        shape = f"i{w}x{128 // w}"
        mul, add = f"{shape}.mul", f"{shape}.add"
        pairs = [(extend(e, *form), extend(e, *form)) for e in widths for form in forms]
        # One that differs in its half, in its sign or in its lanes.
        pairs += [(extend(w, "low", "s"), other) for other in (extend(w, "high", "s"), extend(w, "low", "u"), *(extend(e, "low", "s") for e in widths if e != w))]
        for k, (left, right) in enumerate(pairs):
            export = f"{shape} {k}"
            product = f"({mul} ({left} (local.get 0)) ({right} (local.get 1)))"
            lines.append(f'  (func (export "{export}") (param v128 v128) (result v128) {product})')
            lines.append(f'  (func (export "{export} added") (param v128 v128 v128) (result v128) ({add} (local.get 2) {product}))')
            compute = lambda name, *values: simd.OPS[name][2](*values)
            for x, y in [(vector(8), vector(16)), (vector(32), vector(32)), (v := vector(16), v)]:
                want, z = compute(mul, compute(left, x), compute(right, y)), vector(w)
                checks.append(ret(export, [simd.vec(x, w), simd.vec(y, w)], simd.vec(want, w)))
                checks.append(ret(f"{export} added", [simd.vec(x, w), simd.vec(y, w), simd.vec(z, w)], simd.vec(compute(add, z, want), w)))
    write("selection/products.wast", products.__doc__, ["(module"] + lines + [")", ""] + checks, SIMD)


def make():
    simd.OPS.clear()
    simd.define()
    loaded_scalars()
    relaxed = [name for name in simd.OPS if "relaxed" in name]
    plain = [name for name in simd.OPS if name not in relaxed]
    loaded_vectors("selection/loaded_vectors.wast", "Operands of vectors that come from memory, at its very end, on either side.", plain, SIMD)
    loaded_vectors("selection/loaded_relaxed.wast", "The same of relaxed operators.", relaxed, RELAXED)
    loaded_lanes()
    immediates()
    displacements()
    moved()
    shuffles()
    products()
