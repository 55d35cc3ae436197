//! Results of `run` as text.

use crate::runtime::store::{Object, Store};
use crate::runtime::value::{Ref, Val};
use crate::text::counted;
use crate::triage::value::PortableValue;

/// A value as it is written in the text format, with signed integers.
pub fn show(store: &Store, value: Val) -> String {
    match value {
        Val::Ref(Ref::Func(func)) => match store.func_origin(func) {
            Some((_, index)) => format!("function {index}"),
            None => "host function".into(),
        },
        Val::Ref(Ref::Gc(object)) => match store.object(object) {
            Object::HostExtern(v) => format!("extern {v}"),
            Object::I31(v) => format!("i31 {}", (v << 1) as i32 >> 1),
            Object::Struct(_, fields) => format!("structure of {}", counted(fields.len(), "field")),
            Object::Array(_, len) => format!("array of {}", counted(len, "element")),
            Object::Cont(_) => "continuation".into(),
            Object::Exception { payload, .. } => format!("exception of {}", counted(payload.len(), "value")),
        },
        other => PortableValue::of(other, store).literal(),
    }
}
