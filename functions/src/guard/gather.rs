//! Looks up the evidence that the rules need about a call: all at once, and then what the results refer to.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tagwarden::decide::{Lookup, further_lookups, lookups};
use tagwarden::evidence::{Evidence, LookedUp};
use tagwarden::operations::Operation;
use tagwarden::policy::Policy;
use tagwarden::record::Call;
use tagwarden::terms::SessionTags;

use super::lookup_cache::{Cache, LookupResult};
use super::recover;
use crate::ports::{AwsResult, LookUp};

/// Gathers the evidence about a call. A failed lookup leaves its fact unknown, with the reason.
pub(super) async fn gather(
    call: &Call<'_>,
    operation: &'static Operation,
    policy: &Policy,
    ports: &impl LookUp,
    cache: &Cache,
) -> Evidence {
    let found = look_up_all(lookups(call, operation, policy), ports, cache);
    let sessions = async {
        match policy.abac.session_tags {
            SessionTags::None => Ok(Vec::new()),
            SessionTags::Optional | SessionTags::Required => ports.sessions(&call.identity).await,
        }
    };
    let (found, sessions) = futures_util::join!(found, sessions);

    let mut evidence = Evidence::new(": it was not looked up");
    found.into_iter().for_each(|found| found.add_to(&mut evidence, call));
    let further = look_up_all(further_lookups(call, operation, policy, &evidence), ports, cache).await;
    further.into_iter().for_each(|found| found.add_to(&mut evidence, call));
    match sessions {
        Ok(sessions) => sessions.into_iter().for_each(|session| evidence.sessions.add(session)),
        Err(failure) => evidence.sessions.set_unavailable(failure.to_string()),
    }
    evidence
}

async fn look_up_all(lookups: BTreeSet<Lookup>, ports: &impl LookUp, cache: &Cache) -> Vec<LookupResult> {
    join_all(lookups.iter().map(|lookup| look_up(lookup, ports, cache))).await
}

async fn look_up(lookup: &Lookup, ports: &impl LookUp, cache: &Cache) -> LookupResult {
    if let Some(found) = cache.get(lookup) {
        return found;
    }
    let found = match lookup {
        Lookup::Tags(arn) => LookupResult::Tags(arn.clone(), reason(ports.tags(arn).await)),
        Lookup::AttachedPolicies(arn) => {
            LookupResult::AttachedPolicies(arn.clone(), reason(ports.attached_policies(arn).await))
        }
        Lookup::TrustPolicy(arn) => LookupResult::TrustPolicy(arn.clone(), reason(ports.trust_policy(arn).await)),
        Lookup::Model(name) => LookupResult::Model(name.clone(), reason(ports.model(name).await)),
        Lookup::EndpointConfig(name) => {
            LookupResult::EndpointConfig(name.clone(), reason(recover::endpoint_config(name, ports).await))
        }
        Lookup::Key(arn) => LookupResult::Key(arn.clone(), reason(ports.key(arn).await)),
        Lookup::ResourceTags(arns) => LookupResult::ResourceTags(arns.clone(), reason(ports.resource_tags(arns).await)),
    };
    cache.put(lookup, &found);
    found
}

fn reason<T>(answer: AwsResult<T>) -> LookedUp<T> {
    answer.map_err(|failure| failure.to_string())
}
