//! Mutants as text: a script in which some directives have other expectations.
//!
//! A directive is `(keyword action tail…)`. Its action, the first group in it, is kept verbatim; the keyword and the tail are
//! rewritten from the mutant's expectation.

use crate::conformance::outcome::Expect;
use crate::conformance::outcome::numbers::VectorShape;
use crate::conformance::outcome::pattern::{Lane, Pattern};
use crate::conformance::read::script::Action;
use std::ops::Range;

/// The top-level groups of a script other than annotations, in order, found by counting parentheses outside strings and comments.
/// It is independent of the real lexer, so that the two can be compared.
pub fn groups(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut out, mut depth, mut start, mut i) = (Vec::new(), 0u32, 0, 0);
    while i < bytes.len() {
        match bytes[i] {
            b'"' => i = end_of_string(bytes, i),
            b';' if bytes.get(i + 1) == Some(&b';') => {
                while i < bytes.len() && bytes[i] != b'\n' && bytes[i] != b'\r' {
                    i += 1;
                }
            }
            b'(' if bytes.get(i + 1) == Some(&b';') => i = end_of_comment(bytes, i),
            b'(' => {
                if depth == 0 {
                    start = i;
                }
                depth += 1;
            }
            b')' if depth > 0 => {
                depth -= 1;
                if depth == 0 && bytes[start + 1] != b'@' {
                    out.push(start..i + 1);
                }
            }
            _ => {}
        }
        i += 1;
    }
    out
}

/// The position of the closing quote.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut i = start + 1;
    while i < bytes.len() && bytes[i] != b'"' {
        i += if bytes[i] == b'\\' { 2 } else { 1 };
    }
    i
}

/// The position of the closing parenthesis of a block comment; they nest.
fn end_of_comment(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut i) = (0u32, start);
    while i + 1 < bytes.len() {
        match (bytes[i], bytes[i + 1]) {
            (b'(', b';') => {
                depth += 1;
                i += 2;
            }
            (b';', b')') => {
                depth -= 1;
                i += 2;
                if depth == 0 {
                    return i - 1;
                }
            }
            _ => i += 1,
        }
    }
    bytes.len()
}

/// Rewrites the script so that some of its directives (by position) have other expectations. Lines keep their numbers. Returns
/// `None` if one of them cannot be written (an assertion that is not `(keyword (action) …)`, a pattern without text).
/// where one of them cannot be written (an assertion that is not `(keyword (action) …)`, a pattern without text).
pub fn mutated(script: &str, changes: &[(usize, &Expect)]) -> Option<String> {
    let groups = groups(script);
    let mut out = String::with_capacity(script.len());
    let mut done = 0;
    for (index, expect) in changes {
        let range = groups.get(*index)?.clone();
        let directive = &script[range.clone()];
        let inner = &directive[1..directive.len() - 1];
        let action = &inner[self::groups(inner).first()?.clone()];
        let (keyword, tail) = written(expect)?;
        out.push_str(&script[done..range.start]);
        out.push_str(&format!("({keyword} {action}{tail})"));
        let lines = |s: &str| s.matches('\n').count();
        out.extend(std::iter::repeat_n('\n', lines(directive).saturating_sub(lines(action))));
        done = range.end;
    }
    out.push_str(&script[done..]);
    Some(out)
}

/// Whether the script format can express an expectation of an action.
pub fn can_be_written(action: &Action, expect: &Expect) -> bool {
    let fits = match expect {
        Expect::Success | Expect::Unjudged(_) => false,
        Expect::Malformed(_) | Expect::Invalid(_) => matches!(action, Action::Check | Action::Anonymous),
        // Any module can be expected to fail so, but these texts are only about custom sections.
        Expect::MalformedCustom(_) | Expect::InvalidCustom(_) => matches!(action, Action::Check),
        Expect::Unlinkable(_) => matches!(action, Action::Anonymous | Action::AnonymousInstance { .. }),
        Expect::Exhaustion(_) => matches!(action, Action::Invoke { .. }),
        Expect::Values(_) | Expect::Trap(_) | Expect::Exception | Expect::Suspension(_) => {
            matches!(
                action,
                Action::Invoke { .. } | Action::Get { .. } | Action::Anonymous | Action::AnonymousInstance { .. }
            )
        }
    };
    fits && written(expect).is_some()
}

