use super::*;

/// The last byte of a number has excess bits, which must be zeros or copies of the sign. The result is compared with the
/// number formed by all its bits, for each last byte and each length.
#[test]
fn integers_have_their_bits_and_no_others() {
    for bits in [1, 7, 8, 32, 33, 64] {
        let most = u32::div_ceil(bits, 7) as usize;
        for (length, first) in (1..=most + 1).flat_map(|length| [0x80u8, 0xff, 0xd5].map(|first| (length, first))) {
            for last in 0..0x80u8 {
                let mut bytes = vec![first; length - 1];
                bytes.push(last);
                let all = bytes.iter().rev().fold(0i128, |all, byte| all << 7 | i128::from(byte & 0x7f));
                let signed = all - (i128::from(last >> 6) << (7 * length));
                let read = || Reader::new(&bytes, 0, WasmFeatures::all());
                let case = format!("{bits} bits: {bytes:x?}");
                // A byte too many is noticed before its value is examined.
                let fault = if length > most { Fault::IntegerTooLong } else { Fault::IntegerTooLarge };
                let fits = length <= most;
                let expected = if fits && all < 1 << bits { Ok(all as u64) } else { Err(&fault) };
                // Also if the last significant byte has excess bits, which are noticed first.
                let before = |found: &Fault| length > most && *found == Fault::IntegerTooLarge;
                let unsigned = read().unsigned(bits);
                assert!(
                    unsigned.as_ref().is_err_and(before) || unsigned.as_ref().copied() == expected,
                    "{case}: {unsigned:?}"
                );
                if bits > 1 {
                    let range = -(1i128 << (bits - 1))..1 << (bits - 1);
                    let expected = if fits && range.contains(&signed) { Ok(signed as i64) } else { Err(&fault) };
                    let found = read().signed(bits);
                    assert!(
                        found.as_ref().is_err_and(before) || found.as_ref().copied() == expected,
                        "{case}: {found:?}"
                    );
                }
            }
        }
    }
    assert_eq!(Reader::new(&[0x80], 0, WasmFeatures::all()).unsigned(32), Err(Fault::End));
    assert_eq!(Reader::new(&[0xff], 0, WasmFeatures::all()).signed(33), Err(Fault::End));
}

/// The index of a heap type has 33 bits including its sign, in at most five bytes; anything longer is not a heap type.
#[test]
fn an_index_of_a_heap_type_has_its_bytes_and_no_others() {
    for prefix in [&[][..], &[0x62]] {
        for (number, length) in [(&[0x00][..], 1), (&[0xff, 0x00], 2), (&[0x80, 0x80, 0x80, 0x80, 0x00], 5)] {
            let bytes = [prefix, number].concat();
            let mut reader = Reader::new(&bytes, 0, WasmFeatures::all());
            assert_eq!((reader.heap_type(), reader.at), (Ok(()), prefix.len() + length), "{bytes:x?}");
        }
        for number in [&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00][..], &[0x80, 0x80, 0x80, 0x80, 0x10]] {
            let bytes = [prefix, number].concat();
            assert!(Reader::new(&bytes, 0, WasmFeatures::all()).heap_type().is_err(), "{bytes:x?}");
        }
    }
}

/// Before blocks could have several results, each had one result or none.
#[test]
fn older_blocks_have_one_result_at_most() {
    for operator in [0x02, 0x03, 0x04] {
        for (ty, is_older) in [(0x40, true), (0x7f, true), (0x7c, true), (0x7b, false), (0x70, false), (0, false)] {
            let bytes = [operator, ty, 0x0b, 0x0b];
            let read = |features| Reader::new(&bytes, 0, features).expression();
            assert_eq!(read(WasmFeatures::all()), Ok(()), "{bytes:x?}");
            let expected = if is_older { Ok(()) } else { Err(Fault::ValueType) };
            assert_eq!(read(WasmFeatures::WASM1), expected, "{bytes:x?}");
        }
        assert_eq!(Reader::new(&[operator], 0, WasmFeatures::WASM1).expression(), Err(Fault::End));
    }
}

