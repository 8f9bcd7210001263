//! The command line: see `persona-eval --help`.

/// The system's allocator gives the buffers of every pass back to the kernel, which then clears their pages again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    persona_eval::cli::main()
}
