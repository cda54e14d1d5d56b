//! Real work, request by request: the rendered policies let it through and deny what must not be, and `check` agrees.
//!
//! The data is in `tests/prevent`: its README.md says how to read and write it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use tagwarden::operations::Operation;
use tagwarden::rules::RULES;
use tagwarden_tests::simulator::Simulator;
use tagwarden_tests::{list, tagwarden_with_input};

use crate::cases::record;
use crate::organisation::{Organisation, REGION, arn, assert_keys, folder, read, table, tags_of, text, texts};

/// One request of a journey.
struct Step {
    who: String,
    /// The record that it leaves, if it is a call of SageMaker that CloudTrail records as a management event.
    record: Option<Value>,
    /// What the simulator is asked.
    question: Value,
    /// What denies it. Empty: it is allowed.
    denied_by: BTreeSet<String>,
    /// What `check` says of its record: rules that fail, and with a `?` rules that cannot decide.
    reports: BTreeSet<String>,
    /// The resources that exist before it, with their tags.
    owned: Map<String, Value>,
}

/// A piece of real work.
pub struct Journey {
    name: String,
    steps: Vec<Step>,
}

impl Journey {
    fn read(path: &Path, organisation: &Organisation) -> Self {
        let file = read(path);
        assert_keys(&file, &["title", "owners", "steps"]);
        let mut owned: Map<String, Value> =
            table(&file["owners"]).map(|(path, owner)| (arn(path), tags_of(owner))).collect();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let steps = list(&file["steps"]).iter().enumerate();
        let steps = steps.map(|(index, step)| Step::read(step, index, organisation, &mut owned)).collect();
        Self { name, steps }
    }

    /// All journeys, in order of their names.
    pub fn all(organisation: &Organisation) -> Vec<Self> {
        let files = fs::read_dir(folder().join("journeys")).expect("a folder");
        let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path, organisation)).collect()
    }

    /// What the simulator is asked.
    pub fn questions(self) -> impl Iterator<Item = Value> {
        self.steps.into_iter().map(|step| step.question)
    }
}

impl Step {
    fn read(step: &Value, index: usize, organisation: &Organisation, owned: &mut Map<String, Value>) -> Self {
        #[rustfmt::skip]
        assert_keys(step, &[
            "who", "why", "call", "like", "with", "without", "makes", "action", "resource", "context", "denied-by", "reports",
        ]);
        let who = text(step, "who").to_owned();
        assert!(organisation.people[&who].is_object(), "nobody is `{who}`");
        let set = |key: &str| texts(&step[key]).into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        let denied_by = set("denied-by");
        let is_rule = |name: &&String| RULES.iter().any(|rule| rule.id == **name);
        let reports = if step["reports"].is_array() {
            set("reports")
        } else {
            denied_by.iter().filter(is_rule).cloned().collect()
        };
        let mut question = json!({"id": index, "policies": who, "principal": organisation.principal(&who), "resources": owned, "explain": true});
        let record = step["call"].as_str().map(|call| {
            let mut record = record(call, &request(step, &organisation.requests));
            if let Some(path) = step["makes"].as_str() {
                let member =
                    Operation::named(call).and_then(|operation| operation.resource_arn).expect("it makes something");
                record["responseElements"] = json!({member: arn(path)});
            }
            record["userIdentity"] = organisation.identity(&who);
            record["eventID"] = json!(index.to_string());
            record["eventTime"] = json!(format!("2026-03-02T09:{:02}:{:02}Z", index / 60, index % 60));
            record
        });
        match &record {
            Some(record) => question["record"] = record.clone(),
            None => {
                let (action, resource) = (text(step, "action"), arn(text(step, "resource")));
                let mut context =
                    json!({"aws:RequestedRegion": resource.split(':').nth(3).filter(|region| !region.is_empty())});
                if context["aws:RequestedRegion"].is_null() {
                    context["aws:RequestedRegion"] = json!(REGION);
                }
                table(&step["context"]).for_each(|(key, value)| context[key] = value.clone());
                question["request"] = json!({"action": action, "resource": resource, "context": context});
            }
        }
        let before = owned.clone();
        if let (Some(path), Some(record)) = (step["makes"].as_str(), &record) {
            let tags = record["requestParameters"]["tags"].as_array().into_iter().flatten();
            let tags: Map<_, _> = tags.map(|tag| (text(tag, "key").to_owned(), tag["value"].clone())).collect();
            owned.insert(arn(path), json!(tags));
        }
        Self { who, record, question, denied_by, reports, owned: before }
    }
}

/// The `requestParameters` of a step: those of the request that it is `like`, with and without some members.
fn request(step: &Value, requests: &Value) -> Value {
    let mut request = match step["like"].as_str() {
        Some(name) => {
            assert!(requests[name].is_object(), "no request `{name}`");
            requests[name].clone()
        }
        None => json!({}),
    };
    for (path, value) in table(&step["with"]) {
        let place = path.split('.').fold(&mut request, |place, name| match name.parse::<usize>() {
            Ok(index) => &mut place[index],
            Err(_) => &mut place[name],
        });
        *place = value.clone();
    }
    for path in texts(&step["without"]) {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        let parent =
            parent.split('.').filter(|name| !name.is_empty()).fold(&mut request, |place, name| &mut place[name]);
        let gone = parent.as_object_mut().expect(path).remove(name);
        assert!(gone.is_some(), "`{path}` is not there: {step:#}");
    }
    request
}

