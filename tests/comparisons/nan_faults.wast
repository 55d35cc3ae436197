;; A side may do wrong what it does right under the canonical profile, since other code is executed there. That is no choice of
;; NaNs: a choice is the bits of a NaN, or changes what the left side does.

(module $excused
  (func (export "f32") (param f32) (result f32) (f32.add (local.get 0) (f32.const {{nan:0x600001|nan:0x700002}}))))
(module $integers
  (func (export "without floats") (param f32) (result i32)
    {{(i32.const 1)|(i32.add (i32.const 1) (i32.ne (i32.const 0x7fc00000)
      (i32.reinterpret_f32 (f32.add (local.get 0) (f32.const nan:0x600001)))))}}))
(module $wrong
  (import "spectest" "print_i32" (func $print (param i32)))
  ;; 1, and under the canonical profile 0.
  (func $native (param f32) (result i32)
    (i32.ne (i32.const 0x7fc00000) (i32.reinterpret_f32 (f32.add (local.get 0) (f32.const nan:0x600001)))))
  (func (export "result") (param f32) (result i32)
    (i32.add (i32.const 1) {{(i32.const 0)|(call $native (local.get 0))}}))
  (func (export "end") (param f32)
    (if {{(i32.const 0)|(call $native (local.get 0))}} (then (unreachable))))
  (func (export "call") (param f32)
    (call $print (i32.add (i32.const 1) {{(i32.const 0)|(call $native (local.get 0))}}))))
(module $memory
  (memory 1)
  (func $native (param f32) (result i32)
    (i32.ne (i32.const 0x7fc00000) (i32.reinterpret_f32 (f32.add (local.get 0) (f32.const nan:0x600001)))))
  (func (export "memory") (param f32)
    ;; The first is a choice, the second is not.
    (f32.store (i32.const 0) (f32.add (local.get 0) (f32.const {{nan:0x600001|nan:0x700002}})))
    (f64.store (i32.const 8)
      (f64.add (f64.const 1.5) (f64.convert_i32_u {{(i32.const 0)|(call $native (local.get 0))}})))))
(module $global
  (global $g (mut i32) (i32.const 0))
  (func $native (param f32) (result i32)
    (i32.ne (i32.const 0x7fc00000) (i32.reinterpret_f32 (f32.add (local.get 0) (f32.const nan:0x600001)))))
  (func (export "global") (param f32)
    (global.set $g (i32.add (i32.const 1) {{(i32.const 0)|(call $native (local.get 0))}}))))
(module $kept
  (memory 1)
  (func (export "keep") (param f32)
    (f32.store (i32.const 0) (f32.add (local.get 0) (f32.const {{nan|nan:0x600001}}))))
  (func (export "lowest bit") (result i32) (i32.and (i32.const 1) (i32.load (i32.const 0)))))
(module $chosen
  (func (export "lowest bit of a NaN") (param f32) (result i32)
    (i32.and (i32.const 1) (i32.reinterpret_f32
      (f32.add (local.get 0) (f32.const {{nan:0x600001|nan:0x700002}}))))))

;; From here on there is a run under the canonical profile.
(invoke $excused "f32" (f32.const 1))
(invoke $integers "without floats" (f32.const 1))
(invoke $wrong "result" (f32.const 1))
{{(assert_return|(assert_trap}} (invoke $wrong "end" (f32.const 1)) {{|"unreachable"}})
(invoke $wrong "call" (f32.const 1))
(invoke $memory "memory" (f32.const 1))
(invoke $global "global" (f32.const 1))
;; What was chosen is in the memory, and the left side chose the canonical NaN.
(invoke $kept "keep" (f32.const 1))
(invoke $kept "lowest bit")
(invoke $chosen "lowest bit of a NaN" (f32.const 1))
;; Elsewhere, nothing is excused by that.
(invoke $wrong "result" (f32.const 1))
