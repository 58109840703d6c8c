//! The recorded conversations of pecl/memcache and its servers, `tests/php/vectors/wire.json`.

use serde_json::Value;

/// A request and what was answered to it.
pub(crate) struct Exchange {
    pub(crate) case: String,
    pub(crate) request: Vec<u8>,
    /// Empty if nothing was answered, or nothing was recorded of it.
    pub(crate) reply: Vec<u8>,
    /// The reply was recorded, to its end.
    pub(crate) whole: bool,
    /// The reply was made up for the case; it may be rubbish.
    pub(crate) scripted: bool,
    /// It went over UDP.
    pub(crate) udp: bool,
}

/// Every exchange whose request was recorded to its end.
pub(crate) fn recorded_exchanges() -> Vec<Exchange> {
    let path = mcrs_testkit::workspace().join("tests/php/vectors/wire.json");
    let text = std::fs::read_to_string(path).expect("the vectors");
    let json: Value = serde_json::from_str(&text).expect("json");
    let mut out = Vec::new();
    for case in json["cases"].as_array().expect("cases") {
        for wire in case["wire"].as_array().expect("a list") {
            let bytes = |name: &str| wire[name].as_str().and_then(unhex);
            let Some(mut request) = bytes("q") else {
                continue;
            };
            // The recorder put T's where the time of the recording stood.
            if let Some(at) = request.windows(10).position(|w| w == b"TTTTTTTTTT") {
                request[at..at + 10].copy_from_slice(b"1755000000");
            }
            let reply = bytes("a");
            out.push(Exchange {
                case: case["id"].as_str().expect("an id").to_owned(),
                request,
                whole: reply.is_some(),
                reply: reply.unwrap_or_default(),
                scripted: !case["scripts"].is_null(),
                udp: !wire["udp"].is_null(),
            });
        }
    }
    out
}

/// Bytes in hex; `None` for long ones, which were recorded without their end.
fn unhex(hex: &str) -> Option<Vec<u8>> {
    let byte = |i: usize| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(byte).collect()
}
