//! An allocator that counts, for programs that want to know what a session weighs.
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait; it counts and passes everything on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, with the bytes that are in use counted as they were asked for. A program declares it as its
/// `#[global_allocator]`.
#[derive(Clone, Copy, Debug)]
pub struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

/// The bytes in use at present; zero in a program that does not count.
#[must_use]
pub fn in_use() -> usize {
    IN_USE.load(Ordering::SeqCst)
}

// SAFETY: every call goes to the system's allocator unchanged, which keeps the promises of the trait; counting touches
// no memory but its own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises about the layout are passed on as they are.
        let memory = unsafe { System.alloc(layout) };
        if !memory.is_null() {
            IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: what is given back here was allocated here, so by the system's allocator, with this layout.
        unsafe { System.dealloc(memory, layout) }
    }
}
