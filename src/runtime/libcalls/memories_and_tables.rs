//! Libcalls of both backends for memories, tables and segments. Each function is a
//! [`LibcallFn`](crate::runtime::libcalls::LibcallFn): context, then up to five 64-bit arguments.
//!
//! Everything is checked before the first byte is written. Long operations are done in pieces, with a check for an
//! interrupt between them; except growth, which [`VMStore::bytes_left`] bounds.

use crate::runtime::memory::racy;
use crate::runtime::memory::{GrowthRefusal, Memory};
use crate::runtime::observe::tracing;
use crate::runtime::stacks::continuations::make_room;
use crate::runtime::store::Instance;
use crate::runtime::table::{ELEMENT_BYTES, Table};
use crate::runtime::trap::TrapCode;
use crate::runtime::trap::raise;
use crate::runtime::vm::{LibcallResult, Status, VMContext, VMStore};
use std::ptr;

/// Bytes that are moved between two checks for an interrupt, here and in the host functions of WASI.
pub const PIECE: usize = 4 << 20;

pub(in crate::runtime) fn ok(value: u64) -> LibcallResult {
    LibcallResult { value, status: Status::Ok }
}

/// Raises a trap without a number.
///
/// # Safety
/// `ctx` is a context of a store whose code runs, and has published its frames.
pub(in crate::runtime) unsafe fn trap(ctx: *mut VMContext, code: TrapCode) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe { raise::fail(ctx, code, u64::MAX) }
}

/// # Safety
/// `ctx` is the context of an instance, and it has a memory of this index. The result must not be used after code has
/// run.
pub(in crate::runtime) unsafe fn memory<'a>(ctx: *mut VMContext, index: u64) -> &'a Memory {
    // SAFETY: contexts point to memories of their store, which are `Memory`s, changed through shared references only.
    unsafe { &*(*(*ctx).memories.add(index as usize)).cast::<Memory>() }
}

/// # Safety
/// As [`memory`].
unsafe fn table<'a>(ctx: *mut VMContext, index: u64) -> &'a mut Table {
    // SAFETY: contexts point to tables of their store, which are `Table`s.
    unsafe { &mut *(*(*ctx).tables.add(index as usize)).cast::<Table>() }
}

/// Returns `at` and `len`, if the `len` items from `at` on are within `total`.
pub(in crate::runtime) fn in_bounds(at: u64, len: u64, total: usize) -> Option<(usize, usize)> {
    at.checked_add(len).filter(|&end| end <= total as u64).map(|_| (at as usize, len as usize))
}

/// # Safety
/// `ctx` is a context of a live store.
pub(in crate::runtime) unsafe fn interrupted(ctx: *mut VMContext) -> bool {
    // SAFETY: the caller's promise; the field is atomic.
    unsafe { (*(*ctx).store).stack_limit.is_interrupted() }
}

/// Calls `step(at, len)` for successive pieces of `0..len`, from the end if `backwards`, until everything is done or an
/// interrupt comes.
///
/// # Safety
/// `ctx` is a context of a live store.
pub(in crate::runtime) unsafe fn in_pieces(
    ctx: *mut VMContext,
    len: usize,
    backwards: bool,
    mut step: impl FnMut(usize, usize),
) -> LibcallResult {
    let mut done = 0;
    while done < len {
        let piece = PIECE.min(len - done);
        step(if backwards { len - done - piece } else { done }, piece);
        done += piece;
        // SAFETY: the caller's promise.
        if done < len && unsafe { interrupted(ctx) } {
            // SAFETY: as above.
            return unsafe { interrupt(ctx) };
        }
    }
    ok(0)
}

/// As [`in_pieces`], for elements of `size` bytes: 1, 2, 4, 8 or 16.
///
/// # Safety
/// As there.
pub(in crate::runtime) unsafe fn in_pieces_of_elements(
    ctx: *mut VMContext,
    size: usize,
    len: usize,
    backwards: bool,
    mut step: impl FnMut(usize, usize),
) -> LibcallResult {
    // SAFETY: the caller's promise. Pieces are whole elements, and so is the whole.
    unsafe { in_pieces(ctx, size * len, backwards, |at, len| step(at / size, len / size)) }
}

