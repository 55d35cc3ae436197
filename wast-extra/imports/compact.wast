;;! compact-imports = true

;; Imports in groups: of one module with a type each, and of one module and one type. Their imports are numbered as if
;; each were written individually.

(module
  (func (export "f1") (result i32) (i32.const 1))
  (func (export "f2") (result i32) (i32.const 2))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (global (export "g10") i32 (i32.const 10))
  (global (export "g20") i32 (i32.const 20))
  (global (export "m30") (mut i32) (i32.const 30))
  (table (export "t5") 5 funcref)
  (table (export "t6") 6 funcref)
  (memory (export "m1") 1 2)
  (memory (export "m2") 2 2)
  (tag (export "e") (param i32))
  (tag (export "e2") (param i32))
)
(register "lib")

;; All kinds in one group, with separate index spaces.
(module
  (import "lib"
    (item "f1" (func $f1 (result i32)))
    (item "g10" (global $g10 i32))
    (item "t5" (table $t5 5 funcref))
    (item "m1" (memory $m1 1 2))
    (item "e" (tag $e (param i32)))
    (item "m30" (global $m30 (mut i32)))
    (item "add" (func $add (param i32 i32) (result i32)))
    (item "m2" (memory $m2 2))
    (item "t6" (table $t6 1 funcref)))
  (func (export "functions") (result i32) (call $add (call $f1) (i32.const 40)))
  (func (export "globals") (result i32) (i32.sub (global.get $m30) (global.get $g10)))
  (func (export "set") (param i32) (global.set $m30 (local.get 0)))
  (func (export "tables") (result i32 i32) (table.size $t5) (table.size $t6))
  (func (export "memories") (result i32 i32) (memory.size $m1) (memory.size $m2))
  (func (export "catch") (result i32) (block $h (result i32) (try_table (catch $e $h) (throw $e (i32.const 7))) (unreachable)))
)
(assert_return (invoke "functions") (i32.const 41))
(assert_return (invoke "globals") (i32.const 20))
(assert_return (invoke "set" (i32.const 99)))
(assert_return (invoke "globals") (i32.const 89))
(assert_return (invoke "tables") (i32.const 5) (i32.const 6))
(assert_return (invoke "memories") (i32.const 1) (i32.const 2))
(assert_return (invoke "catch") (i32.const 7))

;; One type for all, of each kind; groups of both kinds alternate with single imports.
(module
  (import "lib" (item "f1") (item "f2") (func (result i32)))
  (import "lib" "add" (func (param i32 i32) (result i32)))
  (import "lib" (item "g20") (item "g10") (global i32))
  (import "lib" (item "f2" (func (result i32))) (item "f1" (func (result i32))))
  (import "lib" (item "t6") (item "t5") (table 5 funcref))
  (import "lib" (item "m2") (item "m1") (memory 1 2))
  (import "lib" (item "e2") (item "e") (tag (param i32)))
  (func (export "call") (result i32 i32 i32 i32) (call 0) (call 1) (call 3) (call 4))
  (func (export "add") (result i32) (call 2 (global.get 0) (global.get 1)))
  (func (export "sizes") (result i32 i32 i32 i32) (table.size 0) (table.size 1) (memory.size 0) (memory.size 1))
  (func (export "catch") (result i32)
    (block $second (result i32)
      (block $first (result i32)
        (try_table (catch 0 $first) (catch 1 $second) (throw 1 (i32.const 3)))
        (unreachable))
      (drop)
      (i32.const -1)))
)
(assert_return (invoke "call") (i32.const 1) (i32.const 2) (i32.const 2) (i32.const 1))
(assert_return (invoke "add") (i32.const 30))
(assert_return (invoke "sizes") (i32.const 6) (i32.const 5) (i32.const 2) (i32.const 1))
(assert_return (invoke "catch") (i32.const 3))

;; A missing item is missing, wherever it is; an empty group needs nothing.
(assert_unlinkable (module (import "lib" (item "f1" (func (result i32))) (item "f3" (func (result i32))))) "unknown import")
(assert_unlinkable (module (import "lib" (item "f1") (item "f3") (func (result i32)))) "unknown import")
(assert_unlinkable (module (import "lib" (item "g10") (item "m30") (global i32))) "incompatible import type")
(assert_unlinkable (module (import "lib" (item "m2") (item "m1") (memory 2))) "incompatible import type")
(assert_unlinkable (module (import "lib" (item "f1" (func (result i32))) (item "add" (func)))) "incompatible import type")
(module (import "nobody") (import "nobody" (func)))
(assert_invalid (module (import "lib" (item "f1" (func (type 1))))) "unknown type")
(assert_invalid
  (module binary "\00asm" "\01\00\00\00" "\02\0d\01" "\03lib" "\00\7e" "\00\05" "\01" "\02f1")
  "unknown type")

;; Groups are recognized by the empty name alone, and must be complete.
(module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f" "\02\0d\01" "\03lib" "\00\7f" "\01" "\02f1" "\00\00")
(module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f" "\02\10\01" "\03lib" "\00\7e" "\00\00" "\02" "\02f1" "\02f2")
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f" "\02\0e\01" "\03lib" "\01x" "\7f" "\01" "\02f1" "\00\00")
  "malformed import kind")
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f" "\02\0d\01" "\03lib" "\01x" "\7e" "\00\00" "\01" "\02f1")
  "malformed import kind")
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f" "\02\0d\01" "\03lib" "\00\7f" "\01" "\02f1" "\05\00")
  "malformed import kind")
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f" "\02\0d\01" "\03lib" "\00\7f" "\02" "\02f1" "\00\00")
  "unexpected end")
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f" "\02\0d\01" "\03lib" "\00\7e" "\00\00" "\02" "\02f1")
  "unexpected end")
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f" "\02\0d\01" "\03lib" "\00\7f" "\01" "\02\ff\ff" "\00\00")
  "malformed UTF-8 encoding")
