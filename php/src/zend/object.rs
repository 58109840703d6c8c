//! Classes, properties, and the resource that stands for a pool.

use std::ffi::{CStr, c_int, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use super::array::direct;
use super::call::{R, Thrown};
use super::error::{check, throw_error};
use super::ffi;
use super::pins::Pins;
use super::table::Functions;
use super::value::{Owned, Value, type_of};
use crate::guard;
use crate::memcache::Pool;

/// The classes of the module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// `MemcachePool`
    Pool,
    /// `Memcache extends MemcachePool`
    Memcache,
}

// What MINIT registers, the same for every thread of the process.
static CLASSES: [AtomicPtr<ffi::zend_class_entry>; 2] =
    [const { AtomicPtr::new(ptr::null_mut()) }; 2];
static PROPERTIES: [AtomicPtr<ffi::zend_string>; 4] =
    [const { AtomicPtr::new(ptr::null_mut()) }; 4];
static POOL_RESOURCE: AtomicI32 = AtomicI32::new(0);

impl Class {
    /// The name, as messages show it.
    pub(super) fn name(self) -> &'static CStr {
        match self {
            Self::Pool => c"MemcachePool",
            Self::Memcache => c"Memcache",
        }
    }

    fn entry(self) -> *mut ffi::zend_class_entry {
        CLASSES[self as usize].load(Ordering::Relaxed)
    }

    /// Whether an object is of this class or one below it.
    ///
    /// # Safety
    ///
    /// `object` is alive.
    pub(super) unsafe fn has(self, object: *mut ffi::zend_object) -> bool {
        // SAFETY: a live object's class entry lives at least as long; ours live for the process.
        unsafe {
            let class = (*object).ce;
            class == self.entry() || ffi::instanceof_function_slow(class, self.entry())
        }
    }

    /// Registers the class. Called once, in MINIT.
    pub(super) fn register<const N: usize>(self, methods: &'static Functions<N>) {
        let parent = match self {
            Self::Pool => ptr::null_mut(),
            Self::Memcache => Self::Pool.entry(),
        };
        // SAFETY: in MINIT; the engine copies the entry and keeps pointers to the name and the
        // method table, which live for the process.
        unsafe {
            let mut class: ffi::zend_class_entry = std::mem::zeroed();
            class.name = permanent(self.name());
            class.info.internal.builtin_functions = methods.rows();
            let class = ffi::zend_register_internal_class_ex(&raw mut class, parent);
            (*class).ce_flags |= ffi::ZEND_ACC_ALLOW_DYNAMIC_PROPERTIES;
            CLASSES[self as usize].store(class, Ordering::Relaxed);
        }
    }
}

/// The properties the extension keeps in its objects. They are public and dynamic, as in
/// pecl/memcache: applications look at them.
#[derive(Clone, Copy)]
pub(crate) enum Property {
    /// `connection`: the resource of the pool.
    Connection,
    /// `_failureCallback`: called when a server fails.
    FailureCallback,
    /// `username`, from setSaslAuthData().
    Username,
    /// `password`, from setSaslAuthData().
    Password,
}

impl Property {
    const ALL: [(Self, &'static CStr); 4] = [
        (Self::Connection, c"connection"),
        (Self::FailureCallback, c"_failureCallback"),
        (Self::Username, c"username"),
        (Self::Password, c"password"),
    ];

    fn name(self) -> *mut ffi::zend_string {
        PROPERTIES[self as usize].load(Ordering::Relaxed)
    }
}

/// A string of the engine that lives for the process. Only in MINIT.
///
/// # Safety
///
/// Called in MINIT, while the engine still accepts permanent strings.
unsafe fn permanent(text: &CStr) -> *mut ffi::zend_string {
    // SAFETY: the engine sets this function pointer before it starts modules; should it be
    // missing, a string of our own that is never released does the same.
    unsafe {
        match ffi::zend_string_init_interned {
            Some(intern) => intern(text.as_ptr(), text.count_bytes(), true),
            None => ffi::ext_php_rs_zend_string_init(text.as_ptr(), text.count_bytes(), true),
        }
    }
}

/// Prepares property names and the resource type. Called once, in MINIT, before any class.
pub(super) fn register_names(module: c_int) {
    // SAFETY: in MINIT; the texts are constants and the destructor lives for the process.
    unsafe {
        for (property, name) in Property::ALL {
            PROPERTIES[property as usize].store(permanent(name), Ordering::Relaxed);
        }
        let kind = ffi::zend_register_list_destructors_ex(
            Some(drop_pool),
            None,
            c"memcache connection".as_ptr(),
            module,
        );
        POOL_RESOURCE.store(kind, Ordering::Relaxed);
    }
}

/// Ends a pool when its resource goes.
unsafe extern "C" fn drop_pool(resource: *mut ffi::zend_resource) {
    // SAFETY: the engine calls this once per resource of our type; its pointer came from a box.
    unsafe {
        let pool = (*resource).ptr.cast::<Pool>();
        (*resource).ptr = ptr::null_mut();
        if !pool.is_null() {
            // A panic while closing sockets has nowhere to go; the pool is gone either way.
            let _ = guard::catch(|| drop(Box::from_raw(pool)));
        }
    }
}

/// What an object's `connection` property holds.
pub(crate) enum PoolState<'a> {
    /// Nothing: no server was ever added.
    Missing,
    /// Null: a declared property that was never filled, or one that was emptied.
    Null,
    /// Something else that is not a resource.
    NotResource,
    /// A pool.
    Open(&'a Pool),
}

/// A PHP object that lives during the call.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    raw: NonNull<ffi::zend_object>,
    _life: PhantomData<&'a ()>,
}

