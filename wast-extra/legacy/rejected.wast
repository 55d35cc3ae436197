;;! legacy-exceptions = true

;; Clauses without their try, and types of bodies and clauses, with the messages that the proposal's tests expect.

(assert_malformed (module quote "(func delegate 0)") "unexpected token")
(assert_malformed (module quote "(tag $e) (func catch $e)") "unexpected token")
(assert_malformed (module quote "(func catch_all)") "unexpected token")
(assert_malformed (module quote "(func block catch_all end)") "unexpected token")
(assert_malformed (module quote "(func try catch_all catch_all end)") "unexpected token")
(assert_malformed (module quote "(tag $e) (func try catch $e delegate 0)") "unexpected token")
(assert_malformed (module quote "(func try catch_all delegate 0)") "unexpected token")
(assert_malformed (module quote "(tag $e) (func try catch_all catch $e end)") "unexpected token")

(assert_invalid (module (func try delegate 1)) "unknown label")
(assert_invalid (module (func try catch_all rethrow 1 end)) "invalid rethrow label")
(assert_invalid (module (func rethrow 0)) "invalid rethrow label")
(assert_invalid (module (func try rethrow 0 end)) "invalid rethrow label")
(assert_invalid (module (func try catch 0 end)) "unknown tag 0")

(assert_invalid
  (module (tag) (func try catch 0 i32.const 42 end))
  "type mismatch: block requires [] but stack has [i32]")
(assert_invalid
  (module (func try catch_all i32.const 42 end))
  "type mismatch: block requires [] but stack has [i32]")
(assert_invalid (module (func (result i32) try (result i32) end)) "type mismatch")
(assert_invalid (module (func (result i32) try (result i32) i64.const 42 end)) "type mismatch")
(assert_invalid (module (tag (param i64)) (func (result i32) try (result i32) i32.const 42 catch 0 end)) "type mismatch")
(assert_invalid (module (tag (result i32))) "non-empty tag result type")
