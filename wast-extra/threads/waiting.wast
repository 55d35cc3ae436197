;;! threads = true
;; Waiting and notifying, alone.
;; Written by ci/wast_extra_threads.py.

(module
  (memory 1 1)
  (func (export "wait32") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1))))
(assert_trap (invoke "wait32" (i32.const 0) (i32.const 0) (i64.const 0)) "expected shared memory")
(assert_trap (invoke "wait64" (i32.const 0) (i64.const 1) (i64.const -1)) "expected shared memory")
(assert_return (invoke "notify" (i32.const 0) (i32.const 1)) (i32.const 0))
(assert_trap (invoke "notify" (i32.const 65536) (i32.const 1)) "out of bounds memory access")

(module
  (memory 1 1 shared)
  (func (export "set") (param i32 i64) (i64.atomic.store (local.get 0) (local.get 1)))
  (func (export "wait32") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 offset=8 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 offset=8 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1))))
(invoke "set" (i32.const 8) (i64.const 0x1_0000_0002))
(assert_return (invoke "wait32" (i32.const 0) (i32.const 3) (i64.const -1)) (i32.const 1))
(assert_return (invoke "wait32" (i32.const 0) (i32.const 2) (i64.const 0)) (i32.const 2))
(assert_return (invoke "wait32" (i32.const 0) (i32.const 2) (i64.const 1000000)) (i32.const 2))
(assert_return (invoke "wait32" (i32.const 4) (i32.const 1) (i64.const 1)) (i32.const 2))
(assert_return (invoke "wait64" (i32.const 0) (i64.const 2) (i64.const -1)) (i32.const 1))
(assert_return (invoke "wait64" (i32.const 0) (i64.const 0x1_0000_0002) (i64.const 1)) (i32.const 2))
(assert_return (invoke "notify" (i32.const 8) (i32.const 1)) (i32.const 0))
