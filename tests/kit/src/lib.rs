//! Placeholder until the test kit lands in the next commits.
