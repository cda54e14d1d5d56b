//! Which rules apply to which operations.

use super::{RULES, Rule};
use crate::operations::Operation;

/// Rules that apply to the same operations.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its heading, a letter. Empty for the rules that apply to every operation.
    pub heading: String,
    /// The rules.
    pub rules: Vec<&'static Rule>,
}

impl Column {
    /// Whether its rules apply to an operation.
    pub fn applies_to(&self, operation: &Operation) -> bool {
        self.rules.iter().all(|rule| rule.applies_to(operation))
    }

    /// Its rules' ids.
    pub fn ids(&self) -> String {
        let ids: Vec<_> = self.rules.iter().map(|rule| format!("`{}`", rule.id)).collect();
        ids.join(", ")
    }
}

/// The rules that apply to every operation, then the others: one column for rules that apply to the same operations.
/// Both are in the order of the rules.
pub fn columns() -> (Column, Vec<Column>) {
    let (everywhere, others): (Vec<_>, Vec<_>) =
        RULES.iter().copied().partition(|rule| Operation::all().all(|operation| rule.applies_to(operation)));
    let mut columns: Vec<Column> = Vec::new();
    for rule in others {
        let same = |column: &&mut Column| Operation::all().all(|one| column.applies_to(one) == rule.applies_to(one));
        match columns.iter_mut().find(same) {
            Some(column) => column.rules.push(rule),
            None => columns.push(Column { heading: String::new(), rules: vec![rule] }),
        }
    }
    for (column, letter) in columns.iter_mut().zip(('a'..='z').chain('A'..='Z')) {
        column.heading = letter.to_string();
    }
    (Column { heading: String::new(), rules: everywhere }, columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_one_place() {
        let (everywhere, columns) = columns();
        let mut placed: Vec<_> =
            columns.iter().chain([&everywhere]).flat_map(|column| &column.rules).map(|rule| rule.id).collect();
        placed.sort_unstable();
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        assert_eq!(placed, ids);
        assert!(columns.iter().all(|column| column.heading.len() == 1));
        assert!(RULES.iter().all(|rule| !rule.operations().is_empty()));
    }

    #[test]
    fn every_operation_is_judged_by_more_than_who_called_where() {
        let launching = Operation::all().filter(|operation| !operation.only_ownership);
        let only_by_whom = launching.filter(|operation| operation.slots().next().is_none());
        for operation in only_by_whom {
            let launches = ["Start", "Retry"].iter().any(|verb| operation.name.starts_with(verb));
            assert!(launches, "{} has no slots", operation.name);
        }
    }
}
