//! The form in which extracts are stored if reading and judging are separate steps: what a batch of log files holds, as
//! gzipped lines of JSON. Sessions have their own file, because they are most of the data and few of them are needed.

use std::io::{BufRead, BufReader, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tagwarden::evidence::Session;

use crate::{AuditError, Extract};

/// Changes with everything that changes how the same log files are stored.
pub const VERSION: u32 = 6;

/// A log file, or a folder of a day that was not opened.
#[derive(Debug, Serialize, Deserialize)]
pub enum Stored {
    /// A log file that was read.
    Scanned {
        /// Its name.
        name: String,
        /// Its stored size.
        bytes: u64,
        /// Its size in bytes when inflated.
        inflated_bytes: u64,
        /// What matters in it, except the sessions.
        extract: Box<Extract>,
    },
    /// The folder of a day outside the period.
    LeftOut(String),
}

/// The extracts of a batch of log files, while it is written.
pub struct Batch {
    files: GzEncoder<Vec<u8>>,
    sessions: GzEncoder<Vec<u8>>,
}

/// The extracts of a batch as bytes: two files of gzipped lines of JSON.
pub struct Files {
    /// A line for each [`Stored`].
    pub files: Vec<u8>,
    /// A line for each session.
    pub sessions: Vec<u8>,
}

impl Default for Batch {
    fn default() -> Self {
        let empty = || GzEncoder::new(Vec::new(), Compression::fast());
        Self { files: empty(), sessions: empty() }
    }
}

impl Batch {
    /// Adds the extract of a log file, or the name of a day folder that was left out.
    ///
    /// # Errors
    /// None is known: it writes to memory.
    pub fn add(&mut self, mut stored: Stored) -> Result<(), AuditError> {
        if let Stored::Scanned { extract, .. } = &mut stored {
            for session in std::mem::take(&mut extract.sessions).iter() {
                line(&mut self.sessions, &session)?;
            }
        }
        line(&mut self.files, &stored)
    }

    /// The extracts as bytes.
    ///
    /// # Errors
    /// None is known.
    pub fn finish(self) -> Result<Files, AuditError> {
        Ok(Files { files: self.files.finish().map_err(failed)?, sessions: self.sessions.finish().map_err(failed)? })
    }
}

fn line(file: &mut impl Write, value: &impl Serialize) -> Result<(), AuditError> {
    serde_json::to_writer(&mut *file, value).map_err(failed)?;
    file.write_all(b"\n").map_err(failed)
}

/// Passes on the entries of [`Files::files`], one by one.
///
/// # Errors
/// If they are damaged, or `each` fails.
pub fn read_files(gzipped: &[u8], each: impl FnMut(Stored) -> Result<(), AuditError>) -> Result<(), AuditError> {
    read(gzipped, each)
}

/// Passes on the entries of [`Files::sessions`], one by one.
///
/// # Errors
/// If they are damaged, or `each` fails.
pub fn read_sessions(gzipped: &[u8], each: impl FnMut(Session) -> Result<(), AuditError>) -> Result<(), AuditError> {
    read(gzipped, each)
}

fn read<T: DeserializeOwned>(
    gzipped: &[u8],
    mut each: impl FnMut(T) -> Result<(), AuditError>,
) -> Result<(), AuditError> {
    let (mut lines, mut line) = (BufReader::new(MultiGzDecoder::new(gzipped)), Vec::new());
    while lines.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        each(serde_json::from_slice(&line).map_err(failed)?)?;
        line.clear();
    }
    Ok(())
}

fn failed(error: impl std::fmt::Display) -> AuditError {
    AuditError(format!("an extract cannot be read or written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LogFiles, Period};

    #[test]
    fn what_was_stored_is_what_was_extracted() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../events");
        let mut batch = Batch::default();
        let mut extracts = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let scanned = LogFiles::default().scan(&std::fs::read(&path).unwrap(), Period::default());
            extracts.push(scanned.extract.clone());
            let (name, extract) = (path.display().to_string(), Box::new(scanned.extract));
            batch.add(Stored::Scanned { name, bytes: 1, inflated_bytes: 2, extract }).unwrap();
        }
        batch.add(Stored::LeftOut("AWSLogs/…".to_owned())).unwrap();
        let files = batch.finish().unwrap();
        let (mut found, mut sessions) = (Vec::new(), Vec::new());
        read_files(&files.files, |stored| {
            if let Stored::Scanned { extract, .. } = stored {
                found.push(*extract);
            }
            Ok(())
        })
        .unwrap();
        read_sessions(&files.sessions, |session| {
            sessions.push(session);
            Ok(())
        })
        .unwrap();
        let expected: Vec<_> = extracts
            .iter_mut()
            .flat_map(|extract| std::mem::take(&mut extract.sessions).iter().collect::<Vec<_>>())
            .collect();
        assert!(!expected.is_empty() && extracts.iter().any(|extract| !extract.denied.is_empty()));
        assert_eq!((found, sessions), (extracts, expected));
        assert!(read_files(&files.files[..files.files.len() / 2], |_| Ok(())).is_err(), "half a file is an error");
    }
}
