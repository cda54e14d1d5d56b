//! Who may assume a role, by its trust policy.

use super::context::{Context, Known};
use super::document::PolicyDocument;
use super::principal::{NamedPrincipal, Requester};
use super::request::Request;
use super::truth::Truth;
use super::{Allowed, Answer, Granting};

/// Whether a trust policy lets somebody assume the role. Principals of other accounts also need a policy of their own.
pub fn assume_role<'d>(trust: &'d PolicyDocument, requester: &Requester, request: &Request) -> Answer<'d> {
    let principal = Context::default();
    let known = Known { request: &request.context, principal: &principal };
    let covers = |statement: &Granting| {
        let is_covered = statement.principals.as_ref().is_some_and(|principals| principals.cover(requester));
        Truth::from(is_covered).and(|| statement.covers(request, known))
    };
    let denying = trust.statements.iter().filter(|statement| !statement.allows);
    let denied = Truth::any(denying.map(covers));
    Allowed::by(trust.statements.iter().map(|statement| ("the trust policy", statement)), covers).unless(denied)
}

/// The principals that the statements of a trust policy allow to assume the role, each with its statement. Whom a statement does
/// not exclude by `NotPrincipal` may be anyone.
pub fn trusted(trust: &PolicyDocument) -> impl Iterator<Item = (&NamedPrincipal, &Granting)> {
    trust.statements.iter().filter(|statement| statement.allows).flat_map(|statement| {
        let named = statement.principals.iter().flat_map(|principals| match principals.all_but {
            true => [NamedPrincipal::Anyone].as_slice(),
            false => &principals.these,
        });
        named.map(move |named| (named, statement))
    })
}

/// Whether a trust policy names a service among those that may assume the role. Conditions may limit that.
pub fn trusts_service(trust: &PolicyDocument, service: &str) -> bool {
    trusted(trust).any(|(named, _)| matches!(named, NamedPrincipal::One(Requester::Service(name)) if name == service))
}

impl Granting {
    /// What the condition keys of a request must be for this statement to apply, as far as an example can be given. `context` stays
    /// as it is.
    pub fn satisfied(&self, context: Context) -> Context {
        self.conditions.iter().fold(context, |context, test| test.satisfied(context))
    }
}
