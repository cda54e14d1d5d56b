//! A rule's settings for all callers at once: cells in which the settings are the same.

use super::model::{Policy, When};
use crate::rules::Rule;
use crate::settings::{ACTION, MODE, PREVENT, Settings};

/// The callers, accounts and operations for which a rule has the same settings.
#[derive(Clone, Debug)]
pub struct Cell<'p> {
    /// What the cell holds: calls that match each of these or, if it says so, do not match it.
    pub bounds: Vec<(&'p When, bool)>,
    /// The settings there.
    pub settings: Settings<'p>,
}

impl Policy {
    /// The rules that are on, each with its cells. Together the cells hold all calls, and no call is in two of them.
    /// Settings that change neither what the rule finds nor whether that is prevented do not get their own cells.
    pub fn cells(&self) -> impl Iterator<Item = (&'static Rule, Vec<Cell<'_>>)> {
        self.rules.iter().map(|setup| {
            let decides = |name: &str| [ACTION, MODE, PREVENT].iter().any(|setting| setting.name == name);
            let relevant = |name: &str| decides(name) || setup.rule.options.iter().any(|option| option.name == name);
            let mut cells = vec![Cell { bounds: Vec::new(), settings: self.settings_of(setup, &[]) }];
            for next in self.overrides.iter().filter(|next| next.rule == setup.rule.id) {
                let mut divided = Vec::new();
                for cell in cells {
                    let overridden = cell.settings.overrides.iter().flat_map(|values| values.iter());
                    let is_open = |name: &str| !overridden.clone().any(|(known, _)| *known == name);
                    if next.settings.iter().any(|(name, _)| relevant(name) && is_open(name)) {
                        let mut inside = cell.clone();
                        inside.bounds.push((&next.when, true));
                        inside.settings.overrides.push(&next.settings);
                        divided.push(inside);
                        let mut outside = cell;
                        outside.bounds.push((&next.when, false));
                        divided.push(outside);
                    } else {
                        divided.push(cell);
                    }
                }
                cells = divided;
            }
            (setup.rule, cells)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(overrides: &str) -> Vec<String> {
        let text = format!("version = 1\n[rules.excessive-runtime]\nmax-hours = 24\n{overrides}");
        let policy = Policy::parse(&text).expect(&text);
        let cells = policy.cells().flat_map(|(rule, cells)| cells.into_iter().map(move |cell| (rule, cell)));
        cells
            .map(|(rule, cell)| {
                let hours = cell.settings.number(&rule.options[0]).unwrap();
                let bounds = cell
                    .bounds
                    .iter()
                    .map(|(when, holds)| format!("{}{}", if *holds { "" } else { "not " }, when.projects.join("|")));
                format!("{hours}: {}", bounds.collect::<Vec<_>>().join(", "))
            })
            .collect()
    }

    fn hours(project: &str, hours: u32) -> String {
        format!("[[overrides]]\nwhen = {{ projects = ['{project}'] }}\nrules.excessive-runtime.max-hours = {hours}\n")
    }

    #[test]
    fn the_first_override_that_matches_wins() {
        assert_eq!(cells(""), ["24: "]);
        assert_eq!(cells(&hours("a", 1)), ["1: a", "24: not a"]);
        assert_eq!(cells(&(hours("a", 1) + &hours("b", 2))), ["1: a", "2: not a, b", "24: not a, not b"]);
    }

    #[test]
    fn what_changes_nothing_makes_no_cell() {
        assert_eq!(
            cells("[[overrides]]\nwhen = { projects = ['a'] }\nrules.excessive-runtime.severity = 'low'"),
            ["24: "]
        );
    }
}
