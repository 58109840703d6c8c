//! Placeholder until the extension lands in the next commits.
