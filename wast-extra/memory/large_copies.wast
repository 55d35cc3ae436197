;; Copies and fills of more than 4 MiB, which are done in several pieces: in both directions, where source and destination
;; overlap except for one byte, in part, and not at all. Cells are spread over the source, and around the ends of each piece,
;; counted from the beginning and from the end.

(module
  (memory 160)
  (global $wrong (mut i32) (i32.const 0))
  (func $cell (param $at i32) (result i32)
    (i32.or (i32.mul (i32.add (local.get $at) (i32.const 1)) (i32.const 0x9e3779b1)) (i32.const 1)))
  (func $plant (param $at i32) (i32.store (local.get $at) (call $cell (local.get $at))))
  ;; Where a cell was, and where it is now.
  (func $check (param $at i32) (param $now i32)
    (if (i32.ne (i32.load (local.get $now)) (call $cell (local.get $at)))
      (then (global.set $wrong (i32.add (global.get $wrong) (i32.const 1))))))
  (type $visit (func (param i32 i32 i32 i32)))
  (table funcref (elem $planted $copied $kept))
  (func $planted (type $visit) (call $plant (local.get 0)))
  (func $copied (param $at i32) (param $dst i32) (param $src i32) (param $len i32)
    (call $check (local.get $at) (i32.add (local.get $at) (i32.sub (local.get $dst) (local.get $src)))))
  ;; Of the source, what the copy did not write.
  (func $kept (param $at i32) (param $dst i32) (param $src i32) (param $len i32)
    (if (i32.or
          (i32.le_u (i32.add (local.get $at) (i32.const 4)) (local.get $dst))
          (i32.ge_u (local.get $at) (i32.add (local.get $dst) (local.get $len))))
      (then (call $check (local.get $at) (local.get $at)))))
  ;; Visits the cells of the source: addresses that are divisible by 4.
  (func $each (param $visit i32) (param $dst i32) (param $src i32) (param $len i32) (local $at i32) (local $end i32)
    (local.set $end (i32.sub (i32.add (local.get $src) (local.get $len)) (i32.const 4)))
    (local.set $at (i32.and (i32.add (local.get $src) (i32.const 3)) (i32.const -4)))
    (loop $next
      (call_indirect (type $visit)
        (local.get $at) (local.get $dst) (local.get $src) (local.get $len) (local.get $visit))
      (local.set $at (i32.add (local.get $at) (i32.const 16380)))
      (br_if $next (i32.le_u (local.get $at) (local.get $end))))
    (call $around (local.get $visit) (local.get $dst) (local.get $src) (local.get $len) (local.get $src))
    (call $around (local.get $visit) (local.get $dst) (local.get $src) (local.get $len)
      (i32.add (local.get $src) (i32.const 4194304)))
    (call $around (local.get $visit) (local.get $dst) (local.get $src) (local.get $len)
      (i32.sub (i32.add (local.get $src) (local.get $len)) (i32.const 4194304)))
    (call $around (local.get $visit) (local.get $dst) (local.get $src) (local.get $len) (local.get $end)))
  ;; ... within 32 bytes of a place.
  (func $around (param $visit i32) (param $dst i32) (param $src i32) (param $len i32) (param $place i32) (local $at i32)
    (local.set $at (i32.and (i32.sub (local.get $place) (i32.const 32)) (i32.const -4)))
    (loop $next
      (if (i32.le_u (i32.sub (local.get $at) (local.get $src)) (i32.sub (local.get $len) (i32.const 4)))
        (then
          (call_indirect (type $visit)
            (local.get $at) (local.get $dst) (local.get $src) (local.get $len) (local.get $visit))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_s (local.get $at) (i32.add (local.get $place) (i32.const 32))))))
  ;; The number of cells that are wrong afterwards.
  (func (export "copy") (param $dst i32) (param $src i32) (param $len i32) (result i32)
    (global.set $wrong (i32.const 0))
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 10485760))
    (call $each (i32.const 0) (local.get $dst) (local.get $src) (local.get $len))
    (memory.copy (local.get $dst) (local.get $src) (local.get $len))
    (call $each (i32.const 1) (local.get $dst) (local.get $src) (local.get $len))
    (call $each (i32.const 2) (local.get $dst) (local.get $src) (local.get $len))
    (global.get $wrong))
  ;; The number of bytes that a fill did not write, of every 4093rd one and of those around the ends of pieces; and the bytes
  ;; before and behind.
  (func (export "fill") (param $at i32) (param $len i32) (result i32 i32 i32) (local $i i32)
    (global.set $wrong (i32.const 0))
    (memory.fill (i32.const 0) (i32.const 0x11) (i32.const 10485760))
    (memory.fill (local.get $at) (i32.const 0xee) (local.get $len))
    (loop $next
      (call $filled (i32.add (local.get $at) (local.get $i)))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4093))) (local.get $len))))
    (local.set $i (i32.const -16))
    (loop $next
      (call $filled (i32.add (i32.add (local.get $at) (i32.const 4194304)) (local.get $i)))
      (call $filled (i32.add (i32.add (local.get $at) (i32.sub (local.get $len) (i32.const 17))) (local.get $i)))
      (call $filled (i32.add (i32.add (local.get $at) (i32.const 16)) (local.get $i)))
      (br_if $next (i32.le_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16))))
    (global.get $wrong)
    (i32.load8_u (i32.sub (local.get $at) (i32.const 1)))
    (i32.load8_u (i32.add (local.get $at) (local.get $len))))
  (func $filled (param $at i32)
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0xee))
      (then (global.set $wrong (i32.add (global.get $wrong) (i32.const 1)))))))
(assert_return (invoke "copy" (i32.const 1) (i32.const 0) (i32.const 5242885)) (i32.const 0))
(assert_return (invoke "copy" (i32.const 0) (i32.const 1) (i32.const 5242885)) (i32.const 0))
(assert_return (invoke "copy" (i32.const 64) (i32.const 3) (i32.const 5242880)) (i32.const 0))
(assert_return (invoke "copy" (i32.const 3) (i32.const 64) (i32.const 5242880)) (i32.const 0))
(assert_return (invoke "copy" (i32.const 786433) (i32.const 7) (i32.const 9437183)) (i32.const 0))
(assert_return (invoke "copy" (i32.const 7) (i32.const 786433) (i32.const 9437183)) (i32.const 0))
(assert_return (invoke "copy" (i32.const 4194312) (i32.const 8) (i32.const 5242880)) (i32.const 0))
(assert_return (invoke "copy" (i32.const 8) (i32.const 4194312) (i32.const 5242880)) (i32.const 0))
(assert_return (invoke "copy" (i32.const 5767168) (i32.const 0) (i32.const 4718592)) (i32.const 0))
(assert_return (invoke "copy" (i32.const 5) (i32.const 5) (i32.const 5242880)) (i32.const 0))
(assert_return (invoke "fill" (i32.const 1) (i32.const 5242885)) (i32.const 0) (i32.const 17) (i32.const 17))
(assert_return (invoke "fill" (i32.const 65537) (i32.const 8388609)) (i32.const 0) (i32.const 17) (i32.const 17))
