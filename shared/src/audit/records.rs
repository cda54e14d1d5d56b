//! The records of a log file without parsing it, where it is written as CloudTrail writes it: one object, compact, with a list
//! of `Records`. A scan that respects strings and escapes finds where each record begins and ends; the service and the name of
//! its call are then read in their usual place. Whatever is unusual is left to the parser.
//!
//! What is between the braces and quotes of a record of no concern is not looked at: such a file is taken to be JSON.

use std::ops::Range;

use memchr::memmem::Finder;
use wide::u8x16;

use crate::documents::MAX_RECORD;

const BLOCK: usize = 64;
const LANES: usize = 16;

/// How CloudTrail's log files begin.
const OPENING: &str = r#"{"Records":["#;

/// A record, taken out but not parsed.
pub struct RawRecord<'t> {
    /// Its JSON text.
    pub json: &'t [u8],
    /// Where its nested objects lie: from the opening brace to the closing one, which is not included.
    nested: &'t [Range<usize>],
    /// Whether any text in it, maybe a key, may be written with `\u` escapes.
    is_escaped: bool,
}

impl RawRecord<'_> {
    /// The JSON text with null in the place of each nested object but those directly behind one of `keys`.
    pub fn keeping(&self, keys: &[&str]) -> Option<Vec<u8>> {
        let (mut text, mut end) = (Vec::with_capacity(self.json.len()), 0);
        for nested in self.nested {
            let before = self.json.get(end..nested.start)?;
            end = nested.end + 1;
            let is_kept = keys.iter().any(|key| before.ends_with(key.as_bytes()));
            text.extend_from_slice(before);
            text.extend_from_slice(if is_kept { self.json.get(nested.start..end)? } else { b"null" });
        }
        text.extend_from_slice(self.json.get(end..)?);
        Some(text)
    }
}

/// Hands over the records of a log file, in their order. Returns false where the file is not written as CloudTrail writes it;
/// what was handed over by then means nothing.
pub fn each_record(text: &[u8], each: impl FnMut(&RawRecord)) -> bool {
    if !text.starts_with(OPENING.as_bytes()) {
        return false;
    }
    let mut scan = Scan {
        text,
        each,
        depth: 0,
        start: 0,
        end: OPENING.len(),
        nested_start: 0,
        nested: Vec::new(),
        escapes_end: 0,
        is_over: false,
        is_ascii: true,
    };
    scan.run().is_some() && scan.is_over && (scan.is_ascii || std::str::from_utf8(text).is_ok())
}

/// How far the scan has got. Depth counts braces: one for the file, two for a record.
struct Scan<'t, F> {
    text: &'t [u8],
    each: F,
    depth: usize,
    /// Where the record begins.
    start: usize,
    /// Where the record before it ended.
    end: usize,
    nested_start: usize,
    nested: Vec<Range<usize>>,
    /// Where the last block with a `\u` escape ends.
    escapes_end: usize,
    /// Whether the file's own brace was closed.
    is_over: bool,
    is_ascii: bool,
}

impl<F: FnMut(&RawRecord)> Scan<'_, F> {
    /// Goes through the text block by block. Most blocks hold neither braces nor escapes: of these it is enough to know
    /// whether the number of quotes is odd. `None` where something is unusual.
    fn run(&mut self) -> Option<()> {
        let (blocks, rest) = self.text.as_chunks::<BLOCK>();
        let mut last = [b' '; BLOCK];
        last.get_mut(..rest.len())?.copy_from_slice(rest);
        // Whether a string is open, as the parity of the quotes since `is_open` was known.
        let (mut quotes, mut is_open, mut is_escape_pending) = (u8x16::ZERO, false, false);
        let mut all = u8x16::ZERO;
        for (index, block) in blocks.iter().chain([&last]).enumerate() {
            let (lanes, _) = block.as_chunks::<LANES>();
            let (mut odd, mut special) = (quotes, u8x16::ZERO);
            for lane in lanes {
                let lane = u8x16::new(*lane);
                all |= lane;
                odd ^= lane.simd_eq(u8x16::splat(b'"'));
                special |= lane.simd_eq(u8x16::splat(b'\\')) | is_brace(lane);
            }
            if special.to_bitmask() == 0 && !is_escape_pending {
                quotes = odd;
                continue;
            }
            is_open ^= quotes.to_bitmask().count_ones() % 2 == 1;
            quotes = u8x16::ZERO;
            let mut marks = Marks::of(lanes);
            if marks.backslashes != 0 || is_escape_pending {
                let escaped = escaped(marks.backslashes, &mut is_escape_pending);
                marks.quotes &= !escaped;
                if self.has_unicode_escape(index * BLOCK, escaped) {
                    self.escapes_end = (index + 1) * BLOCK;
                }
            }
            let in_string = prefix_xor(marks.quotes) ^ if is_open { u64::MAX } else { 0 };
            is_open = in_string >> 63 == 1;
            let mut braces = marks.braces & !in_string;
            while braces != 0 {
                self.brace(index * BLOCK + braces.trailing_zeros() as usize)?;
                braces &= braces - 1;
            }
        }
        // The mask has the highest bit of each byte.
        self.is_ascii = all.to_bitmask() == 0;
        Some(())
    }

    /// Whether one of the `escaped` bytes of the block at `offset` is a `u`.
    fn has_unicode_escape(&self, offset: usize, mut escaped: u64) -> bool {
        while escaped != 0 {
            if self.text.get(offset + escaped.trailing_zeros() as usize) == Some(&b'u') {
                return true;
            }
            escaped &= escaped - 1;
        }
        false
    }

    fn brace(&mut self, at: usize) -> Option<()> {
        match (self.text.get(at)?, self.depth) {
            (b'{', 0) => self.depth = usize::from(at == 0 && !self.is_over),
            (b'{', 1) => {
                let between: &[u8] = if self.end == OPENING.len() { b"" } else { b"," };
                (self.text.get(self.end..at)? == between).then_some(())?;
                self.start = at;
                self.nested.clear();
                self.depth = 2;
            }
            (b'{', depth) => {
                if depth == 2 {
                    self.nested_start = at;
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
                let json = self.text.get(self.start..self.end)?;
                (self.each)(&RawRecord { json, nested: &self.nested, is_escaped: self.start < self.escapes_end });
            }
            (b'}', depth) => {
                self.depth = depth.checked_sub(1)?;
                if depth == 3 {
                    self.nested.push(self.nested_start - self.start..at - self.start);
                }
            }
            _ => {}
        }
        (self.depth > 0 || self.is_over).then_some(())
    }
}

