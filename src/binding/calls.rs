//! The calls that messages make. They are plain functions, because a method looks for the object behind `this` first,
//! which costs more than what these do.
//!
//! Those of a channel of Duplexes, `bring`, `settle` and `turn`, return what JavaScript has to do next as one small number:
//! below zero a scope to walk, above zero a place in the memory that small pieces of output share (lib/channel/inline-calls.js).
//! As JavaScript walks what its input brought itself, a message costs two calls down and none up.

use super::channel::Channel;
use super::dispatch::{self, Left, Next, Scope, dispatch};
use super::output::{sort_output, write_sorted};
use super::{memory, values};
use crate::engine::reactor::Reactor;
use crate::engine::sync::MutexGuard;
use napi::sys;
use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// The number that stands for no connection.
const NOBODY: u32 = u32::MAX;

/// How many batches' scopes JavaScript walks itself, and the bits of an event's number: so that all fits into 31 bits.
const BATCHES: u32 = 4;
const EVENT_BITS: u32 = 14;

/// Beside the event a walk stopped at: JavaScript has had enough for this turn of its event loop.
const ENOUGH: u32 = 1 << EVENT_BITS;

/// The object with the functions.
pub(crate) fn calls(channel: &Channel) -> sys::napi_value {
    let all: [(&CStr, sys::napi_callback); 5] = [
        (c"bring", Some(on_bring)),
        (c"flush", Some(on_flush)),
        (c"settle", Some(on_settle)),
        (c"takeLarge", Some(on_take_large)),
        (c"turn", Some(on_turn)),
    ];
    values::functions(channel.env, &all, ptr::from_ref(channel).cast_mut().cast())
}

unsafe extern "C" fn on_bring(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let body = |channel: &Channel, [id, bytes, backlog]: [sys::napi_value; 3]| {
        // SAFETY: the array is an argument of this call, and no JavaScript runs while its bytes are borrowed.
        let bytes = unsafe { values::borrow_bytes(env, bytes) };
        let id = values::to_uint32(env, id).unwrap_or(NOBODY);
        channel
            .hub
            .input(id, bytes, values::to_uint32(env, backlog).unwrap_or(0));
        values::int32(env, proceed(channel, id))
    };
    // SAFETY: Node.js calls with the data of `calls`.
    unsafe { answer(env, info, body) }
}

unsafe extern "C" fn on_flush(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let body = |channel: &Channel, _: [sys::napi_value; 3]| {
        channel.flush(None);
        values::undefined(env)
    };
    // SAFETY: as above.
    unsafe { answer(env, info, body) }
}

unsafe extern "C" fn on_take_large(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let body = |channel: &Channel, [index, ..]: [sys::napi_value; 3]| match take_large(channel, index) {
        Some(bytes) => memory::message_view(env, bytes, channel.hub.warm().clone(), channel.may_lend),
        None => values::throw(env, c"no such message in this batch"),
    };
    // SAFETY: as above.
    unsafe { answer(env, info, body) }
}

/// A large message of the batch that is being walked.
fn take_large(channel: &Channel, index: sys::napi_value) -> Option<Vec<u8>> {
    let index = values::to_uint32(channel.env, index)? as usize;
    let mut current = channel.current.borrow_mut();
    let message = current.as_mut()?.batch.large.get_mut(index)?;
    Some(std::mem::take(&mut message.data))
}

unsafe extern "C" fn on_settle(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let body = |channel: &Channel, [id, stopped, _]: [sys::napi_value; 3]| {
        let id = values::to_uint32(env, id).unwrap_or(NOBODY);
        let stopped = values::to_uint32(env, stopped);
        let enough = stopped.is_some_and(|stopped| stopped & ENOUGH != 0);
        let next = match dispatch::settle(channel, stopped.map(|stopped| stopped & !ENOUGH)) {
            Left::Rest => finish(channel, id, true),
            left if enough => finish(channel, id, left == Left::More),
            Left::Nothing | Left::More => proceed(channel, id),
        };
        values::int32(env, next)
    };
    // SAFETY: as above.
    unsafe { answer(env, info, body) }
}

unsafe extern "C" fn on_turn(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let body = |channel: &Channel, _: [sys::napi_value; 3]| {
        channel.told.set(None);
        channel.hub.inline_turn();
        values::int32(env, proceed(channel, NOBODY))
    };
    // SAFETY: as above.
    unsafe { answer(env, info, body) }
}

/// Calls `body` with the channel and the arguments; what it returns is the result. A panic becomes an error.
///
/// # Safety
/// The function was made by [`calls`], whose channel lives as long as JavaScript runs in its environment: the cleanup hook
/// holds it.
unsafe fn answer(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    body: impl FnOnce(&Channel, [sys::napi_value; 3]) -> sys::napi_value,
) -> sys::napi_value {
    let mut arguments = [ptr::null_mut(); 3];
    let (mut count, mut data): (usize, *mut c_void) = (arguments.len(), ptr::null_mut());
    // SAFETY: on the environment's thread; the results are our own memory.
    unsafe {
        sys::napi_get_cb_info(
            env,
            info,
            &raw mut count,
            arguments.as_mut_ptr(),
            ptr::null_mut(),
            &raw mut data,
        );
    }
    // SAFETY: as promised by the caller.
    let channel = unsafe { &*data.cast_const().cast::<Channel>() };
    catch_unwind(AssertUnwindSafe(|| body(channel, arguments)))
        .unwrap_or_else(|_| values::throw(env, c"a fault in Upshift: a reactor panicked"))
}

/// Goes on until JavaScript has something to do.
fn proceed(channel: &Channel, caller: u32) -> i32 {
    loop {
        match dispatch::open(channel, BATCHES) {
            Next::Scope(batch, from, to) => {
                let scope = (batch << (2 * EVENT_BITS)) | (from << EVENT_BITS) | to;
                return !scope.cast_signed();
            }
            Next::Other => match dispatch(channel, Scope::Callers) {
                Left::More => continue,
                Left::Rest => return finish(channel, caller, true),
                Left::Nothing => {}
            },
            Next::Nothing => {}
        }
        if channel.dispatching.get() {
            return finish(channel, caller, false);
        }
        match channel.hub.try_reactor() {
            Some(reactor) if !reactor.has_work() => return finish_with(channel, caller, false, Some(reactor)),
            held => drop(held),
        }
        channel.hub.inline_turn();
    }
}

/// JavaScript writes what there is to write, and comes back if there is `more`, or when something is due.
fn finish(channel: &Channel, caller: u32, more: bool) -> i32 {
    finish_with(channel, caller, more, channel.hub.try_reactor())
}

/// The same with the reactor, if it is to be had: each time it is asked for costs as much as a look at it.
fn finish_with(channel: &Channel, caller: u32, more: bool, reactor: Option<MutexGuard<'_, Reactor>>) -> i32 {
    let due = reactor.map(|mut reactor| {
        sort_output(channel, &mut reactor);
        (reactor.has_work(), reactor.next_deadline())
    });
    let (work, deadline) = due.unwrap_or((true, None));
    let place = write_sorted(channel, Some(caller));
    channel.schedule(more || work, deadline);
    place
}