/// The bytes that one unit of fuel pays for, here and in the host functions of WASI. The first ones are free, so that
/// small operations cost only the loop that contains them.
pub const BYTES_PER_FUEL: u64 = 4 << 10;

/// Takes the fuel for an operation on this many bytes and returns true, or takes all that is left and returns false. Without code
/// that counts fuel there is always enough: the store's fuel then has no effect.
///
/// # Safety
/// `ctx` is a context of a live store.
pub(in crate::runtime) unsafe fn pay(ctx: *mut VMContext, bytes: u64) -> bool {
    // SAFETY: the caller's promise; code that counts does not run while a libcall does.
    let fuel = unsafe { &mut (*(*ctx).store).fuel };
    match fuel.checked_sub(bytes / BYTES_PER_FUEL) {
        Some(left) => {
            *fuel = left;
            true
        }
        None => {
            *fuel = 0;
            false
        }
    }
}

/// Takes the interrupt.
///
/// # Safety
/// `ctx` is a context of a live store.
pub(in crate::runtime) unsafe fn interrupt(ctx: *mut VMContext) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*ctx).store;
        (*vm).stack_limit.take_interrupt((*(*vm).stack).native_limit);
        trap(ctx, TrapCode::Interrupt)
    }
}

/// Writes `len` bytes of a memory by `write`, and reports the write where stores to them are traced. Bounds were checked.
///
/// # Safety
/// As [`memory`].
unsafe fn traced(
    ctx: *mut VMContext,
    memory: u64,
    at: usize,
    len: usize,
    what: &str,
    write: impl FnOnce() -> LibcallResult,
) -> LibcallResult {
    // SAFETY: the caller's promise; code that calls the runtime has published its frames.
    unsafe {
        let memory = *(*ctx).memories.add(memory as usize);
        let bulk = tracing::before_bulk((*ctx).store, memory, at as u64, len as u64);
        let result = write();
        for part in bulk {
            tracing::after_bulk((*ctx).store, &part, what, Some(ctx));
        }
        result
    }
}

