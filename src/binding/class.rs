//! The class JavaScript makes one of per reactor: conversions only.

use super::channel::Channel;
use super::deflate::DeflateSettings;
use super::dispatch::{self, Scope};
use super::output::write_duplexes;
use super::stats::ReactorStats;
use super::{calls, cleanup, create, functions};
use crate::engine::driver::exchange::Driver;
use crate::engine::settings::Settings;
use crate::engine::transport::{Errno, OptionName, SocketOption};
use crate::proto::session::{Config, Role};
use napi::bindgen_prelude::{Array, FromNapiValue, JsValue, Object, Unknown};
use napi::{Env, Result, sys};
use napi_derive::napi;
use std::rc::Rc;
use std::time::Duration;

/// How a channel is driven.
#[napi(object)]
pub struct ChannelOptions {
    /// `'auto'`, `'loop'`, `'threads'`, `'inline'` (Duplexes) or `'apart'` (a thread, whatever happens).
    pub driver: String,
    /// The name of its thread.
    pub name: String,
    /// This is Node.js, whose event loop may be used.
    pub has_loop: bool,
    /// Change drivers after this many microseconds, for tests.
    pub switch_every: Option<u32>,
    /// Events of one turn, for tests.
    pub events_per_turn: Option<u32>,
    /// Memory may be lent to JavaScript; the host is asked, except in tests.
    pub external: Option<bool>,
}

/// The rules and limits of connections.
#[napi(object)]
#[expect(clippy::struct_excessive_bools, reason = "they are the options of ws")]
pub struct ConnectionSettings {
    /// Several events may be emitted in one tick.
    pub allow_synchronous_events: bool,
    /// We accepted the connection.
    pub is_server: bool,
    /// Bytes of a message; 0 is unlimited.
    pub max_payload: f64,
    /// Frames of a message; 0 is unlimited.
    pub max_fragments: u32,
    /// Reads one frame may arrive in; 0 is unlimited.
    pub max_buffered_chunks: u32,
    /// Let text through unseen.
    #[napi(js_name = "skipUTF8Validation")]
    pub skip_utf8_validation: bool,
    /// Answer pings.
    pub auto_pong: bool,
    /// Answers that may wait for the peer to take them; 0 is unlimited.
    pub max_pending_auto_pongs: u32,
    /// Milliseconds for the close handshake.
    pub close_timeout: f64,
    /// Bytes that may wait undelivered in JavaScript.
    pub receive_credit: u32,
    /// What was agreed on about compression.
    pub deflate: Option<DeflateSettings>,
}

/// A number from JavaScript as an unsigned one; what is below zero, or none, counts as zero.
#[expect(clippy::cast_sign_loss, reason = "the conversion saturates")]
pub(crate) fn unsigned(number: f64) -> u64 {
    number as u64
}

impl From<ConnectionSettings> for Settings {
    fn from(from: ConnectionSettings) -> Self {
        Self {
            session: Config {
                role: if from.is_server { Role::Server } else { Role::Client },
                max_payload: unsigned(from.max_payload),
                max_fragments: from.max_fragments,
                max_buffered_chunks: from.max_buffered_chunks,
                skip_utf8_validation: from.skip_utf8_validation,
                auto_pong: from.auto_pong,
                deflate: from.deflate.and_then(|deflate| deflate.read()),
                ..Config::default()
            },
            close_timeout: Duration::from_secs_f64(from.close_timeout.clamp(0.0, 1e12) / 1000.0),
            max_pending_pongs: from.max_pending_auto_pongs,
            tells_at_once: from.allow_synchronous_events,
            receive_credit: from.receive_credit.clamp(1, 1 << 30).cast_signed(),
        }
    }
}

/// A reactor, its slab and its queue of events.
#[napi]
pub struct NativeChannel {
    channel: Rc<Channel>,
}

