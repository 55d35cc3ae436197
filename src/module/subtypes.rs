//! Messages for declared subtypes that the validator rejects, in the specification's words, which number the types,
//! whereas wasmparser names the rule.

use super::Module;
use wasmparser::{CompositeInnerType, FieldType, PackedIndex, Parser, Payload, StorageType, SubType, ValType};

/// Returns the specification's message for a validator message at an offset, if that is about a supertype and only one
/// type of the recursion group there can be the one.
pub(super) fn diagnose(module: &Module, message: &str, offset: usize) -> Option<String> {
    let group = group_at(module, offset)?;
    let pairs = || {
        group.clone().filter_map(|index| {
            let above = parent(module, index)?;
            Some((index, above, module.types.get(index)?, module.types.get(above)?))
        })
    };
    match message {
        "sub type cannot have a final super type" => {
            let (index, above, ..) = pairs().find(|(.., super_type)| super_type.is_final)?;
            Some(format!("sub type {index} has final super type {above}"))
        }
        "sub type must match super type" => {
            // Earlier types match, whatever their references refer to.
            let (index, above, ty, super_type) = pairs().find(|(.., ty, above)| !matches(ty, above, false))?;
            if pairs().count() > 1 && matches(ty, super_type, true) {
                return None;
            }
            Some(format!("sub type {index} does not match super type {above}"))
        }
        "supertypes must be defined before subtypes" => {
            let late = group.clone().find_map(|index| parent(module, index).filter(|above| *above >= index))?;
            Some(if group.contains(&late) {
                format!("forward use of type {late} in sub type definition")
            } else {
                format!("unknown type {late}")
            })
        }
        _ => None,
    }
}

/// Returns the types of the recursion group encoded at an offset.
fn group_at(module: &Module, offset: usize) -> Option<std::ops::Range<usize>> {
    let mut parser = Parser::new(0);
    parser.set_features(module.features);
    let types = parser.parse_all(&module.bytes).find_map(|payload| match payload {
        Ok(Payload::TypeSection(types)) => Some(types),
        _ => None,
    })?;
    let at = types.into_iter_with_offsets().position(|group| group.is_ok_and(|(at, _)| at as usize == offset))?;
    let group = module.rec_groups.get(at)?;
    Some(group.start as usize..group.end as usize)
}

/// Returns the index of a type's declared supertype.
pub(super) fn parent(module: &Module, index: usize) -> Option<usize> {
    position(module.types.get(index)?.supertype_idxs.first().copied())
}

pub(super) fn position(index: Option<PackedIndex>) -> Option<usize> {
    index?.unpack().as_module_index().map(|index| index as usize)
}

/// Returns whether a type's composition allows it to be a subtype of another.
pub(super) fn may_match(ty: &SubType, above: &SubType) -> bool {
    matches(ty, above, true)
}

/// Returns whether a type's composition makes it a subtype of another, if references of different types are assumed to
/// match, or not to match: their types are not compared further.
fn matches(ty: &SubType, above: &SubType, references: bool) -> bool {
    let value = |a: ValType, b: ValType| a == b || references && matches!((a, b), (ValType::Ref(_), ValType::Ref(_)));
    let field = |a: &FieldType, b: &FieldType| {
        a.mutable == b.mutable
            && match (a.element_type, b.element_type) {
                (StorageType::Val(a), StorageType::Val(b)) => value(a, b),
                (a, b) => a == b,
            }
    };
    match (&ty.composite_type.inner, &above.composite_type.inner) {
        (CompositeInnerType::Struct(a), CompositeInnerType::Struct(b)) => {
            a.fields.len() >= b.fields.len() && a.fields.iter().zip(b.fields.iter()).all(|(a, b)| field(a, b))
        }
        (CompositeInnerType::Array(a), CompositeInnerType::Array(b)) => field(&a.0, &b.0),
        (CompositeInnerType::Func(a), CompositeInnerType::Func(b)) => {
            let all = |a: &[ValType], b: &[ValType]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| value(*a, *b));
            all(a.params(), b.params()) && all(a.results(), b.results())
        }
        (CompositeInnerType::Cont(_), CompositeInnerType::Cont(_)) => references,
        _ => false,
    }
}
