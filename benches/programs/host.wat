;; Calls of a function of the host.
(module
  (import "env" "host" (func $host (param i32) (result i32)))
  (func (export "host") (param $n i32) (result i32) (local $x i32)
    (loop $l
      (local.set $x (call $host (local.get $x)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
