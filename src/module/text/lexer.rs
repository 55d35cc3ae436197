//! The tokens of texts, as `wast` reads them.

use wast::lexer::Lexer;
use wast::parser::ParseBuffer;

/// The lexer of a text. Characters that change the direction of text are characters like others.
pub fn lexer(text: &str) -> Lexer<'_> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    lexer
}

/// The tokens of a text, for the parser.
///
/// # Errors
/// At a malformed token.
pub fn tokens(text: &str) -> Result<ParseBuffer<'_>, wast::Error> {
    ParseBuffer::new_with_lexer(lexer(text))
}
