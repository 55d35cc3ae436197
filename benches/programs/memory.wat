;; Growing a memory a page at a time, filling and copying.
(module
  (memory 1 5000)
  (func (export "grow") (param $n i32) (result i32) (local $old i32)
    (loop $l
      (local.set $old (memory.grow (i32.const 1)))
      (i32.store (i32.shl (local.get $old) (i32.const 16)) (local.get $n))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (memory.size))
  (func (export "bulk") (param $n i32) (result i32) (local $x i32)
    (loop $l
      (memory.fill (i32.const 128) (local.get $n) (i32.const 300))
      (memory.copy (i32.const 1000) (i32.const 100) (i32.const 200))
      (local.set $x (i32.add (local.get $x) (i32.load (i32.const 1060))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
