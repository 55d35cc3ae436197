;;! simd = true
;;! relaxed-simd = true
;; Relaxed products with a sum, of numbers with exact results: fused or not, and whatever the NaN, the result is unique.

(module
  (func (export "f32x4.madd") (param v128 v128 v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f32x4.nmadd") (param v128 v128 v128) (result v128)
    (f32x4.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f64x2.madd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f64x2.nmadd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
  ;; The sum is a product too, and operands are swapped.
  (func (export "difference of products") (param v128 v128) (result v128)
    (f32x4.relaxed_nmadd (local.get 1) (local.get 0) (f32x4.mul (local.get 0) (local.get 0)))))

(assert_return (invoke "f32x4.madd" (v128.const f32x4 1 2 3 -4) (v128.const f32x4 5 6 -7 8) (v128.const f32x4 9 -10 11 12))
  (v128.const f32x4 14 2 -10 -20))
(assert_return (invoke "f32x4.nmadd" (v128.const f32x4 1 2 3 -4) (v128.const f32x4 5 6 -7 8) (v128.const f32x4 9 -10 11 12))
  (v128.const f32x4 4 -22 32 44))
(assert_return (invoke "f64x2.madd" (v128.const f64x2 1.5 -2) (v128.const f64x2 4 0.25) (v128.const f64x2 -6.5 1))
  (v128.const f64x2 -0.5 0.5))
(assert_return (invoke "f64x2.nmadd" (v128.const f64x2 1.5 -2) (v128.const f64x2 4 0.25) (v128.const f64x2 -6.5 1))
  (v128.const f64x2 -12.5 1.5))
(assert_return (invoke "difference of products" (v128.const f32x4 1 2 3 4) (v128.const f32x4 5 6 7 8))
  (v128.const f32x4 -4 -8 -12 -16))
