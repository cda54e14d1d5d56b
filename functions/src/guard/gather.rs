//! Looks up the evidence that the rules need about a call: all at once, and then what the results refer to.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use jiff::Timestamp;
use tagwarden::decide::{Lookup, further_lookups, lookups, resources};
use tagwarden::evidence::{Evidence, IamEntity, LookedUp, TagChange, carrier};
use tagwarden::facts::{Caller, owner};
use tagwarden::operations::Operation;
use tagwarden::policy::Policy;
use tagwarden::record::Call;
use tagwarden::record::arn::is_of_sagemaker;
use tagwarden::settings::Abac;
use tagwarden::terms::{MARK, SessionTags};

use super::lookup_cache::{Cache, LookupResult};
use super::recover;
use crate::ports::{AwsError, AwsResult, CLOCK_TOLERANCE, KnownChange, LedgerEntry, LookUp, ReadLedger, RoleGrants};
use crate::resource::description::created;

/// What the ledger knows of the resources that a call changes or uses, by ARN.
pub(super) type Ledger = BTreeMap<String, LedgerEntry>;

/// By what look-ups are made.
pub(super) struct Source<'g, P> {
    pub(super) ports: &'g P,
    pub(super) cache: &'g Cache,
    pub(super) now: Timestamp,
}

/// Gathers the evidence about a call, and what the ledger knows. A failed lookup leaves its fact unknown, with the reason.
///
/// # Errors
/// If the ledger cannot be read, and the call cannot be judged without it.
pub(super) async fn gather(
    call: &Call<'_>,
    operation: &'static Operation,
    policy: &Policy,
    source: &Source<'_, impl LookUp>,
) -> Result<(Evidence, Ledger), String> {
    let ports = source.ports;
    let is_of_tags = |lookup: &Lookup| matches!(lookup, Lookup::ResourceTags(_));
    let mut first = lookups(call, operation, policy);
    first.retain(|lookup| !is_of_tags(lookup));
    let sessions = async {
        match policy.abac.session_tags {
            SessionTags::None => Ok(Vec::new()),
            SessionTags::Optional | SessionTags::Required => ports.sessions(&call.identity).await,
        }
    };
    let ledger = entries(resources(call, operation, policy), ports);
    let changes = principal_changes(&first, ports);
    let first = look_up_all(&first, source);
    let (found, sessions, ledger, changes) = futures_util::join!(first, sessions, ledger, changes);

    let mut evidence = Evidence::new(": it was not looked up");
    let mut ledger = match ledger {
        Ok(ledger) => ledger,
        // A change of tags that is judged without the ledger would never be judged with it.
        Err(failure) if operation.only_tags() => return Err(failure.to_string()),
        Err(failure) => without_ledger(&failure),
    };
    found.iter().for_each(|found| drop_another(found, &mut ledger));
    for (arn, entry) in &ledger {
        add_history(arn, entry, &found, &mut evidence);
    }
    found.into_iter().for_each(|found| found.add_to(&mut evidence, call));
    match sessions {
        Ok(sessions) => sessions.into_iter().for_each(|session| evidence.sessions.add(session)),
        Err(failure) => evidence.sessions.set_unavailable(failure.to_string()),
    }
    changes.into_iter().for_each(|change| evidence.tag_history.add(change));
    let further = further_lookups(call, operation, policy, &evidence);
    let (of_tags, further): (BTreeSet<_>, BTreeSet<_>) = further.into_iter().partition(is_of_tags);
    let changes = principal_changes(&further, ports);
    let further = look_up_all(&further, source);
    let owners = owners(of_tags, call, &policy.abac, ledger, &mut evidence, source);
    let (further, changes, (ledger, owners)) = futures_util::join!(further, changes, owners);
    changes.into_iter().for_each(|change| evidence.tag_history.add(change));
    further.into_iter().chain(owners).for_each(|found| found.add_to(&mut evidence, call));
    Ok((evidence, ledger))
}

/// Looks up whose the named resources are: in the ledger first, and then, for those that it does not know as the caller's, in their
/// tags of today, with one call.
async fn owners(
    lookups: BTreeSet<Lookup>,
    call: &Call<'_>,
    abac: &Abac,
    mut ledger: Ledger,
    evidence: &mut Evidence,
    source: &Source<'_, impl LookUp>,
) -> (Ledger, Vec<LookupResult>) {
    let arns: BTreeSet<_> = lookups.into_iter().filter_map(Lookup::resource_tags).flatten().collect();
    let more = arns.iter().filter(|arn| !ledger.contains_key(*arn) && is_of_sagemaker(arn)).cloned().collect();
    for (arn, entry) in entries(more, source.ports).await.unwrap_or_else(|failure| without_ledger(&failure)) {
        add_history(&arn, &entry, &[], evidence);
        ledger.insert(arn, entry);
    }
    let caller = Caller::of(call, evidence, abac.session_tags);
    let own = caller.tag(&abac.tag).ok().flatten().map(|(own, _)| own);
    // The ledger does not know all tags that the policy requires.
    let is_enough = !abac.tags.iter().any(|tag| tag.required) && own.is_some();
    let is_own = |arn: &String| is_enough && owner(arn, call, evidence, abac) == Some(Ok(own));
    let others: BTreeSet<_> = arns.into_iter().filter(|arn| !is_own(arn)).collect();
    let lookups = if others.is_empty() { BTreeSet::new() } else { [Lookup::ResourceTags(others)].into() };
    (ledger, look_up_all(&lookups, source).await)
}

