"""Exceptions of the older proposal: random programs, and their results according to a plain interpreter of their trees."""

import random

from .script import const, ret, write

HEADER = ";;! legacy-exceptions = true\n"
M64 = 1 << 64
# Payload types by tag.
TAGS = [["i32"], [], ["i64", "i32"], ["f64", "i64", "i32", "i64"]]


class Thrown(Exception):
    def __init__(self, tag, values):
        self.tag, self.values = tag, values


class Delegated(Exception):
    def __init__(self, thrown, target):
        self.thrown, self.target = thrown, target


class Branch(Exception):
    def __init__(self, target, value):
        self.target, self.value = target, value


class Label:
    """A block that can be branched to; `caught` while one of its clauses is being generated."""

    def __init__(self, valued, is_try):
        self.valued, self.is_try, self.caught = valued, is_try, False


class Program:
    """Generates text, and closures with the same behaviour."""

    def __init__(self, rng):
        self.rng, self.budget, self.counter = rng, 40, 0

    def number(self):
        self.counter += 1
        return self.counter

    def accumulate(self):
        # The value on top joins the trace.
        return "local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t"

    def statements(self, labels, depth, valued):
        """Text and closure of a sequence that leaves an i64 if `valued`; the closure returns it."""
        parts, runs = [], []
        for _ in range(self.rng.randrange(1, 4)):
            text, run = self.statement(labels, depth)
            parts.append(text)
            runs.append(run)
        last = self.number() if valued else None
        if valued:
            parts.append(f"i64.const {last}")

        def execute(env):
            for run in runs:
                run(env)
            return last

        return "\n".join(parts), execute

    def statement(self, labels, depth):
        rng = self.rng
        self.budget -= 1
        kinds = ["step", "throw", "call", "if"]
        if depth > 0 and self.budget > 0:
            kinds += ["try"] * 4 + ["delegate"] * 2 + ["block", "loop"]
        if labels:
            kinds += ["br", "br_if"]
        if any(label.caught for label in labels):
            kinds += ["rethrow"] * 3
        kind = rng.choice(kinds)
        if kind == "step":
            k = self.number()

            def step(env):
                env["t"] = (env["t"] * 31 + k) % M64

            return f"i64.const {k} {self.accumulate()}", step
        if kind in ("throw", "call"):
            return self.maybe(*self.throw(kind))
        if kind == "if":
            label = Label(False, False)
            then, run = self.statement(labels + [label], depth - 1)
            return self.conditional(then, self.labelled(run, label))
        if kind in ("br", "br_if"):
            number = rng.randrange(len(labels))
            label, k = labels[-1 - number], self.number()
            if label.is_loop:
                return "nop", lambda env: None

            def branch(env):
                raise Branch(label, k if label.valued else None)

            value = f"i64.const {k} " if label.valued else ""
            if kind == "br_if":
                bit = rng.randrange(4)
                after = " drop" if label.valued else ""
                text = f"{value}local.get $p i32.const {bit} i32.shr_u i32.const 1 i32.and br_if {number}{after}"
                return text, lambda env: branch(env) if env["p"] >> bit & 1 else None
            return self.conditional(f"{value}br {number + 1}", branch)
        if kind == "rethrow":
            number = rng.choice([n for n in range(len(labels)) if labels[-1 - n].caught])
            label = labels[-1 - number]

            def rethrow(env):
                raise Thrown(*env["caught"][id(label)])

            return self.conditional(f"rethrow {number + 1}", rethrow)
        return self.structure(kind, labels, depth)

    def labelled(self, run, label):
        """The block's treatment of branches to its label, and of exceptions delegated to it."""

        def execute(env):
            try:
                run(env)
            except Branch as branch:
                if branch.target is not label:
                    raise
            except Delegated as delegated:
                if delegated.target is not label:
                    raise
                raise delegated.thrown

        return execute

    def conditional(self, text, run):
        """Depends on a bit of the parameter; adds a label."""
        bit = self.rng.randrange(4)
        text = f"local.get $p i32.const {bit} i32.shr_u i32.const 1 i32.and if\n{text}\nend"
        return text, lambda env: run(env) if env["p"] >> bit & 1 else None

    def maybe(self, text, run):
        if self.rng.random() < 0.25:
            return text, run
        return self.conditional(text, run)

    def throw(self, kind):
        tag = self.rng.randrange(len(TAGS))
        k = self.number()

        def throw(env):
            raise Thrown(tag, [k * (i + 3) for i in range(len(TAGS[tag]))])

        pushes = " ".join(f"{ty}.const {k * (i + 3)}" for i, ty in enumerate(TAGS[tag]))
        how = f"throw $e{tag}" if kind == "throw" else self.rng.choice([f"call $throw{tag}", f"call $through{tag}"])
        if kind == "call" and self.rng.random() < 0.3:
            how = f"i32.const {tag} call_indirect (type $t{tag})"
        return f"{pushes} {how}", throw

    def structure(self, kind, labels, depth):
        rng = self.rng
        valued = rng.random() < 0.5
        below = self.number() if rng.random() < 0.4 and valued else None
        label = Label(valued, kind in ("try", "delegate"))
        label.is_loop = kind == "loop"
        result = " (result i64)" if valued else ""
        # The parameter of a block: removed at once.
        param = self.number() if rng.random() < 0.2 and kind != "loop" else None
        inside = labels + [label]
        body, run = self.statements(inside, depth - 1, valued)
        if param is not None:
            result = " (param i64)" + result
            body = f"{self.accumulate()}\n{body}"
            plain = run

            def run(env, plain=plain):
                env["t"] = (env["t"] * 31 + param) % M64
                return plain(env)

        text = f"{kind if kind in ('block', 'loop') else 'try'}{result}\n{body}\n"
        clauses = []
        target = None
        if kind == "try":
            tags = rng.sample(range(len(TAGS)), rng.randrange(0, len(TAGS)))
            if rng.random() < 0.15:
                tags.append(rng.choice(tags or [0]))
            everything = rng.random() < 0.5
            for tag in tags + ([None] if everything else []):
                label.caught = True
                clause, execute = self.statements(inside, depth - 1, valued)
                label.caught = False
                head = "catch_all"
                if tag is not None:
                    head = f"catch $e{tag}"
                    for ty in reversed(TAGS[tag]):
                        widen = {"i32": "i64.extend_i32_u ", "f64": "i64.trunc_f64_u ", "i64": ""}[ty]
                        head += f"\n{widen}{self.accumulate()}"
                text += f"{head}\n{clause}\n"
                clauses.append((tag, execute))
            text += "end"
        elif kind == "delegate":
            # One more: the function itself.
            number = rng.randrange(len(labels) + 1)
            target = labels[-1 - number] if number < len(labels) else None
            text += f"delegate {number}"
        else:
            text += "end"
        if param is not None:
            text = f"i64.const {param}\n{text}"
        if below is not None:
            text = f"i64.const {below}\n{text}\ni64.add"
        if valued:
            text += f"\n{self.accumulate()}"

        def execute(env):
            try:
                value = self.run_structure(env, kind, label, run, clauses, target)
            except Branch as branch:
                if branch.target is not label:
                    raise
                value = branch.value
            if valued:
                env["t"] = (env["t"] * 31 + value + (below or 0)) % M64

        return text, execute

    def run_structure(self, env, kind, label, run, clauses, target):
        try:
            return run(env)
        except Delegated as delegated:
            if delegated.target is not label:
                raise
            thrown = delegated.thrown
        except Thrown as t:
            thrown = t
        # It left the body, or was delegated from inside the body to this block.
        if kind == "delegate":
            raise Delegated(thrown, target) if target is not None else Delegated(thrown, "function")
        for tag, execute in clauses:
            if tag is None or tag == thrown.tag:
                before = env["caught"].get(id(label))
                env["caught"][id(label)] = (thrown.tag, thrown.values)
                if tag is not None:
                    for value in reversed(thrown.values):
                        env["t"] = (env["t"] * 31 + value) % M64
                try:
                    return execute(env)
                except Delegated as delegated:
                    if delegated.target is not label:
                        raise
                    # A clause is not covered by its own try.
                    raise delegated.thrown
                finally:
                    env["caught"][id(label)] = before
        raise thrown


