//! Shorter paths from call to call: a call through a table becomes direct, a function that only forwards is bypassed, a
//! body takes the place of its call.

use super::ast::{Ast, Func, Global, Items, Op, decode, op};
use super::capture::export;
use super::edits::{default, is_leaf, nest, renumber_local, signature, stub, with_ops};
use crate::module::syntax::{Nest, labels};
use std::collections::HashMap;
use std::sync::Arc;
use wasm_encoder::Instruction as I;
use wasmparser::{ExternalKind, GlobalType, Operator, ValType};

/// Variants in which a call through a table becomes a direct call of a function of that type, or a table has one
/// function only.
pub fn direct(ast: &Ast) -> impl Iterator<Item = Ast> {
    let imported = ast.imported().funcs;
    let places = ast.funcs.iter().enumerate().flat_map(|(number, f)| {
        f.ops.iter().enumerate().skip(1).filter_map(move |(i, o)| {
            let (ty, tail) = match decode(o) {
                Operator::CallIndirect { type_index, .. } => (type_index, false),
                Operator::ReturnCallIndirect { type_index, .. } => (type_index, true),
                _ => return None,
            };
            is_leaf(&f.ops[i - 1]).then_some((number, f, i, ty, tail))
        })
    });
    let calls = places.flat_map(move |(number, f, i, ty, tail)| {
        let callees = (imported..).zip(&ast.funcs).filter(move |(_, g)| g.ty == ty);
        callees.map(move |(callee, _)| {
            let call = op(&if tail { I::ReturnCall(callee) } else { I::Call(callee) });
            with_ops(ast, number, [&f.ops[..i - 1], &[call], &f.ops[i + 1..]].concat())
        })
    });
    let tables = ast.elements.iter().enumerate().flat_map(move |(i, e)| {
        let list = if let Items::Functions(list) = &e.items { list.as_slice() } else { &[] };
        let mut distinct = list.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let several = if distinct.len() > 1 { distinct } else { Vec::new() };
        several.into_iter().filter_map(move |one| {
            let mut edited = ast.clone();
            edited.elements[i].items = Items::Functions(vec![one; list.len()]);
            edited.without_unused().ok()
        })
    });
    calls.chain(tables)
}

/// Variants in which a function that only calls another one, with its own parameters, is replaced by that one.
pub fn forwarded(ast: &Ast) -> impl Iterator<Item = Ast> {
    let imported = ast.imported().funcs;
    (imported..).zip(&ast.funcs).filter_map(|(from, f)| {
        let (params, _) = signature(ast, f.ty)?;
        let passes = f.ops.len() == params.len() + 2
            && (0..).zip(&f.ops[..params.len()]).all(|(i, o)| decode(o) == Operator::LocalGet { local_index: i });
        let (Operator::Call { function_index: to } | Operator::ReturnCall { function_index: to }) =
            decode(&f.ops[f.ops.len().saturating_sub(2)])
        else {
            return None;
        };
        if !passes || to == from || ast.type_of(to) != Some(f.ty) {
            return None;
        }
        let mut edited = ast.clone();
        for g in &mut edited.funcs {
            let ops = g.ops.iter().map(|o| match decode(o) {
                Operator::Call { function_index } if function_index == from => op(&I::Call(to)),
                Operator::ReturnCall { function_index } if function_index == from => op(&I::ReturnCall(to)),
                Operator::RefFunc { function_index } if function_index == from => op(&I::RefFunc(to)),
                _ => o.clone(),
            });
            let ops: Vec<Op> = ops.collect();
            if ops != g.ops {
                *g = Arc::new(Func { ty: g.ty, locals: g.locals.clone(), ops });
            }
        }
        for e in &mut edited.elements {
            if let Items::Functions(list) = &mut e.items {
                list.iter_mut().filter(|f| **f == from).for_each(|f| *f = to);
            }
        }
        let exports = edited.exports.iter_mut().filter(|e| e.kind == ExternalKind::Func && e.index == from);
        exports.for_each(|e| e.index = to);
        edited.without_unused().ok()
    })
}

/// Variants in which a function's only call is replaced by its body. The body must not return from its middle, and the
/// arguments must be operators that only push one value.
pub fn inlined(ast: &Ast) -> impl Iterator<Item = Ast> {
    let imported = ast.imported().funcs;
    // For each callee, in the order of its first call: the number of calls, and the place of the first.
    let mut numbers: HashMap<u32, usize> = HashMap::new();
    let mut calls: Vec<(u32, usize, usize, usize)> = Vec::new();
    for (caller, f) in ast.funcs.iter().enumerate() {
        for (i, o) in f.ops.iter().enumerate() {
            let Operator::Call { function_index } = decode(o) else { continue };
            let number = *numbers.entry(function_index).or_insert(calls.len());
            match calls.get_mut(number) {
                Some(known) => known.3 += 1,
                None => calls.push((function_index, caller, i, 1)),
            }
        }
    }
    let only = calls.into_iter().filter(|(.., count)| *count == 1);
    only.filter_map(move |(function_index, caller, i, _)| {
        let f = &ast.funcs[caller];
        let (own, _) = signature(ast, f.ty)?;
        let callee = &ast.funcs[function_index.checked_sub(imported)? as usize];
        let (params, _) = signature(ast, callee.ty)?;
        let first = i.checked_sub(params.len()).filter(|&first| f.ops[first..i].iter().all(is_leaf))?;
        let args = &f.ops[first..i];
        let moved = (own.len() + f.locals.len()) as u32;
        let body = copied(callee, args, moved)?;
        let ops = [&f.ops[..first], &body, &f.ops[i + 1..]].concat();
        let locals = [&f.locals[..], &callee.locals].concat();
        let mut edited = ast.clone();
        edited.funcs[caller] = Arc::new(Func { ty: f.ty, locals, ops });
        edited.without_unused().ok()
    })
}

