;;! stack-switching = true

;; Unhandled suspensions, taken for other ends.

(module
  (tag $t)
  (func (export "suspend") (suspend $t))
  (func (export "nothing")))
(assert_suspension (invoke "suspend") "unhandled")
;; WRONG
(assert_suspension (invoke "suspend") "unhandled!")
(assert_suspension (invoke "nothing") "unhandled")
(assert_trap (invoke "suspend") "unhandled")
(assert_trap (invoke "suspend") "")
(assert_exception (invoke "suspend"))
(assert_exhaustion (invoke "suspend") "")
(assert_return (invoke "suspend"))
(invoke "suspend")
;; RIGHT
(assert_return (invoke "nothing"))
