//! Statements of IAM policies, as values that cannot use a condition key with actions to which it does not apply.
//!
//! Source: IAM User Guide, "IAM JSON policy elements".

mod condition;
pub mod condition_keys;
mod implication;
pub mod slot_keys;

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::terms::Pattern;

pub use condition::{Condition, Conflict, Test, wildcards};

/// A statement of an IAM policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its name: letters and digits. Empty if it has none.
    pub sid: String,
    effect: Effect,
    principal: Option<Principal>,
    actions: Scope,
    resources: Scope,
    condition: Condition,
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, even if another statement allows.
    Deny,
}

/// The principal of a statement in a resource policy or trust policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An AWS service, such as `sagemaker.amazonaws.com`.
    Service(&'static str),
    /// Accounts, roles or users by ARN or account id.
    Aws(Vec<String>),
    /// Everybody.
    Anyone,
}

/// What a statement covers: these, or all except these.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    These(Vec<String>),
    AllBut(Vec<String>),
}

/// Why a statement would not mean what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// Requests for the action never carry the condition key.
    NotCarried {
        /// The condition key.
        key: String,
        /// The action.
        action: String,
    },
    /// The condition tests a key twice with one operator, but JSON can hold it only once.
    TestedTwice {
        /// The condition key.
        key: String,
    },
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NotCarried { key, action } => write!(f, "requests for `{action}` carry no condition key `{key}`"),
            Self::TestedTwice { key } => write!(f, "one condition cannot test `{key}` twice with the same operator"),
        }
    }
}

impl Statement {
    /// Denies `actions` on all resources if the condition holds.
    ///
    /// # Errors
    /// If a key of the condition does not apply to an action: such a statement would deny always, or never. Also if a
    /// key is tested twice.
    pub fn deny(
        sid: impl Into<String>,
        actions: impl IntoIterator<Item = impl Into<String>>,
        condition: impl Into<Condition>,
    ) -> Result<Self, Unsound> {
        Self::new(Effect::Deny, sid, actions, condition)
    }

    /// Allows `actions` on all resources if the condition holds.
    ///
    /// # Errors
    /// If a key of the condition does not apply to an action, or is tested twice.
    pub fn allow(
        sid: impl Into<String>,
        actions: impl IntoIterator<Item = impl Into<String>>,
        condition: impl Into<Condition>,
    ) -> Result<Self, Unsound> {
        Self::new(Effect::Allow, sid, actions, condition)
    }

    fn new(
        effect: Effect,
        sid: impl Into<String>,
        actions: impl IntoIterator<Item = impl Into<String>>,
        condition: impl Into<Condition>,
    ) -> Result<Self, Unsound> {
        let (actions, condition): (Vec<String>, Condition) =
            (actions.into_iter().map(Into::into).collect(), condition.into());
        for test in condition.tests() {
            if let Some(action) = actions.iter().find(|action| !is_applicable(test.key(), action)) {
                return Err(Unsound::NotCarried { key: test.key().to_owned(), action: action.clone() });
            }
        }
        if let Some(key) = condition.tested_twice() {
            return Err(Unsound::TestedTwice { key: key.to_owned() });
        }
        let resources = Scope::These(vec!["*".to_owned()]);
        Ok(Self { sid: sid.into(), effect, principal: None, actions: Scope::These(actions), resources, condition })
    }

    /// Denies all actions except these if the condition holds.
    ///
    /// # Errors
    /// If a key is tested twice.
    pub fn deny_all_but(
        sid: impl Into<String>,
        actions: impl IntoIterator<Item = impl Into<String>>,
        condition: impl Into<Condition>,
    ) -> Result<Self, Unsound> {
        let statement = Self::new(Effect::Deny, sid, [""; 0], condition)?;
        Ok(Self { actions: Scope::AllBut(actions.into_iter().map(Into::into).collect()), ..statement })
    }

    /// The actions that it covers; none if it covers all but some.
    pub fn actions(&self) -> &[String] {
        match &self.actions {
            Scope::These(actions) => actions,
            Scope::AllBut(_) => &[],
        }
    }

    /// What must hold for it to apply.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The same statement for everybody but these roles and users.
    ///
    /// # Errors
    /// If it already tests which role or user calls, in another way.
    pub fn except(self, principals: &[Pattern]) -> Result<Self, Conflict> {
        if principals.is_empty() {
            return Ok(self);
        }
        let condition = self.condition.clone().and(Test::not_like("aws:PrincipalArn", principals))?;
        Ok(Self { condition, ..self })
    }

    /// The same statement without a name.
    #[must_use]
    pub fn unnamed(self) -> Self {
        Self { sid: String::new(), ..self }
    }

    /// The same statement with its actions written in another way, to which its keys apply as well.
    #[must_use]
    pub(crate) fn with_actions(mut self, actions: Vec<String>) -> Self {
        self.actions = Scope::These(actions);
        self
    }

