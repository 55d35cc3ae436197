;; Identity: a shared object on one side is a copy on the other; in one graph, and between any two that hold references.

(module
  (type $s (struct (field (mut i32))))
  (type $pair (struct (field (ref $s)) (field (ref $s))))
  (type $array (array (ref $s)))
  (global $s (mut (ref null $s)) (ref.null $s))
  (global $t (mut (ref null $s)) (ref.null $s))
  (global $p (mut (ref null $pair)) (ref.null $pair))
  (global $a (mut (ref null $array)) (ref.null $array))
  (table $table 2 anyref)
  (func $new (result (ref $s)) (struct.new $s (i32.const 1)))
  (func (export "fields of one") (local $o (ref $s))
    (local.set $o (call $new))
    (global.set $p (struct.new $pair (local.get $o) {{(local.get $o)|(call $new)}})))
  (func (export "elements of one") (local $o (ref $s))
    (local.set $o (call $new))
    (global.set $a (array.new_fixed $array 2 (local.get $o) {{(call $new)|(local.get $o)}})))
  (func (export "globals") (global.set $s (call $new)) (global.set $t {{(global.get $s)|(call $new)}})))
(invoke "fields of one")
(invoke "elements of one")
(invoke "globals")
(module
  (type $s (struct (field (mut i32))))
  (global $s (ref $s) (struct.new $s (i32.const 1)))
  (table $table 2 anyref)
  (func (export "table") (table.set $table (i32.const 0) {{(global.get $s)|(struct.new $s (i32.const 1))}})))
(invoke "table")
(module
  (type $s (struct (field (mut i32))))
  (table $table 2 anyref)
  (func (export "elements of a table")
    (table.set $table (i32.const 0) (struct.new $s (i32.const 1)))
    (table.set $table (i32.const 1) {{(table.get $table (i32.const 0))|(struct.new $s (i32.const 1))}})))
(invoke "elements of a table")
(module
  (type $s (struct (field (mut i32))))
  (func (export "results") (result (ref $s) (ref $s)) (local $o (ref $s))
    (local.set $o (struct.new $s (i32.const 1)))
    (local.get $o) {{(local.get $o)|(struct.new $s (i32.const 1))}}))
(assert_return (invoke "results") (ref.struct) (ref.struct))
(module
  (type $s (struct (field (mut i32))))
  (global $s (ref $s) (struct.new $s (i32.const 1)))
  (func (export "result and global") (result (ref $s)) {{(global.get $s)|(struct.new $s (i32.const 1))}}))
(assert_return (invoke "result and global") (ref.struct))
;; A cycle of one, and of two.
(module
  (type $ring (struct (field (mut (ref null $ring)))))
  (global $g (mut (ref null $ring)) (ref.null $ring))
  (func (export "ring") (local $o (ref $ring))
    (local.set $o (struct.new $ring (ref.null $ring)))
    (struct.set $ring 0 (local.get $o) {{(local.get $o)|(struct.new $ring (local.get $o))}})
    (global.set $g (local.get $o))))
(invoke "ring")
;; Of two instances.
(module $one
  (type $s (struct (field (mut i32))))
  (global $s (export "s") (ref $s) (struct.new $s (i32.const 1))))
(register "one")
(module
  (type $s (struct (field (mut i32))))
  (import "one" "s" (global $s (ref $s)))
  (global $t (ref $s) {{(global.get $s)|(struct.new $s (i32.const 1))}}))

;; Objects that differ are not pairs: who gets to them once more finds the same difference.
(module
  (type $s (struct (field i32)))
  (type $pair (struct (field (ref $s)) (field (ref $s))))
  (global $p (mut (ref null $pair)) (ref.null $pair))
  (global $q (mut (ref null $pair)) (ref.null $pair))
  (global $r (mut (ref null $s)) (ref.null $s))
  (func (export "twice") (local $same (ref $s))
    (local.set $same (struct.new $s (i32.const 0)))
    (global.set $p (struct.new $pair (local.get $same) (struct.new $s (i32.const {{1|2}}))))
    (global.set $q (global.get $p))
    (global.set $r (local.get $same))))
(invoke "twice")
