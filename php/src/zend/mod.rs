//! The fence around PHP's engine: every raw Zend call of the extension is in this directory.
//!
//! What it is: thin, safe-to-use views and builders over the engine's C types, one file per kind of
//! thing. What it is not: it knows nothing of memcache; the meaning is in [`crate::memcache`].
//!
//! | file | holds |
//! |---|---|
//! | `ffi.rs` | the generated declarations |
//! | `table.rs` | constant tables of classes, functions and their arguments |
//! | `call.rs` | the entry of every PHP call: arguments in, return value out, panics caught |
//! | `frames.rs` | the scratch memory of nested calls |
//! | `pins.rs` | what a call borrowed from the engine and gives back at its end |
//! | `value.rs`, `array.rs`, `string.rs`, `number.rs` | reading and building PHP values |
//! | `object.rs` | classes, properties, the `connection` resource |
//! | `serialize.rs` | PHP's own serializer |
//! | `error.rs` | diagnostics, exceptions, callbacks |
//! | `ini.rs` | registration of directives |
//! | `module.rs` | the module entry, start and stop |
//!
//! # The rule about destructors
//!
//! Warnings, conversions, callbacks and every allocation of request memory can end in a fatal
//! error, which is a `longjmp` across the Rust frames in between. So a frame that calls the engine
//! holds plain data only: values here have no `Drop`, what has to be released is written down in
//! [`Pins`], and buffers live in the [`Scratch`](crate::scratch::Scratch) of the call, which
//! the module globals own. A fatal error then leaks nothing that outlives the request.
#![allow(unsafe_code)]

mod array;
mod call;
mod error;
mod ffi;
mod frames;
mod ini;
mod module;
mod number;
mod object;
mod pins;
mod serialize;
mod string;
pub(crate) mod table;
mod value;

pub(crate) use array::{Array, Key, NewArray};
pub(crate) use call::{Call, Out, R};
pub(crate) use error::{
    Level, call_user, is_callable, memory_limit, say, server_variable, to_string, wrong_param_count,
};
pub(crate) use frames::CallStack;
pub(crate) use ini::{Displayer, NewValue, Row as IniRow, Rows, end as ini_end, row as ini_row};
pub(crate) use module::{epoch, globals};
pub(crate) use number::{print_float, read_decimal};
pub(crate) use object::{Class, Object, PoolState, Property};
pub(crate) use pins::Pins;
pub(crate) use serialize::{serialize, unserialize};
pub(crate) use string::Str;
pub(crate) use value::{Kind, Owned, RefOut, Value};
