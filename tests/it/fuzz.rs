//! The fuzz targets' checks on their seeds and on every input that ever broke one.

use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "a crate of its own over there")]
mod targets;

/// Runs `check` on every file of the target's directories.
fn replay(target: &str, check: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let mut count = 0;
    for dir in ["seeds", "regressions"] {
        // A target nobody has broken yet has no regressions.
        let Ok(entries) = fs::read_dir(fuzz.join(dir).join(target)) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("a directory can be read").path();
            let data = fs::read(&path).expect("an input can be read");
            println!("{}", path.display());
            check(&data);
            count += 1;
        }
    }
    assert!(count > 0, "{target} has no seeds");
}

#[test]
fn text_requests_of_any_bytes_decode_the_same_however_cut() {
    replay("text_request", targets::text_request);
}

#[test]
fn text_replies_of_any_bytes_decode_the_same_however_cut() {
    replay("text_reply", targets::text_reply);
}
