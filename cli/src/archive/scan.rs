//! Reads many files at the same time.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use tagwarden_audit::log_file::KEPT;
use tagwarden_audit::{LogFiles, Period, Scanned};

use super::{LogFile, Reading};
use crate::exit::CliError;
use crate::input;

/// Reads all files, the largest first, so that no thread is left with a large one at the end. Passes what was found,
/// with the file's index in the list, to `collect`, in any order. Stops early if the user interrupts it.
pub fn scan(
    files: &[LogFile],
    reading: &Reading,
    collect: impl FnOnce(Receiver<(usize, Scanned)>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut order: Vec<_> = (0..files.len()).collect();
    order.sort_by_key(|file| std::cmp::Reverse(files.get(*file).map(|file| file.size)));
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        // Only a few results wait to be collected, however many files there are.
        let (sender, receiver) = sync_channel(reading.threads);
        for _ in 0..reading.threads.min(files.len()) {
            let (sender, next, order) = (sender.clone(), &next, &order);
            scope.spawn(move || {
                let (mut bytes, mut log_files) = (Vec::new(), LogFiles::new(reading.counts_calls));
                while reading.is_complete()
                    && let Some(file) = order.get(next.fetch_add(1, Ordering::Relaxed))
                    && let Some(LogFile { path, .. }) = files.get(*file)
                {
                    let scanned = read(path, &mut bytes, &mut log_files, reading.period);
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
