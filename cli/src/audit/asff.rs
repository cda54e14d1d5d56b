//! The findings of an audit for Security Hub.

use std::collections::BTreeMap;

use tagwarden::asff::{self, AsffFinding};
use tagwarden::decide::Decision;

use crate::exit::CliError;
use crate::output::Output;

/// The latest finding of each id.
#[derive(Default)]
pub struct SecurityHub(BTreeMap<String, AsffFinding>);

impl SecurityHub {
    /// Adds the findings of a decision. They replace those of earlier decisions.
    pub fn add(&mut self, decision: &Decision) {
        let time = decision.event_time.as_deref().unwrap_or_default();
        self.0.extend(asff::of_decision(decision, time).into_iter().map(|finding| (finding.id.clone(), finding)));
    }

    /// Prints them as one array, a finding a line.
    pub fn print(&self, output: &mut Output) -> Result<(), CliError> {
        output.line("[")?;
        for (number, finding) in self.0.values().enumerate() {
            let comma = if number + 1 < self.0.len() { "," } else { "" };
            output.line(&format!("{}{comma}", serde_json::to_string(finding).map_err(std::io::Error::from)?))?;
        }
        output.line("]")
    }
}
