;;! custom-descriptors = true
;; An object's descriptor is a part of it.

(module
  (rec
    (type $a (descriptor $d) (struct (field i32)))
    (type $d (describes $a) (struct (field i32))))
  (global $g (mut (ref null $a)) (ref.null $a))
  (func (export "make") (global.set $g (struct.new_desc $a (i32.const 7) (struct.new $d (i32.const {{1|2}}))))))
(invoke "make")
(module
  (rec
    (type $a (descriptor $d) (struct))
    (type $d (describes $a) (struct)))
  (global $one (ref (exact $d)) (struct.new $d))
  (global $two (ref (exact $d)) (struct.new $d))
  (global $g (mut (ref null $a)) (ref.null $a))
  (func (export "make") (global.set $g (struct.new_desc $a (global.get ${{one|two}})))))
(invoke "make")
