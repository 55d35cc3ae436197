//! Live traces of calls and stores, in one form for all backends, so that the traces of two executions can be compared
//! line by line.
//!
//! **Calls.** The record of a traced function is redirected when its instance is made: its array entry becomes the
//! tracer's, which logs the call and makes it through a copy of the record with the original entries. Every tier calls
//! through records, so nothing else changes; only direct calls within compiled code must be off (`Config::trace_calls`
//! of the engine). A tail call of a traced function is traced as a call and a return.
//!
//! **Stores.** Code compiled for tracing (`Config::trace_stores`) reports each store before it is made, by the libcall
//! `TraceStore`. A store that is going to trap is not reported. The runtime reports bulk operations, segments and
//! writes of host functions. Atomic operators are not reported: what they write is only known afterwards.
//!
//! Each line is a single write: if the process is killed, the trace so far is there, in whole lines.

use super::traced::TracedFunction;
use super::tracer::Tracer;
use crate::module::ValType;
use crate::runtime::heap;
use crate::runtime::libcalls::exits;
use crate::runtime::owned::Owned;
use crate::runtime::stacks::unwind;
use crate::runtime::store::StoreInner;
use crate::runtime::trap::TrapCode;
use crate::runtime::value::{Ref, Val};
use crate::runtime::vm::{LibcallResult, Status, VMContext, VMFunc, VMMemory, VMStore};
use crate::text::counted;
use std::fmt::Write as _;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::Ordering;

macro_rules! store_kinds {
    ($($kind:ident = $name:literal, $bytes:literal;)*) => {
        /// The type of a stored value, as `TraceStore` carries it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum StoreKind {
            $(
                #[doc = concat!("`", $name, "`: the operand's type, and the stored bits if they are fewer.")]
                $kind,
            )*
        }

        impl StoreKind {
            /// All kinds, in the order of their discriminants.
            const ALL: &[StoreKind] = &[$(StoreKind::$kind,)*];

            fn name(self) -> &'static str {
                match self { $(StoreKind::$kind => $name,)* }
            }

            fn bytes(self) -> u64 {
                match self { $(StoreKind::$kind => $bytes,)* }
            }
        }
    };
}

store_kinds! {
    I32 = "i32", 4;
    I64 = "i64", 8;
    F32 = "f32", 4;
    F64 = "f64", 8;
    V128 = "v128", 16;
    I32As8 = "i32.8", 1;
    I32As16 = "i32.16", 2;
    I64As8 = "i64.8", 1;
    I64As16 = "i64.16", 2;
    I64As32 = "i64.32", 4;
}

impl StoreKind {
    /// The argument of `TraceStore` for a store of this kind to this memory of the module.
    pub fn encode(self, memory: u32) -> u64 {
        u64::from(memory) << 32 | self as u64
    }
}

/// Redirects a function, unless it is redirected already. `native` is the adapter to its array entry. The result must
/// live as long as the record.
///
/// # Safety
/// The record is installed, and lives as long as its store, which has a tracer; no code runs in it.
pub(in crate::runtime) unsafe fn redirect(
    record: &VMFunc,
    index: u32,
    name: &str,
    native: *const u8,
) -> Option<Owned<TracedFunction>> {
    let entry = traced as *mut std::ffi::c_void;
    if record.array_entry.get() == entry {
        // An import, which is traced by its own module's instance.
        return None;
    }
    let info = crate::runtime::types::info(record.type_id);
    let ty = info.func().expect("functions have function types");
    let traced = Owned::new(TracedFunction {
        original: VMFunc {
            native_entry: record.native_entry.clone(),
            array_entry: record.array_entry.clone(),
            interp_code: record.interp_code.clone(),
            ctx: record.ctx,
            type_id: record.type_id,
            index: record.index,
            data: record.data.clone(),
        },
        label: format!("{index} '{}'", name.escape_debug()),
        params: ty.params().into(),
        results: ty.results().into(),
    });
    record.data.publish(traced.as_ptr().cast());
    record.interp_code.publish(std::ptr::null_mut());
    record.native_entry.publish(native.cast_mut());
    record.array_entry.publish(entry);
    Some(traced)
}

