;;! threads = true
;; A thread without a wait may still run when the last directive is done. State that shares a memory with it may differ,
;; but other state may not.

(module $Mem
  (memory (export "m") 1 1 shared)
  (func (export "shared") (result i32) (i32.const {{1|2}})))
(register "mem" $Mem)
(module $Alone (memory 1) (func (export "alone") (result i32) (i32.const {{3|4}})))
(thread $T (shared (module $Mem))
  (module (memory (import "mem" "m") 1 1 shared) (func (export "writes") (i32.store (i32.const 0) (i32.const 1))))
  (invoke "writes"))
(assert_return (invoke $Mem "shared") (i32.const {{1|2}}))
(assert_return (invoke $Alone "alone") (i32.const {{3|4}}))
(assert_return (invoke $Mem "shared") (i32.const {{1|2}}))

;; Within a thread that starts two, the memories of both may differ.
(thread $Outer
  (module $First
    (memory (export "m") 1 1 shared)
    (func (export "first") (result i32) (i32.const {{1|2}})))
  (register "first" $First)
  (module $Second
    (memory (export "m") 1 1 shared)
    (func (export "second") (result i32) (i32.const {{3|4}})))
  (register "second" $Second)
  (module $Own (memory 1) (func (export "own") (result i32) (i32.const {{5|6}})))
  (thread $WritesFirst (shared (module $First))
    (module (memory (import "first" "m") 1 1 shared) (func (export "writes") (i32.store (i32.const 0) (i32.const 1))))
    (invoke "writes"))
  (thread $WritesSecond (shared (module $Second))
    (module (memory (import "second" "m") 1 1 shared) (func (export "writes") (i32.store (i32.const 0) (i32.const 1))))
    (invoke "writes"))
  (invoke $First "first")
  (invoke $Second "second")
  (invoke $Own "own"))
(wait $Outer)
