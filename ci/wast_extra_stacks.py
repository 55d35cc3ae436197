#!/usr/bin/env python3
"""Writes the systematic files of wast-extra/stack-switching: expected values are computed here, by construction.

Usage: ci/wast_extra_stacks.py [DIRECTORY]      (wast-extra/ by default)
"""

import os
import sys

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "wast-extra")
KINDS = ["i32", "i64", "f32", "f64", "v128", "i31ref", "funcref"]


def value(kind, n):
    """An expression for the n-th value, and what is expected of it."""
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
    # Where arguments are bound: all at once, the first half, the first one and then the rest.
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
    # In steps, of none and of some.
    out.append(f'  (func (export "bind in steps") {result} (local $k (ref null $c0))')
    out.append(f"    (call $suspended) (local.set $k) {' '.join(['(drop)'] * n)}")
    steps = "(cont.bind $c0 $c0 (local.get $k))"
    at = 0
    for i in splits:
        # The arguments come in front of what is bound.
        steps = f"(cont.bind $c{at} $c{i} {wrap(values[at:i])} {steps})"
        at = i
    out.append(f"    (resume $c{n} {steps}))")
    # Thrown into what waits, and caught there.
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
    # To another one and back, which ends both.
    out.append(f"  (func $echo (type $f) {gets(n)} (switch $cs $sw (cont.new $cs (ref.func $back))))")
    out.append(f"  (func $back (type $fs) {gets(n)} (resume $c (local.get {n})))")
    out.append(f'  (func (export "switch") {result}\n    {wrap(values)}')
    out.append("    (resume $c (on $sw switch) (cont.new $c (ref.func $echo))))")
    out.append("  (elem declare func $echo $back))")
    return "\n".join(line.rstrip() for line in out)


def write(name, comment, parts):
    path = os.path.join(OUT, "stack-switching", name + ".wast")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(";;! stack-switching = true\n" + comment + ";; Written by ci/wast_extra_stacks.py.\n\n" + "\n".join(parts) + "\n")


def main():
    parts, switches = [], []
    for name, kinds in lists():
        n = len(kinds)
        expected = "".join(" " + value(kind, i)[1] for i, kind in enumerate(kinds))
        parts.append(f";; {name[0].upper()}{name[1:]}.")
        parts.append(module(kinds))
        names = ["resume"]
        names += [f"bind {i} {state}" for i in sorted({0, min(1, n), n // 2, n}) for state in ("fresh", "suspended")]
        names += ["bind in steps", "throw"]
        parts += [f'(assert_return (invoke "{export}"){expected})' for export in names]
        switches.append(f";; {name[0].upper()}{name[1:]}.")
        switches.append(switch_module(kinds))
        switches.append(f'(assert_return (invoke "switch"){expected})')
    write("values", ";; Values of all types and numbers, as arguments, payloads and results, bound in all ways.\n", parts)
    write("switch_values", ";; Values of all types and numbers on their way by `switch`.\n", switches)


main()
