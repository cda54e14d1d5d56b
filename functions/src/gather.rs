//! Looks up what the policy's rules need for a call: all at once, and then what the answers name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;
use tagwarden::decide::{Lookup, further_lookups, lookups};
use tagwarden::evidence::{AttachedPolicy, EndpointConfig, Evidence, Key, LookedUp, Model, Tags};
use tagwarden::operations::Operation;
use tagwarden::policy::Policy;
use tagwarden::record::Call;
use tagwarden::terms::SessionTags;

use crate::ports::{Answer, LookUp};
use crate::recover;

/// How long a look-up is good for. Short: a tag that is put right should count at once.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);

/// Most look-ups that are remembered; a burst of calls comes from few principals.
const CAPACITY: usize = 256;

/// Recent look-ups in IAM and KMS, which a burst of calls would repeat. Failures are not remembered.
#[derive(Debug, Default)]
pub struct Cache(Mutex<BTreeMap<Lookup, (Instant, Found)>>);

/// What a look-up found out, and about what.
#[derive(Clone, Debug)]
enum Found {
    Tags(String, LookedUp<Tags>),
    AttachedPolicies(String, LookedUp<Vec<AttachedPolicy>>),
    TrustPolicy(String, LookedUp<serde_json::Value>),
    Model(String, LookedUp<Model>),
    EndpointConfig(String, LookedUp<EndpointConfig>),
    Key(String, LookedUp<Key>),
}

impl Found {
    fn is_worth_remembering(&self) -> bool {
        match self {
            Self::Tags(_, result) => result.is_ok(),
            Self::AttachedPolicies(_, result) => result.is_ok(),
            Self::TrustPolicy(_, result) => result.is_ok(),
            Self::Key(_, result) => result.is_ok(),
            // The name of a model or an endpoint configuration may be given again at any time.
            Self::Model(..) | Self::EndpointConfig(..) => false,
        }
    }

    fn add_to(self, evidence: &mut Evidence, call: &Call) {
        match self {
            Self::Tags(arn, tags) => evidence.principal_mut(&arn).tags = tags,
            Self::AttachedPolicies(arn, policies) => evidence.principal_mut(&arn).attached_policies = policies,
            Self::TrustPolicy(arn, policy) => evidence.principal_mut(&arn).trust_policy = policy,
            Self::Model(name, model) => evidence.models.add(call, &name, Timestamp::MIN, model),
            Self::EndpointConfig(name, config) => evidence.endpoint_configs.add(call, &name, Timestamp::MIN, config),
            Self::Key(arn, key) => evidence.add_key(&arn, key),
        }
    }
}

impl Cache {
    fn get(&self, lookup: &Lookup) -> Option<Found> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, found) = entries.get(lookup)?;
        (since.elapsed() < TIME_TO_LIVE).then(|| found.clone())
    }

    fn put(&self, lookup: &Lookup, found: &Found) {
        if found.is_worth_remembering() {
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

async fn look_up_all(lookups: BTreeSet<Lookup>, ports: &impl LookUp, cache: &Cache) -> Vec<Found> {
    join_all(lookups.iter().map(|lookup| look_up(lookup, ports, cache))).await
}

async fn look_up(lookup: &Lookup, ports: &impl LookUp, cache: &Cache) -> Found {
    if let Some(found) = cache.get(lookup) {
        return found;
    }
    let found = match lookup {
        Lookup::Tags(arn) => Found::Tags(arn.clone(), reason(ports.tags(arn).await)),
        Lookup::AttachedPolicies(arn) => {
            Found::AttachedPolicies(arn.clone(), reason(ports.attached_policies(arn).await))
        }
        Lookup::TrustPolicy(arn) => Found::TrustPolicy(arn.clone(), reason(ports.trust_policy(arn).await)),
        Lookup::Model(name) => Found::Model(name.clone(), reason(ports.model(name).await)),
        Lookup::EndpointConfig(name) => {
            Found::EndpointConfig(name.clone(), reason(recover::endpoint_config(name, ports).await))
        }
        Lookup::Key(arn) => Found::Key(arn.clone(), reason(ports.key(arn).await)),
    };
    cache.put(lookup, &found);
    found
}

fn reason<T>(answer: Answer<T>) -> LookedUp<T> {
    answer.map_err(|failure| failure.to_string())
}
