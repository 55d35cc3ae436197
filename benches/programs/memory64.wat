;; A memory of 64-bit addresses. Each program takes a number of rounds, and returns a part of its computation.
(module
  (memory i64 4)
  ;; Primes below 65536, one byte each.
  (func (export "sieve64") (param $rounds i32) (result i32) (local $i i64) (local $j i64) (local $count i32)
    (loop $r
      (local.set $count (i32.const 0))
      (memory.fill (i64.const 0) (i32.const 1) (i64.const 65536))
      (local.set $i (i64.const 2))
      (loop $l
        (if (i32.load8_u (local.get $i))
          (then
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (local.set $j (i64.shl (local.get $i) (i64.const 1)))
            (block $end
              (loop $m
                (br_if $end (i64.ge_u (local.get $j) (i64.const 65536)))
                (i32.store8 (local.get $j) (i32.const 0))
                (local.set $j (i64.add (local.get $j) (local.get $i)))
                (br $m)))))
        (br_if $l (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 65536))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $count))
  ;; A list through the memory, each element in another cache line; its links are addresses.
  (func (export "chase64") (param $rounds i32) (result i32) (local $at i64) (local $i i64) (local $sum i64)
    (loop $l
      (i64.store offset=65536 (i64.shl (local.get $i) (i64.const 6))
        (i64.shl (i64.and (i64.add (i64.mul (local.get $i) (i64.const 5)) (i64.const 13)) (i64.const 1023)) (i64.const 6)))
      (i64.store offset=65544 (i64.shl (local.get $i) (i64.const 6)) (i64.mul (local.get $i) (i64.const 3)))
      (br_if $l (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 1024))))
    (loop $r
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 1)) (i64.load offset=65544 (local.get $at))))
      (local.set $at (i64.load offset=65536 (local.get $at)))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.wrap_i64 (local.get $sum))))
