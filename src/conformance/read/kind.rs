//! Determines the kind of an input from its contents, whatever its name, and the command that accepts it.

use crate::engine::compiled_file::is_compiled;
use crate::module::text::is_blank;
use crate::module::text::scanner::{Scanner, Token};
use crate::text::{BYTE_ORDER_MARK, without_mark};
use std::fmt;

/// The kind of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// It has no bytes.
    Empty,
    /// A binary module, or something that begins like one.
    Binary,
    /// A component, as a binary or a text.
    Component,
    /// The output of `wasmoon compile`.
    Compiled,
    /// The text of a script.
    Script,
    /// Another text made of lists: that of a module, if it is correct.
    Text,
    /// None of these.
    Unknown,
}

impl InputKind {
    /// The kind of bytes that cannot begin a text; `None` if they may be text.
    pub fn of_binary(bytes: &[u8]) -> Option<InputKind> {
        if is_compiled(bytes) {
            return Some(InputKind::Compiled);
        }
        if !bytes.starts_with(b"\0asm") {
            return None;
        }
        // The version of the component model has a layer, which is 1; that of modules is 0.
        Some(if bytes.get(6..8) == Some(&[1, 0]) { InputKind::Component } else { InputKind::Binary })
    }

    /// The kind of these bytes. A text is scanned as far as needed, which may take a while.
    pub fn of(bytes: &[u8]) -> InputKind {
        if bytes.is_empty() {
            return InputKind::Empty;
        }
        if let Some(kind) = InputKind::of_binary(bytes) {
            return kind;
        }
        utf8(bytes).map_or(InputKind::Unknown, InputKind::of_text)
    }

    fn of_text(text: &str) -> InputKind {
        let (mut depth, mut lists, mut begins_list) = (0u32, 0, false);
        for (_, token) in Scanner::new(text) {
            // The first word of a top-level list.
            if depth == 1 && begins_list {
                match token {
                    Token::Word("component") if lists == 1 => return InputKind::Component,
                    Token::Word("register" | "invoke" | "get" | "thread" | "wait") => return InputKind::Script,
                    Token::Word(word) if word.starts_with("assert_") => return InputKind::Script,
                    Token::Word("module") if lists > 1 => return InputKind::Script,
                    _ => {}
                }
            }
            begins_list = matches!(token, Token::Open);
            match token {
                Token::Open => {
                    lists += u32::from(depth == 0);
                    depth += 1;
                }
                Token::Close => depth = depth.saturating_sub(1),
                Token::Word(_) | Token::Other if lists == 0 => return InputKind::Unknown,
                Token::Word(_) | Token::Other => {}
            }
        }
        if lists > 0 || is_blank(text) { InputKind::Text } else { InputKind::Unknown }
    }
}

/// The input that a command accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedInput {
    /// A binary module.
    Binary,
    /// A binary module, because the name ends in `.wasm`; otherwise text would be accepted, too.
    BinaryByName,
    /// The text of a module.
    Text,
    /// A script.
    Script,
}

/// The error for an input of a different kind than the command accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongKind {
    /// The kind that it is.
    pub found: InputKind,
    /// The kind that it should be.
    pub wanted: WantedInput,
}

impl fmt::Display for WrongKind {
    /// Writes what it is, what it should be, and which command accepts it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use {InputKind as Is, WantedInput as Wanted};
        f.write_str(match (self.found, self.wanted) {
            (Is::Component, _) => "a component, not a module; the component model is not supported",
            (Is::Compiled, _) => "compiled code, which only `wasmoon run` accepts",
            (Is::Script, _) => {
                "a script, not a module; use `wasmoon test`, or `bisect` or `reduce` if its name ends in .wast"
            }
            (Is::Binary, Wanted::Script) => "a binary module, not a script; use `wasmoon run`",
            (Is::Binary, _) => "a binary module, not the text of one; use `wasmoon wasm2wat` to print it as text",
            (Is::Text, Wanted::BinaryByName) => {
                "text in a file named like a binary module; rename it to .wat, or translate it with `wasmoon wat2wasm`"
            }
            (Is::Text, _) => "text, not a binary module; translate it with `wasmoon wat2wasm`",
            (Is::Empty, _) => "empty; expected a binary module, which begins with \\0asm",
            (Is::Unknown, _) => "not a binary module, which begins with \\0asm",
        })
    }
}

impl std::error::Error for WrongKind {}

