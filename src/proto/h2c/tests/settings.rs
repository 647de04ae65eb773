//! What `HTTP2-Settings` says, and how it is said again.

use super::super::Settings;
use super::support::{encoded, settings};

/// What becomes of settings of an upgrade and of a first frame.
fn merged(upgrade: &[(u16, u32)], frame: &[(u16, u32)]) -> Vec<(u16, u32)> {
    let decoded = Settings::decode(encoded(upgrade).as_bytes()).expect("they are valid");
    decoded
        .followed_by(&settings(frame))
        .chunks_exact(6)
        .map(|entry| {
            (
                u16::from_be_bytes([entry[0], entry[1]]),
                u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]),
            )
        })
        .collect()
}

#[test]
fn what_clients_send_is_read() {
    // curl, nghttp, Java's HttpClient.
    for value in [
        "AAMAAABkAAQCAAAAAAIAAAAA",
        "AAMAAABkAAQAAP__",
        "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    ] {
        assert!(Settings::decode(value.as_bytes()).is_some(), "{value}");
    }
}

#[test]
fn only_base64url_without_padding_is_read() {
    for value in [
        "",
        "=",
        "A",
        "AAMAAABk=",
        "AAMAAABkAAQAAP//",
        "AAMA AABk",
        "AAMAAAB",
        "AAMA",
        "AAMAAABkAA",
        "AAMAAABk,AAMAAABk",
        "\u{e4}AMAAABk",
    ] {
        assert_eq!(Settings::decode(value.as_bytes()), None, "{value:?}");
    }
}

#[test]
fn values_that_no_setting_has_are_refused() {
    for (id, good, bad) in [
        (2, 1, 2),
        (4, 0x7fff_ffff, 0x8000_0000),
        (5, 16_384, 16_383),
        (5, 0x00ff_ffff, 0x0100_0000),
        (8, 1, 2),
        (9, 0, 2),
    ] {
        assert!(
            Settings::decode(encoded(&[(id, good)]).as_bytes()).is_some(),
            "{id}: {good}"
        );
        assert_eq!(
            Settings::decode(encoded(&[(3, 1), (id, bad)]).as_bytes()),
            None,
            "{id}: {bad}"
        );
    }
    assert!(Settings::decode(encoded(&[(0xffff, u32::MAX), (1, u32::MAX)]).as_bytes()).is_some());
}

#[test]
fn the_first_frame_says_both_and_has_the_last_word() {
    assert_eq!(merged(&[(3, 100), (4, 10)], &[(4, 20)]), [(3, 100), (4, 20)]);
    assert_eq!(merged(&[(3, 100), (3, 50)], &[]), [(3, 50)]);
    assert_eq!(merged(&[(0xabcd, 1), (6, 5)], &[(0xabcd, 2)]), [(6, 5), (0xabcd, 2)]);
}

#[test]
fn the_smallest_table_is_never_forgotten() {
    assert_eq!(merged(&[(1, 0)], &[(1, 4096)]), [(1, 0), (1, 4096)]);
    assert_eq!(merged(&[(1, 0), (1, 100)], &[]), [(1, 0), (1, 100)]);
    assert_eq!(merged(&[(1, 100), (1, 0)], &[]), [(1, 0)]);
}

#[test]
fn a_thousand_settings_become_a_handful() {
    let many: Vec<_> = (0..1000).map(|value| (3, value)).collect();
    assert_eq!(merged(&many, &[(2, 0)]), [(3, 999), (2, 0)]);
}
