"""Objects: casts, fields and elements of all types, bulk operations, roots."""

import itertools

from .script import i32, ret, trap, write

OUT_OF_ARRAY = "out of bounds array access"
OUT_OF_MEMORY = "out of bounds memory access"
OUT_OF_TABLE = "out of bounds table access"


# --- Casts ------------------------------------------------------------------------------------------------------------

DEPTH = 12  # More than a display's near part.


class Hierarchy:
    """A chain $c0 <: $c1 <: … of structures, a branch $b from its middle, arrays, and functions of the same depth."""

    def __init__(self):
        self.parent = {"c0": None}
        for i in range(1, DEPTH):
            self.parent[f"c{i}"] = f"c{i - 1}"
        self.parent["b0"] = f"c{DEPTH // 2}"
        self.parent["b1"] = "b0"
        self.parent["s"] = None  # Final, alone.
        self.parent["a0"] = None
        self.parent["a1"] = "a0"
        self.kind = {t: "array" if t[0] == "a" else "struct" for t in self.parent}

    def types(self):
        lines = []
        for t, parent in self.parent.items():
            body = "(array (mut i32))" if self.kind[t] == "array" else "(struct (field (mut i32)))"
            if t == "b0" or t == "b1":
                body = "(struct (field (mut i32)) (field i64))"
            if t == "a1":
                body = "(array (mut i32))"
            if t == "a0":
                body = "(array (mut i32))"
            sub = f"(sub ${parent} {body})" if parent else body if t == "s" else f"(sub {body})"
            lines.append(f"    (type ${t} {sub})")
        # Siblings of equal form are different types only within one group.
        return "  (rec\n" + "\n".join(lines) + ")"

    def is_a(self, t, of):
        while t is not None:
            if t == of:
                return True
            t = self.parent[t]
        return False

    def make(self, t, value):
        if self.kind[t] == "array":
            return f"(array.new ${t} (i32.const {value}) (i32.const 2))"
        fields = f"(i32.const {value})" + (" (i64.const 1)" if t[0] == "b" else "")
        return f"(struct.new ${t} {fields})"


ABSTRACT = {
    "any": lambda kind: kind != "null",
    "eq": lambda kind: kind in ("struct", "array", "i31"),
    "struct": lambda kind: kind == "struct",
    "array": lambda kind: kind == "array",
    "i31": lambda kind: kind == "i31",
    "none": lambda kind: False,
}


def casts():
    h = Hierarchy()
    # The objects in the table, in this order.
    subjects = list(h.parent) + ["null", "i31", "host"]
    parts = ["(module", h.types(), f"  (table $t {len(subjects)} anyref)"]
    init = [f"    (table.set $t (i32.const {i}) {h.make(t, 100 + i)})" for i, t in enumerate(subjects[:-3])]
    init.append(f"    (table.set $t (i32.const {len(subjects) - 2}) (ref.i31 (i32.const -5)))")
    init.append(f"    (table.set $t (i32.const {len(subjects) - 1}) (any.convert_extern (local.get $host)))")
    parts.append('  (func (export "init") (param $host externref)\n' + "\n".join(init) + ")")
    targets = [f"${t}" for t in h.parent] + list(ABSTRACT)
    get = "(table.get $t (local.get $i))"
    for target in targets:
        name = target.lstrip("$")
        for null in ("", "null "):
            ty, suffix = f"(ref {null}{target})", "-null" if null else ""
            parts.append(f'  (func (export "test-{name}{suffix}") (param $i i32) (result i32) (ref.test {ty} {get}))')
            parts.append(
                f'  (func (export "cast-{name}{suffix}") (param $i i32) (result i32)'
                f" (ref.is_null (ref.cast {ty} {get})))"
            )
            parts.append(
                f'  (func (export "br-{name}{suffix}") (param $i i32) (result i32)\n'
                f"    (block $l (result {ty}) (br_on_cast $l anyref {ty} {get}) (drop) (return (i32.const 0)))\n"
                f"    (drop) (i32.const 1))"
            )
            # The remaining type is non-nullable if the cast accepts null.
            left = "(ref any)" if null else "anyref"
            parts.append(
                f'  (func (export "br-fail-{name}{suffix}") (param $i i32) (result i32)\n'
                f"    (block $l (result {left}) (br_on_cast_fail $l anyref {ty} {get}) (drop) (return (i32.const 1)))\n"
                f"    (drop) (i32.const 0))"
            )
    # A field read after a cast: the initial value.
    for t in h.parent:
        access = f"(array.get ${t} {{}} (i32.const 1))" if h.kind[t] == "array" else f"(struct.get ${t} 0 {{}})"
        cast = f"(ref.cast (ref null ${t}) {get})"
        parts.append(f'  (func (export "value-{t}") (param $i i32) (result i32) {access.format(cast)})')
    parts.append(")")
    parts.append('(invoke "init" (ref.extern 9))')

    def kind(subject):
        return subject if subject in ("null", "i31", "host") else h.kind[subject]

    for target in targets:
        name = target.lstrip("$")
        for suffix in ("", "-null"):
            for i, subject in enumerate(subjects):
                if subject == "null":
                    yes = bool(suffix)
                elif target.startswith("$"):
                    yes = subject in h.parent and h.is_a(subject, name)
                else:
                    yes = ABSTRACT[name](kind(subject))
                parts.append(ret(f"test-{name}{suffix}", i32(i), i32(int(yes))))
                parts.append(ret(f"br-{name}{suffix}", i32(i), i32(int(yes))))
                parts.append(ret(f"br-fail-{name}{suffix}", i32(i), i32(int(yes))))
                if yes:
                    parts.append(ret(f"cast-{name}{suffix}", i32(i), i32(int(subject == "null"))))
                else:
                    parts.append(trap(f"cast-{name}{suffix}", i32(i), "cast failure"))
    for t in h.parent:
        for i, subject in enumerate(subjects):
            if subject == "null":
                what = "array" if h.kind[t] == "array" else "structure"
                parts.append(trap(f"value-{t}", i32(i), f"null {what} reference"))
            elif subject in h.parent and h.is_a(subject, t):
                parts.append(ret(f"value-{t}", i32(i), i32(100 + i)))
            else:
                parts.append(trap(f"value-{t}", i32(i), "cast failure"))
    write("gc/casts.wast", "Type tests, casts and branches on them: every type of a deep hierarchy against every kind of object.", parts)


