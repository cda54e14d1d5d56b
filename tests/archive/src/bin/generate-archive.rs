//! `generate-archive FOLDER [RECORDS [DAYS [SEED [SESSIONS]]]]`: log files in `FOLDER/AWSLogs`, IAM's data in `FOLDER/iam.json`, and what
//! an audit of them must find, one launch a line, in `FOLDER/truth.jsonl`.

use std::path::Path;

use tagwarden_archive::{Spec, generate};

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("usage: generate-archive FOLDER [RECORDS [DAYS [SEED [SESSIONS]]]]");
    let mut number = |default| args.next().map_or(default, |text| text.parse().expect("a number"));
    let Spec { records, days, seed, sessions } = Spec::default();
    let (records, days, seed) = (number(records), number(days), number(seed));
    let sessions = u32::try_from(number(sessions.into())).expect("a percentage");
    let spec = Spec { records, days, seed, sessions };
    let written = generate(Path::new(&folder), &spec);
    println!(
        "{} records in {} files, {} MB, {} MB gzipped; {} launches",
        written.records,
        written.files,
        written.bytes / 1_000_000,
        written.gzipped_bytes / 1_000_000,
        written.launches
    );
}
