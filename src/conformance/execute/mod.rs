//! One backend that works through a script: its store and its names ([`session`]), the threads that the script starts,
//! the clock that interrupts it, and the faults that tests inject into it.

pub mod fault_injection;
pub mod session;
pub mod threads;
pub mod timeout;
