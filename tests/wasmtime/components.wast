;; Components are not run, whether or not the parser knows their contents. Everything beside them is judged.

(module $m (func (export "f") (result i32) (i32.const 1)))

;; UNSUPPORTED
(component)
(component (core module (func)))
(component $c (bogus) (core bogus "(") ;; )
  (; ( ;) (@custom "a" "b") (core module (func (bogus $x 1 0x1p3 +nan:0x4))))
(component definition $d (bogus))
(component instance $i $d)
(component definition (bogus))
(assert_invalid (component (bogus)) "text")
(assert_malformed (component quote "(bogus)") "text")
(assert_malformed (component (canon bogus)) "text")
(assert_unlinkable (component (bogus)) "text")
(assert_trap (component $e (bogus)) "text")
(component $last (bogus))
(assert_return (invoke "f"))
(assert_trap (invoke "f") "text")

;; RIGHT
(assert_return (invoke $m "f") (i32.const 1))
(module (func (export "g") (result i32) (i32.const 2)))
(assert_return (invoke "g") (i32.const 2))

;; WRONG
(assert_return (invoke $m "f") (i32.const 2))
(assert_return (invoke "g") (i32.const 1))
;; RIGHT
