//! Chunks that were there before the engine: pages of a file are opened with what they hold, whatever
//! that is, and each chunk is taken over or freed. `restore.rs` decides which.

use super::super::state::Relic;
use super::{Arena, CUT_BYTES, Link, TAG_SHIFT};

impl Arena {
    /// Opens a page as [`open_page`](Arena::open_page) does, but with what it holds from before
    /// (the bytes of a file, whatever they are). Before anything else is done with it each of its
    /// chunks must be looked at ([`take_over`](Arena::take_over)).
    pub(in crate::engine) fn adopt_page(&self, page: usize, bytes: usize, tag: u8) {
        assert!(bytes >= self.body && bytes.trailing_zeros() >= self.shift);
        assert!(self.keeps && page > 0 && bytes <= self.page_bytes());
        assert_eq!(self.cut_of(page), 0, "the page is in use");
        self.set_cut(page, bytes as u32 | u32::from(tag) << TAG_SHIFT);
    }

    /// What a chunk of an adopted page was, now without references. Whatever was neither an item
    /// nor a part of one is free.
    pub(in crate::engine) fn take_over(&self, link: Link) -> Relic {
        self.header(link).state.take_over()
    }

    /// Frees a chunk of an adopted page that nobody has found yet.
    pub(in crate::engine) fn drop_relic(&self, link: Link) {
        self.header(link).state.drop_relic();
    }

    /// Vouches for a data chunk of an adopted page: it belongs to an item that is whole.
    pub(in crate::engine) fn vouch(&self, data: Link) {
        self.header(data).state.vouch();
    }

    /// Ends the taking over of a chunk: is it in use? A data chunk nobody vouched for is not.
    pub(in crate::engine) fn conclude(&self, link: Link) -> bool {
        self.header(link).state.conclude()
    }

    /// The link a number in an adopted page stands for, if it is the start of a chunk.
    pub(in crate::engine) fn check_link(&self, raw: u32) -> Option<Link> {
        let link = Link::from_raw(raw)?;
        let offset = self.offset(link);
        let page = offset >> self.page_shift;
        let cut = if page < self.pages() {
            self.cut_of(page)
        } else {
            0
        };
        let (bytes, at) = ((cut & CUT_BYTES) as usize, offset & (self.page_bytes() - 1));
        let starts = bytes > 0 && at.is_multiple_of(bytes) && at + bytes <= self.page_bytes();
        starts.then_some(link)
    }
}
