//! Reading many files at once.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use tagwarden::audit::{Extract, Period};

use super::archive::LogFile;
use crate::exit::Failure;
use crate::input;

/// What was found in a file.
pub struct Scanned {
    /// Its place in the list of files.
    pub file: usize,
    /// Its size as it lies there.
    pub bytes: u64,
    pub inflated_bytes: u64,
    pub extract: Extract,
}

/// Buffers larger than this are not kept for the next file.
const KEPT: usize = 64 << 20;

/// Reads all files, the largest first so that no thread is left with one in the end, and hands what was found to `collect`
/// in no particular order. Stops early when `interrupted`.
pub fn scan(
    files: &[LogFile],
    period: Period,
    threads: usize,
    interrupted: &AtomicBool,
    collect: impl FnOnce(Receiver<Scanned>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut order: Vec<_> = (0..files.len()).collect();
    order.sort_by_key(|file| std::cmp::Reverse(files.get(*file).map(|file| file.size)));
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        // Few wait to be collected, whatever the number of files.
        let (sender, receiver) = sync_channel(threads);
        for _ in 0..threads.min(files.len()) {
            let (sender, next, order) = (sender.clone(), &next, &order);
            scope.spawn(move || {
                let mut buffers = Buffers::default();
                while !interrupted.load(Ordering::Relaxed)
                    && let Some(file) = order.get(next.fetch_add(1, Ordering::Relaxed))
                    && let Some(LogFile { path, .. }) = files.get(*file)
                {
                    let scanned = buffers.scan(*file, path, period);
                    if sender.send(scanned).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        collect(receiver)
    })
}

/// What one thread uses again for each file.
#[derive(Default)]
struct Buffers {
    bytes: Vec<u8>,
}

impl Buffers {
    fn scan(&mut self, file: usize, path: &Path, period: Period) -> Scanned {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        let mut scanned = Scanned { file, bytes: 0, inflated_bytes: 0, extract: Extract::default() };
        if let Err(problem) = self.read(path, period, &mut scanned) {
            scanned.extract.problems.push(format!(" {problem}"));
        }
        scanned
    }

    fn read(&mut self, path: &Path, period: Period, scanned: &mut Scanned) -> Result<(), String> {
        input::load(path, &mut self.bytes)?;
        scanned.bytes = self.bytes.len() as u64;
        let inflated;
        let bytes = if input::is_gzip(&self.bytes) {
            inflated = input::inflate(&self.bytes)?;
            &inflated
        } else {
            &self.bytes
        };
        scanned.inflated_bytes = bytes.len() as u64;
        let text = input::text(bytes, &mut scanned.extract.problems)?;
        scanned.extract.read(&text, period);
        Ok(())
    }
}
