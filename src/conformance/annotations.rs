//! Where annotations of the text format may stand, and what is in them: `@custom`, `@name`,
//! `@metadata.code.branch_hint`. A text parser takes misplaced ones for comments, which is right; scripts can ask.

use wast::lexer::{Lexer, TokenKind};

/// A piece of text: a parenthesis with what is in it, or a token.
enum Item<'a> {
    List(Vec<Item<'a>>),
    Annotation(&'a str),
    Id,
    Keyword(&'a str),
    String(Vec<u8>),
    Other,
}

const HINT: &str = "metadata.code.branch_hint";

/// Checks a module's annotations. Text that does not lex, or whose parentheses do not match, is none of its business.
///
/// # Errors
/// In the words of the specification's scripts.
pub fn check(text: &str) -> Result<(), String> {
    let Some(items) = read(text) else { return Ok(()) };
    let explicit = items.iter().find_map(|item| match item {
        Item::List(inside) if head(inside) == Some("module") => Some(inside),
        _ => None,
    });
    match explicit {
        Some(inside) => check_in(inside, &Place { fields: true, function: false }),
        None => check_in(&items, &Place { fields: true, function: false }),
    }
}

/// Reads a text into items; `None` if it is broken.
fn read(text: &str) -> Option<Vec<Item<'_>>> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let mut open: Vec<Vec<Item<'_>>> = vec![Vec::new()];
    for token in lexer.iter(0) {
        let token = token.ok()?;
        let item = match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => continue,
            TokenKind::LParen => {
                open.push(Vec::new());
                continue;
            }
            TokenKind::RParen => {
                let list = open.pop()?;
                open.last_mut()?.push(Item::List(list));
                continue;
            }
            TokenKind::Annotation => Item::Annotation(token.src(text).strip_prefix('@')?),
            TokenKind::Id => Item::Id,
            TokenKind::Keyword => Item::Keyword(token.src(text)),
            TokenKind::String => Item::String(token.string(text).into_owned()),
            _ => Item::Other,
        };
        open.last_mut()?.push(item);
    }
    let items = open.pop()?;
    open.is_empty().then_some(items)
}

/// The text with spaces in place of its annotations, or `None` if it has none or is broken. Lines are kept.
pub fn blanked(text: &str) -> Option<String> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let mut out = text.as_bytes().to_vec();
    // Offset of the last token, where it is a parenthesis; that of the annotation under way, and how deep it is.
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

/// The name of an annotation, if the item is one, and what is in it.
fn annotation<'i, 'a>(item: &'i Item<'a>) -> Option<(&'a str, &'i [Item<'a>])> {
    match item {
        Item::List(items) => match items.split_first()? {
            (Item::Annotation(name), rest) => Some((name, rest)),
            _ => None,
        },
        _ => None,
    }
}

/// Where a list stands.
struct Place {
    /// Its items are fields of a module.
    fields: bool,
    /// It is in a function.
    function: bool,
}

fn check_in(items: &[Item<'_>], place: &Place) -> Result<(), String> {
    for (i, item) in items.iter().enumerate() {
        match annotation(item) {
            Some(("custom", inside)) if place.fields => check_custom(inside)?,
            Some(("custom", _)) => return Err("misplaced @custom annotation".into()),
            Some(("name", inside)) => check_name(inside, &items[..i], place)?,
            Some((HINT, inside)) => check_hint(inside, &items[..i], place)?,
            // Whatever is in there is nobody's.
            Some(_) => {}
            None => {
                if let Item::List(inside) = item {
                    let function = place.function || place.fields && head(inside) == Some("func");
                    check_in(inside, &Place { fields: false, function })?;
                }
            }
        }
    }
    Ok(())
}

/// A section's name, perhaps a place for it, then its contents.
fn check_custom(inside: &[Item<'_>]) -> Result<(), String> {
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
    let error = |what: &str| Err(format!("@custom annotation: {what}"));
    let Some((Item::String(name), rest)) = inside.split_first() else { return error("missing section name") };
    if std::str::from_utf8(name).is_err() {
        return error("malformed UTF-8 encoding");
    }
    let rest = match rest.split_first() {
        Some((Item::List(items), rest)) => {
            let end = match head(items) {
                Some("before") => "first",
                Some("after") => "last",
                _ => return error("malformed placement"),
            };
            match items[1..] {
                [Item::Keyword(kind)] if kind == end || KINDS.contains(&kind) => rest,
                _ => return error("malformed section kind"),
            }
        }
        _ => rest,
    };
    if rest.iter().all(|item| matches!(item, Item::String(_))) { Ok(()) } else { error("unexpected token") }
}

/// A name stands where an identifier stands, or would stand, that is being bound.
fn check_name(inside: &[Item<'_>], before: &[Item<'_>], place: &Place) -> Result<(), String> {
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
        [.., last] if place.fields && annotation(last).is_some_and(|(name, _)| name == "name") => {
            return Err("@name annotation: multiple module".into());
        }
        _ => "",
    };
    if !BINDING.contains(&word) {
        return Err("misplaced @name annotation".into());
    }
    match inside {
        [Item::String(name)] if std::str::from_utf8(name).is_ok() => Ok(()),
        [Item::String(_)] => Err("@name annotation: malformed UTF-8 encoding".into()),
        _ => Err("@name annotation: unexpected token".into()),
    }
}

/// A hint stands before an instruction of a function, one at most before each.
fn check_hint(inside: &[Item<'_>], before: &[Item<'_>], place: &Place) -> Result<(), String> {
    let error = |what: &str| Err(format!("@{HINT} annotation: {what}"));
    if !place.function {
        return error("not in a function");
    }
    if before.last().and_then(annotation).is_some_and(|(name, _)| name == HINT) {
        return error("duplicate annotation");
    }
    match inside {
        [Item::String(value)] if matches!(value[..], [0 | 1]) => Ok(()),
        _ => error("invalid value"),
    }
}
