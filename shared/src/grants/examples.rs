//! What the statements of a policy name, and examples of it.

use super::context::{Context, Known};
use super::document::{Granting, PolicyDocument, Resources};
use super::names::NamedText;

/// What stands in examples where a policy has `*`.
const RUN: &str = "any";

impl PolicyDocument {
    /// An action and a resource for each pair of those that its statements allow, with `any` in place of each `*`.
    pub fn examples(&self) -> Vec<(String, String)> {
        let nothing = Context::default();
        let known = Known { request: &nothing, principal: &nothing };
        let allowing = self.statements.iter().filter(|statement| statement.allows);
        let examples = allowing.flat_map(|statement| {
            let resources: Vec<_> = match statement.resources.all_but {
                true => vec![RUN.to_owned()],
                false => {
                    let filled = statement.resources.these.iter().filter_map(|template| template.fill(known));
                    filled.map(|filled| NamedText::of(&filled.units).example(RUN)).collect()
                }
            };
            statement
                .example_actions(RUN)
                .into_iter()
                .flat_map(move |action| resources.clone().into_iter().map(move |resource| (action.clone(), resource)))
        });
        examples.collect()
    }

    /// All texts with which its conditions compare a condition key. Those with variables are left out.
    pub fn values(&self, key: &str) -> Vec<NamedText> {
        let key = key.to_ascii_lowercase();
        let nothing = Context::default();
        let known = Known { request: &nothing, principal: &nothing };
        let tests = self.statements.iter().flat_map(|statement| &statement.conditions).filter(|test| test.key == key);
        let filled = tests.flat_map(|test| &test.values).filter_map(|value| value.fill(known));
        filled.filter(|filled| filled.unknown.is_empty()).map(|filled| NamedText::of(&filled.units)).collect()
    }
}

impl Granting {
    /// The patterns of the actions that it is about, in lower case; `*` if it names only those that it is not about.
    pub fn action_patterns(&self) -> Vec<String> {
        if self.names_exceptions() { vec!["*".to_owned()] } else { self.example_actions("*") }
    }

    /// The patterns of the resources that it is about; `*` if it names only those that it is not about. `principal` fills its
    /// variables: those of which nothing is known become `*`.
    pub fn resource_patterns(&self, principal: &Context) -> Vec<String> {
        let known = Known { request: principal, principal };
        let filled = self.resources.these.iter().filter(|_| !self.resources.all_but);
        let filled = filled.filter_map(|template| template.fill(known));
        let patterns = filled.map(|filled| NamedText::of(&filled.units).example("*"));
        patterns.chain(self.resources.all_but.then(|| "*".to_owned())).collect()
    }
}

impl Resources {
    /// What they say about the names of resources whose ARNs begin with `prefix`.
    pub fn names(&self, prefix: &str, known: Known) -> Vec<NamedText> {
        let filled = self.these.iter().filter_map(|template| template.fill(known));
        let names = filled.filter_map(|filled| NamedText::below(&filled.units, prefix));
        names.chain(self.all_but.then(NamedText::any)).collect()
    }
}
