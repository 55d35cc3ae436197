;;! custom-page-sizes = true
;; Sizes and growth of memories with different page sizes, side by side.

(module
  (memory $bytes 1000 2000 (pagesize 1))
  (memory $pages 2 4)
  (func (export "sizes") (result i32 i32) (memory.size $bytes) (memory.size $pages))
  (func (export "grow bytes") (param i32) (result i32) (memory.grow $bytes (local.get 0)))
  (func (export "grow pages") (param i32) (result i32) (memory.grow $pages (local.get 0)))
  ;; The last byte in bounds, and the first one out of bounds.
  (func (export "last") (result i32) (i32.load8_u $bytes (i32.sub (memory.size $bytes) (i32.const 1))))
  (func (export "beyond") (result i32) (i32.load8_u $bytes (memory.size $bytes)))
  (data (memory $bytes) (i32.const 999) "\07"))

(assert_return (invoke "sizes") (i32.const 1000) (i32.const 2))
(assert_return (invoke "last") (i32.const 7))
(assert_trap (invoke "beyond") "out of bounds memory access")
(assert_return (invoke "grow bytes" (i32.const 500)) (i32.const 1000))
(assert_return (invoke "grow pages" (i32.const 1)) (i32.const 2))
(assert_return (invoke "sizes") (i32.const 1500) (i32.const 3))
(assert_return (invoke "last") (i32.const 0))
(assert_return (invoke "grow bytes" (i32.const 501)) (i32.const -1))
(assert_return (invoke "grow pages" (i32.const 2)) (i32.const -1))
(assert_return (invoke "sizes") (i32.const 1500) (i32.const 3))

;; A memory can have 2^32 - 1 pages of one byte, not 2^32: that size does not fit in an i32.
(module
  (memory 1 (pagesize 1))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size))
  (func (export "first") (result i32) (i32.load8_u (i32.const 0))))

(assert_return (invoke "grow" (i32.const -1)) (i32.const -1))
(assert_return (invoke "size") (i32.const 1))
(assert_return (invoke "first") (i32.const 0))
(assert_invalid (module (memory 0x1_0000_0000 (pagesize 1))) "memory size")
(assert_invalid (module (memory 0 0x1_0000_0000 (pagesize 1))) "memory size")
