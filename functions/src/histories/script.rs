//! A random history: what people do, and when and how often Tagwarden hears of it.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cloud::{ACCOUNT, Cloud, Kind, MARK, Thing};

/// What somebody did.
#[derive(Clone, Debug)]
pub struct Deed {
    pub at: Timestamp,
    pub actor: &'static str,
    pub event_name: &'static str,
    pub arn: String,
    /// Whether it violates the policy.
    pub is_wrong: bool,
    /// Whether it looks as if it did, to somebody who does not know what was before.
    pub is_odd: bool,
    /// CloudTrail's event.
    pub event: Value,
    /// SageMaker's event that a resource exists.
    pub state: Option<Value>,
}

/// Members of two projects, and an administrator of tags.
pub const PEOPLE: [(&str, Option<&str>); 4] =
    [("ana", Some("atlas")), ("abel", Some("atlas")), ("bob", Some("borealis")), ("admin", None)];

pub fn user(actor: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{actor}")
}

/// One thing that somebody does now, if it is possible.
pub fn act(cloud: &mut Cloud, random: &mut Rng, now: Timestamp, number: usize) -> Option<Deed> {
    let (actor, own) = PEOPLE[random.usize(..4)];
    let name = |random: &mut Rng, kind: Kind| match kind {
        // The name of a job cannot be given again.
        Kind::Job => format!("job-{number}"),
        Kind::Config => format!("config-{}", random.usize(..3)),
        Kind::Endpoint => format!("endpoint-{}", random.usize(..2)),
    };
    let (at, own_or_atlas) = (now, own.unwrap_or("atlas"));
    match random.usize(..12) {
        0..=4 => {
            let own = own?;
            let kind = Kind::ALL[random.usize(..3)];
            let name = name(random, kind);
            if cloud.named(kind, &name).is_some() || is_recent(cloud, kind, &name, now) {
                return None;
            }
            let tag = [Some(own), Some(own), Some(own), Some("borealis"), None][random.usize(..5)];
            let is_bad_type = kind != Kind::Endpoint && (random.usize(..5) == 0);
            let config = format!("config-{}", random.usize(..3));
            let used = if kind == Kind::Endpoint { Some(use_of(cloud, &config, own)?) } else { None };
            let is_foreign = tag.is_some_and(|tag| tag != own);
            let is_bad = is_bad_type || matches!(used, Some(Use::Wrong | Use::Doubtful));
            let is_wrong = is_foreign || is_bad_type || used == Some(Use::Wrong) || tag.is_none();
            let instance_type = if is_bad_type { "ml.p5.48xlarge" } else { "ml.m5.xlarge" };
            let created = now + SignedDuration::from_millis(i64::try_from(random.usize(..2500)).ok()?);
            cloud.things.push(Thing {
                kind,
                name: name.clone(),
                created,
                modified: created,
                ended: false,
                instance_type,
                config: config.clone(),
                tags: tag.map(|tag| ("Project".to_owned(), tag.to_owned())).into_iter().collect(),
                owner: tag.map(str::to_owned),
                creator: own.to_owned(),
                is_foreign,
                is_bad,
                is_marked: false,
                lacks_tag: tag.is_none(),
                is_at_fault: used == Some(Use::Wrong),
                before: Vec::new(),
            });
            let mut request = match kind {
                Kind::Job => {
                    json!({"trainingJobName": name, "resourceConfig": {"instanceType": instance_type, "instanceCount": 1}})
                }
                Kind::Config => json!({"endpointConfigName": name,
                    "productionVariants": [{"variantName": "v", "modelName": "m", "instanceType": instance_type}]}),
                Kind::Endpoint => json!({"endpointName": name, "endpointConfigName": config}),
            };
            if let Some(tag) = tag {
                request["tags"] = json!([{"key": "Project", "value": tag}]);
            }
            let (event_name, member, state) = match kind {
                Kind::Job => ("CreateTrainingJob", "trainingJobArn", "SageMaker Training Job State Change"),
                Kind::Config => ("CreateEndpointConfig", "endpointConfigArn", "SageMaker Endpoint Config State Change"),
                Kind::Endpoint => ("CreateEndpoint", "endpointArn", "SageMaker Endpoint State Change"),
            };
            let arn = kind.arn(&name);
            let noun = kind.noun();
            let running = if kind == Kind::Job { "InProgress" } else { "IN_SERVICE" };
            let state = json!({"id": format!("state-{number}"), "detail-type": state, "account": ACCOUNT, "region": "eu-west-1",
                "detail": {format!("{noun}Arn"): arn, format!("{noun}Status"): running}});
            let is_odd = used == Some(Use::Doubtful);
            Some(Deed {
                is_odd,
                state: Some(state),
                ..deed(at, actor, event_name, &arn, is_wrong, request, json!({member: arn}), number)
            })
        }
        5 => {
            let kind = Kind::ALL[1 + random.usize(..2)];
            let thing = cloud.named_mut(kind, &name(random, kind))?;
            if kind == Kind::Endpoint || (random.usize(..2) == 0) {
                thing.ended = true;
            }
            None
        }
        6..=7 => {
            let own = own?;
            let config = format!("config-{}", random.usize(..3));
            let used = use_of(cloud, &config, own)?;
            let endpoint = cloud.named_mut(Kind::Endpoint, &name(random, Kind::Endpoint))?;
            if endpoint.config == config {
                return None;
            }
            let before = (std::mem::replace(&mut endpoint.config, config.clone()), endpoint.is_at_fault);
            endpoint.is_at_fault = used == Use::Wrong;
            endpoint.before.push(before);
            endpoint.modified = now;
            // Back to what it was created with: nothing shows that somebody else chose it now.
            let is_as_created = endpoint.before.first() == Some(&(config.clone(), true));
            endpoint.is_bad = is_as_created || matches!(used, Use::Wrong | Use::Doubtful);
            let arn = endpoint.arn();
            let request = json!({"endpointName": endpoint.name, "endpointConfigName": config});
            let is_wrong = used == Use::Wrong;
            let deed = deed(at, actor, "UpdateEndpoint", &arn, is_wrong, request, json!({"endpointArn": arn}), number);
            Some(Deed { is_odd: used == Use::Doubtful, ..deed })
        }
        _ => {
            let running: Vec<_> = (0..cloud.things.len()).filter(|index| !cloud.things[*index].ended).collect();
            let index = *running.get(random.usize(..running.len().max(1)))?;
            blur(cloud, index, now);
            let thing = &mut cloud.things[index];
            let arn = thing.arn();
            let key = if random.usize(..4) == 0 { MARK } else { "Project" };
            if random.usize(..4) == 0 {
                thing.tags.remove(key);
                let is_lawful = actor == "admin";
                match key {
                    MARK => thing.is_marked &= !is_lawful,
                    _ if is_lawful => thing.owner = None,
                    _ => {}
                }
                let request = json!({"resourceArn": arn, "tagKeys": [key]});
                return Some(deed(at, actor, "DeleteTags", &arn, !is_lawful, request, Value::Null, number));
            }
            let value = if key == MARK { "something" } else { [own_or_atlas, "borealis"][random.usize(..2)] };
            thing.tags.insert(key.to_owned(), value.to_owned());
            // Whoever gives the owner's tag back does no wrong, but may be suspected of it.
            let is_claim = thing.creator == value;
            let may = thing.owner.as_deref().map_or(is_claim, |owner| owner == value);

            let is_odd = key == "Project" && (may && own != Some(value) || thing.owner.is_none() || thing.lacks_tag);
            let is_lawful = actor == "admin" || key == "Project" && may;
            match key {
                MARK => thing.is_marked |= is_lawful,
                _ if is_lawful => thing.owner = Some(value.to_owned()),
                _ => {}
            }
            let request = json!({"resourceArn": arn, "tags": [{"key": key, "value": value}]});
            let deed = deed(at, actor, "AddTags", &arn, !is_lawful, request, Value::Null, number);
            Some(Deed { is_odd, ..deed })
        }
    }
}

