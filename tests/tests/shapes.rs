//! Every shape of records, and everything that lies beside them, through `check` and `audit`: the table in `data/shapes/`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::{Value, json};
use tagwarden_tests::{event, root, tagwarden};

#[derive(Deserialize)]
struct Table {
    shape: Vec<Shape>,
}

/// A row of the table, whose head describes the columns.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    what: String,
    #[serde(default = "input")]
    path: String,
    json: Option<String>,
    text: Option<String>,
    #[serde(default = "line_break")]
    between: String,
    #[serde(default)]
    packed: String,
    #[serde(default)]
    verdicts: BTreeMap<String, u64>,
    check: i32,
    audit: Option<i32>,
    #[serde(default)]
    period: Vec<String>,
    /// How many launches `audit` does not judge because of the period.
    #[serde(default)]
    not_judged: u64,
    #[serde(default)]
    says: String,
    /// What `audit` says, if that differs.
    says_in_audit: Option<String>,
}

fn input() -> String {
    "input".to_owned()
}

fn line_break() -> String {
    "\n".to_owned()
}

/// The record that a name in the table stands for.
fn record(name: &str) -> Option<Value> {
    let case = match name {
        "GOOD" => "compliant",
        "BAD" => "no-vpc",
        "DENIED" => "access-denied",
        _ => return None,
    };
    let envelope: Value = serde_json::from_str(&event(&format!("CreateTrainingJob.{case}.json"))).expect("JSON");
    Some(envelope["detail"].clone())
}

/// `GOOD`, or a member of it: `GOOD.eventTime`.
fn named(path: &str) -> Option<Value> {
    let mut names = path.split('.');
    let record = record(names.next()?)?;
    Some(names.fold(record, |value, name| value[name].clone()))
}

/// The value that a value of the table stands for.
fn expand(value: &Value) -> Value {
    match value {
        Value::String(text) => text.strip_prefix('$').and_then(named).unwrap_or_else(|| value.clone()),
        Value::Array(elements) => elements.iter().map(expand).collect(),
        Value::Object(members) => {
            let Some((name, inner)) = members.iter().find(|(name, _)| name.starts_with('$')) else {
                return Value::Object(members.iter().map(|(name, value)| (name.clone(), expand(value))).collect());
            };
            let inner = expand(inner);
            match name.as_str() {
                "$text" => json!(inner.to_string()),
                "$base64" => json!(STANDARD.encode(inner.to_string())),
                "$gzip" => json!(STANDARD.encode(gzip(inner.to_string().as_bytes()))),
                name => {
                    let mut record = record(&name[1..]).expect("a record");
                    let members = inner.as_object().expect("members");
                    members.iter().for_each(|(name, value)| record[name] = value.clone());
                    record
                }
            }
        }
        other => other.clone(),
    }
}

/// The text with values in CSV in place of `{GOOD.a.b}`.
fn filled(text: &str) -> String {
    let mut parts = text.trim_start_matches('\n').split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}').and_then(|(name, rest)| Some((named(name)?, rest))) {
            Some((value, rest)) => {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                filled.push_str(&format!("\"{}\"{rest}", value.replace('"', "\"\"")));
            }
            None => filled.push_str(&format!("{{{part}")),
        }
    }
    filled
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

