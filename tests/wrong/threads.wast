;;! threads = true
;; A thread that does not begin: nothing in it is done, and what comes after it is.

;; WRONG
(thread $u (shared (module $none))
  (module $g (func (export "g")))
  (assert_return (invoke "g"))
  (thread $v
    (module (func (export "h")))
    (assert_return (invoke "h")))
  (wait $v))
(wait $u)
(wait $nobody)

;; RIGHT
(module $m (memory (export "memory") 1 1 shared))
(module $f (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 1))
(thread $t (shared (module $m)) (module (func (export "f"))) (assert_return (invoke "f")))
(wait $t)

;; WRONG
(thread $w (shared (module $f)) (module (func (export "g"))))
(wait $w)

;; RIGHT
(assert_return (invoke $f "f") (i32.const 1))
(thread $x (shared (module $m)) (module (func (export "f"))) (assert_return (invoke "f")))
(wait $x)
(thread $y (shared (module $m)) (module (func (export "f"))) (assert_return (invoke "f")))

;; WRONG
(thread $y (shared (module $m)) (module (func (export "f"))) (assert_return (invoke "f")))

;; RIGHT
(wait $y)
