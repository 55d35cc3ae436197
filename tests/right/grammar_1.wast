;;! spec = "1.0"
;; Before 2.0, the table or memory of a segment was named by its index alone.

(module (table 1 funcref) (memory 1) (func $f) (elem 0 (i32.const 0) $f) (data 0 (i32.const 0) "a"))
(module quote "(table 1 funcref) (memory 1) (func $f) (elem 0 (offset i32.const 0) $f) (data 0 (offset i32.const 0) \"a\")")
(assert_malformed (module quote "(func (result) (param))") "result before parameter")
