//! Custom descriptors: structures whose type names a descriptor.
//!
//! The descriptor is in the last 32 bits of an object. The object's size is in its header, so the descriptor is at a
//! known offset if the type is known exactly, and is otherwise found through the header. It never changes, so reading it
//! is a load from the region `constant`.
//!
//! An object has the type that its descriptor describes, so if the object is known to have a descriptor, a cast by
//! descriptor need not test the type. Otherwise the type is tested first, without a branch: if the test fails, the
//! descriptor to compare with stands in for the object, because there must be something to read.

use super::objects::TypeTest;
use super::*;
use crate::module::{HeapType, RefType};
use crate::runtime::heap::layout::Storage;
use crate::runtime::heap::layout::{OBJECT_KIND, OBJECT_KIND_SHIFT};

impl Translator<'_, '_> {
    /// Pops the descriptor of the object to be made next; traps if it is null.
    pub(super) fn pop_descriptor(&mut self) -> Value {
        let descriptor = self.pop();
        self.check_null(descriptor, TrapCode::NullDescriptorReference);
        descriptor
    }

    pub(super) fn ref_get_desc(&mut self, ty: u32) -> TranslateResult {
        self.object_type(ty)?;
        let object = self.pop();
        self.check_null(object, TrapCode::NullReference);
        let exact = self.facts.get(object).and_then(|known| exact_index(known.heap_type()));
        let address = self.object_address(object);
        let descriptor = self.load_descriptor(address, exact)?;
        if let Some(of) = self.module.types[exact.unwrap_or(ty) as usize].composite_type.descriptor_idx {
            let of = of.unpack();
            let heap = if exact.is_some() { HeapType::Exact(of) } else { HeapType::Concrete(of) };
            self.learn(descriptor, RefType::new(false, heap).expect("decoded before"));
        }
        self.push(descriptor);
        Ok(())
    }

    pub(super) fn ref_cast_desc_eq(&mut self, heap: HeapType, nullable: bool) -> TranslateResult {
        let target = self.target(heap, nullable)?;
        let descriptor = self.pop_descriptor();
        let v = *self.stack.last().expect("validated: an operand");
        let cond = self.test_descriptor(v, descriptor, target)?;
        self.b.trapz(cond, TrapCode::DescriptorCastFailure, None);
        self.learn(v, target);
        Ok(())
    }

    /// If `on`, branches if the cast succeeds, otherwise if it fails.
    pub(super) fn br_on_cast_desc_eq(&mut self, depth: u32, target: RefType, on: bool) -> TranslateResult {
        let target = self.target(target.heap_type(), target.is_nullable())?;
        let descriptor = self.pop_descriptor();
        let v = *self.stack.last().expect("validated: an operand");
        let cond = self.test_descriptor(v, descriptor, target)?;
        self.branch_on_test(cond, depth, v, target, on);
        Ok(())
    }

    /// Whether a value has the given descriptor, which is not null, or is null and the target admits null.
    fn test_descriptor(&mut self, v: Value, descriptor: Value, target: RefType) -> Result<Value, Unsupported> {
        let known = self.facts.get(v).map(|known| known.heap_type());
        let has_descriptor = known.and_then(index_of).filter(|&ty| {
            // Subtypes of a type with a descriptor have one, too.
            self.module.types[ty as usize].composite_type.descriptor_idx.is_some()
        });
        // The condition under which there is a descriptor, and the type whose objects have it at a known offset.
        let (test, exact) = match has_descriptor {
            Some(_) => {
                let test = match self.facts.is_non_null(v) {
                    true => TypeTest::Always,
                    false => {
                        let null = self.b.constant(Type::Ref32, 0);
                        TypeTest::If(self.b.icmp(IntCond::Ne, v, null))
                    }
                };
                (test, known.and_then(exact_index))
            }
            None => {
                let heap = target.heap_type();
                let present = RefType::new(false, heap).expect("decoded before");
                (self.test(v, present)?, exact_index(heap))
            }
        };
        let address = self.object_address(v);
        let same = match test {
            TypeTest::Always => {
                let actual = self.load_descriptor(address, exact)?;
                self.b.icmp(IntCond::Eq, actual, descriptor)
            }
            TypeTest::If(present) => {
                let other = self.object_address(descriptor);
                let from = self.b.select(present, address, other);
                // Only the contents of the stand-in's header are known.
                let actual = self.load_descriptor(from, None)?;
                let same = self.b.icmp(IntCond::Eq, actual, descriptor);
                self.b.binary(Op::And, same, present)
            }
        };
        if target.is_nullable() && !self.facts.is_non_null(v) {
            let is_null = self.is_null(v);
            return Ok(self.b.binary(Op::Or, same, is_null));
        }
        Ok(same)
    }

    /// Loads the descriptor of the object at an address. The object must have one; `exact` is its type if known exactly.
    fn load_descriptor(&mut self, address: Value, exact: Option<u32>) -> Result<Value, Unsupported> {
        if let Some(ty) = exact
            && let Some(offset) = self.layout_of(ty)?.descriptor_offset()
        {
            return Ok(self.b.load(Type::Ref32, address, offset as i32, Region::Constant));
        }
        let word = self.b.load(Type::I32, address, OBJECT_KIND, Region::Constant);
        let mask = self.b.i32((1 << OBJECT_KIND_SHIFT) - 1);
        let units = self.b.binary(Op::And, word, mask);
        let units = self.b.convert(Op::ZExt, Type::I64, units);
        let four = self.b.i64(4);
        let size = self.b.binary(Op::Shl, units, four);
        // Does not compute the object's end and load at a negative offset: an address past an object does not keep it
        // alive, and may be the only address left.
        let width = self.b.i64(-i64::from(Storage::Gc.size()) as u64);
        let offset = self.b.binary(Op::IAdd, size, width);
        let place = self.b.binary(Op::IAdd, address, offset);
        Ok(self.b.load(Type::Ref32, place, 0, Region::Constant))
    }
}

fn index_of(heap: HeapType) -> Option<u32> {
    match heap {
        HeapType::Concrete(index) | HeapType::Exact(index) => index.as_module_index(),
        HeapType::Abstract { .. } => None,
    }
}

fn exact_index(heap: HeapType) -> Option<u32> {
    match heap {
        HeapType::Exact(index) => index.as_module_index(),
        _ => None,
    }
}
