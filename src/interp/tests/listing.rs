//! The translation of small functions.

use super::*;
use crate::config::Config;
use crate::interp::handlers::Op;
use crate::interp::shapes::FrameEffect;
use crate::interp::{Limit, Reason, disassemble, disassemble_with, translate_with};
use std::collections::BTreeSet;

/// The operations of the first function of a module, without offsets.
fn listing(text: &str) -> String {
    let listing = disassemble(&decode_with(text, WasmFeatures::WASM3 | WasmFeatures::THREADS), BodyIndex(0)).unwrap();
    let strip = |line: &str| match line.split_once(' ') {
        Some((at, rest)) if at.len() == 4 && rest.len() > 7 => format!("{at} {}", &rest[7..]),
        _ => line.to_string(),
    };
    listing.lines().map(strip).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn expect(text: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let got = listing(text);
    assert_eq!(got.lines().collect::<Vec<_>>(), expected, "\n{got}");
}

#[test]
fn operands_are_folded_and_compares_fused() {
    expect(
        "(module (func $fib (param i32) (result i32)
          (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call $fib (i32.sub (local.get 0) (i32.const 2))))))))",
        "locals 1, extent 11
         0004 i32.ge_s.br ->0011 2 l[-1]
         0007 mov t0 l[-1]
         0009 return t0 l[-1] 1
         0011 i32.sub t0 l[-1] 1
         0013 call t0 0
         0015 i32.sub t1 l[-1] 2
         0017 call t1 0
         0019 i32.add.as t0 t0
         0021 return t0 l[-1] 1",
    );
}

#[test]
fn a_write_goes_to_the_local() {
    expect(
        "(module (func (param i32 i32)
          (loop (local.set 0 (i32.add (local.get 0) (local.get 1)))
                (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))))",
        "locals 2, extent 10
         0004 i32.add l[-2] l[-2] l[-1]
         0006 i32.add.br_if ->0004 -1 l[-1]
         0009 return",
    );
}

#[test]
fn a_deferred_read_comes_before_the_write() {
    expect(
        "(module (func (param i32) (result i32)
          (local.get 0) (local.set 0 (i32.const 5)) (i32.sub (local.get 0))))",
        "locals 1, extent 10
         0004 mov t0 l[-1]
         0006 const l[-1] 5
         0008 i32.sub t0 t0 l[-1]
         0010 return.a t0 l[-1] 1",
    );
    // The write is not folded into the operation, because that would come before the read.
    expect(
        "(module (func (param i32 i32) (result i32)
          (local.get 0) (local.set 0 (i32.mul (local.get 0) (local.get 1))) (i32.sub (local.get 0))))",
        "locals 2, extent 11
         0004 i32.mul t1 l[-2] l[-1]
         0006 mov t0 l[-2]
         0008 mov.a l[-2]
         0010 i32.sub t0 t0 l[-2]
         0012 return.a t0 l[-2] 1",
    );
}

#[test]
fn values_move_on_the_taken_path_only() {
    expect(
        "(module (func (param i32 i32) (result i32)
          (block (result i32) (i32.const 9) (local.get 0) (br_if 0 (local.get 1)) (i32.add))))",
        "locals 2, extent 11
         0004 br_unless ->0010 l[-1]
         0006 mov t0 l[-2]
         0008 return t0 l[-2] 1
         0010 i32.add t0 l[-2] 9
         0012 return t0 l[-2] 1",
    );
}

#[test]
fn a_branch_table_shares_the_moves() {
    expect(
        "(module (func (param i32) (result i32)
          (block (result i32) (block (result i32) (i32.const 1)
            (i32.const 7) (br_table 0 1 1 0 (local.get 0))) (i32.const 1) (i32.add))))",
        "locals 1, extent 11
         0004 br_table l[-1] 3 ->0010 ->0014 ->0014 ->0010
         0010 const t0 7
         0012 br ->0018
         0014 const t0 7
         0016 return t0 l[-1] 1
         0018 i32.add t0 t0 1
         0020 return t0 l[-1] 1",
    );
}

#[test]
fn vectors_are_written_where_they_go() {
    expect(
        "(module (memory 1) (func (param i32 v128) (local v128)
          (local.set 2 (i32x4.shl (v128.load offset=4 (i32.add (local.get 0) (local.get 0))) (i32.const 3)))
          (local.set 1 (i8x16.add (local.get 1) (v128.const i64x2 1 2)))
          (v128.store (local.get 0) (local.get 2))))",
        "locals 5, extent 12
         0004 v128.load.sum t0 l[-5] l[-5] 4
         0006 i32x4.shl l[-2] t0 3
         0008 v128.const t2 1 2
         0012 i8x16.add l[-4] l[-4] t2
         0014 v128.store l[-5] l[-2] 0
         0016 return",
    );
}

