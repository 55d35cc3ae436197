;; A program whose assertion fails: the two buffers should be equal, and one byte is not.
(module
  (memory 1)
  (data (i32.const 16) "\01\02\03\04\01\02\07\04")
  ;; Like memcmp: 0 if the bytes are equal, otherwise the difference of the first ones that are not.
  (func $compare (param $a i32) (param $b i32) (param $length i32) (result i32)
    (local $difference i32)
    (loop $next
      (if (i32.eqz (local.get $length)) (then (return (i32.const 0))))
      (local.set $difference (i32.sub (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b))))
      (if (local.get $difference) (then (return (local.get $difference))))
      (local.set $a (i32.add (local.get $a) (i32.const 1)))
      (local.set $b (i32.add (local.get $b) (i32.const 1)))
      (local.set $length (i32.sub (local.get $length) (i32.const 1)))
      (br $next))
    (unreachable))
  (func $assert_equal (param $a i32) (param $b i32) (param $length i32)
    (if (call $compare (local.get $a) (local.get $b) (local.get $length)) (then (unreachable))))
  (func $fill_in
    (i32.store8 (i32.const 22) (i32.const 7)))
  (func (export "_start")
    (call $fill_in)
    (call $assert_equal (i32.const 16) (i32.const 16) (i32.const 4))
    (call $assert_equal (i32.const 16) (i32.const 20) (i32.const 4))))