/// What denies a request, by the simulator's answer: rules and guardrails, `identity`, `boundary`.
fn reasons(answer: &Value) -> BTreeSet<String> {
    let name = |kind: &str, sid: &str| match kind {
        "scp" => origin(sid),
        "pb" => "boundary".to_owned(),
        kind => kind.to_owned(),
    };
    let of = |denied: &Value| {
        let explicit = texts(&denied["kinds"]).into_iter().zip(texts(&denied["by"]));
        let explicit: Vec<_> = explicit.map(|(kind, sid)| name(kind, sid)).collect();
        // Keys and roles have policies of their own, which these say nothing of.
        let implicit = texts(&denied["implicit"]).into_iter().filter(|kind| *kind != "other-account");
        explicit.into_iter().chain(implicit.map(|kind| name(kind, ""))).collect::<Vec<_>>()
    };
    list(&answer["denied"]).iter().flat_map(of).collect()
}

/// The name of the rule or guardrail of a statement, by the statement's name.
pub fn origin(sid: &str) -> String {
    let name = sid.trim_end_matches(|c: char| c.is_ascii_digit());
    let words = name.chars().flat_map(|c| {
        let dash = c.is_ascii_uppercase().then_some('-');
        dash.into_iter().chain([c.to_ascii_lowercase()])
    });
    words.collect::<String>().trim_start_matches('-').to_owned()
}

#[test]
fn real_work_gets_through_and_misuse_does_not() {
    let organisation = Organisation::read();
    let documents = organisation.documents();
    // Statements that are told apart by their rules: rendered ones may stand for several.
    let plain = organisation.statements();
    let journeys = Journey::all(&organisation);
    let steps: Vec<_> =
        journeys.iter().flat_map(|journey| journey.steps.iter().map(move |step| (journey, step))).collect();
    let mut simulator = Simulator::start();
    let people: Vec<_> = table(&organisation.people).map(|(who, _)| (who, organisation.define(who))).collect();
    let mut ask = |scps: &[Value]| {
        let under_scps = |(who, own): &(&String, Value)| {
            let mut line = own.clone();
            if organisation.is_restricted(who) {
                line["scps"] = json!(scps);
            }
            line
        };
        let lines: Vec<_> = people.iter().map(under_scps).collect();
        for (line, answer) in lines.iter().zip(simulator.ask(&lines)) {
            assert_eq!(answer, json!({"defined": line["define"]}));
        }
        simulator.ask(&steps.iter().map(|(_, step)| step.question.clone()).collect::<Vec<_>>())
    };
    let (answers, explained) = (ask(&documents), ask(&plain));

    let mut problems = Vec::new();
    for (((journey, step), answer), plain) in steps.iter().zip(&answers).zip(&explained) {
        let asked = step.record.as_ref().map_or(&step.question["request"], |record| &record["eventName"]);
        let mut problem = |what: String| problems.push(format!("{}: {} {asked}: {what}", journey.name, step.who));
        if !answer["error"].is_null() || !answer["ignored"].is_null() {
            problem(format!("{answer}"));
            continue;
        }
        let reasons = reasons(plain);
        if answer["allowed"] != plain["allowed"] {
            problem(format!("the documents say {answer}, the statements {plain}"));
        }
        if reasons.is_empty() != step.denied_by.is_empty() || !step.denied_by.is_subset(&reasons) {
            problem(format!("is denied by {reasons:?}, not by {:?}: {}", step.denied_by, plain["denied"]));
        }
    }
    let checked = checked(&organisation, &journeys);
    for ((journey, step), said) in checked {
        if said != step.reports {
            let record = step.record.as_ref().expect("a record");
            problems.push(format!(
                "{}: {} {}: `check` reports {said:?}, not {:?}",
                journey.name, step.who, record["eventName"], step.reports
            ));
        }
    }
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
    let denied = steps.iter().filter(|(_, step)| !step.denied_by.is_empty()).count();
    println!("{} journeys, {} requests, {denied} of them denied", journeys.len(), steps.len());
    assert!(journeys.len() >= 25 && steps.len() >= 200 && denied * 3 >= steps.len());
}

/// What `check` says of every record: of allowed ones after all that was allowed before, of denied ones as if they had been
/// let through.
fn checked<'j>(
    organisation: &Organisation,
    journeys: &'j [Journey],
) -> Vec<((&'j Journey, &'j Step), BTreeSet<String>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let iam = folder.path().join("iam.json");
    fs::write(&iam, organisation.iam().to_string()).expect("written");
    let iam = iam.to_str().expect("UTF-8");
    let mut checked = Vec::new();
    for journey in journeys {
        // What an administrator said of the resources that were there before.
        let there = journey.steps.first().into_iter().flat_map(|step| &step.owned);
        let mut before: Vec<_> = there.map(|(arn, tags)| organisation.tagging(arn, tags)).collect();
        for step in &journey.steps {
            let Some(record) = &step.record else { continue };
            let is_denied = !step.denied_by.is_empty();
            let input: Vec<_> = before.iter().chain([record]).map(ToString::to_string).collect();
            let args = ["check", "--format", "json", "--policy", "tests/prevent/policy.toml", "--iam", iam, "-"];
            let ran = tagwarden_with_input(&args, input.join("\n").as_bytes());
            let decisions = ran.json_lines();
            let decision = decisions.last().unwrap_or_else(|| panic!("{record:#}\n{}", ran.stderr));
            let said = decision["findings"].as_array().into_iter().flatten().filter_map(|finding| {
                let rule = text(finding, "rule");
                match text(finding, "outcome") {
                    "fail" => Some(rule.to_owned()),
                    "unknown" => Some(format!("{rule}?")),
                    _ => None,
                }
            });
            checked.push(((journey, step), said.collect()));
            if !is_denied {
                before.push(record.clone());
            }
        }
    }
    checked
}
