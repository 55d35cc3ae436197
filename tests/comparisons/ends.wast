;; The ends of directives.

(module
  (tag $a (export "a") (param i32))
  (tag $b (export "b") (param i32))
  (table 10 funcref)
  (type $none (func))
  (func (export "returns or traps") (if (i32.const {{0|1}}) (then (unreachable))))
  (func (export "traps") {{(unreachable)|(drop (i32.div_u (i32.const 1) (i32.const 0)))}})
  (func (export "element") (call_indirect (type $none) (i32.const {{7|8}})))
  (func (export "throws") (throw ${{a|b}} (i32.const 1)))
  (func (export "throws or traps") {{(throw $a (i32.const 1))|(unreachable)}}))
{{(assert_return|(assert_trap}} (invoke "returns or traps") {{|"unreachable"}})
(assert_trap (invoke "traps") "{{unreachable|integer divide by zero}}")
(assert_trap (invoke "element") "uninitialized element {{7|8}}")
(assert_exception (invoke "throws"))
{{(assert_exception|(assert_trap}} (invoke "throws or traps") {{|"unreachable"}})

;; Modules.
{{(module)|(assert_invalid (module (func (drop))) "type mismatch")}}
{{(module)|(assert_malformed (module binary "\00asm") "unexpected end")}}
{{(assert_invalid (module (func (drop))) "type mismatch")|(assert_malformed (module binary "\00asm") "unexpected end")}}
(assert_invalid (module (func (result i32) {{(i64.const 0)|}})) "type mismatch")
{{(module)|(assert_unlinkable (module (import "spectest" "nothing" (func))) "unknown import")}}
(assert_unlinkable (module (import "spectest" "{{a|b}}" (func))) "unknown import")
{{(module)|(assert_trap (module (func $f (unreachable)) (start $f)) "unreachable")}}

;; The depth of a stack depends on the backend: differences caused by it are left out, and reported.
(module
  (func $deep (if (i32.const {{0|1}}) (then (call $deep))))
  (func (export "deep") (call $deep)))
{{(assert_return|(assert_exhaustion}} (invoke "deep") {{|"call stack exhausted"}})
;; Both may exhaust their stacks, in different states; unrelated state is compared as before.
(module $apart (func (export "apart") (param i32) (result i32) (local.get 0)))
(module
  (global $g (mut i32) (i32.const 0))
  (func $deep (export "deep in another state") (global.set $g (i32.const {{1|2}})) (call $deep)))
(assert_exhaustion (invoke "deep in another state") "call stack exhausted")
(assert_return (invoke $apart "apart" (i32.const {{1|2}})) (i32.const {{1|2}}))
