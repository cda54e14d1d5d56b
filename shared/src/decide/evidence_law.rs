//! The law of evidence: whatever is missing of what was recorded, a verdict is true or unknown, or a missing record contradicts what
//! the verdict had to assume: that nothing changed between the nearest evidence and the call.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::{Verdict, decide};
use crate::evidence::Evidence;
use crate::policy::Policy;
use crate::record::Call;
use crate::record::json::Value;

const PROJECTS: [Option<&str>; 3] = [None, Some("atlas"), Some("borealis")];

/// What somebody does to the role. Impossible steps are left out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Create(Option<&'static str>),
    Tag(&'static str),
    Untag,
    Delete,
}

/// A change of the role: when, by which call, and the role afterwards.
#[derive(Clone, Debug)]
struct Change {
    at: usize,
    step: Step,
    after: Option<Role>,
}

#[derive(Clone, Debug)]
struct Role {
    id: usize,
    created: usize,
    project: Option<&'static str>,
}

/// Changes happen in even seconds; calls are made, and data is taken, in odd ones.
fn history(steps: &[Step]) -> Vec<Change> {
    let (mut role, mut id): (Option<Role>, _) = (None, 0);
    let mut changes = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let at = 2 * index;
        role = match (role.clone(), *step) {
            (None, Step::Create(project)) => {
                id += 1;
                Some(Role { id, created: at, project })
            }
            (Some(role), Step::Tag(project)) => Some(Role { project: Some(project), ..role }),
            (Some(role), Step::Untag) => Some(Role { project: None, ..role }),
            (Some(_), Step::Delete) => None,
            _ => continue,
        };
        changes.push(Change { at, step: *step, after: role.clone() });
    }
    changes
}

fn at(changes: &[Change], second: usize) -> Option<&Role> {
    changes.iter().rev().find(|change| change.at <= second)?.after.as_ref()
}

fn time(second: usize) -> String {
    format!("2026-03-02T09:{:02}:{:02}Z", second / 60, second % 60)
}

fn tags(project: Option<&str>, [key, value]: [&str; 2]) -> serde_json::Value {
    project.map(|project| serde_json::json!({key: "Project", value: project})).into_iter().collect()
}

fn change_record(change: &Change) -> String {
    let id = |role: &Option<Role>| role.as_ref().map(|role| format!("AROA{}", role.id));
    let (name, request, response) = match change.step {
        Step::Create(project) => (
            "CreateRole",
            serde_json::json!({"roleName": "Train", "tags": tags(project, ["key", "value"])}),
            serde_json::json!({"role": {"roleId": id(&change.after)}}),
        ),
        Step::Tag(project) => (
            "TagRole",
            serde_json::json!({"roleName": "Train", "tags": tags(Some(project), ["key", "value"])}),
            serde_json::Value::Null,
        ),
        Step::Untag => {
            ("UntagRole", serde_json::json!({"roleName": "Train", "tagKeys": ["Project"]}), serde_json::Value::Null)
        }
        Step::Delete => ("DeleteRole", serde_json::json!({"roleName": "Train"}), serde_json::Value::Null),
    };
    serde_json::json!({
        "eventSource": "iam.amazonaws.com", "eventName": name, "eventTime": time(change.at),
        "recipientAccountId": "111122223333", "requestParameters": request, "responseElements": response,
    })
    .to_string()
}

fn session_record(project: Option<&str>) -> String {
    serde_json::json!({
        "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "eventTime": time(0),
        "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/Train", "tags": tags(project, ["key", "value"])},
        "responseElements": {"credentials": {"accessKeyId": "ASIA1"}},
    })
    .to_string()
}

fn iam_data(role: Option<&Role>) -> String {
    let roles: Vec<_> = role
        .map(|role| {
            serde_json::json!({
                "Arn": "arn:aws:iam::111122223333:role/Train", "RoleId": format!("AROA{}", role.id),
                "CreateDate": time(role.created), "Tags": tags(role.project, ["Key", "Value"]),
            })
        })
        .into_iter()
        .collect();
    serde_json::json!({"RoleDetailList": roles}).to_string()
}

/// A launch by the role, for `atlas`; the role's own project decides.
fn launch_by(role: &Role, second: usize) -> String {
    serde_json::json!({
        "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateModel", "eventTime": time(second),
        "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
        "userIdentity": {
            "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Train/ana", "accessKeyId": "ASIA1",
            "principalId": format!("AROA{}:ana", role.id),
            "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/Train"}},
        },
        "requestParameters": {"modelName": "m", "tags": tags(Some("atlas"), ["key", "value"])},
    })
    .to_string()
}

/// A launch by somebody else, who passes the role.
fn launch_with(second: usize) -> String {
    serde_json::json!({
        "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateModel", "eventTime": time(second),
        "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "userIdentity": {"type": "Root"},
        "requestParameters": {
            "modelName": "m", "tags": tags(Some("atlas"), ["key", "value"]),
            "executionRoleArn": "arn:aws:iam::111122223333:role/Train",
        },
    })
    .to_string()
}

/// What the tags of a role mean for its launch.
const BY_TAGS: &str =
    "version = 1\n[abac]\nsession-tags = 'MODE'\n[rules.foreign-project-tag]\n[rules.untagged-principal]";

/// What the tags of a passed role mean for a launch.
const PASSED: &str = "version = 1\n[rules.foreign-execution-role]\nuntagged = 'alert'";

