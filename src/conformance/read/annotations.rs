//! Checks the positions and contents of annotations of the text format: `@custom`, `@name`, `@metadata.code.branch_hint`. A text
//! parser treats misplaced ones as comments, which is right, but scripts can expect them to be rejected.

use crate::module::text;
use wast::lexer::TokenKind;

/// A token. Lists are flat, because text may be nested to any depth.
enum Item<'a> {
    /// A parenthesis, and the number of items between it and the one that closes it.
    Open(usize),
    /// A closing parenthesis, and the number of items between it and the one that opens it.
    Close(usize),
    Annotation(&'a str),
    Id,
    Keyword(&'a str),
    String(Vec<u8>),
    Other,
}

const HINT: &str = "metadata.code.branch_hint";

/// The reason why annotations are refused, in the words of the specification's scripts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationError {
    /// The annotation may not stand there.
    #[error("misplaced @{0} annotation")]
    Misplaced(&'static str),
    /// The content of the annotation with this name is wrong in this way.
    #[error("@{0} annotation: {1}")]
    Content(&'static str, &'static str),
    /// An item of this kind has a second name.
    #[error("@name annotation: multiple {0} names")]
    SecondName(String),
    /// A name is not UTF-8.
    #[error("malformed UTF-8 encoding")]
    Utf8,
}

/// Checks a module's annotations. Text that does not lex, or whose parentheses do not match, is accepted: the parser
/// rejects it.
///
/// # Errors
/// See [`AnnotationError`].
pub fn check(text: &str) -> Result<(), AnnotationError> {
    let Some(items) = read(text) else { return Ok(()) };
    let mut at = 0;
    while at < items.len() {
        match list_at(&items, at) {
            Some(inside) if head(inside) == Some("module") => return check_in(inside),
            Some(inside) => at += inside.len() + 2,
            None => at += 1,
        }
    }
    check_in(&items)
}

/// Reads a text into items; `None` if it does not lex or its parentheses do not match.
fn read(text: &str) -> Option<Vec<Item<'_>>> {
    let lexer = text::lexer(text);
    let (mut items, mut open) = (Vec::new(), Vec::new());
    for token in lexer.iter(0) {
        let token = token.ok()?;
        let item = match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => continue,
            TokenKind::LParen => {
                open.push(items.len());
                Item::Open(0)
            }
            TokenKind::RParen => {
                let start: usize = open.pop()?;
                let inside = items.len() - start - 1;
                items[start] = Item::Open(inside);
                Item::Close(inside)
            }
            TokenKind::Annotation => Item::Annotation(token.src(text).strip_prefix('@')?),
            TokenKind::Id => Item::Id,
            TokenKind::Keyword => Item::Keyword(token.src(text)),
            TokenKind::String => Item::String(token.string(text).into_owned()),
            _ => Item::Other,
        };
        items.push(item);
    }
    open.is_empty().then_some(items)
}

/// The content of the list that begins at `at`, if one does.
fn list_at<'i, 'a>(items: &'i [Item<'a>], at: usize) -> Option<&'i [Item<'a>]> {
    match items[at] {
        Item::Open(inside) => Some(&items[at + 1..][..inside]),
        _ => None,
    }
}

/// The name of the annotation that these items end with, if any.
fn last_annotation<'a>(items: &[Item<'a>]) -> Option<&'a str> {
    let Some((Item::Close(inside), before)) = items.split_last() else { return None };
    match before[before.len() - inside..].first()? {
        Item::Annotation(name) => Some(name),
        _ => None,
    }
}

/// The text with spaces in place of its annotations, or `None` if it has none or is broken. Lines are kept.
pub fn blanked(text: &str) -> Option<String> {
    let lexer = text::lexer(text);
    let mut out = text.as_bytes().to_vec();
    // The offset of the last token, if it is an opening parenthesis; that of the annotation under way; and its depth.
    let (mut opened, mut annotation, mut depth) = (None, None, 0u32);
    let mut any = false;
    for token in lexer.iter(0) {
        let token = token.ok()?;
        let before = opened.take();
        match token.kind {
            TokenKind::LParen => {
                opened = Some(token.offset);
                depth += u32::from(annotation.is_some());
            }
            TokenKind::Annotation if annotation.is_none() => {
                token.annotation(text).ok()?;
                annotation = before;
                depth = 1;
            }
            TokenKind::RParen if annotation.is_some() => depth -= 1,
            _ => {}
        }
        if let Some(start) = annotation.filter(|_| depth == 0) {
            for byte in &mut out[start..=token.offset] {
                if !matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
            (annotation, any) = (None, true);
        }
    }
    let text = String::from_utf8(out).expect("whole characters are replaced");
    (any && annotation.is_none()).then_some(text)
}

fn head<'a>(items: &[Item<'a>]) -> Option<&'a str> {
    match items.first()? {
        Item::Keyword(word) => Some(word),
        _ => None,
    }
}

/// The list being checked.
struct AnnotationPlace {
    /// The index of its first item.
    start: usize,
    /// Whether its items are fields of a module.
    fields: bool,
    /// Whether it is in a function.
    function: bool,
}

