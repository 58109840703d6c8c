//! PHP values: reading borrowed ones, building new ones.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::string::OwnedStr;
use super::{Array, NewArray, Str, ffi};

/// A borrowed PHP value. References are followed when it is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    raw: *mut ffi::zval,
    _life: PhantomData<&'a ffi::zval>,
}

/// What a value is, seen through references.
pub(crate) enum Kind<'a> {
    /// null, or an undefined slot.
    Null,
    /// true or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Str(Str<'a>),
    /// An array.
    Array(Array<'a>),
    /// An object, an enum case, a closure.
    Object,
    /// A resource, open or closed.
    Resource,
}

impl<'a> Value<'a> {
    /// Wraps a slot of the engine.
    ///
    /// # Safety
    ///
    /// `raw` points to an initialised value that stays in place for `'a`.
    pub(super) unsafe fn new(raw: *mut ffi::zval) -> Self {
        Self {
            raw,
            _life: PhantomData,
        }
    }

    /// The slot that holds the value: behind the reference, if it is one.
    pub(super) fn target(self) -> *mut ffi::zval {
        // SAFETY: the slot is initialised; a reference never points to another reference.
        unsafe {
            if type_of(self.raw) == ffi::IS_REFERENCE {
                &raw mut (*(*self.raw).value.ref_).val
            } else {
                self.raw
            }
        }
    }

    /// What the value is.
    pub(crate) fn kind(self) -> Kind<'a> {
        let target = self.target();
        // SAFETY: each member of the union is read only under the type that says it is the live
        // one; the strings and arrays are kept alive by the slot for `'a`.
        unsafe {
            match type_of(target) {
                ffi::IS_FALSE => Kind::Bool(false),
                ffi::IS_TRUE => Kind::Bool(true),
                ffi::IS_LONG => Kind::Int((*target).value.lval),
                ffi::IS_DOUBLE => Kind::Float((*target).value.dval),
                ffi::IS_STRING => Str::new((*target).value.str_).map_or(Kind::Null, Kind::Str),
                ffi::IS_ARRAY => Kind::Array(Array::new((*target).value.arr)),
                ffi::IS_OBJECT => Kind::Object,
                ffi::IS_RESOURCE => Kind::Resource,
                _ => Kind::Null,
            }
        }
    }
}

/// The type byte of a slot.
///
/// # Safety
///
/// `raw` points to an initialised value.
pub(super) unsafe fn type_of(raw: *const ffi::zval) -> u32 {
    // SAFETY: as promised by the caller; the type byte is always the live view of `u1`.
    unsafe { u32::from((*raw).u1.v.type_) }
}

/// A PHP value this extension owns. Not released by itself: hand it to the engine or drop it with
/// [`Owned::release`].
#[must_use]
#[repr(transparent)]
pub(crate) struct Owned(MaybeUninit<ffi::zval>);

impl Owned {
    /// A value with this type word and payload.
    fn with(type_info: u32, payload: ffi::zend_value) -> Self {
        let mut slot = MaybeUninit::<ffi::zval>::zeroed();
        // SAFETY: all-zero bytes are a valid (undefined) value; its two live fields are set here.
        unsafe {
            let raw = slot.as_mut_ptr();
            (*raw).value = payload;
            (*raw).u1.type_info = type_info;
        }
        Self(slot)
    }

    /// null.
    pub(crate) fn null() -> Self {
        Self::with(ffi::IS_NULL, ffi::zend_value { lval: 0 })
    }

    /// true or false.
    pub(crate) fn bool(value: bool) -> Self {
        let kind = if value { ffi::IS_TRUE } else { ffi::IS_FALSE };
        Self::with(kind, ffi::zend_value { lval: 0 })
    }

    /// An integer.
    pub(crate) fn int(value: i64) -> Self {
        Self::with(ffi::IS_LONG, ffi::zend_value { lval: value })
    }

    /// A float.
    pub(crate) fn float(value: f64) -> Self {
        Self::with(ffi::IS_DOUBLE, ffi::zend_value { dval: value })
    }

    /// A string with a copy of `bytes`.
    pub(crate) fn bytes(bytes: &[u8]) -> Self {
        Self::str(OwnedStr::new(bytes))
    }

    /// A string.
    pub(crate) fn str(text: OwnedStr) -> Self {
        let raw = text.into_raw();
        // SAFETY: the reference we own keeps the string alive.
        let interned = unsafe { super::string::is_interned(raw) };
        let kind = if interned {
            ffi::IS_INTERNED_STRING_EX
        } else {
            ffi::IS_STRING_EX
        };
        Self::with(kind, ffi::zend_value { str_: raw })
    }

    /// An array.
    pub(crate) fn array(array: NewArray) -> Self {
        let raw = array.into_raw();
        Self::with(ffi::IS_ARRAY_EX, ffi::zend_value { arr: raw })
    }

    /// A resource; takes over one reference.
    ///
    /// # Safety
    ///
    /// The caller owns one reference of `raw` and gives it up.
    pub(super) unsafe fn resource(raw: *mut ffi::zend_resource) -> Self {
        Self::with(ffi::IS_RESOURCE_EX, ffi::zend_value { res: raw })
    }

