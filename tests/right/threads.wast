;;! threads = true
;; What only a thread has registered is not there for the script, of whatever kind.

(module $m
  (memory (export "memory") 1 1 shared)
  (table (export "table") 1 funcref)
  (global (export "global") i32 (i32.const 1))
  (func (export "func")))
(thread $t (shared (module $m))
  (register "registered" $m)
  (module (import "registered" "memory" (memory 1 1 shared))))
(wait $t)
(assert_unlinkable (module (import "registered" "memory" (memory 1 1 shared))) "unknown import")
(assert_unlinkable (module (import "registered" "table" (table 1 funcref))) "unknown import")
(assert_unlinkable (module (import "registered" "global" (global i32))) "unknown import")
(assert_unlinkable (module (import "registered" "func" (func))) "unknown import")
(register "registered" $m)
(module (import "registered" "memory" (memory 1 1 shared)) (import "registered" "func" (func)))
