//! One heap block per instance that holds whichever call is under way: futures of calls are large and must not move, and
//! a block that is used again costs no allocation.
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll};

/// How to poll and to drop what is in a block.
type Content<O> = (unsafe fn(*mut u8, &mut Context<'_>) -> Poll<O>, unsafe fn(*mut u8));

pub struct Slot<O> {
    block: *mut u8,
    layout: Layout,
    /// None when it is empty.
    content: Option<Content<O>>,
}

/// Safety: `block` holds an F that is never moved again.
unsafe fn poll_as<F: Future>(block: *mut u8, cx: &mut Context<'_>) -> Poll<F::Output> {
    // SAFETY: the caller's word.
    unsafe { Pin::new_unchecked(&mut *(block as *mut F)) }.poll(cx)
}

/// Safety: `block` holds an F, which is gone afterwards.
unsafe fn drop_as<F>(block: *mut u8) {
    // SAFETY: the caller's word.
    unsafe { ptr::drop_in_place(block as *mut F) }
}

impl<O> Slot<O> {
    pub const fn new() -> Self {
        Slot { block: ptr::null_mut(), layout: Layout::new::<()>(), content: None }
    }

    /// Safety: what `future` borrows outlives its stay in the slot.
    pub unsafe fn put<F: Future<Output = O> + Send>(&mut self, future: F) {
        const { assert!(size_of::<F>() > 0) };
        self.clear();
        let layout = Layout::new::<F>();
        if self.block.is_null() || self.layout.size() < layout.size() || self.layout.align() < layout.align() {
            self.free();
            // SAFETY: not of size zero.
            self.block = unsafe { alloc(layout) };
            if self.block.is_null() {
                handle_alloc_error(layout);
            }
            self.layout = layout;
        }
        // SAFETY: the block is large and aligned enough, and empty.
        unsafe { ptr::write(self.block as *mut F, future) };
        self.content = Some((poll_as::<F>, drop_as::<F>));
    }

    /// None when nothing is under way. What finished stays until `clear`, and must not be polled again.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Option<Poll<O>> {
        let (poll, _) = self.content?;
        // SAFETY: `content` tells the type in the block.
        Some(unsafe { poll(self.block, cx) })
    }

    pub fn clear(&mut self) {
        if let Some((_, drop)) = self.content.take() {
            // SAFETY: `content` told the type in the block, and is None from now on.
            unsafe { drop(self.block) }
        }
    }

    fn free(&mut self) {
        if !self.block.is_null() {
            // SAFETY: allocated with this layout, empty.
            unsafe { dealloc(self.block, self.layout) };
            self.block = ptr::null_mut();
            self.layout = Layout::new::<()>();
        }
    }
}

impl<O> Drop for Slot<O> {
    fn drop(&mut self) {
        self.clear();
        self.free();
    }
}
