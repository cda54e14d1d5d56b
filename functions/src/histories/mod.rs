//! Random histories: people of two projects create, update, delete and tag, and name things again; events are late, lost, doubled, out of
//! order and redriven; calls fail. Beside it stands what is true. The laws:
//!
//! - No resource that complies by the truth is ever stopped, deleted, rolled back or tagged, and none that is older than a day is
//!   stopped.
//! - Every violation is reported, at the latest by the sweep after next, and as a violation not more than twice, apart from actions that
//!   failed. If stops have a grace, two more reports may follow: that it begins, and that the resource was stopped.
//! - Nobody is blamed for what another did.
//!
//! `HISTORIES` sets how many histories there are, `HISTORIES_FROM` their first seed, and `HISTORY` runs the one of this seed.

pub mod cloud;
mod script;

use std::cell::Cell;
use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tagwarden::policy::Policy;

use self::cloud::Cloud;
use self::script::{Deed, PEOPLE, act, user};
use crate::guard::{Guard, Handled};
use crate::memory::Account;
use crate::policy_file::PolicyFile;
use crate::sweep::{SweepRun, sweep};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:guard";

const POLICY: &str = "version = 1
[abac]
session-tags = 'none'
administrators = ['arn:aws:iam::*:user/admin']
[rules.foreign-project-tag]
[rules.missing-project-tag]
[rules.changed-project-tag]
action = 'tag'
[rules.noncompliant-endpoint-config]
[rules.unapproved-instance-type]
allow = ['ml.m5.*']
";

/// The same policy, in which stops wait.
fn with_graces() -> String {
    let rules = [
        "[rules.foreign-project-tag]\n",
        "[rules.noncompliant-endpoint-config]\n",
        "[rules.unapproved-instance-type]\n",
    ];
    rules.iter().fold(POLICY.to_owned(), |policy, rule| policy.replace(rule, &format!("{rule}grace-minutes = 20\n")))
}

/// How many histories there are, unless somebody wants more.
const HISTORIES: u64 = 10_000;

/// What can fail. From [`REMEMBERING`] on, it is what Tagwarden remembers by.
const VERBS: [&str; 17] = [
    "stop",
    "describe",
    "tags",
    "tags-of",
    "add-tags",
    "list",
    "history",
    "checkpoint",
    "count-stop",
    "add-change",
    "add-config",
    "publish",
    "claim",
    "complete",
    "give-back",
    "ledger",
    "remember",
];

const REMEMBERING: usize = 9;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW.get()).expect("a time")
}

/// What happens next.
enum Step {
    Act,
    Deliver { payload: String, attempt: u32, deed: usize },
    Sweep,
}

/// A history, and what came of it.
struct History {
    guard: Guard<Account>,
    random: Rng,
    steps: BTreeMap<(Timestamp, usize), Step>,
    deeds: Vec<Deed>,
    /// The deeds of which Tagwarden has heard in the end, by a record.
    heard: Vec<usize>,
    /// The deeds that CloudTrail's history does not show.
    lost: Vec<usize>,
    is_calm: bool,
    /// Whether stops have a grace.
    has_graces: bool,
    /// Whether the table fails, too. Rather than not at all, Tagwarden reports twice then.
    forgets: bool,
}

impl History {
    fn new(seed: u64) -> Self {
        let account = Account::default();
        for (name, project) in PEOPLE {
            account.state().tags.insert(user(name), project.map(|project| ("Project", project)).into_iter().collect());
        }
        account.state().cloud = Some(Cloud::default());
        let has_graces = seed % 4 >= 2;
        let policy = if has_graces { with_graces() } else { POLICY.to_owned() };
        let policy = PolicyFile::fixed(Policy::parse(&policy).expect("a valid policy"));
        let guard = Guard::new("guard".to_owned(), policy, account, |_| ()).with_clock(now);
        Self {
            guard,
            random: Rng::with_seed(seed),
            steps: BTreeMap::new(),
            deeds: Vec::new(),
            heard: Vec::new(),
            lost: Vec::new(),
            is_calm: false,
            has_graces,
            forgets: seed % 2 == 1,
        }
    }

    fn at(&mut self, time: Timestamp, step: Step) {
        // What happens in the same second happens in any order.
        let number = self.random.usize(..);
        self.steps.insert((time, number), step);
    }

