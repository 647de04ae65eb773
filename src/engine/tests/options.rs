//! Options of live sockets: what the kernel says afterwards, whoever has the reactor at the time.

use super::support::{DRIVERS, Js, Options, Peer, settle};
use crate::engine::driver::exchange::Driver;
use crate::engine::transport::{Errno, KeepAlive, OptionName, SocketOption};
use rustix::net::sockopt;
use std::net::{TcpListener, TcpStream};
use std::os::fd::IntoRawFd;
use std::time::Duration;

const NO_DELAY: u32 = 0;
const KEEP_ALIVE: u32 = 1;
const SERVICE: u32 = 2;

/// A connection over TCP to `address`; its own end, to be asked, and the other.
fn attached(js: &mut Js, id: u32, address: &str) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(address).unwrap();
    let theirs = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (ours, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    let kept = ours.try_clone().unwrap();
    js.slab.attach(id, ours.into_raw_fd(), js.settings(), b"");
    js.flush(None);
    (kept, theirs)
}

/// Sets an option at once.
fn set(js: &Js, id: u32, words: [u32; 5]) -> Result<(), Errno> {
    let mut reactor = loop {
        if let Some(reactor) = js.hub.try_settled() {
            break reactor;
        }
    };
    let option = SocketOption::from_words(words).unwrap();
    reactor.socket(id).unwrap().set_option(option)
}

/// On or off, idle time, interval, count.
fn keep_alive(socket: &TcpStream) -> (bool, u64, u64, u32) {
    (
        sockopt::socket_keepalive(socket).unwrap(),
        sockopt::tcp_keepidle(socket).unwrap().as_secs(),
        sockopt::tcp_keepintvl(socket).unwrap().as_secs(),
        sockopt::tcp_keepcnt(socket).unwrap(),
    )
}

#[test]
fn the_kernel_has_what_was_set() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let (socket, _peer) = attached(&mut js, 1, "127.0.0.1:0");
        set(&js, 1, [KEEP_ALIVE, 1, 5, 1, 10]).unwrap();
        assert_eq!(keep_alive(&socket), (true, 5, 1, 10));
        set(&js, 1, [KEEP_ALIVE, 1, 7, 2, 3]).unwrap();
        assert_eq!(keep_alive(&socket), (true, 7, 2, 3));
        set(&js, 1, [KEEP_ALIVE, 0, 0, 1, 10]).unwrap();
        assert_eq!(keep_alive(&socket), (false, 7, 2, 3));
        for on in [1, 0, 1] {
            set(&js, 1, [NO_DELAY, on, 0, 0, 0]).unwrap();
            assert_eq!(u32::from(sockopt::tcp_nodelay(&socket).unwrap()), on);
        }
        set(&js, 1, [SERVICE, 16, 0, 0, 0]).unwrap();
        assert_eq!(sockopt::ip_tos(&socket).unwrap(), 16);
    }
}

#[test]
fn what_libuv_refuses_is_refused_after_the_probes_are_on() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let (socket, _peer) = attached(&mut js, 1, "127.0.0.1:0");
    let (_, idle, interval, count) = keep_alive(&socket);
    for words in [[0, 1, 10], [5, 0, 10], [5, 1, 0], [u32::MAX, 1, 10]] {
        let [idle, interval, count] = words;
        set(&js, 1, [KEEP_ALIVE, 0, 0, 1, 1]).unwrap();
        assert_eq!(
            set(&js, 1, [KEEP_ALIVE, 1, idle, interval, count]),
            Err(Errno::INVAL),
            "{words:?}"
        );
        assert!(sockopt::socket_keepalive(&socket).unwrap());
    }
    assert_eq!(keep_alive(&socket), (true, idle, interval, count));
}

#[test]
fn the_type_of_service_is_that_of_the_family() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let (socket, _peer) = attached(&mut js, 1, "[::1]:0");
    set(&js, 1, [SERVICE, 16, 0, 0, 0]).unwrap();
    assert_eq!(sockopt::ipv6_tclass(&socket).unwrap(), 16);
}

#[test]
fn an_option_is_read_as_it_was_set() {
    let mut js = Js::new(Options::under(Driver::Loop));
    for (id, address) in [(1, "127.0.0.1:0"), (2, "[::1]:0")] {
        let _both = attached(&mut js, id, address);
        set(&js, id, [KEEP_ALIVE, 1, 7, 2, 3]).unwrap();
        set(&js, id, [NO_DELAY, 1, 0, 0, 0]).unwrap();
        set(&js, id, [SERVICE, 16, 0, 0, 0]).unwrap();
        let mut reactor = js.hub.try_settled().unwrap();
        let socket = reactor.socket(id).unwrap();
        assert_eq!(socket.option(OptionName::KeepAlive), Ok(vec![1, 7, 2, 3]));
        assert_eq!(socket.option(OptionName::NoDelay), Ok(vec![1]));
        assert_eq!(socket.option(OptionName::TypeOfService), Ok(vec![16]));
    }
}

#[test]
fn what_is_set_while_somebody_has_the_reactor_keeps_its_order() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let (socket, _peer) = attached(&mut js, 1, "127.0.0.1:0");
        let hub = std::sync::Arc::clone(&js.hub);
        let taken = hub.reactor();
        assert!(js.hub.try_settled().is_none(), "it is taken");
        for words in [
            [KEEP_ALIVE, 1, 5, 1, 10],
            [NO_DELAY, 1, 0, 0, 0],
            [KEEP_ALIVE, 1, 7, 2, 3],
        ] {
            js.slab.option(1, words);
            js.flush(None);
        }
        drop(taken);
        // Done at once, and all the same the last.
        set(&js, 1, [NO_DELAY, 0, 0, 0, 0]).unwrap();
        assert_eq!(keep_alive(&socket), (true, 7, 2, 3), "{driver:?}");
        assert!(!sockopt::tcp_nodelay(&socket).unwrap(), "{driver:?}");
    }
}

#[test]
fn a_connection_that_is_gone_has_no_options() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let peer = js.attach();
        js.slab.option(peer.id + 1, [KEEP_ALIVE, 1, 5, 1, 10]);
        js.slab.terminate(peer.id);
        js.slab.option(peer.id, [KEEP_ALIVE, 1, 5, 1, 10]);
        js.slab.option(peer.id, [99, 1, 5, 1, 10]);
        let mut peers: [Peer; 1] = [peer];
        settle(&mut js, &mut peers, Duration::from_millis(5));
        assert!(js.hub.reactor().socket(peers[0].id).is_none());
    }
}

#[test]
fn words_are_an_option_or_none() {
    let asked = KeepAlive {
        idle: Duration::from_secs(5),
        interval: Duration::from_secs(1),
        count: 10,
    };
    assert_eq!(
        SocketOption::from_words([KEEP_ALIVE, 1, 5, 1, 10]),
        Some(SocketOption::KeepAlive(Some(asked)))
    );
    assert_eq!(
        SocketOption::from_words([KEEP_ALIVE, 0, 5, 1, 10]),
        Some(SocketOption::KeepAlive(None))
    );
    assert_eq!(SocketOption::from_words([3, 0, 0, 0, 0]), None);
}
