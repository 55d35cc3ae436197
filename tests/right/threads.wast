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

;; A module of the script itself links to what threads have registered: to that of all threads that were waited for, in any
;; order.
(thread $first (shared (module $m)) (register "of first" $m) (register "of both" $m))
(thread $second (shared (module $m)) (register "of second" $m) (register "of both" $m))
(thread $third (shared (module $m)) (register "of third" $m))
(wait $second)
(module (import "of second" "memory" (memory 1 1 shared)) (import "of both" "memory" (memory 1 1 shared)))
(wait $first)
(module (import "of first" "memory" (memory 1 1 shared)) (import "of second" "memory" (memory 1 1 shared)))
(wait $third)
(module
  (import "of first" "memory" (memory 1 1 shared))
  (import "of second" "memory" (memory 1 1 shared))
  (import "of third" "memory" (memory 1 1 shared))
  (import "of both" "memory" (memory 1 1 shared)))
