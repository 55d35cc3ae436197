;;! threads = true
;; Threads that count together, by every read-modify-write operator and under a lock.
;; Written by ci/wast_extra_threads.py.

(module $Mem
  (memory (export "shared") 1 4 shared))
(register "mem" $Mem)
(thread $T0 (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 4 shared)
    (func (export "run") (param $bit i32)
      (local $i i32) (local $old i32)
      (loop $next
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (drop (i64.atomic.rmw.sub (i32.const 8) (i64.const 3)))
      (drop (i32.atomic.rmw8.add_u (i32.const 16) (i32.const 1)))
      (drop (i32.atomic.rmw16.sub_u (i32.const 18) (i32.const 1)))
      (drop (i64.atomic.rmw32.add_u (i32.const 20) (i64.const 5)))
      ;; Each thread has a bit of its own, which the others must not touch.
      (drop (i32.atomic.rmw.xor (i32.const 24) (local.get $bit)))
      (if (i32.and (i32.atomic.rmw8.or_u (i32.const 28) (local.get $bit)) (local.get $bit)) (then (unreachable)))
      (if (i32.eqz (i32.and (i32.atomic.rmw8.and_u (i32.const 28) (i32.xor (local.get $bit) (i32.const -1)))
        (local.get $bit))) (then (unreachable)))
  
      (loop $again
        (local.set $old (i32.atomic.load (i32.const 32)))
        (br_if $again (i32.ne (local.get $old)
          (i32.atomic.rmw.cmpxchg (i32.const 32) (local.get $old) (i32.add (local.get $old) (i32.const 1))))))
      (loop $again
        (local.set $old (i32.atomic.load16_u (i32.const 38)))
        (br_if $again (i32.ne (local.get $old) (i32.atomic.rmw16.cmpxchg_u (i32.const 38) (local.get $old)
          (i32.and (i32.const 0xffff) (i32.add (local.get $old) (i32.const 1)))))))
      ;; A lock, and a counter that nothing else protects.
      (loop $taken (br_if $taken (i32.atomic.rmw8.xchg_u (i32.const 40) (i32.const 1))))
      (i32.store (i32.const 44) (i32.add (i32.load (i32.const 44)) (i32.const 1)))
      (i32.atomic.store8 (i32.const 40) (i32.const 0))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))))
  (assert_return (invoke "run" (i32.const 0x1))))
(thread $T1 (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 4 shared)
    (func (export "run") (param $bit i32)
      (local $i i32) (local $old i32)
      (loop $next
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (drop (i64.atomic.rmw.sub (i32.const 8) (i64.const 3)))
      (drop (i32.atomic.rmw8.add_u (i32.const 16) (i32.const 1)))
      (drop (i32.atomic.rmw16.sub_u (i32.const 18) (i32.const 1)))
      (drop (i64.atomic.rmw32.add_u (i32.const 20) (i64.const 5)))
      ;; Each thread has a bit of its own, which the others must not touch.
      (drop (i32.atomic.rmw.xor (i32.const 24) (local.get $bit)))
      (if (i32.and (i32.atomic.rmw8.or_u (i32.const 28) (local.get $bit)) (local.get $bit)) (then (unreachable)))
      (if (i32.eqz (i32.and (i32.atomic.rmw8.and_u (i32.const 28) (i32.xor (local.get $bit) (i32.const -1)))
        (local.get $bit))) (then (unreachable)))
  
      (loop $again
        (local.set $old (i32.atomic.load (i32.const 32)))
        (br_if $again (i32.ne (local.get $old)
          (i32.atomic.rmw.cmpxchg (i32.const 32) (local.get $old) (i32.add (local.get $old) (i32.const 1))))))
      (loop $again
        (local.set $old (i32.atomic.load16_u (i32.const 38)))
        (br_if $again (i32.ne (local.get $old) (i32.atomic.rmw16.cmpxchg_u (i32.const 38) (local.get $old)
          (i32.and (i32.const 0xffff) (i32.add (local.get $old) (i32.const 1)))))))
      ;; A lock, and a counter that nothing else protects.
      (loop $taken (br_if $taken (i32.atomic.rmw8.xchg_u (i32.const 40) (i32.const 1))))
      (i32.store (i32.const 44) (i32.add (i32.load (i32.const 44)) (i32.const 1)))
      (i32.atomic.store8 (i32.const 40) (i32.const 0))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))))
  (assert_return (invoke "run" (i32.const 0x2))))
(thread $T2 (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 4 shared)
    (func (export "run") (param $bit i32)
      (local $i i32) (local $old i32)
      (loop $next
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (drop (i64.atomic.rmw.sub (i32.const 8) (i64.const 3)))
      (drop (i32.atomic.rmw8.add_u (i32.const 16) (i32.const 1)))
      (drop (i32.atomic.rmw16.sub_u (i32.const 18) (i32.const 1)))
      (drop (i64.atomic.rmw32.add_u (i32.const 20) (i64.const 5)))
      ;; Each thread has a bit of its own, which the others must not touch.
      (drop (i32.atomic.rmw.xor (i32.const 24) (local.get $bit)))
      (if (i32.and (i32.atomic.rmw8.or_u (i32.const 28) (local.get $bit)) (local.get $bit)) (then (unreachable)))
      (if (i32.eqz (i32.and (i32.atomic.rmw8.and_u (i32.const 28) (i32.xor (local.get $bit) (i32.const -1)))
        (local.get $bit))) (then (unreachable)))
  
      (loop $again
        (local.set $old (i32.atomic.load (i32.const 32)))
        (br_if $again (i32.ne (local.get $old)
          (i32.atomic.rmw.cmpxchg (i32.const 32) (local.get $old) (i32.add (local.get $old) (i32.const 1))))))
      (loop $again
        (local.set $old (i32.atomic.load16_u (i32.const 38)))
        (br_if $again (i32.ne (local.get $old) (i32.atomic.rmw16.cmpxchg_u (i32.const 38) (local.get $old)
          (i32.and (i32.const 0xffff) (i32.add (local.get $old) (i32.const 1)))))))
      ;; A lock, and a counter that nothing else protects.
      (loop $taken (br_if $taken (i32.atomic.rmw8.xchg_u (i32.const 40) (i32.const 1))))
      (i32.store (i32.const 44) (i32.add (i32.load (i32.const 44)) (i32.const 1)))
      (i32.atomic.store8 (i32.const 40) (i32.const 0))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))))
  (assert_return (invoke "run" (i32.const 0x4))))
(wait $T0)
(wait $T1)
(wait $T2)
(module
  (memory (import "mem" "shared") 1 4 shared)
  (func (export "i32") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "i64") (param i32) (result i64) (i64.load (local.get 0))))
(assert_return (invoke "i32" (i32.const 0)) (i32.const 0x1770))
(assert_return (invoke "i64" (i32.const 8)) (i64.const 0xffffffffffffb9b0))
(assert_return (invoke "i32" (i32.const 16)) (i32.const 0xe8900070))
(assert_return (invoke "i32" (i32.const 20)) (i32.const 0x7530))
(assert_return (invoke "i32" (i32.const 24)) (i32.const 0x0))
(assert_return (invoke "i32" (i32.const 28)) (i32.const 0x0))
(assert_return (invoke "i32" (i32.const 32)) (i32.const 0x1770))
(assert_return (invoke "i32" (i32.const 36)) (i32.const 0x17700000))
(assert_return (invoke "i32" (i32.const 40)) (i32.const 0x0))
(assert_return (invoke "i32" (i32.const 44)) (i32.const 0x1770))
