;; Calls of the host, in order, with all arguments; by a start function, too.

(module
  (import "spectest" "print" (func $print))
  (import "spectest" "print_i32" (func $i32 (param i32)))
  (import "spectest" "print_i64" (func $i64 (param i64)))
  (import "spectest" "print_f32" (func $f32 (param f32)))
  (import "spectest" "print_f64" (func $f64 (param f64)))
  (import "spectest" "print_i32_f32" (func $i32_f32 (param i32 f32)))
  (func (export "i32") (call $i32 (i32.const {{1|2}})))
  (func (export "i64") (call $i64 (i64.const {{1|4294967297}})))
  (func (export "f32") (call $f32 (f32.const {{0|-0}})))
  (func (export "f64") (call $f64 (f64.const {{1|2}})))
  (func (export "second argument") (call $i32_f32 (i32.const 1) (f32.const {{1|2}})))
  (func (export "missing") (call $print) {{(call $print)|}})
  (func (export "extra") {{|(call $print)}})
  (func (export "order") (call $i32 (i32.const {{1|2}})) (call $i32 (i32.const {{2|1}})))
  (func (export "another") {{(call $print)|(call $i32 (i32.const 0))}}))
(invoke "i32")
(invoke "i64")
(invoke "f32")
(invoke "f64")
(invoke "second argument")
(invoke "missing")
(invoke "extra")
(invoke "order")
(invoke "another")
(module
  (import "spectest" "print_i32" (func $i32 (param i32)))
  (func $start (call $i32 (i32.const {{1|2}})))
  (start $start))
(assert_trap
  (module
    (import "spectest" "print_i32" (func $i32 (param i32)))
    (func $start (call $i32 (i32.const {{1|2}})) (unreachable))
    (start $start))
  "unreachable")

;; Beside results that differ.
(module
  (import "spectest" "print_i32" (func $i32 (param i32)))
  (func (export "and results") (result i32) (call $i32 (i32.const {{1|2}})) (i32.const {{3|4}})))
(invoke "and results")
