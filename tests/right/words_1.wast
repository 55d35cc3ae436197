;;! spec = "1.0"

;; Texts of the first version, in which a name may be defined again.

(module $M (func (export "f") (result i32) (i32.const 1)))
(module $M (func (export "f") (result i32) (i32.const 2)))
(assert_return (invoke $M "f") (i32.const 2))
(assert_malformed (module binary "\00asm\01\00\00\00\0e\00") "invalid section id")
(assert_malformed (module binary "\00asm\01\00\00\00" "\02\05\01\01\ff\00\00\00") "invalid UTF-8 encoding")
(assert_malformed (module binary "\00asm\01\00\00\00" "\06\06\01\7f\02\41\00\0b") "invalid mutability")
(assert_invalid (module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 1)))) "global is immutable")
(assert_malformed (module quote "(memory 4294967296)") "i32 constant out of range")
(assert_malformed (module quote "(func (i32.load offset=4294967296 (i32.const 0)) drop) (memory 1)") "i32 constant")
(assert_malformed (module quote "(type (func (result i32) (param i32)))") "result before parameter")
(assert_malformed (module quote "(func (i32.extend8_s (i32.const 0)) drop)") "unknown operator")