def functions():
    """Function types: tests, and indirect calls through supertypes."""
    names = [f"f{i}" for i in range(DEPTH)]
    parts = ["(module"]
    for i, name in enumerate(names):
        sub = f"${names[i - 1]} " if i else ""
        # Results get narrower, so that no two types are equal.
        parts.append(f"  (type $r{i} (sub {f'$r{i - 1} ' if i else ''}(struct {'(field i32)' * i})))")
        parts.append(f"  (type ${name} (sub {sub}(func (result (ref null $r{i})))))")
    parts.append("  (type $other (func (result i32)))")
    parts.append(f"  (table $t funcref (elem {' '.join('$' + n for n in names)} $other (ref.null func)))".replace(
        f"(elem {' '.join('$' + n for n in names)} $other (ref.null func))",
        "(elem " + " ".join(f"(ref.func ${n})" for n in names) + " (ref.func $other) (ref.null func))",
    ))
    for i, name in enumerate(names):
        parts.append(f"  (func ${name} (type ${name}) (struct.new_default $r{i}))")
    parts.append("  (func $other (type $other) (i32.const 7))")
    for i, name in enumerate(names):
        parts.append(
            f'  (func (export "test-{i}") (param i32) (result i32) (ref.test (ref ${name}) (table.get $t (local.get 0))))'
        )
        # The type of the result identifies the function.
        deepest = "".join(f"(i32.add (ref.test (ref $r{j}) (local.get $r)) " for j in range(DEPTH)) + "(i32.const 0)" + ")" * DEPTH
        parts.append(
            f'  (func (export "call-{i}") (param i32) (result i32) (local $r (ref null $r0))\n'
            f"    (local.set $r (call_indirect $t (type ${name}) (local.get 0)))\n    {deepest})"
        )
        parts.append(
            f'  (func (export "cast-call-{i}") (param i32) (result i32) (local $r (ref null $r0))\n'
            f"    (local.set $r (call_ref ${name} (ref.cast (ref null ${name}) (table.get $t (local.get 0)))))\n    {deepest})"
        )
        parts.append(
            f'  (func $tail-{i} (param i32) (result (ref null $r{i})) (return_call_indirect $t (type ${name}) (local.get 0)))\n'
            f'  (func (export "tail-{i}") (param i32) (result i32) (local $r (ref null $r0))\n'
            f"    (local.set $r (call $tail-{i} (local.get 0)))\n    {deepest})"
        )
    parts.append(
        '  (func (export "test-func") (param i32) (result i32) (ref.test (ref func) (table.get $t (local.get 0))))\n'
        '  (func (export "test-nofunc") (param i32) (result i32) (ref.test (ref null nofunc) (table.get $t (local.get 0))))'
    )
    parts.append(")")
    for i in range(DEPTH):
        for j in range(DEPTH):
            yes = j >= i
            parts.append(ret(f"test-{i}", i32(j), i32(int(yes))))
            if yes:
                for how in ("call", "cast-call", "tail"):
                    parts.append(ret(f"{how}-{i}", i32(j), i32(j + 1)))
            else:
                parts.append(trap(f"call-{i}", i32(j), "indirect call type mismatch"))
                parts.append(trap(f"tail-{i}", i32(j), "indirect call type mismatch"))
                parts.append(trap(f"cast-call-{i}", i32(j), "cast failure"))
        parts.append(ret(f"test-{i}", i32(DEPTH), i32(0)))
        parts.append(ret(f"test-{i}", i32(DEPTH + 1), i32(0)))
        parts.append(trap(f"call-{i}", i32(DEPTH), "indirect call type mismatch"))
        parts.append(trap(f"call-{i}", i32(DEPTH + 1), "uninitialized element"))
        parts.append(trap(f"call-{i}", i32(DEPTH + 2), "undefined element"))
        parts.append(trap(f"cast-call-{i}", i32(DEPTH + 1), "null function reference"))
    for j in range(DEPTH + 2):
        parts.append(ret("test-func", i32(j), i32(int(j <= DEPTH))))
        parts.append(ret("test-nofunc", i32(j), i32(int(j > DEPTH))))
    write("gc/functions.wast", "Subtypes of functions: tests, casts, and indirect calls through supertypes.", parts)


# --- Fields and elements ----------------------------------------------------------------------------------------------

PACKED = {"i8": 8, "i16": 16}
EDGES = [0, 1, -1, 0x7F, 0x80, 0xFF, 0x100, 0x17F, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000]


def signed(v, bits):
    v &= (1 << bits) - 1
    return v - (1 << bits) if v >> (bits - 1) else v


def packed():
    parts = ["(module"]
    for ty in PACKED:
        parts.append(f"  (type $s-{ty} (struct (field (mut {ty})) (field (mut {ty})) (field (mut {ty}))))")
        parts.append(f"  (type $a-{ty} (array (mut {ty})))")
        for sign in "su":
            # The neighbours are all ones, or zeros: nothing of them is read.
            for around in (0, -1):
                name = f"{ty}-{sign}{'-ones' if around else ''}"
                parts.append(
                    f'  (func (export "new-{name}") (param i32) (result i32)\n'
                    f"    (struct.get_{sign} $s-{ty} 1 (struct.new $s-{ty} (i32.const {around}) (local.get 0) (i32.const {around}))))"
                )
                parts.append(
                    f'  (func (export "set-{name}") (param i32) (result i32 i32 i32) (local $s (ref null $s-{ty}))\n'
                    f"    (local.set $s (struct.new $s-{ty} (i32.const {around}) (i32.const 0x55) (i32.const {around})))\n"
                    f"    (struct.set $s-{ty} 1 (local.get $s) (local.get 0))\n"
                    f"    (struct.get_{sign} $s-{ty} 0 (local.get $s)) (struct.get_{sign} $s-{ty} 1 (local.get $s))\n"
                    f"    (struct.get_{sign} $s-{ty} 2 (local.get $s)))"
                )
                parts.append(
                    f'  (func (export "array-{name}") (param i32) (result i32 i32 i32) (local $a (ref null $a-{ty}))\n'
                    f"    (local.set $a (array.new $a-{ty} (i32.const {around}) (i32.const 5)))\n"
                    f"    (array.set $a-{ty} (local.get $a) (i32.const 3) (local.get 0))\n"
                    + "".join(f"    (array.get_{sign} $a-{ty} (local.get $a) (i32.const {i}))\n" for i in (2, 3, 4))
                    + "  )"
                )
                parts.append(
                    f'  (func (export "fill-{name}") (param i32) (result i32 i32 i32) (local $a (ref null $a-{ty}))\n'
                    f"    (local.set $a (array.new_fixed $a-{ty} 3 (i32.const {around}) (i32.const {around}) (i32.const {around})))\n"
                    f"    (array.fill $a-{ty} (local.get $a) (i32.const 1) (local.get 0) (i32.const 1))\n"
                    + "".join(f"    (array.get_{sign} $a-{ty} (local.get $a) (i32.const {i}))\n" for i in (0, 1, 2))
                    + "  )"
                )
    parts.append(")")
    for ty, bits in PACKED.items():
        for sign in "su":
            for around in (0, -1):
                name = f"{ty}-{sign}{'-ones' if around else ''}"
                read = (lambda v: signed(v, bits)) if sign == "s" else (lambda v: v & (1 << bits) - 1)
                for v in EDGES:
                    parts.append(ret(f"new-{name}", i32(v), i32(read(v))))
                    for how in ("set", "array", "fill"):
                        parts.append(ret(f"{how}-{name}", i32(v), i32(read(around), read(v), read(around))))
    write("gc/packed.wast", "Packed fields and elements: both extensions of values at the edges, and their neighbours.", parts)


