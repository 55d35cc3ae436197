"""Custom descriptors: casts by descriptor, and the layout of described objects."""

from .script import i32, ret, trap, write

HEADER = ";;! custom-descriptors = true\n"
NULL_DESCRIPTOR = "null descriptor reference"
CAST_FAILURE = "descriptor cast failure"


# --- Casts ------------------------------------------------------------------------------------------------------------

# Described types: name, supertype, fields beyond those of the supertype. The descriptor of $x is $dx, whose supertype is
# that of $x's supertype. $m is described by $dm, and that by $ddm.
TYPES = [
    ("a0", None, ["(mut i32)"]),
    ("a1", "a0", ["(mut i64)", "i8"]),
    ("a2", "a1", ["v128", "(mut i32)"]),
    ("b1", "a0", ["(mut i32)"]),
    ("e", None, []),
    ("m", None, ["(mut i32)", "i32", "i32"]),
]
ZERO = {"(mut i32)": "(i32.const 7)", "(mut i64)": "(i64.const -1)", "i8": "(i32.const -1)", "i32": "(i32.const 9)",
        "v128": "(v128.const i64x2 -1 -1)"}
FIELDS = {}
SUPER = {}
for _name, _super, _more in TYPES:
    FIELDS[_name] = FIELDS.get(_super, []) + _more
    SUPER[_name] = _super


def is_a(t, of):
    while t is not None and t != of:
        t = SUPER[t]
    return t == of


def hierarchy():
    """The types, as text."""
    out = []
    for name, above, _ in TYPES:
        fields = "".join(f" (field {f})" for f in FIELDS[name])
        up = lambda prefix: f"${prefix}{above} " if above else ""
        further = f"(descriptor $dd{name}) " if name == "m" else ""
        out.append(f"    (type ${name} (sub {up('')}(descriptor $d{name}) (struct{fields})))")
        out.append(f"    (type $d{name} (sub {up('d')}(describes ${name}) {further}(struct (field i32))))")
        if further:
            out.append(f"    (type $dd{name} (sub (describes $d{name}) (struct (field i32))))")
    return "  (rec\n" + "\n".join(out) + ")"


def descriptors():
    """Two descriptors per type: type, tag. (Null is number 0 of the table.)"""
    return [None] + [(name, 100 + 2 * i + k) for i, (name, _, _) in enumerate(TYPES) for k in (0, 1)]


def objects():
    """Objects: type, number of the descriptor. Those of $a0's subtypes come first."""
    described = [(d[0], i) for i, d in enumerate(descriptors()) if d]
    described.sort(key=lambda o: not is_a(o[0], "a0"))
    return described + [("null", None), ("i31", None), ("struct", None), ("array", None), ("host", None)]


