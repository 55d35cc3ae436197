//! Executes SSA in a live store: one more kind of function in mixed mode, and the reference for every pass.
//!
//! A function is evaluated as it is, instruction by instruction. Values are in the running stack's value area, in one
//! 64-bit slot each (vectors in two), where the collector sees them. Linear memory accesses are checked against the
//! length, never by a fault. The compiler's guarantees (a checked access, a divisor that is not 0) are asserted, and a
//! violation aborts: it is a defect, not a trap. Each call nests natively; a tail call to another evaluated function
//! reuses the frame.

use super::eval_value::evaluate;
use super::eval_vector::evaluate_vector;
use super::*;
use crate::module::BodyIndex;
use crate::runtime::abi::slots_of;
use crate::runtime::heap::layout::EXCEPTION_TAG;
use crate::runtime::libcalls::exits;
use crate::runtime::sys::stack;
use crate::runtime::vm::{ActivationKind, RawFrame, Status, VMActivation, VMContext, VMFunc, VMStore, VMTag};
use smallvec::SmallVec;
use std::ffi::c_void;
use std::ops::ControlFlow;
use std::sync::atomic::{Ordering, fence};

/// A function prepared for evaluation.
#[derive(Debug)]
pub struct EvalFunction {
    function: Function,
    body: BodyIndex,
    /// The slot of each value in the frame.
    slots: Vec<u32>,
    /// The first slot of the area where arguments and results of calls are staged, after the values.
    staging: u32,
    /// The number of slots of the frame, including the staging area.
    frame: u32,
    poison: bool,
}

impl EvalFunction {
    /// Prepares a verified function. `poison` fills undefined bits, the upper halves of 32-bit values, with garbage.
    pub fn new(function: Function, body: BodyIndex, poison: bool) -> EvalFunction {
        let mut slots = vec![u32::MAX; function.values.len()];
        let mut count = 0;
        let mut take = |slots: &mut Vec<u32>, v: Value| {
            slots[v.index()] = count;
            count += slots_of_type(function.ty(v)) as u32;
        };
        for &block in &function.layout {
            let data = &function.blocks[block.index()];
            for &p in &data.params {
                take(&mut slots, p);
            }
            for &inst in &data.insts {
                for v in function.results(inst) {
                    take(&mut slots, v);
                }
            }
        }
        let room = |s: &Signature| {
            let count = |types: &[ValType]| types.iter().map(|&t| slots_of(t)).sum::<usize>();
            count(s.wasm.params()).max(count(s.wasm.results())) as u32
        };
        let staged = function.signatures.iter().map(room).max().unwrap_or(0);
        EvalFunction { function, body, slots, staging: count, frame: count + staged, poison }
    }

    /// Makes this function the code of a record.
    ///
    /// # Safety
    /// `self` outlives every call of `func` and does not move; `func` is the record of the body that it was made from.
    pub unsafe fn install(&self, func: &VMFunc) {
        func.data.publish(std::ptr::from_ref(self).cast_mut().cast());
        func.array_entry.publish(enter as *mut c_void);
    }
}

/// The activation of one evaluated function, with what is needed to walk the stack.
#[repr(C)]
struct Activation {
    vm: VMActivation,
    ctx: *mut VMContext,
    body: BodyIndex,
    /// The byte offset of the instruction being executed.
    offset: u32,
}

/// [`VMActivation::walk`] of evaluated frames.
unsafe fn walk(activation: &VMActivation, visit: &mut dyn FnMut(RawFrame) -> ControlFlow<()>) -> ControlFlow<()> {
    // SAFETY: such activations are the first field of an `Activation`, whose address is their frame.
    let a = unsafe { &*(activation.frame as *const Activation) };
    visit(RawFrame {
        ctx: a.ctx,
        body: a.body.0,
        module_offset: Some(a.offset),
        tier: "eval",
        code_offset: None,
        slots: None,
    })
}

