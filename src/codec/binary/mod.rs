//! The binary protocol: a header of 24 bytes, then extras, key and value, in both directions.
//!
//! ```text
//!      0       1       2       3       4       5       6       7
//!  0 | magic | opcode| key length    |extras | type  | status, or 0  |
//!  8 | length of extras, key, value  | opaque: comes back as sent    |
//! 16 | CAS id                                                        |
//! 24 | extras, key, value ...                                        |
//! ```
//!
//! Numbers are big endian. [`opcode`] lists the commands and the shape each must have, [`request`]
//! and [`reply`] hold both directions of one message. The value of a storage request is not part of
//! [`Request`]: its head says how long it is, and the session reads it where it wants it.
//!
//! Source: memcached doc/protocol-binary.txt; what 1.6.18 and 1.6.45 make of it, measured.

pub mod header;
pub mod opcode;
pub mod reply;
pub mod request;

pub use header::{HEADER_LEN, Header, REPLY_MAGIC, REQUEST_MAGIC};
pub use opcode::{Op, Opcode};
pub use reply::{Reply, Status};
pub use request::{BadRequest, Command, Request};
