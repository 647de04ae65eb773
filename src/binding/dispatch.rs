//! Events up: walks the queue, one scope at a time, so that nextTicks and microtasks run where `ws` runs them.

use super::channel::Channel;
use super::functions::{self, Called};
use super::memory;
use super::values::{self, Reference};
use crate::engine::memory::batch::Batch;
use crate::engine::transport::Token;
use napi::sys;
use std::ptr;

/// A walk that starts again behind the event whose handler threw.
const GO_ON: u32 = u32::MAX;

/// A batch that is being walked.
pub(crate) struct Current {
    /// It.
    pub(crate) batch: Box<Batch>,
    scope: usize,
    at: u32,
}

impl Current {
    fn new(batch: Box<Batch>) -> Self {
        Self { batch, scope: 0, at: 0 }
    }

    fn end_of_scope(&self) -> Option<u32> {
        self.batch.scopes.get(self.scope).copied()
    }
}

/// What is left after a dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing; or somebody further up the stack is dispatching.
    Nothing,
    /// More scopes.
    More,
    /// The rest of this scope: the walk took as long as it may.
    Rest,
}

/// The callback scope of a dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// There is none: one is opened, with the channel's resource.
    New,
    /// Node.js has opened one with that resource, for the threadsafe function.
    Open,
    /// That of whoever calls, with a resource that is not ours.
    Callers,
}

/// Node's callback scope: when it closes at the bottom of the stack, nextTicks and microtasks run.
struct CallbackScope(sys::napi_callback_scope);

impl CallbackScope {
    fn open(channel: &Channel) -> Self {
        let mut scope = ptr::null_mut();
        let resource = channel.resource.value(channel.env);
        // SAFETY: on the environment's thread, in an open handle scope; the context lives as long as the channel.
        unsafe { sys::napi_open_callback_scope(channel.env, resource, channel.context, &raw mut scope) };
        Self(scope)
    }

    fn close(self, env: sys::napi_env) {
        if !self.0.is_null() {
            // SAFETY: opened on this thread, closed once, innermost first.
            unsafe { sys::napi_close_callback_scope(env, self.0) };
        }
    }
}

/// Dispatches one scope of events.
pub(crate) fn dispatch(channel: &Channel, scope: Scope) -> Left {
    if channel.dispatching.get() || !begin(channel) {
        return Left::Nothing;
    }
    channel.dispatching.set(true);
    let mut handles = ptr::null_mut();
    // SAFETY: on the environment's thread; closed below.
    unsafe { sys::napi_open_handle_scope(channel.env, &raw mut handles) };
    let own = (scope == Scope::New).then(|| CallbackScope::open(channel));
    let rest = walk_scope(channel, scope != Scope::Callers);
    let returned = if rest { None } else { end_scope(channel) };
    channel.flush(returned);
    channel.dispatching.set(false);
    if let Some(own) = own {
        own.close(channel.env);
    }
    // SAFETY: opened above.
    unsafe { sys::napi_close_handle_scope(channel.env, handles) };
    left(channel, rest)
}

fn left(channel: &Channel, rest: bool) -> Left {
    if rest {
        Left::Rest
    } else if channel.current.borrow().is_some() || !channel.hub.events.is_empty() {
        Left::More
    } else {
        Left::Nothing
    }
}

/// The process is about to exit, maybe within the handler of the event before `cursor`: JavaScript is told all there is. It
/// takes nothing any more but what Duplexes have to write.
pub(crate) fn dispatch_last(channel: &Channel, cursor: u32) {
    if channel.dispatching.replace(false)
        && let Some(current) = channel.current.borrow_mut().as_mut()
    {
        current.at = cursor;
    }
    let (_, waiting) = channel.hub.events.depth();
    // The thread goes on filling batches: only those that are there now.
    let mut left = waiting + usize::from(channel.current.borrow().is_some());
    while left > 0 && dispatch(channel, Scope::Callers) != Left::Nothing {
        left -= usize::from(channel.current.borrow().is_none());
    }
}

/// What there is to walk.
pub(crate) enum Next {
    /// Nothing; or somebody further up the stack is dispatching.
    Nothing,
    /// A scope that JavaScript walks within the call it makes anyway: batch, first event, end. `settle` follows.
    Scope(u32, u32, u32),
    /// One that `dispatch` has to call for.
    Other,
}

