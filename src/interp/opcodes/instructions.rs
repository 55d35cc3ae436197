//! Rows for instructions that are not arithmetic operators: moves, control, calls, memories, tables, atomics.

macro_rules! instruction_rows {
    ($next:ident $($then:ident)* [$($before:tt)*]) => { $next! { $($then)* [ $($before)*
        instructions {
            // The next element of a list: a pointer is loaded into the local that holds the address. These have opcodes
            // of their own, because the CPU predicts the store that a load depends on by the address of the load
            // instruction: a loop over a list writes this slot in each iteration, but not the slots that ordinary loads
            // read.
            I32LoadLink "i32.load.link" Load |s, i| {
                load_from::<I32Load, Load>(s, i.dst, u32::read(s, i.dst), i.offset)
            }
            I64LoadLink "i64.load.64.link" Load |s, i| {
                load_from::<Wide<I64Load>, Load>(s, i.dst, u64::read(s, i.dst), i.offset)
            }

            // Moving values. Those that write no accumulator leave it to the operands that follow.
            Mov "mov" Da |s, i| { *s.slot(i.dst) = *s.slot(i.a); s.next::<Da>() }
            MovV "mov.v128" Da |s, i| { U8x16::read(s, i.a).put(s, i.dst); s.next::<Da>() }
            MovA "mov.a" D |s, i| { *s.slot(i.dst) = s.acc; s.next::<D>() }
            // Locals above the header.
            Zero "zero" Dx |s, i| { s.slot(i.dst).write_bytes(0, i.index as usize); s.next::<Dx>() }
            Const "const" Di |s, i| { *s.slot(i.dst) = i64::from(i.imm) as u64; s.next::<Di>() }
            ConstLong "const.long" Dl |s, i| { *s.slot(i.dst) = i.imm; s.next::<Dl>() }
            ConstV "v128.const" Dll |s, i| { [i.low, i.high].put(s, i.dst); s.next::<Dll>() }
            Select "select" Dabc |s, i| {
                let from = if u32::read(s, i.c) != 0 { i.a } else { i.b };
                u64::read(s, from).put(s, i.dst);
                s.next::<Dabc>()
            }
            SelectA "select.a" Dab |s, i| {
                let from = if u32::acc(s) != 0 { i.a } else { i.b };
                u64::read(s, from).put(s, i.dst);
                s.next::<Dab>()
            }
            SelectV "select.v128" Dabc |s, i| {
                let from = if u32::read(s, i.c) != 0 { i.a } else { i.b };
                U8x16::read(s, from).put(s, i.dst);
                s.next::<Dabc>()
            }
            Shuffle "i8x16.shuffle" Dabll |s, i| {
                let [low, high] = [i.low.to_le_bytes(), i.high.to_le_bytes()];
                let indices = lanes::from_fn(|i| if i < 8 { low[i] } else { high[i - 8] });
                lanes::shuffle(U8x16::read(s, i.a), U8x16::read(s, i.b), indices).put(s, i.dst);
                s.next::<Dabll>()
            }
            // The same, and `i8x16.swizzle`, where the CPU has an instruction for it: see `sys`.
            ShuffleLater "i8x16.shuffle" Dabll |s, i| {
                let indices = sys::words(i.low, i.high);
                sys::shuffle(Bytes::read(s, i.a), Bytes::read(s, i.b), indices).put(s, i.dst);
                s.next::<Dabll>()
            }
            SwizzleLater "i8x16.swizzle" Dab |s, i| {
                sys::swizzle(Bytes::read(s, i.a), Bytes::read(s, i.b)).put(s, i.dst);
                s.next::<Dab>()
            }

            // 128 bits as two slots, the lower half first: operands (a, b) and (c, d), the result in `dst` and behind
            // it. The upper half goes to the accumulator, too.
            I64Add128 "i64.add128" Dabcd |s, i| {
                let (a, b) = (u64::read(s, i.a), u64::read(s, i.b));
                s.put_pair(i.dst, numbers::add128((a, b), (u64::read(s, i.c), u64::read(s, i.d))));
                s.next::<Dabcd>()
            }
            I64Sub128 "i64.sub128" Dabcd |s, i| {
                let (a, b) = (u64::read(s, i.a), u64::read(s, i.b));
                s.put_pair(i.dst, numbers::sub128((a, b), (u64::read(s, i.c), u64::read(s, i.d))));
                s.next::<Dabcd>()
            }
            I64MulWideS "i64.mul_wide_s" Dab |s, i| {
                s.put_pair(i.dst, numbers::mul_wide_s(u64::read(s, i.a), u64::read(s, i.b)));
                s.next::<Dab>()
            }
            I64MulWideU "i64.mul_wide_u" Dab |s, i| {
                s.put_pair(i.dst, numbers::mul_wide_u(u64::read(s, i.a), u64::read(s, i.b)));
                s.next::<Dab>()
            }

            // Control.
            Br "br" Jump |s, i| { s.jump(i.to) }
            BrIf "br_if" JumpA |s, i| { if u32::read(s, i.a) != 0 { s.jump(i.to) } else { s.next::<JumpA>() } }
            BrIfA "br_if.a" Jump |s, i| { if u32::acc(s) != 0 { s.jump(i.to) } else { s.next::<Jump>() } }
            BrUnless "br_unless" JumpA |s, i| { if u32::read(s, i.a) == 0 { s.jump(i.to) } else { s.next::<JumpA>() } }
            BrUnlessA "br_unless.a" Jump |s, i| { if u32::acc(s) == 0 { s.jump(i.to) } else { s.next::<Jump>() } }
            // A local is stepped and tested: `br_if (local.tee $n (i32.add (local.get $n) (i32.const -1)))`.
            StepBrIf "i32.add.br_if" JumpAi |s, i| {
                let stepped = u32::read(s, i.a).wrapping_add(i.imm as u32);
                stepped.put(s, i.a);
                if stepped != 0 { s.jump(i.to) } else { s.next::<JumpAi>() }
            }
            BrTable "br_table" Table |s, i| {
                let entry = u32::read(s, i.a).min(i.count);
                let to = Target(*s.pc.add(1 + Table::WORDS + entry as usize) as i32);
                s.jump(to)
            }
            Unreachable "unreachable" Nothing |s, _i| { s.trap(TrapCode::Unreachable) }
            // A unit of fuel, at function entries and loop headers.
            Fuel "fuel" Nothing |s, _i| {
                let store = s.store();
                match (*store).fuel {
                    0 => s.trap(TrapCode::OutOfFuel),
                    fuel => { (*store).fuel = fuel - 1; s.next::<Nothing>() }
                }
            }

            // Passings of a loop, and of the entry.
            Count "count" Counted |s, i| { calls::count(s, i) }
            CountEntry "count.entry" Counted |s, i| {
                let entered = &(*s.code()).entered;
                entered.store(entered.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
                calls::count(s, i)
            }

            // Accumulators that nothing relies on, by bit, get garbage.
            Poison "poison" X |s, i| {
                if i.index & 1 != 0 {
                    s.acc = POISON;
                }
                if i.index & 2 != 0 {
                    s.acc32 = f32::from_bits(POISON as u32);
                }
                if i.index & 4 != 0 {
                    s.acc64 = f64::from_bits(POISON);
                }
                s.next::<X>()
            }

            // Calls and returns. `own`: a function that this module defines.
            CallOwn "call" Call calls |s, i| {
                let func = (*s.ctx).defined_funcs.add(i.index as usize);
                calls::call::<true>(s, func, i.base, 1 + Call::WORDS)
            }
            CallAny "call.import" Call calls |s, i| {
                let func = *(*s.ctx).funcs.add(i.index as usize);
                calls::call::<false>(s, func, i.base, 1 + Call::WORDS)
            }
            CallTable "call_indirect" CallIndirect calls |s, i| {
                match calls::callee(s, i.table, s.index(i.a, false), i.ty) {
                    Ok(func) => calls::call::<false>(s, func, i.base, 1 + CallIndirect::WORDS),
                    Err((code, detail)) => s.trap_at(code, detail),
                }
            }
            CallTable64 "call_indirect.64" CallIndirect calls |s, i| {
                match calls::callee(s, i.table, s.index(i.a, true), i.ty) {
                    Ok(func) => calls::call::<false>(s, func, i.base, 1 + CallIndirect::WORDS),
                    Err((code, detail)) => s.trap_at(code, detail),
                }
            }
            TailAny "return_call" Call calls |s, i| {
                let func = *(*s.ctx).funcs.add(i.index as usize);
                calls::tail_call(s, func, i.base, 1 + Call::WORDS)
            }
            TailTable "return_call_indirect" CallIndirect calls |s, i| {
                match calls::callee(s, i.table, s.index(i.a, false), i.ty) {
                    Ok(func) => calls::tail_call(s, func, i.base, 1 + CallIndirect::WORDS),
                    Err((code, detail)) => s.trap_at(code, detail),
                }
            }
            TailTable64 "return_call_indirect.64" CallIndirect calls |s, i| {
                match calls::callee(s, i.table, s.index(i.a, true), i.ty) {
                    Ok(func) => calls::tail_call(s, func, i.base, 1 + CallIndirect::WORDS),
                    Err((code, detail)) => s.trap_at(code, detail),
                }
            }
            CallSlot "call_ref" CallRef calls |s, i| {
                match *s.slot(i.a) as *const VMFunc {
                    func if func.is_null() => s.trap(TrapCode::NullFunctionReference),
                    func => calls::call::<false>(s, func, i.base, 1 + CallRef::WORDS),
                }
            }
            TailSlot "return_call_ref" CallRef calls |s, i| {
                match *s.slot(i.a) as *const VMFunc {
                    func if func.is_null() => s.trap(TrapCode::NullFunctionReference),
                    func => calls::tail_call(s, func, i.base, 1 + CallRef::WORDS),
                }
            }
            Ret "return" Blank returns |s, _i| { calls::leave(s) }
            RetS "return" Return returns |s, i| {
                s.acc = *s.slot(i.a);
                *s.slot(i.to) = s.acc;
                calls::leave(s)
            }
            RetA "return.a" Return returns |s, i| { *s.slot(i.to) = s.acc; calls::leave(s) }
            RetF32 "return.f32" Return returns |s, i| { f32::read(s, i.a).put(s, i.to); calls::leave(s) }
            RetF32A "return.f32.a" Return returns |s, i| { f32::acc(s).put(s, i.to); calls::leave(s) }
            RetF64 "return.f64" Return returns |s, i| { f64::read(s, i.a).put(s, i.to); calls::leave(s) }
            RetF64A "return.f64.a" Return returns |s, i| { f64::acc(s).put(s, i.to); calls::leave(s) }
            RetV "return.v128" Return returns |s, i| { U8x16::read(s, i.a).put(s, i.to); calls::leave(s) }
            RetMany "return.many" Return returns |s, i| { calls::leave_many(s, i.a, i.to, i.count) }
            // The diverted form of a call whose callee is not interpreted: see `calls::divert`.
            CallOut "call.out" Nothing calls |s, _i| { calls::call_diverted(s) }
            TailOut "return_call.out" Nothing calls |s, _i| { calls::tail_call_diverted(s) }
            Heated "heated" Nothing calls |s, _i| { calls::heated(s) }
            Exit "exit" Nothing |_s, _i| { Flow::Exit(Status::Ok) }

            // Exceptions.
            Throw "throw" Ax |s, i| { let r = calls::throw(s.pc, s.fp, u64::from(i.index), s.slot(i.a)); s.resume(r) }
            ThrowRef "throw_ref" A |s, i| {
                match u32::read(s, i.a) {
                    0 => s.trap(TrapCode::NullExceptionReference),
                    exnref => { let r = calls::throw_ref(s.pc, s.fp, u64::from(exnref)); s.resume(r) }
                }
            }

            // Stack switching.
            ContNew "cont.new" Dax |s, i| {
                let r = calls::libcall(s, Libcall::ContNew, [i.index.into(), *s.slot(i.a), 0, 0, 0]);
                finish!(s, r, Dax, |cont| (cont as u32).put(s, i.dst))
            }
            // `count` slots from `a` on, then the continuation.
            ContBind "cont.bind" Daxn |s, i| {
                let r = continuations::bind(s.pc, s.fp);
                finish!(s, r, Daxn, |cont| (cont as u32).put(s, i.dst))
            }
            Suspend "suspend" Suspension calls |s, i| {
                let _: Suspension = i;
                let r = continuations::suspend(s.pc, s.fp);
                s.resume(r)
            }
            Switch "switch" Suspension calls |s, i| {
                let _: Suspension = i;
                let r = continuations::switch(s.pc, s.fp);
                s.resume(r)
            }
            Resume "resume" Resumption calls |s, i| {
                let _: Resumption = i;
                let r = continuations::resume(s.pc, s.fp);
                s.resume(r)
            }
            ResumeThrow "resume_throw" Resumption calls |s, i| {
                let _: Resumption = i;
                let r = continuations::resume_throw(s.pc, s.fp);
                s.resume(r)
            }
            ResumeThrowRef "resume_throw_ref" Resumption calls |s, i| {
                let _: Resumption = i;
                let r = continuations::resume_throw_ref(s.pc, s.fp);
                s.resume(r)
            }

            // Follows an operation that made a NaN, under the profile of canonical NaNs: its result is in the
            // accumulator.
            F32Canonical "f32.canonical" D |s, i| { numbers::float32::canonical(f32::acc(s)).put(s, i.dst); s.next::<D>() }
            F64Canonical "f64.canonical" D |s, i| { numbers::float64::canonical(f64::acc(s)).put(s, i.dst); s.next::<D>() }
            F32x4Canonical "f32x4.canonical" Da |s, i| {
                map(F32x4::read(s, i.a), numbers::float32::canonical).put(s, i.dst);
                s.next::<Da>()
            }
            F64x2Canonical "f64x2.canonical" Da |s, i| {
                map(F64x2::read(s, i.a), numbers::float64::canonical).put(s, i.dst);
                s.next::<Da>()
            }

            // Variables and references.
            // The upper bits of a 32-bit global are undefined: compiled code may have written it.
            GlobalGet32 "global.get32" Dx |s, i| {
                let global = *(*s.ctx).globals.add(i.index as usize);
                ((*global).value[0] as u32).put(s, i.dst);
                s.next::<Dx>()
            }
            GlobalGet64 "global.get64" Dx |s, i| {
                let global = *(*s.ctx).globals.add(i.index as usize);
                (*global).value[0].put(s, i.dst);
                s.next::<Dx>()
            }
            GlobalGetV "global.get.v128" Dx |s, i| {
                let global = *(*s.ctx).globals.add(i.index as usize);
                (*global).value.put(s, i.dst);
                s.next::<Dx>()
            }
            GlobalSetV "global.set.v128" Ax |s, i| {
                let global = *(*s.ctx).globals.add(i.index as usize);
                (*global).value = U64x2::read(s, i.a);
                s.next::<Ax>()
            }
            GlobalSet "global.set" Ax |s, i| {
                let global = *(*s.ctx).globals.add(i.index as usize);
                (*global).value[0] = *s.slot(i.a);
                s.next::<Ax>()
            }
            RefFunc "ref.func" Dx |s, i| {
                (*(*s.ctx).funcs.add(i.index as usize) as u64).put(s, i.dst);
                s.next::<Dx>()
            }

            TrapIfNull "trap_if_null" A |s, i| {
                if *s.slot(i.a) == 0 { s.trap(TrapCode::NullReference) } else { s.next::<A>() }
            }
            TrapIfNullGc "trap_if_null.gc" A |s, i| {
                if u32::read(s, i.a) == 0 { s.trap(TrapCode::NullReference) } else { s.next::<A>() }
            }

            // Memories.
            MemorySize "memory.size" Dx |s, i| {
                let memory = &*s.memory(i.index);
                (memory.byte_len.load(Ordering::SeqCst) as u64 >> memory.page_shift).put(s, i.dst);
                s.next::<Dx>()
            }
            MemoryGrow "memory.grow" Dax |s, i| {
                let r = calls::libcall(s, Libcall::MemoryGrow, [i.index.into(), u32::read(s, i.a).into(), 0, 0, 0]);
                s.reload_memory();
                finish!(s, r, Dax, |old| (old as u32).put(s, i.dst))
            }
            MemoryGrow64 "memory.grow.64" Dax |s, i| {
                let r = calls::libcall(s, Libcall::MemoryGrow, [i.index.into(), u64::read(s, i.a), 0, 0, 0]);
                s.reload_memory();
                finish!(s, r, Dax, |old| old.put(s, i.dst))
            }
            MemoryFill "memory.fill" Abcx |s, i| {
                let (to, len) = (s.index(i.a, i.wide & 1 != 0), s.index(i.c, i.wide & 4 != 0));
                let args = [i.index.into(), to, u32::read(s, i.b).into(), len, 0];
                finish!(s, calls::libcall(s, Libcall::MemoryFill, args), Abcx)
            }
            MemoryCopy "memory.copy" Abcx |s, i| {
                finish!(s, calls::bulk(s, Libcall::MemoryCopy, &i), Abcx)
            }
            MemoryInit "memory.init" Abcx |s, i| {
                finish!(s, calls::bulk(s, Libcall::MemoryInit, &i), Abcx)
            }
            TraceStore "trace_store" Trace |s, i| {
                let args = [i.kind, s.index(i.a, i.wide != 0), i.offset, *s.slot(i.b), 0];
                finish!(s, calls::libcall(s, Libcall::TraceStore, args), Trace)
            }
            TraceStoreV "trace_store.v128" Trace |s, i| {
                let [low, high] = U64x2::read(s, i.b);
                let args = [i.kind, s.index(i.a, i.wide != 0), i.offset, low, high];
                finish!(s, calls::libcall(s, Libcall::TraceStore, args), Trace)
            }
            TraceStoreLane "trace_store.lane" TraceLane |s, i| {
                let [low, high] = U64x2::read(s, i.b);
                let lane = (u128::from(high) << 64 | u128::from(low)) >> i.from & ((1 << i.bits) - 1);
                let args = [i.kind, s.index(i.a, i.wide != 0), i.offset, lane as u64, 0];
                finish!(s, calls::libcall(s, Libcall::TraceStore, args), TraceLane)
            }

            // Atomics. Alignment is checked before bounds.
            AtomicLoad "atomic.load" Atomic |s, i| {
                let kind = AtomicKind::decode(i.kind);
                match s.atomic_address(&i, kind) {
                    Ok(at) => { s.put_integer(atomics::load(at, kind.log2), i.dst, kind.long); s.next::<Atomic>() }
                    Err(code) => s.trap(code),
                }
            }
            AtomicStore "atomic.store" Atomic |s, i| {
                let kind = AtomicKind::decode(i.kind);
                match s.atomic_address(&i, kind) {
                    Ok(at) => { atomics::store(at, kind.log2, *s.slot(i.b)); s.next::<Atomic>() }
                    Err(code) => s.trap(code),
                }
            }
            AtomicRmw "atomic.rmw" Atomic |s, i| {
                let kind = AtomicKind::decode(i.kind);
                match s.atomic_address(&i, kind) {
                    Ok(at) => {
                        s.put_integer(atomics::rmw(at, kind, *s.slot(i.b)), i.dst, kind.long);
                        s.next::<Atomic>()
                    }
                    Err(code) => s.trap(code),
                }
            }
            AtomicCmpxchg "atomic.cmpxchg" Atomic |s, i| {
                let kind = AtomicKind::decode(i.kind);
                match s.atomic_address(&i, kind) {
                    Ok(at) => {
                        let old = atomics::compare_exchange(at, kind.log2, s.index(i.b, kind.long), *s.slot(i.c));
                        s.put_integer(old, i.dst, kind.long);
                        s.next::<Atomic>()
                    }
                    Err(code) => s.trap(code),
                }
            }
            AtomicFence "atomic.fence" Nothing |s, i| {
                let _: Nothing = i;
                fence(Ordering::SeqCst);
                s.next::<Nothing>()
            }
            AtomicWait "memory.atomic.wait" Atomic |s, i| {
                let long = AtomicKind::decode(i.kind).long;
                let call = if long { Libcall::AtomicWait64 } else { Libcall::AtomicWait32 };
                let (address, expected) = (s.index(i.a, i.wide != 0), s.index(i.b, long));
                let args = [i.memory.into(), address, i.offset, expected, u64::read(s, i.c)];
                finish!(s, calls::libcall(s, call, args), Atomic, |woken| (woken as u32).put(s, i.dst))
            }
            AtomicNotify "memory.atomic.notify" Atomic |s, i| {
                let args = [i.memory.into(), s.index(i.a, i.wide != 0), i.offset, u32::read(s, i.b).into(), 0];
                finish!(s, calls::libcall(s, Libcall::AtomicNotify, args), Atomic, |woken| (woken as u32).put(s, i.dst))
            }
            DataDrop "data.drop" X |s, i| {
                finish!(s, calls::libcall(s, Libcall::DataDrop, [i.index.into(), 0, 0, 0, 0]), X)
            }

            // Tables.
            TableGet "table.get" Dax |s, i| {
                match s.element(i.index, s.index(i.a, false)) {
                    Some(element) => { (*element).put(s, i.dst); s.next::<Dax>() }
                    None => s.trap(TrapCode::TableOutOfBounds),
                }
            }
            TableGet64 "table.get.64" Dax |s, i| {
                match s.element(i.index, s.index(i.a, true)) {
                    Some(element) => { (*element).put(s, i.dst); s.next::<Dax>() }
                    None => s.trap(TrapCode::TableOutOfBounds),
                }
            }
            TableSet "table.set" Abx |s, i| {
                match s.element(i.index, s.index(i.a, false)) {
                    Some(element) => { *element = *s.slot(i.b); s.next::<Abx>() }
                    None => s.trap(TrapCode::TableOutOfBounds),
                }
            }
            TableSetGc "table.set.gc" Abx |s, i| {
                match s.element(i.index, s.index(i.a, false)) {
                    Some(element) => { *element = u64::from(u32::read(s, i.b)); s.next::<Abx>() }
                    None => s.trap(TrapCode::TableOutOfBounds),
                }
            }
            TableSet64 "table.set.64" Abx |s, i| {
                match s.element(i.index, s.index(i.a, true)) {
                    Some(element) => { *element = *s.slot(i.b); s.next::<Abx>() }
                    None => s.trap(TrapCode::TableOutOfBounds),
                }
            }
            TableSetGc64 "table.set.gc.64" Abx |s, i| {
                match s.element(i.index, s.index(i.a, true)) {
                    Some(element) => { *element = u64::from(u32::read(s, i.b)); s.next::<Abx>() }
                    None => s.trap(TrapCode::TableOutOfBounds),
                }
            }
            TableSize "table.size" Dx |s, i| {
                ((**(*s.ctx).tables.add(i.index as usize)).len as u64).put(s, i.dst);
                s.next::<Dx>()
            }
            TableGrow "table.grow" Dabx |s, i| {
                let args = [i.index.into(), calls::element(s, i.a, i.gc), s.index(i.b, i.wide != 0), 0, 0];
                let mask = if i.wide != 0 { u64::MAX } else { u32::MAX.into() };
                finish!(s, calls::libcall(s, Libcall::TableGrow, args), Dabx, |old| (old & mask).put(s, i.dst))
            }
            TableFill "table.fill" Abcx |s, i| {
                let (to, len) = (s.index(i.a, i.wide & 1 != 0), s.index(i.c, i.wide & 4 != 0));
                let args = [i.index.into(), to, calls::element(s, i.b, i.index2), len, 0];
                finish!(s, calls::libcall(s, Libcall::TableFill, args), Abcx)
            }
            TableCopy "table.copy" Abcx |s, i| {
                finish!(s, calls::bulk(s, Libcall::TableCopy, &i), Abcx)
            }
            TableInit "table.init" Abcx |s, i| {
                finish!(s, calls::bulk(s, Libcall::TableInit, &i), Abcx)
            }
            ElemDrop "elem.drop" X |s, i| {
                finish!(s, calls::libcall(s, Libcall::ElemDrop, [i.index.into(), 0, 0, 0, 0]), X)
            }
        }
    ] } };
}
pub(in crate::interp) use instruction_rows;
