use super::*;
use crate::config::Config;
use crate::jit;
use crate::module::WasmFeatures;
use crate::runtime::sys::observers::symbol_files;

/// Two functions, one of them with a hostile name, and a constant expression.
pub(super) fn module() -> Module {
    let text = r#"(module (func $first (@name "line\nbreak") (result i32) (i32.const 1))
        (func (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 3)))
        (global i32 (i32.const 1)))"#;
    let bytes = wat::parse_str(text).unwrap();
    Module::new(&bytes, WasmFeatures::all()).unwrap()
}

fn symbols() -> Vec<Symbol> {
    let symbol = |start, end, name: &str, frame| Symbol { start, end, name: name.into(), frame, wasm: None };
    vec![symbol(0, 16, "a b", FrameRules::Compiled), symbol(32, 48, "c", FrameRules::Entry)]
}

#[test]
fn functions_have_names_without_line_breaks() {
    let module = module();
    let names: Vec<String> = (0..3).map(|i| body_name(&module, BodyIndex(i))).collect();
    assert_eq!(names, ["line?break", "wasm[1]::func_1", "wasm::const_0"]);
}

/// Whoever reads one line for each function takes a line without a name for an error.
#[test]
fn a_function_whose_name_is_empty_has_its_number() {
    let mut bytes = wat::parse_str("(module (func))").unwrap();
    // A name section with an empty name for function 0.
    bytes.extend(b"\0\x0a\x04name\x01\x03\x01\0\0");
    let module = Module::new(&bytes, WasmFeatures::all()).unwrap();
    assert_eq!(module.function_names().get(&0).map(String::as_str), Some(""));
    assert_eq!(body_name(&module, BodyIndex(0)), "wasm[0]::func_0");
}

#[test]
fn maps_have_a_line_a_function() {
    assert_eq!(map::lines(0x1000, &symbols()), "1000 10 a b\n1020 10 c\n");
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap())
}

#[test]
fn dumps_hold_code_and_lines() {
    let module = module();
    let compiled = jit::compile(&module, &Config::default()).unwrap();
    let object = CodeObject::publish(&compiled.code, compiled.tables).unwrap();
    let header = jitdump::header();
    assert_eq!(header.len(), 40);
    assert_eq!((&header[..4], word(&header, 8)), (b"DTiJ".as_slice(), 40));

    let function = object.tables().functions[1];
    let symbol =
        Symbol { start: function.start, end: function.end, name: "f".into(), frame: FrameRules::Compiled, wasm: None };
    let division = compiled.sources.iter().find(|s| module.bytes[s.1 as usize] == 0x6e).unwrap();
    let listing = Listing { path: "x.wat".into(), lines: [(division.1, 7)].into() };
    let mut records = Vec::new();
    let lines = Lines { listing: &listing, sources: &compiled.sources };
    jitdump::debug_info(&mut records, &object, &symbol, &lines);
    let end = word(&records, 4) as usize;
    assert_eq!((word(&records, 0), end), (2, records.len()));
    assert_eq!(long(&records, 16), object.address(function.start) as u64);
    assert!(long(&records, 24) >= 1);
    assert_eq!(long(&records, 32), object.address(division.0) as u64);
    assert_eq!((word(&records, 40), &records[48..54]), (7, b"x.wat\0".as_slice()));

    records.clear();
    jitdump::code_load(&mut records, &object, &symbol, 5);
    assert_eq!((word(&records, 0), word(&records, 4) as usize), (0, records.len()));
    assert_eq!(word(&records, 16), std::process::id());
    let size = (function.end - function.start) as usize;
    assert_eq!((long(&records, 40), long(&records, 48)), (size as u64, 5));
    assert_eq!(&records[56..58], b"f\0");
    assert_eq!(&records[58..], &object.bytes()[function.start as usize..function.end as usize]);
}

/// The debugger's list contains a file until it is dropped, in any order.
#[test]
fn symbol_files_come_and_go() {
    let object = CodeObject::publish(&[0x90; 64], Default::default()).unwrap();
    let elf = symbols::file(crate::target::ALL[0], &object, &symbols(), None).unwrap();
    assert_eq!(&elf[..4], b"\x7fELF");
    assert!(elf.windows(4).any(|w| w == b"a b\0") && elf.windows(9).any(|w| w == b".eh_frame"));
    let files: Vec<SymbolFile> = (1..=3).map(|n| SymbolFile::register(vec![0; n].into())).collect();
    assert_eq!(symbol_files(), [3, 2, 1]);
    let mut files = files.into_iter();
    let (first, second, third) = (files.next(), files.next(), files.next());
    drop(second);
    assert_eq!(symbol_files(), [3, 1]);
    drop(third);
    drop(first);
    assert_eq!(symbol_files(), Vec::<u64>::new());
}

/// After the prologue, an independent reader of DWARF finds each register where the target says.
#[test]
fn frames_are_described_for_every_cpu() {
    use crate::target::CfiRule;
    use gimli::{BaseAddresses, CfaRule, EhFrame, LittleEndian, Register, RegisterRule, UnwindContext, UnwindSection};
    const BASE: u64 = 0x1000;
    const LEN: u32 = 256;
    for target in crate::target::ALL {
        for frame in [FrameRules::Compiled, FrameRules::Entry] {
            let facts = &target.unwind;
            let symbol = Symbol { start: 0, end: LEN, name: "f".into(), frame, wasm: None };
            let bytes = symbols::eh_frame(target, BASE, &[symbol]);
            let mut section = EhFrame::new(&bytes, LittleEndian);
            section.set_address_size(8);
            let (bases, mut context) = (BaseAddresses::default(), UnwindContext::new());
            let last = BASE + u64::from(LEN) - 1;
            let cie = EhFrame::cie_from_offset;
            let row = section.unwind_info_for_address(&bases, &mut context, last, cie).unwrap().clone();
            let (saves, overwritten) = match frame {
                FrameRules::Compiled => (&[][..], facts.overwritten),
                FrameRules::Entry => (facts.saves, &[][..]),
            };
            for rule in facts.prologue.iter().chain(saves).flat_map(|(_, rules)| *rules).chain(overwritten) {
                let (register, expected) = match *rule {
                    CfiRule::Saved { register, words } => (register, RegisterRule::Offset(-8 * i64::from(words))),
                    CfiRule::Undefined(register) => (register, RegisterRule::Undefined),
                    CfiRule::CfaRegister(register) => {
                        let CfaRule::RegisterAndOffset { register: found, .. } = *row.cfa() else { panic!("{row:?}") };
                        assert_eq!(found, Register(register.into()), "{}", target.name);
                        continue;
                    }
                    CfiRule::CfaOffset(_) => continue,
                };
                let found = row.register(Register(register.into()));
                assert_eq!(found, Some(expected), "{} {register}", target.name);
            }
        }
    }
}
