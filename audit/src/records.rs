//! Finds the records of a log file without parsing it, if it has CloudTrail's usual form: one compact object with a
//! list of `Records`. A scan that respects strings and escapes finds where each record begins and ends, and reads the
//! service and the name of its call in their usual place. It leaves everything unusual to the parser.
//!
//! The scan does not check what is between the braces and quotes of a record that does not matter, or what a record
//! that issued a session holds besides the session: it assumes that such a file is JSON.

use std::ops::Range;
use std::sync::LazyLock;

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};
use memchr::memmem::{Finder, FinderRev};
use tagwarden::record::documents::MAX_RECORD;

const BLOCK: usize = 64;

/// The beginning of CloudTrail's log files.
const OPENING: &str = r#"{"Records":["#;

/// A record that was found but not parsed.
pub struct RawRecord<'t> {
    /// Its JSON text.
    pub json: &'t [u8],
    /// Where the first object in it is, `userIdentity`, which can be skipped.
    nested: Range<usize>,
}

/// The call of a record, as far as its members are in their usual place. None of them is empty or has escapes.
pub struct RawCall<'t> {
    /// `eventTime`
    pub time: &'t [u8],
    /// `eventSource`
    pub source: &'t [u8],
    /// `eventName`
    pub name: &'t [u8],
    /// The members after them.
    rest: &'t [u8],
}