#[test]
fn addresses_of_64_bits_come_as_those_of_32_do() {
    expect(
        "(module (memory i64 1) (func (param i64 i64) (result i64)
          (i64.store offset=4 (local.get 0) (i64.const 7))
          (i32.store8 (i64.xor (local.get 0) (local.get 1)) (i32.const 7))
          (f64.store offset=8 (i64.add (local.get 0) (local.get 1)) (f64.load (local.get 1)))
          (i64.load16_u offset=4 (i64.load offset=0xffff_ffff (i64.load (i64.add (local.get 0) (local.get 1)))))))",
        "locals 2, extent 10
         0004 i64.store.64 l[-2] 4 7
         0007 i64.xor t0 l[-2] l[-1]
         0009 i32.store8.64.a 0 7
         0011 i64.add t0 l[-2] l[-1]
         0013 f64.load.64 t1 l[-1] 0
         0015 f64.store.64.as t0 t1 8
         0017 i64.load.64.sum t0 l[-2] l[-1] 0
         0019 i64.load.64.a t0 t0 4294967295
         0021 i64.load16_u.64.a t0 t0 4
         0023 return.a t0 l[-2] 1",
    );
    // The next element of a list, and the other fields of its elements.
    for (ty, op) in [("i32", "i32.load"), ("i64", "i64.load.64")] {
        let memory = if ty == "i64" { "i64 1" } else { "1" };
        expect(
            &format!(
                "(module (memory {memory}) (func (param {ty} {ty})
                  (local.set 1 ({ty}.load (local.get 0)))
                  (local.set 0 ({ty}.load offset=8 (local.get 0)))))"
            ),
            &format!(
                "locals 2, extent 9
                 0004 {op} l[-1] l[-2] 0
                 0006 {op}.link l[-2] l[-2] 8
                 0008 return"
            ),
        );
    }
    // Offsets that these forms have no room for, and memories whose length other threads change.
    expect(
        "(module (memory i64 1) (func (param i64) (result i64) (i64.load offset=0x1_0000_0000 (local.get 0))))",
        "locals 1, extent 9
         0004 i64.load.m t0 l[-1] 0 1 4294967296
         0007 return.a t0 l[-1] 1",
    );
    expect(
        "(module (memory i64 1 1 shared) (func (param i64) (result i64) (i64.load (local.get 0))))",
        "locals 1, extent 9
         0004 i64.load.m t0 l[-1] 0 1 0
         0007 return.a t0 l[-1] 1",
    );
}

#[test]
fn handlers_cover_their_blocks() {
    expect(
        "(module (tag (param i32)) (func $f (result i32)
          (block $c (result i32)
            (try_table (catch 0 $c) (call $f) (drop)
              (block $d (try_table (catch_all $d) (throw 0 (i32.const 3)))))
            (i32.const 4))))",
        "locals 1, extent 9
         0004 call t0 0
         0006 const t0 3
         0008 throw t0 0
         0010 const t0 4
         0012 return t0 l[-1] 1
         try 0006..0010 (catch all ->0010)
         try 0004..0010 (catch 0 ->0012)",
    );
}

#[test]
fn a_loop_that_starts_with_its_exit_tests_at_its_end() {
    expect(
        "(module (memory 1) (func (param i32 i32)
          (block $exit (loop $l
            (br_if $exit (i32.ge_u (local.get 0) (local.get 1)))
            (i32.store8 offset=4 (i32.add (local.get 0) (local.get 1)) (local.get 0))
            (local.set 0 (i32.load16_u (i32.add (local.get 0) (i32.mul (local.get 1) (i32.const 3)))))
            (br $l)))))",
        "locals 2, extent 11
         0004 i32.ge_u.br ->0016 l[-2] l[-1]
         0006 i32.store8.sum l[-2] l[-1] l[-2] 4
         0008 i32.mul t1 l[-1] 3
         0010 i32.load16_u.sum l[-2] l[-2] t1 0
         0012 i32.lt_u.br.as ->0006 l[-1]
         0014 return
         0016 return",
    );
}

/// A function that has an integer in its accumulator, and in a local, when it reaches the call.
fn caller(call: &str) -> String {
    format!(
        "(module
          (type $f (func (param i32))) (type $s (func)) (type $c (cont $f)) (type $d (cont $s))
          (rec (type $back (func (param (ref null $e)))) (type $e (cont $back)))
          (import \"\" \"\" (func $import (param i32)))
          (table $t 1 funcref) (table $u i64 1 funcref) (tag $tag (param i32)) (tag $suspend) (tag $switch)
          (func (param $x i32) (param $f (ref $f)) (param $c (ref $c)) (param $d (ref $d)) (param $e (ref $e))
                (param $exn exnref)
            (local.set $x (i32.mul (local.get $x) (i32.const 3)))
            {call})
          (func $own (param i32)) (elem declare func $own))"
    )
}

