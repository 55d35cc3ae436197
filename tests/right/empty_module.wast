;; A script may be the fields of one module.
(func (export "f"))
(memory 1)
