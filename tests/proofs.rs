//! The script that proves the JIT's rewrite rules proves correct rules and rejects wrong ones.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use support::{Missing, tool};

/// Runs the script on some of the rules that `program` lists.
fn proofs(program: &Path, rules: &[&str]) -> Result<Output, Missing> {
    proofs_within("20", program, rules)
}

/// As [`proofs`], with a timeout in seconds for each query to the solver.
fn proofs_within(seconds: &str, program: &Path, rules: &[&str]) -> Result<Output, Missing> {
    tool("z3")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/proofs");
    let rules = rules.iter().flat_map(|rule| ["--rule", rule]);
    let python = std::env::var_os("WASMOON_PYTHON").unwrap_or("python3".into());
    let output =
        Command::new(python).arg(script).args(["--timeout", seconds, "--wasmoon"]).arg(program).args(rules).output();
    Ok(output.expect("it has z3, so it is there"))
}

fn rules_of_every_kind_are_proved() -> Result<(), Missing> {
    let rules =
        ["iadd_iadd", "isub_const_ptr", "sext8_shifts", "shr_s_shr_s", "xor_icmp_one", "select_ne_zero", "fabs_fneg"];
    let output = proofs(Path::new(env!("CARGO_BIN_EXE_wasmoon")), &rules)?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("rules 7 proved 7 failed 0 open 0"), "{text}");
    Ok(())
}

fn wrong_rules_are_seen() -> Result<(), Missing> {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("spoiled");
    let script = format!(
        r#"#!/usr/bin/env python3
import json, subprocess
listed = subprocess.run([{:?}, "rules", "--json"], capture_output=True, text=True).stdout
for rule in map(json.loads, listed.splitlines()):
    if rule["name"] == "shl_shl":
        rule["when"] = rule["when"].replace("m.c + m.d < m.width", "m.c + m.d <= m.width")
    if rule["name"] == "icmp_zext_zext":
        rule["when"] = ""
    if rule["name"] == "isub_neg":
        rule["replacement"] = "(isub x y)"
    if rule["name"] == "fdiv_power32":
        rule["divisors"].append([254 << 23, 0])
    if rule["name"] == "and_zero":
        rule["when"] = "m.unheard_of()"
    print(json.dumps(rule))
"#,
        env!("CARGO_BIN_EXE_wasmoon")
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let rules = ["shl_shl", "icmp_zext_zext", "isub_neg", "and_zero", "iadd_zero", "fdiv_power32"];
    let output = proofs(&program, &rules)?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for wrong in [
        "shl_shl: wrong at i32",
        "icmp_zext_zext: wrong at i64, lt_s",
        "isub_neg: wrong",
        "and_zero: no trans",
        "fdiv_power32: wrong for the divisor 0x7f000000",
    ] {
        assert!(text.contains(wrong), "{wrong} in {text}");
    }
    assert!(text.contains("rules 6 proved 1 failed 5"), "{text}");
    Ok(())
}

fn a_solver_without_time_decides_nothing() -> Result<(), Missing> {
    let output = proofs_within("0.001", Path::new(env!("CARGO_BIN_EXE_wasmoon")), &["fdiv_power64"])?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("fdiv_power64: open: no answer within 0.001 s, divisor"), "{text}");
    assert!(text.contains("rules 1 proved 0 failed 0 open 1"), "{text}");
    Ok(())
}

fn main() -> std::process::ExitCode {
    support::run(tests![rules_of_every_kind_are_proved, wrong_rules_are_seen, a_solver_without_time_decides_nothing])
}