def casts():
    ds, os_ = descriptors(), objects()
    body = ["(module", hierarchy(), "  (type $s (struct (field i32 i32 i32)))", "  (type $r (array i32))",
            f"  (table $o {len(os_)} anyref)", f"  (table $d {len(ds)} anyref)",
            '  (func (export "init") (param $host externref)']
    for i, d in enumerate(ds):
        if d:
            made = f"struct.new $d{d[0]} {i32(d[1])}"
            if d[0] == "m":
                made = f"struct.new_desc $dm {i32(d[1])} (struct.new $ddm {i32(d[1] + 1000)})"
            body.append(f"    (table.set $d (i32.const {i}) ({made}))")
    for i, (t, d) in enumerate(os_):
        other = {"null": "(ref.null any)", "i31": "(ref.i31 (i32.const 1))", "struct": f"(struct.new $s {i32(1, 2, 3)})",
                 "array": f"(array.new_fixed $r 2 {i32(1, 2)})", "host": "(any.convert_extern (local.get $host))"}
        if d is None:
            v = other[t]
        else:
            values = " ".join(ZERO[f] for f in FIELDS[t])
            v = f"(struct.new_desc ${t} {values} (ref.cast (ref (exact $d{t})) (table.get $d (i32.const {d}))))"
        body.append(f"    (table.set $o (i32.const {i}) {v})")
    body[-1] += ")"

    family = sum(1 for t, d in os_ if d is not None and is_a(t, "a0"))
    checks = []

    def fits(o, d, null):
        """Whether an object passes a cast by a descriptor, which is not null. (An object of a type other than the
        target's subtypes has another descriptor.)"""
        t, described = os_[o]
        return null if t == "null" else described == d

    for target, _, _ in TYPES:
        for exact in (False, True):
            heap = f"(exact ${target})" if exact else f"${target}"
            dheap = f"(exact $d{target})" if exact else f"$d{target}"
            tag = target + ("-exact" if exact else "")
            usable = [i for i, d in enumerate(ds) if d is None or (d[0] == target if exact else is_a(d[0], target))]
            sources = [("any", "(ref null any)", "(table.get $o (local.get $i))", range(len(os_)))]
            if is_a(target, "a0"):
                sources.append(("a0", "(ref null $a0)", "(ref.cast (ref null $a0) (table.get $o (local.get $i)))", range(family)))
                sources.append(("a0-is", "(ref $a0)", "(ref.cast (ref $a0) (table.get $o (local.get $i)))", range(family)))
            get_d = f"(ref.cast (ref null {dheap}) (table.get $d (local.get $d)))"
            for source, from_, get, domain in sources:
                for null in (False, True):
                    if null and source == "a0-is":
                        continue
                    to = f"(ref {'null ' if null else ''}{heap})"
                    name = f"{source}-{tag}{'-null' if null else ''}"
                    loop = f"""(local $i i32) (local $bits i64)
    (loop $next
      %s
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const {len(domain)}))))
    (local.get $bits)"""
                    yes = "(local.set $bits (i64.or (local.get $bits) (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $i)))))"
                    on = (f"(block $no (block $yes (result {to}) (drop (br_on_cast_desc_eq $yes {from_} {to} {get} {get_d})) (br $no))"
                          f" (drop) {yes})")
                    left = from_ if not null else from_.replace("null ", "")
                    off = (f"(block $yes (drop (block $no (result {left}) (drop (br_on_cast_desc_eq_fail $no {from_} {to} {get} {get_d}))"
                           f" {yes} (br $yes))))")
                    body.append(f'  (func (export "br-{name}") (param $d i32) (result i64) {loop % on})')
                    body.append(f'  (func (export "fail-{name}") (param $d i32) (result i64) {loop % off})')
                    body.append(f'  (func (export "cast-{name}") (param $i i32) (param $d i32) (result i32)'
                                f" (ref.eq (ref.cast_desc_eq {to} {get} {get_d}) (ref.cast eqref (table.get $o (local.get $i)))))")
                    for d in usable:
                        if ds[d] is None:
                            checks.append(trap(f"br-{name}", i32(d), NULL_DESCRIPTOR))
                            checks.append(trap(f"fail-{name}", i32(d), NULL_DESCRIPTOR))
                            checks.append(trap(f"cast-{name}", i32(0, d), NULL_DESCRIPTOR))
                            continue
                        bits = sum(1 << o for o in domain if fits(o, d, null))
                        checks.append(ret(f"br-{name}", i32(d), f"(i64.const {bits})"))
                        checks.append(ret(f"fail-{name}", i32(d), f"(i64.const {bits})"))
                        for o in domain:
                            if fits(o, d, null):
                                checks.append(ret(f"cast-{name}", i32(o, d), "(i32.const 1)"))
                            elif os_[o][0] != "host" and (o + d) % 3 == 0:
                                checks.append(trap(f"cast-{name}", i32(o, d), CAST_FAILURE))
            # Descriptors of the objects.
            body.append(f'  (func (export "get-{tag}") (param $i i32) (param $d i32) (result i32 i32) (local $x (ref null $d{target}))\n'
                        f"    (local.set $x (ref.get_desc ${target} (ref.cast (ref null {heap}) (table.get $o (local.get $i)))))\n"
                        f"    (struct.get $d{target} 0 (local.get $x)) (ref.eq (local.get $x) (ref.cast eqref (table.get $d (local.get $d)))))")
            for o, (t, d) in enumerate(os_):
                if t == "null":
                    checks.append(trap(f"get-{tag}", i32(o, 0), "null reference"))
                elif d is None or not (t == target if exact else is_a(t, target)):
                    checks.append(trap(f"get-{tag}", i32(o, 0), "cast failure"))
                else:
                    checks.append(ret(f"get-{tag}", i32(o, d), i32(ds[d][1], 1)))
                    checks.append(ret(f"get-{tag}", i32(o, d - 1 if d > 1 else d + 1), i32(ds[d][1], 0)))
    # The descriptor of a descriptor.
    body.append('  (func (export "further") (param $i i32) (result i32)'
                " (struct.get $ddm 0 (ref.get_desc $dm (ref.get_desc $m (ref.cast (ref $m) (table.get $o (local.get $i)))))))")
    for o, (t, d) in enumerate(os_):
        if t == "m":
            checks.append(ret("further", i32(o), i32(ds[d][1] + 1000)))
    body[-1] += ")"
    write(
        "descriptors/casts.wast",
        "Casts and branches by descriptor: every described type, exact or not, from sources of more or less precise types,\n"
        "against objects with every descriptor, and others. (Objects' functions yield a bit for each that passed.)",
        body + ["", '(invoke "init" (ref.extern 1))'] + checks,
        HEADER,
    )


