;;! relaxed_simd_deterministic = true
;; Relaxed dot products at the one sum that is too large for its lane: twice -128 squared, 32,768. It wraps. Operands
;; are parameters, constants, and loads.

(module
  (memory 1)
  (data (i32.const 16) "\80\80\80\80\80\80\80\80\80\80\80\80\80\80\80\80")
  (func (export "dot") (param v128 v128) (result v128)
    (i16x8.relaxed_dot_i8x16_i7x16_s (local.get 0) (local.get 1)))
  (func (export "add") (param v128 v128 v128) (result v128)
    (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get 0) (local.get 1) (local.get 2)))
  (func (export "constants") (result v128)
    (i16x8.relaxed_dot_i8x16_i7x16_s
      (v128.const i8x16 -128 -128 -128 -128 127 127 127 127 -128 -128 -128 127 0 0 1 -1)
      (v128.const i8x16 -128 -128 -127 -128 -128 -128 127 127 -128 127 127 127 -128 -128 -1 -1)))
  (func (export "memory") (result v128)
    (i16x8.relaxed_dot_i8x16_i7x16_s (v128.load (i32.const 16)) (v128.load (i32.const 16))))
  (func (export "memory with one side") (param v128) (result v128)
    (i32x4.relaxed_dot_i8x16_i7x16_add_s (v128.load (i32.const 16)) (local.get 0) (v128.load (i32.const 0))))
)
(assert_return (invoke "dot" (v128.const i64x2 0x8080808080808080 0x8080808080808080) (v128.const i64x2 0x8080808080808080 0x8080808080808080))
  (v128.const i16x8 -32768 -32768 -32768 -32768 -32768 -32768 -32768 -32768))
(assert_return (invoke "dot"
    (v128.const i8x16 -128 -128 -128 -128 127 127 127 127 -128 -128 -128 127 0 0 1 -1)
    (v128.const i8x16 -128 -128 -127 -128 -128 -128 127 127 -128 127 127 127 -128 -128 -1 -1))
  (v128.const i16x8 -32768 32640 -32512 32258 128 -127 0 0))
(assert_return (invoke "constants") (v128.const i16x8 -32768 32640 -32512 32258 128 -127 0 0))
(assert_return (invoke "memory") (v128.const i16x8 -32768 -32768 -32768 -32768 -32768 -32768 -32768 -32768))
;; Pairs of such sums are added as 32-bit numbers.
(assert_return (invoke "add"
    (v128.const i8x16 -128 -128 -128 -128 -128 -128 0 0 127 127 127 127 -128 -128 -128 -127)
    (v128.const i8x16 -128 -128 -128 -128 -128 -128 0 0 127 127 127 127 -128 -128 -128 -128)
    (v128.const i32x4 0 1 2 -3))
  (v128.const i32x4 -65536 -32767 64518 -131))
(assert_return (invoke "memory with one side" (v128.const i64x2 0x8080808080808080 0x7f7f7f7f7f7f7f7f))
  (v128.const i32x4 -65536 -65536 -65024 -65024))
