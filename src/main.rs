//! The `wasmoon` program: a worker process if it was started as one, otherwise the command line.

use wasmoon::{conformance, process, triage};

fn main() -> std::process::ExitCode {
    process::serve_if_worker(&[
        &conformance::supervise::worker::ROLE,
        &triage::smith::worker::ROLE,
        &triage::trial::process::ROLE,
    ]);
    wasmoon::cli::main()
}
