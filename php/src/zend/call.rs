//! The entry of every PHP call: arguments in, return value out, nothing unwinding.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use super::array::NewArray;
use super::object::{Class, Object};
use super::value::{Owned, RefOut, Value, type_of};
use super::{Str, ffi};
use crate::guard;
use crate::scratch::Scratch;

/// An exception is pending in the engine: return as soon as possible, say nothing more.
#[derive(Debug)]
pub(crate) struct Thrown;

/// What engine calls that can throw return.
pub(crate) type R<T> = Result<T, Thrown>;

/// The result of a PHP call.
#[must_use]
pub(crate) enum Out {
    /// true or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An array.
    Array(NewArray),
    /// Anything else.
    Value(Owned),
}

impl Out {
    /// `false`, what most calls return when they fail.
    pub(crate) const FALSE: Self = Self::Bool(false);
    /// `true`.
    pub(crate) const TRUE: Self = Self::Bool(true);

    fn into_owned(self) -> Owned {
        match self {
            Self::Bool(value) => Owned::bool(value),
            Self::Int(value) => Owned::int(value),
            Self::Array(array) => Owned::array(array),
            Self::Value(value) => value,
        }
    }
}

/// The slots of a call frame before its first argument.
const HEADER_SLOTS: usize = size_of::<ffi::zend_execute_data>().div_ceil(size_of::<ffi::zval>());

/// One PHP call in progress.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    frame: *mut ffi::zend_execute_data,
    /// Arguments before the ones that are counted from zero: 1 when the object came as argument.
    skip: u32,
    _life: PhantomData<&'a ()>,
}