macro_rules! libcall {
    ($(#[$doc:meta])* $name:ident |$ctx:ident $(, $arg:ident)*| $(_ $pad:ident)* $body:block) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// The context is that of an instance of a store whose code runs, and indices are those of its module.
        pub unsafe extern "C" fn $name($ctx: *mut VMContext $(, $arg: u64)* $(, _: $pad)*) -> LibcallResult $body
    };
}

pub(in crate::runtime) use libcall;

/// Grows a memory by `delta` pages, within what its store has left: the old size, or `None` if a limit or the system refuses.
///
/// # Safety
/// `store` is that of a live store which has this memory; no reference to its fields is alive.
pub(in crate::runtime) unsafe fn grow_memory(store: *mut VMStore, memory: &Memory, delta: u64) -> Option<u64> {
    // SAFETY: the caller's promise; memories and the store's own fields are different allocations.
    unsafe {
        // A shared memory may be that of a store with another limit.
        let fits = |more: &u64| (memory.len() as u64).saturating_add(*more) <= (*store).memory_bytes;
        let more = delta.checked_mul(1 << memory.vm.page_shift).filter(fits).filter(|&more| make_room(store, more));
        let old = more.ok_or(GrowthRefusal::Limit).and_then(|_| memory.grow(delta));
        match old {
            Ok(_) => (*store).bytes_left -= more.unwrap_or(0),
            Err(GrowthRefusal::Limit) => {}
            Err(GrowthRefusal::System) => (*store).refused = Some("the growth of a memory"),
        }
        old.ok()
    }
}

/// Grows a table by `delta` elements, each the slot `init`, as [`grow_memory`] does.
///
/// # Safety
/// As there; `init` is an element of the table's type.
pub(in crate::runtime) unsafe fn grow_table(
    store: *mut VMStore,
    table: &mut Table,
    delta: u64,
    init: u64,
) -> Option<u64> {
    // SAFETY: the caller's promise; tables and the store's own fields are different allocations.
    unsafe {
        let room = delta <= (*store).elements_left && make_room(store, delta.saturating_mul(ELEMENT_BYTES));
        let old = if room { table.grow(delta, init) } else { Err(GrowthRefusal::Limit) };
        match old {
            Ok(_) => {
                (*store).elements_left -= delta;
                (*store).bytes_left -= delta * ELEMENT_BYTES;
            }
            Err(GrowthRefusal::Limit) => {}
            Err(GrowthRefusal::System) => (*store).refused = Some("the growth of a table"),
        }
        old.ok()
    }
}

libcall! {
    /// Old size in pages, or -1.
    memory_grow |ctx, index, delta| _ u64 _ u64 _ u64 {
        // SAFETY: the caller's promise.
        let old = unsafe { grow_memory((*ctx).store, memory(ctx, index), delta) };
        ok(old.unwrap_or(u64::MAX))
    }
}

libcall! {
    /// `memory.copy`.
    memory_copy |ctx, dst_memory, src_memory, dst, src, len| {
        // SAFETY: the caller's promise. The memories may be one: only its base and length are used, and both copies
        // are in bounds.
        unsafe {
            let (to, to_len) = (memory(ctx, dst_memory).vm.base, memory(ctx, dst_memory).len());
            let (from, from_len) = (memory(ctx, src_memory).vm.base, memory(ctx, src_memory).len());
            let shared = memory(ctx, dst_memory).vm.shared | memory(ctx, src_memory).vm.shared != 0;
            let (Some((dst, len)), Some((src, _))) = (in_bounds(dst, len, to_len), in_bounds(src, len, from_len)) else {
                return trap(ctx, TrapCode::MemoryOutOfBounds);
            };
            if !pay(ctx, len as u64) {
                return trap(ctx, TrapCode::OutOfFuel);
            }
            let (to, from) = (to.add(dst), from.add(src));
            traced(ctx, dst_memory, dst, len, "copy", || {
                in_pieces(ctx, len, to.cast_const() > from, |at, len| match shared {
                    false => ptr::copy(from.add(at), to.add(at), len),
                    true => racy::copy(to.add(at), from.add(at), len),
                })
            })
        }
    }
}

libcall! {
    /// `memory.fill`.
    memory_fill |ctx, index, dst, byte, len| _ u64 {
        // SAFETY: the caller's promise; checked.
        unsafe {
            let memory = memory(ctx, index);
            let Some((dst, len)) = in_bounds(dst, len, memory.len()) else {
                return trap(ctx, TrapCode::MemoryOutOfBounds);
            };
            let (to, shared) = (memory.vm.base.add(dst), memory.vm.shared != 0);
            if !pay(ctx, len as u64) {
                return trap(ctx, TrapCode::OutOfFuel);
            }
            traced(ctx, index, dst, len, "fill", || {
                in_pieces(ctx, len, false, |at, len| match shared {
                    false => ptr::write_bytes(to.add(at), byte as u8, len),
                    true => racy::fill(to.add(at), byte as u8, len),
                })
            })
        }
    }
}

/// The bytes of a data segment; empty once it is dropped.
///
/// # Safety
/// As of the libcalls. The result ends before code runs on.
pub(super) unsafe fn data<'a>(ctx: *mut VMContext, segment: u64) -> &'a [u8] {
    // SAFETY: the caller's promise; a module's bytes live as long as its instance, and never change.
    unsafe {
        let instance = Instance::of(ctx);
        let module = instance.code.module();
        let range = module.data[segment as usize].range.clone();
        if instance.dropped_data[segment as usize] { &[] } else { &module.bytes[range] }
    }
}

libcall! {
    /// `memory.init`.
    memory_init |ctx, index, segment, dst, src, len| {
        // SAFETY: the caller's promise; checked.
        unsafe {
            let (memory, bytes) = (memory(ctx, index), data(ctx, segment));
            let target = in_bounds(dst, len, memory.len());
            let (Some((dst, len)), Some((src, _))) = (target, in_bounds(src, len, bytes.len())) else {
                return trap(ctx, TrapCode::MemoryOutOfBounds);
            };
            if !pay(ctx, len as u64) {
                return trap(ctx, TrapCode::OutOfFuel);
            }
            let (to, from) = (memory.vm.base.add(dst), bytes[src..].as_ptr());
            traced(ctx, index, dst, len, "init", || {
                in_pieces(ctx, len, false, |at, len| match memory.vm.shared {
                    0 => ptr::copy_nonoverlapping(from.add(at), to.add(at), len),
                    _ => racy::copy(to.add(at), from.add(at), len),
                })
            })
        }
    }
}

libcall! {
    /// `data.drop`.
    data_drop |ctx, segment| _ u64 _ u64 _ u64 _ u64 {
        // SAFETY: the caller's promise.
        unsafe { Instance::of(ctx).dropped_data[segment as usize] = true };
        ok(0)
    }
}

libcall! {
    /// Old size in elements, or -1.
    table_grow |ctx, index, init, delta| _ u64 _ u64 {
        // SAFETY: the caller's promise.
        let old = unsafe {
            let table = table(ctx, index);
            let init = element(table, init);
            grow_table((*ctx).store, table, delta, init)
        };
        ok(old.unwrap_or(u64::MAX))
    }
}

libcall! {
    /// `table.copy`.
    table_copy |ctx, dst_table, src_table, dst, src, len| {
        // SAFETY: the caller's promise. The tables may be one: only base and length are used, and both copies are in
        // bounds.
        unsafe {
            let (to, to_len) = (table(ctx, dst_table).vm.base, table(ctx, dst_table).vm.len);
            let (from, from_len) = (table(ctx, src_table).vm.base, table(ctx, src_table).vm.len);
            let (Some((dst, len)), Some((src, _))) = (in_bounds(dst, len, to_len), in_bounds(src, len, from_len)) else {
                return trap(ctx, TrapCode::TableOutOfBounds);
            };
            if !pay(ctx, 8 * len as u64) {
                return trap(ctx, TrapCode::OutOfFuel);
            }
            let (to, from) = (to.add(dst), from.add(src));
            in_pieces_of_elements(ctx, ELEMENT_BYTES as usize, len, to.cast_const() > from, |at, len| ptr::copy(from.add(at), to.add(at), len))
        }
    }
}

libcall! {
    /// `table.fill`.
    table_fill |ctx, index, dst, value, len| _ u64 {
        // SAFETY: the caller's promise.
        unsafe {
            let table = table(ctx, index);
            let Some((dst, len)) = in_bounds(dst, len, table.vm.len) else {
                return trap(ctx, TrapCode::TableOutOfBounds);
            };
            if !pay(ctx, 8 * len as u64) {
                return trap(ctx, TrapCode::OutOfFuel);
            }
            let value = element(table, value);
            let slots = &mut table.slots_mut()[dst..dst + len];
            in_pieces_of_elements(ctx, ELEMENT_BYTES as usize, len, false, |at, len| slots[at..at + len].fill(value))
        }
    }
}

libcall! {
    /// `table.init`.
    table_init |ctx, index, segment, dst, src, len| {
        // SAFETY: the caller's promise; an instance and a table are different allocations.
        unsafe {
            let (instance, table) = (Instance::of(ctx), table(ctx, index));
            let elements = instance.elements[segment as usize].as_deref().unwrap_or_default();
            let target = in_bounds(dst, len, table.vm.len);
            let (Some((dst, len)), Some((src, _))) = (target, in_bounds(src, len, elements.len())) else {
                return trap(ctx, TrapCode::TableOutOfBounds);
            };
            if !pay(ctx, 8 * len as u64) {
                return trap(ctx, TrapCode::OutOfFuel);
            }
            let (slots, elements) = (&mut table.slots_mut()[dst..dst + len], &elements[src..src + len]);
            in_pieces_of_elements(ctx, ELEMENT_BYTES as usize, len, false, |at, len| {
                slots[at..at + len].copy_from_slice(&elements[at..at + len]);
            })
        }
    }
}

libcall! {
    /// `elem.drop`.
    elem_drop |ctx, segment| _ u64 _ u64 _ u64 _ u64 {
        // SAFETY: the caller's promise.
        unsafe { Instance::of(ctx).elements[segment as usize] = None };
        ok(0)
    }
}

/// A table's element from a slot: GC references come with undefined upper bits.
fn element(table: &Table, slot: u64) -> u64 {
    if table.functions { slot } else { u64::from(slot as u32) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::heap::Heap;
    use crate::runtime::stacks::activation::Stack;
    use crate::runtime::stacks::limit::INTERRUPTED;

    /// Calls `then` with the context of a store in which nothing runs.
    fn with_context<R>(then: impl FnOnce(*mut VMContext) -> R) -> R {
        let mut stack = Stack::new(4096).unwrap();
        let mut store = VMStore::new(&mut stack, Heap::new(0, false));
        let mut ctx = VMContext::new(&raw mut store);
        then(&raw mut ctx)
    }

    /// The sum of the ranges' ends, in unbounded arithmetic.
    #[test]
    fn a_range_is_in_bounds_if_its_end_is() {
        let edges = [0, 1, 1 << 31, 1 << 32, 1 << 34, 1 << 63, u64::MAX];
        let numbers: Vec<u64> =
            edges.iter().flat_map(|&n| [n.wrapping_sub(2), n.wrapping_sub(1), n, n.wrapping_add(1)]).collect();
        for &at in &numbers {
            for &len in &numbers {
                for &total in &numbers {
                    let inside = u128::from(at) + u128::from(len) <= u128::from(total);
                    let expected = inside.then_some((at as usize, len as usize));
                    assert_eq!(in_bounds(at, len, total as usize), expected, "{len} from {at} of {total}");
                }
            }
        }
    }

    /// Each byte once, in order, in pieces of the maximum size.
    #[test]
    fn pieces_cover_everything_once_and_end_at_an_interrupt() {
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1, 5 * PIECE - 1] {
            for backwards in [false, true] {
                // The interrupt comes during the piece of this number.
                for interrupted_in in [None, Some(1), Some(2), Some(3)] {
                    with_context(|ctx| {
                        let mut seen = Vec::new();
                        // SAFETY: the context is alive, and nothing runs.
                        let (store, result) = unsafe {
                            let store = (*ctx).store;
                            (*(*store).stack).native_limit = 4321;
                            let limit = &raw const (*store).stack_limit;
                            (*limit).set(1234);
                            let result = in_pieces(ctx, len, backwards, |at, len| {
                                seen.push((at, len));
                                if Some(seen.len()) == interrupted_in {
                                    (*limit).interrupt();
                                }
                            });
                            (&mut *store, result)
                        };
                        let starts = (0..len).step_by(PIECE).map(|at| (at, PIECE.min(len - at)));
                        let mut pieces: Vec<_> = starts.collect();
                        if backwards {
                            pieces.iter_mut().for_each(|(at, piece)| *at = len - *at - *piece);
                        }
                        // One that comes in the last piece is left to the code that follows.
                        let stops = interrupted_in.filter(|&n| n < pieces.len());
                        pieces.truncate(stops.unwrap_or(pieces.len()));
                        assert_eq!(seen, pieces, "{len} bytes, {backwards}");
                        let code = TrapCode::from_u8(store.pending_trap as u8);
                        assert_eq!(code, stops.map(|_| TrapCode::Interrupt));
                        assert_eq!(result.status, if stops.is_some() { Status::Trap } else { Status::Ok });
                        let limit = store.stack_limit.get();
                        let waits = interrupted_in.is_some_and(|n| n == pieces.len()) && stops.is_none();
                        let expected = if stops.is_some() {
                            4321
                        } else if waits {
                            INTERRUPTED
                        } else {
                            1234
                        };
                        assert_eq!(limit, expected, "{len} bytes, interrupted in {interrupted_in:?}");
                    });
                }
            }
        }
    }

    /// One unit for each whole 4 KiB; an operation for which there is not enough takes all that is left.
    #[test]
    fn fuel_pays_for_whole_pages() {
        for (bytes, cost) in
            [(0, 0), (1, 0), (4095, 0), (4096, 1), (8191, 1), (8192, 2), (1 << 32, 1 << 20), (u64::MAX, (1 << 52) - 1)]
        {
            for (fuel, left, enough) in [
                (cost, 0, true),
                (cost + 1, 1, true),
                (u64::MAX, u64::MAX - cost, true),
                (cost.saturating_sub(1), 0, cost == 0),
            ] {
                with_context(|ctx| {
                    // SAFETY: the context is alive, and nothing runs.
                    let paid = unsafe {
                        (*(*ctx).store).fuel = fuel;
                        (pay(ctx, bytes), (*(*ctx).store).fuel)
                    };
                    assert_eq!(paid, (enough, left), "{bytes} bytes, fuel {fuel}");
                });
            }
        }
    }

    /// Growth takes from the store what it adds, up to its last byte and its last element, and takes nothing if it is
    /// refused.
    #[test]
    fn growth_ends_with_what_is_left_to_the_store() {
        use crate::module::{MemoryType, RefType, TableType};
        use crate::runtime::store::handles::TableId;
        let memory_type =
            MemoryType { memory64: true, shared: false, initial: 1, maximum: Some(100), page_size_log2: None };
        for (left, delta, fits) in [
            (2 << 16, 2, true),
            ((2 << 16) - 1, 2, false),
            (2 << 16, 3, false),
            (0, 0, true),
            (u64::MAX, 99, true),
            (u64::MAX, 100, false),
            (u64::MAX, 1 << 48, false),
            (u64::MAX, (1 << 48) + 1, false),
            (u64::MAX, u64::MAX, false),
        ] {
            with_context(|ctx| {
                let memory = Memory::new(memory_type, u64::MAX).unwrap();
                // SAFETY: the store is alive, and nothing runs.
                let (old, rest) = unsafe {
                    (*(*ctx).store).bytes_left = left;
                    (grow_memory((*ctx).store, &memory, delta), (*(*ctx).store).bytes_left)
                };
                let grown = if fits { delta } else { 0 };
                assert_eq!((old, memory.pages()), (fits.then_some(1), 1 + grown), "{delta} pages of {left} bytes");
                assert_eq!(rest, left - (grown << 16), "{delta} pages of {left} bytes");
            });
        }
        let table_type =
            TableType { element_type: RefType::FUNCREF, table64: true, initial: 1, maximum: Some(100), shared: false };
        for (elements, bytes, delta, fits) in [
            (7, 100, 7, true),
            (7, 100, 8, false),
            (100, 56, 7, true),
            (100, 55, 7, false),
            (0, 0, 0, true),
            (u64::MAX, u64::MAX, 99, true),
            (u64::MAX, u64::MAX, 100, false),
            (u64::MAX, u64::MAX - 1, 1 << 61, false),
            (u64::MAX, 100, (1 << 61) + 1, false),
            (u64::MAX, u64::MAX, u64::MAX, false),
        ] {
            with_context(|ctx| {
                let mut table = Table::new(TableId(0), table_type, 0, u64::MAX).unwrap();
                // SAFETY: as above.
                let (old, rest) = unsafe {
                    let store = (*ctx).store;
                    ((*store).elements_left, (*store).bytes_left) = (elements, bytes);
                    (grow_table(store, &mut table, delta, 8), ((*store).elements_left, (*store).bytes_left))
                };
                let grown = if fits { delta } else { 0 };
                assert_eq!((old, table.slots().len() as u64), (fits.then_some(1), 1 + grown), "{delta} elements");
                assert_eq!(
                    rest,
                    (elements - grown, bytes - 8 * grown),
                    "{delta} elements of {elements}, {bytes} bytes"
                );
                assert!(table.slots()[1..].iter().all(|&slot| slot == 8) && table.is_consistent());
            });
        }
    }

    /// A memory that another store made may be larger than this store's limit allows.
    #[test]
    fn a_memory_grows_up_to_the_limit_of_the_store_that_grows_it() {
        use crate::module::MemoryType;
        let ty = MemoryType { memory64: false, shared: true, initial: 2, maximum: Some(100), page_size_log2: None };
        for (limit, delta, grown) in [
            (5 << 16, 3, Some(3)),
            ((5 << 16) - 1, 3, None),
            ((5 << 16) + 1, 3, Some(3)),
            (5 << 16, 4, None),
            (2 << 16, 0, Some(0)),
            (2 << 16, 1, None),
            (u64::MAX, 98, Some(98)),
            (u64::MAX, 99, None),
        ] {
            with_context(|ctx| {
                let memory = Memory::new(ty, u64::MAX).expect("room");
                // SAFETY: the store is alive, and nothing runs.
                let (old, left, refused) = unsafe {
                    let store = (*ctx).store;
                    ((*store).memory_bytes, (*store).bytes_left) = (limit, 1 << 40);
                    (grow_memory(store, &memory, delta), (*store).bytes_left, (*store).refused)
                };
                let more = grown.unwrap_or(0);
                assert_eq!((old, memory.pages()), (grown.map(|_| 2), 2 + more), "{delta} pages, {limit} bytes");
                assert_eq!((left, refused), ((1 << 40) - (more << 16), None), "{delta} pages, {limit} bytes");
            });
        }
    }
}
