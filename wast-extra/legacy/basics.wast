;;! legacy-exceptions = true
;; try, catch, catch_all, delegate and rethrow, one behaviour per function.

(module
  (type $none (func))
  (tag $e (param i32))
  (tag $f (param i64 f64))
  (tag $empty)
  (global $log (mut i32) (i32.const 0))
  (table funcref (elem $throw $trap))
  (func $throw (param i32) local.get 0 throw $e)
  (func $throw_f i64.const 7 f64.const 1.5 throw $f)
  (func $trap unreachable)
  (func $deep (param i32) local.get 0 i32.eqz if unreachable end local.get 0 i32.const 1 i32.sub call $deep)
  (func $forever call $forever)

  (func (export "no clause") (result i32) try (result i32) i32.const 3 end)
  (func (export "no clause throws") try i32.const 3 throw $e end)
  (func (export "catch") (param i32) (result i32) try (result i32) local.get 0 throw $e catch $e end)
  (func (export "catch called") (param i32) (result i32)
    try (result i32) local.get 0 call $throw i32.const -1 catch $e i32.const 1 i32.add end)
  (func (export "catch indirect") (param i32) (result i32)
    try (result i32) local.get 0 i32.const 0 call_indirect (param i32) i32.const -1 catch $e end)
  (func (export "pair") (result i64 f64) try (result i64 f64) call $throw_f i64.const 0 f64.const 0 catch $f end)
  (func (export "other tag") (result i32)
    try (result i32)
      try (result i32) call $throw_f i32.const 0 catch $e drop i32.const 1 end
    catch $f drop drop i32.const 2 end)
  (func (export "first of two") (param i32) (result i32)
    try (result i32) local.get 0 throw $e catch $e drop i32.const 1 catch $e drop i32.const 2 end)
  (func (export "all behind") (result i32)
    try (result i32) throw $empty catch $e drop i32.const 1 catch_all i32.const 2 end)

  ;; Locals have the values that they had at the throw.
  (func (export "locals") (param i32) (result i32) (local $i i32)
    try
      i32.const 1 local.set $i
      local.get 0 i32.const 1 i32.and if local.get $i i32.const 10 i32.add local.set $i i32.const 5 call $throw end
      local.get $i i32.const 100 i32.add local.set $i
      local.get 0 i32.const 2 i32.and if i32.const 5 throw $e end
      local.get $i i32.const 1000 i32.add local.set $i
    catch $e
      local.get $i i32.add local.set $i
    end
    local.get $i)

  ;; The exception stays available, whatever else happens.
  (func (export "rethrow") (param i32) (result i32)
    try (result i32)
      try
        local.get 0 call $throw
      catch $e
        drop
        try i32.const 77 throw $e catch $e drop end
        block loop rethrow 2 end end
      end
      i32.const -1
    catch $e end)
  (func (export "rethrow outer") (result i32)
    try (result i32)
      try
        i32.const 1 throw $e
      catch $e
        drop
        try
          i32.const 2 throw $e
        catch $e
          drop
          rethrow 1
        end
      end
      i32.const -1
    catch $e end)
  ;; Rethrown inside another try, which catches it.
  (func (export "rethrow in a try") (result i32)
    try (result i32)
      i32.const 5 throw $e
    catch $e
      drop
      try (result i32) rethrow 1 catch $e i32.const 100 i32.add end
    end)
  (func $again (param i32) try local.get 0 call $throw catch $e drop rethrow 0 catch_all end)
  (func (export "rethrow out") (param i32) (result i32)
    try (result i32) local.get 0 call $again i32.const -1 catch $e end)
  (func (export "rethrow uncaught") call $throw_f)
  (func (export "catch_all keeps the payload") (result i64 f64)
    try (result i64 f64)
      try call $throw_f catch_all rethrow 0 end
      i64.const 0 f64.const 0
    catch $f end)

  (func (export "delegate") (result i32)
    try $outer (result i32)
      try (result i32)
        try (result i32) i32.const 3 throw $e delegate 1
      catch $e i32.const 1000 i32.add end
    catch $e i32.const 100 i32.add end)
  (func $delegates_out (result i32)
    try (result i32)
      try (result i32) i32.const 3 throw $e delegate 1
    catch_all i32.const -1 end)
  (func (export "delegate out") (result i32) try (result i32) call $delegates_out catch $e i32.const 10 i32.add end)
  (func (export "delegate to a block") (result i32)
    try (result i32)
      block (result i32)
        try (result i32)
          try (result i32) i32.const 4 throw $e delegate 1
        catch_all i32.const -1 end
      end
    catch $e i32.const 20 i32.add end)
  ;; A clause is not covered by its own try.
  (func (export "delegate from a clause") (result i32)
    try (result i32)
      try (result i32)
        throw $empty
      catch $empty
        try (result i32) i32.const 6 throw $e delegate 0
      catch $e
        drop i32.const -1
      end
    catch $e i32.const 30 i32.add end)
  (func (export "delegate nothing") (result i32) try (result i32) i32.const 8 delegate 0)
  (func (export "delegate through try_table") (result i32)
    block $h (result i32)
      try (result i32)
        try_table (result i32) (catch $e $h)
          try (result i32) i32.const 9 throw $e delegate 1
        end
      catch_all i32.const -1 end
    end)
  (func (export "delegate to try_table") (result i32)
    block $h (result i32)
      try_table (result i32) (catch $e $h)
        try (result i32)
          try (result i32) i32.const 9 throw $e delegate 1
        catch_all i32.const -1 end
      end
    end)

  ;; Both proposals have the same exceptions.
  (func (export "try_table inside") (result i32)
    try (result i32)
      block $h (result i32 exnref) try_table (catch_ref $e $h) i32.const 12 throw $e end unreachable end
      throw_ref
    catch $e i32.const 1 i32.add end)
  (func (export "try inside") (result i32)
    block $h (result i32)
      try_table (catch $e $h) try i32.const 13 throw $e catch_all rethrow 0 end end
      unreachable
    end)

  ;; Branches out of body and clause, over values below.
  (func (export "branches") (param i32) (result i32)
    block $out (result i32)
      i32.const 1000
      try (result i32)
        local.get 0 i32.eqz if i32.const 1 br $out end
        local.get 0 i32.const 1 i32.eq if i32.const 2 throw $e end
        i32.const 3
      catch $e
        drop
        i32.const 500 i32.const 4 br $out
      end
      i32.add
    end)
  (func (export "returns") (param i32) (result i32)
    i32.const 1000
    try
      local.get 0 if i32.const 2 throw $e end
      i32.const 3 return
    catch $e
      return
    end)
  (func (export "table") (param i32) (result i32)
    block $a (result i32)
      block $b (result i32)
        try (result i32)
          i32.const 40 throw $e
        catch $e
          local.get 0 br_table 0 $b $a
        end
        i32.const 1 i32.add
        br $a
      end
      i32.const 2 i32.add
    end)
  (func (export "parameters") (param i32) (result i32)
    local.get 0 i32.const 5
    try (param i32 i32) (result i32)
      i32.add i32.const 2 i32.mul throw $e
    catch $e
      i32.const 3 i32.add
    end)

  ;; Unreachable.
  (func (export "dead") (result i32)
    unreachable
    try (result i32) i32.const 1 catch $e rethrow 0 catch_all i32.const 2 end
    try i32.const 3 throw $e delegate 0
    drop)
  (func (export "dead body") (result i32) try (result i32) unreachable catch $e catch_all i32.const 2 end)
  (func (export "dead clause") (result i32) try (result i32) i32.const 4 catch $e rethrow 0 catch_all rethrow 0 end)
  (func (export "left body") (result i32)
    block $out (result i32) try (result i32) i32.const 6 br $out catch $e end end)

  ;; A trap is not an exception, nor is an exhausted stack.
  (func (export "trap") try call $trap catch_all end)
  (func (export "exhaustion") try call $forever catch_all end)
  (func (export "divide") (param i32) (result i32) try (result i32) i32.const 1 local.get 0 i32.div_s catch_all i32.const 7 end)

  ;; A tail call leaves the function, and its handlers.
  (func $tail (param i32) (result i32) try (result i32) local.get 0 return_call $thrower catch_all i32.const -1 end)
  (func $thrower (param i32) (result i32) local.get 0 throw $e)
  (func (export "tail call") (result i32) try (result i32) i32.const 15 call $tail catch $e i32.const 1 i32.add end)

  ;; Nothing may accumulate.
  (func (export "loop") (param $n i32) (result i64) (local $sum i64)
    loop $next
      try
        try
          local.get $n call $throw
        catch $e
          drop
          rethrow 0
        end
      catch $e
        i64.extend_i32_u local.get $sum i64.add local.set $sum
      end
      local.get $n i32.const 1 i32.sub local.tee $n br_if $next
    end
    local.get $sum))

