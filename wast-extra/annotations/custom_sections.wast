;; Valid contents of annotations and of known custom sections. Only these assertions check them: otherwise a broken
;; section is ignored.

;; @custom: a name, perhaps a place, contents.
(module (@custom "a") (@custom "b" "x" "y") (@custom "c" (before type) "x") (@custom "d" (after data)) (@custom "e" (before first)))
(module (@custom "" (after last)) (func) (@custom "a" (before code) "\ff"))
(assert_malformed_custom (module quote "(@custom $x)") "@custom annotation: missing section name")
(assert_malformed_custom (module quote "(module (func) (@custom (before func) \"a\"))") "@custom annotation: missing section name")
(assert_malformed_custom (module quote "(@custom \"a\\c0\\80\")") "@custom annotation: malformed UTF-8 encoding")
(assert_malformed_custom (module quote "(@custom \"a\" \"b\" (before func))") "@custom annotation: unexpected token")
(assert_malformed_custom (module quote "(@custom \"a\" 1)") "@custom annotation: unexpected token")
(assert_malformed_custom (module quote "(@custom \"a\" (func before))") "@custom annotation: malformed placement")
(assert_malformed_custom (module quote "(@custom \"a\" ())") "@custom annotation: malformed placement")
(assert_malformed_custom (module quote "(@custom \"a\" (before last))") "@custom annotation: malformed section kind")
(assert_malformed_custom (module quote "(@custom \"a\" (after func func))") "@custom annotation: malformed section kind")
(assert_malformed_custom (module quote "(module (global (@custom \"a\") i32 (i32.const 0)))") "misplaced @custom annotation")
(assert_malformed_custom (module quote "(func (param i32) (drop (@custom \"a\") (local.get 0)))") "misplaced @custom annotation")
(assert_malformed_custom (module quote "(memory 1) (data (i32.const 0) (@custom \"a\") \"b\")") "misplaced @custom annotation")

;; @name: places where an identifier is bound.
(module $id (@name "name") (func $f (@name "a function") (param $p (@name "p") i32) (local $l (@name "a local") i32)
  (block $b (@name "b") (br $b))))
(assert_malformed_custom (module quote "(module (@name \"a\") (func) (@name \"b\"))") "misplaced @name annotation")
(assert_malformed_custom (module quote "(module $m (@name \"a\") (@name \"b\"))") "@name annotation: multiple module names")
(assert_malformed_custom (module quote "(func $f) (export (@name \"f\") \"f\" (func $f))") "misplaced @name annotation")
(assert_malformed_custom (module quote "(func (call $f (@name \"f\"))) (func $f)") "misplaced @name annotation")
(assert_malformed_custom (module quote "(module (@name))") "@name annotation: string expected")
(assert_malformed_custom (module quote "(module (@name \"\\ff\"))") "malformed UTF-8 encoding")

;; Branch hints: before if and br_if, flat and folded.
(module
  (func (export "f") (param i32) (result i32)
    local.get 0 (@metadata.code.branch_hint "\01") if i32.const 1 return end
    (block $b (@metadata.code.branch_hint "\00") (br_if $b (local.get 0)) (return (i32.const 2)))
    (@metadata.code.branch_hint "\01") (if (result i32) (local.get 0) (then (i32.const 3)) (else (i32.const 4)))))
(assert_return (invoke "f" (i32.const 0)) (i32.const 2))
(assert_return (invoke "f" (i32.const 1)) (i32.const 1))
(assert_malformed_custom
  (module quote "(func (param i32) local.get 0 (@metadata.code.branch_hint \"\\00\") (@metadata.code.branch_hint \"\\01\") if end)")
  "@metadata.code.branch_hint annotation: duplicate annotation")
(assert_malformed_custom
  (module quote "(module (@metadata.code.branch_hint \"\\00\") (func))")
  "@metadata.code.branch_hint annotation: not in a function")
(assert_malformed_custom
  (module quote "(global (@metadata.code.branch_hint \"\\00\") i32 (i32.const 0))")
  "@metadata.code.branch_hint annotation: not in a function")
