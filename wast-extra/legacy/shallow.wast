;;! legacy-exceptions = true
;; Random programs of try, catch, catch_all, delegate and rethrow: every path leaves a trace of its own.
;; Written by ci/wast_extra.py.

(module
  (type $t0 (func (param i32)))
  (tag $e0 (param i32))
  (func $throw0 (param i32) local.get 0 throw $e0)
  (func $through0 (param i32) try local.get 0 call $throw0 catch $e1 catch_all rethrow 0 end)
  (type $t1 (func))
  (tag $e1)
  (func $throw1  throw $e1)
  (func $through1 try  call $throw1 catch $e2 drop drop catch_all rethrow 0 end)
  (type $t2 (func (param i64 i32)))
  (tag $e2 (param i64 i32))
  (func $throw2 (param i64 i32) local.get 0 local.get 1 throw $e2)
  (func $through2 (param i64 i32) try local.get 0 local.get 1 call $throw2 catch $e3 drop drop drop drop catch_all rethrow 0 end)
  (type $t3 (func (param f64 i64 i32 i64)))
  (tag $e3 (param f64 i64 i32 i64))
  (func $throw3 (param f64 i64 i32 i64) local.get 0 local.get 1 local.get 2 local.get 3 throw $e3)
  (func $through3 (param f64 i64 i32 i64) try local.get 0 local.get 1 local.get 2 local.get 3 call $throw3 catch $e0 drop catch_all rethrow 0 end)
  (table funcref (elem $throw0 $throw1 $throw2 $throw3))
  (func (export "f0") (param $p i32) (result i64) (local $t i64) (local $v i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 6 i32.const 8 throw $e2
    end
    try
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 9 i64.const 12 i32.const 15 i64.const 18 throw $e3
    end
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e1
    i64.const 4 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    i64.const 10 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 33 throw $e0
    end
    end
    delegate 0
    local.get $t)
  (func (export "f1") (param $p i32) (result i64) (local $t i64) (local $v i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 2
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 4
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    i64.const 6
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 8
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    try
    block
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 2
    end
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    catch $e1
    i64.const 12
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    delegate 1
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 15
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    i64.const 16
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 18
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i32.const 57 throw $e0
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    i64.const 21
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 23 br 1
    end
    i64.const 24
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 25
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $t)
  (func (export "f2") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 1 br 1
    end
    i64.const 2
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 3 br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 4 br 1
    end
    i64.const 5
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 6
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 7
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 8
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f3") (param $p i32) (result i64) (local $t i64) (local $v i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 3 i64.const 4 i32.const 5 i64.const 6 throw $e3
    end
    try
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 9 i32.const 12 call $through2
    end
    i64.const 4
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    f64.const 18 i64.const 24 i32.const 30 i64.const 36 throw $e3
    i64.const 7
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 8 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 9 br 1
    end
    i64.const 30 i32.const 40 i32.const 2 call_indirect (type $t2)
    i64.const 11
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    f64.const 36 i64.const 48 i32.const 60 i64.const 72 throw $e3
    delegate 0
    delegate 0
    i64.const 13 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f4") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 6 i32.const 8 throw $e2
    catch $e1
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 4
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    end
    loop
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 6 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    nop
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 12 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    try
    nop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    nop
    catch $e1
    i64.const 16 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 51 i32.const 68 throw $e2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    nop
    end
    local.get $t)
  (func (export "f5") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 12 i32.const 16 throw $e2
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 5 br 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 18 i32.const 0 call_indirect (type $t0)
    end
    i64.const 7
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 8
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    i64.const 9
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 30 i32.const 40 call $through2
    end
    end
    i64.const 11 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1 drop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 36 throw $e0
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 39 i64.const 52 i32.const 65 i64.const 78 throw $e3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 45 i64.const 60 i32.const 75 i64.const 90 call $through3
    end
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 16 br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 51 i64.const 68 i32.const 85 i64.const 102 call $through3
    end
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 54 i32.const 72 throw $e2
    end
    try (result i64)
    i64.const 19 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 20 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 2 drop
    end
     throw $e1
    i64.const 22
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 72 i32.const 96 call $through2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 25
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 26 br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 27 br 1
    end
    i64.const 28
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 30
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 93 i64.const 124 i32.const 155 i64.const 186 call $through3
    end
    i64.const 32
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 99 i64.const 132 i32.const 165 i64.const 198 call $throw3
    end
    i64.const 34
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 35
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 36 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f6") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    try (result i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 2
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 3
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 4
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 5 br 1
    end
    i64.const 6
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 8
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 27 i32.const 36 call $through2
    end
    delegate 1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    end
    i64.const 11
    block (result i64)
    i64.const 12
    i64.const 13
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 14 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 15
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f7") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 4 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1 drop
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 5 br 2
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 18 i64.const 24 i32.const 30 i64.const 36 throw $e3
    end
    end
    i64.const 7
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 8
    try (result i64)
    i64.const 9 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 10 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 11
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 36 i32.const 48 call $through2
    end
    i64.const 13
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 14
    catch_all
    i64.const 15 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 17
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    block (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 18 br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 19
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20
    i64.const 21
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 66 i64.const 88 i32.const 110 i64.const 132 call $throw3
    end
    i64.const 23
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 72 i64.const 96 i32.const 120 i64.const 144 call $throw3
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    end
    i64.const 25
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 26
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    delegate 0
    i64.const 28 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f8") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 3 i64.const 4 i32.const 5 i64.const 6 i32.const 3 call_indirect (type $t3)
    end
    delegate 0
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    delegate 0
    try (result i64)
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 3 br 2
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 4 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 5 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 21 throw $e0
    end
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 24 i64.const 32 i32.const 40 i64.const 48 call $through3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 27 throw $e0
    end
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 10 br 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    catch_all
     i32.const 1 call_indirect (type $t1)
    end
    i64.const 12
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 39 i64.const 52 i32.const 65 i64.const 78 call $throw3
    end
    local.get $t)
  (func (export "f9") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 2
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 9 i64.const 12 i32.const 15 i64.const 18 throw $e3
    end
    i64.const 4
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    f64.const 15 i64.const 20 i32.const 25 i64.const 30 throw $e3
    i64.const 6
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 7
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 36 i64.const 48 i32.const 60 i64.const 72 call $throw3
    end
    end
    i64.const 13
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2
    end
    i64.const 15
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 48 call $throw0
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $t)
  (func (export "f10") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    i64.const 1 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 2
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 9 throw $e0
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    delegate 0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 15 throw $e0
    end
    i64.const 6
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 7
    i64.const 8
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 27 i32.const 36 call $throw2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 11 br 2
    end
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 12
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 42 i32.const 56 i32.const 2 call_indirect (type $t2)
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 15 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 16
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 17
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f11") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    block (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    end
    loop
    try
    nop
    i64.const 4 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    try
    i64.const 5 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 21 i32.const 28 throw $e2
    end
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    end
    block
    i64.const 8
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 30 call $throw0
    end
    i64.const 11
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 12
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 13
    loop (result i64)
    nop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 16
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    end
    end
    i64.const 18
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 20
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $t)
  (func (export "f12") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 5
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 7
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 9
    try (result i64)
    i64.const 10 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 12 br 1
    end
    i64.const 13
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 45 i64.const 60 i32.const 75 i64.const 90 call $throw3
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 17
    delegate 1
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 18
    loop (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 57 i32.const 76 throw $e2
    end
    nop
    i64.const 21
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    local.get $t)
  (func (export "f13") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    catch $e1
    i64.const 9 i32.const 12 call $through2
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    end
    block
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    i64.const 12
    try (result i64)
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 39 i64.const 52 i32.const 65 i64.const 78 call $throw3
    end
    end
    end
    i64.const 14 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 45 i64.const 60 i32.const 75 i64.const 90 throw $e3
    end
    end
    i64.const 16
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 51 throw $e0
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    i64.const 19
    catch $e1
    block
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 60 i32.const 80 i32.const 2 call_indirect (type $t2)
    end
    end
    i64.const 21
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 66 i64.const 88 i32.const 110 i64.const 132 throw $e3
    end
    local.get $t)
  (func (export "f14") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    i64.const 5
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 18 i64.const 24 i32.const 30 i64.const 36 throw $e3
    end
    i64.const 7
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 24 i32.const 32 i32.const 2 call_indirect (type $t2)
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 27 i64.const 36 i32.const 45 i64.const 54 throw $e3
    end
    i64.const 10
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 36 throw $e0
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    delegate 0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    delegate 1
    end
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 15
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
     throw $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 54 throw $e0
    end
    i64.const 19
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 21 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 22
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 24
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 25
    block (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    end
    i64.const 27
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 28
    loop (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    f64.const 87 i64.const 116 i32.const 145 i64.const 174 throw $e3
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 30
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $t)
  (func (export "f15") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    end
    try
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    end
    delegate 0
    local.get $t)
  (func (export "f16") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    end
    i64.const 3
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    block (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 4
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    i64.const 5
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 6 br 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 7 br 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 9 br 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
     throw $e1
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
     throw $e1
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 15
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f17") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3
    try (result i64)
     throw $e1
    i64.const 5 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 6
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 21 i32.const 0 call_indirect (type $t0)
    i64.const 8
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10
    catch_all
    i32.const 33 i32.const 0 call_indirect (type $t0)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 12 br 2
    end
    i64.const 13
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 15
    i64.const 16
    block (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 51 throw $e0
    end
    try
    i64.const 18 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 19 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1 drop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 60 i32.const 80 call $through2
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 63 i32.const 0 call_indirect (type $t0)
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 22 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1 drop
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 69 i32.const 92 call $throw2
    catch_all
     call $through1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 75 i32.const 0 call_indirect (type $t0)
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 26 br 2
    end
    end
    f64.const 81 i64.const 108 i32.const 135 i64.const 162 throw $e3
    i64.const 28
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 29
    try (result i64)
    i64.const 30 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 31
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 33 br 1
    end
    i64.const 34
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 36
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 111 call $throw0
    end
    end
     throw $e1
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 117 i32.const 156 i32.const 2 call_indirect (type $t2)
    i64.const 40
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 126 i64.const 168 i32.const 210 i64.const 252 throw $e3
    end
    i64.const 43
    catch $e1
    i64.const 44 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 45 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1 drop
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 47
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 48
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 150 i32.const 200 throw $e2
    end
    local.get $t)
  (func (export "f18") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    block (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 6 i32.const 8 call $through2
    end
    end
    i64.const 3
    i64.const 4
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 5 br 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 18 i64.const 24 i32.const 30 i64.const 36 call $through3
    end
    i64.const 7
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i32.const 27 throw $e0
    i64.const 10
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 11
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    try
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 36 i32.const 48 throw $e2
    end
    end
     throw $e1
    i64.const 14
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 15
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 16 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 57 i32.const 76 i32.const 2 call_indirect (type $t2)
    end
    delegate 0
    try
    i64.const 60 i32.const 80 i32.const 2 call_indirect (type $t2)
    i64.const 21 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    local.get $t)
  (func (export "f19") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    try (result i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 2
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 9 i64.const 12 i32.const 15 i64.const 18 i32.const 3 call_indirect (type $t3)
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 4
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 5 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    f64.const 18 i64.const 24 i32.const 30 i64.const 36 throw $e3
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 7
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 8 br 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    i64.const 10
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    f64.const 33 i64.const 44 i32.const 55 i64.const 66 throw $e3
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 36 i32.const 48 call $through2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 13
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 14 br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 15 br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 16
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 17
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 18
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 19 br 1
    end
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    end
    i64.const 22 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 72 i32.const 96 throw $e2
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 75 i64.const 100 i32.const 125 i64.const 150 i32.const 3 call_indirect (type $t3)
    end
    i64.const 26
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f20") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 2 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 12 i64.const 16 i32.const 20 i64.const 24 throw $e3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 15 i32.const 20 throw $e2
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 6 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 21 throw $e0
    end
    end
    delegate 0
    try
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 13
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 14 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 15
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 57 call $through0
    i64.const 20
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 22
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $t)
  (func (export "f21") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 7
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 27 call $throw0
    end
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 33 i32.const 44 i32.const 2 call_indirect (type $t2)
    end
    i64.const 12 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 13 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
     call $throw1
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    catch $e1
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 48 i64.const 64 i32.const 80 i64.const 96 throw $e3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 17
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    i64.const 18
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 57 i64.const 76 i32.const 95 i64.const 114 call $through3
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    i64.const 21
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    i64.const 23
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 24 br 1
    end
    i64.const 25
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 26 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1 drop
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 27 br 1
    end
    i64.const 28
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 90 i32.const 120 throw $e2
    end
    i64.const 31 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 32
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 99 throw $e0
    end
    i64.const 34
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 105 i64.const 140 i32.const 175 i64.const 210 throw $e3
    end
    i64.const 108 i32.const 144 call $throw2
    i64.const 37
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 38 br 2
    end
    end
    i64.const 39
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f22") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 1 br 1
    end
    try
    i64.const 2 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    i64.const 3
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f23") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
     throw $e1
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 6 i32.const 8 i32.const 2 call_indirect (type $t2)
    end
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 4
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 6
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 24 throw $e0
    end
    delegate 0
    i64.const 9
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 11
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 15 br 4
    end
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    end
    i64.const 16
    try (result i64)
    i64.const 17 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 54 call $throw0
    end
    i64.const 19
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 60 i32.const 80 call $through2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    i64.const 21
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 22
    catch_all
    i64.const 23
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 24 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 25
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 78 i64.const 104 i32.const 130 i64.const 156 call $through3
    end
    i64.const 27
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 84 i32.const 112 throw $e2
    end
    i64.const 29 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 30
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 32
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 33
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 34 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 35 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f24") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    try (result i64)
    i32.const 6 call $throw0
    i64.const 3
    catch $e1
    i64.const 4 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 5
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 6
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 7 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    try (result i64)
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 10 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2 drop
    end
    i64.const 11
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 12 br 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 13
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 15
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 48 i32.const 64 throw $e2
    end
    i64.const 17
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 18 br 2
    end
    i64.const 19
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20
    catch_all
    i64.const 21
    i64.const 22
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 23 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 24
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 25 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1 drop
    i64.const 26
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 27 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1 drop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 28 br 1
    end
    i64.const 29
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 30
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f25") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    i64.const 1
    loop (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 6 i32.const 8 i32.const 2 call_indirect (type $t2)
    end
    i64.const 3
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 4 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    delegate 0
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e1
    i32.const 24 throw $e0
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 10 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 11
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 13
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 14 br 1
    end
    i64.const 15
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    try (result i64)
    try (result i64)
    i32.const 51 call $through0
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 18 br 2
    end
    i64.const 19
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    end
    end
     call $through1
    delegate 1
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 24 br 3
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    delegate 0
    i64.const 26
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 81 i32.const 108 throw $e2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 84 i64.const 112 i32.const 140 i64.const 168 throw $e3
    end
    i64.const 29
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 30
    try (result i64)
    i64.const 31 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 32
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 99 throw $e0
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 102 i64.const 136 i32.const 170 i64.const 204 call $throw3
    end
    end
    i64.const 35
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 108 throw $e0
    end
    f64.const 111 i64.const 148 i32.const 185 i64.const 222 throw $e3
    i64.const 38 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 39
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 40 br 1
    end
    i64.const 41
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 42 br 1
    end
    i64.const 43
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 132 i32.const 176 call $throw2
    end
    i64.const 45
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
     call $throw1
    local.get $t)
  (func (export "f26") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (result i64)
    i64.const 2
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 3 br 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 15 i32.const 20 call $throw2
    end
    end
    i64.const 6
    delegate 1
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 21 i32.const 28 throw $e2
    i64.const 8
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 9 br 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 10 br 2
    end
    end
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 13
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14
    try (result i64)
    i64.const 15 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1 drop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 16 br 2
    end
    i64.const 17 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 18
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 19 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 60 throw $e0
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    i64.const 21
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 22
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1
    end
    catch $e1
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 28
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 87 i32.const 116 call $through2
    end
    f64.const 90 i64.const 120 i32.const 150 i64.const 180 i32.const 3 call_indirect (type $t3)
    i64.const 31
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 32 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 33
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 35 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 36
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    i64.const 38 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 39 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 40
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 41
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f27") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    i64.const 1
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 6 i64.const 8 i32.const 10 i64.const 12 call $through3
    end
    i64.const 3
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 4 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 5
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 6 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 7 br 1
    end
    i64.const 8
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 9 br 1
    end
    i64.const 10
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 15 br 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 16
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 17 br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    i64.const 19
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 21
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 23 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 24
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 75 i64.const 100 i32.const 125 i64.const 150 call $through3
    end
    local.get $t)
  (func (export "f28") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    try
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 2 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 3 br 2
    end
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 5
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop (result i64)
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    nop
    i64.const 8
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    i64.const 11 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 12 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 13
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f29") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 2 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    block
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 15 i64.const 20 i32.const 25 i64.const 30 throw $e3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 18 throw $e0
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 8
    catch $e1
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    delegate 0
    i64.const 10
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f30") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 1 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2 drop
    end
    end
    i64.const 2 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 4
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 7
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    delegate 0
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    try
    block
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    end
    end
    delegate 0
    local.get $t)
  (func (export "f31") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 12 i64.const 16 i32.const 20 i64.const 24 throw $e3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    end
    i64.const 8
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    i64.const 11 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1 drop
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1
    end
    end
    try
     call $through1
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 15 br 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 16 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    i64.const 17
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 54 i32.const 72 throw $e2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 19 br 2
    end
    end
    i64.const 20
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f32") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 2 br 1
    end
    i64.const 3
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop (result i64)
    nop
    i64.const 5
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    f64.const 18 i64.const 24 i32.const 30 i64.const 36 throw $e3
    i64.const 7
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 24 i64.const 32 i32.const 40 i64.const 48 call $throw3
    end
    i64.const 9
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 10 br 1
    end
    i64.const 11
    i64.const 12
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 13 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 14
    delegate 1
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 15
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 17 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 54 throw $e0
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 57 i32.const 76 call $through2
    end
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    catch_all
    i64.const 24 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1 drop
    f64.const 75 i64.const 100 i32.const 125 i64.const 150 throw $e3
    end
    i64.const 26
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f33") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    i64.const 1
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 3 br 2
    end
    i64.const 4
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 5 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    i64.const 7
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 11 br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 12 br 1
    end
    i64.const 13
    catch $e1
    f64.const 42 i64.const 56 i32.const 70 i64.const 84 throw $e3
    i32.const 45 throw $e0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 17
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 54 i32.const 72 throw $e2
    end
    i64.const 19
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20
    catch_all
    i64.const 21
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    delegate 0
    try
    f64.const 66 i64.const 88 i32.const 110 i64.const 132 call $through3
     throw $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    catch $e1
    i64.const 24 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1 drop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 26 br 2
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 27 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1 drop
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    i64.const 84 i32.const 112 call $throw2
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 87 i32.const 0 call_indirect (type $t0)
    end
    i64.const 30
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 93 i32.const 124 throw $e2
    end
    local.get $t)
  (func (export "f34") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    i64.const 1
    block (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 2 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 9 i64.const 12 i32.const 15 i64.const 18 throw $e3
    end
    i64.const 4 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 5
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 6 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 30 throw $e0
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    end
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 36 i64.const 48 i32.const 60 i64.const 72 call $throw3
    end
    end
    end
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 54 call $throw0
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 63 i64.const 84 i32.const 105 i64.const 126 call $through3
    end
    end
    i64.const 66 i32.const 88 call $through2
    end
    end
    local.get $t)
  (func (export "f35") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 6 i32.const 8 throw $e2
    end
    i64.const 3
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    end
    i64.const 6
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 27 i32.const 36 throw $e2
    end
    i64.const 10
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 33 i64.const 44 i32.const 55 i64.const 66 call $through3
    end
    end
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 12 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 14
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 15
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    end
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    end
    i64.const 18
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 57 i32.const 76 call $through2
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 63 i32.const 84 call $throw2
    end
    end
    end
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
     i32.const 1 call_indirect (type $t1)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 72 i64.const 96 i32.const 120 i64.const 144 throw $e3
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 75 i64.const 100 i32.const 125 i64.const 150 i32.const 3 call_indirect (type $t3)
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 78 i64.const 104 i32.const 130 i64.const 156 call $throw3
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    end
    local.get $t)
  (func (export "f36") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 2 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 3
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 15 i64.const 20 i32.const 25 i64.const 30 throw $e3
    end
    i64.const 6
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 7 br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 8
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 30 i64.const 40 i32.const 50 i64.const 60 i32.const 3 call_indirect (type $t3)
    end
    i64.const 11
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 12 br 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 13 br 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 14
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 15
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 17
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 18
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 19
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    f64.const 60 i64.const 80 i32.const 100 i64.const 120 call $through3
    i64.const 21 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23
    try (result i64)
    i64.const 24 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 25
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 27 br 1
    end
    i64.const 28
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 29 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 30
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 31 br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 32
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 33 br 1
    end
    i64.const 34 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 35
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 36
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 37 br 1
    end
    i64.const 38 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 39
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 40
    try (result i64)
    i64.const 41 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 42
    catch $e1
    i64.const 43 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 44 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 45
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 46
    catch_all
    i64.const 47 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 48
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 147 i32.const 196 throw $e2
    end
    end
    end
    local.get $t)
  (func (export "f37") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    i64.const 2
    try (result i64)
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 2
    end
    i64.const 5
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    try (result i64)
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 13 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 14
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 15 br 1
    end
    try (result i64)
    i64.const 16 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    i64.const 18
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    i64.const 19
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 20
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 21
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f38") (param $p i32) (result i64) (local $t i64) (local $v i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 3 throw $e0
    end
    try (result i64)
    try
    i32.const 6 throw $e0
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    i64.const 6 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    catch_all
     i32.const 1 call_indirect (type $t1)
    f64.const 27 i64.const 36 i32.const 45 i64.const 54 call $through3
    end
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 10 br 2
    end
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 36 i32.const 48 i32.const 2 call_indirect (type $t2)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    end
    i64.const 14
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    i64.const 16 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 17
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f39") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 3 i32.const 4 throw $e2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 6 i32.const 8 throw $e2
    end
    delegate 0
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 4 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    i64.const 5
    i64.const 6
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 7 br 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 8 br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 27 i32.const 36 throw $e2
    end
    i64.const 10
    catch $e1
    i64.const 11 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 13
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 15 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 16 br 1
    end
    i64.const 17
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 19 br 2
    end
    i64.const 20
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 21
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
)
(assert_return (invoke "f0" (i32.const 0)) (i64.const 0))
(assert_return (invoke "f0" (i32.const 1)) (i64.const 0))
(assert_return (invoke "f0" (i32.const 2)) (i64.const 0))
(assert_return (invoke "f0" (i32.const 3)) (i64.const 0))
(assert_exception (invoke "f0" (i32.const 4)))
(assert_exception (invoke "f0" (i32.const 5)))
(assert_exception (invoke "f0" (i32.const 6)))
(assert_exception (invoke "f0" (i32.const 7)))
(assert_exception (invoke "f0" (i32.const 8)))
(assert_exception (invoke "f0" (i32.const 9)))
(assert_exception (invoke "f0" (i32.const 10)))
(assert_exception (invoke "f0" (i32.const 11)))
(assert_exception (invoke "f0" (i32.const 12)))
(assert_exception (invoke "f0" (i32.const 13)))
(assert_exception (invoke "f0" (i32.const 14)))
(assert_exception (invoke "f0" (i32.const 15)))
(assert_return (invoke "f1" (i32.const 0)) (i64.const 290))
(assert_return (invoke "f1" (i32.const 1)) (i64.const 290))
(assert_return (invoke "f1" (i32.const 2)) (i64.const 6056))
(assert_return (invoke "f1" (i32.const 3)) (i64.const 6056))
(assert_return (invoke "f1" (i32.const 4)) (i64.const 290))
(assert_return (invoke "f1" (i32.const 5)) (i64.const 290))
(assert_return (invoke "f1" (i32.const 6)) (i64.const 6056))
(assert_return (invoke "f1" (i32.const 7)) (i64.const 6056))
(assert_return (invoke "f1" (i32.const 8)) (i64.const 290))
(assert_return (invoke "f1" (i32.const 9)) (i64.const 290))
(assert_exception (invoke "f1" (i32.const 10)))
(assert_exception (invoke "f1" (i32.const 11)))
(assert_return (invoke "f1" (i32.const 12)) (i64.const 9))
(assert_return (invoke "f1" (i32.const 13)) (i64.const 9))
(assert_exception (invoke "f1" (i32.const 14)))
(assert_exception (invoke "f1" (i32.const 15)))
(assert_return (invoke "f2" (i32.const 0)) (i64.const 69))
(assert_return (invoke "f2" (i32.const 1)) (i64.const 38))
(assert_return (invoke "f2" (i32.const 2)) (i64.const 69))
(assert_return (invoke "f2" (i32.const 3)) (i64.const 38))
(assert_return (invoke "f2" (i32.const 4)) (i64.const 69))
(assert_return (invoke "f2" (i32.const 5)) (i64.const 38))
(assert_return (invoke "f2" (i32.const 6)) (i64.const 69))
(assert_return (invoke "f2" (i32.const 7)) (i64.const 38))
(assert_return (invoke "f2" (i32.const 8)) (i64.const 69))
(assert_return (invoke "f2" (i32.const 9)) (i64.const 38))
(assert_return (invoke "f2" (i32.const 10)) (i64.const 69))
(assert_return (invoke "f2" (i32.const 11)) (i64.const 38))
(assert_return (invoke "f2" (i32.const 12)) (i64.const 69))
(assert_return (invoke "f2" (i32.const 13)) (i64.const 38))
(assert_return (invoke "f2" (i32.const 14)) (i64.const 69))
(assert_return (invoke "f2" (i32.const 15)) (i64.const 38))
(assert_exception (invoke "f3" (i32.const 0)))
(assert_exception (invoke "f3" (i32.const 1)))
(assert_exception (invoke "f3" (i32.const 2)))
(assert_exception (invoke "f3" (i32.const 3)))
(assert_exception (invoke "f3" (i32.const 4)))
(assert_exception (invoke "f3" (i32.const 5)))
(assert_exception (invoke "f3" (i32.const 6)))
(assert_exception (invoke "f3" (i32.const 7)))
(assert_exception (invoke "f3" (i32.const 8)))
(assert_exception (invoke "f3" (i32.const 9)))
(assert_exception (invoke "f3" (i32.const 10)))
(assert_exception (invoke "f3" (i32.const 11)))
(assert_exception (invoke "f3" (i32.const 12)))
(assert_exception (invoke "f3" (i32.const 13)))
(assert_exception (invoke "f3" (i32.const 14)))
(assert_exception (invoke "f3" (i32.const 15)))
(assert_exception (invoke "f4" (i32.const 0)))
(assert_exception (invoke "f4" (i32.const 1)))
(assert_exception (invoke "f4" (i32.const 2)))
(assert_exception (invoke "f4" (i32.const 3)))
(assert_exception (invoke "f4" (i32.const 4)))
(assert_exception (invoke "f4" (i32.const 5)))
(assert_exception (invoke "f4" (i32.const 6)))
(assert_exception (invoke "f4" (i32.const 7)))
(assert_exception (invoke "f4" (i32.const 8)))
(assert_exception (invoke "f4" (i32.const 9)))
(assert_exception (invoke "f4" (i32.const 10)))
(assert_exception (invoke "f4" (i32.const 11)))
(assert_exception (invoke "f4" (i32.const 12)))
(assert_exception (invoke "f4" (i32.const 13)))
(assert_exception (invoke "f4" (i32.const 14)))
(assert_exception (invoke "f4" (i32.const 15)))
(assert_return (invoke "f5" (i32.const 0)) (i64.const 0x1cf23e3200e))
(assert_exception (invoke "f5" (i32.const 1)))
(assert_exception (invoke "f5" (i32.const 2)))
(assert_exception (invoke "f5" (i32.const 3)))
(assert_exception (invoke "f5" (i32.const 4)))
(assert_exception (invoke "f5" (i32.const 5)))
(assert_exception (invoke "f5" (i32.const 6)))
(assert_exception (invoke "f5" (i32.const 7)))
(assert_return (invoke "f5" (i32.const 8)) (i64.const 0x3fad6e1))
(assert_exception (invoke "f5" (i32.const 9)))
(assert_return (invoke "f5" (i32.const 10)) (i64.const 0x1f0c7e))
(assert_exception (invoke "f5" (i32.const 11)))
(assert_exception (invoke "f5" (i32.const 12)))
(assert_exception (invoke "f5" (i32.const 13)))
(assert_return (invoke "f5" (i32.const 14)) (i64.const 0x1f0c7e))
(assert_exception (invoke "f5" (i32.const 15)))
(assert_return (invoke "f6" (i32.const 0)) (i64.const 0xf346c))
(assert_return (invoke "f6" (i32.const 1)) (i64.const 0x1d72862))
(assert_return (invoke "f6" (i32.const 2)) (i64.const 0xf346c))
(assert_return (invoke "f6" (i32.const 3)) (i64.const 0x1d72862))
(assert_return (invoke "f6" (i32.const 4)) (i64.const 0xf346c))
(assert_return (invoke "f6" (i32.const 5)) (i64.const 0x1d72862))
(assert_return (invoke "f6" (i32.const 6)) (i64.const 0xf346c))
(assert_return (invoke "f6" (i32.const 7)) (i64.const 0x1d72862))
(assert_return (invoke "f6" (i32.const 8)) (i64.const 0xf346c))
(assert_return (invoke "f6" (i32.const 9)) (i64.const 0x1d72862))
(assert_return (invoke "f6" (i32.const 10)) (i64.const 0xf346c))
(assert_return (invoke "f6" (i32.const 11)) (i64.const 0x1d72862))
(assert_return (invoke "f6" (i32.const 12)) (i64.const 0xf346c))
(assert_return (invoke "f6" (i32.const 13)) (i64.const 0x1d72862))
(assert_return (invoke "f6" (i32.const 14)) (i64.const 0xf346c))
(assert_return (invoke "f6" (i32.const 15)) (i64.const 0x1d72862))
(assert_return (invoke "f7" (i32.const 0)) (i64.const 62741))
(assert_return (invoke "f7" (i32.const 1)) (i64.const 62648))
(assert_return (invoke "f7" (i32.const 2)) (i64.const 62741))
(assert_return (invoke "f7" (i32.const 3)) (i64.const 62648))
(assert_return (invoke "f7" (i32.const 4)) (i64.const 62741))
(assert_return (invoke "f7" (i32.const 5)) (i64.const 62648))
(assert_return (invoke "f7" (i32.const 6)) (i64.const 62741))
(assert_return (invoke "f7" (i32.const 7)) (i64.const 62648))
(assert_return (invoke "f7" (i32.const 8)) (i64.const 62741))
(assert_return (invoke "f7" (i32.const 9)) (i64.const 62648))
(assert_return (invoke "f7" (i32.const 10)) (i64.const 62741))
(assert_return (invoke "f7" (i32.const 11)) (i64.const 62648))
(assert_return (invoke "f7" (i32.const 12)) (i64.const 62741))
(assert_return (invoke "f7" (i32.const 13)) (i64.const 62648))
(assert_return (invoke "f7" (i32.const 14)) (i64.const 62741))
(assert_return (invoke "f7" (i32.const 15)) (i64.const 62648))
(assert_return (invoke "f8" (i32.const 0)) (i64.const 12))
(assert_exception (invoke "f8" (i32.const 1)))
(assert_return (invoke "f8" (i32.const 2)) (i64.const 3))
(assert_exception (invoke "f8" (i32.const 3)))
(assert_exception (invoke "f8" (i32.const 4)))
(assert_exception (invoke "f8" (i32.const 5)))
(assert_return (invoke "f8" (i32.const 6)) (i64.const 3))
(assert_exception (invoke "f8" (i32.const 7)))
(assert_exception (invoke "f8" (i32.const 8)))
(assert_exception (invoke "f8" (i32.const 9)))
(assert_return (invoke "f8" (i32.const 10)) (i64.const 3))
(assert_exception (invoke "f8" (i32.const 11)))
(assert_exception (invoke "f8" (i32.const 12)))
(assert_exception (invoke "f8" (i32.const 13)))
(assert_return (invoke "f8" (i32.const 14)) (i64.const 3))
(assert_exception (invoke "f8" (i32.const 15)))
(assert_return (invoke "f9" (i32.const 0)) (i64.const 2152))
(assert_return (invoke "f9" (i32.const 1)) (i64.const 0))
(assert_return (invoke "f9" (i32.const 2)) (i64.const 2152))
(assert_return (invoke "f9" (i32.const 3)) (i64.const 0))
(assert_return (invoke "f9" (i32.const 4)) (i64.const 2152))
(assert_return (invoke "f9" (i32.const 5)) (i64.const 0))
(assert_return (invoke "f9" (i32.const 6)) (i64.const 2152))
(assert_return (invoke "f9" (i32.const 7)) (i64.const 0))
(assert_return (invoke "f9" (i32.const 8)) (i64.const 2152))
(assert_return (invoke "f9" (i32.const 9)) (i64.const 0))
(assert_exception (invoke "f9" (i32.const 10)))
(assert_return (invoke "f9" (i32.const 11)) (i64.const 0))
(assert_return (invoke "f9" (i32.const 12)) (i64.const 69))
(assert_return (invoke "f9" (i32.const 13)) (i64.const 0))
(assert_return (invoke "f9" (i32.const 14)) (i64.const 69))
(assert_return (invoke "f9" (i32.const 15)) (i64.const 0))
(assert_return (invoke "f10" (i32.const 0)) (i64.const 0x3c21050))
(assert_return (invoke "f10" (i32.const 1)) (i64.const 0xe1cd64579))
(assert_exception (invoke "f10" (i32.const 2)))
(assert_exception (invoke "f10" (i32.const 3)))
(assert_exception (invoke "f10" (i32.const 4)))
(assert_exception (invoke "f10" (i32.const 5)))
(assert_exception (invoke "f10" (i32.const 6)))
(assert_exception (invoke "f10" (i32.const 7)))
(assert_exception (invoke "f10" (i32.const 8)))
(assert_exception (invoke "f10" (i32.const 9)))
(assert_exception (invoke "f10" (i32.const 10)))
(assert_exception (invoke "f10" (i32.const 11)))
(assert_exception (invoke "f10" (i32.const 12)))
(assert_exception (invoke "f10" (i32.const 13)))
(assert_exception (invoke "f10" (i32.const 14)))
(assert_exception (invoke "f10" (i32.const 15)))
(assert_return (invoke "f11" (i32.const 0)) (i64.const 0x1efc766))
(assert_return (invoke "f11" (i32.const 1)) (i64.const 0x1efc766))
(assert_return (invoke "f11" (i32.const 2)) (i64.const 0x1efc766))
(assert_return (invoke "f11" (i32.const 3)) (i64.const 0x1efc766))
(assert_return (invoke "f11" (i32.const 4)) (i64.const 0x1efcb27))
(assert_return (invoke "f11" (i32.const 5)) (i64.const 0x1efcb27))
(assert_return (invoke "f11" (i32.const 6)) (i64.const 0x1efcb27))
(assert_return (invoke "f11" (i32.const 7)) (i64.const 0x1efcb27))
(assert_return (invoke "f11" (i32.const 8)) (i64.const 33809))
(assert_return (invoke "f11" (i32.const 9)) (i64.const 33809))
(assert_return (invoke "f11" (i32.const 10)) (i64.const 33809))
(assert_return (invoke "f11" (i32.const 11)) (i64.const 33809))
(assert_exception (invoke "f11" (i32.const 12)))
(assert_exception (invoke "f11" (i32.const 13)))
(assert_exception (invoke "f11" (i32.const 14)))
(assert_exception (invoke "f11" (i32.const 15)))
(assert_return (invoke "f12" (i32.const 0)) (i64.const 0x70f922c58))
(assert_return (invoke "f12" (i32.const 1)) (i64.const 0x3a7ad7b9))
(assert_return (invoke "f12" (i32.const 2)) (i64.const 0x1e18470))
(assert_return (invoke "f12" (i32.const 3)) (i64.const 0xf9411))
(assert_return (invoke "f12" (i32.const 4)) (i64.const 0x22aeb3a))
(assert_return (invoke "f12" (i32.const 5)) (i64.const 0x22aeb3a))
(assert_return (invoke "f12" (i32.const 6)) (i64.const 37842))
(assert_return (invoke "f12" (i32.const 7)) (i64.const 37842))
(assert_return (invoke "f12" (i32.const 8)) (i64.const 0x3a4f28d6))
(assert_return (invoke "f12" (i32.const 9)) (i64.const 0x1e30d55))
(assert_return (invoke "f12" (i32.const 10)) (i64.const 0xf886e))
(assert_return (invoke "f12" (i32.const 11)) (i64.const 32941))
(assert_exception (invoke "f12" (i32.const 12)))
(assert_exception (invoke "f12" (i32.const 13)))
(assert_exception (invoke "f12" (i32.const 14)))
(assert_exception (invoke "f12" (i32.const 15)))
(assert_return (invoke "f13" (i32.const 0)) (i64.const 0x126575))
(assert_return (invoke "f13" (i32.const 1)) (i64.const 0x126575))
(assert_return (invoke "f13" (i32.const 2)) (i64.const 0x126575))
(assert_return (invoke "f13" (i32.const 3)) (i64.const 0x126575))
(assert_exception (invoke "f13" (i32.const 4)))
(assert_exception (invoke "f13" (i32.const 5)))
(assert_exception (invoke "f13" (i32.const 6)))
(assert_exception (invoke "f13" (i32.const 7)))
(assert_exception (invoke "f13" (i32.const 8)))
(assert_exception (invoke "f13" (i32.const 9)))
(assert_exception (invoke "f13" (i32.const 10)))
(assert_exception (invoke "f13" (i32.const 11)))
(assert_exception (invoke "f13" (i32.const 12)))
(assert_exception (invoke "f13" (i32.const 13)))
(assert_exception (invoke "f13" (i32.const 14)))
(assert_exception (invoke "f13" (i32.const 15)))
(assert_return (invoke "f14" (i32.const 0)) (i64.const 194))
(assert_return (invoke "f14" (i32.const 1)) (i64.const 0))
(assert_return (invoke "f14" (i32.const 2)) (i64.const 5))
(assert_return (invoke "f14" (i32.const 3)) (i64.const 0))
(assert_return (invoke "f14" (i32.const 4)) (i64.const 194))
(assert_return (invoke "f14" (i32.const 5)) (i64.const 0))
(assert_return (invoke "f14" (i32.const 6)) (i64.const 5))
(assert_return (invoke "f14" (i32.const 7)) (i64.const 0))
(assert_return (invoke "f14" (i32.const 8)) (i64.const 39))
(assert_return (invoke "f14" (i32.const 9)) (i64.const 0))
(assert_return (invoke "f14" (i32.const 10)) (i64.const 0))
(assert_return (invoke "f14" (i32.const 11)) (i64.const 0))
(assert_return (invoke "f14" (i32.const 12)) (i64.const 39))
(assert_return (invoke "f14" (i32.const 13)) (i64.const 0))
(assert_return (invoke "f14" (i32.const 14)) (i64.const 0))
(assert_return (invoke "f14" (i32.const 15)) (i64.const 0))
(assert_return (invoke "f15" (i32.const 0)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 1)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 2)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 3)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 4)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 5)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 6)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 7)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 8)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 9)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 10)) (i64.const 1))
(assert_return (invoke "f15" (i32.const 11)) (i64.const 1))
(assert_return (invoke "f15" (i32.const 12)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 13)) (i64.const 34))
(assert_return (invoke "f15" (i32.const 14)) (i64.const 1))
(assert_return (invoke "f15" (i32.const 15)) (i64.const 1))
(assert_return (invoke "f16" (i32.const 0)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 1)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 2)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 3)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 4)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 5)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 6)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 7)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 8)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 9)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 10)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 11)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 12)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 13)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 14)) (i64.const 140))
(assert_return (invoke "f16" (i32.const 15)) (i64.const 140))
(assert_exception (invoke "f17" (i32.const 0)))
(assert_exception (invoke "f17" (i32.const 1)))
(assert_exception (invoke "f17" (i32.const 2)))
(assert_exception (invoke "f17" (i32.const 3)))
(assert_exception (invoke "f17" (i32.const 4)))
(assert_exception (invoke "f17" (i32.const 5)))
(assert_exception (invoke "f17" (i32.const 6)))
(assert_exception (invoke "f17" (i32.const 7)))
(assert_exception (invoke "f17" (i32.const 8)))
(assert_exception (invoke "f17" (i32.const 9)))
(assert_exception (invoke "f17" (i32.const 10)))
(assert_exception (invoke "f17" (i32.const 11)))
(assert_exception (invoke "f17" (i32.const 12)))
(assert_exception (invoke "f17" (i32.const 13)))
(assert_exception (invoke "f17" (i32.const 14)))
(assert_exception (invoke "f17" (i32.const 15)))
(assert_exception (invoke "f18" (i32.const 0)))
(assert_exception (invoke "f18" (i32.const 1)))
(assert_exception (invoke "f18" (i32.const 2)))
(assert_exception (invoke "f18" (i32.const 3)))
(assert_exception (invoke "f18" (i32.const 4)))
(assert_exception (invoke "f18" (i32.const 5)))
(assert_exception (invoke "f18" (i32.const 6)))
(assert_exception (invoke "f18" (i32.const 7)))
(assert_exception (invoke "f18" (i32.const 8)))
(assert_exception (invoke "f18" (i32.const 9)))
(assert_exception (invoke "f18" (i32.const 10)))
(assert_exception (invoke "f18" (i32.const 11)))
(assert_exception (invoke "f18" (i32.const 12)))
(assert_exception (invoke "f18" (i32.const 13)))
(assert_exception (invoke "f18" (i32.const 14)))
(assert_exception (invoke "f18" (i32.const 15)))
(assert_return (invoke "f19" (i32.const 0)) (i64.const 0xf1524))
(assert_return (invoke "f19" (i32.const 1)) (i64.const 0xf1524))
(assert_return (invoke "f19" (i32.const 2)) (i64.const 31876))
(assert_return (invoke "f19" (i32.const 3)) (i64.const 31876))
(assert_return (invoke "f19" (i32.const 4)) (i64.const 0xf1524))
(assert_return (invoke "f19" (i32.const 5)) (i64.const 0xf1524))
(assert_return (invoke "f19" (i32.const 6)) (i64.const 31876))
(assert_return (invoke "f19" (i32.const 7)) (i64.const 31876))
(assert_return (invoke "f19" (i32.const 8)) (i64.const 0xf1524))
(assert_return (invoke "f19" (i32.const 9)) (i64.const 0xf1524))
(assert_return (invoke "f19" (i32.const 10)) (i64.const 31876))
(assert_return (invoke "f19" (i32.const 11)) (i64.const 31876))
(assert_return (invoke "f19" (i32.const 12)) (i64.const 0xf1524))
(assert_return (invoke "f19" (i32.const 13)) (i64.const 0xf1524))
(assert_return (invoke "f19" (i32.const 14)) (i64.const 31876))
(assert_return (invoke "f19" (i32.const 15)) (i64.const 31876))
(assert_return (invoke "f20" (i32.const 0)) (i64.const 90))
(assert_return (invoke "f20" (i32.const 1)) (i64.const 2043))
(assert_return (invoke "f20" (i32.const 2)) (i64.const 28))
(assert_return (invoke "f20" (i32.const 3)) (i64.const 28))
(assert_exception (invoke "f20" (i32.const 4)))
(assert_exception (invoke "f20" (i32.const 5)))
(assert_return (invoke "f20" (i32.const 6)) (i64.const 28))
(assert_return (invoke "f20" (i32.const 7)) (i64.const 28))
(assert_return (invoke "f20" (i32.const 8)) (i64.const 2384))
(assert_return (invoke "f20" (i32.const 9)) (i64.const 62927))
(assert_return (invoke "f20" (i32.const 10)) (i64.const 462))
(assert_return (invoke "f20" (i32.const 11)) (i64.const 0))
(assert_exception (invoke "f20" (i32.const 12)))
(assert_exception (invoke "f20" (i32.const 13)))
(assert_return (invoke "f20" (i32.const 14)) (i64.const 462))
(assert_exception (invoke "f20" (i32.const 15)))
(assert_return (invoke "f21" (i32.const 0)) (i64.const 0x1aed7))
(assert_exception (invoke "f21" (i32.const 1)))
(assert_return (invoke "f21" (i32.const 2)) (i64.const 0x1aed7))
(assert_return (invoke "f21" (i32.const 3)) (i64.const 0x1aef6))
(assert_return (invoke "f21" (i32.const 4)) (i64.const 20922))
(assert_exception (invoke "f21" (i32.const 5)))
(assert_return (invoke "f21" (i32.const 6)) (i64.const 20922))
(assert_return (invoke "f21" (i32.const 7)) (i64.const 20953))
(assert_return (invoke "f21" (i32.const 8)) (i64.const 20921))
(assert_return (invoke "f21" (i32.const 9)) (i64.const 20951))
(assert_return (invoke "f21" (i32.const 10)) (i64.const 20921))
(assert_return (invoke "f21" (i32.const 11)) (i64.const 20951))
(assert_return (invoke "f21" (i32.const 12)) (i64.const 20921))
(assert_return (invoke "f21" (i32.const 13)) (i64.const 20951))
(assert_return (invoke "f21" (i32.const 14)) (i64.const 20921))
(assert_return (invoke "f21" (i32.const 15)) (i64.const 20951))
(assert_return (invoke "f22" (i32.const 0)) (i64.const 65))
(assert_return (invoke "f22" (i32.const 1)) (i64.const 65))
(assert_return (invoke "f22" (i32.const 2)) (i64.const 65))
(assert_return (invoke "f22" (i32.const 3)) (i64.const 65))
(assert_return (invoke "f22" (i32.const 4)) (i64.const 1))
(assert_return (invoke "f22" (i32.const 5)) (i64.const 1))
(assert_return (invoke "f22" (i32.const 6)) (i64.const 1))
(assert_return (invoke "f22" (i32.const 7)) (i64.const 1))
(assert_return (invoke "f22" (i32.const 8)) (i64.const 65))
(assert_return (invoke "f22" (i32.const 9)) (i64.const 65))
(assert_return (invoke "f22" (i32.const 10)) (i64.const 65))
(assert_return (invoke "f22" (i32.const 11)) (i64.const 65))
(assert_return (invoke "f22" (i32.const 12)) (i64.const 1))
(assert_return (invoke "f22" (i32.const 13)) (i64.const 1))
(assert_return (invoke "f22" (i32.const 14)) (i64.const 1))
(assert_return (invoke "f22" (i32.const 15)) (i64.const 1))
(assert_return (invoke "f23" (i32.const 0)) (i64.const 0x14ffa00))
(assert_exception (invoke "f23" (i32.const 1)))
(assert_exception (invoke "f23" (i32.const 2)))
(assert_exception (invoke "f23" (i32.const 3)))
(assert_return (invoke "f23" (i32.const 4)) (i64.const 0x14ffa00))
(assert_exception (invoke "f23" (i32.const 5)))
(assert_exception (invoke "f23" (i32.const 6)))
(assert_exception (invoke "f23" (i32.const 7)))
(assert_return (invoke "f23" (i32.const 8)) (i64.const 0x14ffa00))
(assert_exception (invoke "f23" (i32.const 9)))
(assert_exception (invoke "f23" (i32.const 10)))
(assert_exception (invoke "f23" (i32.const 11)))
(assert_return (invoke "f23" (i32.const 12)) (i64.const 0x14ffa00))
(assert_exception (invoke "f23" (i32.const 13)))
(assert_exception (invoke "f23" (i32.const 14)))
(assert_exception (invoke "f23" (i32.const 15)))
(assert_return (invoke "f24" (i32.const 0)) (i64.const 0x20d2bcf))
(assert_return (invoke "f24" (i32.const 1)) (i64.const 51144))
(assert_return (invoke "f24" (i32.const 2)) (i64.const 0x187393))
(assert_return (invoke "f24" (i32.const 3)) (i64.const 51144))
(assert_return (invoke "f24" (i32.const 4)) (i64.const 0x187393))
(assert_return (invoke "f24" (i32.const 5)) (i64.const 51144))
(assert_return (invoke "f24" (i32.const 6)) (i64.const 0x187393))
(assert_return (invoke "f24" (i32.const 7)) (i64.const 51144))
(assert_return (invoke "f24" (i32.const 8)) (i64.const 1154))
(assert_return (invoke "f24" (i32.const 9)) (i64.const 51144))
(assert_return (invoke "f24" (i32.const 10)) (i64.const 0x187393))
(assert_return (invoke "f24" (i32.const 11)) (i64.const 51144))
(assert_return (invoke "f24" (i32.const 12)) (i64.const 0x187393))
(assert_return (invoke "f24" (i32.const 13)) (i64.const 51144))
(assert_return (invoke "f24" (i32.const 14)) (i64.const 0x187393))
(assert_return (invoke "f24" (i32.const 15)) (i64.const 51144))
(assert_exception (invoke "f25" (i32.const 0)))
(assert_exception (invoke "f25" (i32.const 1)))
(assert_exception (invoke "f25" (i32.const 2)))
(assert_exception (invoke "f25" (i32.const 3)))
(assert_exception (invoke "f25" (i32.const 4)))
(assert_exception (invoke "f25" (i32.const 5)))
(assert_exception (invoke "f25" (i32.const 6)))
(assert_exception (invoke "f25" (i32.const 7)))
(assert_exception (invoke "f25" (i32.const 8)))
(assert_exception (invoke "f25" (i32.const 9)))
(assert_exception (invoke "f25" (i32.const 10)))
(assert_exception (invoke "f25" (i32.const 11)))
(assert_exception (invoke "f25" (i32.const 12)))
(assert_exception (invoke "f25" (i32.const 13)))
(assert_exception (invoke "f25" (i32.const 14)))
(assert_exception (invoke "f25" (i32.const 15)))
(assert_return (invoke "f26" (i32.const 0)) (i64.const 0x359b35da1d))
(assert_return (invoke "f26" (i32.const 1)) (i64.const 0x1b85b3784))
(assert_return (invoke "f26" (i32.const 2)) (i64.const 0x22cb9))
(assert_return (invoke "f26" (i32.const 3)) (i64.const 0x22cb8))
(assert_return (invoke "f26" (i32.const 4)) (i64.const 0x1baa7e416))
(assert_return (invoke "f26" (i32.const 5)) (i64.const 0xe2d39ad))
(assert_return (invoke "f26" (i32.const 6)) (i64.const 0x22cb9))
(assert_return (invoke "f26" (i32.const 7)) (i64.const 0x22cb8))
(assert_return (invoke "f26" (i32.const 8)) (i64.const 0x359b27c29c))
(assert_return (invoke "f26" (i32.const 9)) (i64.const 0x1b84d2003))
(assert_return (invoke "f26" (i32.const 10)) (i64.const 0x22cb9))
(assert_return (invoke "f26" (i32.const 11)) (i64.const 0x22cb8))
(assert_return (invoke "f26" (i32.const 12)) (i64.const 0x1baa7e416))
(assert_return (invoke "f26" (i32.const 13)) (i64.const 0xe2d39ad))
(assert_return (invoke "f26" (i32.const 14)) (i64.const 0x22cb9))
(assert_return (invoke "f26" (i32.const 15)) (i64.const 0x22cb8))
(assert_return (invoke "f27" (i32.const 0)) (i64.const 34))
(assert_return (invoke "f27" (i32.const 1)) (i64.const 0x49f107be))
(assert_return (invoke "f27" (i32.const 2)) (i64.const 34))
(assert_return (invoke "f27" (i32.const 3)) (i64.const 0x49f107be))
(assert_return (invoke "f27" (i32.const 4)) (i64.const 34))
(assert_exception (invoke "f27" (i32.const 5)))
(assert_return (invoke "f27" (i32.const 6)) (i64.const 34))
(assert_exception (invoke "f27" (i32.const 7)))
(assert_exception (invoke "f27" (i32.const 8)))
(assert_exception (invoke "f27" (i32.const 9)))
(assert_exception (invoke "f27" (i32.const 10)))
(assert_exception (invoke "f27" (i32.const 11)))
(assert_exception (invoke "f27" (i32.const 12)))
(assert_exception (invoke "f27" (i32.const 13)))
(assert_exception (invoke "f27" (i32.const 14)))
(assert_exception (invoke "f27" (i32.const 15)))
(assert_return (invoke "f28" (i32.const 0)) (i64.const 0x6daaae088))
(assert_exception (invoke "f28" (i32.const 1)))
(assert_return (invoke "f28" (i32.const 2)) (i64.const 0x389a2828))
(assert_exception (invoke "f28" (i32.const 3)))
(assert_exception (invoke "f28" (i32.const 4)))
(assert_exception (invoke "f28" (i32.const 5)))
(assert_exception (invoke "f28" (i32.const 6)))
(assert_exception (invoke "f28" (i32.const 7)))
(assert_return (invoke "f28" (i32.const 8)) (i64.const 0x6daaae088))
(assert_exception (invoke "f28" (i32.const 9)))
(assert_return (invoke "f28" (i32.const 10)) (i64.const 0x389a2828))
(assert_exception (invoke "f28" (i32.const 11)))
(assert_exception (invoke "f28" (i32.const 12)))
(assert_exception (invoke "f28" (i32.const 13)))
(assert_exception (invoke "f28" (i32.const 14)))
(assert_exception (invoke "f28" (i32.const 15)))
(assert_return (invoke "f29" (i32.const 0)) (i64.const 31814))
(assert_return (invoke "f29" (i32.const 1)) (i64.const 31814))
(assert_exception (invoke "f29" (i32.const 2)))
(assert_exception (invoke "f29" (i32.const 3)))
(assert_return (invoke "f29" (i32.const 4)) (i64.const 31814))
(assert_return (invoke "f29" (i32.const 5)) (i64.const 31814))
(assert_exception (invoke "f29" (i32.const 6)))
(assert_exception (invoke "f29" (i32.const 7)))
(assert_exception (invoke "f29" (i32.const 8)))
(assert_exception (invoke "f29" (i32.const 9)))
(assert_exception (invoke "f29" (i32.const 10)))
(assert_exception (invoke "f29" (i32.const 11)))
(assert_exception (invoke "f29" (i32.const 12)))
(assert_exception (invoke "f29" (i32.const 13)))
(assert_return (invoke "f29" (i32.const 14)) (i64.const 31816))
(assert_return (invoke "f29" (i32.const 15)) (i64.const 31816))
(assert_return (invoke "f30" (i32.const 0)) (i64.const 2026))
(assert_exception (invoke "f30" (i32.const 1)))
(assert_return (invoke "f30" (i32.const 2)) (i64.const 65))
(assert_return (invoke "f30" (i32.const 3)) (i64.const 65))
(assert_return (invoke "f30" (i32.const 4)) (i64.const 2026))
(assert_exception (invoke "f30" (i32.const 5)))
(assert_return (invoke "f30" (i32.const 6)) (i64.const 65))
(assert_return (invoke "f30" (i32.const 7)) (i64.const 65))
(assert_return (invoke "f30" (i32.const 8)) (i64.const 2026))
(assert_exception (invoke "f30" (i32.const 9)))
(assert_return (invoke "f30" (i32.const 10)) (i64.const 65))
(assert_return (invoke "f30" (i32.const 11)) (i64.const 65))
(assert_return (invoke "f30" (i32.const 12)) (i64.const 2026))
(assert_exception (invoke "f30" (i32.const 13)))
(assert_return (invoke "f30" (i32.const 14)) (i64.const 1))
(assert_return (invoke "f30" (i32.const 15)) (i64.const 1))
(assert_exception (invoke "f31" (i32.const 0)))
(assert_exception (invoke "f31" (i32.const 1)))
(assert_exception (invoke "f31" (i32.const 2)))
(assert_exception (invoke "f31" (i32.const 3)))
(assert_exception (invoke "f31" (i32.const 4)))
(assert_exception (invoke "f31" (i32.const 5)))
(assert_exception (invoke "f31" (i32.const 6)))
(assert_exception (invoke "f31" (i32.const 7)))
(assert_return (invoke "f31" (i32.const 8)) (i64.const 0x397be0a))
(assert_return (invoke "f31" (i32.const 9)) (i64.const 0x397be0a))
(assert_exception (invoke "f31" (i32.const 10)))
(assert_exception (invoke "f31" (i32.const 11)))
(assert_exception (invoke "f31" (i32.const 12)))
(assert_exception (invoke "f31" (i32.const 13)))
(assert_exception (invoke "f31" (i32.const 14)))
(assert_exception (invoke "f31" (i32.const 15)))
(assert_return (invoke "f32" (i32.const 0)) (i64.const 0x20fb5))
(assert_return (invoke "f32" (i32.const 1)) (i64.const 0x20fb5))
(assert_return (invoke "f32" (i32.const 2)) (i64.const 0x20fb5))
(assert_return (invoke "f32" (i32.const 3)) (i64.const 0xeff96b38))
(assert_exception (invoke "f32" (i32.const 4)))
(assert_exception (invoke "f32" (i32.const 5)))
(assert_exception (invoke "f32" (i32.const 6)))
(assert_exception (invoke "f32" (i32.const 7)))
(assert_return (invoke "f32" (i32.const 8)) (i64.const 0x19b56))
(assert_return (invoke "f32" (i32.const 9)) (i64.const 0x19b56))
(assert_return (invoke "f32" (i32.const 10)) (i64.const 0x19b56))
(assert_return (invoke "f32" (i32.const 11)) (i64.const 0xbb132ff7))
(assert_return (invoke "f32" (i32.const 12)) (i64.const 0x19b54))
(assert_return (invoke "f32" (i32.const 13)) (i64.const 0x19b54))
(assert_return (invoke "f32" (i32.const 14)) (i64.const 0x19b54))
(assert_return (invoke "f32" (i32.const 15)) (i64.const 0x19b54))
(assert_return (invoke "f33" (i32.const 0)) (i64.const 33797))
(assert_return (invoke "f33" (i32.const 1)) (i64.const 33797))
(assert_return (invoke "f33" (i32.const 2)) (i64.const 34))
(assert_return (invoke "f33" (i32.const 3)) (i64.const 34))
(assert_exception (invoke "f33" (i32.const 4)))
(assert_exception (invoke "f33" (i32.const 5)))
(assert_exception (invoke "f33" (i32.const 6)))
(assert_exception (invoke "f33" (i32.const 7)))
(assert_exception (invoke "f33" (i32.const 8)))
(assert_exception (invoke "f33" (i32.const 9)))
(assert_exception (invoke "f33" (i32.const 10)))
(assert_exception (invoke "f33" (i32.const 11)))
(assert_exception (invoke "f33" (i32.const 12)))
(assert_exception (invoke "f33" (i32.const 13)))
(assert_exception (invoke "f33" (i32.const 14)))
(assert_exception (invoke "f33" (i32.const 15)))
(assert_return (invoke "f34" (i32.const 0)) (i64.const 1090))
(assert_return (invoke "f34" (i32.const 1)) (i64.const 33))
(assert_return (invoke "f34" (i32.const 2)) (i64.const 1090))
(assert_return (invoke "f34" (i32.const 3)) (i64.const 33))
(assert_return (invoke "f34" (i32.const 4)) (i64.const 33796))
(assert_return (invoke "f34" (i32.const 5)) (i64.const 0x38c61b6d))
(assert_return (invoke "f34" (i32.const 6)) (i64.const 33796))
(assert_return (invoke "f34" (i32.const 7)) (i64.const 0x38c61b6d))
(assert_return (invoke "f34" (i32.const 8)) (i64.const 1090))
(assert_return (invoke "f34" (i32.const 9)) (i64.const 33))
(assert_return (invoke "f34" (i32.const 10)) (i64.const 1090))
(assert_return (invoke "f34" (i32.const 11)) (i64.const 33))
(assert_return (invoke "f34" (i32.const 12)) (i64.const 33796))
(assert_return (invoke "f34" (i32.const 13)) (i64.const 0x38c61b6d))
(assert_return (invoke "f34" (i32.const 14)) (i64.const 33796))
(assert_return (invoke "f34" (i32.const 15)) (i64.const 0x38c61b6d))
(assert_exception (invoke "f35" (i32.const 0)))
(assert_exception (invoke "f35" (i32.const 1)))
(assert_exception (invoke "f35" (i32.const 2)))
(assert_exception (invoke "f35" (i32.const 3)))
(assert_exception (invoke "f35" (i32.const 4)))
(assert_exception (invoke "f35" (i32.const 5)))
(assert_exception (invoke "f35" (i32.const 6)))
(assert_exception (invoke "f35" (i32.const 7)))
(assert_exception (invoke "f35" (i32.const 8)))
(assert_exception (invoke "f35" (i32.const 9)))
(assert_exception (invoke "f35" (i32.const 10)))
(assert_exception (invoke "f35" (i32.const 11)))
(assert_exception (invoke "f35" (i32.const 12)))
(assert_exception (invoke "f35" (i32.const 13)))
(assert_exception (invoke "f35" (i32.const 14)))
(assert_exception (invoke "f35" (i32.const 15)))
(assert_return (invoke "f36" (i32.const 0)) (i64.const 34))
(assert_return (invoke "f36" (i32.const 1)) (i64.const 33))
(assert_return (invoke "f36" (i32.const 2)) (i64.const 34))
(assert_return (invoke "f36" (i32.const 3)) (i64.const 33))
(assert_return (invoke "f36" (i32.const 4)) (i64.const 34))
(assert_return (invoke "f36" (i32.const 5)) (i64.const 33))
(assert_return (invoke "f36" (i32.const 6)) (i64.const 34))
(assert_return (invoke "f36" (i32.const 7)) (i64.const 33))
(assert_exception (invoke "f36" (i32.const 8)))
(assert_exception (invoke "f36" (i32.const 9)))
(assert_exception (invoke "f36" (i32.const 10)))
(assert_exception (invoke "f36" (i32.const 11)))
(assert_exception (invoke "f36" (i32.const 12)))
(assert_exception (invoke "f36" (i32.const 13)))
(assert_exception (invoke "f36" (i32.const 14)))
(assert_exception (invoke "f36" (i32.const 15)))
(assert_return (invoke "f37" (i32.const 0)) (i64.const 0x2d9846))
(assert_return (invoke "f37" (i32.const 1)) (i64.const 96400))
(assert_return (invoke "f37" (i32.const 2)) (i64.const 9002))
(assert_return (invoke "f37" (i32.const 3)) (i64.const 300))
(assert_return (invoke "f37" (i32.const 4)) (i64.const 0x2d9846))
(assert_exception (invoke "f37" (i32.const 5)))
(assert_return (invoke "f37" (i32.const 6)) (i64.const 9002))
(assert_exception (invoke "f37" (i32.const 7)))
(assert_return (invoke "f37" (i32.const 8)) (i64.const 0x2d9846))
(assert_return (invoke "f37" (i32.const 9)) (i64.const 96400))
(assert_return (invoke "f37" (i32.const 10)) (i64.const 9002))
(assert_return (invoke "f37" (i32.const 11)) (i64.const 300))
(assert_return (invoke "f37" (i32.const 12)) (i64.const 0x2d9846))
(assert_exception (invoke "f37" (i32.const 13)))
(assert_return (invoke "f37" (i32.const 14)) (i64.const 9002))
(assert_exception (invoke "f37" (i32.const 15)))
(assert_return (invoke "f38" (i32.const 0)) (i64.const 17))
(assert_exception (invoke "f38" (i32.const 1)))
(assert_return (invoke "f38" (i32.const 2)) (i64.const 16))
(assert_exception (invoke "f38" (i32.const 3)))
(assert_return (invoke "f38" (i32.const 4)) (i64.const 17))
(assert_exception (invoke "f38" (i32.const 5)))
(assert_return (invoke "f38" (i32.const 6)) (i64.const 16))
(assert_exception (invoke "f38" (i32.const 7)))
(assert_exception (invoke "f38" (i32.const 8)))
(assert_exception (invoke "f38" (i32.const 9)))
(assert_exception (invoke "f38" (i32.const 10)))
(assert_exception (invoke "f38" (i32.const 11)))
(assert_exception (invoke "f38" (i32.const 12)))
(assert_exception (invoke "f38" (i32.const 13)))
(assert_exception (invoke "f38" (i32.const 14)))
(assert_exception (invoke "f38" (i32.const 15)))
(assert_return (invoke "f39" (i32.const 0)) (i64.const 0x2c2fd5))
(assert_return (invoke "f39" (i32.const 1)) (i64.const 0x2c310b))
(assert_return (invoke "f39" (i32.const 2)) (i64.const 0x2c2f97))
(assert_return (invoke "f39" (i32.const 3)) (i64.const 0x2c2f97))
(assert_exception (invoke "f39" (i32.const 4)))
(assert_exception (invoke "f39" (i32.const 5)))
(assert_exception (invoke "f39" (i32.const 6)))
(assert_exception (invoke "f39" (i32.const 7)))
(assert_return (invoke "f39" (i32.const 8)) (i64.const 0x2c2fd5))
(assert_exception (invoke "f39" (i32.const 9)))
(assert_return (invoke "f39" (i32.const 10)) (i64.const 0x2c2f97))
(assert_return (invoke "f39" (i32.const 11)) (i64.const 0x2c2f97))
(assert_exception (invoke "f39" (i32.const 12)))
(assert_exception (invoke "f39" (i32.const 13)))
(assert_exception (invoke "f39" (i32.const 14)))
(assert_exception (invoke "f39" (i32.const 15)))
