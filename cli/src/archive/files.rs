//! The files of an archive.

use std::path::{Path, PathBuf};

use tagwarden_audit::{AllProblems, Input, Period, Problems, layout};

use crate::input::{self, Source};
use crate::passed_over::PassedOver;

/// The files to read.
#[derive(Default)]
pub struct Archive {
    pub files: Vec<LogFile>,
    /// What lies beside the log files.
    pub passed_over: PassedOver,
}

/// A file to read.
pub struct LogFile {
    pub path: PathBuf,
    /// Its size in bytes, zero if that is not known.
    pub size: u64,
}

/// The files at `paths` that may matter to launches in `period`, without those that the audit has `written` to. Counts
/// the days that are left out, and collects the accounts of the other files. Adds the `problems` of what cannot be listed.
pub fn list(
    paths: &[PathBuf],
    period: Period,
    written: &[&Path],
    counts: &mut Input,
    problems: &mut AllProblems<String>,
) -> Archive {
    let written: Vec<_> = written.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let mut archive = Archive::default();
    let sources = input::sources_but(paths, |folder| {
        let is_outside = layout::day(folder).is_some_and(|day| !period.needs_day(day));
        counts.days_left_out += u64::from(is_outside);
        is_outside
    });
    for source in sources {
        match source {
            Source::Input(path) => {
                if !written.is_empty() && path.canonicalize().is_ok_and(|path| written.contains(&path)) {
                    continue;
                }
                counts.accounts.extend(layout::account(&path).map(str::to_owned));
                let size = path.metadata().map_or(0, |metadata| metadata.len());
                archive.files.push(LogFile { path, size });
            }
            Source::PassedOver(path, what) => {
                archive.passed_over.add(&path, &what.to_string());
                *counts.passed_over.entry(what.to_string()).or_default() += 1;
            }
            Source::Problem(path, why) => {
                let mut of_path = Problems::default();
                of_path.add_of_file(why);
                problems.add(&path, &of_path);
            }
        }
    }
    archive
}