/// Variants in which a function only records one of its parameters, which an export `get` returns at the end: if a
/// wrong value is passed, the code that uses it does not matter.
pub fn noted(ast: &Ast) -> impl Iterator<Item = Ast> {
    let functions = ast.funcs.iter().enumerate().filter_map(|(number, f)| {
        let (params, _) = signature(ast, f.ty)?;
        Some((number, f, params, stub(ast, f.ty, false)?))
    });
    functions.flat_map(move |(number, f, params, stub)| {
        (0..).zip(params).filter_map(move |(i, ty)| {
            let zero = default(ty).filter(|_| !matches!(ty, ValType::Ref(_)))?;
            let mut edited = ast.clone();
            let global = edited.imported().globals + edited.globals.len() as u32;
            let mutable = GlobalType { content_type: ty, mutable: true, shared: false };
            edited.globals.push(Global { ty: mutable, init: vec![zero, op(&I::End)] });
            let ops = [&[op(&I::LocalGet(i)), op(&I::GlobalSet(global))], &stub.ops[..]].concat();
            edited.funcs[number] = Arc::new(Func { ty: f.ty, locals: Vec::new(), ops });
            edited.exports.retain(|e| e.name != "get");
            let ty = edited.add_type(&[], &[ty]);
            export(&mut edited, "get", ty, vec![op(&I::GlobalGet(global)), op(&I::End)]);
            edited.without_unused().ok()
        })
    })
}

