//! The loop of a worker: waits until the kernel has news of sockets, and lets those who own them go
//! on.
//!
//! It is not a runtime for futures of any kind, and that is why it is there: a [`Task`] has one
//! socket, so an event is worth one call of its owner, without a queue of tasks, a waker or an atomic
//! on the way. Wakers are for what does not come from the task's own socket, such as log lines.
//! `worker.rs` has what runs on it, `stream.rs` and `udp.rs` the sockets.
//!
//! Events are edge-triggered: what was told of a socket is remembered in its [`Readiness`] until the
//! socket has been found to be otherwise. A turn of the loop is one look at the inbox, one
//! epoll_wait(2), and one poll of each task there is something new for; a task that wants more than
//! its share is polled again in the next turn, behind everybody else's.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};

/// Most events that one turn takes. The kernel hands out those that are left in the next one.
const EVENTS_MAX: usize = 512;

/// What every task hears of.
const INPUT: EventFlags = EventFlags::IN
    .union(EventFlags::RDHUP)
    .union(EventFlags::ET);

/// The timeout that is none.
const AT_ONCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// What events carry that are not about a task.
const BELL: u64 = u64::MAX;

/// What is known of a socket. Wrong only by what one system call finds out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Readiness {
    /// Whether there may be something to read, or the end.
    readable: bool,
    /// Whether there may be room to write.
    writable: bool,
    /// Whether the other end has sent its last: no event tells of that again.
    ended: bool,
}

impl Default for Readiness {
    /// A new socket's: it has room, and the reactor tells if something has come already.
    fn default() -> Readiness {
        Readiness {
            readable: false,
            writable: true,
            ended: false,
        }
    }
}

impl Readiness {
    /// Whether it is worth while to read.
    #[inline]
    pub(super) fn is_readable(self) -> bool {
        self.readable
    }

    /// Whether it is worth while to write.
    #[inline]
    pub(super) fn is_writable(self) -> bool {
        self.writable
    }

    /// Takes note that everything that came has been read.
    #[inline]
    pub(super) fn set_drained(&mut self) {
        self.readable = self.ended;
    }

    /// Takes note that there is nothing to read, not even the end.
    pub(super) fn set_empty(&mut self) {
        self.readable = false;
    }

    /// Takes note that there is no room to write.
    pub(super) fn set_full(&mut self) {
        self.writable = false;
    }

    /// Takes note of what the kernel tells.
    #[inline]
    fn note(&mut self, news: EventFlags) {
        let end = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
        let ended = news.intersects(end);
        self.ended |= ended;
        self.readable |= ended || news.contains(EventFlags::IN);
        self.writable |= ended || news.contains(EventFlags::OUT);
    }
}

/// How a poll of a task left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Polled {
    /// It waits for its socket, or to be woken.
    Waits,
    /// It could go on at once, but others come first.
    Again,
    /// It is done, and dropped.
    Over,
}

/// Something that lives by what happens on a socket.
pub(super) trait Task: Send {
    /// The socket, the same one all the time.
    fn socket(&self) -> BorrowedFd<'_>;

    /// What the reactor told about the socket, and the task found out itself.
    fn readiness(&mut self) -> &mut Readiness;

    /// Goes on as far as it can without waiting. `waker` has it polled again, from any thread.
    fn poll(&mut self, waker: &Waker) -> Polled;
}

/// A task whose panic ends only itself.
pub(super) struct Contained<T>(pub(super) T);

impl<T: Task> Task for Contained<T> {
    fn socket(&self) -> BorrowedFd<'_> {
        self.0.socket()
    }

    fn readiness(&mut self) -> &mut Readiness {
        self.0.readiness()
    }

    fn poll(&mut self, waker: &Waker) -> Polled {
        // Nothing looks at the task again but to drop it.
        let polled = catch_unwind(AssertUnwindSafe(|| self.0.poll(waker)));
        polled.unwrap_or(Polled::Over)
    }
}

