//! The environment goes away: a worker is terminated, the process exits, the last handle closes. No JavaScript runs any
//! more, so this is Rust's to do: the thread is joined, what was sent goes out, connections close, libuv lets go. And a
//! channel that could not be made leaves nothing behind.

use super::channel::Channel;
use napi::sys;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

/// Asks to be called before the environment is torn down.
pub(crate) fn register(channel: &Rc<Channel>) {
    let mut handle = ptr::null_mut();
    let argument = Rc::into_raw(Rc::clone(channel)).cast_mut().cast();
    // SAFETY: on the environment's thread; the argument is released in `end`.
    unsafe { sys::napi_add_async_cleanup_hook(channel.env, Some(end), argument, &raw mut handle) };
}

unsafe extern "C" fn end(handle: sys::napi_async_cleanup_hook_handle, argument: *mut c_void) {
    // SAFETY: the argument is the Rc leaked in `register`; the hook runs once.
    let channel = unsafe { Rc::from_raw(argument.cast_const().cast::<Channel>()) };
    let filled = channel.slab.take();
    channel.hub.stop(channel.slab.commands(filled));
    if let Some(thread) = channel.thread.take() {
        // A thread that panicked has nothing left to stop.
        let _ended = thread.join();
    }
    let done = Box::new(move || {
        // SAFETY: the handle is the one this hook was called with; removing it tells Node.js that we are done.
        unsafe { sys::napi_remove_async_cleanup_hook(handle) };
    });
    #[cfg(unix)]
    if let Some(watch) = channel.watch.take() {
        return watch.close(done);
    }
    done();
}

/// Undoes a channel that found no driver: the environment goes on, and somebody will try again.
pub(crate) fn abandon(channel: &Channel) {
    channel.hub.stop(&[]);
    for reference in [channel.resource, channel.slab.list()]
        .into_iter()
        .chain(channel.functions.all())
    {
        reference.release(channel.env);
    }
    channel.ledger.release(channel.env);
    channel.slab.memory().release(channel.env);
    // SAFETY: on the environment's thread; nothing was dispatched, so nobody is in this context.
    unsafe { sys::napi_async_destroy(channel.env, channel.context) };
    release(channel.threadsafe);
    #[cfg(unix)]
    if let Some(watch) = channel.watch.take() {
        // The descriptor it would have watched stays open until libuv has let go of it.
        let hub = std::sync::Arc::clone(&channel.hub);
        watch.close(Box::new(move || drop(hub)));
    }
}

/// Gives up a threadsafe function that nobody else has.
pub(crate) fn release(function: sys::napi_threadsafe_function) {
    // SAFETY: on the environment's thread; the caller never calls it again.
    unsafe { sys::napi_release_threadsafe_function(function, sys::ThreadsafeFunctionReleaseMode::abort) };
}
