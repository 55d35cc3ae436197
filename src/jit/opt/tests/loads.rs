//! The memory classes of the load pass.

use super::super::loads::{CLASSES, class};
use crate::jit::ir::{Region, Type};

/// Whether a write to one region may change reads from another, by the regions' docs.
fn may_alias(a: Region, b: Region) -> bool {
    match (a, b) {
        (Region::MemoryLen(_), Region::MemoryLen(_)) | (Region::TableDesc(_), Region::TableDesc(_)) => true,
        (Region::Global(_, a), Region::Global(_, b)) => a == b,
        _ => a == b,
    }
}

/// The classes of the load pass must agree with the docs of regions.
#[test]
fn memory_classes_are_the_alias_relation() {
    let types = Type::ALL;
    let mut regions = vec![
        Region::Immutable,
        Region::MemoryLen(0),
        Region::MemoryLen(1),
        Region::TableDesc(0),
        Region::TableDesc(3),
        Region::TableElem,
        Region::ExceptionPayload,
        Region::StoreState,
        Region::Fuel,
        Region::Transfer,
    ];
    regions.extend(types.iter().flat_map(|&ty| [Region::Global(0, ty), Region::Global(9, ty)]));
    regions.extend(types.iter().map(|&ty| Region::Elements(ty, ty.bytes())));
    regions.extend([1, 2].map(|bytes| Region::Elements(Type::I32, bytes)));
    regions.extend(types.iter().flat_map(|&ty| [8, 12, 16, 400].map(|at| Region::StructField(at, ty))));
    for &a in &regions {
        assert!(class(a).is_none_or(|c| c > 0 && c < CLASSES), "{a:?}");
        for &b in &regions {
            if a == Region::Immutable || b == Region::Immutable {
                continue;
            }
            // Fields share classes.
            let fields = matches!((a, b), (Region::StructField(..), Region::StructField(..)));
            assert!(may_alias(a, b) == (class(a) == class(b)) || fields && !may_alias(a, b), "{a:?} {b:?}");
        }
    }
}
