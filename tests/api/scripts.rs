//! Scripts in columns: backends, and engines that are correct, wrong, panic, or support little.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use wasmoon::scripts::{
    BACKENDS, Column, Error, Failure, Format, Hierarchy, Imports, Matrix, Record, RefKind, Script, Scripts, Summary,
    Value, Verdict, XDIFF,
};
use wasmoon::{AnyRef, Config, Engine, ExternRef, Instance, Module, Rooted, Store, Strategy, TrapCode, Val};

/// This crate's embedding interface as an engine.
struct Embedded {
    engine: Engine,
    store: Store<()>,
}

impl Embedded {
    fn new(script: &Script) -> Result<Embedded, String> {
        let mut config = Config::new();
        config.strategy(Strategy::Interpreter).canonical_nans(script.canonical_nans());
        if script.spec() != "latest" {
            return Err("another version of the specification".into());
        }
        type Set = fn(&mut Config, bool) -> &mut Config;
        let proposals: [(&str, Set); 6] = [
            ("threads", Config::wasm_threads),
            ("custom-page-sizes", Config::wasm_custom_page_sizes),
            ("wide-arithmetic", Config::wasm_wide_arithmetic),
            ("stack-switching", Config::wasm_stack_switching),
            ("custom-descriptors", Config::wasm_custom_descriptors),
            ("legacy-exceptions", Config::wasm_legacy_exceptions),
        ];
        for (name, set) in proposals {
            set(&mut config, script.has_feature(name));
        }
        let engine = Engine::new(&config).map_err(|error| error.to_string())?;
        Ok(Embedded { store: Store::new(&engine, ()), engine })
    }

    fn lower(&mut self, value: Value) -> Result<Val, Failure> {
        Ok(match value {
            Value::I32(v) => Val::I32(v as i32),
            Value::I64(v) => Val::I64(v as i64),
            Value::F32(bits) => Val::F32(bits),
            Value::F64(bits) => Val::F64(bits),
            Value::V128(bits) => Val::V128(bits.into()),
            Value::Null(Hierarchy::Func) => Val::FuncRef(None),
            Value::Null(Hierarchy::Extern) => Val::ExternRef(None),
            Value::Null(Hierarchy::Any) => Val::AnyRef(None),
            Value::Null(Hierarchy::Exn) => Val::ExnRef(None),
            Value::Null(Hierarchy::Cont) => Val::ContRef(None),
            Value::Extern(n) => Val::ExternRef(Some(ExternRef::new(&mut self.store, n)?)),
            Value::Host(n) => Val::AnyRef(Some(ExternRef::new(&mut self.store, n)?.to_any())),
            other => return Err(Failure::Error(format!("{other:?} is no argument"))),
        })
    }

    fn number(&self, value: Rooted<ExternRef>) -> Result<Option<u32>, Failure> {
        Ok(value.data(&self.store)?.and_then(|data| data.downcast_ref().copied()))
    }

    fn any(&self, value: Rooted<AnyRef>) -> Result<Value, Failure> {
        Ok(if value.as_i31(&self.store)?.is_some() {
            Value::Ref(RefKind::I31)
        } else if value.as_struct(&self.store)?.is_some() {
            Value::Ref(RefKind::Struct)
        } else if value.as_array(&self.store)?.is_some() {
            Value::Ref(RefKind::Array)
        } else {
            let number = self.number(value.to_extern())?;
            Value::Host(number.ok_or(Failure::Error("a reference of no kind".into()))?)
        })
    }

    fn raise(&self, value: Val) -> Result<Value, Failure> {
        let or_null = |hierarchy, kind: Option<RefKind>| kind.map_or(Value::Null(hierarchy), Value::Ref);
        Ok(match value {
            Val::I32(v) => Value::I32(v as u32),
            Val::I64(v) => Value::I64(v as u64),
            Val::F32(bits) => Value::F32(bits),
            Val::F64(bits) => Value::F64(bits),
            Val::V128(bits) => Value::V128(bits.into()),
            Val::FuncRef(it) => or_null(Hierarchy::Func, it.map(|_| RefKind::Func)),
            Val::ExnRef(it) => or_null(Hierarchy::Exn, it.map(|_| RefKind::Exn)),
            Val::ContRef(it) => or_null(Hierarchy::Cont, it.map(|_| RefKind::Cont)),
            Val::ExternRef(None) => Value::Null(Hierarchy::Extern),
            Val::ExternRef(Some(it)) => self.number(it)?.map_or(Value::Ref(RefKind::Extern), Value::Extern),
            Val::AnyRef(None) => Value::Null(Hierarchy::Any),
            Val::AnyRef(Some(it)) => self.any(it)?,
            other => return Err(Failure::Unsupported(format!("{other:?}"))),
        })
    }
}

impl Column for Embedded {
    type Module = Module;
    type Instance = Instance;

    fn module(&mut self, bytes: &[u8]) -> Result<Module, Failure> {
        Module::validate(&self.engine, bytes)?;
        Ok(Module::new(&self.engine, bytes)?)
    }

    fn instantiate(&mut self, module: &Module, imports: &Imports<'_, Instance>) -> Result<Instance, Failure> {
        let mut items = Vec::new();
        for import in module.imports() {
            let from = imports.get(import.module(), import.name());
            // Iterating over the imports finds the same instances.
            let named = imports.iter().filter(|(name, _)| *name == import.module());
            let exporting = named.filter(|(_, it)| it.get_export(&mut self.store, import.name()).is_some());
            assert!(exporting.count() <= 1);
            let item = from.and_then(|from| from.get_export(&mut self.store, import.name()));
            items.push(item.ok_or(Failure::Unlinkable("unknown import".into()))?);
        }
        Ok(Instance::new(&mut self.store, module, &items)?)
    }

