;;! threads = true
;; Which operator trapped in a thread, as without threads.

(module)
(thread $traps
  (module
    (memory 1)
    (func (export "trap") (if (i32.const {{0|1}}) (then (unreachable))) (unreachable))
    (func (export "loads")
      (if (i32.const {{0|1}}) (then (drop (i32.load (i32.const -1))))) (drop (i64.load (i32.const -1)))))
  (assert_trap (invoke "trap") "unreachable")
  (assert_trap (invoke "loads") "out of bounds memory access"))
(wait $traps)