impl Shape {
    fn documents(&self) -> Vec<String> {
        match (&self.json, &self.text) {
            (Some(json), None) => {
                let values = serde_json::Deserializer::from_str(json).into_iter::<Value>();
                values.map(|value| expand(&value.expect(&self.what)).to_string()).collect()
            }
            (None, Some(text)) => vec![filled(text)],
            _ => panic!("{}: either `json` or `text`", self.what),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let documents = self.documents();
        let text = documents.join(&self.between);
        let units = |unit: fn(u16) -> [u8; 2]| format!("\u{feff}{text}").encode_utf16().flat_map(unit).collect();
        match self.packed.as_str() {
            "" => text.into_bytes(),
            "gzip" => gzip(text.as_bytes()),
            "members" => documents.iter().flat_map(|document| gzip(document.as_bytes())).collect(),
            "utf-16le" => units(u16::to_le_bytes),
            "utf-16be" => units(u16::to_be_bytes),
            "utf-8" => format!("\u{feff}{text}").into_bytes(),
            other => panic!("{}: `packed` is `{other}`", self.what),
        }
    }

    fn write(&self, folder: &Path) {
        let path = folder.join(&self.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, self.bytes()).expect("written");
    }

    /// Asserts what standard error holds.
    fn said(&self, folder: &str, stderr: &str, expected: &str) {
        let expected = expected.replace("FOLDER", folder);
        let is_it = if expected.is_empty() { stderr.is_empty() } else { stderr.contains(&expected) };
        assert!(is_it && stderr.lines().count() <= 3, "{}: expected `{expected}`: {stderr}", self.what);
    }

    fn of(&self, verdict: &str) -> u64 {
        self.verdicts.get(verdict).copied().unwrap_or_default()
    }
}

#[test]
fn every_shape_comes_to_what_the_table_says() {
    let table = fs::read_to_string(root().join("tests/data/shapes/shapes.toml")).expect("the table");
    let Table { shape: shapes } = toml::from_str(&table).expect("a table");
    assert!(shapes.len() >= 60);
    for shape in shapes {
        let folder = tempfile::tempdir().expect("a folder");
        shape.write(folder.path());
        let path = folder.path().to_str().expect("UTF-8");
        let checked = tagwarden(&["check", "--format", "json", "--iam", "events/iam.json", path]);
        assert_eq!(checked.status, shape.check, "{}: {}{}", shape.what, checked.stdout, checked.stderr);
        let mut verdicts = BTreeMap::<String, u64>::new();
        for decision in checked.json_lines() {
            *verdicts.entry(decision["verdict"].as_str().expect("text").to_owned()).or_default() += 1;
        }
        assert_eq!(verdicts, shape.verdicts, "{}: {}", shape.what, checked.stdout);
        shape.said(path, &checked.stderr, &shape.says);

        let period: Vec<_> = shape.period.iter().map(String::as_str).collect();
        let args = ["audit", "--format", "json", "--iam", "events/iam.json", path];
        let audited = tagwarden(&[&args[..], &period].concat());
        let status = shape.audit.unwrap_or(shape.check);
        assert_eq!(audited.status, status, "{}: {}{}", shape.what, audited.stdout, audited.stderr);
        shape.said(path, &audited.stderr, shape.says_in_audit.as_ref().unwrap_or(&shape.says));
        if let Ok(summary) = serde_json::from_str::<Value>(&audited.stdout) {
            let launches: u64 = ["violation", "unknown", "compliant"].iter().map(|verdict| shape.of(verdict)).sum();
            let judged = summary["launches"].as_object().expect("verdicts").values().filter_map(Value::as_u64);
            assert_eq!(judged.sum::<u64>(), launches - shape.not_judged, "{}: {summary}", shape.what);
        }
    }
}

/// What a whole log bucket holds changes neither verdict nor exit status.
#[test]
fn a_copy_of_a_log_bucket_ends_with_the_status_of_its_verdicts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut in_bucket = 0;
    let table = fs::read_to_string(root().join("tests/data/shapes/shapes.toml")).expect("the table");
    let Table { shape: shapes } = toml::from_str(&table).expect("a table");
    for shape in shapes.iter().filter(|shape| shape.path.starts_with("AWSLogs/")) {
        shape.write(folder.path());
        in_bucket += 1;
    }
    let logs = folder.path().join("AWSLogs");
    let logs = logs.to_str().expect("UTF-8");
    let ran = tagwarden(&["audit", "--format", "json", "--iam", "events/iam.json", logs]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let passed_over = summary["input"]["passed_over"].as_object().expect("kinds").values().filter_map(Value::as_u64);
    assert_eq!((passed_over.sum::<u64>(), summary["input"]["files"].clone()), (in_bucket - 1, json!(1)));
    assert_eq!(summary["input"]["passed_over"]["AWS Config"], json!(2));
    let notes = ran.stderr.lines().filter(|line| line.contains("AWS Config")).collect::<Vec<_>>();
    assert!(notes.len() == 1 && notes[0].starts_with("note: passed over 2 files, such as "), "{notes:?}");
}

/// The same mistake on many lines is one message.
#[test]
fn equal_problems_are_said_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = record("GOOD").expect("a record");
    let lines = format!("{record}\n{}", "{\"eventSource\":\"s\"}\n".repeat(20_000));
    fs::write(folder.path().join("lines.json"), lines).expect("written");
    let path = folder.path().to_str().expect("UTF-8");
    for command in ["check", "audit", "explain"] {
        let ran = tagwarden(&[command, path]);
        assert_eq!(ran.status, 2, "{command}");
        let complaint = format!(
            "error: {path}/lines.json:2: not a CloudTrail record: `eventName` is missing (20000 times, here first)"
        );
        assert_eq!(ran.stderr.lines().next(), Some(complaint.as_str()), "{command}");
    }
}

/// Files of IAM's data and policies come in the same encodings.
#[test]
fn other_files_may_be_in_utf_16_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let utf16 = |name: &str, text: &str| {
        let path = folder.path().join(name);
        let bytes: Vec<_> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        fs::write(&path, bytes).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let iam = utf16("iam.json", &event("iam.json"));
    let policy = utf16("policy.toml", "version = 1\r\n[rules.untagged-principal]\r\n");
    let record = utf16("record.json", &record("GOOD").expect("a record").to_string());
    let ran = tagwarden(&["check", "--policy", &policy, "--iam", &iam, &record]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    fs::write(&policy, b"version = 1 # \xe4").expect("written");
    let ran = tagwarden(&["check", "--policy", &policy, &record]);
    assert!(ran.status == 2 && ran.stderr.contains("neither UTF-8 nor UTF-16"), "{}", ran.stderr);
}
