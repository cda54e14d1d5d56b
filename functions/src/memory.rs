//! The ports in memory: an account that tests can look into, and that fails on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use tagwarden::call::Identity;
use tagwarden::evidence::{AttachedPolicy, Key, Model, Session, Sessions, Tags};

use crate::ports::{
    AddTags, Answer, Claim, ClaimEvent, DeleteEndpointConfig, DescribeKey, DescribeModel, DescribeResource, Failure,
    FetchPolicy, Fetched, FindSession, Message, Publish, ReadAttachedPolicies, ReadTags, ReadTrustPolicy,
    RecordSession, StopTrainingJob, Stopped,
};

/// An AWS account.
#[derive(Default)]
pub struct Account(Mutex<State>);

/// What is in the account, and what was done to it.
#[derive(Default)]
pub struct State {
    /// Tags of roles and users, by ARN.
    pub tags: BTreeMap<String, Tags>,
    /// Recorded sessions.
    pub sessions: Sessions,
    /// Endpoints that use each endpoint configuration.
    pub users: BTreeMap<String, Vec<String>>,
    /// The policy file in S3.
    pub policy: Option<Fetched>,
    /// The names of verbs that fail.
    pub failing: BTreeSet<&'static str>,
    /// What was done, in order.
    pub journal: Vec<String>,
    /// What was published.
    pub messages: Vec<Message>,
    claims: BTreeMap<String, (bool, u64)>,
}

impl Account {
    /// The account's state.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it looks")
    }

    /// Notes what was done, or fails.
    fn doing(&self, verb: &'static str, what: &str) -> Answer<MutexGuard<'_, State>> {
        let mut state = self.state();
        if state.failing.contains(verb) {
            return Err(Failure(format!("{verb} failed: ThrottlingException")));
        }
        state.journal.push(format!("{verb} {what}"));
        Ok(state)
    }
}

impl ReadTags for Account {
    async fn tags(&self, arn: &str) -> Answer<Tags> {
        let state = self.doing("tags", arn)?;
        state.tags.get(arn).cloned().ok_or_else(|| Failure("iam:ListRoleTags failed: NoSuchEntity".to_owned()))
    }
}

impl ReadAttachedPolicies for Account {
    async fn attached_policies(&self, arn: &str) -> Answer<Vec<AttachedPolicy>> {
        self.doing("policies", arn).map(|_| Vec::new())
    }
}

impl ReadTrustPolicy for Account {
    async fn trust_policy(&self, arn: &str) -> Answer<serde_json::Value> {
        self.doing("trust", arn).map(|_| serde_json::json!({"Statement": []}))
    }
}

impl DescribeKey for Account {
    async fn key(&self, arn: &str) -> Answer<Key> {
        self.doing("key", arn).map(|_| Key { arn: arn.to_owned(), customer_managed: true })
    }
}

impl DescribeModel for Account {
    async fn model(&self, name: &str) -> Answer<Model> {
        let network = |kind: &str| vec![format!("{kind}-1")];
        let isolated = Model { network_isolation: true, subnets: network("subnet"), security_groups: network("sg") };
        self.doing("model", name).map(|_| isolated)
    }
}

impl DescribeResource for Account {
    async fn describe(&self, operation: &str, name: &str) -> Answer<serde_json::Value> {
        self.doing("describe", name).map(|_| match operation {
            "CreateEndpointConfig" => serde_json::json!({
                "EndpointConfigName": name,
                "EndpointConfigArn": format!("arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/{name}"),
                "ProductionVariants": [{"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.xlarge"}],
            }),
            _ => serde_json::json!({"TrainingJobName": name}),
        })
    }

    async fn tags_of(&self, arn: &str) -> Answer<serde_json::Value> {
        self.doing("tags-of", arn).map(|_| serde_json::json!([{"Key": "Project", "Value": "atlas"}]))
    }
}

impl FetchPolicy for Account {
    async fn fetch_policy(&self, _bucket: &str, key: &str, known: Option<&str>) -> Answer<Option<Fetched>> {
        let state = self.doing("fetch-policy", key)?;
        let fetched = state.policy.clone().ok_or_else(|| Failure("s3:GetObject failed: NoSuchKey".to_owned()))?;
        Ok(Some(fetched).filter(|fetched| fetched.etag.as_deref() != known))
    }
}

impl FindSession for Account {
    async fn sessions(&self, identity: &Identity<'_>) -> Answer<Vec<Session>> {
        let state = self.doing("sessions", identity.access_key_id.unwrap_or_default())?;
        let tags = state.sessions.tags(identity).map_err(|unread| Failure(unread.why))?;
        let session = |tags: &Tags| Session {
            access_key_id: identity.access_key_id.map(str::to_owned),
            issued: None,
            ends: None,
            tags: Ok(tags.clone()),
        };
        Ok(tags.map(session).into_iter().collect())
    }
}

impl RecordSession for Account {
    async fn record(&self, session: &Session, expires: Timestamp) -> Answer<()> {
        self.doing("record", &expires.to_string())?.sessions.add(session.clone());
        Ok(())
    }
}

impl ClaimEvent for Account {
    async fn claim(&self, event_id: &str) -> Answer<Claim> {
        let mut state = self.doing("claim", event_id)?;
        let (done, attempts) = state.claims.entry(event_id.to_owned()).or_default();
        *attempts += 1;
        Ok(if *done { Claim::Done } else { Claim::Ours(*attempts) })
    }

    async fn complete(&self, event_id: &str) -> Answer<()> {
        self.doing("complete", event_id)?.claims.entry(event_id.to_owned()).or_default().0 = true;
        Ok(())
    }

    async fn give_back(&self, event_id: &str) -> Answer<()> {
        self.doing("give-back", event_id).map(drop)
    }
}

impl AddTags for Account {
    async fn add_tags(&self, _arn: &str, tags: &[(String, String)]) -> Answer<()> {
        let tags: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        self.doing("add-tags", &tags.join(",")).map(drop)
    }
}

impl StopTrainingJob for Account {
    async fn stop_training_job(&self, name: &str) -> Answer<Stopped> {
        self.doing("stop", name).map(|_| Stopped::Now)
    }
}

impl DeleteEndpointConfig for Account {
    async fn delete_endpoint_config(&self, name: &str, _created: Option<Timestamp>) -> Answer<Stopped> {
        if let Some(users) = self.state().users.get(name) {
            return Ok(Stopped::InUse(users.clone()));
        }
        self.doing("delete", name).map(|_| Stopped::Now)
    }
}

impl Publish for Account {
    async fn publish(&self, message: &Message) -> Answer<()> {
        self.doing("publish", &message.subject)?.messages.push(message.clone());
        Ok(())
    }
}
