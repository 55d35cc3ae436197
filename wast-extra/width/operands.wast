;; Operations whose operands are computed: extended, shifted, rotated, negated, multiplied, masked. Some CPUs combine the two.

(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f")

  ;; Selections of 64 bits, of a value and another one that is computed.
  (func (export "select64") (param i64 i64 i32) (result i64)
    (select (local.get 0) (local.get 1) (i32.lt_s (local.get 2) (i32.const 7))))
  (func (export "select_increment") (param i64 i32 i32) (result i64)
    (select (local.get 0) (i64.extend_i32_u (i32.add (local.get 1) (i32.const 1))) (local.get 2)))
  (func (export "select_increment64") (param i64 i64 i32) (result i64)
    (select (local.get 0) (i64.add (local.get 1) (i64.const 1)) (local.get 2)))

  ;; Counts of shifts from 32 on.
  (func (export "shl") (param i32 i32) (result i32) (i32.shl (local.get 0) (local.get 1)))
  (func (export "shr_u") (param i32 i32) (result i32) (i32.shr_u (local.get 0) (local.get 1)))
  (func (export "shr_s") (param i32 i32) (result i32) (i32.shr_s (local.get 0) (local.get 1)))

  ;; Fields of bits that fit into the word, and that do not.
  (func (export "mask_12_up_16") (param i32) (result i32)
    (i32.shl (i32.and (local.get 0) (i32.const 0xfff)) (i32.const 16)))
  (func (export "mask_20_up_16") (param i32) (result i32)
    (i32.shl (i32.and (local.get 0) (i32.const 0xfffff)) (i32.const 16)))
  (func (export "mask_40_up_32") (param i64) (result i64)
    (i64.shl (i64.and (local.get 0) (i64.const 0xffffffffff)) (i64.const 32)))

  ;; Comparisons with the opposite of a value.
  (func (export "lt_u_opposite") (param i32 i32) (result i32)
    (i32.lt_u (local.get 0) (i32.sub (i32.const 0) (local.get 1))))
  (func (export "gt_s_opposite") (param i64 i64) (result i32)
    (i64.gt_s (local.get 0) (i64.sub (i64.const 0) (local.get 1))))

  ;; Constants of more than 12 bits.
  (func (export "add_large") (param i32) (result i32) (i32.add (local.get 0) (i32.const 0x1234)))
  (func (export "sub_large") (param i32) (result i32) (i32.sub (local.get 0) (i32.const 0x8001)))
  (func (export "less_large") (param i32) (result i32) (i32.lt_u (local.get 0) (i32.const 0x1001)))
  (func (export "minus_one") (param i64) (result i64) (i64.rotl (i64.const -1) (local.get 0)))

  ;; Sums with an extended term.
  (func (export "add_extended") (param i64 i32) (result i64) (i64.add (local.get 0) (i64.extend_i32_s (local.get 1))))
  (func (export "add_scaled") (param i64 i32) (result i64)
    (i64.add (local.get 0) (i64.shl (i64.extend_i32_s (local.get 1)) (i64.const 3))))

  ;; Rotations, and logical operations with a rotated operand.
  (func (export "rotl") (param i64) (result i64) (i64.rotl (local.get 0) (i64.const 32)))
  (func (export "and_rotated") (param i64 i64) (result i64)
    (i64.and (local.get 0) (i64.rotr (local.get 1) (i64.const 40))))
  (func (export "or_rotated") (param i64 i64) (result i64)
    (i64.or (local.get 0) (i64.rotr (local.get 1) (i64.const 32))))

  ;; Products that are taken away.
  (func (export "multiply_subtract") (param i32 i32 i32) (result i32)
    (i32.sub (local.get 0) (i32.mul (local.get 1) (local.get 2))))
  (func (export "multiply_subtract64") (param i64 i64 i64) (result i64)
    (i64.sub (local.get 0) (i64.mul (local.get 1) (local.get 2))))

  ;; Tests of bits.
  (func (export "bit63") (param i64) (result i32)
    (if (result i32) (i64.lt_s (local.get 0) (i64.const 0)) (then (i32.const 1)) (else (i32.const 2))))
  (func (export "bit40") (param i64) (result i32)
    (if (result i32) (i64.eqz (i64.and (local.get 0) (i64.const 0x10000000000))) (then (i32.const 1)) (else (i32.const 2))))
  (func (export "mask8") (param i32) (result i32)
    (if (result i32) (i32.and (local.get 0) (i32.const 0xff)) (then (i32.const 1)) (else (i32.const 2))))

  ;; Constants that are stored, with what lies behind them.
  (func (export "store16") (result i64)
    (i64.store (i32.const 32) (i64.const 0x1122334455667788)) (i32.store16 (i32.const 32) (i32.const 0x6162))
    (i64.load (i32.const 32)))
  (func (export "store16_zero") (result i64)
    (i64.store (i32.const 40) (i64.const 0x1122334455667788)) (i64.store16 (i32.const 40) (i64.const 0))
    (i64.load (i32.const 40)))

  ;; A vector at an offset that is not a multiple of its size.
  (func (export "vector_at_263") (result i64)
    (i64.store (i32.const 256) (i64.const 0x0706050403020100)) (i64.store (i32.const 264) (i64.const 0x0f0e0d0c0b0a0908))
    (i64x2.extract_lane 0 (v128.load offset=257 (i32.const 6))))
  (func (export "vector_at") (param i32) (result i64) (i64x2.extract_lane 0 (v128.load offset=257 (local.get 0))))
)
(assert_return (invoke "select64" (i64.const 0x1234567800000001) (i64.const 0x7654321000000002) (i32.const 6)) (i64.const 0x1234567800000001))
(assert_return (invoke "select64" (i64.const 0x1234567800000001) (i64.const 0x7654321000000002) (i32.const 7)) (i64.const 0x7654321000000002))
(assert_return (invoke "select_increment" (i64.const 5) (i32.const -1) (i32.const 0)) (i64.const 0))
(assert_return (invoke "select_increment" (i64.const 5) (i32.const -1) (i32.const 1)) (i64.const 5))
(assert_return (invoke "select_increment64" (i64.const 5) (i64.const 0xffffffff) (i32.const 0)) (i64.const 0x100000000))
(assert_return (invoke "shl" (i32.const 3) (i32.const 33)) (i32.const 6))
(assert_return (invoke "shr_u" (i32.const 0x80000000) (i32.const 35)) (i32.const 0x10000000))
(assert_return (invoke "shr_s" (i32.const 0x80000000) (i32.const 35)) (i32.const 0xf0000000))
(assert_return (invoke "mask_12_up_16" (i32.const 0x12345678)) (i32.const 0x06780000))
(assert_return (invoke "mask_20_up_16" (i32.const 0x12345678)) (i32.const 0x56780000))
(assert_return (invoke "mask_40_up_32" (i64.const 0x123456789abcdef0)) (i64.const 0x9abcdef000000000))
(assert_return (invoke "lt_u_opposite" (i32.const 5) (i32.const 0)) (i32.const 0))
(assert_return (invoke "lt_u_opposite" (i32.const 5) (i32.const 1)) (i32.const 1))
(assert_return (invoke "gt_s_opposite" (i64.const 0) (i64.const 0x8000000000000000)) (i32.const 1))
(assert_return (invoke "gt_s_opposite" (i64.const -7) (i64.const 6)) (i32.const 0))
(assert_return (invoke "add_large" (i32.const 1)) (i32.const 0x1235))
(assert_return (invoke "sub_large" (i32.const 0)) (i32.const 0xffff7fff))
(assert_return (invoke "less_large" (i32.const 0x1000)) (i32.const 1))
(assert_return (invoke "minus_one" (i64.const 9)) (i64.const -1))
(assert_return (invoke "add_extended" (i64.const 1) (i32.const -2)) (i64.const -1))
(assert_return (invoke "add_scaled" (i64.const 1) (i32.const -2)) (i64.const -15))
(assert_return (invoke "rotl" (i64.const 0x0123456789abcdef)) (i64.const 0x89abcdef01234567))
(assert_return (invoke "and_rotated" (i64.const -1) (i64.const 0x0123456789abcdef)) (i64.const 0x6789abcdef012345))
(assert_return (invoke "or_rotated" (i64.const 0) (i64.const 0x0123456789abcdef)) (i64.const 0x89abcdef01234567))
(assert_return (invoke "multiply_subtract" (i32.const 100) (i32.const 3) (i32.const 7)) (i32.const 79))
(assert_return (invoke "multiply_subtract64" (i64.const 100) (i64.const 3) (i64.const 7)) (i64.const 79))
(assert_return (invoke "bit63" (i64.const 0x8000000000000000)) (i32.const 1))
(assert_return (invoke "bit63" (i64.const 0x80000000)) (i32.const 2))
(assert_return (invoke "bit40" (i64.const 0x10000000000)) (i32.const 2))
(assert_return (invoke "bit40" (i64.const 0x100)) (i32.const 1))
(assert_return (invoke "mask8" (i32.const 0x100)) (i32.const 2))
(assert_return (invoke "mask8" (i32.const 0x101)) (i32.const 1))
(assert_return (invoke "store16") (i64.const 0x1122334455666162))
(assert_return (invoke "store16_zero") (i64.const 0x1122334455660000))
(assert_return (invoke "vector_at_263") (i64.const 0x0e0d0c0b0a090807))
(assert_return (invoke "vector_at" (i32.const 4)) (i64.const 0x0c0b0a0908070605))

