;; Tail calls, typed references, multiple values.
(module
  (type $f (func (param i32) (result i32 i32)))
  (table 2 (ref null $f))
  (elem (i32.const 0) (ref null $f) (ref.func $a) (ref.func $b))
  (func $a (type $f) (return_call $b (local.get 0)))
  (func $b (type $f) (return_call_indirect (type $f) (local.get 0) (i32.const 1)))
  (func (export "c") (param (ref null $f)) (result i32)
    (call_ref $f (i32.const 1) (ref.as_non_null (local.get 0)))
    (i32.sub)
    (br_table 0 0 (i32.const 3))))
