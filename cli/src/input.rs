//! Files, folders and standard input as texts.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use walkdir::WalkDir;

/// Most bytes that one input may hold after decompression. CloudTrail's own files hold about 50 MB at most.
pub const MAX_INFLATED: u64 = 1 << 30;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What a path gives.
pub enum Source {
    /// A file, or standard input, by name.
    Input(PathBuf),
    /// Something in a folder that is no data by its name, with what it is.
    PassedOver(PathBuf, &'static str),
    /// Something that cannot be listed.
    Problem(String),
}

/// The inputs behind the paths of the command line: each file, and all files of each folder, by name.
pub fn sources(paths: &[PathBuf]) -> Vec<Source> {
    sources_but(paths, |_| false)
}

/// The same without the folders that `leave_out` names.
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
                    sources.push(Source::Problem(error.to_string()));
                    continue;
                }
            };
            let is_folder = entry.file_type().is_dir();
            if entry.depth() > 0 && is_hidden(entry.file_name()) || is_folder && leave_out(entry.path()) {
                if is_folder {
                    entries.skip_current_dir();
                }
            } else if is_folder && entry.file_name() == "CloudTrail-Digest" {
                entries.skip_current_dir();
                sources.push(Source::PassedOver(entry.into_path(), "checksums of log files"));
            } else if is_documentation(entry.path()) && !is_folder {
                sources.push(Source::PassedOver(entry.into_path(), "documentation"));
            } else if !is_folder {
                sources.push(Source::Input(entry.into_path()));
            }
        }
    }
    sources
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn is_documentation(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md"))
}

/// The name of an input, for messages.
pub fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// The text of a file or, for `-`, of standard input, decompressed where it is gzipped; and what could not be read of it.
pub fn read(path: &Path) -> (Option<String>, Vec<String>) {
    let (mut bytes, mut lines) = (Vec::new(), Vec::new());
    let text = load(path, &mut bytes).and_then(|()| {
        let inflated = if is_gzip(&bytes) { Cow::Owned(inflate(&bytes)?) } else { Cow::Borrowed(bytes.as_slice()) };
        text(&inflated, &mut lines).map(Cow::into_owned)
    });
    let mut problems: Vec<_> = lines.into_iter().map(|line| format!("{}:{line}", name(path))).collect();
    let text = text.map_err(|why| problems.push(format!("{}: {why}", name(path)))).ok();
    (text, problems)
}

/// Reads the bytes of a file or, for `-`, of standard input, to the end of `bytes`.
pub fn load(path: &Path, bytes: &mut Vec<u8>) -> Result<(), String> {
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(bytes)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(bytes))
    };
    read.map(drop).map_err(|error| format!("cannot be read: {error}"))
}

/// Whether these are the bytes of a gzip file.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&GZIP_MAGIC)
}

/// The text that `bytes` are, if they can be JSON. Lines that are no UTF-8 are left out and reported, each with its number.
pub fn text<'a>(bytes: &'a [u8], problems: &mut Vec<String>) -> Result<Cow<'a, str>, String> {
    let starts_like_json =
        bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_none_or(|byte| b"{[\xef".contains(byte));
    if !starts_like_json {
        return Err("neither JSON nor gzip".to_owned());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let mut text = String::new();
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => {
                problems.push(format!("{}: no UTF-8", index + 1));
                text.push('\n');
            }
        }
    }
    Ok(Cow::Owned(text))
}

/// What a gzip file holds, all its members one after the other.
pub fn inflate(gzipped: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(gzipped).take(MAX_INFLATED + 1).read_to_end(&mut bytes);
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err("the gzip file is truncated".to_owned()),
        Err(error) => Err(format!("the gzip file is corrupt: {error}")),
        Ok(_) if bytes.len() as u64 > MAX_INFLATED => {
            Err(format!("larger than {} MB when inflated", MAX_INFLATED >> 20))
        }
        Ok(_) => Ok(bytes),
    }
}
