//! Where rendered policies differ from the rules.

use std::fmt;

/// A difference between a rule and its statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The rule's id.
    pub rule: &'static str,
    /// Which way it goes.
    pub kind: GapKind,
    /// What differs, and why.
    pub what: String,
}

/// Which way a difference goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKind {
    /// The rule reports it, but the statements let it pass.
    Looser,
    /// The rule lets it pass, but the statements deny it.
    Stricter,
    /// It was left out on purpose.
    LeftOut,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "`{}`: {}", self.rule, self.what)
    }
}
