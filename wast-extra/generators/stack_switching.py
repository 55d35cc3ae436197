"""Suspended computations: values of all types and numbers that pass between stacks, or live while these are switched."""

from . import gc
from .script import ret, write

HEADER = ";;! stack-switching = true\n"
KINDS = ["i32", "i64", "f32", "f64", "v128", "i31ref", "funcref"]


def value(kind, n):
    """An expression for the n-th value, and its expected value."""
    number = {"i32": -1000 - n, "i64": (n + 1) << 33, "f32": n + 0.5, "f64": -n - 0.25}
    if kind == "v128":
        text = f"(v128.const i32x4 {n} {n + 1} {n + 2} {-n})"
        return text, text
    if kind == "i31ref":
        return f"(ref.i31 (i32.const {n}))", "(ref.i31)"
    if kind == "funcref":
        return "(ref.func $echo)", "(ref.func)"
    text = f"({kind}.const {number[kind]})"
    return text, text


def lists():
    yield "none", []
    for kind in KINDS:
        yield "one " + kind, [kind]
    yield "two", ["v128", "i32"]
    yield "five", ["i32", "v128", "f32", "i31ref", "i64"]
    yield "nine", ["f64", "f32", "f64", "f32", "f64", "f32", "f64", "f32", "f64"]
    yield "twelve", ["i64", "i32"] * 6
    yield "forty", [KINDS[(3 * i) % len(KINDS)] for i in range(40)]
    yield "a hundred", [KINDS[(i * i) % 4] for i in range(100)]


def gets(count):
    return " ".join(f"(local.get {i})" for i in range(count))


def wrap(items, width=108):
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) > width:
            lines.append("")
        lines[-1] = (lines[-1] + " " + item).strip()
    return "\n      ".join(lines)


