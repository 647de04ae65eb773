//! tokio-tungstenite as a peer of the interop tests: does what the commands on its standard input say (see
//! `../../../support/peer.js`).

use std::{collections::HashMap, error::Error, io::Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader},
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async, connect_async,
    tungstenite::{
        self, Message,
        client::IntoClientRequest as _,
        handshake::server::{ErrorResponse, Request, Response},
        http::HeaderValue,
        protocol::{
            CloseFrame,
            frame::{
                Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

const PROTOCOL: &str = "sec-websocket-protocol";

type Failure = Box<dyn Error>;

/// A line of input; what it does not need is missing.
#[derive(Deserialize)]
struct Command {
    id: u64,
    #[serde(rename = "do")]
    verb: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    protocols: Vec<String>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    parts: Vec<String>,
    #[serde(default)]
    data: String,
    code: Option<u16>,
    #[serde(default)]
    reason: String,
}

/// Tells the test something.
fn emit(id: u64, event: &str, mut details: Value) {
    details["id"] = id.into();
    details["event"] = event.into();
    let mut output = std::io::stdout().lock();
    // Nobody is there to be told when this fails.
    let _ = writeln!(output, "{details}");
    let _ = output.flush();
}

/// Tells the test of an error, if there is one.
fn report(id: u64, result: Result<(), Failure>) {
    if let Err(failure) = result {
        emit(id, "error", json!({ "message": failure.to_string() }));
    }
}

/// The frames of a message, one per part; a message in one part goes the usual way.
fn messages(command: &Command) -> Result<Vec<Message>, Failure> {
    let parts = command
        .parts
        .iter()
        .map(|part| BASE64.decode(part))
        .collect::<Result<Vec<_>, _>>()?;
    let first = if command.kind == "text" {
        Data::Text
    } else {
        Data::Binary
    };
    if let [whole] = parts.as_slice() {
        return Ok(vec![match first {
            Data::Text => Message::text(String::from_utf8(whole.clone())?),
            _ => Message::binary(whole.clone()),
        }]);
    }
    let last = parts.len() - 1;
    let frame = |(at, part)| {
        let opcode = OpCode::Data(if at == 0 { first } else { Data::Continue });
        Message::Frame(Frame::message(part, opcode, at == last))
    };
    Ok(parts.into_iter().enumerate().map(frame).collect())
}

/// Carries out a command on an open connection.
async fn perform<S>(socket: &mut WebSocketStream<S>, command: Command) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match command.verb.as_str() {
        "send" => {
            for message in messages(&command)? {
                socket.send(message).await?;
            }
        }
        "ping" => socket.send(Message::Ping(BASE64.decode(&command.data)?.into())).await?,
        "close" => {
            let reason = command.reason.into();
            let frame = command.code.map(|code| CloseFrame {
                code: CloseCode::from(code),
                reason,
            });
            socket.close(frame).await?;
        }
        verb => return Err(format!("{verb} of a connection that is open").into()),
    }
    Ok(())
}

/// Tells of what was received.
fn tell(id: u64, message: Message, close: &mut Value) {
    match message {
        Message::Text(text) => {
            emit(
                id,
                "message",
                json!({ "kind": "text", "data": BASE64.encode(text.as_bytes()) }),
            );
        }
        Message::Binary(data) => emit(id, "message", json!({ "kind": "binary", "data": BASE64.encode(data) })),
        Message::Ping(data) => emit(id, "ping", json!({ "data": BASE64.encode(data) })),
        Message::Pong(data) => emit(id, "pong", json!({ "data": BASE64.encode(data) })),
        Message::Close(Some(frame)) => {
            *close = json!({ "code": u16::from(frame.code), "reason": frame.reason.as_str() });
        }
        Message::Close(None) => *close = json!({ "code": 1005, "reason": "" }),
        // Never read: messages come whole.
        Message::Frame(_) => {}
    }
}

/// Serves a connection until it ends.
async fn serve<S>(id: u64, mut socket: WebSocketStream<S>, mut commands: UnboundedReceiver<Command>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut close = json!({ "code": 1006, "reason": "" });
    loop {
        tokio::select! {
            Some(command) = commands.recv() => report(id, perform(&mut socket, command).await),
            received = socket.next() => match received {
                Some(Ok(message)) => tell(id, message, &mut close),
                None | Some(Err(tungstenite::Error::ConnectionClosed)) => break,
                Some(Err(error)) => return report(id, Err(error.into())),
            }
        }
    }
    emit(id, "close", close);
}

/// Opens a connection and serves it.
async fn connect(command: Command, commands: UnboundedReceiver<Command>) -> Result<(), Failure> {
    let mut request = command.url.into_client_request()?;
    if !command.protocols.is_empty() {
        request
            .headers_mut()
            .insert(PROTOCOL, HeaderValue::from_str(&command.protocols.join(", "))?);
    }
    let (socket, response) = connect_async(request).await?;
    let protocol = response
        .headers()
        .get(PROTOCOL)
        .map_or("", |value| value.to_str().unwrap_or_default());
    emit(command.id, "open", json!({ "protocol": protocol, "extensions": "" }));
    serve(command.id, socket, commands).await;
    Ok(())
}

/// Accepts a connection and serves it.
async fn listen(command: Command, commands: UnboundedReceiver<Command>) -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    emit(
        command.id,
        "listening",
        json!({ "port": listener.local_addr()?.port() }),
    );
    let (stream, _) = listener.accept().await?;
    let mut chosen = String::new();
    let choose = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let offered = request
            .headers()
            .get(PROTOCOL)
            .map_or("", |value| value.to_str().unwrap_or_default());
        for protocol in &command.protocols {
            if offered.split(',').any(|offer| offer.trim() == protocol.as_str()) {
                chosen.clone_from(protocol);
                if let Ok(value) = HeaderValue::from_str(protocol) {
                    response.headers_mut().insert(PROTOCOL, value);
                }
            }
        }
        Ok(response)
    };
    let socket = accept_hdr_async(stream, choose).await?;
    emit(command.id, "open", json!({ "protocol": chosen, "extensions": "" }));
    serve(command.id, socket, commands).await;
    Ok(())
}

/// Starts what a command asks for, or passes it on to the connection that it is for.
fn dispatch(connections: &mut HashMap<u64, UnboundedSender<Command>>, command: Command) {
    let id = command.id;
    if let Some(connection) = connections.get(&id) {
        // A connection that is over takes no commands.
        let _ = connection.send(command);
        return;
    }
    let (sender, commands) = unbounded_channel();
    connections.insert(id, sender);
    tokio::task::spawn_local(async move {
        let result = match command.verb.as_str() {
            "connect" => connect(command, commands).await,
            _ => listen(command, commands).await,
        };
        report(id, result);
    });
}

/// Reads commands until there are no more.
async fn run() -> Result<(), Failure> {
    let mut connections = HashMap::new();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    emit(0, "ready", json!({ "version": "tokio-tungstenite 0.30" }));
    while let Some(line) = lines.next_line().await? {
        dispatch(&mut connections, serde_json::from_str(&line)?);
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    tokio::task::LocalSet::new().run_until(run()).await
}
