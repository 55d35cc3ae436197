;;! spec_test = true
;; In such a file, messages of rejected and unlinkable modules do not count, but those of traps do.

(module $m (func (export "trap") unreachable) (global (export "g") i32 (i32.const 0)))
(assert_invalid (module (func (result i32) (i64.const 0))) "whatever")
(assert_malformed (module quote "(func") "whatever")
(assert_malformed (module (func (result i32) (i64.const 0))) "whatever")
(assert_unlinkable (module (import "m" "g" (global i64))) "whatever")
(assert_unlinkable (module (func $s unreachable) (start $s)) "whatever")
(assert_trap (invoke "trap") "unreachable")

;; WRONG
(assert_trap (invoke "trap") "whatever")
(assert_trap (module (func $s unreachable) (start $s)) "whatever")
(assert_invalid (module) "whatever")
(assert_malformed (module quote "") "whatever")
(assert_unlinkable (module) "whatever")
(assert_unlinkable (module (func (result i32) (i64.const 0))) "whatever")
;; RIGHT