ALL = ["i8", "i16", "i32", "i64", "f32", "f64", "v128", "anyref", "funcref", "externref", "i31ref"]


def value(ty, n):
    """An instruction that makes the n-th value of a type, and the expected value in a script."""
    if ty in ("i8", "i16", "i32"):
        return f"(i32.const {n})", f"(i32.const {n})"
    if ty == "i64":
        return f"(i64.const {n << 33 | n})", f"(i64.const {n << 33 | n})"
    if ty in ("f32", "f64"):
        return f"({ty}.const {n}.5)", f"({ty}.const {n}.5)"
    if ty == "v128":
        lanes = f"i32x4 {n} {n + 1} {n + 2} {n + 3}"
        return f"(v128.const {lanes})", f"(v128.const {lanes})"
    if ty == "funcref":
        return "(ref.func $f)", "(ref.func)"
    if ty == "externref":
        return "(local.get $host)", "(ref.extern 77)"
    return f"(ref.i31 (i32.const {n}))", "(ref.i31)"


def layouts():
    """Structures of all types in several orders: each field is written, and all are read, through two types."""
    orders = [ALL, ALL[::-1], ["i8", "v128"] * 5 + ["i8"], ["i8", "i64", "i16", "f64", "i8", "anyref", "i8", "funcref"]]
    parts = []
    for order in orders:
        # The supertype has the first half.
        half = len(order) // 2
        field = lambda ty: f"(field (mut {ty}))"
        results = ["i32" if ty in PACKED else ty for ty in order]
        get = lambda t, i: f"(struct.get{'_u' if order[i] in PACKED else ''} ${t} {i} (local.get $s))"
        module = [
            "(module",
            f"  (type $p (sub (struct {' '.join(map(field, order[:half]))})))",
            f"  (type $s (sub $p (struct {' '.join(map(field, order))})))",
            "  (elem declare func $f) (func $f)",
            f'  (func $read (param $s (ref $s)) (result {" ".join(results)})\n'
            + "\n".join("    " + get("p" if i < half else "s", i) for i in range(len(order)))
            + ")",
            f'  (func (export "new") (param $host externref) (result {" ".join(results)})\n    (call $read (struct.new $s\n'
            + "\n".join("      " + value(ty, i + 1)[0] for i, ty in enumerate(order))
            + ")))",
            f'  (func (export "default") (result {" ".join(results)}) (call $read (struct.new_default $s)))',
        ]
        for i, ty in enumerate(order):
            by = "p" if i < half else "s"
            module.append(
                f'  (func (export "set-{i}") (param $host externref) (result {" ".join(results)}) (local $s (ref null $s))\n'
                f"    (local.set $s (struct.new_default $s))\n"
                f"    (struct.set ${by} {i} (local.get $s) {value(ty, 9)[0]})\n"
                f"    (call $read (ref.as_non_null (local.get $s))))"
            )
        parts += module + [")"]
        null = {"i8": "(i32.const 0)", "i16": "(i32.const 0)", "i32": "(i32.const 0)", "i64": "(i64.const 0)",
                "f32": "(f32.const 0)", "f64": "(f64.const 0)", "v128": "(v128.const i64x2 0 0)"}
        zero = [null.get(ty, "(ref.null)") for ty in order]
        host = "(ref.extern 77)"
        parts.append(ret("new", host, *[value(ty, i + 1)[1] for i, ty in enumerate(order)]))
        parts.append(ret("default", "", *zero))
        for i, ty in enumerate(order):
            parts.append(ret(f"set-{i}", host, *zero[:i], value(ty, 9)[1], *zero[i + 1:]))
    # Arrays of each type.
    for ty in ALL:
        result = "i32" if ty in PACKED else ty
        get = f"(array.get{'_u' if ty in PACKED else ''} $a (local.get $a) (i32.const {{}}))"
        parts += [
            "(module",
            f"  (type $a (array (mut {ty})))",
            "  (elem declare func $f) (func $f)",
            f'  (func $read (param $a (ref $a)) (result {" ".join([result] * 3)}) ' + " ".join(get.format(i) for i in range(3)) + ")",
            f'  (func (export "fixed") (param $host externref) (result {" ".join([result] * 3)})\n'
            f"    (call $read (array.new_fixed $a 3 {' '.join(value(ty, i)[0] for i in (1, 2, 3))})))",
            f'  (func (export "new") (param $host externref) (result {" ".join([result] * 3)})\n'
            f"    (call $read (array.new $a {value(ty, 5)[0]} (i32.const 3))))",
            f'  (func (export "set") (param $host externref) (result {" ".join([result] * 3)}) (local $a (ref null $a))\n'
            f"    (local.set $a (array.new_default $a (i32.const 3)))\n"
            f"    (array.set $a (local.get $a) (i32.const 1) {value(ty, 6)[0]})\n"
            f"    (call $read (ref.as_non_null (local.get $a))))",
            f'  (func (export "fill") (param $host externref) (result {" ".join([result] * 3)}) (local $a (ref null $a))\n'
            f"    (local.set $a (array.new_default $a (i32.const 3)))\n"
            f"    (array.fill $a (local.get $a) (i32.const 1) {value(ty, 6)[0]} (i32.const 2))\n"
            f"    (call $read (ref.as_non_null (local.get $a))))",
            f'  (func (export "copy") (param $host externref) (result {" ".join([result] * 3)}) (local $a (ref null $a))\n'
            f"    (local.set $a (array.new_fixed $a 3 {' '.join(value(ty, i)[0] for i in (1, 2, 3))}))\n"
            f"    (array.copy $a $a (local.get $a) (i32.const 0) (local.get $a) (i32.const 1) (i32.const 2))\n"
            f"    (call $read (ref.as_non_null (local.get $a))))",
            ")",
        ]
        zero = null.get(ty, "(ref.null)")
        three = [value(ty, i)[1] for i in (1, 2, 3)]
        parts.append(ret("fixed", host, *three))
        parts.append(ret("new", host, *[value(ty, 5)[1]] * 3))
        parts.append(ret("set", host, zero, value(ty, 6)[1], zero))
        parts.append(ret("fill", host, zero, value(ty, 6)[1], value(ty, 6)[1]))
        parts.append(ret("copy", host, three[1], three[2], three[2]))
    write("gc/layouts.wast", "Fields and elements of all types, in several orders, through a supertype too.", parts)