/// The place of a task, and which of those that had it in turn: a name that is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token {
    index: u32,
    generation: u32,
}

impl Token {
    fn to_bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    fn from_bits(bits: u64) -> Token {
        Token {
            index: bits as u32,
            generation: (bits >> 32) as u32,
        }
    }
}

/// A place for a task.
struct Slot {
    generation: u32,
    /// Whether the kernel is to tell of room, too: only once a task has lacked it, because a Unix
    /// socket has news of room whenever the other end reads.
    tells_room: bool,
    /// Whether it is to be polled in the next turn.
    is_due: bool,
    /// Nobody, if the place is free.
    task: Option<Box<dyn Task>>,
    waker: Waker,
}

/// Where other threads put what is for a reactor's thread.
pub(super) struct Inbox<M> {
    post: Mutex<Post<M>>,
    /// An eventfd(2) that ends its sleep.
    bell: OwnedFd,
}

/// What has been put there.
struct Post<M> {
    messages: Vec<M>,
    woken: Vec<Token>,
    /// Whether the thread looks here only after the bell has rung.
    asleep: bool,
    closed: bool,
}

impl<M> Inbox<M> {
    /// Leaves a message; gives it back if nobody will look at it.
    pub(super) fn put(&self, message: M) -> Result<(), M> {
        let mut post = self.lock();
        if post.closed {
            return Err(message);
        }
        post.messages.push(message);
        self.ring(post);
        Ok(())
    }

    /// Has the reactor end its work.
    pub(super) fn close(&self) {
        let mut post = self.lock();
        post.closed = true;
        self.ring(post);
    }

    fn wake(&self, token: Token) {
        let mut post = self.lock();
        post.woken.push(token);
        self.ring(post);
    }

    fn ring(&self, mut post: MutexGuard<'_, Post<M>>) {
        if std::mem::take(&mut post.asleep) {
            drop(post);
            // It could only fail if it had rung 2^64 times unheard.
            let _ = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Post<M>> {
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes one task.
struct Alarm<M> {
    inbox: Arc<Inbox<M>>,
    token: Token,
}

impl<M: Send> Wake for Alarm<M> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.inbox.wake(self.token);
    }
}

/// A loop, with tasks, and messages of type `M` from other threads.
pub(super) struct Reactor<M> {
    epoll: OwnedFd,
    inbox: Arc<Inbox<M>>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Those to be polled in the next turn whatever the kernel tells.
    due: Vec<Token>,
}

impl<M: Send + 'static> Reactor<M> {
    /// One without tasks.
    ///
    /// # Errors
    /// The descriptors it takes could not be had.
    pub(super) fn new() -> io::Result<Reactor<M>> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        // Edge-triggered, so that it need not be read.
        let flags = EventFlags::IN | EventFlags::ET;
        epoll::add(&epoll, &bell, EventData::new_u64(BELL), flags)?;
        let post = Post {
            messages: Vec::new(),
            woken: Vec::new(),
            asleep: false,
            closed: false,
        };
        Ok(Reactor {
            epoll,
            inbox: Arc::new(Inbox {
                post: Mutex::new(post),
                bell,
            }),
            slots: Vec::new(),
            free: Vec::new(),
            due: Vec::new(),
        })
    }

    /// The way in from other threads.
    pub(super) fn inbox(&self) -> Arc<Inbox<M>> {
        Arc::clone(&self.inbox)
    }

