//! Closed loop with the roles changed: the program under test connects to us, and sends back what we send it.

use super::echo;
use crate::Outcome;
use crate::options::Options;
use crate::peer::Peer;
use crate::swarm::Swarm;
use mio::Token;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use upshift::proto::handshake::accept_key;
use upshift::proto::http::RequestHead;

/// Nobody takes this long to connect or to ask.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs it. The number on stderr tells whoever started this where to connect to.
pub fn run(options: &Options) -> Outcome<String> {
    let listener = TcpListener::bind(options.addr)?;
    eprintln!("{}", listener.local_addr()?.port());
    let mut swarm = Swarm::new()?;
    while swarm.peers.len() < options.conns {
        let stream = upgrade(listener.accept()?.0)?;
        let token = Token(swarm.peers.len());
        swarm.peers.push(Peer::accepted(stream, swarm.poll.registry(), token)?);
    }
    echo::drive("client", options, swarm)
}

/// Answers the request of one client.
fn upgrade(mut stream: TcpStream) -> Outcome<TcpStream> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err("a client has left before it asked".into());
        }
        bytes.extend_from_slice(&chunk[..count]);
        if let Some((head, _)) = RequestHead::parse(&bytes)? {
            let key = head.headers.single("sec-websocket-key").ok().flatten();
            let key = key.ok_or("a request without a key")?;
            stream.write_all(response(key).as_bytes())?;
            return Ok(stream);
        }
    }
}

/// The 101.
fn response(key: &[u8]) -> String {
    let accept = accept_key(key);
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}
