//! The rest of a thread that has nothing to do, until somebody has put something in one of the places
//! it looks at.

use std::sync::OnceLock;

use crate::sync::atomic::{AtomicBool, Ordering::Relaxed};
use crate::sync::{Thread, current, park};

/// The rest of one thread. Each place it looks at must be behind a lock.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Whose it is, from the first time on.
    thread: OnceLock<Thread>,
    /// Whether the thread waits to be woken.
    asleep: AtomicBool,
}

impl Rest {
    /// Ends it, if the thread rests: call this after something was put in one of the places.
    pub(super) fn end(&self) {
        // The thread says who it is and that it sleeps before it looks at a place for the last time,
        // and the place's lock makes that visible to whoever puts something there afterwards.
        if self.asleep.load(Relaxed)
            && self.asleep.swap(false, Relaxed)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    /// Has the calling thread, always the same, rest until this is ended, unless `look` finds
    /// something in one of the places.
    pub(super) fn begin(&self, look: impl FnOnce() -> bool) {
        self.thread.get_or_init(current);
        // Stores would do, but loom knows no order between a store and another thread's swap.
        self.asleep.swap(true, Relaxed);
        if look() {
            self.asleep.swap(false, Relaxed);
        } else {
            park();
        }
    }
}

#[cfg(all(test, mcrsd_loom))]
mod loom {
    use std::sync::Arc;

    use loom::sync::Mutex;
    use loom::thread;

    use super::Rest;

    /// Were something overlooked, the thread would rest for ever, which loom objects to.
    #[test]
    fn nothing_is_overlooked() {
        let mut builder = loom::model::Builder::new();
        // In all orders it takes minutes.
        builder.preemption_bound = Some(3);
        builder.check(|| {
            let rest = Arc::new(Rest::default());
            let places = Arc::new([(); 2].map(|()| Mutex::new(0)));
            let workers = [0, 1].map(|place| {
                let (rest, places) = (Arc::clone(&rest), Arc::clone(&places));
                thread::spawn(move || {
                    *places[place].lock().expect("the lock") += 1;
                    rest.end();
                })
            });
            let mut found = 0;
            let mut look = || {
                let takes = places
                    .iter()
                    .map(|place| std::mem::take(&mut *place.lock().expect("the lock")));
                let now: usize = takes.sum();
                found += now;
                (now > 0, found)
            };
            while look().1 < 2 {
                rest.begin(|| look().0);
            }
            for worker in workers {
                worker.join().expect("a worker");
            }
        });
    }
}
