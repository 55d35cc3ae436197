//! The `wasmoon` program.

fn main() -> std::process::ExitCode {
    wasmoon::cli::main()
}
