;; Results of each type, their number, and their static types.

(module
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "v128") (param v128) (result v128) (local.get 0))
  (func (export "two") (param i32 i32) (result i32 i32) (local.get 0) (local.get 1)))
(assert_return (invoke "i32" (i32.const {{1|2}})) (i32.const {{1|2}}))
(assert_return (invoke "i64" (i64.const {{1|4294967297}})) (i64.const {{1|4294967297}}))
(assert_return (invoke "f32" (f32.const {{1|-1}})) (f32.const {{1|-1}}))
(assert_return (invoke "f64" (f64.const {{1|1.0000000000000002}})) (f64.const {{1|1.0000000000000002}}))
(assert_return (invoke "v128" (v128.const i32x4 0 0 0 {{1|-1}})) (v128.const i32x4 0 0 0 {{1|-1}}))

;; Bits at the ends and in the middle.
(assert_return (invoke "i32" (i32.const {{0|0x80000000}})) (i32.const {{0|0x80000000}}))
(assert_return (invoke "i32" (i32.const {{0|0x10000}})) (i32.const {{0|0x10000}}))
(assert_return (invoke "i64" (i64.const {{0|0x8000000000000000}})) (i64.const {{0|0x8000000000000000}}))
(assert_return (invoke "i64" (i64.const {{0|0x100000000}})) (i64.const {{0|0x100000000}}))
(assert_return (invoke "f32" (f32.const {{0|-0}})) (f32.const {{0|-0}}))
(assert_return (invoke "f32" (f32.const {{inf|nan}})) (f32.const {{inf|nan}}))
(assert_return (invoke "f32" (f32.const {{nan|0}})) (f32.const {{nan|0}}))
(assert_return (invoke "f64" (f64.const {{0|-0}})) (f64.const {{0|-0}}))
(assert_return (invoke "f64" (f64.const {{inf|nan}})) (f64.const {{inf|nan}}))
(assert_return (invoke "f64" (f64.const {{nan|0}})) (f64.const {{nan|0}}))

;; Each lane of a vector.
(assert_return (invoke "v128" (v128.const i8x16 {{1|-1}} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)) (v128.const i8x16 {{1|-1}} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 {{1|-1}} 0 0 0 0 0 0 0 0 0 0 0 0 0 0)) (v128.const i8x16 0 {{1|-1}} 0 0 0 0 0 0 0 0 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 {{1|-1}} 0 0 0 0 0 0 0 0 0 0 0 0 0)) (v128.const i8x16 0 0 {{1|-1}} 0 0 0 0 0 0 0 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 {{1|-1}} 0 0 0 0 0 0 0 0 0 0 0 0)) (v128.const i8x16 0 0 0 {{1|-1}} 0 0 0 0 0 0 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 {{1|-1}} 0 0 0 0 0 0 0 0 0 0 0)) (v128.const i8x16 0 0 0 0 {{1|-1}} 0 0 0 0 0 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 {{1|-1}} 0 0 0 0 0 0 0 0 0 0)) (v128.const i8x16 0 0 0 0 0 {{1|-1}} 0 0 0 0 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 0 {{1|-1}} 0 0 0 0 0 0 0 0 0)) (v128.const i8x16 0 0 0 0 0 0 {{1|-1}} 0 0 0 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 0 0 {{1|-1}} 0 0 0 0 0 0 0 0)) (v128.const i8x16 0 0 0 0 0 0 0 {{1|-1}} 0 0 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 0 0 0 {{1|-1}} 0 0 0 0 0 0 0)) (v128.const i8x16 0 0 0 0 0 0 0 0 {{1|-1}} 0 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 0 0 0 0 {{1|-1}} 0 0 0 0 0 0)) (v128.const i8x16 0 0 0 0 0 0 0 0 0 {{1|-1}} 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 {{1|-1}} 0 0 0 0 0)) (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 {{1|-1}} 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 {{1|-1}} 0 0 0 0)) (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 {{1|-1}} 0 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 {{1|-1}} 0 0 0)) (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 {{1|-1}} 0 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 {{1|-1}} 0 0)) (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 {{1|-1}} 0 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 {{1|-1}} 0)) (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 {{1|-1}} 0))
(assert_return (invoke "v128" (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 {{1|-1}})) (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 {{1|-1}}))

;; Lanes that look like NaNs but are not: integers, the masks of comparisons.
(assert_return (invoke "v128" (v128.const i32x4 {{-1|-2}} 0 0 0)) (v128.const i32x4 {{-1|-2}} 0 0 0))
(assert_return (invoke "v128" (v128.const i64x2 0 {{-1|-4000000000000000}})) (v128.const i64x2 0 {{-1|-4000000000000000}}))
(assert_return (invoke "v128" (v128.const i8x16 0 0 {{0x80|0x81}} 0xff 0 0 0 0 0 0 0 0 0 0 0 0)) (v128.const i8x16 0 0 {{0x80|0x81}} 0xff 0 0 0 0 0 0 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i16x8 {{-1|-3}} -1 0 0 0 0 0 0)) (v128.const i16x8 {{-1|-3}} -1 0 0 0 0 0 0))
(assert_return (invoke "v128" (v128.const i32x4 0 0 0 {{0x7fc00000|0xffc00000}})) (v128.const i32x4 0 0 0 {{0x7fc00000|0xffc00000}}))

;; A NaN that is expected by its bits, and one whose neighbour differs.
(assert_return (invoke "v128" (v128.const f32x4 {{nan|-nan}} 0 0 0)) (v128.const f32x4 {{nan|-nan}} 0 0 0))
(assert_return (invoke "v128" (v128.const f32x4 nan {{1|2}} nan 0)) (v128.const f32x4 nan:canonical {{1|2}} nan:canonical 0))
(assert_return (invoke "v128" (v128.const f64x2 {{1|2}} nan)) (v128.const f64x2 {{1|2}} nan:arithmetic))

;; The second of two.
(assert_return (invoke "two" (i32.const 1) (i32.const {{2|3}})) (i32.const 1) (i32.const {{2|3}}))
;; Their number and types.
(module (func (export "some") (result i32 {{|i32}}) (i32.const 0) {{|(i32.const 0)}}))
(assert_return (invoke "some") (i32.const 0) {{|(i32.const 0)}})
(module (func (export "one") (result {{i32|i64}}) ({{i32|i64}}.const 0)))
(assert_return (invoke "one") ({{i32|i64}}.const 0))
;; Nulls have a type, too.
(module (func (export "null") (result {{funcref|externref}}) (ref.null {{func|extern}})))
(assert_return (invoke "null") (ref.null {{func|extern}}))
(module (global (export "constant") i32 (i32.const {{1|2}})))
(get "constant")
