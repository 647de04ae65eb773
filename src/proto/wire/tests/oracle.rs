//! The slow and obvious ways to mask and to judge UTF-8, which the fast ones are held against.

/// RFC 6455 section 5.3, as written there.
pub(super) fn mask(data: &[u8], key: [u8; 4], offset: usize) -> Vec<u8> {
    data.iter()
        .enumerate()
        .map(|(i, octet)| octet ^ key[(i + offset) % 4])
        .collect()
}

/// What `bytes` are as the start of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// Whole characters.
    Whole,
    /// Whole characters and the start of one.
    Cut,
    /// No text at all, whatever follows.
    Wrong,
}

/// Judges by trying: a start is right if some bytes after it make whole characters of it.
pub(super) fn text(bytes: &[u8]) -> Text {
    let mut rest = bytes;
    while let Some(len) = (1..=rest.len().min(4)).find(|&len| is_character(&rest[..len])) {
        rest = &rest[len..];
    }
    if rest.is_empty() {
        return Text::Whole;
    }
    let cut = rest.len() < 4 && can_become_character(rest);
    if cut { Text::Cut } else { Text::Wrong }
}

/// Decodes by RFC 3629 section 3 and encodes again: only the one right encoding survives.
fn is_character(bytes: &[u8]) -> bool {
    let (lead_bits, shift) = match bytes.len() {
        1 => (0x7f, 0),
        2 => (0x1f, 6),
        3 => (0x0f, 12),
        _ => (0x07, 18),
    };
    let mut number = (u32::from(bytes[0]) & lead_bits) << shift;
    for (place, &byte) in bytes[1..].iter().enumerate() {
        number |= (u32::from(byte) & 0x3f) << (shift - 6 * (place + 1));
    }
    let mut buffer = [0; 4];
    char::from_u32(number).is_some_and(|character| character.encode_utf8(&mut buffer).as_bytes() == bytes)
}

/// Tries continuations: the extremes of what a byte after the first can be, and the borders between them.
fn can_become_character(start: &[u8]) -> bool {
    let tries = [0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf];
    tries.iter().any(|&next| {
        let longer = [start, &[next]].concat();
        is_character(&longer) || (longer.len() < 4 && can_become_character(&longer))
    })
}
