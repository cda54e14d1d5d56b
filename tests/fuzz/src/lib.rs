//! Damaged inputs for the tests of readers.
//!
//! Bytes at random hardly get past a parser's first step, so an input is a real one with damages: `cargo test` draws them at random, and
//! `cargo bolero` looks for those that reach new code.

use bolero::TypeGenerator;
use serde_json::{Value, json};

/// An input: which of the seeds, and what is done to it.
#[derive(Clone, Debug, TypeGenerator)]
pub struct Damaged {
    seed: u8,
    damages: Vec<Damage>,
}

#[derive(Clone, Debug, TypeGenerator)]
enum Damage {
    Set { at: u16, byte: u8 },
    Insert { at: u16, token: u8 },
    Remove { at: u16, length: u8 },
    Copy { from: u16, to: u16, length: u8 },
    Join { seed: u8 },
    Wrap { seed: u8 },
    Cut { at: u16 },
}

/// Texts that mean something to a reader.
const TOKENS: [&str; 28] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "\\u007b",
    "\\ud800",
    ":",
    ",",
    "\n",
    "\r\n",
    "null",
    "0",
    "1e999",
    "true",
    "{}",
    "[]",
    "\"Records\":[",
    "\"eventSource\":\"aws:s3\",",
    "\"_raw\":",
    "\"eventCategory\":\"Insight\",",
    "\u{feff}",
    "\0",
    "ü",
    "\"detail\":",
    "\"omitted\":true,",
    "=",
];

impl Damaged {
    /// The bytes, made from `seeds`.
    pub fn bytes(&self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let chosen = |seed: u8| seeds[usize::from(seed) % seeds.len()].clone();
        let mut bytes = chosen(self.seed);
        for damage in self.damages.iter().take(8) {
            damage.apply(&mut bytes, &chosen);
        }
        bytes
    }
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>, chosen: &dyn Fn(u8) -> Vec<u8>) {
        let place = |at: u16, bytes: &[u8]| usize::from(at) * (bytes.len() + 1) / (usize::from(u16::MAX) + 1);
        match *self {
            Self::Set { at, byte } => {
                let at = place(at, bytes);
                bytes.iter_mut().skip(at).take(1).for_each(|there| *there = byte);
            }
            Self::Insert { at, token } => {
                let at = place(at, bytes);
                bytes.splice(at..at, TOKENS[usize::from(token) % TOKENS.len()].bytes());
            }
            Self::Remove { at, length } => {
                let at = place(at, bytes);
                bytes.drain(at..bytes.len().min(at + usize::from(length)));
            }
            Self::Copy { from, to, length } => {
                let (from, to) = (place(from, bytes), place(to, bytes));
                let copied = bytes[from..bytes.len().min(from + usize::from(length))].to_vec();
                bytes.splice(to..to, copied);
            }
            Self::Join { seed } => bytes.extend(chosen(seed)),
            Self::Wrap { seed } => *bytes = wrapped(&String::from_utf8_lossy(bytes), seed).into_bytes(),
            Self::Cut { at } => bytes.truncate(place(at, bytes)),
        }
    }
}

/// The text within something that holds records.
fn wrapped(text: &str, way: u8) -> String {
    match way % 5 {
        0 => json!({"Events": [{"EventSource": "s", "CloudTrailEvent": text}]}).to_string(),
        1 => json!({"Records": [{"eventSource": "aws:sqs", "body": text}]}).to_string(),
        2 => json!({"messageType": "DATA_MESSAGE", "logEvents": [{"message": text}, {"message": "x"}]}).to_string(),
        3 => format!("{{\"Records\":[{text}]}}"),
        _ => format!("[{text},{text}]"),
    }
}

/// The sample events: as they are, their records alone, and as log files; and IAM's data.
pub fn samples() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect(folder).map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let texts: Vec<_> = paths.iter().map(|path| std::fs::read_to_string(path).expect("a text")).collect();
    let values: Vec<Value> = texts.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    let records: Vec<_> = values.iter().map(|value| &value["detail"]).filter(|record| record.is_object()).collect();
    let files = records.chunks(3).map(|records| json!({"Records": records}).to_string());
    let mut samples: Vec<_> =
        texts.iter().cloned().chain(files).chain(records.iter().map(|record| record.to_string())).collect();
    samples.push("eventsource,eventname,errorcode,requestparameters\n\"s\",\"n\",,\"{\"\"a\"\":1}\"\n".to_owned());
    samples.into_iter().map(String::into_bytes).collect()
}
