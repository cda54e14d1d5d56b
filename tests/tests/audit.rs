//! `tagwarden audit`, as a user runs it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tagwarden_archive::{Spec, generate};
use tagwarden_tests::{Ran, event, list, price_list, program, root, tagwarden};
use tempfile::TempDir;

/// A generated archive.
struct Archive {
    folder: TempDir,
    records: u64,
    denied: u64,
}

impl Archive {
    fn new(records: u64, days: u64, seed: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let written = generate(folder.path(), &Spec { records, days, seed, ..Spec::default() });
        Self { folder, records: written.records, denied: written.denied }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    fn truth(&self) -> Vec<Value> {
        json_lines(&self.path("truth.jsonl"))
    }

    /// Its log files.
    fn files(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.path().join("AWSLogs")];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }

    /// Audits it, with IAM's data and `args`. Returns the summary and the findings.
    fn audit(&self, args: &[&str]) -> (Value, Vec<Value>, Ran) {
        let (iam, findings, logs) = (self.path("iam.json"), self.path("findings.jsonl"), self.path("AWSLogs"));
        let ours = ["audit", "--format", "json", "--iam", &iam, "--findings", &findings];
        let ran = tagwarden(&[&ours, args, &[&logs]].concat());
        let summary = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr));
        (summary, json_lines(&findings), ran)
    }
}

