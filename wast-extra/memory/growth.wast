;; Facts about a memory or a table must be forgotten when it may have grown: by an operator, by a callee, in a loop.

(module
  (memory (export "m") 1 10)
  (table $t 1 10 funcref)
  (type $v (func (result i32)))
  (elem declare func $seven)
  (func $seven (type $v) (i32.const 7))
  (func $grow (drop (memory.grow (i32.const 1))))
  (func $maybe (param i32) (if (local.get 0) (then (call $grow))))
  ;; Size before and after a callee grew it.
  (func (export "size_over_call") (result i32 i32)
    (memory.size) (call $grow) (memory.size))
  (func (export "size_over_branch") (param i32) (result i32 i32)
    (memory.size) (call $maybe (local.get 0)) (memory.size))
  (func (export "size_over_grow") (result i32 i32 i32)
    (memory.size) (memory.grow (i32.const 1)) (memory.size))
  ;; An offset beyond the guard region: the check compares with the size.
  (func (export "load_far_after_call") (param i32) (result i32)
    (drop (memory.size))
    (call $grow)
    (i32.load offset=131068 (local.get 0)))
  (func (export "size_in_loop") (param i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 16)) (memory.size)))
      (drop (memory.grow (i32.const 1)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum))
  ;; Table: base and length.
  (func (export "table_over_grow") (result i32 i32 i32)
    (table.set $t (i32.const 0) (ref.func $seven))
    (table.size $t)
    (table.grow $t (ref.func $seven) (i32.const 3))
    (table.size $t))
  (func (export "call_grown") (param i32) (result i32)
    (table.set $t (i32.const 0) (ref.func $seven))
    (drop (table.grow $t (ref.func $seven) (i32.const 2)))
    (call_indirect $t (type $v) (local.get 0)))
  (func (export "call_grown_in_loop") (param i32) (result i32) (local $sum i32)
    (table.set $t (i32.const 0) (ref.func $seven))
    (loop $again
      (drop (table.grow $t (ref.func $seven) (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum)
        (call_indirect $t (type $v) (i32.sub (table.size $t) (i32.const 1)))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum)))

(assert_return (invoke "size_over_call") (i32.const 1) (i32.const 2))
(assert_return (invoke "size_over_branch" (i32.const 0)) (i32.const 2) (i32.const 2))
(assert_return (invoke "size_over_branch" (i32.const 1)) (i32.const 2) (i32.const 3))
(assert_return (invoke "size_over_grow") (i32.const 3) (i32.const 3) (i32.const 4))
(assert_return (invoke "load_far_after_call" (i32.const 65536)) (i32.const 0))
(assert_return (invoke "size_in_loop" (i32.const 3)) (i32.const 0x567))
(assert_return (invoke "table_over_grow") (i32.const 1) (i32.const 1) (i32.const 4))
(assert_return (invoke "call_grown" (i32.const 5)) (i32.const 7))
(assert_trap (invoke "call_grown" (i32.const 9)) "undefined element")
(assert_return (invoke "call_grown_in_loop" (i32.const 2)) (i32.const 14))

;; The bounds check of a memory with small pages compares with the size in each iteration of a loop that grows it.
(module
  (memory 1 100)
  (func (export "far_in_loop") (param $n i32) (result i32) (local $i i32)
    (loop $again
      (drop (memory.grow (i32.const 1)))
      ;; 40 MiB are beyond the guard; the address increases by a page each time, just in bounds.
      (i32.store offset=0 (i32.mul (local.get $i) (i32.const 65536)) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (memory.size)))

(assert_return (invoke "far_in_loop" (i32.const 5)) (i32.const 6))

;; As many pages as a static offset beyond the guard region needs.
(module
  (memory 640 700)
  (func (export "load") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum)
        (i32.load offset=41943040 (i32.mul (local.get $i) (i32.const 65536)))))
      (drop (memory.grow (i32.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))
  (func (export "grow_first") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $again
      (drop (memory.grow (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum)
        (i32.load offset=41943040 (i32.mul (local.get $i) (i32.const 65536)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum)))

(assert_trap (invoke "load" (i32.const 3)) "out of bounds memory access")
(assert_return (invoke "grow_first" (i32.const 3)) (i32.const 0))
