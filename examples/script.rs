//! A script on two backends and in worker processes, with a report.
//!
//!     cargo run --example script

use std::time::Duration;
use wasmoon::scripts::{self, Format, Matrix, Scripts, Verdict};

const SCRIPT: &str = r#"
(module
    (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "endless") (loop (br 0))))
(assert_return (invoke "divide" (i32.const 84) (i32.const 2)) (i32.const 42))
(assert_trap (invoke "divide" (i32.const 1) (i32.const 0)) "integer divide by zero")
(assert_return (invoke "divide" (i32.const 7) (i32.const 2)) (i32.const 4))
(invoke "endless")"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // This program is also its own worker.
    scripts::serve_if_worker();

    let scripts = Scripts::text("divide", SCRIPT);
    for script in scripts.iter() {
        script.check()?;
    }
    let folder = tempfile::tempdir()?;
    let page = folder.path().join("report.md");
    let mut matrix = Matrix::new(&["interp", "jit"])?;
    matrix.timeout(Duration::from_millis(200)).workers(std::env::current_exe()?).report(Format::Markdown, &page);

    let mut wrong = Vec::new();
    let summary = matrix.run(&scripts, |record| {
        if record.verdict != Verdict::Pass {
            wrong.push((record.line, record.backend.clone(), record.verdict));
        }
    })?;
    println!("{summary}");
    println!("{}", std::fs::read_to_string(&page)?);

    // One expectation is wrong, and one call never returns.
    assert_eq!(summary.count("jit", Verdict::Pass), 3);
    assert!(wrong.contains(&(7, "jit".into(), Verdict::Fail)));
    assert!(wrong.contains(&(8, "interp".into(), Verdict::Timeout)));
    Ok(())
}
