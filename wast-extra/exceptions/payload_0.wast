;; A payload of 0 values of mixed types: thrown across frames, through call_indirect, with host calls on the way,
;; from tail-called functions, thrown again by reference, by identity of a re-exported tag, 170000 times in a loop.
;; Written by ci/wast_extra.py.

(module $definer
  (tag $e (export "e") )
  (tag $same (export "same") )
  (func (export "throw") (throw $e))
  (func (export "throw_same") (throw $same)))
(register "definer")

(module $between
  (import "definer" "e" (tag $e ))
  (export "again" (tag $e)))
(register "between")

(module
  (type $t (func ))
  (import "between" "again" (tag $again ))
  (import "definer" "same" (tag $same ))
  (import "definer" "throw" (func $throw_there (type $t)))
  (import "definer" "throw_same" (func $throw_same (type $t)))
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (import "spectest" "print_f64" (func $print_f64 (param f64)))
  (tag $e )
  (table funcref (elem $throw $frame1 $throw_tail $throw_there $print_then_throw))
  (func $throw (type $t) (throw $e))
  ;; Frames with something of their own that the exception passes.
  (func $frame1 (type $t) (local i64) (call $throw) (drop (local.get 0)))
  (func $frame2 (type $t) (call $frame1) (call $print_i32 (i32.const 666)))
  (func $throw_tail (type $t) (return_call $throw))
  (func $throw_tail_indirect (type $t) (return_call_indirect (type $t) (i32.const 0)))
  ;; Host functions are called on the way.
  (func $print_then_throw (type $t) (call $print_i32 (i32.const 0)) (call $frame1))

  (func (export "here") 
    (block $h 
      (try_table (catch $e $h) (throw $e))
      (unreachable)))
  (func (export "frames") 
    (block $h 
      (try_table (catch $e $h) (call $print_f64 (f64.const 0)) (call $frame2))
      (unreachable)))
  (func (export "indirect") (param i32) 
    (block $h 
      (try_table (catch $e $h) (call_indirect (type $t) (local.get 0)))
      (unreachable)))
  (func (export "host") 
    (block $h 
      (try_table (catch $e $h) (call $print_then_throw))
      (unreachable)))
  (func (export "tail") 
    (block $h 
      (try_table (catch $e $h) (call $throw_tail))
      (unreachable)))
  (func (export "tail_indirect") 
    (block $h 
      (try_table (catch $e $h) (call $throw_tail_indirect))
      (unreachable)))
  ;; Of several clauses the first that fits is taken; a tag of the same type is another tag.
  (func (export "order") 
    (block $h 
      (block $wrong 
        (block $all
          (try_table (catch $again $wrong) (catch $e $h) (catch $e $wrong) (catch_all $all)
            (call $frame2))
          (unreachable))
        (unreachable))
      (unreachable)))
  ;; Thrown again by reference, twice: the same payload arrives.
  (func (export "rethrown") 
    (block $h 
      (try_table (catch $e $h)
        (block $again (result exnref)
          (try_table (catch_ref $e $again)
            (block $all (result exnref)
              (try_table (catch_all_ref $all) (call $frame2))
              (unreachable))
            (throw_ref))
          (unreachable))
        (throw_ref))
      (unreachable)))
  ;; A catch that does not fit lets it pass.
  (func (export "passes") 
    (block $h 
      (try_table (catch $e $h)
        (block $wrong 
          (try_table (catch $same $wrong) (call $frame2))
          (unreachable))
       )
      (unreachable)))
  ;; By identity: the tag is imported from a module that imported it. 1 by $again, 2 by $same, 3 by none.
  (func (export "identity") (param i32) (result i32)
    (block $none
      (block $by_same 
        (block $by_again 
          (try_table (catch $again $by_again) (catch $same $by_same) (catch_all $none)
            (if (i32.eq (local.get 0) (i32.const 0)) (then (call $throw_there)))
            (if (i32.eq (local.get 0) (i32.const 1)) (then (call $throw_same)))
            (call $throw))
          (unreachable))
        (return (i32.const 1)))
      (return (i32.const 2)))
    (i32.const 3))
  ;; Locals that live across the throw are still what they were.
  (func (export "live") (param i32 i64 f32 f64) (result i32 i64 f32 f64)
    (local $i i32) (local $l i64) (local $f f32) (local $d f64)
    (local.set $i (i32.mul (local.get 0) (i32.const 3)))
    (local.set $l (i64.mul (local.get 1) (i64.const 3)))
    (local.set $f (f32.mul (local.get 2) (f32.const 3)))
    (local.set $d (f64.mul (local.get 3) (f64.const 3)))
    (block $h 
      (try_table (catch $e $h) (call $frame2))
      (unreachable))
   
    (i32.add (local.get $i) (local.get 0)) (i64.add (local.get $l) (local.get 1))
    (f32.add (local.get $f) (local.get 2)) (f64.add (local.get $d) (local.get 3)))
  ;; Many times: nothing may pile up. Every exception leaves a reference behind that nobody wants.
  (func (export "loop") (param $count i32) (result i64)
    (local $sum i64)
    (loop $next
      (block $ref (result exnref)
        (try_table (catch_ref $e $ref)
          (call $throw))
        (unreachable))
      (drop)
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))
  (func (export "uncaught") (call $frame2))
)

(assert_return (invoke "here"))
(assert_return (invoke "frames"))
(assert_return (invoke "host"))
(assert_return (invoke "tail"))
(assert_return (invoke "tail_indirect"))
(assert_return (invoke "order"))
(assert_return (invoke "rethrown"))
(assert_return (invoke "passes"))
(assert_return (invoke "indirect" (i32.const 0)))
(assert_return (invoke "indirect" (i32.const 1)))
(assert_return (invoke "indirect" (i32.const 2)))
(assert_return (invoke "indirect" (i32.const 4)))
(assert_exception (invoke "indirect" (i32.const 3)))
(assert_return (invoke "identity" (i32.const 0)) (i32.const 1))
(assert_return (invoke "identity" (i32.const 1)) (i32.const 2))
(assert_return (invoke "identity" (i32.const 2)) (i32.const 3))
(assert_return (invoke "live" (i32.const 0x40000001) (i64.const 0x4000000000000001) (f32.const 0x1.4000000000000p+0) (f64.const -0x1.4000000000000p+1)) (i32.const 4) (i64.const 4) (f32.const 5) (f64.const -10))
(assert_return (invoke "loop" (i32.const 0x29810)) (i64.const 0))
(assert_exception (invoke "uncaught"))
(assert_return (invoke "frames"))
