//! Texts of rejections as the specification words them.

use crate::module::Phase;

/// The specification's text for what wasmparser says.
pub fn spec_message(_phase: Phase, message: &str) -> String {
    message.to_string()
}

/// The specification's text for what the text format's parser says.
pub fn text_parse_error(message: &str) -> String {
    message.to_string()
}

/// Phase and text of what the text format's encoder says, if it is one of the known rejections.
pub fn text_encode_error(_message: &str) -> Option<(Phase, String)> {
    None
}
