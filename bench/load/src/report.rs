//! How does a run become one line of JSON? Numbers and a few fixed words only, so nothing needs escaping but names.

use std::fmt::{Display, Write};

/// An object under construction.
pub struct Report(String);

impl Report {
    /// Starts with the mode's name.
    pub fn new(mode: &str) -> Self {
        Self(format!("{{\"mode\":\"{mode}\""))
    }

    /// Adds a value that is JSON as it prints.
    pub fn add(&mut self, key: &str, value: impl Display) -> &mut Self {
        let _ = write!(self.0, ",\"{key}\":{value}");
        self
    }

    /// Adds a number with so many decimals, or null when there is none.
    pub fn number(&mut self, key: &str, value: f64, decimals: usize) -> &mut Self {
        if value.is_finite() {
            self.add(key, format_args!("{value:.decimals$}"))
        } else {
            self.add(key, "null")
        }
    }

    /// Adds an object of numbers under names that came from outside.
    pub fn map(&mut self, key: &str, entries: &[(String, f64)]) -> &mut Self {
        let plain = |name: &str| name.replace(|c: char| c == '"' || c == '\\' || c.is_control(), "?");
        let entries: Vec<_> = entries
            .iter()
            .map(|(name, value)| format!("\"{}\":{value:.3}", plain(name)))
            .collect();
        self.add(key, format_args!("{{{}}}", entries.join(",")))
    }

    /// The finished line.
    pub fn finish(&mut self) -> String {
        self.0.push('}');
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_json() {
        let mut report = Report::new("echo");
        report
            .add("conns", 3)
            .add("text", false)
            .number("a", 1.25, 1)
            .number("b", f64::NAN, 1)
            .map("t", &[("x\"y".into(), 2.0)]);
        let expected = r#"{"mode":"echo","conns":3,"text":false,"a":1.2,"b":null,"t":{"x?y":2.000}}"#;
        assert_eq!(report.finish(), expected);
    }
}
