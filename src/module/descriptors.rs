//! Messages for invalid types of the custom-descriptors proposal, in its words, which number the types, whereas
//! wasmparser names the rule.

use super::Module;
use super::subtypes::{may_match, parent, position};
use wasmparser::{AbstractHeapType, BinaryReader, CompositeInnerType, HeapType, Operator, OperatorsReader, SubType};

/// Returns the proposal's message for a validator message, if that is about descriptors or subtypes.
pub(super) fn diagnose(module: &Module, message: &str, offset: usize) -> Option<String> {
    if !module.features.custom_descriptors() {
        return None;
    }
    match message {
        "cast target must have descriptor" | "unexpected heap type" => target(module, offset),
        "expected type with descriptor" => Some("type without descriptor".to_string()),
        _ if message.starts_with("invalid `struct.new_") && message.ends_with(" is not described") => {
            Some("type without descriptor requires non-descriptor allocation".to_string())
        }
        _ => (0..module.types.len()).find_map(|index| fault(module, index)),
    }
}

/// Names the target of the cast at an offset.
fn target(module: &Module, offset: usize) -> Option<String> {
    let rest = module.bytes.get(offset..)?;
    let mut reader = OperatorsReader::new(BinaryReader::new_features(rest, 0, module.features));
    let heap = match reader.read().ok()? {
        Operator::RefCastDescEqNonNull { hty } | Operator::RefCastDescEqNullable { hty } => hty,
        Operator::BrOnCastDescEq { to_ref_type, .. } | Operator::BrOnCastDescEqFail { to_ref_type, .. } => {
            to_ref_type.heap_type()
        }
        _ => return None,
    };
    let name = match heap {
        HeapType::Abstract { ty: AbstractHeapType::Any, .. } => "any".to_string(),
        HeapType::Abstract { ty: AbstractHeapType::Eq, .. } => "eq".to_string(),
        HeapType::Abstract { ty: AbstractHeapType::Struct, .. } => "struct".to_string(),
        HeapType::Abstract { ty: AbstractHeapType::Array, .. } => "array".to_string(),
        HeapType::Abstract { ty: AbstractHeapType::I31, .. } => "i31".to_string(),
        HeapType::Abstract { ty: AbstractHeapType::None, .. } => "none".to_string(),
        HeapType::Concrete(index) | HeapType::Exact(index) => index.as_module_index()?.to_string(),
        HeapType::Abstract { .. } => return None,
    };
    Some(format!("type {name} does not have a descriptor"))
}

fn is_struct(ty: &SubType) -> bool {
    matches!(ty.composite_type.inner, CompositeInnerType::Struct(_))
}

/// Describes the fault of a type, if it has one.
fn fault(module: &Module, index: usize) -> Option<String> {
    let types = &module.types;
    let ty = types.get(index)?;
    // Groups are in the order of their types.
    let group = module.rec_groups.get(module.rec_groups.partition_point(|group| group.end <= index as u32))?;
    let within = |other: usize| group.contains(&(other as u32));
    let descriptor = position(ty.composite_type.descriptor_idx);
    let described = position(ty.composite_type.describes_idx);
    let parent = |of: usize| parent(module, of);
    let outside = |what| Some(format!("{what} type is outside rec group"));
    if descriptor.is_some_and(|descriptor| !within(descriptor)) {
        return outside("descriptor");
    }
    if described.is_some_and(|described| !within(described)) {
        return outside("described");
    }
    if described.is_some_and(|described| described >= index) {
        return Some("forward use of described type".to_string());
    }
    if let Some(above) = parent(index) {
        let composite = |at: usize| types.get(at).map(|ty| &ty.composite_type);
        let (theirs, ours) = (composite(above)?, composite(index)?);
        if theirs.descriptor_idx.is_some() != ours.descriptor_idx.is_some()
            || theirs.describes_idx.is_some() != ours.describes_idx.is_some()
            || !may_match(ty, types.get(above)?)
        {
            return Some(format!("sub type {index} does not match super type {above}"));
        }
        if let (Some(ours), Some(theirs)) = (descriptor, position(theirs.descriptor_idx))
            && parent(ours) != Some(theirs)
        {
            return Some(format!("descriptor type {ours} does not match {theirs}"));
        }
        if let (Some(ours), Some(theirs)) = (described, position(theirs.describes_idx))
            && parent(ours) != Some(theirs)
        {
            return Some(format!("described type {ours} does not match {theirs}"));
        }
    }
    if let Some(descriptor) = descriptor {
        let other = types.get(descriptor)?;
        if !is_struct(ty) {
            return Some("descriptor type must be a struct".to_string());
        }
        if position(other.composite_type.describes_idx) != Some(index) {
            return Some("type is not described by its descriptor".to_string());
        }
        if other.is_final != ty.is_final {
            return Some("descriptor and described types have mismatched finality".to_string());
        }
    }
    if let Some(described) = described {
        if !is_struct(ty) {
            return Some("described type must be a struct".to_string());
        }
        if position(types.get(described)?.composite_type.descriptor_idx) != Some(index) {
            return Some("described type is not described by descriptor".to_string());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::module::{Module, features};

    /// Other errors of an allocation are unrelated to descriptors.
    #[test]
    fn only_what_is_not_described_is_called_so() {
        let refused = |body: &str| {
            let types = "(type $s (struct (field (ref any)))) (type $plain (struct))";
            let text = format!("(module {types} (func (param (ref any) (ref null none)) {body}))");
            Module::new(&wat::parse_str(text).expect("a module"), features::all()).expect_err(body).to_string()
        };
        let about_descriptors = "type without descriptor requires non-descriptor allocation";
        for (body, expected) in [
            ("(drop (struct.new_default $s))", "field is not defaultable"),
            ("(drop (struct.new_desc $plain (local.get 1)))", about_descriptors),
            ("(drop (struct.new_default_desc $plain (local.get 1)))", about_descriptors),
        ] {
            let found = refused(body);
            assert!(found.contains(expected), "{body}: {found}");
            assert_eq!(found.contains("descriptor"), expected == about_descriptors, "{found}");
        }
    }

    /// If a descriptor has two faults, the one is reported that makes it not a descriptor.
    #[test]
    fn a_descriptor_of_nothing_is_that_first() {
        let text = "(module (rec (type $a (descriptor $b) (struct)) (type $b (sub (struct)))))";
        let found = Module::new(&wat::parse_str(text).expect("a module"), features::all()).expect_err(text).to_string();
        assert!(found.contains("type is not described by its descriptor"), "{found}");
    }
}
