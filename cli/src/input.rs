//! Files, folders and standard input as texts.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use walkdir::WalkDir;

/// Most bytes that one input may hold after decompression. CloudTrail's own files hold about 50 MB at most.
const MAX_INFLATED: u64 = 1 << 30;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What a path gives.
pub enum Source {
    /// A file, or standard input, by name.
    Input(PathBuf),
    /// A file in a folder that is no data by its name.
    PassedOver(PathBuf),
    /// Something that cannot be listed.
    Problem(String),
}

/// The inputs behind the paths of the command line: each file, and all files of each folder, by name.
pub fn sources(paths: &[PathBuf]) -> impl Iterator<Item = Source> {
    paths.iter().flat_map(|path| {
        if path.as_os_str() == "-" || !path.is_dir() {
            return vec![Source::Input(path.clone())];
        }
        let entries = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
        entries
            .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name()))
            .filter_map(|entry| match entry {
                Ok(entry) if entry.file_type().is_dir() => None,
                Ok(entry) if is_documentation(entry.path()) => Some(Source::PassedOver(entry.into_path())),
                Ok(entry) => Some(Source::Input(entry.into_path())),
                Err(error) => Some(Source::Problem(error.to_string())),
            })
            .collect()
    })
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

/// The text of a file or, for `-`, of standard input, decompressed where it is gzipped. Lines that are no UTF-8 are left out
/// and reported.
pub fn read(path: &Path, problems: &mut Vec<String>) -> Option<String> {
    let bytes =
        if path.as_os_str() == "-" { read_all(io::stdin().lock()) } else { File::open(path).and_then(read_all) };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.push(format!("{}: cannot be read: {error}", name(path)));
            return None;
        }
    };
    let bytes = if bytes.starts_with(&GZIP_MAGIC) {
        match inflate(&bytes) {
            Ok(bytes) => bytes,
            Err(why) => {
                problems.push(format!("{}: {why}", name(path)));
                return None;
            }
        }
    } else {
        bytes
    };
    let starts_like_json =
        bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_none_or(|byte| b"{[\xef".contains(byte));
    if !starts_like_json {
        problems.push(format!("{}: neither JSON nor gzip", name(path)));
        return None;
    }
    Some(String::from_utf8(bytes).unwrap_or_else(|error| {
        let mut text = String::new();
        for (index, line) in error.as_bytes().split_inclusive(|byte| *byte == b'\n').enumerate() {
            match std::str::from_utf8(line) {
                Ok(line) => text.push_str(line),
                Err(_) => {
                    problems.push(format!("{}:{}: no UTF-8", name(path), index + 1));
                    text.push('\n');
                }
            }
        }
        text
    }))
}

fn read_all(mut reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn inflate(gzipped: &[u8]) -> Result<Vec<u8>, String> {
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