# --- Bulk operations --------------------------------------------------------------------------------------------------

MAX = 0xFFFFFFFF


def fits(at, n, total):
    return at + n <= total


def bulk():
    length, data_len, elems = 8, 12, 5
    parts = [
        "(module",
        "  (type $b (array (mut i8))) (type $h (array (mut i16))) (type $w (array (mut i32))) (type $d (array (mut i64)))",
        "  (type $v (array (mut v128))) (type $r (array (mut funcref))) (type $i (array (mut i31ref)))",
        f'  (data $seg "{"".join(chr(ord("a") + i) for i in range(data_len))}")',
        "  (elem $funcs func $f $f $f $f $f)",
        "  (elem $refs i31ref " + " ".join(f"(ref.i31 (i32.const {i + 50}))" for i in range(elems)) + ")",
        "  (func $f)",
        # An array of 0, 1, 2, … and its elements as the digits of a number.
        "  (func $make (result (ref $b)) (array.new_fixed $b 8 " + i32(*range(length)) + "))",
        "  (func $digits (param $a (ref $b)) (result i64) (local $i i32) (local $n i64)\n"
        "    (loop $l (local.set $n (i64.or (i64.shl (local.get $n) (i64.const 8))\n"
        "        (i64.extend_i32_u (array.get_u $b (local.get $a) (local.get $i)))))\n"
        "      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $a)))))\n"
        "    (local.get $n))",
        '  (func (export "fill") (param $at i32) (param $n i32) (result i64) (local $a (ref null $b))\n'
        "    (local.set $a (call $make))\n"
        "    (array.fill $b (local.get $a) (local.get $at) (i32.const 0x1ee) (local.get $n))\n"
        "    (call $digits (ref.as_non_null (local.get $a))))",
        '  (func (export "copy") (param $to i32) (param $from i32) (param $n i32) (result i64) (local $a (ref null $b))\n'
        "    (local.set $a (call $make))\n"
        "    (array.copy $b $b (local.get $a) (local.get $to) (local.get $a) (local.get $from) (local.get $n))\n"
        "    (call $digits (ref.as_non_null (local.get $a))))",
        '  (func (export "init-data") (param $to i32) (param $from i32) (param $n i32) (result i64) (local $a (ref null $b))\n'
        "    (local.set $a (call $make))\n"
        "    (array.init_data $b $seg (local.get $a) (local.get $to) (local.get $from) (local.get $n))\n"
        "    (call $digits (ref.as_non_null (local.get $a))))",
        '  (func (export "init-elem") (param $to i32) (param $from i32) (param $n i32) (result i32) (local $a (ref null $i))\n'
        "    (local.set $a (array.new_default $i (i32.const 8)))\n"
        "    (array.init_elem $i $refs (local.get $a) (local.get $to) (local.get $from) (local.get $n))\n"
        "    (call $sum (ref.as_non_null (local.get $a))))",
        "  (func $sum (param $a (ref $i)) (result i32) (local $i i32) (local $n i32)\n"
        "    (loop $l (block $null (br_if $null (ref.is_null (array.get $i (local.get $a) (local.get $i))))\n"
        "        (local.set $n (i32.add (local.get $n) (i31.get_u (array.get $i (local.get $a) (local.get $i))))))\n"
        "      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $a)))))\n"
        "    (local.get $n))",
        '  (func (export "new-elem") (param $from i32) (param $n i32) (result i32)\n'
        "    (array.len (array.new_elem $i $refs (local.get $from) (local.get $n))))",
        '  (func (export "new-elem-func") (param $from i32) (param $n i32) (result i32)\n'
        "    (array.len (array.new_elem $r $funcs (local.get $from) (local.get $n))))",
        '  (func (export "init-elem-func") (param $to i32) (param $from i32) (param $n i32) (result i32) (local $a (ref null $r))\n'
        "    (local.set $a (array.new_default $r (i32.const 8)))\n"
        "    (array.init_elem $r $funcs (local.get $a) (local.get $to) (local.get $from) (local.get $n))\n"
        "    (i32.eq (ref.is_null (array.get $r (local.get $a) (i32.const 7))) (ref.is_null (array.get $r (local.get $a) (i32.const 0)))))",
    ]
    sizes = {"b": 1, "h": 2, "w": 4, "d": 8, "v": 16}
    for t in sizes:
        parts.append(
            f'  (func (export "new-data-{t}") (param $from i32) (param $n i32) (result i32)\n'
            f"    (array.len (array.new_data ${t} $seg (local.get $from) (local.get $n))))"
        )
        parts.append(
            f'  (func (export "null-{t}") (array.fill ${t} (ref.null ${t}) (i32.const 0) '
            + ("(i64.const 0)" if t == "d" else "(v128.const i64x2 0 0)" if t == "v" else "(i32.const 0)")
            + " (i32.const 0)))"
        )
    parts += [
        '  (func (export "null-copy-to") (array.copy $b $b (ref.null $b) (i32.const 0) (call $make) (i32.const 0) (i32.const 0)))',
        '  (func (export "null-copy-from") (array.copy $b $b (call $make) (i32.const 0) (ref.null $b) (i32.const 0) (i32.const 0)))',
        '  (func (export "null-init-data") (array.init_data $b $seg (ref.null $b) (i32.const 0) (i32.const 0) (i32.const 0)))',
        '  (func (export "null-init-elem") (array.init_elem $i $refs (ref.null $i) (i32.const 0) (i32.const 0) (i32.const 0)))',
        # The order of checks is null, the array, the segment.
        '  (func (export "null-before-bounds") (array.init_data $b $seg (ref.null $b) (i32.const 9) (i32.const 99) (i32.const 9)))',
        '  (func (export "wide-init") (param $to i32) (param $from i32) (param $n i32) (local $a (ref null $w))\n'
        "    (local.set $a (array.new_default $w (i32.const 2)))\n"
        "    (array.init_data $w $seg (local.get $a) (local.get $to) (local.get $from) (local.get $n)))",
        '  (func (export "wide-value") (result i32)\n'
        "    (array.get $w (array.new_data $w $seg (i32.const 1) (i32.const 2)) (i32.const 1)))",
        '  (func (export "drop") (data.drop $seg) (elem.drop $funcs) (elem.drop $refs))',
        ")",
    ]

    def digits(bytes_):
        n = 0
        for b in bytes_:
            n = n << 8 | b & 0xFF
        return f"(i64.const {n:#x})"

    edge = [0, 1, 7, 8, 9, 12, 13, 0x7FFFFFFF, 0x80000000, MAX - 7, MAX]
    start = list(range(length))
    for at in edge:
        for n in edge:
            if fits(at, n, length):
                parts.append(ret("fill", i32(at, n), digits(start[:at] + [0xEE] * n + start[at + n:])))
            else:
                parts.append(trap("fill", i32(at, n), OUT_OF_ARRAY))
    few = [0, 1, 3, 8, 9, 13, MAX]
    segment = [ord("a") + i for i in range(data_len)]
    for to in few:
        for source in few + [12]:
            for n in few:
                fit = fits(to, n, length)
                if fit and fits(source, n, length):
                    parts.append(ret("copy", i32(to, source, n), digits(start[:to] + start[source:source + n] + start[to + n:])))
                else:
                    parts.append(trap("copy", i32(to, source, n), OUT_OF_ARRAY))
                if fit and fits(source, n, data_len):
                    parts.append(ret("init-data", i32(to, source, n), digits(start[:to] + segment[source:source + n] + start[to + n:])))
                else:
                    parts.append(trap("init-data", i32(to, source, n), OUT_OF_MEMORY if fit else OUT_OF_ARRAY))
                if fit and fits(source, n, elems):
                    parts.append(ret("init-elem", i32(to, source, n), i32(sum(range(50 + source, 50 + source + n)))))
                    parts.append(ret("init-elem-func", i32(to, source, n), i32(int((n > 0 and to == 0) == (n > 0 and to + n == 8)))))
                else:
                    parts.append(trap("init-elem", i32(to, source, n), OUT_OF_TABLE if fit else OUT_OF_ARRAY))
                    parts.append(trap("init-elem-func", i32(to, source, n), OUT_OF_TABLE if fit else OUT_OF_ARRAY))
    for source in edge:
        for n in edge:
            for t, size in sizes.items():
                if fits(source, n * size, data_len):
                    parts.append(ret(f"new-data-{t}", i32(source, n), i32(n)))
                else:
                    parts.append(trap(f"new-data-{t}", i32(source, n), OUT_OF_MEMORY))
            for name in ("new-elem", "new-elem-func"):
                if fits(source, n, elems):
                    parts.append(ret(name, i32(source, n), i32(n)))
                else:
                    parts.append(trap(name, i32(source, n), OUT_OF_TABLE))
    for name in [f"null-{t}" for t in sizes] + ["null-copy-to", "null-copy-from", "null-init-data", "null-init-elem", "null-before-bounds"]:
        parts.append(trap(name, "", "null array reference"))
    # Two elements of four bytes: the segment ends in the middle of one.
    parts.append(ret("wide-init", i32(0, 4, 2)))
    parts.append(trap("wide-init", i32(0, 5, 2), OUT_OF_MEMORY))
    parts.append(trap("wide-init", i32(1, 0, 2), OUT_OF_ARRAY))
    parts.append(ret("wide-value", "", i32("0x" + bytes(segment[5:9])[::-1].hex())))
    # Dropped segments are empty.
    parts.append('(invoke "drop")')
    parts.append(ret("init-data", i32(8, 0, 0), digits(start)))
    parts.append(trap("init-data", i32(0, 0, 1), OUT_OF_MEMORY))
    parts.append(trap("init-data", i32(0, 1, 0), OUT_OF_MEMORY))
    parts.append(ret("init-elem", i32(8, 0, 0), i32(0)))
    parts.append(trap("init-elem", i32(0, 0, 1), OUT_OF_TABLE))
    parts.append(trap("init-elem", i32(0, 1, 0), OUT_OF_TABLE))
    for name, message in (("new-data-b", OUT_OF_MEMORY), ("new-elem", OUT_OF_TABLE), ("new-elem-func", OUT_OF_TABLE)):
        parts.append(ret(name, i32(0, 0), i32(0)))
        parts.append(trap(name, i32(0, 1), message))
    write("gc/bulk.wast", "Operations on stretches of arrays: bounds, overlap, segments, dropped ones too.", parts)