/// The array entry of traced functions.
///
/// # Safety
/// As of any array entry; [`redirect`] made it the record's.
unsafe extern "C" fn traced(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: the record, its copy and the tracer live as long as the store; references to the tracer end before code
    // runs. Slots hold the arguments before and the results after a call that returned.
    unsafe {
        let this = &*(*func).data.get().cast::<TracedFunction>();
        let store = (*(*func).ctx).store;
        let tracer = (*store).tracer;
        let depth = (*tracer).depth;
        // Nothing owned may be alive during the call: in a continuation, it may never return.
        (*tracer).line(format!(
            "call {} ({}) depth {depth}",
            this.label,
            list(store, slots, &this.params, Payloads::Shown)
        ));
        (*tracer).depth = depth + 1;
        let status = exits::invoke(&raw const this.original, slots);
        let mut end = String::new();
        let _ = match status {
            Status::Ok => {
                let results = list(store, slots, &this.results, Payloads::Shown);
                match this.results.len() {
                    0 => write!(end, "return {}", this.label),
                    1 => write!(end, "return {} -> {results}", this.label),
                    _ => write!(end, "return {} -> ({results})", this.label),
                }
            }
            Status::Exception => {
                let text = gc_text(store, (*store).pending_exception, Payloads::Shown);
                write!(end, "throw {}: {text}", this.label)
            }
            Status::Trap | Status::TailCall => match TrapCode::from_u8((*store).pending_trap as u8) {
                Some(code) => write!(end, "trap {}: {}", this.label, code.message()),
                // A host function ended the program.
                None => write!(end, "leave {}", this.label),
            },
        };
        (*tracer).depth = depth;
        (*tracer).line(end);
        status
    }
}

/// Whether the text of an exception includes its payload. An exception inside another's payload is shown without: exceptions lead
/// to exceptions without end, by many ways to the same one, and the stack of a continuation is small.
#[derive(Clone, Copy, PartialEq)]
enum Payloads {
    Shown,
    Omitted,
}

/// Values with their types: `i32 1, i64 -2`.
///
/// # Safety
/// The slots hold values of these types, of this store.
unsafe fn list(store: *const VMStore, slots: *const u64, types: &[ValType], payloads: Payloads) -> String {
    let mut out = String::new();
    let mut at = 0;
    for (i, &ty) in types.iter().enumerate() {
        let needed = Val::slots(&[ty]);
        // SAFETY: the caller's promise.
        let value = unsafe { Val::from_slots(std::slice::from_raw_parts(slots.add(at), needed), ty) };
        at += needed;
        let separator = if i == 0 { "" } else { ", " };
        let _ = match value {
            Val::I32(v) => write!(out, "{separator}i32 {}", v as i32),
            Val::I64(v) => write!(out, "{separator}i64 {}", v as i64),
            Val::F32(bits) => {
                let nan = f32::from_bits(bits).is_nan();
                let text =
                    if nan { nan_text(bits >> 31, (bits & 0x7f_ffff).into()) } else { float(f32::from_bits(bits)) };
                write!(out, "{separator}f32 {text}")
            }
            Val::F64(bits) => {
                let nan = f64::from_bits(bits).is_nan();
                let payload = bits & 0xf_ffff_ffff_ffff;
                let text = if nan { nan_text((bits >> 63) as u32, payload) } else { float(f64::from_bits(bits)) };
                write!(out, "{separator}f64 {text}")
            }
            Val::V128(v) => write!(out, "{separator}v128 0x{v:032x}"),
            Val::Ref(Ref::Null) => write!(out, "{separator}ref null"),
            // SAFETY: function records live as long as their store.
            Val::Ref(Ref::Func(f)) => unsafe {
                let record = f.0.as_ref();
                let host = (*record.ctx).instance.is_null();
                if host {
                    write!(out, "{separator}ref host")
                } else {
                    write!(out, "{separator}ref func {}", record.index)
                }
            },
            // SAFETY: arguments and results are alive.
            Val::Ref(Ref::Gc(object)) => unsafe {
                write!(out, "{separator}ref {}", gc_text(store, object.0.get(), payloads))
            },
        };
    }
    out
}

