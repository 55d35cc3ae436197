;; Two functions that call each other until the stack is exhausted.
(module
  (func $even (param $depth i32)
    (call $odd (i32.add (local.get $depth) (i32.const 1)))
    (drop (i32.load (i32.const 0))))
  (func $odd (param $depth i32)
    (call $even (i32.add (local.get $depth) (i32.const 1)))
    (drop (i32.load (i32.const 0))))
  (func (export "recurse") (call $even (i32.const 0)))
  (memory 1))
