//! What the module keeps from one request to the next.

use std::cell::RefCell;

use mcrs::PersistentServers;

use crate::ini::Settings;
use crate::zend::CallStack;

/// The module globals: one per process, or per thread where PHP has threads.
#[derive(Default)]
pub(crate) struct Globals {
    /// The directives as typed values.
    pub(crate) settings: Settings,
    /// The scratch memory of the calls in progress.
    pub(crate) calls: CallStack,
    /// Servers whose connections outlive the request. Borrowed only while a pool is given one.
    pub(crate) persistent: RefCell<PersistentServers>,
}
