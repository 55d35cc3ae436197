;; What an engine may confuse when it replaces the frame of a running function: one loop with another, one instance with
;; another, the handlers of the replaced frame with those around it, one function with its neighbour.

;; Which loop is entered first depends on the argument, so that each may be the first to be replaced.
(module
  (func (export "either") (param $which i32) (param $n i32) (result i32) (local $s i32)
    (if (local.get $which)
      (then
        (loop $l
          (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 3)) (local.get $n)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (return (local.get $s))))
    (loop $l
      (local.set $s (i32.sub (local.get $s) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (local.get $s) (i32.const 1000)))
)
(assert_return (invoke "either" (i32.const 1) (i32.const 4)) (i32.const 142))
(assert_return (invoke "either" (i32.const 0) (i32.const 50)) (i32.const -275))
(assert_return (invoke "either" (i32.const 1) (i32.const 4)) (i32.const 142))
(assert_return (invoke "either" (i32.const 0) (i32.const 60)) (i32.const -830))
(assert_return (invoke "either" (i32.const 1) (i32.const 9)) (i32.const 83653))

;; Two instances of a module: each loop works on the state of its own.
(module definition $M
  (memory 1)
  (global $g (mut i32) (i32.const 0))
  (func (export "add") (param $n i32) (param $x i32)
    (loop $l
      (global.set $g (i32.add (global.get $g) (local.get $x)))
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "sum") (result i32 i32) (global.get $g) (i32.load (i32.const 8))))
(module instance $one $M)
(module instance $two $M)
(invoke $one "add" (i32.const 50) (i32.const 3))
(invoke $two "add" (i32.const 45) (i32.const 10))
(assert_return (invoke $one "sum") (i32.const 150) (i32.const 50))
(assert_return (invoke $two "sum") (i32.const 450) (i32.const 45))
(invoke $one "add" (i32.const 2) (i32.const 1))
(assert_return (invoke $one "sum") (i32.const 152) (i32.const 52))
(assert_return (invoke $two "sum") (i32.const 450) (i32.const 45))

;; What is thrown behind the handlers that the loop is in goes to the caller.
(module
  (tag $t (param i32))
  (func $behind (param $n i32) (result i32)
    (block $h (result i32)
      (try_table (catch $t $h)
        (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (throw $t (i32.const 7)))
    (i32.add (i32.const 100)))
  (func (export "behind") (param $n i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $t $h) (call $behind (local.get $n)))
      (i32.mul (i32.const 1000))))
  ;; The same within the loop's function alone, and with a handler that does take it.
  (func (export "within") (param $n i32) (result i32)
    (block $h (result i32)
      (try_table (catch $t $h)
        (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (throw $t (i32.const 9)))
      (unreachable))
    (i32.add (i32.const 100)))
)
(assert_return (invoke "behind" (i32.const 50)) (i32.const 7))
(assert_return (invoke "behind" (i32.const 3)) (i32.const 7))
(assert_return (invoke "within" (i32.const 50)) (i32.const 109))

;; Functions of one type behind imported ones, which call each other again and again.
(module
  (import "spectest" "print" (func))
  (import "spectest" "print_i32" (func (param i32)))
  (func $one (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $two (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func $three (param i32) (result i32) (i32.sub (local.get 0) (i32.const 3)))
  (func $four (param i32) (result i32) (i32.xor (local.get 0) (i32.const 4)))
  (func (export "f") (param $n i32) (result i32) (local $x i32)
    (loop $l
      (local.set $x (call $one (call $two (call $three (call $four (local.get $x))))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
(assert_return (invoke "f" (i32.const 1)) (i32.const 3))
(assert_return (invoke "f" (i32.const 3)) (i32.const 21))
(assert_return (invoke "f" (i32.const 45)) (i32.const 13))

;; Floats and vectors that are alive at the head of a loop, in locals and on the stack.
(module
  (func (export "floats") (param $n i32) (param $a f64) (param $b f32) (result f64 f32 f64 f32)
    (f64.mul (local.get $a) (f64.const 2)) (f32.mul (local.get $b) (f32.const 4))
    (loop $l
      (local.set $a (f64.add (local.get $a) (f64.const 0.5)))
      (local.set $b (f32.sub (local.get $b) (f32.const 0.25)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $a) (local.get $b))
  (func (export "halves") (param $n i32) (param $v v128) (result v128 v128) (local $w v128)
    (local.set $w (local.get $v))
    (v128.not (local.get $v))
    (loop $l
      (local.set $w (i64x2.add (local.get $w) (local.get $v)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $w)))
(assert_return (invoke "floats" (i32.const 50) (f64.const 1.25) (f32.const 3)) (f64.const 2.5) (f32.const 12) (f64.const 26.25) (f32.const -9.5))
(assert_return (invoke "halves" (i32.const 49) (v128.const i64x2 3 5)) (v128.const i64x2 -4 -6) (v128.const i64x2 150 250))

;; A tail call with more arguments than the caller of the function that makes it left room for. $many is some
;; passings ahead of the others.
(module
  (func $many (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
    (i64.mul (local.get 0) (i64.const 1))
    (i64.mul (local.get 1) (i64.const 2)) i64.add
    (i64.mul (local.get 2) (i64.const 3)) i64.add
    (i64.mul (local.get 3) (i64.const 4)) i64.add
    (i64.mul (local.get 4) (i64.const 5)) i64.add
    (i64.mul (local.get 5) (i64.const 6)) i64.add
    (i64.mul (local.get 6) (i64.const 7)) i64.add
    (i64.mul (local.get 7) (i64.const 8)) i64.add
    (i64.mul (local.get 8) (i64.const 9)) i64.add
    (i64.mul (local.get 9) (i64.const 10)) i64.add
    (i64.mul (local.get 10) (i64.const 11)) i64.add
    (i64.mul (local.get 11) (i64.const 12)) i64.add
    (i64.mul (local.get 12) (i64.const 13)) i64.add
    (i64.mul (local.get 13) (i64.const 14)) i64.add
    (i64.mul (local.get 14) (i64.const 15)) i64.add)
  (func $few (param $x i64) (result i64)
    (return_call $many (local.get $x) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10) (i64.const 11) (i64.const 12) (i64.const 13) (i64.const 14) (i64.const 15)))
  (func (export "ahead") (result i64) (call $many (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)))
  (func (export "more") (param $n i64) (result i64) (local $s i64)
    (loop $l
      (local.set $s (i64.add (local.get $s) (call $few (local.get $n))))
      (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (local.get $s)))
(assert_return (invoke "ahead") (i64.const 0))
(assert_return (invoke "ahead") (i64.const 0))
(assert_return (invoke "ahead") (i64.const 0))
(assert_return (invoke "more" (i64.const 50)) (i64.const 63225))
(assert_return (invoke "more" (i64.const 3)) (i64.const 3723))
