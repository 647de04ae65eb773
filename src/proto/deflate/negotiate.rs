//! How do a client and a server agree (RFC 7692 section 7.1)?
//!
//! [`offer`] is the client's word, [`accept_offers`] the server's answer to it, [`accept_response`] the client's look at
//! that. Decisions and texts are those of `ws`, with one exception: a server asked for a window of 256 bytes, which no
//! compressor keeps to, takes the next offer or does without compression.

use super::{COMPRESSOR_BITS_MIN, NAME, Options, Parameters, Window};
use crate::proto::handshake::extension::{self, InvalidExtensions, Offer, Parameter};
use std::fmt::{Display, Formatter};

/// The parameters there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The server forgets each message.
    ServerNoContextTakeover,
    /// The client forgets each message.
    ClientNoContextTakeover,
    /// How far back the server looks.
    ServerMaxWindowBits,
    /// How far back the client looks.
    ClientMaxWindowBits,
}

/// All of them with what they are called.
const NAMES: [(Name, &str); 4] = [
    (Name::ServerNoContextTakeover, "server_no_context_takeover"),
    (Name::ClientNoContextTakeover, "client_no_context_takeover"),
    (Name::ServerMaxWindowBits, "server_max_window_bits"),
    (Name::ClientMaxWindowBits, "client_max_window_bits"),
];

impl Name {
    /// The parameter that is called so.
    fn parse(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, name)| *name == text).map(|&(name, _)| name)
    }
}

impl Display for Name {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let text = NAMES.iter().find(|(name, _)| name == self);
        formatter.write_str(text.map_or("", |(_, text)| text))
    }
}

/// What a parameter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// It is there.
    Flag,
    /// A window of this base-2 logarithm.
    Bits(u8),
}

/// Which endpoint looks at the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// The server, at offers.
    Server,
    /// The client, at the response.
    Client,
}

/// Why there is no agreement. The texts are those of `ws`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NegotiationError {
    /// The field does not fit the grammar.
    #[error("Invalid Sec-WebSocket-Extensions header")]
    Malformed,
    /// The server named something else, or something more.
    #[error("Server indicated an extension that was not requested")]
    NotRequested,
    /// A parameter stands twice.
    #[error("Parameter \"{0}\" must have only a single value")]
    Repeated(String),
    /// A parameter says what it cannot.
    #[error("Invalid value for parameter \"{0}\": {1}")]
    InvalidValue(String, String),
    /// There is no such parameter.
    #[error("Unknown parameter \"{0}\"")]
    Unknown(String),
    /// Our options leave none of the offers over.
    #[error("None of the extension offers can be accepted")]
    NothingAcceptable,
    /// The server wants us to forget, and we would not.
    #[error("Unexpected parameter \"client_no_context_takeover\"")]
    UnexpectedFlag,
    /// The server limits our window beyond what we offered.
    #[error("Unexpected or invalid parameter \"client_max_window_bits\"")]
    UnexpectedWindow,
}

impl From<InvalidExtensions> for NegotiationError {
    fn from(_: InvalidExtensions) -> Self {
        Self::Malformed
    }
}

/// What a client sends.
pub fn offer(options: Options) -> Parameters {
    let mut offer = Parameters::default();
    if options.server_no_context_takeover == Some(true) {
        offer.set(Name::ServerNoContextTakeover, Value::Flag);
    }
    if options.client_no_context_takeover == Some(true) {
        offer.set(Name::ClientNoContextTakeover, Value::Flag);
    }
    // Section 7.1.2.1: this one always has a value.
    if let Window::Bits(bits) = options.server_max_window_bits {
        offer.set(Name::ServerMaxWindowBits, Value::Bits(bits));
    }
    match options.client_max_window_bits {
        Window::Bits(bits) => offer.set(Name::ClientMaxWindowBits, Value::Bits(bits)),
        Window::Unset | Window::Any => offer.set(Name::ClientMaxWindowBits, Value::Flag),
        Window::Refused => {}
    }
    offer
}

/// What a server answers to the lines of `Sec-WebSocket-Extensions`: the first offer that its options allow, completed;
/// nothing when compression was not offered, or only as it cannot be done.
///
/// As in `ws`, a single wrong offer is an error, whatever the others are.
pub fn accept_offers<'a>(
    options: Options,
    lines: impl Iterator<Item = &'a [u8]>,
) -> Result<Option<Parameters>, NegotiationError> {
    let offers = extension::parse(lines)?;
    let offers = read_all(&offers, Reader::Server)?;
    if offers.is_empty() {
        return Ok(None);
    }
    let is_declined = offers.iter().any(is_beyond_us);
    let acceptable = |offer: &Parameters| !is_beyond_us(offer) && is_acceptable(options, offer);
    match offers.into_iter().find(acceptable) {
        Some(mut accepted) => {
            complete(options, &mut accepted);
            Ok(Some(accepted))
        }
        None if is_declined => Ok(None),
        None => Err(NegotiationError::NothingAcceptable),
    }
}

/// What a client makes of the lines of `Sec-WebSocket-Extensions` in the response to its offer.
pub fn accept_response<'a>(
    options: Options,
    lines: impl Iterator<Item = &'a [u8]>,
) -> Result<Parameters, NegotiationError> {
    let response = extension::parse(lines)?;
    if response.is_empty() || response.iter().any(|extension| extension.name != NAME) {
        return Err(NegotiationError::NotRequested);
    }
    let mut responses = read_all(&response, Reader::Client)?;
    if responses.is_empty() {
        return Err(NegotiationError::NotRequested);
    }
    let mut accepted = responses.swap_remove(0);
    check_response(options, &mut accepted)?;
    Ok(accepted)
}

