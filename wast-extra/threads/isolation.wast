;;! threads = true
;;! multi-memory = true
;; What a thread of a script has, and what it has not.
;; Written by ci/wast_extra_threads.py.

(module $Mem
  (memory (export "shared") 1 1 shared)
  (memory $own (export "own") 1 1)
  (global (export "global") i32 (i32.const 1)))
(register "mem" $Mem)
(thread $T (shared (module $Mem))
  (module (memory (import "mem" "shared") 1 1 shared))
  (register "other" $Mem)
  (module (memory (import "other" "shared") 1 1 shared) (func (export "f") (result i32) (i32.const 3)))
  (assert_return (invoke "f") (i32.const 3))
  (assert_unlinkable (module (memory (import "mem" "own") 1 1)) "unknown import")
  (assert_unlinkable (module (global (import "mem" "global") i32)) "unknown import")
  (assert_unlinkable (module (memory (import "mem" "shared") 1 1)) "incompatible import type")
  (assert_invalid (module (func (result i32))) "type mismatch")
  (module (func (export "trap") (unreachable)))
  (assert_trap (invoke "trap") "unreachable")
  (register "trap"))
(wait $T)
(module (memory (import "other" "shared") 1 1 shared) (memory (import "other" "own") 1 1))
(assert_unlinkable (module (func (import "trap" "trap"))) "unknown import")
(module $Known (global (export "g") i64 (i64.const 9)))
(register "known" $Known)
(thread $Takes (shared (module $Mem)) (register "known" $Mem) (module (memory (import "known" "shared") 1 1 shared)))
(wait $Takes)
(module (global (import "known" "g") i64))
(thread $Alone (module (func (export "f") (result i64) (i64.const 4))) (assert_return (invoke "f") (i64.const 4)))
(assert_unlinkable (module (func (import "mem" "f"))) "unknown import")
(wait $Alone)