# --- i31 and conversions ----------------------------------------------------------------------------------------------


def i31():
    edges = [0, 1, -1, 0x3FFFFFFF, 0x40000000, 0x7FFFFFFF, 0x80000000, 0xBFFFFFFF, 0xC0000000, 0xDEADBEEF, 100]
    parts = [
        "(module",
        "  (table $t 2 eqref)",
        '  (func (export "s") (param i32) (result i32) (i31.get_s (ref.i31 (local.get 0))))',
        '  (func (export "u") (param i32) (result i32) (i31.get_u (ref.i31 (local.get 0))))',
        '  (func (export "eq") (param i32 i32) (result i32) (ref.eq (ref.i31 (local.get 0)) (ref.i31 (local.get 1))))',
        '  (func (export "through-table") (param i32) (result i32)\n'
        "    (table.set $t (i32.const 1) (ref.i31 (local.get 0)))\n"
        "    (i31.get_s (ref.cast (ref i31) (table.get $t (i32.const 1)))))",
        '  (func (export "through-extern") (param i32) (result i32)\n'
        "    (i31.get_u (ref.cast (ref i31) (any.convert_extern (extern.convert_any (ref.i31 (local.get 0)))))))",
        '  (func (export "is-null") (param i32) (result i32) (ref.is_null (ref.i31 (local.get 0))))',
        '  (func (export "null-s") (result i32) (i31.get_s (ref.null i31)))',
        '  (func (export "null-u") (result i32) (i31.get_u (ref.null i31)))',
        '  (func (export "new") (param i32) (result i31ref) (ref.i31 (local.get 0)))',
        '  (func (export "branch") (param i32) (result i32)\n'
        "    (block $l (result (ref i31)) (br_on_cast $l eqref (ref i31) (ref.i31 (local.get 0))) (drop) (return (i32.const -9)))\n"
        "    (i31.get_s))",
        ")",
    ]
    for v in edges:
        parts.append(ret("s", i32(v), i32(signed(v, 31))))
        parts.append(ret("u", i32(v), i32(v & 0x7FFFFFFF)))
        parts.append(ret("through-table", i32(v), i32(signed(v, 31))))
        parts.append(ret("through-extern", i32(v), i32(v & 0x7FFFFFFF)))
        parts.append(ret("branch", i32(v), i32(signed(v, 31))))
        parts.append(ret("is-null", i32(v), i32(0)))
        parts.append(ret("new", i32(v), "(ref.i31)"))
        for w in edges:
            parts.append(ret("eq", i32(v, w), i32(int((v ^ w) & 0x7FFFFFFF == 0))))
    parts.append(trap("null-s", "", "null i31 reference"))
    parts.append(trap("null-u", "", "null i31 reference"))
    write("gc/i31.wast", "Numbers of 31 bits: edges, equality, other hierarchies.", parts)


