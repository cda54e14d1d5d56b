//! The bytes of a log file, and what an audit keeps of them.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use libdeflater::Decompressor;
use memchr::memmem;
use tagwarden::record::documents::{Neighbour, Problem};

use crate::problems::Problems;
use crate::{Extract, Period, encoding, table};

/// How many bytes one file may hold after decompression. CloudTrail's own files hold about 50 MB at most.
pub const MAX_INFLATED: u64 = 1 << 30;

/// A buffer larger than this is not kept for the next file.
pub const KEPT: usize = 64 << 20;

/// The highest compression ratio of Deflate.
const MAX_RATIO: usize = 1032;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What was found in a file.
#[derive(Clone, Debug, Default)]
pub struct Scanned {
    /// Its stored size.
    pub bytes: u64,
    /// Its size in bytes when inflated.
    pub inflated_bytes: u64,
    /// What matters in it.
    pub extract: Extract,
}

impl Scanned {
    /// A file that could not be read at all.
    pub fn unread(why: impl Into<String>) -> Self {
        let mut scanned = Self::default();
        scanned.extract.problems.add_of_file(why);
        scanned
    }
}

/// Reads log files one after the other, and reuses its buffers.
pub struct LogFiles {
    counts_calls: bool,
    inflated: Vec<u8>,
    decompressor: Decompressor,
}

impl Default for LogFiles {
    fn default() -> Self {
        Self { counts_calls: false, inflated: Vec::new(), decompressor: Decompressor::new() }
    }
}

impl LogFiles {
    /// Reads log files, and may count all calls in them.
    pub fn new(counts_calls: bool) -> Self {
        Self { counts_calls, ..Self::default() }
    }

    /// What the stored `bytes` of a file hold for an audit of `period`.
    pub fn scan(&mut self, bytes: &[u8], period: Period) -> Scanned {
        let extract = Extract::new(self.counts_calls);
        let mut scanned = Scanned { bytes: bytes.len() as u64, extract, ..Scanned::default() };
        if let Err(problem) = self.read(bytes, period, &mut scanned) {
            scanned.extract.problems.add_of_file(problem);
        }
        if self.inflated.capacity() > KEPT {
            self.inflated = Vec::new();
        }
        scanned
    }

    /// Reads a file without parsing all of it only if the checksum of a gzip file shows that its JSON is as it was
    /// written. Parses all other files.
    fn read(&mut self, bytes: &[u8], period: Period, scanned: &mut Scanned) -> Result<(), String> {
        let bytes = if !is_gzip(bytes) {
            bytes
        } else if let Some(inflated) = inflate_at_once(bytes, &mut self.inflated, &mut self.decompressor) {
            scanned.inflated_bytes = inflated.len() as u64;
            if let Some(extract) = Extract::quickly(inflated, period, self.counts_calls) {
                scanned.extract = extract;
                return Ok(());
            }
            inflated
        } else {
            self.inflated = inflate(bytes)?;
            &self.inflated
        };
        scanned.inflated_bytes = bytes.len() as u64;
        match content(bytes, &mut scanned.extract.problems)? {
            Content::Text(text) => scanned.extract.read(&text, period),
            Content::Neighbour(neighbour) => scanned.extract.pass_over(neighbour),
        }
        Ok(())
    }
}

/// Whether these are the bytes of a gzip file.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&GZIP_MAGIC)
}

/// What inflated bytes are.
pub enum Content<'b> {
    /// A text that can be JSON.
    Text(Cow<'b, str>),
    /// A file that lies beside log files.
    Neighbour(Neighbour),
}

/// Fields of VPC flow logs, whose first line names them (Amazon VPC User Guide, "Flow log records").
const FLOW_LOG_FIELDS: [&str; 5] = ["interface-id", "srcaddr", "pkt-srcaddr", "flow-direction", "log-status"];

/// What inflated `bytes` are. Tables become JSON Lines. Lines that are not UTF-8 are left out and reported, each with its number.
///
/// # Errors
/// If they can be neither JSON nor a table.
pub fn content<'b>(bytes: &'b [u8], problems: &mut Problems) -> Result<Content<'b>, String> {
    let bytes = encoding::utf8(bytes)?;
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if !first.is_none_or(|byte| b"{[".contains(byte)) {
        return if table::is_csv(&bytes) {
            Ok(Content::Text(Cow::Owned(table::json_lines(&bytes, problems)?)))
        } else if is_flow_log(&bytes) {
            Ok(Content::Neighbour(Neighbour::FlowLogs))
        } else if bytes.starts_with(b"PAR1") {
            Err("Parquet is not read: query it, and give the result of the query that `tagwarden audit --athena-query` prints"
                .to_owned())
        } else {
            Err("not JSON, gzip or CSV as Athena writes it".to_owned())
        };
    }
    let text = match bytes {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).map(Cow::Borrowed).unwrap_or_else(|_| readable(bytes, problems)),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|error| error.to_string())?,
    };
    Ok(Content::Text(text))
}

/// The lines that are UTF-8.
fn readable(bytes: &[u8], problems: &mut Problems) -> Cow<'static, str> {
    let mut text = String::new();
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => {
                problems.add(Problem { line: index + 1, member: String::new(), message: "not UTF-8".to_owned() });
                text.push('\n');
            }
        }
    }
    Cow::Owned(text)
}

fn is_flow_log(bytes: &[u8]) -> bool {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    first
        .trim_ascii()
        .split(|byte| *byte == b' ')
        .any(|name| FLOW_LOG_FIELDS.iter().any(|field| field.as_bytes() == name))
}

/// The content of a gzip file: all its members, one after the other.
///
/// # Errors
/// If it is damaged or too large.
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

/// The content of a gzip file of one member. `None` if it may have several, is damaged, or is too large: then
/// [`inflate`] decides.
fn inflate_at_once<'b>(gzipped: &[u8], inflated: &'b mut Vec<u8>, decompressor: &mut Decompressor) -> Option<&'b [u8]> {
    let (_, length) = gzipped.split_last_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    let length = usize::try_from(length).ok()?;
    if length as u64 > MAX_INFLATED || length / MAX_RATIO > gzipped.len() {
        return None;
    }
    if inflated.len() < length {
        inflated.resize(length, 0);
    }
    let inflated = inflated.get_mut(..length)?;
    let written = decompressor.gzip_decompress(gzipped, inflated).ok()?;
    // A second member would begin with two magic bytes and the method, deflate, right after the inflated length (RFC
    // 1952).
    let ends = [u32::try_from(written).ok()?.to_le_bytes().as_slice(), &GZIP_MAGIC, &[8]].concat();
    (written == length && memmem::find(gzipped, &ends).is_none()).then_some(inflated)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_member_is_read() {
        let file = r#"{"Records":[{"eventSource":"s3.amazonaws.com","eventName":"PutObject"}]}"#;
        let longer = format!("{file}\n");
        for (members, expected) in
            [(vec![file], 1), (vec![file, file], 2), (vec![file, &longer], 2), (vec!["", file], 1)]
        {
            let gzipped: Vec<_> = members.iter().flat_map(|member| gzip(member)).collect();
            let scanned = LogFiles::default().scan(&gzipped, Period::default());
            assert_eq!((scanned.extract.records, scanned.extract.problems.count()), (expected, 0), "{members:?}");
            assert_eq!(scanned.inflated_bytes, members.concat().len() as u64);
        }
    }
}
