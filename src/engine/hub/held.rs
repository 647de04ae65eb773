//! How much memory is held for connections, wherever that is?

use super::Hub;
use crate::engine::reactor::Reactor;

impl Hub {
    /// What `reactor` holds, and what is on the ways to it and from it.
    pub fn held(&self, reactor: &Reactor) -> usize {
        reactor.held() + self.mailbox.held() + self.events.held() + self.warm.held()
    }
}
