;; The offset of an active segment has the address type of its own memory or table, whatever other ones precede it.

(module
  (memory $narrow 1)
  (memory $wide i64 1)
  (memory $last 1)
  (table $few 4 funcref)
  (table $many i64 4 funcref)
  (data (memory $narrow) (offset (i32.const 0xffff)) "\01")
  (data (memory $wide) (offset (i64.const 0xffff)) "\02")
  (data (memory $wide) (offset (i64.add (i64.const 0xffff_ffff_0000_0000) (i64.const 0x1_0000_0000))) "\03")
  (data (memory $last) (offset (i32.mul (i32.const 0x10000) (i32.const 0x10000))) "\04")
  (elem (table $few) (offset (i32.const 3)) func $f)
  (elem (table $many) (offset (i64.sub (i64.const 0x1_0000_0002) (i64.const 0x1_0000_0000))) func $f)
  (func $f)
  (func (export "bytes") (result i32 i32 i32 i32)
    (i32.load8_u $narrow (i32.const 0xffff))
    (i32.load8_u $wide (i64.const 0xffff))
    (i32.load8_u $wide (i64.const 0))
    (i32.load8_u $last (i32.const 0)))
  (func (export "nulls") (result i32 i32 i32 i32)
    (ref.is_null (table.get $few (i32.const 2)))
    (ref.is_null (table.get $few (i32.const 3)))
    (ref.is_null (table.get $many (i64.const 2)))
    (ref.is_null (table.get $many (i64.const 3)))))
(assert_return (invoke "bytes") (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4))
(assert_return (invoke "nulls") (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 1))

;; No offset loses its upper half.
(assert_trap
  (module (memory 1) (memory $wide i64 1) (data (memory $wide) (offset (i64.const 0x1_0000_0000)) "a"))
  "out of bounds memory access")
(assert_trap
  (module (memory 1) (memory $wide i64 1) (data (memory $wide) (offset (i64.mul (i64.const 0x8000_0000) (i64.const -2))) "a"))
  "out of bounds memory access")
(assert_trap
  (module
    (import "spectest" "memory" (memory 1))
    (memory 1)
    (memory $wide i64 1)
    (data (memory $wide) (offset (i64.add (i64.const 0xffff_ffff) (i64.const 1))) "a"))
  "out of bounds memory access")
(assert_trap
  (module (table 1 funcref) (table $many i64 1 funcref) (func $f)
    (elem (table $many) (offset (i64.const 0x1_0000_0000)) func $f))
  "out of bounds table access")

(module
  (memory (export "wide") i64 1)
  (global (export "far") i64 (i64.const 0x1_0000_0000)))
(register "wide")
(assert_trap
  (module
    (import "spectest" "memory" (memory 1))
    (import "wide" "wide" (memory $wide i64 1))
    (import "wide" "far" (global $far i64))
    (data (memory $wide) (offset (global.get $far)) "a"))
  "out of bounds memory access")

;; Nor does one have an upper half that its memory does not know.
(assert_trap
  (module (memory i64 1) (memory $narrow 1) (data (memory $narrow) (offset (i32.const -1)) "a"))
  "out of bounds memory access")
(assert_invalid
  (module (memory 1) (memory $wide i64 1) (data (memory $wide) (offset (i32.const 0)) "a"))
  "type mismatch")
(assert_invalid
  (module (memory i64 1) (memory $narrow 1) (data (memory $narrow) (offset (i64.const 0)) "a"))
  "type mismatch")
