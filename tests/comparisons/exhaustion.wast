;; How deep a recursion gets is unspecified, and so is how often it calls the host on the way. If both columns exhaust the stack
;; and are in the same state then, they go on together.

(module
  (import "spectest" "print" (func $print))
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (func $once (call $print))
  (func $twice (call $print) (call $print))
  (func $deep (export "deep") (call ${{once|twice}}) (call $deep))
  (func (export "after") (global.set $calls (i32.add (global.get $calls) (i32.const 1))))
  (func (export "differs") (global.set $calls (i32.const {{1|2}}))))
(assert_exhaustion (invoke "deep") "call stack exhausted")
(invoke "after")
(assert_exhaustion (invoke "deep") "call stack exhausted")
(invoke "differs")

;; Otherwise what they can reach is unknown, also through an instance that comes later and has a function of it, no more.
(module $A
  (global $seen (mut i32) (i32.const 0))
  (func $down (export "down") (global.set $seen (i32.const {{1|2}})) (call $down))
  (func (export "seen") (result i32) (global.get $seen)))
(register "A" $A)
(assert_exhaustion (invoke $A "down") "call stack exhausted")
(module $B (import "A" "seen" (func $seen (result i32))) (func (export "f") (result i32) (call $seen)))
(invoke $B "f")
