//! Address space of the system: reserved at once, made memory bit by bit, perhaps a file's.
#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;

/// Reserved address space. Nothing of it can be touched before it was committed.
#[derive(Debug)]
pub(super) struct Mapping {
    base: NonNull<u8>,
    len: usize,
    /// What a range is written to in the end, and the range.
    #[cfg(miri)]
    shared: Option<(std::os::fd::OwnedFd, std::ops::Range<usize>)>,
}

impl Mapping {
    /// Where it begins.
    #[inline]
    pub(super) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Its length in bytes.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Makes all bytes of a committed range zero.
    ///
    /// # Safety
    /// No reference into the range exists, and none is made before this returns.
    pub(super) unsafe fn clear(&self, offset: usize, len: usize) {
        assert!(offset <= self.len && len <= self.len - offset);
        // SAFETY: the range lies in this mapping and is committed; the caller says nobody looks.
        unsafe { self.base.as_ptr().add(offset).write_bytes(0, len) };
    }
}

// SAFETY: a mapping is an address and a length; what may be done with the bytes, and by which
// thread, is decided by the types built on it.
unsafe impl Send for Mapping {}
// SAFETY: as above; its own methods that change memory are called under a lock or on free pages.
unsafe impl Sync for Mapping {}

#[cfg(not(miri))]
impl Mapping {
    /// Reserves `len` bytes, a multiple of the system's page size. Costs no memory.
    pub(super) fn reserve(len: usize) -> Option<Mapping> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new anonymous mapping at an address of the kernel's choice overlaps nothing.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_NONE, flags, -1, 0) };
        if at == libc::MAP_FAILED {
            return None;
        }
        NonNull::new(at.cast()).map(|base| Mapping { base, len })
    }

    /// Makes a range readable and writable; it reads as zero at first.
    pub(super) fn commit(&self, offset: usize, len: usize) -> bool {
        assert!(offset <= self.len && len <= self.len - offset);
        // SAFETY: the range lies in this mapping, which nobody else manages.
        unsafe {
            let at = self.base.as_ptr().add(offset).cast();
            libc::mprotect(at, len, libc::PROT_READ | libc::PROT_WRITE) == 0
        }
    }

    /// Puts the beginning of a file, which must be as long before anything is done with it, in the
    /// place of a range: it is readable and writable, and what is written is in the file.
    pub(super) fn share(&mut self, offset: usize, len: usize, file: BorrowedFd<'_>) -> bool {
        assert!(offset <= self.len && len <= self.len - offset);
        let (access, flags) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_FIXED,
        );
        // SAFETY: the range lies in this mapping and is borrowed mutably, so no reference into it
        // exists; replacing part of a mapping by another leaves it one mapping to us.
        unsafe {
            let at = self.base.as_ptr().add(offset).cast();
            libc::mmap(at, len, access, flags, file.as_raw_fd(), 0) == at
        }
    }

    /// Asks for large pages of the system for a range.
    pub(super) fn enlarge(&mut self, offset: usize, len: usize) -> bool {
        assert!(offset <= self.len && len <= self.len - offset);
        // SAFETY: the range lies in this mapping; the advice changes no bytes.
        unsafe {
            let at = self.base.as_ptr().add(offset).cast();
            libc::madvise(at, len, libc::MADV_HUGEPAGE) == 0
        }
    }

    /// Gives the memory of a committed range back to the system; it reads as zero afterwards.
    ///
    /// # Safety
    /// No reference into the range exists, and none is made before this returns.
    pub(super) unsafe fn discard(&self, offset: usize, len: usize) {
        assert!(offset <= self.len && len <= self.len - offset);
        // SAFETY: the range lies in this private anonymous mapping, so its pages read as zero
        // after MADV_DONTNEED; the caller says nobody looks. Should the call fail (locked
        // memory), the bytes are cleared by hand.
        unsafe {
            let at = self.base.as_ptr().add(offset);
            if libc::madvise(at.cast(), len, libc::MADV_DONTNEED) != 0 {
                at.write_bytes(0, len);
            }
        }
    }
}

#[cfg(not(miri))]
impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the whole mapping as it was made; the types built on it borrow their owner, so
        // no reference into it is left.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) };
    }
}

/// Under Miri there is no address space to reserve: an ordinary zeroed allocation, and what is shared
/// with a file is read from it, and written to it in the end.
#[cfg(miri)]
impl Mapping {
    fn layout(len: usize) -> Option<std::alloc::Layout> {
        std::alloc::Layout::from_size_align(len, 4096).ok()
    }

    pub(super) fn reserve(len: usize) -> Option<Mapping> {
        let layout = Self::layout(len).filter(|layout| layout.size() > 0)?;
        // SAFETY: the layout has a size above 0.
        let base = NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })?;
        Some(Mapping {
            base,
            len,
            shared: None,
        })
    }

    pub(super) fn commit(&self, offset: usize, len: usize) -> bool {
        offset <= self.len && len <= self.len - offset
    }

    pub(super) fn share(&mut self, offset: usize, len: usize, file: BorrowedFd<'_>) -> bool {
        assert!(offset <= self.len && len <= self.len - offset);
        let Ok(file) = file.try_clone_to_owned() else {
            return false;
        };
        let mut at = 0;
        while at < len {
            // SAFETY: the range lies in the allocation, and is borrowed mutably with it.
            let got = unsafe {
                let to = self.base.as_ptr().add(offset + at).cast();
                libc::pread(file.as_raw_fd(), to, len - at, at as libc::off_t)
            };
            let Ok(got @ 1..) = usize::try_from(got) else {
                return false;
            };
            at += got;
        }
        self.shared = Some((file, offset..offset + len));
        true
    }

    pub(super) fn enlarge(&mut self, _: usize, _: usize) -> bool {
        false
    }

    /// # Safety
    /// No reference into the range exists, and none is made before this returns.
    pub(super) unsafe fn discard(&self, offset: usize, len: usize) {
        assert!(offset <= self.len && len <= self.len - offset);
        // SAFETY: the range lies in the allocation and the caller says nobody looks.
        unsafe { self.base.as_ptr().add(offset).write_bytes(0, len) };
    }
}

#[cfg(miri)]
impl Drop for Mapping {
    fn drop(&mut self) {
        if let Some((file, range)) = self.shared.take() {
            let mut at = 0;
            while at < range.len() {
                // SAFETY: the range lies in the allocation, and no reference into it is left.
                let wrote = unsafe {
                    let from = self.base.as_ptr().add(range.start + at).cast();
                    libc::pwrite(file.as_raw_fd(), from, range.len() - at, at as libc::off_t)
                };
                at += usize::try_from(wrote).expect("a file of the test's");
            }
        }
        if let Some(layout) = Self::layout(self.len) {
            // SAFETY: allocated with this layout.
            unsafe { std::alloc::dealloc(self.base.as_ptr(), layout) };
        }
    }
}
