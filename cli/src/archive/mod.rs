//! Archives of log files: listed, and read on all threads.

mod files;
mod progress;
mod scan;

use std::path::{Path, PathBuf};

use tagwarden_audit::{AllProblems, Extract, Gathered, Period};

use crate::exit::CliError;
use crate::input;

pub use files::{Archive, LogFile, list};
use progress::Progress;
pub use progress::size;
pub use scan::Reading;

impl Reading {
    /// Reads all files, and what IAM's data among them says. Passes on what each file holds before it is gathered, and adds what
    /// could not be read.
    pub fn read(
        &self,
        archive: &mut Archive,
        gathered: &mut Gathered<usize>,
        problems: &mut AllProblems<String>,
        mut each: impl FnMut(&mut Extract),
    ) -> Result<(), CliError> {
        let Archive { files, passed_over } = archive;
        let progress = Progress::new(files);
        self.scan(files, |found| {
            for (file, mut scanned) in found {
                progress.advance(scanned.bytes, gathered.input.files + 1);
                let Some(LogFile { path, .. }) = files.get(file) else { continue };
                scanned.extract.passed_over.iter().for_each(|what| passed_over.add(path, what));
                problems.add(&input::name(path), &scanned.extract.problems);
                each(&mut scanned.extract);
                gathered.take(&file, scanned)?;
            }
            Ok(())
        })?;
        progress.finish();
        for (file, unread) in gathered.learn_iam() {
            files.get(file).into_iter().for_each(|file| problems.add(&input::name(&file.path), &unread));
        }
        passed_over.note();
        Ok(())
    }
}

/// The files at `paths`, without those in `written`.
///
/// # Errors
/// If there are none.
pub fn open(
    paths: &[PathBuf],
    period: Period,
    written: &[&Path],
    gathered: &mut Gathered<usize>,
    problems: &mut AllProblems<String>,
) -> Result<Archive, CliError> {
    let archive = list(paths, period, written, &mut gathered.input, problems);
    gathered.input.problems += problems.count();
    if !archive.files.is_empty() || problems.count() > 0 {
        return Ok(archive);
    }
    archive.passed_over.note();
    Err(CliError::Message(match gathered.input.days_left_out {
        0 => "there are no files to read".to_owned(),
        days => format!("there are no files to read: all {days} days of log files are outside the period"),
    }))
}
