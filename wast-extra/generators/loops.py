"""Nested loops, with state that is written in one of them and read in all."""

from .script import COMPARISONS, WIDTH, const, ret, write

DEPTH = 4
# Iterations of each loop.
PASSINGS = 2

# State that can be read as an i32 and incremented: module fields, the read, the write.
STATES = {
    "i32 global": (
        "(global $i32 (mut i32) (i32.const 0))",
        "(global.get $i32)",
        "(global.set $i32 (i32.add (global.get $i32) (i32.const 1)))",
    ),
    "i64 global": (
        "(global $i64 (mut i64) (i64.const 0))",
        "(i32.wrap_i64 (global.get $i64))",
        "(global.set $i64 (i64.add (global.get $i64) (i64.const 1)))",
    ),
    "f32 global": (
        "(global $f32 (mut f32) (f32.const 0))",
        "(i32.trunc_f32_u (global.get $f32))",
        "(global.set $f32 (f32.add (global.get $f32) (f32.const 1)))",
    ),
    "f64 global": (
        "(global $f64 (mut f64) (f64.const 0))",
        "(i32.trunc_f64_u (global.get $f64))",
        "(global.set $f64 (f64.add (global.get $f64) (f64.const 1)))",
    ),
    "v128 global": (
        "(global $v128 (mut v128) (v128.const i32x4 0 0 0 0))",
        "(i32x4.extract_lane 1 (global.get $v128))",
        "(global.set $v128 (i32x4.add (global.get $v128) (v128.const i32x4 9 1 9 9)))",
    ),
    "reference in a global": (
        "(global $i31 (mut i31ref) (ref.i31 (i32.const 0)))",
        "(i31.get_u (global.get $i31))",
        "(global.set $i31 (ref.i31 (i32.add (i31.get_u (global.get $i31)) (i32.const 1))))",
    ),
    "global by a call": (
        "(global $called (mut i32) (i32.const 0)) "
        "(func $more (global.set $called (i32.add (global.get $called) (i32.const 1))))",
        "(global.get $called)",
        "(call $more)",
    ),
    "global by an indirect call": (
        "(global $far (mut i32) (i32.const 0)) (table $functions funcref (elem $further)) "
        "(func $further (global.set $far (i32.add (global.get $far) (i32.const 1))))",
        "(global.get $far)",
        "(call_indirect $functions (i32.const 0))",
    ),
    "size of a memory": ("(memory $sized 0)", "(memory.size $sized)", "(drop (memory.grow $sized (i32.const 1)))"),
    "size of a 64-bit memory": (
        "(memory $wide i64 0)",
        "(i32.wrap_i64 (memory.size $wide))",
        "(drop (memory.grow $wide (i64.const 1)))",
    ),
    "size of a table": (
        "(table $sized 0 funcref)",
        "(table.size $sized)",
        "(drop (table.grow $sized (ref.null func) (i32.const 1)))",
    ),
    "byte": (
        "(memory $bytes 1)",
        "(i32.load8_u $bytes (i32.const 7))",
        "(i32.store8 $bytes (i32.const 7) (i32.add (i32.load8_u $bytes (i32.const 7)) (i32.const 1)))",
    ),
    "byte by a fill": (
        "(memory $filled 1)",
        "(i32.load8_u $filled (i32.const 9))",
        "(memory.fill $filled (i32.const 9) (i32.add (i32.load8_u $filled (i32.const 9)) (i32.const 1)) (i32.const 1))",
    ),
    "atomic": (
        "(memory $shared 1 1 shared)",
        "(i32.atomic.load $shared (i32.const 8))",
        "(drop (i32.atomic.rmw.add $shared (i32.const 8) (i32.const 1)))",
    ),
    "reference in a table": (
        "(table $refs 1 i31ref (ref.i31 (i32.const 0)))",
        "(i31.get_u (table.get $refs (i32.const 0)))",
        "(table.set $refs (i32.const 0) (ref.i31 (i32.add (i31.get_u (table.get $refs (i32.const 0))) (i32.const 1))))",
    ),
    "field": (
        "(type $s (struct (field (mut i32)))) (global $object (ref $s) (struct.new_default $s))",
        "(struct.get $s 0 (global.get $object))",
        "(struct.set $s 0 (global.get $object) (i32.add (struct.get $s 0 (global.get $object)) (i32.const 1)))",
    ),
    "element": (
        "(type $a (array (mut i8))) (global $array (ref $a) (array.new_default $a (i32.const 3)))",
        "(array.get_u $a (global.get $array) (i32.const 2))",
        "(array.set $a (global.get $array) (i32.const 2) "
        "(i32.add (array.get_u $a (global.get $array) (i32.const 2)) (i32.const 1)))",
    ),
}


