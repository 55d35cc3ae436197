;; Memories: each byte, and their sizes; exported or not, the second one, of 64 bits, of odd pages, shared.

(module
  (memory $first 2)
  (func (export "first") (i32.store8 (i32.const 0) (i32.const {{0|1}})))
)
(invoke "first")
(module
  (memory $m 2)
  (func (export "last") (i32.store8 (i32.const 131071) (i32.const {{0|1}}))))
(invoke "last")
(module
  (memory $m 2)
  (func (export "beyond a page") (i32.store8 (i32.const 4099) (i32.const {{0|128}}))))
(invoke "beyond a page")
(module
  (memory (export "m") 1)
  (func (export "exported") (i64.store (i32.const 8) (i64.const {{0|0x100000000000000}}))))
(invoke "exported")
(module
  (memory 1)
  (memory $second 1)
  (func (export "second") (i32.store $second (i32.const 0) (i32.const {{1|2}}))))
(invoke "second")
(module
  (memory i64 1)
  (func (export "of 64 bits") (i32.store (i64.const 65532) (i32.const {{1|2}}))))
(invoke "of 64 bits")
(module
  (memory 1 4)
  (func (export "grow") (result i32) (memory.grow (i32.const {{1|2}}))))
(assert_return (invoke "grow") (i32.const 1))
(module (memory 1) (data (i32.const 9) "{{a|b}}"))
(module
  (memory 1)
  (data $d "ab")
  (func (export "init") (memory.init $d (i32.const 0) (i32.const {{0|1}}) (i32.const 1))))
(invoke "init")
;; A NaN's bytes are bytes.
(module
  (memory 1)
  (func (export "nan") (f32.store (i32.const 0) (f32.const {{nan|-nan}}))))
(invoke "nan")
;; The memory of the host.
(module
  (import "spectest" "memory" (memory 1))
  (func (export "host's") (i32.store (i32.const 0) (i32.const {{1|2}}))))
(invoke "host's")
;; A page that only one side has touched.
(module
  (memory 2)
  (func (export "left page") (if (i32.const {{1|0}}) (then (i32.store (i32.const 70000) (i32.const 7))))))
(invoke "left page")
(module
  (memory 2)
  (func (export "right page") (if (i32.const {{0|1}}) (then (i32.store (i32.const 70000) (i32.const 7))))))
(invoke "right page")
