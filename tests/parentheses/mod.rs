//! Counts the directives of a script without its parser.

/// Counts top-level groups, that is parentheses outside comments and strings. A file that is a single inline module (fields
/// without an enclosing `module`) counts as one.
pub fn count(text: &str) -> usize {
    let mut chars = text.chars().peekable();
    let (mut depth, mut groups, mut head) = (0usize, 0usize, None::<String>);
    while let Some(c) = chars.next() {
        match c {
            ';' if chars.peek() == Some(&';') => {
                // A line ends with either character, as in the lexer.
                for c in chars.by_ref() {
                    if c == '\n' || c == '\r' {
                        break;
                    }
                }
            }
            '(' if chars.peek() == Some(&';') => {
                chars.next();
                let mut nesting = 1;
                while nesting > 0 {
                    match (chars.next().expect("block comments end"), chars.peek()) {
                        ('(', Some(';')) => {
                            chars.next();
                            nesting += 1;
                        }
                        (';', Some(')')) => {
                            chars.next();
                            nesting -= 1;
                        }
                        _ => {}
                    }
                }
            }
            '"' => loop {
                match chars.next().expect("strings end") {
                    '\\' => {
                        chars.next();
                    }
                    '"' => break,
                    _ => {}
                }
            },
            '(' => {
                if depth == 0 && chars.peek() != Some(&'@') {
                    groups += 1;
                }
                depth += 1;
            }
            ')' => depth -= 1,
            // The first word of the first group, whether or not comments precede it.
            c if depth == 1 && head.is_none() && c.is_ascii_alphabetic() => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                head = Some(word);
            }
            _ => {}
        }
    }
    let directives = ["module", "component", "register", "invoke", "thread", "wait"];
    let inline = head.is_some_and(|h| !h.starts_with("assert_") && !directives.contains(&h.as_str()));
    if inline { 1 } else { groups }
}
