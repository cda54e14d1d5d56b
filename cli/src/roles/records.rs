//! What an archive of log files shows of roles.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tagwarden::Evidence;
use tagwarden_audit::{AllProblems, Calls, Gathered, Period};
use tagwarden_roles::{Launches, Records};

use crate::archive::{self, Reading};
use crate::args::RolesArgs;
use crate::exit::CliError;

/// What was read of an archive.
pub struct Archive {
    pub records: Records,
    /// The days of its records.
    pub days: BTreeSet<String>,
    /// The regions of its records.
    pub regions: BTreeSet<String>,
    /// The end of the last day of its records.
    pub end: Option<Timestamp>,
    pub is_complete: bool,
}

impl Archive {
    /// What it is of, for people.
    pub fn period(&self) -> String {
        let regions: Vec<_> = self.regions.iter().map(String::as_str).collect();
        let days = match (self.days.first(), self.days.last()) {
            (Some(first), Some(last)) => format!("from {first} to {last}"),
            _ => return "No records were read".to_owned(),
        };
        format!("Records {days}, in {}", regions.join(", "))
    }
}

/// Reads an archive once: all calls are counted, and launches are kept. Returns what is known besides them, too.
pub fn read(
    args: &RolesArgs,
    evidence: Evidence,
    problems: &mut AllProblems<String>,
) -> Result<(Archive, Evidence), CliError> {
    let period = Period { since: args.since, until: args.until };
    let reading = Reading::new(period, args.threads, true);
    let mut gathered = Gathered::new(evidence);
    let written: Vec<_> = args.html.iter().map(std::path::PathBuf::as_path).collect();
    let mut archive = archive::open(&args.paths, period, &written, &mut gathered, problems)?;
    let mut calls = Calls::default();
    reading.read(&mut archive, &mut gathered, problems, |extract| {
        extract.calls.take().into_iter().for_each(|counted| calls.merge(counted));
    })?;
    let mut launches = Launches::default();
    let evidence = gathered.each_launch(|call, evidence| launches.add(call, evidence))?;
    let regions = calls.days.iter().map(|day| day.region.clone()).collect();
    let days: BTreeSet<_> = calls.days.iter().map(|day| day.day.clone()).collect();
    let end = days.last().and_then(|day| format!("{day}T23:59:59Z").parse().ok());
    let date = |time: Timestamp| time.to_zoned(TimeZone::UTC).date();
    let last = args.until.and_then(|until| until.checked_sub(1.nanosecond()).ok());
    let records = Records::new(calls, launches, (args.since.map(date), last.map(date)));
    Ok((Archive { records, days, regions, end, is_complete: reading.is_complete() }, evidence))
}
