;; A component is not a module, whatever features are on: found by the fuzz target `decode`.
(assert_malformed (module binary "\00asm" "\0d\00\01\00") "unknown binary version")
(assert_malformed (module binary "\00asm" "\01\00\01\00") "unknown binary version")
