//! What was asked for on the command line?

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

/// The kind of load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// As fast as the server answers.
    Echo,
    /// On a schedule, whatever the server does.
    Rate,
    /// Connecting and upgrading only.
    Handshake,
    /// Open connections and silence.
    Idle,
    /// As fast as clients answer.
    Client,
    /// Masking beside a plain copy, without a server.
    Mask,
}

/// What is offered about compression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deflate {
    /// Nothing.
    None,
    /// Both sides remember earlier messages.
    Keep,
    /// Both sides forget them.
    Forget,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kind of load.
    pub mode: Mode,
    /// The server, or where clients find us.
    pub addr: SocketAddr,
    /// The request target of the upgrade.
    pub path: String,
    /// Connections, or for `handshake` attempts at a time.
    pub conns: usize,
    /// Messages in flight per connection.
    pub pipeline: usize,
    /// Payload bytes per message.
    pub size: usize,
    /// Text instead of binary messages.
    pub text: bool,
    /// What is offered about compression.
    pub deflate: Deflate,
    /// Messages on each connection before it falls silent.
    pub messages: usize,
    /// The measured window.
    pub time: Duration,
    /// What is thrown away before it.
    pub warmup: Duration,
    /// Messages per second over all connections.
    pub rate: f64,
    /// Whose CPU time and memory to read.
    pub pid: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Echo,
            addr: SocketAddr::from(([127, 0, 0, 1], 9001)),
            path: "/".into(),
            conns: 100,
            pipeline: 1,
            size: 64,
            text: false,
            deflate: Deflate::None,
            messages: 0,
            time: Duration::from_secs(3),
            warmup: Duration::from_secs(1),
            rate: 10_000.0,
            pid: None,
        }
    }
}

impl Options {
    /// Reads the arguments after the program's name.
    pub fn from_args(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = args;
        let mut options = Self {
            mode: mode(&args.next().unwrap_or_default())?,
            ..Self::default()
        };
        while let Some(name) = args.next() {
            if name == "--text" {
                options.text = true;
            } else {
                let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
                options.set(&name, &value)?;
            }
        }
        options.checked()
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "--addr" => self.addr = parse(name, value)?,
            "--port" => self.addr.set_port(parse(name, value)?),
            "--path" => self.path = value.into(),
            "--conns" => self.conns = parse(name, value)?,
            "--pipeline" => self.pipeline = parse(name, value)?,
            "--size" => self.size = parse(name, value)?,
            "--deflate" => self.deflate = deflate(value)?,
            "--messages" => self.messages = parse(name, value)?,
            "--secs" => self.time = seconds(name, value)?,
            "--warmup" => self.warmup = seconds(name, value)?,
            "--rate" => self.rate = parse(name, value)?,
            "--pid" => self.pid = Some(parse(name, value)?),
            _ => return Err(format!("unknown option {name}")),
        }
        Ok(())
    }

    /// A run without connections, messages or a rate would never end or divide by nothing.
    fn checked(self) -> Result<Self, String> {
        if self.conns == 0 || self.pipeline == 0 {
            return Err("--conns and --pipeline start at 1".into());
        }
        if !self.rate.is_finite() || self.rate <= 0.0 {
            return Err("--rate is a positive number of messages per second".into());
        }
        Ok(self)
    }
}

fn mode(name: &str) -> Result<Mode, String> {
    Ok(match name {
        "echo" => Mode::Echo,
        "client" => Mode::Client,
        "rate" => Mode::Rate,
        "handshake" => Mode::Handshake,
        "idle" => Mode::Idle,
        "mask" => Mode::Mask,
        _ => return Err(format!("the first argument is a mode, not \"{name}\"")),
    })
}

fn deflate(value: &str) -> Result<Deflate, String> {
    match value {
        "keep" => Ok(Deflate::Keep),
        "forget" => Ok(Deflate::Forget),
        _ => Err(format!("--deflate is keep or forget, not \"{value}\"")),
    }
}

fn parse<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} cannot be \"{value}\""))
}

fn seconds(name: &str, value: &str) -> Result<Duration, String> {
    Duration::try_from_secs_f64(parse(name, value)?).map_err(|problem| format!("{name}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Result<Options, String> {
        Options::from_args(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_option_lands_in_its_field() {
        let line = "rate --port 7 --path /a --conns 2 --pipeline 3 --size 4 --text --deflate keep --messages 9 --secs 0.5 --warmup 0 --rate 6 --pid 8";
        let options = options(line).unwrap();
        assert_eq!(options.mode, Mode::Rate);
        assert_eq!((options.addr.port(), options.path.as_str()), (7, "/a"));
        assert_eq!(
            (options.conns, options.pipeline, options.size, options.text),
            (2, 3, 4, true)
        );
        assert_eq!((options.deflate, options.messages), (Deflate::Keep, 9));
        assert_eq!(
            (options.time, options.warmup),
            (Duration::from_millis(500), Duration::ZERO)
        );
        assert_eq!((options.rate.to_bits(), options.pid), (6f64.to_bits(), Some(8)));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "",
            "storm",
            "echo --size",
            "echo --size x",
            "echo --conns 0",
            "echo --secs -1",
            "rate --rate 0",
            "echo --x 1",
            "echo --deflate maybe",
        ] {
            assert!(options(line).is_err(), "{line}");
        }
    }
}
