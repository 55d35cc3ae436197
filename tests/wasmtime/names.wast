;;! exceptions = true
;; The last item with a name counts, for calls and for imports.

(module $o (func (export "f") (result i32) (i32.const 1)))
(module $o (func (export "f") (result i32) (i32.const 2)))
(assert_return (invoke $o "f") (i32.const 2))
(module (import "o" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))
(assert_return (invoke "g") (i32.const 2))
(module (func (export "f") (result i32) (i32.const 3)))
(register "o")
(assert_return (invoke $o "f") (i32.const 3))
(module definition $d (func (export "f") (result i32) (i32.const 4)))
(module definition $d (func (export "f") (result i32) (i32.const 5)))
(module instance $o $d)
(assert_return (invoke $o "f") (i32.const 5))
(thread $t (module $o))
(wait $t)
(thread $t (module $o))
(wait $t)

;; The crate `wast` does not notice a tag before an import, only other items.
(module (tag $t) (import "o" "f" (func (result i32))))
(module (tag $t) (func $f (import "o" "f") (result i32)))
(assert_malformed (module quote "(func) (import \"o\" \"f\" (func (result i32)))") "import after function")
(assert_malformed (module quote "(func) (tag (import \"o\" \"t\"))") "import after function")

;; WRONG
(assert_return (invoke $o "f") (i32.const 1))
(assert_malformed (module quote "(tag) (import \"o\" \"f\" (func (result i32)))") "import after tag")
(wait $unknown)
;; RIGHT
