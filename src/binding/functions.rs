//! The JavaScript functions a channel calls, and how a throw in one is reported.

use super::values::{self, Reference};
use napi::sys;
use std::ptr;

/// References to them.
pub(crate) struct Functions {
    /// `walk(batch, from, to, view?)`: dispatches events, returns where it stopped.
    pub(crate) walk: Reference,
    /// `written()`: a slab with send callbacks went out.
    pub(crate) written: Reference,
    /// `output(id, more, data, length, memory)`: something for a Duplex.
    pub(crate) output: Reference,
    /// `later(ms)`: call `turn()` again, after that long.
    pub(crate) later: Reference,
}

impl Functions {
    /// Each of them.
    pub(crate) fn all(&self) -> [Reference; 4] {
        [self.walk, self.written, self.output, self.later]
    }
}

/// How a call went.
pub(crate) enum Called {
    /// It returned.
    Returned(sys::napi_value),
    /// It threw; the error was reported as uncaught and the process lives.
    Threw,
    /// The environment runs no JavaScript any more.
    Dead,
}

/// Calls `function`; what it throws becomes an uncaught exception, as a throw in an event handler does.
pub(crate) fn call(env: sys::napi_env, function: Reference, arguments: &[sys::napi_value]) -> Called {
    let mut result = ptr::null_mut();
    // SAFETY: on the environment's thread, in an open handle scope; the arguments are values of it.
    let status = unsafe {
        sys::napi_call_function(
            env,
            values::undefined(env),
            function.value(env),
            arguments.len(),
            arguments.as_ptr(),
            &raw mut result,
        )
    };
    match status {
        sys::Status::napi_ok => Called::Returned(result),
        sys::Status::napi_pending_exception => report_last(env),
        _ => Called::Dead,
    }
}

fn report_last(env: sys::napi_env) -> Called {
    let mut error = ptr::null_mut();
    // SAFETY: on the environment's thread.
    let status = unsafe { sys::napi_get_and_clear_last_exception(env, &raw mut error) };
    if status != sys::Status::napi_ok {
        return Called::Dead;
    }
    report(env, error)
}

/// `error` becomes an uncaught exception.
pub(crate) fn report(env: sys::napi_env, error: sys::napi_value) -> Called {
    // SAFETY: on the environment's thread with a value of the current scope; emits 'uncaughtException' and ends the process when nobody listens.
    let status = unsafe { sys::napi_fatal_exception(env, error) };
    if status == sys::Status::napi_ok {
        Called::Threw
    } else {
        Called::Dead
    }
}