;; An index whose highest bit is set is not a negative number.
(module
  (memory 32769)
  (func (export "far") (result i32)
    (i32.store (i32.const 0x80000000) (i32.const 77)) (i32.load offset=4 (i32.const 0x7ffffffc)))
)
(assert_return (invoke "far") (i32.const 77))

;; Parameters on the stack, of 32 and of 64 bits.
(module
  (func $narrow (param i64 i64 i64 i64 i64 i64 i64 i32 i32 i32) (result i32)
    (i32.sub (local.get 7) (i32.sub (local.get 8) (local.get 9))))
  (func $wide (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
    (i64.sub (local.get 7) (i64.sub (local.get 8) (local.get 9))))
  (func (export "narrow") (param i32) (result i32)
    (call $narrow (i64.const 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
      (local.get 0) (i32.const 20) (i32.const 3)))
  (func (export "wide") (param i64) (result i64)
    (call $wide (i64.const 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
      (local.get 0) (i64.const 0x2000000000) (i64.const 3)))
)
(assert_return (invoke "narrow" (i32.const 100)) (i32.const 83))
(assert_return (invoke "wide" (i64.const 0x7000000000)) (i64.const 0x5000000003))

;; Lanes: shifts by their width, narrowing, comparisons.
(module
  (func (export "shift8") (param v128) (result v128) (i8x16.shr_u (local.get 0) (i32.const 8)))
  (func (export "shift16") (param v128) (result v128) (i16x8.shr_u (local.get 0) (i32.const 48)))
  (func (export "narrow_u") (param v128 v128) (result v128) (i8x16.narrow_i16x8_u (local.get 0) (local.get 1)))
  (func (export "narrow_s") (param v128 v128) (result v128) (i16x8.narrow_i32x4_s (local.get 0) (local.get 1)))
  (func (export "lt") (param v128 v128) (result v128) (f32x4.lt (local.get 0) (local.get 1)))
  (func (export "less") (param f64 f64) (result i32)
    (if (result i32) (f64.lt (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2))))
)
(assert_return (invoke "shift8" (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16))
  (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16))
(assert_return (invoke "shift16" (v128.const i16x8 1 2 3 4 5 6 7 0x8000)) (v128.const i16x8 1 2 3 4 5 6 7 0x8000))
(assert_return (invoke "narrow_u" (v128.const i16x8 -1 1 2 300 -300 5 6 7) (v128.const i16x8 -1 1 2 300 -300 5 6 7))
  (v128.const i8x16 0 1 2 255 0 5 6 7 0 1 2 255 0 5 6 7))
(assert_return (invoke "narrow_s" (v128.const i32x4 40000 -40000 3 -4) (v128.const i32x4 40000 -40000 3 -4))
  (v128.const i16x8 32767 -32768 3 -4 32767 -32768 3 -4))
(assert_return (invoke "lt" (v128.const f32x4 1 2 3 -3) (v128.const f32x4 2 2 1 3)) (v128.const i32x4 -1 0 0 -1))
(assert_return (invoke "less" (f64.const nan) (f64.const 1)) (i32.const 2))
(assert_return (invoke "less" (f64.const 0) (f64.const 1)) (i32.const 1))
