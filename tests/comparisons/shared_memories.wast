;;! threads = true
;; A shared memory, to which one side writes another value.

(module
  (memory 1 1 shared)
  (func (export "store") (i32.atomic.store (i32.const 4) (i32.const {{1|2}})))
  (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 4) (i32.const 0))))
(assert_return (invoke "add") (i32.const 0))
(invoke "store")
(assert_return (invoke "add") (i32.const {{1|2}}))
