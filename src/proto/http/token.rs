//! Which bytes make a token, and what is white space around one? (RFC 9110 sections 5.6.2 and 5.6.3)

/// Whether `byte` is a `tchar`.
pub const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

/// Whether `bytes` are one token: `1*tchar`.
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().copied().all(is_token_byte)
}

/// Whether `byte` is optional white space: space or tab, nothing else.
pub const fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `bytes` without the optional white space at both ends.
pub fn trim(bytes: &[u8]) -> &[u8] {
    let Some(start) = bytes.iter().position(|&byte| !is_white_space(byte)) else {
        return &[];
    };
    let end = bytes
        .iter()
        .rposition(|&byte| !is_white_space(byte))
        .map_or(start, |last| last + 1);
    bytes.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_is_that_of_the_rfc() {
        let alphabet: String = (0..=255_u8)
            .filter(|&byte| is_token_byte(byte))
            .map(char::from)
            .collect();
        let expected = "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~";
        assert_eq!(alphabet, expected);
    }

    #[test]
    fn a_token_has_at_least_one_byte_and_no_separator() {
        assert!(is_token(b"h2c"));
        for wrong in ["", " ", "a b", "a,b", "a/b", "\"a\"", "a\u{e9}"] {
            assert!(!is_token(wrong.as_bytes()), "{wrong:?}");
        }
    }

    #[test]
    fn trimming_takes_spaces_and_tabs_only() {
        assert_eq!(trim(b" \t a b\t "), b"a b");
        assert_eq!(trim(b" \t "), b"");
        assert_eq!(trim(b""), b"");
        assert_eq!(trim(b"\x0ba\r"), b"\x0ba\r");
    }
}
