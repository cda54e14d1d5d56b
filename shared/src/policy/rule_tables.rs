//! Reads a rule's settings in a table of a policy file.

use std::ops::Range;

use super::nodes::{Node, Reader, Table};
use crate::rules::{Prevention, RULES, Rule};
use crate::settings::{PREVENT, Values};

impl Reader {
    /// The tables under `rules` whose names are rules, with the spans of their names.
    pub fn rule_tables<'n, 't>(&mut self, parent: &'n Table<'t>) -> Vec<(&'static Rule, Range<usize>, &'n Node<'t>)> {
        let mut tables = Vec::new();
        for (name, node) in self.table_at(parent, "rules").into_iter().flatten() {
            match Rule::named(name.get_ref()) {
                Some(rule) => tables.push((rule, name.span(), node)),
                None => {
                    let names = RULES.iter().map(|rule| rule.id);
                    self.unknown_name("rule", name.get_ref(), name.span(), names);
                }
            }
        }
        tables
    }

    /// The settings of a rule in a table.
    pub fn settings(&mut self, rule: &'static Rule, table: &Table) -> Values {
        let values = self.values(rule.settings(), table);
        if let (Prevention::None(why), Some(node)) = (rule.prevention, table.get(PREVENT.name))
            && node.get_ref().as_str() == Some("deny")
        {
            self.warning(node.span(), "IAM cannot prevent what this rule finds", format!("remove `prevent`: {why}"));
        }
        values
    }
}
