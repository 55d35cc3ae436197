;; In unreachable code, an operand of an instruction on references has any type, but its result is still a reference.

(module
  (type $f (func))
  (func (result externref) (unreachable) (ref.as_non_null))
  (func (result (ref func)) (unreachable) (ref.as_non_null))
  (func (result anyref) (unreachable) (ref.as_non_null))
  (func (result (ref $f)) (block (unreachable) (br_on_null 0) (return)) (unreachable))
  (func (param externref) (result externref)
    (block $l (result (ref extern)) (unreachable) (br_on_non_null $l) (return (local.get 0))))
  (func (result i32) (unreachable) (ref.is_null))
  (func (unreachable) (ref.as_non_null) (drop)))

(assert_invalid (module (func (result f64) (unreachable) (ref.as_non_null))) "type mismatch")
(assert_invalid (module (func (result i32) (unreachable) (ref.as_non_null))) "type mismatch")
(assert_invalid (module (func (result v128) (unreachable) (ref.as_non_null))) "type mismatch")
(assert_invalid (module (func (unreachable) (ref.as_non_null) (i32.eqz) (drop))) "type mismatch")
(assert_invalid (module (func (result f64) (block (unreachable) (br_on_null 0) (return)) (unreachable))) "type mismatch")
(assert_invalid (module (func (local i64) (unreachable) (ref.as_non_null) (local.set 0))) "type mismatch")
(assert_invalid
  (module (func (result f64) (block $l (result f64) (unreachable) (br_on_non_null $l) (unreachable))))
  "type mismatch")
(assert_invalid (module (func (result i64) (unreachable) (ref.is_null))) "type mismatch")
(assert_invalid
  (module (func (result f32) (unreachable) (ref.as_non_null) (ref.as_non_null) (select (f32.const 1) (i32.const 0))))
  "type mismatch")
