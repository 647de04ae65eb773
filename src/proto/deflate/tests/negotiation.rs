//! What is answered to which offer, under which options: the outcomes of `ws`.

use crate::proto::deflate::negotiate::{accept_offers, accept_response, offer};
use crate::proto::deflate::{NegotiationError, Options, Window};
use proptest::prelude::*;

/// What a server answers.
fn answer(options: Options, offers: &str) -> Result<Option<String>, NegotiationError> {
    let accepted = accept_offers(options, std::iter::once(offers.as_bytes()))?;
    Ok(accepted.map(|parameters| parameters.to_string()))
}

/// What a client makes of a response.
fn verdict(options: Options, response: &str) -> Result<String, String> {
    let accepted = accept_response(options, std::iter::once(response.as_bytes()));
    accepted
        .map(|parameters| parameters.to_string())
        .map_err(|error| error.to_string())
}

/// Options with one window each.
fn windows(server: Window, client: Window) -> Options {
    Options {
        server_max_window_bits: server,
        client_max_window_bits: client,
        ..Options::default()
    }
}

/// Options with one flag each.
fn flags(server: bool, client: bool) -> Options {
    Options {
        server_no_context_takeover: Some(server),
        client_no_context_takeover: Some(client),
        ..Options::default()
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_server_answers_the_first_offer_it_can() {
    let any = Options::default();
    let nine = windows(Window::Bits(9), Window::Unset);
    let client_ten = windows(Window::Unset, Window::Bits(10));
    for (options, offers, expected) in [
        (any, "permessage-deflate", "permessage-deflate"),
        (any, "permessage-deflate; client_max_window_bits", "permessage-deflate"),
        (
            any,
            "permessage-deflate; client_max_window_bits=10",
            "permessage-deflate; client_max_window_bits=10",
        ),
        (
            any,
            "permessage-deflate; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits",
            "permessage-deflate; client_no_context_takeover; server_max_window_bits=12",
        ),
        (
            any,
            "x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=\"9\"",
            "permessage-deflate; server_max_window_bits=9",
        ),
        (
            any,
            "permessage-deflate; server_max_window_bits=10, permessage-deflate",
            "permessage-deflate; server_max_window_bits=10",
        ),
        (
            any,
            "permessage-deflate; server_max_window_bits=8, permessage-deflate",
            "permessage-deflate",
        ),
        (
            nine,
            "permessage-deflate",
            "permessage-deflate; server_max_window_bits=9",
        ),
        (
            nine,
            "permessage-deflate; server_max_window_bits=12",
            "permessage-deflate; server_max_window_bits=9",
        ),
        (
            client_ten,
            "permessage-deflate, permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=10",
        ),
        (
            client_ten,
            "permessage-deflate; client_max_window_bits=15",
            "permessage-deflate; client_max_window_bits=10",
        ),
        (
            windows(Window::Any, Window::Refused),
            "permessage-deflate; client_max_window_bits=9",
            "permessage-deflate",
        ),
        (
            flags(true, true),
            "permessage-deflate; client_no_context_takeover",
            "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
        ),
        (
            flags(false, false),
            "permessage-deflate; server_no_context_takeover, permessage-deflate; client_no_context_takeover",
            "permessage-deflate; client_no_context_takeover",
        ),
    ] {
        assert_eq!(answer(options, offers), Ok(Some(expected.to_owned())), "{offers}");
    }
}

#[test]
fn a_server_does_without_what_was_not_offered_or_cannot_be_done() {
    let any = Options::default();
    for offers in [
        "permessage-bzip2",
        "Permessage-Deflate; x",
        "permessage-deflate; server_max_window_bits=8",
    ] {
        assert_eq!(answer(any, offers), Ok(None), "{offers}");
    }
    assert_eq!(accept_offers(any, std::iter::empty()), Ok(None));
}

#[test]
fn a_server_refuses_when_its_options_leave_nothing_over() {
    for (options, offers) in [
        (flags(false, false), "permessage-deflate; server_no_context_takeover"),
        (
            windows(Window::Refused, Window::Unset),
            "permessage-deflate; server_max_window_bits=15",
        ),
        (
            windows(Window::Bits(12), Window::Unset),
            "permessage-deflate; server_max_window_bits=11",
        ),
        (windows(Window::Unset, Window::Bits(10)), "permessage-deflate"),
        (
            windows(Window::Unset, Window::Bits(10)),
            "permessage-deflate; client_max_window_bits=9",
        ),
    ] {
        assert_eq!(
            answer(options, offers),
            Err(NegotiationError::NothingAcceptable),
            "{offers}"
        );
    }
}

#[test]
fn wrong_offers_are_refused_in_the_words_of_ws() {
    for (offers, text) in [
        ("permessage-deflate;", "Invalid Sec-WebSocket-Extensions header"),
        ("permessage-deflate; level=3", "Unknown parameter \"level\""),
        (
            "permessage-deflate, permessage-deflate; server_no_context_takeover=1",
            "Invalid value for parameter \"server_no_context_takeover\": 1",
        ),
        (
            "permessage-deflate; server_max_window_bits",
            "Invalid value for parameter \"server_max_window_bits\": true",
        ),
        (
            "permessage-deflate; server_max_window_bits=7",
            "Invalid value for parameter \"server_max_window_bits\": 7",
        ),
        (
            "permessage-deflate; client_max_window_bits=16",
            "Invalid value for parameter \"client_max_window_bits\": 16",
        ),
        (
            "permessage-deflate; client_max_window_bits=09",
            "Invalid value for parameter \"client_max_window_bits\": 09",
        ),
        (
            "permessage-deflate; client_max_window_bits=+9",
            "Invalid value for parameter \"client_max_window_bits\": +9",
        ),
        (
            "permessage-deflate; client_max_window_bits; client_max_window_bits=9",
            "Parameter \"client_max_window_bits\" must have only a single value",
        ),
    ] {
        let error = answer(Options::default(), offers).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn a_client_offers_what_its_options_say() {
    let all = Options {
        server_no_context_takeover: Some(true),
        client_no_context_takeover: Some(true),
        server_max_window_bits: Window::Bits(9),
        client_max_window_bits: Window::Bits(10),
    };
    for (options, expected) in [
        (Options::default(), "permessage-deflate; client_max_window_bits"),
        (flags(false, false), "permessage-deflate; client_max_window_bits"),
        (windows(Window::Refused, Window::Refused), "permessage-deflate"),
        (
            all,
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=10",
        ),
    ] {
        assert_eq!(offer(options).to_string(), expected);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_client_looks_at_the_response() {
    let any = Options::default();
    let invalid = |name: &str, value: &str| Err(format!("Invalid value for parameter \"{name}\": {value}"));
    let not_requested = || Err("Server indicated an extension that was not requested".to_owned());
    for (options, response, expected) in [
        (any, "permessage-deflate", Ok("permessage-deflate".to_owned())),
        (
            any,
            "permessage-deflate; server_max_window_bits=8; client_max_window_bits=8",
            Ok("permessage-deflate; server_max_window_bits=8; client_max_window_bits=8".to_owned()),
        ),
        (
            windows(Window::Unset, Window::Bits(11)),
            "permessage-deflate",
            Ok("permessage-deflate; client_max_window_bits=11".to_owned()),
        ),
        (
            any,
            "permessage-deflate; server_max_window_bits=0",
            invalid("server_max_window_bits", "0"),
        ),
        (
            any,
            "permessage-deflate; server_max_window_bits=16",
            invalid("server_max_window_bits", "16"),
        ),
        (
            any,
            "permessage-deflate; server_max_window_bits=1000000000000",
            invalid("server_max_window_bits", "1000000000000"),
        ),
        (
            any,
            "permessage-deflate; server_max_window_bits",
            invalid("server_max_window_bits", "true"),
        ),
        (
            any,
            "permessage-deflate; client_max_window_bits",
            invalid("client_max_window_bits", "true"),
        ),
        (any, "permessage-deflate, other", not_requested()),
        (any, "other", not_requested()),
        (
            any,
            "permessage-deflate; other",
            Err("Unknown parameter \"other\"".to_owned()),
        ),
        (
            flags(false, false),
            "permessage-deflate; client_no_context_takeover",
            Err("Unexpected parameter \"client_no_context_takeover\"".to_owned()),
        ),
        (
            windows(Window::Unset, Window::Refused),
            "permessage-deflate; client_max_window_bits=9",
            Err("Unexpected or invalid parameter \"client_max_window_bits\"".to_owned()),
        ),
        (
            windows(Window::Unset, Window::Bits(11)),
            "permessage-deflate; client_max_window_bits=12",
            Err("Unexpected or invalid parameter \"client_max_window_bits\"".to_owned()),
        ),
    ] {
        assert_eq!(verdict(options, response), expected, "{response}");
    }
    let nothing = accept_response(any, std::iter::empty());
    assert_eq!(nothing, Err(NegotiationError::NotRequested));
}

/// Any wish about a window.
fn window() -> impl Strategy<Value = Window> {
    prop_oneof![
        Just(Window::Unset),
        Just(Window::Refused),
        Just(Window::Any),
        (9u8..=15).prop_map(Window::Bits)
    ]
}

/// Any wishes.
fn options() -> impl Strategy<Value = Options> {
    (any::<Option<bool>>(), any::<Option<bool>>(), window(), window()).prop_map(|(server, client, theirs, ours)| {
        Options {
            server_no_context_takeover: server,
            client_no_context_takeover: client,
            server_max_window_bits: theirs,
            client_max_window_bits: ours,
        }
    })
}

proptest! {
    #[test]
    fn a_client_understands_what_a_server_answers_to_its_offer(ours in options(), theirs in options()) {
        let ours = Options { client_no_context_takeover: ours.client_no_context_takeover.filter(|set| *set), ..ours };
        if let Ok(Some(answer)) = answer(theirs, &offer(ours).to_string()) {
            prop_assert!(verdict(ours, &answer).is_ok(), "{}", answer);
        }
    }

    #[test]
    fn no_header_is_too_strange(header in r#"(permessage-deflate|[a-z]{1,3}|[;,= "\\0-9]|(server|client)_(max_window_bits|no_context_takeover)){0,12}"#) {
        let _ = answer(Options::default(), &header);
        let _ = verdict(Options::default(), &header);
    }
}
