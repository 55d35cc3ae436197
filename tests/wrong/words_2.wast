;;! spec = "2.0"

;; Older texts that only the first version has, texts for other errors, and inexact texts.

;; WRONG
(assert_malformed (module binary "\00asm\01\00\00\00\0e\00") "invalid section id")
(assert_malformed (module binary "\00asm\01\00\00\00" "\02\05\01\01\ff\00\00\00") "invalid UTF-8 encoding")
(assert_malformed (module binary "\00asm\01\00\00\00" "\06\06\01\7f\02\41\00\0b") "invalid mutability")
(assert_malformed (module quote "(type (func (result i32) (param i32)))") "result before parameter")
(assert_invalid (module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 1)))) "global is immutable!")
(assert_invalid (module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 1)))) "global is")
(assert_malformed (module quote "(memory 4294967296)") "integer too large")
(assert_malformed (module quote "(memory 4294967296)") "i64 constant")
;; RIGHT
(assert_invalid (module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 1)))) "global is immutable")