/// What a module's sections state about each other.
#[test]
fn counts_of_sections_fit_and_only_bodies_need_that_of_data() {
    /// Returns a section whose length is one byte.
    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id, content.len() as u8], content].concat()
    }
    // A function with this body, a memory, and a global that begins like this.
    let module = |body: &[u8], global: &[u8], count: Option<u8>, rest: &[u8]| {
        let body = [&[body.len() as u8 + 2, 0], body, &[0x0b]].concat();
        let bytes = [
            b"\0asm\x01\0\0\0".to_vec(),
            section(1, &[1, 0x60, 0, 0]),
            section(3, &[1, 0]),
            section(5, &[1, 0, 1]),
            section(6, &[&[1, 0x7f, 0], global, &[0x0b]].concat()),
            count.map_or(Vec::new(), |count| section(12, &[count])),
            section(10, &[&[1], &body[..]].concat()),
            rest.to_vec(),
        ];
        Reader::new(&bytes.concat(), 0, WasmFeatures::all()).module()
    };
    let (zero, drop) = ([0x41, 0], [0xfc, 9, 0]);
    let init = [&zero[..], &zero, &zero, &[0xfc, 8, 0, 0]].concat();
    let data = section(11, &[1, 1, 0]);
    for body in [&init[..], &drop] {
        assert_eq!(module(body, &zero, Some(1), &data), Ok(()));
        assert_eq!(module(body, &zero, None, &data), Err(Fault::NoDataCount));
        assert_eq!(module(body, &zero, None, &[]), Err(Fault::NoDataCount));
        assert_eq!(module(body, &zero, Some(2), &data), Err(Fault::DataCount));
    }
    // A constant expression must not contain it, and does not need the count.
    assert_eq!(module(&[], &drop, None, &data), Ok(()));
    assert_eq!(module(&[], &zero, None, &data), Ok(()));
    assert_eq!(module(&[], &zero, Some(0), &data), Err(Fault::DataCount));
    assert_eq!(module(&[], &zero, None, &section(10, &[1, 2, 0, 0x0b])), Err(Fault::Trailing));
}

type Part<'a> = fn(&mut Reader<'a>) -> Result<()>;

/// Returns what a part of a module is found to be, and where it ends.
fn read<'a>(part: Part<'a>, bytes: &'a [u8], features: WasmFeatures) -> (Result<()>, usize) {
    let mut reader = Reader::new(bytes, 0, features);
    (part(&mut reader), reader.at)
}

/// The bytes of types in each language; all others are faults.
#[test]
fn types_are_those_of_their_language() {
    const NUMBERS: [u8; 4] = [0x7c, 0x7d, 0x7e, 0x7f];
    const GC: [u8; 8] = [0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x71, 0x72, 0x73];
    const REFERENCES: [u8; 2] = [0x6f, 0x70];
    let vectors = [NUMBERS.as_slice(), &[0x7b]].concat();
    let (one, two) = (WasmFeatures::WASM1, WasmFeatures::WASM2);
    // One-byte references, other one-byte values, and whether there are two-byte references.
    type Types<'a> = (WasmFeatures, &'a [&'a [u8]], &'a [u8], bool);
    let languages: &[Types<'_>] = &[
        (one, &[&[0x70]], &NUMBERS, false),
        (one | WasmFeatures::SIMD, &[&[0x70]], &vectors, false),
        (two, &[&REFERENCES], &vectors, false),
        (two | WasmFeatures::FUNCTION_REFERENCES, &[&REFERENCES], &vectors, true),
        (two | WasmFeatures::GC, &[&REFERENCES, &GC], &vectors, false),
        (two | WasmFeatures::EXCEPTIONS, &[&REFERENCES, &[0x69, 0x74]], &vectors, false),
        (two | WasmFeatures::STACK_SWITCHING, &[&REFERENCES, &[0x68, 0x75]], &vectors, false),
        (WasmFeatures::WASM3, &[&REFERENCES, &GC, &[0x69, 0x74]], &vectors, true),
    ];
    for &(features, references, values, are_spelt) in languages {
        let references = references.concat();
        for byte in 0..=u8::MAX {
            let bytes = [byte, 0x70];
            let too_long = byte >= 0x80;
            let is_spelt = are_spelt && matches!(byte, 0x63 | 0x64);
            let is_reference = references.contains(&byte);
            let expected = |is_one: bool, fault: Fault| match () {
                () if too_long => (Err(Fault::IntegerTooLong), 1),
                () if is_spelt => (Ok(()), 2),
                () if is_one => (Ok(()), 1),
                () => (Err(fault), 1),
            };
            // In the first version, functions are not values.
            let is_value = values.contains(&byte) || is_reference && features.reference_types();
            let case = format!("{byte:#x}, {features:?}");
            assert_eq!(read(Reader::value_type, &bytes, features), expected(is_value, Fault::ValueType), "{case}");
            let found = read(Reader::reference_type, &bytes, features);
            assert_eq!(found, expected(is_reference, Fault::ReferenceType), "{case}");
            // An index is a heap type.
            let expected = match byte {
                0x80.. => (Err(Fault::IntegerTooLong), 1),
                _ if byte < 0x40 || is_reference => (Ok(()), 1),
                _ => (Err(Fault::HeapType), 1),
            };
            assert_eq!(read(Reader::heap_type, &bytes, features), expected, "{case}");
        }
    }
    let all = WasmFeatures::all();
    let most = [0x62, 0x80, 0x80, 0x80, 0x80, 0x08];
    assert_eq!(read(Reader::heap_type, &most, all), (Ok(()), 6));
    assert_eq!(read(Reader::heap_type, &most[1..], all), (Ok(()), 5));
    assert_eq!(read(Reader::heap_type, &[0x62, 0x70], all), (Err(Fault::HeapType), 2));
    assert_eq!(read(Reader::heap_type, &most, all - WasmFeatures::CUSTOM_DESCRIPTORS), (Err(Fault::HeapType), 1));
}

