;; How a declared subtype may differ from its supertype: the numbers of parameters, results and fields matter, too.

(assert_invalid
  (module (type $a (sub (func (param i32)))) (type $b (sub $a (func (param i32 i32)))))
  "sub type 1 does not match super type 0")
(assert_invalid
  (module (type $a (sub (func (param i32 i32)))) (type $b (sub $a (func (param i32)))))
  "sub type 1 does not match super type 0")
(assert_invalid
  (module (type $a (sub (func))) (type $b (sub $a (func (result i64)))))
  "sub type 1 does not match super type 0")
(assert_invalid
  (module (type $a (sub (func (result i64 i64)))) (type $b (sub $a (func (result i64)))))
  "sub type 1 does not match super type 0")
(assert_invalid
  (module (type $a (sub (struct (field i32) (field i64)))) (type $b (sub $a (struct (field i32)))))
  "sub type 1 does not match super type 0")
(assert_invalid
  (module (type $a (sub (struct (field i32)))) (type $b (sub $a (struct (field (mut i32))))))
  "sub type 1 does not match super type 0")
(assert_invalid
  (module (type $a (sub (array i8))) (type $b (sub $a (array i16))))
  "sub type 1 does not match super type 0")
(assert_invalid
  (module (type $a (sub (array i32))) (type $b (sub $a (struct (field i32)))))
  "sub type 1 does not match super type 0")

;; Of two in a group, it is the second that does not match.
(assert_invalid
  (module
    (type $a (sub (func (param i32))))
    (rec
      (type $b (sub $a (func (param i32))))
      (type $c (sub $a (func (param i32 i32))))))
  "sub type 2 does not match super type 0")

;; More fields are no difference.
(module
  (type $a (sub (struct (field i32))))
  (type $b (sub $a (struct (field i32) (field (mut f64)))))
  (func (export "first") (result i32)
    (struct.get $a 0 (struct.new $b (i32.const 7) (f64.const 1)))))
(assert_return (invoke "first") (i32.const 7))
