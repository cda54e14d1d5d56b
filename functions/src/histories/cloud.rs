//! What is true: SageMaker's resources, who owns them, and whether anybody did wrong. It knows nothing of Tagwarden's code.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub const ACCOUNT: &str = "111122223333";
pub const PLACE: &str = "arn:aws:sagemaker:eu-west-1:111122223333";
pub const MARK: &str = "tagwarden:violation";

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Job,
    Config,
    Endpoint,
}

impl Kind {
    pub fn noun(self) -> &'static str {
        match self {
            Self::Job => "TrainingJob",
            Self::Config => "EndpointConfig",
            Self::Endpoint => "Endpoint",
        }
    }

    pub fn arn(self, name: &str) -> String {
        let kind = match self {
            Self::Job => "training-job",
            Self::Config => "endpoint-config",
            Self::Endpoint => "endpoint",
        };
        format!("{PLACE}:{kind}/{name}")
    }

    pub const ALL: [Self; 3] = [Self::Job, Self::Config, Self::Endpoint];
}

/// A resource.
#[derive(Clone, Debug)]
pub struct Thing {
    pub kind: Kind,
    pub name: String,
    pub created: Timestamp,
    pub modified: Timestamp,
    pub ended: bool,
    pub instance_type: &'static str,
    /// The configuration that an endpoint uses.
    pub config: String,
    pub tags: BTreeMap<String, String>,
    /// Whose it is. `None`: nobody's.
    pub owner: Option<String>,
    /// The project of its creator.
    pub creator: String,
    /// Whether its creator gave it another project's tag.
    pub is_foreign: bool,
    /// Whether its instance type is not allowed, or the configuration that it uses.
    pub is_bad: bool,
    /// Whether Tagwarden or an administrator marked it, and no administrator has lifted the mark.
    pub is_marked: bool,
    /// Whether it was created without a tag.
    pub lacks_tag: bool,
    /// Whether the use of the configuration is certainly wrong.
    pub is_at_fault: bool,
    /// The configurations that an endpoint used before, and whether that was certainly wrong.
    pub before: Vec<(String, bool)>,
}

impl Thing {
    pub fn arn(&self) -> String {
        self.kind.arn(&self.name)
    }

    /// Whether it may be stopped or deleted.
    fn is_wrong(&self) -> bool {
        self.is_foreign || self.is_bad
    }
}

/// SageMaker.
#[derive(Debug, Default)]
pub struct Cloud {
    pub things: Vec<Thing>,
    /// The present time.
    pub now: Timestamp,
    /// What Tagwarden did that it must not do.
    pub broken: Vec<String>,
    /// How many resources it stopped or deleted, rolled back and tagged.
    pub changed: [usize; 3],
}

impl Cloud {
    /// The resource that has this name now.
    pub fn named(&self, kind: Kind, name: &str) -> Option<&Thing> {
        self.things.iter().rev().find(|thing| thing.kind == kind && thing.name == name && !thing.ended)
    }

    pub fn named_mut(&mut self, kind: Kind, name: &str) -> Option<&mut Thing> {
        self.things.iter_mut().rev().find(|thing| thing.kind == kind && thing.name == name && !thing.ended)
    }

    pub fn with_arn(&mut self, arn: &str) -> Option<&mut Thing> {
        self.things.iter_mut().rev().find(|thing| thing.arn() == arn && !thing.ended)
    }

    /// Whether nobody has created or updated a resource for a day: people may have come to rely on it.
    fn is_old(&self, thing: &Thing) -> bool {
        self.now.duration_since(thing.modified) > SignedDuration::from_hours(24) + SignedDuration::from_secs(5)
    }

    fn must_not(&mut self, what: &str, thing: &Thing) {
        self.broken.push(format!("{what}: {thing:?}"));
    }

