//! Modules in the text format: how a text is prepared for the parser (the crate `wast`), whoever reads it.

pub mod folded_try;
pub mod lexer;
pub mod literals;
pub mod rewrite;
pub mod scanner;

use crate::text::one_line;
pub use lexer::{lexer, tokens};
use rewrite::Rewrite;
use unicode_width::UnicodeWidthChar;
use wast::Wat;
use wast::lexer::TokenKind;
use wast::parser;
use wast::token::Span;

/// The binary of a module without fields.
const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

/// A text in a form that the parser reads correctly. Positions of faults that the parser finds are mapped back to the
/// original text.
#[derive(Debug)]
pub struct Readable<'t> {
    original: &'t str,
    /// The rewrites, each applied to the result of the previous one.
    rewrites: Vec<Rewrite>,
}

impl<'t> Readable<'t> {
    /// Prepares a text that may contain a folded `try`.
    ///
    /// # Errors
    /// If a folded `try` is not well-formed, with its position.
    pub fn new(original: &'t str) -> Result<Readable<'t>, wast::Error> {
        Ok(Readable::after(original, folded_try::unfolded(original)?))
    }

    /// Prepares a text in a language without the older exceptions, where no list begins with the word `try`.
    pub fn without_try(original: &'t str) -> Readable<'t> {
        Readable::after(original, None)
    }

    fn after(original: &'t str, rewrite: Option<Rewrite>) -> Readable<'t> {
        let mut readable = Readable { original, rewrites: rewrite.into_iter().collect() };
        readable.rewrites.extend(literals::readable(readable.text()));
        readable
    }

    /// Returns the original text.
    pub fn original(&self) -> &'t str {
        self.original
    }

    /// Returns the text for the parser.
    pub fn text(&self) -> &str {
        self.rewrites.last().map_or(self.original, Rewrite::text)
    }

    /// Converts an error about the text for the parser into one about the original text.
    pub fn located(&self, error: &wast::Error) -> wast::Error {
        let offset = self.rewrites.iter().rev().fold(error.span().offset(), |offset, rewrite| rewrite.origin(offset));
        let mut located = wast::Error::new(Span::from_offset(offset), error.message());
        located.set_text(self.original);
        located
    }
}

/// Returns the binary of a module in the text format.
///
/// # Errors
/// If the text is not a module, with line and column.
pub fn encode(text: &str) -> Result<Vec<u8>, wast::Error> {
    let readable = Readable::new(text)?;
    let encoded = || -> Result<Vec<u8>, wast::Error> {
        if is_blank(readable.text()) {
            return Ok(empty_module());
        }
        let buffer = tokens(readable.text())?;
        parser::parse::<Wat<'_>>(&buffer)?.encode()
    };
    encoded().map_err(|e| readable.located(&e))
}

/// Renders an error for people, with its line and a mark below its position. The column is 1-based, in bytes.
pub fn shown(error: &wast::Error, file: &str, text: &str) -> String {
    /// The maximum number of bytes before the position: in a longer line, the mark would be lost.
    const MOST: usize = 500;
    let message = one_line(&error.message()).into_owned();
    let (line, column) = error.span().linecol_in(text);
    let place = format!("{file}:{}:{}", line + 1, column + 1);
    if column >= MOST {
        return format!("{message} at {place}");
    }
    let written = text.lines().nth(line).unwrap_or_default();
    let (before, after) = written.split_at(written.floor_char_boundary(column));
    // The text above the mark must take the same number of columns in every terminal.
    let [before, after] = [before, after].map(|part| one_line(&part.replace('\t', "    ")).into_owned());
    // Terminals add up the widths of characters, including those that they draw as one.
    let columns: usize = before.chars().map(|c| c.width().unwrap_or(0)).sum();
    let mark = " ".repeat(columns) + "^";
    format!("{message}\n     --> {place}\n      |\n {:4} | {before}{after}\n      | {mark}", line + 1)
}

/// Returns the binary of a module without fields, which the parser does not accept as a module.
pub fn empty_module() -> Vec<u8> {
    EMPTY.to_vec()
}

/// Returns whether a text consists only of white space and comments: as a module, it has no fields.
pub fn is_blank(text: &str) -> bool {
    lexer(text).iter(0).all(|token| token.is_ok_and(|token| separates(token.kind)))
}

/// Returns whether a text begins like a component.
pub fn is_component(text: &str) -> bool {
    let lexer = lexer(text);
    let mut tokens = lexer.iter(0).map_while(Result::ok).filter(|token| !separates(token.kind));
    tokens.next().is_some_and(|token| token.kind == TokenKind::LParen)
        && tokens.next().is_some_and(|token| token.src(text) == "component")
}

fn separates(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line and column shown refer to the original text, which is also the text shown.
    #[test]
    fn faults_are_in_the_text_that_was_written() {
        for (text, place) in [
            ("(module (func (drop (f32.const 0x1)) (bogus)))", ":1:39"),
            ("(module (func (drop (f32.const 0x1.00000000000000001)) (bogus)))", ":1:57"),
            ("(module\n (func (drop (f64.const 0x1p-99999999999)) (call $bogus)))", ":2:50"),
            ("(module (func (drop (f32.const 0x1.00000101))) \"", ":1:49"),
            ("(func (drop (f32.const 0x1.00000101 0x1.00000101)))", ":1:37"),
            ("(func (try (do (drop (f32.const 0x1.00000101)))) (bogus))", ":1:51"),
            ("(func\n (try (do nop) (do)))", ":2:16"),
            // At the end of the text.
            ("(module (func (drop (f32.const 0x1.0", ":1:37"),
            ("(module (func (drop (f32.const 0x1.00000000000000001", ":1:53"),
        ] {
            let error = encode(text).expect_err(text).to_string();
            assert!(error.contains(place), "{error}");
            assert!(error.contains(text.lines().last().expect("a line")), "{error}");
        }
    }

    /// The mark is below the fault, whatever the width of the characters before it.
    #[test]
    fn the_mark_is_below_the_fault() {
        let shown = |text: &str| super::shown(&encode(text).expect_err(text), "f.wat", text);
        assert_eq!(
            shown("(module\n  (func (bogus)))"),
            "unknown operator or unexpected token\n     --> f.wat:2:10\n      |\n    2 |   (func (bogus)))\n      |          ^"
        );
        for (before, columns) in [
            ("", 0),
            ("\t", 4),
            ("\t\t(func) ;; \n \t", 5),
            ("(; é ;)", 7),
            ("(; 中文 ;)\t", 14),
            ("(; \u{202e} ;)", 14),
            ("(; e\u{301} ;)", 7),
            ("(; \u{ff8a}\u{ff9d} ;)", 8),
            ("(; \u{2705}\u{1f600} ;)", 10),
            // A Hebrew letter with a point.
            ("(; \u{5e9}\u{5b0} ;)", 7),
            // Arabic letters that are drawn as one, and pictures.
            ("(; \u{644}\u{627} ;)", 8),
            ("(; \u{1f468}\u{200d}\u{1f469} ;)", 10),
        ] {
            let text = format!("{before}(bogus)\r\n(func)");
            let shown = shown(&text);
            let lines: Vec<&str> = shown.lines().collect();
            let last = before.lines().last().unwrap_or_default();
            let line = before.lines().count().max(1);
            assert_eq!(lines[1], format!("     --> f.wat:{line}:{}", last.len() + 2), "{shown}");
            assert!(lines[3].ends_with("(bogus)"), "{shown}");
            assert_eq!(lines[4], format!("      | {}^", " ".repeat(columns + 1)), "{shown}");
        }
        // A name that would break the line, and a line that is too long.
        assert!(shown("(func (call $\"a\\nb\"))").contains("`$a\\nb`"));
        let long = format!("{}(bogus)", " ".repeat(600));
        assert_eq!(shown(&long).lines().count(), 1);
    }

    #[test]
    fn modules_are_encoded() {
        for text in ["", " ;; x\n(; y ;)", "(module)"] {
            assert_eq!(encode(text).expect(text), b"\0asm\x01\0\0\0");
        }
        let constant = |bytes: &[u8]| bytes.windows(4).any(|bytes| bytes == 0x3f80_0001_u32.to_le_bytes());
        for text in ["(func (drop (f32.const 0x1.00000101)))", "(func (drop (f32.const (@x) 0x1.00000101)))"] {
            assert!(constant(&encode(text).expect(text)), "{text}");
        }
        let flat = encode("(tag) (func try nop catch 0 catch_all end)").expect("a module");
        for text in [
            "(tag) (func (try (do (nop)) (catch 0) (catch_all)))",
            "(tag) (func (try (@x (try)) (do nop) (; (try ;) (catch 0) (catch_all)))",
        ] {
            assert_eq!(encode(text).expect(text), flat, "{text}");
        }
    }
}