/// The shortest digits that give the same bits again.
fn float(value: impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

fn nan_text(sign: u32, payload: u64) -> String {
    format!("{}nan:0x{payload:x}", if sign != 0 { "-" } else { "" })
}

/// A text for a heap object, without its address: equal in two stores with the same history.
///
/// # Safety
/// The reference is one of this store's, and alive.
unsafe fn gc_text(store: *const VMStore, reference: u32, payloads: Payloads) -> String {
    let Some(object) = std::num::NonZeroU32::new(reference) else { return "null".into() };
    if reference & 1 != 0 {
        return format!("i31 {}", reference as i32 >> 1);
    }
    let object = crate::runtime::value::GcRef(object);
    // SAFETY: the caller's promise; tags of exceptions are `Tag`s of the store.
    unsafe {
        let heap = &(*store).heap;
        match heap.kind(object) {
            heap::ObjectKind::HostExtern => format!("extern {}", heap.host_value(object)),
            heap::ObjectKind::Array => format!("array of {}", heap.array_elements(object).2),
            heap::ObjectKind::Struct => {
                format!("structure of {}", counted(heap.struct_fields(object).0.fields.len(), "field"))
            }
            heap::ObjectKind::Cont => "continuation".to_string(),
            heap::ObjectKind::Exception => {
                let tag = heap.exception_tag(object);
                let (id, types) = crate::runtime::store::tag_of(tag);
                if payloads == Payloads::Omitted && !types.is_empty() {
                    return format!("tag {id} (…)");
                }
                let payload = heap.exception_payload(object);
                format!("tag {id} ({})", list(store, payload.as_ptr(), &types, Payloads::Omitted))
            }
        }
    }
}

/// Libcall: reports a store that is about to be made.
///
/// # Safety
/// `ctx` is the context of running code that has published its frames, and has the memory that `kind` names.
pub unsafe extern "C" fn trace_store(
    ctx: *mut VMContext,
    kind: u64,
    index: u64,
    offset: u64,
    low: u64,
    high: u64,
) -> LibcallResult {
    const DONE: LibcallResult = LibcallResult { value: 0, status: Status::Ok };
    // SAFETY: the caller's promise; references to the tracer end here.
    unsafe {
        let Some(tracer) = (*(*ctx).store).tracer.as_mut() else { return DONE };
        let memory = *(*ctx).memories.add((kind >> 32) as usize);
        let kind = StoreKind::ALL[kind as u8 as usize];
        let Some(at) = index.checked_add(offset) else { return DONE };
        let id = StoreInner::memory_number((*ctx).store, memory);
        let Some(old) = watched(tracer, id, memory, at, kind.bytes()) else { return DONE };
        let was = old.iter().rev().fold(0u128, |v, &byte| v << 8 | u128::from(byte));
        let mask = u128::MAX >> (128 - 8 * kind.bytes());
        let value = (u128::from(low) | u128::from(high) << 64) & mask;
        let place = place(ctx);
        let name = memory_name(id);
        tracer.line(format!("store {name}{at:#x} {} {value:#x} (was {was:#x}){place}", kind.name()));
    }
    DONE
}

/// The bytes of a store, if it is in bounds and some of them are traced.
///
/// # Safety
/// `memory` is one of a live store's, and the result is used before it changes.
unsafe fn watched<'a>(tracer: &Tracer, id: u32, memory: *const VMMemory, at: u64, len: u64) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise; in bounds.
    unsafe {
        let end = at.checked_add(len).filter(|&end| end <= (*memory).byte_len.load(Ordering::Acquire) as u64)?;
        tracer
            .watches(id, &(at..end))
            .then(|| std::slice::from_raw_parts((*memory).base.add(at as usize), len as usize))
    }
}

/// `memN:`, for all memories except the first.
fn memory_name(id: u32) -> String {
    match id {
        0 => String::new(),
        id => format!("mem{id}:"),
    }
}

/// ` in 62 'func_62'+0xd8`.
///
/// # Safety
/// As [`unwind::walk`], of the store of this context.
unsafe fn place(ctx: *mut VMContext) -> String {
    let mut place = String::new();
    // SAFETY: the caller's promise; frames of running code have live instances.
    unsafe {
        let _ = unwind::walk((*ctx).store, false, &mut |raw| {
            let frame = StoreInner::frame(&raw);
            let _ = write!(place, " in {} '{}'", frame.function, frame.name.escape_debug());
            if let Some(offset) = frame.function_offset {
                let _ = write!(place, "+{offset:#x}");
            }
            ControlFlow::Break(())
        });
    }
    place
}

/// A bulk write to consecutive bytes that is to be reported.
pub(in crate::runtime) struct BulkWrite {
    memory: *const VMMemory,
    at: u64,
    /// The first bytes, before the write.
    was: Vec<u8>,
    len: u64,
}

/// Number of bytes of a bulk operation that are shown.
const SHOWN: usize = 16;

impl BulkWrite {
    /// A write at `at`, of bytes that were `was` before.
    pub fn new(memory: *const VMMemory, at: u64, was: &[u8]) -> BulkWrite {
        BulkWrite { memory, at, was: was[..was.len().min(SHOWN)].to_vec(), len: was.len() as u64 }
    }
}

