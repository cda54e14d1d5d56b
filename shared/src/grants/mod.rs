//! What a principal may do: IAM's decision about a request, as far as policies and request are known.
//!
//! The policies of the principal decide, with its permissions boundary. Policies of resources and of the organisation are
//! not known here.
//!
//! Source: IAM User Guide, "Policy evaluation logic".

mod action;
mod condition;
mod context;
mod document;
mod examples;
mod names;
mod principal;
mod request;
mod shapes;
mod template;
mod trust;
mod truth;
mod wildcards;

use std::collections::BTreeSet;
use std::fmt;

pub use action::ActionPattern;
pub use context::Context;
pub use document::{Granting, PolicyDocument};
pub use names::NamedText;
pub use principal::{NamedPrincipal, Requester};
pub use request::Request;
pub use trust::{assume_role, trusted, trusts_service};
pub use truth::Truth;

use context::Known;

use crate::record::arn;

/// The policies of a role or user.
#[derive(Clone, Debug)]
pub struct Grants<'d> {
    /// Its inline and managed policies, and those of its groups.
    pub policies: Vec<NamedPolicy<'d>>,
    /// Its permissions boundary.
    pub boundary: Option<NamedPolicy<'d>>,
    /// What is known of the condition keys of its requests.
    pub principal: Context,
}

/// A policy with its name.
#[derive(Clone, Debug)]
pub struct NamedPolicy<'d> {
    /// `PolicyName`
    pub name: &'d str,
    /// Its ARN, if it is a managed policy.
    pub arn: Option<&'d str>,
    /// What it says, or why that is not known.
    pub document: Result<&'d PolicyDocument, String>,
}

/// What IAM says about a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<'d> {
    /// It is allowed.
    Yes(By<'d>),
    /// It depends on these condition keys.
    Perhaps(BTreeSet<String>),
    /// It is denied.
    No,
}

/// The statement that allows a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct By<'d> {
    /// The policy's name.
    pub policy: &'d str,
    /// The statement.
    pub statement: &'d Granting,
}

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} of `{}`", self.statement, self.policy)
    }
}

impl<'d> Grants<'d> {
    /// Whether the principal may make a request.
    ///
    /// # Errors
    /// If it depends on a policy that is not known.
    pub fn decide(&self, request: &Request) -> Result<Answer<'d>, String> {
        let barred = self.barred(request);
        if barred == Truth::Yes {
            return Ok(Answer::No);
        }
        let known = self.known(request);
        let allowed = Allowed::by(self.statements(), |statement| statement.covers(request, known));
        let is_complete = self.policies.iter().all(|policy| policy.document.is_ok());
        if is_complete && allowed.truth == Truth::No {
            return Ok(Answer::No);
        }
        match self.unknown() {
            Some(why) => Err(why.to_owned()),
            None => Ok(allowed.unless(barred)),
        }
    }

    /// The statements that allow something, each with its policy's name.
    pub fn allowing(&self) -> impl Iterator<Item = By<'d>> {
        let allowing = self.statements().filter(|(_, statement)| statement.allows);
        allowing.map(|(policy, statement)| By { policy, statement })
    }

    /// The regions that the ARNs in its statements name.
    pub fn regions(&self) -> BTreeSet<String> {
        let patterns = self.allowing().flat_map(|by| by.statement.resource_patterns(&self.principal));
        let regions = patterns.filter_map(|pattern| arn::region(&pattern).map(str::to_owned));
        regions.filter(|region| !region.is_empty() && !region.contains(['*', '?'])).collect()
    }

    /// Whether an action may be allowed on some resource: a statement allows it, the boundary has it, and no Deny without conditions
    /// is about it on every resource.
    pub fn may_allow(&self, action: &str) -> bool {
        let is_about =
            |allows: bool, statement: &Granting| statement.allows == allows && statement.covers_action(action);
        let of_boundary = self.boundary.iter().filter_map(|boundary| boundary.document.as_ref().ok());
        let denies = |statement: &Granting| is_about(false, statement) && statement.is_unlimited();
        let mut all = self.statements().map(|(_, statement)| statement);
        all.clone().any(|statement| is_about(true, statement))
            && of_boundary.clone().all(|document| document.statements.iter().any(|statement| is_about(true, statement)))
            && !all.any(denies)
            && !of_boundary.flat_map(|document| &document.statements).any(denies)
    }

    /// Whether nothing allows an action, whatever the resource.
    pub fn never_allows(&self, action: &str) -> bool {
        self.policies.iter().all(|policy| policy.document.is_ok())
            && !self.statements().any(|(_, statement)| statement.allows && statement.covers_action(action))
    }

    /// Whether an explicit Deny or the boundary stands in the way of a request, whatever else allows it.
    ///
    /// # Errors
    /// If it depends on a policy that is not known.
    pub fn bars(&self, request: &Request) -> Result<Truth, String> {
        match (self.barred(request), self.unknown()) {
            (Truth::Yes, _) => Ok(Truth::Yes),
            (_, Some(why)) => Err(why.to_owned()),
            (barred, None) => Ok(barred),
        }
    }

    /// Whether anything stands in the way of any request: a boundary, or a Deny.
    pub fn can_bar(&self) -> bool {
        self.boundary.is_some() || self.statements().any(|(_, statement)| !statement.allows)
    }

    /// The names of resources whose ARNs begin with `prefix` where the answer about an action may change: what any statement about
    /// it names, and any name if a policy is not known or names only exceptions.
    pub fn names(&self, action: &str, prefix: &str) -> Vec<NamedText> {
        let request = Request::new(action, "");
        let known = self.known(&request);
        let of_boundary = self.boundary.iter().filter_map(|boundary| boundary.document.as_ref().ok());
        let statements = self.statements().map(|(_, statement)| statement);
        let statements = statements.chain(of_boundary.flat_map(|document| &document.statements));
        let about = statements.filter(|statement| statement.covers_action(action));
        let mut names: Vec<_> = about.flat_map(|statement| statement.resources.names(prefix, known)).collect();
        names.extend(self.unknown().map(|_| NamedText::any()));
        names.dedup();
        names
    }

    /// Whether a known Deny or the known boundary stands in the way of a request.
    fn barred(&self, request: &Request) -> Truth {
        let known = self.known(request);
        let boundary = self.boundary.as_ref().and_then(|boundary| boundary.document.as_ref().ok());
        let of_boundary = || boundary.into_iter().flat_map(|document| &document.statements);
        let covering = |allows: bool, statement: &Granting| {
            if statement.allows == allows { statement.covers(request, known) } else { Truth::No }
        };
        let statements = self.statements().map(|(_, statement)| statement).chain(of_boundary());
        let denied = Truth::any(statements.map(|statement| covering(false, statement)));
        let within = match boundary {
            Some(_) => Truth::any(of_boundary().map(|statement| covering(true, statement))),
            None => Truth::Yes,
        };
        denied.negated().and(|| within).negated()
    }

    fn known<'k>(&'k self, request: &'k Request) -> Known<'k> {
        Known { request: &request.context, principal: &self.principal }
    }

    fn statements(&self) -> impl Iterator<Item = (&'d str, &'d Granting)> + Clone {
        let documents = self.policies.iter().filter_map(|policy| Some((policy.name, *policy.document.as_ref().ok()?)));
        documents.flat_map(|(name, document)| document.statements.iter().map(move |statement| (name, statement)))
    }

    /// Why a policy is not known.
    fn unknown(&self) -> Option<&str> {
        self.policies.iter().chain(&self.boundary).find_map(|policy| policy.document.as_ref().err()).map(String::as_str)
    }
}

