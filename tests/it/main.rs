//! The one integration binary of the workspace's root crate. One file per subject.

#![allow(
    clippy::disallowed_methods,
    reason = "the bans of clippy.toml are for the library; tests may ask the clock"
)]

mod client;
mod header;
mod recorded;
mod ring;
mod sim;
mod symbols;
mod tidy;
mod wire;
mod wire_binary;
