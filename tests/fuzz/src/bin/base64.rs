//! Hostile bytes for the target `base64` of [`mcrs_fuzz_checks::TARGETS`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcrs_fuzz_checks::run("base64", data));
