//! Is the text valid UTF-8 so far (RFC 6455 section 8.1, RFC 3629)?
//!
//! "So far": a message arrives in pieces that cut characters apart, and an error is to be found at its first wrong byte,
//! not at the end of the message. [`Utf8Validator`] carries what a cut character still needs from piece to piece; the
//! bulk of each piece goes through simdutf8. [`is_utf8`] is for a text that is already whole.
#![forbid(unsafe_code)]

/// The bytes are not UTF-8, and no continuation can make them so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid UTF-8 sequence")]
pub struct Utf8Error;

/// Is the whole of `text` valid?
#[inline]
pub fn is_utf8(text: &[u8]) -> bool {
    simdutf8::basic::from_utf8(text).is_ok()
}

/// Validates a text that arrives in pieces.
#[derive(Clone, Debug)]
pub struct Utf8Validator {
    /// Continuation bytes the character under way still needs; 0..=3.
    needed: u8,
    /// The least value its next byte may have.
    low: u8,
    /// The greatest value its next byte may have.
    high: u8,
}

impl Default for Utf8Validator {
    fn default() -> Self {
        Self::new()
    }
}

impl Utf8Validator {
    /// At the start of a text.
    pub fn new() -> Self {
        Self {
            needed: 0,
            low: 0x80,
            high: 0xbf,
        }
    }

    /// Takes the next piece; fails as soon as one of its bytes cannot be right.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Utf8Error> {
        let mut rest = piece;
        while self.needed > 0 {
            let Some((&byte, after)) = rest.split_first() else {
                return Ok(());
            };
            self.push_byte(byte)?;
            rest = after;
        }
        let (whole, cut) = rest.split_at(rest.len() - cut_len(rest));
        if !is_utf8(whole) {
            return Err(Utf8Error);
        }
        cut.iter().try_for_each(|&byte| self.push_byte(byte))
    }

    /// No character is cut: the text may end here.
    pub fn is_complete(&self) -> bool {
        self.needed == 0
    }

    /// One byte, by the table of RFC 3629 section 4 (which rules out overlong forms, surrogates and what is above
    /// U+10FFFF by the range of the second byte).
    fn push_byte(&mut self, byte: u8) -> Result<(), Utf8Error> {
        if self.needed > 0 {
            if !(self.low..=self.high).contains(&byte) {
                return Err(Utf8Error);
            }
            (self.needed, self.low, self.high) = (self.needed - 1, 0x80, 0xbf);
            return Ok(());
        }
        (self.needed, self.low, self.high) = match byte {
            0x00..=0x7f => (0, 0x80, 0xbf),
            0xc2..=0xdf => (1, 0x80, 0xbf),
            0xe0 => (2, 0xa0, 0xbf),
            0xed => (2, 0x80, 0x9f),
            0xe1..=0xef => (2, 0x80, 0xbf),
            0xf0 => (3, 0x90, 0xbf),
            0xf1..=0xf3 => (3, 0x80, 0xbf),
            0xf4 => (3, 0x80, 0x8f),
            _ => return Err(Utf8Error),
        };
        Ok(())
    }
}

/// How many bytes at the end of `text` belong to a character that is not all there: 0..=3.
fn cut_len(text: &[u8]) -> usize {
    for (behind, &byte) in text.iter().rev().take(3).enumerate() {
        match byte {
            0x00..=0x7f => return 0,
            0x80..=0xbf => {}
            lead => {
                let wanted = if lead >= 0xf0 {
                    4
                } else if lead >= 0xe0 {
                    3
                } else {
                    2
                };
                return if behind + 1 < wanted { behind + 1 } else { 0 };
            }
        }
    }
    0
}
