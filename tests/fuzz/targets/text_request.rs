//! Hostile bytes for [`mcrs_fuzz::text_request`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcrs_fuzz::text_request(data));