/// What statements allow.
struct Allowed<'d> {
    truth: Truth,
    by: Option<By<'d>>,
}

impl<'d> Allowed<'d> {
    fn by(statements: impl Iterator<Item = (&'d str, &'d Granting)>, covers: impl Fn(&Granting) -> Truth) -> Self {
        let mut truth = Truth::No;
        for (policy, statement) in statements.filter(|(_, statement)| statement.allows) {
            match covers(statement) {
                Truth::Yes => return Self { truth: Truth::Yes, by: Some(By { policy, statement }) },
                other => truth = Truth::any([truth, other]),
            }
        }
        Self { truth, by: None }
    }

    fn unless(self, barred: Truth) -> Answer<'d> {
        match (self.truth.and(|| barred.negated()), self.by) {
            (Truth::Yes, Some(by)) => Answer::Yes(by),
            (Truth::Perhaps(keys), _) => Answer::Perhaps(keys),
            (Truth::Yes, None) | (Truth::No, _) => Answer::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const OBJECT: &str = "arn:aws:s3:::atlas-data/x";

    fn document(statements: &str) -> PolicyDocument {
        let document = format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#);
        PolicyDocument::read(&serde_json::from_str(&document).expect(&document)).expect(&document)
    }

    /// What a role with this policy and boundary may do with an object.
    fn says(policy: &str, boundary: &str, action: &str) -> String {
        let (policy, boundary) = (document(policy), (!boundary.is_empty()).then(|| document(boundary)));
        let grants = Grants {
            policies: vec![NamedPolicy { name: "p", arn: None, document: Ok(&policy) }],
            boundary: boundary.as_ref().map(|document| NamedPolicy { name: "b", arn: None, document: Ok(document) }),
            principal: Context::default().with("aws:PrincipalTag/Project", "atlas").complete("aws:PrincipalTag/"),
        };
        answer(grants.decide(&Request::new(action, OBJECT)))
    }

    fn answer(answer: Result<Answer, String>) -> String {
        match answer {
            Ok(Answer::Yes(by)) => format!("by {by}"),
            Ok(Answer::Perhaps(keys)) => format!("perhaps {}", keys.into_iter().collect::<Vec<_>>().join(" ")),
            Ok(Answer::No) => "no".to_owned(),
            Err(why) => why,
        }
    }

    const ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

    #[test]
    fn iam_decides() {
        let read = |effect: &str, rest: &str| format!(r#"{{"Effect":"{effect}","Action":"s3:GetObject",{rest}}}"#);
        let any = r#""Resource":"*""#;
        let mfa = r#""Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
        let own = r#""Resource":"arn:aws:s3:::${aws:PrincipalTag/Project}-data/*""#;
        let others = r#""NotResource":"arn:aws:s3:::${aws:PrincipalTag/Project}-data/*""#;
        let both = |one: &str, other: String| format!("[{one},{other}]");
        for (policy, boundary, expected) in [
            (ALL.to_owned(), "", "by statement 1 of `p`"),
            (read("Allow", &format!(r#""Sid":"Read",{any}"#)), "", "by statement `Read` of `p`"),
            (read("Allow", own), "", "by statement 1 of `p`"),
            (read("Allow", others), "", "no"),
            (read("Allow", mfa), "", "perhaps aws:multifactorauthpresent"),
            (both(&read("Allow", mfa), read("Allow", any)), "", "by statement 2 of `p`"),
            (both(ALL, read("Deny", any)), "", "no"),
            (both(ALL, read("Deny", own)), "", "no"),
            (both(ALL, read("Deny", others)), "", "by statement 1 of `p`"),
            (both(ALL, read("Deny", mfa)), "", "perhaps aws:multifactorauthpresent"),
            (read("Deny", any), "", "no"),
            (ALL.to_owned(), r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#, "by statement 1 of `p`"),
            (ALL.to_owned(), r#"{"Effect":"Allow","Action":"s3:Put*","Resource":"*"}"#, "no"),
            (ALL.to_owned(), r#"{"Effect":"Deny","Action":"s3:Put*","Resource":"*"}"#, "no"),
            (ALL.to_owned(), &both(ALL, read("Deny", any)), "no"),
            (ALL.to_owned(), &read("Allow", mfa), "perhaps aws:multifactorauthpresent"),
            (r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#.to_owned(), "", "by statement 1 of `p`"),
            (r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#.to_owned(), "", "no"),
        ] {
            assert_eq!(says(&policy, boundary, "s3:GetObject"), expected, "{policy} within {boundary}");
        }
    }

    #[test]
    fn a_policy_that_is_not_known_may_allow_and_deny() {
        let (all, none) = (document(ALL), document("[]"));
        let missing = || NamedPolicy { name: "m", arn: None, document: Err("missing".to_owned()) };
        let known = |document| NamedPolicy { name: "k", arn: None, document: Ok(document) };
        let says = |policies: Vec<NamedPolicy>, boundary: Option<NamedPolicy>| {
            let grants = Grants { policies, boundary, principal: Context::default() };
            answer(grants.decide(&Request::new("s3:GetObject", OBJECT)))
        };
        assert_eq!(says(vec![known(&all), missing()], None), "missing");
        assert_eq!(says(vec![missing()], Some(known(&none))), "no", "the boundary allows nothing");
        assert_eq!(says(vec![known(&none)], Some(missing())), "no", "a boundary allows nothing of its own");
        assert_eq!(says(vec![known(&all)], Some(missing())), "missing");
        let denied = document(&format!(r#"[{ALL},{{"Effect":"Deny","Action":"*","Resource":"*"}}]"#));
        assert_eq!(says(vec![known(&denied), missing()], None), "no");
    }

    /// JSON that resembles policies.
    fn json() -> impl Strategy<Value = Value> {
        let names = "Statement|Effect|(Not)?(Action|Resource|Principal)|Condition|Sid|AWS|StringLike|Null|k";
        let texts = prop_oneof!["Allow|Deny|[*]|arn:aws:s3:::[*?]{0,2}", r"[*?:${}',a]{0,8}"];
        let leaves = prop_oneof![texts.prop_map(Value::from), any::<bool>().prop_map(Value::from), Just(Value::Null)];
        leaves.prop_recursive(5, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(names, inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_a_policy_or_not(mut statement in json(), whole in json(), action in "[*:a]{0,4}") {
            if let Value::Object(members) = &mut statement {
                members.insert("Effect".to_owned(), "Allow".into());
                members.entry("Action").or_insert_with(|| "*".into());
            }
            let wrapped = serde_json::json!({"Version": "2012-10-17", "Statement": statement});
            for document in [PolicyDocument::read(&wrapped), PolicyDocument::read(&whole)].into_iter().flatten() {
                let policies = vec![NamedPolicy { name: "p", arn: None, document: Ok(&document) }];
                let grants = Grants { policies, boundary: None, principal: Context::default() };
                let _ = grants.decide(&Request::new(&action, OBJECT));
                let _ = (grants.names(&action, "arn:aws:s3:::"), document.examples(), document.values("k"));
                let trusted: Vec<_> = trusted(&document).map(|(_, statement)| statement.satisfied(Context::default())).collect();
                for context in trusted {
                    let request = Request { context, ..Request::new(&action, "*") };
                    let _ = assume_role(&document, &Requester::Service("s".to_owned()), &request);
                }
            }
        }
    }
}
