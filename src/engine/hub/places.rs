//! The loop drives, and tells of some sockets itself.

use super::Hub;
use crate::engine::driver::exchange::Driver;
use crate::engine::reactor::EventLoop;

impl Hub {
    /// Makes and closes places in the set of the event loop, as the last turn left them to be.
    pub fn arrange_places(&self, event_loop: &impl EventLoop) {
        if let Some(mut reactor) = self.reactor.try_lock()
            && self.exchange.driver() == Driver::Loop
        {
            reactor.arrange_places(event_loop);
        }
    }
}
