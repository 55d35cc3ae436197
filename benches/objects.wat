;; Kernels of code on objects; each takes a number of rounds, and returns a part of its computation.
(module
  (type $node (struct (field $left (mut (ref null $node))) (field $right (mut (ref null $node)))))
  (type $cell (struct (field $value i32) (field $next (mut (ref null $cell)))))
  (type $point (struct (field $x (mut f64)) (field $y (mut f64)) (field $dx (mut f64)) (field $dy (mut f64))))
  (type $ints (array (mut i32)))
  (type $bytes (array (mut i8)))
  (rec
    (type $shape (sub (struct (field $area (ref $area)))))
    (type $area (func (param (ref $shape)) (result i32))))
  (type $square (sub $shape (struct (field $area (ref $area)) (field $side i32))))
  (type $disc (sub $shape (struct (field $area (ref $area)) (field $radius i32))))
  (type $ring (sub final $disc (struct (field $area (ref $area)) (field $radius i32) (field $inner i32))))
  (type $shapes (array (mut (ref null $shape))))
  (elem declare func $square-area $disc-area $ring-area)

  ;; Small objects that die at once.
  (func (export "allocate") (param $rounds i32) (result i32) (local $c (ref null $cell)) (local $sum i32)
    (loop $r
      (local.set $c (struct.new $cell (local.get $rounds) (local.get $c)))
      (struct.set $cell $next (local.get $c) (ref.null $cell))
      (local.set $sum (i32.add (local.get $sum) (struct.get $cell $value (local.get $c))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))

  ;; Complete binary trees, made and counted.
  (func $tree (param $depth i32) (result (ref $node))
    (if (result (ref $node)) (local.get $depth)
      (then (struct.new $node
        (call $tree (i32.sub (local.get $depth) (i32.const 1)))
        (call $tree (i32.sub (local.get $depth) (i32.const 1)))))
      (else (struct.new_default $node))))
  (func $count (param $t (ref $node)) (result i32) (local $l (ref null $node))
    (if (result i32) (ref.is_null (local.tee $l (struct.get $node $left (local.get $t))))
      (then (i32.const 1))
      (else (i32.add (i32.const 1) (i32.add
        (call $count (ref.as_non_null (local.get $l)))
        (call $count (ref.as_non_null (struct.get $node $right (local.get $t)))))))))
  (func (export "trees") (param $rounds i32) (result i32) (local $sum i32) (local $kept (ref null $node))
    (local.set $kept (call $tree (i32.const 14)))
    (loop $r
      (local.set $sum (i32.add (local.get $sum) (call $count (call $tree (i32.const 10)))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.add (local.get $sum) (call $count (ref.as_non_null (local.get $kept)))))

  ;; A list, repeatedly reversed and summed.
  (func (export "list") (param $rounds i32) (result i32)
    (local $l (ref null $cell)) (local $done (ref null $cell)) (local $next (ref null $cell)) (local $i i32) (local $sum i32)
    (loop $m
      (local.set $l (struct.new $cell (local.get $i) (local.get $l)))
      (br_if $m (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    (loop $r
      (local.set $done (ref.null $cell))
      (block $end
        (loop $each
          (br_if $end (ref.is_null (local.get $l)))
          (local.set $next (struct.get $cell $next (local.get $l)))
          (struct.set $cell $next (local.get $l) (local.get $done))
          (local.set $sum (i32.add (local.get $sum) (struct.get $cell $value (local.get $l))))
          (local.set $done (local.get $l))
          (local.set $l (local.get $next))
          (br $each)))
      (local.set $l (local.get $done))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))

  ;; Virtual calls and downcasts over a mixed array.
  (func $square-area (type $area) (local $s (ref $square))
    (local.set $s (ref.cast (ref $square) (local.get 0)))
    (i32.mul (struct.get $square $side (local.get $s)) (struct.get $square $side (local.get $s))))
  (func $disc-area (type $area) (local $d (ref $disc))
    (local.set $d (ref.cast (ref $disc) (local.get 0)))
    (i32.mul (i32.const 3) (i32.mul (struct.get $disc $radius (local.get $d)) (struct.get $disc $radius (local.get $d)))))
  (func $ring-area (type $area) (local $d (ref $ring))
    (local.set $d (ref.cast (ref $ring) (local.get 0)))
    (i32.mul (i32.const 3) (i32.sub
      (i32.mul (struct.get $disc $radius (local.get $d)) (struct.get $disc $radius (local.get $d)))
      (i32.mul (struct.get $ring $inner (local.get $d)) (struct.get $ring $inner (local.get $d))))))
  (func $mixed (result (ref $shapes)) (local $a (ref $shapes)) (local $i i32)
    (local.set $a (array.new_default $shapes (i32.const 300)))
    (loop $m
      (array.set $shapes (local.get $a) (local.get $i) (struct.new $square (ref.func $square-area) (local.get $i)))
      (array.set $shapes (local.get $a) (i32.add (local.get $i) (i32.const 1)) (struct.new $disc (ref.func $disc-area) (local.get $i)))
      (array.set $shapes (local.get $a) (i32.add (local.get $i) (i32.const 2))
        (struct.new $ring (ref.func $ring-area) (local.get $i) (i32.const 1)))
      (br_if $m (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 3))) (i32.const 300))))
    (local.get $a))
  (func (export "virtual") (param $rounds i32) (result i32) (local $a (ref $shapes)) (local $i i32) (local $s (ref null $shape)) (local $sum i32)
    (local.set $a (call $mixed))
    (loop $r
      (local.set $i (i32.const 0))
      (loop $l
        (local.set $s (array.get $shapes (local.get $a) (local.get $i)))
        (local.set $sum (i32.add (local.get $sum)
          (call_ref $area (ref.as_non_null (local.get $s)) (struct.get $shape $area (local.get $s)))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $a)))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))
  (func (export "casts") (param $rounds i32) (result i32) (local $a (ref $shapes)) (local $i i32) (local $s (ref null $shape)) (local $sum i32)
    (local.set $a (call $mixed))
    (loop $r
      (local.set $i (i32.const 0))
      (loop $l
        (local.set $s (array.get $shapes (local.get $a) (local.get $i)))
        (local.set $sum (i32.add (local.get $sum)
          (block $done (result i32)
            (block $is-disc (result (ref $disc))
              (block $is-square (result (ref $square))
                (drop (br_on_cast $is-disc (ref null $shape) (ref $disc)
                  (br_on_cast $is-square (ref null $shape) (ref $square) (local.get $s))))
                (br $done (i32.const 0)))
              (br $done (struct.get $square $side)))
            (struct.get $disc $radius))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $a)))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))

  ;; Fields of floats.
  (func (export "fields") (param $rounds i32) (result i32) (local $p (ref $point))
    (local.set $p (struct.new $point (f64.const 0) (f64.const 0) (f64.const 1) (f64.const 0.5)))
    (loop $r
      (struct.set $point $x (local.get $p) (f64.add (struct.get $point $x (local.get $p)) (struct.get $point $dx (local.get $p))))
      (struct.set $point $y (local.get $p) (f64.add (struct.get $point $y (local.get $p)) (struct.get $point $dy (local.get $p))))
      (if (f64.gt (struct.get $point $x (local.get $p)) (f64.const 100))
        (then (struct.set $point $dx (local.get $p) (f64.neg (struct.get $point $dx (local.get $p))))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.trunc_sat_f64_s (struct.get $point $y (local.get $p))))

  ;; Elements: a sieve over bytes, and sums over numbers.
  (func (export "sieve") (param $rounds i32) (result i32) (local $a (ref $bytes)) (local $i i32) (local $j i32) (local $sum i32)
    (loop $r
      (local.set $a (array.new_default $bytes (i32.const 8192)))
      (local.set $sum (i32.const 0))
      (local.set $i (i32.const 2))
      (loop $l
        (if (i32.eqz (array.get_u $bytes (local.get $a) (local.get $i)))
          (then
            (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
            (local.set $j (i32.add (local.get $i) (local.get $i)))
            (block $end
              (loop $k
                (br_if $end (i32.ge_u (local.get $j) (i32.const 8192)))
                (array.set $bytes (local.get $a) (local.get $j) (i32.const 1))
                (local.set $j (i32.add (local.get $j) (local.get $i)))
                (br $k)))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8192))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))
  (func (export "sums") (param $rounds i32) (result i32) (local $a (ref $ints)) (local $i i32) (local $sum i32)
    (local.set $a (array.new $ints (i32.const 3) (i32.const 1000)))
    (loop $r
      (local.set $i (i32.const 0))
      (loop $l
        (local.set $sum (i32.add (local.get $sum) (array.get $ints (local.get $a) (local.get $i))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $a)))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))
)
