//! What a stack costs in which nothing happens and nothing optional is on, from `template.yaml`.
//!
//! Prices of us-east-1, without free tiers. Sources: Amazon CloudWatch pricing (an alarm is billed for each metric that it evaluates, a
//! custom metric for the hours in which it is sent), AWS Key Management Service pricing, AWS Lambda pricing.

use jiff::Timestamp;
use serde_json::Value;
use tagwarden::decide::decide;
use tagwarden::evidence::Evidence;
use tagwarden::policy::Policy;
use tagwarden::record::Call;
use tagwarden_functions::telemetry;
use tagwarden_tests::template::{functions, template};
use tagwarden_tests::{event, list};

use crate::generated::table;

const ALARM_METRIC: f64 = 0.10;
const KEY: f64 = 1.00;
const CUSTOM_METRIC: f64 = 0.30;
const REQUEST: f64 = 0.20e-6;
/// A second of a function with 1 GB on x86, which costs more than arm64.
const GB_SECOND: f64 = 0.000_016_666_7;
const HOURS: f64 = 730.0;

/// How long a run takes that finds nothing to do, in seconds, at most.
const RUN: [(&str, f64); 2] = [("send-digests", 0.1), ("sweep", 30.0)];

/// A row of the table, with its price a month.
struct Item {
    what: String,
    count: f64,
    price: f64,
}

/// The table, and its total.
pub fn cost() -> (String, f64) {
    let template = template("template.yaml");
    let resources = template["Resources"].as_object().expect("resources").values();
    let resources: Vec<_> = resources.filter(|resource| resource["Condition"].is_null()).collect();
    let of_type =
        |kind: &str| resources.iter().filter(|resource| resource["Type"] == kind).copied().collect::<Vec<_>>();
    let evaluated = of_type("AWS::CloudWatch::Alarm").into_iter().map(evaluated_metrics).sum::<usize>();
    let mut items = vec![
        Item { what: "metrics that alarms evaluate".to_owned(), count: evaluated as f64, price: ALARM_METRIC },
        Item { what: "KMS keys".to_owned(), count: of_type("AWS::KMS::Key").len() as f64, price: KEY },
        Item { what: "custom metrics".to_owned(), count: metrics_of_compliance() as f64, price: CUSTOM_METRIC },
    ];
    for (binary, _, properties) in functions(&template) {
        let runs: f64 = properties["Events"].as_object().expect("events").values().filter_map(runs_a_month).sum();
        if runs > 0.0 {
            let (_, seconds) = RUN.iter().find(|(name, _)| *name == binary).expect(&binary);
            let globals = &template["Globals"]["Function"]["MemorySize"];
            let megabytes = properties["MemorySize"].as_f64().or(globals.as_f64()).expect("a number");
            let price = REQUEST + seconds * megabytes / 1024.0 * GB_SECOND;
            items.push(Item { what: format!("runs of `{binary}`, of {seconds} s"), count: runs, price });
        }
    }
    let total: f64 = items.iter().map(|item| item.count * item.price).sum();
    let rows = items.iter().map(|item| {
        let unit = if item.price < 0.01 { format!("${:.7}", item.price) } else { format!("${:.2}", item.price) };
        [item.what.clone(), item.count.to_string(), unit, format!("${:.2}", item.count * item.price)]
    });
    let last = ["**total**".to_owned(), String::new(), String::new(), format!("**${total:.2}**")];
    (table(["what", "how many", "each", "a month"], rows.chain([last])), total)
}

/// How many metrics an alarm evaluates.
fn evaluated_metrics(alarm: &Value) -> usize {
    let metrics = alarm["Properties"]["Metrics"].as_array();
    metrics.map_or(1, |metrics| metrics.iter().filter(|metric| metric["MetricStat"].is_object()).count())
}

/// How often a schedule runs in a month.
fn runs_a_month(event: &Value) -> Option<f64> {
    let rate = event["Properties"]["Schedule"].as_str()?;
    Some(match rate {
        "rate(1 minute)" => HOURS * 60.0,
        "rate(1 hour)" => HOURS,
        other => panic!("how often is `{other}`?"),
    })
}

/// How many metrics the decision about a compliant call has. Such decisions are all that a quiet account makes.
fn metrics_of_compliance() -> usize {
    let event: Value = serde_json::from_str(&event("CreateTrainingJob.compliant.json")).expect("JSON");
    let record = event["detail"].to_string();
    let record = serde_json::from_str(&record).expect("a record");
    let policy = Policy::parse("version = 1\n[rules.missing-vpc]").expect("a valid policy");
    let decision = decide(&Call::read(&record).expect("a call"), &policy, &Evidence::new(""));
    let logged = telemetry::record("guard-training", &decision, &[], Timestamp::UNIX_EPOCH);
    let sets = logged["_aws"]["CloudWatchMetrics"].as_array();
    sets.into_iter().flatten().map(|set| list(&set["Metrics"]).len() * list(&set["Dimensions"]).len()).sum()
}
