//! `generate-archive FOLDER [RECORDS [DAYS [SEED]]]`: log files in `FOLDER/AWSLogs`, IAM's data in `FOLDER/iam.json`, and what
//! an audit of them must find, one launch a line, in `FOLDER/truth.jsonl`.

use std::path::Path;

use tagwarden_archive::{Spec, generate};

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("usage: generate-archive FOLDER [RECORDS [DAYS [SEED]]]");
    let mut number = |default| args.next().map_or(default, |text| text.parse().expect("a number"));
    let spec = Spec { records: number(720_000), days: number(17), seed: number(1) };
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
