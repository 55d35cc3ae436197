//! Texts: what changed between two, which names are like a given one, which texts a pattern stands for, which are
//! numbers, how things are counted, and what a terminal may be given.

#[cfg(feature = "harness")]
use imara_diff::{Algorithm, Diff, InternedInput};
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::ops::Range;

/// A run of tokens, lines for instance, from two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// This many are in both.
    Same(usize),
    /// This many are gone.
    Removed(usize),
    /// This many are new.
    Added(usize),
}

/// What may be in front of a text, and is no part of it.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A text without its byte order mark, if it has one: columns of the first line begin behind that.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// As [`without_mark`], of the bytes of what should be a text.
pub fn bytes_without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK.as_bytes()).unwrap_or(bytes)
}

/// Returns the changes that turn one sequence of tokens into another, in order; no run is empty.
///
/// The algorithm is JGit's histogram difference, in linear time.
#[cfg(feature = "harness")]
pub fn changes<'a>(before: impl IntoIterator<Item = &'a str>, after: impl IntoIterator<Item = &'a str>) -> Vec<Change> {
    let mut input = InternedInput::default();
    input.update_before(before.into_iter());
    input.update_after(after.into_iter());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let mut changes = Vec::new();
    let mut push = |kind: fn(usize) -> Change, tokens: Range<u32>| {
        if !tokens.is_empty() {
            changes.push(kind(tokens.len()));
        }
    };
    let mut same_from = 0;
    for hunk in diff.hunks() {
        push(Change::Same, same_from..hunk.before.start);
        same_from = hunk.before.end;
        push(Change::Removed, hunk.before);
        push(Change::Added, hunk.after);
    }
    push(Change::Same, same_from..input.before.len() as u32);
    changes
}

/// Splits a text into words and the spaces between them. Joined, the parts are the text.
pub fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| c.is_whitespace() != first.is_whitespace()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

/// Returns up to `most` of the names that are like `wanted`, the most similar first. A name that contains it comes
/// before one that does not. Case is ignored.
#[cfg(feature = "harness")]
pub fn similar<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    /// The Jaro similarity that names have at least; clap takes the same for its suggestions.
    const SIMILARITY: f64 = 0.7;
    let wanted = wanted.to_lowercase();
    let mut found: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let contains = if !wanted.is_empty() && lower.contains(&wanted) { 1.0 } else { 0.0 };
            (contains + strsim::jaro(&wanted, &lower), name)
        })
        .filter(|(similarity, _)| *similarity > SIMILARITY)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    found.dedup();
    found.into_iter().take(most).map(|(_, name)| name).collect()
}

/// Whether a text with `*` for anything, and `\*` for a star, stands for another text.
pub fn stands_for(pattern: &str, text: &str) -> bool {
    let parts = between_stars(pattern);
    let [first, between @ .., last] = &parts[..] else { return parts[0] == text };
    let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
    // The first place is the best one for every part except the last.
    for part in between {
        let Some(at) = text.find(part.as_str()) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last.as_str())
}

/// What such a text has before, between and behind each `*` that stands for anything.
fn between_stars(pattern: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next_if_eq(&'*').is_some() => part.push('*'),
            '*' => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    parts.push(part);
    parts
}

/// The text that stands for this one alone, as [`stands_for`] reads it.
pub fn escape_stars(text: &str) -> String {
    text.replace('*', "\\*")
}