/// The next scope. `Other` if JavaScript has not seen that batch's memory yet, or it is not one of the first `batches`.
pub(crate) fn open(channel: &Channel, batches: u32) -> Next {
    if channel.dispatching.get() || !begin(channel) {
        return Next::Nothing;
    }
    let current = channel.current.borrow();
    let Some((current, to)) = current
        .as_ref()
        .and_then(|current| Some((current, current.end_of_scope()?)))
    else {
        return Next::Other;
    };
    if !current.batch.wrapped || current.batch.index >= batches {
        return Next::Other;
    }
    channel.dispatching.set(true);
    Next::Scope(current.batch.index, current.at, to)
}

/// JavaScript has walked the scope that `open` gave it up to `stopped`. What is to be written is left for later.
pub(crate) fn settle(channel: &Channel, stopped: Option<u32>) -> Left {
    let rest = stopped.is_some_and(|stopped| stop_at(channel, stopped));
    let returned = if rest { None } else { end_scope(channel) };
    channel.submit(returned);
    channel.dispatching.set(false);
    left(channel, rest)
}

/// Notes how far the scope was walked; true if that is not its end.
fn stop_at(channel: &Channel, stopped: u32) -> bool {
    let mut current = channel.current.borrow_mut();
    let Some(current) = current.as_mut() else {
        return false;
    };
    current.at = stopped;
    current.end_of_scope().is_some_and(|end| stopped < end)
}

/// Makes sure there is a batch to walk.
fn begin(channel: &Channel) -> bool {
    let mut current = channel.current.borrow_mut();
    while current.is_none() {
        let Some(mut batch) = channel.hub.events.take() else {
            return false;
        };
        release(channel.env, batch.released.drain(..));
        if batch.events() == 0 {
            channel.hub.events.recycle(batch);
        } else {
            *current = Some(Current::new(batch));
        }
    }
    true
}

/// Lets go of by-reference payloads.
pub(crate) fn release(env: sys::napi_env, tokens: impl Iterator<Item = Token>) {
    for Token(token) in tokens {
        Reference::from_token(token).release(env);
    }
}

/// Walks the scope to its end, over handlers that throw; true when it was left before. `within`: JavaScript runs in a
/// callback scope with the channel's resource.
fn walk_scope(channel: &Channel, within: bool) -> bool {
    let env = channel.env;
    let Some((index, at, to, view)) = arguments(channel) else {
        return false;
    };
    let mut called = functions::call(
        env,
        channel.functions.walk,
        &[
            values::uint32(env, index),
            values::uint32(env, at),
            values::uint32(env, to),
            view,
            values::boolean(env, within),
        ],
    );
    // Each call gets behind at least one event, unless JavaScript does not run any more: so there is a bound.
    for _ in at..=to {
        match called {
            Called::Returned(value) => {
                return stop_at(channel, values::to_uint32(env, value).unwrap_or(to));
            }
            Called::Dead => return false,
            Called::Threw => called = functions::call(env, channel.functions.walk, &[values::uint32(env, GO_ON)]),
        }
    }
    false
}

/// What the walk is told: batch, from, to, and the view the first time.
fn arguments(channel: &Channel) -> Option<(u32, u32, u32, sys::napi_value)> {
    let mut current = channel.current.borrow_mut();
    let current = current.as_mut()?;
    let to = current.end_of_scope()?;
    let view = if current.batch.wrapped {
        values::undefined(channel.env)
    } else {
        current.batch.wrapped = true;
        memory::batch_view(channel.env, &mut current.batch, channel.may_lend)
    };
    Some((current.batch.index, current.at, to, view))
}

/// The scope is done; the batch too, when it was its last.
fn end_scope(channel: &Channel) -> Option<Box<Batch>> {
    let mut slot = channel.current.borrow_mut();
    let current = slot.as_mut()?;
    current.at = current.end_of_scope().unwrap_or(current.at);
    current.scope += 1;
    if current.end_of_scope().is_some() {
        return None;
    }
    slot.take().map(|current| current.batch)
}
