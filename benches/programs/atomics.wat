;; Atomic operators, by one thread. Each program takes a number of rounds, and returns a part of its computation.
(module
  (memory 1 1 shared)
  ;; One counter whose old value is unused, and one whose old value is used.
  (func (export "add") (param $rounds i32) (result i32) (local $sum i64)
    (loop $r
      (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 3)))
      (local.set $sum (i64.add (local.get $sum) (i64.atomic.rmw.add (i32.const 128) (i64.const 5))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.wrap_i64 (local.get $sum)))
  ;; Bits of a set: some operators return the old bits, others need not.
  (func (export "bits") (param $rounds i32) (result i32) (local $at i32) (local $bit i32) (local $new i32)
    (loop $r
      (local.set $at (i32.and (i32.mul (local.get $rounds) (i32.const 44)) (i32.const 4092)))
      (local.set $bit (i32.shl (i32.const 1) (local.get $rounds)))
      (local.set $new (i32.add (local.get $new)
        (i32.eqz (i32.and (i32.atomic.rmw.or offset=1024 (local.get $at) (local.get $bit)) (local.get $bit)))))
      (drop (i32.atomic.rmw.xor offset=8192 (local.get $at) (local.get $bit)))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $new))
  ;; A lock that is always free.
  (func (export "lock") (param $rounds i32) (result i32)
    (loop $r
      (loop $busy (br_if $busy (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1))))
      (i32.store offset=256 (i32.const 0) (i32.add (i32.load offset=256 (i32.const 0)) (local.get $rounds)))
      (i32.atomic.store (i32.const 0) (i32.const 0))
      (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.load offset=256 (i32.const 0)))
  ;; A ring between a reader and a writer, which are the same thread.
  (func (export "ring") (param $rounds i32) (result i32) (local $head i32) (local $tail i32) (local $sum i32)
    (loop $r
      (local.set $head (i32.atomic.load offset=512 (i32.const 0)))
      (i32.store offset=16384 (i32.shl (i32.and (local.get $head) (i32.const 1023)) (i32.const 2)) (local.get $rounds))
      (i32.atomic.store offset=512 (i32.const 0) (i32.add (local.get $head) (i32.const 1)))
      (local.set $tail (i32.atomic.load offset=576 (i32.const 0)))
      (if (i32.ne (local.get $tail) (i32.atomic.load offset=512 (i32.const 0)))
        (then
          (local.set $sum (i32.add (local.get $sum)
            (i32.load offset=16384 (i32.shl (i32.and (local.get $tail) (i32.const 1023)) (i32.const 2)))))
          (i32.atomic.store offset=576 (i32.const 0) (i32.add (local.get $tail) (i32.const 1)))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum)))
