//! Reads many files at the same time.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use tagwarden_audit::log_file::KEPT;
use tagwarden_audit::{LogFiles, Period, Scanned};

use super::files::LogFile;
use crate::exit::CliError;
use crate::{input, output};

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

    /// Reads all files, the largest first, so that no thread is left with a large one at the end. Passes what was found,
    /// with the file's index in the list, to `collect`, in any order. Stops early if the user interrupts it.
    pub fn scan(
        &self,
        files: &[LogFile],
        collect: impl FnOnce(Receiver<(usize, Scanned)>) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let mut order: Vec<_> = (0..files.len()).collect();
        order.sort_by_key(|file| std::cmp::Reverse(files.get(*file).map(|file| file.size)));
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            // Only a few results wait to be collected, however many files there are.
            let (sender, receiver) = sync_channel(self.threads);
            for _ in 0..self.threads.min(files.len()) {
                let (sender, next, order) = (sender.clone(), &next, &order);
                scope.spawn(move || {
                    let (mut bytes, mut log_files) = (Vec::new(), LogFiles::new(self.counts_calls));
                    while self.is_complete()
                        && let Some(file) = order.get(next.fetch_add(1, Ordering::Relaxed))
                        && let Some(LogFile { path, .. }) = files.get(*file)
                    {
                        let scanned = read(path, &mut bytes, &mut log_files, self.period);
                        if sender.send((*file, scanned)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            collect(receiver)
        })
    }
}

/// Reads the file into `bytes`, and extracts what matters to the audit.
fn read(path: &Path, bytes: &mut Vec<u8>, log_files: &mut LogFiles, period: Period) -> Scanned {
    let read = input::load(path, bytes);
    let scanned = match read {
        Ok(()) => log_files.scan(bytes, period),
        Err(problem) => Scanned::unread(problem),
    };
    bytes.clear();
    if bytes.capacity() > KEPT {
        *bytes = Vec::new();
    }
    scanned
}