    async fn run(&mut self) {
        let start: Timestamp = "2026-03-02T08:00:00Z".parse().expect("a time");
        let mut time = start;
        for _ in 0..20 + self.random.usize(..20) {
            let pause = [0, 1, 7, 30, 120, 600][self.random.usize(..6)];
            time += SignedDuration::from_secs(pause);
            self.at(time, Step::Act);
        }
        for hour in 1..=4 {
            self.at(start + HOUR * hour, Step::Sweep);
        }
        self.finish().await;
        // Calm returns: nothing fails, and the next two sweeps find the rest.
        self.is_calm = true;
        for hour in 1..=2 {
            self.at(start + HOUR * (60 + hour), Step::Sweep);
        }
        self.finish().await;
    }

    async fn finish(&mut self) {
        while let Some(((time, _), step)) = self.steps.pop_first() {
            NOW.set(time.as_second());
            self.guard.ports().state().cloud.as_mut().expect("a cloud").now = time;
            match step {
                Step::Act => self.act(time),
                Step::Deliver { payload, attempt, deed } => self.deliver(payload, attempt, deed).await,
                Step::Sweep => {
                    self.unsettle(false);
                    let run = SweepRun { due: time, deadline: Timestamp::MAX, function_arn: FUNCTION };
                    // A sweep that fails is tried again by the next one.
                    let _ = sweep(&self.guard, run).await;
                }
            }
        }
    }

    /// Lets some calls fail until the next step.
    fn unsettle(&mut self, is_sure: bool) {
        let mut failing = Vec::new();
        if !self.is_calm && !is_sure && self.random.usize(..4) == 0 {
            let verbs = if self.forgets { &VERBS[..] } else { &VERBS[..REMEMBERING] };
            failing.extend((0..1 + self.random.usize(..2)).map(|_| verbs[self.random.usize(..verbs.len())]));
        }
        self.guard.ports().state().failing = failing.into_iter().collect();
    }

    fn act(&mut self, time: Timestamp) {
        let number = self.deeds.len();
        let mut state = self.guard.ports().state();
        let cloud = state.cloud.as_mut().expect("a cloud");
        let Some(deed) = act(cloud, &mut self.random, time, number) else { return };
        let (record, state_change) = (deed.event.to_string(), deed.state.clone());
        // CloudTrail's history may lack a record, too.
        match self.random.usize(..20) {
            0 => self.lost.push(number),
            _ => state.history.push(deed.event["detail"].to_string()),
        }
        drop(state);
        self.deeds.push(deed);
        // If nothing says what an administrator did, nobody but the administrator knows whose the resource is.
        let is_sure = self.deeds[number].actor == "admin";
        let deliveries = if is_sure { 1 } else { [1, 1, 1, 1, 1, 1, 0, 0, 2, 3][self.random.usize(..10)] };
        for _ in 0..deliveries {
            let late = if is_sure { SignedDuration::ZERO } else { self.delay() };
            self.at(time + late, Step::Deliver { payload: record.clone(), attempt: 1, deed: number });
        }
        if let Some(state) = state_change.filter(|_| self.random.usize(..3) > 0) {
            let late = self.delay();
            self.at(time + late, Step::Deliver { payload: state.to_string(), attempt: 1, deed: number });
        }
    }

    fn delay(&mut self) -> SignedDuration {
        SignedDuration::from_secs([2, 5, 20, 60, 300, 1200, 4000, 90_000][self.random.usize(..8)])
    }

