;; Kernels of vector code; each takes a number of rounds, and returns a part of its computation.
(module
  (memory (export "memory") 4)
  ;; a*x+y over f32x4
  (func (export "saxpy") (param $rounds i32) (result i32) (local $i i32) (local $a v128)
    (local.set $a (f32x4.splat (f32.const 1.5)))
    (loop $r
      (local.set $i (i32.const 0))
      (loop $l
        (v128.store offset=65536 (local.get $i)
          (f32x4.add (f32x4.mul (local.get $a) (v128.load (local.get $i))) (v128.load offset=65536 (local.get $i))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 32768))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.load (i32.const 65536)))
  ;; mandelbrot-like iteration
  (func (export "mandel") (param $rounds i32) (result i32) (local $x v128) (local $y v128) (local $t v128) (local $cx v128) (local $cy v128) (local $n v128)
    (local.set $cx (f32x4.splat (f32.const -0.1))) (local.set $cy (v128.const f32x4 0.1 0.2 0.3 0.4))
    (loop $r
      (local.set $t (f32x4.add (f32x4.sub (f32x4.mul (local.get $x) (local.get $x)) (f32x4.mul (local.get $y) (local.get $y))) (local.get $cx)))
      (local.set $y (f32x4.add (f32x4.mul (f32x4.add (local.get $x) (local.get $x)) (local.get $y)) (local.get $cy)))
      (local.set $x (local.get $t))
      (local.set $n (i32x4.sub (local.get $n) (f32x4.lt (f32x4.add (f32x4.mul (local.get $x) (local.get $x)) (f32x4.mul (local.get $y) (local.get $y))) (v128.const f32x4 4 4 4 4))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32x4.extract_lane 1 (local.get $n)))
  ;; chacha quarter rounds
  (func (export "chacha") (param $rounds i32) (result i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $a (v128.const i32x4 1 2 3 4)) (local.set $b (v128.const i32x4 5 6 7 8)) (local.set $c (v128.const i32x4 9 10 11 12)) (local.set $d (v128.const i32x4 13 14 15 16))
    (loop $r
      (local.set $a (i32x4.add (local.get $a) (local.get $b))) (local.set $d (v128.xor (local.get $d) (local.get $a)))
      (local.set $d (i8x16.shuffle 2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13 (local.get $d) (local.get $d)))
      (local.set $c (i32x4.add (local.get $c) (local.get $d))) (local.set $b (v128.xor (local.get $b) (local.get $c)))
      (local.set $b (v128.or (i32x4.shl (local.get $b) (i32.const 12)) (i32x4.shr_u (local.get $b) (i32.const 20))))
      (local.set $a (i32x4.add (local.get $a) (local.get $b))) (local.set $d (v128.xor (local.get $d) (local.get $a)))
      (local.set $d (i8x16.shuffle 3 0 1 2 7 4 5 6 11 8 9 10 15 12 13 14 (local.get $d) (local.get $d)))
      (local.set $c (i32x4.add (local.get $c) (local.get $d))) (local.set $b (v128.xor (local.get $b) (local.get $c)))
      (local.set $b (v128.or (i32x4.shl (local.get $b) (i32.const 7)) (i32x4.shr_u (local.get $b) (i32.const 25))))
      (local.set $b (i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 0 1 2 3 (local.get $b) (local.get $b)))
      (local.set $c (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $c) (local.get $c)))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32x4.extract_lane 1 (local.get $a)))
  ;; strlen-like search, 16 bytes per step
  (func (export "search") (param $rounds i32) (result i32) (local $i i32) (local $sum i32) (local $m i32)
    (loop $r
      (local.set $i (i32.const 0))
      (block $out (loop $l
        (br_if $out (local.tee $m (i8x16.bitmask (i8x16.eq (v128.load offset=131072 (local.get $i)) (i8x16.splat (i32.const 65))))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 32768)))))
      (local.set $sum (i32.add (local.get $sum) (local.get $i)))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))
  ;; dot products of i16
  (func (export "dot") (param $rounds i32) (result i32) (local $i i32) (local $s v128)
    (loop $r
      (local.set $i (i32.const 0))
      (loop $l
        (local.set $s (i32x4.add (local.get $s) (i32x4.dot_i16x8_s (v128.load (local.get $i)) (v128.load offset=65536 (local.get $i)))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 32768))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32x4.extract_lane 1 (local.get $s)))
  ;; pixels: widen, multiply, narrow
  (func (export "blend") (param $rounds i32) (result i32) (local $i i32) (local $v v128) (local $k v128)
    (local.set $k (i16x8.splat (i32.const 77)))
    (loop $r
      (local.set $i (i32.const 0))
      (loop $l
        (local.set $v (v128.load (local.get $i)))
        (v128.store offset=65536 (local.get $i)
          (i8x16.narrow_i16x8_u
            (i16x8.shr_u (i16x8.mul (i16x8.extend_low_i8x16_u (local.get $v)) (local.get $k)) (i32.const 8))
            (i16x8.shr_u (i16x8.mul (i16x8.extend_high_i8x16_u (local.get $v)) (local.get $k)) (i32.const 8))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 32768))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.load (i32.const 65536)))
)