Label.is_loop = False


def programs(name, seed, count, depth):
    rng = random.Random(seed)
    lines = ["(module"]
    for tag, types in enumerate(TAGS):
        params = f" (param {' '.join(types)})" if types else ""
        gets = " ".join(f"local.get {i}" for i in range(len(types)))
        lines.append(f"  (type $t{tag} (func{params}))")
        lines.append(f"  (tag $e{tag}{params})")
        lines.append(f"  (func $throw{tag}{params} {gets} throw $e{tag})")
        # Passes a clause for another tag, and is rethrown.
        other = (tag + 1) % len(TAGS)
        lines.append(
            f"  (func $through{tag}{params} try {gets} call $throw{tag} catch $e{other} {'drop ' * len(TAGS[other])}"
            f"catch_all rethrow 0 end)"
        )
    lines.append(f"  (table funcref (elem {' '.join(f'$throw{t}' for t in range(len(TAGS)))}))")
    checks = []
    for i in range(count):
        while True:
            program = Program(rng)
            body, run = program.statements([], depth, False)
            if body.count("try") > 1:
                break
        lines.append(f'  (func (export "f{i}") (param $p i32) (result i64) (local $t i64) (local $v i64)')
        lines.append("    " + body.replace("\n", "\n    "))
        lines.append("    local.get $t)")
        for p in range(16):
            env = {"t": 0, "p": p, "caught": {}}
            try:
                run(env)
                checks.append(ret(f"f{i}", [const("i32", p)], [const("i64", env["t"])]))
            except (Thrown, Delegated):
                checks.append(f'(assert_exception (invoke "f{i}" (i32.const {p})))')
    lines.append(")")
    write(
        f"legacy/{name}.wast",
        "Random programs of try, catch, catch_all, delegate and rethrow: every path leaves a trace of its own.",
        lines + checks,
        HEADER,
    )


def make():
    programs("shallow", 1, 40, 2)
    programs("deep", 2, 40, 5)
