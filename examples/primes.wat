;; Counts primes below a million, as often as it is asked to.
(module
  (memory 16)
  (func $is_composite (param $n i32) (result i32)
    (i32.load8_u (local.get $n)))
  (func $cross_out (param $p i32) (local $i i32)
    (local.set $i (i32.mul (local.get $p) (local.get $p)))
    (loop $next
      (i32.store8 (local.get $i) (i32.const 1))
      (local.set $i (i32.add (local.get $i) (local.get $p)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 1000000)))))
  (func $sieve (result i32) (local $p i32) (local $count i32)
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 1000000))
    (local.set $p (i32.const 2))
    (loop $next
      (if (i32.eqz (call $is_composite (local.get $p)))
        (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (if (i32.lt_u (local.get $p) (i32.const 1000)) (then (call $cross_out (local.get $p))))))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $p) (i32.const 1000000))))
    (local.get $count))
  (func (export "primes") (param $rounds i32) (result i32) (local $count i32)
    (loop $again
      (local.set $count (call $sieve))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $count)))
