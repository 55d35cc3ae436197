//! Finds what leaves no trace, and so need not be repeated when a program is run again.

use super::Instance;
use crate::module::{ElementMode, ExternKind, Module};
use std::collections::{HashMap, HashSet};
use wasmparser::{BinaryReader, FunctionBody, Operator};

/// Parts of the names of operators that change what others can see, including those that consume continuations. Every operator
/// that writes has one of these.
const WRITES: &[&str] = &[
    "Store",
    "GlobalSet",
    "TableSet",
    "StructSet",
    "ArraySet",
    "AtomicSet",
    "Grow",
    "Fill",
    "MemoryCopy",
    "TableCopy",
    "ArrayCopy",
    "Init",
    "DataDrop",
    "ElemDrop",
    "Rmw",
    "Cmpxchg",
    "Notify",
    "Wait",
    "Discard",
    "Cont",
    "Resume",
    "Suspend",
    "Switch",
    "CallIndirect",
    "CallRef",
];

/// Whether a function changes nothing but its own locals, whatever it calls.
pub fn is_pure(instances: &HashMap<u64, Instance>, instance: u64, function: u32) -> bool {
    let (mut seen, mut open) = (HashSet::new(), vec![(instance, function)]);
    while let Some((instance, function)) = open.pop() {
        if !seen.insert((instance, function)) {
            continue;
        }
        let Instance { module, links, .. } = &instances[&instance];
        let Some(body) = module.function_body(function) else {
            let mut imports =
                module.imports.iter().zip(links).filter(|(import, _)| import.ty.kind() == ExternKind::Func);
            match imports.nth(function as usize) {
                Some((_, (from, index))) => open.push((*from, *index)),
                None => return false,
            }
            continue;
        };
        let range = module.bodies[body.0 as usize].range.clone();
        let body = FunctionBody::new(BinaryReader::new(&module.bytes[range.clone()], range.start as u64));
        let Ok(mut reader) = body.get_operators_reader() else { return false };
        while !reader.eof() {
            match reader.read() {
                Ok(Operator::Call { function_index } | Operator::ReturnCall { function_index }) => {
                    open.push((instance, function_index));
                }
                Ok(operator) if !writes(&operator) => {}
                _ => return false,
            }
        }
    }
    true
}

fn writes(operator: &Operator<'_>) -> bool {
    let printed = format!("{operator:?}");
    is_of_a_writer(printed.split([' ', '(', '{']).next().unwrap_or_default())
}

/// Whether this is the name of an operator that writes.
fn is_of_a_writer(name: &str) -> bool {
    WRITES.iter().any(|part| name.contains(part))
}

