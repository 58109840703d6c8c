//! Placeholder until the tools land in the next commits.
fn main() {}
