//! Looks up what the policy's rules need for a call, all at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;
use tagwarden::call::Call;
use tagwarden::evidence::{Evidence, LookedUp};
use tagwarden::gather::{Lookup, lookups};
use tagwarden::operations::Operation;
use tagwarden::policy::{Policy, SessionTags};

use crate::ports::{Answer, LookUp};

/// How long a look-up is good for. Short: a tag that is put right should count at once.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);

/// Most look-ups that are remembered; a burst of calls comes from few principals.
const CAPACITY: usize = 256;

/// Recent look-ups in IAM and KMS, which a burst of calls would repeat. Failures are not remembered.
#[derive(Debug, Default)]
pub struct Cache(Mutex<BTreeMap<Lookup, (Instant, Found)>>);

/// What a look-up found, as a step that adds it to the evidence.
#[derive(Clone, Debug)]
enum Found {
    Tags(LookedUp<tagwarden::evidence::Tags>),
    AttachedPolicies(LookedUp<Vec<tagwarden::evidence::AttachedPolicy>>),
    TrustPolicy(LookedUp<serde_json::Value>),
    Model(LookedUp<tagwarden::evidence::Model>),
    Key(LookedUp<tagwarden::evidence::Key>),
}

impl Cache {
    fn get(&self, lookup: &Lookup) -> Option<Found> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, found) = entries.get(lookup)?;
        (since.elapsed() < TIME_TO_LIVE).then(|| found.clone())
    }

    fn put(&self, lookup: &Lookup, found: &Found) {
        let failed = match found {
            Found::Tags(result) => result.is_err(),
            Found::AttachedPolicies(result) => result.is_err(),
            Found::TrustPolicy(result) => result.is_err(),
            Found::Key(result) => result.is_err(),
            // A model's name may be given again at any time.
            Found::Model(_) => true,
        };
        if !failed {
            let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if entries.len() >= CAPACITY {
                entries.retain(|_, (since, _)| since.elapsed() < TIME_TO_LIVE);
            }
            if entries.len() < CAPACITY {
                entries.insert(lookup.clone(), (Instant::now(), found.clone()));
            }
        }
    }
}

/// The evidence about a call. A look-up that fails leaves its fact unknown, with the reason.
pub async fn gather(
    call: &Call<'_>,
    operation: &'static Operation,
    policy: &Policy,
    ports: &impl LookUp,
    cache: &Cache,
) -> Evidence {
    let lookups = lookups(call, operation, policy);
    let found = join_all(lookups.iter().map(|lookup| look_up(lookup, ports, cache)));
    let sessions = async {
        match policy.abac.session_tags {
            SessionTags::None => Ok(Vec::new()),
            SessionTags::Optional | SessionTags::Required => ports.sessions(&call.identity).await,
        }
    };
    let (found, sessions) = futures_util::join!(found, sessions);

    let mut evidence = Evidence::new(": it was not looked up");
    for (lookup, found) in lookups.iter().zip(found) {
        add(&mut evidence, call, lookup, found);
    }
    match sessions {
        Ok(sessions) => sessions.into_iter().for_each(|session| evidence.sessions.add(session)),
        Err(failure) => evidence.sessions.set_unavailable(failure.to_string()),
    }
    evidence
}

async fn look_up(lookup: &Lookup, ports: &impl LookUp, cache: &Cache) -> Found {
    if let Some(found) = cache.get(lookup) {
        return found;
    }
    let found = match lookup {
        Lookup::Tags(arn) => Found::Tags(reason(ports.tags(arn).await)),
        Lookup::AttachedPolicies(arn) => Found::AttachedPolicies(reason(ports.attached_policies(arn).await)),
        Lookup::TrustPolicy(arn) => Found::TrustPolicy(reason(ports.trust_policy(arn).await)),
        Lookup::Model(name) => Found::Model(reason(ports.model(name).await)),
        Lookup::Key(arn) => Found::Key(reason(ports.key(arn).await)),
    };
    cache.put(lookup, &found);
    found
}

fn reason<T>(answer: Answer<T>) -> LookedUp<T> {
    answer.map_err(|failure| failure.to_string())
}

fn add(evidence: &mut Evidence, call: &Call, lookup: &Lookup, found: Found) {
    match (lookup, found) {
        (Lookup::Tags(arn), Found::Tags(tags)) => evidence.principal_mut(arn).tags = tags,
        (Lookup::AttachedPolicies(arn), Found::AttachedPolicies(policies)) => {
            evidence.principal_mut(arn).attached_policies = policies;
        }
        (Lookup::TrustPolicy(arn), Found::TrustPolicy(policy)) => evidence.principal_mut(arn).trust_policy = policy,
        (Lookup::Model(name), Found::Model(model)) => evidence.models.add(call, name, Timestamp::MIN, model),
        (Lookup::Key(arn), Found::Key(key)) => evidence.add_key(arn, key),
        // A look-up finds what it looks for.
        _ => {}
    }
}