    fn call(&mut self, instance: &Instance, export: &str, args: &[Value]) -> Result<Vec<Value>, Failure> {
        let func = instance.get_func(&mut self.store, export).ok_or(Failure::Error("no such function".into()))?;
        let args = args.iter().map(|arg| self.lower(*arg)).collect::<Result<Vec<_>, _>>()?;
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        func.call(&mut self.store, &args, &mut results)?;
        results.into_iter().map(|result| self.raise(result)).collect()
    }

    fn global(&mut self, instance: &Instance, export: &str) -> Result<Value, Failure> {
        let global = instance.get_global(&mut self.store, export).ok_or(Failure::Error("no such global".into()))?;
        let value = global.get(&mut self.store);
        self.raise(value)
    }
}

fn ran(matrix: &Matrix, scripts: &Scripts) -> (Vec<Record>, Summary) {
    let mut records = Vec::new();
    let summary = matrix.run(scripts, |record| records.push(record.clone())).expect("a run");
    (records, summary)
}

/// The verdicts of one column, by line.
fn verdicts(records: &[Record], column: &str) -> Vec<(u32, Verdict)> {
    let own = records.iter().filter(|record| record.backend == column);
    own.map(|record| (record.line, record.verdict)).collect()
}

const SUMS: &str = r#"(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
(assert_trap (invoke "add" (i32.const 1) (i32.const 2)) "unreachable")
(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4))
(assert_return (invoke "sub" (i32.const 1) (i32.const 2)) (i32.const 4))
(assert_return (invoke "add" (i64.const 1) (i32.const 2)) (i32.const 3))
(assert_invalid (module (func (nop))) "type mismatch")
(assert_malformed (module binary "\00asm\01\00\00\00") "unexpected end")
(assert_unlinkable (module (import "spectest" "memory" (memory 1))) "unknown import")"#;

#[test]
fn each_column_passes_and_fails_alike() {
    let mut matrix = Matrix::new(&BACKENDS).expect("backends");
    matrix.column("embedded", Embedded::new);
    let (records, summary) = ran(&matrix, &Scripts::text("sums", SUMS));
    let columns = ["interp", "jit-O0", "jit-O1", "jit", "embedded", XDIFF];
    assert_eq!(summary.columns().collect::<Vec<_>>(), columns);
    // Records are in the order of directives, then of columns.
    let places: Vec<_> = records.iter().map(|record| (record.line, record.backend.as_str())).collect();
    let expected: Vec<_> = (1..=9).flat_map(|line| columns.map(|column| (line, column))).collect();
    assert_eq!(places, expected);
    for column in &columns[..5] {
        let expected: Vec<_> = (1..).zip([Verdict::Pass; 2].into_iter().chain([Verdict::Fail; 7])).collect();
        assert_eq!(verdicts(&records, column), expected, "{column}");
        assert_eq!((summary.count(column, Verdict::Pass), summary.count(column, Verdict::Fail)), (2, 7));
    }
    assert_eq!(summary.count(XDIFF, Verdict::Pass), 9);
    assert!(!summary.is_fine() && summary.errors().is_empty() && summary.directives() == 9);
    let wrong = records.iter().find(|record| (record.line, &record.backend[..]) == (4, "embedded")).expect("a record");
    assert_eq!(wrong.expected.as_deref(), Some("returned [i32 4]"));
    assert_eq!(wrong.got.as_deref(), Some("returned [i32 3]"));
    assert_eq!((&wrong.group[..], &wrong.file[..], &wrong.directive[..]), ("text", "sums", "assert_return add"));
    assert!(summary.to_string().contains("FAIL text/sums line 4: assert_return add on interp, jit-O0"), "{summary}");

    let right: String = SUMS.lines().take(2).collect::<Vec<_>>().join("\n");
    let (_, summary) = ran(&matrix, &Scripts::text("sums", &right));
    assert!(summary.is_fine(), "{summary}");
    assert!(!ran(&matrix, &Scripts::text("empty", "")).1.is_fine(), "nothing ran");
    // Without columns, nothing runs either, and that is no error.
    let (records, summary) = ran(&Matrix::new(&[]).expect("no backend"), &Scripts::text("sums", &right));
    assert!(records.is_empty() && summary.errors().is_empty() && summary.directives() == 0, "{summary}");
    assert!(!summary.is_fine(), "{summary}");
}

#[test]
fn what_is_no_script_fails_in_every_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("writable");
    write("a.wast", b"(module)\n  (assert_nothing)");
    write("b.wast", b"(module)");
    write("c.wast", b"(module)\n\xff");
    write("d.wast", b";;! nonsense = true\n(module)");
    let scripts = Scripts::path(folder.path()).expect("a folder");
    let (mut checked, mut names) = (Vec::new(), Vec::new());
    for script in scripts.iter() {
        names.push(script.name().to_string());
        if let Err(Error::Syntax { file, line, column, .. }) = script.check() {
            assert_eq!(file, script.path().expect("a file").display().to_string());
            checked.push((script.name().to_string(), line, column));
        }
    }
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(checked, [("a".into(), 2, 4), ("c".into(), 2, 1), ("d".into(), 1, 0)]);

    let mut matrix = Matrix::new(&["interp"]).expect("backends");
    matrix.column("embedded", Embedded::new).jobs(1);
    let (records, summary) = ran(&matrix, &scripts);
    for column in ["interp", "embedded"] {
        let files = records.iter().filter(|r| r.backend == column).map(|r| (&r.file[..], r.verdict));
        let fine = BTreeMap::from([("b", Verdict::Pass)]);
        let files: BTreeMap<_, _> = files.filter(|(_, verdict)| *verdict == Verdict::Pass).collect();
        assert_eq!(files, fine, "{column}");
    }
    assert_eq!(records.len(), 8);
    assert!(summary.errors()[0].contains("a.wast:2:4: "), "{:?}", summary.errors());
    assert_eq!((summary.errors().len(), summary.is_fine()), (3, false));
}

