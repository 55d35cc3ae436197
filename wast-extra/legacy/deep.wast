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
    block
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 2
    i64.const 3
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 4
    i64.const 5
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 18 i32.const 24 throw $e2
    end
    i64.const 7
    delegate 3
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 33 throw $e0
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 39 i64.const 52 i32.const 65 i64.const 78 throw $e3
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14
    loop (result i64)
    i32.const 45 throw $e0
    i64.const 16
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    loop (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 17
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 18
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 19 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20
    delegate 2
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 21
    delegate 2
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    block
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    try
    i64.const 23 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    i64.const 25 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
     call $throw1
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 28 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 30 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 31
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 96 throw $e0
    i64.const 33
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
     throw $e1
    i64.const 35
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 36
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 37
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    delegate 0
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 114 i32.const 152 call $through2
    end
    i64.const 39 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f1") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 6 throw $e0
    end
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 9 i32.const 12 throw $e2
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 12 i32.const 16 call $through2
    end
    end
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 5
    try (result i64)
    loop
    i64.const 6
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 7 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 5 drop
    end
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    i64.const 10
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 3
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    f64.const 36 i64.const 48 i32.const 60 i64.const 72 call $throw3
    i64.const 13
    catch_all
    nop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 45 i64.const 60 i32.const 75 i64.const 90 call $throw3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 16
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 17 br 4
    end
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 57 i32.const 76 call $throw2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 20 br 5
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 63 call $throw0
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 22 br 5
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    end
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 69 i64.const 92 i32.const 115 i64.const 138 throw $e3
    end
    i64.const 24
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 25 br 3
    end
    i64.const 26
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 27 br 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 28 br 5
    end
    i64.const 29
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 30 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 31
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 32
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 33 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 2 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    i64.const 35
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 36 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 37
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 38 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 39
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 40
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 123 i64.const 164 i32.const 205 i64.const 246 call $through3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 42
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 129 call $throw0
    end
    i64.const 132 i32.const 176 call $throw2
    i64.const 45
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 46 br 3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 47
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 144 i32.const 192 i32.const 2 call_indirect (type $t2)
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 147 i32.const 196 call $throw2
    end
    i64.const 50 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 156 i32.const 208 i32.const 2 call_indirect (type $t2)
    end
    end
    i64.const 53
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 162 i32.const 216 throw $e2
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 55 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 56
    catch_all
    i64.const 57 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    i64.const 59
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f2") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    i64.const 1
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 6 i64.const 8 i32.const 10 i64.const 12 throw $e3
    end
    f64.const 9 i64.const 12 i32.const 15 i64.const 18 call $through3
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 12 i64.const 16 i32.const 20 i64.const 24 throw $e3
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 15 call $through0
    end
    delegate 1
    i64.const 18 i32.const 24 throw $e2
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    try
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 24 call $throw0
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    try
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    delegate 0
    i64.const 10
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 33 i64.const 44 i32.const 55 i64.const 66 call $throw3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 13
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 2
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 15
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 5
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 18
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 57 call $throw0
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 20 br 4
    end
    i64.const 21
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 66 i32.const 88 call $throw2
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 69 i64.const 92 i32.const 115 i64.const 138 throw $e3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 72 i32.const 96 call $through2
    end
    i64.const 25
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 26
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    i64.const 28 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    end
    delegate 3
    end
    i64.const 30
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 31
    block (result i64)
    try
    try
    i64.const 32 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 3
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 34 br 2
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 105 i64.const 140 i32.const 175 i64.const 210 call $throw3
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 108 i64.const 144 i32.const 180 i64.const 216 throw $e3
    end
    i64.const 37
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 114 i32.const 152 i32.const 2 call_indirect (type $t2)
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 39
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 42 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    end
    local.get $t)
  (func (export "f3") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 3 i64.const 4 i32.const 5 i64.const 6 throw $e3
    end
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 3
    i64.const 4
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 5 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 4
    i64.const 7
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 27 i32.const 36 throw $e2
    i64.const 10
    catch_all
    i64.const 11 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2 drop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 5
    end
    i64.const 13
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 14
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 15 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16
    try (result i64)
    loop
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 18 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 57 i64.const 76 i32.const 95 i64.const 114 i32.const 3 call_indirect (type $t3)
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    try
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 66 i64.const 88 i32.const 110 i64.const 132 throw $e3
    end
    i64.const 23
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    i64.const 24
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 25 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 26
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 4
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 28
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    i64.const 29
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 30 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 31
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 32
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 33 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 35
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 36 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1 drop
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    i64.const 39
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 120 call $through0
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 123 i64.const 164 i32.const 205 i64.const 246 call $throw3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 42 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 129 i32.const 172 call $through2
    end
    i64.const 132 i32.const 176 throw $e2
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    f64.const 135 i64.const 180 i32.const 225 i64.const 270 throw $e3
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 48 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1
    end
    end
    local.get $t)
  (func (export "f4") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    i64.const 1
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 2
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 9 i32.const 0 call_indirect (type $t0)
    end
    block (result i64)
    i32.const 12 throw $e0
    i64.const 5 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 18 i32.const 24 throw $e2
    end
    i64.const 7
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    catch_all
    loop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 27 i64.const 36 i32.const 45 i64.const 54 call $throw3
    end
    end
    i64.const 10
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1
    delegate 2
    end
    end
    i64.const 13
    try (result i64)
    i64.const 14
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
     i32.const 1 call_indirect (type $t1)
    i64.const 16
    delegate 2
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 17 br 2
    end
    i64.const 18
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 19
    try (result i64)
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 20 br 4
    end
    i64.const 21
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 22 br 4
    end
    i64.const 23
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 72 i64.const 96 i32.const 120 i64.const 144 throw $e3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 26
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 27 br 4
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 28
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 29
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 30 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 93 i64.const 124 i32.const 155 i64.const 186 call $throw3
    end
    i64.const 32
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 33 br 1
    end
    i64.const 34
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 105 i64.const 140 i32.const 175 i64.const 210 i32.const 3 call_indirect (type $t3)
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 36 br 5
    end
    i64.const 37
    catch_all
    i64.const 38 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 39
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 40
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 41
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 42
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 43 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 44
    delegate 1
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 45 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 46 br 1
    end
    i64.const 47
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f5") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    loop
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    loop
    i64.const 2 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 9 i32.const 0 call_indirect (type $t0)
    i64.const 4
    try (result i64)
    i64.const 5
    block (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    end
    i64.const 7
    try (result i64)
    i64.const 8 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1 drop
    i64.const 9
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    delegate 0
    loop (result i64)
    nop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 39 i32.const 52 throw $e2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 14
    try (result i64)
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    i64.const 16 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 51 i32.const 0 call_indirect (type $t0)
    end
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
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 54 i32.const 72 throw $e2
    end
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    end
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 21
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 22
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 23
    catch_all
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 24 br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 25 br 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 78 call $throw0
    end
    i64.const 27
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 28 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 29 br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 90 i64.const 120 i32.const 150 i64.const 180 throw $e3
    end
    end
    i64.const 31
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    i64.const 33
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 102 i32.const 136 i32.const 2 call_indirect (type $t2)
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 35
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 36
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    i64.const 37
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 38 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f6") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    try
    try (result i64)
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 5
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 12 i64.const 16 i32.const 20 i64.const 24 throw $e3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    end
    i64.const 12
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    end
    i64.const 13
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 15
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 2
    i64.const 17 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 54 i32.const 72 throw $e2
    end
    i64.const 19
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 22
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 25 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 84 i32.const 112 i32.const 2 call_indirect (type $t2)
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 96 i64.const 128 i32.const 160 i64.const 192 call $through3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    end
    local.get $t)
  (func (export "f7") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 2
    block (result i64)
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 9 throw $e0
    end
    i64.const 4
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 5 br 3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 18 i64.const 24 i32.const 30 i64.const 36 throw $e3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 7 br 4
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 8 br 3
    end
    catch_all
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 30 i32.const 40 call $throw2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    f64.const 39 i64.const 52 i32.const 65 i64.const 78 throw $e3
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 42 i32.const 56 throw $e2
    end
    i64.const 15
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 16
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 17
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 6
    end
    end
    end
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 18 br 3
    end
    i64.const 19
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    i64.const 22
    catch_all
    try
    block
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 69 throw $e0
    end
    end
    end
    end
    i64.const 72 i32.const 96 i32.const 2 call_indirect (type $t2)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 75 i32.const 100 throw $e2
    end
    end
    end
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 26 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 27
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 28
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 93 i32.const 124 throw $e2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $t)
  (func (export "f8") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    loop (result i64)
    try
    block
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    end
    i64.const 3
    loop (result i64)
    i64.const 4
    block (result i64)
    i64.const 5 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    try
    nop
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 24 throw $e0
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 30 i32.const 40 i32.const 2 call_indirect (type $t2)
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 33 i32.const 44 i32.const 2 call_indirect (type $t2)
    end
    catch $e1
    i64.const 12 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    nop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 3
    end
    i64.const 15
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16
    try (result i64)
    nop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    i64.const 19
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    i32.const 63 throw $e0
    delegate 3
    i64.const 22
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    i64.const 24
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 25
    block (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 81 i64.const 108 i32.const 135 i64.const 162 i32.const 3 call_indirect (type $t3)
    end
    end
    try (result i64)
    try
    i64.const 28 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    try (result i64)
    block (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 29 br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 4
    i64.const 31
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 33
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 34
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 35
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 36 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 37 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 38
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 40 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 41
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 42
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    end
    local.get $t)
  (func (export "f9") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 2 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 3 br 1
    end
    i64.const 4
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 5 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 24 call $through0
    end
    end
    i64.const 9
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 30 i64.const 40 i32.const 50 i64.const 60 throw $e3
    end
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    i64.const 12 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1 drop
    loop (result i64)
    i64.const 13 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 14 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 15
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    try
    i64.const 17 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 18 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 4 drop
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 19 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    i64.const 66 i32.const 88 throw $e2
    end
    catch_all
    i64.const 23
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    delegate 2
    i64.const 24 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 25
    loop (result i64)
    i64.const 26 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 2 drop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 27
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 28
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 29
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 90 i32.const 0 call_indirect (type $t0)
    end
    delegate 2
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 31
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 32
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 33 br 1
    end
    i64.const 34 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 105 i32.const 140 call $throw2
    end
    i64.const 36
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 38
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 39 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    local.get $t)
  (func (export "f10") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (result i64)
    i64.const 2 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 4
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    catch $e1
    try
    try
     throw $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 24 i32.const 32 throw $e2
    end
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 27 i64.const 36 i32.const 45 i64.const 54 throw $e3
    end
    end
    delegate 4
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 30 i64.const 40 i32.const 50 i64.const 60 i32.const 3 call_indirect (type $t3)
    end
    i64.const 11 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 3 drop
    f64.const 36 i64.const 48 i32.const 60 i64.const 72 call $through3
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    block
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 3
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 14 br 5
    end
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 45 i32.const 60 throw $e2
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    i64.const 17
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 18 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 4 drop
    i64.const 19
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    i64.const 21
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    i64.const 22 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 4 drop
    delegate 0
    i64.const 23
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 24 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 25
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 78 i32.const 104 call $through2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 27
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 28 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 29
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 30 br 6
    end
    end
    end
    i64.const 31
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 96 call $through0
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 34 br 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 105 i32.const 140 call $through2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    end
    i64.const 38
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 39 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 40
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 123 i64.const 164 i32.const 205 i64.const 246 i32.const 3 call_indirect (type $t3)
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 42 br 1
    end
    i64.const 43
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f11") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    try (result i64)
    i64.const 1 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 2
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 12 i32.const 16 call $throw2
    end
    i64.const 5
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    try
    i64.const 7
    try (result i64)
    block (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 24 i64.const 32 i32.const 40 i64.const 48 i32.const 3 call_indirect (type $t3)
    end
    i64.const 9 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1 drop
    i64.const 10
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    i64.const 11
    block (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 36 i32.const 48 i32.const 2 call_indirect (type $t2)
    end
    i64.const 13
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14
    delegate 3
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 15
    i64.const 16
    block (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 4
    i64.const 18
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 57 i64.const 76 i32.const 95 i64.const 114 i32.const 3 call_indirect (type $t3)
    end
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    i64.const 20
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 63 throw $e0
    end
    catch $e1
    i64.const 22 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1 drop
    try (result i64)
    i64.const 24 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 2
    delegate 2
    i64.const 26
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 27
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    i64.const 29 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 5
    end
    i64.const 31
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 32 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 99 i64.const 132 i32.const 165 i64.const 198 call $through3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 35
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    local.get $t)
  (func (export "f12") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    try
    block
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 2 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 2
    end
    end
    end
    block
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 4
    i64.const 5
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 6
    i64.const 7
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    delegate 4
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    i64.const 10
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 11
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 12 br 1
    end
    i64.const 13 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 14
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 15
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 48 i64.const 64 i32.const 80 i64.const 96 call $throw3
    end
    i64.const 17
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    loop (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 54 i32.const 72 call $throw2
    end
    i64.const 19 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    loop (result i64)
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 63 i64.const 84 i32.const 105 i64.const 126 call $through3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 22 br 3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 23 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    end
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 72 throw $e0
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 75 i64.const 100 i32.const 125 i64.const 150 call $throw3
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 26 br 4
    end
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 27 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 29 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 31 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    f64.const 96 i64.const 128 i32.const 160 i64.const 192 throw $e3
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 33
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 34
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 35 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 36
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 37 br 1
    end
    i64.const 38
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f13") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 3 i32.const 4 call $throw2
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 2
    loop (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 4
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 5
    try (result i64)
    i64.const 6
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 21 throw $e0
    end
    end
    try
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    delegate 3
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 27 i64.const 36 i32.const 45 i64.const 54 call $through3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 30 i64.const 40 i32.const 50 i64.const 60 call $throw3
    end
    catch $e1
    try
    i64.const 11
    i64.const 12
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 39 call $through0
    end
    i64.const 14
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 15
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    block (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 16 br 1
    end
    i64.const 17 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 4 drop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    i64.const 18
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    i64.const 19 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    i64.const 21
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    end
    i64.const 23
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 24 br 1
    end
    i64.const 25
    loop (result i64)
     call $through1
    i64.const 27
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 28 br 4
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 29 br 5
    end
    i64.const 30
    delegate 2
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 31
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 32 br 2
    end
    try
    i64.const 33 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 3 drop
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 35 br 2
    end
     throw $e1
    f64.const 111 i64.const 148 i32.const 185 i64.const 222 throw $e3
    end
    i64.const 38
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 117 i64.const 156 i32.const 195 i64.const 234 call $through3
    end
    end
    i64.const 40
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 41 br 2
    end
    i64.const 42
    catch_all
    i64.const 43 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i32.const 132 throw $e0
    i64.const 45
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 46 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 48
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f14") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3
    block (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 4
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    try
    i64.const 5
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 6 br 3
    end
    i64.const 7
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    f64.const 24 i64.const 32 i32.const 40 i64.const 48 call $through3
    try (result i64)
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10
    catch $e1
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 39 i32.const 52 throw $e2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    i64.const 14
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 45 throw $e0
    end
    i64.const 16
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 17 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 3 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 18 br 4
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 57 throw $e0
    end
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
     throw $e1
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 66 i32.const 88 throw $e2
    end
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 5
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    end
    i64.const 24
    catch_all
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 25 br 4
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 4
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    i32.const 81 throw $e0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 84 i32.const 112 throw $e2
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    i64.const 29
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    delegate 1
    i64.const 31
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 96 i64.const 128 i32.const 160 i64.const 192 throw $e3
    end
    i64.const 33
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 102 call $throw0
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 105 i32.const 0 call_indirect (type $t0)
    end
    i64.const 36
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    i64.const 38 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f15") (param $p i32) (result i64) (local $t i64) (local $v i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 3 throw $e0
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 2
    try (result i64)
    loop
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 9 i64.const 12 i32.const 15 i64.const 18 throw $e3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 5 br 3
    end
    i64.const 6
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 21 call $throw0
    end
    i64.const 8
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $t)
  (func (export "f16") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    i64.const 1
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 2
    block (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    loop (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 12 call $throw0
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 4
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 18 i32.const 24 throw $e2
    end
    i64.const 7
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 8
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 9 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 4 drop
    end
    i64.const 10 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3 drop
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 2
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 12 br 4
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 13 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 42 i32.const 56 throw $e2
    i64.const 45 i32.const 60 i32.const 2 call_indirect (type $t2)
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 51 i32.const 68 call $throw2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 18
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 19
    loop (result i64)
    try
    loop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 20 br 4
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 63 call $through0
    end
    i64.const 22 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 3 drop
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 3
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 72 i32.const 96 call $through2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 27 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 84 i32.const 0 call_indirect (type $t0)
    end
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    delegate 2
    i64.const 29
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 30
    try (result i64)
    i64.const 31
    try (result i64)
    i64.const 32 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 33 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 102 i32.const 136 throw $e2
    end
    end
    i64.const 35
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 108 i32.const 144 throw $e2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 37 br 3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 114 call $throw0
    end
    end
    i64.const 39
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 40 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1 drop
    i64.const 41
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 42 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 43
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 44
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 45 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 46
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 141 i64.const 188 i32.const 235 i64.const 282 throw $e3
    end
    i64.const 48 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 49
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 150 i64.const 200 i32.const 250 i64.const 300 call $throw3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 51
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 52 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 159 i32.const 212 throw $e2
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 54 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 168 i64.const 224 i32.const 280 i64.const 336 call $throw3
    end
    end
    local.get $t)
  (func (export "f17") (param $p i32) (result i64) (local $t i64) (local $v i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 3 throw $e0
    end
    try
    try (result i64)
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    try
    i64.const 2 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 9 i32.const 12 call $through2
    end
    end
    i64.const 4 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 1
    end
    try
    i64.const 5
    loop (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    i64.const 7
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 8
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 10
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 12 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    catch_all
    i64.const 48 i32.const 64 throw $e2
    end
    i64.const 17
    loop (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 5
    end
    f64.const 57 i64.const 76 i32.const 95 i64.const 114 i32.const 3 call_indirect (type $t3)
    i64.const 20
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 63 i32.const 84 throw $e2
    end
    catch $e1
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    i64.const 23
    delegate 4
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    loop
    i64.const 24 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    end
    i64.const 25
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 78 i32.const 104 i32.const 2 call_indirect (type $t2)
    end
    i32.const 81 throw $e0
    i64.const 28
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $t)
  (func (export "f18") (param $p i32) (result i64) (local $t i64) (local $v i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 3 call $throw0
    end
    i64.const 2
    try (result i64)
    i64.const 3
    loop (result i64)
    nop
    nop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 18 i64.const 24 i32.const 30 i64.const 36 call $through3
    end
    i64.const 7
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 8 br 1
    end
    try
    loop
    i64.const 9
    try (result i64)
    i64.const 10
    i64.const 11
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 36 i32.const 48 throw $e2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    i64.const 14 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 15
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 51 i32.const 68 throw $e2
    end
    i64.const 18
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 19
    i64.const 20
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 3
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 22 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    i64.const 23
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 24
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 25 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 26 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 4 drop
    delegate 3
    i64.const 27
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    nop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 87 i32.const 116 throw $e2
    end
    delegate 0
    i64.const 30
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 93 throw $e0
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 32
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    end
    i64.const 34
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 35
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 36 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 37
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 114 i32.const 152 call $through2
    end
    i64.const 39
    delegate 3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    i64.const 40 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    i64.const 41
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
     call $throw1
    i64.const 43
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 44 br 1
    end
    i64.const 45
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 46 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 47
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 48 br 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 49
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f19") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    i64.const 1
    try (result i64)
    loop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    end
    i64.const 3
    try (result i64)
    i64.const 4
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 5 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 2 drop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    i64.const 7
    loop (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 5
    end
    i64.const 9
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10
    catch_all
    i64.const 11
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 36 i32.const 48 throw $e2
    end
    end
    i64.const 13
    delegate 4
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 14
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 15
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 18
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 19 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 22 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 24
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 25
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    try
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 28 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 30 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 31 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 99 i32.const 132 call $through2
    end
    i64.const 34
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 35
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 108 i64.const 144 i32.const 180 i64.const 216 throw $e3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 111 i64.const 148 i32.const 185 i64.const 222 call $through3
    end
    i64.const 38
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 39
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 41 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    catch_all
    i64.const 43 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    local.get $t)
  (func (export "f20") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    loop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    end
    i64.const 2
    loop (result i64)
    nop
    block (result i64)
    i64.const 4
    try (result i64)
    try (result i64)
    i64.const 5
    i64.const 6
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 7 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 2 drop
    i64.const 8
    catch_all
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 12 br 4
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 13 br 2
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    nop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    i64.const 16
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    try (result i64)
    i64.const 17 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 18 br 4
    end
    end
    i64.const 19
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2 drop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 63 i32.const 84 i32.const 2 call_indirect (type $t2)
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 69 i64.const 92 i32.const 115 i64.const 138 throw $e3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 75 i64.const 100 i32.const 125 i64.const 150 throw $e3
    end
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 26 br 4
    end
    i64.const 27 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3 drop
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    f64.const 90 i64.const 120 i32.const 150 i64.const 180 i32.const 3 call_indirect (type $t3)
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
     i32.const 1 call_indirect (type $t1)
    end
    i64.const 33
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 102 i32.const 136 i32.const 2 call_indirect (type $t2)
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    i64.const 36
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 37 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 38 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 39
    catch_all
    i64.const 40 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 41
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    i64.const 43
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    i64.const 45
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
     throw $e1
    local.get $t)
  (func (export "f21") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 2
    i64.const 3
    block (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 4
    i64.const 5
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 6 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 21 i32.const 28 call $throw2
    end
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 8 br 3
    end
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12
    try (result i64)
    i64.const 13
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 42 i32.const 56 throw $e2
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 45 i32.const 60 call $throw2
    end
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 48 throw $e0
    end
    i64.const 17 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 18 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 4 drop
    end
    i32.const 57 throw $e0
     i32.const 1 call_indirect (type $t1)
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 63 i64.const 84 i32.const 105 i64.const 126 throw $e3
    end
    end
    delegate 3
    i64.const 22
    delegate 2
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    try
    i64.const 23 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 72 call $throw0
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 81 call $throw0
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 87 i64.const 116 i32.const 145 i64.const 174 throw $e3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 30 br 4
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i32.const 93 throw $e0
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 32
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 33 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 34 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 35 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 36
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 111 throw $e0
    end
    i64.const 38
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 39 br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 120 i64.const 160 i32.const 200 i64.const 240 throw $e3
    end
    i64.const 41
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 126 i64.const 168 i32.const 210 i64.const 252 throw $e3
    end
    local.get $t)
  (func (export "f22") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 6 i32.const 8 call $through2
    end
    delegate 0
    i32.const 9 throw $e0
    i64.const 4
    try (result i64)
    try
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 5 br 3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 6
    try (result i64)
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    delegate 0
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 11
    loop (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 36 i32.const 48 throw $e2
    end
    i64.const 13
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    i64.const 14
    block (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 16
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 17
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 18
    block (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 57 call $through0
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 2
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 63 throw $e0
    end
    end
    f64.const 66 i64.const 88 i32.const 110 i64.const 132 throw $e3
    delegate 1
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    i64.const 23
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 72 call $throw0
    end
    i64.const 25
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 26 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 27
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 28
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 29
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 90 throw $e0
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 31
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 96 call $throw0
    i64.const 33
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 34
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 35 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 36
    catch_all
    i64.const 37 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 114 i32.const 152 i32.const 2 call_indirect (type $t2)
    end
    i64.const 39
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 41 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1 drop
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    i64.const 43
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 44 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 45
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 138 call $through0
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 141 i64.const 188 i32.const 235 i64.const 282 call $throw3
    end
    i64.const 48
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 49
    catch_all
    i64.const 50 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 153 i32.const 204 throw $e2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 52
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f23") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 6 i64.const 8 i32.const 10 i64.const 12 throw $e3
    end
    i64.const 3
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    i64.const 4
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    try
    try
    i64.const 5
    block (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    i64.const 7
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 9
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 11
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 36 i64.const 48 i32.const 60 i64.const 72 call $through3
    end
    end
    i64.const 13
    catch $e1
    i64.const 14 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 4 drop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 15 br 1
    end
    i64.const 16
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 17 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 18
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 57 i32.const 76 throw $e2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 20
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 21
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 23
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 75 i32.const 100 call $throw2
    end
    i64.const 26
    catch $e1
    f64.const 81 i64.const 108 i32.const 135 i64.const 162 call $throw3
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    i64.const 29
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 90 i64.const 120 i32.const 150 i64.const 180 throw $e3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 31
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 96 i32.const 128 throw $e2
    end
    i64.const 33
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 102 i32.const 136 call $throw2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i32.const 105 throw $e0
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 111 i32.const 0 call_indirect (type $t0)
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    end
    i64.const 38 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 39 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 40
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 41
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f24") (param $p i32) (result i64) (local $t i64) (local $v i64)
    loop
    i64.const 1
    try (result i64)
    i64.const 6 i32.const 8 call $through2
    i64.const 3
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 12 i32.const 16 call $throw2
    end
    i64.const 5
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    loop
    i64.const 6
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 2
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
     throw $e1
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 33 i32.const 44 throw $e2
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    try
    nop
    i64.const 13 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 3 drop
    delegate 4
    end
    delegate 0
    i64.const 15
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 48 i32.const 64 call $throw2
    end
    i64.const 17
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 18
    try (result i64)
    block (result i64)
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    try
    f64.const 60 i64.const 80 i32.const 100 i64.const 120 throw $e3
    end
    delegate 2
    try
    i64.const 21
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 66 call $throw0
    end
    end
    i32.const 69 throw $e0
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 24 br 4
    end
    i64.const 25 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    catch $e1
    i64.const 26 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 81 call $throw0
    end
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 29 br 4
    end
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 90 i32.const 120 throw $e2
    end
    end
    i64.const 31
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    nop
    end
    i64.const 33
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 34
    catch $e1
    i64.const 35 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 108 i32.const 0 call_indirect (type $t0)
    end
    nop
    i64.const 38
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 39 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 120 throw $e0
    end
    i64.const 41
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    end
    i64.const 43 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    local.get $t)
  (func (export "f25") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop (result i64)
    try
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 3 br 4
    end
    i64.const 4
    delegate 2
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 5 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    nop
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 21 throw $e0
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 24 throw $e0
    end
    end
    block
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 27 i32.const 0 call_indirect (type $t0)
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    end
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 11
    try (result i64)
    i64.const 12
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 39 i32.const 52 i32.const 2 call_indirect (type $t2)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 42 throw $e0
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 17 br 5
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 19 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 60 throw $e0
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 21 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 4 drop
    end
    i64.const 22
    delegate 1
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    i64.const 23
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 24
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 25 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    end
    i64.const 27
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 28
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 90 i64.const 120 i32.const 150 i64.const 180 i32.const 3 call_indirect (type $t3)
    end
    end
    i64.const 31
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 96 i32.const 128 throw $e2
    end
    i64.const 33
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 35
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 108 i32.const 144 throw $e2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 114 i64.const 152 i32.const 190 i64.const 228 throw $e3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $t)
  (func (export "f26") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 2
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3
    try (result i64)
    loop
     call $throw1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 6
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
     throw $e1
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 30 i64.const 40 i32.const 50 i64.const 60 call $through3
    end
    catch $e1
    try (result i64)
    i64.const 11 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 2 drop
    i64.const 12
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 39 i64.const 52 i32.const 65 i64.const 78 throw $e3
    end
    i64.const 14
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 15 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 16
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 18 br 4
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 5
    end
    i64.const 19
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 22 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    block
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 24 br 4
    end
    end
    end
    end
    i64.const 25
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 26
    delegate 1
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 27 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 28
    catch $e1
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1
    end
    delegate 1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 30 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    end
    i64.const 31
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 96 i64.const 128 i32.const 160 i64.const 192 i32.const 3 call_indirect (type $t3)
    end
    end
    end
    i64.const 33
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 102 call $through0
    end
    local.get $t)
  (func (export "f27") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i32.const 3 throw $e0
    loop (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    loop (result i64)
    nop
    loop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 12 i32.const 16 throw $e2
    end
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 6 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    catch_all
    nop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 27 i32.const 36 throw $e2
    end
    end
    end
    i64.const 10
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    try (result i64)
    i64.const 11
    try (result i64)
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    nop
    end
    delegate 1
    i64.const 13
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14
    loop (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 45 i32.const 0 call_indirect (type $t0)
    end
    i64.const 16
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 17
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    i64.const 18
    loop (result i64)
    f64.const 57 i64.const 76 i32.const 95 i64.const 114 throw $e3
    i64.const 20
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 21
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 22
    try (result i64)
    i64.const 23 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 24
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 75 throw $e0
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 78 throw $e0
    end
    i64.const 27
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 28
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 29 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1 drop
    delegate 1
    i64.const 30
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 31
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 32 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 33
    try (result i64)
    loop
    i64.const 34 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 2 drop
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 105 throw $e0
    end
    i64.const 36
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 37 br 3
    end
    i64.const 38
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 39
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 40
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 123 throw $e0
    end
    i64.const 42
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 129 i32.const 172 throw $e2
    end
    i64.const 44
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 135 call $throw0
    end
    i64.const 46
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 47 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 48
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 49
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f28") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    i64.const 3
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 4 br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 15 i32.const 0 call_indirect (type $t0)
    end
    i64.const 6
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    delegate 1
    i64.const 7
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 8
    delegate 2
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9
    block (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 30 i32.const 40 throw $e2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    delegate 4
    i64.const 13
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 42 i64.const 56 i32.const 70 i64.const 84 throw $e3
    end
    i64.const 15
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    i64.const 16 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 18
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 3
    try
    i64.const 19
    try (result i64)
    i64.const 20 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 21 br 4
    end
    i64.const 22 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 24
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 5
    end
    i64.const 26
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 27 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 28
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 29 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 31 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 3 drop
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 32 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 36 br 2
    end
    end
    i64.const 37 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 38
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 117 i32.const 0 call_indirect (type $t0)
    end
    local.get $t)
  (func (export "f29") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    i64.const 1
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 3
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 12 i32.const 16 throw $e2
    end
    local.get $t)
  (func (export "f30") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 2
    try (result i64)
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 4
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 5
    try (result i64)
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3
    i64.const 7 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 2 drop
    i64.const 8
    delegate 2
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    try
    i64.const 10 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    delegate 3
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 33 throw $e0
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
     throw $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 13 br 4
    end
    i64.const 14
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    i64.const 16
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    catch_all
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 51 i64.const 68 i32.const 85 i64.const 102 i32.const 3 call_indirect (type $t3)
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 18 br 1
    end
    i64.const 19
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 20
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 21 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 22
    catch_all
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 69 i32.const 92 throw $e2
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 24
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 25 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    delegate 2
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch_all
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 78 i64.const 104 i32.const 130 i64.const 156 throw $e3
    end
    i64.const 27 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3 drop
    i64.const 28 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 29
    delegate 3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 30
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 31 br 1
    end
    i64.const 32
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 33
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 34
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 35 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f31") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    i64.const 1
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 9 i32.const 0 call_indirect (type $t0)
    end
    i64.const 4 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 5 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 6
    delegate 1
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 24 i32.const 32 throw $e2
    end
    try
    loop (result i64)
    i64.const 9 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 10 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 33 throw $e0
    end
    end
    end
    i64.const 12
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
     call $throw1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 2
    delegate 0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 16
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 17 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 18 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 20
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    block (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 22
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 24 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 25
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 78 i32.const 104 throw $e2
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    i64.const 27 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 28 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1 drop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 87 i32.const 116 call $through2
    end
    end
    i64.const 30 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 31
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 99 throw $e0
    end
    i64.const 34
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 2
    end
    end
    catch $e1
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    end
    local.get $t)
  (func (export "f32") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (result i64)
    i64.const 2
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop (result i64)
    loop
    block
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    end
    try (result i64)
    nop
    i64.const 5
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 6 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    nop
    i64.const 8
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 1
    i64.const 9
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 10
    loop (result i64)
    try
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    i64.const 13
    catch $e1
     throw $e1
    i64.const 15
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16
    loop (result i64)
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 51 i32.const 0 call_indirect (type $t0)
    end
    i64.const 18 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2 drop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    i64.const 19
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 20
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 63 call $throw0
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 66 throw $e0
    end
    i64.const 23 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 2 drop
    i64.const 24
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    i64.const 26
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    block
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    i64.const 27
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 28
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    block (result i64)
    try (result i64)
    i64.const 29
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 90 i32.const 120 throw $e2
    end
    end
    i64.const 31 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    delegate 3
    i64.const 33
    catch $e1
    i64.const 34 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 35
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 36
    loop (result i64)
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 111 i32.const 148 throw $e2
    end
    catch $e1
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 39 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2 drop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 120 i32.const 160 call $through2
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 123 i32.const 164 call $through2
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 132 i32.const 176 throw $e2
    end
    end
    i64.const 135 i32.const 180 call $through2
    i64.const 46
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 47 br 2
    end
    end
    i64.const 48
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 0
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    i64.const 50
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f33") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3
    i64.const 4
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 5 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 5
    end
    i64.const 7
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 2
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 9
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
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    i64.const 11
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    block (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 39 throw $e0
    end
    i64.const 14
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 4
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 18
    catch_all
    i64.const 19
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 60 i64.const 80 i32.const 100 i64.const 120 call $through3
    end
    i64.const 21 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 22
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 4
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 25
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 26 br 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 81 i64.const 108 i32.const 135 i64.const 162 throw $e3
    end
    i64.const 28
    delegate 0
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 87 call $through0
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 30
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 31
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    br 5
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 102 i32.const 136 throw $e2
    end
    i64.const 35
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 36 br 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 37
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 38 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 117 call $through0
    end
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 2
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    delegate 0
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0
    i64.const 42 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 132 i32.const 176 throw $e2
    end
    i64.const 45 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 46 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e1
    i64.const 47 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $t)
  (func (export "f34") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    try (result i64)
    try (result i64)
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 12 i32.const 16 throw $e2
    end
    i64.const 5
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 6 br 3
    end
    i64.const 7
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    loop
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 9 br 5
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    nop
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    catch $e1
    nop
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 3
    end
    nop
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 54 i32.const 72 throw $e2
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 19
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 21
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 22
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 23
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    try
    i64.const 24
    block (result i64)
    i64.const 25
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 81 i32.const 108 call $throw2
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 84 i32.const 112 throw $e2
    end
    i64.const 29
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 31 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 32
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 102 i64.const 136 i32.const 170 i64.const 204 call $through3
    end
    i64.const 35 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 3 drop
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 108 throw $e0
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 37 br 4
    end
    end
    i64.const 38
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 117 i64.const 156 i32.const 195 i64.const 234 throw $e3
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 1
    end
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 123 call $throw0
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 126 throw $e0
    end
    i64.const 43
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 45 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $t)
  (func (export "f35") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 6 i32.const 8 throw $e2
    end
    try
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 4 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 15 i32.const 0 call_indirect (type $t0)
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 6
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 7
    block (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 11 br 5
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 2
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 39 i32.const 52 call $through2
    end
    end
    block (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 42 call $through0
    end
    i64.const 15
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 16
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 51 i64.const 68 i32.const 85 i64.const 102 throw $e3
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    end
    i64.const 19
    delegate 0
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
  (func (export "f36") (param $p i32) (result i64) (local $t i64) (local $v i64)
    block
    block
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 1
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    block (result i64)
    i64.const 2 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 5
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    f64.const 18 i64.const 24 i32.const 30 i64.const 36 throw $e3
    end
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    f64.const 27 i64.const 36 i32.const 45 i64.const 54 throw $e3
    end
    i64.const 10
    try (result i64)
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    f64.const 39 i64.const 52 i32.const 65 i64.const 78 call $throw3
    i64.const 14
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    end
    i64.const 16
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 17
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    end
    try (result i64)
    i64.const 18
    i64.const 19
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 20 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 21 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 3 drop
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 0
    i64.const 23 local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3 drop
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 72 i32.const 96 i32.const 2 call_indirect (type $t2)
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 75 throw $e0
    end
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 26 br 3
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 27 br 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 84 i64.const 112 i32.const 140 i64.const 168 i32.const 3 call_indirect (type $t3)
    end
    i64.const 29
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 30 br 3
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 31 br 1
    end
    i64.const 32 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 33
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 34
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 105 i64.const 140 i32.const 175 i64.const 210 throw $e3
    end
    i64.const 36 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0 drop
    i64.const 37
    catch_all
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    f64.const 114 i64.const 152 i32.const 190 i64.const 228 throw $e3
    end
    i32.const 117 call $through0
    i64.const 40
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 41 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 42
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i32.const 129 throw $e0
    local.get $t)
  (func (export "f37") (param $p i32) (result i64) (local $t i64) (local $v i64)
    block
    i64.const 3 i32.const 4 throw $e2
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    try
    try (result i64)
    i64.const 3
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    block (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 1
    i64.const 5
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    i64.const 6 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 8 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i32.const 27 throw $e0
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    end
    i64.const 11 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 13 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 14
    delegate 2
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 15
    try (result i64)
    i32.const 48 i32.const 0 call_indirect (type $t0)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 4
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 54 i32.const 72 throw $e2
    end
    i64.const 19
    delegate 3
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 60 throw $e0
    end
    i64.const 21
    try (result i64)
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 22
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e1
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 4
    end
    end
    end
    i64.const 23
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 72 i32.const 0 call_indirect (type $t0)
    end
    i64.const 25
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 26 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 27 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 28
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 29 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 2 drop
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and br_if 3
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    i64.const 32
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 33
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 34 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 35 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 36 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1 drop
    i64.const 37 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 38 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 1 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    end
    i64.const 39
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i32.const 120 throw $e0
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 123 call $throw0
    end
    catch $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    end
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    f64.const 129 i64.const 172 i32.const 215 i64.const 258 call $through3
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $t)
  (func (export "f38") (param $p i32) (result i64) (local $t i64) (local $v i64)
    try (result i64)
    i64.const 1
    i64.const 2
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 3 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 1 drop
    i64.const 4
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    try (result i64)
    try
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 3
    end
    delegate 0
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    loop
    i64.const 5 local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 3 drop
    end
    end
    try
    try (result i64)
    f64.const 18 i64.const 24 i32.const 30 i64.const 36 call $through3
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    i64.const 8
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 9 br 4
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    i64.const 11
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 12 local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 3 drop
    i64.const 13
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 14 br 5
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 45 i32.const 0 call_indirect (type $t0)
    end
    i64.const 16
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 51 i32.const 0 call_indirect (type $t0)
    end
    delegate 1
    i64.const 18
    catch_all
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 19
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 20
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    i64.const 22
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    i64.const 23 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 24
    delegate 1
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 26
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 27
    block (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 28 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    catch $e1
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 30 br 5
    end
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 0
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 32 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 33 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
     call $through1
    end
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    rethrow 2
    end
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    f64.const 108 i64.const 144 i32.const 180 i64.const 216 i32.const 3 call_indirect (type $t3)
    end
    i64.const 37 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 38 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 117 i32.const 156 call $throw2
    end
    i64.const 40
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 41 br 1
    end
    i64.const 42
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 43
    catch $e2
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 44 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 45 br 1
    end
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i32.const 138 i32.const 0 call_indirect (type $t0)
    end
    i64.const 47
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i32.const 144 throw $e0
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    i64.const 49 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    local.get $t)
  (func (export "f39") (param $p i32) (result i64) (local $t i64) (local $v i64)
    i64.const 1
    try (param i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    end
    try
    loop
    nop
     throw $e1
    loop
    i64.const 5
    try (result i64)
     throw $e1
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    i64.const 7 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 8
    delegate 4
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 9
    try (param i64) (result i64)
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    i64.const 11
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    try (result i64)
    nop
    i64.const 13
    catch_all
    i64.const 42 i32.const 56 call $through2
    i64.const 15 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    i64.const 16
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    end
    i64.const 17
    try (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    br 3
    end
    i64.const 19
    loop (result i64)
    nop
    loop (result i64)
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and br_if 4
    i64.const 23
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    i64.const 25
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 26
    catch $e0
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
    i64.const 27
    loop (result i64)
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i64.const 28 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 29 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 30
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 31 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.const 32
    end
    i64.add
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    delegate 1
    catch $e1
    i64.const 33 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    try (result i64)
    loop
    try
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     call $throw1
    end
    catch $e3
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.extend_i32_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    i64.trunc_f64_u local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    br 1
    end
    i64.const 36 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 2 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    i32.const 111 throw $e0
    end
    catch_all
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     throw $e1
    end
    end
    i64.const 40 local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    end
    i64.const 41 local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and br_if 0 drop
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
     i32.const 1 call_indirect (type $t1)
    end
    i64.const 43
    catch_all
    local.get $p i32.const 3 i32.shr_u i32.const 1 i32.and if
    rethrow 1
    end
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 1 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 0 i32.shr_u i32.const 1 i32.and if
    local.get $p i32.const 2 i32.shr_u i32.const 1 i32.and br_if 2
    end
    end
    end
    end
    i64.const 45
    end
    local.set $v local.get $t i64.const 31 i64.mul local.get $v i64.add local.set $t
    local.get $t)
)
(assert_return (invoke "f0" (i32.const 0)) (i64.const 0x4c4f12a04f32))
(assert_return (invoke "f0" (i32.const 1)) (i64.const 0x4c4f12a04f32))
(assert_exception (invoke "f0" (i32.const 2)))
(assert_exception (invoke "f0" (i32.const 3)))
(assert_return (invoke "f0" (i32.const 4)) (i64.const 0x4c4f12a04f32))
(assert_return (invoke "f0" (i32.const 5)) (i64.const 0x4c4f12a04f32))
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
(assert_return (invoke "f1" (i32.const 0)) (i64.const 0xfd4c261a34))
(assert_return (invoke "f1" (i32.const 1)) (i64.const 38))
(assert_return (invoke "f1" (i32.const 2)) (i64.const 37992))
(assert_return (invoke "f1" (i32.const 3)) (i64.const 38))
(assert_return (invoke "f1" (i32.const 4)) (i64.const 84))
(assert_return (invoke "f1" (i32.const 5)) (i64.const 84))
(assert_exception (invoke "f1" (i32.const 6)))
(assert_exception (invoke "f1" (i32.const 7)))
(assert_return (invoke "f1" (i32.const 8)) (i64.const 0x2622a2f))
(assert_exception (invoke "f1" (i32.const 9)))
(assert_return (invoke "f1" (i32.const 10)) (i64.const 0x2622a0b))
(assert_exception (invoke "f1" (i32.const 11)))
(assert_return (invoke "f1" (i32.const 12)) (i64.const 84))
(assert_return (invoke "f1" (i32.const 13)) (i64.const 84))
(assert_return (invoke "f1" (i32.const 14)) (i64.const 84))
(assert_return (invoke "f1" (i32.const 15)) (i64.const 84))
(assert_exception (invoke "f2" (i32.const 0)))
(assert_exception (invoke "f2" (i32.const 1)))
(assert_exception (invoke "f2" (i32.const 2)))
(assert_exception (invoke "f2" (i32.const 3)))
(assert_exception (invoke "f2" (i32.const 4)))
(assert_exception (invoke "f2" (i32.const 5)))
(assert_exception (invoke "f2" (i32.const 6)))
(assert_exception (invoke "f2" (i32.const 7)))
(assert_exception (invoke "f2" (i32.const 8)))
(assert_exception (invoke "f2" (i32.const 9)))
(assert_exception (invoke "f2" (i32.const 10)))
(assert_exception (invoke "f2" (i32.const 11)))
(assert_exception (invoke "f2" (i32.const 12)))
(assert_exception (invoke "f2" (i32.const 13)))
(assert_exception (invoke "f2" (i32.const 14)))
(assert_exception (invoke "f2" (i32.const 15)))
(assert_return (invoke "f3" (i32.const 0)) (i64.const 2371))
(assert_return (invoke "f3" (i32.const 1)) (i64.const 2051))
(assert_return (invoke "f3" (i32.const 2)) (i64.const 0x7e1f26))
(assert_return (invoke "f3" (i32.const 3)) (i64.const 0x2cd7e))
(assert_return (invoke "f3" (i32.const 4)) (i64.const 2371))
(assert_return (invoke "f3" (i32.const 5)) (i64.const 2051))
(assert_return (invoke "f3" (i32.const 6)) (i64.const 0x7e1f26))
(assert_return (invoke "f3" (i32.const 7)) (i64.const 0x2cd7e))
(assert_return (invoke "f3" (i32.const 8)) (i64.const 2371))
(assert_return (invoke "f3" (i32.const 9)) (i64.const 2051))
(assert_return (invoke "f3" (i32.const 10)) (i64.const 0x7e1f26))
(assert_return (invoke "f3" (i32.const 11)) (i64.const 0x2cd7e))
(assert_return (invoke "f3" (i32.const 12)) (i64.const 2371))
(assert_return (invoke "f3" (i32.const 13)) (i64.const 2051))
(assert_return (invoke "f3" (i32.const 14)) (i64.const 0x7e1f26))
(assert_return (invoke "f3" (i32.const 15)) (i64.const 0x2cd7e))
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
(assert_exception (invoke "f5" (i32.const 0)))
(assert_exception (invoke "f5" (i32.const 1)))
(assert_exception (invoke "f5" (i32.const 2)))
(assert_exception (invoke "f5" (i32.const 3)))
(assert_exception (invoke "f5" (i32.const 4)))
(assert_exception (invoke "f5" (i32.const 5)))
(assert_exception (invoke "f5" (i32.const 6)))
(assert_exception (invoke "f5" (i32.const 7)))
(assert_exception (invoke "f5" (i32.const 8)))
(assert_exception (invoke "f5" (i32.const 9)))
(assert_exception (invoke "f5" (i32.const 10)))
(assert_exception (invoke "f5" (i32.const 11)))
(assert_exception (invoke "f5" (i32.const 12)))
(assert_exception (invoke "f5" (i32.const 13)))
(assert_exception (invoke "f5" (i32.const 14)))
(assert_exception (invoke "f5" (i32.const 15)))
(assert_return (invoke "f6" (i32.const 0)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 1)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 2)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 3)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 4)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 5)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 6)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 7)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 8)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 9)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 10)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 11)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 12)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 13)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 14)) (i64.const 0))
(assert_return (invoke "f6" (i32.const 15)) (i64.const 0))
(assert_return (invoke "f7" (i32.const 0)) (i64.const 34347))
(assert_return (invoke "f7" (i32.const 1)) (i64.const 35))
(assert_return (invoke "f7" (i32.const 2)) (i64.const 1094))
(assert_return (invoke "f7" (i32.const 3)) (i64.const 1094))
(assert_return (invoke "f7" (i32.const 4)) (i64.const 33820))
(assert_return (invoke "f7" (i32.const 5)) (i64.const 33820))
(assert_exception (invoke "f7" (i32.const 6)))
(assert_exception (invoke "f7" (i32.const 7)))
(assert_return (invoke "f7" (i32.const 8)) (i64.const 55644))
(assert_return (invoke "f7" (i32.const 9)) (i64.const 55644))
(assert_exception (invoke "f7" (i32.const 10)))
(assert_exception (invoke "f7" (i32.const 11)))
(assert_exception (invoke "f7" (i32.const 12)))
(assert_exception (invoke "f7" (i32.const 13)))
(assert_exception (invoke "f7" (i32.const 14)))
(assert_exception (invoke "f7" (i32.const 15)))
(assert_exception (invoke "f8" (i32.const 0)))
(assert_exception (invoke "f8" (i32.const 1)))
(assert_exception (invoke "f8" (i32.const 2)))
(assert_exception (invoke "f8" (i32.const 3)))
(assert_exception (invoke "f8" (i32.const 4)))
(assert_exception (invoke "f8" (i32.const 5)))
(assert_exception (invoke "f8" (i32.const 6)))
(assert_exception (invoke "f8" (i32.const 7)))
(assert_exception (invoke "f8" (i32.const 8)))
(assert_exception (invoke "f8" (i32.const 9)))
(assert_exception (invoke "f8" (i32.const 10)))
(assert_exception (invoke "f8" (i32.const 11)))
(assert_exception (invoke "f8" (i32.const 12)))
(assert_exception (invoke "f8" (i32.const 13)))
(assert_exception (invoke "f8" (i32.const 14)))
(assert_exception (invoke "f8" (i32.const 15)))
(assert_return (invoke "f9" (i32.const 0)) (i64.const 0x100e50))
(assert_return (invoke "f9" (i32.const 1)) (i64.const 34852))
(assert_return (invoke "f9" (i32.const 2)) (i64.const 0x10471b))
(assert_return (invoke "f9" (i32.const 3)) (i64.const 34852))
(assert_return (invoke "f9" (i32.const 4)) (i64.const 33))
(assert_return (invoke "f9" (i32.const 5)) (i64.const 1062))
(assert_return (invoke "f9" (i32.const 6)) (i64.const 33))
(assert_return (invoke "f9" (i32.const 7)) (i64.const 1062))
(assert_return (invoke "f9" (i32.const 8)) (i64.const 34))
(assert_return (invoke "f9" (i32.const 9)) (i64.const 1093))
(assert_return (invoke "f9" (i32.const 10)) (i64.const 34))
(assert_return (invoke "f9" (i32.const 11)) (i64.const 1093))
(assert_return (invoke "f9" (i32.const 12)) (i64.const 33))
(assert_return (invoke "f9" (i32.const 13)) (i64.const 1062))
(assert_return (invoke "f9" (i32.const 14)) (i64.const 33))
(assert_return (invoke "f9" (i32.const 15)) (i64.const 1062))
(assert_return (invoke "f10" (i32.const 0)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 1)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 2)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 3)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 4)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 5)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 6)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 7)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 8)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 9)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 10)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 11)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 12)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 13)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 14)) (i64.const 101))
(assert_return (invoke "f10" (i32.const 15)) (i64.const 101))
(assert_return (invoke "f11" (i32.const 0)) (i64.const 70))
(assert_return (invoke "f11" (i32.const 1)) (i64.const 70))
(assert_exception (invoke "f11" (i32.const 2)))
(assert_exception (invoke "f11" (i32.const 3)))
(assert_return (invoke "f11" (i32.const 4)) (i64.const 70))
(assert_return (invoke "f11" (i32.const 5)) (i64.const 70))
(assert_exception (invoke "f11" (i32.const 6)))
(assert_exception (invoke "f11" (i32.const 7)))
(assert_return (invoke "f11" (i32.const 8)) (i64.const 39))
(assert_return (invoke "f11" (i32.const 9)) (i64.const 39))
(assert_exception (invoke "f11" (i32.const 10)))
(assert_exception (invoke "f11" (i32.const 11)))
(assert_return (invoke "f11" (i32.const 12)) (i64.const 39))
(assert_return (invoke "f11" (i32.const 13)) (i64.const 39))
(assert_exception (invoke "f11" (i32.const 14)))
(assert_exception (invoke "f11" (i32.const 15)))
(assert_return (invoke "f12" (i32.const 0)) (i64.const 0x8f2a631))
(assert_return (invoke "f12" (i32.const 1)) (i64.const 0x2622c))
(assert_return (invoke "f12" (i32.const 2)) (i64.const 0x8f2a631))
(assert_return (invoke "f12" (i32.const 3)) (i64.const 0x2622c))
(assert_return (invoke "f12" (i32.const 4)) (i64.const 0x4129ec0687a))
(assert_return (invoke "f12" (i32.const 5)) (i64.const 5059))
(assert_return (invoke "f12" (i32.const 6)) (i64.const 0x26310))
(assert_return (invoke "f12" (i32.const 7)) (i64.const 5059))
(assert_return (invoke "f12" (i32.const 8)) (i64.const 36))
(assert_return (invoke "f12" (i32.const 9)) (i64.const 1121))
(assert_return (invoke "f12" (i32.const 10)) (i64.const 36))
(assert_return (invoke "f12" (i32.const 11)) (i64.const 1121))
(assert_return (invoke "f12" (i32.const 12)) (i64.const 36))
(assert_return (invoke "f12" (i32.const 13)) (i64.const 1121))
(assert_return (invoke "f12" (i32.const 14)) (i64.const 36))
(assert_return (invoke "f12" (i32.const 15)) (i64.const 1121))
(assert_exception (invoke "f13" (i32.const 0)))
(assert_exception (invoke "f13" (i32.const 1)))
(assert_exception (invoke "f13" (i32.const 2)))
(assert_exception (invoke "f13" (i32.const 3)))
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
(assert_return (invoke "f14" (i32.const 0)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 1)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 2)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 3)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 4)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 5)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 6)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 7)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 8)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 9)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 10)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 11)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 12)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 13)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 14)) (i64.const 38))
(assert_return (invoke "f14" (i32.const 15)) (i64.const 38))
(assert_return (invoke "f15" (i32.const 0)) (i64.const 0))
(assert_return (invoke "f15" (i32.const 1)) (i64.const 0))
(assert_return (invoke "f15" (i32.const 2)) (i64.const 0))
(assert_return (invoke "f15" (i32.const 3)) (i64.const 0))
(assert_return (invoke "f15" (i32.const 4)) (i64.const 0))
(assert_return (invoke "f15" (i32.const 5)) (i64.const 0))
(assert_return (invoke "f15" (i32.const 6)) (i64.const 0))
(assert_return (invoke "f15" (i32.const 7)) (i64.const 0))
(assert_exception (invoke "f15" (i32.const 8)))
(assert_exception (invoke "f15" (i32.const 9)))
(assert_exception (invoke "f15" (i32.const 10)))
(assert_exception (invoke "f15" (i32.const 11)))
(assert_exception (invoke "f15" (i32.const 12)))
(assert_exception (invoke "f15" (i32.const 13)))
(assert_exception (invoke "f15" (i32.const 14)))
(assert_exception (invoke "f15" (i32.const 15)))
(assert_return (invoke "f16" (i32.const 0)) (i64.const 0xa23b6485d))
(assert_return (invoke "f16" (i32.const 1)) (i64.const 0xaf12917359aa))
(assert_return (invoke "f16" (i32.const 2)) (i64.const 703))
(assert_exception (invoke "f16" (i32.const 3)))
(assert_exception (invoke "f16" (i32.const 4)))
(assert_exception (invoke "f16" (i32.const 5)))
(assert_return (invoke "f16" (i32.const 6)) (i64.const 703))
(assert_exception (invoke "f16" (i32.const 7)))
(assert_return (invoke "f16" (i32.const 8)) (i64.const 0xa23b6485d))
(assert_exception (invoke "f16" (i32.const 9)))
(assert_return (invoke "f16" (i32.const 10)) (i64.const 703))
(assert_exception (invoke "f16" (i32.const 11)))
(assert_exception (invoke "f16" (i32.const 12)))
(assert_exception (invoke "f16" (i32.const 13)))
(assert_return (invoke "f16" (i32.const 14)) (i64.const 703))
(assert_exception (invoke "f16" (i32.const 15)))
(assert_return (invoke "f17" (i32.const 0)) (i64.const 11789))
(assert_return (invoke "f17" (i32.const 1)) (i64.const 11789))
(assert_return (invoke "f17" (i32.const 2)) (i64.const 11789))
(assert_return (invoke "f17" (i32.const 3)) (i64.const 11789))
(assert_return (invoke "f17" (i32.const 4)) (i64.const 11789))
(assert_return (invoke "f17" (i32.const 5)) (i64.const 11789))
(assert_return (invoke "f17" (i32.const 6)) (i64.const 11789))
(assert_return (invoke "f17" (i32.const 7)) (i64.const 11789))
(assert_exception (invoke "f17" (i32.const 8)))
(assert_exception (invoke "f17" (i32.const 9)))
(assert_exception (invoke "f17" (i32.const 10)))
(assert_exception (invoke "f17" (i32.const 11)))
(assert_exception (invoke "f17" (i32.const 12)))
(assert_exception (invoke "f17" (i32.const 13)))
(assert_exception (invoke "f17" (i32.const 14)))
(assert_exception (invoke "f17" (i32.const 15)))
(assert_return (invoke "f18" (i32.const 0)) (i64.const 0x715b8af053693fa5))
(assert_exception (invoke "f18" (i32.const 1)))
(assert_exception (invoke "f18" (i32.const 2)))
(assert_exception (invoke "f18" (i32.const 3)))
(assert_return (invoke "f18" (i32.const 4)) (i64.const 0xba15d31a19afb0c9))
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
(assert_return (invoke "f19" (i32.const 0)) (i64.const 0x7b9abf9))
(assert_return (invoke "f19" (i32.const 1)) (i64.const 0x3fcbbd))
(assert_return (invoke "f19" (i32.const 2)) (i64.const 0x7b9abf9))
(assert_return (invoke "f19" (i32.const 3)) (i64.const 0x3fcbbd))
(assert_return (invoke "f19" (i32.const 4)) (i64.const 4052))
(assert_return (invoke "f19" (i32.const 5)) (i64.const 130))
(assert_return (invoke "f19" (i32.const 6)) (i64.const 4052))
(assert_return (invoke "f19" (i32.const 7)) (i64.const 130))
(assert_return (invoke "f19" (i32.const 8)) (i64.const 43))
(assert_return (invoke "f19" (i32.const 9)) (i64.const 43))
(assert_return (invoke "f19" (i32.const 10)) (i64.const 43))
(assert_return (invoke "f19" (i32.const 11)) (i64.const 43))
(assert_return (invoke "f19" (i32.const 12)) (i64.const 43))
(assert_return (invoke "f19" (i32.const 13)) (i64.const 43))
(assert_return (invoke "f19" (i32.const 14)) (i64.const 43))
(assert_return (invoke "f19" (i32.const 15)) (i64.const 43))
(assert_exception (invoke "f20" (i32.const 0)))
(assert_exception (invoke "f20" (i32.const 1)))
(assert_exception (invoke "f20" (i32.const 2)))
(assert_exception (invoke "f20" (i32.const 3)))
(assert_exception (invoke "f20" (i32.const 4)))
(assert_exception (invoke "f20" (i32.const 5)))
(assert_exception (invoke "f20" (i32.const 6)))
(assert_exception (invoke "f20" (i32.const 7)))
(assert_exception (invoke "f20" (i32.const 8)))
(assert_exception (invoke "f20" (i32.const 9)))
(assert_exception (invoke "f20" (i32.const 10)))
(assert_exception (invoke "f20" (i32.const 11)))
(assert_exception (invoke "f20" (i32.const 12)))
(assert_exception (invoke "f20" (i32.const 13)))
(assert_exception (invoke "f20" (i32.const 14)))
(assert_exception (invoke "f20" (i32.const 15)))
(assert_return (invoke "f21" (i32.const 0)) (i64.const 0x1e18b4d))
(assert_exception (invoke "f21" (i32.const 1)))
(assert_return (invoke "f21" (i32.const 2)) (i64.const 0x1e18b4d))
(assert_exception (invoke "f21" (i32.const 3)))
(assert_return (invoke "f21" (i32.const 4)) (i64.const 0xf8827))
(assert_exception (invoke "f21" (i32.const 5)))
(assert_return (invoke "f21" (i32.const 6)) (i64.const 0xf8827))
(assert_exception (invoke "f21" (i32.const 7)))
(assert_return (invoke "f21" (i32.const 8)) (i64.const 0x3a58491d))
(assert_exception (invoke "f21" (i32.const 9)))
(assert_return (invoke "f21" (i32.const 10)) (i64.const 0x3a58491d))
(assert_exception (invoke "f21" (i32.const 11)))
(assert_exception (invoke "f21" (i32.const 12)))
(assert_exception (invoke "f21" (i32.const 13)))
(assert_exception (invoke "f21" (i32.const 14)))
(assert_exception (invoke "f21" (i32.const 15)))
(assert_exception (invoke "f22" (i32.const 0)))
(assert_exception (invoke "f22" (i32.const 1)))
(assert_exception (invoke "f22" (i32.const 2)))
(assert_exception (invoke "f22" (i32.const 3)))
(assert_exception (invoke "f22" (i32.const 4)))
(assert_exception (invoke "f22" (i32.const 5)))
(assert_exception (invoke "f22" (i32.const 6)))
(assert_exception (invoke "f22" (i32.const 7)))
(assert_exception (invoke "f22" (i32.const 8)))
(assert_exception (invoke "f22" (i32.const 9)))
(assert_exception (invoke "f22" (i32.const 10)))
(assert_exception (invoke "f22" (i32.const 11)))
(assert_exception (invoke "f22" (i32.const 12)))
(assert_exception (invoke "f22" (i32.const 13)))
(assert_exception (invoke "f22" (i32.const 14)))
(assert_exception (invoke "f22" (i32.const 15)))
(assert_return (invoke "f23" (i32.const 0)) (i64.const 1098))
(assert_return (invoke "f23" (i32.const 1)) (i64.const 1098))
(assert_exception (invoke "f23" (i32.const 2)))
(assert_exception (invoke "f23" (i32.const 3)))
(assert_return (invoke "f23" (i32.const 4)) (i64.const 1096))
(assert_return (invoke "f23" (i32.const 5)) (i64.const 1096))
(assert_exception (invoke "f23" (i32.const 6)))
(assert_exception (invoke "f23" (i32.const 7)))
(assert_return (invoke "f23" (i32.const 8)) (i64.const 0xfa2ce))
(assert_return (invoke "f23" (i32.const 9)) (i64.const 0xfa2ce))
(assert_exception (invoke "f23" (i32.const 10)))
(assert_exception (invoke "f23" (i32.const 11)))
(assert_return (invoke "f23" (i32.const 12)) (i64.const 1096))
(assert_return (invoke "f23" (i32.const 13)) (i64.const 1096))
(assert_exception (invoke "f23" (i32.const 14)))
(assert_exception (invoke "f23" (i32.const 15)))
(assert_exception (invoke "f24" (i32.const 0)))
(assert_exception (invoke "f24" (i32.const 1)))
(assert_exception (invoke "f24" (i32.const 2)))
(assert_exception (invoke "f24" (i32.const 3)))
(assert_exception (invoke "f24" (i32.const 4)))
(assert_exception (invoke "f24" (i32.const 5)))
(assert_exception (invoke "f24" (i32.const 6)))
(assert_exception (invoke "f24" (i32.const 7)))
(assert_exception (invoke "f24" (i32.const 8)))
(assert_exception (invoke "f24" (i32.const 9)))
(assert_exception (invoke "f24" (i32.const 10)))
(assert_exception (invoke "f24" (i32.const 11)))
(assert_exception (invoke "f24" (i32.const 12)))
(assert_exception (invoke "f24" (i32.const 13)))
(assert_exception (invoke "f24" (i32.const 14)))
(assert_exception (invoke "f24" (i32.const 15)))
(assert_return (invoke "f25" (i32.const 0)) (i64.const 0x31cfcaf838d30))
(assert_return (invoke "f25" (i32.const 1)) (i64.const 0x31cfcaf838d30))
(assert_return (invoke "f25" (i32.const 2)) (i64.const 0x1d33a76))
(assert_exception (invoke "f25" (i32.const 3)))
(assert_return (invoke "f25" (i32.const 4)) (i64.const 0x607c2dc8f13693))
(assert_exception (invoke "f25" (i32.const 5)))
(assert_return (invoke "f25" (i32.const 6)) (i64.const 0x388af1bb))
(assert_exception (invoke "f25" (i32.const 7)))
(assert_return (invoke "f25" (i32.const 8)) (i64.const 1026))
(assert_return (invoke "f25" (i32.const 9)) (i64.const 1026))
(assert_return (invoke "f25" (i32.const 10)) (i64.const 1026))
(assert_return (invoke "f25" (i32.const 11)) (i64.const 1026))
(assert_return (invoke "f25" (i32.const 12)) (i64.const 1026))
(assert_return (invoke "f25" (i32.const 13)) (i64.const 1026))
(assert_return (invoke "f25" (i32.const 14)) (i64.const 1026))
(assert_return (invoke "f25" (i32.const 15)) (i64.const 1026))
(assert_return (invoke "f26" (i32.const 0)) (i64.const 33))
(assert_return (invoke "f26" (i32.const 1)) (i64.const 33))
(assert_return (invoke "f26" (i32.const 2)) (i64.const 33))
(assert_return (invoke "f26" (i32.const 3)) (i64.const 33))
(assert_exception (invoke "f26" (i32.const 4)))
(assert_exception (invoke "f26" (i32.const 5)))
(assert_exception (invoke "f26" (i32.const 6)))
(assert_exception (invoke "f26" (i32.const 7)))
(assert_return (invoke "f26" (i32.const 8)) (i64.const 33))
(assert_return (invoke "f26" (i32.const 9)) (i64.const 33))
(assert_return (invoke "f26" (i32.const 10)) (i64.const 33))
(assert_return (invoke "f26" (i32.const 11)) (i64.const 33))
(assert_exception (invoke "f26" (i32.const 12)))
(assert_exception (invoke "f26" (i32.const 13)))
(assert_exception (invoke "f26" (i32.const 14)))
(assert_exception (invoke "f26" (i32.const 15)))
(assert_exception (invoke "f27" (i32.const 0)))
(assert_exception (invoke "f27" (i32.const 1)))
(assert_exception (invoke "f27" (i32.const 2)))
(assert_exception (invoke "f27" (i32.const 3)))
(assert_exception (invoke "f27" (i32.const 4)))
(assert_exception (invoke "f27" (i32.const 5)))
(assert_exception (invoke "f27" (i32.const 6)))
(assert_exception (invoke "f27" (i32.const 7)))
(assert_exception (invoke "f27" (i32.const 8)))
(assert_exception (invoke "f27" (i32.const 9)))
(assert_exception (invoke "f27" (i32.const 10)))
(assert_exception (invoke "f27" (i32.const 11)))
(assert_exception (invoke "f27" (i32.const 12)))
(assert_exception (invoke "f27" (i32.const 13)))
(assert_exception (invoke "f27" (i32.const 14)))
(assert_exception (invoke "f27" (i32.const 15)))
(assert_return (invoke "f28" (i32.const 0)) (i64.const 0xbbdddf9dda96fd5))
(assert_return (invoke "f28" (i32.const 1)) (i64.const 0x6e3338304))
(assert_exception (invoke "f28" (i32.const 2)))
(assert_exception (invoke "f28" (i32.const 3)))
(assert_exception (invoke "f28" (i32.const 4)))
(assert_exception (invoke "f28" (i32.const 5)))
(assert_exception (invoke "f28" (i32.const 6)))
(assert_exception (invoke "f28" (i32.const 7)))
(assert_return (invoke "f28" (i32.const 8)) (i64.const 0x38b65a68))
(assert_return (invoke "f28" (i32.const 9)) (i64.const 0x6de14f927))
(assert_exception (invoke "f28" (i32.const 10)))
(assert_exception (invoke "f28" (i32.const 11)))
(assert_exception (invoke "f28" (i32.const 12)))
(assert_exception (invoke "f28" (i32.const 13)))
(assert_exception (invoke "f28" (i32.const 14)))
(assert_exception (invoke "f28" (i32.const 15)))
(assert_return (invoke "f29" (i32.const 0)) (i64.const 34))
(assert_return (invoke "f29" (i32.const 1)) (i64.const 34))
(assert_exception (invoke "f29" (i32.const 2)))
(assert_exception (invoke "f29" (i32.const 3)))
(assert_return (invoke "f29" (i32.const 4)) (i64.const 34))
(assert_return (invoke "f29" (i32.const 5)) (i64.const 34))
(assert_exception (invoke "f29" (i32.const 6)))
(assert_exception (invoke "f29" (i32.const 7)))
(assert_return (invoke "f29" (i32.const 8)) (i64.const 34))
(assert_return (invoke "f29" (i32.const 9)) (i64.const 34))
(assert_exception (invoke "f29" (i32.const 10)))
(assert_exception (invoke "f29" (i32.const 11)))
(assert_return (invoke "f29" (i32.const 12)) (i64.const 34))
(assert_return (invoke "f29" (i32.const 13)) (i64.const 34))
(assert_exception (invoke "f29" (i32.const 14)))
(assert_exception (invoke "f29" (i32.const 15)))
(assert_return (invoke "f30" (i32.const 0)) (i64.const 66))
(assert_return (invoke "f30" (i32.const 1)) (i64.const 66))
(assert_return (invoke "f30" (i32.const 2)) (i64.const 66))
(assert_return (invoke "f30" (i32.const 3)) (i64.const 66))
(assert_return (invoke "f30" (i32.const 4)) (i64.const 32895))
(assert_return (invoke "f30" (i32.const 5)) (i64.const 32895))
(assert_return (invoke "f30" (i32.const 6)) (i64.const 32895))
(assert_return (invoke "f30" (i32.const 7)) (i64.const 32895))
(assert_return (invoke "f30" (i32.const 8)) (i64.const 66))
(assert_return (invoke "f30" (i32.const 9)) (i64.const 66))
(assert_return (invoke "f30" (i32.const 10)) (i64.const 66))
(assert_return (invoke "f30" (i32.const 11)) (i64.const 66))
(assert_return (invoke "f30" (i32.const 12)) (i64.const 32895))
(assert_return (invoke "f30" (i32.const 13)) (i64.const 32895))
(assert_return (invoke "f30" (i32.const 14)) (i64.const 32895))
(assert_return (invoke "f30" (i32.const 15)) (i64.const 32895))
(assert_return (invoke "f31" (i32.const 0)) (i64.const 0xdac49785c))
(assert_return (invoke "f31" (i32.const 1)) (i64.const 0x1a7dce5891a))
(assert_return (invoke "f31" (i32.const 2)) (i64.const 0xdac49d016))
(assert_return (invoke "f31" (i32.const 3)) (i64.const 0xdac49d016))
(assert_exception (invoke "f31" (i32.const 4)))
(assert_exception (invoke "f31" (i32.const 5)))
(assert_exception (invoke "f31" (i32.const 6)))
(assert_exception (invoke "f31" (i32.const 7)))
(assert_return (invoke "f31" (i32.const 8)) (i64.const 0x70e99886))
(assert_return (invoke "f31" (i32.const 9)) (i64.const 0xdac497808))
(assert_return (invoke "f31" (i32.const 10)) (i64.const 0xdac49d016))
(assert_return (invoke "f31" (i32.const 11)) (i64.const 0xdac49d016))
(assert_exception (invoke "f31" (i32.const 12)))
(assert_exception (invoke "f31" (i32.const 13)))
(assert_exception (invoke "f31" (i32.const 14)))
(assert_exception (invoke "f31" (i32.const 15)))
(assert_exception (invoke "f32" (i32.const 0)))
(assert_exception (invoke "f32" (i32.const 1)))
(assert_exception (invoke "f32" (i32.const 2)))
(assert_exception (invoke "f32" (i32.const 3)))
(assert_exception (invoke "f32" (i32.const 4)))
(assert_exception (invoke "f32" (i32.const 5)))
(assert_exception (invoke "f32" (i32.const 6)))
(assert_exception (invoke "f32" (i32.const 7)))
(assert_exception (invoke "f32" (i32.const 8)))
(assert_exception (invoke "f32" (i32.const 9)))
(assert_exception (invoke "f32" (i32.const 10)))
(assert_exception (invoke "f32" (i32.const 11)))
(assert_exception (invoke "f32" (i32.const 12)))
(assert_exception (invoke "f32" (i32.const 13)))
(assert_exception (invoke "f32" (i32.const 14)))
(assert_exception (invoke "f32" (i32.const 15)))
(assert_return (invoke "f33" (i32.const 0)) (i64.const 42))
(assert_return (invoke "f33" (i32.const 1)) (i64.const 0))
(assert_return (invoke "f33" (i32.const 2)) (i64.const 42))
(assert_return (invoke "f33" (i32.const 3)) (i64.const 0))
(assert_return (invoke "f33" (i32.const 4)) (i64.const 0x70eb0bac))
(assert_return (invoke "f33" (i32.const 5)) (i64.const 0x70eb0ba8))
(assert_return (invoke "f33" (i32.const 6)) (i64.const 42))
(assert_return (invoke "f33" (i32.const 7)) (i64.const 0))
(assert_return (invoke "f33" (i32.const 8)) (i64.const 42))
(assert_return (invoke "f33" (i32.const 9)) (i64.const 0))
(assert_return (invoke "f33" (i32.const 10)) (i64.const 42))
(assert_return (invoke "f33" (i32.const 11)) (i64.const 0))
(assert_return (invoke "f33" (i32.const 12)) (i64.const 2051))
(assert_return (invoke "f33" (i32.const 13)) (i64.const 2051))
(assert_return (invoke "f33" (i32.const 14)) (i64.const 42))
(assert_return (invoke "f33" (i32.const 15)) (i64.const 0))
(assert_return (invoke "f34" (i32.const 0)) (i64.const 0x4b914c1))
(assert_exception (invoke "f34" (i32.const 1)))
(assert_exception (invoke "f34" (i32.const 2)))
(assert_exception (invoke "f34" (i32.const 3)))
(assert_exception (invoke "f34" (i32.const 4)))
(assert_exception (invoke "f34" (i32.const 5)))
(assert_exception (invoke "f34" (i32.const 6)))
(assert_exception (invoke "f34" (i32.const 7)))
(assert_exception (invoke "f34" (i32.const 8)))
(assert_exception (invoke "f34" (i32.const 9)))
(assert_exception (invoke "f34" (i32.const 10)))
(assert_exception (invoke "f34" (i32.const 11)))
(assert_exception (invoke "f34" (i32.const 12)))
(assert_exception (invoke "f34" (i32.const 13)))
(assert_exception (invoke "f34" (i32.const 14)))
(assert_exception (invoke "f34" (i32.const 15)))
(assert_return (invoke "f35" (i32.const 0)) (i64.const 0x7a9b871))
(assert_exception (invoke "f35" (i32.const 1)))
(assert_exception (invoke "f35" (i32.const 2)))
(assert_exception (invoke "f35" (i32.const 3)))
(assert_return (invoke "f35" (i32.const 4)) (i64.const 20))
(assert_return (invoke "f35" (i32.const 5)) (i64.const 20))
(assert_return (invoke "f35" (i32.const 6)) (i64.const 20))
(assert_return (invoke "f35" (i32.const 7)) (i64.const 20))
(assert_exception (invoke "f35" (i32.const 8)))
(assert_exception (invoke "f35" (i32.const 9)))
(assert_exception (invoke "f35" (i32.const 10)))
(assert_exception (invoke "f35" (i32.const 11)))
(assert_exception (invoke "f35" (i32.const 12)))
(assert_exception (invoke "f35" (i32.const 13)))
(assert_exception (invoke "f35" (i32.const 14)))
(assert_exception (invoke "f35" (i32.const 15)))
(assert_exception (invoke "f36" (i32.const 0)))
(assert_exception (invoke "f36" (i32.const 1)))
(assert_exception (invoke "f36" (i32.const 2)))
(assert_exception (invoke "f36" (i32.const 3)))
(assert_exception (invoke "f36" (i32.const 4)))
(assert_exception (invoke "f36" (i32.const 5)))
(assert_exception (invoke "f36" (i32.const 6)))
(assert_exception (invoke "f36" (i32.const 7)))
(assert_exception (invoke "f36" (i32.const 8)))
(assert_exception (invoke "f36" (i32.const 9)))
(assert_exception (invoke "f36" (i32.const 10)))
(assert_exception (invoke "f36" (i32.const 11)))
(assert_exception (invoke "f36" (i32.const 12)))
(assert_exception (invoke "f36" (i32.const 13)))
(assert_exception (invoke "f36" (i32.const 14)))
(assert_exception (invoke "f36" (i32.const 15)))
(assert_exception (invoke "f37" (i32.const 0)))
(assert_exception (invoke "f37" (i32.const 1)))
(assert_exception (invoke "f37" (i32.const 2)))
(assert_exception (invoke "f37" (i32.const 3)))
(assert_exception (invoke "f37" (i32.const 4)))
(assert_exception (invoke "f37" (i32.const 5)))
(assert_exception (invoke "f37" (i32.const 6)))
(assert_exception (invoke "f37" (i32.const 7)))
(assert_exception (invoke "f37" (i32.const 8)))
(assert_exception (invoke "f37" (i32.const 9)))
(assert_exception (invoke "f37" (i32.const 10)))
(assert_exception (invoke "f37" (i32.const 11)))
(assert_exception (invoke "f37" (i32.const 12)))
(assert_exception (invoke "f37" (i32.const 13)))
(assert_exception (invoke "f37" (i32.const 14)))
(assert_exception (invoke "f37" (i32.const 15)))
(assert_return (invoke "f38" (i32.const 0)) (i64.const 66506))
(assert_return (invoke "f38" (i32.const 1)) (i64.const 0x1ee640))
(assert_exception (invoke "f38" (i32.const 2)))
(assert_exception (invoke "f38" (i32.const 3)))
(assert_return (invoke "f38" (i32.const 4)) (i64.const 65))
(assert_return (invoke "f38" (i32.const 5)) (i64.const 65))
(assert_exception (invoke "f38" (i32.const 6)))
(assert_exception (invoke "f38" (i32.const 7)))
(assert_return (invoke "f38" (i32.const 8)) (i64.const 66506))
(assert_return (invoke "f38" (i32.const 9)) (i64.const 0x1ee640))
(assert_exception (invoke "f38" (i32.const 10)))
(assert_exception (invoke "f38" (i32.const 11)))
(assert_return (invoke "f38" (i32.const 12)) (i64.const 65))
(assert_return (invoke "f38" (i32.const 13)) (i64.const 65))
(assert_exception (invoke "f38" (i32.const 14)))
(assert_exception (invoke "f38" (i32.const 15)))
(assert_exception (invoke "f39" (i32.const 0)))
(assert_exception (invoke "f39" (i32.const 1)))
(assert_exception (invoke "f39" (i32.const 2)))
(assert_exception (invoke "f39" (i32.const 3)))
(assert_return (invoke "f39" (i32.const 4)) (i64.const 62787))
(assert_return (invoke "f39" (i32.const 5)) (i64.const 2029))
(assert_return (invoke "f39" (i32.const 6)) (i64.const 62787))
(assert_return (invoke "f39" (i32.const 7)) (i64.const 2029))
(assert_exception (invoke "f39" (i32.const 8)))
(assert_exception (invoke "f39" (i32.const 9)))
(assert_exception (invoke "f39" (i32.const 10)))
(assert_exception (invoke "f39" (i32.const 11)))
(assert_return (invoke "f39" (i32.const 12)) (i64.const 62787))
(assert_exception (invoke "f39" (i32.const 13)))
(assert_return (invoke "f39" (i32.const 14)) (i64.const 62787))
(assert_exception (invoke "f39" (i32.const 15)))
