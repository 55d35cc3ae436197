;; Valid places of names and branch hints: only the items before them in their list count.

;; A name belongs to the item that was bound just before.
(module quote "(func (@name \"x\"))")
(module quote "(func $f (@name \"x\"))")
(assert_malformed_custom (module quote "(func (param i32) (@name \"x\"))") "misplaced @name annotation")
(assert_malformed_custom (module quote "(func (nop) (@name \"x\"))") "misplaced @name annotation")

;; The module's own name: once, first.
(module quote "(module (@name \"x\"))")
(assert_malformed_custom (module quote "(module (@name \"x\") (@name \"y\"))") "@name annotation: multiple module")
(assert_malformed_custom (module quote "(module (@name \"x\") (func) (@name \"y\"))") "misplaced @name annotation")

;; One hint for each instruction, and only in a function.
(module quote
  "(func (@metadata.code.branch_hint \"\\00\") (if (i32.const 0) (then))"
  "  (@metadata.code.branch_hint \"\\01\") (if (i32.const 0) (then)))")
(assert_malformed_custom
  (module quote
    "(func (@metadata.code.branch_hint \"\\00\") (@metadata.code.branch_hint \"\\00\") (if (i32.const 0) (then)))")
  "@metadata.code.branch_hint annotation: duplicate annotation")
(assert_malformed_custom
  (module quote "(@metadata.code.branch_hint \"\\00\") (func (if (i32.const 0) (then)))")
  "@metadata.code.branch_hint annotation: not in a function")
