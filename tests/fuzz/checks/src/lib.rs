//! What must hold for any bytes at all: one function per fuzz target, each taking the input whole and
//! panicking when something does not hold.
//!
//! The fuzzers in `../src/bin` call them with what they invent. `tests/replay.rs` calls them with the
//! seeds, with everything that was ever found and with a few thousand mutations of both, so that
//! plain `cargo test` replays it.
//!
//! | target | what the bytes are | held against |
//! |---|---|---|
//! | `text_request` | what a client sends | a second reader, every cut |
//! | `text_reply` | what a server sends | a second reader, every cut |
//! | `meta_request` | a command and its words | a second reader, itself |
//! | `meta_reply` | what a server sends | a second reader, every cut |
//! | `base64` | a text, and bytes | a second reader, itself |
//! | `binary_request`, `binary_reply` | what a client sends; a server | the same, itself |
//! | `udp` | a datagram, and a length | the definition |
//! | `conn` | what a server sends to questions | the same bytes in other pieces |
//! | `pool` | what servers send to a pool | what was asked, and what came |
//! | `key` | a prefix and a key | the definition |
//! | `number` | a number | the standard library |
//! | `unpack`, `pack` | a zlib stream; a value | a second decoder; itself |
//! | `options` | names and values | the stated ranges |
//! | `sasldb` | a database of users | itself |
//! | `server_exec` | requests to our server | a server of a page |
//! | `server_session` | the same, cut | the same requests one by one |
//! | `server_datagram` | the same in datagrams | the same requests one by one |
//! | `server_tls` | the same through TLS, or instead of it, or changed on the way | the same requests one by one |
//! | `server_flags` | the server's command line | the stated ranges |
//! | `server_kept` | damage to memory kept over a restart, and work | itself |
//! | `server_login` | what a client says to log in | the password |

pub mod binary;
pub mod conn;
pub mod flags;
pub mod input;
pub mod inputs;
pub mod key;
pub mod line;
pub mod meta;
pub mod meta_line;
pub mod number;
pub mod options;
pub mod pool;
pub mod reply;
pub mod request;
pub mod server;
pub mod stream;
pub mod udp;
pub mod zlib;

pub use input::Input;

/// A target's check.
pub type Check = fn(&[u8]);

/// Every target by name. Each has a file in `../src/bin` and seeds in `../seeds`.
pub const TARGETS: &[(&str, Check)] = &[
    ("base64", meta::base64_check),
    ("binary_reply", binary::reply_check),
    ("binary_request", binary::request_check),
    ("conn", conn::check),
    ("key", key::check),
    ("meta_reply", meta::reply_check),
    ("meta_request", meta::request_check),
    ("number", number::check),
    ("options", options::check),
    ("pack", zlib::pack_check),
    ("pool", pool::check),
    ("sasldb", server::login::database_check),
    ("server_datagram", server::datagram::check),
    ("server_exec", server::exec::check),
    ("server_flags", flags::check),
    ("server_kept", server::kept::check),
    ("server_login", server::login::messages_check),
    ("server_session", server::session::check),
    ("server_tls", server::tls::check),
    ("text_reply", reply::check),
    ("text_request", request::check),
    ("udp", udp::check),
    ("unpack", zlib::unpack_check),
];

/// Runs the target of this name.
///
/// # Panics
/// When there is none, and when something does not hold.
pub fn run(name: &str, data: &[u8]) {
    let found = TARGETS.iter().find(|(target, _)| *target == name);
    let (_, check) = found.unwrap_or_else(|| panic!("there is no target {name}"));
    check(data);
}
