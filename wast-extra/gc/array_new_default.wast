;; Arrays of references by array.new_default: identity, in constant expressions and in code.

(module
  (type $a (array (mut arrayref)))
  (type $e (array externref))
  (table $t 4 arrayref)
  (global $g (ref $a) (array.new_default $a (i32.const 3)))
  (elem $s arrayref (item (array.new_default $a (i32.const 1))) (item (ref.null array)))

  ;; An element segment is evaluated once.
  (func (export "twice") (result i32)
    (table.init $t $s (i32.const 0) (i32.const 0) (i32.const 2))
    (table.init $t $s (i32.const 2) (i32.const 0) (i32.const 2))
    (i32.and
      (ref.eq (table.get $t (i32.const 0)) (table.get $t (i32.const 2)))
      (ref.is_null (table.get $t (i32.const 3)))))

  (func (export "distinct") (param $n i32) (result i32)
    (ref.eq (array.new_default $a (local.get $n)) (array.new_default $a (local.get $n))))
  (func (export "same") (result i32) (ref.eq (global.get $g) (global.get $g)))
  (func (export "null") (result i32) (ref.eq (ref.null array) (ref.null none)))
  (func (export "new") (param $n i32) (result arrayref) (array.new_default $a (local.get $n)))
  (func (export "new-extern") (param $n i32) (result arrayref) (array.new_default $e (local.get $n)))

  ;; References in a frame stay alive, while everything else is collected.
  (func (export "churn") (param $n i32) (result i32)
    (local $kept arrayref) (local $copy arrayref)
    (local.set $kept (array.new_default $a (i32.const 5)))
    (local.set $copy (local.get $kept))
    (loop $l
      (if (ref.eq (array.new_default $e (i32.const 1000)) (local.get $kept)) (then (return (i32.const 0))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (ref.eq (local.get $kept) (local.get $copy))))

(assert_return (invoke "twice") (i32.const 1))
(assert_return (invoke "distinct" (i32.const 0)) (i32.const 0))
(assert_return (invoke "distinct" (i32.const 7)) (i32.const 0))
(assert_return (invoke "same") (i32.const 1))
(assert_return (invoke "null") (i32.const 1))
(assert_return (invoke "new" (i32.const 0)) (ref.array))
(assert_return (invoke "new" (i32.const 3)) (ref.array))
(assert_return (invoke "new-extern" (i32.const 3)) (ref.eq))
(assert_return (invoke "churn" (i32.const 30000)) (i32.const 1))
(assert_trap (invoke "new" (i32.const -1)) "allocation size too large")
