//! Placeholder until the server lands in the next commits.
fn main() {}
