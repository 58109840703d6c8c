//! Registration of directives. What they mean is in [`crate::ini`].

use std::ffi::{CStr, c_int, c_void};
use std::ptr;

use super::table::Table;
use super::{Str, ffi};
use crate::guard;
use crate::ini::{self, Complaint, Settings};

/// How phpinfo() shows a directive.
#[derive(Clone, Copy)]
pub(crate) enum Displayer {
    /// The text as it is.
    Plain,
    /// On or Off.
    OnOff,
}

/// A row of the engine's table.
pub(crate) type Row = ffi::zend_ini_entry_def;

/// A table of directives, closed by an empty row.
pub(crate) type Rows<const N: usize> = Table<[Row; N]>;

/// A new value of a directive.
pub(crate) struct NewValue<'a> {
    name: *mut ffi::zend_string,
    text: Option<Str<'a>>,
}

impl NewValue<'_> {
    /// The text; empty when there is none.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.text.map_or(&[], Str::bytes)
    }

    /// The text as PHP's boolean directives take it: `on`, `yes`, `true`, or a number other than 0.
    pub(crate) fn as_bool(&self) -> bool {
        // SAFETY: the text is a live string of the engine.
        self.text
            .is_some_and(|text| unsafe { ffi::zend_ini_parse_bool(text.as_ptr()) })
    }

    /// The text as PHP's integer directives take it: `1K` is 1024; what is no number warns with
    /// the engine's own text and is 0.
    pub(crate) fn as_int(&self) -> i64 {
        // SAFETY: both strings are alive; the engine only reads them.
        self.text.map_or(0, |text| unsafe {
            ffi::zend_ini_parse_quantity_warn(text.as_ptr(), self.name)
        })
    }
}

/// Makes a row; `index` is the directive's place in [`ini::DIRECTIVES`].
pub(crate) const fn row(
    name: &'static CStr,
    default: Option<&'static CStr>,
    displayer: Displayer,
    index: usize,
) -> Row {
    // SAFETY: a row is made of integers, pointers and optional function pointers, for all of which
    // zero is a value; newer versions of PHP may have more of them.
    let mut row: Row = unsafe { std::mem::zeroed() };
    row.name = name.as_ptr();
    row.name_length = name.count_bytes() as _;
    if let Some(value) = default {
        row.value = value.as_ptr();
        row.value_length = value.count_bytes() as _;
    }
    row.on_modify = Some(on_modify);
    row.mh_arg1 = ptr::without_provenance_mut(index);
    row.displayer = match displayer {
        Displayer::Plain => None,
        Displayer::OnOff => Some(ffi::zend_ini_boolean_displayer_cb),
    };
    row.modifiable = ffi::PHP_INI_ALL as _;
    row
}

/// The row that closes a table.
pub(crate) const fn end() -> Row {
    // SAFETY: as in `row`; the engine takes a row without a name for the end.
    unsafe { std::mem::zeroed() }
}

/// Every change of every directive, the defaults at start-up included.
unsafe extern "C" fn on_modify(
    entry: *mut ffi::zend_ini_entry,
    value: *mut ffi::zend_string,
    index: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
    _stage: c_int,
) -> c_int {
    // SAFETY: the engine passes the entry being changed and its new text, or null for none; both
    // stay alive during the call.
    let value = unsafe {
        NewValue {
            name: (*entry).name,
            text: Str::new(value),
        }
    };
    let settings: &Settings = &super::globals().settings;
    let applied = guard::catch(|| ini::DIRECTIVES[index.addr()].apply(settings, &value));
    match applied {
        Ok(Ok(())) => ffi::ZEND_RESULT_CODE_SUCCESS as c_int,
        Ok(Err(complaint)) => {
            complain(&complaint, &value);
            ffi::ZEND_RESULT_CODE_FAILURE as c_int
        }
        Err(_) => ffi::ZEND_RESULT_CODE_FAILURE as c_int,
    }
}

fn complain(complaint: &Complaint, value: &NewValue<'_>) {
    // SAFETY: each format takes the C strings that follow it; an engine string ends in NUL.
    unsafe {
        match complaint {
            Complaint::Given(text) => {
                let given = value
                    .text
                    .map_or(c"".as_ptr(), |t| t.bytes().as_ptr().cast());
                ffi::php_error_docref(
                    ptr::null(),
                    ffi::E_WARNING as c_int,
                    c"%s ('%s' given)".as_ptr(),
                    text.as_ptr(),
                    given,
                );
            }
            Complaint::Plain(text) => ffi::php_error_docref(
                ptr::null(),
                ffi::E_WARNING as c_int,
                c"%s".as_ptr(),
                text.as_ptr(),
            ),
        }
    }
}

/// Registers the directives, in MINIT.
pub(super) fn register<const N: usize>(rows: &'static Rows<N>, module: c_int) {
    // SAFETY: in MINIT; the table lives for the process and ends with an empty row.
    unsafe { ffi::zend_register_ini_entries(rows.rows_ptr(), module) };
}

/// Takes them back, in MSHUTDOWN.
pub(super) fn unregister(module: c_int) {
    // SAFETY: in MSHUTDOWN, once.
    unsafe { ffi::zend_unregister_ini_entries(module) };
}

impl<const N: usize> Rows<N> {
    const fn rows_ptr(&'static self) -> *const Row {
        self.rows_of().as_ptr()
    }
}