/// The keyword, and what follows the action.
fn written(expect: &Expect) -> Option<(&'static str, String)> {
    let message = |keyword, m: &String| {
        let escaped: String = m.bytes().map(|b| format!("\\{b:02x}")).collect();
        Some((keyword, format!(" \"{escaped}\"")))
    };
    match expect {
        Expect::Success | Expect::Unjudged(_) => None,
        Expect::Values(patterns) => {
            let mut tail = String::new();
            for p in patterns {
                tail.push(' ');
                tail.push_str(&pattern(p)?);
            }
            Some(("assert_return", tail))
        }
        Expect::Trap(m) => message("assert_trap", m),
        Expect::Exception => Some(("assert_exception", String::new())),
        Expect::Exhaustion(m) => message("assert_exhaustion", m),
        Expect::Malformed(m) => message("assert_malformed", m),
        Expect::Invalid(m) => message("assert_invalid", m),
        Expect::Unlinkable(m) => message("assert_unlinkable", m),
        Expect::MalformedCustom(m) => message("assert_malformed_custom", m),
        Expect::InvalidCustom(m) => message("assert_invalid_custom", m),
        Expect::Suspension(m) => message("assert_suspension", m),
    }
}

fn pattern(p: &Pattern) -> Option<String> {
    Some(match p {
        Pattern::I32(v) => format!("(i32.const {})", *v as i32),
        Pattern::I64(v) => format!("(i64.const {})", *v as i64),
        Pattern::F32(l) => format!("(f32.const {})", float(*l, 32)),
        Pattern::F64(l) => format!("(f64.const {})", float(*l, 64)),
        Pattern::V128(shape, lanes) => {
            let is_float = matches!(shape, VectorShape::F32x4 | VectorShape::F64x2);
            let lanes: Vec<String> = lanes
                .iter()
                .map(|l| match l {
                    Lane::Bits(b) if !is_float => format!("{b:#x}"),
                    l => float(*l, shape.lane_bits()),
                })
                .collect();
            format!("(v128.const {} {})", shape.name(), lanes.join(" "))
        }
        Pattern::RefNull(None) => "(ref.null)".into(),
        Pattern::RefNull(Some(h)) => format!("(ref.null {})", h.name()),
        Pattern::RefNullDefined => "(ref.null 0)".into(),
        Pattern::RefExtern(None) => "(ref.extern)".into(),
        Pattern::RefExtern(Some(n)) => format!("(ref.extern {n})"),
        Pattern::RefHost(n) => format!("(ref.host {n})"),
        Pattern::RefFunc(None) => "(ref.func)".into(),
        Pattern::RefFunc(Some(n)) => format!("(ref.func {n})"),
        Pattern::RefAny => "(ref.any)".into(),
        Pattern::RefEq => "(ref.eq)".into(),
        Pattern::RefArray => "(ref.array)".into(),
        Pattern::RefStruct => "(ref.struct)".into(),
        Pattern::RefI31 => "(ref.i31)".into(),
        Pattern::RefI31Shared => "(ref.i31_shared)".into(),
        Pattern::RefExn => "(ref.exn)".into(),
        Pattern::RefCont => "(ref.cont)".into(),
        Pattern::Either(arms) => {
            let arms: Option<Vec<String>> = arms.iter().map(pattern).collect();
            format!("(either {})", arms?.join(" "))
        }
    })
}

