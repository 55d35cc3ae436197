;; Tail calls of two functions that call each other.
(module
  (func $even (export "tail") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
    (return_call $odd (i32.sub (local.get $n) (i32.const 1)) (i32.const 3) (local.get $n)))
  (func $odd (param $n i32) (param $a i32) (param $b i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.add (local.get $a) (local.get $b)))))
    (return_call $even (i32.sub (local.get $n) (i32.const 1)))))
