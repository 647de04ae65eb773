//! Does `docs/handshake.md` say what the code does? Every row with an example is tried, every cause must have one.

use std::collections::HashSet;

use super::super::{Answer, Refusal, Rules};
use super::request::Request;

/// One row of the table.
#[derive(Debug)]
struct Row<'a> {
    /// Which rules it is about.
    rules: Rules,
    /// Edits of the good request; none when the cause lies in the application.
    examples: Vec<&'a str>,
    /// The status: a number or a remark.
    status: &'a str,
    /// The reason.
    body: &'a str,
    /// Headers as `Name: value`.
    headers: Vec<&'a str>,
    /// The code, if the document gives one.
    code: &'a str,
}

/// All rows of the table in the document.
fn rows() -> Vec<Row<'static>> {
    let document = include_str!("../../../../docs/handshake.md");
    let lines = document.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
    lines.take_while(|line| line.starts_with('|')).map(row).collect()
}

/// Reads one row.
fn row(line: &'static str) -> Row<'static> {
    let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [server, _cause, example, status, body, headers, code] = cells[..] else {
        panic!("seven columns: {line}");
    };
    let rules = if server == "upgrade()" {
        Rules::Strict
    } else {
        Rules::Ws
    };
    Row {
        rules,
        examples: spans(example),
        status,
        body,
        headers: spans(headers),
        code,
    }
}

/// The texts between backticks.
fn spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Checks the answer to a row's examples.
fn check(row: &Row<'_>, refusal: Refusal) {
    let Answer {
        status, body, headers, ..
    } = refusal.answer(row.rules);
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        (body, &headers),
        (row.body, &row.headers.iter().map(ToString::to_string).collect()),
        "{row:?}"
    );
    assert!(
        row.status == status.to_string() || (row.status == "none" && refusal == Refusal::NotWebSocket),
        "{row:?}"
    );
    if row.rules == Rules::Strict {
        assert_eq!(refusal.code(), row.code, "{row:?}");
        assert_eq!(refusal.to_string(), row.body, "{row:?}");
    }
}

#[test]
fn every_row_is_true() {
    let rows = rows();
    assert!(rows.len() >= 37, "{} rows", rows.len());
    for row in rows.iter().filter(|row| !row.examples.is_empty()) {
        let refusal = Request::edited(&row.examples).refusal(row.rules);
        check(row, refusal.unwrap_or_else(|| panic!("accepted: {row:?}")));
    }
}

#[test]
fn every_code_has_a_row_and_a_line_on_the_enum() {
    let source = include_str!("../refusal.rs");
    let quoted = source
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| text.starts_with("ERR_UPSHIFT_"));
    let codes: HashSet<_> = quoted.collect();
    // Those of HTTP/2 stand in a table of their own, and so does what the application does wrong.
    let of_applications = HashSet::from(["ERR_UPSHIFT_TAKEN"]);
    let document = include_str!("../../../../docs/handshake.md");
    let words = document.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    let documented: HashSet<_> = words.filter(|word| word.starts_with("ERR_UPSHIFT_")).collect();
    assert_eq!(codes, &documented - &of_applications);
    for code in codes {
        assert!(source.contains(&format!("/// `{code}`: ")), "{code}");
    }
}
