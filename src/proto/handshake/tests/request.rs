//! A request that tests can bend: the RFC's example handshake and edits of it.

use super::super::{Accepted, Refusal, Rules, examine};

/// A request in its parts.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Method, target and version.
    pub(super) line: String,
    /// Names and values.
    pub(super) fields: Vec<(String, String)>,
}

impl Request {
    /// A handshake that meets both sets of rules.
    pub(super) fn good() -> Self {
        let fields = [
            ("Host", "example.com"),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Version", "13"),
        ];
        let fields = fields
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self {
            line: "GET /chat HTTP/1.1".to_owned(),
            fields,
        }
    }

    /// A good handshake after the given edits.
    pub(super) fn edited(edits: &[&str]) -> Self {
        let mut request = Self::good();
        for edit in edits {
            request.edit(edit);
        }
        request
    }

    /// Applies one edit in the language of `docs/handshake.md`.
    fn edit(&mut self, edit: &str) {
        let edit = edit.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0");
        let (kind, rest) = edit.split_at(2);
        let (name, value) = rest.split_once(':').unwrap_or((rest, ""));
        let (name, value) = (name.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned());
        match kind {
            "- " => self.fields.retain(|field| field.0 != name),
            "= " => self.fields.iter_mut().find(|field| field.0 == name).unwrap().1 = value,
            "+ " => self.fields.push((name, value)),
            _ => self.line = edit,
        }
    }

    /// The head as it crosses the border.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let lines: Vec<_> = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!("{}\r\n{}\r\n", self.line, lines.concat()).into_bytes()
    }

    /// The refusal it meets, if any.
    pub(super) fn refusal(&self, rules: Rules) -> Option<Refusal> {
        examine(&self.bytes(), self.fields.len(), rules).err()
    }

    /// Runs `check` on what is known after it was accepted.
    pub(super) fn accepted(&self, rules: Rules, check: impl FnOnce(&Accepted<'_>)) {
        check(&examine(&self.bytes(), self.fields.len(), rules).unwrap());
    }
}