    /// The same statement on these resources only.
    #[must_use]
    pub fn on(mut self, resources: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.resources = Scope::These(resources.into_iter().map(Into::into).collect());
        self
    }

    /// The same statement on all resources except these.
    #[must_use]
    pub fn on_all_but(mut self, resources: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.resources = Scope::AllBut(resources.into_iter().map(Into::into).collect());
        self
    }

    /// The same statement for this principal, in a resource policy or a trust policy.
    #[must_use]
    pub fn to(mut self, principal: Principal) -> Self {
        self.principal = Some(principal);
        self
    }
}

/// Whether requests for an action can carry a condition key. For other services' keys only the prefix is known: a
/// service's key goes with that service's actions.
fn is_applicable(key: &str, action: &str) -> bool {
    match action.split_once(':') {
        Some(("sagemaker", name)) if !name.contains('*') && !key.contains("ResourceTag/") => {
            condition_keys::applies(key, name)
        }
        Some((service, _)) => key.split_once(':').is_some_and(|(prefix, _)| prefix == "aws" || prefix == service),
        None => false,
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.sid.is_empty() {
            map.serialize_entry("Sid", &self.sid)?;
        }
        map.serialize_entry("Effect", &self.effect)?;
        if let Some(principal) = &self.principal {
            map.serialize_entry("Principal", principal)?;
        }
        let scopes = [(&self.actions, "Action", "NotAction"), (&self.resources, "Resource", "NotResource")];
        for (scope, these, all_but) in scopes {
            match scope {
                // A trust policy's resource is the role itself.
                Scope::These(names) if names.is_empty() => {}
                Scope::These(names) => map.serialize_entry(these, &OneOrMany(names))?,
                Scope::AllBut(names) => map.serialize_entry(all_but, &OneOrMany(names))?,
            }
        }
        if !self.condition.tests().is_empty() {
            map.serialize_entry("Condition", &self.condition)?;
        }
        map.end()
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Service(name) => serializer.collect_map([("Service", name)]),
            Self::Aws(names) => serializer.collect_map([("AWS", OneOrMany(names))]),
            Self::Anyone => serializer.serialize_str("*"),
        }
    }
}

/// A list in IAM's form: a list of one value is written as the value.
struct OneOrMany<'v>(&'v [String]);

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [one] => serializer.serialize_str(one),
            many => serializer.collect_seq(many),
        }
    }
}

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its statements.
    pub statements: Vec<Statement>,
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("Version", "2012-10-17")?;
        map.serialize_entry("Statement", &self.statements)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_on_an_action_that_lacks_it_cannot_be_written() {
        let deny = |action: &str, test| Statement::deny("S", [action], Condition::from([test]));
        assert!(deny("sagemaker:CreateTrainingJob", Test::is_true("sagemaker:EnableRemoteDebug")).is_ok());
        let wrong = deny("sagemaker:CreateEndpointConfig", Test::is_true("sagemaker:EnableRemoteDebug")).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "requests for `sagemaker:CreateEndpointConfig` carry no condition key `sagemaker:EnableRemoteDebug`"
        );
        assert!(deny("sagemaker:CreateTrainingJob", Test::is_set("sagemaker:UseSpot")).is_err());
        let twice = Condition::from(Test::is_set("aws:a")).with(Test::is_unset("aws:A"));
        let twice = Statement::deny("S", ["sts:AssumeRole"], twice).unwrap_err();
        assert_eq!(twice.to_string(), "one condition cannot test `aws:A` twice with the same operator");
        assert!(deny("iam:PassRole", Test::equals("iam:PassedToService", &["sagemaker.amazonaws.com"])).is_ok());
        assert!(deny("iam:PassRole", Test::is_set("sagemaker:InstanceTypes")).is_err());
    }

    #[test]
    fn statements_are_written_as_iam_reads_them() {
        let deny =
            Statement::deny("NoShell", ["sagemaker:CreateTrainingJob"], Test::is_true("sagemaker:EnableRemoteDebug"));
        let document = Document { statements: vec![deny.unwrap()] };
        assert_eq!(
            serde_json::to_string(&document).unwrap(),
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"NoShell","Effect":"Deny","Action":"sagemaker:CreateTrainingJob","Resource":"*","Condition":{"Bool":{"sagemaker:EnableRemoteDebug":"true"}}}]}"#
        );
        let trust = Statement::allow("Trust", ["sts:AssumeRole"], Condition::default()).unwrap();
        let trust = trust.to(Principal::Service("sagemaker.amazonaws.com")).on(Vec::<String>::new());
        assert_eq!(
            serde_json::to_string(&trust).unwrap(),
            r#"{"Sid":"Trust","Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}"#
        );
    }
}
