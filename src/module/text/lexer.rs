//! The tokens of texts, as `wast` reads them.

use wast::lexer::Lexer;
use wast::parser::ParseBuffer;

/// Returns the lexer of a text. Characters that change the text direction are treated like any others.
pub fn lexer(text: &str) -> Lexer<'_> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    lexer
}

/// Returns the tokens of a text, for the parser.
///
/// # Errors
/// If a token is malformed.
pub fn tokens(text: &str) -> Result<ParseBuffer<'_>, wast::Error> {
    ParseBuffer::new_with_lexer(lexer(text))
}
