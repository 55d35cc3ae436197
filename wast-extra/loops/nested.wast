;; Nested loops, with other blocks between them: an engine that enters the inner loop in the middle must know what those
;; blocks have on the stack and in locals, whether they were executed from their beginning or entered there.

(module
  (tag $t (param i32))
  (type $s (struct (field (mut i32))))
  (global $g (mut i32) (i32.const 0))

  ;; Operands below blocks between the loops; the inner loop is passed by in odd rounds.
  (func (export "skipped") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $x i32) (local $sum i32)
    (loop $outer
      (local.set $x (i32.mul (local.get $i) (i32.const 7)))
      (i32.add (local.get $i) (i32.const 100))
      (block $by
        (i64.extend_i32_u (local.get $x))
        (block $inside
          (br_if $inside (i32.and (local.get $i) (i32.const 1)))
          (local.set $j (i32.const 0))
          (loop $inner
            (local.set $x (i32.add (local.get $x) (local.get $j)))
            (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
          (local.set $x (i32.xor (local.get $x) (i32.const 5))))
        (local.set $sum (i32.add (i32.wrap_i64) (local.get $sum))))
      (local.set $sum (i32.add (local.get $sum) (i32.add (local.get $x))))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))

  ;; A local that is assigned in front of a block, which does not assign it.
  (func (export "in front") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $x i32) (local $y i32)
    (loop $outer
      (local.set $x (i32.add (local.get $y) (local.get $i)))
      (block $by
        (br_if $by (i32.eq (local.get $i) (i32.const 2)))
        (local.set $j (local.get $n))
        (loop $inner
          (local.set $y (i32.add (local.get $y) (local.get $x)))
          (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1))))))
      (local.set $y (i32.add (local.get $y) (i32.mul (local.get $x) (i32.const 3))))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i32.add (local.get $x) (local.get $y)))

  ;; In either branch of an `if`, with parameters and results, above an operand.
  (func (export "branches") (param $n i32) (result i32 i64) (local $i i32) (local $j i32) (local $a i32) (local $b i64)
    (loop $outer
      (local.set $b (i64.add (local.get $b) (i64.const 3)))
      (f64.convert_i32_u (local.get $i))
      (i32.add (local.get $a) (i32.const 1))
      (if (param i32) (result i32) (i32.rem_u (local.get $i) (i32.const 3))
        (then
          (local.set $a)
          (local.set $j (local.get $n))
          (loop $inner
            (local.set $a (i32.add (local.get $a) (local.get $j)))
            (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
          (i32.add (local.get $a) (i32.const 2)))
        (else
          (local.set $j (local.get $n))
          (loop $inner (param i32) (result i32)
            (i32.add (i32.wrap_i64 (local.get $b)))
            (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))))
      (local.set $a)
      (local.set $b (i64.add (i64.trunc_f64_u) (local.get $b)))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $a) (local.get $b))

  ;; Three loops, each with parameters; the middle one begins behind a block that is left early.
  (func (export "three") (param $n i32) (result i64 i32) (local $i i32) (local $j i32) (local $k i32)
    (i64.const 1) (i32.const 2)
    (loop $a (param i64 i32) (result i64 i32)
      (i32.add (local.get $i))
      (local.set $j (i32.const 0))
      (block $b (param i64 i32) (result i64 i32)
        (br_if $b (i32.eq (local.get $i) (i32.const 3)))
        (loop $c (param i64 i32) (result i64 i32)
          (local.set $k (i32.const 0))
          (i32.mul (i32.const 3))
          (if (param i64 i32) (result i64 i32) (i32.ne (local.get $j) (i32.const 1))
            (then
              (loop $d (param i64 i32) (result i64 i32)
                (i32.add (i32.const 1))
                (global.set $g)
                (i64.add (i64.extend_i32_u (global.get $g)))
                (global.get $g)
                (br_if $d (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (local.get $n))))))
          (br_if $c (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n)))))
      (br_if $a (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))

  ;; Vectors and references below the blocks.
  (func (export "classes") (param $n i32) (result i64 i32) (local $i i32) (local $j i32) (local $x i32) (local $v v128)
    (local $r (ref null $s))
    (local.set $r (struct.new $s (i32.const 1)))
    (loop $outer
      (i64x2.splat (i64.extend_i32_u (local.get $i)))
      (struct.new $s (local.get $i))
      (block $by
        (br_if $by (i32.eqz (local.get $i)))
        (local.set $j (local.get $n))
        (loop $inner
          (local.set $r (struct.new $s (i32.add (struct.get $s 0 (local.get $r)) (local.get $j))))
          (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1))))))
      (local.set $x (i32.add (struct.get $s 0) (local.get $x)))
      (local.set $v (i64x2.add (local.get $v)))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i64x2.extract_lane 1 (local.get $v)) (i32.add (local.get $x) (struct.get $s 0 (local.get $r))))

  ;; A local that cannot be null in the middle of a loop, and is null again at its head.
  (func (export "nulls") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $r (ref null $s))
    (loop $outer
      (if (ref.is_null (local.get $r))
        (then
          (local.set $r (struct.new $s (local.get $i)))
          (drop (ref.as_non_null (local.get $r)))
          (local.set $j (local.get $n))
          (loop $inner
            (struct.set $s 0 (local.get $r) (i32.add (struct.get $s 0 (local.get $r)) (local.get $j)))
            (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
          (global.set $g (struct.get $s 0 (local.get $r))))
        (else (local.set $r (ref.null $s))))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (if (result i32) (ref.is_null (local.get $r)) (then (i32.add (global.get $g) (i32.const 1000))) (else (global.get $g))))

  ;; An operand of another type below each of three blocks with a result, all of which are left early in some round.
  (func (export "stacked") (param $n i32) (result i32 i64) (local $i i32) (local $j i32) (local $x i32) (local $y i32)
    (local $sum i32) (local $z i64)
    (loop $outer
      (i32.add (local.get $i) (i32.const 100))
      (block $a (result i64)
        (i64.extend_i32_u (local.get $x))
        (br_if $a (i32.eq (local.get $i) (i32.const 1)))
        (block $b (result i32)
          (f64.convert_i32_u (i32.mul (local.get $i) (i32.const 7)))
          (br_if $b (i32.mul (local.get $i) (i32.const 3)) (i32.eq (local.get $i) (i32.const 2)))
          (drop)
          (block $c (result i32)
            (br_if $c (i32.const 9) (i32.eq (local.get $i) (i32.const 3)))
            (drop)
            (local.set $j (i32.const 0))
            (loop $inner
              (local.set $x (i32.add (local.get $x) (i32.add (local.get $i) (local.get $j))))
              (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
            (i32.add (local.get $x) (i32.const 2)))
          (local.set $y)
          (i32.add (i32.trunc_f64_u) (local.get $y)))
        (local.set $y)
        (i64.add (i64.extend_i32_u (local.get $y))))
      (local.set $z (i64.add (local.get $z)))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum) (local.get $z))

  ;; A reference of which something is known in front of the block, and nothing is learnt behind the inner loop.
  (func (export "learnt in front") (param $n i32) (result i32 i32) (local $i i32) (local $j i32) (local $x i32)
    (local $r (ref null $s))
    (global.set $g (i32.const 0))
    (loop $outer
      (if (i32.and (local.get $i) (i32.const 1)) (then (local.set $r (struct.new $s (local.get $i)))))
      (local.set $x (i32.add (local.get $x) (ref.is_null (local.get $r))))
      (block $by
        (br_if $by (i32.eq (local.get $i) (i32.const 2)))
        (local.set $j (local.get $n))
        (loop $inner
          (global.set $g (i32.add (global.get $g) (local.get $j)))
          (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1))))))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $x) (global.get $g))

  ;; What the inner loop throws, a handler between the two catches.
  (func $throws (param $x i32) (if (i32.eq (i32.rem_u (local.get $x) (i32.const 5)) (i32.const 4)) (then (throw $t (local.get $x)))))
  (func (export "caught") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $x i32) (local $sum i32)
    (loop $outer
      (local.set $x (i32.add (local.get $sum) (i32.const 1)))
      (i32.mul (local.get $i) (i32.const 10))
      (block $handler (result i32)
        (try_table (catch $t $handler)
          (br_if 0 (i32.eq (local.get $i) (i32.const 1)))
          (local.set $j (i32.const 0))
          (loop $inner
            (call $throws (i32.add (local.get $i) (local.get $j)))
            (local.set $x (i32.add (local.get $x) (local.get $j)))
            (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n)))))
        (i32.const 3))
      (local.set $sum (i32.add (local.get $x) (i32.add)))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))

  ;; Branches of all kinds to the outer loop.
  (func (export "branched to") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $x i32)
    (block $out
      (loop $outer
        (br_if $out (i32.gt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))
        (local.set $j (i32.const 0))
        (loop $inner
          (local.set $x (i32.add (local.get $x) (i32.mul (local.get $i) (local.get $j))))
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (br_if $outer (i32.gt_u (local.get $j) (i32.add (local.get $i) (i32.const 3))))
          (block $again
            (br_table $again $inner $outer $again (i32.rem_u (i32.add (local.get $i) (local.get $j)) (i32.const 7)))))
        (local.set $x (i32.add (local.get $x) (i32.const 100)))
        (br $outer)))
    (local.get $x)))

