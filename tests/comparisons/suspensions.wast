;;! stack-switching = true
;; What is suspended by: the tag shows in the text.

(module
  (tag $a (export "a")) (tag $b (export "b"))
  (func (export "suspend") (suspend ${{a|b}}))
  (func (export "suspend or trap") {{(suspend $a)|(unreachable)}}))
(assert_suspension (invoke "suspend") "unhandled")
{{(assert_suspension|(assert_trap}} (invoke "suspend or trap") "{{unhandled|unreachable}}")
