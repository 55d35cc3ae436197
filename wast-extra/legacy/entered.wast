;;! legacy-exceptions = true
;; Loops in the parts of a `try`, which an engine may enter in the middle: the exception of an open clause is live there,
;; though it is not an operand, and clauses that have not begun follow.
(module
  (tag $t (param i32))
  (tag $u (param i32 i64))
  (global $g (mut i32) (i32.const 0))
  ;; The clause's exception is thrown again behind the loop.
  (func $again (param $n i32) (param $x i32) (local $i i32)
    try
      (throw $t (local.get $x))
    catch $t
      (loop $l (param i32) (result i32)
        (i32.add (i32.const 2))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (global.set $g)
      rethrow 0
    end)
  (func (export "again") (param $n i32) (param $x i32) (result i32 i32)
    try (result i32)
      (call $again (local.get $n) (local.get $x))
      (i32.const -1)
    catch $t
    end
    (global.get $g))
  ;; Two open clauses, operands between them.
  (func (export "two") (param $n i32) (result i32 i64 i32) (local $i i32)
    try (result i32 i64)
      (i32.const 5)
      try (param i32) (result i32 i64)
        (drop)
        (throw $u (i32.const 10) (i64.const 20))
      catch $u
        (i64.add (i64.const 1))
        try (param i32 i64) (result i32 i64)
          (throw $t (i32.const 30))
        catch $t
          (i64.const 7)
          (loop $l (param i32 i64) (result i32 i64)
            (i64.add (i64.const 3))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
          (if (i32.gt_u (local.get $n) (i32.const 50)) (then (rethrow 1)))
          (if (i32.gt_u (local.get $n) (i32.const 20)) (then (rethrow 2)))
        end
      end
    catch $t
      (i64.const -1)
    catch $u
    end
    (local.get $i))
  ;; In the covered part, in front of two clauses and of a `catch_all`.
  (func (export "covered") (param $n i32) (param $which i32) (result i32 i32) (local $i i32) (local $s i32)
    (loop $outer
      try
        (loop $l
          (local.set $s (i32.add (local.get $s) (local.get $i)))
          (br_if $l (i32.rem_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 6))))
        (if (i32.eq (local.get $which) (i32.const 0)) (then (throw $t (i32.const 1))))
        (if (i32.eq (local.get $which) (i32.const 1)) (then (throw $u (i32.const 2) (i64.const 3))))
        (drop (i32.div_u (i32.const 1) (i32.const 1)))
      catch $t
        (local.set $s (i32.add (local.get $s)))
      catch $u
        (drop)
        (local.set $s (i32.add (local.get $s) (i32.const 1000)))
        (drop)
      catch_all
        unreachable
      end
      (local.set $s (i32.mul (local.get $s) (i32.const 3)))
      (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $s) (local.get $i))
  ;; A clause in a loop, with another loop right in it: both are entered, the inner one through the outer one.
  (func (export "around") (param $n i32) (result i32 i32) (local $i i32) (local $s i32)
    (loop $outer
      try
        try
          (throw $t (local.get $i))
        catch $t
          (local.set $s (i32.add (local.get $s)))
          (loop $l
            (local.set $s (i32.add (local.get $s) (i32.const 1)))
            (br_if $l (i32.rem_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 6))))
          rethrow 0
        end
      catch $t
        (local.set $s (i32.xor (local.get $s)))
      end
      (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $s) (local.get $i))
  ;; `delegate` around a loop.
  (func (export "delegate") (param $n i32) (result i32) (local $i i32)
    try $far (result i32)
      try (result i32)
        try (result i32)
          (loop $l (result i32)
            (if (i32.eq (local.get $i) (local.get $n)) (then (throw $t (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $l))
        delegate $far
      catch_all
        (i32.const -1)
      end
    catch $t
      (i32.add (i32.const 100))
    end))
(assert_return (invoke "again" (i32.const 9) (i32.const 5)) (i32.const 5) (i32.const 23))
(assert_return (invoke "two" (i32.const 9)) (i32.const 30) (i64.const 34) (i32.const 9))
(assert_return (invoke "two" (i32.const 30)) (i32.const 10) (i64.const 20) (i32.const 30))
(assert_return (invoke "covered" (i32.const 20) (i32.const 0)) (i32.const 3864) (i32.const 24))
(assert_return (invoke "covered" (i32.const 20) (i32.const 1)) (i32.const 123744) (i32.const 24))
(assert_return (invoke "covered" (i32.const 20) (i32.const 2)) (i32.const 3744) (i32.const 24))
(assert_return (invoke "around" (i32.const 20)) (i32.const 80) (i32.const 24))
(assert_return (invoke "delegate" (i32.const 14)) (i32.const 114))