/// Reads every element that is about this extension.
fn read_all(elements: &[Offer<'_>], reader: Reader) -> Result<Vec<Parameters>, NegotiationError> {
    let elements = elements.iter().filter(|element| element.name == NAME);
    elements.map(|element| read(element, reader)).collect()
}

/// Reads the parameters of an element.
fn read(element: &Offer<'_>, reader: Reader) -> Result<Parameters, NegotiationError> {
    let mut parameters = Parameters::default();
    for parameter in &element.parameters {
        let name = parameter.name;
        if element.parameters.iter().filter(|other| other.name == name).count() > 1 {
            return Err(NegotiationError::Repeated(name.to_owned()));
        }
        let known = Name::parse(name).ok_or_else(|| NegotiationError::Unknown(name.to_owned()))?;
        let value = value_of(known, parameter, reader).ok_or_else(|| {
            let value = parameter.value.as_deref().unwrap_or("true");
            NegotiationError::InvalidValue(name.to_owned(), value.to_owned())
        })?;
        parameters.set(known, value);
    }
    Ok(parameters)
}

/// The value of a parameter, if it may have that.
fn value_of(name: Name, parameter: &Parameter<'_>, reader: Reader) -> Option<Value> {
    match (name, parameter.value.as_deref()) {
        (Name::ServerNoContextTakeover | Name::ClientNoContextTakeover, value) => {
            value.is_none().then_some(Value::Flag)
        }
        // Section 7.1.2.2: in an offer it may just say that the client knows it.
        (Name::ClientMaxWindowBits, None) => (reader == Reader::Server).then_some(Value::Flag),
        (Name::ServerMaxWindowBits | Name::ClientMaxWindowBits, value) => window_bits(value?).map(Value::Bits),
    }
}

/// "A decimal integer value without leading zeroes between 8 to 15, inclusive."
fn window_bits(text: &str) -> Option<u8> {
    let bits = text.parse().ok().filter(|bits| (8..=15).contains(bits))?;
    (!text.starts_with(['0', '+'])).then_some(bits)
}

/// Whether an offer asks for a window that no compressor keeps to.
fn is_beyond_us(offer: &Parameters) -> bool {
    matches!(offer.get(Name::ServerMaxWindowBits), Some(Value::Bits(bits)) if bits < COMPRESSOR_BITS_MIN)
}

/// Whether the server's options allow an offer.
fn is_acceptable(options: Options, offer: &Parameters) -> bool {
    if options.server_no_context_takeover == Some(false) && offer.get(Name::ServerNoContextTakeover).is_some() {
        return false;
    }
    let server = match (offer.get(Name::ServerMaxWindowBits), options.server_max_window_bits) {
        (Some(_), Window::Refused) => false,
        (Some(Value::Bits(offered)), Window::Bits(wanted)) => wanted <= offered,
        _ => true,
    };
    let client = match (offer.get(Name::ClientMaxWindowBits), options.client_max_window_bits) {
        // A client that does not know the parameter must not be sent it.
        (None, Window::Bits(_)) => false,
        (Some(Value::Bits(offered)), Window::Bits(wanted)) => wanted <= offered,
        _ => true,
    };
    server && client
}

/// Makes an accepted offer the server's answer.
fn complete(options: Options, accepted: &mut Parameters) {
    if options.server_no_context_takeover == Some(true) {
        accepted.set(Name::ServerNoContextTakeover, Value::Flag);
    }
    if options.client_no_context_takeover == Some(true) {
        accepted.set(Name::ClientNoContextTakeover, Value::Flag);
    }
    if let Some(bits) = options.server_max_window_bits.bits() {
        accepted.set(Name::ServerMaxWindowBits, Value::Bits(bits));
    }
    match options.client_max_window_bits {
        Window::Bits(bits) => accepted.set(Name::ClientMaxWindowBits, Value::Bits(bits)),
        Window::Refused => accepted.remove(Name::ClientMaxWindowBits),
        Window::Unset | Window::Any => {
            if accepted.get(Name::ClientMaxWindowBits) == Some(Value::Flag) {
                accepted.remove(Name::ClientMaxWindowBits);
            }
        }
    }
}

/// Looks at the server's answer. Where it does not limit our window, our own option does.
fn check_response(options: Options, accepted: &mut Parameters) -> Result<(), NegotiationError> {
    if options.client_no_context_takeover == Some(false) && accepted.get(Name::ClientNoContextTakeover).is_some() {
        return Err(NegotiationError::UnexpectedFlag);
    }
    match (accepted.get(Name::ClientMaxWindowBits), options.client_max_window_bits) {
        (None, Window::Bits(bits)) => {
            accepted.set(Name::ClientMaxWindowBits, Value::Bits(bits));
            Ok(())
        }
        (Some(_), Window::Refused) => Err(NegotiationError::UnexpectedWindow),
        (Some(Value::Bits(given)), Window::Bits(wanted)) if given > wanted => Err(NegotiationError::UnexpectedWindow),
        _ => Ok(()),
    }
}
