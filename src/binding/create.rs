//! A channel comes to be: its hub, its threadsafe function, its place in the loop.

use super::channel::{Channel, Rounds};
use super::class::ChannelOptions;
use super::cleanup;
use super::functions::Functions;
use super::memory::{self, Shared};
use super::output::Outputs;
use super::slab::Slab;
#[cfg(unix)]
use super::uv::Watch;
use super::values::Reference;
use crate::engine::crossing::Border;
use crate::engine::driver::Return;
use crate::engine::driver::exchange::Driver;
use crate::engine::driver::policy::Policy;
use crate::engine::hub::Hub;
use crate::engine::memory::ledger::Ledger;
use crate::engine::reactor::Budget;
use napi::bindgen_prelude::{Array, JsObjectValue, JsValue, Object, Unknown};
use napi::{Env, Error, Result, sys};
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Asks for a dispatch through the threadsafe function, once at a time.
struct Threadsafe {
    function: sys::napi_threadsafe_function,
    pending: Arc<AtomicBool>,
}

// SAFETY: a threadsafe function may be called from any thread.
unsafe impl Send for Threadsafe {}
// SAFETY: as above.
unsafe impl Sync for Threadsafe {}

impl Border for Threadsafe {
    fn signal(&self) {
        if !self.pending.swap(true, Ordering::SeqCst) {
            // SAFETY: the function lives until the environment ends, and the hub is stopped before that.
            unsafe {
                sys::napi_call_threadsafe_function(
                    self.function,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                );
            }
        }
    }
}

/// The context of the threadsafe function: filled in once the channel exists.
type Context = Cell<Weak<Channel>>;

unsafe extern "C" fn on_signal(
    env: sys::napi_env,
    _callback: sys::napi_value,
    context: *mut c_void,
    _data: *mut c_void,
) {
    // Without an environment the function is being torn down.
    if env.is_null() {
        return;
    }
    // SAFETY: the context lives until `forget_context`, which comes last; only this thread reads it.
    let context = unsafe { &*context.cast::<Context>() };
    let weak = context.take();
    context.set(weak.clone());
    if let Some(channel) = weak.upgrade() {
        channel.on_signal();
    }
}

/// A channel, driven as `options` ask as far as the host allows.
pub(crate) fn create(
    env: Env,
    options: ChannelOptions,
    host: &Object<'_>,
    payloads: &Array<'_>,
) -> Result<Rc<Channel>> {
    let raw = env.raw();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pending = Arc::new(AtomicBool::new(false));
    let may_lend = options.external.unwrap_or_else(|| memory::may_lend(raw));
    let ledger = Shared::new(raw, Ledger::SIZE, may_lend);
    let resource: Object<'_> = host.get_named_property("resource")?;
    let (context, threadsafe) = threadsafe_function(env, &resource)?;
    let border = Threadsafe {
        function: threadsafe,
        pending: Arc::clone(&pending),
    };
    let first = first_driver(&options);
    let totals = Ledger::over(Arc::clone(ledger.arena()));
    let hub = hub(&options, first, border, totals).inspect_err(|_| {
        cleanup::release(threadsafe);
        ledger.release(raw);
    })?;
    let now = Instant::now();
    let settings = hub.reactor().settings().clone();
    let channel = Rc::new(Channel {
        env: raw,
        settings,
        hub: Arc::new(hub),
        functions: named_functions(env, host)?,
        resource: Reference::new(raw, resource.raw()),
        context: async_context(env, &resource)?,
        slab: Slab::new(raw, Reference::new(raw, payloads.raw()), may_lend),
        ledger,
        may_lend,
        outputs: Outputs::default(),
        current: RefCell::new(None),
        dispatching: Cell::new(false),
        thread: RefCell::new(None),
        #[cfg(unix)]
        watch: RefCell::new(None),
        threadsafe,
        pending,
        policy: RefCell::new(Policy::new(cores, now)),
        back: back(&options),
        era: Cell::new(now),
        inline: first == Driver::Inline,
        rounds: Cell::new(Rounds::Resting),
        foreign: RefCell::new(Vec::new()),
        name: options.name,
        cores,
        told: Cell::new(None),
        flushing: Cell::new(Duration::ZERO),
    });
    if let Err(error) = start(&channel, first, options.has_loop, env) {
        cleanup::abandon(&channel);
        return Err(error);
    }
    context.set(Rc::downgrade(&channel));
    Ok(channel)
}

/// The hub, as it is driven first.
fn hub(options: &ChannelOptions, first: Driver, border: Threadsafe, totals: Ledger) -> Result<Hub> {
    let hub = Hub::new(first, budget(options), Box::new(border), totals)
        .map_err(|error| Error::from_reason(error.to_string()))?;
    Ok(if options.driver == "apart" { hub.apart() } else { hub })
}