    /// A second reference to what `value` is, seen through a PHP reference.
    pub(crate) fn copy_of(value: Value<'_>) -> Self {
        let target = value.target();
        let mut slot = MaybeUninit::<ffi::zval>::uninit();
        // SAFETY: the slot is copied bit by bit and then counts as one more reference of the same
        // payload; the type word says whether the payload is counted at all.
        unsafe {
            std::ptr::copy_nonoverlapping(target, slot.as_mut_ptr(), 1);
            let raw = slot.as_mut_ptr();
            if is_counted(raw) {
                (*(*raw).value.counted).gc.refcount += 1;
            }
        }
        Self(slot)
    }

    /// The slot, to pass to the engine.
    pub(super) fn as_mut_ptr(&mut self) -> *mut ffi::zval {
        self.0.as_mut_ptr()
    }

    /// A view of it.
    pub(crate) fn view(&mut self) -> Value<'_> {
        // SAFETY: the slot is initialised and borrowed for the life of the view.
        unsafe { Value::new(self.0.as_mut_ptr()) }
    }

    /// Moves the value into a slot that holds nothing that needs releasing.
    ///
    /// # Safety
    ///
    /// `slot` can be written and its old content needs no release.
    pub(super) unsafe fn write_to(self, slot: *mut ffi::zval) {
        // SAFETY: as promised by the caller; the payload's reference moves along. Only value and
        // type word are written: the engine keeps other things in the third word of a slot.
        unsafe {
            let from = self.0.as_ptr();
            (*slot).value = (*from).value;
            (*slot).u1.type_info = (*from).u1.type_info;
        }
    }

    /// Whether it is null.
    pub(crate) fn is_null(&self) -> bool {
        // SAFETY: the slot is initialised; only its type byte is read.
        unsafe { type_of(self.0.as_ptr()) == ffi::IS_NULL }
    }

    /// Gives the value back; can run a PHP destructor.
    pub(crate) fn release(mut self) {
        // SAFETY: we own the value, and nobody uses it after this.
        unsafe { ffi::zval_ptr_dtor(self.0.as_mut_ptr()) }
    }
}

/// Whether the payload of a slot is reference counted.
///
/// # Safety
///
/// `raw` points to an initialised value.
pub(super) unsafe fn is_counted(raw: *const ffi::zval) -> bool {
    // SAFETY: the type word is always initialised; its second byte holds the type's flags.
    unsafe { (*raw).u1.type_info >> ffi::Z_TYPE_FLAGS_SHIFT & 0xff != 0 }
}

/// A by-reference argument: where a result besides the return value goes.
#[derive(Clone, Copy)]
pub(crate) struct RefOut<'a> {
    raw: *mut ffi::zend_reference,
    _life: PhantomData<&'a ffi::zend_reference>,
}

impl<'a> RefOut<'a> {
    /// Wraps a reference of the engine.
    ///
    /// # Safety
    ///
    /// `raw` stays alive for `'a`.
    pub(super) unsafe fn new(raw: *mut ffi::zend_reference) -> Self {
        Self {
            raw,
            _life: PhantomData,
        }
    }

    /// What the variable holds now.
    pub(crate) fn current(self) -> Value<'a> {
        // SAFETY: the reference lives for `'a` and its value is initialised.
        unsafe { Value::new(&raw mut (*self.raw).val) }
    }

    /// Whether a typed property is among the variable's owners, which can refuse or convert.
    fn is_typed(self) -> bool {
        // SAFETY: the reference lives; null in either view of the union means "no typed owner".
        unsafe { !(*self.raw).sources.ptr.is_null() }
    }

    /// Assigns, as `=` would. Can run a destructor of the old value and can leave an exception.
    ///
    /// Differs from pecl/memcache: the old value is released and typed properties are honoured,
    /// because overwriting the slot leaks the one and breaks the type of the other.
    pub(crate) fn assign(self, mut value: Owned) {
        // SAFETY: the engine's function takes over the value; otherwise the slot gets the new
        // value first and only then the old one is released, so user code sees a whole variable.
        unsafe {
            if self.is_typed() {
                ffi::zend_try_assign_typed_ref_zval(self.raw, value.as_mut_ptr());
            } else {
                let slot = &raw mut (*self.raw).val;
                let mut old = MaybeUninit::<ffi::zval>::uninit();
                std::ptr::copy_nonoverlapping(slot, old.as_mut_ptr(), 1);
                value.write_to(slot);
                ffi::zval_ptr_dtor(old.as_mut_ptr());
            }
        }
    }

    /// An array to add entries to: what the variable holds if that is an array, else a new one.
    /// Give it to [`RefOut::assign`] when it is complete.
    pub(crate) fn array(self, capacity: u32) -> NewArray {
        match self.current().kind() {
            Kind::Array(array) => array.duplicate(),
            _ => NewArray::with_capacity(capacity),
        }
    }
}
