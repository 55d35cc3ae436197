;; Branch hints affect only the placement of code: they may be wrong, and on any branch.

(module
  (func (export "if_unlikely") (param i32 i32) (result i32)
    local.get 0
    (@metadata.code.branch_hint "\00") if (result i32)
      local.get 1
      i32.const 3
      i32.div_u
    else
      i32.const 7
    end)
  (func (export "if_likely") (param i32 i32) (result i32)
    local.get 0
    (@metadata.code.branch_hint "\01") if (result i32)
      local.get 1
      i32.const 3
      i32.div_u
    else
      i32.const 7
    end)
  ;; Both ways pass values, and there is a third way to the label.
  (func (export "br_if_unlikely") (param i32 i32) (result i32)
    block $out (result i32)
      i32.const 10
      local.get 0
      i32.const 1
      i32.eq
      (@metadata.code.branch_hint "\00") br_if $out
      i32.const 20
      i32.add
      local.get 0
      i32.const 2
      i32.eq
      (@metadata.code.branch_hint "\01") br_if $out
      local.get 1
      i32.mul
    end)
  ;; A loop in unlikely code, and likely code in that loop.
  (func (export "loop_in_cold") (param i32) (result i32) (local $sum i32)
    local.get 0
    (@metadata.code.branch_hint "\00") if
      loop $l
        local.get $sum
        local.get 0
        i32.add
        local.set $sum
        local.get 0
        i32.const 1
        i32.and
        (@metadata.code.branch_hint "\01") if
          local.get $sum
          i32.const 100
          i32.add
          local.set $sum
        end
        local.get 0
        i32.const 1
        i32.sub
        local.tee 0
        (@metadata.code.branch_hint "\00") br_if $l
      end
    end
    local.get $sum)
  (func (export "return_unlikely") (param i32) (result i32)
    i32.const 5
    local.get 0
    (@metadata.code.branch_hint "\00") br_if 0
    drop
    i32.const 6)
  (func (export "trap_unlikely") (param i32) (result i32)
    local.get 0
    (@metadata.code.branch_hint "\00") if
      unreachable
    end
    i32.const 1))

(assert_return (invoke "if_unlikely" (i32.const 1) (i32.const 10)) (i32.const 3))
(assert_return (invoke "if_unlikely" (i32.const 0) (i32.const 10)) (i32.const 7))
(assert_return (invoke "if_likely" (i32.const 1) (i32.const 10)) (i32.const 3))
(assert_return (invoke "if_likely" (i32.const 0) (i32.const 10)) (i32.const 7))
(assert_return (invoke "br_if_unlikely" (i32.const 1) (i32.const 5)) (i32.const 10))
(assert_return (invoke "br_if_unlikely" (i32.const 2) (i32.const 5)) (i32.const 30))
(assert_return (invoke "br_if_unlikely" (i32.const 3) (i32.const 5)) (i32.const 150))
(assert_return (invoke "loop_in_cold" (i32.const 0)) (i32.const 0))
(assert_return (invoke "loop_in_cold" (i32.const 4)) (i32.const 210))
(assert_return (invoke "return_unlikely" (i32.const 1)) (i32.const 5))
(assert_return (invoke "return_unlikely" (i32.const 0)) (i32.const 6))
(assert_return (invoke "trap_unlikely" (i32.const 0)) (i32.const 1))
(assert_trap (invoke "trap_unlikely" (i32.const 1)) "unreachable")

;; A section of hints for an operator that is not a branch, for a missing offset, and for a missing function;
;; then one that ends too early.
(module binary
  "\00asm\01\00\00\00"
  "\01\05\01\60\00\01\7f" "\03\02\01\00" "\07\05\01\01\66\00\00"
  "\00\28\19metadata.code.branch_hint\02\00\02\00\01\00\7f\01\01\09\01\01\01\01"
  "\0a\06\01\04\00\41\2a\0b")
(assert_return (invoke "f") (i32.const 42))
(module binary
  "\00asm\01\00\00\00"
  "\01\05\01\60\00\01\7f" "\03\02\01\00" "\07\05\01\01\66\00\00"
  "\00\1e\19metadata.code.branch_hint\02\00\02\00"
  "\0a\06\01\04\00\41\2a\0b")
(assert_return (invoke "f") (i32.const 42))
