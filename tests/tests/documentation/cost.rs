//! What a stack costs in which nothing happens, bare and with everything on that costs anything, from `template.yaml`.
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

/// A request to SQS, after the first million of an account in a month.
const SQS_REQUEST: f64 = 0.40e-6;
/// How many of them are free.
const SQS_FREE: f64 = 1e6;
/// Lambda polls a queue with five pollers, each of which may wait for 20 seconds (Lambda developer guide, "Using Lambda with Amazon SQS").
const POLLS: f64 = 5.0 * 3.0 * 60.0 * HOURS;

/// How long a run takes that finds nothing to do, in seconds, at most. The canary waits for the guards.
const RUN: [(&str, f64); 3] = [("canary", 840.0), ("send-digests", 0.1), ("sweep", 30.0)];

/// A row of the table, with its price a month.
struct Item {
    what: String,
    /// In a stack in which nothing optional is on.
    bare: f64,
    /// In a stack in which everything is on.
    full: f64,
    price: f64,
}

/// The table, and the total of a stack with everything on, but for its polls: nobody knows how many there are.
pub fn cost() -> (String, f64) {
    let template = template("template.yaml");
    let resources: Vec<_> = template["Resources"].as_object().expect("resources").values().collect();
    let item = |what: &str, price: f64, count: &dyn Fn(&Value) -> f64| {
        let of = |resource: &&&Value| resource["Condition"].is_null();
        let bare = resources.iter().filter(of).map(|resource| count(resource)).sum();
        Item { what: what.to_owned(), bare, full: resources.iter().map(|resource| count(resource)).sum(), price }
    };
    let one_of = |kind: &'static str| move |resource: &Value| f64::from(u8::from(resource["Type"] == kind));
    let evaluated = |resource: &Value| match resource["Type"] == "AWS::CloudWatch::Alarm" {
        true => evaluated_metrics(resource) as f64,
        false => 0.0,
    };
    // The canary sends its metric in one hour a day.
    let canaries = resources.iter().filter(|resource| resource["Condition"] == "HasCanary");
    let of_canary = canaries.filter(|resource| resource["Type"] == "AWS::Serverless::Function").count() as f64 / 24.0;
    let quiet = metrics_of_compliance() as f64;
    let mut items = vec![
        item("metrics that alarms evaluate", ALARM_METRIC, &evaluated),
        item("KMS keys", KEY, &one_of("AWS::KMS::Key")),
        Item { what: "custom metrics".to_owned(), bare: quiet, full: quiet + of_canary, price: CUSTOM_METRIC },
    ];
    for (binary, id, properties) in functions(&template) {
        let schedule = |event: &Value| runs_a_month(event, &template);
        let runs: f64 = properties["Events"].as_object().expect("events").values().filter_map(schedule).sum();
        if runs > 0.0 {
            let (_, seconds) = RUN.iter().find(|(name, _)| *name == binary).expect(&binary);
            let globals = &template["Globals"]["Function"]["MemorySize"];
            let megabytes = properties["MemorySize"].as_f64().or(globals.as_f64()).expect("a number");
            let price = REQUEST + seconds * megabytes / 1024.0 * GB_SECOND;
            let bare = if template["Resources"][&id]["Condition"].is_null() { runs } else { 0.0 };
            items.push(Item { what: format!("runs of `{binary}`, of {seconds} s"), bare, full: runs, price });
        }
    }
    let polled = functions(&template).into_iter().flat_map(|(_, id, properties)| {
        let events = properties["Events"].as_object().expect("events").clone();
        let queues = events.into_iter().filter(|(_, event)| event["Type"] == "SQS").count();
        std::iter::repeat_n(template["Resources"][&id]["Condition"].is_null(), queues)
    });
    let (always, sometimes): (Vec<_>, Vec<_>) = polled.partition(|is_always| *is_always);
    let charged = |queues: usize| (queues as f64 * POLLS - SQS_FREE).max(0.0);
    let polls = Item {
        what: "polls of queues beyond the free million, at most".to_owned(),
        bare: charged(always.len()),
        full: charged(always.len() + sometimes.len()),
        price: SQS_REQUEST,
    };
    let sum = |count: fn(&Item) -> f64| items.iter().map(|item| count(item) * item.price).sum::<f64>();
    let (bare, full) = (sum(|item| item.bare), sum(|item| item.full));
    let row = |item: &Item| {
        let unit = if item.price < 0.01 { format!("${:.7}", item.price) } else { format!("${:.2}", item.price) };
        let cell = |count: f64| format!("{} = ${:.2}", (count * 100.0).round() / 100.0, count * item.price);
        [item.what.clone(), unit, cell(item.bare), cell(item.full)]
    };
    let total = ["**total**".to_owned(), String::new(), format!("**${bare:.2}**"), format!("**${full:.2}**")];
    let rows = items.iter().map(row).chain([total, row(&polls)]);
    (table(["what", "each", "bare", "everything on"], rows), full)
}

/// How many metrics an alarm evaluates.
fn evaluated_metrics(alarm: &Value) -> usize {
    let metrics = alarm["Properties"]["Metrics"].as_array();
    metrics.map_or(1, |metrics| metrics.iter().filter(|metric| metric["MetricStat"].is_object()).count())
}

/// How often a schedule runs in a month.
fn runs_a_month(event: &Value, template: &Value) -> Option<f64> {
    let schedule = &event["Properties"]["Schedule"];
    let of_parameter = schedule["Ref"].as_str().map(|parameter| &template["Parameters"][parameter]["Default"]);
    Some(match of_parameter.unwrap_or(schedule).as_str()? {
        "rate(1 minute)" => HOURS * 60.0,
        "rate(1 hour)" => HOURS,
        "rate(1 day)" => HOURS / 24.0,
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
