//! How the program ends.

use std::io;
use std::process::ExitCode;

/// The exit statuses, as `--help` of each command documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every record is compliant or skipped, or every denied call is explained.
    Ok,
    /// There is a violation.
    Violation,
    /// The command could not run, or could not read some input.
    Failed,
    /// There is no violation, but at least one verdict is unknown, or a denied call could not be explained.
    Unknown,
}

impl Exit {
    /// The status for what was found, the strongest first.
    pub fn of(failed: bool, violation: bool, unknown: bool) -> Self {
        match (failed, violation, unknown) {
            (true, _, _) => Self::Failed,
            (false, true, _) => Self::Violation,
            (false, false, true) => Self::Unknown,
            (false, false, false) => Self::Ok,
        }
    }

    /// The same with `--exit-zero`: what was found is no failure.
    pub fn or_zero(self, exit_zero: bool) -> Self {
        match self {
            Self::Violation | Self::Unknown if exit_zero => Self::Ok,
            exit => exit,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Violation => 1,
            Exit::Failed => 2,
            Exit::Unknown => 3,
        })
    }
}

/// Why the program could not run.
#[derive(Debug)]
pub enum CliError {
    /// For this reason.
    Message(String),
    /// The reader of the output closed it, as `head` does.
    ReaderGone,
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Message(format!("cannot write the output: {error}")),
        }
    }
}

impl From<tagwarden_audit::AuditError> for CliError {
    fn from(error: tagwarden_audit::AuditError) -> Self {
        Self::Message(error.0)
    }
}

/// The result of a command.
pub type RunResult = Result<Exit, CliError>;
