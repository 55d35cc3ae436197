;;! exceptions = true
;;! stack_switching = true
;; The end of a call without an assertion does not matter, but it must be a call.

(module $m
  (type $f (func))
  (type $c (cont $f))
  (tag $t (export "t"))
  (func (export "trap") unreachable)
  (func $r (export "recurse") (call $r))
  (func (export "throw") (throw $t))
  (func (export "suspend") (suspend $t))
  (func (export "one") (param i32) (result i32) (local.get 0))
  (global (export "g") i32 (i32.const 1)))

(invoke "trap")
(invoke $m "trap")
(invoke "recurse")
(invoke "throw")
(invoke "suspend")
(invoke "one" (i32.const 1))
(get "g")
(assert_trap (invoke "throw") "thrown Wasm exception")
(assert_exception (invoke "throw"))
(thread $t (module (func (export "trap") unreachable)) (invoke "trap"))
(wait $t)

;; WRONG
(invoke "missing")
(invoke $missing "trap")
(invoke "g")
(get "missing")
(get "trap")
(invoke "one" (i64.const 1))
(assert_return (invoke "trap"))
(assert_return (invoke "one" (i32.const 1)))
(assert_trap (invoke "throw") "unreachable")
(assert_trap (invoke "one" (i32.const 1)) "unreachable")
(assert_exception (invoke "trap"))
(module (func $s unreachable) (start $s))
(module (tag $t) (func $s (throw $t)) (start $s))
;; RIGHT
