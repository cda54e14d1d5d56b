//! Look-ups, and those of them that are remembered for a while.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tagwarden::call::Call;
use tagwarden::evidence::{AttachedPolicy, EndpointConfig, Evidence, Key, LookedUp, Model, Tags};
use tagwarden::gather::Lookup;

/// How long a look-up is good for. Short: a tag that is put right should count at once.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);

/// Most look-ups that are remembered; a burst of calls comes from few principals.
const CAPACITY: usize = 256;

/// Recent look-ups in IAM and KMS, which a burst of calls would repeat. Failures are not remembered.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<BTreeMap<Lookup, (Instant, LookupResult)>>);

/// What a look-up found out, and about what.
#[derive(Clone, Debug)]
pub(super) enum LookupResult {
    Tags(String, LookedUp<Tags>),
    AttachedPolicies(String, LookedUp<Vec<AttachedPolicy>>),
    TrustPolicy(String, LookedUp<serde_json::Value>),
    Model(String, LookedUp<Model>),
    EndpointConfig(String, LookedUp<EndpointConfig>),
    Key(String, LookedUp<Key>),
}

impl LookupResult {
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

    pub(super) fn add_to(self, evidence: &mut Evidence, call: &Call) {
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
    pub(super) fn get(&self, lookup: &Lookup) -> Option<LookupResult> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, found) = entries.get(lookup)?;
        (since.elapsed() < TIME_TO_LIVE).then(|| found.clone())
    }

    pub(super) fn put(&self, lookup: &Lookup, found: &LookupResult) {
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
