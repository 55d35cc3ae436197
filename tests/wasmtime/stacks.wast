;;! stack_switching = true
;; The features that stack switching requires need not be named.

(module
  (type $f (func))
  (type $c (cont $f))
  (tag $t)
  (elem declare func $g)
  (func $g (suspend $t))
  (func (export "null") (resume $c (ref.null $c)))
  (func (export "one") (result i32)
    (block $h (result (ref $c)) (resume $c (on $t $h) (cont.new $c (ref.func $g))) (return (i32.const 0)))
    (drop) (i32.const 1)))
(assert_trap (invoke "null") "null reference")
(assert_return (invoke "one") (i32.const 1))
