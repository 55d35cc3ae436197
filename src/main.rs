fn main() -> std::process::ExitCode {
    wasmoon::conformance::worker::run_if_worker();
    wasmoon::cli::main()
}