/// Called before a bulk operation on `len` bytes from `at`, whose bounds were checked. Returns the parts to report.
///
/// # Safety
/// `memory` is one of the context's store.
#[inline]
pub(in crate::runtime) unsafe fn before_bulk(
    store: *const VMStore,
    memory: *const VMMemory,
    at: u64,
    len: u64,
) -> Vec<BulkWrite> {
    // SAFETY: the caller's promise; the reference ends here.
    unsafe {
        // Checked inline: a call that finds nothing to trace would take as long as a small copy.
        if (*store).tracer.is_null() { Vec::new() } else { before_traced_bulk(store, memory, at, len) }
    }
}

/// # Safety
/// As [`before_bulk`].
#[cold]
unsafe fn before_traced_bulk(store: *const VMStore, memory: *const VMMemory, at: u64, len: u64) -> Vec<BulkWrite> {
    // SAFETY: the caller's promise; the reference ends here.
    unsafe {
        let Some(tracer) = (*store).tracer.as_ref() else { return Vec::new() };
        let id = StoreInner::memory_number(store, memory);
        let Some(bytes) = watched(tracer, id, memory, at, len) else { return Vec::new() };
        let mut parts: Vec<Range<u64>> = Vec::new();
        for part in tracer.parts(id, &(at..at + len)) {
            match parts.last_mut() {
                Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
                _ => parts.push(part),
            }
        }
        let write = |part: Range<u64>| {
            BulkWrite::new(memory, part.start, &bytes[(part.start - at) as usize..(part.end - at) as usize])
        };
        parts.into_iter().map(write).collect()
    }
}

/// Reports a part of a bulk operation after it. `what` is its name: `fill`, `copy`; `frame` is the context of the code that did
/// it, if any.
///
/// # Safety
/// As [`before_bulk`], and as [`unwind::walk`] if there is a `frame`.
pub(in crate::runtime) unsafe fn after_bulk(
    store: *mut VMStore,
    bulk: &BulkWrite,
    what: &str,
    frame: Option<*mut VMContext>,
) {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    // SAFETY: the caller's promise: the range is still in bounds, memories never shrink.
    unsafe {
        let now = std::slice::from_raw_parts((*bulk.memory).base.add(bulk.at as usize), bulk.was.len());
        let name = memory_name(StoreInner::memory_number(store, bulk.memory));
        let more = if bulk.len > bulk.was.len() as u64 { "…" } else { "" };
        let (from, to) = (bulk.at, bulk.at + bulk.len);
        let place = frame.map(|ctx| place(ctx)).unwrap_or_default();
        let (now, was) = (hex(now), hex(&bulk.was));
        if let Some(tracer) = (*store).tracer.as_mut() {
            tracer.line(format!("{what} {name}{from:#x}..{to:#x} {now}{more} (was {was}{more}){place}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::FuncType;
    use crate::runtime::types;
    use std::ffi::c_void;
    use std::ptr::{null_mut, without_provenance_mut};

    /// The record leads to the tracer, and a copy to what it led to before; an import that leads there already stays as it is.
    #[test]
    fn a_function_is_redirected_once() {
        let ty = FuncType::new([ValType::I32, ValType::V128], [ValType::I64]);
        let id = types::register_func(&ty).unwrap();
        let [native, array, interp, data, adapter] = [8, 16, 24, 32, 40].map(without_provenance_mut::<c_void>);
        let record = VMFunc::new(null_mut(), id, 5);
        record.native_entry.publish(native.cast());
        record.array_entry.publish(array);
        record.interp_code.publish(interp);
        record.data.publish(data);
        let entries = |func: &VMFunc| {
            [func.native_entry.get().cast(), func.array_entry.get(), func.interp_code.get(), func.data.get()]
        };
        // SAFETY: nothing enters the record.
        let redirected = unsafe { redirect(&record, 62, "it's", adapter.cast::<u8>()) }.expect("it was not before");
        let now: [*mut c_void; 4] =
            [adapter, traced as *const () as *mut c_void, null_mut(), redirected.as_ptr().cast()];
        assert_eq!(entries(&record), now);
        // SAFETY: nothing writes to it.
        let function = unsafe { redirected.get() };
        assert_eq!(entries(function.original()), [native, array, interp, data]);
        assert_eq!((function.original.ctx, function.original.type_id, function.original.index), (null_mut(), id, 5));
        assert_eq!(function.label, "62 'it\\'s'");
        assert_eq!((&*function.params, &*function.results), (ty.params(), ty.results()));
        // SAFETY: as above.
        assert!(unsafe { redirect(&record, 1, "again", native.cast::<u8>()) }.is_none());
        assert_eq!(entries(&record), now);
    }
}
