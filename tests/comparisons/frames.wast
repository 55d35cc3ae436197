;; Where something trapped, and what called what.

(module
  (func (export "trap") (if (i32.const {{0|1}}) (then (unreachable))) (unreachable))
  (func $callee (unreachable))
  (func $caller (if (i32.const {{0|1}}) (then (call $callee))) (call $callee))
  (func (export "call") (call $caller))
  (func (export "depth") (if (i32.const {{0|1}}) (then (call $callee))) (call $caller))
  (func $tail (return_call $callee))
  (func (export "tail") (if (i32.const {{0|1}}) (then (call $callee))) (call $tail))
  (table funcref (elem $callee $caller))
  (func (export "same") (drop (i32.const {{0|1}})) (call_indirect (i32.const 0))))
(assert_trap (invoke "trap") "unreachable")
(assert_trap (invoke "call") "unreachable")
(assert_trap (invoke "depth") "unreachable")
(assert_trap (invoke "tail") "unreachable")
(assert_trap (invoke "same") "unreachable")
