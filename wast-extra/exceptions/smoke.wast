;; A minimal script of our own.
(module
  (tag $e (param i32))
  (func (export "catch") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $e $h)
        (throw $e (local.get 0))))))
(assert_return (invoke "catch" (i32.const 7)) (i32.const 7))
(assert_return (invoke "catch" (i32.const -1)) (i32.const -1))
