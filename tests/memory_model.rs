//! Checks that selection follows `docs/memory-model.md`: the instructions of every atomic operator, at every width, CPU level and
//! optimization level, and what precedes a store that may trap. The tables here are those of the page.

use std::path::Path;
use wasmoon::config::{Config, OptLevel};
use wasmoon::jit::pipeline::{build, machine};
use wasmoon::module::{BodyIndex, Module, WasmFeatures};
use wasmoon::target::CpuLevel;

/// An operator, and the names of the instructions that access memory or order accesses: on x86-64, on AArch64, and on AArch64
/// from the level `lse` on. The names are those for 32 and 64 bits.
type Row = (&'static str, [&'static [&'static str]; 3]);

const EXCLUSIVE: &[&str] = &["ldaxr", "stlxr"];

const OPERATORS: &[Row] = &[
    ("atomic.load", [&["mov"], &["ldar"], &["ldar"]]),
    ("atomic.store", [&["xchg"], &["stlr"], &["stlr"]]),
    ("atomic.rmw.add", [&["lock xadd"], EXCLUSIVE, &["ldaddal"]]),
    ("atomic.rmw.sub", [&["lock xadd"], EXCLUSIVE, &["ldaddal"]]),
    ("atomic.rmw.and", [&["mov", "lock cmpxchg"], EXCLUSIVE, &["ldclral"]]),
    ("atomic.rmw.or", [&["mov", "lock cmpxchg"], EXCLUSIVE, &["ldsetal"]]),
    ("atomic.rmw.xor", [&["mov", "lock cmpxchg"], EXCLUSIVE, &["ldeoral"]]),
    ("atomic.rmw.and, result unused", [&["lock and"], EXCLUSIVE, &["ldclral"]]),
    ("atomic.rmw.or, result unused", [&["lock or"], EXCLUSIVE, &["ldsetal"]]),
    ("atomic.rmw.xor, result unused", [&["lock xor"], EXCLUSIVE, &["ldeoral"]]),
    ("atomic.rmw.xchg", [&["xchg"], EXCLUSIVE, &["swpal"]]),
    ("atomic.rmw.cmpxchg", [&["lock cmpxchg"], EXCLUSIVE, &["casal"]]),
    ("atomic.fence", [&["mfence"], &["dmb ish"], &["dmb ish"]]),
];

/// The size in bytes of a plain store to a guarded memory, and the instructions that may fault, on x86-64 and on AArch64.
const STORES: &[(&str, [&[&str]; 2])] = &[
    ("1", [&["mov"], &["strb"]]),
    ("2", [&["mov"], &["ldrh", "strh"]]),
    ("4", [&["mov"], &["ldr", "str"]]),
    ("8", [&["mov"], &["ldr", "str"]]),
    ("16", [&["movups"], &["ldr", "str"]]),
];

/// The column for a CPU level.
fn column(cpu: CpuLevel) -> usize {
    match (cpu.target().name, cpu.name()) {
        ("x86_64", _) => 0,
        ("aarch64", "v8") => 1,
        ("aarch64", _) => 2,
        (name, _) => panic!("the page has no column for {name}"),
    }
}

/// The type, the width in bits, and the name after `atomic.`, of each form of an operator.
fn forms(operator: &str) -> Vec<(&'static str, u32, String)> {
    let Some(name) = operator.strip_prefix("atomic.").filter(|name| *name != "fence") else {
        return vec![("i32", 0, String::new())];
    };
    let widths = [("i32", 32, ""), ("i32", 8, "8"), ("i32", 16, "16")];
    let wide = [("i64", 64, ""), ("i64", 8, "8"), ("i64", 16, "16"), ("i64", 32, "32")];
    let form = |(ty, bits, suffix): (&'static str, u32, &str)| {
        let unsigned = if suffix.is_empty() { "" } else { "_u" };
        let text = match name.split_once('.') {
            None if name == "load" => format!("load{suffix}{unsigned}"),
            None => format!("{name}{suffix}"),
            Some((rmw, operation)) => format!("{rmw}{suffix}.{operation}{unsigned}"),
        };
        (ty, bits, text)
    };
    widths.into_iter().chain(wide).map(form).collect()
}

/// A module with one function that executes one form of an operator on its parameters.
fn program(operator: &str, ty: &str, form: &str) -> String {
    let operands = match operator {
        "atomic.fence" => 0,
        "atomic.load" => 1,
        "atomic.rmw.cmpxchg" => 3,
        _ => 2,
    };
    let operands: String = (0..operands).map(|i| format!(" (local.get {i})")).collect();
    let (result, body) = match (operator, operator.ends_with("unused")) {
        ("atomic.fence", _) => ("", "(atomic.fence)".to_string()),
        ("atomic.store", _) => ("", format!("({ty}.atomic.{form}{operands})")),
        (_, true) => ("", format!("(drop ({ty}.atomic.{form}{operands}))")),
        (_, false) => (ty, format!("({ty}.atomic.{form}{operands})")),
    };
    let result = if result.is_empty() { String::new() } else { format!(" (result {result})") };
    format!("(module (memory 1 1 shared) (func (param i32 {ty} {ty}){result} {body}))")
}

/// The assembly of the first function of a module.
fn assembly(wat: &str, options: &Config) -> Vec<String> {
    let bytes = wat::parse_str(wat).unwrap_or_else(|e| panic!("{wat}: {e}"));
    let module = Module::new(&bytes, WasmFeatures::all()).expect("a valid module");
    let function = build(&module, BodyIndex(0), options).expect("it is supported");
    let made = machine(&module, &function, options, &|f| f.to_string()).expect("it can be compiled");
    made.assembly.into_iter().map(|line| line.text).filter(|text| text.starts_with("  ")).collect()
}

/// The mnemonic and operands of a line, without the comment.
fn instruction(line: &str) -> (&str, Vec<&str>) {
    let text = line.split(" ;").next().expect("a first part").trim();
    let prefix = if text.starts_with("lock ") { 5 } else { 0 };
    let end = text[prefix..].find(' ').map_or(text.len(), |i| prefix + i);
    // A comma inside brackets is part of an address.
    let (mut operands, mut depth, mut from) = (Vec::new(), 0, end);
    for (i, c) in text.char_indices().skip(end) {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            ',' if depth == 0 => {
                operands.push(text[from..i].trim());
                from = i + 1;
            }
            _ => {}
        }
    }
    operands.push(text[from..].trim());
    (&text[..end], operands)
}

/// The width of an x86-64 register in bits.
fn register_bits(name: &str) -> u32 {
    match name {
        _ if name.ends_with(['l', 'b']) => 8,
        _ if name.ends_with('w') => 16,
        _ if name.ends_with('d') || name.starts_with('e') => 32,
        _ if name.starts_with('r') => 64,
        _ => 16,
    }
}

/// The name of an instruction that accesses linear memory atomically or orders accesses, as for 32 and 64 bits, and the width of
/// the access. On x86-64, only accesses to linear memory have an index register.
fn x86_64(line: &str) -> Option<(String, u32)> {
    let (name, operands) = instruction(line);
    if name == "mfence" {
        return Some((name.into(), 0));
    }
    let index = |operand: &&&str| operand.split_once('+').is_some_and(|(_, i)| i.starts_with(char::is_alphabetic));
    let memory = operands.iter().find(index).filter(|_| name != "lea")?;
    let register = operands.iter().find(|o| !o.contains('[')).map(|o| register_bits(o));
    Some(match memory.split_once(" ptr") {
        Some((size, _)) if name == "movzx" => ("mov".into(), if size == "byte" { 8 } else { 16 }),
        _ => (name.into(), register.expect("a register")),
    })
}

/// As [`x86_64`]. On AArch64, all other accesses have the names of plain ones.
fn aarch64(line: &str) -> Option<(String, u32)> {
    let (name, operands) = instruction(line);
    if name == "dmb" {
        return Some((format!("{name} {}", operands[0]), 0));
    }
    let plain = ["ldr", "ldur", "ldp", "str", "stur", "stp"];
    let accesses = ["ld", "st", "swp", "cas"].iter().any(|start| name.starts_with(start));
    if !accesses || plain.iter().any(|start| name.starts_with(start)) {
        return None;
    }
    // The first register of an exclusive store receives whether it succeeded.
    let value = operands[usize::from(name.starts_with("stlxr"))];
    let whole = if value.starts_with('x') { 64 } else { 32 };
    Some(match (name.strip_suffix('b'), name.strip_suffix('h')) {
        (Some(name), _) => (name.into(), 8),
        (_, Some(name)) => (name.into(), 16),
        _ => (name.into(), whole),
    })
}

fn options() -> Vec<Config> {
    let levels = [OptLevel::O0, OptLevel::O1, OptLevel::O2];
    let of = |cpu| levels.map(|opt| Config { cpu: Some(cpu), opt, ..Config::default() });
    CpuLevel::all().flat_map(of).collect()
}

#[test]
fn atomic_operators_are_the_instructions_of_the_page() {
    let mut checked = 0;
    for options in options() {
        let cpu = options.cpu.expect("it was chosen");
        let (column, read) = (column(cpu), if column(cpu) == 0 { x86_64 } else { aarch64 });
        for (operator, columns) in OPERATORS {
            for (ty, bits, form) in forms(operator.split(',').next().expect("a name")) {
                let lines = assembly(&program(operator, ty, &form), &options);
                let found: Vec<(String, u32)> = lines.iter().filter_map(|line| read(line)).collect();
                let expected: Vec<(String, u32)> =
                    columns[column].iter().map(|name| (name.to_string(), bits)).collect();
                let case = format!("{operator} as {ty}.{form} for {cpu:?} at {:?}", options.opt);
                assert_eq!(found, expected, "{case}:\n{}", lines.join("\n"));
                checked += 1;
            }
        }
    }
    assert_eq!(checked, CpuLevel::all().count() * 3 * (12 * 7 + 1));
}

#[test]
fn stores_that_may_trap_are_the_instructions_of_the_page() {
    for options in options() {
        for (bytes, columns) in STORES {
            let (ty, store) = match *bytes {
                "1" => ("i32", "i32.store8"),
                "2" => ("i64", "i64.store16"),
                "4" => ("f32", "f32.store"),
                "8" => ("i64", "i64.store"),
                _ => ("v128", "v128.store"),
            };
            let wat = format!("(module (memory 1) (func (param i32 {ty}) ({store} (local.get 0) (local.get 1))))");
            let lines = assembly(&wat, &options);
            let faulting = lines.iter().filter(|line| line.contains("(memory 0)"));
            let found: Vec<&str> = faulting.map(|line| instruction(line).0.trim_start_matches('v')).collect();
            let column = column(options.cpu.expect("it was chosen")).min(1);
            // The move of a float has a different name.
            let name = |name: &'static str| if ty == "f32" && name == "mov" { "movss" } else { name };
            let expected: Vec<&str> = columns[column].iter().map(|n| name(n)).collect();
            assert_eq!(found, expected, "{bytes} bytes for {:?}:\n{}", options.cpu, lines.join("\n"));
        }
    }
}

/// The rows of the page's table whose first column has this heading: the texts of the cells, without backticks.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/memory-model.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let rows = page.lines().skip_while(|line| !line.starts_with(&format!("| {heading} |"))).skip(2);
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}