impl<'a> Object<'a> {
    /// Wraps an object of the engine.
    ///
    /// # Safety
    ///
    /// `raw` is not null and alive for `'a`.
    pub(super) unsafe fn new(raw: *mut ffi::zend_object) -> Self {
        // SAFETY: as promised by the caller.
        let raw = unsafe { NonNull::new_unchecked(raw) };
        Self {
            raw,
            _life: PhantomData,
        }
    }

    /// A new object of one of our classes, to be returned.
    pub(crate) fn create(class: Class) -> R<(Self, Owned)> {
        let mut value = Owned::null();
        // SAFETY: the class is registered; on success the slot holds a new object, which lives at
        // least until the value is released or returned.
        unsafe {
            ffi::object_init_ex(value.as_mut_ptr(), class.entry());
            check()?;
            let object = Self::new((*value.as_mut_ptr()).value.obj);
            Ok((object, value))
        }
    }

    /// A property that is set, if there is one.
    fn property(self, property: Property) -> Option<Value<'a>> {
        // SAFETY: the object is alive; its property table is made by the engine when it is not
        // there yet; a found slot is initialised.
        unsafe {
            let object = self.raw.as_ptr();
            let table = (*object).properties;
            let table = if table.is_null() {
                ffi::zend_std_get_properties(object)
            } else {
                table
            };
            let slot = ffi::zend_hash_find_known_hash(table, property.name());
            if slot.is_null() {
                return None;
            }
            let slot = direct(slot);
            (type_of(slot) != ffi::IS_UNDEF).then(|| Value::new(slot))
        }
    }

    /// A second reference to a property's value, null when it is not set. User code can change
    /// the property at any time, so what is used across calls of it has to be a copy.
    pub(crate) fn copy_property(self, property: Property) -> Owned {
        self.property(property)
            .map_or_else(Owned::null, Owned::copy_of)
    }

    /// Sets a property, as `=` would in a method of MemcachePool.
    pub(crate) fn set_property(self, property: Property, mut value: Owned) -> R<()> {
        // SAFETY: the object is alive; the engine takes its own reference of the value.
        unsafe {
            let object = self.raw.as_ptr();
            ffi::zend_update_property_ex(
                Class::Pool.entry(),
                object,
                property.name(),
                value.as_mut_ptr(),
            );
        }
        value.release();
        check()
    }

    /// The object's pool. It stays alive until the call ends, whatever user code does meanwhile.
    pub(crate) fn pool(self, pins: &mut Pins) -> R<PoolState<'a>> {
        let Some(value) = self.property(Property::Connection) else {
            return Ok(PoolState::Missing);
        };
        // SAFETY: the payload is read as a resource only under that type. The engine checks its
        // kind; a resource of our kind points to a pool until its destructor runs, which the
        // reference taken here delays to the end of the call.
        unsafe {
            let target = value.target();
            match type_of(target) {
                ffi::IS_RESOURCE => {}
                ffi::IS_NULL => return Ok(PoolState::Null),
                _ => return Ok(PoolState::NotResource),
            }
            let resource = (*target).value.res;
            let pool = ffi::zend_fetch_resource(
                resource,
                c"connection".as_ptr(),
                POOL_RESOURCE.load(Ordering::Relaxed),
            );
            if pool.is_null() {
                return Err(Thrown);
            }
            (*resource).gc.refcount += 1;
            pins.keep_resource(resource);
            Ok(PoolState::Open(&*pool.cast::<Pool>()))
        }
    }

    /// Throws the engine's TypeError for a `connection` that is no resource.
    pub(crate) fn refuse_connection(self) -> Thrown {
        if let Some(value) = self.property(Property::Connection) {
            // SAFETY: the slot is initialised; the engine looks at its type and throws.
            unsafe {
                ffi::zend_fetch_resource_ex(
                    value.target(),
                    c"connection".as_ptr(),
                    POOL_RESOURCE.load(Ordering::Relaxed),
                );
            }
        }
        Thrown
    }

    /// Puts a new pool into `connection`.
    pub(crate) fn set_pool(self, pool: Box<Pool>, pins: &mut Pins) -> R<&'a Pool> {
        let pool = Box::into_raw(pool);
        // SAFETY: the resource owns the box from here on; one reference is ours until the call
        // ends, one goes into the property.
        unsafe {
            let resource = ffi::zend_register_resource(
                pool.cast::<c_void>(),
                POOL_RESOURCE.load(Ordering::Relaxed),
            );
            (*resource).gc.refcount += 1;
            pins.keep_resource(resource);
            self.set_property(Property::Connection, Owned::resource(resource))?;
            if self.property(Property::Connection).is_none() {
                return Err(throw_error(
                    c"The property connection has to be public and without __set()",
                ));
            }
            Ok(&*pool)
        }
    }
}