# --- Layouts ----------------------------------------------------------------------------------------------------------

def layouts():
    """The descriptor behind fields of this many bytes."""
    parts = []
    for bytes_ in list(range(0, 26)) + [60, 1000, 1012, 1013, 1100]:
        small = bytes_ % 8
        fields = ["(mut i8)"] * small + ["(mut i64)"] * (bytes_ // 8)

        def const(i, salt):
            v = (i * 37 + salt * 11 + 5) % 251
            return f"(i32.const {v})" if i < small else f"(i64.const {v * 0x0101010101010101 % (1 << 63)})"

        text = "".join(f" (field {f})" for f in fields)
        checked = [i for i in range(len(fields)) if len(fields) < 12 or i in (0, small, len(fields) - 2, len(fields) - 1)]
        lines = [f"(module (rec (type $t (sub (descriptor $d) (struct{text})))",
                 "    (type $d (sub (describes $t) (struct (field i32)))))",
                 "  (global $x (mut (ref null $t)) (ref.null $t))",
                 "  (global $y (mut (ref null $t)) (ref.null $t))",
                 f"  (global $c (ref $t) (struct.new_desc $t {' '.join(const(i, 3) for i in range(len(fields)))} (struct.new $d (i32.const 33))))",
                 '  (func (export "make")',
                 f"    (global.set $x (struct.new_desc $t {' '.join(const(i, 1) for i in range(len(fields)))} (struct.new $d (i32.const 11))))",
                 "    (global.set $y (struct.new_default_desc $t (struct.new $d (i32.const 22)))))",
                 '  (func (export "tags") (result i32 i32 i32)',
                 *(f"    (struct.get $d 0 (ref.get_desc $t (global.get ${g})))" for g in "xyc"), "  )",
                 # The type of a new object is known exactly.
                 '  (func (export "new") (param i32) (result i32)',
                 "    (struct.get $d 0 (ref.get_desc $t (struct.new_default_desc $t (struct.new $d (local.get 0))))))"]
        for i in checked:
            get = "struct.get_u" if i < small else "struct.get"
            ty = "i32" if i < small else "i64"
            lines.append(f'  (func (export "get{i}") (result {ty} {ty} {ty}) '
                         + " ".join(f"({get} $t {i} (global.get ${g}))" for g in "xyc") + ")")
            lines.append(f'  (func (export "set{i}") (param {ty}) (struct.set $t {i} (global.get $x) (local.get 0)))')
        lines[-1] += ")"
        parts += lines + ['(invoke "make")', ret("tags", "", i32(11, 22, 33)), ret("new", i32(-4), i32(-4))]
        for i in checked:
            zero = "(i32.const 0)" if i < small else "(i64.const 0)"
            parts.append(ret(f"get{i}", "", const(i, 1), zero, const(i, 3)))
            parts.append(f'(invoke "set{i}" {"(i32.const 255)" if i < small else "(i64.const -1)"})')
        parts.append(ret("tags", "", i32(11, 22, 33)))
        parts.append("")
    write("descriptors/layouts.wast", "The place of descriptors: behind fields of all sizes, in large objects, in objects of constant expressions.", parts, HEADER)


def make():
    casts()
    layouts()
