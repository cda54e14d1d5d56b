//! Policy documents, as IAM returns them.
//!
//! Source: IAM User Guide, "Grammar of the IAM JSON policy language".

use std::fmt;

use serde_json::Value;

use super::action::ActionPattern;
use super::condition::{self, KeyTest};
use super::context::Known;
use super::principal::Principals;
use super::request::Request;
use super::shapes::{one_or_many, these_or_all_but};
use super::template::Template;
use super::truth::Truth;

/// A policy document that was looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyDocument {
    pub(super) statements: Vec<Granting>,
}

/// A statement of a policy that was looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct Granting {
    /// Its `Sid`, or its number.
    name: String,
    pub(super) allows: bool,
    pub(super) principals: Option<Principals>,
    actions: Actions,
    pub(super) resources: Resources,
    pub(super) conditions: Vec<KeyTest>,
}

/// `Action` or `NotAction`, in lower case.
#[derive(Clone, Debug, PartialEq)]
struct Actions {
    these: Vec<ActionPattern>,
    all_but: bool,
}

/// `Resource` or `NotResource`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resources {
    pub these: Vec<Template>,
    pub all_but: bool,
}

impl PolicyDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// If it is not a policy document, with the reason.
    pub fn read(document: &Value) -> Result<Self, String> {
        let has_variables = document.get("Version").and_then(Value::as_str) == Some("2012-10-17");
        let statements = document.get("Statement").ok_or("it has no `Statement`")?;
        let statement = |(index, statement)| {
            Granting::read(statement, index, has_variables).map_err(|why| format!("`Statement[{index}]`: {why}"))
        };
        Ok(Self { statements: one_or_many(statements).iter().enumerate().map(statement).collect::<Result<_, _>>()? })
    }
}

impl Granting {
    fn read(statement: &Value, index: usize, has_variables: bool) -> Result<Self, String> {
        if !statement.is_object() {
            return Err("it is not an object".to_owned());
        }
        let allows = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("`Effect` is neither `Allow` nor `Deny`".to_owned()),
        };
        let (actions, all_but) =
            these_or_all_but(statement, "Action", "NotAction")?.ok_or("it has neither `Action` nor `NotAction`")?;
        let actions =
            Actions { these: actions.iter().filter_map(|action| ActionPattern::read(action)).collect(), all_but };
        // A trust policy's resource is the role itself.
        let (resources, all_but) =
            these_or_all_but(statement, "Resource", "NotResource")?.unwrap_or_else(|| (vec!["*".to_owned()], false));
        let these = resources.iter().map(|resource| Template::resource(resource, has_variables)).collect();
        let conditions = statement.get("Condition").map(|condition| condition::read(condition, has_variables));
        let sid = statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty());
        Ok(Self {
            name: sid.map_or_else(|| format!("statement {}", index + 1), |sid| format!("statement `{sid}`")),
            allows,
            principals: Principals::read(statement)?,
            actions,
            resources: Resources { these, all_but },
            conditions: conditions.transpose()?.unwrap_or_default(),
        })
    }

    /// Whether it is about a request.
    pub(super) fn covers(&self, request: &Request, known: Known) -> Truth {
        Truth::from(self.covers_action(request.action))
            .and(|| self.resources.cover(request.resource, known))
            .and(|| Truth::all(self.conditions.iter().map(|test| test.holds(known))))
    }

    /// An action for each of those that it is about, with `run` in place of each `*`.
    pub(super) fn example_actions(&self, run: &str) -> Vec<String> {
        match self.actions.all_but {
            true => vec![format!("{run}:{run}")],
            false => self.actions.these.iter().map(|pattern| pattern.example(run)).collect(),
        }
    }

    /// Whether it is about every resource, under no conditions.
    pub(super) fn is_unlimited(&self) -> bool {
        self.conditions.is_empty() && !self.resources.all_but && self.resources.these.iter().any(Template::is_any)
    }

    /// Whether it names only the actions that it is not about.
    pub(super) fn names_exceptions(&self) -> bool {
        self.actions.all_but
    }

    /// Whether it is about an action, whatever the resource.
    pub fn covers_action(&self, action: &str) -> bool {
        self.actions.these.iter().any(|pattern| pattern.covers(action)) != self.actions.all_but
    }
}

impl Resources {
    fn cover(&self, resource: &str, known: Known) -> Truth {
        Truth::any(self.these.iter().map(|template| template.matches(resource, known))).negated_if(self.all_but)
    }
}

/// The statement's name, for messages.
impl fmt::Display for Granting {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_policy_is_not_read() {
        for (document, expected) in [
            (r#"[]"#, "it has no `Statement`"),
            (r#"{"Statement":7}"#, "`Statement[0]`: it is not an object"),
            (r#"{"Statement":[{"Effect":"allow"}]}"#, "`Statement[0]`: `Effect` is neither `Allow` nor `Deny`"),
            (r#"{"Statement":{"Effect":"Allow"}}"#, "`Statement[0]`: it has neither `Action` nor `NotAction`"),
            (r#"{"Statement":{"Effect":"Allow","Action":[7]}}"#, "`Statement[0]`: `Action` is not text"),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}}"#,
                "`Statement[0]`: it has both `Resource` and `NotResource`",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"k":[[]]}}}}"#,
                "`Statement[0]`: `Bool`, `k`: a value is neither text, number nor flag",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":7}}}"#,
                "`Statement[0]`: `Bool` is not an object",
            ),
        ] {
            let read = PolicyDocument::read(&serde_json::from_str(document).unwrap());
            assert_eq!(read.unwrap_err(), expected, "{document}");
        }
    }

    #[test]
    fn actions_ignore_case_and_name_their_service() {
        let says = |pattern: &str, action: &str| {
            let document = serde_json::json!({"Statement": {"Effect": "Allow", "Action": pattern, "Resource": "*"}});
            PolicyDocument::read(&document).unwrap().statements[0].covers_action(action)
        };
        for (pattern, action, expected) in [
            ("*", "s3:GetObject", true),
            ("S3:get*", "s3:GetObject", true),
            ("s3:Get?bject", "S3:GetObject", true),
            ("s*:GetObject", "s3:GetObject", false),
            ("*:*", "s3:GetObject", false),
            ("s3*", "s3:GetObject", false),
        ] {
            assert_eq!(says(pattern, action), expected, "{pattern} on {action}");
        }
    }
}
