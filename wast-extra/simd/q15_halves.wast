;; Fixed-point products around the midpoint of two results, which is rounded up.
(module
  (func (export "param") (param v128 v128) (result v128) (i16x8.q15mulr_sat_s (local.get 0) (local.get 1)))
  (func (export "const") (param v128) (result v128)
    (i16x8.q15mulr_sat_s (local.get 0) (v128.const i16x8 0x3fff 0x4000 0x4000 0x4001 129 128 129 0x1555)))
  (func (export "folded") (result v128)
    (i16x8.q15mulr_sat_s
      (v128.const i16x8 1 1 -1 -1 127 128 -127 3)
      (v128.const i16x8 0x3fff 0x4000 0x4000 0x4001 129 128 129 0x1555))))
(assert_return
  (invoke "param"
    (v128.const i16x8 1 1 -1 -1 127 128 -127 3)
    (v128.const i16x8 0x3fff 0x4000 0x4000 0x4001 129 128 129 0x1555))
  (v128.const i16x8 0 1 0 -1 0 1 0 0))
(assert_return
  (invoke "const" (v128.const i16x8 1 1 -1 -1 127 128 -127 3))
  (v128.const i16x8 0 1 0 -1 0 1 0 0))
(assert_return (invoke "folded") (v128.const i16x8 0 1 0 -1 0 1 0 0))