/// Each part of a module ends where its contents do or is a fault, in languages that have it and in others.
#[test]
fn parts_end_with_their_contents() {
    let all = WasmFeatures::all();
    let (one, two) = (WasmFeatures::WASM1, WasmFeatures::WASM2);
    let no_gc = all - WasmFeatures::GC;
    let no_descriptors = all - WasmFeatures::CUSTOM_DESCRIPTORS;
    type Case<'a> = (Part<'a>, WasmFeatures, &'a [u8], Result<()>, usize);
    let cases: &[Case<'_>] = &[
        // Types.
        (Reader::rec_type, all, &[0x4e, 2, 0x60, 0, 0, 0x5f, 0], Ok(()), 7),
        (Reader::rec_type, all, &[0x4e, 0], Ok(()), 2),
        (Reader::rec_type, all, &[0x60, 1, 0x7f, 1, 0x7e], Ok(()), 5),
        (Reader::rec_type, no_gc, &[0x4e, 1, 0x60, 0, 0], Err(Fault::DefinitionType), 1),
        (Reader::sub_type, all, &[0x50, 2, 3, 4, 0x60, 0, 0], Ok(()), 7),
        (Reader::sub_type, all, &[0x4f, 0, 0x5f, 1, 0x7f, 1], Ok(()), 6),
        (Reader::sub_type, no_gc, &[0x4f, 0, 0x60, 0, 0], Err(Fault::DefinitionType), 1),
        (Reader::sub_type, no_gc, &[0x50, 0, 0x60, 0, 0], Err(Fault::DefinitionType), 1),
        (Reader::sub_type, all, &[0x4c, 9, 0x4d, 8, 0x5f, 0], Ok(()), 6),
        (Reader::sub_type, all, &[0x4c, 9, 0x5f, 0], Ok(()), 4),
        (Reader::sub_type, all, &[0x4d, 9, 0x5f, 0], Ok(()), 4),
        (Reader::sub_type, all, &[0x4d, 9, 0x4c, 8, 0x5f, 0], Err(Fault::DefinitionType), 3),
        (Reader::sub_type, no_descriptors, &[0x4c, 9, 0x5f, 0], Err(Fault::DefinitionType), 1),
        (Reader::sub_type, all, &[0x5e, 0x78, 1], Ok(()), 3),
        (Reader::sub_type, no_gc, &[0x5e, 0x78, 1], Err(Fault::DefinitionType), 1),
        (Reader::sub_type, no_gc, &[0x5f, 0], Err(Fault::DefinitionType), 1),
        (Reader::sub_type, all, &[0x5d, 0], Ok(()), 2),
        (Reader::sub_type, all - WasmFeatures::STACK_SWITCHING, &[0x5d, 0], Err(Fault::DefinitionType), 1),
        (Reader::sub_type, all, &[0xe0, 0x7f, 0, 0], Err(Fault::IntegerTooLong), 1),
        (Reader::sub_type, all, &[0x61], Err(Fault::DefinitionType), 1),
        (Reader::sub_type, all, &[0x60, 1], Err(Fault::End), 2),
        (Reader::sub_type, all, &[0x60, 2], Err(Fault::Length), 2),
        (Reader::field, all, &[0x77, 0], Ok(()), 2),
        (Reader::field, all, &[0x78, 1], Ok(()), 2),
        (Reader::field, all, &[0x63, 0x70, 1], Ok(()), 3),
        (Reader::field, all, &[0x78, 2], Err(Fault::Mutability), 2),
        (Reader::field, all, &[0x76, 0], Err(Fault::StorageType), 1),
        (Reader::field, all, &[0x63, 0x76, 0], Err(Fault::StorageType), 2),
        (Reader::field, all, &[0xff, 0x7f], Err(Fault::IntegerTooLong), 1),
        (Reader::field, all, &[], Err(Fault::End), 0),
        (Reader::global_type, all, &[0x7f, 1], Ok(()), 2),
        (Reader::global_type, all, &[0x7e, 3], Ok(()), 2),
        (Reader::global_type, all, &[0x7f, 4], Err(Fault::Mutability), 2),
        (Reader::global_type, all, &[0x40, 0], Err(Fault::ValueType), 1),
        (Reader::global_type, all - WasmFeatures::SHARED_EVERYTHING_THREADS, &[0x7f, 2], Err(Fault::Mutability), 2),
        // Limits.
        (Reader::memory_type, all, &[0, 5], Ok(()), 2),
        (Reader::memory_type, all, &[1, 5, 6], Ok(()), 3),
        (Reader::memory_type, all, &[0x0f, 5, 6, 16], Ok(()), 4),
        (Reader::memory_type, all, &[0x10, 5], Err(Fault::LimitsFlags), 1),
        (Reader::memory_type, all, &[8, 5, 63], Ok(()), 3),
        (Reader::memory_type, all, &[8, 5, 64], Err(Fault::PageSize), 3),
        (Reader::memory_type, two, &[1, 5, 6], Ok(()), 3),
        (Reader::memory_type, two, &[0, 5, 6], Ok(()), 2),
        (Reader::memory_type, two, &[2, 5], Err(Fault::IntegerTooLarge), 1),
        (Reader::memory_type, two, &[0x80, 0], Err(Fault::IntegerTooLong), 1),
        (Reader::memory_type, two | WasmFeatures::MEMORY64, &[5, 5, 6], Ok(()), 3),
        (Reader::memory_type, two | WasmFeatures::MEMORY64, &[2, 5], Err(Fault::LimitsFlags), 1),
        (Reader::memory_type, two | WasmFeatures::MEMORY64, &[8, 5, 1], Err(Fault::LimitsFlags), 1),
        (Reader::memory_type, two | WasmFeatures::THREADS, &[3, 5, 6], Ok(()), 3),
        (Reader::memory_type, two | WasmFeatures::THREADS, &[4, 5], Err(Fault::LimitsFlags), 1),
        (Reader::memory_type, two | WasmFeatures::THREADS, &[8, 5, 1], Err(Fault::LimitsFlags), 1),
        (Reader::memory_type, two | WasmFeatures::CUSTOM_PAGE_SIZES, &[9, 5, 6, 1], Ok(()), 4),
        (Reader::memory_type, two | WasmFeatures::CUSTOM_PAGE_SIZES, &[2, 5], Err(Fault::LimitsFlags), 1),
        (Reader::memory_type, two | WasmFeatures::CUSTOM_PAGE_SIZES, &[4, 5], Err(Fault::LimitsFlags), 1),
        (Reader::memory_type, two, &[0, 0xff, 0xff, 0xff, 0xff, 0x0f], Ok(()), 6),
        (Reader::memory_type, two, &[0, 0x80, 0x80, 0x80, 0x80, 0x10], Err(Fault::IntegerTooLarge), 6),
        (Reader::memory_type, all, &[0, 0x80, 0x80, 0x80, 0x80, 0x10], Ok(()), 6),
        (Reader::memory_type, all, &[0, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1], Ok(()), 11),
        (
            Reader::memory_type,
            all,
            &[0, 128, 128, 128, 128, 128, 128, 128, 128, 128, 2],
            Err(Fault::IntegerTooLarge),
            11,
        ),
        (Reader::table_type, all, &[0x70, 5, 1, 2], Ok(()), 4),
        (Reader::table_type, all, &[0x70, 2, 1], Err(Fault::LimitsFlags), 2),
        (Reader::table_type, all, &[0x70, 8, 1, 1], Err(Fault::LimitsFlags), 2),
        (Reader::table_type, all - WasmFeatures::MEMORY64, &[0x70, 4, 1], Err(Fault::LimitsFlags), 2),
        (Reader::table_type, all, &[0x7f, 0, 1], Err(Fault::ReferenceType), 1),
        (Reader::table, all, &[0x6f, 0, 1], Ok(()), 3),
        (Reader::table, all, &[0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b], Ok(()), 8),
        (Reader::table, all, &[0x40, 1, 0x70, 0, 1, 0xd0, 0x70, 0x0b], Err(Fault::ZeroByte), 2),
        (Reader::table, all, &[0x40, 0, 0x7f, 0, 1, 0xd0, 0x70, 0x0b], Err(Fault::ReferenceType), 3),
        (Reader::table, two, &[0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b], Err(Fault::ReferenceType), 1),
        (Reader::tag, all, &[0, 5], Ok(()), 2),
        (Reader::tag, all, &[1, 5], Err(Fault::ZeroByte), 1),
        // Imports and exports.
        (Reader::import, all, &[1, 0x61, 2, 0xc3, 0xa9, 0, 7], Ok(()), 7),
        (Reader::import, all, &[1, 0xff, 0, 0, 7], Err(Fault::Utf8), 2),
        (Reader::import, all, &[1, 0x61, 0, 0x7f, 2, 1, 0x62, 0, 7, 1, 0x63, 2, 0, 1], Ok(()), 14),
        (Reader::import, all, &[1, 0x61, 0, 0x7e, 0, 7, 2, 1, 0x62, 1, 0x63], Ok(()), 11),
        (Reader::import, all, &[1, 0x61, 0x80, 0, 0x7f, 0], Ok(()), 6),
        (Reader::import, all, &[1, 0x61, 1, 0x62, 0x7f, 0], Err(Fault::ImportKind), 5),
        (Reader::import, all, &[1, 0x61, 1, 0x62, 0x7e, 0, 7, 0], Err(Fault::ImportKind), 5),
        (Reader::import, two, &[1, 0x61, 0, 0x7f, 0], Err(Fault::ImportKind), 4),
        (Reader::import, two, &[1, 0x61, 0, 0x7e, 0, 7, 0], Err(Fault::ImportKind), 4),
        (Reader::import_type, all, &[0, 7], Ok(()), 2),
        (Reader::import_type, all, &[1, 0x70, 0, 1], Ok(()), 4),
        (Reader::import_type, all, &[2, 0, 1], Ok(()), 3),
        (Reader::import_type, all, &[3, 0x7f, 1], Ok(()), 3),
        (Reader::import_type, two | WasmFeatures::EXCEPTIONS, &[4, 0, 7], Ok(()), 3),
        (Reader::import_type, two | WasmFeatures::LEGACY_EXCEPTIONS, &[4, 0, 7], Ok(()), 3),
        (Reader::import_type, two, &[4, 0, 7], Err(Fault::ImportKind), 1),
        (Reader::import_type, all, &[0x20, 7], Ok(()), 2),
        (Reader::import_type, no_descriptors, &[0x20, 7], Err(Fault::ImportKind), 1),
        (Reader::import_type, all, &[5, 0], Err(Fault::ImportKind), 1),
        (Reader::export, one, &[1, 0x61, 3, 7], Ok(()), 4),
        (Reader::export, one, &[1, 0x61, 4, 7], Err(Fault::ExportKind), 3),
        (Reader::export, two | WasmFeatures::EXCEPTIONS, &[1, 0x61, 4, 7], Ok(()), 4),
        (Reader::export, two | WasmFeatures::LEGACY_EXCEPTIONS, &[1, 0x61, 4, 7], Ok(()), 4),
        (Reader::export, all, &[1, 0x61, 5, 7], Err(Fault::ExportKind), 3),
        (Reader::export, all, &[1, 0x61, 0], Err(Fault::End), 3),
        // Segments of all kinds.
        (Reader::element, all, &[0, 0x41, 0, 0x0b, 1, 5], Ok(()), 6),
        (Reader::element, all, &[1, 0, 1, 5], Ok(()), 4),
        (Reader::element, all, &[2, 9, 0x41, 0, 0x0b, 0, 1, 5], Ok(()), 8),
        (Reader::element, all, &[3, 0, 1, 5], Ok(()), 4),
        (Reader::element, all, &[4, 0x41, 0, 0x0b, 1, 0xd0, 0x70, 0x0b], Ok(()), 8),
        (Reader::element, all, &[5, 0x70, 1, 0xd0, 0x70, 0x0b], Ok(()), 6),
        (Reader::element, all, &[6, 9, 0x41, 0, 0x0b, 0x70, 1, 0xd0, 0x70, 0x0b], Ok(()), 10),
        (Reader::element, all, &[7, 0x70, 1, 0xd0, 0x70, 0x0b], Ok(()), 6),
        (Reader::element, all, &[8, 0x41, 0, 0x0b, 0], Err(Fault::ElementSegmentKind), 1),
        (Reader::element, all, &[1, 1, 0], Err(Fault::ElementKind), 2),
        (Reader::element, all, &[5, 0x7f, 0], Err(Fault::ReferenceType), 2),
        (Reader::element, one, &[0, 0x41, 0, 0x0b, 1, 5], Ok(()), 6),
        (Reader::element, one, &[7, 0x41, 0, 0x0b, 1, 5], Ok(()), 6),
        (Reader::element, one, &[2, 9, 0x41, 0, 0x0b, 0, 1, 5], Ok(()), 8),
        (Reader::element, one, &[2, 0x41, 0, 0x0b, 1, 5], Ok(()), 6),
        (Reader::data, all, &[0, 0x41, 0, 0x0b, 1, 0xaa], Ok(()), 6),
        (Reader::data, all, &[1, 2, 1, 2], Ok(()), 4),
        (Reader::data, all, &[2, 9, 0x41, 0, 0x0b, 0], Ok(()), 6),
        (Reader::data, all, &[3, 0x41, 0, 0x0b, 0], Err(Fault::DataSegmentKind), 1),
        (Reader::data, all, &[1, 1], Err(Fault::End), 2),
        (Reader::data, all, &[1, 2], Err(Fault::Length), 2),
        (Reader::data, one, &[0, 0x41, 0, 0x0b, 1, 0xaa], Ok(()), 6),
        (Reader::data, one, &[1, 0x41, 0, 0x0b, 0], Ok(()), 5),
        (Reader::data, one, &[2, 9, 0x41, 0, 0x0b, 1, 0xaa], Ok(()), 7),
        // Bodies.
        (Reader::body, all, &[0, 0x0b], Ok(()), 2),
        (Reader::body, all, &[2, 3, 0x7f, 1, 0x7e, 0x0b], Ok(()), 6),
        (Reader::body, all, &[1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b], Ok(()), 8),
        (Reader::body, all, &[2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 1, 0x7e, 0x0b], Err(Fault::TooManyLocals), 9),
        (Reader::expression, all, &[0x0b, 0x0b], Ok(()), 1),
        (Reader::expression, all, &[0x02, 0x40, 0x03, 0x40, 0x0b, 0x0b, 0x0b], Ok(()), 7),
        (Reader::expression, all, &[0x1f, 0x40, 0, 0x0b, 0x0b], Ok(()), 5),
        (Reader::expression, all, &[0x06, 0x40, 0x0b, 0x0b], Ok(()), 4),
        (Reader::expression, all, &[0x06, 0x40, 0x18, 0, 0x0b], Ok(()), 5),
        (Reader::expression, all, &[0x02, 0x40, 0x0b], Err(Fault::End), 0),
        (Reader::expression, all, &[0x05, 0x0b], Err(Fault::NoEnd), 0),
        // The older exceptions, in a language without them.
        (Reader::expression, WasmFeatures::WASM3, &[0x05, 0x0b], Err(Fault::NoEnd), 0),
        (Reader::expression, WasmFeatures::WASM3, &[0x07, 0, 0x0b], Err(Fault::Opcode(0x07)), 0),
        (Reader::expression, WasmFeatures::WASM3, &[0x18, 0, 0x0b], Err(Fault::Opcode(0x18)), 0),
        (Reader::expression, WasmFeatures::WASM3, &[0x19, 0x0b], Err(Fault::Opcode(0x19)), 0),
    ];
    for &(part, features, bytes, ref expected, end) in cases {
        let (found, at) = read(part, bytes, features);
        assert_eq!((&found, at), (expected, end), "{bytes:x?}, {features:?}");
    }
    // With them, a clause is in the wrong place.
    let (found, at) = read(Reader::expression, &[0x19, 0x0b], all);
    assert!(matches!((&found, at), (Err(Fault::Operator(_)), 0)), "{found:?}");
}