fn without_ledger(failure: &AwsError) -> Ledger {
    tracing::warn!(%failure, "could not read the ledger: judging without it");
    Ledger::new()
}

/// What the ledger knows of these resources. It is not asked about none.
async fn entries(arns: BTreeSet<String>, ports: &impl ReadLedger) -> AwsResult<Ledger> {
    match arns.is_empty() {
        true => Ok(Ledger::new()),
        false => ports.entries(&arns.iter().map(String::as_str).collect::<Vec<_>>()).await,
    }
}

/// Drops what the ledger knows of an earlier or later resource of the name that was described.
fn drop_another(found: &LookupResult, ledger: &mut Ledger) {
    if let Some((arn, config)) = found.endpoint_config() {
        let time = created(&config.request);
        ledger.retain(|known, entry| {
            carrier(known) != carrier(arn) || time.is_some_and(|time| entry.creation.is_at(time))
        });
    }
}

/// Adds what the ledger knows of the tags of a resource over time.
fn add_history(arn: &str, entry: &LedgerEntry, found: &[LookupResult], evidence: &mut Evidence) {
    // A description may say a later time than the record of a change that followed.
    let created = entry.creation.time - CLOCK_TOLERANCE;
    let created = entry
        .creation
        .tags
        .clone()
        .and_then(|tags| TagChange::created(arn, created, tags, entry.creation.creator.clone()));
    let changes = entry.changes.iter().filter(|change| change.key != MARK || !is_lifted(arn, found));
    let changes = changes.filter_map(|KnownChange { at, key, value, standing, .. }| {
        TagChange::known(arn, *at, key, value.as_deref(), standing.clone())
    });
    created.into_iter().chain(changes).for_each(|change| evidence.tag_history.add(change));
}

/// Whether a description shows that the resource does not carry the mark any more.
fn is_lifted(arn: &str, found: &[LookupResult]) -> bool {
    let mut configs = found.iter().filter_map(LookupResult::endpoint_config);
    let config = configs.find(|(known, _)| carrier(known) == carrier(arn));
    config.is_some_and(|(_, config)| !config.has_tag(MARK))
}

/// The recorded changes of the roles and users that are looked up. Without them, their data of now counts as of the time of the call,
/// and no rule suspects a caller that tagged itself.
pub(super) async fn principal_changes(lookups: &BTreeSet<Lookup>, ports: &impl LookUp) -> Vec<TagChange> {
    let principals = lookups.iter().filter_map(|lookup| match lookup {
        Lookup::Principal(arn) | Lookup::Grants(arn) => carrier(arn),
        _ => None,
    });
    let changes = principals.map(|carrier| async move {
        ports.tag_changes(&carrier).await.unwrap_or_else(|failure| {
            tracing::warn!(carrier, %failure, "could not read the changes of a role or user");
            Vec::new()
        })
    });
    let records: Vec<_> = join_all(changes).await.concat();
    let change = |record: &String| TagChange::read(&Call::read(&serde_json::from_str(record).ok()?).ok()?);
    records.iter().filter_map(change).collect()
}

async fn look_up_all(lookups: &BTreeSet<Lookup>, source: &Source<'_, impl LookUp>) -> Vec<LookupResult> {
    join_all(lookups.iter().map(|lookup| look_up(lookup, source))).await
}

async fn look_up(lookup: &Lookup, source: &Source<'_, impl LookUp>) -> LookupResult {
    let Source { ports, cache, now } = *source;
    if let Some(found) = cache.get(lookup) {
        return found;
    }
    let found = match lookup {
        Lookup::Principal(arn) => {
            let principal = ports.principal(arn).await.map(|principal| IamEntity { as_of: Some(now), ..principal });
            LookupResult::Principal(arn.clone(), reason(principal))
        }
        Lookup::Grants(arn) => {
            let as_of_now =
                |grants: RoleGrants| RoleGrants { role: IamEntity { as_of: Some(now), ..grants.role }, ..grants };
            LookupResult::Grants(arn.clone(), reason(ports.grants(arn).await.map(as_of_now)))
        }
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
