//! Files that are written.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::AuditError;

/// A file that is being written.
pub struct Written {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Written {
    /// Creates the file, or empties it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(path: &Path) -> Result<Self, AuditError> {
        let file = File::create(path).map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// Writes each value as a line of JSON.
    pub(crate) fn lines(&mut self, lines: impl Iterator<Item = impl Serialize>) -> Result<(), AuditError> {
        for line in lines {
            let written = serde_json::to_writer(&mut self.file, &line).map_err(Into::into);
            written.map_err(|error| cannot_write(&self.path, &error))?;
            self.text("\n")?;
        }
        Ok(())
    }

    /// Writes a text.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn text(&mut self, text: &str) -> Result<(), AuditError> {
        self.bytes(text.as_bytes())
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), AuditError> {
        self.file.write_all(bytes).map_err(|error| cannot_write(&self.path, &error))
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn close(mut self) -> Result<(), AuditError> {
        self.file.flush().map_err(|error| cannot_write(&self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> AuditError {
    AuditError(format!("{}: cannot be written: {error}", path.display()))
}
