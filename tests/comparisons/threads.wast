;;! threads = true
;; The behaviour of threads, and the state that they leave.

(module)
(thread $calls
  (module
    (import "spectest" "print_i32" (func $print (param i32)))
    (func (export "calls") (call $print (i32.const {{1|2}}))))
  (invoke "calls"))
(wait $calls)
(thread $traps
  (module (func (export "traps") {{(unreachable)|(drop (i32.div_u (i32.const 1) (i32.const 0)))}}))
  (assert_trap (invoke "traps") ""))
(wait $traps)
(thread $returns
  (module
    (func $a (export "a")) (func $b (export "b"))
    (func (export "returns") (result funcref) (ref.func ${{a|b}})))
  (assert_return (invoke "returns") (ref.func)))
(wait $returns)
(thread $stores
  (module (global $g (mut i64) (i64.const 0)) (func (export "stores") (global.set $g (i64.const {{1|2}}))))
  (invoke "stores"))
(wait $stores)

;; A thread that starts another one last, which nobody waits for: both end with the script.
(thread $outer
  (module (func (export "outer")))
  (invoke "outer")
  (thread $inner
    (module
      (global $g (mut i32) (i32.const 0))
      (func (export "inner") (result i32) (i32.const {{1|2}}))
      (func (export "leaves") (global.set $g (i32.const {{1|2}}))))
    (invoke "inner")
    (invoke "leaves")))
