;;! custom_page_sizes = true
;; A memory with 2^32 - 1 pages of one byte would have a size that looks like a failure to grow, so wasmtime rejects it.

(module
  (memory 0xffff_fffe (pagesize 1))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
(assert_return (invoke "grow" (i32.const 1)) (i32.const -1))
(assert_return (invoke "grow" (i32.const 0)) (i32.const -2))
(module
  (memory 65535)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
(assert_return (invoke "grow" (i32.const 1)) (i32.const 65535))

;; One of our limits, so it is not judged.
;; UNSUPPORTED
(assert_trap (module (memory 0xffff_ffff (pagesize 1))) "memory minimum size of 4294967295 pages exceeds memory limits")
(module (memory 0xffff_ffff (pagesize 1)))
;; RIGHT
