;;! threads = true
;; NaNs in threads: what is excused, and what a run under the canonical profile finds out, as without threads.

(module)
(thread $results
  (module
    (memory 1)
    (func $nan (param f32) (result f32) (f32.add (local.get 0) (f32.const {{nan:0x600001|nan:0x700002}})))
    (func (export "f32") (param f32) (result f32) (call $nan (local.get 0)))
    (func (export "lanes") (param v128) (result v128) (f32x4.add (local.get 0) (v128.const f32x4 0 0 0 0)))
    (func (export "bits") (param f32) (result i32) (i32.reinterpret_f32 (call $nan (local.get 0))))
    (func (export "not by NaNs") (result i32) (i32.const {{1|2}}))
    (func (export "all alike") (result i32) (i32.const 1)))
  (invoke "f32" (f32.const 1))
  (assert_return (invoke "lanes" (v128.const f32x4 {{nan|-nan}} 1 2 3)) (v128.const f32x4 nan:canonical 1 2 3))
  (invoke "bits" (f32.const 1))
  (invoke "not by NaNs")
  (assert_return (invoke "all alike") (i32.const 1)))
(wait $results)
(thread $state
  (module
    (global $g (mut i32) (i32.const 0))
    (func (export "set") (param f32)
      (global.set $g (i32.reinterpret_f32 (f32.add (local.get 0) (f32.const {{nan:0x600001|nan:0x700002}}))))))
  (invoke "set" (f32.const 1)))
(wait $state)