(assert_malformed_custom
  (module quote "(global i32 (@metadata.code.branch_hint \"\\00\") (i32.const 0))")
  "@metadata.code.branch_hint annotation: not in a function")
(assert_malformed_custom
  (module quote "(table 1 funcref) (elem (offset (@metadata.code.branch_hint \"\\00\") i32.const 0))")
  "@metadata.code.branch_hint annotation: not in a function")
(assert_malformed_custom
  (module quote "(func (param i32) local.get 0 (@metadata.code.branch_hint \"\\02\") if end)")
  "@metadata.code.branch_hint annotation: invalid value")
(assert_invalid_custom
  (module (func (param i32) (@metadata.code.branch_hint "\01") local.get 0 drop))
  "@metadata.code.branch_hint annotation: invalid target")
(assert_invalid_custom
  (module (func (param i32) local.get 0 (@metadata.code.branch_hint "\01") drop))
  "@metadata.code.branch_hint annotation: invalid target")

;; As bytes: one function, a br_if at offset 5 of its body.
(module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00"
  "\00\20\19metadata.code.branch_hint\01\00\01\05\01\00"
  "\0a\0b\01\09\00\02\40\20\00\0d\00\0b\0b")
;; Between two instructions, after the last one, in another function, with an invalid value, without values, twice.
(assert_invalid_custom (module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00"
  "\00\20\19metadata.code.branch_hint\01\00\01\04\01\00"
  "\0a\0b\01\09\00\02\40\20\00\0d\00\0b\0b") "@metadata.code.branch_hint annotation: invalid target")
(assert_invalid_custom (module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00"
  "\00\20\19metadata.code.branch_hint\01\00\01\20\01\00"
  "\0a\0b\01\09\00\02\40\20\00\0d\00\0b\0b") "@metadata.code.branch_hint annotation: invalid target")
(assert_invalid_custom (module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00"
  "\00\20\19metadata.code.branch_hint\01\01\01\05\01\00"
  "\0a\0b\01\09\00\02\40\20\00\0d\00\0b\0b") "invalid function index 1")
(assert_malformed_custom (module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00"
  "\00\20\19metadata.code.branch_hint\01\00\01\05\01\02"
  "\0a\0b\01\09\00\02\40\20\00\0d\00\0b\0b") "invalid leading byte")
(assert_malformed_custom (module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00"
  "\00\1a\19metadata.code.branch_hint"
  "\0a\0b\01\09\00\02\40\20\00\0d\00\0b\0b") "unexpected end")
(assert_invalid_custom (module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00"
  "\00\20\19metadata.code.branch_hint\01\00\01\05\01\00"
  "\00\20\19metadata.code.branch_hint\01\00\01\05\01\00"
  "\0a\0b\01\09\00\02\40\20\00\0d\00\0b\0b") "duplicate branch hint section")

;; Names: of a missing function, of a missing local, twice, truncated.
(module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00" "\0a\04\01\02\00\0b"
  "\00\0a\04name\01\03\01\00\00")
(assert_invalid_custom (module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00" "\0a\04\01\02\00\0b"
  "\00\0a\04name\01\03\01\01\00") "custom @name: invalid function index 1")
(assert_invalid_custom (module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00" "\0a\04\01\02\00\0b"
  "\00\0c\04name\02\05\01\00\01\01\00") "custom @name: invalid local index")
(assert_invalid_custom (module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00" "\0a\04\01\02\00\0b"
  "\00\05\04name" "\00\05\04name") "duplicate name section")
(assert_malformed_custom (module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00" "\0a\04\01\02\00\0b"
  "\00\0a\04name\01\03\02\00\00") "unexpected end")
;; Without these assertions, these are modules.
(module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00" "\0a\04\01\02\00\0b"
  "\00\0a\04name\01\03\02\00\00")
(module binary
  "\00asm\01\00\00\00" "\01\05\01\60\01\7f\00" "\03\02\01\00"
  "\00\20\19metadata.code.branch_hint\01\07\01\05\01\02"
  "\0a\0b\01\09\00\02\40\20\00\0d\00\0b\0b")