/// Marks `{` and `}`, and by the same token `y` and delete, which JSON has in strings only.
fn is_brace(lane: u8x16) -> u8x16 {
    (lane | u8x16::splat(b'{' ^ b'}')).simd_eq(u8x16::splat(b'{' | b'}'))
}

/// Where certain bytes are in a block: one bit for each byte, the first byte's the lowest.
struct Marks {
    quotes: u64,
    backslashes: u64,
    braces: u64,
}

impl Marks {
    fn of(lanes: &[[u8; LANES]]) -> Self {
        let mut marks = Self { quotes: 0, backslashes: 0, braces: 0 };
        for lane in lanes.iter().rev() {
            let lane = u8x16::new(*lane);
            let add = |marks: u64, found: u8x16| marks << LANES | u64::from(found.to_bitmask());
            marks.quotes = add(marks.quotes, lane.simd_eq(u8x16::splat(b'"')));
            marks.backslashes = add(marks.backslashes, lane.simd_eq(u8x16::splat(b'\\')));
            marks.braces = add(marks.braces, is_brace(lane));
        }
        marks
    }
}

/// The bytes that a backslash escapes. `is_pending`: whether the first one is, and then whether the next block's first one is.
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

/// Finds what tells the service and the name of a record's call.
pub struct Header {
    source: Finder<'static>,
    name: Finder<'static>,
}

impl Header {
    pub fn new() -> Self {
        Self { source: Finder::new(r#""eventSource""#), name: Finder::new(r#""eventName""#) }
    }

    /// `eventSource` and `eventName` of a record, where they certainly are what the parser would read: the record's own, the
    /// first of their names, one after the other, and written plainly.
    pub fn read<'t>(&self, record: &RawRecord<'t>) -> Option<(&'t str, &'t str)> {
        if record.is_escaped || record.json.len() > MAX_RECORD {
            return None;
        }
        // `userIdentity`, which comes first and is long, need not be searched.
        let (start, end) = record.nested.first().map_or((0, 0), |first| (first.start, first.end));
        let bytes = record.json;
        let (head, body) = (bytes.get(..start)?, bytes.get(end..)?);
        let at = self.source.find(body)?;
        let before = body.get(..at)?;
        let is_first =
            [head, before].iter().all(|bytes| self.name.find(bytes).is_none()) && self.source.find(head).is_none();
        let is_key = matches!(before.last(), Some(b',' | b'{'));
        let is_nested = record.nested.iter().any(|nested| nested.contains(&(end + at)));
        if !is_first || !is_key || is_nested {
            return None;
        }
        let rest = record.json.get(end + at..)?;
        let (source, rest) = plain_text(rest.strip_prefix(br#""eventSource":""#)?)?;
        let (name, _) = plain_text(rest.strip_prefix(br#","eventName":""#)?)?;
        Some((source, name))
    }
}

/// The text up to the quote that closes it, and what follows; `None` where it is empty or has escapes.
fn plain_text(text: &[u8]) -> Option<(&str, &[u8])> {
    let end = memchr::memchr2(b'"', b'\\', text).filter(|end| *end > 0)?;
    let (plain, rest) = text.split_at_checked(end)?;
    Some((std::str::from_utf8(plain).ok()?, rest.strip_prefix(b"\"")?))
}
