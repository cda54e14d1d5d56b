//! Reads a rule's settings in a table of a policy file.

use std::ops::Range;

use super::nearest::nearest;
use super::nodes::{Node, Reader, Table, Text, number, values};
use crate::operations::OPERATION_NAMES;
use crate::rules::{Prevention, RULES, Rule};
use crate::settings::{Doubt, Kind, PREVENT, Setting, Spec, Values};
use crate::terms::Pattern;

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
        let names: Vec<_> = rule.settings().map(|spec| spec.name).collect();
        self.known_keys(table, &names);
        if let (Prevention::None(why), Some(node)) = (rule.prevention, table.get(PREVENT.name))
            && node.get_ref().as_str() == Some("deny")
        {
            self.warning(node.span(), "IAM cannot prevent what this rule finds", format!("remove `prevent`: {why}"));
        }
        rule.settings().filter_map(|spec| Some((spec.name, self.setting(spec, table.get(spec.name)?)?))).collect()
    }

    fn setting(&mut self, spec: &'static Spec, node: &Node) -> Option<Setting> {
        match spec.kind {
            Kind::Patterns(doubt) => {
                let texts = self.texts(node)?;
                if texts.is_empty() {
                    self.warning(node.span(), format!("`{}` is empty", spec.name), "an empty list matches nothing");
                }
                for (text, span) in &texts {
                    match doubt(text) {
                        Some(Doubt::NeverMatches(why)) => {
                            self.warning(span.clone(), format!("`{text}` can never match"), why);
                        }
                        Some(Doubt::MatchesStrangers(why)) => {
                            self.warning(
                                span.clone(),
                                format!("`{text}` also matches names that strangers can register"),
                                why,
                            );
                        }
                        None => {}
                    }
                }
                Some(Setting::Patterns(values(texts).into_iter().map(Pattern::new).collect()))
            }
            Kind::Count => match number(node) {
                Some(count) if count >= 1.0 && count.fract() == 0.0 => Some(Setting::Number(count)),
                _ => self.wrong(node, "a whole number from 1 up"),
            },
            Kind::Hours => match number(node) {
                Some(hours) if hours > 0.0 && hours.is_finite() => Some(Setting::Number(hours)),
                _ => self.wrong(node, "a number of hours above 0"),
            },
            Kind::Choice(names) => self.choice(node, names).map(Setting::Choice),
        }
    }

    /// Warns about names that are not operations.
    pub fn check_operations(&mut self, operations: &[Text]) {
        for (name, span) in operations {
            if OPERATION_NAMES.binary_search(&name.as_str()).is_err() {
                let near = nearest(name, OPERATION_NAMES.iter().copied());
                let help = near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
                self.warning(span.clone(), format!("SageMaker has no operation `{name}`"), help);
            }
        }
    }
}
