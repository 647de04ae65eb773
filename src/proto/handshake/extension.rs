//! Which extensions does the client offer? `Sec-WebSocket-Extensions` (RFC 6455 sections 9.1 and 11.3.2)
//!
//! ```text
//! extension-list  = 1#extension
//! extension       = token *( ";" extension-param )
//! extension-param = token [ "=" (token | quoted-string) ]
//! ```
//!
//! "When using the quoted-string syntax variant, the value after quoted-string unescaping MUST conform to the 'token'
//! ABNF." So no quoted comma or semicolon is ever valid, and the field can be cut at every one: linear time without a
//! state machine. An empty element is an error, as in the `ws` package.

use std::borrow::Cow;

use super::super::http::token::{is_token, is_token_byte};

/// The field does not fit the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidExtensions;

/// One extension with its parameters, as offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer<'a> {
    /// The registered name, such as `permessage-deflate`.
    pub name: &'a str,
    /// The parameters in order; whether one may stand twice is the extension's business.
    pub parameters: Vec<Parameter<'a>>,
}

/// One parameter of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Its value without quotes and escapes, if it has one.
    pub value: Option<Cow<'a, str>>,
}

/// Reads all lines of the field as if they were one, in order; no line is no offer.
///
/// "The |Sec-WebSocket-Extensions| header field MAY appear multiple times in an HTTP request (which is logically the
/// same as a single |Sec-WebSocket-Extensions| header field that contains all values)."
pub fn parse<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Offer<'a>>, InvalidExtensions> {
    let mut offers = Vec::new();
    for line in lines {
        // Tokens are ASCII, so a line that is not UTF-8 has a byte that fits nowhere.
        let line = str::from_utf8(line).map_err(|_| InvalidExtensions)?;
        for element in line.split(',') {
            offers.push(offer(element)?);
        }
    }
    Ok(offers)
}

/// Reads `token *( ";" extension-param )`.
fn offer(element: &str) -> Result<Offer<'_>, InvalidExtensions> {
    let mut parts = element.split(';').map(trim);
    let name = token(parts.next().unwrap_or_default())?;
    let parameters = parts.map(parameter).collect::<Result<_, _>>()?;
    Ok(Offer { name, parameters })
}

/// Reads `token [ "=" (token | quoted-string) ]`, with no white space around the equals sign.
fn parameter(part: &str) -> Result<Parameter<'_>, InvalidExtensions> {
    let Some((name, value)) = part.split_once('=') else {
        return Ok(Parameter {
            name: token(part)?,
            value: None,
        });
    };
    let value = match value.strip_prefix('"') {
        Some(quoted) => unquote(quoted.strip_suffix('"').ok_or(InvalidExtensions)?)?,
        None => Cow::Borrowed(token(value)?),
    };
    Ok(Parameter {
        name: token(name)?,
        value: Some(value),
    })
}

/// Takes the escapes out of what stood between quotes; the result is a token.
fn unquote(quoted: &str) -> Result<Cow<'_, str>, InvalidExtensions> {
    if !quoted.contains('\\') {
        return token(quoted).map(Cow::Borrowed);
    }
    let mut value = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        let literal = if character == '\\' {
            characters.next()
        } else {
            Some(character)
        };
        value.push(
            literal
                .filter(|&literal| is_token_character(literal))
                .ok_or(InvalidExtensions)?,
        );
    }
    Ok(Cow::Owned(value))
}

/// Whether a character may stand in a token.
fn is_token_character(character: char) -> bool {
    u8::try_from(character).is_ok_and(is_token_byte)
}

/// `text`, if it is a token.
fn token(text: &str) -> Result<&str, InvalidExtensions> {
    if is_token(text.as_bytes()) {
        Ok(text)
    } else {
        Err(InvalidExtensions)
    }
}