/// The number of items may exceed 16 bits.
#[test]
fn many_items_are_counted() {
    let bytes = [&[0x80, 0x80, 4][..], &[0; 0x1_0000]].concat();
    let mut reader = Reader::new(&bytes, 0, WasmFeatures::all());
    assert_eq!((reader.vec(|this| this.skip(1)), reader.at), (Ok(0x1_0000), 0x1_0003));
    for (bytes, expected) in [
        (&[0xff, 0xff, 0xff, 0xff, 0x0f][..], Ok(u32::MAX)),
        (&[0xff, 0xff, 0xff, 0xff, 0x1f], Err(Fault::IntegerTooLarge)),
        (&[0x80, 0x80, 0x80, 0x80, 0x80, 0], Err(Fault::IntegerTooLong)),
    ] {
        assert_eq!(Reader::new(bytes, 0, WasmFeatures::all()).u32(), expected, "{bytes:x?}");
    }
}

/// Sections come in a fixed order, each at most once, with custom sections around them, and have the stated sizes.
#[test]
fn sections_have_an_order_and_sizes() {
    const IDS: [u8; 13] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
    const CUSTOM: [u8; 4] = [0, 2, 1, 0x61];
    let said = |sections: &[&[u8]], features| {
        let bytes = [&b"\0asm\x01\0\0\0"[..], &sections.concat()].concat();
        Reader::new(&bytes, 0, features).module()
    };
    let read = |sections: &[&[u8]]| said(sections, WasmFeatures::all());
    // Sections without items, a start function, and a number of data segments.
    let empty = IDS.map(|id| [id, 1, 0]);
    let sections = empty.each_ref().map(|section| &section[..]);
    assert_eq!((read(&sections), read(&[])), (Ok(()), Ok(())));
    let customs = [&CUSTOM[..], &CUSTOM];
    let around = sections.iter().flat_map(|section| [&customs[..], &[*section]].concat()).chain(customs);
    assert_eq!(read(&around.collect::<Vec<_>>()), Ok(()));
    for (at, (id, alone)) in IDS.into_iter().zip(sections).enumerate() {
        assert_eq!(read(&[alone]), Ok(()), "{id}");
        assert_eq!(read(&[alone, alone]), Err(Fault::Trailing), "{id}");
        if let Some(&next) = sections.get(at + 1) {
            assert_eq!(read(&[next, alone]), Err(Fault::Trailing), "{id}");
        }
        assert_eq!(read(&[&[id, 2, 0, 0]]), Err(Fault::SectionSize), "{id}");
        assert_eq!(read(&[&[id, 0, 0]]), Err(Fault::SectionSize), "{id}");
        assert_eq!(read(&[&[id, 3, 0]]), Err(Fault::Length), "{id}");
    }
    // A custom section contains a name.
    assert_eq!(read(&[&[0, 3, 1, 0x61, 0xff]]), Ok(()));
    assert_eq!(read(&[&[0, 1, 1, 0x61]]), Err(Fault::End));
    assert_eq!(read(&[&[0, 3, 1, 0x61]]), Err(Fault::End));
    assert_eq!(read(&[&[0, 2, 1, 0xff]]), Err(Fault::Utf8));
    // Sections of other languages.
    for (id, features, expected) in [
        (12, WasmFeatures::WASM1, Err(Fault::SectionId(12))),
        (12, WasmFeatures::WASM2, Ok(())),
        (13, WasmFeatures::WASM2, Err(Fault::SectionId(13))),
        (13, WasmFeatures::WASM2 | WasmFeatures::EXCEPTIONS, Ok(())),
        (13, WasmFeatures::WASM2 | WasmFeatures::LEGACY_EXCEPTIONS, Ok(())),
        (14, WasmFeatures::all(), Err(Fault::SectionId(14))),
        (255, WasmFeatures::all(), Err(Fault::SectionId(255))),
    ] {
        assert_eq!(said(&[&[id, 1, 0]], features), expected, "{id}, {features:?}");
    }
    // A function without a body, a body without a function, and which fault is noticed first.
    let (function, body, count) = ([3_u8, 2, 1, 0], [10_u8, 4, 1, 2, 0, 0x0b], [12_u8, 1, 1]);
    assert_eq!(read(&[&function, &body]), Ok(()));
    assert_eq!(read(&[&function]), Err(Fault::BodyCount));
    assert_eq!(read(&[&body]), Err(Fault::BodyCount));
    assert_eq!(read(&[&count]), Err(Fault::DataCount));
    assert_eq!(read(&[&function, &count]), Err(Fault::BodyCount));
    assert_eq!(read(&[&function, &function]), Err(Fault::Trailing));
    // A global has a type and a value.
    assert_eq!(read(&[&[6, 6, 1, 0x7f, 1, 0x41, 0, 0x0b]]), Ok(()));
    assert_eq!(read(&[&[6, 6, 1, 0x7f, 9, 0x41, 0, 0x0b]]), Err(Fault::Mutability));
}