    /// A call of Tagwarden's. `Err` is the error code.
    pub fn call(&mut self, operation: &str, member: impl Fn(&str) -> Option<String>) -> Result<Value, &'static str> {
        let kind =
            Kind::ALL.into_iter().rev().find(|kind| operation.ends_with(kind.noun())).ok_or("UnknownOperation")?;
        let name_member = format!("{}{}Name", kind.noun()[..1].to_lowercase(), &kind.noun()[1..]);
        let name = member(&name_member).ok_or("ValidationException")?;
        // A job remains when it has ended.
        let found = self.things.iter().rev().find(|thing| thing.kind == kind && thing.name == name);
        let found = found.filter(|thing| !thing.ended || kind == Kind::Job).cloned().ok_or("ValidationException")?;
        if operation.starts_with("Describe") {
            return Ok(describe(&found));
        }
        if found.ended {
            return Err("ValidationException");
        }
        if operation == "UpdateEndpoint" {
            return self.roll_back(&found, &member("endpointConfigName").ok_or("ValidationException")?);
        }
        let in_use = kind == Kind::Config && self.is_used(&found);
        if !found.is_wrong() || in_use || self.is_old(&found) {
            self.must_not(operation, &found);
        }
        self.changed[0] += 1;
        self.named_mut(kind, &name).into_iter().for_each(|thing| thing.ended = true);
        Ok(json!({}))
    }

    fn roll_back(&mut self, endpoint: &Thing, config: &str) -> Result<Value, &'static str> {
        let is_right = endpoint.is_bad && endpoint.before.contains(&(config.to_owned(), false));
        if !is_right || self.is_old(endpoint) {
            self.must_not(&format!("rolled back to {config}"), endpoint);
        }
        self.changed[1] += 1;
        self.named(Kind::Config, config).ok_or("ValidationException")?;
        if let Some(endpoint) = self.named_mut(Kind::Endpoint, &endpoint.name.clone()) {
            endpoint.config = config.to_owned();
            // It may be what it was created with, which may have been wrong.
            endpoint.is_bad = endpoint.before.first() == Some(&(config.to_owned(), true));
            endpoint.is_at_fault = false;
        }
        Ok(json!({}))
    }

    /// Whether an endpoint uses this configuration. What is older uses an earlier one of that name.
    fn is_used(&self, config: &Thing) -> bool {
        let uses = |thing: &Thing| {
            thing.kind == Kind::Endpoint
                && !thing.ended
                && thing.config == config.name
                && thing.modified >= config.created
        };
        self.things.iter().any(uses)
    }

    /// The tags that Tagwarden sees.
    pub fn tags_of(&self, arn: &str) -> Value {
        let thing = self.things.iter().rev().find(|thing| thing.arn() == arn);
        thing
            .into_iter()
            .flat_map(|thing| &thing.tags)
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect()
    }

    /// Tags that Tagwarden sets.
    pub fn add_tags(&mut self, arn: &str, tags: &[(String, String)]) -> Result<(), &'static str> {
        let found = self.things.iter().rev().find(|thing| thing.arn() == arn).cloned();
        let found = found.filter(|thing| !thing.ended || thing.kind == Kind::Job).ok_or("ValidationException")?;
        for (key, value) in tags {
            let now = found.tags.get("Project");
            let is_right = match key.as_str() {
                MARK => found.is_wrong() || found.kind == Kind::Endpoint,
                // An administrator may have given it away meanwhile, and somebody removed that tag.
                _ if now.is_none() && found.lacks_tag && *value == found.creator => true,
                _ => found.owner.as_ref() == Some(value) && now != Some(value),
            };
            if !is_right {
                self.must_not(&format!("set {key}={value}"), &found);
            }
            self.changed[2] += 1;
            if let Some(thing) = self.things.iter_mut().rev().find(|thing| thing.arn() == arn) {
                thing.tags.insert(key.clone(), value.clone());
                match key.as_str() {
                    MARK => thing.is_marked = true,
                    _ => thing.owner = Some(value.clone()),
                }
            }
        }
        Ok(())
    }

    /// A list, of everything that was created or changed after `since`.
    pub fn list(&self, operation: &str, since: Option<Timestamp>) -> Vec<Value> {
        let kind = Kind::ALL.into_iter().find(|kind| operation == format!("List{}s", kind.noun()));
        let is_listed = |thing: &&Thing| {
            Some(thing.kind) == kind
                && since.is_none_or(|since| thing.modified >= since)
                && (!thing.ended || thing.kind == Kind::Job)
        };
        self.things.iter().filter(is_listed).map(describe).collect()
    }
}

fn describe(thing: &Thing) -> Value {
    let noun = thing.kind.noun();
    let seconds = thing.created.duration_since(Timestamp::UNIX_EPOCH) / 1;
    let status = match (thing.kind, thing.ended) {
        (Kind::Job, true) => "Stopped",
        (Kind::Job, false) => "InProgress",
        _ => "InService",
    };
    let mut described = json!({
        format!("{noun}Name"): thing.name,
        format!("{noun}Arn"): thing.arn(),
        "CreationTime": SignedDuration::as_secs_f64(&seconds),
    });
    match thing.kind {
        Kind::Job => {
            described["TrainingJobStatus"] = status.into();
            described["ResourceConfig"] = json!({"InstanceType": thing.instance_type, "InstanceCount": 1});
        }
        Kind::Config => {
            let variant = json!({"VariantName": "v", "ModelName": "m", "InstanceType": thing.instance_type});
            described["ProductionVariants"] = json!([variant]);
        }
        Kind::Endpoint => {
            described["EndpointStatus"] = status.into();
            described["EndpointConfigName"] = thing.config.as_str().into();
        }
    }
    described
}
