//! The module entry, start and stop, and what lives as long as the process.

use std::ffi::{CStr, c_int};
use std::sync::atomic::{AtomicU64, Ordering};

use ext_php_rs::builders::ModuleBuilder;
use ext_php_rs::zend::{ModuleEntry, ModuleGlobal, ModuleGlobals, StaticModuleEntry};

use super::object::{self, Class};
use super::{ffi, ini};
use crate::state::Globals;
use crate::{CONSTANTS, FUNCTIONS, MEMCACHE_METHODS, NAME, POOL_METHODS, VERSION};
use crate::{guard, info};

impl ModuleGlobal for Globals {}

/// One per process, or per thread where PHP has threads.
static GLOBALS: ModuleGlobals<Globals> = ModuleGlobals::new();

/// What the module keeps between requests. Its parts change through cells: user code can call back
/// into the module at almost any point.
pub(crate) fn globals() -> &'static Globals {
    GLOBALS.get()
}

/// How often this process came out of a fork, counted from its first ancestor.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// A number that is another one in every process: connections made under another number belong to
/// the parent, whose conversation with the server a child must not touch.
pub(crate) fn epoch() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

/// Runs in the child, after a fork.
unsafe extern "C" fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The symbol PHP looks for in a module.
#[unsafe(no_mangle)]
extern "C" fn get_module() -> *mut ModuleEntry {
    static MODULE: StaticModuleEntry = StaticModuleEntry::new();
    MODULE.get_or_init(|| {
        let built = ModuleBuilder::new(NAME, VERSION)
            .startup_function(start)
            .shutdown_function(stop)
            .request_startup_function(start_request)
            .request_shutdown_function(stop_request)
            .info_function(show_info)
            .globals(&GLOBALS)
            .try_into();
        match built {
            Ok((entry, _, owned)) => {
                let mut entry: ModuleEntry = entry;
                entry.functions = FUNCTIONS.rows();
                (entry, owned)
            }
            // Only a name or version with a NUL byte fails, and both are constants above.
            Err(error) => panic!("memcache: {error}"),
        }
    })
}

unsafe extern "C" fn start(_kind: c_int, module: c_int) -> c_int {
    guarded(|| {
        guard::silence_panics();
        // SAFETY: the handler only touches an atomic number, which is allowed after a fork. The C
        // library forgets it when this module is unloaded.
        unsafe { libc::pthread_atfork(None, None, Some(forked)) };
        object::register_names(module);
        Class::Pool.register(&POOL_METHODS);
        Class::Memcache.register(&MEMCACHE_METHODS);
        for (name, value) in CONSTANTS {
            register_constant(name, value, module);
        }
        ini::register(&crate::ini::ROWS, module);
    })
}

fn register_constant(name: &CStr, value: i64, module: c_int) {
    // SAFETY: in MINIT; the engine copies the name.
    unsafe {
        ffi::zend_register_long_constant(
            name.as_ptr(),
            name.count_bytes(),
            value,
            (ffi::CONST_CS | ffi::CONST_PERSISTENT) as c_int,
            module,
        );
    }
}

unsafe extern "C" fn stop(_kind: c_int, module: c_int) -> c_int {
    guarded(|| ini::unregister(module))
}

unsafe extern "C" fn start_request(_kind: c_int, _module: c_int) -> c_int {
    guarded(|| ())
}

unsafe extern "C" fn stop_request(_kind: c_int, _module: c_int) -> c_int {
    guarded(|| globals().calls.end_request())
}

unsafe extern "C" fn show_info(module: *mut ModuleEntry) {
    guarded(|| {
        // SAFETY: the engine calls this while it prints phpinfo(); each row passes as many C
        // strings as its count says.
        unsafe {
            ffi::php_info_print_table_start();
            for (index, [left, right]) in info::ROWS.iter().enumerate() {
                if index == 0 {
                    ffi::php_info_print_table_header(2, left.as_ptr(), right.as_ptr());
                } else {
                    ffi::php_info_print_table_row(2, left.as_ptr(), right.as_ptr());
                }
            }
            ffi::php_info_print_table_end();
            ffi::display_ini_entries(module);
        }
    });
}

/// Runs a life-cycle step; a panic makes it fail instead of ending the process.
fn guarded(step: impl FnOnce()) -> c_int {
    match guard::catch(step) {
        Ok(()) => ffi::ZEND_RESULT_CODE_SUCCESS as c_int,
        Err(_) => ffi::ZEND_RESULT_CODE_FAILURE as c_int,
    }
}