#[test]
fn a_module_begins_with_its_magic_and_version() {
    for (bytes, expected) in [
        (&b"\0asm\x01\0\0\0"[..], Ok(())),
        (b"\0asn\x01\0\0\0", Err(Fault::Magic)),
        (b"\x01\0\0\0\0asm", Err(Fault::Magic)),
        (b"\0asn", Err(Fault::Magic)),
        (b"\0as", Err(Fault::End)),
        (b"\0asm\x01\0\0", Err(Fault::End)),
        (b"\0asm\0\0\0\0", Err(Fault::Version)),
        (b"\0asm\x02\0\0\0", Err(Fault::Version)),
        (b"\0asm\x01\x01\0\0", Err(Fault::Version)),
        (b"\0asm\x01\0\x01\0", Err(Fault::Version)),
        (b"\0asm\x01\0\0\x01", Err(Fault::Version)),
    ] {
        assert_eq!(Reader::new(bytes, 0, WasmFeatures::all()).module(), expected, "{bytes:x?}");
        let text = expected.err().map(|fault| fault.to_string());
        assert_eq!(diagnose(bytes, WasmFeatures::all()).map(|(text, _)| text), text, "{bytes:x?}");
    }
}

/// A body is read in place, and must end where its range does.
#[test]
fn a_body_is_as_long_as_its_range() {
    let bytes = [9, 9, 0, 0x0b, 0x0b, 0, 0x05, 0x0b];
    let mismatch = Some("section size mismatch".to_string());
    for (range, expected) in
        [(2..4, None), (2..5, mismatch.clone()), (2..3, mismatch), (5..8, Some("END opcode expected".to_string()))]
    {
        let found = diagnose_body(&bytes, range.clone(), WasmFeatures::all()).map(|(text, _)| text);
        assert_eq!(found, expected, "{range:?}");
    }
}