#[test]
fn what_cannot_be_run_is_an_error() {
    let missing = Scripts::path("/nowhere/x.wast").expect_err("no file");
    assert!(matches!(&missing, Error::Load(text) if text.starts_with("/nowhere/x.wast: ")), "{missing}");
    let nothing = Scripts::embedded().and_then(|all| all.filter("try_tabel")).expect_err("no script");
    assert!(matches!(&nothing, Error::Filter(text) if text.contains("try_table")), "{nothing}");
    let unknown = Matrix::new(&["jit-O9"]).expect_err("no backend");
    assert!(matches!(&unknown, Error::Column(text) if text.contains("jit-O1")), "{unknown}");

    let scripts = Scripts::text("sums", SUMS);
    for name in ["interp", XDIFF, "twice"] {
        let mut matrix = Matrix::new(&["interp"]).expect("a backend");
        matrix.column("twice", Embedded::new).column(name, Embedded::new);
        let taken = matrix.run(&scripts, |_| {}).expect_err("a name of two");
        assert!(matches!(&taken, Error::Column(text) if text.contains(&format!("'{name}'"))), "{name}: {taken}");
    }
    let mut matrix = Matrix::new(&["interp"]).expect("a backend");
    matrix.report(Format::Html, "/nowhere/report.html");
    assert!(matches!(matrix.run(&scripts, |_| panic!("nothing runs")), Err(Error::Report(_))));
    let mut matrix = Matrix::new(&["interp"]).expect("a backend");
    matrix.workers("/nowhere/wasmoon");
    assert!(matches!(matrix.run(&scripts, |_| {}), Err(Error::Start(_))));

    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let mut matrix = Matrix::new(&["interp"]).expect("a backend");
        matrix.report(Format::Html, std::ffi::OsStr::from_bytes(b"/tmp/r\xff.html"));
        let refused = matrix.run(&scripts, |_| panic!("nothing runs")).expect_err("no text");
        assert!(matches!(&refused, Error::Report(text) if text.contains("UTF-8")), "{refused}");
    }

    // Two scripts of the same name are kept apart.
    let mut both = Scripts::text("a", "(module)");
    both.append(Scripts::text("a", "(module)"));
    assert_eq!(both.iter().map(|script| script.to_string()).collect::<Vec<_>>(), ["text/a", "text/a~2"]);
}

/// The embedding interface and the interpreter agree on whole files, except for text without a binary form.
#[test]
fn a_column_agrees_with_the_backend_below_it() {
    let all = Scripts::embedded().expect("the suite");
    let mut scripts = all.filter("core::").expect("scripts");
    scripts.append(all.filter("extra::nans").expect("scripts"));
    let mut matrix = Matrix::new(&["interp"]).expect("a backend");
    matrix.column("embedded", Embedded::new);
    let (records, summary) = ran(&matrix, &scripts);
    let mut texts = 0;
    for pair in records.chunks(2) {
        let [own, other] = pair else { panic!("two columns") };
        let place = format!("{}/{}:{} {:?}", own.group, own.file, own.line, other.got);
        assert_eq!((&own.index, &own.backend[..], &other.backend[..]), (&other.index, "interp", "embedded"), "{place}");
        let text = other.got.as_ref().is_some_and(|got| got.starts_with("unsupported: a text without binary form"));
        texts += u32::from(text);
        assert!(own.verdict == other.verdict || text && own.directive == "assert_malformed", "{place}");
    }
    assert!(summary.directives() > 15_000 && texts < 1000, "{summary}");
    // This engine does not implement what another version demands: all such directives are unsupported, and none passes.
    let older = all.filter("mutable-global").expect("scripts");
    let (_, summary) = ran(&matrix, &older);
    assert_eq!(summary.count("embedded", Verdict::Unsupported), summary.directives());
}

/// Ways in which an engine that is otherwise correct is wrong; they test the driver.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lie {
    None,
    Value,
    NoValue,
    Nan,
    OtherNan,
    Null,
    Kind,
    TrapForResult,
    ResultForTrap,
    OtherTrap,
    TrapForExhaustion,
    ExhaustionForTrap,
    TrapForException,
    ExceptionForTrap,
    Malformed,
    Invalid,
    InvalidForMalformed,
    MalformedForInvalid,
    OtherRejection,
    Unlinkable,
    TrapForUnlinkable,
    Global,
    Panic,
    Late,
}

struct Liar {
    honest: Embedded,
    lie: Lie,
}

impl Column for Liar {
    type Module = Option<Module>;
    type Instance = Option<Instance>;

