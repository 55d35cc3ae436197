//! How frames lie in memory.
//!
//! Frames lie in the value area of the stack, in 64-bit slots, and overlap: the arguments that a caller leaves at the
//! top of its operand stack *are* the first locals of the callee, and results come back in the same place. The frame
//! pointer is in the middle:
//!
//! ```text
//!   fp[-locals] … fp[-1]   locals, parameters first
//!   fp[0]                  return address in the caller's code
//!   fp[1]                  the caller's frame pointer
//!   fp[2]                  this frame's context
//!   fp[3]                  this frame's code; null in the root frame of an activation
//!   fp[4] …                operand stack, by height
//!   fp[extent - 4] …       room for the header that publishes this frame
//! ```
//!
//! Before anything that may re-enter, collect or walk the stack, the running frame is *published*: a header like that
//! of a callee is written above it, `VMActivation::frame` points to that header and `VMStack::values_top` behind it.

/// Slots of a frame header.
pub const HEADER: usize = 4;
