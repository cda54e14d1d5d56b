//! The audit of an organisation: the state machine of `audit.yaml` with the real functions and an emulated S3.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tagwarden_archive::{Spec, generate};
use tagwarden_functions::aws::S3;
use tagwarden_functions::permissions::audit;
use tagwarden_tests::emulator::Emulator;
use tagwarden_tests::runtime_api::Function;
use tagwarden_tests::state_machine::{StateMachine, World};
use tagwarden_tests::template::template;
use tagwarden_tests::{list, tagwarden};
use tempfile::TempDir;

const ACCOUNT: &str = "123456789012";
const LOGS: &str = "org-cloudtrail";
const RESULTS: &str = "security-results";

/// An archive in a folder and in a bucket, and the running functions.
struct Organisation {
    folder: TempDir,
    emulator: Emulator,
    functions: HashMap<&'static str, Function>,
}

impl Organisation {
    fn new(days: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        generate(folder.path(), &Spec { records: 6_000 * days, days, seed: 11, ..Spec::default() });
        let emulator = Emulator::start();
        for file in files(&folder.path().join("AWSLogs")) {
            emulator.put_object(LOGS, &key(folder.path(), &file), fs::read(&file).expect("a file"));
        }
        emulator.put_object(LOGS, "AWSLogs/o-4k2mexample/README.md", "Documentation is passed over.");
        emulator.put_object(
            RESULTS,
            "iam/organisation.json",
            fs::read(folder.path().join("iam.json")).expect("a file"),
        );
        emulator.put_object(RESULTS, "policy.toml", tagwarden::policy::DEFAULT);
        Self {
            functions: ["audit-extract", "audit-judge"].map(|name| (name, start(name, &emulator))).into(),
            emulator,
            folder,
        }
    }

    /// Runs the state machine. Returns its output.
    fn audit(&mut self, name: &str, input: &Value) -> Result<Value, String> {
        let template = template("audit.yaml");
        let machine = &template["Resources"]["Audit"]["Properties"];
        let substitutions = [
            ("LogBucket", LOGS),
            ("LogPrefixes", "AWSLogs/"),
            ("Since", ""),
            ("Until", ""),
            ("ResultsBucket", RESULTS),
            ("ResultsPrefix", "audits"),
            ("Concurrency", "100"),
            ("BatchSize", "7"),
            ("ExtractArn", "audit-extract"),
            ("JudgeArn", "audit-judge"),
            ("Partition", "aws"),
        ];
        let names =
            |object: &Value| object.as_object().expect("substitutions").keys().cloned().collect::<BTreeSet<_>>();
        let substituted = substitutions.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(names(&machine["DefinitionSubstitutions"]), substituted);
        StateMachine::new(&machine["Definition"], &substitutions).execute(self, name, input)
    }

    fn report(&self, name: &str, file: &str) -> String {
        let content = self.emulator.object(RESULTS, &format!("audits/reports/{name}/{file}")).expect(file);
        String::from_utf8(content).expect("UTF-8")
    }

    fn extracts(&self) -> Vec<String> {
        self.emulator.objects(RESULTS, "audits/extracts/").into_iter().map(|(key, _)| key).collect()
    }

    /// Summary, findings and page of the command line.
    fn on_one_machine(&self, args: &[&str]) -> (String, String, String) {
        let path = |name: &str| self.folder.path().join(name).to_str().expect("UTF-8").to_owned();
        let (iam, findings, page, logs) =
            (path("iam.json"), path("findings.jsonl"), path("page.html"), path("AWSLogs"));
        let ours = ["audit", "--format", "json", "--iam", &iam, "--findings", &findings, "--html", &page];
        let summary = tagwarden(&[&ours, args, &[&logs]].concat()).stdout;
        let text = |path: &str| fs::read_to_string(path).expect(path);
        (summary, text(&findings), text(&page))
    }
}

impl World for Organisation {
    fn invoke(&mut self, function: &str, payload: &Value) -> Result<Value, String> {
        let answer = self.functions[function].invoke(&payload.to_string())?;
        Ok(serde_json::from_str(&answer).expect("JSON"))
    }

