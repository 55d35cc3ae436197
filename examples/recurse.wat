;; A function that calls itself until the stack is exhausted.
(module
  (func $down (param $depth i32)
    (call $down (i32.add (local.get $depth) (i32.const 1)))
    (drop (i32.load (i32.const 0))))
  (func (export "recurse") (call $down (i32.const 0)))
  (memory 1))
