//! Archives of log files: listed, and read on all threads.

mod files;
mod progress;
mod scan;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tagwarden_audit::{AllProblems, Extract, Gathered, Period};

use crate::exit::CliError;
use crate::{input, output};

pub use files::{Archive, LogFile, list};
use progress::Progress;
pub use progress::size;

/// How an archive is read.
pub struct Reading {
    pub period: Period,
    pub threads: usize,
    /// Whether all calls are counted.
    pub counts_calls: bool,
    /// Becomes true when the user interrupts it (Ctrl-C). A second Ctrl-C ends the program at once, without a report.
    interrupted: Arc<AtomicBool>,
}

impl Reading {
    pub fn new(period: Period, threads: Option<NonZeroUsize>, counts_calls: bool) -> Self {
        let threads = threads.or_else(|| thread::available_parallelism().ok()).map_or(1, usize::from);
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupted);
        let handled = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        });
        if let Err(error) = handled {
            output::note(&format!("Ctrl-C will end the command without a report: {error}"));
        }
        Self { period, threads, counts_calls, interrupted }
    }

    /// Whether nobody interrupted it.
    pub fn is_complete(&self) -> bool {
        !self.interrupted.load(Ordering::Relaxed)
    }

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
        scan::scan(files, self, |found| {
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
    paths: &[std::path::PathBuf],
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
