fn main() -> std::process::ExitCode {
    wasmoon::conformance::supervise::worker::run_if_worker();
    wasmoon::triage::smith::worker::run_if_worker();
    wasmoon::triage::trial::process::run_if_worker();
    wasmoon::cli::main()
}
