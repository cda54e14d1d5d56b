//! A message for each protocol.

use crate::ports::{Attributes, Message};

/// The longest subject, in characters (SNS API reference, `Publish`).
const MAX_SUBJECT: usize = 100;

/// A message: `text` for people, `record` for programs.
pub(super) fn message(subject: String, text: String, record: String, attributes: Attributes) -> Message {
    Message {
        subject,
        texts: vec![
            ("default", text.clone()),
            ("email", text),
            ("sqs", record.clone()),
            ("lambda", record.clone()),
            ("http", record.clone()),
            ("https", record),
        ],
        attributes,
    }
}

/// A subject that SNS accepts.
pub(super) fn printable(subject: &str) -> String {
    let printable = subject.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' });
    printable.take(MAX_SUBJECT).collect()
}