/// A configuration is tagged: whether an endpoint that came to use it within five seconds did so before or after depends on the clock.
fn blur(cloud: &mut Cloud, index: usize, now: Timestamp) {
    let (kind, name) = (cloud.things[index].kind, cloud.things[index].name.clone());
    for thing in cloud.things.iter_mut().filter(|thing| kind == Kind::Config && thing.config == name) {
        thing.is_bad |= now.duration_since(thing.modified).abs() <= SignedDuration::from_secs(5);
    }
}

/// Whether a name was given a short time ago: two clocks may differ by five seconds.
fn is_recent(cloud: &Cloud, kind: Kind, name: &str, now: Timestamp) -> bool {
    let same = |thing: &&Thing| thing.kind == kind && thing.name == name;
    cloud.things.iter().filter(same).any(|thing| now.duration_since(thing.created) < SignedDuration::from_secs(12))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Right,
    /// The configuration carries a mark that counts, a stolen tag hides whose it is, or it is nobody's.
    /// Tagwarden may act, and need not.
    Doubtful,
    Wrong,
}

/// What it means if a member of a project uses this configuration. `None`: it does not exist.
fn use_of(cloud: &Cloud, config: &str, own: &str) -> Option<Use> {
    let config = cloud.named(Kind::Config, config)?;
    let is_foreign = config.owner.as_deref().is_some_and(|owner| owner != own);
    let is_hidden = config.tags.get("Project") != config.owner.as_ref();
    Some(match () {
        () if config.instance_type != "ml.m5.xlarge" => Use::Wrong,
        () if config.owner.is_none() || config.lacks_tag || config.is_marked || is_foreign && is_hidden => {
            Use::Doubtful
        }
        () if is_foreign => Use::Wrong,
        () => Use::Right,
    })
}

#[expect(clippy::too_many_arguments, reason = "a record has so many parts")]
fn deed(
    at: Timestamp,
    actor: &'static str,
    event_name: &'static str,
    arn: &str,
    is_wrong: bool,
    request: Value,
    response: Value,
    number: usize,
) -> Deed {
    let event = json!({"detail-type": "AWS API Call via CloudTrail", "source": "aws.sagemaker", "detail": {
        "eventID": format!("event-{number}"), "eventTime": at.to_string(), "eventSource": "sagemaker.amazonaws.com",
        "eventName": event_name, "awsRegion": "eu-west-1", "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "IAMUser", "arn": user(actor), "accountId": ACCOUNT},
        "requestParameters": request, "responseElements": response}});
    Deed { at, actor, event_name, arn: arn.to_owned(), is_wrong, is_odd: false, event, state: None }
}
