;;! threads = true
;; Growth that another thread sees.
;; Written by ci/wast_extra_threads.py.

(module $Mem
  (memory (export "shared") 1 4 shared))
(register "mem" $Mem)
(module
  (memory (import "mem" "shared") 1 4 shared)
  (func (export "size") (result i32) (memory.size))
  (func (export "before") (result i32) (i32.load8_u (i32.const 131071)))
  (func (export "after") (result i32 i32)
    (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 0)))))
    (i32.load8_u (i32.const 131071))
    (memory.size))
  (func (export "sizes until it grows") (param $from i32)
    (loop $again (br_if $again (i32.eq (memory.size) (local.get $from)))))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
(assert_return (invoke "size" ) (i32.const 1))
(assert_trap (invoke "before" ) "out of bounds memory access")
(thread $Grows (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 4 shared)
    (func (export "run") (result i32)
      (memory.grow (i32.const 1))
      (i32.store8 (i32.const 131071) (i32.const 5))
      (i32.atomic.store (i32.const 0) (i32.const 1)))
    (func (export "size") (result i32) (memory.size)))
  (assert_return (invoke "run" ) (i32.const 1))
  (assert_return (invoke "size" ) (i32.const 2)))
(assert_return (invoke "after" ) (i32.const 5) (i32.const 2))
(wait $Grows)
(thread $Again (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 4 shared)
    (func (export "run") (result i32) (memory.grow (i32.const 1))))
  (assert_return (invoke "run" ) (i32.const 2)))
(assert_return (invoke "sizes until it grows" (i32.const 2)))
(wait $Again)
(assert_return (invoke "grow" (i32.const 2)) (i32.const -1))
(assert_return (invoke "grow" (i32.const 1)) (i32.const 3))
(assert_return (invoke "size" ) (i32.const 4))
