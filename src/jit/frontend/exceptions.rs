//! Exceptions of both proposals: active handlers, landing blocks, throws.

use super::*;

impl<'m> Translator<'m, '_> {
    pub(super) fn begin_try_table(&mut self, table: &wasmparser::TryTable) -> TranslateResult {
        // Labels are relative to the outside of the try_table itself.
        let outside = self.frames.len() - 1;
        let mut handlers: Vec<Handler> = Vec::new();
        for clause in &table.catches {
            let (catch, with_ref, label) = match *clause {
                wasmparser::Catch::One { tag, label } => (Catch::Tag(tag), false, label),
                wasmparser::Catch::OneRef { tag, label } => (Catch::Tag(tag), true, label),
                wasmparser::Catch::All { label } => (Catch::All, false, label),
                wasmparser::Catch::AllRef { label } => (Catch::All, true, label),
            };
            if let Catch::Tag(tag) = catch {
                self.check_values(self.module.tags[tag as usize])?;
            }
            handlers.push(Handler { catch, with_ref, frame: outside - label as usize, clause: None });
        }
        self.open(FrameKind::TryTable, table.ty)?;
        self.enter_handlers(handlers);
        Ok(())
    }

    /// Activates handlers for the structure that was just opened, before those of the structures around it.
    fn enter_handlers(&mut self, mut handlers: Vec<Handler>) {
        handlers.extend_from_slice(self.handlers.last().unwrap());
        // A handler after one for the same tag or one for all exceptions is never reached.
        if let Some(all) = handlers.iter().position(|h| h.catch == Catch::All) {
            handlers.truncate(all + 1);
        }
        let mut seen = HashSet::with_capacity(handlers.len());
        handlers.retain(|h| seen.insert(h.catch));
        self.passed += handlers.len();
        self.push_handlers(handlers);
    }

    fn push_handlers(&mut self, handlers: Vec<Handler>) {
        self.handlers.push(handlers);
        self.frames.last_mut().unwrap().handlers = self.handlers.len() - 1;
    }

    /// Begins a `try` of the older proposal. Its clauses, which come later, are known from the scan.
    pub(super) fn begin_old_try(&mut self, ty: BlockType) -> TranslateResult {
        let clauses = self.assigned.clauses(self.structures);
        self.open(FrameKind::OldTry { clauses: VecDeque::new() }, ty)?;
        let frame = self.frames.len() - 1;
        if let Some(depth) = clauses.delegate {
            // Labels count from outside of the try itself. The handlers of the target's block are in force here.
            let target = &self.frames[frame - 1 - depth as usize];
            let handlers = self.handlers[target.handlers].clone();
            self.passed += handlers.len();
            self.push_handlers(handlers);
            return Ok(());
        }
        let mut handlers = Vec::new();
        for (i, tag) in clauses.catches.into_iter().enumerate() {
            let catch = tag.map_or(Catch::All, Catch::Tag);
            if let Catch::Tag(tag) = catch {
                self.check_values(self.module.tags[tag as usize])?;
            }
            let label = self.b.create_block();
            self.frames[frame].clauses().push_back(Clause { catch, label, edges: SmallVec::new() });
            handlers.push(Handler { catch, with_ref: true, frame, clause: Some(i) });
        }
        self.enter_handlers(handlers);
        Ok(())
    }

    /// Ends the code before a `catch` or `catch_all` and begins the clause.
    pub(super) fn old_catch(&mut self) {
        let index = self.frames.len() - 1;
        if matches!(self.frames[index].kind, FrameKind::Skipped) {
            return;
        }
        if self.reachable {
            let args = self.branch_args(index);
            self.jump_to(index, &args);
        }
        let mut clauses = match std::mem::replace(&mut self.frames[index].kind, FrameKind::Block) {
            FrameKind::OldTry { clauses } => {
                self.handlers.pop();
                self.frames[index].handlers = self.handlers.len() - 1;
                clauses
            }
            FrameKind::OldCatch { clauses, .. } => clauses,
            _ => unreachable!("validated: a clause of a try"),
        };
        let clause = clauses.pop_front().expect("the scan saw it");
        self.reachable = !clause.edges.is_empty();
        let mut caught = None;
        if self.reachable {
            let payload = match clause.catch {
                Catch::Tag(tag) => self.module.tag_signature(tag).params().len(),
                Catch::All => 0,
            };
            self.merge_at(index, clause.label, payload + 1, clause.edges);
            caught = self.stack.pop();
        }
        self.frames[index].kind = FrameKind::OldCatch { clauses, caught };
    }

    pub(super) fn rethrow(&mut self, depth: u32) {
        let frame = self.target_frame(depth);
        let exnref = self.frames[frame].caught().expect("validated: a clause, and it is reachable");
        self.finish_throw(exnref);
    }

    /// Builds code that may throw: normally, or, if handlers are active, as a terminator with these targets.
    pub(super) fn may_throw<T>(&mut self, build: impl FnOnce(&mut Builder<'_>, Option<Control>) -> T) -> T {
        if self.handlers.last().unwrap().is_empty() {
            return build(&mut self.b, None);
        }
        let normal = self.b.create_block();
        let mut control = Control { targets: vec![Target { block: normal, args: Vec::new() }], catches: Vec::new() };
        self.landing_targets(&mut control);
        let landings: Vec<Block> = control.targets[1..].iter().map(|t| t.block).collect();
        let built = build(&mut self.b, Some(control));
        self.build_landings(&landings);
        self.b.switch_to(normal);
        built
    }

    /// Adds a new landing block for each active handler.
    fn landing_targets(&mut self, control: &mut Control) {
        for h in self.handlers.last().unwrap() {
            // Each block counts as this many values, in addition to those that it loads.
            let payload = match h.catch {
                Catch::Tag(tag) => self.module.tag_signature(tag).params().len(),
                Catch::All => 0,
            };
            self.passed += 8 + payload;
            control.targets.push(Target { block: self.b.create_block(), args: Vec::new() });
            control.catches.push(h.catch);
        }
    }

    fn build_landings(&mut self, landings: &[Block]) {
        for (i, &block) in landings.iter().enumerate() {
            // In that case the function is refused after this operator.
            if self.check_passed().is_err() {
                break;
            }
            let handler = self.handlers.last().unwrap()[i];
            self.b.set_cold(block);
            self.b.switch_to(block);
            let exnref = self.b.ins(Op::LandingPad, Type::I32, Imm::None, &[]);
            let mut operands: SmallVec<[Value; 8]> = SmallVec::new();
            if let Catch::Tag(tag) = handler.catch {
                let types = self.module.tag_signature(tag).params();
                if !types.is_empty() {
                    let address = self.object_address(exnref);
                    let mut offset = EXCEPTION_PAYLOAD;
                    for &ty in types {
                        let held = supported_type(self.module, ty).expect("checked where the clause is");
                        operands.push(self.b.load(held, address, offset, Region::Immutable));
                        offset += 8 * slots_of(ty) as i32;
                    }
                }
            }
            if handler.with_ref {
                operands.push(exnref);
            }
            let args = self.label_args(handler.frame, &operands);
            match handler.clause {
                None => self.jump_to(handler.frame, &args),
                Some(clause) => {
                    // No clause has begun yet: all code covered by the clauses comes before the first one.
                    let clause = &mut self.frames[handler.frame].clauses()[clause];
                    let inst = self.b.jump(clause.label, &args);
                    clause.edges.push((inst, 0));
                }
            }
        }
    }

    pub(super) fn throw(&mut self, tag: u32) -> TranslateResult {
        let exnref = self.new_exception(tag)?;
        self.finish_throw(exnref);
        Ok(())
    }

    /// Allocates a new exception with the operands as its payload.
    pub(super) fn new_exception(&mut self, tag: u32) -> Result<Value, Unsupported> {
        self.check_values(self.module.tags[tag as usize])?;
        let types = self.module.tag_signature(tag);
        let payload = self.pop_list(types.params().len());
        let tag = self.b.i32(tag);
        let exnref = self.b.libcall(Libcall::ExceptionNew, &[tag]);
        let exnref = self.b.convert(Op::Wrap, Type::Ref32, exnref);
        if !payload.is_empty() {
            let address = self.object_address(exnref);
            let mut offset = EXCEPTION_PAYLOAD;
            for (&v, &ty) in payload.iter().zip(types.params()) {
                self.b.store(v, address, offset, Region::ExceptionPayload);
                offset += 8 * slots_of(ty) as i32;
            }
        }
        Ok(exnref)
    }

    pub(super) fn throw_ref(&mut self) {
        let exnref = self.pop();
        let is_null = self.is_null(exnref);
        self.b.trapnz(is_null, TrapCode::NullExceptionReference, None);
        self.finish_throw(exnref);
    }

    fn finish_throw(&mut self, exnref: Value) {
        let mut control = Control::default();
        self.landing_targets(&mut control);
        let landings: Vec<Block> = control.targets.iter().map(|t| t.block).collect();
        self.b.throw(exnref, control.targets, control.catches);
        self.build_landings(&landings);
        self.reachable = false;
    }
}