fn judge(policy: &str, evidence: &Evidence, launch: &str) -> Verdict {
    let record: Value = serde_json::from_str(launch).expect("JSON");
    decide(&Call::read(&record).expect("a record"), &Policy::parse(policy).expect("a policy"), evidence).verdict
}

fn truth(project: Option<&str>) -> Verdict {
    if project == Some("atlas") { Verdict::Compliant } else { Verdict::Violation }
}

/// Whether a missing change contradicts what has to be assumed: that the nearest evidence of the role before the call still held or, if
/// there is none, that IAM's data of a later time held already. Evidence of another role of that name is none.
fn is_contradicted(changes: &[Change], kept: &[usize], taken: Option<usize>, call: usize, id: Option<usize>) -> bool {
    let missing = |from: usize, to: usize| {
        let mut missing = changes.iter().enumerate().filter(|(index, _)| !kept.contains(index));
        missing.any(|(_, change)| from < change.at && change.at <= to)
    };
    let kept: Vec<_> = kept.iter().filter_map(|index| changes.get(*index)).filter(|change| change.at <= call).collect();
    let data = taken.and_then(|taken| Some((taken, at(changes, taken)?)));
    let data = data.filter(|(_, role)| id.map_or(role.created <= call, |id| role.id == id));
    let mut creations = kept.iter().filter(|change| matches!(change.step, Step::Create(_)));
    let created = |change: &&&Change| change.after.as_ref().map(|role| role.id);
    let own = creations.clone().find(|change| id.is_some() && created(change) == id).map(|change| change.at);
    let since = own.or(data.map(|(_, role)| role.created)).unwrap_or_default();
    if id.is_some() && creations.rfind(|change| change.at >= since).is_some_and(|last| created(&last) != id) {
        return false;
    }
    let records = kept.iter().map(|change| change.at).filter(|at| *at >= since);
    let taken = data.map(|(taken, _)| taken);
    match (records.chain(taken).filter(|at| *at <= call).max(), taken) {
        (Some(before), _) => missing(before, call),
        (None, Some(taken)) => missing(call, taken),
        (None, None) => false,
    }
}

fn step() -> impl Strategy<Value = Step> {
    let project = prop::sample::select(vec!["atlas", "borealis"]);
    prop_oneof![
        4 => prop::sample::select(PROJECTS.to_vec()).prop_map(Step::Create),
        3 => project.prop_map(Step::Tag),
        1 => Just(Step::Untag),
        3 => Just(Step::Delete),
    ]
}

/// A history, and which of its records are there.
fn histories() -> impl Strategy<Value = (Vec<Change>, Vec<usize>)> {
    prop::collection::vec(step(), 1..7).prop_flat_map(|steps| {
        let changes = history(&steps);
        let all: Vec<_> = (0..changes.len()).collect();
        let kept =
            prop_oneof![1 => Just(all.clone()), 1 => Just(Vec::new()), 3 => subsequence(all.clone(), 0..=all.len())];
        (Just(changes), kept)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_is_missing_never_makes_a_verdict_false(
        (changes, kept) in histories(),
        call in 0..7_usize,
        taken in prop::option::of(0..8_usize),
        is_dated in any::<bool>(),
        session in prop::option::of(prop::sample::select(PROJECTS.to_vec())),
        mode in prop::sample::select(vec!["none", "optional", "required"]),
    ) {
        // Data without a date is of the time after all records.
        let end = 2 * 7 + 1;
        let (call, taken) = (2 * call + 1, taken.map(|taken| if is_dated { 2 * taken + 1 } else { end }));
        let Some(role) = at(&changes, call) else { return Ok(()) };
        let mut evidence = Evidence::new("");
        for change in kept.iter().filter_map(|index| changes.get(*index)) {
            let record = change_record(change);
            let record: Value = serde_json::from_str(&record).expect("JSON");
            evidence.learn(&Call::read(&record).expect("a record"));
        }
        if let Some(taken) = taken {
            let data = iam_data(at(&changes, taken));
            evidence.add_page(&serde_json::from_str(&data).expect("JSON"));
            evidence.as_of = is_dated.then(|| time(taken).parse().expect("a time"));
        }
        let is_complete = kept.len() == changes.len();

        let passed = judge(PASSED, &evidence, &launch_with(call));
        let is_contradicted = |id| is_contradicted(&changes, &kept, taken, call, id);
        let may_be = |verdict, truth, id| verdict == truth || verdict == Verdict::Unknown || is_contradicted(id);
        prop_assert!(may_be(passed, truth(role.project), None), "{passed:?} of a passed role");
        prop_assert!(passed == truth(role.project) || !is_complete, "{passed:?} of a passed role, with all records");

        if let Some(session) = session {
            let record = session_record(session);
            let record: Value = serde_json::from_str(&record).expect("JSON");
            evidence.learn(&Call::read(&record).expect("a record"));
        }
        let project = session.flatten().filter(|_| mode != "none").or(role.project);
        let by_tags = judge(&BY_TAGS.replace("MODE", mode), &evidence, &launch_by(role, call));
        prop_assert!(may_be(by_tags, truth(project), Some(role.id)), "{by_tags:?}");
        let is_known = is_complete && (mode != "required" || session.is_some());
        prop_assert!(by_tags == truth(project) || !is_known, "{by_tags:?} with all records");
    }
}
