;; Several threads on one memory, each in its own instance. Each is called with a number of rounds; `value` of 0 is
;; their common result.
(module
  (import "env" "memory" (memory 1 1 shared))
  ;; One counter.
  (func (export "add") (param $rounds i32) (result i32)
    (loop $r
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.const 0))
  ;; The same, by a loop that works for any operation.
  (func (export "exchange") (param $rounds i32) (result i32) (local $old i32)
    (loop $r
      (loop $again
        (local.set $old (i32.atomic.load (i32.const 0)))
        (br_if $again (i32.ne
          (local.get $old)
          (i32.atomic.rmw.cmpxchg (i32.const 0) (local.get $old) (i32.add (local.get $old) (i32.const 1))))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.const 0))
  ;; Two threads in turns: the first one has the even numbers. Each sleeps until the other has woken it.
  (func (export "turns") (param $rounds i32) (result i32) (local $me i32) (local $now i32)
    (local.set $me (i32.and (i32.atomic.rmw.add (i32.const 64) (i32.const 1)) (i32.const 1)))
    (loop $r
      (block $mine
        (loop $wait
          (local.set $now (i32.atomic.load (i32.const 0)))
          (br_if $mine (i32.eq (i32.and (local.get $now) (i32.const 1)) (local.get $me)))
          (drop (memory.atomic.wait32 (i32.const 0) (local.get $now) (i64.const -1)))
          (br $wait)))
      (i32.atomic.store (i32.const 0) (i32.add (local.get $now) (i32.const 1)))
      (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.const 0))
  (func (export "value") (param $at i32) (result i32) (i32.atomic.load (local.get $at))))
