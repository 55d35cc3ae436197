;; A division in a loop that would trap does so only if it is reached: by -1, of the least number; by 0.

(module
  (func (export "i32.div_s") (param $x i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (if (i32.ne (local.get $x) (i32.const 0x80000000))
        (then (local.set $sum (i32.add (local.get $sum) (i32.div_s (local.get $x) (i32.const -1))))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "i32.rem_s") (param $x i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.add (i32.const 1) (i32.rem_s (local.get $x) (i32.const -1)))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "i64.div_s") (param $x i64) (param $n i32) (result i64) (local $sum i64)
    (loop $next
      (if (i64.ne (local.get $x) (i64.const 0x8000000000000000))
        (then (local.set $sum (i64.add (local.get $sum) (i64.div_s (local.get $x) (i64.const -1))))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "always") (param $x i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.div_s (local.get $x) (i32.const -1))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "by zero") (param $x i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (if (local.get $x) (then (local.set $sum (i32.add (local.get $sum) (i32.div_u (i32.const 9) (i32.const 0))))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))

(assert_return (invoke "i32.div_s" (i32.const 0x80000000) (i32.const 3)) (i32.const 0))
(assert_return (invoke "i32.div_s" (i32.const 7) (i32.const 3)) (i32.const -21))
(assert_return (invoke "i32.rem_s" (i32.const 0x80000000) (i32.const 3)) (i32.const 3))
(assert_return (invoke "i64.div_s" (i64.const 0x8000000000000000) (i32.const 3)) (i64.const 0))
(assert_return (invoke "i64.div_s" (i64.const 7) (i32.const 3)) (i64.const -21))
(assert_trap (invoke "always" (i32.const 0x80000000) (i32.const 3)) "integer overflow")
(assert_return (invoke "always" (i32.const 0x80000001) (i32.const 1)) (i32.const 0x7fffffff))
(assert_return (invoke "by zero" (i32.const 0) (i32.const 3)) (i32.const 0))
(assert_trap (invoke "by zero" (i32.const 1) (i32.const 3)) "integer divide by zero")