/// The [`ArrayEntry`](crate::runtime::vm::ArrayEntry) of evaluated functions.
///
/// # Safety
/// As for any array entry; [`EvalFunction::install`] made it the record's.
unsafe extern "C" fn enter(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: record, context, store, stack and function are alive while the function executes; the value area above
    // its published top is free, and each frame is checked to fit.
    unsafe {
        let ctx = (*func).ctx;
        let stack = (*(*ctx).store).stack;
        let root = (*stack).values_top;
        let mut activation = Activation {
            vm: VMActivation {
                prev: (*stack).activation,
                kind: ActivationKind::Eval,
                frame: 0,
                landing_sp: 0,
                landing_pc: 0,
                saved_exit: [(*stack).exit_pc, (*stack).exit_sp, (*stack).exit_fp],
                walk: Some(walk),
            },
            ctx,
            body: BodyIndex(0),
            offset: 0,
        };
        let this = &raw mut activation;
        (*this).vm.frame = this as usize;
        (*stack).activation = this.cast();
        let status = run(func, slots, root, this);
        (*stack).activation = (*this).vm.prev;
        [(*stack).exit_pc, (*stack).exit_sp, (*stack).exit_fp] = (*this).vm.saved_exit;
        (*stack).values_top = root;
        status
    }
}

/// How a function ended, other than by returning.
enum FunctionEnd {
    Return(Status),
    /// Evaluate this function in place of the running one; its arguments have been staged.
    TailCall(*const VMFunc),
}

/// Runs a function and those that it tail-calls.
///
/// # Safety
/// As [`enter`], with its activation linked; `root` is the top of the value area.
unsafe fn run(mut func: *const VMFunc, slots: *mut u64, root: *mut u64, activation: *mut Activation) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        let mut args = slots.cast_const();
        loop {
            let code = &*(*func).data.get().cast::<EvalFunction>();
            let ctx = (*func).ctx;
            (*activation).ctx = ctx;
            (*activation).body = code.body;
            (*activation).offset = code.function.offset;
            let store = (*ctx).store;
            if stack::pointer() < (*store).stack_limit.get() {
                let r = libcall(ctx, Libcall::StackCheck, &[]);
                if r.1 != Status::Ok {
                    return r.1;
                }
            }
            if (*(*store).stack).values_end.offset_from(root) < code.frame as isize {
                return libcall(ctx, Libcall::Trap, &[TrapCode::CallStackExhausted as u64, u64::MAX]).1;
            }
            let mut machine = Evaluator { code, f: &code.function, ctx, store, frame: root, activation };
            // The old contents must not keep objects alive.
            root.write_bytes(0, code.frame as usize);
            (*(*store).stack).values_top = root.add(code.frame as usize);
            let params = &code.function.blocks[code.function.entry().index()].params;
            machine.set(params[0], ctx as u64);
            machine.read_slots(params[1..].iter().copied(), args);
            match machine.execute(slots) {
                FunctionEnd::Return(status) => return status,
                FunctionEnd::TailCall(callee) => {
                    // The next frame overwrites this one, which holds the arguments.
                    let callee_code = &*(*callee).data.get().cast::<EvalFunction>();
                    let count = callee_code.function.signature.wasm.params().iter().map(|&t| slots_of(t)).sum();
                    // They are kept after both frames: nothing may be owned here, in a frame that may be on the stack of
                    // a continuation that is never resumed.
                    let behind = root.wrapping_add(code.frame.max(callee_code.frame) as usize);
                    if (*(*store).stack).values_end.offset_from(behind) < count as isize {
                        return libcall(ctx, Libcall::Trap, &[TrapCode::CallStackExhausted as u64, u64::MAX]).1;
                    }
                    behind.copy_from_nonoverlapping(root.add(code.staging as usize), count);
                    args = behind;
                    func = callee;
                }
            }
        }
    }
}

/// The number of 64-bit slots that a value takes.
fn slots_of_type(ty: Type) -> usize {
    if ty == Type::V128 { 2 } else { 1 }
}

/// Calls the runtime; returns the value and the status.
///
/// # Safety
/// The innermost activation is published; the arguments match the libcall.
unsafe fn libcall(ctx: *mut VMContext, libcall: Libcall, args: &[u64]) -> (u64, Status) {
    let a = |i: usize| args.get(i).copied().unwrap_or(0);
    // SAFETY: the caller's promise.
    let r = unsafe { libcall.implementation()(ctx, a(0), a(1), a(2), a(3), a(4)) };
    (r.value, r.status)
}

