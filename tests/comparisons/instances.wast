;; The linked items of instances.

(module $a (func (export "f") (result i32) (i32.const 1)) (global (export "g") (mut i32) (i32.const 1))
  (memory (export "m") 1) (table (export "t") 1 funcref) (tag (export "e")))
(register "a")
(module $b (func (export "f") (result i32) (i32.const 1)) (global (export "g") (mut i32) (i32.const 1))
  (memory (export "m") 1) (table (export "t") 1 funcref) (tag (export "e")))
(register "b")
(module (import "{{a|b}}" "f" (func (result i32))))
(module (import "{{a|b}}" "g" (global (mut i32))))
(module (import "{{a|b}}" "m" (memory 1)))
(module (import "{{a|b}}" "t" (table 1 funcref)))
(module (import "{{a|b}}" "e" (tag)))
(module (import "spectest" "print{{|_i32}}" (func {{|(param i32)}})))
