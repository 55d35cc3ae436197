//! One backend working through a script: its store ([`session`]) and its names ([`names`]), the threads that the script starts,
//! the clock that interrupts it, and the faults that tests inject into it.

pub mod fault_injection;
pub mod names;
pub mod session;
pub mod threads;
pub mod timeout;
