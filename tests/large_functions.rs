//! The suite's control-flow scripts with large functions: each body starts with two branch tables that take more room than 16
//! bits can count, in the module, in bytecode and in machine code. The code after them must behave the same.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use wasm_encoder::{CodeSection, ConstExpr, Encode, GlobalSection, GlobalType, RawSection, SectionId, ValType};
use wasmoon::conformance::backend::Backend;
use wasmoon::conformance::plan::{Event, Plan};
use wasmoon::conformance::read::suite::{Source, Suite};
use wasmoon::conformance::record::Verdict;
use wasmoon::conformance::supervise::run;
use wasmoon::engine::{Config, Mode, OptLevel, Tier};
use wasmparser::{Parser, Payload};
use wast::parser::{ParseBuffer, parse};
use wast::{QuoteWat, Wast, WastDirective, Wat};

const SCRIPTS: [&str; 11] = [
    "core/labels",
    "core/switch",
    "core/unwind",
    "exceptions/throw_ref",
    "exceptions/try_table",
    "extra/exceptions/handlers",
    "extra/exceptions/outside",
    "extra/loops/entered",
    "extra/stack-switching/handlers",
    "reference-types/br_table",
    "tail-call/return_call",
];
/// The number of targets of a table. A table may have no more than 65,520, so there are two.
const TARGETS: u32 = 33_000;

/// Two blocks around a branch to either, selected by a global whose value is unknown to the compiler.
fn table(global: u32) -> Vec<u8> {
    let mut code = vec![0x02, 0x40, 0x02, 0x40, 0x23];
    global.encode(&mut code);
    code.push(0x0e);
    TARGETS.encode(&mut code);
    code.extend((0..=TARGETS).map(|i| (i % 2) as u8));
    code.extend([0x0b, 0x0b]);
    code
}

/// The module with an additional global, and with two tables before each body. A module without functions is unchanged.
fn enlarged(module: &[u8]) -> Vec<u8> {
    let payloads: Vec<Payload<'_>> = Parser::new(0).parse_all(module).map(Result::unwrap).collect();
    let imported = |payload: &Payload<'_>| match payload {
        Payload::ImportSection(imports) => imports
            .clone()
            .into_imports()
            .filter(|i| matches!(i.as_ref().unwrap().ty, wasmparser::TypeRef::Global(_)))
            .count(),
        Payload::GlobalSection(globals) => globals.count() as usize,
        _ => 0,
    };
    let index = payloads.iter().map(imported).sum::<usize>() as u32;
    let bodies: Vec<&[u8]> = payloads
        .iter()
        .filter_map(|payload| match payload {
            Payload::CodeSectionEntry(body) => Some(&module[body.range().start as usize..body.range().end as usize]),
            _ => None,
        })
        .collect();
    if bodies.is_empty() {
        return module.to_vec();
    }
    let front = table(index).repeat(2);
    let mut code = CodeSection::new();
    for body in bodies {
        let reader = wasmparser::FunctionBody::new(wasmparser::BinaryReader::new(body, 0));
        let operators = reader.get_operators_reader().unwrap().original_position() as usize;
        code.raw(&[&body[..operators], &front, &body[operators..]].concat());
    }
    // A global that is never changed, after the existing ones.
    let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    let mut global = GlobalSection::new();
    global.global(ty, &ConstExpr::i32_const(0));
    let (mut made, mut has_global) = (wasm_encoder::Module::new(), false);
    let raw = |id: u8, range: std::ops::Range<u64>| RawSection {
        id,
        data: &module[range.start as usize..range.end as usize],
    };
    for payload in &payloads {
        // In section order, globals come before all of these.
        let after =
            matches!(payload, Payload::ExportSection(_) | Payload::StartSection { .. } | Payload::ElementSection(_))
                || matches!(payload, Payload::DataCountSection { .. } | Payload::CodeSectionStart { .. });
        if after && !has_global {
            made.section(&global);
            has_global = true;
        }
        match payload {
            Payload::GlobalSection(globals) => {
                let mut all = Vec::new();
                (globals.count() + 1).encode(&mut all);
                let mut first = Vec::new();
                globals.count().encode(&mut first);
                let range = globals.range();
                all.extend_from_slice(&module[range.start as usize + first.len()..range.end as usize]);
                all.extend([0x7f, 1, 0x41, 0, 0x0b]);
                made.section(&RawSection { id: SectionId::Global.into(), data: &all });
                has_global = true;
            }
            Payload::CodeSectionStart { .. } => _ = made.section(&code),
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    made.section(&raw(id, range));
                }
            }
        }
    }
    made.finish()
}

