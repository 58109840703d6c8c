//! The groups of `stats`, as names and values in memcached's order.
//!
//! Source: mcrsd.md 2.11. A name that belongs to a feature that is off or that this server has not
//! (extstore, TLS) is left out, as memcached leaves it out; one that is always there prints the
//! number it has, which is 0 where nothing can happen. The set of names is contract: nothing of
//! ours is added.

mod classes;
mod connections;
mod general;
mod own;
mod settings;

use std::fmt::{Arguments, Display};

pub use classes::{items, sizes, slabs};
pub use connections::conn_list;
pub use general::general;
pub use own::own;
pub use settings::settings;

/// Takes one name and its value.
pub type Put<'a> = dyn FnMut(&str, Arguments<'_>) + 'a;

/// A value that is simply printed.
fn put(to: &mut Put<'_>, name: &str, value: impl Display) {
    to(name, format_args!("{value}"));
}
