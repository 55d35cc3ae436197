//! Compiles the functions of a module on several threads.

use super::backend::Generator;
use super::code::FunctionCode;
use crate::config::Config;
use crate::module::BodyIndex;
use crate::runtime::compile_error::CompileError;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, ScopedJoinHandle};

/// The number of bytes of bodies that justify another thread: they take about a millisecond to compile.
const BYTES_PER_THREAD: usize = 4 << 10;
/// The native stack size of a compiling thread, in bytes.
const STACK_BYTES: usize = 8 << 20;

/// A body and its size in bytes.
pub(super) type Sized = (BodyIndex, usize);

/// Returns how many additional threads are useful for these bodies, within the number that the configuration allows.
pub(super) fn useful(config: &Config, bodies: &[Sized]) -> usize {
    let bytes = bodies.iter().map(|body| body.1).sum::<usize>();
    let most = (bytes / BYTES_PER_THREAD).min(bodies.len().saturating_sub(1));
    if most == 0 { 0 } else { most.min(config.threads_to_compile().into()) }
}

/// Compiles all bodies on this thread and `threads` others; the results are in the order of the bodies. Each thread has
/// its own generator.
///
/// # Errors
/// The error of the first body that fails.
///
/// # Panics
/// If compiling a body panics.
pub(super) fn compile(
    bodies: &[Sized],
    threads: usize,
    generator: &(dyn Fn() -> Result<Box<dyn Generator>, CompileError> + Sync),
    function: &(dyn Fn(&mut dyn Generator, BodyIndex) -> Result<FunctionCode, CompileError> + Sync),
) -> Result<Vec<FunctionCode>, CompileError> {
    // Large bodies first, so that no thread is left with one at the end.
    let mut order: Vec<usize> = (0..bodies.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(bodies[i].1));
    let results: Vec<Mutex<Option<FunctionCode>>> = bodies.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let first_error: Mutex<Option<(usize, CompileError)>> = Mutex::new(None);
    let work = || {
        let mut own = None;
        while let Some(&i) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            // Results after an error are not needed.
            if first_error.lock().as_ref().is_some_and(|&(at, _)| at < i) {
                continue;
            }
            let compiled = match &mut own {
                Some(own) => Ok(own),
                None => generator().map(|made| own.insert(made)),
            };
            match compiled.and_then(|own| function(&mut **own, bodies[i].0)) {
                Ok(code) => *results[i].lock() = Some(code),
                Err(error) => {
                    let mut first = first_error.lock();
                    if first.as_ref().is_none_or(|&(at, _)| i < at) {
                        *first = Some((i, error));
                    }
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let start = |_| Builder::new().name("compiler".into()).stack_size(STACK_BYTES).spawn_scoped(scope, work);
        // If a thread cannot be started, the others do its work.
        let others: Vec<ScopedJoinHandle<'_, ()>> = (0..threads).map_while(|i| start(i).ok()).collect();
        work();
        for other in others {
            other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    match first_error.into_inner() {
        Some((_, error)) => Err(error),
        None => Ok(results.into_iter().map(|code| code.into_inner().expect("compiled")).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There is one thread for each 4 KiB of bodies beyond the first, up to the number that the configuration allows.
    #[test]
    fn another_thread_pays_for_so_many_bytes() {
        for (bytes, count, granted, expected) in [
            (0, 0, 8, 0),
            (100_000, 1, 8, 0),
            (4095, 100, 8, 0),
            (4096, 100, 8, 1),
            (4096, 2, 8, 1),
            (4096, 100, 0, 0),
            (8191, 100, 8, 1),
            (8192, 100, 8, 2),
            (8192, 100, 1, 1),
            (100_000, 2, 8, 1),
            (100_000, 3, 8, 2),
            (100_000, 100, 8, 8),
            (40 << 10, 100, 200, 10),
        ] {
            let bodies: Vec<Sized> = (0..count)
                .map(|i| (BodyIndex(i), bytes / count as usize + usize::from(i == 0) * (bytes % count as usize)))
                .collect();
            assert_eq!(bodies.iter().map(|body| body.1).sum::<usize>(), bytes);
            let config = Config { compile_threads: Some(granted), ..Config::default() };
            assert_eq!(useful(&config, &bodies), expected, "{bytes} bytes in {count} bodies, {granted} threads");
        }
    }

    /// The error is that of the first body in order, whichever is compiled first; bodies after one with an error are not
    /// started.
    #[test]
    fn what_comes_after_an_error_is_not_compiled() {
        let bodies: Vec<Sized> = [10, 5, 100, 7].iter().zip(0..).map(|(&bytes, i)| (BodyIndex(i), bytes)).collect();
        let begun = AtomicUsize::new(0);
        let generator = || Err(CompileError::Limit(begun.fetch_add(1, Ordering::Relaxed).to_string()));
        let result = compile(&bodies, 0, &generator, &|_, _| unreachable!("there is no generator"));
        assert!(matches!(result, Err(CompileError::Limit(which)) if which == "1"), "the large body, then the first");
        assert_eq!(begun.into_inner(), 2);
    }
}
