//! Lookup results, and a cache of recent ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tagwarden::decide::Lookup;
use tagwarden::evidence::{EndpointConfig, Evidence, IamEntity, Key, LookedUp, Model, Tags};
use tagwarden::record::Call;

use crate::ports::{CLOCK_TOLERANCE, RoleGrants};

/// How long a result is valid. Short, because a corrected tag should count soon.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);

/// The size of the cache. A burst of calls comes from few principals.
const CAPACITY: usize = 256;

/// Recent results from IAM and KMS, which a burst of calls would look up again. Failures are not cached.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<BTreeMap<Lookup, (Instant, LookupResult)>>);

/// The subject of a lookup, and its result.
#[derive(Clone, Debug)]
pub(super) enum LookupResult {
    Principal(String, LookedUp<IamEntity>),
    Grants(String, LookedUp<RoleGrants>),
    /// With the time of its creation.
    Model(String, LookedUp<(Timestamp, Model)>),
    /// With the time of its creation.
    EndpointConfig(String, LookedUp<(Timestamp, EndpointConfig)>),
    Key(String, LookedUp<Key>),
    ResourceTags(BTreeSet<String>, LookedUp<BTreeMap<String, Tags>>),
}

impl LookupResult {
    fn is_cacheable(&self) -> bool {
        match self {
            Self::Principal(_, result) => result.is_ok(),
            Self::Grants(_, result) => result.is_ok(),
            Self::Key(_, result) => result.is_ok(),
            Self::ResourceTags(_, result) => result.is_ok(),
            // A new model or endpoint configuration can get the name of a deleted one at any time.
            Self::Model(..) | Self::EndpointConfig(..) => false,
        }
    }

    /// The endpoint configuration, if it is one that is known, with its ARN.
    pub(super) fn endpoint_config(&self) -> Option<(&str, &EndpointConfig)> {
        match self {
            Self::EndpointConfig(_, Ok((_, config))) => Some((config.arn.as_deref()?, config)),
            _ => None,
        }
    }

    pub(super) fn add_to(self, evidence: &mut Evidence, call: &Call) {
        match self {
            Self::Principal(arn, Ok(principal)) => *evidence.principal_mut(&arn) = principal,
            Self::Principal(arn, Err(why)) => evidence.principal_mut(&arn).add_failure(&why),
            Self::Grants(arn, grants) => add_grants(&arn, grants, evidence),
            Self::Model(name, model) => {
                let (since, model) = since(model);
                evidence.models.add(call, &name, since, model);
            }
            Self::EndpointConfig(name, config) => {
                let (since, config) = since(config);
                evidence.endpoint_configs.add(call, &name, since, config);
            }
            Self::Key(arn, key) => evidence.add_key(&arn, key),
            Self::ResourceTags(arns, Ok(mut tagged)) => {
                for arn in arns {
                    // What the answer leaves out has never been tagged.
                    let tags = tagged.remove(&arn).unwrap_or_default();
                    evidence.add_resource_tags(&arn, Ok(tags));
                }
            }
            Self::ResourceTags(arns, Err(why)) => {
                for arn in arns {
                    evidence.add_resource_tags(&arn, Err(why.clone()));
                }
            }
        }
    }
}

/// Adds a role and its policies, or why they are not known.
pub(super) fn add_grants(arn: &str, grants: LookedUp<RoleGrants>, evidence: &mut Evidence) {
    match grants {
        Ok(RoleGrants { role, managed }) => {
            *evidence.principal_mut(arn) = role;
            managed.into_iter().for_each(|(arn, document)| evidence.add_managed_policy(&arn, document));
        }
        Err(why) => evidence.principal_mut(arn).add_failure(&why),
    }
}

/// From when on something is known. What was created after a call is not what the call used, whatever its name. A failure is known
/// from the beginning.
fn since<T>(created: LookedUp<(Timestamp, T)>) -> (Timestamp, LookedUp<T>) {
    match created {
        Ok((created, one)) => (created - CLOCK_TOLERANCE, Ok(one)),
        Err(why) => (Timestamp::MIN, Err(why)),
    }
}

impl Cache {
    pub(super) fn get(&self, lookup: &Lookup) -> Option<LookupResult> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, found) = entries.get(lookup)?;
        (since.elapsed() < TIME_TO_LIVE).then(|| found.clone())
    }

    pub(super) fn put(&self, lookup: &Lookup, found: &LookupResult) {
        if found.is_cacheable() {
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
