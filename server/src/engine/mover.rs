//! Moving a page from one class to another, or back to the system.
//!
//! A page moves in small steps, each by a thread that stores and must make room anyway, or by one
//! that has nothing else to do ([`Engine::tend`]). What is on it is stored elsewhere in its class or
//! evicted, as `rescue.rs` decides; readers and drafts on the page are waited for. Which page goes
//! where is for `balance.rs` to say, or for a command ([`Engine::reassign`]).

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};

use super::{Engine, ReassignError};

/// Items taken off a moving page in one step.
const STEP: usize = 4;
/// Steps of one [`Engine::tend`].
const STEPS: usize = 4;
/// Ticks after which an item in several chunks is dropped for being read all the time.
const PATIENCE: u32 = 5;

/// When pages change class without a command. Source: mcrsd.md 8.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Automove {
    /// Never.
    Off,
    /// When a class that evicts would use a page better than another.
    ByNeed,
    /// Whenever a class evicts and another has a page to spare.
    Always,
}

/// Why something on a moving page could not be taken off it at once. Source: mcrsd.md 2.11,
/// `slab_reassign_last_busy_status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Obstacle {
    /// Everything could, so far.
    #[default]
    None,
    /// It is being written.
    Uploading,
    /// It is being read.
    Active,
    /// It is no longer to be found, but still being read.
    Floating,
    /// Another thread works on it.
    Locked,
}

impl Obstacle {
    /// All of them, each at its number.
    const ALL: [Obstacle; 5] = [
        Obstacle::None,
        Obstacle::Uploading,
        Obstacle::Active,
        Obstacle::Floating,
        Obstacle::Locked,
    ];

    /// The name that `stats` shows.
    pub fn name(self) -> &'static str {
        match self {
            Obstacle::None => "none",
            Obstacle::Uploading => "busy_uploading",
            Obstacle::Active => "busy_active",
            Obstacle::Floating => "busy_floating",
            Obstacle::Locked => "locked",
        }
    }
}

/// What there is to do behind the scenes after some of it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    /// Nothing.
    Done,
    /// More of the same.
    More,
    /// The same again, when others may have finished what they are doing.
    Wait,
}

/// A page on its way.
#[derive(Debug, Clone, Copy)]
struct Move {
    from: usize,
    /// `None`: back to the system.
    to: Option<usize>,
    /// Somebody asked for it.
    commanded: bool,
    /// Pages to go the same way after this one.
    left: usize,
    /// Something was taken off the page since the last look over all of it.
    worked: bool,
    /// The tick at which nothing could be taken off it any more.
    stuck_since: Option<u32>,
}

/// How to take things off a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Somebody asked for the move: what finds no room elsewhere goes.
    pub(super) commanded: bool,
    /// What is read all the time has had its time.
    pub(super) patient: bool,
}

/// What is counted about moves; since the last reset, but for the state of the last busy item.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Calls of [`Engine::tend`].
    pub(super) rounds: AtomicU64,
    /// Pages that changed class or went back to the system.
    pub(super) pages: AtomicU64,
    /// Items stored elsewhere because their page was leaving.
    pub(super) rescued: AtomicU64,
    /// Parts of items in several chunks, likewise.
    pub(super) chunks_rescued: AtomicU64,
    /// Items that made room for rescued ones.
    pub(super) reclaimed: AtomicU64,
    /// Times that something was busy.
    pub(super) busy: AtomicU64,
    /// Items dropped because they were busy for too long.
    pub(super) busy_dropped: AtomicU64,
    /// Times that there was no room elsewhere for something that must stay.
    pub(super) no_memory: AtomicU64,
    /// An [`Obstacle`].
    last_busy: AtomicU8,
}

impl Figures {
    /// Counts something busy.
    pub(super) fn note_busy(&self, obstacle: Obstacle) {
        self.busy.fetch_add(1, Relaxed);
        self.last_busy.store(obstacle as u8, Relaxed);
    }

    /// Why something was busy last.
    pub(super) fn last_busy(&self) -> Obstacle {
        let index = usize::from(self.last_busy.load(Relaxed));
        Obstacle::ALL.get(index).copied().unwrap_or_default()
    }

    /// Sets the counts to 0.
    pub(super) fn reset(&self) {
        for count in [
            &self.rounds,
            &self.pages,
            &self.rescued,
            &self.chunks_rescued,
            &self.reclaimed,
            &self.busy,
            &self.busy_dropped,
            &self.no_memory,
        ] {
            count.store(0, Relaxed);
        }
    }
}

/// The move under way, if there is one, and what is left to do.
#[derive(Debug)]
pub(super) struct Mover {
    current: Mutex<Option<Move>>,
    /// There is one: saves a look at the lock.
    moving: AtomicBool,
    /// Pages to give back to the system, since the limit was lowered.
    surplus: AtomicUsize,
    /// An [`Automove`].
    automove: AtomicU8,
    pub(super) figures: Figures,
}

impl Default for Mover {
    fn default() -> Mover {
        Mover {
            current: Mutex::new(None),
            moving: AtomicBool::new(false),
            surplus: AtomicUsize::new(0),
            automove: AtomicU8::new(Automove::ByNeed as u8),
            figures: Figures::default(),
        }
    }
}

impl Mover {
    /// When pages change class without a command.
    pub(super) fn automove(&self) -> Automove {
        match self.automove.load(Relaxed) {
            0 => Automove::Off,
            1 => Automove::ByNeed,
            _ => Automove::Always,
        }
    }

