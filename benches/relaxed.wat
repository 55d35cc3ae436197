;; Kernels of relaxed operators, with numbers for which all choices give the same: small ones, which no sum rounds, and
;; lanes in range. Each takes a number of rounds, and returns a part of its computation.
(module
  (memory (export "memory") 4)
  ;; Two matrices of 64 * 64 floats, or two arrays of 4096, at 0 and 16384; two arrays of 16384 bytes at 65536 and 81920.
  (func $init (local $i i32)
    (loop $l
      (f32.store (i32.shl (local.get $i) (i32.const 2)) (f32.convert_i32_u (i32.rem_u (local.get $i) (i32.const 7))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8192))))
    (local.set $i (i32.const 0))
    (loop $l
      (i32.store8 offset=65536 (local.get $i) (i32.mul (local.get $i) (i32.const 37)))
      (i32.store8 offset=81920 (local.get $i) (i32.and (i32.mul (local.get $i) (i32.const 11)) (i32.const 63)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16384)))))
  (start $init)
  ;; The product of the matrices, 16 columns at once.
  (func (export "matmul") (param $rounds i32) (result i32)
    (local $row i32) (local $column i32) (local $k i32) (local $at i32) (local $a v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (loop $r
      (local.set $row (i32.const 0))
      (loop $rows
        (local.set $column (i32.const 0))
        (loop $columns
          (local.set $s0 (v128.const i64x2 0 0)) (local.set $s1 (v128.const i64x2 0 0))
          (local.set $s2 (v128.const i64x2 0 0)) (local.set $s3 (v128.const i64x2 0 0))
          (local.set $k (i32.const 0))
          (local.set $at (local.get $column))
          (loop $l
            (local.set $a (v128.load32_splat (i32.add (local.get $row) (local.get $k))))
            (local.set $s0 (f32x4.relaxed_madd (local.get $a) (v128.load offset=16384 (local.get $at)) (local.get $s0)))
            (local.set $s1 (f32x4.relaxed_madd (local.get $a) (v128.load offset=16400 (local.get $at)) (local.get $s1)))
            (local.set $s2 (f32x4.relaxed_madd (local.get $a) (v128.load offset=16416 (local.get $at)) (local.get $s2)))
            (local.set $s3 (f32x4.relaxed_madd (local.get $a) (v128.load offset=16432 (local.get $at)) (local.get $s3)))
            (local.set $at (i32.add (local.get $at) (i32.const 256)))
            (br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 4))) (i32.const 256))))
          (local.set $at (i32.add (local.get $row) (local.get $column)))
          (v128.store offset=32768 (local.get $at) (local.get $s0)) (v128.store offset=32784 (local.get $at) (local.get $s1))
          (v128.store offset=32800 (local.get $at) (local.get $s2)) (v128.store offset=32816 (local.get $at) (local.get $s3))
          (br_if $columns (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 64))) (i32.const 256))))
        (br_if $rows (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 256))) (i32.const 16384))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.xor (i32.load (i32.const 32772)) (i32.load (i32.const 49148))))
  ;; A dot product of floats, four sums at once.
  (func (export "dotf") (param $rounds i32) (result i32)
    (local $i i32) (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (loop $r
      (local.set $s0 (v128.const i64x2 0 0)) (local.set $s1 (v128.const i64x2 0 0))
      (local.set $s2 (v128.const i64x2 0 0)) (local.set $s3 (v128.const i64x2 0 0))
      (local.set $i (i32.const 0))
      (loop $l
        (local.set $s0 (f32x4.relaxed_madd (v128.load (local.get $i)) (v128.load offset=16384 (local.get $i)) (local.get $s0)))
        (local.set $s1 (f32x4.relaxed_madd (v128.load offset=16 (local.get $i)) (v128.load offset=16400 (local.get $i)) (local.get $s1)))
        (local.set $s2 (f32x4.relaxed_madd (v128.load offset=32 (local.get $i)) (v128.load offset=16416 (local.get $i)) (local.get $s2)))
        (local.set $s3 (f32x4.relaxed_madd (v128.load offset=48 (local.get $i)) (v128.load offset=16432 (local.get $i)) (local.get $s3)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 64))) (i32.const 16384))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.xor
      (i32x4.extract_lane 1 (f32x4.add (local.get $s0) (local.get $s1)))
      (i32x4.extract_lane 2 (f32x4.add (local.get $s2) (local.get $s3)))))
  ;; A polynomial of the fifth degree: each step waits for the previous one.
  (func (export "polynomial") (param $rounds i32) (result i32) (local $i i32) (local $x v128) (local $p v128)
    (loop $r
      (local.set $i (i32.const 0))
      (loop $l
        (local.set $x (v128.load (local.get $i)))
        (local.set $p (f32x4.relaxed_madd (local.get $x) (v128.const f32x4 1 1 1 1) (v128.const f32x4 2 2 2 2)))
        (local.set $p (f32x4.relaxed_madd (local.get $p) (local.get $x) (v128.const f32x4 3 3 3 3)))
        (local.set $p (f32x4.relaxed_nmadd (local.get $p) (local.get $x) (v128.const f32x4 5 5 5 5)))
        (local.set $p (f32x4.relaxed_madd (local.get $p) (local.get $x) (v128.const f32x4 7 7 7 7)))
        (local.set $p (f32x4.relaxed_nmadd (local.get $p) (local.get $x) (v128.const f32x4 9 9 9 9)))
        (v128.store offset=32768 (local.get $i) (local.get $p))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 16384))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.xor (i32.load (i32.const 32772)) (i32.load (i32.const 49148))))
  ;; Numbers reduced: bytes, two sums at once.
  (func (export "quantized") (param $rounds i32) (result i32) (local $i i32) (local $s0 v128) (local $s1 v128)
    (loop $r
      (local.set $i (i32.const 0))
      (loop $l
        (local.set $s0 (i32x4.relaxed_dot_i8x16_i7x16_add_s
          (v128.load offset=65536 (local.get $i)) (v128.load offset=81920 (local.get $i)) (local.get $s0)))
        (local.set $s1 (i32x4.relaxed_dot_i8x16_i7x16_add_s
          (v128.load offset=65552 (local.get $i)) (v128.load offset=81936 (local.get $i)) (local.get $s1)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 32))) (i32.const 16384))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32x4.extract_lane 1 (i32x4.add (local.get $s0) (local.get $s1))))
  ;; Floats between bounds, then integers.
  (func (export "clamp") (param $rounds i32) (result i32) (local $i i32)
    (loop $r
      (local.set $i (i32.const 0))
      (loop $l
        (v128.store offset=32768 (local.get $i)
          (i32x4.relaxed_trunc_f32x4_s
            (f32x4.relaxed_max
              (f32x4.relaxed_min (v128.load (local.get $i)) (v128.const f32x4 5 5 5 5)) (v128.const f32x4 2 2 2 2))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 16384))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.add (i32.load (i32.const 32772)) (i32.load (i32.const 49148))))
  ;; Bytes looked up in a table of 16, and selected.
  (func (export "lookup") (param $rounds i32) (result i32) (local $i i32) (local $v v128)
    (loop $r
      (local.set $i (i32.const 0))
      (loop $l
        (local.set $v (v128.load offset=81920 (local.get $i)))
        (v128.store offset=98304 (local.get $i)
          (i8x16.relaxed_laneselect
            (i8x16.relaxed_swizzle
              (v128.const i8x16 3 1 4 1 5 9 2 6 5 3 5 8 9 7 9 3) (v128.and (local.get $v) (i8x16.splat (i32.const 15))))
            (local.get $v)
            (i8x16.gt_s (local.get $v) (i8x16.splat (i32.const 31)))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 16384))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.xor (i32.load (i32.const 98308)) (i32.load (i32.const 114680)))))