/// Whether instantiating a module changes nothing that it imports.
pub fn makes_quietly(module: &Module) -> bool {
    module.start.is_none()
        && module.data.iter().all(|segment| segment.active.is_none())
        && module.elements.iter().all(|segment| !matches!(segment.mode, ElementMode::Active { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::features;
    use std::sync::Arc;

    macro_rules! names {
        ($(@$proposal:ident $op:ident $({ $($field:ident: $ty:ty),* })? => $visit:ident ($($rest:tt)*))*) => {
            &[$(stringify!($op)),*]
        };
    }
    const OPERATORS: &[&str] = wasmparser::for_each_operator!(names);

    /// A new operator has to be classified: either it writes, or it belongs in this list.
    #[test]
    fn operators_that_write_nothing() {
        const QUIET: &str = "Unreachable Nop Block Loop If Else End Br BrIf BrTable Return Call Drop Select LocalGet LocalSet \
            LocalTee GlobalGet MemorySize RefEq StructNew StructNewDefault StructGet StructGetS StructGetU \
            ArrayNew ArrayNewDefault ArrayNewFixed ArrayNewData ArrayNewElem ArrayGet ArrayGetS ArrayGetU \
            ArrayLen RefTestNonNull RefTestNullable RefCastNonNull RefCastNullable BrOnCast BrOnCastFail \
            AnyConvertExtern ExternConvertAny RefI31 I31GetS I31GetU StructNewDesc StructNewDefaultDesc \
            RefGetDesc RefCastDescEqNonNull RefCastDescEqNullable BrOnCastDescEq BrOnCastDescEqFail TypedSelect \
            TypedSelectMulti RefNull RefIsNull RefFunc TableGet TableSize ReturnCall AtomicFence TryTable Throw \
            ThrowRef Try Catch Rethrow Delegate CatchAll GlobalAtomicGet TableAtomicGet StructAtomicGet \
            StructAtomicGetS StructAtomicGetU ArrayAtomicGet ArrayAtomicGetS ArrayAtomicGetU RefI31Shared \
            RefAsNonNull BrOnNull BrOnNonNull Pause";
        // Names that begin with a type are of numbers and vectors, apart from stores and atomic updates.
        let of_numbers = |name: &str| {
            let types = ["I32", "I64", "F32", "F64", "V128", "I8x16", "I16x8"];
            types.iter().any(|ty| name.starts_with(ty))
        };
        let quiet: Vec<&str> =
            OPERATORS.iter().copied().filter(|name| !is_of_a_writer(name) && !of_numbers(name)).collect();
        assert_eq!(quiet, QUIET.split_whitespace().collect::<Vec<_>>());
        let numbers = OPERATORS.iter().filter(|name| of_numbers(name) && is_of_a_writer(name));
        for name in numbers.clone() {
            assert!(["Store", "Rmw"].iter().any(|part| name.contains(part)), "{name}");
        }
        assert!(numbers.count() > 60);
    }

    #[test]
    fn what_leaves_no_trace() {
        let text = r#"(module (memory 1) (table 1 funcref) (global $g (mut i32) (i32.const 0)) (type $a (array (mut i32)))
            (func (param i32) (result i32) (local i32) (local.set 1 (i32.div_u (local.get 0) (i32.const 3))) (local.get 1))
            (func (drop (call 0 (i32.load (i32.const 0)))) unreachable)
            (func (call 4))
            (func (global.set $g (i32.const 1)))
            (func (i32.store8 (i32.const 0) (i32.const 0)))
            (func (drop (memory.grow (i32.const 0))))
            (func (table.set (i32.const 0) (ref.null func)))
            (func (array.set $a (array.new_default $a (i32.const 1)) (i32.const 0) (i32.const 0)))
            (func (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
            (func (call_indirect (i32.const 0))))"#;
        let instances = HashMap::from([(1, instance(text, &[]))]);
        let pure: Vec<u32> = (0..10).filter(|function| is_pure(&instances, 1, *function)).collect();
        assert_eq!(pure, [0, 1]);
    }

    fn instance(text: &str, links: &[(u64, u32)]) -> Instance {
        let bytes = wat::parse_str(text).expect("a module");
        let module = Arc::new(Module::new(&bytes, features::all()).expect("valid"));
        Instance { module, links: links.to_vec(), area: false }
    }

    /// Imported functions have the effects of their definitions.
    #[test]
    fn what_others_do_leaves_their_traces() {
        let given = r#"(module (memory (export "m") 1) (func (export "load") (drop (i32.load (i32.const 0))))
            (func (export "store") (i32.store (i32.const 0) (i32.const 1))))"#;
        let user = r#"(module (import "a" "load" (func)) (import "a" "m" (memory 1)) (import "a" "store" (func))
            (func (call 0)) (func (call 1)) (func (return_call 0)) (func (return_call 1)) (func $f (call $f)))"#;
        let user = instance(user, &[(1, 0), (1, 0), (1, 1)]);
        let instances = HashMap::from([(1, instance(given, &[])), (2, user)]);
        let pure: Vec<u32> = (0..7).filter(|function| is_pure(&instances, 2, *function)).collect();
        assert_eq!(pure, [0, 2, 4, 6]);
    }

    /// Others may see what segments write, and what a start function does.
    #[test]
    fn instances_that_are_made_quietly() {
        for (quiet, fields) in [
            (true, ""),
            (true, "(memory 1) (data \"x\") (table 1 funcref) (func $f) (elem func $f) (elem declare func $f)"),
            (false, "(func $f) (start $f)"),
            (false, "(memory 1) (data \"x\") (data (i32.const 0) \"x\")"),
            (false, "(table 1 funcref) (func $f) (elem declare func $f) (elem (i32.const 0) $f)"),
        ] {
            let Instance { module, .. } = instance(&format!("(module {fields})"), &[]);
            assert_eq!(makes_quietly(&module), quiet, "{fields}");
        }
    }
}
