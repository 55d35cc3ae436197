;; Data structures on the heap of objects, as compilers of languages with objects lay them out. Each program takes a
;; number of rounds, and returns a part of its computation.
(module
  (type $box (struct (field $number i32)))
  (type $entry (struct (field $key i32) (field $value (mut (ref null eq))) (field $next (mut (ref null $entry)))))
  (type $buckets (array (mut (ref null $entry))))
  (type $map (struct (field $buckets (mut (ref $buckets))) (field $count (mut i32))))
  (type $queen (struct (field $column i32) (field $row i32) (field $before (ref null $queen))))
  (type $bytes (array (mut i8)))
  (type $text (struct (field $bytes (mut (ref $bytes))) (field $length (mut i32))))

  ;; A hash table with chains, which doubles when it is full. Small values are i31, others in boxes.
  (func $hash (param $key i32) (result i32)
    (local.set $key (i32.mul (i32.xor (local.get $key) (i32.shr_u (local.get $key) (i32.const 15))) (i32.const 0x2c1b3c6d)))
    (i32.xor (local.get $key) (i32.shr_u (local.get $key) (i32.const 12))))
  (func $find (param $map (ref $map)) (param $key i32) (result (ref null $entry)) (local $b (ref $buckets)) (local $e (ref null $entry))
    (local.set $b (struct.get $map $buckets (local.get $map)))
    (local.set $e (array.get $buckets (local.get $b)
      (i32.and (call $hash (local.get $key)) (i32.sub (array.len (local.get $b)) (i32.const 1)))))
    (block $end
      (loop $l
        (br_if $end (ref.is_null (local.get $e)))
        (br_if $end (i32.eq (struct.get $entry $key (local.get $e)) (local.get $key)))
        (local.set $e (struct.get $entry $next (local.get $e)))
        (br $l)))
    (local.get $e))
  (func $link (param $b (ref $buckets)) (param $e (ref $entry)) (local $at i32)
    (local.set $at (i32.and
      (call $hash (struct.get $entry $key (local.get $e))) (i32.sub (array.len (local.get $b)) (i32.const 1))))
    (struct.set $entry $next (local.get $e) (array.get $buckets (local.get $b) (local.get $at)))
    (array.set $buckets (local.get $b) (local.get $at) (local.get $e)))
  (func $double (param $map (ref $map)) (local $old (ref $buckets)) (local $new (ref $buckets)) (local $i i32) (local $e (ref null $entry)) (local $next (ref null $entry))
    (local.set $old (struct.get $map $buckets (local.get $map)))
    (local.set $new (array.new_default $buckets (i32.shl (array.len (local.get $old)) (i32.const 1))))
    (loop $l
      (local.set $e (array.get $buckets (local.get $old) (local.get $i)))
      (block $end
        (loop $chain
          (br_if $end (ref.is_null (local.get $e)))
          (local.set $next (struct.get $entry $next (local.get $e)))
          (call $link (local.get $new) (ref.as_non_null (local.get $e)))
          (local.set $e (local.get $next))
          (br $chain)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $old)))))
    (struct.set $map $buckets (local.get $map) (local.get $new)))
  (func $insert (param $map (ref $map)) (param $key i32) (param $value (ref null eq)) (local $e (ref null $entry))
    (local.set $e (call $find (local.get $map) (local.get $key)))
    (if (ref.is_null (local.get $e))
      (then
        (if (i32.ge_u (struct.get $map $count (local.get $map)) (array.len (struct.get $map $buckets (local.get $map))))
          (then (call $double (local.get $map))))
        (call $link (struct.get $map $buckets (local.get $map))
          (struct.new $entry (local.get $key) (local.get $value) (ref.null $entry)))
        (struct.set $map $count (local.get $map) (i32.add (struct.get $map $count (local.get $map)) (i32.const 1))))
      (else (struct.set $entry $value (local.get $e) (local.get $value)))))
  (func $number (param $value (ref null eq)) (result i32)
    (block $other (result (ref null eq))
      (return (i31.get_u (br_on_cast_fail $other (ref null eq) (ref i31) (local.get $value)))))
    (struct.get $box $number (ref.cast (ref $box))))
  (func (export "hashmap") (param $rounds i32) (result i32) (local $map (ref $map)) (local $i i32) (local $sum i32)
    (loop $r
      (local.set $map (struct.new $map (array.new_default $buckets (i32.const 8)) (i32.const 0)))
      (local.set $i (i32.const 0))
      (loop $fill
        (call $insert (local.get $map) (i32.mul (local.get $i) (i32.const 17))
          (if (result (ref eq)) (i32.and (local.get $i) (i32.const 1))
            (then (ref.i31 (local.get $i))) (else (struct.new $box (i32.mul (local.get $i) (i32.const 0x1000001))))))
        (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
      (local.set $i (i32.const 0))
      (loop $read
        (local.set $sum (i32.add (local.get $sum)
          (call $number (struct.get $entry $value (call $find (local.get $map) (i32.mul (local.get $i) (i32.const 17)))))))
        (br_if $read (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))

  ;; All ways to place eight queens, each a list of the previous ones.
  (func $attacked (param $row i32) (param $column i32) (param $q (ref null $queen)) (result i32) (local $d i32)
    (block $end
      (loop $l
        (br_if $end (ref.is_null (local.get $q)))
        (local.set $d (i32.sub (local.get $row) (struct.get $queen $row (local.get $q))))
        (if (i32.or (i32.eqz (local.get $d))
            (i32.or
              (i32.eq (local.get $d) (i32.sub (local.get $column) (struct.get $queen $column (local.get $q))))
              (i32.eq (local.get $d) (i32.sub (struct.get $queen $column (local.get $q)) (local.get $column)))))
          (then (return (i32.const 1))))
        (local.set $q (struct.get $queen $before (local.get $q)))
        (br $l)))
    (i32.const 0))
  (func $place (param $column i32) (param $before (ref null $queen)) (result i32) (local $row i32) (local $found i32)
    (if (i32.eq (local.get $column) (i32.const 8)) (then (return (i32.const 1))))
    (loop $l
      (if (i32.eqz (call $attacked (local.get $row) (local.get $column) (local.get $before)))
        (then (local.set $found (i32.add (local.get $found)
          (call $place (i32.add (local.get $column) (i32.const 1))
            (struct.new $queen (local.get $column) (local.get $row) (local.get $before)))))))
      (br_if $l (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 1))) (i32.const 8))))
    (local.get $found))
  (func (export "queens") (param $rounds i32) (result i32) (local $sum i32)
    (loop $r
      (local.set $sum (i32.add (local.get $sum) (call $place (i32.const 0) (ref.null $queen))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))

  ;; Numbers in decimal, appended to a text that grows; then its bytes, hashed.
  (func $append (param $t (ref $text)) (param $byte i32) (local $b (ref $bytes)) (local $at i32) (local $new (ref $bytes))
    (local.set $b (struct.get $text $bytes (local.get $t)))
    (local.set $at (struct.get $text $length (local.get $t)))
    (if (i32.eq (local.get $at) (array.len (local.get $b)))
      (then
        (local.set $new (array.new_default $bytes (i32.shl (local.get $at) (i32.const 1))))
        (array.copy $bytes $bytes (local.get $new) (i32.const 0) (local.get $b) (i32.const 0) (local.get $at))
        (struct.set $text $bytes (local.get $t) (local.get $new))
        (local.set $b (local.get $new))))
    (array.set $bytes (local.get $b) (local.get $at) (local.get $byte))
    (struct.set $text $length (local.get $t) (i32.add (local.get $at) (i32.const 1))))
  (func $decimal (param $t (ref $text)) (param $n i32)
    (if (i32.ge_u (local.get $n) (i32.const 10))
      (then (call $decimal (local.get $t) (i32.div_u (local.get $n) (i32.const 10)))))
    (call $append (local.get $t) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10)))))
  (func (export "text") (param $rounds i32) (result i32) (local $t (ref $text)) (local $i i32) (local $h i32) (local $b (ref $bytes))
    (loop $r
      (local.set $t (struct.new $text (array.new_default $bytes (i32.const 16)) (i32.const 0)))
      (local.set $i (i32.const 0))
      (loop $l
        (call $decimal (local.get $t) (local.get $i))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 7))) (i32.const 20000))))
      (local.set $b (struct.get $text $bytes (local.get $t)))
      (local.set $i (i32.const 0))
      (loop $l
        (local.set $h (i32.mul (i32.xor (local.get $h) (array.get_u $bytes (local.get $b) (local.get $i))) (i32.const 0x01000193)))
        (br_if $l (i32.lt_u
          (local.tee $i (i32.add (local.get $i) (i32.const 1))) (struct.get $text $length (local.get $t)))))
      (br_if $r (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $h)))
