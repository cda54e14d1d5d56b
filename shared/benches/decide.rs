//! How long a decision takes: from the JSON text of an event to verdicts, with all rules on, under a policy with one tag and one
//! with five. Beside it, in the same run, what reading the text costs by itself.
//!
//! `cargo bench -p tagwarden`

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up should say so and end")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::Deserialize;
use tagwarden::decide::{Verdict, decide_record, decide_role};
use tagwarden::evidence::Evidence;
use tagwarden::policy::Policy;
use tagwarden::record::documents::{self, Item};
use tagwarden::rules::RULES;

const EVENT: &str = include_str!("../../events/CreateTrainingJob.compliant.json");
const IAM: &str = include_str!("../../events/iam.json");

/// The record of the sample event, as CloudTrail writes it: without white space.
fn record() -> String {
    let envelope: serde_json::Value = serde_json::from_str(EVENT).expect("the sample is JSON");
    envelope.get("detail").expect("the sample is an envelope").to_string()
}

fn evidence() -> Evidence {
    let mut evidence = Evidence::new("");
    documents::split(IAM, &mut |_, item| {
        if let Ok(Item::AuthorizationDetails(details) | Item::ResourceTags(details)) = item {
            evidence.add_page(&details);
        }
    });
    evidence
}

/// A policy in which every rule is on, and which the sample keeps, with these further tags.
fn policy(tags: &str) -> Policy {
    let tables: String = RULES.iter().map(|rule| rule.example_table()).collect();
    let text = format!("version = 1\n{tables}[personas.data-scientist]\noperations = ['CreateTrainingJob']\n{tags}");
    Policy::parse(&text).expect("the policy is valid")
}

/// Four further tags.
const FOUR_MORE: &str = "[tags.CostCenter]\nrequired = true\nmatch = 'principal'\nvalues = ['4*']\n\
    [tags.Environment]\nrequired = true\nvalues = ['dev', 'prod']\n[tags.Owner]\nrequired = true\n\
    [tags.DataClassification]\nrequired = true\nvalues = ['public', 'internal']\n";

/// The same record with all of these tags: the sample has two.
fn tagged(record: &str) -> String {
    const COST_CENTER: &str = r#"{"key":"CostCenter","value":"4711"}"#;
    const MORE: &str = r#",{"key":"Environment","value":"dev"},{"key":"Owner","value":"ana"},
        {"key":"DataClassification","value":"internal"}"#;
    assert!(record.contains(COST_CENTER), "the sample has the tag");
    record.replace(COST_CENTER, &format!("{COST_CENTER}{MORE}"))
}

/// What three rules would need, typed by hand: as fast as reading with serde gets.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading is what is measured")]
struct ByHand<'a> {
    #[serde(borrow)]
    event_name: &'a str,
    request_parameters: Request<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading is what is measured")]
struct Request<'a> {
    #[serde(borrow)]
    resource_config: Resources<'a>,
    enable_network_isolation: bool,
    tags: Vec<Tag<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading is what is measured")]
struct Resources<'a> {
    instance_type: &'a str,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading is what is measured")]
struct Tag<'a> {
    key: &'a str,
    value: &'a str,
}

fn bench(criterion: &mut Criterion) {
    let (record, evidence) = (record(), evidence());
    let judged =
        [("all rules", policy(""), record.clone()), ("all rules and five tags", policy(FOUR_MORE), tagged(&record))];

    let mut group = criterion.benchmark_group("one event");
    group.throughput(Throughput::Bytes(record.len() as u64));
    for (name, policy, record) in &judged {
        let decision = decide_record(record, policy, &evidence).expect("the sample is a record");
        assert_eq!(decision.verdict, Verdict::Compliant, "{:?}", decision.findings);
        group.bench_function(format!("text to verdicts, {name}"), |bencher| {
            bencher.iter(|| decide_record(black_box(record), policy, &evidence));
        });
    }
    group.bench_function("text to borrowed tree", |bencher| {
        bencher.iter(|| serde_json::from_str::<tagwarden::record::json::Value>(black_box(&record)));
    });
    group.bench_function("text to serde_json::Value", |bencher| {
        bencher.iter(|| serde_json::from_str::<serde_json::Value>(black_box(&record)));
    });
    group.bench_function("text to typed struct of three rules", |bencher| {
        bencher.iter(|| serde_json::from_str::<ByHand>(black_box(&record)));
    });
    group.finish();

    // The sample's role that has `AmazonSageMakerFullAccess`.
    let wide = evidence.roles().into_iter().find(|arn| arn.contains("AmazonSageMaker-")).expect("the role");
    let all = policy("");
    let mut group = criterion.benchmark_group("one role");
    group.bench_function("FullAccess, by all rules on roles", |bencher| {
        bencher.iter(|| decide_role(black_box(wide), &["eu-west-1"], None, &all, &evidence));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
