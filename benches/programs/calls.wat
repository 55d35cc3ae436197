;; The cost of calls: of a function by name, through a table, with many arguments, and branches through a table.
(module
  (type $unary (func (param i32) (result i32)))
  (table 4 4 funcref)
  (elem (i32.const 0) $inc $double $flip $low)
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
                     (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
  (func $inc (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $double (type $unary) (i32.mul (local.get 0) (i32.const 3)))
  (func $flip (type $unary) (i32.xor (local.get 0) (i32.const 0x5a5a)))
  (func $low (type $unary) (i32.shr_u (local.get 0) (i32.const 1)))
  (func (export "indirect") (param $n i32) (result i32) (local $x i32)
    (loop $l
      (local.set $x (call_indirect (type $unary) (i32.add (local.get $x) (local.get $n))
        (i32.and (local.get $n) (i32.const 3))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func $ten (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (local $i i32)
    ;; Too large to be inlined, and a loop: this measures the call.
    (loop $l
      (local.set 0 (i32.add (local.get 0) (i32.mul (local.get 9) (i32.add (local.get 1) (local.get 8)))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2))))
    (i32.add (i32.add (i32.add (local.get 0) (local.get 2)) (i32.xor (local.get 3) (local.get 4)))
             (i32.add (i32.xor (local.get 5) (local.get 6)) (local.get 7))))
  (func (export "arguments") (param $n i32) (result i32) (local $x i32)
    (loop $l
      (local.set $x (call $ten (local.get $x) (local.get $n) (i32.const 1) (local.get $x) (local.get $n) (i32.const 2)
        (local.get $x) (local.get $n) (i32.const 3) (local.get $x)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "switch") (param $n i32) (result i32) (local $x i32)
    (loop $l
      (block $join (block $d (block $c (block $b (block $a
        (br_table $a $b $c $d $b $a $d $c $join (i32.and (i32.add (local.get $x) (local.get $n)) (i32.const 15))))
        (local.set $x (i32.add (local.get $x) (i32.const 7))) (br $join))
        (local.set $x (i32.mul (local.get $x) (i32.const 5))) (br $join))
        (local.set $x (i32.xor (local.get $x) (local.get $n))) (br $join))
        (local.set $x (i32.rotl (local.get $x) (i32.const 3))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
