//! Entries that wait to be judged, and may not fit in memory: if there are many, they are in a temporary file without a
//! name.

use std::io::{BufReader, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use crate::AuditError;

/// How many bytes stay in memory.
const IN_MEMORY: usize = 8 << 20;

/// Entries, one after the other, each after its length.
pub(crate) struct Spool {
    file: SpooledTempFile,
    length: u64,
}

/// Where an entry is.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    start: u64,
    length: usize,
}

impl Default for Spool {
    fn default() -> Self {
        Self { file: tempfile::spooled_tempfile(IN_MEMORY), length: 0 }
    }
}

impl Spool {
    /// Adds an entry.
    pub(crate) fn push(&mut self, entry: &[u8]) -> Result<Span, AuditError> {
        let length = u32::try_from(entry.len()).map_err(unwritable)?.to_le_bytes();
        let span = Span { start: self.length + length.len() as u64, length: entry.len() };
        self.file.write_all(&length).and_then(|()| self.file.write_all(entry)).map_err(unwritable)?;
        self.length = span.start + entry.len() as u64;
        Ok(span)
    }

    /// The entry at `span`. Nothing can be added any more.
    pub(crate) fn get(&mut self, span: Span) -> Result<Vec<u8>, AuditError> {
        let mut entry = vec![0; span.length];
        let read = self.file.seek(SeekFrom::Start(span.start)).and_then(|_| self.file.read_exact(&mut entry));
        read.map(|()| entry).map_err(unreadable)
    }

    /// Passes on all entries, in order.
    pub(crate) fn each(mut self, mut each: impl FnMut(&[u8])) -> Result<(), AuditError> {
        self.file.rewind().map_err(unreadable)?;
        let (mut entries, mut left, mut entry) = (BufReader::new(self.file), self.length, Vec::new());
        while left > 0 {
            let mut length = [0; 4];
            entries.read_exact(&mut length).map_err(unreadable)?;
            entry.resize(usize::try_from(u32::from_le_bytes(length)).map_err(unreadable)?, 0);
            entries.read_exact(&mut entry).map_err(unreadable)?;
            each(&entry);
            left = left.saturating_sub((length.len() + entry.len()) as u64);
        }
        Ok(())
    }
}

fn unwritable(error: impl std::fmt::Display) -> AuditError {
    AuditError(format!("cannot write a temporary file: {error}"))
}

pub(crate) fn unreadable(error: impl std::fmt::Display) -> AuditError {
    AuditError(format!("cannot read a temporary file: {error}"))
}
