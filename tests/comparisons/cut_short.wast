;;! threads = true
;; A directive of a thread that a full stack cuts short: from its end on, the contents of the memory that
;; it could reach are unknown. Everything else is known.

(module $Mem
  (memory (export "m") 1 1 shared)
  (func (export "shared") (result i32) (i32.const 1)))
(register "mem" $Mem)
(module $Other
  (memory (export "o") 1 1 shared)
  (func (export "other") (result i32) (i32.const {{1|2}})))
(thread $T (shared (module $Mem))
  (module
    (memory (import "mem" "m") 1 1 shared)
    (func $r (export "deep") (i32.store (i32.const 0) (i32.const 1)) (call $r)))
  (assert_exhaustion (invoke "deep") "call stack exhausted")
  (module
    (func (export "alone") (result i32) (i32.const {{1|2}})))
  (invoke "alone"))
(assert_return (invoke $Mem "shared") (i32.const 1))
(wait $T)
(assert_return (invoke $Mem "shared") (i32.const 1))
(assert_return (invoke $Other "other") (i32.const {{1|2}}))
(module $New (memory (import "mem" "m") 1 1 shared) (func (export "new") (result i32) (i32.const 1)))
(assert_return (invoke $New "new") (i32.const 1))
(thread $U (shared (module $Mem))
  (module
    (memory (import "mem" "m") 1 1 shared)
    (func (export "later") (result i32) (i32.const {{1|2}})))
  (invoke "later")
  (module (func (export "alone") (result i32) (i32.const {{1|2}})))
  (invoke "alone"))
(wait $U)
;; It did not have the memory of $Other, although its thread did.
(thread $V (shared (module $Other))
  (module (func $r (export "deep") (call $r)))
  (assert_exhaustion (invoke "deep") "call stack exhausted"))
(wait $V)
(assert_return (invoke $Other "other") (i32.const {{1|2}}))
;; The leftovers of a thread's thread are unknown to both.
(register "other" $Other)
(thread $W (shared (module $Other))
  (module $Own (memory 1) (func (export "own") (result i32) (i32.const 1)))
  (thread $X (shared (module $Other))
    (module
      (memory (import "other" "o") 1 1 shared)
      (func $r (export "deep") (i32.store (i32.const 0) (i32.const 1)) (call $r)))
    (assert_exhaustion (invoke "deep") "call stack exhausted"))
  (module $Reads (memory (import "other" "o") 1 1 shared) (func (export "reads") (result i32) (i32.const 1)))
  (assert_return (invoke $Reads "reads") (i32.const 1))
  (wait $X)
  (assert_return (invoke $Reads "reads") (i32.const 1))
  (assert_return (invoke $Own "own") (i32.const 1)))
(wait $W)
(assert_return (invoke $Other "other") (i32.const {{1|2}}))
;; What a thread does not know, those that it starts do not know, either.
(module $Third (memory (export "t") 1 1 shared))
(register "third" $Third)
(thread $Y (shared (module $Third))
  (module
    (memory (import "third" "t") 1 1 shared)
    (func $r (export "deep") (i32.store (i32.const 0) (i32.const 1)) (call $r)))
  (assert_exhaustion (invoke "deep") "call stack exhausted")
  (thread $Z (shared (module $Third))
    (module
      (memory (import "third" "t") 1 1 shared)
      (func (export "later") (result i32) (i32.const 1)))
    (assert_return (invoke "later") (i32.const 1))
    (module (func (export "alone") (result i32) (i32.const {{1|2}})))
    (invoke "alone"))
  (wait $Z))
(wait $Y)
