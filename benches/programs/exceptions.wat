;; Throwing and catching: in the same function, and through eight frames.
(module
  (tag $t (param i32))
  (func (export "catch_here") (param $n i32) (result i32) (local $x i32)
    (loop $l
      (local.set $x (i32.add (local.get $x)
        (block $caught (result i32)
          (try_table (catch $t $caught) (throw $t (local.get $n)))
          (unreachable))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func $deep (param $depth i32) (param $x i32) (result i32)
    (if (i32.eqz (local.get $depth)) (then (throw $t (local.get $x))))
    (i32.add (call $deep (i32.sub (local.get $depth) (i32.const 1)) (local.get $x)) (i32.const 1)))
  (func (export "catch_deep") (param $n i32) (result i32) (local $x i32)
    (loop $l
      (local.set $x (i32.add (local.get $x)
        (block $caught (result i32)
          (try_table (result i32) (catch $t $caught) (call $deep (i32.const 8) (local.get $n))))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  ;; The cost of a handler when nothing is thrown.
  (func $harmless (param $x i32) (result i32) (local $i i32)
    (loop $l
      (local.set $x (i32.rotl (i32.mul (local.get $x) (i32.const 3)) (local.get $i)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
    (if (i32.eq (local.get $x) (i32.const 0x12345)) (then (throw $t (local.get $x))))
    (local.get $x))
  (func (export "no_throw") (param $n i32) (result i32) (local $x i32)
    (loop $l
      (local.set $x (i32.add (local.get $n)
        (block $caught (result i32)
          (try_table (result i32) (catch $t $caught) (call $harmless (local.get $x))))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
