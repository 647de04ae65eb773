//! What are the fields of a head? Names compare in any case, values are bytes, the order is the peer's.

use std::borrow::Cow;

/// A field that may stand once stood at least twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated;

/// The header fields of one head, in the order in which they came.
///
/// Looking one up is a walk over all of them: heads have a dozen fields, and a map would cost more than it saves.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    /// What the parser found, names and values pointing into the head.
    fields: Vec<httparse::Header<'a>>,
}

impl<'a> Headers<'a> {
    /// Takes what the parser filled.
    pub(super) const fn new(fields: Vec<httparse::Header<'a>>) -> Self {
        Self { fields }
    }

    /// How many fields there are, each line counted.
    pub const fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// All fields as name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.fields.iter().map(|field| (field.name, field.value))
    }

    /// The values of every line called `name`.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> + Clone {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    }

    /// The value of a field that may stand at most once.
    pub fn single(&self, name: &str) -> Result<Option<&'a [u8]>, Repeated> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            Err(Repeated)
        } else {
            Ok(first)
        }
    }

    /// All lines of `name` as one value, joined in order with `", "` (RFC 9110 section 5.3).
    pub fn joined(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        let mut values = self.all(name);
        let first = values.next()?;
        Some(values.fold(Cow::Borrowed(first), |joined, value| {
            let mut joined = joined.into_owned();
            joined.extend_from_slice(b", ");
            joined.extend_from_slice(value);
            Cow::Owned(joined)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::RequestHead;
    use super::*;

    /// A head whose field `A` stands twice.
    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\na: 2\r\nEmpty:\r\n\r\n";

    #[test]
    fn fields_are_found_in_any_case_and_in_order() {
        let head = RequestHead::parse_whole(HEAD, 4).expect("a good head");
        let headers = &head.headers;
        assert_eq!((headers.len(), headers.is_empty()), (4, false));
        assert_eq!(headers.all("A").collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(headers.single("HOST"), Ok(Some(&b"h"[..])));
        assert_eq!(headers.single("empty"), Ok(Some(&b""[..])));
        assert_eq!(headers.single("absent"), Ok(None));
        assert_eq!(headers.single("a"), Err(Repeated));
        assert_eq!(headers.iter().nth(1), Some(("A", &b"1"[..])));
    }

    #[test]
    fn joining_copies_only_what_was_repeated() {
        let head = RequestHead::parse_whole(HEAD, 4).expect("a good head");
        assert_eq!(head.headers.joined("a").as_deref(), Some(&b"1, 2"[..]));
        assert!(matches!(head.headers.joined("host"), Some(Cow::Borrowed(b"h"))));
        assert_eq!(head.headers.joined("absent"), None);
    }
}
