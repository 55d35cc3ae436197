;; Loads before and after bulk operations, at addresses that these write and at others.

(module
  (memory 1)
  (data $d "\01\02\03\04\05\06\07\08")
  (func (export "fill") (param $p i32) (result i64 i64)
    (i64.store (local.get $p) (i64.const 0x1111111111111111))
    (i64.load (local.get $p))
    (memory.fill (local.get $p) (i32.const 0x22) (i32.const 4))
    (i64.load (local.get $p)))
  (func (export "copy") (param $p i32) (result i32 i32)
    (i32.store (local.get $p) (i32.const 5))
    (i32.store offset=8 (local.get $p) (i32.const 6))
    (memory.copy (local.get $p) (i32.add (local.get $p) (i32.const 8)) (i32.const 4))
    (i32.load (local.get $p))
    (i32.load offset=8 (local.get $p)))
  (func (export "init") (param $p i32) (result i32)
    (i32.store (local.get $p) (i32.const -1))
    (memory.init $d (local.get $p) (i32.const 2) (i32.const 2))
    (i32.load (local.get $p)))
  ;; A load in a loop has another value each time.
  (func (export "loop") (param $p i32) (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))
      (memory.fill (local.get $p) (local.get $n) (i32.const 1))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))

(assert_return (invoke "fill" (i32.const 64)) (i64.const 0x1111111111111111) (i64.const 0x1111111122222222))
(assert_return (invoke "copy" (i32.const 128)) (i32.const 6) (i32.const 6))
(assert_return (invoke "init" (i32.const 192)) (i32.const -64509))
(assert_return (invoke "loop" (i32.const 256) (i32.const 5)) (i32.const 14))
