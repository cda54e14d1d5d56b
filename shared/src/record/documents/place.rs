//! Where something is in a text.

use std::cell::Cell;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The line, from one, where it begins. Text that was unwrapped begins where its wrapping does.
    pub line: usize,
    /// The member that holds it, such as `Events[3].CloudTrailEvent`; empty for a whole document.
    pub member: String,
    /// What is wrong.
    pub message: String,
}

/// A place in a text: a line, and the members and elements on the way to it. It is written out only for problems.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    lines: &'p Lines<'p>,
    offset: usize,
    within: Option<(&'p Place<'p>, Step<'p>)>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Member(&'p str),
    Element(usize),
}

impl<'p> Place<'p> {
    /// The beginning of a text.
    pub(super) fn new(lines: &'p Lines<'p>) -> Self {
        Self { lines, offset: 0, within: None }
    }

    /// The place of `part` of the text, or of a text that was unwrapped here.
    pub(super) fn of(&self, part: &str) -> Self {
        Self { offset: self.lines.offset_of(part).unwrap_or(self.offset), ..*self }
    }

    /// A place `bytes` bytes behind this one, unless the text was unwrapped here.
    pub(super) fn behind(&self, part: &str, bytes: usize) -> Self {
        Self { offset: self.lines.offset_of(part).map_or(self.offset, |offset| offset + bytes), ..*self }
    }

    /// The place of a member of the object here.
    pub(super) fn member(&'p self, name: &'p str, value: &str) -> Self {
        Self { within: Some((self, Step::Member(name))), ..self.of(value) }
    }

    /// The place of an element of the list here.
    pub(super) fn element(&'p self, index: usize, value: &str) -> Self {
        Self { within: Some((self, Step::Element(index))), ..self.of(value) }
    }

    /// The line, from one.
    pub(super) fn line(&self) -> usize {
        self.lines.at(self.offset)
    }

    /// A problem at this place.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { line: self.line(), member: self.to_string(), message: message.into() }
    }
}

/// The members and elements on the way to it: `Events[3].CloudTrailEvent`.
impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.within {
            None => Ok(()),
            Some((outer, Step::Element(index))) => write!(f, "{outer}[{index}]"),
            Some((Place { within: None, .. }, Step::Member(name))) => f.write_str(name),
            Some((outer, Step::Member(name))) => write!(f, "{outer}.{name}"),
        }
    }
}

/// Counts lines. Problems come nearly in the order of the text, so it counts from the last one.
pub(super) struct Lines<'t> {
    text: &'t str,
    counted: Cell<(usize, usize)>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, counted: Cell::new((0, 1)) }
    }

    /// The line, from one, that holds the byte at `offset`.
    fn at(&self, offset: usize) -> usize {
        let (last, line) = self.counted.get();
        let (from, to) = (last.min(offset), last.max(offset));
        let between = self.text.as_bytes().get(from..to).unwrap_or_default();
        let newlines = between.iter().filter(|byte| **byte == b'\n').count();
        let line = if offset < last { line - newlines } else { line + newlines };
        self.counted.set((offset, line));
        line
    }

    /// Where `part` begins, if it is a part of this very text: the distance between the two pointers.
    fn offset_of(&self, part: &str) -> Option<usize> {
        let offset = (part.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        (offset <= self.text.len()).then_some(offset)
    }
}
