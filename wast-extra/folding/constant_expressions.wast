;; Arithmetic in constant expressions, on constants and on earlier globals.

(module
  (global $a i32 (i32.const 7))
  (global $b i64 (i64.const -9))
  (global (export "difference") i32 (i32.sub (i32.const 2) (i32.const 5)))
  (global (export "of globals") i64 (i64.sub (i64.mul (global.get $b) (global.get $b)) (i64.const 82)))
  (global (export "wraps") i32 (i32.add (i32.mul (i32.const 0x10001) (i32.const 0x10001)) (i32.const 0x7fffffff)))
  (global $mixed (mut i32) (i32.sub (i32.mul (global.get $a) (i32.const 6)) (i32.add (global.get $a) (i32.const 1))))
  (func (export "mixed") (result i32) (global.get $mixed)))

(assert_return (invoke "mixed") (i32.const 34))
(assert_return (get "difference") (i32.const -3))
(assert_return (get "of globals") (i64.const -1))
(assert_return (get "wraps") (i32.const -0x7ffe0000))

;; The offsets of segments.
(module
  (global $a i32 (i32.const 7))
  (memory 1)
  (data (offset (i32.sub (i32.const 20) (global.get $a))) "here")
  (table $t 8 funcref)
  (elem (table $t) (offset (i32.sub (global.get $a) (i32.const 4))) func $three)
  (func $three (result i32) (i32.const 3))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "call") (param i32) (result i32) (call_indirect $t (result i32) (local.get 0))))

(assert_return (invoke "load" (i32.const 13)) (i32.const 0x65726568))
(assert_return (invoke "call" (i32.const 3)) (i32.const 3))
