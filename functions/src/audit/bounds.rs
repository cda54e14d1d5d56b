//! The period of an audit, and the locations of its extracts.

use serde::Deserialize;
use tagwarden_audit::Period;

use crate::ports::S3Object;

/// The period of an audit, as the state machine passes it. An open side is empty.
#[derive(Clone, Debug, Deserialize)]
pub struct Bounds {
    pub(super) since: String,
    pub(super) until: String,
}

impl Bounds {
    pub(super) fn period(&self) -> Result<Period, String> {
        let bound = |name: &str, text: &str| match text {
            "" => Ok(None),
            text => Period::parse_bound(text).map(Some).map_err(|why| format!("`{name}` is `{text}`: {why}")),
        };
        Ok(Period { since: bound("since", &self.since)?, until: bound("until", &self.until)? })
    }
}

/// The locations of the sessions and the files of the extract `id`, below `results`. The files are written last: if they exist, so
/// do the sessions.
pub(super) fn extract_of(results: &S3Object, id: &str) -> [S3Object; 2] {
    ["sessions", "files"].map(|part| results.below(&format!("extracts/{id}.{part}.jsonl.gz")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_side_is_empty() {
        let bounds = |since: &str, until: &str| Bounds { since: since.to_owned(), until: until.to_owned() }.period();
        assert!(bounds("", "").is_ok_and(|period| period.since.is_none() && period.until.is_none()));
        assert!(bounds("2026-01-01", "").is_ok_and(|period| period.since.is_some()));
        assert!(bounds("", "spring").is_err_and(|why| why.contains("`until` is `spring`: expected a date")));
    }
}
