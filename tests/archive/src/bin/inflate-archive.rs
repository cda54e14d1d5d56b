//! `inflate-archive FOLDER`: inflates all gzip files on two threads and does nothing with them. Nothing that reads an archive
//! can be faster.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use libdeflater::Decompressor;

fn main() {
    let mut folders: Vec<_> = std::env::args().skip(1).map(PathBuf::from).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let (next, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let (mut decompressor, mut inflated) = (Decompressor::new(), Vec::new());
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let gzipped = fs::read(file).expect("a file");
                    let length = gzipped.last_chunk::<4>().expect("a length");
                    let length = usize::try_from(u32::from_le_bytes(*length)).expect("a length");
                    inflated.resize(length.max(inflated.len()), 0);
                    let written = decompressor.gzip_decompress(&gzipped, &mut inflated).expect("gzip");
                    bytes.fetch_add(written, Ordering::Relaxed);
                }
            });
        }
    });
    println!("{} bytes", bytes.into_inner());
}