# --- Several modules --------------------------------------------------------------------------------------------------


def modules():
    """Types of several modules: equal groups are one, whatever their positions."""
    pair = "(rec (type {0} (sub (struct (field (mut i32)) (field (mut (ref null {1})))))) (type {1} (sub {0} (struct (field (mut i32)) (field (mut (ref null {1}))) (field f64)))))"
    parts = [
        '(module $a (export "x" (global $x)) (export "y" (global $y))',
        "  (type $f (func (param i32) (result i32)))",
        "  " + pair.format("$p", "$q"),
        # The same members, in another group: other types.
        "  (rec (type $p2 (sub (struct (field (mut i32)) (field (mut (ref null $q2))))))"
        " (type $q2 (sub $p2 (struct (field (mut i32)) (field (mut (ref null $q2))) (field f64)))) (type $more (struct)))",
        "  (global $x anyref (struct.new $p (i32.const 1) (struct.new_default $q)))",
        "  (global $y (mut anyref) (struct.new $q2 (i32.const 2) (ref.null $q2) (f64.const 0.5)))",
        '  (func (export "p") (param i32) (result anyref) (struct.new $p (local.get 0) (ref.null $q)))',
        '  (func (export "q") (param i32) (result anyref) (struct.new $q (local.get 0) (ref.null $q) (f64.const 1.5)))',
        '  (func (export "q2") (param i32) (result anyref) (struct.new $q2 (local.get 0) (ref.null $q2) (f64.const 1.5)))',
        '  (func (export "f") (type $f) (i32.add (local.get 0) (i32.const 1)))',
        '  (func (export "take") (param (ref $p)) (result i32) (struct.get $p 0 (local.get 0)))',
        '  (table (export "table") 3 (ref null $p))',
        '  (tag (export "tag") (param (ref null $p) f32))',
        '  (func (export "throw") (param i32) (throw 0 (struct.new $q (local.get 0) (ref.null $q) (f64.const 2)) (f32.const 4)))',
        ")",
        '(register "a" $a)',
        "(module $b",
        # Other numbers, and other types between.
        "  (type $u1 (func)) (type $u2 (array i8))",
        "  " + pair.format("$r", "$s"),
        "  (type $take (func (param (ref $r)) (result i32)))",
        '  (import "a" "x" (global $x anyref)) (import "a" "y" (global $y (mut anyref)))',
        '  (import "a" "p" (func $p (param i32) (result anyref))) (import "a" "q" (func $q (param i32) (result anyref)))',
        '  (import "a" "q2" (func $q2 (param i32) (result anyref)))',
        '  (import "a" "take" (func $take (type $take)))',
        '  (import "a" "table" (table $t 3 (ref null $r)))',
        '  (import "a" "tag" (tag $tag (param (ref null $r) f32)))',
        '  (import "a" "throw" (func $throw (param i32)))',
    ]
    makers = {"p": ("r",), "q": ("r", "s"), "q2": ()}
    for m in makers:
        for t in "rs":
            parts.append(f'  (func (export "test-{m}-{t}") (param i32) (result i32) (ref.test (ref ${t}) (call ${m} (local.get 0))))')
            parts.append(
                f'  (func (export "get-{m}-{t}") (param i32) (result i32) (struct.get ${t} 0 (ref.cast (ref ${t}) (call ${m} (local.get 0)))))'
            )
    parts += [
        '  (func (export "global") (result i32) (struct.get $r 0 (ref.cast (ref $r) (global.get $x))))',
        '  (func (export "inner") (result i32) (ref.test (ref $s) (struct.get $r 1 (ref.cast (ref $r) (global.get $x)))))',
        '  (func (export "y") (result i32) (ref.test (ref $r) (global.get $y)))',
        '  (func (export "set-y") (global.set $y (struct.new_default $s)))',
        '  (func (export "take") (param i32) (result i32) (call $take (struct.new $s (local.get 0) (ref.null $s) (f64.const 0))))',
        '  (func (export "table") (param i32) (result i32)\n'
        "    (table.set $t (local.get 0) (struct.new $s (i32.const 31) (ref.null $s) (f64.const 0)))\n"
        "    (i32.add (call $take (ref.as_non_null (table.get $t (local.get 0)))) (ref.test (ref $s) (table.get $t (local.get 0)))))",
        '  (func (export "catch") (param i32) (result i32)\n'
        "    (block $l (result (ref null $r) f32)\n"
        "      (try_table (catch $tag $l) (call $throw (local.get 0))) (unreachable))\n"
        "    (drop) (struct.get $r 0))",
        ")",
    ]
    for m, types in makers.items():
        for t in "rs":
            parts.append(ret(f"test-{m}-{t}", i32(7), i32(int(t in types))))
            parts.append(ret(f"get-{m}-{t}", i32(7), i32(7)) if t in types else trap(f"get-{m}-{t}", i32(7), "cast failure"))
    parts += [
        ret("global", "", i32(1)), ret("inner", "", i32(1)), ret("y", "", i32(0)), '(invoke "set-y")', ret("y", "", i32(1)),
        ret("take", i32(-3), i32(-3)), ret("table", i32(2), i32(32)), ret("catch", i32(99), i32(99)),
        trap("table", i32(3), OUT_OF_TABLE),
        # Imports: a subtype is enough for functions' types and constant globals, not for tables and tags.
        '(module (type $f (func (param i32) (result anyref))) (import "a" "p" (func (type $f))))',
        '(module (import "a" "x" (global anyref)))',
        '(assert_unlinkable (module (import "a" "x" (global eqref))) "incompatible import type")',
        '(assert_unlinkable (module (import "a" "table" (table 3 anyref))) "incompatible import type")',
        '(assert_unlinkable (module (type $r (sub (struct (field (mut i32))))) (import "a" "tag" (tag (param (ref null $r) f32)))) "incompatible import type")',
        '(assert_unlinkable (module (import "a" "p" (func (param i32) (result eqref)))) "incompatible import type")',
    ]
    write("gc/modules.wast", "Types, objects and exceptions that pass between modules whose types have different indices.", parts)