/// `text` without the optional white space around it.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::super::tests::growth::assert_linear;
    use super::*;
    use proptest::prelude::*;

    /// Parses one line and writes what came out in one canonical form.
    fn canonical(line: &str) -> Result<String, InvalidExtensions> {
        parse(std::iter::once(line.as_bytes())).map(|offers| format(&offers))
    }

    /// Writes offers without quotes and with one space after each separator.
    fn format(offers: &[Offer<'_>]) -> String {
        let texts = offers.iter().map(|offer| {
            offer
                .parameters
                .iter()
                .fold(offer.name.to_owned(), |text, parameter| match &parameter.value {
                    Some(value) => format!("{text}; {}={value}", parameter.name),
                    None => format!("{text}; {}", parameter.name),
                })
        });
        texts.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn well_formed_offers() {
        for (line, expected) in [
            ("foo", "foo"),
            ("foo,bar", "foo, bar"),
            ("foo \t; a ;b=1\t, bar", "foo; a; b=1, bar"),
            (
                "permessage-deflate; client_max_window_bits",
                "permessage-deflate; client_max_window_bits",
            ),
            ("foo; a=\"b\"; a=c, foo", "foo; a=b; a=c, foo"),
            (r#"foo; a="\b\c\!d""#, "foo; a=bc!d"),
        ] {
            assert_eq!(canonical(line).as_deref(), Ok(expected), "{line:?}");
        }
        assert_eq!(parse(std::iter::empty()), Ok(vec![]));
        let lines = [&b"a; x"[..], b"b, c"];
        assert_eq!(
            parse(lines.into_iter()).map(|offers| format(&offers)).as_deref(),
            Ok("a; x, b, c")
        );
    }

    #[test]
    fn malformed_offers() {
        for line in [
            "",
            " ",
            ",",
            "a,",
            ",a",
            "a,,b",
            ";",
            "a;",
            ";a",
            "a;;b",
            "a b",
            "a; b c",
            "a; =c",
            "a; b=",
            "a; b =c",
            "a; b= c",
            "a; b=c d",
            "a; b=\"\"",
            "a; b=\"",
            "a; b=\"c",
            "a; b=\"c d\"",
            "a; b=\"c,d\"",
            "a; b=\"c;d\"",
            "a; b=\"c\"d",
            "a; b=c\"",
            r#"a; b="\""#,
            r#"a; b="\\""#,
            r#"a; b="c\ d""#,
            "a; b==c",
            "a; b=c=d",
            "a/b",
            "a\u{e9}",
            "a; b=\"\u{e9}\"",
            "a; b=\"\\\u{e9}\"",
        ] {
            assert_eq!(canonical(line), Err(InvalidExtensions), "{line:?}");
        }
        assert_eq!(parse(std::iter::once(&b"a\xff"[..])), Err(InvalidExtensions));
    }

    #[test]
    fn a_long_line_takes_linear_time() {
        for (unit, end) in [
            ("a;", "a"),
            ("a,", "a"),
            ("a; b=\"\\c\", ", "a"),
            ("a ", "a"),
            (" ", "a"),
            ("a; b=\"\\", "a"),
        ] {
            let input = |units: usize| unit.repeat(units) + end;
            assert_linear(input, |line| parse(std::iter::once(line.as_bytes())).is_ok());
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_reads_back_the_same(line in r#"[ab \t,;="\\]{0,16}"#) {
            if let Ok(text) = canonical(&line) {
                prop_assert_eq!(canonical(&text), Ok(text.clone()));
                prop_assert_eq!(canonical(&text.replace(", ", " \t,")), Ok(text));
            }
        }

        #[test]
        fn quoting_and_escaping_change_nothing(value in "[a-z0-9]{1,6}") {
            let escaped: String = value.chars().flat_map(|character| ['\\', character]).collect();
            let plain = canonical(&format!("x; y={value}"));
            prop_assert_eq!(canonical(&format!("x; y=\"{value}\"")), plain.clone());
            prop_assert_eq!(canonical(&format!("x; y=\"{escaped}\"")), plain);
        }
    }
}