/// An unsigned decimal number; `None` if the text is not that.
pub fn decimal(text: &str) -> Option<u64> {
    // Rust's own numbers may have a sign.
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A number of things, by their noun in the singular: "1 file", "2 files".
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(n: N, noun: &str) -> String {
    let number = n.to_string();
    format!("{number} {noun}{}", by_number(n, "", "s"))
}

/// The word for one thing, or that for another number of them: "entry" and "entries", "fails" and "fail".
pub fn by_number<'a, N: PartialEq + From<u8>>(n: N, one: &'a str, many: &'a str) -> &'a str {
    if n == N::from(1) { one } else { many }
}

/// Returns a text as a part of one line: also the ends of lines and tabs are written as `\n` and `\t`. It is for messages
/// that may have names in them, of whose texts nothing else is known. (A name alone is written by `escape_debug`.)
pub fn one_line(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| c.is_control() || reorders(c);
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' | '\r' => out.extend(c.escape_default()),
            c if harmful(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Returns a text that cannot control a terminal: names in modules and scripts are anybody's. Control characters other
/// than the ends of lines and tabs, and characters that reorder others, are written as `\u{1b}`; styles stay.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\t') || reorders(c);
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(harmful) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut chars = rest.chars();
        match style(rest) {
            Some(style) => {
                out.push_str(style);
                rest = &rest[style.len()..];
            }
            None => {
                out.extend(chars.next().into_iter().flat_map(char::escape_unicode));
                rest = chars.as_str();
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// An error of the system, without the path of a temporary file, which `tempfile` puts behind it: nobody has named that file.
pub fn reason(e: &io::Error) -> String {
    let text = e.to_string();
    match text.rsplit_once(" at path ") {
        Some((reason, _)) if e.raw_os_error().is_none() => reason.to_string(),
        _ => text,
    }
}

/// Whether a character changes the direction in which others are shown. (Unicode, property `Bidi_Control`.)
fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The escape sequence that a text begins with, if it is bold, faint, italic, underlined, a colour of the letters, or the
/// end of these. (ECMA-48, "Select graphic rendition".)
fn style(text: &str) -> Option<&str> {
    let numbers = text.strip_prefix("\x1b[")?;
    let numbers = &numbers[..numbers.find(|c: char| !c.is_ascii_digit() && c != ';')?];
    let known =
        |n: &str| matches!(n, "" | "0" | "1" | "2" | "3" | "4") || matches!(n.parse(), Ok(30u8..=37 | 39 | 90..=97));
    let end = "\x1b[".len() + numbers.len();
    (text[end..].starts_with('m') && numbers.split(';').all(known)).then(|| &text[..end + "m".len()])
}

#[cfg(test)]
mod tests {
    use super::Change::*;
    use super::*;

    #[test]
    fn numbers_have_digits_and_no_signs() {
        assert_eq!(["0", "42", "18446744073709551615"].map(decimal), [Some(0), Some(42), Some(u64::MAX)]);
        assert_eq!(["", "+42", "-1", " 1", "18446744073709551616"].map(decimal), [None; 5]);
    }

    #[test]
    fn one_thing_is_not_many() {
        assert_eq!([0u64, 1, 2].map(|n| counted(n, "file")), ["0 files", "1 file", "2 files"]);
        assert_eq!([0usize, 1, 11].map(|n| by_number(n, "fails", "fail")), ["fail", "fails", "fail"]);
    }

    /// Styles, too: a name has none.
    #[test]
    fn a_part_of_a_line_ends_none() {
        for text in ["", "a b", "é 中"] {
            assert_eq!(one_line(text), text);
        }
        assert_eq!(one_line("a\nb\tc\r\x1b[1m\u{202e}\u{9b}"), r"a\nb\tc\r\u{1b}[1m\u{202e}\u{9b}");
    }

    #[test]
    fn temporary_files_have_no_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("missing");
        let plain = std::fs::File::create(missing.join("x")).expect_err("no folder");
        let wrapped = tempfile::tempfile_in(&missing).err();
        let named = tempfile::NamedTempFile::new_in(&missing).expect_err("no folder");
        assert!(named.to_string().contains("missing"), "{named}");
        for e in [Some(named), wrapped].iter().flatten() {
            assert_eq!(reason(e), plain.to_string());
        }
        assert_eq!(reason(&plain), plain.to_string());
        assert_eq!(reason(&io::Error::other("x")), "x");
    }

    #[test]
    fn a_changed_line_is_removed_and_added() {
        let changes = changes(["a", "b", "c", "d"], ["a", "x", "c", "d", "e"]);
        assert_eq!(changes, [Same(1), Removed(1), Added(1), Same(2), Added(1)]);
    }

    #[test]
    fn empty_and_equal_texts() {
        assert_eq!(changes([], []), []);
        assert_eq!(changes(["a"], ["a"]), [Same(1)]);
        assert_eq!(changes([], ["a", "b"]), [Added(2)]);
        assert_eq!(changes(["a", "b"], []), [Removed(2)]);
    }

    #[test]
    fn changes_lead_from_one_text_to_the_other() {
        for (before, after) in [("abcdef", "abXdeY"), ("aabbaa", "abab"), ("xaxbxc", "cxbxax"), ("ab", "ba")] {
            let letters = |text: &'static str| -> Vec<&str> { text.split("").filter(|s| !s.is_empty()).collect() };
            let (before, after) = (letters(before), letters(after));
            let (mut old, mut made) = (0, Vec::new());
            for change in changes(before.iter().copied(), after.iter().copied()) {
                match change {
                    Same(n) => {
                        made.extend_from_slice(&before[old..old + n]);
                        old += n;
                    }
                    Removed(n) => old += n,
                    Added(n) => made.extend_from_slice(&after[made.len()..made.len() + n]),
                }
            }
            assert_eq!((old, made), (before.len(), after));
        }
    }

    #[test]
    fn words_and_spaces() {
        assert_eq!(words("a  bc\n d"), ["a", "  ", "bc", "\n ", "d"]);
        assert_eq!(words(""), [""; 0]);
        assert_eq!(words(" é"), [" ", "é"]);
    }

    #[test]
    fn similar_names_come_first() {
        let names = ["exceptions", "memory64", "gc", "memory", "Memories"];
        assert_eq!(similar("exceptionz", names, 3), ["exceptions"]);
        assert_eq!(similar("memory", names, 2), ["memory", "memory64"]);
        assert_eq!(similar("MEMORIE", names, 1), ["Memories"]);
        assert_eq!(similar("qqq", names, 3), [""; 0]);
    }

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, right) in [
            ("a*", "ab", true),
            ("a*", "a", true),
            ("*b", "ab", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("a*ba", "aba", true),
            ("ab*ba", "aba", false),
            ("a", "ab", false),
            ("[i32 *]", "[i32 1]", true),
            ("*a*", "bab", true),
            ("*aa", "aaa", true),
            ("", "", true),
            ("", "a", false),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            (r"a\**", "a*b", true),
            (r"*\*b", "aa*b", true),
            (r"a\b", r"a\b", true),
        ] {
            assert_eq!(stands_for(pattern, text), right, "{pattern} and {text}");
        }
    }

    #[test]
    fn what_is_escaped_stands_for_itself_alone() {
        for text in ["", "*", "a*b", "**", r"\*", r"\\*\", r"a\b"] {
            let escaped = escape_stars(text);
            assert!(stands_for(&escaped, text), "{escaped} and {text}");
            assert!(!stands_for(&escaped, &text.replace('*', "x")) || !text.contains('*'), "{escaped}");
        }
    }

    #[test]
    fn terminals_are_not_controlled() {
        for text in ["", "a\tb\n", "été 中 \u{1f600}", "\x1b[1m\x1b[31merror\x1b[0m: x", "\x1b[m", "\x1b[1;92m"] {
            assert_eq!(harmless(text), text);
        }
        for (text, shown) in [
            ("a\x1b]0;title\x07b", "a\\u{1b}]0;title\\u{7}b"),
            ("\x1b[2J\x1b[8m\x1b[38;5;1m", "\\u{1b}[2J\\u{1b}[8m\\u{1b}[38;5;1m"),
            ("\x1b", "\\u{1b}"),
            ("\x1b[", "\\u{1b}["),
            ("\x1b[1é", "\\u{1b}[1é"),
            ("a\rb\u{9b}31m\u{7f}", "a\\u{d}b\\u{9b}31m\\u{7f}"),
            ("\u{202e}abc", "\\u{202e}abc"),
        ] {
            assert_eq!(harmless(text), shown);
        }
        // All of `Bidi_Control`.
        for c in
            "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".chars()
        {
            assert_eq!(harmless(&format!("a{c}b")), format!("a{}b", c.escape_unicode()));
        }
    }
}
