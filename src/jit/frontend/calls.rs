//! Calls, and the entities that they take from tables and from the instance.

use super::*;

impl<'m> Translator<'m, '_> {
    pub(super) fn context_field(&mut self, ty: Type, offset: usize) -> Value {
        let ctx = self.b.ctx();
        self.b.load(ty, ctx, offset as i32, Region::Immutable)
    }

    /// Loads pointer number `index` of one of the context's arrays.
    pub(super) fn entity(&mut self, array: usize, index: u32) -> Value {
        let base = self.context_field(Type::Ptr, array);
        self.b.load(Type::Ptr, base, (index * 8) as i32, Region::Immutable)
    }

    pub(super) fn func_ref(&mut self, func: u32) -> Value {
        match func.checked_sub(self.module.num_imported_functions) {
            None => self.entity(offset_of!(VMContext, funcs), func),
            Some(defined) => {
                let base = self.context_field(Type::Ptr, offset_of!(VMContext, defined_funcs));
                let offset = self.b.i64(u64::from(defined) * size_of::<VMFunc>() as u64);
                self.b.binary(Op::IAdd, base, offset)
            }
        }
    }

    pub(super) fn call(&mut self, func: u32, tail: bool) -> TranslateResult {
        let wasm = self.module.function_signature(func);
        let ty = self.module.functions[func as usize];
        self.check_values(ty)?;
        let sig = self.signature(ty);
        let args = self.pop_list(wasm.params().len());
        if func < self.module.num_imported_functions {
            let callee = self.func_ref(func);
            self.finish_call_ref(callee, sig, &args, tail);
        } else {
            let ops = (Op::Call, Op::TryCall, Op::ReturnCall);
            self.finish_call(ops, Imm::Func { func, sig }, args, tail);
        }
        self.results_declared(wasm);
        Ok(())
    }

    pub(super) fn call_indirect(&mut self, ty: u32, table: u32, tail: bool) -> TranslateResult {
        let wasm = self.module.func_type(ty);
        self.check_values(ty)?;
        self.check_table(table)?;
        let index = self.pop();
        let args = self.pop_list(wasm.params().len());
        let address = self.table_element(table, index, TrapCode::UndefinedElement, Some(index));
        let callee = self.b.load(Type::Ptr, address, 0, Region::TableElem);
        let is_null = self.is_null(callee);
        self.b.trapnz(is_null, TrapCode::UninitializedElement, Some(index));
        let actual = self.b.load(Type::I32, callee, offset_of!(VMFunc, type_id) as i32, Region::Immutable);
        let expected = self.type_id(ty);
        let fits = self.is_subtype(actual, ty, expected, false);
        self.b.trapz(fits, TrapCode::IndirectCallTypeMismatch, None);
        let sig = self.signature(ty);
        self.finish_call_ref(callee, sig, &args, tail);
        self.results_declared(wasm);
        Ok(())
    }

    pub(super) fn call_ref(&mut self, ty: u32, tail: bool) -> TranslateResult {
        let wasm = self.module.func_type(ty);
        self.check_values(ty)?;
        let callee = self.pop();
        let args = self.pop_list(wasm.params().len());
        self.check_null(callee, TrapCode::NullFunctionReference);
        let sig = self.signature(ty);
        self.finish_call_ref(callee, sig, &args, tail);
        self.results_declared(wasm);
        Ok(())
    }

    /// Records the declared types of a call's results, which are on top of the stack, if the call returns to this code.
    fn results_declared(&mut self, wasm: &FuncType) {
        if self.reachable {
            let at = self.stack.len() - wasm.results().len();
            for (i, &ty) in wasm.results().iter().enumerate() {
                self.declared(self.stack[at + i], ty);
            }
        }
    }

    pub(super) fn is_null(&mut self, reference: Value) -> Value {
        let null = self.b.constant(self.b.ty(reference), 0);
        self.b.icmp(IntCond::Eq, reference, null)
    }

    /// Returns the signature of a type, which is made only once.
    fn signature(&mut self, ty: u32) -> Sig {
        if let Some(&sig) = self.signatures.get(&ty) {
            return sig;
        }
        let sig = self.b.signature(&erased(self.module, self.module.func_type(ty)));
        self.signatures.insert(ty, sig);
        sig
    }

    /// Checks that this compiler can handle the values of a type: its fields or elements, or its parameters and results.
    pub(super) fn check_values(&self, ty: u32) -> TranslateResult {
        if self.module.names_shared(ty) { self.unsupported("shared-everything-threads") } else { Ok(()) }
    }

    fn finish_call_ref(&mut self, callee: Value, sig: Sig, args: &[Value], tail: bool) {
        let mut all = ArgList::with_capacity(args.len() + 1);
        all.push(callee);
        all.extend_from_slice(args);
        self.finish_call((Op::CallRef, Op::TryCallRef, Op::ReturnCallRef), Imm::Sig(sig), all, tail);
    }

    /// Emits a call. `ops`: the operations for a plain call, a call inside a `try_table`, and a tail call.
    fn finish_call(&mut self, ops: (Op, Op, Op), imm: Imm, args: ArgList, tail: bool) {
        if tail {
            self.b.call(ops.2, imm, args, None);
            self.reachable = false;
            return;
        }
        let inst = self.may_throw(|b, control| match control {
            None => b.call(ops.0, imm, args, None),
            Some(control) => b.call(ops.1, imm, args, Some(control)),
        });
        self.stack.extend(self.b.func.results(inst));
    }

    pub(super) fn object_address(&mut self, reference: Value) -> Value {
        let store = self.context_field(Type::Ptr, offset_of!(VMContext, store));
        // If a module has no objects of its own, its code may begin before anything was allocated.
        let region = if self.has_objects { Region::Immutable } else { Region::StoreState };
        let base = self.b.load(Type::Ptr, store, offset_of!(VMStore, gc_base) as i32, region);
        let offset = self.b.convert(Op::ZExt, Type::I64, reference);
        self.b.binary(Op::IAdd, base, offset)
    }

    /// The type of a table's indices.
    pub(super) fn table_index_type(&self, table: u32) -> Type {
        if self.module.tables[table as usize].ty.table64 { Type::I64 } else { Type::I32 }
    }

    pub(super) fn check_table(&self, table: u32) -> Result<Type, Unsupported> {
        let ty = &self.module.tables[table as usize].ty;
        if ty.shared {
            return self.unsupported("shared-everything-threads");
        }
        self.require(supported_type(self.module, ValType::Ref(ty.element_type)))
    }

    /// Returns the address of a table's element after the bounds check.
    pub(super) fn table_element(&mut self, table: u32, index: Value, code: TrapCode, detail: Option<Value>) -> Value {
        let desc = self.entity(offset_of!(VMContext, tables), table);
        let region = Region::TableDesc(table);
        let len = self.b.load(Type::I64, desc, offset_of!(VMTable, len) as i32, region);
        let index = if self.b.ty(index) == Type::I64 { index } else { self.b.convert(Op::ZExt, Type::I64, index) };
        let inside = self.b.icmp(IntCond::LtU, index, len);
        self.b.trapz(inside, code, detail);
        let base = self.b.load(Type::Ptr, desc, offset_of!(VMTable, base) as i32, region);
        let three = self.b.i64(3);
        let offset = self.b.binary(Op::Shl, index, three);
        self.b.binary(Op::IAdd, base, offset)
    }
}