def nest(read, written, write_one, depth=1):
    """The loop at this depth, and those inside of it."""
    if depth > DEPTH:
        return ""
    step = f"(local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) {read}))"
    one = write_one if depth == written else ""
    inner = nest(read, written, write_one, depth + 1)
    return (
        f"(local.set ${depth} (i32.const {PASSINGS})) (loop $l{depth} {step} {inner} {one} "
        f"(br_if $l{depth} (local.tee ${depth} (i32.sub (local.get ${depth}) (i32.const 1)))))"
    )


def results():
    """The sums that the nests of a state compute, one after another."""
    state, totals = 0, []
    for written in range(1, DEPTH + 1):
        total = 0

        def enter(depth):
            nonlocal total, state
            for _ in range(PASSINGS if depth <= DEPTH else 0):
                total = (total * 3 + state) % (1 << 32)
                enter(depth + 1)
                state += depth == written

        enter(1)
        totals.append(total)
    return totals


# Increments of a counter, at the limits of immediates and of numbers.
STEPS = [0, 1, -1, 2, 127, 128, -128, -129, 32767, 32768, -32768, -32769, (1 << 31) - 1, -(1 << 31), 1 - (1 << 31)]
WIDE = [1 << 31, 1 << 32, (1 << 63) - 1, -(1 << 63), 1 - (1 << 63)]
# The most iterations.
MOST = 3


def compare(name, a, b, w):
    """The result of a comparison of two unsigned numbers."""
    if name == "itself":
        return a != 0
    base, sign = (name[:-2], name[-1]) if name[-2:] in ("_s", "_u") else (name, "u")
    if sign == "s":
        a, b = ((x ^ 1 << w - 1) - (1 << w - 1) for x in (a, b))
    return COMPARISONS[base](a, b)


def steps():
    """Loops whose counter is changed by a constant and compared with a limit, or is the condition itself: where it ends, and after how many passings."""
    comparisons = ["eq", "ne"] + [f"{c}_{s}" for c in ("lt", "le", "gt", "ge") for s in "su"]
    lines, checks = ["(module"], []
    for ty, w in WIDTH.items():
        for step in STEPS + (WIDE if ty == "i64" else []):
            for operator, sign in (("add", 1), ("sub", -1)):
                for c in comparisons + (["itself"] if ty == "i32" else []):
                    export = f"{ty}.{operator} {step} {c}"
                    counted = f"(local.tee 0 ({ty}.{operator} (local.get 0) {const(ty, step)}))"
                    condition = counted if c == "itself" else f"({ty}.{c} {counted} (local.get 1))"
                    lines.append(
                        f'  (func (export "{export}") (param {ty} {ty}) (result {ty} i32) (local $n i32) (loop $l '
                        f"(local.set $n (i32.add (local.get $n) (i32.const 1))) "
                        f"(if (i32.lt_u (local.get $n) (i32.const {MOST})) (then "
                        f"(br_if $l {condition})))) (local.get 0) (local.get $n))"
                    )
                    start, mask = 5, (1 << w) - 1
                    for limit in (start + sign * step, start + 2 * sign * step + 1):
                        at, n = start, 0
                        while True:
                            n += 1
                            if n >= MOST:
                                break
                            at = (at + sign * step) & mask
                            if not compare(c, at, limit & mask, w):
                                break
                        checks.append(ret(export, [const(ty, start), const(ty, limit & mask)], [const(ty, at), const("i32", n)]))
    write("loops/steps.wast", steps.__doc__, lines + [")"] + checks)


