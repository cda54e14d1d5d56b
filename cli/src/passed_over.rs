//! What lies beside log files, and is passed over.

use std::collections::BTreeMap;
use std::path::Path;

use crate::input::name;
use crate::output;

/// What was passed over: by what it is, how many files, and the first of them.
#[derive(Default)]
pub struct PassedOver(BTreeMap<String, (u64, String)>);

impl PassedOver {
    /// Counts a file.
    pub fn add(&mut self, path: &Path, what: &str) {
        let (count, first) = self.0.entry(what.to_owned()).or_insert_with(|| (0, name(path)));
        *count += 1;
        if name(path) < *first {
            *first = name(path);
        }
    }

    /// Says what was passed over: a note for each kind.
    pub fn note(&self) {
        for (what, (count, first)) in &self.0 {
            output::note(&match count {
                1 => format!("passed over {first}: {what}"),
                count => format!("passed over {count} files, such as {first}: {what}"),
            });
        }
    }
}