    fn list(&mut self, bucket: &str, prefix: &str) -> Vec<Value> {
        let item = |(key, etag)| json!({"Key": key, "Etag": etag, "LastModified": 1_767_571_200, "Size": 1, "StorageClass": "STANDARD"});
        self.emulator.objects(bucket, prefix).into_iter().map(item).collect()
    }

    fn write(&mut self, bucket: &str, key: &str, content: &str) {
        self.emulator.put_object(bucket, key, content);
    }
}

fn start(name: &str, emulator: &Emulator) -> Function {
    let mut environment = emulator.environment(name);
    let ours = [
        ("TAGWARDEN_LOG_BUCKET", LOGS.to_owned()),
        ("TAGWARDEN_RESULTS", format!("s3://{RESULTS}/audits")),
        ("TAGWARDEN_IAM", format!("s3://{RESULTS}/iam/")),
        ("TAGWARDEN_POLICY", format!("s3://{RESULTS}/policy.toml")),
    ];
    environment.extend(ours.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Function::start(name, ACCOUNT, &environment)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn key(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).expect("below").to_str().expect("UTF-8").to_owned()
}

/// The text with the advice of the functions on how to provide IAM data.
fn with_our_hint(text: &str) -> String {
    text.replace(
        tagwarden_functions::audit::judge::HINT,
        ": give the output of `aws iam get-account-authorization-details` with `--iam`",
    )
}

/// Summary, findings and the launches on the page are the same as those of the command line, byte for byte.
#[test]
fn many_functions_find_what_the_command_line_finds() {
    let mut organisation = Organisation::new(4);
    let answer = organisation.audit("all", &json!({})).expect("it succeeds");
    let (summary, findings, page) = organisation.on_one_machine(&[]);
    assert_eq!(with_our_hint(&organisation.report("all", "summary.json")), summary.trim_end());
    assert_eq!(with_our_hint(&organisation.report("all", "findings.jsonl")), findings);
    let launches = |page: &str| {
        page.lines()
            .skip_while(|line| !line.contains("launches-data"))
            .take_while(|line| !line.contains("summary-data"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    // What launches repeat, which their numbers stand for.
    let repeated = |page: &str| {
        let (_, data) = page.split_once("summary-data\">").expect("data");
        let (data, _) = data.split_once("</script>").expect("its end");
        let data: Value = serde_json::from_str(data).expect("JSON");
        (data["texts"].clone(), data["findings"].clone())
    };
    let theirs = with_our_hint(&organisation.report("all", "report.html"));
    assert!(launches(&page).len() > 10_000);
    assert_eq!(launches(&theirs), launches(&page));
    assert_eq!(repeated(&theirs), repeated(&page));
    assert_eq!(organisation.report("all", "problems.txt"), "");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(answer["launches"], summary["launches"]);
    assert!(answer["launches"]["violation"].as_u64() > Some(10));
    assert_eq!(answer["report"], "s3://security-results/audits/reports/all/report.html");

    // A period and two prefixes, the later one first.
    let account = |id: &str| format!("AWSLogs/o-4k2mexample/{id}/");
    let input = json!({"since": "2026-01-08", "prefixes": [account("444455556666"), account("111122223333")]});
    organisation.audit("some", &input).expect("it succeeds");
    let logs = organisation.folder.path();
    for other in ["777788889999", "123456789012"] {
        fs::remove_dir_all(logs.join(account(other))).expect("removed");
    }
    let (summary, findings, _) = organisation.on_one_machine(&["--since", "2026-01-08"]);
    assert_eq!(with_our_hint(&organisation.report("some", "summary.json")), summary.trim_end());
    assert_eq!(with_our_hint(&organisation.report("some", "findings.jsonl")), findings);
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(summary["input"]["days_left_out"], json!(6));
}

#[test]
fn only_changed_batches_are_extracted_again() {
    let mut organisation = Organisation::new(1);
    organisation.audit("first", &json!({})).expect("it succeeds");
    let (summary, extracts) = (organisation.report("first", "summary.json"), organisation.extracts());
    assert_eq!(extracts.len(), 2 * 2, "two batches of at most seven");

    // One extract is lost. One is incomplete, as if its function had been killed.
    organisation.emulator.delete_object(RESULTS, &extracts[0]);
    let read = |organisation: &Organisation| {
        organisation.emulator.journal("audit-extract").iter().filter(|call| *call == "s3:GetObject").count()
    };
    let before = read(&organisation);
    organisation.audit("second", &json!({})).expect("it succeeds");
    let again = read(&organisation) - before;
    assert!((1..12).contains(&again), "only what is missing is read again: {again}");
    assert_eq!((organisation.report("second", "summary.json"), organisation.extracts()), (summary.clone(), extracts));

    // S3 fails in between, and the run fails. A second run gives the same result.
    let gone: Vec<_> = organisation.extracts();
    gone.iter().for_each(|key| organisation.emulator.delete_object(RESULTS, key));
    organisation.emulator.fault(json!({"service": "s3", "action": "PutObject", "kind": "error", "times": 9,
        "status": 403, "code": "AccessDenied", "message": "not now"}));
    let failure = organisation.audit("third", &json!({})).expect_err("nothing can be written");
    assert!(failure.contains("s3:PutObject failed: AccessDenied"), "{failure}");
    organisation.emulator.clear_faults();
    // The function is killed, too, and another one takes its place.
    let killed = organisation.functions.insert("audit-extract", start("audit-extract", &organisation.emulator));
    killed.expect("there was one").stop();
    organisation.audit("third", &json!({})).expect("it succeeds");
    assert_eq!(organisation.report("third", "summary.json"), summary);

    // An unreadable log file is a problem, but not a failure.
    let file = files(&organisation.folder.path().join("AWSLogs")).remove(0);
    let key = key(organisation.folder.path(), &file);
    organisation.emulator.put_object(LOGS, &key, &fs::read(&file).expect("a file")[..100]);
    fs::write(&file, &fs::read(&file).expect("a file")[..100]).expect("written");
    let answer = organisation.audit("fourth", &json!({})).expect("it succeeds");
    assert_eq!(answer["problems"], json!(1));
    assert_eq!(
        organisation.report("fourth", "problems.txt"),
        format!("s3://{LOGS}/{key}: the gzip file is truncated\n")
    );
    let (summary, ..) = organisation.on_one_machine(&[]);
    assert_eq!(with_our_hint(&organisation.report("fourth", "summary.json")), summary.trim_end());

    for (name, mut allowed) in audit::<S3>() {
        let journal = organisation.emulator.journal(name);
        let as_action = |call: &String| call.replace("HeadObject", "GetObject").replace("ListObjectsV2", "ListBucket");
        let made: BTreeSet<_> = journal.iter().map(as_action).collect();
        allowed.retain(|action| !action.starts_with("kms:"));
        if name == "audit-extract" {
            // It does not list the bucket. S3 needs the permission to report a missing object.
            allowed.remove("s3:ListBucket");
        }
        assert_eq!(made, allowed, "{name}");
    }
}

#[test]
fn errors_are_reported() {
    let mut organisation = Organisation::new(1);
    for (input, complaint) in [
        (
            json!({"prefixes": ["nowhere/"]}),
            "there is no log file to judge; 0 days of log files are outside the period",
        ),
        (json!({"since": "2027-01-01"}), "there is no log file to judge; 12 days of log files are outside the period"),
        (json!({"since": "spring"}), "`since` is `spring`: expected a date such as"),
    ] {
        let failure = organisation.audit("wrong", &input).expect_err("it fails");
        assert!(failure.contains(complaint), "{failure}");
    }
    organisation.emulator.put_object(RESULTS, "policy.toml", "version = 1\n[rules.missing-vcp]\n");
    let failure = organisation.audit("wrong", &json!({})).expect_err("it fails");
    assert!(failure.contains("s3://security-results/policy.toml:2:8: unknown rule `missing-vcp`"), "{failure}");
    organisation.emulator.put_object(RESULTS, "policy.toml", tagwarden::policy::DEFAULT);
    organisation.emulator.put_object(RESULTS, "iam/notes.json", r#"{"Records":[]}"#);
    let failure = organisation.audit("wrong", &json!({})).expect_err("it fails");
    assert!(
        failure.contains("iam/notes.json is not the output of `aws iam get-account-authorization-details`"),
        "{failure}"
    );
    assert!(
        list(&json!(organisation.emulator.objects(RESULTS, "audits/reports/"))).is_empty(),
        "no report of what failed"
    );
}