    fn module(&mut self, bytes: &[u8]) -> Result<Option<Module>, Failure> {
        match (self.honest.module(bytes), self.lie) {
            (Ok(module), _) => Ok(Some(module)),
            (Err(Failure::Malformed(_)), Lie::Malformed) | (Err(Failure::Invalid(_)), Lie::Invalid) => Ok(None),
            (Err(Failure::Malformed(text)), Lie::InvalidForMalformed) => Err(Failure::Invalid(text)),
            (Err(Failure::Invalid(text)), Lie::MalformedForInvalid) => Err(Failure::Malformed(text)),
            (Err(Failure::Invalid(_)), Lie::OtherRejection) => Err(Failure::Invalid("another reason".into())),
            (Err(failure), _) => Err(failure),
        }
    }

    fn instantiate(
        &mut self,
        module: &Option<Module>,
        imports: &Imports<'_, Option<Instance>>,
    ) -> Result<Option<Instance>, Failure> {
        let Some(module) = module else { return Ok(None) };
        let mut items = Vec::new();
        for import in module.imports() {
            let from = imports.get(import.module(), import.name()).copied().flatten();
            let item = from.and_then(|from| from.get_export(&mut self.honest.store, import.name()));
            match (item, self.lie) {
                (Some(item), _) => items.push(item),
                (None, Lie::Unlinkable) => return Ok(None),
                (None, Lie::TrapForUnlinkable) => return Err(Failure::Trap("unknown import".into())),
                (None, _) => return Err(Failure::Unlinkable("unknown import".into())),
            }
        }
        Ok(Some(Instance::new(&mut self.honest.store, module, &items).map_err(Failure::from)?))
    }

    fn call(&mut self, instance: &Option<Instance>, export: &str, args: &[Value]) -> Result<Vec<Value>, Failure> {
        let instance = instance.expect("made by an honest engine");
        let truth = self.honest.call(&instance, export, args);
        match (truth, self.lie, export) {
            (Ok(values), Lie::Value, "one") => Ok(values.iter().map(|_| Value::I32(2)).collect()),
            (Ok(_), Lie::NoValue, "one") => Ok(Vec::new()),
            (Ok(_), Lie::Nan, "nan") => Ok(vec![Value::F32(0x7fc0_0001)]),
            (Ok(_), Lie::OtherNan, "nan64") => Ok(vec![Value::F64(0x7ff0_0000_0000_0001)]),
            (Ok(_), Lie::Null, "null") => Ok(vec![Value::Null(Hierarchy::Extern)]),
            (Ok(_), Lie::Kind, "struct") => Ok(vec![Value::Ref(RefKind::Array)]),
            (Ok(_), Lie::TrapForResult, "one") => Err(TrapCode::Unreachable.into()),
            (Ok(_), Lie::Panic, "one") => panic!("the engine gives up"),
            (Ok(_), Lie::Late, "one") => Err(Failure::Timeout),
            (Err(Failure::Trap(_)), Lie::ResultForTrap, _) => Ok(vec![Value::I32(0)]),
            (Err(Failure::Trap(_)), Lie::OtherTrap, _) => Err(TrapCode::Unreachable.into()),
            (Err(Failure::Exhaustion(text)), Lie::TrapForExhaustion, _) => Err(Failure::Trap(text)),
            (Err(Failure::Trap(text)), Lie::ExhaustionForTrap, _) => Err(Failure::Exhaustion(text)),
            (Err(Failure::Exception), Lie::TrapForException, _) => Err(TrapCode::Unreachable.into()),
            (Err(Failure::Trap(_)), Lie::ExceptionForTrap, _) => Err(Failure::Exception),
            (truth, ..) => truth,
        }
    }

    fn global(&mut self, instance: &Option<Instance>, export: &str) -> Result<Value, Failure> {
        let value = self.honest.global(&instance.expect("made by an honest engine"), export);
        if self.lie == Lie::Global { value.map(|_| Value::I64(7)) } else { value }
    }
}

const TRUTHS: &str = r#"(module
  (tag $e) (type $s (struct)) (global (export "g") i32 (i32.const 7))
  (func (export "one") (result i32) (i32.const 1))
  (func (export "nan") (result f32) (f32.sqrt (f32.const -1)))
  (func (export "nan64") (result f64) (f64.sqrt (f64.const -1)))
  (func (export "null") (result funcref) (ref.null func))
  (func (export "struct") (result anyref) (struct.new $s))
  (func (export "trap") (result i32) (i32.div_s (i32.const 1) (i32.const 0)))
  (func $loop (export "loop") (call $loop) (call $loop))
  (func (export "throw") (throw $e)))
(assert_return (get "g") (i32.const 7))
(assert_return (invoke "nan") (f32.const nan:canonical))
(assert_return (invoke "nan64") (f64.const nan:arithmetic))
(assert_return (invoke "null") (ref.null func))
(assert_return (invoke "struct") (ref.struct))
(assert_trap (invoke "trap") "integer divide by zero")
(assert_exhaustion (invoke "loop") "call stack exhausted")
(assert_exception (invoke "throw"))
(assert_malformed (module binary "\00asm\01\00\00") "unexpected end")
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_unlinkable (module (import "nowhere" "f" (func))) "unknown import")
(assert_return (invoke "one") (i32.const 1))
(assert_return (invoke "one") (i32.const 1))"#;