    async fn deliver(&mut self, payload: String, attempt: u32, deed: usize) {
        self.unsettle(self.deeds[deed].actor == "admin");
        let handled = match self.guard.deliver(&payload, FUNCTION).await {
            Ok(Handled::Messages(failed)) if !failed.batch_item_failures.is_empty() => {
                Err("a message failed".to_owned())
            }
            handled => handled.map(drop),
        };
        let postponed = std::mem::take(&mut self.guard.ports().state().postponed);
        let waiting = std::mem::take(&mut self.guard.ports().state().waiting);
        let is_postponed = !postponed.is_empty();
        let postponed =
            postponed.into_iter().map(|(event, attempt, delay)| (event, "attempt", attempt.to_string(), delay));
        let waiting = waiting.into_iter().map(|(event, grace, delay)| (event, "grace", grace.to_string(), delay));
        for (event, name, value, delay) in postponed.chain(waiting) {
            let attributes = json!({name: {"stringValue": value, "dataType": "String"}});
            let message =
                json!({"messageId": "m", "eventSource": "aws:sqs", "body": event, "messageAttributes": attributes});
            let payload = json!({"Records": [message]}).to_string();
            self.at(now() + delay, Step::Deliver { payload, attempt: 1, deed });
        }
        match handled {
            Ok(()) if payload.contains("AWS API Call via CloudTrail") && !is_postponed => self.heard.push(deed),
            Ok(()) => {}
            // Lambda's retries come after one minute and after two more.
            Err(_) if attempt < 3 => {
                let later = now() + SignedDuration::from_mins(attempt.into());
                self.at(later, Step::Deliver { payload, attempt: attempt + 1, deed });
            }
            // Somebody redrives the message of the on-failure queue, or nobody does.
            Err(_) if attempt == 3 && self.random.usize(..2) == 0 => {
                let later = now() + self.delay();
                let payload = json!({"requestPayload": serde_json::from_str::<Value>(&payload).expect("JSON"),
                    "requestContext": {"functionArn": FUNCTION}});
                self.at(later, Step::Deliver { payload: payload.to_string(), attempt: 4, deed });
            }
            Err(_) => {}
        }
    }

    /// The laws that the history broke.
    fn broken(&self) -> Vec<String> {
        let state = self.guard.ports().state();
        let cloud = state.cloud.as_ref().expect("a cloud");
        let mut broken = cloud.broken.clone();
        let (mut reports, mut violations) = (vec![0_usize; self.deeds.len()], vec![0_usize; self.deeds.len()]);
        for message in &state.messages {
            let (_, record) = message.texts.iter().find(|(protocol, _)| *protocol == "sqs").expect("a record");
            let record: Value = serde_json::from_str(record).expect("JSON");
            let Some(number) = self.deed_of(&record) else {
                broken.push(format!("an alert is about nothing that happened: {record}"));
                continue;
            };
            let deed = &self.deeds[number];
            let fails = record["findings"].as_array().into_iter().flatten().any(|finding| finding["outcome"] == "fail");
            let blamed = record["principal"]["arn"].as_str();
            if fails && !deed.is_wrong && !deed.is_odd && !self.is_one_of_many(deed) && blamed.is_some() {
                broken.push(format!("{blamed:?} is blamed for {deed:?}: {record}"));
            }
            if blamed.is_some_and(|blamed| blamed != user(deed.actor)) {
                broken.push(format!("{blamed:?} is blamed instead of {}: {record}", deed.actor));
            }
            reports[number] += 1;
            // That it is not known yet, or that an action failed, is said as well.
            violations[number] += usize::from(fails && !message.subject.contains("ACTION FAILED"));
        }
        for (number, deed) in self.deeds.iter().enumerate() {
            let exists =
                |thing: &&cloud::Thing| thing.arn() == deed.arn && !thing.ended && is_at(thing.created, deed.at);
            let exists = cloud.things.iter().any(|thing| exists(&thing));
            let is_heard = self.heard.contains(&number);
            let is_found = match deed.event_name {
                // Whoever does not know whose a resource was cannot know that it was stolen.
                "AddTags" => {
                    let is_known = self.creation_of(deed).is_some_and(|created| self.heard.contains(&created));
                    is_heard && is_known && !self.is_replaced(deed) && !self.forgets
                }
                _ if deed.state.is_some() => is_heard || exists && !self.lost.contains(&number),
                _ => is_heard,
            };
            let must_be_reported =
                deed.is_wrong && !deed.is_odd && is_found && !self.is_hidden(deed) && !self.is_one_of_many(deed);
            if must_be_reported && reports[number] == 0 {
                broken.push(format!("not reported: {deed:?}"));
            }
            if violations[number] > if self.has_graces { 4 } else { 2 } && !self.forgets {
                broken.push(format!("reported {} times: {deed:?}", violations[number]));
            }
        }
        broken
    }

