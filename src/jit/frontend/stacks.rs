//! Stack switching: continuations.
//!
//! Operators that leave the running stack call the runtime, which may run any code before it returns; the code that
//! follows is the same as after any other call. Values pass between stacks in a buffer that never moves and is a region
//! of its own: they are stored right before the call, together with the handlers that it installs, and loaded right after
//! it. If the call for a `resume` reports that the continuation was suspended, control continues at the label of the
//! handler concerned.

use super::*;
use crate::module::{CompositeInnerType, HeapType, RefType};
use crate::runtime::vm::{ON_SWITCH, TRANSFER_SLOTS};
use wasmparser::{Handle, ResumeTable, UnpackedIndex};

impl<'m> Translator<'m, '_> {
    /// Translates an operator on continuations; `None` for any other.
    pub(super) fn stack_operator(&mut self, op: &Operator<'_>) -> Option<TranslateResult> {
        use Operator as O;
        Some(match *op {
            O::ContNew { cont_type_index } => self.cont_new(cont_type_index),
            O::ContBind { argument_index, result_index } => self.cont_bind(argument_index, result_index),
            O::Suspend { tag_index } => self.suspend(tag_index),
            O::Resume { cont_type_index, ref resume_table } => self.resume(cont_type_index, resume_table),
            O::ResumeThrow { cont_type_index, tag_index, ref resume_table } => {
                self.resume_throw(cont_type_index, Some(tag_index), resume_table)
            }
            O::ResumeThrowRef { cont_type_index, ref resume_table } => {
                self.resume_throw(cont_type_index, None, resume_table)
            }
            O::Switch { cont_type_index, tag_index } => self.switch(cont_type_index, tag_index),
            _ => return None,
        })
    }

    fn cont_new(&mut self, ty: u32) -> TranslateResult {
        self.cont_signature(ty)?;
        let func = self.pop();
        let index = self.b.i32(ty);
        let bits = self.b.libcall(Libcall::ContNew, &[index, func]);
        self.push_continuation(bits, ty);
        Ok(())
    }

    fn cont_bind(&mut self, from: u32, to: u32) -> TranslateResult {
        let (wasm, rest) = (self.cont_signature(from)?, self.cont_signature(to)?);
        let cont = self.pop();
        let types = &wasm.params()[..wasm.params().len() - rest.params().len()];
        let slots = self.send(types);
        let (index, slots) = (self.b.i32(to), self.b.i32(slots));
        let bits = self.b.libcall(Libcall::ContBind, &[index, cont, slots]);
        self.push_continuation(bits, to);
        Ok(())
    }

    /// Pushes a non-null reference of a given type that the runtime made.
    fn push_continuation(&mut self, bits: Value, ty: u32) {
        let cont = self.b.convert(Op::Wrap, Type::Ref32, bits);
        let heap = HeapType::Concrete(UnpackedIndex::Module(ty));
        self.learn(cont, RefType::new(false, heap).expect("decoded before"));
        self.push(cont);
    }

    fn suspend(&mut self, tag: u32) -> TranslateResult {
        self.check_values(self.module.tags[tag as usize])?;
        let wasm = self.module.tag_signature(tag);
        let slots = self.send(wasm.params());
        let operands = [self.b.i32(tag), self.b.i32(slots)];
        self.leave_stack(Libcall::Suspend, &operands);
        self.receive(wasm.results());
        Ok(())
    }

    fn switch(&mut self, ty: u32, tag: u32) -> TranslateResult {
        let wasm = self.cont_signature(ty)?;
        // The last argument is the continuation of the running code; the runtime makes it.
        let Some((&ValType::Ref(own), types)) = wasm.params().split_last() else {
            unreachable!("validated: the last parameter is a continuation");
        };
        let (HeapType::Concrete(own) | HeapType::Exact(own)) = own.heap_type() else {
            unreachable!("validated: of a type of the module");
        };
        let resumed_with = self.cont_signature(own.as_module_index().expect("a module's types refer by index"))?;
        let cont = self.pop();
        let slots = self.send(types);
        let operands = [cont, self.b.i32(tag), self.b.i32(slots)];
        self.leave_stack(Libcall::Switch, &operands);
        self.receive(resumed_with.params());
        Ok(())
    }

    fn resume(&mut self, ty: u32, table: &ResumeTable) -> TranslateResult {
        let wasm = self.cont_signature(ty)?;
        let cont = self.pop();
        let slots = self.send(wasm.params());
        let handlers = self.send_handlers(slots, table)?;
        let operands = [cont, self.b.i32(slots), handlers];
        let outcome = self.leave_stack(Libcall::Resume, &operands);
        self.resumed(outcome, wasm, table)
    }

    /// Resumes with an exception with this tag or, without a tag, with the exception whose exnref is an operand.
    fn resume_throw(&mut self, ty: u32, tag: Option<u32>, table: &ResumeTable) -> TranslateResult {
        let wasm = self.cont_signature(ty)?;
        let cont = self.pop();
        let exnref = match tag {
            Some(tag) => self.new_exception(tag)?,
            None => self.pop(),
        };
        let handlers = self.send_handlers(0, table)?;
        let outcome = self.leave_stack(Libcall::ResumeThrow, &[cont, exnref, handlers]);
        self.resumed(outcome, wasm, table)
    }

    /// Emits the code after a `resume`: outcome 0 continues after it, outcome `k` at the label of handler `k - 1`.
    fn resumed(&mut self, outcome: Value, wasm: &FuncType, table: &ResumeTable) -> TranslateResult {
        let is_label = |handler: &Handle| matches!(handler, Handle::OnLabel { .. });
        if let Some(last) = table.handlers.iter().rposition(is_label) {
            let returned = self.b.create_block();
            let mut blocks = vec![returned];
            let mut labels = Vec::new();
            let mut never = None;
            for handler in &table.handlers[..=last] {
                blocks.push(match *handler {
                    Handle::OnLabel { tag, label } => {
                        let block = self.b.create_block();
                        labels.push((block, tag, label));
                        block
                    }
                    // A `resume` never ends through these.
                    Handle::OnSwitch { .. } => *never.get_or_insert_with(|| self.b.create_block()),
                });
            }
            let outcome = self.b.convert(Op::Wrap, Type::I32, outcome);
            if let [returned, suspended] = blocks[..] {
                self.b.brif(outcome, suspended, &[], returned, &[]);
            } else {
                self.b.br_table(outcome, blocks.into_iter().map(|block| Target { block, args: Vec::new() }).collect());
            }
            for (block, tag, label) in labels {
                self.suspended(block, tag, label)?;
            }
            if let Some(never) = never {
                self.b.set_cold(never);
                self.b.switch_to(never);
                self.b.trap(TrapCode::Unreachable, None);
            }
            self.b.switch_to(returned);
        }
        self.receive(wasm.results());
        Ok(())
    }

    /// Fills a block that branches to a handler's label with the payload and the continuation.
    fn suspended(&mut self, block: Block, tag: u32, label: u32) -> TranslateResult {
        self.check_passed()?;
        self.b.switch_to(block);
        let types = self.module.tag_signature(tag).params();
        self.check_values(self.module.tags[tag as usize])?;
        let (height, from) = (self.stack.len(), self.transfer());
        let behind = self.receive_from(from, types);
        let mut operands = self.stack.split_off(height);
        operands.push(self.b.load(Type::Ref32, from, behind, Region::Transfer));
        let frame = self.target_frame(label);
        let args = self.label_args(frame, &operands);
        self.jump_to(frame, &args);
        Ok(())
    }

    /// The signature of a continuation type's function.
    fn cont_signature(&self, ty: u32) -> Result<&'m FuncType, Unsupported> {
        let ty = &self.module.types[ty as usize].composite_type;
        if ty.shared {
            return self.unsupported("shared-everything-threads");
        }
        let CompositeInnerType::Cont(cont) = &ty.inner else { unreachable!("validated: a continuation type") };
        let func = cont.0.unpack().as_module_index().expect("a module's types refer by index");
        self.check_values(func)?;
        Ok(self.module.func_type(func))
    }

    /// The address of the transfer buffer.
    fn transfer(&mut self) -> Value {
        let store = self.context_field(Type::Ptr, offset_of!(VMContext, store));
        self.b.load(Type::Ptr, store, offset_of!(VMStore, transfer) as i32, Region::Immutable)
    }

    /// Stores operands of these types in the transfer buffer; returns the number of slots.
    fn send(&mut self, types: &[ValType]) -> u32 {
        let values = self.pop_list(types.len());
        if types.is_empty() {
            return 0;
        }
        let to = self.transfer();
        let mut slots = 0;
        for (&v, &ty) in values.iter().zip(types) {
            // A reference takes a whole slot, where a collection looks for it.
            let v = if self.b.ty(v) == Type::Ref32 { self.b.convert(Op::ZExt, Type::I64, v) } else { v };
            self.b.store(v, to, 8 * slots as i32, Region::Transfer);
            slots += slots_of(ty) as u32;
        }
        slots
    }

    /// Stores the handlers after this many slots; returns their number.
    fn send_handlers(&mut self, slots: u32, table: &ResumeTable) -> Result<Value, Unsupported> {
        if slots as usize + table.handlers.len() > TRANSFER_SLOTS {
            return self.over(Limit::Handlers);
        }
        if table.handlers.is_empty() {
            return Ok(self.b.i32(0));
        }
        let to = self.transfer();
        for (i, handler) in table.handlers.iter().enumerate() {
            let (Handle::OnLabel { tag, .. } | Handle::OnSwitch { tag }) = *handler;
            let mut word = self.entity(offset_of!(VMContext, tags), tag);
            if let Handle::OnSwitch { .. } = handler {
                let mark = self.b.i64(ON_SWITCH);
                word = self.b.binary(Op::IAdd, word, mark);
            }
            self.b.store(word, to, 8 * (slots as i32 + i as i32), Region::Transfer);
        }
        Ok(self.b.i32(table.handlers.len() as u32))
    }

    /// Pushes values of these types that another stack has sent.
    fn receive(&mut self, types: &[ValType]) {
        if !types.is_empty() {
            let from = self.transfer();
            self.receive_from(from, types);
        }
    }

    /// Pushes values of these types, loaded from this address on; returns the number of bytes.
    fn receive_from(&mut self, from: Value, types: &[ValType]) -> i32 {
        let mut offset = 0;
        for &ty in types {
            let held = supported_type(self.module, ty).expect("checked with the signature");
            let v = self.b.load(held, from, offset, Region::Transfer);
            self.declared(v, ty);
            self.push(v);
            offset += 8 * slots_of(ty) as i32;
        }
        offset
    }

    /// Calls a libcall that leaves this stack; the call ends with an exception if one is thrown into the stack.
    fn leave_stack(&mut self, libcall: Libcall, args: &[Value]) -> Value {
        self.may_throw(|b, control| match control {
            None => b.libcall(libcall, args),
            Some(control) => b.try_libcall(libcall, args, control),
        })
    }
}
