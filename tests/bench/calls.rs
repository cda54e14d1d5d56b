//! How many calls to AWS an event costs, and a run by schedule, by the size of the account: Tagwarden's functions, and Cloud
//! Custodian's with policies of the same meaning (`calls_policies.yaml`), as the emulator's journal has them.
//!
//! `cargo build --workspace --all-targets && target/debug/bench-calls [SIZE…]`. The sizes that it takes without any need an
//! hour. Each row stops or deletes what it should, and nothing else, or the benchmark fails.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tagwarden_tests::emulator::{Emulator, REGION};
use tagwarden_tests::runtime_api::Function;
use tagwarden_tests::world::{self, ACCOUNT};
use tagwarden_tests::{root, run};
use tempfile::TempDir;

/// How many resources of the kind there are when the last row is measured.
const SIZES: [usize; 3] = [10, 1_000, 20_000];

/// The function of Tagwarden's that a schedule invokes. It looks at all kinds of resources.
const SWEEP: &str = "sweep";

/// How long a function may take: the emulator answers one call at a time.
const PATIENCE: Duration = Duration::from_secs(3600);

/// A kind of resource, and what is measured with it.
struct Kind {
    what: &'static str,
    /// The rules of Tagwarden's policy.
    rules: &'static str,
    /// The operation that creates one, and its request: one with nothing wrong, or with all of it.
    create: &'static str,
    request: fn(name: &str, is_right: bool) -> Value,
    is_undone: fn(&Emulator, name: &str) -> bool,
    rows: &'static [Row],
}

struct Row {
    label: &'static str,
    program: Program,
    trigger: Trigger,
}

