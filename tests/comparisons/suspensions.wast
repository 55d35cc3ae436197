;;! stack-switching = true
;; The tag of a suspension is part of the text.

(module
  (tag $a (export "a")) (tag $b (export "b"))
  (func (export "suspend") (suspend ${{a|b}}))
  (func (export "suspend or trap") {{(suspend $a)|(unreachable)}}))
(assert_suspension (invoke "suspend") "unhandled")
{{(assert_suspension|(assert_trap}} (invoke "suspend or trap") "{{unhandled|unreachable}}")