#[napi]
impl NativeChannel {
    /// Starts a reactor. `host` has what it calls, and the resource in whose async context it does so; `payloads` is the
    /// array that holds by-reference payloads until they cross.
    #[napi(constructor)]
    pub fn new(
        env: Env,
        options: ChannelOptions,
        #[napi(
            ts_arg_type = "{ resource: object, walk: Function, written: Function, output: Function, later: Function }"
        )]
        host: Object<'_>,
        payloads: Array<'_>,
    ) -> Result<Self> {
        let channel = create::create(env, options, &host, &payloads)?;
        cleanup::register(&channel);
        Ok(Self { channel })
    }

    /// Where commands are written.
    #[napi(getter, ts_return_type = "ArrayBuffer")]
    pub fn slab(&self, env: &Env) -> Result<Unknown<'_>> {
        view(env, self.channel.slab.memory().view(env.raw()))
    }

    /// How much of what each connection sent is out: doubles, by index.
    #[napi(getter, ts_return_type = "ArrayBuffer")]
    pub fn ledger(&self, env: &Env) -> Result<Unknown<'_>> {
        view(env, self.channel.ledger.view(env.raw()))
    }

    /// Settings for attach commands, by number.
    #[napi]
    pub fn configure(&self, settings: ConnectionSettings) -> u32 {
        self.channel.settings.register(settings.into()) as u32
    }

    /// Applies what was posted before, if the reactor is to be had.
    #[napi]
    pub fn settle(&self) {
        self.channel.hub.settle();
    }

    /// Takes the slab and writes all of it, whatever the reactor is doing: the process is about to exit.
    #[napi]
    pub fn flush_last(&self) {
        self.channel.flush(None);
        self.channel.hub.flush_last();
    }

    /// Dispatches all events there are, from `cursor` on if one is being handled: the process is about to exit.
    #[napi]
    pub fn dispatch_last(&self, cursor: u32) {
        dispatch::dispatch_last(&self.channel, cursor);
    }

    /// Keeps the process alive, or no longer.
    #[napi]
    pub fn hold(&self, hold: bool) {
        self.channel.hold(hold);
    }

    /// Where the fragments of a large message end.
    #[napi]
    pub fn fragment_ends(&self, index: u32) -> Vec<u32> {
        let current = self.channel.current.borrow();
        let message = current
            .as_ref()
            .and_then(|current| current.batch.large.get(index as usize));
        message.map_or_else(Vec::new, |message| message.fragments.clone())
    }

    /// The calls that messages make. `flush` takes the slab; `takeLarge` gives a large message of the batch that is being
    /// walked in memory of its own. For Duplexes: `bring` takes input for one with `backlog` bytes to pass on, without bytes
    /// its end; `turn` takes a turn; `settle` follows a walk that stopped there, plus 1 << 14 if the rest is for a later turn
    /// of the event loop. These return what to do next: below zero a scope to walk, whose bits inverted are batch, first event
    /// (14) and end (14); above zero where what there is to write for the caller begins in the memory that small pieces share,
    /// and its length (13).
    #[napi(
        getter,
        ts_return_type = "{ bring(id: number, bytes: Uint8Array | undefined, backlog: number): number, flush(): void, settle(id: number, stopped: number): number, takeLarge(index: number): ArrayBuffer, turn(): number }"
    )]
    pub fn calls(&self, env: &Env) -> Result<Unknown<'_>> {
        view(env, calls::calls(&self.channel))
    }

    /// A handler threw `error` while JavaScript walked: it becomes an uncaught exception.
    #[napi]
    pub fn report(&self, error: Unknown<'_>) {
        functions::report(self.channel.env, error.raw());
    }

    /// What one of the calls returned the place of, in memory of its own: JavaScript has given the other away.
    #[napi(ts_return_type = "Buffer")]
    pub fn copy_placed(&self, env: &Env, at: u32, length: u32) -> Result<Unknown<'_>> {
        view(
            env,
            self.channel
                .outputs
                .copy_placed(env.raw(), at as usize, length as usize),
        )
    }

    /// A Duplex has passed on all that it was given.
    #[napi]
    pub fn passed_on(&self, id: u32) {
        self.channel.hub.reactor().passed_on(id);
        write_duplexes(&self.channel);
    }

    /// The rest of a dispatch that took too long.
    #[napi]
    pub fn turn(&self) {
        self.channel.dispatch_or_leave(Scope::Callers);
    }

    /// Sets an option of a socket, in the words of an OPTION command: 0 or the negated errno; nothing while the reactor is
    /// busy, or has not done all that was asked of it before.
    #[napi]
    pub fn set_option(&self, id: u32, words: Vec<u32>) -> Option<i32> {
        let mut reactor = self.channel.hub.try_settled()?;
        let option = words.try_into().ok().and_then(SocketOption::from_words);
        Some(match (reactor.socket(id), option) {
            (None, _) => -Errno::BADF.raw_os_error(),
            (_, None) => -Errno::INVAL.raw_os_error(),
            (Some(socket), Some(option)) => socket.set_option(option).map_or_else(negated, |()| 0),
        })
    }

    /// Reads one: its words, or the negated errno; nothing at such times.
    #[napi]
    pub fn option(&self, id: u32, name: u32) -> Option<Vec<i32>> {
        let mut reactor = self.channel.hub.try_settled()?;
        let read = match (reactor.socket(id), OptionName::from_word(name)) {
            (None, _) => Err(Errno::BADF),
            (_, None) => Err(Errno::INVAL),
            (Some(socket), Some(name)) => socket.option(name),
        };
        Some(read.map_or_else(
            |error| vec![negated(error)],
            |words| words.into_iter().map(u32::cast_signed).collect(),
        ))
    }

    /// Running totals.
    #[napi]
    pub fn stats(&self) -> Option<ReactorStats> {
        ReactorStats::read(&self.channel)
    }

    /// Who drives: `'loop'`, `'thread'`, or `'inline'`.
    #[napi(getter)]
    pub fn driver(&self) -> &'static str {
        match self.channel.hub.exchange.driver() {
            Driver::Loop | Driver::ToLoop => "loop",
            Driver::Thread | Driver::ToThread => "thread",
            Driver::Inline => "inline",
            Driver::Stopped => "stopped",
        }
    }
}

/// An error as system calls return it.
fn negated(error: Errno) -> i32 {
    -error.raw_os_error()
}

fn view<'a>(env: &Env, value: sys::napi_value) -> Result<Unknown<'a>> {
    // SAFETY: a value made in this call.
    unsafe { Unknown::from_napi_value(env.raw(), value) }
}