#[test]
fn the_page_has_these_tables() {
    let row = |first: &str, columns: &[&[&str]]| -> Vec<String> {
        [first.to_string()].into_iter().chain(columns.iter().map(|names| names.join(", "))).collect()
    };
    let operators: Vec<Vec<String>> = OPERATORS.iter().map(|(name, columns)| row(name, columns)).collect();
    assert_eq!(table("operator"), operators);
    let stores: Vec<Vec<String>> = STORES.iter().map(|(bytes, columns)| row(bytes, columns)).collect();
    assert_eq!(table("bytes"), stores);
}

/// The counter-example: other instructions and other widths are not read as the expected ones.
#[test]
fn instructions_are_read_as_they_are_written() {
    let read = |text: &str| x86_64(text).map(|(name, bits)| format!("{name} {bits}"));
    assert_eq!(read("  lock cmpxchg [rbx+rcx], r11b ; trap: x"), Some("lock cmpxchg 8".into()));
    assert_eq!(read("  movzx eax, word ptr [rcx+rax]"), Some("mov 16".into()));
    assert_eq!(read("  mov [rcx+rax+8], rdx"), Some("mov 64".into()));
    assert_eq!(read("  xchg [rcx+rax], dx"), Some("xchg 16".into()));
    assert_eq!([read("  mov rcx, [rdi+0x48]"), read("  lea rcx, [rax+rdx]")], [None, None]);
    let read = |text: &str| aarch64(text).map(|(name, bits)| format!("{name} {bits}"));
    assert_eq!(read("  stlxrb w17, w16, [x0]"), Some("stlxr 8".into()));
    assert_eq!(read("  stlxr w17, x16, [x0]"), Some("stlxr 64".into()));
    assert_eq!(read("  ldapr w1, [x0]"), Some("ldapr 32".into()));
    assert_eq!(read("  ldaddh w1, w2, [x0]"), Some("ldadd 16".into()));
    assert_eq!([read("  ldr x0, [x0, #0x48]"), read("  stur x0, [x29, #-0x8]")], [None, None]);
}