/// A function being executed.
struct Evaluator<'f> {
    code: &'f EvalFunction,
    f: &'f Function,
    ctx: *mut VMContext,
    store: *mut VMStore,
    frame: *mut u64,
    activation: *mut Activation,
}

impl Evaluator<'_> {
    /// Returns the contents of the register that holds a value.
    fn get(&self, v: Value) -> u64 {
        // SAFETY: every value of the layout has a slot in the frame; the verifier admits the use of no other.
        unsafe { *self.frame.add(self.code.slots[v.index()] as usize) }
    }

    /// Returns a value with its undefined upper half cleared.
    fn get_zero_extended(&self, v: Value) -> u64 {
        self.f.ty(v).truncate(self.get(v))
    }

    fn set(&mut self, v: Value, bits: u64) {
        let bits = if self.code.poison && self.f.ty(v).bytes() == 4 {
            u64::from(bits as u32) | 0xa5a5_0000_0000_0000 | u64::from(v.0) << 32
        } else {
            bits
        };
        // SAFETY: as in `get`.
        unsafe { *self.frame.add(self.code.slots[v.index()] as usize) = bits };
    }

    /// Returns a value of any type; for a scalar, the bits above its register are 0.
    fn get_wide(&self, v: Value) -> u128 {
        let low = self.get(v).into();
        if self.f.ty(v) != Type::V128 {
            return low;
        }
        // SAFETY: as in `get`; a vector has two slots.
        low | u128::from(unsafe { *self.frame.add(self.code.slots[v.index()] as usize + 1) }) << 64
    }

    fn set_wide(&mut self, v: Value, bits: u128) {
        self.set(v, bits as u64);
        if self.f.ty(v) == Type::V128 {
            // SAFETY: as in `get_wide`.
            unsafe { *self.frame.add(self.code.slots[v.index()] as usize + 1) = (bits >> 64) as u64 };
        }
    }

    /// Sets values from an array of slots.
    ///
    /// # Safety
    /// The array has the slots of all these values.
    unsafe fn read_slots(&mut self, values: impl Iterator<Item = Value>, mut from: *const u64) {
        for v in values {
            let slots = slots_of_type(self.f.ty(v));
            // SAFETY: the caller's promise.
            unsafe {
                let high = if slots == 2 { *from.add(1) } else { 0 };
                self.set_wide(v, u128::from(*from) | u128::from(high) << 64);
                from = from.add(slots);
            }
        }
    }

    /// Writes values to an array of slots.
    ///
    /// # Safety
    /// The array has room for all these values.
    unsafe fn write_slots(&self, values: &[Value], mut to: *mut u64) {
        for &v in values {
            let slots = slots_of_type(self.f.ty(v));
            let bits = self.get_wide(v);
            // SAFETY: the caller's promise.
            unsafe {
                *to = bits as u64;
                if slots == 2 {
                    *to.add(1) = (bits >> 64) as u64;
                }
                to = to.add(slots);
            }
        }
    }

    fn trap(&self, code: TrapCode, detail: Option<u64>) -> FunctionEnd {
        // SAFETY: the activation is published.
        FunctionEnd::Return(unsafe { libcall(self.ctx, Libcall::Trap, &[code as u64, detail.unwrap_or(u64::MAX)]).1 })
    }

    /// Passes the arguments of a branch in parallel.
    fn branch(&mut self, target: &Target) -> Block {
        let values: SmallVec<[u128; 8]> = target.args.iter().map(|&a| self.get_wide(a)).collect();
        let f = self.f;
        for (&p, v) in f.blocks[target.block.index()].params.iter().zip(values) {
            self.set_wide(p, v);
        }
        target.block
    }

    /// Executes from the entry block on. The results are written to `out`.
    ///
    /// # Safety
    /// The frame is as large as the code says, and its parameters are set; `out` has room for the results.
    unsafe fn execute(&mut self, out: *mut u64) -> FunctionEnd {
        let f = self.f;
        let mut block = f.entry();
        'blocks: loop {
            for &inst in &f.blocks[block.index()].insts {
                let data = f.inst(inst);
                // SAFETY: the activation outlives its function.
                unsafe { (*self.activation).offset = data.offset };
                let arg = |i: usize| data.args[i];
                match data.op {
                    // SAFETY: addresses outside of linear memory are those of live structures: the IR is verified, and
                    // the frontend derives them from the context. Those in objects are checked.
                    Op::Load => unsafe {
                        let at = self.field_address(data, arg(0));
                        let bits = load(at, data);
                        self.set_wide(data.first_result, bits);
                    },
                    // SAFETY: as above.
                    Op::Store => unsafe {
                        let at = self.field_address(data, arg(1));
                        let Imm::Field { access, .. } = data.imm else { unreachable!() };
                        eval_atomic::write(at, access.bytes(data.ty) as usize, self.get_wide(arg(0)));
                    },
                    Op::HeapLoad => {
                        let Some(at) = self.heap_address(data, arg(0), arg(1)) else {
                            return self.trap(TrapCode::MemoryOutOfBounds, None);
                        };
                        // SAFETY: in bounds.
                        let bits = unsafe { load(at, data) };
                        self.set_wide(data.first_result, bits);
                    }
                    Op::HeapStore => {
                        let Some(at) = self.heap_address(data, arg(1), arg(2)) else {
                            return self.trap(TrapCode::MemoryOutOfBounds, None);
                        };
                        let Imm::Heap { access, .. } = data.imm else { unreachable!() };
                        // SAFETY: in bounds.
                        unsafe { eval_atomic::write(at, access.bytes(data.ty) as usize, self.get_wide(arg(0))) };
                    }
                    op if op.is_atomic() => {
                        let n = data.args.len();
                        let Some(at) = self.heap_address(data, arg(n - 2), arg(n - 1)) else {
                            return self.trap(TrapCode::MemoryOutOfBounds, None);
                        };
                        let operand = |i: usize| if i < n - 2 { self.get(arg(i)) } else { 0 };
                        // SAFETY: in bounds; alignment is asserted.
                        let old = unsafe { eval_atomic::execute(data, at, [operand(0), operand(1)]) };
                        if op != Op::AtomicStore {
                            self.set(data.first_result, old);
                        }
                    }
                    Op::Fence => fence(Ordering::SeqCst),
                    Op::Header => {
                        let reference = self.get_zero_extended(arg(1)) as u32;
                        let bits = self.header(data, reference, self.get(arg(0)), arg(2));
                        self.set(data.first_result, bits);
                    }
                    Op::TrapNz | Op::TrapZ => {
                        if (self.get(arg(0)) as u32 != 0) == (data.op == Op::TrapNz) {
                            let Imm::Trap(code) = data.imm else { unreachable!() };
                            let detail = data.args.get(1).map(|&d| self.get_zero_extended(d));
                            return self.trap(code, detail);
                        }
                    }
                    Op::TrapNow => {
                        let Imm::Trap(code) = data.imm else { unreachable!() };
                        let detail = data.args.first().map(|&d| self.get_zero_extended(d));
                        return self.trap(code, detail);
                    }
                    Op::Libcall | Op::TryLibcall => {
                        let Imm::Libcall(which) = data.imm else { unreachable!() };
                        let args: SmallVec<[u64; 5]> = data.args.iter().map(|&a| self.get_zero_extended(a)).collect();
                        // SAFETY: the activation is published; the frontend's arguments match the libcall.
                        let (value, status) = unsafe { libcall(self.ctx, which, &args) };
                        let throwing = data.op == Op::TryLibcall;
                        match status {
                            Status::Ok => self.set(data.first_result, value),
                            Status::Exception if throwing => match self.handler(data, 1) {
                                Some(landing) => {
                                    block = landing;
                                    continue 'blocks;
                                }
                                None => return FunctionEnd::Return(status),
                            },
                            _ => return FunctionEnd::Return(status),
                        }
                        if throwing {
                            block = f.targets(inst)[0].block;
                            continue 'blocks;
                        }
                    }
                    Op::Alloc => {
                        let Imm::Alloc { ty, len, .. } = data.imm else { unreachable!() };
                        // SAFETY: the activation is published.
                        let r = unsafe { libcall(self.ctx, Libcall::Allocate, &[ty.into(), len.into()]) };
                        if r.1 != Status::Ok {
                            return FunctionEnd::Return(r.1);
                        }
                        self.set(data.first_result, r.0);
                    }
                    Op::Poll => {
                        // SAFETY: the store is alive, the activation published.
                        unsafe {
                            if (*self.store).stack_limit.is_interrupted() {
                                let (_, status) = libcall(self.ctx, Libcall::StackCheck, &[]);
                                if status != Status::Ok {
                                    return FunctionEnd::Return(status);
                                }
                            }
                        }
                    }
                    Op::LandingPad => {
                        // SAFETY: the store is alive.
                        let exnref = unsafe { (*self.store).pending_exception };
                        self.set(data.first_result, u64::from(exnref));
                    }
                    Op::Call | Op::CallRef => {
                        // SAFETY: the callee is a live function of this type.
                        let status = unsafe { self.call(data) };
                        if status != Status::Ok {
                            return FunctionEnd::Return(status);
                        }
                    }
                    Op::TryCall | Op::TryCallRef => {
                        // SAFETY: as above.
                        match unsafe { self.call(data) } {
                            Status::Ok => block = f.targets(inst)[0].block,
                            Status::Exception => match self.handler(data, 1) {
                                Some(landing) => block = landing,
                                None => return FunctionEnd::Return(Status::Exception),
                            },
                            status => return FunctionEnd::Return(status),
                        }
                        continue 'blocks;
                    }
                    Op::Throw => {
                        let exnref = self.get_zero_extended(arg(0));
                        // SAFETY: the activation is published.
                        let (_, status) = unsafe { libcall(self.ctx, Libcall::Throw, &[exnref]) };
                        assert_eq!(status, Status::Exception, "a null exnref reached {}", f.display_inst(inst));
                        match self.handler(data, 0) {
                            Some(landing) => block = landing,
                            None => return FunctionEnd::Return(status),
                        }
                        continue 'blocks;
                    }
                    Op::ReturnCall | Op::ReturnCallRef => {
                        // SAFETY: the callee is a live function of this type.
                        return unsafe { self.tail_call(data) };
                    }
                    Op::Return => {
                        // SAFETY: the caller promises room for the results.
                        unsafe { self.write_slots(&data.args, out) };
                        return FunctionEnd::Return(Status::Ok);
                    }
                    Op::Jump => {
                        block = self.branch(&f.targets(inst)[0]);
                        continue 'blocks;
                    }
                    Op::BrIf => {
                        let not_taken = self.get(arg(0)) as u32 == 0;
                        block = self.branch(&f.targets(inst)[usize::from(not_taken)]);
                        continue 'blocks;
                    }
                    Op::BrTable => {
                        let targets = f.targets(inst);
                        let index = (self.get(arg(0)) as u32 as usize).min(targets.len() - 1);
                        block = self.branch(&targets[index]);
                        continue 'blocks;
                    }
                    _ if data.ty == Type::V128 || data.args.first().is_some_and(|&v| f.ty(v) == Type::V128) => {
                        let a = |i: usize| data.args.get(i).map_or(0, |&v| self.get_wide(v));
                        let constant = match data.imm {
                            Imm::Vector(v) => f.vectors[v as usize],
                            _ => 0,
                        };
                        let value = evaluate_vector(data.op, data.ty, data.imm, constant, [a(0), a(1), a(2)]);
                        let Some(bits) = value else {
                            panic!("undefined: {} in {}", f.display_inst(inst), f.name);
                        };
                        self.set_wide(data.first_result, bits);
                    }
                    _ => {
                        let a = |i: usize| data.args.get(i).map_or(0, |&v| self.get(v));
                        let from = data.args.first().map_or(data.ty, |&v| f.ty(v));
                        let value = evaluate(data.op, data.ty, data.imm, from, [a(0), a(1), a(2)]);
                        let Some(bits) = value else {
                            panic!("undefined: {} in {}", f.display_inst(inst), f.name);
                        };
                        self.set(data.first_result, bits);
                    }
                }
            }
            unreachable!("a block without terminator");
        }
    }

    /// The address of an access outside of linear memory. An access to an object must be inside it.
    fn field_address(&self, data: &InstData, base: Value) -> *mut u8 {
        let Imm::Field { offset, access, region } = data.imm else { unreachable!() };
        let at = (self.get(base) as *mut u8).wrapping_offset(offset as isize);
        if matches!(region, Region::Constant | Region::StructField(..) | Region::Elements(..)) {
            // SAFETY: the store is alive; nothing else uses its heap now.
            let inside = unsafe { (*self.store).heap.contains(at as usize, access.bytes(data.ty) as usize) };
            assert!(inside, "{at:p} is in no object: {:?} {region} in {}", data.op, self.f.name);
        }
        at
    }

    /// Reads a word of the header of the object that a reference refers to.
    fn header(&self, data: &InstData, reference: u32, for_null: u64, address: Value) -> u64 {
        let Imm::Header { offset, i31 } = data.imm else { unreachable!() };
        if reference == 0 {
            return for_null;
        }
        if reference & 1 == 1 {
            assert!(i31, "an unexpected i31:  {:?} in {}", data.imm, self.f.name);
            return 0;
        }
        let at = self.get(address) as *const u8;
        // SAFETY: the store is alive; nothing else uses its heap now.
        let store = unsafe { &*self.store };
        assert_eq!(at as usize, store.gc_base as usize + reference as usize, "not the address of the object");
        assert!(store.heap.is_object(reference), "no object at {reference:#x} in {}", self.f.name);
        // SAFETY: an object starts there, with its header.
        unsafe { at.offset(offset as isize).cast::<u32>().read().into() }
    }

    /// The address of an access to linear memory; `None` if it is out of bounds, which is allowed only for an access that
    /// checks itself.
    fn heap_address(&self, data: &InstData, base: Value, index: Value) -> Option<*mut u8> {
        let Imm::Heap { offset, access, memory, guard } = data.imm else { unreachable!() };
        // SAFETY: the context has this memory.
        let (start, len) = unsafe {
            let memory = &**(*self.ctx).memories.add(memory as usize);
            (memory.base, memory.byte_len.load(Ordering::Relaxed) as u64)
        };
        assert_eq!(self.get(base), start as u64, "not the base of memory {memory}");
        let end = self.get(index).checked_add(u64::from(offset) + u64::from(access.bytes(data.ty)));
        if end.is_none_or(|end| end > len) {
            assert!(guard, "a checked access is out of bounds");
            return None;
        }
        Some(start.wrapping_add((self.get(index) + u64::from(offset)) as usize))
    }

    /// The landing block for the exception in flight; the handlers' targets start at index `first`.
    fn handler(&self, data: &InstData, first: usize) -> Option<Block> {
        let control = data.control.as_deref()?;
        // SAFETY: an exception is in flight, and the context has the tags that its module names.
        let number = unsafe {
            let object = (*self.store).gc_base.add((*self.store).pending_exception as usize);
            let thrown = *object.offset(EXCEPTION_TAG as isize).cast::<*const VMTag>();
            control.catches.iter().position(|c| match c {
                Catch::All => true,
                Catch::Tag(tag) => (*(*self.ctx).tags.add(*tag as usize)).cast_const() == thrown,
            })
        };
        number.map(|i| control.targets[first + i].block)
    }

    /// Stages the arguments of a call and finds its callee.
    ///
    /// # Safety
    /// A callee reference refers to a live function of this type.
    unsafe fn stage(&self, data: &InstData) -> (*const VMFunc, *mut u64) {
        let (callee, args) = match data.imm {
            // SAFETY: the context has this function.
            Imm::Func { func, .. } => (unsafe { *(*self.ctx).funcs.add(func as usize) }.cast_const(), &data.args[..]),
            _ => (self.get(data.args[0]) as *const VMFunc, &data.args[1..]),
        };
        let staging = self.frame.wrapping_add(self.code.staging as usize);
        // SAFETY: the staging area has room for every signature.
        unsafe { self.write_slots(args, staging) };
        (callee, staging)
    }

    /// Executes a call.
    ///
    /// # Safety
    /// As [`Evaluator::stage`].
    unsafe fn call(&mut self, data: &InstData) -> Status {
        // SAFETY: the caller's promise.
        unsafe {
            let (callee, staging) = self.stage(data);
            let status = exits::invoke(callee, staging);
            if status == Status::Ok {
                let first = data.first_result.0;
                self.read_slots((first..first + data.num_results).map(Value), staging);
            }
            status
        }
    }

    /// Executes a tail call.
    ///
    /// # Safety
    /// As [`Evaluator::stage`].
    unsafe fn tail_call(&mut self, data: &InstData) -> FunctionEnd {
        // SAFETY: the caller's promise.
        unsafe {
            let (callee, staging) = self.stage(data);
            if (*callee).array_entry.get() == enter as *mut c_void {
                return FunctionEnd::TailCall(callee);
            }
            FunctionEnd::Return(exits::tail_call(callee, staging))
        }
    }
}

