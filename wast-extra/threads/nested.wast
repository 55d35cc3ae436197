;;! threads = true
;; Threads that start threads, names, and threads that are waited for twice or never.

(module $Mem
  (memory (export "shared") 1 1 shared))
(register "mem" $Mem)
(thread $Outer (shared (module $Mem))
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
  (thread $Inner (shared (module $Mem))
    (module
      (memory (import "mem" "shared") 1 1 shared)
      (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1))))
    (thread $Innermost (shared (module $Mem))
      (register "other" $Mem)
      (module
        (memory (import "other" "shared") 1 1 shared)
        (func (export "store") (i32.store (i32.const 8) (i32.const 3))))
      (invoke "store"))
    (assert_unlinkable (module (memory (import "other" "shared") 1 1 shared)) "unknown import")
    (wait $Innermost)
    (module
      (memory (import "other" "shared") 1 1 shared)
      (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1))))
    (invoke "store" (i32.const 4) (i32.const 2)))
  (wait $Inner)
  (wait $Inner)
  ;; The module is the thread's own, whatever the others defined.
  (assert_return (invoke "load" (i32.const 4)) (i32.const 2))
  (assert_return (invoke "load" (i32.const 8)) (i32.const 3)))
(wait $Outer)
(assert_unlinkable (module (memory (import "other" "shared") 1 1 shared)) "unknown import")
;; A memory owned by a thread, for its own threads.
(thread $Makes
  (module $Own
    (memory (export "own") 1 1 shared)
    (func (export "load") (result i32) (i32.load (i32.const 0))))
  (register "own" $Own)
  (thread $Takes (shared (module $Own))
    (module
      (memory (import "own" "own") 1 1 shared)
      (func (export "store") (i32.store (i32.const 0) (i32.const 7))))
    (invoke "store"))
  (wait $Takes)
  (assert_return (invoke $Own "load") (i32.const 7)))
(wait $Makes)
;; Two threads in two threads may have the same name, and waiting is optional.
(thread $A (thread $Same (module)))
(thread $B (thread $Same (module)) (wait $Same))
