//! Opcodes and close codes, all of them.

use crate::proto::wire::{Opcode, close_code};

#[test]
fn opcodes_are_the_six_of_the_rfc() {
    for bits in 0..=u8::MAX {
        let known = [0, 1, 2, 8, 9, 10].contains(&bits);
        assert_eq!(
            Opcode::from_bits(bits).map(|opcode| opcode as u8),
            known.then_some(bits)
        );
    }
}

#[test]
fn control_frames_are_close_ping_and_pong() {
    use Opcode::{Binary, Close, Continuation, Ping, Pong, Text};
    assert!([Close, Ping, Pong].into_iter().all(Opcode::is_control));
    assert!(![Continuation, Text, Binary].into_iter().any(Opcode::is_control));
}

#[test]
fn sendable_close_codes() {
    let reserved = [1004, 1005, 1006, 1015];
    for code in 0..=u16::MAX {
        let sendable = (1000..=1014).contains(&code) && !reserved.contains(&code) || (3000..5000).contains(&code);
        assert_eq!(close_code::is_sendable(code), sendable, "{code}");
    }
}
