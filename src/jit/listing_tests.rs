//! Listings of the suite's functions: every reference has a name, and no line is missing.

use super::code::Origin;
use super::listing::MachineListing;
use super::pipeline::{build, machine};
use crate::config::{Config, Mode, OptLevel, Tier};
use crate::module::scripts::suite_modules;
use crate::module::{BodyIndex, Module};
use crate::runtime::compile_error::CompileError;
use std::collections::HashMap;

/// Checks an assembly listing against the tables of the same code.
fn check(made: &MachineListing) -> Result<(), String> {
    let code = &made.code;
    let instructions: Vec<_> = made.assembly.iter().filter(|l| l.text.starts_with("  ")).collect();
    let offsets: Vec<u32> = made.assembly.iter().filter_map(|l| l.code).collect();
    if !offsets.is_sorted() || offsets.first() != Some(&0) {
        return Err("offsets are not ascending from 0".into());
    }
    for trap in &code.traps {
        let line = instructions.iter().find(|l| l.code == Some(trap.offset));
        let line = line.ok_or_else(|| format!("no instruction at the trap site {:#x}", trap.offset))?;
        if !line.text.contains(trap.code.message()) || line.wasm != Some(trap.wasm_offset).filter(|&o| o != 0) {
            return Err(format!("{line:?} is {trap:?}"));
        }
    }
    for call in &code.calls {
        // A call ends at its return address.
        let after = instructions.partition_point(|l| l.code < Some(call.return_offset));
        let line = &instructions[after - 1];
        let catches = line.text.matches("catch ").count();
        if !line.text.contains("; call ") || catches != call.handlers.len() || line.text.contains("call ,") {
            return Err(format!("{} is {call:?}", line.text));
        }
        // This also holds where the next piece of cold code begins with a trap of another operator.
        if line.wasm != Some(call.wasm_offset).filter(|&o| o != 0) {
            return Err(format!("{line:?} comes from another operator than {call:?}"));
        }
    }
    for line in &instructions {
        let text = line.text.trim_start();
        let operand = text.split_whitespace().nth(1).unwrap_or_default();
        let named = operand.starts_with(|c: char| c.is_ascii_alphabetic() || c == '[' || c == '$');
        if text.contains("(bad)") || (text.starts_with('j') && !named) {
            return Err(format!("'{text}'"));
        }
    }
    // The entries of a jump table are where the listing says and lead where it says.
    let labels: HashMap<&str, u32> =
        made.assembly.iter().filter_map(|l| Some((l.text.strip_suffix(':')?, l.code?))).collect();
    for line in &instructions {
        let Some((to, from)) = line.text.trim_start().strip_prefix(".long ").and_then(|t| t.split_once(" - ")) else {
            continue;
        };
        let word = line.code.and_then(|at| code.bytes.get(at as usize..at as usize + 4));
        let distance = labels[to].wrapping_sub(labels[from]);
        if word != Some(&distance.to_le_bytes()) {
            return Err(format!("{line:?} is {word:02x?}"));
        }
    }
    let (before, after) = (&made.before, &made.after);
    if before.iter().chain(after).any(|l| l.text.contains("nowhere") || l.text.ends_with("= ")) {
        return Err("an operand without a place".into());
    }
    // The listing after allocation has all lines of the one before, and moves.
    let count = |lines: &[super::listing::StageLine]| {
        lines.iter().filter(|l| l.text.starts_with("  ") && !l.text.starts_with("    ")).count()
    };
    if count(before) != count(after) {
        return Err(format!("{} instructions, then {}", count(before), count(after)));
    }
    // Every move that produces code is listed before that code, at its place; a move from a location to itself produces none.
    let listed = after.iter().filter_map(|l| l.text.strip_prefix("    move ")?.split_once(" -> "));
    let moves = listed.filter(|(from, to)| from != to).count();
    let emitted: usize = code
        .spans
        .iter()
        .map(|(_, origin)| match origin {
            Origin::Edit(_) => 1,
            Origin::EditPair(..) => 2,
            _ => 0,
        })
        .sum();
    if moves != emitted {
        return Err(format!("{moves} moves are listed, and {emitted} emitted"));
    }
    Ok(())
}

fn check_some(name: &str, module: &Module, options: &Config, counter: &mut u32, checked: &mut u32) {
    for body in 0..module.bodies.len() as u32 {
        *counter += 1;
        if !counter.is_multiple_of(9) {
            continue;
        }
        let made = build(module, BodyIndex(body), options)
            .and_then(|f| machine(module, &f, options, &|func| format!("$f{func}")));
        match made {
            Ok(made) => check(&made).unwrap_or_else(|e| panic!("{name}, body {body}, {options:?}: {e}")),
            Err(CompileError::Unsupported(_)) => continue,
            Err(e) => panic!("{name}: {e}"),
        }
        *checked += 1;
    }
}

#[test]
fn functions_of_the_suite_are_listed_in_full() {
    let few = Config { opt: OptLevel::O0, registers: Some(4), poison: true, ..Config::default() };
    let direct = Config { mode: Mode::All(Tier::Jit), ..Config::default() };
    for options in [few, direct] {
        let (mut counter, mut checked) = (0, 0);
        suite_modules(|name, module| check_some(name, module, &options, &mut counter, &mut checked));
        assert!(checked > 1500, "only {checked} functions");
    }
}