# --- Null -------------------------------------------------------------------------------------------------------------


def nulls():
    """Each operation on null: the null is a parameter, a constant, a field, and a value that passed a test."""
    parts = ["(module", "  (rec (type $s (struct (field (mut i8)) (field (mut i64)) (field (mut anyref)) (field (mut v128)) (field (mut (ref null $s))))))"]
    arrays = {"i8": "(i32.const 1)", "i16": "(i32.const 1)", "i32": "(i32.const 1)", "f32": "(f32.const 1)", "f64": "(f64.const 1)",
              "i64": "(i64.const 1)", "v128": "(v128.const i64x2 1 1)", "anyref": "(ref.null any)", "funcref": "(ref.null func)"}
    for t in arrays:
        parts.append(f"  (type $a-{t} (array (mut {t})))")
    bodies = {}
    fields = [("get_s", "(i32.const 1)"), ("get", "(i64.const 1)"), ("get", "(ref.null any)"), ("get", "(v128.const i64x2 1 1)"), ("get", "(ref.null $s)")]
    for i, (get, value_) in enumerate(fields):
        bodies[f"get-{i}"] = ("s", f"(drop (struct.{get} $s {i} {{}}))", "structure")
        bodies[f"set-{i}"] = ("s", f"(struct.set $s {i} {{}} {value_})", "structure")
    for t, v in arrays.items():
        get = "get_u" if t in PACKED else "get"
        bodies[f"get-{t}"] = (f"a-{t}", f"(drop (array.{get} $a-{t} {{}} (i32.const 0)))", "array")
        bodies[f"get-far-{t}"] = (f"a-{t}", f"(drop (array.{get} $a-{t} {{}} (i32.const -1)))", "array")
        bodies[f"set-{t}"] = (f"a-{t}", f"(array.set $a-{t} {{}} (i32.const 0) {v})", "array")
        bodies[f"len-{t}"] = (f"a-{t}", "(drop (array.len {}))", "array")
    for name, (t, body, _) in bodies.items():
        parts.append(f'  (func $p-{name} (param (ref null ${t})) {body.format("(local.get 0)")})')
        parts.append(f'  (func (export "parameter-{name}") (call $p-{name} (ref.null ${t})))')
        parts.append(f'  (func (export "constant-{name}") {body.format(f"(ref.null ${t})")})')
        parts.append(f'  (func (export "cast-{name}") {body.format(f"(ref.cast (ref null ${t}) (call $null))")})')
        if t == "s":
            parts.append(f'  (func (export "field-{name}") {body.format("(struct.get $s 4 (struct.new_default $s))")})')
    parts += ["  (func $null (result anyref) (ref.null none))", ")"]
    for name, (t, _, what) in bodies.items():
        for how in ("parameter", "constant", "cast") + (("field",) if t == "s" else ()):
            parts.append(trap(f"{how}-{name}", "", f"null {what} reference"))
    write("gc/nulls.wast", "Each access through null, whatever the origin of the null.", parts)


# --- Roots ------------------------------------------------------------------------------------------------------------


