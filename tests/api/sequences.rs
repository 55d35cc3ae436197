//! Random sequences of calls: both backends give the same results, and nothing but results, errors and documented panics occurs.
//!
//! The bytes that choose a sequence are derived from a number, so a difference can be reproduced: `WASMOON_SEQUENCES=FIRST..END`.

use super::{backends, interface, wasi_calls};
use std::ops::Range;

/// The numbers of the sequences to run: those of the variable, or the first `count`.
fn sequences(count: u64) -> Range<u64> {
    let range = std::env::var("WASMOON_SEQUENCES").ok();
    match range.as_deref().and_then(|range| range.split_once("..")) {
        Some((first, end)) => first.parse().expect("FIRST..END")..end.parse().expect("FIRST..END"),
        None => 0..count,
    }
}

/// The bytes that choose a sequence, generated with SplitMix64.
fn bytes(mut sequence: u64, len: usize) -> Vec<u8> {
    let mut next = || {
        sequence = sequence.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (sequence ^ (sequence >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (0..len.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect()
}

#[test]
fn calls_of_the_interface_give_the_same_on_both_backends() {
    interface::report_other_panics();
    let engines = backends();
    let (mut well, mut ill) = (0, 0);
    for sequence in sequences(60) {
        eprintln!("sequence {sequence}");
        for step in interface::compare(&engines, &bytes(sequence, 3000)) {
            let failed = step.starts_with("error: ") || step.starts_with("panic: ");
            *if failed { &mut ill } else { &mut well } += 1;
        }
    }
    eprintln!("{} calls: {well} succeeded, {ill} were refused or trapped", well + ill);
    assert!(well > 5000 && well * 5 > ill && ill * 5 > well, "{well} succeeded, {ill} did not");
}

#[test]
fn calls_of_wasi_stay_inside_and_give_the_same_on_both_backends() {
    let programs = backends().each_ref().map(wasi_calls::Program::new);
    let mut succeeded = std::collections::BTreeMap::new();
    for sequence in sequences(300) {
        eprintln!("sequence {sequence}");
        for (name, code) in wasi_calls::compare(&programs, &bytes(sequence, 1000)).calls {
            *succeeded.entry(name).or_insert(0) += u32::from(code == Ok(0));
        }
    }
    // There are no sockets, `proc_exit` has no result, and some calls need something that earlier ones seldom make.
    let never: Vec<&str> = succeeded.iter().filter(|(_, n)| **n == 0).map(|(name, _)| *name).collect();
    assert!(never.len() < 10, "these never succeeded: {never:?}");
}
