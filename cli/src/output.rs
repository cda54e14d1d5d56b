//! The only place that writes to standard output and standard error.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

use crate::exit::CliError;

/// Standard output: buffered, coloured only on a terminal and if `NO_COLOR` is not set.
pub struct Output {
    stream: BufWriter<AutoStream<io::Stdout>>,
}

impl Output {
    pub fn stdout() -> Self {
        Self { stream: BufWriter::new(AutoStream::auto(io::stdout())) }
    }

    pub fn line(&mut self, line: &str) -> Result<(), CliError> {
        Ok(writeln!(self.stream, "{line}")?)
    }

    pub fn flush(&mut self) -> Result<(), CliError> {
        Ok(self.stream.flush()?)
    }

    pub fn is_coloured(&self) -> bool {
        self.stream.get_ref().current_choice() != anstream::ColorChoice::Never
    }
}

/// Reports an error on standard error. Nothing can be done if even that fails.
pub fn complain(message: &str) {
    let style = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
    let _ = writeln!(anstream::stderr(), "{style}error:{style:#} {}", clean(message));
}

/// Writes a note to standard error that is not an error.
pub fn note(message: &str) {
    let _ = writeln!(anstream::stderr(), "note: {}", clean(message));
}

/// Text from an event, safe to print: a caller who names a resource must not be able to control a terminal.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::new();
    for c in text.chars() {
        if is_unprintable(c) { cleaned.extend(c.escape_unicode()) } else { cleaned.push(c) }
    }
    Cow::Owned(cleaned)
}

/// Control characters, and those that change the direction of text.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_cannot_be_steered() {
        assert_eq!(clean("plain ü"), "plain ü");
        assert_eq!(clean("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\u{a}");
        assert_eq!(clean("\u{202e}gnp"), "\\u{202e}gnp");
    }
}