/// A float literal with exactly these bits.
fn float(lane: Lane, width: u32) -> String {
    let bits = match lane {
        Lane::Bits(bits) => bits,
        Lane::Canonical => return "nan:canonical".into(),
        Lane::Arithmetic => return "nan:arithmetic".into(),
    };
    let (mantissa_bits, value) = match width {
        32 => (23, f64::from(f32::from_bits(bits as u32))),
        _ => (52, f64::from_bits(bits)),
    };
    let sign = if bits >> (width - 1) & 1 == 1 { "-" } else { "" };
    if value.is_nan() {
        format!("{sign}nan:{:#x}", bits & ((1 << mantissa_bits) - 1))
    } else if value.is_infinite() {
        format!("{sign}inf")
    } else if width == 32 {
        // The shortest text that reads back as this float.
        format!("{sign}{:e}", f32::from_bits(bits as u32).abs())
    } else {
        format!("{sign}{:e}", value.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wast::WastDirective;
    use wast::parser::{self, ParseBuffer};

    fn ranges(text: &str) -> Vec<&str> {
        groups(text).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn groups_ignore_strings_and_comments() {
        let text = "(a \"(\\\"\" (b)) ;; (no)\n(; (; ( ;) ) ;)(c ;; )\n)";
        assert_eq!(ranges(text), ["(a \"(\\\"\" (b))", "(c ;; )\n)"]);
        assert_eq!(ranges("(@a (b)) (c (@d) ()) (@e \")\") (f)"), ["(c (@d) ())", "(f)"]);
    }

    /// Tests comments and strings of all lengths, where they begin and end, and what only looks like them.
    #[test]
    fn groups_end_where_they_should() {
        for (text, expected) in [
            ("(a)", &["(a)"][..]),
            ("", &[]),
            ("()", &["()"]),
            ("(a) ;; b", &["(a)"]),
            (";; (a)", &[]),
            ("(a) ;; b\r(c)", &["(a)", "(c)"]),
            (";;\n(a)", &["(a)"]),
            ("(a ; b) (c)", &["(a ; b)", "(c)"]),
            (") (a)", &["(a)"]),
            ("(a (b", &[]),
            ("(a \"\" (b)) (c)", &["(a \"\" (b))", "(c)"]),
            ("(a \"(\")(b)", &["(a \"(\")", "(b)"]),
            ("(a \"\\\\\")(b)", &["(a \"\\\\\")", "(b)"]),
            ("(a \"\\\"\\\"(\")(b)", &["(a \"\\\"\\\"(\")", "(b)"]),
            ("(a \"b", &[]),
            ("(a \"\\", &[]),
            ("(;;)(a)", &["(a)"]),
            ("(;) (a) ;) (b)", &["(b)"]),
            ("(; a ;)(b)", &["(b)"]),
            ("(; ab ;)(c)", &["(c)"]),
            ("(;(; a ;) (b) ;)(c)", &["(c)"]),
            ("(; (;a;);)(b)", &["(b)"]),
            ("(a (; b ;) c)", &["(a (; b ;) c)"]),
            ("(a) (; b ;)", &["(a)"]),
            ("(a) (; b", &["(a)"]),
            ("(a) (; (; b ;)", &["(a)"]),
        ] {
            assert_eq!(ranges(text), expected, "{text}");
        }
    }

    /// Annotations may stand anywhere, and are neither directives nor actions.
    #[test]
    fn annotations_are_passed_over() {
        let text = "(module)\n(@a (b)) (assert_return (@c \"(\") (invoke \"f\") (i32.const 1))";
        let changed = mutated(text, &[(1, &Expect::Values(vec![Pattern::I32(2)]))]);
        assert_eq!(changed.as_deref(), Some("(module)\n(@a (b)) (assert_return (invoke \"f\") (i32.const 2))"));
    }

    #[test]
    fn directives_are_written_anew() {
        let text = "(module)\n(assert_return (invoke \"f\" (i32.const 1))\n  (i32.const 2))\n(invoke \"g\")";
        let expect = Expect::Values(vec![Pattern::I32(3), Pattern::F32(Lane::Bits(0x8000_0000))]);
        assert_eq!(
            mutated(text, &[(1, &expect)]).unwrap(),
            "(module)\n(assert_return (invoke \"f\" (i32.const 1)) (i32.const 3) (f32.const -0e0))\n\n(invoke \"g\")"
        );
        let trap = mutated(text, &[(1, &Expect::Trap("a\"b".into()))]).unwrap();
        assert!(trap.contains("(assert_trap (invoke \"f\" (i32.const 1)) \"\\61\\22\\62\")\n"), "{trap}");
        assert_eq!(mutated(text, &[(9, &expect)]), None);
        // Lines within the action are kept; those after it follow the directive.
        let text =
            "(a)\n(assert_return (invoke \"f\"\n(i32.const 1))\n\n(i32.const 2)) (b)\n(assert_trap (get \"g\") \"\")\n";
        let trap = Expect::Trap(String::new());
        assert_eq!(
            mutated(text, &[(1, &Expect::Exception), (3, &trap)]).as_deref(),
            Some("(a)\n(assert_exception (invoke \"f\"\n(i32.const 1)))\n\n (b)\n(assert_trap (get \"g\") \"\")\n")
        );
        assert_eq!(mutated(text, &[]).as_deref(), Some(text));
    }

    /// Tests the text of each pattern; floats have the shortest form that reads back as the same bits.
    #[test]
    fn patterns_have_these_texts() {
        use crate::conformance::outcome::pattern::Hierarchy;
        let bits = |list: &[u64]| -> Vec<Lane> { list.iter().copied().map(Lane::Bits).collect() };
        let floats = vec![Lane::Bits(0x3f80_0000), Lane::Canonical, Lane::Bits(0x3dcc_cccd), Lane::Arithmetic];
        for (of, text) in [
            (Pattern::I32(u32::MAX), "(i32.const -1)"),
            (Pattern::I64(1 << 63), "(i64.const -9223372036854775808)"),
            (Pattern::F32(Lane::Bits(0x3dcc_cccd)), "(f32.const 1e-1)"),
            (Pattern::F32(Lane::Bits(0xff80_0000)), "(f32.const -inf)"),
            (Pattern::F32(Lane::Bits(0xffc0_0001)), "(f32.const -nan:0x400001)"),
            (Pattern::F32(Lane::Canonical), "(f32.const nan:canonical)"),
            (Pattern::F64(Lane::Bits(0x3fb9_9999_9999_999a)), "(f64.const 1e-1)"),
            (Pattern::F64(Lane::Bits(0x7ff0_0000_0000_0001)), "(f64.const nan:0x1)"),
            (Pattern::F64(Lane::Bits(1 << 63)), "(f64.const -0e0)"),
            (Pattern::F64(Lane::Arithmetic), "(f64.const nan:arithmetic)"),
            (
                Pattern::V128(VectorShape::I32x4, bits(&[1, 0, 255, 0xffff_ffff])),
                "(v128.const i32x4 0x1 0x0 0xff 0xffffffff)",
            ),
            (Pattern::V128(VectorShape::I64x2, bits(&[1, u64::MAX])), "(v128.const i64x2 0x1 0xffffffffffffffff)"),
            (Pattern::V128(VectorShape::F32x4, floats), "(v128.const f32x4 1e0 nan:canonical 1e-1 nan:arithmetic)"),
            (
                Pattern::V128(VectorShape::F64x2, bits(&[0x3ff0 << 48, 0xfff8 << 48])),
                "(v128.const f64x2 1e0 -nan:0x8000000000000)",
            ),
            (Pattern::RefNull(None), "(ref.null)"),
            (Pattern::RefNull(Some(Hierarchy::Any)), "(ref.null any)"),
            (Pattern::RefNullDefined, "(ref.null 0)"),
            (Pattern::RefExtern(None), "(ref.extern)"),
            (Pattern::RefExtern(Some(3)), "(ref.extern 3)"),
            (Pattern::RefHost(3), "(ref.host 3)"),
            (Pattern::RefFunc(None), "(ref.func)"),
            (Pattern::RefFunc(Some(3)), "(ref.func 3)"),
            (Pattern::Either(vec![Pattern::RefAny, Pattern::RefExn]), "(either (ref.any) (ref.exn))"),
        ] {
            assert_eq!(pattern(&of).as_deref(), Some(text));
        }
    }

    /// Tests every expectation of every action that may have one: what can be written is read back unchanged, and nothing else
    /// is.
    #[test]
    fn what_can_be_written_is_read_back() {
        let mut expectations = Expect::of_each_kind("text");
        expectations.push(Expect::Values(vec![Pattern::I32(1)]));
        let read = |script: &str| {
            let buffer = ParseBuffer::new(script).ok()?;
            let steps = crate::conformance::read::script::parse(&buffer, script).ok()?;
            let [step] = &steps[..] else { panic!("one directive: {script}") };
            Some((step.action.clone(), step.expect.clone()))
        };
        let mut written = 0;
        for directive in [
            "(assert_return (invoke \"f\" (i32.const 1)))",
            "(assert_return (get $i \"g\"))",
            "(assert_invalid (module) \"\")",
            "(assert_trap (module) \"\")",
            "(assert_trap (module instance $m) \"\")",
        ] {
            let (action, _) = read(directive).expect(directive);
            for expect in &expectations {
                let script = mutated(directive, &[(0, expect)]);
                let read_back = script.as_deref().and_then(read).filter(|(_, seen)| seen == expect);
                // A module that is expected to be invalid is not instantiated. In the format, only calls can be expected to
                // exhaust the stack; our reader accepts everything.
                let expected = read_back.is_some_and(|(seen, _)| match expect {
                    Expect::Malformed(_) | Expect::Invalid(_) => seen == Action::Check,
                    Expect::Exhaustion(_) => seen == action && matches!(action, Action::Invoke { .. }),
                    _ => seen == action,
                });
                assert_eq!(can_be_written(&action, expect), expected, "{expect:?} of {directive}: {script:?}");
                written += u32::from(expected);
            }
        }
        assert!(written > 20, "{written}");
    }

    #[test]
    fn float_literals_read_back() {
        let bits32 =
            [0u32, 1, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0001, 0xffa0_0000, 0x3dcc_cccd, 0x7f7f_ffff];
        for bits in bits32 {
            let script = format!("(assert_return (invoke \"f\") (f32.const {}))", float(Lane::Bits(bits.into()), 32));
            let buffer = ParseBuffer::new(&script).unwrap();
            let wast = parser::parse::<wast::Wast>(&buffer).unwrap();
            let WastDirective::AssertReturn { results, .. } = &wast.directives[0] else { panic!("{script}") };
            let wast::WastRet::Core(ret) = &results[0] else { panic!("{script}") };
            assert_eq!(Pattern::of(ret), Ok(Pattern::F32(Lane::Bits(bits.into()))), "{script}");
        }
        for bits in [0u64, 1, 1 << 63, 0x7ff0 << 48, 0xfff8_0000_0000_0001, 0x3fb9_9999_9999_999a, u64::MAX >> 12] {
            let script = format!("(assert_return (invoke \"f\") (f64.const {}))", float(Lane::Bits(bits), 64));
            let buffer = ParseBuffer::new(&script).unwrap();
            let wast = parser::parse::<wast::Wast>(&buffer).unwrap();
            let WastDirective::AssertReturn { results, .. } = &wast.directives[0] else { panic!("{script}") };
            let wast::WastRet::Core(ret) = &results[0] else { panic!("{script}") };
            assert_eq!(Pattern::of(ret), Ok(Pattern::F64(Lane::Bits(bits))), "{script}");
        }
    }
}