    /// Whether a page is on its way.
    pub(super) fn is_moving(&self) -> bool {
        self.moving.load(Relaxed)
    }

    /// Sets how many pages are to be given back.
    pub(super) fn set_surplus(&self, pages: usize) {
        self.surplus.store(pages, Relaxed);
    }
}

impl Engine {
    /// Sets when pages change class without a command; by need at the start.
    pub fn set_automove(&self, automove: Automove) {
        self.mover.automove.store(automove as u8, Relaxed);
    }

    /// Starts to move a page of 1 MiB from one class to another. Classes are counted from 1; 0 is
    /// the pool of pages that no class has, and `None` any class with a page to spare. Live items on
    /// it find a free chunk of their class or are evicted. [`tend`](Engine::tend) does the work.
    ///
    /// # Errors
    /// Nothing was started.
    pub fn reassign(&self, from: Option<usize>, to: usize) -> Result<(), ReassignError> {
        let Ok(mut current) = self.mover.current.try_lock() else {
            return Err(ReassignError::Busy);
        };
        if current.is_some() {
            return Err(ReassignError::Busy);
        }
        if from == Some(to) {
            return Err(ReassignError::Same);
        }
        let (slab, classes) = (&self.slab, self.slab.classes().len());
        // Source: memcached 1.6.18, measured: the pool keeps its last page, too.
        let spares = |class: usize| slab.counted_pages(class) >= 2;
        let any = || (1..=classes).find(|&class| class != to && spares(class));
        let from = from.or_else(any).filter(|&from| from <= classes);
        let Some(from) = from.filter(|_| to <= classes) else {
            return Err(ReassignError::BadClass);
        };
        if !spares(from) {
            return Err(ReassignError::NoSpare);
        }
        let to = to.checked_sub(1);
        if let Some(to) = to {
            slab.classes().settle_as_is(to);
        }
        let pages = slab.pages_per_counted();
        match (from.checked_sub(1), to) {
            (None, None) => return Err(ReassignError::Same),
            (None, Some(to)) => {
                let granted = (0..pages).filter(|_| slab.grant(to)).count();
                self.mover.figures.pages.fetch_add(granted as u64, Relaxed);
                self.tell_page_moved(None, Some(to), granted == pages);
            }
            (Some(from), to) => {
                if !slab.begin(from) {
                    return Err(ReassignError::NoSpare);
                }
                *current = Some(Move {
                    left: pages - 1,
                    commanded: true,
                    ..Move::new(from, to)
                });
                self.mover.moving.store(true, Relaxed);
            }
        }
        Ok(())
    }

    /// Starts a move, unless there is one or the class can spare no page.
    pub(super) fn begin_move(&self, from: usize, to: Option<usize>) {
        let Ok(mut current) = self.mover.current.try_lock() else {
            return;
        };
        if current.is_none() && self.slab.begin(from) {
            *current = Some(Move::new(from, to));
            self.mover.moving.store(true, Relaxed);
        }
    }

    /// Takes some items off the moving page; ends the move when none is left. Whether it is worth
    /// trying again at once.
    pub(super) fn step_move(&self, now: u32) -> bool {
        let Ok(mut current) = self.mover.current.try_lock() else {
            return false;
        };
        let Some(moving) = &mut *current else {
            return true;
        };
        let manner = Manner {
            commanded: moving.commanded,
            patient: moving
                .stuck_since
                .is_none_or(|since| now.saturating_sub(since) < PATIENCE),
        };
        let (met, at_end) = self.slab.on_leaving(moving.from, STEP);
        for met in met {
            if self.take_off(met, manner, now) {
                moving.worked = true;
                moving.stuck_since = None;
            }
        }
        match self.slab.finish(moving.from, moving.to) {
            Some(given) => {
                self.mover.figures.pages.fetch_add(given.into(), Relaxed);
                if moving.left == 0 {
                    self.tell_page_moved(Some(moving.from), moving.to, given);
                }
                let more = moving.left > 0 && self.slab.begin(moving.from);
                *current = more.then_some(Move {
                    left: moving.left.saturating_sub(1),
                    commanded: moving.commanded,
                    ..Move::new(moving.from, moving.to)
                });
                self.mover.moving.store(more, Relaxed);
                true
            }
            None if !at_end => true,
            None => {
                let worked = std::mem::take(&mut moving.worked);
                if !worked {
                    moving.stuck_since.get_or_insert(now);
                }
                worked
            }
        }
    }

    /// Work that can be done while nobody waits: goes on with a move, gives pages above a lowered
    /// limit back. Each call does little; call it again after some tens of microseconds if there is
    /// more to do, after some milliseconds if it is to wait, and about every tick in any case.
    pub fn tend(&self, now: u32) -> Chore {
        self.mover.figures.rounds.fetch_add(1, Relaxed);
        for _ in 0..STEPS {
            if !self.mover.is_moving() {
                let surplus = self.mover.surplus.load(Relaxed);
                if surplus == 0 || self.slab.pages_taken() <= self.slab.limit_pages() {
                    return Chore::Done;
                }
                self.consider(None);
                if !self.mover.is_moving() {
                    return Chore::Done;
                }
                self.mover.surplus.fetch_sub(1, Relaxed);
            }
            if !self.step_move(now) {
                return Chore::Wait;
            }
        }
        Chore::More
    }
}

impl Move {
    /// The move of one page.
    fn new(from: usize, to: Option<usize>) -> Move {
        Move {
            from,
            to,
            commanded: false,
            left: 0,
            worked: false,
            stuck_since: None,
        }
    }
}
