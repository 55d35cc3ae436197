;;! threads = true
;; Threads that wait for each other: what was written before is seen after.
;; Written by ci/wast_extra_threads.py.

(module $Mem
  (memory (export "shared") 1 4 shared))
(register "mem" $Mem)
(module
  (memory (import "mem" "shared") 1 4 shared)
  (func (export "go")
    (loop $ready (br_if $ready (i32.eqz (i32.atomic.load (i32.const 4)))))
    (i32.store (i32.const 8) (i32.const 42))
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))
  (func (export "publish")
    (loop $ready (br_if $ready (i32.eqz (i32.atomic.load (i32.const 24)))))
    (i32.store (i32.const 12) (i32.const 77))
    (i32.atomic.store (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (i32.const 1)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
(thread $Waits (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 4 shared)
    (func (export "run") (result i32 i32)
      (i32.store (i32.const 64) (i32.const 1))
      ;; Ready: the other may notify from now on.
      (i32.atomic.store (i32.const 4) (i32.const 1))
      (loop $again
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
        (br_if $again (i32.eqz (i32.atomic.load (i32.const 0)))))
      (i32.load (i32.const 8))
      (i32.load (i32.const 64))))
  (assert_return (invoke "run") (i32.const 42) (i32.const 1)))
(assert_return (invoke "go"))
(wait $Waits)
(thread $Spins (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 4 shared)
    (func (export "run") (result i32 i32)
      (local $before i32)
      (local.set $before (i32.load (i32.const 12)))
      ;; It has looked: the other may write.
      (i32.atomic.store (i32.const 24) (i32.const 1))
      (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 16)))))
      (local.get $before)
      (i32.load (i32.const 12))))
  (assert_return (invoke "run") (i32.const 0) (i32.const 77)))
(assert_return (invoke "publish"))
(wait $Spins)
(assert_return (invoke "load" (i32.const 8)) (i32.const 0x2a))
(assert_return (invoke "load" (i32.const 12)) (i32.const 0x4d))
(assert_return (invoke "load" (i32.const 20)) (i32.const 0x1))
(assert_return (invoke "load" (i32.const 64)) (i32.const 0x1))