/// Checks the fields of a module, and everything in them.
fn check_in(items: &[Item<'_>]) -> Result<(), AnnotationError> {
    let mut lists = vec![AnnotationPlace { start: 0, fields: true, function: false }];
    let mut at = 0;
    while let (Some(item), Some(place)) = (items.get(at), lists.last()) {
        if let Item::Close(_) = item {
            lists.pop();
        } else if let Some(list) = list_at(items, at) {
            let before = &items[place.start..at];
            if let Some((Item::Annotation(name), inside)) = list.split_first() {
                match *name {
                    "custom" if place.fields => check_custom(inside)?,
                    "custom" => return Err(AnnotationError::Misplaced("custom")),
                    "name" => check_name(inside, before, place)?,
                    HINT => check_hint(inside, before, place)?,
                    // The content of other annotations is unspecified.
                    _ => {}
                }
                at += list.len() + 1;
            } else {
                let function = place.function || place.fields && head(list) == Some("func");
                lists.push(AnnotationPlace { start: at + 1, fields: false, function });
            }
        }
        at += 1;
    }
    Ok(())
}

/// Checks a section's name, its position if there is one, and its contents.
fn check_custom(inside: &[Item<'_>]) -> Result<(), AnnotationError> {
    const KINDS: [&str; 13] = [
        "type",
        "import",
        "func",
        "table",
        "memory",
        "tag",
        "global",
        "export",
        "start",
        "elem",
        "datacount",
        "code",
        "data",
    ];
    let error = |what| Err(AnnotationError::Content("custom", what));
    let Some((Item::String(name), rest)) = inside.split_first() else { return error("missing section name") };
    if std::str::from_utf8(name).is_err() {
        return error("malformed UTF-8 encoding");
    }
    let rest = match rest.split_first() {
        Some((Item::Open(inside), rest)) => {
            let (list, rest) = rest.split_at(*inside);
            let end = match head(list) {
                Some("before") => "first",
                Some("after") => "last",
                _ => return error("malformed placement"),
            };
            match list[1..] {
                // After the parenthesis that closes it.
                [Item::Keyword(kind)] if kind == end || KINDS.contains(&kind) => &rest[1..],
                _ => return error("malformed section kind"),
            }
        }
        _ => rest,
    };
    if rest.iter().all(|item| matches!(item, Item::String(_))) { Ok(()) } else { error("unexpected token") }
}

/// Checks a name: it must stand where an identifier that is being bound stands, or could stand.
fn check_name(inside: &[Item<'_>], before: &[Item<'_>], place: &AnnotationPlace) -> Result<(), AnnotationError> {
    const BINDING: [&str; 17] = [
        "module",
        "type",
        "func",
        "table",
        "memory",
        "global",
        "tag",
        "elem",
        "data",
        "param",
        "local",
        "field",
        "block",
        "loop",
        "if",
        "try_table",
        "try",
    ];
    let word = match before {
        [.., Item::Keyword(word), Item::Id] | [.., Item::Keyword(word)] => word,
        _ if last_annotation(before) == Some("name") => {
            let of = match head(before) {
                _ if place.fields => "module",
                Some("func") => "function",
                word => word.unwrap_or_default(),
            };
            return Err(AnnotationError::SecondName(of.to_string()));
        }
        _ => "",
    };
    if !BINDING.contains(&word) {
        return Err(AnnotationError::Misplaced("name"));
    }
    match inside {
        [Item::String(name)] if std::str::from_utf8(name).is_ok() => Ok(()),
        [Item::String(name), ..] if std::str::from_utf8(name).is_err() => Err(AnnotationError::Utf8),
        [Item::String(_), ..] => Err(AnnotationError::Content("name", "unexpected token")),
        _ => Err(AnnotationError::Content("name", "string expected")),
    }
}

/// Checks a hint: it must stand before an instruction of a function, at most one before each.
fn check_hint(inside: &[Item<'_>], before: &[Item<'_>], place: &AnnotationPlace) -> Result<(), AnnotationError> {
    let error = |what| Err(AnnotationError::Content(HINT, what));
    if !place.function {
        return error("not in a function");
    }
    if last_annotation(before) == Some(HINT) {
        return error("duplicate annotation");
    }
    match inside {
        [Item::String(value)] if matches!(value[..], [0 | 1]) => Ok(()),
        _ => error("invalid value"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_takes_no_stack() {
        let deep = 200_000;
        let nested =
            move |inside: &str| format!("(module (func {} {inside} {}))", "(block ".repeat(deep), ")".repeat(deep));
        let work = move || {
            assert_eq!(check(&nested("(@custom \"x\")")), Err(AnnotationError::Misplaced("custom")));
            assert_eq!(check(&nested("(@custom")), Ok(()));
            assert_eq!(check(&nested(&format!("({HINT})"))), Ok(()));
            assert_eq!(check(&nested(&format!("(@{HINT} \"\\01\") (if)"))), Ok(()));
            assert!(check(&nested(&format!("(@{HINT} \"\\02\") (if)"))).is_err());
            assert!(blanked(&nested("(@x)")).is_some_and(|text| text.len() == nested("(@x)").len()));
        };
        let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work).expect("a thread");
        thread.join().expect("it has come to the end");
    }

    #[test]
    fn what_stands_before_counts() {
        let duplicate = format!("(@{HINT} \"\\01\")");
        for (text, expected) in [
            ("(func $f (@name \"x\"))", Ok(())),
            ("(func (@name \"x\"))", Ok(())),
            ("(func (param i32) (@name \"x\"))", Err("misplaced @name annotation")),
            ("(module (@name \"x\") (@name \"y\"))", Err("@name annotation: multiple module names")),
            ("(func (@name \"x\") (@name \"y\"))", Err("@name annotation: multiple function names")),
            ("(func $f (@name \"x\") (@name \"y\"))", Err("@name annotation: multiple function names")),
            ("(func (param (@name \"x\") i32 (@name \"y\") i32))", Err("misplaced @name annotation")),
            ("(module (@name \"x\") (func) (@name \"y\"))", Err("misplaced @name annotation")),
            ("(@x (module)) (module (@name))", Err("@name annotation: string expected")),
            ("(func (@name 1))", Err("@name annotation: string expected")),
            ("(func (@name \"x\" 1))", Err("@name annotation: unexpected token")),
            ("(func (@name \"\\ff\"))", Err("malformed UTF-8 encoding")),
            ("(@custom \"x\" (after func) \"y\")", Ok(())),
            ("(@custom \"x\" (after func) (after func))", Err("@custom annotation: unexpected token")),
            ("(@custom \"x\" (after (func)))", Err("@custom annotation: malformed section kind")),
            ("(@custom \"x\" ())", Err("@custom annotation: malformed placement")),
            ("$m 1 (func (@name 1))", Err("@name annotation: string expected")),
            ("(func (param $x (@name \"x\") (@name \"y\") i32))", Err("@name annotation: multiple param names")),
            // The first list that is a module is the module.
            ("(@x) (module (@custom))", Err("@custom annotation: missing section name")),
            ("$m (module (@custom))", Err("@custom annotation: missing section name")),
            ("(x (module)) (module (@custom))", Err("@custom annotation: missing section name")),
            ("(module) (module (@custom))", Ok(())),
            ("(@custom \"x\" (before first))", Ok(())),
            ("(@custom \"x\" (after last) \"y\" \"z\")", Ok(())),
            ("(@custom \"x\" (before last))", Err("@custom annotation: malformed section kind")),
            ("(@custom \"x\" (after first))", Err("@custom annotation: malformed section kind")),
            ("(@custom \"x\" (after func) 1)", Err("@custom annotation: unexpected token")),
            ("(@custom \"x\" \"y\" 1)", Err("@custom annotation: unexpected token")),
            ("(@custom \"\\ff\")", Err("@custom annotation: malformed UTF-8 encoding")),
            ("(func (block (@custom \"x\")))", Err("misplaced @custom annotation")),
        ] {
            assert_eq!(check(text).map_err(|e| e.to_string()), expected.map_err(String::from), "{text}");
        }
        assert!(
            check(&format!("(func {duplicate} {duplicate} (if))"))
                .is_err_and(|e| e.to_string().ends_with("duplicate annotation"))
        );
        assert_eq!(check(&format!("(func {duplicate} (if) {duplicate} (if))")), Ok(()));
    }

    /// Only function fields, and everything in them, can have hints.
    #[test]
    fn hints_are_in_functions() {
        let hint = format!("(@{HINT} \"\\01\")");
        let outside: Result<(), _> = Err(AnnotationError::Content(HINT, "not in a function"));
        for (text, expected) in [
            (format!("(func {hint} (if))"), Ok(())),
            (format!("(func (block (loop {hint} (if))))"), Ok(())),
            (format!("{hint} (func)"), outside.clone()),
            (format!("(import \"a\" \"b\" (func {hint}))"), outside.clone()),
            (format!("(global i32 {hint} (i32.const 0))"), outside.clone()),
            (format!("(func) (global i32 {hint} (i32.const 0))"), outside),
            (format!("(func (@{HINT} \"\\02\") (if))"), Err(AnnotationError::Content(HINT, "invalid value"))),
            (format!("(func (@{HINT} \"\\01\\00\") (if))"), Err(AnnotationError::Content(HINT, "invalid value"))),
            (format!("(func (@{HINT}) (if))"), Err(AnnotationError::Content(HINT, "invalid value"))),
        ] {
            assert_eq!(check(&text), expected, "{text}");
        }
    }

    /// Whole annotations become blank, with everything in them except line breaks, and nothing else does.
    #[test]
    fn annotations_are_blanked() {
        for (text, expected) in [
            ("(@x)", Some("    ")),
            ("(a (@x (y)\n\"(\") b)(@z)", Some("(a        \n     b)    ")),
            ("(@x (@y (z)) w) v", Some("                v")),
            ("(a (@x\r\n1)) (@y) b", Some("(a    \r\n  )      b")),
            ("(module)", None),
            ("(@x) (@y", None),
            ("(@x) \"", None),
            ("", None),
        ] {
            assert_eq!(blanked(text).as_deref(), expected, "{text}");
        }
    }
}
