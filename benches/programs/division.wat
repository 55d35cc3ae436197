;; Divisions by constants, in 64 and in 32 bits.
(module
  (func (export "div64") (param $n i32) (result i32) (local $x i64)
    (local.set $x (i64.const 0x123456789abcdef))
    (loop $l
      (local.set $x (i64.add (i64.mul (local.get $x) (i64.const 0x9e3779b97f4a7c15))
        (i64.add (i64.div_u (local.get $x) (i64.const 1000)) (i64.rem_s (local.get $x) (i64.const 10)))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.wrap_i64 (local.get $x)))
  (func (export "div32") (param $n i32) (result i32) (local $x i32)
    (local.set $x (i32.const 0x1234567))
    (loop $l
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 0x9e3779b1))
        (i32.add (i32.div_u (local.get $x) (i32.const 1000)) (i32.rem_s (local.get $x) (i32.const 10)))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
