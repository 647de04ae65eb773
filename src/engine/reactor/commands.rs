//! What JavaScript asks of a reactor's connections, applied in order; and what time asks.

use super::fault::contain;
use super::{Reactor, connection, index_of, note_input};
use crate::engine::connection::Connection;
use crate::engine::deadlines::Tick;
use crate::engine::memory::command::{Command, Commands, Verb, operation};
use crate::engine::memory::ledger::Total;
use crate::engine::transport::{Foreign, SocketOption, Transport};

impl Reactor {
    /// Applies JavaScript's commands in order; `foreign` holds the by-reference payloads in the same order.
    pub fn apply(&mut self, commands: &[u8], foreign: &mut Vec<Foreign>) {
        let mut foreign = foreign.drain(..);
        for command in Commands::new(commands) {
            let payload = if command.has(operation::REFERENCE) {
                foreign.next()
            } else {
                None
            };
            if command.verb == Verb::Attach {
                self.attach(&command, payload);
            } else {
                self.command(&command, payload);
            }
        }
    }

    fn attach(&mut self, command: &Command<'_>, leftover: Option<Foreign>) {
        let descriptor = command.word(0).cast_signed();
        let rest = leftover.as_ref().map_or(&[][..], Foreign::as_slice);
        let response = command.body.get(8..).unwrap_or(&[]);
        let Some(settings) = self.settings.get(command.word(1) as usize) else {
            return;
        };
        let id = command.id;
        let transport = if descriptor < 0 {
            Transport::Duplex
        } else {
            Transport::over(descriptor)
        };
        let mut fresh = Connection::new(id, transport, settings, response, rest);
        self.work.released.extend(leftover.map(|bytes| bytes.token()));
        let index = index_of(id);
        if self.slots.get(index).is_some_and(Option::is_some) {
            // JavaScript uses an index again after it has seen the end. One that is in use stays what it is; with the
            // newcomer its descriptor closes.
            return;
        }
        self.work.counters.attached += 1;
        self.live += 1;
        fresh.mark_dirty();
        self.dirty.push(id);
        if descriptor >= 0 && self.readiness.register(descriptor, id).is_err() {
            fresh.terminate(false, &mut self.work);
        }
        if fresh.enqueue() {
            self.ready.push_back(id);
        }
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        for total in [Total::Written, Total::BytesRead, Total::BytesWritten, Total::Refused] {
            self.ledger.set(index, total, 0);
        }
        self.slots[index] = Some(Box::new(fresh));
    }

    fn command(&mut self, command: &Command<'_>, payload: Option<Foreign>) {
        let Some(connection) = connection(&mut self.slots, command.id) else {
            self.work.released.extend(payload.map(|bytes| bytes.token()));
            return;
        };
        // The answer to a FIN ends the connection as soon as the output is out, and that may take its time, as in ws.
        let closing = match command.verb {
            Verb::Close => true,
            Verb::Shutdown => !connection.is_ended() && !command.has(operation::FIN),
            _ => false,
        };
        match command.verb {
            _ if connection.waits(command, payload.as_ref(), &self.work) => {
                connection.put_off(command, payload, &mut self.work);
            }
            Verb::Frame => {
                contain(connection, &mut self.work, |connection, work| {
                    connection.send(command, payload, work);
                });
            }
            Verb::Raw => connection.send_raw(command, payload, &mut self.work),
            Verb::Close => connection.close(command, &mut self.work),
            Verb::Shutdown => connection.shutdown(),
            Verb::Terminate | Verb::Reset if self.tells_duplexes && connection.is_duplex() => {
                connection.end_after_output();
            }
            Verb::Terminate => connection.drop_after_output(false, &mut self.work),
            Verb::Reset => connection.drop_after_output(true, &mut self.work),
            Verb::Pause => connection.set_paused(true),
            Verb::Resume => connection.set_paused(false),
            Verb::Key => {
                self.work.key = command.body.first_chunk().map(|key| (command.id, *key));
                return;
            }
            Verb::Input => {
                let bytes = command.body.get(4..).unwrap_or(&[]);
                let (end, tell) = (command.has(operation::FIN), command.has(operation::NOTIFY));
                connection.keep_input(bytes, end, tell, command.word(0), &mut self.work);
                note_input(&self.ledger, connection);
            }
            Verb::Option => {
                set_option(connection, command);
                return;
            }
            Verb::PassedOn => connection.passed_on(),
            Verb::Leave => connection.leave(),
            Verb::Watch => connection.watch(),
            Verb::Attach => {}
        }
        if connection.mark_dirty() {
            self.dirty.push(command.id);
        }
        if closing && connection.deadline() == Tick::NEVER {
            let due = self.deadlines.add(connection.close_timeout(), command.id);
            connection.set_deadline(due);
        }
        if connection.enqueue() {
            self.ready.push_back(command.id);
        }
    }

    /// Nobody gets another turn: what waits to be compressed is compressed now.
    pub fn pack_all(&mut self) {
        for connection in self.slots.iter_mut().filter_map(Option::as_deref_mut) {
            while connection.is_packing() && !connection.is_gone() {
                self.work.effort = 0;
                contain(connection, &mut self.work, Connection::pack);
            }
            if connection.is_due() && connection.mark_dirty() {
                self.dirty.push(connection.id());
            }
        }
    }

    /// Drops the connections whose close handshake took too long.
    pub(super) fn expire(&mut self) {
        if self.deadlines.is_empty() {
            return;
        }
        let now = self.deadlines.now();
        while let Some(id) = self.deadlines.take_due(now) {
            let Some(connection) = connection(&mut self.slots, id) else {
                continue;
            };
            connection.set_deadline(Tick::NEVER);
            connection.terminate(false, &mut self.work);
            if connection.enqueue() {
                self.ready.push_back(id);
            }
        }
    }
}

/// Sets an option of a socket; nobody waits for what the kernel says to it.
fn set_option(connection: &Connection, command: &Command<'_>) {
    let option = SocketOption::from_words(std::array::from_fn(|index| command.word(index)));
    if let (Some(socket), Some(option)) = (connection.socket(), option) {
        let _refused = socket.set_option(option);
    }
}
