//! What does not fit in memory: texts that wait to be judged, in a nameless temporary file once they are many.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use crate::Failure;

/// How many bytes stay in memory.
const IN_MEMORY: usize = 32 << 20;

/// Texts, one behind the other.
pub(crate) struct Spool {
    file: SpooledTempFile,
    length: u64,
}

/// Where a text lies.
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
    /// Adds a text of one line.
    pub(crate) fn push(&mut self, line: &str) -> Result<Span, Failure> {
        let span = Span { start: self.length, length: line.len() };
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|error| Failure(format!("cannot write a temporary file: {error}")))?;
        self.length += line.len() as u64 + 1;
        Ok(span)
    }

    /// The text at `span`. Nothing can be added any more.
    pub(crate) fn get(&mut self, span: Span) -> Result<String, Failure> {
        let mut bytes = vec![0; span.length];
        let read = self.file.seek(SeekFrom::Start(span.start)).and_then(|_| self.file.read_exact(&mut bytes));
        read.map_err(unreadable)?;
        String::from_utf8(bytes).map_err(unreadable)
    }

    /// Hands over all texts, in their order.
    pub(crate) fn each(mut self, mut each: impl FnMut(&str)) -> Result<(), Failure> {
        self.file.rewind().map_err(unreadable)?;
        let (mut lines, mut line) = (BufReader::new(self.file), String::new());
        while lines.read_line(&mut line).map_err(unreadable)? > 0 {
            each(line.trim_end());
            line.clear();
        }
        Ok(())
    }
}

fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure(format!("cannot read a temporary file: {error}"))
}