#[test]
fn lies_fail() {
    let scripts = Scripts::text("truths", TRUTHS);
    let nth = |line: u32| 10 + line;
    let twice = [nth(12), nth(13)];
    use Lie::*;
    let cases: [(Lie, &[u32]); 24] = [
        (None, &[]),
        (Global, &[nth(1)]),
        (Nan, &[nth(2)]),
        (OtherNan, &[nth(3)]),
        (Null, &[nth(4)]),
        (Kind, &[nth(5)]),
        (ResultForTrap, &[nth(6)]),
        (OtherTrap, &[nth(6)]),
        (ExhaustionForTrap, &[nth(6)]),
        (ExceptionForTrap, &[nth(6)]),
        (TrapForExhaustion, &[nth(7)]),
        (TrapForException, &[nth(8)]),
        (Malformed, &[nth(9)]),
        (InvalidForMalformed, &[nth(9)]),
        (Invalid, &[nth(10)]),
        (MalformedForInvalid, &[nth(10)]),
        (OtherRejection, &[nth(10)]),
        (Unlinkable, &[nth(11)]),
        (TrapForUnlinkable, &[nth(11)]),
        (Value, &twice),
        (NoValue, &twice),
        (TrapForResult, &twice),
        (Late, &twice),
        (Panic, &twice),
    ];
    let mut matrix = Matrix::new(&[]).expect("no backend");
    for (lie, _) in cases {
        matrix.column(&format!("{lie:?}"), move |script| Ok(Liar { honest: Embedded::new(script)?, lie }));
    }
    let (records, summary) = ran(&matrix, &scripts);
    assert_eq!(summary.directives(), 14);
    for (lie, lines) in cases {
        let seen = verdicts(&records, &format!("{lie:?}"));
        let wrong: Vec<u32> = seen.iter().filter(|(_, verdict)| *verdict != Verdict::Pass).map(|seen| seen.0).collect();
        assert_eq!(wrong, lines, "{lie:?}");
        let verdict = |line| seen.iter().find(|seen| seen.0 == line).map(|seen| seen.1);
        for line in lines {
            let expected = match lie {
                Late => Verdict::Timeout,
                Panic => Verdict::Crash,
                _ => Verdict::Fail,
            };
            assert_eq!(verdict(*line), Some(expected), "{lie:?}");
        }
    }
    let panicked = records.iter().filter(|record| record.backend == "Panic").map(|record| record.got.as_deref());
    let texts: Vec<&str> = panicked.flatten().collect();
    assert_eq!(texts, ["crash(panic: the engine gives up)"; 2]);

    // Without messages, only the phases are compared.
    matrix.any_message(true);
    let (records, _) = ran(&matrix, &scripts);
    for (lie, lines) in cases {
        let seen = verdicts(&records, &format!("{lie:?}"));
        let wrong: Vec<u32> = seen.iter().filter(|(_, verdict)| *verdict != Verdict::Pass).map(|seen| seen.0).collect();
        let of_messages = matches!(lie, OtherTrap | OtherRejection);
        assert_eq!(wrong, if of_messages { &[] } else { lines }, "{lie:?}");
    }
}

/// An engine that knows one kind of module: all exports are functions that return 7.
struct Sevens;

impl Column for Sevens {
    type Module = Vec<u8>;
    type Instance = ();

    fn module(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
        if bytes.len() > 600 { Err(Failure::Unsupported("more than 600 bytes".into())) } else { Ok(bytes.to_vec()) }
    }

    fn instantiate(&mut self, module: &Vec<u8>, _: &Imports<'_, ()>) -> Result<(), Failure> {
        if module.len() > 60 { Err(Failure::Unsupported("more than 60 bytes".into())) } else { Ok(()) }
    }

    fn call(&mut self, _: &(), export: &str, args: &[Value]) -> Result<Vec<Value>, Failure> {
        match (export, args) {
            ("index" | "shared", _) => Ok(vec![Value::Ref(RefKind::Func)]),
            (_, []) => Ok(vec![Value::I32(7)]),
            _ => Err(Failure::Unsupported("arguments".into())),
        }
    }

    fn global(&mut self, _: &(), _: &str) -> Result<Value, Failure> {
        Err(Failure::Unsupported("globals".into()))
    }
}