/// The C function the engine calls for the handler of type `F`.
pub(super) unsafe extern "C" fn entry<F>(
    frame: *mut ffi::zend_execute_data,
    return_value: *mut ffi::zval,
) where
    F: Fn(Call<'_>, &mut Scratch) -> R<Out> + Copy + 'static,
{
    const {
        assert!(size_of::<F>() == 0, "a handler is a plain function");
    }
    // SAFETY: `F` is a copyable type of size zero, of which the table was given a value; reading
    // such a type reads nothing.
    let handler = unsafe { NonNull::<F>::dangling().read() };
    let call = Call {
        frame,
        skip: 0,
        _life: PhantomData,
    };
    let calls = &super::globals().calls;
    let scratch = calls.enter();
    // SAFETY: `enter` gives each nested call a scratch of its own, alive until `leave`.
    let outcome = guard::catch(|| handler(call, unsafe { &mut *scratch }));
    match outcome {
        // SAFETY: the engine initialised the return slot with null, which needs no release.
        Ok(Ok(out)) => unsafe { out.into_owned().write_to(return_value) },
        Ok(Err(Thrown)) => {}
        Err(message) => super::error::throw_panic(&message),
    }
    // SAFETY: the borrow of the innermost scratch ended with the handler.
    unsafe { calls.leave() };
}

impl<'a> Call<'a> {
    /// Number of arguments, the object of the procedural form included.
    fn given(self) -> u32 {
        // SAFETY: the engine fills the frame before it calls the handler.
        unsafe { (*self.frame).This.u2.num_args }
    }

    /// The slot of an argument that was given.
    fn slot(self, index: u32) -> Option<*mut ffi::zval> {
        let index = index + self.skip;
        if index >= self.given() {
            return None;
        }
        // SAFETY: the engine puts the arguments right behind the frame's header, in whole slots,
        // and `index` is one of those that were given.
        let slot = unsafe {
            self.frame
                .cast::<ffi::zval>()
                .add(HEADER_SLOTS + index as usize)
        };
        // SAFETY: the slot is initialised; an argument skipped by name is undefined.
        (unsafe { type_of(slot) } != ffi::IS_UNDEF).then_some(slot)
    }

    /// Checks the number of arguments, with the engine's own error text.
    pub(crate) fn expect(self, min: u32, max: u32) -> R<Self> {
        let (min, max) = (min + self.skip, max + self.skip);
        if (min..=max).contains(&self.given()) {
            return Ok(self);
        }
        Err(wrong_count(min, max))
    }

    /// As [`Call::object`] for a call without other arguments. Methods ignore surplus ones, as in
    /// pecl/memcache, functions do not.
    pub(crate) fn object_alone(self, class: Class) -> R<Object<'a>> {
        let most = if self.this().is_some() { u32::MAX } else { 0 };
        self.object(class, 0, most).map(|(object, _)| object)
    }

    /// `$this` of a method.
    fn this(self) -> Option<Object<'a>> {
        // SAFETY: a method's frame holds a live object, which stays alive during the call.
        unsafe {
            let this = &raw mut (*self.frame).This;
            (type_of(this) == ffi::IS_OBJECT).then(|| Object::new((*this).value.obj))
        }
    }

    /// The object the call is about: `$this` of a method, the first argument of a function. Then
    /// checks the number of the other arguments. The returned call counts arguments after it.
    pub(crate) fn object(self, class: Class, min: u32, max: u32) -> R<(Object<'a>, Self)> {
        if let Some(object) = self.this() {
            return Ok((object, self.expect(min, max)?));
        }
        let call = Self { skip: 1, ..self };
        call.expect(min, max)?;
        let slot = self.slot(0).ok_or(Thrown)?;
        // SAFETY: argument slots are initialised and stay in place during the call.
        let target = unsafe { Value::new(slot) }.target();
        // SAFETY: the payload is read as an object only under the object type.
        unsafe {
            if type_of(target) == ffi::IS_OBJECT && class.has((*target).value.obj) {
                return Ok((Object::new((*target).value.obj), call));
            }
            ffi::zend_wrong_parameter_class_error(1, class.name().as_ptr(), target);
        }
        Err(Thrown)
    }

    /// Any argument.
    pub(crate) fn value(self, index: u32) -> Option<Value<'a>> {
        let slot = self.slot(index)?;
        // SAFETY: argument slots are initialised and stay in place during the call.
        Some(unsafe { Value::new(slot) })
    }

    /// An argument that the engine has made sure of.
    pub(crate) fn required(self, index: u32) -> R<Value<'a>> {
        self.value(index).ok_or(Thrown)
    }

    /// A by-reference argument, if it was given.
    pub(crate) fn reference(self, index: u32) -> Option<RefOut<'a>> {
        let slot = self.slot(index)?;
        // SAFETY: under the reference type the payload is a live reference, which the argument
        // slot keeps alive during the call.
        unsafe { (type_of(slot) == ffi::IS_REFERENCE).then(|| RefOut::new((*slot).value.ref_)) }
    }

    /// A required string argument, converted by PHP's rules.
    pub(crate) fn str(self, index: u32) -> R<Str<'a>> {
        let raw = self.scalar::<*mut ffi::zend_string>(index, ptr::null_mut())?;
        // SAFETY: the argument slot keeps the string (converted in place) alive during the call.
        unsafe { Str::new(raw) }.ok_or(Thrown)
    }

    /// An integer argument, or `default` when it is missing.
    pub(crate) fn int(self, index: u32, default: i64) -> R<i64> {
        self.scalar(index, default)
    }

    /// An integer argument that may be null.
    pub(crate) fn int_or_null(self, index: u32, default: i64) -> R<Option<i64>> {
        let Some(slot) = self.slot(index) else {
            return Ok(Some(default));
        };
        // SAFETY: argument slots are initialised and stay in place during the call.
        let target = unsafe { Value::new(slot) }.target();
        // SAFETY: as above; the slot behind a reference is initialised as well.
        if unsafe { type_of(target) } == ffi::IS_NULL {
            return Ok(None);
        }
        self.scalar_as(
            index,
            default,
            ffi::_zend_expected_type_Z_EXPECTED_LONG_OR_NULL,
        )
        .map(Some)
    }

    /// A boolean argument, or `default` when it is missing.
    pub(crate) fn bool(self, index: u32, default: bool) -> R<bool> {
        self.scalar(index, default)
    }

    /// A float argument, or `default` when it is missing.
    pub(crate) fn float(self, index: u32, default: f64) -> R<f64> {
        self.scalar(index, default)
    }

    fn scalar<T: Scalar>(self, index: u32, default: T) -> R<T> {
        self.scalar_as(index, default, T::EXPECTED)
    }

    fn scalar_as<T: Scalar>(
        self,
        index: u32,
        default: T,
        expected: ffi::_zend_expected_type,
    ) -> R<T> {
        let Some(slot) = self.slot(index) else {
            return Ok(default);
        };
        // SAFETY: argument slots, and what they refer to, are initialised and stay in place.
        unsafe {
            let target = Value::new(slot).target();
            if let Some(value) = T::fast(target) {
                return Ok(value);
            }
            convert(target, index + self.skip + 1, expected)
        }
    }
}

/// Conversion by the engine: weak mode, strict mode, deprecations and error texts are its own.
///
/// # Safety
///
/// `target` is the initialised slot of argument `number` (from 1) of the running call.
#[cold]
unsafe fn convert<T: Scalar>(
    target: *mut ffi::zval,
    number: u32,
    expected: ffi::_zend_expected_type,
) -> R<T> {
    // SAFETY: as promised by the caller.
    unsafe {
        if let Some(value) = T::slow(target, number) {
            return Ok(value);
        }
        ffi::zend_wrong_parameter_type_error(number, expected, target);
    }
    Err(Thrown)
}

