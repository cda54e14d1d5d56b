//! Reading many files at once.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use libdeflater::Decompressor;
use memchr::memmem;
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

/// Deflate shortens data at most so many times.
const MAX_RATIO: usize = 1032;

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
                let mut buffers = Buffers::new();
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
struct Buffers {
    bytes: Vec<u8>,
    inflated: Vec<u8>,
    decompressor: Decompressor,
}

impl Buffers {
    fn new() -> Self {
        Self { bytes: Vec::new(), inflated: Vec::new(), decompressor: Decompressor::new() }
    }

    fn scan(&mut self, file: usize, path: &Path, period: Period) -> Scanned {
        let mut scanned = Scanned { file, bytes: 0, inflated_bytes: 0, extract: Extract::default() };
        if let Err(problem) = self.read(path, period, &mut scanned) {
            scanned.extract.problems.push(format!(" {problem}"));
        }
        self.bytes.clear();
        for buffer in [&mut self.bytes, &mut self.inflated] {
            if buffer.capacity() > KEPT {
                *buffer = Vec::new();
            }
        }
        scanned
    }

    /// Only of a gzip file whose checksum is right it is known that its JSON is as it was written: the others are parsed.
    fn read(&mut self, path: &Path, period: Period, scanned: &mut Scanned) -> Result<(), String> {
        input::load(path, &mut self.bytes)?;
        scanned.bytes = self.bytes.len() as u64;
        let bytes = if !input::is_gzip(&self.bytes) {
            &self.bytes
        } else if let Some(inflated) = inflate_at_once(&self.bytes, &mut self.inflated, &mut self.decompressor) {
            scanned.inflated_bytes = inflated.len() as u64;
            let extract = std::str::from_utf8(inflated).ok().and_then(|text| Extract::quickly(text, period));
            if let Some(extract) = extract {
                scanned.extract = extract;
                return Ok(());
            }
            inflated
        } else {
            self.inflated = input::inflate(&self.bytes)?;
            &self.inflated
        };
        scanned.inflated_bytes = bytes.len() as u64;
        let text = input::text(bytes, &mut scanned.extract.problems)?;
        scanned.extract.read(&text, period);
        Ok(())
    }
}

/// What a gzip file of one member holds. `None` where it may have several, is damaged, or too large: the slower way tells.
fn inflate_at_once<'b>(gzipped: &[u8], inflated: &'b mut Vec<u8>, decompressor: &mut Decompressor) -> Option<&'b [u8]> {
    let (_, length) = gzipped.split_last_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    // A second member would begin like the first: the two magic bytes and the method, deflate (RFC 1952). By chance these also
    // are within the data of one file in some dozens.
    let may_have_more = memmem::find(gzipped.get(3..)?, &[0x1f, 0x8b, 8]).is_some();
    let length = usize::try_from(length).ok()?;
    let is_credible = length as u64 <= input::MAX_INFLATED && length / MAX_RATIO <= gzipped.len();
    if may_have_more || !is_credible {
        return None;
    }
    if inflated.len() < length {
        inflated.resize(length, 0);
    }
    let inflated = inflated.get_mut(..length)?;
    let written = decompressor.gzip_decompress(gzipped, inflated).ok()?;
    (written == length).then_some(inflated)
}