def module(kinds):
    n = len(kinds)
    types = " ".join(kinds)
    param, result = f"(param {types})" if n else "", f"(result {types})" if n else ""
    values = [value(kind, i)[0] for i, kind in enumerate(kinds)]
    # The steps of binding arguments: all at once, the first half, the first one and then the rest.
    splits = sorted({0, min(1, n), n // 2, n})
    out = ["(module"]
    for i in splits:
        rest = " ".join(kinds[i:])
        out.append(f"  (type $f{i} (func {f'(param {rest}) ' if rest else ''}{result})) (type $c{i} (cont $f{i}))")
    out.append(f"  (tag $y {param} {result}) (tag $e {param})")
    # Each value passes a stack's end four times.
    out.append(f"  (func $echo (type $f0) {gets(n)} (suspend $y))")
    out.append(f"  (func $suspended {result[:-1] + ' (ref $c0))' if n else '(result (ref $c0))'}")
    out.append(f"    (block $on {result[:-1] + ' (ref $c0))' if n else '(result (ref $c0))'}")
    out.append(f"      {wrap(values)}\n      (resume $c0 (on $y $on) (cont.new $c0 (ref.func $echo))) (unreachable)))")
    out.append(f'  (func (export "resume") {result} (local $k (ref null $c0))')
    out.append("    (call $suspended) (local.set $k) (resume $c0 (local.get $k)))")
    for i in splits:
        bound, rest = wrap(values[:i]), wrap(values[i:])
        for name, start in (("fresh", "(cont.new $c0 (ref.func $echo))"), ("suspended", "(local.get $k)")):
            drops = " ".join(["(drop)"] * n)
            setup = f"(call $suspended) (local.set $k) {drops}" if name == "suspended" else ""
            out.append(f'  (func (export "bind {i} {name}") {result} (local $k (ref null $c0)) (local $b (ref null $c{i}))')
            out.append(f"    {setup}\n    {bound} (cont.bind $c0 $c{i} {start}) (local.set $b)")
            if name == "fresh":
                block = f"(block $on {result[:-1] + ' (ref $c0))' if n else '(result (ref $c0))'}"
                out.append(f"    {block}\n      {rest} (resume $c{i} (on $y $on) (local.get $b)) (unreachable))")
                out.append("    (local.set $k) (resume $c0 (local.get $k)))")
            else:
                out.append(f"    {rest} (resume $c{i} (local.get $b)))")
    # In steps of zero or more arguments.
    out.append(f'  (func (export "bind in steps") {result} (local $k (ref null $c0))')
    out.append(f"    (call $suspended) (local.set $k) {' '.join(['(drop)'] * n)}")
    steps = "(cont.bind $c0 $c0 (local.get $k))"
    at = 0
    for i in splits:
        # In the text, arguments precede the continuation.
        steps = f"(cont.bind $c{at} $c{i} {wrap(values[at:i])} {steps})"
        at = i
    out.append(f"    (resume $c{n} {steps}))")
    # Thrown into the suspended continuation, and caught there.
    out.append(f"  (func $catches (type $f0) (block $h {result} (try_table (catch $e $h) {gets(n)} (suspend $y) (return))")
    out.append("    (unreachable)))")
    out.append(f'  (func (export "throw") {result} (local $k (ref null $c0))')
    block = f"(block $on {result[:-1] + ' (ref $c0))' if n else '(result (ref $c0))'}"
    out.append(f"    {block}\n      {wrap(values)}")
    out.append("      (resume $c0 (on $y $on) (cont.new $c0 (ref.func $catches))) (unreachable))")
    out.append("    (local.set $k) (resume_throw $c0 $e (local.get $k)))")
    out.append("  (elem declare func $echo $catches))")
    return "\n".join(line.rstrip() for line in out)


def switch_module(kinds):
    n = len(kinds)
    types = " ".join(kinds)
    param, result = f"(param {types})" if n else "", f"(result {types})" if n else ""
    values = [value(kind, i)[0] for i, kind in enumerate(kinds)]
    out = ["(module"]
    out.append(f"  (type $f (func {param} {result})) (type $c (cont $f))")
    out.append(f"  (type $fs (func (param {types} (ref null $c)) {result})) (type $cs (cont $fs))")
    out.append(f"  (tag $sw {result})")
    # Switches to another continuation and back, which ends both.
    out.append(f"  (func $echo (type $f) {gets(n)} (switch $cs $sw (cont.new $cs (ref.func $back))))")
    out.append(f"  (func $back (type $fs) {gets(n)} (resume $c (local.get {n})))")
    out.append(f'  (func (export "switch") {result}\n    {wrap(values)}')
    out.append("    (resume $c (on $sw switch) (cont.new $c (ref.func $echo))))")
    out.append("  (elem declare func $echo $back))")
    return "\n".join(line.rstrip() for line in out)


LIVE = [("i32", 9), ("i64", 14), ("f32", 7), ("f64", 12), ("v128", 6)]


def live_module():
    """More values than there are registers are live on both sides of each stack switch; each side then adds them up."""
    def locals_of(base):
        declared, sets, sums = [], [], {}
        for kind, count in LIVE:
            for i in range(count):
                n = base + 10 * i + 1
                name = f"${kind}{i}"
                declared.append(f"(local {name} {kind})")
                text = f"(v128.const i64x2 {n} {-n})" if kind == "v128" else f"({kind}.const {n})"
                sets.append(f"(local.set {name} {text})")
                sums[kind] = sums.get(kind, 0) + n
        return declared, sets, sums

    def change():
        """Changes each value, so that no evaluation can be delayed."""
        out = []
        for kind, count in LIVE:
            one = "(v128.const i64x2 1 -1)" if kind == "v128" else f"({kind}.const 1)"
            add = "i64x2.add" if kind == "v128" else f"{kind}.add"
            out += [f"(local.set ${kind}{i} ({add} (local.get ${kind}{i}) {one}))" for i in range(count)]
        return out

    def total(kind):
        add = "i64x2.add" if kind == "v128" else f"{kind}.add"
        count = dict(LIVE)[kind]
        text = f"(local.get ${kind}0)"
        for i in range(1, count):
            text = f"({add} {text} (local.get ${kind}{i}))"
        return text

    kinds = [kind for kind, _ in LIVE]
    totals = [total(kind) for kind in kinds]
    results = f"(result {' '.join(kinds)})"
    out = ["(module"]
    out.append(f"  (type $f (func (param i32) {results})) (type $c (cont $f))")
    out.append(f"  (type $r (func {results})) (type $cr (cont $r)) (tag $y) (tag $e)")
    inner, outer = locals_of(1000), locals_of(50000)
    out.append("  ;; Waits n times; after an exception it continues.")
    out.append(f"  (func $waits (type $f)\n    {wrap(inner[0])}\n    {wrap(inner[1])}")
    out.append("    (loop $l (block $h (try_table (catch $e $h) (suspend $y)))")
    out.append(f"      {wrap(change())}")
    out.append("      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))")
    out.append(f"    {wrap(totals)})")
    out.append("  (elem declare func $waits)")
    for name, again in (("resumed", "(resume $cr (on $y $on) (local.get $k))"),
                        ("thrown at", "(resume_throw $cr $e (on $y $on) (local.get $k))")):
        for side in ("inner", "outer"):
            out.append(f'  (func (export "{name}, {side}") (param i32) {results} (local $k (ref null $cr))')
            out.append(f"    {wrap(outer[0])}\n    {wrap(outer[1])}")
            end = "(return)" if side == "inner" else f"{wrap(['(drop)'] * len(kinds))} {wrap(totals)} (return)"
            out.append(f"    (block $on (result (ref $cr))")
            out.append(f"      (resume $c (on $y $on) (local.get 0) (cont.new $c (ref.func $waits))) {end})")
            out.append(f"    (local.set $k)\n    (loop $more\n      {wrap(change())}")
            out.append(f"      (block $on (result (ref $cr)) {again} {end})")
            out.append("      (local.set $k) (br $more))\n    (unreachable))")
    out.append(")")
    asserts = []
    for name in ("resumed", "thrown at"):
        for side, sums in (("inner", inner[2]), ("outer", outer[2])):
            for rounds in (1, 5):
                # Changed once a round: after the first suspension by the outer one, after the last by the inner one.
                expected = []
                for kind, count in LIVE:
                    n = sums[kind] + rounds * count
                    expected.append(f"(v128.const i64x2 {n} {-n})" if kind == "v128" else f"({kind}.const {n})")
                asserts.append(ret(f"{name}, {side}", f"(i32.const {rounds})", expected))
    return ["\n".join(out)] + asserts


def bound():
    """What is bound to a continuation, in each order, outlives collections while only the continuation holds it."""
    parts = ["(module", *gc.CELL_AND_CHURN]
    checks = []
    for number, names in enumerate(gc.arrangements()):
        types, given, held = gc.carried(names)
        parts += [
            f"  (type $f{number} (func (param {types}) (result i32))) (type $c{number} (cont $f{number}))",
            f"  (func $f{number} (type $f{number}) {held}) (elem declare func $f{number})",
            f'  (func (export "{" ".join(names)}") (result i32) (local $k (ref null $c))',
            f"    (local.set $k (cont.bind $c{number} $c {given} (cont.new $c{number} (ref.func $f{number}))))",
            "    (call $churn) (resume $c (local.get $k)))",
        ]
        checks.append(ret(" ".join(names), "", "(i32.const 1)"))
    parts.append("  (type $f (func (result i32))) (type $c (cont $f)))")
    write("stack-switching/bound.wast", bound.__doc__, parts + checks, HEADER)


def make():
    bound()
    parts, switches = [], []
    for name, kinds in lists():
        n = len(kinds)
        expected = [value(kind, i)[1] for i, kind in enumerate(kinds)]
        parts.append(f";; {name[0].upper()}{name[1:]}.")
        parts.append(module(kinds))
        names = ["resume"]
        names += [f"bind {i} {state}" for i in sorted({0, min(1, n), n // 2, n}) for state in ("fresh", "suspended")]
        names += ["bind in steps", "throw"]
        parts += [ret(export, (), expected) for export in names]
        switches.append(f";; {name[0].upper()}{name[1:]}.")
        switches.append(switch_module(kinds))
        switches.append(ret("switch", (), expected))
    write("stack-switching/values.wast", "Values of all types and numbers, as arguments, payloads and results, bound in all ways.", parts, HEADER)
    write("stack-switching/live.wast", "Values that live while stacks are switched, more of them than there are registers.", live_module(), HEADER)
    write("stack-switching/switch_values.wast", "Values of all types and numbers passed by `switch`.", switches, HEADER)
