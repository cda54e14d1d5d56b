//! What is known besides the call itself: IAM's roles and users, sessions, models, endpoint configurations,
//! keys and list prices.
//!
//! The command line fills it from files, a Lambda function from look-ups, and the code that reads it works the same
//! with both. A fact that is missing here is [`Unread`], never assumed.

mod author;
mod carrier;
mod endpoint_configs;
mod grants;
mod history;
mod iam;
mod lawful;
mod looked_up;
mod models;
mod policy_document;
mod prices;
mod principal_tags;
mod principals;
mod resources;
mod sessions;
mod tags;
#[cfg(test)]
mod testing;
mod versions;

use std::collections::HashMap;

pub use author::{Author, Standing};
pub use carrier::carrier;
pub use endpoint_configs::EndpointConfig;
pub use history::{TagChange, TagHistory, TagValue, TagsAt};
pub use lawful::{Lawful, Retagging};
pub use looked_up::{AttachedPolicy, GrantSources, IamEntity, Key, LookedUp};
pub use models::Model;
pub use policy_document::decode_policy_document;
pub use prices::Prices;
pub use principal_tags::{Named, PrincipalTags};
pub use resources::Owner;
pub use sessions::{Session, Sessions};
pub use tags::Tags;
pub use versions::{Created, Versions};

use grants::SharedGrants;
use principals::Principals;
use resources::ResourceTags;

use jiff::Timestamp;

use crate::grants::PolicyDocument;
use crate::record::Call;
use crate::record::json::{Value, member};

/// Everything that was looked up.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    principals: Principals,
    /// The time of IAM's data. If it is not known, the data counts as of after all records.
    pub as_of: Option<Timestamp>,
    /// Sessions, from AssumeRole* records.
    pub sessions: Sessions,
    /// Models, looked up or from CreateModel records.
    pub models: Versions<Model>,
    /// Endpoint configurations, looked up or from CreateEndpointConfig records.
    pub endpoint_configs: Versions<EndpointConfig>,
    /// List prices of instances.
    pub prices: Prices,
    keys: HashMap<String, LookedUp<Key>>,
    /// Changes of the tags of roles, users and resources, from records.
    pub tag_history: TagHistory,
    resources: ResourceTags,
    shared_grants: SharedGrants,
    hint: &'static str,
}

impl Evidence {
    /// No evidence yet. `hint` ends the message about missing IAM data: how the reader can provide it.
    pub fn new(hint: &'static str) -> Self {
        Self { hint, ..Self::default() }
    }

    /// Learns what a call shows for later calls: the session that it issues, the model or endpoint configuration that
    /// it creates, and the tags of a role, user or resource that it sets or removes.
    pub fn learn(&mut self, call: &Call) {
        if let Some(session) = Session::read(call) {
            self.sessions.add(session);
        }
        self.models.learn(call);
        self.endpoint_configs.learn(call);
        if let Some(change) = TagChange::read(call).or_else(|| TagChange::with_resource(call)) {
            self.tag_history.add(change);
        }
    }

    /// Adds what is known about the KMS key whose own or alias ARN is `arn`.
    pub fn add_key(&mut self, arn: &str, key: LookedUp<Key>) {
        self.keys.insert(arn.to_owned(), key);
    }

    /// Adds the document of the managed policy `arn`, as it was looked up.
    pub fn add_managed_policy(&mut self, arn: &str, document: LookedUp<PolicyDocument>) {
        self.shared_grants.add_managed(arn, document);
    }

    /// Adds the tags of the resource `arn`, as they were looked up.
    pub fn add_resource_tags(&mut self, arn: &str, tags: LookedUp<Tags>) {
        self.resources.add(arn, tags);
    }

    /// Whether the tags of the resource `arn` were looked up.
    pub fn has_resource_tags(&self, arn: &str) -> bool {
        self.resources.has(arn)
    }

    /// Adds what a page of account authorization details, or of resources with their tags, says. Returns what could not
    /// be read.
    pub fn add_page(&mut self, page: &Value) -> Vec<String> {
        match member(page, resources::LIST) {
            Some(_) => self.resources.add_page(page),
            None => self.add_authorization_details(page),
        }
    }

    /// The tag `key` of the resource `arn` as it was looked up.
    ///
    /// # Errors
    /// If the look-up failed.
    pub fn resource_tag(&self, arn: &str, key: &str) -> Result<Owner<'_>, String> {
        self.resources.owner(arn, key).map_err(|why| format!("the tags of `{arn}` are not known: {why}"))
    }

    /// Whether the tags of the resource `arn` come from a file, which is of another time than the call.
    pub fn has_snapshot(&self, arn: &str) -> bool {
        self.resources.has_snapshot(arn)
    }

    /// The KMS key whose own or alias ARN is `arn`, if it was looked up.
    ///
    /// # Errors
    /// If the look-up failed.
    pub fn key(&self, arn: &str) -> Result<Option<&Key>, String> {
        self.keys.get(arn).map(|key| key.as_ref().map_err(Clone::clone)).transpose()
    }
}

/// The calls to services other than SageMaker from which anything can be learned: `eventSource` and names.
pub const TEACHING: [(&str, &[&str]); 4] = [
    (sessions::ISSUER, &sessions::ISSUING),
    (history::CHANGER, &history::CHANGING_ROLES),
    (history::CHANGER, &history::CHANGING_RIGHTS),
    (history::CHANGER, &history::CHANGING_USERS),
];

/// Whether anything can be learned from calls of this name to this service, which is not SageMaker.
pub fn may_teach(event_source: &[u8], event_name: &[u8]) -> bool {
    let teaches = |names: &[&str]| names.iter().any(|name| name.as_bytes() == event_name);
    TEACHING.iter().any(|(source, names)| source.as_bytes() == event_source && teaches(names))
}
