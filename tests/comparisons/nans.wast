;; Excused NaNs, and the consequences of NaNs that are not. Two backends stand behind them that make NaNs with other bits:
;; each adds something to its own.

(module
  (func (export "f32") (param f32) (result f32) (f32.add (local.get 0) (f32.const 0)))
  (func (export "f64") (param f64) (result f64) (f64.add (local.get 0) (f64.const 0)))
  (func (export "f32x4") (param v128) (result v128) (f32x4.add (local.get 0) (v128.const f32x4 0 0 0 0)))
  (func (export "f64x2") (param v128) (result v128) (f64x2.add (local.get 0) (v128.const f64x2 0 0))))
;; The type of a result proves a float.
(assert_return (invoke "f32" (f32.const {{nan:0x400001|-nan:0x400002}})) (f32.const nan:arithmetic))
(assert_return (invoke "f64" (f64.const {{nan|-nan}})) (f64.const nan:canonical))
(invoke "f32" (f32.const {{nan|-nan}}))
;; So does an expectation that declares a lane to be one.
(assert_return (invoke "f32x4" (v128.const f32x4 {{nan|-nan}} 1 2 3)) (v128.const f32x4 nan:canonical 1 2 3))
(assert_return (invoke "f64x2" (v128.const f64x2 0 {{nan|-nan}})) (v128.const f64x2 0 nan:arithmetic))
(assert_return (invoke "f64x2" (v128.const f64x2 0 {{nan|-nan}}))
  (either (v128.const i32x4 1 2 3 4) (v128.const f64x2 0 nan:canonical)))

;; Fields, elements, payloads, globals and arguments of the host have types, too.
(module
  (type $s (struct (field f32)))
  (type $a (array f64))
  (import "spectest" "print_f64" (func $print (param f64)))
  (tag $e (param f32))
  (global $f (mut f32) (f32.const 0))
  (global $s (mut (ref null $s)) (ref.null $s))
  (global $a (mut (ref null $a)) (ref.null $a))
  (func $f32 (result f32) (f32.add (f32.const {{nan|-nan}}) (f32.const 0)))
  (func $f64 (result f64) (f64.add (f64.const {{nan|-nan}}) (f64.const 0)))
  (func (export "global") (global.set $f (call $f32)))
  (func (export "field") (global.set $s (struct.new $s (call $f32))))
  (func (export "element") (global.set $a (array.new_fixed $a 1 (call $f64))))
  (func (export "payload") (throw $e (call $f32)))
  (func (export "host") (call $print (call $f64))))
(invoke "host")
(assert_exception (invoke "payload"))
(invoke "global")
(invoke "field")
(invoke "element")

;; Bits that no operator makes are not excused, whatever their type.
(module
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "v128") (param v128) (result v128) (local.get 0)))
(invoke "f32" (f32.const {{nan|nan:0x200000}}))
(assert_return (invoke "f32" (f32.const {{nan|-nan}})) (f32.const nan:canonical))
;; Without an expectation, a vector holds bits.
(invoke "v128" (v128.const f32x4 {{nan|-nan}} 1 2 3))
;; A NaN and a number differ.
(invoke "f32" (f32.const {{nan|1}}))
