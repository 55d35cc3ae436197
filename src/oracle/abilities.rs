//! The abilities of an engine, as far as our modules depend on them.

/// Features that a probe may use.
#[derive(Clone, Copy, Debug, Default)]
pub struct Abilities {
    /// `try_table`
    pub exceptions: bool,
    /// `ref.i31`, `extern.convert_any`, `ref.test`.
    pub gc: bool,
    /// Instance 0: host references, by number.
    pub host: bool,
}

/// `(module (func try_table (catch_all 0) end) (tag))`
pub const TRY_TABLE: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0d\x03\x01\0\0\
    \x0a\x0a\x01\x08\0\x1f\x40\x01\x02\0\x0b\x0b";
/// `(module (func i32.const 0 ref.i31 extern.convert_any drop))`
pub const CONVERT: &[u8] =
    b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x0b\x01\x09\0\x41\0\xfb\x1c\xfb\x1b\x1a\x0b";