    /// How many tasks there are.
    pub(super) fn tasks(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Takes a task on. It is polled when there is something to read.
    ///
    /// # Errors
    /// The kernel cannot watch the socket; the task is dropped.
    pub(super) fn add(&mut self, task: Box<dyn Task>) -> io::Result<()> {
        let index = self.free.last().copied();
        let index = index.unwrap_or(self.slots.len() as u32);
        let generation = match self.slots.get(index as usize) {
            Some(slot) => slot.generation.wrapping_add(1),
            None => 0,
        };
        let token = Token { index, generation };
        let data = EventData::new_u64(token.to_bits());
        epoll::add(&self.epoll, task.socket(), data, INPUT)?;
        let inbox = Arc::clone(&self.inbox);
        let slot = Slot {
            generation,
            tells_room: false,
            is_due: false,
            task: Some(task),
            waker: Waker::from(Arc::new(Alarm { inbox, token })),
        };
        match self.free.pop() {
            Some(_) => self.slots[index as usize] = slot,
            None => self.slots.push(slot),
        }
        Ok(())
    }

    /// Takes turns until the inbox is closed. Messages are given to `receive`.
    pub(super) fn run(&mut self, mut receive: impl FnMut(&mut Self, M)) {
        while self.turn(true, &mut receive) {}
    }

    /// One turn. With nothing to do, waits until there is, if `waits`. Returns `false` if the inbox
    /// is closed.
    pub(super) fn turn(&mut self, waits: bool, mut receive: impl FnMut(&mut Self, M)) -> bool {
        let (messages, woken, sleeps) = {
            let mut post = self.inbox.lock();
            if post.closed {
                return false;
            }
            let nothing = post.messages.is_empty() && post.woken.is_empty();
            post.asleep = waits && nothing && self.due.is_empty();
            let sleeps = post.asleep;
            (
                std::mem::take(&mut post.messages),
                std::mem::take(&mut post.woken),
                sleeps,
            )
        };
        for message in messages {
            receive(self, message);
        }
        for token in woken {
            self.defer(token);
        }
        let due = std::mem::take(&mut self.due);
        let mut events = [const { MaybeUninit::<Event>::uninit() }; EVENTS_MAX];
        let timeout = if sleeps { None } else { Some(&AT_ONCE) };
        // It fails only if a signal comes first; then there are no events in this turn.
        if let Ok((events, _)) = epoll::wait(&self.epoll, &mut events, timeout) {
            for event in events {
                let (news, data) = (event.flags, event.data);
                self.poll(Token::from_bits(data.u64()), news);
            }
        }
        for token in due {
            if let Some(slot) = self.slot(token) {
                slot.is_due = false;
                self.poll(token, EventFlags::empty());
            }
        }
        true
    }

    /// The place of a task that is still there.
    fn slot(&mut self, token: Token) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(token.index as usize)?;
        (slot.generation == token.generation && slot.task.is_some()).then_some(slot)
    }

    /// Has a task polled in the next turn.
    fn defer(&mut self, token: Token) {
        if let Some(slot) = self.slot(token)
            && !std::mem::replace(&mut slot.is_due, true)
        {
            self.due.push(token);
        }
    }

    /// Tells a task what is new of its socket and polls it, unless it is due: then its turn comes
    /// after the others'.
    fn poll(&mut self, token: Token, news: EventFlags) {
        let Some(slot) = self.slots.get_mut(token.index as usize) else {
            return;
        };
        let Some(task) = &mut slot.task else { return };
        if slot.generation != token.generation {
            return;
        }
        task.readiness().note(news);
        if slot.is_due {
            return;
        }
        let ends = match task.poll(&slot.waker) {
            Polled::Waits if slot.tells_room || task.readiness().is_writable() => false,
            Polled::Waits => {
                slot.tells_room = true;
                let data = EventData::new_u64(token.to_bits());
                let flags = INPUT | EventFlags::OUT;
                // Without memory for that it would wait for ever.
                epoll::modify(&self.epoll, task.socket(), data, flags).is_err()
            }
            Polled::Again => return self.defer(token),
            Polled::Over => true,
        };
        if ends {
            slot.task = None;
            slot.waker = Waker::noop().clone();
            self.free.push(token.index);
        }
    }
}

impl<M> Drop for Reactor<M> {
    /// Lets nobody wait who could not be served, even if the thread ends by a panic.
    fn drop(&mut self) {
        let mut post = self.inbox.lock();
        post.closed = true;
        post.messages.clear();
    }
}

#[cfg(test)]
mod tests;
