"""Exceptions with payloads of all sizes and mixed types, thrown and caught in all ways."""

from .calls import value_of
from .script import const, ret, unsigned, write

PAYLOAD = ["i32", "f64", "i64", "externref", "f32", "i32", "i64", "f64", "externref"]
VECTOR_PAYLOAD = ["v128", "i32", "v128", "externref", "f64", "v128", "i64", "v128"]


def payloads(n, rounds, pattern=PAYLOAD, path="exceptions/payload", header=""):
    types = [pattern[i % len(pattern)] for i in range(n)]
    values = [i + 1 if ty == "externref" else value_of(ty, i) for i, ty in enumerate(types)]
    gets = "".join(f" (local.get {i})" for i in range(n))
    p = "".join(f" {ty}" for ty in types)
    params = f"(param{p}) " if n else ""
    results = f"(result{p})" if n else ""
    both = (params + results).strip()
    refs = f"(result{p} exnref)"
    args = [const(ty, v) for ty, v in zip(types, values)]
    drop = " (drop)" * n
    after_one = "".join(f" (local.get {i + 1})" for i in range(n))
    add_up = "      (i64.extend_i32_u) (local.get $sum) (i64.add) (local.set $sum)\n"
    first_i32 = types.index("i32") if "i32" in types else None

    def catching(name, body, clause="(catch $e $h)"):
        return (
            f'  (func (export "{name}") {both}\n'
            f"    (block $h {results}\n"
            f"      (try_table {clause} {body})\n"
            f"      (unreachable)))"
        )

    lines = [
        "(module $definer",
        f'  (tag $e (export "e") {params.strip()})',
        f'  (tag $same (export "same") {params.strip()})',
        f'  (func (export "throw") {params}(throw $e{gets}))',
        f'  (func (export "throw_same") {params}(throw $same{gets})))',
        '(register "definer")',
        "",
        "(module $between",
        f'  (import "definer" "e" (tag $e {params.strip()}))',
        '  (export "again" (tag $e)))',
        '(register "between")',
        "",
        "(module",
        f'  (type $t (func {params.strip()}))',
        f'  (import "between" "again" (tag $again {params.strip()}))',
        f'  (import "definer" "same" (tag $same {params.strip()}))',
        f'  (import "definer" "throw" (func $throw_there (type $t)))',
        f'  (import "definer" "throw_same" (func $throw_same (type $t)))',
        '  (import "spectest" "print_i32" (func $print_i32 (param i32)))',
        '  (import "spectest" "print_f64" (func $print_f64 (param f64)))',
        f"  (tag $e {params.strip()})",
        "  (table funcref (elem $throw $frame1 $throw_tail $throw_there $print_then_throw))",
        f"  (func $throw (type $t) (throw $e{gets}))",
        "  ;; Frames with values of their own, which the exception passes.",
        f"  (func $frame1 (type $t) (local i64) (call $throw{gets}) (drop (local.get {n})))",
        f"  (func $frame2 (type $t) (call $frame1{gets}) (call $print_i32 (i32.const 666)))",
        f"  (func $throw_tail (type $t) (return_call $throw{gets}))",
        f"  (func $throw_tail_indirect (type $t) (return_call_indirect (type $t){gets} (i32.const 0)))",
        "  ;; Host functions are called on the way.",
        f"  (func $print_then_throw (type $t) (call $print_i32 (i32.const {n})) (call $frame1{gets}))",
        "",
        catching("here", f"(throw $e{gets})"),
        catching("frames", f"(call $print_f64 (f64.const {n})) (call $frame2{gets})"),
        f'  (func (export "indirect") (param i32{p}) {results}\n'
        f"    (block $h {results}\n"
        f"      (try_table (catch $e $h) (call_indirect (type $t){after_one} (local.get 0)))\n"
        "      (unreachable)))",
        catching("host", f"(call $print_then_throw{gets})"),
        catching("tail", f"(call $throw_tail{gets})"),
        catching("tail_indirect", f"(call $throw_tail_indirect{gets})"),
        "  ;; Of several clauses the first matching one is taken; a tag of the same type is another tag.",
        f'  (func (export "order") {both}\n'
        f"    (block $h {results}\n"
        f"      (block $wrong {results}\n"
        "        (block $all\n"
        "          (try_table (catch $again $wrong) (catch $e $h) (catch $e $wrong) (catch_all $all)\n"
        f"            (call $frame2{gets}))\n"
        "          (unreachable))\n"
        "        (unreachable))\n"
        f"     {drop} (unreachable)))",
        "  ;; Thrown again by reference, twice: the same payload arrives.",
        f'  (func (export "rethrown") {both}\n'
        f"    (block $h {results}\n"
        f"      (try_table (catch $e $h)\n"
        f"        (block $again {refs}\n"
        f"          (try_table (catch_ref $e $again)\n"
        f"            (block $all (result exnref)\n"
        f"              (try_table (catch_all_ref $all) (call $frame2{gets}))\n"
        f"              (unreachable))\n"
        f"            (throw_ref))\n"
        f"          (unreachable))\n"
        f"        (throw_ref))\n"
        f"      (unreachable)))",
        "  ;; A catch that does not match lets it pass.",
        f'  (func (export "passes") {both}\n'
        f"    (block $h {results}\n"
        f"      (try_table (catch $e $h)\n"
        f"        (block $wrong {results}\n"
        f"          (try_table (catch $same $wrong) (call $frame2{gets}))\n"
        f"          (unreachable))\n"
        f"       {drop})\n"
        f"      (unreachable)))",
        "  ;; By identity: the tag is imported from a module that imported it. 1 by $again, 2 by $same, 3 by neither.",
        f'  (func (export "identity") (param i32{p}) (result i32)\n'
        f"    (block $none\n"
        f"      (block $by_same {results}\n"
        f"        (block $by_again {results}\n"
        f"          (try_table (catch $again $by_again) (catch $same $by_same) (catch_all $none)\n"
        f"            (if (i32.eq (local.get 0) (i32.const 0)) (then (call $throw_there{after_one})))\n"
        f"            (if (i32.eq (local.get 0) (i32.const 1)) (then (call $throw_same{after_one})))\n"
        f"            (call $throw{after_one}))\n"
        f"          (unreachable))\n"
        f"       {drop} (return (i32.const 1)))\n"
        f"     {drop} (return (i32.const 2)))\n"
        f"    (i32.const 3))",
        "  ;; Locals that live across the throw keep their values.",
        f'  (func (export "live") (param i32 i64 f32 f64{p}) (result i32 i64 f32 f64)\n'
        f"    (local $i i32) (local $l i64) (local $f f32) (local $d f64)\n"
        "    (local.set $i (i32.mul (local.get 0) (i32.const 3)))\n"
        "    (local.set $l (i64.mul (local.get 1) (i64.const 3)))\n"
        "    (local.set $f (f32.mul (local.get 2) (f32.const 3)))\n"
        "    (local.set $d (f64.mul (local.get 3) (f64.const 3)))\n"
        f"    (block $h {results}\n"
        f"      (try_table (catch $e $h) (call $frame2{''.join(f' (local.get {i + 4})' for i in range(n))}))\n"
        f"      (unreachable))\n"
        f"   {drop}\n"
        "    (i32.add (local.get $i) (local.get 0)) (i64.add (local.get $l) (local.get 1))\n"
        "    (f32.add (local.get $f) (local.get 2)) (f64.add (local.get $d) (local.get 3)))",
        "  ;; Many times: nothing may accumulate. Every exception leaves an unused reference behind.",
        f'  (func (export "loop") (param $count i32) {params}(result i64)\n'
        "    (local $sum i64)\n"
        "    (loop $next\n"
        f"      (block $ref {refs}\n"
        f"        (try_table (catch_ref $e $ref)\n"
        f"          (call $throw{''.join(' ' + ('(local.get $count)' if i == first_i32 else f'(local.get {i + 1})') for i in range(n))}))\n"
        f"        (unreachable))\n"
        "      (drop)\n"
        + "".join(add_up if i == first_i32 else "      (drop)\n" for i in reversed(range(n)))
        + "      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))\n"
        "    (local.get $sum))",
        f'  (func (export "uncaught") {params}(call $frame2{gets}))',
        ")",
        "",
    ]
    for name in ("here", "frames", "host", "tail", "tail_indirect", "order", "rethrown", "passes"):
        lines.append(ret(name, args, args))
    for i in (0, 1, 2, 4):
        lines.append(ret("indirect", [const("i32", i)] + args, args))
    lines.append(f'(assert_exception (invoke "indirect" (i32.const 3){"".join(" " + a for a in args)}))')
    for i in range(3):
        lines.append(ret("identity", [const("i32", i)] + args, [const("i32", i + 1)]))
    live = [("i32", 0x40000001), ("i64", 0x4000000000000001), ("f32", 1.25), ("f64", -2.5)]
    lines.append(
        ret("live", [const(t, v) for t, v in live] + args, [const(t, unsigned(t, v * 4) if t[0] == "i" else v * 4) for t, v in live])
    )
    total = rounds * (rounds + 1) // 2 if first_i32 is not None else 0
    lines.append(ret("loop", [const("i32", rounds)] + args, [const("i64", total)]))
    lines.append(f'(assert_exception (invoke "uncaught"{"".join(" " + a for a in args)}))')
    lines.append(ret("frames", args, args))
    write(
        f"{path}_{n}.wast",
        f"A payload of {n} values of mixed types: thrown across frames, through call_indirect, with host calls on the way,\n"
        f"from tail-called functions, thrown again by reference, by identity of a re-exported tag, {rounds} times in a loop.",
        lines,
        header,
    )


def make():
    for count in (0, 1, 2, 5, 9, 20):
        payloads(count, 170_000)
