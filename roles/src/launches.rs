//! What launches show of roles: who passes them, and what they are to read, write and use.

use std::collections::{BTreeMap, BTreeSet};

use tagwarden::evidence::carrier;
use tagwarden::facts::{Caller, Facts, Network};
use tagwarden::operations::Field;
use tagwarden::terms::SessionTags;
use tagwarden::{Call, Evidence, Operation};

/// The launches of an archive, by role.
#[derive(Clone, Debug, Default)]
pub struct Launches {
    passed: BTreeMap<String, PassedRole>,
    passing: BTreeMap<String, BTreeSet<String>>,
}

/// What the launches that pass a role declare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassedRole {
    /// Its ARN.
    pub arn: String,
    /// How many there are.
    pub launches: u64,
    /// Whether the containers of all of them are cut off from the network: then they have no credentials either.
    pub all_isolated: bool,
    /// S3 URIs that are read.
    pub inputs: BTreeSet<String>,
    /// S3 URIs that are written.
    pub outputs: BTreeSet<String>,
    /// KMS keys.
    pub keys: BTreeSet<String>,
    /// Container images.
    pub images: BTreeSet<String>,
    /// The regions of the launches.
    pub regions: BTreeSet<String>,
}

impl Launches {
    /// Learns from a launch that SageMaker accepted.
    pub fn add(&mut self, call: &Call, evidence: &Evidence) {
        let Some(operation) = Operation::named(call.event_name).filter(|_| call.error_code.is_none()) else { return };
        let caller = Caller::of(call, evidence, SessionTags::Optional);
        let facts = Facts::of(call, operation, caller, evidence);
        let roles = facts.roles(&[Field::ExecutionRole]).unwrap_or_default();
        for (_, arn) in roles {
            let Some(key) = carrier(arn) else { continue };
            let new = || PassedRole { arn: arn.to_owned(), all_isolated: true, ..PassedRole::default() };
            let passed = self.passed.entry(key.clone()).or_insert_with(new);
            passed.launches += 1;
            passed.all_isolated &= is_isolated(&facts);
            let texts = |field| facts.texts(field).unwrap_or_default().into_iter().map(|(_, text)| text.to_owned());
            passed.inputs.extend(texts(Field::InputUri));
            passed.outputs.extend(texts(Field::OutputUri));
            passed.keys.extend(Field::KEYS.into_iter().flat_map(texts));
            passed.images.extend(texts(Field::Image));
            passed.regions.extend(call.region.map(str::to_owned));
            if let Some(caller) = facts.caller.arn.as_deref().and_then(carrier) {
                self.passing.entry(caller).or_default().insert(arn.to_owned());
            }
        }
    }

    /// The ARNs of all roles that were passed.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.passed.values().map(|passed| passed.arn.as_str())
    }

    /// The launches that pass the role `arn`.
    pub fn of(&self, arn: &str) -> Option<&PassedRole> {
        self.passed.get(&carrier(arn)?)
    }

    /// The roles that the role or user `arn` passed.
    pub fn passed_by(&self, arn: &str) -> impl Iterator<Item = &str> {
        let passed = carrier(arn).and_then(|carrier| self.passing.get(&carrier));
        passed.into_iter().flatten().map(String::as_str)
    }
}

fn is_isolated(facts: &Facts) -> bool {
    let networks = facts.networks();
    !networks.is_empty()
        && networks.into_iter().all(|network| match network {
            Ok(Network::Request) => {
                let mut flags = facts.all(Field::NetworkIsolation).peekable();
                flags.peek().is_some() && flags.all(|found| found.flag() == Ok(Some(true)))
            }
            Ok(Network::Model { model, .. }) => model.network_isolation,
            Err(_) => false,
        })
}