#[cold]
fn wrong_count(min: u32, max: u32) -> Thrown {
    // SAFETY: called inside a PHP call; the engine reads the running frame and throws.
    unsafe {
        if max == 0 {
            ffi::zend_wrong_parameters_none_error();
        } else {
            ffi::zend_wrong_parameters_count_error(min, max);
        }
    }
    Thrown
}

/// A scalar argument type of the engine.
trait Scalar: Sized {
    const EXPECTED: ffi::_zend_expected_type;

    /// The value, if it has the type already.
    ///
    /// # Safety
    ///
    /// `target` is an initialised slot.
    unsafe fn fast(target: *mut ffi::zval) -> Option<Self>;

    /// The value converted in place, `None` when the engine refuses.
    ///
    /// # Safety
    ///
    /// `target` is the initialised slot of argument `number` of the running call.
    unsafe fn slow(target: *mut ffi::zval, number: u32) -> Option<Self>;
}

impl Scalar for i64 {
    const EXPECTED: ffi::_zend_expected_type = ffi::_zend_expected_type_Z_EXPECTED_LONG;

    unsafe fn fast(target: *mut ffi::zval) -> Option<Self> {
        // SAFETY: the payload is read only under its type.
        unsafe { (type_of(target) == ffi::IS_LONG).then(|| (*target).value.lval) }
    }

    unsafe fn slow(target: *mut ffi::zval, number: u32) -> Option<Self> {
        let mut value = 0;
        // SAFETY: as promised by the caller.
        unsafe { ffi::zend_parse_arg_long_slow(target, &raw mut value, number) }.then_some(value)
    }
}

impl Scalar for f64 {
    const EXPECTED: ffi::_zend_expected_type = ffi::_zend_expected_type_Z_EXPECTED_DOUBLE;

    unsafe fn fast(target: *mut ffi::zval) -> Option<Self> {
        // SAFETY: the payload is read only under its type.
        unsafe { (type_of(target) == ffi::IS_DOUBLE).then(|| (*target).value.dval) }
    }

    #[cfg(not(php86))]
    unsafe fn slow(target: *mut ffi::zval, number: u32) -> Option<Self> {
        let mut value = 0.0;
        // SAFETY: as promised by the caller.
        unsafe { ffi::zend_parse_arg_double_slow(target, &raw mut value, number) }.then_some(value)
    }

    #[cfg(php86)]
    unsafe fn slow(target: *mut ffi::zval, number: u32) -> Option<Self> {
        // SAFETY: as promised by the caller; a refused conversion is a NaN.
        Some(unsafe { ffi::zend_parse_arg_double_slow(target, number) }).filter(|v| !v.is_nan())
    }
}

impl Scalar for bool {
    const EXPECTED: ffi::_zend_expected_type = ffi::_zend_expected_type_Z_EXPECTED_BOOL;

    unsafe fn fast(target: *mut ffi::zval) -> Option<Self> {
        // SAFETY: only the type byte is read.
        match unsafe { type_of(target) } {
            ffi::IS_TRUE => Some(true),
            ffi::IS_FALSE => Some(false),
            _ => None,
        }
    }

    #[cfg(not(php86))]
    unsafe fn slow(target: *mut ffi::zval, number: u32) -> Option<Self> {
        let mut value = false;
        // SAFETY: as promised by the caller.
        unsafe { ffi::zend_parse_arg_bool_slow(target, &raw mut value, number) }.then_some(value)
    }

    #[cfg(php86)]
    unsafe fn slow(target: *mut ffi::zval, number: u32) -> Option<Self> {
        // SAFETY: as promised by the caller; 2 stands for a refused conversion.
        match unsafe { ffi::zend_parse_arg_bool_slow(target, number) } {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Scalar for *mut ffi::zend_string {
    const EXPECTED: ffi::_zend_expected_type = ffi::_zend_expected_type_Z_EXPECTED_STRING;

    unsafe fn fast(target: *mut ffi::zval) -> Option<Self> {
        // SAFETY: the payload is read only under its type.
        unsafe { (type_of(target) == ffi::IS_STRING).then(|| (*target).value.str_) }
    }

    #[cfg(not(php86))]
    unsafe fn slow(target: *mut ffi::zval, number: u32) -> Option<Self> {
        let mut value = ptr::null_mut();
        // SAFETY: as promised by the caller.
        unsafe { ffi::zend_parse_arg_str_slow(target, &raw mut value, number) }.then_some(value)
    }

    #[cfg(php86)]
    unsafe fn slow(target: *mut ffi::zval, number: u32) -> Option<Self> {
        // SAFETY: as promised by the caller; null stands for a refused conversion.
        Some(unsafe { ffi::zend_parse_arg_str_slow(target, number) }).filter(|s| !s.is_null())
    }
}