(assert_return (invoke "skipped" (i32.const 1)) (i32.const 105))
(assert_return (invoke "skipped" (i32.const 4)) (i32.const 496))
(assert_return (invoke "skipped" (i32.const 9)) (i32.const 1621))

(assert_return (invoke "in front" (i32.const 1)) (i32.const 0))
(assert_return (invoke "in front" (i32.const 4)) (i32.const 330))
(assert_return (invoke "in front" (i32.const 9)) (i32.const 296724980))

(assert_return (invoke "branches" (i32.const 1)) (i32.const 4) (i64.const 3))
(assert_return (invoke "branches" (i32.const 4)) (i32.const 100) (i64.const 18))
(assert_return (invoke "branches" (i32.const 9)) (i32.const 777) (i64.const 63))

(assert_return (invoke "three" (i32.const 1)) (i64.const 8) (i32.const 7))
(assert_return (invoke "three" (i32.const 4)) (i64.const 10507891) (i32.const 1893340))
(assert_return (invoke "three" (i32.const 9)) (i64.const 768150904861) (i32.const 571475666))

(assert_return (invoke "classes" (i32.const 1)) (i64.const 0) (i32.const 1))
(assert_return (invoke "classes" (i32.const 4)) (i64.const 6) (i32.const 37))
(assert_return (invoke "classes" (i32.const 9)) (i64.const 36) (i32.const 397))