/// Reads memory as a load's immediate specifies.
///
/// # Safety
/// The bytes of the access may be read.
unsafe fn load(at: *const u8, data: &InstData) -> u128 {
    let (Imm::Heap { access, .. } | Imm::Field { access, .. }) = data.imm else { unreachable!() };
    // SAFETY: the caller's promise.
    let bits = unsafe { eval_atomic::read(at, access.bytes(data.ty) as usize) };
    if data.ty == Type::V128 {
        return bits;
    }
    let extended = match access {
        Access::S8 => bits as i8 as u64,
        Access::S16 => bits as i16 as u64,
        Access::S32 => bits as i32 as u64,
        Access::U8 | Access::U16 | Access::U32 | Access::U64 | Access::Full => bits as u64,
    };
    data.ty.truncate(extended).into()
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    /// With poison, each 32-bit value has its own garbage in the upper half, so that comparing or adding whole registers
    /// of two equal values is noticed. Other values, and values without poison, are unchanged.
    #[test]
    fn undefined_bits_differ_from_value_to_value() {
        let text = "function 0 \"f\" (i32, i32, f32, externref, i64, f64) -> () {\n\
                    b0(v0: ptr, v1: i32, v2: i32, v3: f32, v4: r32, v5: i64, v6: f64):\n  return\n}\n";
        for poison in [false, true] {
            let code = EvalFunction::new(parse(text).unwrap(), BodyIndex(0), poison);
            let mut frame = vec![0; code.frame as usize];
            let mut machine = Evaluator {
                code: &code,
                f: &code.function,
                ctx: std::ptr::null_mut(),
                store: std::ptr::null_mut(),
                frame: frame.as_mut_ptr(),
                activation: std::ptr::null_mut(),
            };
            let values = || (0..7).map(Value);
            for bits in [0, 5, 0x1234_5678_8000_0001, u64::MAX] {
                values().for_each(|v| machine.set(v, bits));
                let is_narrow = |v: &Value| code.function.ty(*v).bytes() == 4;
                for v in values() {
                    let register = machine.get(v);
                    if poison && is_narrow(&v) {
                        assert_eq!(register as u32, bits as u32, "{v}");
                        assert!(
                            ![0, u32::MAX, (bits >> 32) as u32].contains(&((register >> 32) as u32)),
                            "{v}: {register:#x}"
                        );
                    } else {
                        assert_eq!(register, bits, "{v}");
                    }
                    assert_eq!(
                        machine.get_zero_extended(v),
                        if is_narrow(&v) { bits & 0xffff_ffff } else { bits },
                        "{v}"
                    );
                }
                let mut narrow: Vec<u64> = values().filter(is_narrow).map(|v| machine.get(v)).collect();
                narrow.sort_unstable();
                narrow.dedup();
                assert_eq!(narrow.len(), if poison { 4 } else { 1 }, "{bits:#x}");
            }
        }
    }
}