impl<'t> RawRecord<'t> {
    /// The call, if the record begins as CloudTrail's do. Because no other members precede these, the parser would read
    /// the same ones.
    pub fn call(&self) -> Option<RawCall<'t>> {
        let rest = self.json.strip_prefix(br#"{"eventVersion":""#)?;
        let identity = plain_text(rest)?.1.strip_prefix(br#","userIdentity":"#)?;
        if self.json.len() - identity.len() != self.nested.start {
            return None;
        }
        let rest = self.json.get(self.nested.end..)?.strip_prefix(br#","eventTime":""#)?;
        let (time, rest) = plain_text(rest)?;
        let (source, rest) = plain_text(rest.strip_prefix(br#","eventSource":""#)?)?;
        let (name, rest) = plain_text(rest.strip_prefix(br#","eventName":""#)?)?;
        let is_set = ![time, source, name].iter().any(|text| text.is_empty());
        // Notifications of S3 look alike, and their source is `aws:s3`.
        (is_set && !source.starts_with(b"aws:")).then_some(RawCall { time, source, name, rest })
    }
}

impl<'t> RawRecord<'t> {
    /// `userIdentity`, if [`call`](Self::call) found a call.
    pub fn identity(&self) -> &'t [u8] {
        self.json.get(self.nested.clone()).unwrap_or_default()
    }

    /// The value of the last member `key` at any depth. `key` includes the quotes and the colon. The search starts at the end, because
    /// CloudTrail writes some members there.
    pub fn last(&self, key: &FinderRev) -> Option<&'t [u8]> {
        let value = self.json.get(key.rfind(self.json)? + key.needle().len()..)?;
        value.get(..length(value)?)
    }
}

impl<'t> RawCall<'t> {
    /// The value of the member right behind the call's name, if that is `key`.
    pub fn first(&self, key: &str) -> Option<&'t [u8]> {
        let member = self.rest.strip_prefix(b",\"")?.strip_prefix(key.as_bytes())?.strip_prefix(b"\":")?;
        member.get(..length(member)?)
    }

    /// `errorCode`, if there is one; `None` if only a parser can tell. Within texts, its quotes would be escaped.
    pub fn error_code(&self) -> Option<Option<&'t str>> {
        static CODE: LazyLock<Finder> = LazyLock::new(|| Finder::new(br#""errorCode":"#));
        match CODE.find(self.rest) {
            None => Some(None),
            Some(_) => {
                let [code] = self.members(["errorCode"])?;
                code.map(text).map_or(Some(None), |code| code.map(Some))
            }
        }
    }

    /// Whether a member of this name may follow. There is none if its name is nowhere, and nothing is escaped.
    pub fn may_have(&self, key: &str) -> bool {
        memchr::memchr(b'\\', self.rest).is_some() || memchr::memmem::find(self.rest, key.as_bytes()).is_some()
    }

    /// The value of the first member `key` after the call's name, and what is behind it, in the form of [`members`].
    pub fn member(&self, key: &str) -> Option<(&'t [u8], &'t [u8])> {
        let [value] = self.members([key])?;
        let value = value?;
        let behind = (value.as_ptr() as usize) - (self.rest.as_ptr() as usize) + value.len();
        Some((value, self.rest.get(behind..)?))
    }

    /// The values of some of the members after the call's name, in the form of [`members`].
    pub fn members<const N: usize>(&self, keys: [&str; N]) -> Option<[Option<&'t [u8]>; N]> {
        members(self.rest, keys)
    }
}

/// The JSON texts of the values of `keys` in an `object`; the first one if a key is there twice. `None` if the object
/// is not in plain form: compact, without escapes in its keys. It may begin with any of its members, with the comma
/// before it, and anything may follow it if it has all of `keys`.
pub fn members<'t, const N: usize>(object: &'t [u8], keys: [&str; N]) -> Option<[Option<&'t [u8]>; N]> {
    let (mut found, mut rest) = ([None; N], object);
    while let [b'{' | b',', b'"', member @ ..] = rest {
        if found.iter().all(Option::is_some) {
            return Some(found);
        }
        let (key, value) = plain_text(member)?;
        let value = value.strip_prefix(b":")?;
        let (value, behind) = value.split_at_checked(length(value)?)?;
        rest = behind;
        for (wanted, found) in keys.iter().zip(&mut found) {
            if wanted.as_bytes() == key {
                found.get_or_insert(value);
            }
        }
    }
    (rest == b"}" || found.iter().all(Option::is_some)).then_some(found)
}

/// The text of a value of [`members`]; `None` if it is not a text, is empty, or has escapes.
pub fn text(value: &[u8]) -> Option<&str> {
    let (text, _) = plain_text(value.strip_prefix(b"\"")?)?;
    str::from_utf8(text).ok().filter(|text| !text.is_empty())
}

/// The text up to the quote that closes it, and what follows; `None` if it has escapes.
fn plain_text(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr2(b'"', b'\\', text)?;
    let (plain, rest) = text.split_at_checked(end)?;
    Some((plain, rest.strip_prefix(b"\"")?))
}

/// The length of the text at the beginning of `json`, with both quotes.
fn text_length(json: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', json.get(at..)?)?;
        match json.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// The length of the value at the beginning of `json`; `None` if there is white space before it.
fn length(json: &[u8]) -> Option<usize> {
    match json.first()? {
        b'"' => text_length(json),
        b'{' | b'[' => nested_length(json),
        b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => memchr::memchr2(b',', b'}', json),
        _ => None,
    }
}

/// The length of the object or list at the beginning of `json`.
fn nested_length(json: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match json.get(at)? {
            b'"' => at += text_length(json.get(at..)?)? - 1,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Passes on the records of a log file, in order. Returns false if the file does not have CloudTrail's usual form; what
/// was passed on by then must be ignored.
pub fn each_record<'t>(text: &'t [u8], each: impl FnMut(&RawRecord<'t>)) -> bool {
    if !text.starts_with(OPENING.as_bytes()) {
        return false;
    }
    let mut scan =
        Scan { text, each, depth: 0, start: 0, end: OPENING.len(), nested: 0..0, is_over: false, is_ascii: true };
    dispatch!(Level::new(), simd => scan.run(simd)).is_some()
        && scan.is_over
        && (scan.is_ascii || std::str::from_utf8(text).is_ok())
}

/// The state of a scan. Depth counts braces: 1 inside the file's, 2 inside a record's.
struct Scan<'t, F> {
    text: &'t [u8],
    each: F,
    depth: usize,
    /// Where the record begins.
    start: usize,
    /// Where the record before it ended.
    end: usize,
    /// The first object in the record, as far as it was scanned; empty before it.
    nested: Range<usize>,
    /// Whether the file's own brace was closed.
    is_over: bool,
    is_ascii: bool,
}

impl<'t, F: FnMut(&RawRecord<'t>)> Scan<'t, F> {
    /// Scans the text block by block. Most blocks hold neither braces nor escapes, so it is enough to know whether
    /// their number of quotes is odd. `None` if something is unusual.
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S) -> Option<()> {
        let (blocks, rest) = self.text.as_chunks::<BLOCK>();
        let mut last = [b' '; BLOCK];
        last.get_mut(..rest.len())?.copy_from_slice(rest);
        // Whether a string is open, and whether the next byte is escaped.
        let (mut is_open, mut is_escape_pending) = (false, false);
        for (index, block) in blocks.iter().chain([&last]).enumerate() {
            let block = u8x64::simd_from(simd, *block);
            let mut quotes = block.simd_eq(b'"').to_bitmask();
            let backslashes = block.simd_eq(b'\\');
            // The braces, and bytes that are rare, come after the letters.
            if !(block.simd_gt(b'z') | backslashes).any_true() && !is_escape_pending {
                is_open ^= quotes.count_ones() % 2 == 1;
                continue;
            }
            self.is_ascii &= !block.simd_gt(0x7f).any_true();
            quotes &= !escaped(backslashes.to_bitmask(), &mut is_escape_pending);
            let in_string = prefix_xor(quotes) ^ if is_open { u64::MAX } else { 0 };
            is_open = in_string >> 63 == 1;
            let outside = |byte| block.simd_eq(byte).to_bitmask() & !in_string;
            let (opening, closing) = (outside(b'{'), outside(b'}'));
            // If neither the record nor the first object in it can end here, counting is enough.
            let least = if self.nested.end > 0 { 2 } else { 3 };
            if self.depth >= least + closing.count_ones() as usize {
                self.depth = self.depth + opening.count_ones() as usize - closing.count_ones() as usize;
                continue;
            }
            let mut braces = opening | closing;
            while braces != 0 {
                self.brace(index * BLOCK + braces.trailing_zeros() as usize)?;
                braces &= braces - 1;
            }
        }
        Some(())
    }

    fn brace(&mut self, at: usize) -> Option<()> {
        match (self.text.get(at)?, self.depth) {
            (b'{', 0) => self.depth = usize::from(at == 0 && !self.is_over),
            (b'{', 1) => {
                let between: &[u8] = if self.end == OPENING.len() { b"" } else { b"," };
                (self.text.get(self.end..at)? == between).then_some(())?;
                self.start = at;
                self.nested = 0..0;
                self.depth = 2;
            }
            (b'{', depth) => {
                if depth == 2 && self.nested.end == 0 {
                    self.nested.start = at - self.start;
                }
                self.depth += 1;
            }
            (b'}', 1) => {
                let is_blank = |rest: &[u8]| rest.iter().all(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
                self.is_over = self.text.get(self.end..at)? == b"]" && is_blank(self.text.get(at + 1..)?);
                self.is_over.then_some(())?;
                self.depth = 0;
            }
            (b'}', 2) => {
                self.end = at + 1;
                self.depth = 1;
                let json = self.text.get(self.start..self.end).filter(|json| json.len() <= MAX_RECORD)?;
                (self.each)(&RawRecord { json, nested: self.nested.clone() });
            }
            (b'}', depth) => {
                self.depth = depth.checked_sub(1)?;
                if depth == 3 && self.nested.end == 0 {
                    self.nested.end = at + 1 - self.start;
                }
            }
            _ => {}
        }
        (self.depth > 0 || self.is_over).then_some(())
    }
}

/// The bytes that a backslash escapes. `is_pending` says whether the first byte is escaped and, afterwards, whether the
/// next block's first byte is.
fn escaped(mut backslashes: u64, is_pending: &mut bool) -> u64 {
    let mut escaped = u64::from(*is_pending);
    backslashes &= !escaped;
    *is_pending = false;
    while backslashes != 0 {
        let backslash = backslashes & backslashes.wrapping_neg();
        let next = backslash << 1;
        *is_pending = next == 0;
        escaped |= next;
        backslashes &= !(backslash | next);
    }
    escaped
}

/// For each bit, whether the number of bits up to and including it is odd.
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