    /// Whether the resource's name was given again. What came late is then not known to be about it.
    fn is_replaced(&self, deed: &Deed) -> bool {
        self.deeds.iter().any(|other| other.state.is_some() && other.arn == deed.arn && other.at > deed.at)
    }

    /// Whether the resource was tagged more than once in that second: CloudTrail does not say in which order.
    fn is_one_of_many(&self, deed: &Deed) -> bool {
        let tags = |other: &&Deed| other.event_name.ends_with("Tags") && other.arn == deed.arn && other.at == deed.at;
        deed.event_name.ends_with("Tags") && self.deeds.iter().filter(tags).count() > 1
    }

    /// Whether somebody has tagged the configuration since it was used. If Tagwarden did not know whose it was, it saw the tags of today,
    /// and they make nobody guilty.
    fn is_hidden(&self, deed: &Deed) -> bool {
        let config = deed.event["detail"]["requestParameters"]["endpointConfigName"].as_str();
        let Some(config) = config.filter(|_| deed.event_name.ends_with("Endpoint")) else { return false };
        let arn = cloud::Kind::Config.arn(config);
        let tagged = |other: &Deed| other.event_name.ends_with("Tags") && other.arn == arn && other.at >= deed.at;
        self.deeds
            .iter()
            .any(|other| tagged(other) || other.is_wrong && other.arn == arn && other.event_name == "AddTags")
    }

    /// The creation of the resource that a deed is about.
    fn creation_of(&self, deed: &Deed) -> Option<usize> {
        let creates = |other: &Deed| other.state.is_some() && other.arn == deed.arn && other.at <= deed.at;
        self.deeds.iter().rposition(creates)
    }

    /// The deed that a report is about.
    fn deed_of(&self, record: &Value) -> Option<usize> {
        let time: Timestamp = record["event_time"].as_str()?.parse().ok()?;
        self.deeds.iter().position(|deed| {
            record["event_name"] == deed.event_name
                && record["resource"]["arn"] == deed.arn.as_str()
                && is_at(time, deed.at)
                && record["event_id"]
                    .as_str()
                    .is_none_or(|id| !id.starts_with("event-") || deed.event["detail"]["eventID"] == id)
        })
    }
}

fn is_at(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() <= SignedDuration::from_secs(5)
}

fn run(seed: u64) -> (History, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut history = History::new(seed);
    runtime.block_on(history.run());
    let broken = history.broken();
    (history, broken)
}

#[test]
#[expect(clippy::print_stdout, reason = "whoever runs more histories reads what came of them")]
fn no_history_breaks_a_law() {
    if let Some(seed) = std::env::var("HISTORY").ok().and_then(|seed| seed.parse().ok()) {
        let (history, broken) = run(seed);
        for deed in &history.deeds {
            println!(
                "{} {} {} {} wrong={} {}",
                deed.at,
                deed.actor,
                deed.event_name,
                deed.arn,
                deed.is_wrong,
                deed.event["detail"]["requestParameters"]
            );
        }
        for entry in &history.guard.ports().state().journal {
            println!("  {entry}");
        }
        assert!(broken.is_empty(), "{broken:#?}");
        return;
    }
    let count = std::env::var("HISTORIES").ok().and_then(|count| count.parse().ok()).unwrap_or(HISTORIES);
    let (mut changed, mut messages, mut wrong) = ([0; 3], 0, 0);
    let from = std::env::var("HISTORIES_FROM").ok().and_then(|from| from.parse().ok()).unwrap_or(0);
    for seed in from..from + count {
        let (history, broken) = run(seed);
        assert!(broken.is_empty(), "history {seed} breaks: {broken:#?}");
        let state = history.guard.ports().state();
        let cloud = state.cloud.as_ref().expect("a cloud");
        changed.iter_mut().zip(cloud.changed).for_each(|(all, one)| *all += one);
        messages += state.messages.len();
        wrong += history.deeds.iter().filter(|deed| deed.is_wrong).count();
    }
    let [stopped, rolled_back, tagged] = changed;
    println!(
        "{count} histories: {wrong} violations, {messages} alerts, {stopped} stopped, {rolled_back} rolled back, {tagged} tagged"
    );
    // Laws that nothing can break say nothing.
    assert!(changed.iter().all(|changes| *changes as u64 > count / 1000), "{changed:?}");
}
