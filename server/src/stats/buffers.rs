//! An account of the memory that connections hold between two events, in network buffers as
//! memcached has them.
//!
//! Here a connection holds what is unfinished and nothing else: a piece of a request, a value on
//! its way in, replies it does not take. The unit is memcached's all the same, because
//! `read_buf_mem_limit` and the figures of `stats` are in it. Source: mcrsd.md 8.8, 2.11.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::flags::BUFFER_BYTES;

/// Replies that share a buffer.
const REPLIES_PER_BUFFER: u32 = 13;

/// Buffers a worker has for the connection it is at: one to read into, one for replies.
const OF_THE_WORKER: u32 = 2;

/// What one connection holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    buffers: u16,
    replies: u16,
}

impl Share {
    /// Of a connection with so many bytes and replies that wait.
    pub fn of(bytes: usize, replies: usize) -> Share {
        let replies = u16::try_from(replies).unwrap_or(u16::MAX);
        let bundles = replies / REPLIES_PER_BUFFER as u16;
        let whole = u16::try_from(bytes / BUFFER_BYTES as usize).unwrap_or(u16::MAX);
        Share {
            buffers: whole.saturating_add(bundles).saturating_add(1),
            replies,
        }
    }

    /// Whether the connection is idle: it holds nothing.
    pub fn is_none(self) -> bool {
        self.buffers == 0
    }
}

/// The account of a worker, which alone writes it.
#[derive(Debug)]
pub struct Buffers {
    /// Most buffers, the worker's own included; `u32::MAX` is no limit.
    limit: u32,
    held: AtomicU32,
    most: AtomicU32,
    replies: AtomicU32,
}

impl Default for Buffers {
    fn default() -> Self {
        Buffers {
            limit: u32::MAX,
            held: AtomicU32::new(0),
            most: AtomicU32::new(0),
            replies: AtomicU32::new(0),
        }
    }
}

impl Buffers {
    /// With at most so many buffers (0: any number).
    ///
    /// Differs from memcached, where a worker with a single buffer answers nobody: here it has two
    /// in any case.
    pub(super) fn limited(limit: u32) -> Buffers {
        Buffers {
            limit: match limit {
                0 => u32::MAX,
                limit => limit.max(OF_THE_WORKER),
            },
            ..Buffers::default()
        }
    }

    /// Whether a connection that holds nothing may begin to.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.limit == u32::MAX || self.held.load(Relaxed) + OF_THE_WORKER <= self.limit
    }

    /// Replies there may be before they are written, each value being one. What the worker has for
    /// itself is always there.
    #[inline]
    pub fn reply_room(&self) -> u64 {
        if self.limit == u32::MAX {
            return u64::MAX;
        }
        let left = self.limit.saturating_sub(self.held.load(Relaxed) + 1);
        u64::from(left.max(1)) * u64::from(REPLIES_PER_BUFFER)
    }

    /// A connection now holds `to` instead of `from`.
    pub fn exchange(&self, from: Share, to: Share) {
        let change = |number: &AtomicU32, from: u16, to: u16| {
            let new = number
                .load(Relaxed)
                .wrapping_sub(from.into())
                .wrapping_add(to.into());
            number.store(new, Relaxed);
            new
        };
        change(&self.replies, from.replies, to.replies);
        let held = change(&self.held, from.buffers, to.buffers);
        if held > self.most.load(Relaxed) {
            self.most.store(held, Relaxed);
        }
    }
}

/// The accounts of all workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BufferTotals {
    /// Buffers there are.
    pub count: u64,
    /// Of these, nobody's at present.
    pub free: u64,
    /// Replies that wait, and the one being written.
    pub replies: u64,
    /// Buffers for replies.
    pub reply_buffers: u64,
}

impl BufferTotals {
    pub(super) fn sum<'a>(accounts: impl Iterator<Item = &'a Buffers>) -> BufferTotals {
        let mut totals = BufferTotals {
            replies: 1,
            ..BufferTotals::default()
        };
        for account in accounts {
            let (held, most) = (account.held.load(Relaxed), account.most.load(Relaxed));
            let replies = account.replies.load(Relaxed);
            totals.count += u64::from(most + OF_THE_WORKER);
            totals.free += u64::from(most.saturating_sub(held));
            totals.replies += u64::from(replies);
            totals.reply_buffers += u64::from(replies / REPLIES_PER_BUFFER + 1);
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_what_others_leave() {
        let account = Buffers::limited(64);
        // Source: memcached 1.6.18, measured with one worker and 1 MB: 819 values.
        assert_eq!(account.reply_room(), 63 * 13);
        let piece = Share::of(10, 0);
        for held in 0..63 {
            assert!(account.has_room(), "{held}");
            account.exchange(Share::default(), piece);
        }
        assert!(!account.has_room());
        assert_eq!(account.reply_room(), 13);
        account.exchange(piece, Share::default());
        assert!(account.has_room());
        assert_eq!(account.reply_room(), 13);
        let totals = BufferTotals::sum([&account].into_iter());
        assert_eq!((totals.count, totals.free), (65, 1));
    }

    #[test]
    fn no_limit_is_no_limit_and_one_buffer_is_two() {
        let account = Buffers::limited(0);
        account.exchange(Share::default(), Share::of(usize::MAX, usize::MAX));
        assert!(account.has_room());
        assert_eq!(account.reply_room(), u64::MAX);
        assert!(Buffers::limited(1).has_room());
        assert_eq!(Buffers::limited(1).reply_room(), 13);
    }

    #[test]
    fn what_waits_is_counted_in_buffers() {
        assert!(Share::default().is_none());
        assert_eq!(Share::of(0, 0).buffers, 1);
        assert_eq!(Share::of(BUFFER_BYTES as usize, 0).buffers, 2);
        assert_eq!(Share::of(0, 26).buffers, 3);
        let account = Buffers::default();
        account.exchange(Share::default(), Share::of(0, 26));
        let totals = BufferTotals::sum([&account].into_iter());
        assert_eq!((totals.replies, totals.reply_buffers), (27, 3));
    }
}
