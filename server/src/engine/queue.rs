//! A queue of chunks in the order in which they were filled.
//!
//! Chunks are mostly filled one behind the other, on a new page as well as where others were
//! evicted in order. So the queue keeps runs of neighbours: a cache that was filled once and not
//! read takes a few bytes for each page, and one in use a byte or so for each item.

use std::collections::VecDeque;
use std::ops::Range;

use super::memory::Link;

/// Chunks that lie one behind the other on one page.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: Link,
    len: u32,
}

/// The queue of a class. All links differ by multiples of `stride`, the size of a chunk in the
/// units of links, or lie on different pages.
#[derive(Debug, Default)]
pub(super) struct Queue {
    runs: VecDeque<Run>,
    len: usize,
}

impl Queue {
    /// Number of places.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts a chunk at the end. `starts_page`: it is the first one of its page.
    pub(super) fn push(&mut self, link: Link, stride: u32, starts_page: bool) {
        self.len += 1;
        if let Some(last) = self.runs.back_mut().filter(|_| !starts_page)
            && u64::from(last.first.raw()) + u64::from(last.len) * u64::from(stride)
                == u64::from(link.raw())
        {
            last.len += 1;
            return;
        }
        self.runs.push_back(Run {
            first: link,
            len: 1,
        });
    }

    /// The chunk at the front.
    pub(super) fn front(&self) -> Option<Link> {
        self.runs.front().map(|run| run.first)
    }

    /// Takes the chunk at the front.
    pub(super) fn pop(&mut self, stride: u32) -> Option<Link> {
        let run = self.runs.front_mut()?;
        let link = run.first;
        self.len -= 1;
        match Link::from_raw(link.raw().wrapping_add(stride)).filter(|_| run.len > 1) {
            Some(next) => {
                run.first = next;
                run.len -= 1;
            }
            None => {
                self.runs.pop_front();
            }
        }
        Some(link)
    }

    /// Drops all chunks of a page, whose links these are.
    pub(super) fn drop_page(&mut self, page: &Range<u32>) {
        let mut dropped = 0;
        self.runs.retain(|run| {
            let goes = page.contains(&run.first.raw());
            dropped += if goes { run.len as usize } else { 0 };
            !goes
        });
        self.len -= dropped;
    }

    /// Bytes of memory the queue takes.
    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.runs.capacity() * size_of::<Run>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chunks of 5 units, 100 units to a page.
    const STRIDE: u32 = 5;

    fn push(queue: &mut Queue, raw: u32) {
        let link = Link::from_raw(raw).expect("above 0");
        queue.push(link, STRIDE, raw.is_multiple_of(100));
    }

    fn pop_all(queue: &mut Queue) -> Vec<u32> {
        let links: Vec<u32> = std::iter::from_fn(|| queue.pop(STRIDE))
            .map(Link::raw)
            .collect();
        assert_eq!(queue.len(), 0);
        links
    }

    #[test]
    fn chunks_leave_in_the_order_they_came() {
        let mut queue = Queue::default();
        let order: Vec<u32> = (20..60)
            .chain([10, 3, 4, 5, 61])
            .map(|chunk| chunk * STRIDE)
            .chain([300, 305])
            .collect();
        for &raw in &order {
            push(&mut queue, raw);
        }
        assert_eq!(queue.len(), order.len());
        assert_eq!(queue.front().map(Link::raw), Some(100));
        assert_eq!(pop_all(&mut queue), order);
    }

    #[test]
    fn a_page_leaves_whole_also_out_of_the_middle_of_neighbours() {
        let mut queue = Queue::default();
        // The chunks of pages follow each other without a gap.
        (20..80).for_each(|chunk| push(&mut queue, chunk * STRIDE));
        push(&mut queue, 230);
        queue.drop_page(&(200..300));
        let left: Vec<u32> = (20..40).chain(60..80).map(|chunk| chunk * STRIDE).collect();
        assert_eq!(queue.len(), left.len());
        assert_eq!(pop_all(&mut queue), left);
    }

    #[test]
    fn neighbours_take_no_memory() {
        let mut queue = Queue::default();
        let chunks = if cfg!(miri) { 5_000 } else { 100_000 };
        (1..chunks).for_each(|chunk| push(&mut queue, chunk * STRIDE));
        assert!(queue.bytes() < chunks as usize / 20 * size_of::<Run>() * 3);
    }
}
