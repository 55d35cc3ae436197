;; The handler that catches an exception, and the values of locals that it sees.

(module
  (tag $e)
  (tag $f)
  (tag $p (param i32 i32))
  (func $throw_e (throw $e))
  (func $throw_f (throw $f))
  (func $throw_p (param i32 i32) (throw $p (local.get 0) (local.get 1)))
  (func $busy (param i64 i64 i64 i64 i64 i64) (result i64)
    (i64.xor (i64.add (local.get 0) (local.get 1)) (i64.mul (i64.sub (local.get 2) (local.get 3))
      (i64.or (local.get 4) (local.get 5)))))
  ;; A local is changed in the body before a callee throws.
  (func (export "changed") (param $x i32) (result i32)
    (block $caught
      (try_table (catch $e $caught)
        (local.set $x (i32.add (local.get $x) (i32.const 1)))
        (call $throw_e)))
    (local.get $x))
  (func (export "changed_twice") (param $x i32) (param $n i32) (result i32)
    (block $caught
      (try_table (catch_all $caught)
        (local.set $x (i32.const 10))
        (if (local.get $n) (then (call $throw_e)))
        (local.set $x (i32.const 20))
        (call $throw_f)))
    (local.get $x))
  (func (export "changed_nested") (param $x i32) (result i32)
    (block $outer
      (try_table (catch $f $outer)
        (local.set $x (i32.const 1))
        (block $inner
          (try_table (catch $e $inner)
            (local.set $x (i32.const 2))
            (call $throw_f)))
        (local.set $x (i32.const 3))))
    (local.get $x))
  (func (export "changed_in_loop") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (block $caught
        (try_table (catch_all $caught)
          (local.set $sum (i32.add (local.get $sum) (local.get $n)))
          (call $throw_e)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; Several clauses with one target.
  (func (export "one_target") (param $n i32) (result i32)
    (block $caught
      (try_table (catch $e $caught) (catch $f $caught)
        (if (local.get $n) (then (call $throw_f)) (else (call $throw_e))))
      (return (i32.const 1)))
    (i32.const 2))
  (func (export "one_target_all") (result i32)
    (block $caught
      (try_table (catch $e $caught) (catch_all $caught) (call $throw_f))
      (return (i32.const 1)))
    (i32.const 2))
  ;; The inner one of two for the same tag; the outer one if the inner is for another tag.
  (func (export "inner") (param $n i32) (result i32)
    (block $outer
      (try_table (catch $e $outer)
        (block $inner
          (try_table (catch $e $inner)
            (if (local.get $n) (then (call $throw_e))))
          (return (i32.const 0)))
        (return (i32.const 1))))
    (i32.const 2))
  (func (export "order") (result i32 i32)
    (block $caught (result i32 i32)
      (try_table (catch $p $caught) (call $throw_p (i32.const 5) (i32.const 6)))
      (unreachable)))
  ;; Values that live across a call that throws or returns.
  (func (export "live_over") (param $a i64) (param $b i64) (param $c i64) (param $n i32) (result i64)
    (local $x i64) (local $y i64) (local $z i64)
    (local.set $x (i64.add (local.get $a) (local.get $b)))
    (local.set $y (i64.mul (local.get $b) (local.get $c)))
    (local.set $z (i64.sub (local.get $c) (local.get $a)))
    (block $caught
      (try_table (catch $e $caught)
        (local.set $a (call $busy (local.get $x) (local.get $y) (local.get $z) (local.get $a) (local.get $b) (local.get $c)))
        (if (local.get $n) (then (call $throw_e)))
        (local.set $b (call $busy (local.get $y) (local.get $x) (local.get $a) (local.get $z) (local.get $c) (local.get $b)))))
    (i64.add (i64.add (i64.add (local.get $x) (local.get $y)) (i64.add (local.get $z) (local.get $a)))
      (i64.add (local.get $b) (local.get $c)))))

(assert_return (invoke "changed" (i32.const 4)) (i32.const 5))
(assert_return (invoke "changed_twice" (i32.const 4) (i32.const 0)) (i32.const 20))
(assert_return (invoke "changed_twice" (i32.const 4) (i32.const 1)) (i32.const 10))
(assert_return (invoke "changed_nested" (i32.const 9)) (i32.const 2))
(assert_return (invoke "changed_in_loop" (i32.const 4)) (i32.const 10))
(assert_return (invoke "one_target" (i32.const 0)) (i32.const 2))
(assert_return (invoke "one_target" (i32.const 1)) (i32.const 2))
(assert_return (invoke "one_target_all") (i32.const 2))
(assert_return (invoke "inner" (i32.const 0)) (i32.const 0))
(assert_return (invoke "inner" (i32.const 1)) (i32.const 1))
(assert_return (invoke "order") (i32.const 5) (i32.const 6))
(assert_return (invoke "live_over" (i64.const 3) (i64.const 5) (i64.const 7) (i32.const 1)) (i64.const 103))
(assert_return (invoke "live_over" (i64.const 3) (i64.const 5) (i64.const 7) (i32.const 0)) (i64.const 405))