/// A fault is at the start of the wrong byte, number, name or operator; a missing item is where it should be.
#[test]
fn faults_have_their_places() {
    const HEADER: &[u8] = b"\0asm\x01\0\0\0";
    let all = WasmFeatures::all();
    let (types, functions) = ([1, 4, 1, 0x60, 0, 0], [3, 2, 1, 0]);
    let code = |operators: &[u8]| {
        let length = operators.len() as u8;
        [&types[..], &functions, &[10, length + 3, 1, length + 1, 0], operators].concat()
    };
    for (bytes, features, text, offset) in [
        (vec![1, 6, 1, 0x60, 1, 0x63, 0x70, 0], WasmFeatures::WASM1, "malformed reference type: no value type", 13),
        (vec![4, 5, 1, 0x63, 0x70, 0, 1], WasmFeatures::WASM1, "malformed reference type", 11),
        (vec![1, 0x84, 0x80, 0x80, 0x80, 0x80, 0], all, "integer representation too long", 9),
        (vec![1, 3, 1, 0x70, 0], all, "malformed definition type", 11),
        (vec![1, 4, 1, 0x60], all, "length out of bounds", 9),
        (vec![2, 5, 1, 2, b'm', 0xff, 0], all, "malformed UTF-8 encoding", 12),
        (vec![14, 0], all, "malformed section id: 14", 8),
        // A name that is longer than its section.
        (vec![0, 2, 5, b'a', b'b', b'c', b'd', b'e', 1, 0], all, "unexpected end of section or function", 11),
        (vec![3, 2, 1, 0], all, "function and code section have inconsistent lengths", 12),
        (vec![3, 3, 0, 0, 0], all, "section size mismatch", 11),
        (vec![5, 3, 1, 0x80, 0], all, "malformed limits flags", 11),
        (code(&[0x01, 0xff, 0x0b]), all, "illegal opcode ff", 24),
        (code(&[0x02, 0x00, 0x0b, 0x0b]), WasmFeatures::WASM1, "malformed reference type: no value type", 24),
        (code(&[0x01, 0x01]), all, "unexpected end of section or function", 25),
    ] {
        let found = diagnose(&[HEADER, &bytes].concat(), features);
        assert_eq!(found, Some((text.to_string(), offset)), "{bytes:x?}");
    }
}

#[test]
fn texts_about_operators_have_the_words_of_the_specification() {
    for (message, fault) in [
        ("illegal opcode: 0x5", "illegal opcode 05"),
        ("illegal opcode: 0xff", "illegal opcode ff"),
        ("unknown 0xfb subopcode: 0x7", "illegal opcode fb 07"),
        ("unknown 0xfd subopcode: 0x114", "illegal opcode fd 114"),
        ("unexpected end-of-file", "unexpected end of section or function"),
        ("malformed memop: reserved flags bits set", "malformed memop flags"),
        ("invalid var_u32: integer too large", "integer too large"),
        ("invalid var_i64: integer representation too long", "integer representation too long"),
        ("`else` found outside `if` block", "END opcode expected"),
        ("invalid leading byte (0x60) for block type", "malformed reference type: no value type"),
        ("invalid heap type", "malformed heap type"),
        ("invalid heap type: more", "malformed heap type"),
        ("something else", "something else"),
    ] {
        assert_eq!(operator_fault(message).to_string(), fault, "{message}");
    }
}
