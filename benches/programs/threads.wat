;; Several threads on one memory, each in an instance of its own. Each is called with a number of rounds; what they did
;; together is `value` of 0.
(module
  (import "env" "memory" (memory 1 1 shared))
  ;; One counter.
  (func (export "add") (param $rounds i32) (result i32)
    (loop $r
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.const 0))
  ;; The same, in the way that serves any operation.
  (func (export "exchange") (param $rounds i32) (result i32) (local $old i32)
    (loop $r
      (loop $again
        (local.set $old (i32.atomic.load (i32.const 0)))
        (br_if $again (i32.ne
          (local.get $old)
          (i32.atomic.rmw.cmpxchg (i32.const 0) (local.get $old) (i32.add (local.get $old) (i32.const 1))))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.const 0))
  ;; Two threads in turns: who comes first has the even ones. Each sleeps until the other has woken it.
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
