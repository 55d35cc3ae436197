;; The linked items of a thread's instances.

(thread $links
  (module $a (func (export "f")) (memory (export "m") 1))
  (register "a")
  (module $b (func (export "f")) (memory (export "m") 1))
  (register "b")
  (module (import "{{a|b}}" "f" (func)))
  (module (import "{{a|b}}" "m" (memory 1))))
(wait $links)