/// The script with its modules enlarged, and the number of directives changed.
fn rewritten(text: &str) -> (String, usize) {
    let buffer = ParseBuffer::new(text).unwrap();
    let mut directives = parse::<Wast<'_>>(&buffer).unwrap().directives;
    let begin = |at: usize| text[..at].rfind('(').unwrap();
    let starts: Vec<usize> = directives.iter().map(|directive| begin(directive.span().offset())).collect();
    let mut made = text[..starts[0]].to_string();
    let mut changed = 0;
    for (i, directive) in directives.iter_mut().enumerate() {
        let source = &text[starts[i]..starts.get(i + 1).copied().unwrap_or(text.len())];
        let WastDirective::Module(QuoteWat::Wat(Wat::Module(module))) = directive else {
            made += source;
            continue;
        };
        let name = module.id.map_or(String::new(), |id| format!("${}", id.name()));
        let bytes = enlarged(&module.encode().unwrap());
        made +=
            &format!("(module {name} binary \"{}\")\n", bytes.iter().map(|b| format!("\\{b:02x}")).collect::<String>());
        changed += 1;
    }
    (made, changed)
}

/// Runs the scripts with large functions on these columns.
fn hold(scripts: &[&str], columns: &[(&str, Config)]) {
    let mut suite = Suite::embedded().unwrap();
    suite.files.retain(|file| scripts.contains(&file.key().as_str()));
    assert_eq!(suite.files.len(), scripts.len(), "{:?}", suite.files.iter().map(|f| f.key()).collect::<Vec<_>>());
    for file in &mut suite.files {
        let (text, changed) = rewritten(&file.text().unwrap());
        assert!(changed > 0, "{}", file.key());
        Arc::make_mut(file).source = Source::Given(Arc::from(text));
    }
    let mut plan = Plan::new(suite.files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.timeout = Duration::from_secs(60);
    plan.backends =
        columns.iter().map(|(name, config)| Backend { name: (*name).into(), config: config.clone() }).collect();
    // A directive has a record for each column, and one for the comparison.
    let records = columns.len() + usize::from(columns.len() > 1);
    let (mut wrong, mut passed) = (Vec::new(), 0);
    run(&plan, &mut |event| {
        let Event::Finished(result) = event else { return };
        let directives = result.stats.directives as usize;
        if !result.complete || directives == 0 || result.records.len() != directives * records {
            wrong.push(format!("{}: {} records: {:?}", result.file.key(), result.records.len(), result.error));
        }
        for record in &result.records {
            passed += usize::from(record.verdict == Verdict::Pass);
            if record.verdict != Verdict::Pass {
                let got = record.got.as_deref().unwrap_or_default();
                wrong.push(format!(
                    "{} line {} on {}: {:?} {got}",
                    record.file, record.line, record.backend, record.verdict
                ));
            }
        }
    })
    .unwrap();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    assert!(passed > 40 * records * scripts.len(), "{passed} outcomes");
}

#[test]
fn scripts_mean_the_same_in_large_functions() {
    let of = |mode| Config { mode, ..Config::default() };
    hold(
        &SCRIPTS,
        &[
            ("interp", of(Mode::All(Tier::Interp))),
            ("jit", of(Mode::All(Tier::Jit))),
            ("tiered", of(Mode::Tiered { seed: Some(1) })),
        ],
    );
}

/// Without optimization, machine code contains the tables, too.
#[test]
fn handlers_mean_the_same_in_large_machine_code() {
    let plain = Config { mode: Mode::All(Tier::Jit), opt: OptLevel::O0, ..Config::default() };
    hold(&["exceptions/try_table", "extra/exceptions/outside"], &[("jit-O0", plain)]);
}