/// One body for each opcode that calls, and its mnemonic.
const CALLS: &[(&str, &str)] = &[
    ("call", "(call $own (local.get $x))"),
    ("call.import", "(call $import (local.get $x))"),
    ("call_indirect", "(call_indirect $t (type $f) (local.get $x) (i32.const 0))"),
    ("call_indirect.64", "(call_indirect $u (type $f) (local.get $x) (i64.const 0))"),
    ("call_ref", "(call_ref $f (local.get $x) (local.get $f))"),
    ("return_call", "(return_call $own (local.get $x))"),
    ("return_call_indirect", "(return_call_indirect $t (type $f) (local.get $x) (i32.const 0))"),
    ("return_call_indirect.64", "(return_call_indirect $u (type $f) (local.get $x) (i64.const 0))"),
    ("return_call_ref", "(return_call_ref $f (local.get $x) (local.get $f))"),
    ("suspend", "(suspend $suspend)"),
    ("switch", "(switch $e $switch (local.get $e)) (drop)"),
    ("resume", "(resume $c (local.get $x) (local.get $c))"),
    ("resume_throw", "(resume_throw $d $tag (local.get $x) (local.get $d))"),
    ("resume_throw_ref", "(resume_throw_ref $d (local.get $exn) (local.get $d))"),
];

#[test]
fn poisoning_leaves_nothing_to_what_is_called() {
    let poison = Config { poison: true, ..Config::default() };
    for (mnemonic, body) in CALLS {
        let module = decode_with(&caller(body), WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING);
        let listing = disassemble_with(&module, BodyIndex(0), &poison).unwrap();
        let lines: Vec<Vec<&str>> = listing.lines().map(|line| line.split(' ').skip(2).collect()).collect();
        let at = lines.iter().position(|line| line.first() == Some(mnemonic)).expect(&listing);
        assert_eq!(lines[at - 1], ["poison", "7"], "{mnemonic}:\n{listing}");
        // In front of a call the accumulator mirrors a slot up to the call itself; a switch of stacks forgets it
        // earlier.
        let worth = lines.iter().any(|line| line == &["poison", "6"]);
        assert!(worth || !mnemonic.contains("call"), "{mnemonic}:\n{listing}");
    }
}

#[test]
fn what_calls_is_known_to() {
    // The instructions that others are diverted to stand in front of every body, and are not translated to.
    let diverted = ["call.out", "return_call.out", "heated"];
    let listed: BTreeSet<&str> = CALLS.iter().map(|&(mnemonic, _)| mnemonic).chain(diverted).collect();
    let name = |op: &Op| op.mnemonic().0;
    let known: BTreeSet<&str> = Op::ALL.iter().filter(|op| op.effect() == FrameEffect::Calls).map(name).collect();
    assert_eq!(known, listed);
    let verbs = ["call", "return_call", "suspend", "switch", "resume", "heated"];
    let named = Op::ALL.iter().map(name).filter(|name| {
        verbs.iter().any(|verb| name.strip_prefix(verb).is_some_and(|rest| rest.is_empty() || !rest.starts_with('d')))
    });
    assert_eq!(named.collect::<BTreeSet<_>>(), listed);
}

/// Code is never longer than its remaining memory allows, whichever instruction reaches the limit.
#[test]
fn code_fits_into_what_is_left() {
    const BYTES: u64 = crate::interp::translate::BYTES_PER_WORD;
    for body in
        ["", "(drop (i32.const 1))", "(block (br 0)) (loop (br_if 0 (i32.const 0)))", "(local i64 f64) (unreachable)"]
    {
        let module = decode(&format!("(module (func (export \"f\") {body}))"));
        let within = |words: u64| {
            let code = translate_with(&module, BodyIndex(0), false, &Config::default(), Some(words * BYTES));
            code.map(|code| code.words.len() as u64)
        };
        let whole = within(1000).expect("it is small");
        for words in 0..whole {
            assert!(within(words).is_err(), "{body}: {words} of {whole}");
        }
        // The frame has its own limit, by the same memory.
        let last = within(whole - 1).err().map(|e| e.reason);
        assert!(matches!(last, Some(Reason::Memory(Limit::Code))), "{body}: {last:?}");
        assert!(matches!(within(2 * whole), Ok(words) if words == whole), "{body}");
    }
}