(assert_return (invoke "nulls" (i32.const 1)) (i32.const 1))
(assert_return (invoke "nulls" (i32.const 4)) (i32.const 1012))
(assert_return (invoke "nulls" (i32.const 9)) (i32.const 53))

(assert_return (invoke "stacked" (i32.const 1)) (i32.const 100) (i64.const 2))
(assert_return (invoke "stacked" (i32.const 4)) (i32.const 406) (i64.const 62))
(assert_return (invoke "stacked" (i32.const 9)) (i32.const 936) (i64.const 2832))

(assert_return (invoke "learnt in front" (i32.const 1)) (i32.const 1) (i32.const 1))
(assert_return (invoke "learnt in front" (i32.const 4)) (i32.const 1) (i32.const 30))
(assert_return (invoke "learnt in front" (i32.const 9)) (i32.const 1) (i32.const 360))

(assert_return (invoke "caught" (i32.const 1)) (i32.const 4))
(assert_return (invoke "caught" (i32.const 4)) (i32.const 85))
(assert_return (invoke "caught" (i32.const 9)) (i32.const 441))

(assert_return (invoke "branched to" (i32.const 1)) (i32.const 0))
(assert_return (invoke "branched to" (i32.const 4)) (i32.const 300))
(assert_return (invoke "branched to" (i32.const 9)) (i32.const 607))
