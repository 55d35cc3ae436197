(module
  (memory (export "memory") 4)
  ;; Sum of squares of a vector.
  (func (export "norm") (param $rounds i32) (result i32) (local $i i32) (local $s f64) (local $x f64)
    (loop $again
      (local.set $i (i32.const 0))
      (loop $next
        (local.set $x (f64.load (local.get $i)))
        (local.set $s (f64.add (local.get $s) (f64.mul (local.get $x) (local.get $x))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 65536))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.wrap_i64 (i64.reinterpret_f64 (local.get $s))))
  ;; y += a * x
  (func (export "axpy") (param $rounds i32) (result i32) (local $i i32)
    (loop $again
      (local.set $i (i32.const 0))
      (loop $next
        (f64.store offset=65536 (local.get $i) (f64.add (f64.load offset=65536 (local.get $i))
          (f64.mul (f64.const 1.0009765625) (f64.load (local.get $i)))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 65536))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.load offset=65544 (i32.const 0)))
  ;; Points of the set, in scalars.
  (func (export "mandel") (param $rounds i32) (result i32) (local $x f64) (local $y f64) (local $t f64) (local $cx f64) (local $n i32)
    (local.set $cx (f64.const -0.5))
    (loop $again
      (local.set $t (f64.add (f64.sub (f64.mul (local.get $x) (local.get $x)) (f64.mul (local.get $y) (local.get $y))) (local.get $cx)))
      (local.set $y (f64.add (f64.mul (f64.mul (f64.const 2) (local.get $x)) (local.get $y)) (f64.const 0.3)))
      (local.set $x (local.get $t))
      (if (f64.gt (f64.add (f64.mul (local.get $x) (local.get $x)) (f64.mul (local.get $y) (local.get $y))) (f64.const 4))
        (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (local.set $x (f64.const 0)) (local.set $y (f64.const 0))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.add (local.get $n) (i32.wrap_i64 (i64.reinterpret_f64 (local.get $x)))))
  ;; Newton's root of each number, three steps in f32, then its floor.
  (func (export "roots") (param $rounds i32) (result i32) (local $i i32) (local $x f32) (local $r f32) (local $s f32)
    (loop $again
      (local.set $i (i32.const 1))
      (loop $next
        (local.set $x (f32.convert_i32_s (local.get $i)))
        (local.set $r (f32.mul (local.get $x) (f32.const 0.5)))
        (local.set $r (f32.mul (f32.const 0.5) (f32.add (local.get $r) (f32.div (local.get $x) (local.get $r)))))
        (local.set $r (f32.mul (f32.const 0.5) (f32.add (local.get $r) (f32.div (local.get $x) (local.get $r)))))
        (local.set $r (f32.mul (f32.const 0.5) (f32.add (local.get $r) (f32.div (local.get $x) (local.get $r)))))
        (local.set $s (f32.add (local.get $s) (f32.floor (f32.min (local.get $r) (f32.const 100)))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.reinterpret_f32 (local.get $s))))
