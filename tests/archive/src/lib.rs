//! Archives of CloudTrail log files as an organisation has them, from a seed: about one record in a hundred is of SageMaker,
//! the rest is noise of the usual kinds and sizes, with SageMaker's name in places where it means nothing. The generator knows
//! what an audit by the default policy must find.

mod launches;
mod noise;
mod record;
pub mod usage;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{Timestamp, ToSpan};

use crate::launches::Planned;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// How many records.
    pub records: u64,
    /// How many days they are of. Each day has a file for each account and region.
    pub days: u64,
    /// Where the random numbers begin.
    pub seed: u64,
    /// How many of a hundred other records issue sessions.
    pub sessions: u32,
}

impl Default for Spec {
    fn default() -> Self {
        Self { records: 720_000, days: 17, seed: 1, sessions: 11 }
    }
}

/// What was generated.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Records.
    pub records: u64,
    /// Files.
    pub files: usize,
    /// Bytes before compression.
    pub bytes: u64,
    /// Bytes of the files.
    pub gzipped_bytes: u64,
    /// Launches, each with a line in `truth.jsonl`.
    pub launches: usize,
    /// Attempts at launches that were denied.
    pub denied: u64,
}

pub(crate) const ACCOUNTS: [&str; 4] = ["111122223333", "444455556666", "777788889999", "123456789012"];
pub(crate) const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "eu-central-1"];

/// Midnight of the first day.
pub(crate) fn start() -> Timestamp {
    "2026-01-05T00:00:00Z".parse().expect("a time")
}

/// A file: all records that an account has in a region on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub account: usize,
    pub region: usize,
    pub day: u64,
}

impl Place {
    fn path(self, rng: &mut Rng) -> PathBuf {
        let (account, region) = (ACCOUNTS[self.account], REGIONS[self.region]);
        let day = start() + (24 * i64::try_from(self.day).expect("few days")).hours();
        let (date, compact) = (day.strftime("%Y/%m/%d"), day.strftime("%Y%m%d"));
        let unique: String = (0..16).map(|_| rng.alphanumeric()).collect();
        let file = format!("{account}_CloudTrail_{region}_{compact}T2355Z_{unique}.json.gz");
        PathBuf::from(format!("AWSLogs/o-4k2mexample/{account}/CloudTrail/{region}/{date}/{file}"))
    }
}

/// Writes the archive described by `spec` below `folder`. The same `spec` gives the same bytes.
///
/// # Panics
/// Where it cannot be written.
pub fn generate(folder: &Path, spec: &Spec) -> Written {
    let planned = launches::plan(spec);
    fs::create_dir_all(folder).expect("the folder");
    fs::write(folder.join("iam.json"), launches::iam()).expect("iam.json");
    let mut truth = BufWriter::new(File::create(folder.join("truth.jsonl")).expect("truth.jsonl"));
    planned.truth.iter().for_each(|line| writeln!(truth, "{line}").expect("truth.jsonl"));
    truth.flush().expect("truth.jsonl");

    let mut places = Vec::new();
    for day in 0..spec.days {
        for account in 0..ACCOUNTS.len() {
            places.extend((0..REGIONS.len()).map(|region| Place { account, region, day }));
        }
    }
    let (next, sizes) = (AtomicUsize::new(0), [const { AtomicU64::new(0) }; 3]);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let share = spec.records / places.len() as u64;
                    let written = write_file(folder, *place, share, spec, &planned.records);
                    for (size, sum) in written.iter().zip(&sizes) {
                        sum.fetch_add(*size, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let [records, bytes, gzipped_bytes] = sizes.map(AtomicU64::into_inner);
    Written {
        records,
        files: places.len(),
        bytes,
        gzipped_bytes,
        launches: planned.truth.len(),
        denied: planned.denied,
    }
}

/// Writes one file. Returns its records, bytes and gzipped bytes.
fn write_file(
    folder: &Path,
    place: Place,
    share: u64,
    spec: &Spec,
    planned: &HashMap<Place, Vec<Planned>>,
) -> [u64; 3] {
    let number = (place.day * 100 + place.account as u64) * 100 + place.region as u64;
    let mut rng = Rng::with_seed(spec.seed ^ (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let path = folder.join(place.path(&mut rng));
    let mut records: Vec<(i64, String)> = Vec::new();
    let planned = planned.get(&place).map_or(&[][..], Vec::as_slice);
    records.extend(planned.iter().map(|planned| (planned.second, planned.json.clone())));
    while (records.len() as u64) < share {
        let second = (place.day * 86_400) as i64 + rng.i64(0..86_400);
        records.push((second, noise::record(&mut rng, place, second, spec.sessions)));
    }
    // CloudTrail delivers in no strict order.
    records.sort_by_key(|(second, _)| second / 300);
    let mut text = String::from(r#"{"Records":["#);
    for (index, (_, record)) in records.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        text.push_str(record);
    }
    text.push_str("]}");
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("in memory");
    let gzipped = encoder.finish().expect("in memory");
    fs::write(&path, &gzipped).expect("written");
    [records.len() as u64, text.len() as u64, gzipped.len() as u64]
}