(assert_return (invoke "no clause") (i32.const 3))
(assert_exception (invoke "no clause throws"))
(assert_return (invoke "catch" (i32.const 42)) (i32.const 42))
(assert_return (invoke "catch called" (i32.const 42)) (i32.const 43))
(assert_return (invoke "catch indirect" (i32.const 44)) (i32.const 44))
(assert_return (invoke "pair") (i64.const 7) (f64.const 1.5))
(assert_return (invoke "other tag") (i32.const 2))
(assert_return (invoke "first of two" (i32.const 9)) (i32.const 1))
(assert_return (invoke "all behind") (i32.const 2))
(assert_return (invoke "locals" (i32.const 0)) (i32.const 1101))
(assert_return (invoke "locals" (i32.const 1)) (i32.const 16))
(assert_return (invoke "locals" (i32.const 2)) (i32.const 106))
(assert_return (invoke "locals" (i32.const 3)) (i32.const 16))
(assert_return (invoke "rethrow" (i32.const 21)) (i32.const 21))
(assert_return (invoke "rethrow outer") (i32.const 1))
(assert_return (invoke "rethrow in a try") (i32.const 105))
(assert_return (invoke "rethrow out" (i32.const 33)) (i32.const 33))
(assert_exception (invoke "rethrow uncaught"))
(assert_return (invoke "catch_all keeps the payload") (i64.const 7) (f64.const 1.5))
(assert_return (invoke "delegate") (i32.const 103))
(assert_return (invoke "delegate out") (i32.const 13))
(assert_return (invoke "delegate to a block") (i32.const 24))
(assert_return (invoke "delegate from a clause") (i32.const 36))
(assert_return (invoke "delegate nothing") (i32.const 8))
(assert_return (invoke "delegate through try_table") (i32.const -1))
(assert_return (invoke "delegate to try_table") (i32.const 9))
(assert_return (invoke "try_table inside") (i32.const 13))
(assert_return (invoke "try inside") (i32.const 13))
(assert_return (invoke "branches" (i32.const 0)) (i32.const 1))
(assert_return (invoke "branches" (i32.const 1)) (i32.const 4))
(assert_return (invoke "branches" (i32.const 2)) (i32.const 1003))
(assert_return (invoke "returns" (i32.const 0)) (i32.const 3))
(assert_return (invoke "returns" (i32.const 1)) (i32.const 2))
(assert_return (invoke "table" (i32.const 0)) (i32.const 41))
(assert_return (invoke "table" (i32.const 1)) (i32.const 42))
(assert_return (invoke "table" (i32.const 2)) (i32.const 40))
(assert_return (invoke "parameters" (i32.const 10)) (i32.const 33))
(assert_trap (invoke "dead") "unreachable")
(assert_trap (invoke "dead body") "unreachable")
(assert_return (invoke "dead clause") (i32.const 4))
(assert_return (invoke "left body") (i32.const 6))
(assert_trap (invoke "trap") "unreachable")
(assert_exhaustion (invoke "exhaustion") "call stack exhausted")
(assert_trap (invoke "divide" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "divide" (i32.const 1)) (i32.const 1))
(assert_return (invoke "tail call") (i32.const 16))
(assert_return (invoke "loop" (i32.const 50000)) (i64.const 1250025000))

;; Another instance's tag is another tag, and a host function may be in between.
(module
  (tag $e (export "e") (param i32))
  (func (export "throw") (param i32) local.get 0 throw $e))
(register "thrower")
(module
  (tag $theirs (import "thrower" "e") (param i32))
  (func $throw (import "thrower" "throw") (param i32))
  (tag $mine (param i32))
  (func (export "catch") (param i32) (result i32)
    try (result i32)
      try (result i32) local.get 0 call $throw i32.const -1 catch $mine drop i32.const -2 end
    catch $theirs i32.const 1 i32.add end))
(assert_return (invoke "catch" (i32.const 8)) (i32.const 9))

(assert_invalid (module (tag) (func block rethrow 0 end)) "invalid rethrow label")
(assert_invalid (module (tag) (func try rethrow 0 end)) "invalid rethrow label")
(assert_invalid (module (tag) (func try delegate 1)) "unknown label")
(assert_invalid (module (tag (param i32)) (func try catch 0 end)) "type mismatch")
(assert_invalid (module (func (result i32) try (result i32) i32.const 1 catch_all end)) "type mismatch")
(assert_invalid (module (func try catch 0 end)) "unknown tag")
