//! Rows for structures, arrays and i31. Operands are only in slots: the cost of a null check and a load does not depend
//! on accumulators.

macro_rules! object_rows {
    ($next:ident $($then:ident)* [$($before:tt)*]) => { $next! { $($then)* [ $($before)*
        instructions {
            // Fields, by how they are read; the index is their offset.
            StructGet8S "struct.get.8_s" Dax |s, i| { objects::get(s, i, |v: u8| v as i8 as u32) }
            StructGet8U "struct.get.8_u" Dax |s, i| { objects::get(s, i, |v: u8| u32::from(v)) }
            StructGet16S "struct.get.16_s" Dax |s, i| { objects::get(s, i, |v: u16| v as i16 as u32) }
            StructGet16U "struct.get.16_u" Dax |s, i| { objects::get(s, i, |v: u16| u32::from(v)) }
            StructGet32 "struct.get.32" Dax |s, i| { objects::get(s, i, |v: u32| v) }
            StructGet64 "struct.get.64" Dax |s, i| { objects::get(s, i, |v: u64| v) }
            StructGetV "struct.get.v128" Dax |s, i| { objects::get(s, i, |v: U64x2| v) }
            StructSet8 "struct.set.8" Abx |s, i| { objects::set(s, i, |v: u32| v as u8) }
            StructSet16 "struct.set.16" Abx |s, i| { objects::set(s, i, |v: u32| v as u16) }
            StructSet32 "struct.set.32" Abx |s, i| { objects::set(s, i, |v: u32| v) }
            StructSet64 "struct.set.64" Abx |s, i| { objects::set(s, i, |v: u64| v) }
            StructSetV "struct.set.v128" Abx |s, i| { objects::set(s, i, |v: U64x2| v) }
            StructNewDefault "struct.new_default" Dx |s, i| {
                let r = calls::libcall(s, Libcall::StructNew, [i.index.into(), 0, 0, 0, 0]);
                finish!(s, r, Dx, |object| (object as u32).put(s, i.dst))
            }
            // The values are in consecutive slots.
            StructNew "struct.new" Dax |s, i| {
                let r = objects::struct_new(s.pc, s.fp, i.index, s.slot(i.a));
                finish!(s, r, Dax, |object| (object as u32).put(s, i.dst))
            }

            ArrayGet8S "array.get.8_s" Dab |s, i| { objects::element(s, i, |v: u8| v as i8 as u32) }
            ArrayGet8U "array.get.8_u" Dab |s, i| { objects::element(s, i, |v: u8| u32::from(v)) }
            ArrayGet16S "array.get.16_s" Dab |s, i| { objects::element(s, i, |v: u16| v as i16 as u32) }
            ArrayGet16U "array.get.16_u" Dab |s, i| { objects::element(s, i, |v: u16| u32::from(v)) }
            ArrayGet32 "array.get.32" Dab |s, i| { objects::element(s, i, |v: u32| v) }
            ArrayGet64 "array.get.64" Dab |s, i| { objects::element(s, i, |v: u64| v) }
            ArrayGetV "array.get.v128" Dab |s, i| { objects::element(s, i, |v: U64x2| v) }
            ArraySet8 "array.set.8" Abc |s, i| { objects::set_element(s, i, |v: u32| v as u8) }
            ArraySet16 "array.set.16" Abc |s, i| { objects::set_element(s, i, |v: u32| v as u16) }
            ArraySet32 "array.set.32" Abc |s, i| { objects::set_element(s, i, |v: u32| v) }
            ArraySet64 "array.set.64" Abc |s, i| { objects::set_element(s, i, |v: u64| v) }
            ArraySetV "array.set.v128" Abc |s, i| { objects::set_element(s, i, |v: U64x2| v) }
            ArrayLen "array.len" Da |s, i| {
                match objects::at(s, i.a) {
                    Some(array) => { objects::len(array).put(s, i.dst); s.next::<Da>() }
                    None => s.trap(TrapCode::NullArrayReference),
                }
            }
            ArrayNewDefault "array.new_default" Dax |s, i| {
                let r = calls::libcall(s, Libcall::ArrayNew, [i.index.into(), u32::read(s, i.a).into(), 0, 0, 0]);
                finish!(s, r, Dax, |array| (array as u32).put(s, i.dst))
            }
            // Value `a`, of two slots if `wide` is 1, and length `b`.
            ArrayNew "array.new" Dabx |s, i| {
                let r = objects::array_new(s.pc, s.fp, i.index, u32::read(s, i.b), s.slot(i.a), i.wide != 0);
                finish!(s, r, Dabx, |array| (array as u32).put(s, i.dst))
            }
            // `count` values in consecutive slots.
            ArrayNewFixed "array.new_fixed" Daxn |s, i| {
                let r = objects::array_new_fixed(s.pc, s.fp, i.index, i.count, s.slot(i.a));
                finish!(s, r, Daxn, |array| (array as u32).put(s, i.dst))
            }
            ArrayNewData "array.new_data" Dabxx |s, i| {
                let (at, len) = (u32::read(s, i.a).into(), u32::read(s, i.b).into());
                let r = calls::libcall(s, Libcall::ArrayNewData, [i.index.into(), i.index2.into(), at, len, 0]);
                finish!(s, r, Dabxx, |array| (array as u32).put(s, i.dst))
            }
            ArrayNewElem "array.new_elem" Dabxx |s, i| {
                let (at, len) = (u32::read(s, i.a).into(), u32::read(s, i.b).into());
                let r = calls::libcall(s, Libcall::ArrayNewElem, [i.index.into(), i.index2.into(), at, len, 0]);
                finish!(s, r, Dabxx, |array| (array as u32).put(s, i.dst))
            }
            // Array `a`, from `b` on, value `c` (of two slots if the index is 1), length `d`.
            ArrayFill "array.fill" Abcdx |s, i| {
                let [array, at, len] = calls::numbers(s, [i.a, i.b, i.d]);
                let (low, high) = (*s.slot(i.c), if i.index != 0 { *s.slot(Slot(i.c.0 + 1)) } else { 0 });
                finish!(s, calls::libcall(s, Libcall::ArrayFill, [array, at, len, low, high]), Abcdx)
            }
            // Array and index of both sides, and length.
            ArrayCopy "array.copy" Abcde |s, i| {
                let args = calls::numbers(s, [i.a, i.b, i.c, i.d, i.e]);
                finish!(s, calls::libcall(s, Libcall::ArrayCopy, args), Abcde)
            }
            // Array `a`, from `b` on, of a segment from `c` on, length `d`.
            ArrayInitData "array.init_data" Abcdx |s, i| {
                let [array, to, from, len] = calls::numbers(s, [i.a, i.b, i.c, i.d]);
                finish!(s, calls::libcall(s, Libcall::ArrayInitData, [i.index.into(), array, to, from, len]), Abcdx)
            }
            ArrayInitElem "array.init_elem" Abcdx |s, i| {
                let [array, to, from, len] = calls::numbers(s, [i.a, i.b, i.c, i.d]);
                finish!(s, calls::libcall(s, Libcall::ArrayInitElem, [i.index.into(), array, to, from, len]), Abcdx)
            }

            RefI31 "ref.i31" Da |s, i| { (u32::read(s, i.a) << 1 | 1).put(s, i.dst); s.next::<Da>() }
            I31GetS "i31.get_s" Da |s, i| {
                match u32::read(s, i.a) {
                    0 => s.trap(TrapCode::NullI31Reference),
                    v => { ((v as i32 >> 1) as u32).put(s, i.dst); s.next::<Da>() }
                }
            }
            I31GetU "i31.get_u" Da |s, i| {
                match u32::read(s, i.a) {
                    0 => s.trap(TrapCode::NullI31Reference),
                    v => { (v >> 1).put(s, i.dst); s.next::<Da>() }
                }
            }

            // As `StructNew`; the descriptor is in `b`. If `wide` is 1 there are no values: fields are zero.
            StructNewDesc "struct.new_desc" Dabx |s, i| {
                if u32::read(s, i.b) == 0 {
                    return s.trap(TrapCode::NullDescriptorReference);
                }
                let r = objects::struct_new_desc(s.pc, s.fp, i.index, s.slot(i.a), s.slot(i.b), i.wide != 0);
                finish!(s, r, Dabx, |object| (object as u32).put(s, i.dst))
            }
            RefGetDesc "ref.get_desc" Da |s, i| {
                match objects::at(s, i.a) {
                    Some(object) => { objects::descriptor(object).put(s, i.dst); s.next::<Da>() }
                    None => s.trap(TrapCode::NullReference),
                }
            }
            // Reference `a`, descriptor `b`; the index is as for `ref.test`.
            RefTestDesc "ref.test_desc" Dabxx |s, i| {
                match objects::is_described(s, i.a, i.b, i.index) {
                    Some(yes) => { u32::from(yes).put(s, i.dst); s.next::<Dabxx>() }
                    None => s.trap(TrapCode::NullDescriptorReference),
                }
            }
            RefCastDesc "ref.cast_desc_eq" Abx |s, i| {
                match objects::is_described(s, i.a, i.b, i.index) {
                    Some(true) => s.next::<Abx>(),
                    Some(false) => s.trap(TrapCode::DescriptorCastFailure),
                    None => s.trap(TrapCode::NullDescriptorReference),
                }
            }

            // The index is encoded as in `objects::wanted`.
            RefTest "ref.test" Dax |s, i| { u32::from(objects::is(s, i.a, i.index)).put(s, i.dst); s.next::<Dax>() }
            RefCast "ref.cast" Ax |s, i| {
                if objects::is(s, i.a, i.index) { s.next::<Ax>() } else { s.trap(TrapCode::CastFailure) }
            }
        }
    ] } };
}
pub(in crate::interp) use object_rows;