/// The first byte that is not UTF-8 in what should be text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not UTF-8: byte {byte:#04x} on line {line}, at offset {offset}")]
pub struct NotUtf8 {
    /// The byte itself.
    pub byte: u8,
    /// The 1-based line.
    pub line: u32,
    /// The 1-based column, in bytes, not counting a byte order mark.
    pub column: u32,
    /// The offset from the beginning of the file, in bytes.
    pub offset: usize,
}

/// Why an input is not the text that a command accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// It is something else.
    #[error(transparent)]
    Kind(#[from] WrongKind),
    /// It is not UTF-8.
    #[error(transparent)]
    Utf8(#[from] NotUtf8),
}

/// Bytes as text, without a byte order mark.
///
/// # Errors
/// They are not UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str, NotUtf8> {
    std::str::from_utf8(bytes).map(without_mark).map_err(|e| {
        let offset = e.valid_up_to();
        let before = &bytes[..offset];
        let text_start = if before.starts_with(BYTE_ORDER_MARK.as_bytes()) { BYTE_ORDER_MARK.len() } else { 0 };
        let line_start = before.iter().rposition(|b| *b == b'\n').map_or(text_start, |end| end + 1);
        let line = before.iter().filter(|b| **b == b'\n').count() as u32 + 1;
        NotUtf8 { byte: bytes[offset], line, column: (offset - line_start) as u32 + 1, offset }
    })
}

/// The text of a module or a script, without a byte order mark. It is not parsed.
///
/// # Errors
/// It is a binary, or not UTF-8.
pub fn text(bytes: &[u8], wanted: WantedInput) -> Result<&str, NotText> {
    match InputKind::of_binary(bytes) {
        Some(found) => Err(WrongKind { found, wanted }.into()),
        None => Ok(utf8(bytes)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_known_by_their_contents() {
        for (bytes, kind) in [
            (&b""[..], InputKind::Empty),
            (b"\0asm", InputKind::Binary),
            (b"\0asm\x01\0\0\0", InputKind::Binary),
            (b"\0asm\x02\0\0\0", InputKind::Binary),
            (b"\0asm\x0d\0\x01\0", InputKind::Component),
            (b" ;; x\n(component)", InputKind::Component),
            (b" \n", InputKind::Text),
            (b";; x", InputKind::Text),
            (b"(module)", InputKind::Text),
            (b"\xef\xbb\xbf(module)", InputKind::Text),
            (b"\xef\xbb\xbf", InputKind::Text),
            (b"\xef\xbb\xbf;; x\n(module) (module)", InputKind::Script),
            (b"\xef\xbb\xbf\xef\xbb\xbf(module)", InputKind::Unknown),
            (b"(func (export \"get\")) (memory 1)", InputKind::Text),
            (b"(module (func $invoke (call $invoke)))", InputKind::Text),
            (b"(module (func (bogus", InputKind::Text),
            (b"(module (component))", InputKind::Text),
            (b"(module) (module)", InputKind::Script),
            (b"(module) (@a (b)) (; c ;) (assert_return (invoke \"f\"))", InputKind::Script),
            (b"(module (bogus)) (register \"m\")", InputKind::Script),
            (b"(assert_invalid (module) \"\")", InputKind::Script),
            (b"\0as", InputKind::Unknown),
            (b"hello", InputKind::Unknown),
            (b"{\"a\": 1}", InputKind::Unknown),
            (b"(\xff)", InputKind::Unknown),
        ] {
            assert_eq!(InputKind::of(bytes), kind, "{}", String::from_utf8_lossy(bytes));
        }
        let compiled = b"\0wasmoon";
        assert_eq!(InputKind::of_binary(compiled).is_some(), is_compiled(compiled));
    }

    #[test]
    fn the_first_wrong_byte_has_a_place() {
        for (bytes, place) in [
            (&b"\xff"[..], (0xff, 1, 1, 0)),
            (b"ab\xc3", (0xc3, 1, 3, 2)),
            (b"\n\n a\xc3\xa9\x80\n\xff", (0x80, 3, 5, 6)),
            (b"\xef\xbb\xbfa\xff", (0xff, 1, 2, 4)),
            (b"\xef\xbb\xbf\na\xff", (0xff, 2, 2, 5)),
            (b"\xef\xbb", (0xef, 1, 1, 0)),
        ] {
            let e = utf8(bytes).expect_err("not UTF-8");
            assert_eq!((e.byte, e.line, e.column, e.offset), place);
        }
        assert_eq!(utf8(b"a\xc3\xa9"), Ok("a\u{e9}"));
        assert_eq!(utf8(b"\xef\xbb\xbfa"), Ok("a"));
        assert_eq!(text(b"\xef\xbb\xbf(module)", WantedInput::Script), Ok("(module)"));
    }
}
