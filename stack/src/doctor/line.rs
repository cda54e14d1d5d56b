//! What a check says.

use anstyle::{AnsiColor, Style};
use serde_json::json;

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It works.
    Pass,
    /// It does not work.
    Fail,
    /// It could not be read.
    Unknown,
}

/// What to do about what was changed or deleted outside CloudFormation (CloudFormation user guide, "Using drift-aware change sets").
pub const RESTORE: &str =
    "bring it back by a drift-aware change set of CloudFormation: an update with the same template changes nothing";

/// What a check says.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// What was checked.
    pub check: &'static str,
    /// Whether it works.
    pub outcome: Outcome,
    /// What was found.
    pub found: String,
    /// What to do.
    pub fix: Option<&'static str>,
}

impl Line {
    /// It works.
    pub fn pass(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Pass, found: found.into(), fix: None }
    }

    /// It does not work.
    pub fn fail(check: &'static str, found: impl Into<String>, fix: &'static str) -> Self {
        Self { check, outcome: Outcome::Fail, found: found.into(), fix: Some(fix) }
    }

    /// It could not be read.
    pub fn unknown(check: &'static str, why: impl Into<String>) -> Self {
        let fix = Some("run the command with credentials that may read this");
        Self { check, outcome: Outcome::Unknown, found: why.into(), fix }
    }

    /// Passes if there are no problems.
    pub fn of(check: &'static str, problems: &[String], found: impl Into<String>, fix: &'static str) -> Self {
        if problems.is_empty() { Self::pass(check, found) } else { Self::fail(check, problems.join("; "), fix) }
    }

    /// Prints the line.
    pub fn print(&self, as_json: bool) {
        let (word, colour) = match self.outcome {
            Outcome::Pass => ("pass", AnsiColor::Green),
            Outcome::Fail => ("fail", AnsiColor::Red),
            Outcome::Unknown => ("unknown", AnsiColor::Yellow),
        };
        if as_json {
            anstream::println!(
                "{}",
                json!({"check": self.check, "outcome": word, "found": self.found, "fix": self.fix})
            );
            return;
        }
        let style = Style::new().fg_color(Some(colour.into())).bold();
        anstream::println!("{style}{word:7}{style:#} {:10} {}", self.check, self.found);
        if let Some(fix) = self.fix {
            anstream::println!("{:7} {:10} → {fix}", "", "");
        }
    }
}