enum Program {
    /// A function of Tagwarden's.
    Tagwarden(&'static str),
    /// A policy of Cloud Custodian's.
    Custodian(&'static str),
}

#[derive(PartialEq)]
enum Trigger {
    /// A creation with nothing wrong.
    Right,
    /// A creation that must be undone.
    Wrong,
    /// The time: one of the resources must be undone.
    Schedule,
}

const KINDS: [Kind; 2] = [
    Kind {
        what: "training jobs in progress",
        rules: "[rules.missing-project-tag]\naction = 'stop'\n\
            [rules.unapproved-instance-type]\nallow = ['ml.m5.*', 'ml.g5.*']\n\
            [rules.missing-vpc]\n",
        create: "CreateTrainingJob",
        request: training_job,
        is_undone: |emulator, name| {
            let job = emulator.sagemaker("DescribeTrainingJob", &json!({"TrainingJobName": name}));
            job["TrainingJobStatus"] == "Stopped"
        },
        rows: &[
            tagwarden("`guard-training`, an event with nothing wrong", "guard-training", Trigger::Right),
            tagwarden("`guard-training`, an event that stops the job", "guard-training", Trigger::Wrong),
            tagwarden("`sweep`, a run over all kinds that stops one job", SWEEP, Trigger::Schedule),
            custodian("`cloudtrail`, an event with nothing wrong", "training-event", Trigger::Right),
            custodian("`cloudtrail`, an event that stops the job", "training-event", Trigger::Wrong),
            custodian("`periodic`, a run that stops one job", "training-schedule", Trigger::Schedule),
        ],
    },
    // Cloud Custodian cannot tell the network of the models that a configuration names.
    Kind {
        what: "endpoint configurations",
        rules: "[rules.missing-project-tag]\naction = 'stop'\n\
            [rules.unapproved-instance-type]\nallow = ['ml.m5.*', 'ml.g5.*']\n",
        create: "CreateEndpointConfig",
        request: endpoint_config,
        is_undone: |emulator, name| {
            emulator.try_sagemaker("DescribeEndpointConfig", &json!({"EndpointConfigName": name})).is_err()
        },
        rows: &[
            tagwarden("`guard-hosting`, an event with nothing wrong", "guard-hosting", Trigger::Right),
            tagwarden("`guard-hosting`, an event that deletes the configuration", "guard-hosting", Trigger::Wrong),
            tagwarden("`sweep`, a run over all kinds that deletes one configuration", SWEEP, Trigger::Schedule),
            custodian("`cloudtrail`, an event with nothing wrong", "hosting-event", Trigger::Right),
            custodian("`cloudtrail`, an event that deletes the configuration", "hosting-event", Trigger::Wrong),
            custodian("`periodic`, a run that deletes one configuration", "hosting-schedule", Trigger::Schedule),
        ],
    },
];

const fn tagwarden(label: &'static str, function: &'static str, trigger: Trigger) -> Row {
    Row { label, program: Program::Tagwarden(function), trigger }
}

const fn custodian(label: &'static str, policy: &'static str, trigger: Trigger) -> Row {
    Row { label, program: Program::Custodian(policy), trigger }
}

fn training_job(name: &str, is_right: bool) -> Value {
    let mut job = world::training_job(&json!(name));
    job["ResourceConfig"]["InstanceType"] = json!("ml.p5.48xlarge");
    if is_right {
        job["ResourceConfig"]["InstanceType"] = json!("ml.m5.xlarge");
        job["VpcConfig"] = json!({"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]});
        job["Tags"] = json!([{"Key": "Project", "Value": "atlas"}]);
    }
    job
}

fn endpoint_config(name: &str, is_right: bool) -> Value {
    let instance_type = if is_right { "ml.m5.xlarge" } else { "ml.p5.48xlarge" };
    let variant = json!({"VariantName": "a", "InstanceType": instance_type, "InitialInstanceCount": 1});
    let mut config = json!({"EndpointConfigName": name, "ProductionVariants": [variant]});
    if is_right {
        config["Tags"] = json!([{"Key": "Project", "Value": "atlas"}]);
    }
    config
}

fn main() {
    let custodian = custodian_python();
    let sizes: Vec<usize> = std::env::args().skip(1).map(|size| size.parse().expect("a number")).collect();
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes };
    let largest = with_commas(sizes[sizes.len() - 1]);
    for kind in &KINDS {
        let heads: Vec<_> = sizes.iter().map(|size| with_commas(*size)).collect();
        println!("| {} | {} | calls with {largest} |", kind.what, heads.join(" | "));
        println!("| --- |{} --- |", " ---: |".repeat(sizes.len()));
        let mut account = Account::new(kind, &custodian);
        let mut columns = Vec::new();
        for size in &sizes {
            account.fill(size - kind.rows.len());
            columns.push(kind.rows.iter().map(|row| account.measure(row)).collect::<Vec<_>>());
        }
        for (at, row) in kind.rows.iter().enumerate() {
            let calls: Vec<_> = columns.iter().map(|column| with_commas(column[at].len())).collect();
            let maker = match row.program {
                Program::Tagwarden(_) => "Tagwarden",
                Program::Custodian(_) => "Cloud Custodian",
            };
            println!(
                "| {maker} {} | {} | {} |",
                row.label,
                calls.join(" | "),
                by_action(&columns[sizes.len() - 1][at])
            );
        }
        println!();
    }
}

/// An account that grows.
struct Account<'a> {
    kind: &'a Kind,
    custodian: &'a Path,
    emulator: Emulator,
    folder: TempDir,
    made: usize,
}

impl<'a> Account<'a> {
    fn new(kind: &'a Kind, custodian: &'a Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("policy.toml"), format!("version = 1\n{}", kind.rules)).expect("written");
        Self { kind, custodian, emulator: Emulator::start(), folder, made: 0 }
    }

    /// Fills the account, and has the newcomers dealt with, as their events would have done: a sweep remembers them. CloudTrail's
    /// history does not tell of them: so many in one minute would be more than any account has.
    fn fill(&mut self, size: usize) {
        let before = self.made;
        while self.made < size {
            self.create(true);
        }
        self.emulator.forget_history();
        let caller = format!("before-{size}");
        self.run_tagwarden(SWEEP, &caller, &scheduled());
        let calls = self.emulator.journal(&caller);
        eprintln!("a sweep that knew nothing of {}: {}", with_commas(size - before), by_action(&calls));
    }

    fn create(&mut self, is_right: bool) -> String {
        self.made += 1;
        let name = format!("of-{}", self.made);
        self.emulator.sagemaker(self.kind.create, &(self.kind.request)(&name, is_right));
        name
    }

    /// Runs the program once, and returns the calls that it made.
    fn measure(&mut self, row: &Row) -> Vec<String> {
        let name = self.create(row.trigger == Trigger::Right);
        let event = if row.trigger == Trigger::Schedule { scheduled() } else { self.event() };
        // Who called, in the journal.
        let caller = format!("caller-{}", self.made);
        eprintln!("{}: {} …", with_commas(self.made), row.label);
        match row.program {
            Program::Tagwarden(function) => self.run_tagwarden(function, &caller, &event),
            Program::Custodian(policy) => self.run_custodian(policy, &caller, &event),
        }
        let calls = self.emulator.journal(&caller);
        let should_undo = row.trigger != Trigger::Right;
        assert_eq!((self.kind.is_undone)(&self.emulator, &name), should_undo, "{}: {calls:?}", row.label);
        let undid = calls.iter().filter(|call| call.contains(":Stop") || call.contains(":Delete")).count();
        assert_eq!(undid, usize::from(should_undo), "{}", row.label);
        calls
    }

    /// The event of the latest call, as EventBridge delivers it.
    fn event(&self) -> Value {
        let found = self.emulator.call("cloudtrail", "CloudTrail_20131101.LookupEvents", &json!({"MaxResults": 1}));
        let record = found["Events"][0]["CloudTrailEvent"].as_str().expect("a record");
        let record: Value = serde_json::from_str(record).expect("JSON");
        json!({
            "version": "0",
            "id": record["eventID"],
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.sagemaker",
            "account": ACCOUNT,
            "time": record["eventTime"],
            "region": REGION,
            "resources": [],
            "detail": record,
        })
    }

    fn run_tagwarden(&self, function: &str, caller: &str, event: &Value) {
        let mut environment = self.emulator.environment(caller);
        let policy = self.folder.path().join("policy.toml");
        environment.push(("TAGWARDEN_POLICY".to_owned(), policy.to_str().expect("UTF-8").to_owned()));
        let function = Function::start(function, ACCOUNT, &environment);
        function.invoke_within(&event.to_string(), PATIENCE).expect("handled");
        function.stop();
    }

    fn run_custodian(&self, policy: &str, caller: &str, event: &Value) {
        let environment = self.emulator.environment(caller);
        let (_, topic) = environment.iter().find(|(name, _)| name == "TAGWARDEN_TOPIC").expect("a topic");
        let mut child = Command::new(self.custodian)
            .arg(root().join("tests/bench/calls_peer.py"))
            .args([policy, topic])
            .env_clear()
            .envs(environment.iter().cloned())
            .env("AWS_DEFAULT_REGION", REGION)
            .stdin(Stdio::piped())
            .spawn()
            .expect("it starts");
        child.stdin.take().expect("piped").write_all(event.to_string().as_bytes()).expect("it reads");
        assert!(child.wait().expect("it ends").success(), "{policy}");
    }
}

/// What the schedule delivers in an hour, since a sweep leaves what is new to its events.
fn scheduled() -> Value {
    world::scheduled_in(SignedDuration::from_hours(1))
}

/// How often each operation was called, in the order of the first calls. A sweep lists all kinds of resources: those whose first
/// page was the last are counted together.
fn by_action(calls: &[String]) -> String {
    let mut actions: Vec<(&str, usize)> = Vec::new();
    for call in calls {
        match actions.iter_mut().find(|(known, _)| known == call) {
            Some((_, times)) => *times += 1,
            None => actions.push((call, 1)),
        }
    }
    let is_other =
        |(call, times): &(&str, usize)| call.starts_with("sagemaker:List") && !call.ends_with("Tags") && *times == 1;
    let (others, named): (Vec<_>, Vec<_>) = actions.into_iter().partition(is_other);
    // One or two have their names.
    let (named, others) = if others.len() > 2 { (named, others.len()) } else { ([named, others].concat(), 0) };
    let mut told: Vec<_> = named
        .into_iter()
        .map(|(call, times)| {
            let action = call.rsplit(':').next().unwrap_or(call);
            if times == 1 { action.to_owned() } else { format!("{action} × {}", with_commas(times)) }
        })
        .collect();
    if others > 0 {
        told.push(format!("{others} other lists"));
    }
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

/// 20000 as 20,000.
fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// The Python of a virtual environment with Cloud Custodian, made where it is missing or out of date.
fn custodian_python() -> PathBuf {
    let (wanted, venv) = (root().join("tests/bench/requirements-calls.txt"), root().join("target/bench-calls-python"));
    let installed = venv.join("requirements.txt");
    if fs::read(&wanted).ok() != fs::read(&installed).ok() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
        run(Command::new(venv.join("bin/pip")).args(["install", "--quiet", "--requirement"]).arg(&wanted));
        // Last, so that an installation that broke off is not taken for a complete one.
        fs::copy(&wanted, &installed).expect("copied");
    }
    venv.join("bin/python")
}
