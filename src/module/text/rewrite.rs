//! Texts that are rewritten in places, with the origin of each part in the original.

use std::ops::Range;

/// A text that was rewritten in places.
#[derive(Debug)]
pub struct Rewrite {
    text: String,
    parts: Vec<Part>,
}

/// A part of the new text; it ends where the next one begins.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: usize,
    /// The offset in the original.
    origin: usize,
    /// Whether the part equals the original byte for byte. Otherwise all of it comes from the position `origin`.
    copied: bool,
}

impl Rewrite {
    /// The new text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the offset in the original of what is at an offset in the new text.
    pub fn origin(&self, offset: usize) -> usize {
        let after = self.parts.partition_point(|part| part.start <= offset);
        match after.checked_sub(1).map(|at| self.parts[at]) {
            Some(part) if part.copied => part.origin + (offset - part.start),
            Some(part) => part.origin,
            None => offset,
        }
    }
}

/// Rewrites a text from beginning to end.
pub struct Rewriter<'t> {
    original: &'t str,
    /// The number of bytes of the original that have been copied or replaced.
    read: usize,
    text: String,
    parts: Vec<Part>,
}

impl<'t> Rewriter<'t> {
    /// Starts at the beginning of a text.
    pub fn new(original: &'t str) -> Rewriter<'t> {
        Rewriter { original, read: 0, text: String::with_capacity(original.len() + 64), parts: Vec::new() }
    }

    /// Copies the original up to an offset.
    pub fn copy(&mut self, until: usize) {
        self.insert_copy(self.read..until);
        self.read = until;
    }

    /// Writes something else instead of the original up to an offset.
    pub fn replace(&mut self, until: usize, by: &str) {
        self.insert(by, self.read);
        self.read = until;
    }

    /// Inserts text that is not in the original. A fault in it is reported at the offset `origin` of the original.
    pub fn insert(&mut self, text: &str, origin: usize) {
        self.part(origin, false);
        self.text.push_str(text);
    }

    /// Inserts a copy of another part of the original.
    pub fn insert_copy(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.part(range.start, true);
            self.text.push_str(&self.original[range]);
        }
    }

    fn part(&mut self, origin: usize, copied: bool) {
        let start = self.text.len();
        let continues = |last: &Part| copied && last.copied && last.origin + (start - last.start) == origin;
        if !self.parts.last().is_some_and(continues) {
            self.parts.push(Part { start, origin, copied });
        }
    }

    /// Copies the rest.
    pub fn finish(mut self) -> Rewrite {
        let end = self.original.len();
        self.copy(end);
        // What is missing after the last part is missing at the end, not where that part comes from.
        self.part(end, true);
        Rewrite { text: self.text, parts: self.parts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_knows_its_origin() {
        let mut writer = Rewriter::new("abc def ghi");
        writer.copy(2);
        writer.copy(4);
        writer.replace(7, "DEFDEF");
        writer.insert("+", 9);
        writer.insert_copy(1..3);
        writer.copy(8);
        let rewrite = writer.finish();
        assert_eq!(rewrite.text(), "abc DEFDEF+bc ghi");
        let origins: Vec<usize> = (0..=rewrite.text().len()).map(|offset| rewrite.origin(offset)).collect();
        assert_eq!(origins, [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 9, 1, 2, 7, 8, 9, 10, 11]);
        assert_eq!(rewrite.parts.len(), 5, "{:?}", rewrite.parts);
    }

    #[test]
    fn the_end_is_where_the_original_ends() {
        let mut writer = Rewriter::new("ab");
        writer.replace(1, "xyz");
        let rewrite = writer.finish();
        assert_eq!((rewrite.text(), rewrite.origin(4)), ("xyzb", 2));
        assert_eq!(Rewriter::new("").finish().origin(0), 0);
        let mut writer = Rewriter::new("abc");
        writer.copy(1);
        writer.replace(3, "wxyz");
        let rewrite = writer.finish();
        let origins: Vec<usize> = (0..=rewrite.text().len()).map(|offset| rewrite.origin(offset)).collect();
        assert_eq!((rewrite.text(), origins), ("awxyz", vec![0, 1, 1, 1, 1, 3]));
    }
}