#[test]
fn what_a_column_cannot_do_is_unsupported() {
    let supported = |text: &str| {
        let mut matrix = Matrix::new(&[]).expect("no backend");
        matrix.column("sevens", |_| Ok(Sevens));
        verdicts(&ran(&matrix, &Scripts::text("t", text)).0, "sevens")
            .into_iter()
            .map(|seen| seen.1)
            .collect::<Vec<_>>()
    };
    use Verdict::{Fail, Pass, Unsupported};
    const SEVEN: &str = r#"(module $m (func (export "f") (result i32) (i32.const 7)))"#;
    let after = |text: &str| supported(&format!("{SEVEN} {text}"));
    assert_eq!(after(r#"(assert_return (invoke "f") (i32.const 7))"#), [Pass, Pass]);
    assert_eq!(after(r#"(assert_return (invoke "f") (i32.const 8))"#), [Pass, Fail]);
    assert_eq!(after(r#"(assert_return (invoke "f" (i32.const 1)) (i32.const 7))"#), [Pass, Unsupported]);
    assert_eq!(after(r#"(assert_return (get "g") (i32.const 7))"#), [Pass, Unsupported]);
    assert_eq!(after(r#"(assert_trap (invoke "f") "unreachable")"#), [Pass, Fail]);
    // A module that is too large, and all that depends on it, is unsupported: nothing runs on the previous module instead.
    let large = format!("(module $large (memory 1) (data (i32.const 0) \"{}\"))", "x".repeat(80));
    let dependent = r#"(invoke "f") (register "large" $large) (module (import "large" "f" (func)))
        (assert_unlinkable (module (import "large" "f" (func))) "unknown import") (invoke $m "f")"#;
    let ends = [Pass, Unsupported, Unsupported, Unsupported, Unsupported, Unsupported, Pass];
    assert_eq!(after(&format!("{large} {dependent}")), ends);
    // The module of the host is too large, too.
    assert_eq!(supported(r#"(module (import "spectest" "print" (func)))"#), [Unsupported]);
    // Text without a binary form, results that are no values, and what cannot be expressed here.
    for directive in [
        r#"(assert_malformed (module quote "(func") "unexpected token")"#,
        r#"(assert_malformed_custom (module quote "(@custom)") "@custom annotation: missing section name")"#,
        r#"(assert_return (invoke "index") (ref.func 0))"#,
        r#"(assert_return (invoke "shared") (either (ref.func 0) (ref.null)))"#,
    ] {
        assert_eq!(after(directive), [Pass, Unsupported], "{directive}");
    }
    assert_eq!(after(r#"(assert_return (invoke "index") (ref.func))"#), [Pass, Pass]);
    // A thread may have changed everything that follows it.
    let threads = r#"(thread $t (module (func)) (invoke "f")) (wait $t) (assert_return (invoke "f") (i32.const 7))"#;
    assert_eq!(after(threads), [Pass, Unsupported, Unsupported, Unsupported, Unsupported, Unsupported]);
    // Redefined and unknown names are errors of the script.
    assert_eq!(after("(module $m) (invoke \"f\")"), [Pass, Fail, Fail]);
    assert_eq!(after(r#"(invoke $unknown "f")"#), [Pass, Fail]);
}

/// An engine that does not have a module is not held to what the module would have changed, neither where it shares something nor
/// later. It does not matter whether the engine cannot define or cannot instantiate the module, nor how the script asks for that.
#[test]
fn what_a_missing_module_shares_is_in_doubt() {
    use Verdict::{Fail, Pass, Unsupported};
    for (bytes, defined) in [(1, Pass), (80, Pass), (800, Unsupported)] {
        let module = |id: &str| {
            let data = "x".repeat(bytes);
            format!(r#"(module {id} (import "m" "f" (func)) (memory 1) (data (i32.const 0) "{data}"))"#)
        };
        let definition = module("definition $d");
        for (text, definitions) in [
            (module(""), 0),
            (module("$n"), 0),
            (format!("(assert_trap {} \"unreachable\")", module("")), 0),
            (format!("{definition} (module instance $i $d)"), 1),
            (format!("{definition} (module instance)"), 1),
            (format!("{definition} (assert_trap (module instance $i $d) \"unreachable\")"), 1),
        ] {
            // `$m` shares something with the module, and `$o` does not.
            let script = format!(
                r#"(module $m (func (export "f") (result i32) (i32.const 7))) (register "m")
                (module $o (func (export "f") (result i32) (i32.const 7))) {text}
                (assert_return (invoke $m "f") (i32.const 8)) (assert_return (invoke $m "f") (i32.const 7))
                (assert_return (invoke $o "f") (i32.const 8)) (assert_return (invoke $o "f") (i32.const 7))"#
            );
            let mut matrix = Matrix::new(&[]).expect("no backend");
            matrix.column("sevens", |_| Ok(Sevens));
            let seen: Vec<_> = verdicts(&ran(&matrix, &Scripts::text("t", &script)).0, "sevens");
            let seen: Vec<Verdict> = seen.into_iter().map(|seen| seen.1).collect();
            let (made, doubted) = match bytes {
                1 if text.contains("assert_trap") => (Fail, Fail),
                1 => (Pass, Fail),
                _ => (Unsupported, Unsupported),
            };
            let middle = [&vec![defined; definitions][..], &[made]].concat();
            let expected = [&[Pass; 3], &middle[..], &[doubted, Pass, Fail, Pass]].concat();
            assert_eq!(seen, expected, "{bytes} bytes: {text}");
        }
    }
}

/// An engine that panics in the first call, and counts its calls.
struct Panics {
    calls: Arc<AtomicUsize>,
}

impl Column for Panics {
    type Module = ();
    type Instance = ();

    fn module(&mut self, _: &[u8]) -> Result<(), Failure> {
        Ok(())
    }

    fn instantiate(&mut self, (): &(), _: &Imports<'_, ()>) -> Result<(), Failure> {
        Ok(())
    }

    fn call(&mut self, (): &(), _: &str, _: &[Value]) -> Result<Vec<Value>, Failure> {
        assert!(self.calls.fetch_add(1, Ordering::Relaxed) > 0, "the first call");
        Ok(Vec::new())
    }

    fn global(&mut self, (): &(), _: &str) -> Result<Value, Failure> {
        Ok(Value::I32(0))
    }
}

/// The state after a panic is unknown, so another engine executes the remaining directives.
#[test]
fn an_engine_that_panicked_is_not_asked_again() {
    let (calls, made) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut matrix = Matrix::new(&[]).expect("no backend");
    let counters = [&calls, &made].map(Arc::clone);
    matrix.column("own", move |_| {
        let [calls, made] = &counters;
        made.fetch_add(1, Ordering::Relaxed);
        Ok(Panics { calls: Arc::clone(calls) })
    });
    let text = r#"(module (func (export "f"))) (invoke "f") (invoke "f") (module) (invoke "f")"#;
    let (records, _) = ran(&matrix, &Scripts::text("t", text));
    let seen: Vec<Verdict> = verdicts(&records, "own").into_iter().map(|seen| seen.1).collect();
    use Verdict::{Crash, Pass};
    assert_eq!(seen, [Pass, Crash, Pass, Pass, Pass]);
    assert_eq!([calls, made].map(|count| count.load(Ordering::Relaxed)), [3, 2]);
}

/// An engine that executes nothing, and whose larger modules trap when they start.
struct Idle {
    forgets: bool,
}

impl Column for Idle {
    type Module = Vec<u8>;
    type Instance = ();

    fn module(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
        Ok(bytes.to_vec())
    }

    fn instantiate(&mut self, module: &Vec<u8>, _: &Imports<'_, ()>) -> Result<(), Failure> {
        if module.len() > 100 { Err(TrapCode::Unreachable.into()) } else { Ok(()) }
    }

    fn call(&mut self, _: &(), _: &str, _: &[Value]) -> Result<Vec<Value>, Failure> {
        Ok(vec![Value::I32(0)])
    }

    fn global(&mut self, _: &(), _: &str) -> Result<Value, Failure> {
        Ok(Value::I32(0))
    }

    fn forgets_traps(&self) -> bool {
        self.forgets
    }
}

/// What a module wrote into another's memory before it trapped is kept: an engine that loses it is wrong, unless it has to start
/// again after a trap.
#[test]
fn what_came_before_a_trap_is_missed_by_those_who_keep_it() {
    let text = format!(
        r#"(module $m (memory (export "m") 1) (func (export "f") (result i32) (i32.load8_u (i32.const 0))))
        (register "m" $m)
        (assert_trap (module (import "m" "m" (memory 1)) (data (i32.const 0) "\07{}") (func $s unreachable) (start $s)) "unreachable")
        (assert_return (invoke $m "f") (i32.const 7))"#,
        "x".repeat(100)
    );
    for (forgets, last) in [(false, Verdict::Fail), (true, Verdict::Unsupported)] {
        let mut matrix = Matrix::new(&["interp"]).expect("a backend");
        matrix.column("idle", move |_| Ok(Idle { forgets }));
        let (records, _) = ran(&matrix, &Scripts::text("t", &text));
        let seen = |column| verdicts(&records, column).into_iter().map(|seen| seen.1).collect::<Vec<_>>();
        assert_eq!(seen("interp"), [Verdict::Pass; 4]);
        assert_eq!(seen("idle"), [Verdict::Pass, Verdict::Pass, Verdict::Pass, last]);
    }
}

#[test]
fn errors_of_the_interface_are_failures_of_a_column() {
    use wasmoon::{CompileError, DecodeError, Memory, MemoryType, Phase, StoreLimitsBuilder};
    let why = || "why".to_string();
    let rejected = |phase| DecodeError { phase, message: why(), offset: 8 };
    let limits = StoreLimitsBuilder::new().memory_size(1).build();
    let mut store = Store::with_limits(&Engine::default(), (), limits);
    let too_large = Memory::new(&mut store, MemoryType::new(1, None)).expect_err("a page of 64 KiB");
    let resources = format!("resources: {too_large}");
    let cases: [(wasmoon::Error, Failure); 17] = [
        (rejected(Phase::Malformed).into(), Failure::Malformed(why())),
        (rejected(Phase::Invalid).into(), Failure::Invalid(why())),
        (rejected(Phase::Limit).into(), Failure::Unsupported("limit: why".into())),
        (rejected(Phase::Memory).into(), Failure::Unsupported("limit: why".into())),
        (rejected(Phase::Timeout).into(), Failure::Timeout),
        (CompileError::Timeout.into(), Failure::Timeout),
        (CompileError::Limit(why()).into(), Failure::Unsupported("over an implementation limit: why".into())),
        (CompileError::Memory(why()).into(), Failure::Unsupported("over an implementation limit: why".into())),
        (CompileError::Unsupported(why()).into(), Failure::Unsupported("unsupported: why".into())),
        (CompileError::Internal(why()).into(), Failure::Error("internal error: why".into())),
        (too_large, Failure::Unsupported(resources)),
        (TrapCode::IntegerOverflow.into(), Failure::Trap("integer overflow".into())),
        (TrapCode::CallStackExhausted.into(), Failure::Exhaustion("call stack exhausted".into())),
        (TrapCode::UnhandledTag.into(), Failure::Suspension("unhandled tag".into())),
        (TrapCode::Interrupt.into(), Failure::Timeout),
        (wasmoon::Error::i32_exit(3), Failure::Error("the program exited with status 3".into())),
        (wasmoon::Error::new("why"), Failure::Error(why())),
    ];
    for (error, expected) in cases {
        let text = error.to_string();
        assert_eq!(Failure::from(error), expected, "{text}");
    }
}

#[test]
fn a_directive_has_the_time_that_was_set() {
    let text = "(module (func (export \"loop\") (loop (br 0))))\n(invoke \"loop\")";
    let mut matrix = Matrix::new(&["interp"]).expect("a backend");
    matrix.timeout(std::time::Duration::from_millis(150));
    let (records, _) = ran(&matrix, &Scripts::text("t", text));
    assert_eq!(verdicts(&records, "interp").last(), Some(&(2, Verdict::Timeout)));
    let us = records.last().expect("a record").us;
    assert!(us < 9_000_000, "{us} microseconds: without it, there are ten seconds");
}

/// The head of a report has the names of the first files, and the number of the others.
#[test]
fn heads_of_reports_name_the_first_files() {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, more) in [(1, None), (5, None), (6, Some("and 1 more")), (8, Some("and 3 more"))] {
        let mut matrix = Matrix::new(&["interp"]).expect("a backend");
        matrix.report(Format::Markdown, folder.path().join("report"));
        let mut scripts = Scripts::text("t0", "(module)");
        (1..number).for_each(|n| scripts.append(Scripts::text(&format!("t{n}"), "(module)")));
        ran(&matrix, &scripts);
        let text = std::fs::read_to_string(folder.path().join("report")).expect("a report");
        let said = text.split_once(" more").map(|(before, _)| before.rsplit_once("and ").expect("a number").1);
        assert_eq!(said.map(|n| format!("and {n} more")).as_deref(), more, "{text}");
    }
}

#[test]
fn reports_are_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut matrix = Matrix::new(&["interp", "jit-O0"]).expect("backends");
    matrix.column("embedded", Embedded::new);
    for format in Format::ALL {
        matrix.report(*format, folder.path().join(format.name()));
    }
    let scripts = Scripts::text("sums", SUMS);
    ran(&matrix, &scripts);
    for format in Format::ALL {
        let text = std::fs::read_to_string(folder.path().join(format.name())).expect("a report");
        assert!(text.contains("embedded") && text.contains("sums"), "{}: {text}", format.name());
    }
    let lines = std::fs::read_to_string(folder.path().join("jsonl")).expect("a report").lines().count();
    assert_eq!(lines, 9 * 4 + 1);
}

/// Workers and this process have the same results, also for scripts in JSON and in files.
#[test]
fn workers_and_this_process_agree() {
    let mut scripts = Scripts::text("sums", SUMS);
    scripts.append(Scripts::text("truths", TRUTHS));
    scripts.append(Scripts::embedded().and_then(|all| all.filter("::linking")).expect("scripts"));
    let verdicts = |worker: bool| {
        let mut matrix = Matrix::new(&BACKENDS).expect("backends");
        matrix.column("embedded", Embedded::new).jobs(2);
        if worker {
            matrix.workers(env!("CARGO_BIN_EXE_wasmoon"));
        }
        let mut records = ran(&matrix, &scripts).0;
        records.iter_mut().for_each(|record| record.us = 0);
        records
    };
    let (here, there) = (verdicts(false), verdicts(true));
    assert!(here.len() > 500, "{}", here.len());
    assert_eq!(here, there);
}

/// A program that is started as a worker without being one starts no workers: it would start itself endlessly.
#[test]
fn a_worker_that_does_not_know_it_starts_no_other() {
    const VARIABLE: &str = "WASMOON_WORKER";
    if std::env::var_os(VARIABLE).is_some() {
        let mut matrix = Matrix::new(&["interp"]).expect("a backend");
        matrix.workers(env!("CARGO_BIN_EXE_wasmoon"));
        let refused = matrix.run(&Scripts::text("sums", SUMS), |_| {}).expect_err("no worker of a worker");
        assert!(matches!(&refused, Error::Start(text) if text.contains("serve_if_worker")), "{refused}");
        return;
    }
    let mut this = std::process::Command::new(std::env::current_exe().expect("a path"));
    this.args(["--exact", "scripts::a_worker_that_does_not_know_it_starts_no_other"]).env(VARIABLE, "scripts");
    let out = this.output().expect("it starts");
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && text.contains("1 passed"), "{text}");
    // A program that can be a worker reports that it has no such role.
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    let out = program.arg("--version").env(VARIABLE, "zzz").output().expect("it starts");
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(3) && text.contains("WASMOON_WORKER=zzz"), "{text}");
}

/// The running script is completed, and no other is started.
#[test]
fn a_run_can_be_stopped() {
    let mut scripts = Scripts::text("a", "(module)");
    ["b", "c"].into_iter().for_each(|name| scripts.append(Scripts::text(name, "(module)")));
    for (stopped_in, ran_of_them) in [(None, &["a", "b", "c"][..]), (Some("b"), &["a", "b"]), (Some(""), &[])] {
        let flag = Arc::new(AtomicBool::new(stopped_in == Some("")));
        let seen = Arc::clone(&flag);
        let mut matrix = Matrix::new(&[]).expect("no backend");
        let engine = move |script: &Script| {
            seen.fetch_or(stopped_in == Some(script.name()), Ordering::Relaxed);
            Embedded::new(script)
        };
        matrix.column("embedded", engine).jobs(1).stop(flag);
        let (records, summary) = ran(&matrix, &scripts);
        assert_eq!(records.iter().map(|record| &record.file[..]).collect::<Vec<_>>(), ran_of_them);
        let whole = stopped_in.is_none();
        assert_eq!((summary.is_interrupted(), summary.is_fine()), (!whole, whole), "{summary}");
    }
}

/// A panic while an engine is created for a script is a crash of that script's directives; other scripts go on.
#[test]
fn an_engine_that_cannot_be_made_is_a_crash() {
    let text = r#"(module (func (export "f") (result i32) (i32.const 1))) (assert_return (invoke "f") (i32.const 1))"#;
    let mut scripts = Scripts::text("good", text);
    scripts.append(Scripts::text("bad", text));
    let mut matrix = Matrix::new(&[]).expect("no backend");
    matrix.column("own", |script| {
        assert!(script.name() != "bad", "there is no such engine");
        Embedded::new(script)
    });
    let (records, _) = ran(&matrix, &scripts);
    let of = |name: &str| records.iter().filter(|r| r.file == name).map(|r| r.verdict).collect::<Vec<_>>();
    assert_eq!(of("good"), [Verdict::Pass; 2]);
    assert_eq!(of("bad"), [Verdict::Crash; 2]);
    assert!(records.iter().any(|r| r.got.as_deref() == Some("crash(panic: there is no such engine)")), "{records:?}");
}