fn json_lines(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(path).expect(path);
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

/// The findings that the decisions of `check` amount to, as `audit` lists them: in the order of time, without `actions`.
fn as_findings(mut decisions: Vec<Value>) -> Vec<Value> {
    decisions.sort_by_key(|decision| decision["event_time"].as_str().map(str::to_owned));
    let mut lines = Vec::new();
    for decision in decisions {
        for finding in list(&decision["findings"]) {
            let mut line = finding.clone();
            for key in ["event_id", "event_time", "event_name", "account", "region", "resource", "principal", "verdict"]
            {
                line[key] = decision[key].clone();
            }
            lines.push(line);
        }
    }
    lines
}

/// Every launch, session and verdict is as the generator knows it, none missing, none extra; and as `check` has it.
#[test]
fn an_archive_comes_to_what_is_true() {
    for seed in 1..=3 {
        let archive = Archive::new(12_000, 3, seed);
        let (summary, findings, ran) = archive.audit(&[]);
        assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
        let (iam, logs) = (archive.path("iam.json"), archive.path("AWSLogs"));
        let checked = tagwarden(&["check", "--format", "json", "--iam", &iam, &logs]);
        let judged: Vec<_> =
            checked.json_lines().into_iter().filter(|decision| decision["verdict"] != "skipped").collect();
        // What the generator does not know: the models that it makes for its endpoint configurations.
        let models: Vec<_> = judged.iter().filter(|decision| decision["event_name"] == "CreateModel").collect();
        let mut found: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        for finding in &findings {
            let (fail, unknown) = found.entry(finding["event_id"].to_string()).or_default();
            let rules = if finding["outcome"] == "fail" { fail } else { unknown };
            rules.insert(finding["rule"].to_string());
        }
        let truth = archive.truth();
        assert!(truth.len() >= 40, "{} launches", truth.len());
        let mut verdicts = BTreeMap::<&str, u64>::new();
        for launch in &truth {
            *verdicts.entry(launch["verdict"].as_str().expect("text")).or_default() += 1;
            let (fail, unknown) = found.remove(&launch["event_id"].to_string()).unwrap_or_default();
            let expected =
                |name: &str| list(&launch[name]).iter().map(|rule| rule.to_string()).collect::<BTreeSet<_>>();
            assert_eq!((fail, unknown), (expected("fail"), expected("unknown")), "{launch}");
        }
        models.iter().for_each(|model| drop(found.remove(&model["event_id"].to_string())));
        assert!(found.is_empty(), "{found:?}");
        for model in &models {
            *verdicts.entry(model["verdict"].as_str().expect("text")).or_default() += 1;
        }
        for verdict in ["violation", "unknown", "compliant"] {
            assert_eq!(summary["launches"][verdict], json!(verdicts[verdict]), "{verdict}");
        }
        let of = |name: &str| summary["input"][name].clone();
        assert_eq!((of("records"), of("files"), of("problems")), (json!(archive.records), json!(36), json!(0)));
        let skipped: u64 = of("skipped").as_object().expect("reasons").values().filter_map(Value::as_u64).sum();
        assert_eq!(skipped + (truth.len() + models.len()) as u64, archive.records);
        let denied: u64 = list(&summary["denied"]).iter().filter_map(|denied| denied["calls"].as_u64()).sum();
        assert_eq!(denied, archive.denied);
        let coaching = &summary["coaching"];
        let unexplained = coaching["unexplained"].as_u64().expect("a number");
        assert!(coaching["calls"] == denied && unexplained < denied, "{coaching}");
        for (rule, of_rule) in coaching["by_rule"].as_object().expect("rules") {
            let callers = of_rule["principals"].as_object().expect("callers").values().filter_map(Value::as_u64);
            assert_eq!(json!(callers.sum::<u64>()), of_rule["calls"], "{rule}");
        }

        for launch in &truth {
            let decision =
                judged.iter().find(|decision| decision["event_id"] == launch["event_id"]).expect("a decision");
            assert_eq!(decision["principal"]["tags_from"], launch["tags_from"], "{launch}");
            let tags = decision["principal"]["tags"].as_object().expect("tags");
            let project =
                tags.iter().find(|(key, _)| key.eq_ignore_ascii_case("Project")).map(|(_, value)| value.clone());
            assert_eq!(project.unwrap_or_default(), launch["project"], "{launch}");
        }
        let (mut expected, mut found) = (as_findings(judged), findings);
        // Launches of the same second come in the order of the files.
        let order = |finding: &Value| {
            (
                finding["event_time"].to_string(),
                finding["event_id"].to_string(),
                finding["rule"].to_string(),
                finding["path"].to_string(),
            )
        };
        expected.sort_by_key(order);
        found.sort_by_key(order);
        assert_eq!(found, expected);
    }
}

#[test]
fn the_sample_events_come_to_what_check_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let findings = write(folder.path(), "findings.jsonl", "");
    let ran = tagwarden(&["audit", "--findings", &findings, "events"]);
    assert_eq!(ran.status, 1);
    let decisions = tagwarden(&["check", "--format", "json", "events"]).json_lines();
    let decisions = decisions.into_iter().filter(|decision| decision["verdict"] != "skipped").collect();
    assert_eq!(json_lines(&findings), as_findings(decisions));
    for line in [
        "51 launches judged by this policy",
        "         35  violation  68.6 %",
        "2 SageMaker calls that IAM denied",
        "          1  unapproved-instance-type: use an approved instance type",
        "; 1 not explained",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    for secret in ["LOG_LEVEL", "SAGEMAKER_PROGRAM", "max_depth", "sessionToken", "ASIA", "\u{1b}"] {
        assert!(!ran.stdout.contains(secret), "`{secret}`");
    }
    assert_eq!(tagwarden(&["audit", "--exit-zero", "events"]).status, 0);
}

#[test]
fn violations_are_counted_by_any_tag_of_the_caller() {
    let args = ["audit", "--by", "CostCenter", "--by", "Persona", "--exit-zero", "--format", "json", "events"];
    let summary: Value = serde_json::from_str(&tagwarden(&args).stdout).expect("JSON");
    let mut expected: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
    for decision in tagwarden(&["check", "--format", "json", "events"]).json_lines() {
        if decision["verdict"] != "violation" {
            continue;
        }
        let (tags, from) = (&decision["principal"]["tags"], &decision["principal"]["tags_from"]);
        for key in ["CostCenter", "Persona"] {
            let unset = if from == "unknown" { "(unknown)" } else { "(none)" };
            let value = tags[key].as_str().filter(|_| from != "unknown").unwrap_or(unset);
            *expected.entry(key).or_default().entry(value.to_owned()).or_default() += 1;
        }
    }
    assert_eq!(summary["violations_by_tag"], json!(expected));
    assert!(expected["CostCenter"].len() > 1, "{expected:?}");
    let text = tagwarden(&["audit", "--by", "CostCenter", "--exit-zero", "events"]).stdout;
    assert!(text.contains("\n… by the caller's CostCenter\n"), "{text}");
}

#[test]
fn nothing_depends_on_threads_names_or_packing() {
    let archive = Archive::new(20_000, 2, 9);
    let (summary, findings, _) = archive.audit(&["--threads", "1"]);
    let (with_many, same, _) = archive.audit(&["--threads", "7"]);
    assert_eq!((&summary, &findings), (&with_many, &same));

    // The same records: one file plain, one pretty-printed, one in several gzip members, one as JSON Lines; all renamed.
    for (index, path) in archive.files().into_iter().enumerate() {
        let mut text = String::new();
        std::io::Read::read_to_string(
            &mut flate2::read::GzDecoder::new(&fs::read(&path).expect("a file")[..]),
            &mut text,
        )
        .expect("gzip");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let bytes = match index % 5 {
            0 => text.clone().into_bytes(),
            1 => serde_json::to_string_pretty(&file).expect("JSON").replace('\n', "\r\n").into_bytes(),
            2 => [gzip(&text.as_bytes()[..500]), gzip(&text.as_bytes()[500..])].concat(),
            3 => list(&file["Records"]).iter().map(|record| format!("{record}\n")).collect::<String>().into_bytes(),
            _ => gzip(text.replace("sagemaker.amazonaws.com", "sage\\u006daker.amazonaws.com").as_bytes()),
        };
        let packed =
            path.with_file_name(format!("{}.log", path.file_name().and_then(|name| name.to_str()).expect("a name")));
        fs::write(packed, bytes).expect("written");
        fs::remove_file(path).expect("removed");
    }
    let (mut repacked, same, ran) = archive.audit(&[]);
    assert_eq!(ran.stderr, "");
    for size in ["bytes", "inflated_bytes"] {
        repacked["input"][size] = summary["input"][size].clone();
    }
    assert_eq!((summary, findings), (repacked, same));
}

#[test]
fn damaged_files_are_named_and_the_rest_is_right() {
    let archive = Archive::new(10_000, 2, 4);
    let (before, findings, _) = archive.audit(&[]);
    let logs = archive.folder.path().join("AWSLogs");
    let whole = gzip(format!("{{\"Records\":[{}]}}", event("CreateTrainingJob.no-vpc.json")).as_bytes());
    let mut wrong_checksum = whole.clone();
    let checksum = whole.len() - 8;
    wrong_checksum[checksum] ^= 1;
    let mut too_large = whole.clone();
    too_large[whole.len() - 4..].copy_from_slice(&[0, 0, 0, 0x3f]);
    let damages = [
        ("a-truncated.json.gz", whole[..whole.len() / 2].to_vec(), "the gzip file is truncated"),
        ("b-corrupt.json.gz", [&whole[..10], &[0xff; 40]].concat(), "the gzip file is corrupt"),
        ("c-checksum.json.gz", wrong_checksum, "the gzip file is corrupt"),
        ("d-length.json.gz", too_large, "the gzip file is corrupt"),
        ("e-zero.json.gz", Vec::new(), ":1: empty"),
        ("f-empty.json.gz", gzip(b""), ":1: empty"),
        ("g-cut.json.gz", gzip(b"{\"Records\":[{\"eventSource\":\"s3.amazonaws.com\","), ":1: the JSON ends too early"),
        ("h-latin1.json.gz", gzip(b"{\"Records\":[{\"eventSource\":\"\xe4\",\"eventName\":\"x\"}]}"), ":1: not UTF-8"),
        (
            "i-nothing.json.gz",
            gzip(b"{\"Records\":[{\"eventSource\":\"s3.amazonaws.com\"}]}"),
            ": not a CloudTrail record: `eventName` is missing",
        ),
        ("j-picture.png", b"\x89PNG\r\n\x1a\n\0".to_vec(), ": not JSON, gzip or CSV as Athena writes it"),
    ];
    for (name, bytes, _) in &damages {
        write(&logs, name, bytes);
    }
    let (after, same, ran) = archive.audit(&[]);
    assert_eq!(ran.status, 2);
    for (name, _, complaint) in &damages {
        let named = ran.stderr.lines().any(|line| line.contains(name) && line.contains(complaint));
        assert!(named, "{name}: {}", ran.stderr);
    }
    // The file whose only line is not UTF-8 is empty without it.
    assert_eq!(after["input"]["problems"], json!(damages.len() + 1));
    assert_eq!((&after["launches"], &after["denied"], same), (&before["launches"], &before["denied"], findings));
    assert!(tagwarden(&["audit", "not-there"]).stderr.contains("not-there: cannot be read"));
    let empty = tempfile::tempdir().expect("a folder");
    let ran = tagwarden(&["audit", empty.path().to_str().expect("UTF-8")]);
    assert_eq!((ran.status, ran.stderr.trim()), (2, "error: there are no files to read"));
}

#[test]
fn the_period_chooses_launches_and_days() {
    let archive = Archive::new(20_000, 8, 5);
    let (_, all, _) = archive.audit(&[]);
    let (summary, some, _) = archive.audit(&["--since", "2026-01-09", "--until", "2026-01-10T12:00:00Z"]);
    let is_inside = |finding: &&Value| {
        ("2026-01-09T00:00:00Z".."2026-01-10T12:00:00Z").contains(&finding["event_time"].as_str().expect("a time"))
    };
    // The roles that only records tell of were tagged long before.
    let known = |finding: &&Value| !finding["principal"]["arn"].as_str().is_some_and(|arn| arn.contains("Pipeline"));
    let expected: Vec<_> = all.iter().filter(is_inside).filter(known).collect();
    assert!(!expected.is_empty());
    assert_eq!(some.iter().filter(known).collect::<Vec<_>>(), expected);
    // Days 1, 2 and 8 of the eight, for four accounts in three regions.
    assert_eq!(summary["input"]["days_left_out"], json!(2 * 12 + 12));
    let ran = tagwarden(&["audit", "--since", "2027-01-01", &archive.path("AWSLogs")]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("all 96 days of log files are outside the period"), "{}", ran.stderr);
    assert!(tagwarden(&["audit", "--since", "spring", "events"]).stderr.contains("expected a date such as"));
}

#[test]
fn a_record_outweighs_iams_data_of_another_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let launch: Value = serde_json::from_str(&event("CreateTrainingJob.compliant.json")).expect("JSON");
    let mut launch = launch["detail"].clone();
    launch["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] = json!("arn:aws:iam::111122223333:role/ml/New");
    let tagged = |time: &str, project: &str| {
        json!({
            "eventSource": "iam.amazonaws.com", "eventName": "TagRole", "eventTime": format!("2026-03-{time}Z"),
            "recipientAccountId": "111122223333",
            "requestParameters": {"roleName": "New", "tags": [{"key": "project", "value": project}]},
        })
    };
    let records = json!({"Records": [launch, tagged("02T08:00:00", "atlas"), tagged("01T08:00:00", "borealis"), tagged("02T23:00:00", "cygnus")]});
    let logs = write(folder.path(), "logs.json", records.to_string());
    for command in ["check", "audit"] {
        let ran = tagwarden(&[command, "--iam", "events/iam.json", &logs]);
        assert_eq!(ran.status, 0, "{}", ran.stdout);
    }
    let iam = json!({"RoleDetailList": [{"Arn": "arn:aws:iam::111122223333:role/New", "Tags": [{"Key": "Project", "Value": "borealis"}]}]});
    let iam = write(folder.path(), "iam.json", iam.to_string());
    for command in ["check", "audit"] {
        let ran = tagwarden(&[command, "--iam", "events/iam.json", "--iam", &iam, &logs]);
        assert_eq!(ran.status, 0, "the record proves another tag: {}", ran.stdout);
        let as_of = |time| tagwarden(&[command, "--iam", "events/iam.json", "--iam", &iam, "--iam-as-of", time, &logs]);
        assert_eq!(as_of("2026-03-02T08:30:00Z").status, 1, "data of a later time than the record");
        assert_eq!(as_of("2026-03-02T22:30:00Z").status, 3, "they contradict each other");
        assert_eq!(as_of("2026-03-03").status, 0, "the record of a change in between is there");
    }
    let changed_later = records["Records"].as_array().expect("records").iter();
    let changed_later: Vec<_> =
        changed_later.filter(|record| !record["eventTime"].to_string().contains("T08:")).collect();
    let later = write(folder.path(), "later.json", json!({"Records": changed_later}).to_string());
    let ran = tagwarden(&["check", "--format", "json", "--iam", "events/iam.json", "--iam", &iam, &later]);
    assert_eq!(ran.status, 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("it changed at 2026-03-02T23:00:00Z"), "{}", ran.stdout);
    let ran = tagwarden(&["check", "--format", "json", "--iam", &iam, "--iam-as-of", "2026-03-02T20:00:00Z", &later]);
    assert!(ran.stdout.contains(r#""tags_as_of":"2026-03-02T20:00:00Z""#), "{}", ran.stdout);
    let without = records["Records"].as_array().expect("records")[..1].to_vec();
    let logs = write(folder.path(), "logs.json", json!({"Records": without}).to_string());
    let ran = tagwarden(&["audit", "--iam", "events/iam.json", &logs]);
    assert_eq!(ran.status, 3);
    let reason = "IAM's data on `arn:aws:iam::111122223333:role/ml/New` is missing: give the output of";
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
}

#[test]
fn two_policies_are_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = write(folder.path(), "before.toml", "version = 1\n[rules.missing-vpc]\n");
    let after = write(folder.path(), "after.toml", "version = 1\n[rules.missing-project-tag]\n");
    let args = ["audit", "--policy", &before, "--compare", &after, "--format", "json", "events"];
    let summary: Value = serde_json::from_str(&tagwarden(&args).stdout).expect("JSON");
    let comparison = &summary["comparison"];
    assert_eq!(comparison["policy"], json!(after));
    let of = |policy: &str| {
        let decisions = tagwarden(&["check", "--policy", policy, "--format", "json", "events"]).json_lines();
        decisions
            .into_iter()
            .map(|decision| (decision["event_id"].clone(), decision["verdict"].clone()))
            .collect::<Vec<_>>()
    };
    let (ours, others) = (of(&before), of(&after));
    let changed = ours.iter().zip(&others).filter(|(one, other)| one != other).count();
    assert!(changed > 3);
    assert_eq!(list(&comparison["changed"]).len(), changed);
    for change in list(&comparison["changed"]) {
        let verdict = |verdicts: &[(Value, Value)]| {
            verdicts.iter().find(|(id, _)| *id == change["event_id"]).expect("judged").1.clone()
        };
        assert_eq!((verdict(&ours), verdict(&others)), (change["before"].clone(), change["after"].clone()));
    }
    let text = tagwarden(&["audit", "--policy", &before, "--compare", &after, "events"]).stdout;
    assert!(
        text.contains(&format!("{changed} launches would get another verdict: from {before} to {after}")),
        "{text}"
    );
}

#[test]
fn repeated_records_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = event("CreateTrainingJob.no-vpc.json");
    let logs =
        write(folder.path(), "logs.json", format!("{record}\n{record}\n{}", event("CreateTrainingJob.compliant.json")));
    let summary: Value = serde_json::from_str(&tagwarden(&["audit", "--format", "json", &logs]).stdout).expect("JSON");
    assert_eq!(summary["repeated"], json!(1));
    assert_eq!(
        summary["days"]["2026-03-02"].as_object().expect("verdicts").values().filter_map(Value::as_u64).sum::<u64>(),
        3
    );
}

/// The query, run by another engine, finds what the log files hold; its result, in either format, is judged as they are.
#[test]
fn what_athena_finds_is_judged_as_the_log_files_are() {
    let archive = Archive::new(12_000, 4, 8);
    for period in [vec![], vec!["--since", "2026-01-07", "--until", "2026-01-08"]] {
        let query = tagwarden(&[&["audit", "--athena-query"], period.as_slice()].concat());
        assert_eq!(query.status, 0, "{}", query.stderr);
        let query = write(archive.folder.path(), "query.sql", query.stdout);
        let results = ["result.csv", "result.jsonl"].map(|name| archive.path(name));
        let args = [&archive.path("AWSLogs"), &query, &results[0], &results[1]];
        let ran = Command::new(root().join("tests/athena/run")).args(args).output().expect("it starts");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let (summary, findings, _) = archive.audit(&period);
        assert!(!findings.is_empty());
        for result in &results {
            let (iam, found) = (archive.path("iam.json"), archive.path("found.jsonl"));
            let args = ["audit", "--format", "json", "--iam", &iam, "--findings", &found];
            let ran = tagwarden(&[&args, period.as_slice(), &[result]].concat());
            assert_eq!(ran.stderr, "");
            let of_athena: Value = serde_json::from_str(&ran.stdout).expect("JSON");
            for member in ["launches", "rules", "denied", "days", "unknown", "actions"] {
                assert_eq!(of_athena[member], summary[member], "{member}");
            }
            let order =
                |finding: &Value| ["event_time", "event_id", "rule", "path"].map(|member| finding[member].to_string());
            let (mut found, mut findings) = (json_lines(&found), findings.clone());
            found.sort_by_key(order);
            findings.sort_by_key(order);
            assert_eq!(found, findings);
            let checked = tagwarden(&["check", "--format", "json", "--iam", &iam, result]).json_lines();
            assert_eq!(json!(checked.len()), of_athena["input"]["records"]);
        }
    }
    let wrong = tagwarden(&["audit", "--athena-query=x; DROP TABLE y"]);
    assert!(wrong.status == 2 && wrong.stderr.contains("expected letters, digits"), "{}", wrong.stderr);
}

/// Whoever breaks off learns what is known by then.
#[test]
fn an_interrupted_audit_tells_what_it_knows() {
    let archive = Archive::new(9_000, 3, 6);
    // A file that never comes to its end: the audit waits for it, having read the others.
    let pipe = archive.path("AWSLogs/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let child = Command::new(program("tagwarden"))
        .current_dir(root())
        .args([
            "audit",
            "--format",
            "json",
            "--threads",
            "2",
            "--iam",
            &archive.path("iam.json"),
            &archive.path("AWSLogs"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("tagwarden starts");
    let writer = fs::OpenOptions::new().write(true).open(&pipe).expect("the pipe");
    std::thread::sleep(Duration::from_millis(300));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    std::thread::sleep(Duration::from_millis(300));
    drop(writer);
    let before = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    assert!(before.elapsed() < Duration::from_secs(60), "it ends soon");
    assert_eq!(output.status.code(), Some(2));
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(summary["complete"], json!(false));
}

/// In headless Chromium, with the name of a job that would like to be a program.
#[test]
fn the_page_works_in_a_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    let hostile = r#"</script><script>window.pwned=1</script><img src=x onerror='window.pwned=1'><!--"#;
    let record = event("CreateTrainingJob.no-vpc.json").replace("churn-no-vpc", hostile);
    let logs = write(folder.path(), "hostile.json", record);
    let page = write(folder.path(), "page.html", "");
    let ran = tagwarden(&["audit", "--html", &page, "events", &logs]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let html = fs::read_to_string(&page).expect("the page");
    for secret in ["LOG_LEVEL", "max_depth", "sessionToken", "ASIA"] {
        assert!(!html.contains(secret), "`{secret}`");
    }
    let test = root().join("tests/page.py");
    let args = [test.to_str().expect("UTF-8"), page.as_str(), "52", "36"];
    let tested = Command::new("python3").args(args).output().expect("python3 starts");
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
}

/// What the launches with a violation cost, and how long those ran that were stopped.
#[test]
fn violations_are_summed_up_in_dollars() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = write(folder.path(), "policy.toml", "version = 1\n[rules.missing-project-tag]\n[rules.missing-vpc]\n");
    let job = |operation: &str, name: &str, minute: u8, more: Value| {
        let mut request = json!({"trainingJobName": name});
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({
            "eventID": format!("{operation} {name}"), "eventSource": "sagemaker.amazonaws.com", "eventName": operation,
            "eventTime": format!("2026-03-02T09:{minute:02}:00Z"), "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
            "userIdentity": {"type": "Root"}, "requestParameters": request,
        })
    };
    let on = |instance_type: &str, tag: bool, vpc: bool| {
        let tags = json!([{"key": "Project", "value": "atlas"}]);
        json!({
            "resourceConfig": {"instanceType": instance_type, "instanceCount": 2},
            "stoppingCondition": {"maxRuntimeInSeconds": 7200},
            "tags": if tag { tags } else { Value::Null },
            "vpcConfig": if vpc { json!({"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}) } else { Value::Null },
        })
    };
    let stop = |name, minute| job("StopTrainingJob", name, minute, json!({}));
    let records = [
        job("CreateTrainingJob", "both", 0, on("ml.p5.48xlarge", false, false)),
        job("CreateTrainingJob", "both", 0, on("ml.p5.48xlarge", false, false)),
        job("CreateTrainingJob", "one", 0, on("ml.m5.large", false, true)),
        job("CreateTrainingJob", "right", 0, on("ml.p5.48xlarge", true, true)),
        job("CreateTrainingJob", "new", 0, on("ml.p9.48xlarge", false, true)),
        stop("both", 3),
        stop("right", 4),
        stop("new", 30),
        stop("older", 31),
    ];
    let logs = write(folder.path(), "logs.json", json!({"Records": records}).to_string());
    let prices = write(folder.path(), "prices.json", price_list());
    let page = folder.path().join("page.html");
    let args = ["audit", "--policy", &policy, "--prices", &prices, "--html", page.to_str().expect("UTF-8"), &logs];
    let summary: Value =
        serde_json::from_str(&tagwarden(&[&args[..], &["--format", "json"]].concat()).stdout).expect("JSON");
    assert_eq!(
        summary["costs"],
        json!({
            "at_most_usd": 393.8, "by_project": {"(none)": 393.8},
            "by_rule": {"missing-project-tag": 393.8, "missing-vpc": 393.28}, "unknown": 1, "unbounded": 0,
            // 2 × $98.32 for three minutes, and unpriced ones for half an hour.
            "stopped": {"jobs": 2, "median_seconds": 1800, "longest_seconds": 1800, "used_usd": 9.84},
        })
    );
    let text = tagwarden(&args).stdout;
    for line in [
        "What violating jobs cost at most, at list prices: $393.80",
        "         $393.28  with missing-vpc",
        "          1  of unknown cost",
        "          2  were stopped: after 30m (median), 30m (longest); they used at most $9.84 until then",
    ] {
        assert!(text.lines().any(|printed| printed == line), "{line}: {text}");
    }
    let without = tagwarden(&["audit", "--format", "json", "--policy", &policy, &logs]).stdout;
    assert!(!without.contains("costs"), "{without}");
}
