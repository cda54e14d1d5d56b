//! Files, folders and standard input as texts.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tagwarden::record::documents::Neighbour;
use tagwarden_audit::layout::{is_hidden, neighbour};
use tagwarden_audit::log_file::{inflate, is_gzip};
use walkdir::WalkDir;

/// What was found at a path.
pub enum Source {
    /// A file, or standard input, by name.
    Input(PathBuf),
    /// A file whose place or name shows that it holds no records, with what it is.
    PassedOver(PathBuf, Neighbour),
    /// A path that cannot be listed, and why.
    Problem(String, String),
}

/// The inputs at the paths of the command line: each file, and all files in each folder, in the order of their names.
pub fn sources(paths: &[PathBuf]) -> Vec<Source> {
    sources_but(paths, |_| false)
}

/// The same, without the folders for which `leave_out` is true.
pub fn sources_but(paths: &[PathBuf], mut leave_out: impl FnMut(&Path) -> bool) -> Vec<Source> {
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" || !path.is_dir() {
            sources.push(Source::Input(path.clone()));
            continue;
        }
        let mut entries = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let at = error.path().unwrap_or(path);
                    sources.push(Source::Problem(name(at), format!("cannot be read: {error}")));
                    continue;
                }
            };
            let is_folder = entry.file_type().is_dir();
            if entry.depth() > 0 && is_hidden(entry.file_name()) || is_folder && leave_out(entry.path()) {
                if is_folder {
                    entries.skip_current_dir();
                }
            } else if !is_folder {
                sources.push(match neighbour(entry.path()) {
                    Some(neighbour) => Source::PassedOver(entry.into_path(), neighbour),
                    None => Source::Input(entry.into_path()),
                });
            }
        }
    }
    sources
}

/// The name of an input, for messages.
pub fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// The bytes of a file or, for `-`, of standard input, decompressed if it is gzipped.
pub fn inflated(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    load(path, &mut bytes).and_then(|()| if is_gzip(&bytes) { inflate(&bytes) } else { Ok(bytes) })
}

/// Reads the bytes of a file or, for `-`, of standard input, and appends them to `bytes`.
pub fn load(path: &Path, bytes: &mut Vec<u8>) -> Result<(), String> {
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(bytes)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(bytes))
    };
    read.map(drop).map_err(|error| format!("cannot be read: {error}"))
}
