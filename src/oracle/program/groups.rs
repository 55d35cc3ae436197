//! Groups of instances that share state: only those have to be in one program.

use crate::module::{ExternKind, Module};
use std::collections::HashMap;
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader};

/// Instances in groups that share state.
#[derive(Default)]
pub struct Groups(HashMap<u64, u64>);

impl Groups {
    /// Adds an instance that shares nothing.
    pub fn add(&mut self, instance: u64) {
        self.0.insert(instance, instance);
    }

    /// Joins the groups of two instances.
    pub fn join(&mut self, a: u64, b: u64) {
        let (a, b) = (self.find(a), self.find(b));
        self.0.insert(a.max(b), a.min(b));
    }

    /// The group of an instance.
    pub fn find(&self, instance: u64) -> u64 {
        match self.0.get(&instance) {
            Some(&to) if to != instance => self.find(to),
            _ => instance,
        }
    }
}

/// Whether users of an entity cannot notice each other: an immutable global that is a constant, or a function that only returns.
pub fn is_stateless(module: &Module, kind: ExternKind, index: u32) -> bool {
    let constant = |operator: &Operator<'_>| {
        matches!(
            operator,
            Operator::I32Const { .. }
                | Operator::I64Const { .. }
                | Operator::F32Const { .. }
                | Operator::F64Const { .. }
                | Operator::V128Const { .. }
                | Operator::RefNull { .. }
        )
    };
    let all = |mut reader: OperatorsReader<'_>| {
        while !reader.eof() {
            match reader.read() {
                Ok(Operator::End | Operator::Nop | Operator::Drop | Operator::LocalGet { .. }) => {}
                Ok(operator) if constant(&operator) => {}
                _ => return false,
            }
        }
        true
    };
    let reader = |body: crate::module::BodyIndex| {
        let range = module.bodies[body.0 as usize].range.clone();
        BinaryReader::new(&module.bytes[range.clone()], range.start as u64)
    };
    match kind {
        ExternKind::Func => {
            let body = module.function_body(index);
            body.and_then(|body| FunctionBody::new(reader(body)).get_operators_reader().ok()).is_some_and(all)
        }
        ExternKind::Global => {
            let global = &module.globals[index as usize];
            !global.ty.mutable && global.init.is_some_and(|init| all(OperatorsReader::new(reader(init))))
        }
        ExternKind::Table | ExternKind::Memory | ExternKind::Tag => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::features;

    #[test]
    fn groups_grow_together() {
        let mut groups = Groups::default();
        (1..=4).for_each(|n| groups.add(n));
        groups.join(3, 1);
        groups.join(4, 3);
        assert_eq!([1, 2, 3, 4].map(|n| groups.find(n)), [1, 2, 1, 1]);
    }

    #[test]
    fn what_has_state() {
        let text = "(module (memory 1) (global $g i32 (i32.const 1)) (global $m (mut i32) (i32.const 1))
            (func (param i32)) (func (global.set $m (i32.const 2))) (func unreachable))";
        let bytes = wat::parse_str(text).expect("a module");
        let module = Module::new(&bytes, features::all()).expect("valid");
        let stateless = |kind| [0, 1, 2].map(|index| is_stateless(&module, kind, index));
        assert_eq!(stateless(ExternKind::Func), [true, false, false]);
        assert!(is_stateless(&module, ExternKind::Global, 0) && !is_stateless(&module, ExternKind::Global, 1));
        assert!(!is_stateless(&module, ExternKind::Memory, 0));
    }
}
