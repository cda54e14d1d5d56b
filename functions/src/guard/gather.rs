//! Looks up the evidence that the rules need about a call: all at once, and then what the results refer to.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tagwarden::decide::{Lookup, further_lookups, lookups};
use tagwarden::evidence::{Evidence, LookedUp, TagChange, carrier};
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
    let (found, sessions, changes) = futures_util::join!(found, sessions, tag_changes(call, ports));

    let mut evidence = Evidence::new(": it was not looked up");
    found.into_iter().for_each(|found| found.add_to(&mut evidence, call));
    let further = look_up_all(further_lookups(call, operation, policy, &evidence), ports, cache).await;
    further.into_iter().for_each(|found| found.add_to(&mut evidence, call));
    match sessions {
        Ok(sessions) => sessions.into_iter().for_each(|session| evidence.sessions.add(session)),
        Err(failure) => evidence.sessions.set_unavailable(failure.to_string()),
    }
    for record in &changes {
        let record = serde_json::from_str(record);
        if let Some(change) = record.ok().and_then(|record| TagChange::read(&Call::read(&record).ok()?)) {
            evidence.tag_history.add(change);
        }
    }
    evidence
}

/// Records of changes of the caller's tags. Without them, no rule suspects a caller that tagged itself.
async fn tag_changes(call: &Call<'_>, ports: &impl LookUp) -> Vec<String> {
    let Some(carrier) = call.identity.principal().and_then(|arn| carrier(&arn)) else { return Vec::new() };
    ports.tag_changes(&carrier).await.unwrap_or_else(|failure| {
        tracing::warn!(carrier, %failure, "could not read the changes of the caller's tags");
        Vec::new()
    })
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
    };
    cache.put(lookup, &found);
    found
}

fn reason<T>(answer: AwsResult<T>) -> LookedUp<T> {
    answer.map_err(|failure| failure.to_string())
}

#[cfg(test)]
mod tests {
    use tagwarden::decide::Verdict;

    use crate::guard::testing::*;

    #[tokio::test]
    async fn a_caller_that_tagged_itself_before_the_launch_is_suspected() {
        let launch = event("CreateTrainingJob.compliant", "atlas", "atlas");
        let launched: serde_json::Value = serde_json::from_str(&launch).expect("JSON");
        let tagging = event("TagRole.own-role", "ExperimentRunner", "DataScientist-atlas").replace("borealis", "atlas");
        let mut tagging: serde_json::Value = serde_json::from_str(&tagging).expect("JSON");
        let at: jiff::Timestamp = launched["detail"]["eventTime"].as_str().expect("text").parse().expect("a time");
        tagging["detail"]["eventTime"] = (at - jiff::SignedDuration::from_mins(5)).to_string().into();

        let rules = "[abac]\nsession-tags = 'none'\n[rules.changed-project-tag]";
        let guard_ = guard(rules);
        let changes = vec![tagging["detail"].to_string(), "{".to_owned()];
        guard_.ports.state().tag_changes.insert("111122223333:role/datascientist-atlas".to_owned(), changes);
        let decisions = guard_.handle(&launch, FUNCTION).await.expect("handled");
        assert_eq!(decisions[0].verdict, Verdict::Violation, "{:?}", decisions[0].findings);
        assert!(decisions[0].findings[0].message.contains("gave itself `Project` = `atlas`"));

        // Without the record, nobody is suspected.
        let guard = guard(rules);
        guard.ports.state().failing.insert("changes");
        let decisions = guard.handle(&launch, FUNCTION).await.expect("handled");
        assert_ne!(decisions[0].verdict, Verdict::Violation);
    }
}
