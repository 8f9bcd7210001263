//! The command line: see `persona-eval --help`.

fn main() -> std::process::ExitCode {
    persona_eval::cli::main()
}
