;; Excused NaNs, and the consequences of NaNs that are not. The constants stand for two backends that make NaNs
;; with other bits; it matters only that a module has operators which make NaNs.

(module
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "v128") (param v128) (result v128) (local.get 0)))
;; The type of a result proves a float.
(assert_return (invoke "f32" (f32.const {{nan:0x400001|-nan:0x400002}})) (f32.const nan:arithmetic))
(assert_return (invoke "f64" (f64.const {{nan|-nan}})) (f64.const nan:canonical))
(invoke "f32" (f32.const {{nan|-nan}}))
;; So does an expectation that declares a lane to be one.
(assert_return (invoke "v128" (v128.const f32x4 {{nan|-nan}} 1 2 3)) (v128.const f32x4 nan:canonical 1 2 3))
(assert_return (invoke "v128" (v128.const f64x2 0 {{nan|-nan}})) (v128.const f64x2 0 nan:arithmetic))
(assert_return (invoke "v128" (v128.const f64x2 0 {{nan|-nan}}))
  (either (v128.const i32x4 1 2 3 4) (v128.const f64x2 0 nan:canonical)))
;; Without one, a vector holds bits.
(invoke "v128" (v128.const f32x4 {{nan|-nan}} 1 2 3))
;; A NaN and a number differ.
(invoke "f32" (f32.const {{nan|1}}))

;; Fields, elements, payloads, globals and arguments of the host have types, too.
(module
  (type $s (struct (field f32)))
  (type $a (array f64))
  (import "spectest" "print_f64" (func $print (param f64)))
  (tag $e (param f32))
  (global $f (mut f32) (f32.const 0))
  (global $s (mut (ref null $s)) (ref.null $s))
  (global $a (mut (ref null $a)) (ref.null $a))
  (func (export "global") (global.set $f (f32.const {{nan|-nan}})))
  (func (export "field") (global.set $s (struct.new $s (f32.const {{nan|-nan}}))))
  (func (export "element") (global.set $a (array.new_fixed $a 1 (f64.const {{nan|-nan}}))))
  (func (export "payload") (throw $e (f32.const {{nan|-nan}})))
  (func (export "host") (call $print (f64.const {{nan|-nan}}))))
(invoke "host")
(assert_exception (invoke "payload"))
(invoke "global")
(invoke "field")
(invoke "element")
