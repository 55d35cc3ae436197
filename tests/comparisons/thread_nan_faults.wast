;;! threads = true
;; What is no choice of NaNs in a thread, as without threads.

(module)
(thread $T
  (module
    (import "spectest" "print_i32" (func $print (param i32)))
    (global $g (mut i32) (i32.const 0))
    ;; 1, and under the canonical profile 0.
    (func $native (param f32) (result i32)
      (i32.ne (i32.const 0x7fc00000) (i32.reinterpret_f32 (f32.add (local.get 0) (f32.const nan:0x600001)))))
    (func (export "result") (param f32) (result i32)
      (i32.add (i32.const 1) {{(i32.const 0)|(call $native (local.get 0))}}))
    (func (export "call") (param f32)
      (call $print (i32.add (i32.const 1) {{(i32.const 0)|(call $native (local.get 0))}})))
    (func (export "global") (param f32)
      (global.set $g (i32.add (i32.const 1) {{(i32.const 0)|(call $native (local.get 0))}})))
    (func (export "lowest bit of a NaN") (param f32) (result i32)
      (i32.and (i32.const 1) (i32.reinterpret_f32
        (f32.add (local.get 0) (f32.const {{nan:0x600001|nan:0x700002}}))))))
  (invoke "result" (f32.const 1))
  (invoke "call" (f32.const 1))
  (invoke "global" (f32.const 1))
  (invoke "lowest bit of a NaN" (f32.const 1)))
(wait $T)
