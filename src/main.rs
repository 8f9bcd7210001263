//! The command line: see `persona-eval --help`.

use libmimalloc_sys::{mi_option_set_default, mi_option_t};

/// The system's allocator gives the buffers of every pass back to the kernel, which then clears their pages again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc.h: after how many milliseconds memory that is not in use goes back to the kernel.
const PURGE_DELAY: mi_option_t = 15;

fn main() -> std::process::ExitCode {
    // SAFETY: sets a number that is read when memory is freed; a number in the environment (MIMALLOC_PURGE_DELAY) goes before it.
    unsafe { mi_option_set_default(PURGE_DELAY, -1) };
    persona_eval::cli::main()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_is_the_one_that_is_meant() {
        // SAFETY: both only touch a number.
        let delay = unsafe {
            let before = libmimalloc_sys::mi_option_get(PURGE_DELAY);
            mi_option_set_default(PURGE_DELAY, -1);
            (before, libmimalloc_sys::mi_option_get(PURGE_DELAY))
        };
        // A second is the header's default; no other option has it.
        assert!(std::env::var_os("MIMALLOC_PURGE_DELAY").is_some() || delay == (1000, -1), "{delay:?}");
    }
}
