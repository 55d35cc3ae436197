;; Code that may trap, or whose value varies, stays in its loop.

(module
  (memory 1)
  (global $g (mut i32) (i32.const 0))
  (func $bump (global.set $g (i32.add (global.get $g) (i32.const 1))))
  ;; Never divides when the divisor is 0.
  (func (export "guarded_div_s") (param $n i32) (param $x i32) (param $d i32) (result i32) (local $sum i32)
    (loop $again
      (if (local.get $d)
        (then (local.set $sum (i32.add (local.get $sum) (i32.div_s (local.get $x) (local.get $d))))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "guarded_rem_u") (param $n i32) (param $x i64) (param $d i64) (result i64) (local $sum i64)
    (loop $again
      (if (i64.ne (local.get $d) (i64.const 0))
        (then (local.set $sum (i64.add (local.get $sum) (i64.rem_u (local.get $x) (local.get $d))))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; In each iteration, a store comes before the trap.
  (func (export "store_then_trap") (param $n i32) (param $d i32)
    (loop $again
      (i32.store (i32.const 8) (local.get $n))
      (drop (i32.div_u (i32.const 100) (local.get $d)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "stored") (result i32) (i32.load (i32.const 8)))
  ;; A loop that is left before its division.
  (func (export "left_before") (param $n i32) (param $d i32) (result i32)
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $d)))
        (local.set $n (i32.sub (local.get $n) (i32.div_u (i32.const 6) (local.get $d))))
        (br_if $again (i32.gt_s (local.get $n) (i32.const 0)))))
    (local.get $n))
  ;; A global that a callee changes.
  (func (export "global") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (global.get $g)))
      (call $bump)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; A conversion that is out of range unless it is guarded.
  (func (export "guarded_trunc") (param $n i32) (param $x f64) (result i32) (local $sum i32)
    (loop $again
      (if (f64.lt (f64.abs (local.get $x)) (f64.const 1000))
        (then (local.set $sum (i32.add (local.get $sum) (i32.trunc_f64_s (local.get $x))))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))

(assert_return (invoke "guarded_div_s" (i32.const 3) (i32.const 10) (i32.const 0)) (i32.const 0))
(assert_return (invoke "guarded_div_s" (i32.const 3) (i32.const 10) (i32.const 3)) (i32.const 9))
(assert_trap (invoke "guarded_div_s" (i32.const 3) (i32.const 0x80000000) (i32.const -1)) "integer overflow")
(assert_return (invoke "guarded_rem_u" (i32.const 2) (i64.const 10) (i64.const 0)) (i64.const 0))
(assert_return (invoke "guarded_rem_u" (i32.const 2) (i64.const 10) (i64.const 4)) (i64.const 4))
(assert_trap (invoke "store_then_trap" (i32.const 5) (i32.const 0)) "integer divide by zero")
(assert_return (invoke "stored") (i32.const 5))
(assert_return (invoke "left_before" (i32.const 10) (i32.const 0)) (i32.const 10))
(assert_return (invoke "left_before" (i32.const 10) (i32.const 2)) (i32.const -2))
(assert_return (invoke "global" (i32.const 4)) (i32.const 6))
(assert_return (invoke "guarded_trunc" (i32.const 2) (f64.const 1e30)) (i32.const 0))
(assert_return (invoke "guarded_trunc" (i32.const 2) (f64.const -7.9)) (i32.const -14))
