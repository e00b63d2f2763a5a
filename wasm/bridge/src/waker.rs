//! A waker of the C++ side as a Rust `Waker`, borrowed for one poll, and host operations as futures.
use crate::abi::{COperation, HOST_PANIC};
use crate::error::HostTrap;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{self, Context, Poll, RawWakerVTable, Waker};

#[repr(C)]
pub struct RawWaker {
    table: *const WakerTable,
}

#[repr(C)]
struct WakerTable {
    retain: unsafe extern "C" fn(*mut RawWaker),
    release: unsafe extern "C" fn(*mut RawWaker),
    wake: unsafe extern "C" fn(*mut RawWaker),
}

// A `Waker` is only ever made of a live RawWaker whose table the header demands to be complete, and holds a reference
// unless it is borrowed: so the pointer is valid in all four.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_reference);

unsafe fn clone(data: *const ()) -> task::RawWaker {
    let waker = data as *mut RawWaker;
    // SAFETY: see VTABLE.
    unsafe { ((*(*waker).table).retain)(waker) };
    task::RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: see VTABLE; `wake` consumes the reference.
    unsafe {
        wake_by_ref(data);
        drop_reference(data);
    }
}

unsafe fn wake_by_ref(data: *const ()) {
    let waker = data as *mut RawWaker;
    // SAFETY: see VTABLE.
    unsafe { ((*(*waker).table).wake)(waker) };
}

unsafe fn drop_reference(data: *const ()) {
    let waker = data as *mut RawWaker;
    // SAFETY: see VTABLE.
    unsafe { ((*(*waker).table).release)(waker) };
}

/// A waker without reference counting, for the time of one poll.
/// Safety: `waker` is not null and lives as long as the result is used.
pub unsafe fn borrow(waker: *mut RawWaker) -> ManuallyDrop<Waker> {
    // SAFETY: never dropped, so that the borrowed reference is not given up; see VTABLE.
    ManuallyDrop::new(unsafe { Waker::from_raw(task::RawWaker::new(waker as *const (), &VTABLE)) })
}

/// A host operation that a guest waits for; given up exactly once, finished or not.
pub struct Operation(COperation);

// SAFETY: the header demands of an operation that it may be polled and dropped by any thread, one at a time.
unsafe impl Send for Operation {}

impl Operation {
    pub fn new(operation: COperation) -> Operation {
        Operation(operation)
    }
}

impl Future for Operation {
    type Output = wasmtime::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(poll) = self.0.poll else {
            return Poll::Ready(Err(HostTrap("the host began an operation that has no poll function".into()).into()));
        };
        // The engine hands the waker of our own poll through the guest's fiber unchanged.
        if !std::ptr::eq(cx.waker().vtable(), &VTABLE) {
            return Poll::Ready(Err(HostTrap("nothing can wake a host operation that was begun here".into()).into()));
        }
        // SAFETY: the callback and its state are the host's, the waker is live during this poll.
        match unsafe { poll(self.0.state, cx.waker().data() as *mut RawWaker) } {
            0 => Poll::Pending,
            answer if answer as u32 == HOST_PANIC => std::panic::resume_unwind(Box::new("the host asked for it")),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        if let Some(drop) = self.0.drop {
            // SAFETY: the host's callback with its state, once: this is the only owner.
            unsafe { drop(self.0.state) };
        }
    }
}
