//! The tokens of a text, as far as they matter to code that looks for few of them.

/// The parts of a token that matter here. The lexer of `wast` takes three times as long.
pub enum Token<'a> {
    /// An opening parenthesis.
    Open,
    /// A closing parenthesis.
    Close,
    /// Any sequence that belongs together: a keyword, a name, a number.
    Word(&'a str),
    /// Strings, and characters that cannot be in a word.
    Other,
}

/// Reads the tokens of a text in order. A malformed token also ends the iteration: the parser reports it.
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// Starts at the beginning of a text.
    pub fn new(text: &'a str) -> Scanner<'a> {
        Scanner { text, at: 0 }
    }

    /// Returns the next token, including those of annotations.
    fn token(&mut self) -> Option<(usize, Token<'a>)> {
        let bytes = self.text.as_bytes();
        loop {
            let start = self.at;
            let byte = *bytes.get(start)?;
            self.at += 1;
            let token = match byte {
                b' ' | b'\t' | b'\n' | b'\r' => continue,
                b'(' if bytes.get(self.at) == Some(&b';') => {
                    self.comment()?;
                    continue;
                }
                b'(' => Token::Open,
                b')' => Token::Close,
                b';' if bytes.get(self.at) == Some(&b';') => {
                    self.at += bytes[self.at..].iter().position(|b| matches!(b, b'\n' | b'\r'))?;
                    continue;
                }
                b'"' => {
                    self.string()?;
                    Token::Other
                }
                _ if is_word(byte) => {
                    let rest = &bytes[self.at..];
                    self.at += rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
                    Token::Word(&self.text[start..self.at])
                }
                b'!'..=b'~' => Token::Other,
                _ => return None,
            };
            return Some((start, token));
        }
    }

    /// Skips the rest of a list.
    fn list(&mut self) -> Option<()> {
        let mut depth = 1;
        while depth > 0 {
            match self.token()? {
                (_, Token::Open) => depth += 1,
                (_, Token::Close) => depth -= 1,
                _ => {}
            }
        }
        Some(())
    }

    fn comment(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        self.at += 1;
        let mut depth = 1;
        while depth > 0 {
            match (bytes.get(self.at)?, bytes.get(self.at + 1)) {
                (b'(', Some(b';')) => (self.at, depth) = (self.at + 2, depth + 1),
                (b';', Some(b')')) => (self.at, depth) = (self.at + 2, depth - 1),
                _ => self.at += 1,
            }
        }
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        loop {
            self.at += bytes[self.at..].iter().position(|b| matches!(b, b'"' | b'\\' | b'\n'))? + 1;
            match bytes[self.at - 1] {
                b'"' => return Some(()),
                b'\n' => return None,
                _ => self.at += 1,
            }
            if self.at > bytes.len() {
                return None;
            }
        }
    }
}

/// Tokens and their offsets. An annotation is treated like a space between two tokens.
impl<'a> Iterator for Scanner<'a> {
    type Item = (usize, Token<'a>);

    fn next(&mut self) -> Option<(usize, Token<'a>)> {
        loop {
            match self.token()? {
                (offset, Token::Open) if self.text[offset..].starts_with("(@") => self.list()?,
                token => return Some(token),
            }
        }
    }
}

/// Returns whether a word is a number, or something that scripts expect in its place.
pub fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'))
        || matches!(word, "inf" | "nan")
        || word.starts_with("nan:")
}

fn is_word(byte: u8) -> bool {
    const WORD: [bool; 256] = {
        let mut word = [false; 256];
        let mut byte = b'!';
        while byte <= b'~' {
            word[byte as usize] = !matches!(byte, b'"' | b'(' | b')' | b',' | b';' | b'[' | b']' | b'{' | b'}');
            byte += 1;
        }
        word
    };
    WORD[byte as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        let word = |(offset, token): (usize, Token<'_>)| match token {
            Token::Word(word) => &text[offset..offset + word.len()],
            _ => &text[offset..=offset],
        };
        Scanner::new(text).map(word).collect()
    }

    #[test]
    fn comments_and_annotations_are_as_spaces() {
        assert_eq!(tokens("(a ;; b\n(; (; c ;) ;)1 \"d (\\\" \" $e)"), ["(", "a", "1", "\"", "$e", ")"]);
        assert_eq!(tokens("a (@b) c (@\"d\" (e (@f) \")\") (; ) ;)) g"), ["a", "c", "g"]);
        assert_eq!(tokens("( @b)"), ["(", "@b", ")"]);
        let deep = format!("a {}{} b", "(@c ".repeat(100_000), ")".repeat(100_000));
        assert_eq!(tokens(&deep), ["a", "b"]);
    }

    #[test]
    fn what_is_malformed_ends_the_text() {
        for text in ["a é b", "a \"b", "a (; b", "a (@b é) c", "a (@b", "a (@b \"c) d"] {
            assert_eq!(tokens(text), ["a"], "{text}");
        }
    }
}
