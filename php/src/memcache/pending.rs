//! Stands in for every verb until the client is there: refuses, never pretends.

use crate::scratch::Scratch;
use crate::zend::{Call, Out, R};

/// Warns and returns false.
pub(crate) fn pending(_call: Call<'_>, s: &mut Scratch) -> R<Out> {
    s.voice
        .warn(c"this build of memcache_rs has no client yet")?;
    Ok(Out::FALSE)
}