/// Returns a body with arguments in place of its parameters and with its locals numbered from `moved`; `None` if it
/// returns, or changes a parameter.
fn copied(f: &Func, args: &[Op], moved: u32) -> Option<Vec<Op>> {
    let params = args.len() as u32;
    let mut depth = 0;
    let mut out = Vec::with_capacity(f.ops.len());
    for o in &f.ops[..f.ops.len() - 1] {
        match decode(o) {
            Operator::LocalGet { local_index } if local_index < params => {
                out.push(args[local_index as usize].clone());
                continue;
            }
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } if local_index < params => {
                return None;
            }
            Operator::Return
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => return None,
            operator => {
                if labels(&operator).into_iter().any(|label| label >= depth) {
                    return None;
                }
            }
        }
        match nest(o) {
            Nest::Open => depth += 1,
            Nest::End => depth -= 1,
            Nest::Else | Nest::None => {}
        }
        out.push(renumber_local(o, |i| i - params + moved));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::reduce::tests::parse;
    use crate::triage::reduce::typing::is_valid;

    fn text(ast: &Ast) -> String {
        assert!(is_valid(&ast.encode()));
        wasmprinter::print_bytes(ast.encode()).unwrap()
    }

    #[test]
    fn calls_through_tables_become_direct() {
        let ast = parse(
            r#"(module (type $t (func (param i32) (result i32)))
                (table 2 funcref) (elem (i32.const 0) $leaf $pass)
                (func $leaf (type $t) (local.get 0))
                (func $pass (type $t) (return_call $leaf (i32.const 7)))
                (func (export "test") (result i32) (call_indirect (type $t) (i32.const 1) (i32.const 1))))"#,
        );
        // Two functions to call directly, and a table with only one of the two.
        let variants: Vec<String> = direct(&ast).map(|v| text(&v)).collect();
        assert_eq!(variants.len(), 4);
    }

    /// A tail call stays a tail call, and any function of the type may be called.
    #[test]
    fn a_direct_call_returns_as_the_one_through_the_table_did() {
        let module = |first: &str, last: &str| {
            parse(&format!(
                "(module (type $t (func (result i32))) (table 1 funcref) (elem (i32.const 0) $a)
                    (func $a (type $t) (i32.const 1))
                    (func $test (export \"test\") (type $t) (drop {first}) {last}))"
            ))
        };
        let (first, last) =
            ("(call_indirect (type $t) (i32.const 0))", "(return_call_indirect (type $t) (i32.const 0))");
        let expected = [
            module("(call $a)", last),
            module("(call $test)", last),
            module(first, "(return_call $a)"),
            module(first, "(return_call $test)"),
        ];
        let variants: Vec<String> = direct(&module(first, last)).map(|v| text(&v)).collect();
        assert_eq!(variants, expected.each_ref().map(text));
    }

    /// This holds wherever it is named: in a call, a table, an export or a reference.
    #[test]
    fn who_only_passes_on_is_left_out_everywhere() {
        let module = |elements: &str, (leaf, pass): (&str, &str), name: &str| {
            parse(&format!(
                "(module (type $t (func (param i32) (result i32))) (table 2 funcref) (elem (i32.const 0) {elements})
                    (func $leaf {leaf} (type $t) (i32.add (local.get 0) (i32.const 3)))
                    {pass}
                    (func (export \"test\") (result funcref i32 i32)
                        (ref.func {name}) (call {name} (i32.const 4))
                        (call_indirect (type $t) (i32.const 5) (i32.const 0))))"
            ))
        };
        let pass = "(func $pass (export \"passed\") (type $t) (return_call $leaf (local.get 0)))";
        let whole = module("$pass $leaf", ("", pass), "$pass");
        let expected = module("$leaf $leaf", ("(export \"passed\")", ""), "$leaf");
        let variants: Vec<String> = forwarded(&whole).map(|v| text(&v)).collect();
        assert_eq!(variants, [text(&expected)]);
    }

    #[test]
    fn parameters_are_noted_where_they_arrive() {
        let ast = parse(
            r#"(module
                (func $f (param i32 i64) (result i64) (i64.div_u (local.get 1) (i64.extend_i32_u (local.get 0))))
                (func (export "test") (result i64) (call $f (i32.const 2) (i64.const 3)))
                (func (export "get") (result i32) (i32.const 9)))"#,
        );
        let variants: Vec<String> = noted(&ast).map(|v| text(&v)).collect();
        assert_eq!(variants.len(), 2);
        for (variant, ty) in variants.iter().zip(["i32", "i64"]) {
            assert!(variant.contains(&format!("(mut {ty})")) && variant.matches("\"get\"").count() == 1, "{variant}");
            assert!(!variant.contains("i64.div_u") && !variant.contains("i32.const 9"), "{variant}");
        }
    }

    #[test]
    fn who_only_passes_on_is_left_out() {
        let ast = parse(
            r#"(module
                (func $leaf (param i32 i64) (result i64) (i64.add (i64.extend_i32_u (local.get 0)) (local.get 1)))
                (func $pass (param i32 i64) (result i64) (call $leaf (local.get 0) (local.get 1)))
                (func $turns (param i32 i64) (result i64) (call $leaf (i32.const 1) (local.get 1)))
                (func (export "test") (result i64)
                    (i64.mul (call $pass (i32.const 2) (i64.const 3)) (call $turns (i32.const 4) (i64.const 5)))))"#,
        );
        let variants: Vec<Ast> = forwarded(&ast).collect();
        assert_eq!(variants.len(), 1);
        assert!(text(&variants[0]).contains("i64.mul") && variants[0].funcs.len() == 3);
    }

    #[test]
    fn a_body_takes_the_place_of_its_only_call() {
        let ast = parse(
            r#"(module
                (func $f (param i32 i64) (result i64) (local i64)
                    (local.set 2 (i64.const 9))
                    (block (br_if 0 (local.get 0)) (local.set 2 (local.get 1)))
                    (local.get 2))
                (func $returns (result i32) (return (i32.const 1)))
                (func (export "test") (result i64) (local i32)
                    (drop (call $returns))
                    (call $f (local.get 0) (i64.const 3))))"#,
        );
        let variants: Vec<Ast> = inlined(&ast).collect();
        assert_eq!(variants.len(), 1, "only the body that does not return from its middle");
        let text = text(&variants[0]);
        assert!(variants[0].funcs.len() == 2 && text.contains("br_if") && text.contains("local.set 1"), "{text}");
    }

    /// A branch out of a body ends the body. In a copy, it would end the surrounding code.
    #[test]
    fn a_body_that_a_branch_leaves_stays() {
        for (body, copies) in [
            ("(br 0)", 0),
            ("(br_if 0 (local.get 0))", 0),
            ("(block (br_if 1 (local.get 0)))", 0),
            ("(block (br_table 0 1 (local.get 0)))", 0),
            ("(block (br_table 0 0 (local.get 0)))", 1),
            ("(block (try_table (catch_all 1) (br 0)))", 0),
            ("(block (try_table (catch_all 0) (br 0)))", 1),
            ("(block (br_if 0 (local.get 0)))", 1),
            ("(block (result anyref) (br_on_cast 0 anyref i31ref (ref.null any))) drop", 1),
            ("(block (result (ref $k)) (block (resume $k (on $e 1) (ref.null $k))) unreachable) drop", 1),
        ] {
            let ast = parse(&format!(
                r#"(module (type $t (func)) (type $k (cont $t)) (tag $e (type $t)) (func $f (param i32) {body}) (func (export "test") (loop (call $f (i32.const 1)))))"#
            ));
            let variants: Vec<String> = inlined(&ast).map(|v| text(&v)).collect();
            assert_eq!(variants.len(), copies, "{body}");
        }
    }
}
