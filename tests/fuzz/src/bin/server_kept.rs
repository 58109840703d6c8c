//! Hostile bytes for the target `server_kept` of [`mcrs_fuzz_checks::TARGETS`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcrs_fuzz_checks::run("server_kept", data));
