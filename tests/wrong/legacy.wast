;;! legacy-exceptions = true

;; The folded text of the older exceptions, with wrong expectations.

(module
  (tag $e)
  (func (export "catch") (result i32) (try (result i32) (do (throw $e)) (catch $e (i32.const 1))))
  (func (export "out") (try (do (throw $e)))))
;; WRONG
(assert_return (invoke "catch") (i32.const 0))
(assert_exception (invoke "catch"))
(assert_return (invoke "out"))
(assert_trap (invoke "out") "")
(assert_malformed (module quote "(func (try (do)))") "")
(assert_malformed (module quote "(func (try (do)))") "unexpected token")
(assert_malformed (module quote "(func (try (do) (catch_all) (catch_all)))") "unknown operator")
(assert_invalid (module quote "(func (try (do) (catch_all) (catch_all)))") "")
(assert_invalid (module (func (try (do) (delegate 0)))) "")
(assert_invalid (module (func (try (do) (delegate 1)))) "unknown tag")
(module quote "(func (try (catch_all)))")
;; RIGHT
(module)
