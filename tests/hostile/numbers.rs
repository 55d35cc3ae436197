//! Numbers and sizes of more than sixteen bits, in instructions or tables that have room for them.

use super::{Config, configs, decode, function, instantiate};
use wasmoon::runtime::store::{Abort, Limits};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;

/// The result of an export without parameters.
fn result(config: &Config, text: &str, name: &str) -> Result<u32, TrapCode> {
    let (mut store, instance) = instantiate(config, &decode(text), Limits::default());
    let instance = instance.expect("instantiates");
    let function = function(&store, instance, name);
    match store.call(function, &[]) {
        Ok(values) => match values[..] {
            [Val::I32(n)] => Ok(n),
            _ => panic!("{values:?}"),
        },
        Err(Abort::Trap(trap)) => Err(trap.code),
        Err(other) => panic!("{other}"),
    }
}

/// A type with a large number is not confused with one whose number has the same lower bits.
#[test]
fn types_with_large_numbers() {
    const LAST: u32 = 20_000;
    let digits = |i: u32| (0..8).map(|d| ["i32", "i64", "f32", "f64"][(i >> (2 * d) & 3) as usize]).collect::<Vec<_>>();
    let zeros = |i: u32| digits(i).iter().map(|ty| format!("({ty}.const 0) ")).collect::<String>();
    let types: String =
        (0..=LAST).map(|i| format!("(type (func (param {}) (result i32)))", digits(i).join(" "))).collect();
    // Its offset in a list of 32-bit entries has the same lower sixteen bits.
    let other = LAST - (1 << 14);
    let text = format!(
        "(module {types} (table funcref (elem $f))
           (func $f (type {LAST}) (i32.const 7))
           (func (export \"right\") (result i32) (call_indirect (type {LAST}) {} (i32.const 0)))
           (func (export \"wrong\") (result i32) (call_indirect (type {other}) {} (i32.const 0))))",
        zeros(LAST),
        zeros(other),
    );
    for (name, config) in configs() {
        assert_eq!(result(&config, &text, "right"), Ok(7), "{name}");
        assert_eq!(result(&config, &text, "wrong"), Err(TrapCode::IndirectCallTypeMismatch), "{name}");
    }
}

/// An exception is caught in a frame of more than 64 KiB: later calls do not overwrite the frame.
#[test]
fn handlers_in_large_frames() {
    // Vectors, since the allocation checker takes time quadratic in the number of values.
    const LOCALS: u32 = 4500;
    let each = |text: &dyn Fn(u32) -> String| (0..LOCALS).map(text).collect::<String>();
    let text = format!(
        "(module (tag $e)
           (func $throws (throw $e))
           (func $deep (param i32) (result i32)
             (if (result i32) (local.get 0)
               (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
               (else (i32.const 0))))
           (func (export \"sum\") (result i32) (local $sum v128) {}
             {}
             (block $caught (try_table (catch $e $caught) (call $throws)))
             (drop (call $deep (i32.const 100)))
             {}
             (i32.xor
               (i32.wrap_i64 (i64x2.extract_lane 0 (local.get $sum)))
               (i32.wrap_i64 (i64x2.extract_lane 1 (local.get $sum)))))
           (global $one (mut i64) (i64.const 1)))",
        each(&|i| format!("(local $l{i} v128)")),
        each(&|i| {
            let half = format!("(i64.mul (global.get $one) (i64.const {}))", i * 3);
            format!("(local.set $l{i} (i64x2.replace_lane 1 (i64x2.splat {half}) (i64.const {i})))")
        }),
        each(&|i| {
            let sum = "(i64x2.add (i64x2.shl (local.get $sum) (i32.const 1)) (local.get $sum))";
            format!("(local.set $sum (v128.xor {sum} (local.get $l{i})))")
        }),
    );
    let sum = |lane: u64| (0..u64::from(LOCALS)).fold(0u64, |sum, i| sum.wrapping_mul(3) ^ (i * lane)) as u32;
    for (name, config) in configs() {
        assert_eq!(result(&config, &text, "sum"), Ok(sum(3) ^ sum(1)), "{name}");
    }
}