fn first_driver(options: &ChannelOptions) -> Driver {
    match options.driver.as_str() {
        "inline" => Driver::Inline,
        "threads" | "apart" => Driver::Thread,
        _ => Driver::Loop,
    }
}

fn budget(options: &ChannelOptions) -> Budget {
    let default = Budget::default();
    Budget {
        events: options
            .events_per_turn
            .map_or(default.events, |events| events.max(1) as usize),
        ..default
    }
}

fn back(options: &ChannelOptions) -> Return {
    match (options.driver.as_str(), options.switch_every) {
        ("apart", _) => Return::Never,
        (_, Some(micros)) => Return::After(Duration::from_micros(micros.into())),
        ("auto", None) => Return::ByPolicy,
        _ => Return::Never,
    }
}

/// Begins to drive. Where the loop cannot be had, a thread does.
fn start(channel: &Rc<Channel>, first: Driver, has_loop: bool, env: Env) -> Result<()> {
    if first == Driver::Inline {
        return Ok(());
    }
    let watching = has_loop && watch(channel, env);
    if first == Driver::Loop && watching {
        return Ok(());
    }
    channel
        .pin_thread(watching)
        .map_err(|error| Error::from_reason(format!("no I/O thread: {error}")))
}

#[cfg(target_os = "linux")]
fn watch(channel: &Rc<Channel>, env: Env) -> bool {
    let Ok(event_loop) = env.get_uv_event_loop() else {
        return false;
    };
    let descriptor = channel.hub.reactor().descriptor();
    let weak = Rc::downgrade(channel);
    let on_ready = Box::new(move || {
        if let Some(channel) = weak.upgrade() {
            channel.on_ready();
        }
    });
    let hub = Arc::clone(&channel.hub);
    let wake = Box::new(move || hub.wake());
    let Some(watch) = Watch::new(event_loop.cast(), descriptor, on_ready, wake) else {
        return false;
    };
    if channel.hub.exchange.driver() == Driver::Loop {
        watch.start();
    }
    channel.watch.replace(Some(watch));
    true
}

/// libuv's own documentation warns that a kqueue inside a kqueue may never fire.
#[cfg(not(target_os = "linux"))]
fn watch(_channel: &Rc<Channel>, _env: Env) -> bool {
    false
}

/// The function, and its context, which is freed with it.
fn threadsafe_function(env: Env, resource: &Object<'_>) -> Result<(&'static Context, sys::napi_threadsafe_function)> {
    let name = env.create_string("upshift")?;
    let context: *mut Context = Box::into_raw(Box::new(Cell::new(Weak::new())));
    let mut function = ptr::null_mut();
    // SAFETY: on the environment's thread; Node.js hands the context to `on_signal`, and to `forget_context` at the end.
    let status = unsafe {
        sys::napi_create_threadsafe_function(
            env.raw(),
            ptr::null_mut(),
            resource.raw(),
            name.raw(),
            0,
            1,
            context.cast(),
            Some(forget_context),
            context.cast(),
            Some(on_signal),
            &raw mut function,
        )
    };
    if status != sys::Status::napi_ok {
        // SAFETY: made above, and not given away.
        drop(unsafe { Box::from_raw(context) });
        return Err(Error::from_reason("no threadsafe function to be had"));
    }
    // SAFETY: made just now; only connections keep the process alive.
    unsafe { sys::napi_unref_threadsafe_function(env.raw(), function) };
    // SAFETY: freed when the event loop has closed the function: never within the call that makes it.
    Ok((unsafe { &*context }, function))
}

unsafe extern "C" fn forget_context(_env: sys::napi_env, context: *mut c_void, _hint: *mut c_void) {
    // SAFETY: the box of `threadsafe_function`; Node.js finalizes a function once, and calls it no more.
    drop(unsafe { Box::from_raw(context.cast::<Context>()) });
}

fn async_context(env: Env, resource: &Object<'_>) -> Result<sys::napi_async_context> {
    let name = env.create_string("UPSHIFTDISPATCH")?;
    let mut context = ptr::null_mut();
    // SAFETY: on the environment's thread with values of this call.
    unsafe { sys::napi_async_init(env.raw(), resource.raw(), name.raw(), &raw mut context) };
    Ok(context)
}

fn named_functions(env: Env, host: &Object<'_>) -> Result<Functions> {
    let get = |name: &str| -> Result<Reference> {
        let function: Unknown<'_> = host.get_named_property(name)?;
        Ok(Reference::new(env.raw(), function.raw()))
    };
    Ok(Functions {
        walk: get("walk")?,
        written: get("written")?,
        output: get("output")?,
        later: get("later")?,
    })
}
