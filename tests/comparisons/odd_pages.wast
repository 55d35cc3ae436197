;;! custom-page-sizes = true
;; A memory of pages of one byte.

(module
  (memory 5 10 (pagesize 1))
  (func (export "store") (i32.store8 (i32.const 4) (i32.const {{1|2}}))))
(invoke "store")
(module
  (memory 5 10 (pagesize 1))
  (func (export "grow") (result i32) (memory.grow (i32.const {{1|2}}))))
(assert_return (invoke "grow") (i32.const 5))
