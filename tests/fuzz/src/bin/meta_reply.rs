//! Hostile bytes for the target `meta_reply` of [`mcrs_fuzz_checks::TARGETS`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcrs_fuzz_checks::run("meta_reply", data));
