;;! stack-switching = true
;; Invalid modules, each preceded by the reason.

;; Type of a missing function.
(assert_invalid
  (module (type $s (struct)) (type $c (cont $s)))
  "non-function type")
;; Type of a continuation.
(assert_invalid
  (module (type $f (func)) (type $c (cont $f)) (type $d (cont $c)))
  "non-function type")
;; Unknown type.
(assert_invalid
  (module (type $c (cont 7)))
  "unknown type")
;; Cont.new of another function.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.new $c (ref.null $g)))))
  "type mismatch")
;; Cont.new of a type that is not a continuation.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.new $f (ref.func $f)))))
  "non-continuation type")
;; Cont.new of a funcref.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.new $c (ref.null func)))))
  "type mismatch")
;; Cont.new of nothing.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.new $c))))
  "type mismatch")
;; Bind of another type.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.bind $c $cg (i64.const 1) (ref.null $c)))))
  "type mismatch")
;; Bind of a value of another type.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.bind $c $cg (i32.const 1) (ref.null $cg)))))
  "type mismatch")
;; Bind to more parameters.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.bind $cg $c (ref.null $cg)))))
  "type mismatch")
;; Bind to other parameters.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.bind $cs $c (f32.const 1) (ref.null $cs)))))
  "type mismatch")
;; Bind without arguments.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.bind $c $cg (ref.null $c)))))
  "type mismatch")
;; Bind of a type that is not a continuation.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.bind $f $cg (i32.const 1) (ref.null $c)))))
  "non-continuation type")
;; Bind to a type that is not a continuation.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (cont.bind $c $g (i32.const 1) (ref.null $c)))))
  "non-continuation type")
;; Suspend without payload.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (suspend $y))))
  "type mismatch")
;; Suspend with another payload.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (suspend $y (f32.const 1)))))
  "type mismatch")
;; Suspend, no result.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func (result i32) (suspend $n)))
  "type mismatch")
;; Suspend, another result.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func (result i64) (suspend $y (f64.const 1))))
  "type mismatch")
;; Suspend, unknown tag.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (suspend 17)))
  "unknown tag")
;; Resume without arguments.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (resume $c (ref.null $c)))))
  "type mismatch")
;; Resume, another argument.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (resume $c (i64.const 1) (ref.null $c)))))
  "type mismatch")
;; Resume of another type.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (resume $c (i32.const 1) (ref.null $cg)))))
  "type mismatch")
;; Resume of a type that is not a continuation.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (resume $f (i32.const 1) (ref.null $c)))))
  "non-continuation type")
;; Resume, another result.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func (result i32) (resume $cg (ref.null $cg))))
  "type mismatch")
;; Handler, unknown tag.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (block $on (result (ref null $cg)) (drop (resume $cg (on 17 $on) (ref.null $cg))) (ref.null $cg)) (drop)))
  "unknown tag")
;; Handler, unknown label.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (resume $cg (on $n 5) (ref.null $cg)))))
  "unknown label")
;; Handler, label without continuation.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (block $on (drop (resume $cg (on $n $on) (ref.null $cg))))))
  "type mismatch")
;; Handler, label with something else.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (block $on (result i32) (drop (resume $cg (on $n $on) (ref.null $cg))) (i32.const 0)) (drop)))
  "type mismatch")
;; Handler, label without payload.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (block $on (result (ref null $cg)) (drop (resume $cg (on $e $on) (ref.null $cg))) (ref.null $cg)) (drop)))
  "type mismatch")
;; Handler, label with another payload.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (block $on (result i64 (ref null $cg)) (drop (resume $cg (on $e $on) (ref.null $cg))) (i64.const 1) (ref.null $cg)) (drop) (drop)))
  "type mismatch")
;; Handler, continuation with other parameters.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (block $on (result (ref null $c)) (drop (resume $cg (on $n $on) (ref.null $cg))) (ref.null $c)) (drop)))
  "type mismatch")
;; Handler, continuation without the parameters.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (block $on (result f64 (ref null $cg)) (drop (resume $cg (on $y $on) (ref.null $cg))) (f64.const 1) (ref.null $cg)) (drop) (drop)))
  "type mismatch")
;; Handler, reference to any continuation.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (block $on (result (ref null cont)) (drop (resume $cg (on $n $on) (ref.null $cg))) (ref.null cont)) (drop)))
  "type mismatch")
;; Switch handler with parameters.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (resume $cg (on $e switch) (ref.null $cg)))))
  "type mismatch")
;; Switch handler with other results.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (resume $cg (on $n switch) (ref.null $cg)))))
  "type mismatch")
;; Resume_throw without payload.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (resume_throw $c $e (ref.null $c)))))
  "type mismatch")
;; Resume_throw of a tag with results.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (resume_throw $c $y (f64.const 1) (ref.null $c)))))
  "non-empty tag result type")
;; Resume_throw_ref without exception.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (resume_throw_ref $c (ref.null $c)))))
  "type mismatch")
;; Throw of a tag with results.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (throw $y (f64.const 1))))
  "non-empty tag result type")
;; Catch of a tag with results.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (block $h (result f64) (try_table (catch $y $h)) (f64.const 1)) (drop)))
  "non-empty tag result type")
;; Switch of another type.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (switch $cs $sw (f32.const 1) (ref.null $cg)))))
  "type mismatch")
;; Switch without arguments.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (switch $cs $sw (ref.null $cs))))
  "type mismatch")
;; Switch with a tag that has parameters.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (switch $cs $e (f32.const 1) (ref.null $cs))))
  "type mismatch")
;; Switch with a tag of other results.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (switch $cs $n (f32.const 1) (ref.null $cs))))
  "type mismatch")
;; Switch to one that takes no continuation.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (switch $c $sw (i32.const 1) (ref.null $c)))))
  "type mismatch")
;; Switch to one that takes nothing.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (switch $cg $sw (ref.null $cg)))))
  "type mismatch")
;; Cast to a continuation.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (ref.cast (ref null $c) (ref.null $c)))))
  "invalid cast")
;; Test for a continuation.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (ref.test (ref null cont) (ref.null $c)))))
  "invalid cast")
;; Branch on a cast.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (block $l (result (ref null $c)) (br_on_cast $l (ref null cont) (ref null $c) (ref.null cont)) (drop) (ref.null $c)) (drop)))
  "invalid cast")
;; Ref.eq of continuations.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (drop (ref.eq (ref.null $c) (ref.null $c)))))
  "type mismatch")
;; A continuation is not an anyref.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func (result anyref) (drop (ref.i31 (i32.const 0))) (return (ref.null $c))))
  "type mismatch")
;; A global of a non-nullable continuation.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (global (ref $c) (ref.null $c)))
  "type mismatch")
;; A table without an initial value.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (table 1 (ref $c)))
  "type mismatch")
;; A local that is not set.
(assert_invalid
  (module
    (type $f (func (param i32) (result i64))) (type $c (cont $f)) (type $g (func (result i64)))
    (type $cg (cont $g)) (type $s (struct)) (type $fs (func (param f32 (ref null $cg)) (result i64)))
    (type $cs (cont $fs)) (tag $y (param f64) (result i32)) (tag $e (param i32)) (tag $n) (tag $sw (result i64))
    (func $f (type $f) (i64.const 0)) (elem declare func $f)
    (func  (local $k (ref $c)) (drop (local.get $k))))
  "uninitialized local")