def written():
    """What is written in the loop at each depth is read at all depths: it stays within all loops that the write is in."""
    counters = " ".join(f"(local ${depth} i32)" for depth in range(1, DEPTH + 1))
    parts = []
    for name, (fields, read, write_one) in STATES.items():
        parts += [f";; {name}", "(module", f"  {fields}"]
        for depth in range(1, DEPTH + 1):
            body = nest(read, depth, write_one)
            parts.append(f'  (func (export "{depth}") (result i32) {counters} (local $sum i32) {body} (local.get $sum))')
        parts.append(")")
        parts += [ret(str(depth), (), f"(i32.const {total})") for depth, total in enumerate(results(), 1)]
    write("loops/written.wast", written.__doc__, parts, ";;! threads = true\n")


def exits():
    """Loops that begin with a comparison of two numbers, after which they may end, and whose end writes one of the numbers: the comparison may be repeated there. With and without a parameter of the loop."""
    comparisons = ["eq", "ne"] + [f"{c}_{s}" for c in ("lt", "le", "gt", "ge") for s in "su"]
    lines, checks = ["(module"], []
    for ty, w in WIDTH.items():
        mask = (1 << w) - 1
        for c in comparisons:
            for written in ("left", "right", "other"):
                for param in (False, True):
                    export = f"{ty}.{c} {written}{' parameter' if param else ''}"
                    last = {
                        "left": f"(local.set $i ({ty}.add (local.get $i) {const(ty, 1)}))",
                        "right": f"(local.set $n ({ty}.sub (local.get $n) {const(ty, 1)}))",
                        "other": f"(local.set $o ({ty}.add (local.get $i) (local.get $n)))",
                    }[written]
                    begin = "(i32.const 7) (loop $l (param i32)" if param else "(loop $l"
                    taken = "(local.set $sum (i32.add (local.get $sum)))" if param else ""
                    end = "(br $l (local.get $c))" if param else "(br $l)"
                    lines.append(
                        f'  (func (export "{export}") (param $i {ty}) (param $n {ty}) (result {ty} {ty} {ty} i32 i32) '
                        f"(local $o {ty}) (local $c i32) (local $sum i32) (block $out {begin} "
                        f"(br_if $out ({ty}.{c} (local.get $i) (local.get $n))) {taken} "
                        f"(br_if $out (i32.ge_u (local.get $c) (i32.const {MOST}))) "
                        f"(local.set $c (i32.add (local.get $c) (i32.const 1))) {last} {end})) "
                        f"(local.get $i) (local.get $n) (local.get $o) (local.get $c) (local.get $sum))"
                    )
                    for start, limit in ((0, 2), (2, 0), (1, 1), (mask, 1)):
                        i, n, o, count, total, value = start, limit, 0, 0, 0, 7
                        while not compare(c, i, n, w):
                            total += value if param else 0
                            if count >= MOST:
                                break
                            count += 1
                            value = count
                            if written == "left":
                                i = (i + 1) & mask
                            elif written == "right":
                                n = (n - 1) & mask
                            else:
                                o = (i + n) & mask
                        results = [const(ty, i), const(ty, n), const(ty, o), const("i32", count), const("i32", total)]
                        checks.append(ret(export, [const(ty, start), const(ty, limit)], results))
    write("loops/exits.wast", exits.__doc__, lines + [")"] + checks)


def make():
    exits()
    written()
    steps()
