;; A memory whose pages are single bytes, with no more of them than are used. The program takes a number of rounds, and
;; returns a part of its computation.
(module
  (memory 65536 65536 (pagesize 1))
  ;; Primes below 65536, one byte each.
  (func (export "sieve1") (param $rounds i32) (result i32) (local $i i32) (local $j i32) (local $count i32)
    (loop $r
      (local.set $count (i32.const 0))
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))
      (local.set $i (i32.const 2))
      (loop $l
        (if (i32.load8_u (local.get $i))
          (then
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (local.set $j (i32.shl (local.get $i) (i32.const 1)))
            (block $end
              (loop $m
                (br_if $end (i32.ge_u (local.get $j) (i32.const 65536)))
                (i32.store8 (local.get $j) (i32.const 0))
                (local.set $j (i32.add (local.get $j) (local.get $i)))
                (br $m)))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 65536))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $count)))
