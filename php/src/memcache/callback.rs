//! The failure callback, kept as a property of the object, where the garbage collector sees it and
//! applications expect it.

use crate::scratch::Scratch;
use crate::zend::{self, Object, Owned, Property, R, Value};

/// What a callback argument asks for.
pub(super) enum Change<'a> {
    /// It was not given.
    Keep,
    /// Null, or something that can be called.
    Set(Value<'a>),
}

/// Checks a callback argument. Warns and gives `None` when it cannot be called.
pub(super) fn argument<'a>(value: Option<Value<'a>>, s: &mut Scratch) -> R<Option<Change<'a>>> {
    let Some(value) = value else {
        return Ok(Some(Change::Keep));
    };
    if matches!(value.kind(), zend::Kind::Null) || zend::is_callable(value)? {
        return Ok(Some(Change::Set(value)));
    }
    s.voice.warn(c"Invalid failure callback")?;
    Ok(None)
}

/// Stores it in the object.
pub(super) fn set(object: Object<'_>, change: Change<'_>) -> R<()> {
    match change {
        Change::Keep => Ok(()),
        Change::Set(value) => object.set_property(Property::FailureCallback, Owned::copy_of(value)),
    }
}
