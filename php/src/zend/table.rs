//! Constant tables of functions, methods and their arguments, in the engine's own layout.
//!
//! They are compared with the reference listing (`php --re`): names, order, types and the missing
//! default values are part of the public surface.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;

use super::call::{Call, Out, R, entry};
use super::ffi;
use crate::scratch::Scratch;

/// A table the engine reads for the life of the process.
#[repr(transparent)]
pub(crate) struct Table<T>(T);

// SAFETY: the tables hold pointers to constants of this module and to functions; nobody writes to
// them, so every thread may read them.
unsafe impl<T> Sync for Table<T> {}

impl<T> Table<T> {
    /// Freezes a table.
    pub(crate) const fn new(rows: T) -> Self {
        Self(rows)
    }

    /// The rows, for the engine.
    pub(super) const fn rows_of(&'static self) -> &'static T {
        &self.0
    }
}

/// The argument table of one function: a header row, then one row per argument.
pub(crate) type ArgTable<const N: usize> = Table<[ffi::zend_internal_arg_info; N]>;

/// Types of arguments and return values, as the engine's bit set.
pub(crate) mod types {
    use crate::zend::ffi;

    /// No declared type.
    pub(crate) const NONE: u32 = 0;
    /// `bool`
    pub(crate) const BOOL: u32 = ffi::MAY_BE_BOOL;
    /// `int`
    pub(crate) const INT: u32 = 1 << ffi::IS_LONG;
    /// `float`
    pub(crate) const FLOAT: u32 = 1 << ffi::IS_DOUBLE;
    /// `string`
    pub(crate) const STR: u32 = 1 << ffi::IS_STRING;
    /// `array`
    pub(crate) const ARR: u32 = 1 << ffi::IS_ARRAY;
    /// `mixed`
    pub(crate) const MIXED: u32 = ffi::MAY_BE_ANY;
    /// `?callable`
    pub(crate) const CALLABLE_OR_NULL: u32 = 1 << ffi::IS_CALLABLE | 1 << ffi::IS_NULL;
    /// Passed by reference.
    pub(crate) const REF: u32 = 1 << ffi::_ZEND_SEND_MODE_SHIFT;
    /// `MemcachePool`
    pub(crate) const POOL: u32 = CLASS;

    /// The type is a class whose name is a C string; the bit changed with PHP 8.3.
    const CLASS: u32 = if ffi::ZEND_MODULE_API_NO >= 20_230_831 {
        1 << 23
    } else {
        ffi::_ZEND_TYPE_NAME_BIT
    };
}

/// A row of an argument table. `name` has to end in NUL.
pub(crate) const fn arg(name: &'static str, mask: u32) -> ffi::zend_internal_arg_info {
    assert!(matches!(name.as_bytes().last(), Some(0)));
    let class: *const CStr = if mask & !types::REF == types::POOL {
        c"MemcachePool"
    } else {
        c""
    };
    row(
        name.as_ptr().cast(),
        if mask & !types::REF == types::POOL {
            class.cast::<c_void>().cast_mut()
        } else {
            ptr::null_mut()
        },
        mask,
    )
}

/// The header row: number of required arguments and return type.
pub(crate) const fn head(required: usize, mask: u32) -> ffi::zend_internal_arg_info {
    row(ptr::without_provenance(required), ptr::null_mut(), mask)
}

const fn row(
    name: *const c_char,
    class: *mut c_void,
    type_mask: u32,
) -> ffi::zend_internal_arg_info {
    ffi::zend_internal_arg_info {
        name,
        type_: ffi::zend_type {
            ptr: class,
            type_mask,
        },
        default_value: ptr::null(),
    }
}

/// Declares an argument table: `arginfo!(NAME, required => RETURN; argument: TYPE, ...)`.
macro_rules! arginfo {
    ($table:ident, $required:literal => $returns:expr; $($name:tt: $mask:expr),* $(,)?) => {
        pub(crate) static $table: $crate::zend::table::ArgTable<{ 1 $(+ { let _ = stringify!($name); 1 })* }> =
            $crate::zend::table::ArgTable::new([
                $crate::zend::table::head($required, $returns),
                $($crate::zend::table::arg(concat!(stringify!($name), "\0"), $mask)),*
            ]);
    };
}
pub(crate) use arginfo;

/// A row of a function table.
pub(crate) type Function = ffi::zend_function_entry;

/// A table of functions or methods, closed by an empty row.
pub(crate) type Functions<const N: usize> = Table<[Function; N]>;

impl<const N: usize> Functions<N> {
    /// The first row, for the engine.
    pub(super) const fn rows(&'static self) -> *const Function {
        self.0.as_ptr()
    }
}

/// A function of the module.
pub(crate) const fn function<F, const N: usize>(
    name: &'static CStr,
    handler: F,
    args: &'static ArgTable<N>,
) -> Function
where
    F: Fn(Call<'_>, &mut Scratch) -> R<Out> + Copy + 'static,
{
    row_of(name, handler, args, 0)
}

/// A public method.
pub(crate) const fn method<F, const N: usize>(
    name: &'static CStr,
    handler: F,
    args: &'static ArgTable<N>,
) -> Function
where
    F: Fn(Call<'_>, &mut Scratch) -> R<Out> + Copy + 'static,
{
    row_of(name, handler, args, ffi::ZEND_ACC_PUBLIC)
}

/// The row that closes a table.
pub(crate) const fn end() -> Function {
    // SAFETY: a row is made of integers, pointers and an optional function pointer, for all of
    // which zero is a value; the engine takes an all-zero row for the end.
    unsafe { std::mem::zeroed() }
}

const fn row_of<F, const N: usize>(
    name: &'static CStr,
    _handler: F,
    args: &'static ArgTable<N>,
    flags: u32,
) -> Function
where
    F: Fn(Call<'_>, &mut Scratch) -> R<Out> + Copy + 'static,
{
    // Newer versions of PHP have more fields; zero is right for all of them.
    let mut row = end();
    row.fname = name.as_ptr();
    row.handler = Some(entry::<F>);
    row.arg_info = args.0.as_ptr();
    row.num_args = (N - 1) as u32;
    row.flags = flags;
    row
}
