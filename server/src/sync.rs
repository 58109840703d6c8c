//! Atomics, locks and threads for code in which their order matters: those of the standard library,
//! or loom's while models are checked (`make loom`). What only counts takes the standard library's
//! as they are.
//!
//! The models have a `cfg` of their own, since tokio takes `cfg(loom)` to leave its sockets out.

#[cfg(not(all(test, mcrsd_loom)))]
pub(crate) use std::{
    hint::spin_loop,
    sync::{Mutex, MutexGuard, atomic},
    thread::{Thread, current, park, yield_now},
};

#[cfg(all(test, mcrsd_loom))]
pub(crate) use {
    loom::{
        hint::spin_loop,
        sync::{Mutex, MutexGuard, atomic},
        thread::yield_now,
    },
    parking::{Thread, current, park},
};

/// Loom's own forgets that a thread was unparked if it is waiting for a lock at the moment.
#[cfg(all(test, mcrsd_loom))]
mod parking {
    use std::sync::Arc;

    use loom::sync::Notify;

    #[derive(Debug, Clone)]
    pub(crate) struct Thread(Arc<Notify>);

    impl Thread {
        pub(crate) fn unpark(&self) {
            self.0.notify();
        }
    }

    loom::thread_local! {
        static THREAD: Thread = Thread(Arc::new(Notify::new()));
    }

    pub(crate) fn current() -> Thread {
        THREAD.with(Thread::clone)
    }

    pub(crate) fn park() {
        current().0.wait();
    }
}
