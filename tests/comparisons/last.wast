;;! threads = true
;; A thread that nothing waits for, and a last directive that shares nothing with it.

(module $Mem (memory (export "m") 1 1 shared))
(register "mem" $Mem)
(module $Alone
  (global $g (mut i32) (i32.const 0))
  (func (export "alone") (result i32) (global.set $g (i32.const {{3|4}})) (i32.const {{1|2}})))
(thread $T (shared (module $Mem))
  (module (memory (import "mem" "m") 1 1 shared) (func (export "writes") (i32.store (i32.const 0) (i32.const 1))))
  (invoke "writes"))
(assert_return (invoke $Alone "alone") (i32.const {{1|2}}))