def roots():
    """Lists held by a single root, while everything else is garbage."""
    n = 400
    parts = [
        "(module",
        "  (type $cell (struct (field (mut i32)) (field (mut (ref null $cell)))))",
        "  (type $box (array (mut (ref null $cell)))) (type $junk (array (mut i64)))",
        "  (global $g (mut (ref null $cell)) (ref.null $cell)) (global $any (mut anyref) (ref.null any))",
        "  (global $ext (mut externref) (ref.null extern))",
        "  (global $init (ref $cell) (struct.new $cell (i32.const 5) (struct.new $cell (i32.const 6) (ref.null $cell))))",
        "  (table $t 10 anyref) (table $f 4 funcref)",
        "  (elem $e (ref null $cell) (item (struct.new $cell (i32.const 40) (struct.new $cell (i32.const 2) (ref.null $cell)))))",
        "  (tag $tag (param (ref null $cell)))",
        "  (func $list (param $n i32) (result (ref null $cell)) (local $l (ref null $cell))\n"
        "    (loop $next (local.set $l (struct.new $cell (local.get $n) (local.get $l)))\n"
        "      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))\n"
        "    (local.get $l))",
        "  (func $sum (param $l (ref null $cell)) (result i32) (local $n i32)\n"
        "    (block $end (loop $next (br_if $end (ref.is_null (local.get $l)))\n"
        "      (local.set $n (i32.add (local.get $n) (struct.get $cell 0 (local.get $l))))\n"
        "      (local.set $l (struct.get $cell 1 (local.get $l))) (br $next)))\n"
        "    (local.get $n))",
        # Small and large garbage, all bits set, so that a use after free shows.
        "  (func $churn (local $i i32) (local.set $i (i32.const 3000))\n"
        "    (loop $next\n"
        "      (drop (array.new $junk (i64.const -1) (i32.and (i32.mul (local.get $i) (i32.const 37)) (i32.const 255))))\n"
        "      (if (i32.eqz (i32.and (local.get $i) (i32.const 511))) (then (drop (array.new $junk (i64.const -1) (i32.const 20000)))))\n"
        "      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))",
    ]
    cases = {
        "local": "(local $l (ref null $cell)) (local.set $l (call $list {n})) (call $churn) (call $sum (local.get $l))",
        "operand": "(call $list {n}) (call $churn) (call $sum)",
        "operands": "(call $sum (call $list {n})) (call $list {n}) (call $churn) (call $sum) (i32.sub)",
        "global": "(global.set $g (call $list {n})) (call $churn) (call $sum (global.get $g))",
        "any-global": "(global.set $any (call $list {n})) (call $churn) (call $sum (ref.cast (ref null $cell) (global.get $any)))",
        "extern": "(global.set $ext (extern.convert_any (call $list {n}))) (call $churn)"
        " (call $sum (ref.cast (ref null $cell) (any.convert_extern (global.get $ext))))",
        "table": "(table.set $t (i32.const 7) (call $list {n})) (call $churn) (call $sum (ref.cast (ref null $cell) (table.get $t (i32.const 7))))",
        "array": "(local $b (ref null $box)) (local.set $b (array.new_default $box (i32.const 3)))\n"
        "    (array.set $box (local.get $b) (i32.const 2) (call $list {n})) (call $churn)"
        " (call $sum (array.get $box (local.get $b) (i32.const 2)))",
        "large-array": "(local $b (ref null $box)) (local.set $b (array.new_default $box (i32.const 30000)))\n"
        "    (array.set $box (local.get $b) (i32.const 29999) (call $list {n})) (call $churn)"
        " (call $sum (array.get $box (local.get $b) (i32.const 29999)))",
        "exception": "(block $h (result (ref null $cell))\n"
        "      (try_table (catch $tag $h) (throw $tag (call $list {n}))) (unreachable))\n    (call $churn) (call $sum)",
        "exnref": "(local $x exnref) (block $h (result exnref)\n"
        "      (try_table (catch_all_ref $h) (throw $tag (call $list {n}))) (unreachable))\n"
        "    (local.set $x) (call $churn)\n"
        "    (block $c (result (ref null $cell)) (try_table (catch $tag $c) (throw_ref (local.get $x))) (unreachable))\n    (call $sum)",
        "passive-segment": "(call $churn) (call $sum (array.get $box (array.new_elem $box $e (i32.const 0) (i32.const 1)) (i32.const 0)))",
        "constant-global": "(call $churn) (call $sum (global.get $init))",
        "cycle": "(local $l (ref null $cell)) (local.set $l (call $list (i32.const 1)))\n"
        "    (struct.set $cell 1 (local.get $l) (local.get $l)) (call $churn)\n"
        "    (i32.mul (ref.eq (struct.get $cell 1 (local.get $l)) (local.get $l)) (i32.const {total}))",
    }
    for name, body in cases.items():
        body = body.replace("{n}", f"(i32.const {n})").replace("{total}", str(n * (n + 1) // 2))
        parts.append(f'  (func (export "{name}") (result i32) {body})')
    parts.append(")")
    expected = {"operands": 0, "passive-segment": 42, "constant-global": 11}
    for name in list(cases) * 2:
        parts.append(ret(name, "", i32(expected.get(name, n * (n + 1) // 2))))
    write("gc/roots.wast", "An object held by a single root outlives everything else.", parts)


# --- Payloads ---------------------------------------------------------------------------------------------------------

# A type, its value, and the check that the value is intact.
VALUES = {
    "i32": ("i32", "(i32.const 7)", "(i32.eq (local.get {n}) (i32.const 7))"),
    "v128": (
        "v128",
        "(v128.const i64x2 5 6)",
        "(i8x16.all_true (i64x2.eq (local.get {n}) (v128.const i64x2 5 6)))",
    ),
    "ref": ("(ref null $cell)", "(struct.new $cell (i32.const 11))", "(i32.eq (struct.get $cell 0 (local.get {n})) (i32.const 11))"),
    "extern": (
        "externref",
        "(extern.convert_any (struct.new $cell (i32.const 13)))",
        "(i32.eq (struct.get $cell 0 (ref.cast (ref $cell) (any.convert_extern (local.get {n})))) (i32.const 13))",
    ),
}


def arrangements():
    """Up to three values, with a reference among them."""
    for count in (1, 2, 3):
        for names in itertools.product(VALUES, repeat=count):
            if {"ref", "extern"} & set(names):
                yield names


def carried(names):
    """The types of some values, the expressions that make them, and the check that the first locals still hold them."""
    held = "(i32.const 1)"
    for n, name in enumerate(names):
        held = f"(i32.and {held} {VALUES[name][2].format(n=n)})"
    return " ".join(VALUES[name][0] for name in names), " ".join(VALUES[name][1] for name in names), held


CELL_AND_CHURN = [
    "  (type $cell (struct (field (mut i32)))) (type $junk (array (mut i64)))",
    # Enough for a collection, and small objects that take the places of collected ones.
    "  (func $churn (local $i i32) (local.set $i (i32.const 8))",
    "    (loop $next",
    "      (drop (array.new $junk (i64.const -1) (i32.const 20000)))",
    "      (drop (struct.new $cell (i32.const -1))) (drop (struct.new $cell (i32.const -1)))",
    "      (drop (struct.new $cell (i32.const -1))) (drop (struct.new $cell (i32.const -1)))",
    "      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))",
]


def payloads():
    """What an exception carries, in each order, outlives collections while only the exception holds it."""
    parts = ["(module", *CELL_AND_CHURN]
    checks = []
    for number, names in enumerate(arrangements()):
        types, given, held = carried(names)
        locals_ = " ".join(f"(local {VALUES[name][0]})" for name in names)
        sets = " ".join(f"(local.set {n})" for n in reversed(range(len(names))))
        parts += [
            f"  (tag $t{number} (param {types}))",
            f'  (func (export "{" ".join(names)}") (result i32) {locals_} (local $x exnref)',
            f"    (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t{number} {given})) (unreachable))",
            "    (local.set $x) (call $churn)",
            f"    (block $c (result {types}) (try_table (catch $t{number} $c) (throw_ref (local.get $x))) (unreachable))",
            f"    {sets} {held})",
        ]
        checks.append(ret(" ".join(names), "", i32(1)))
    write("gc/payloads.wast", payloads.__doc__, parts + [")"] + checks)


def make():
    casts()
    payloads()
    functions()
    packed()
    layouts()
    bulk()
    i31()
    modules()
    nulls()
    roots()
