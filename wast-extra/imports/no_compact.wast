;; Without the proposal, a group is an import of an unknown kind.
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f" "\02\0d\01" "\03lib" "\00\7f" "\01" "\02f1" "\00\00")
  "malformed import kind")
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f" "\02\10\01" "\03lib" "\00\7e" "\00\00" "\02" "\02f1" "\02f2")
  "malformed import kind")
