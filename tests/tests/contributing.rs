//! CONTRIBUTING.md says all that it takes to add a rule and an operation: a copy of the sources, changed by its steps alone, is
//! built, and every command knows the new rule and the new operation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tagwarden_tests::{root, run};

/// The name and the code of an example: behind `<!-- KIND: NAME -->`.
fn example(kind: &str) -> (String, String) {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let (_, rest) = text.split_once(&format!("<!-- {kind}: ")).expect(kind);
    let (name, rest) = rest.split_once(" -->").expect("the name's end");
    let (_, rest) = rest.split_once("```rust\n").expect("code");
    let (code, _) = rest.split_once("```").expect("the code's end");
    (name.to_owned(), code.to_owned())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).expect("an entry");
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("copied");
        }
    }
}

fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    fs::write(path, change(fs::read_to_string(path).expect("a source file"))).expect("written");
}

/// The sources of the command line with the two examples added. What is built of them stays, for the next run.
fn sources() -> PathBuf {
    let sources = root().join("target/contributing/sources");
    let _ = fs::remove_dir_all(&sources);
    for folder in ["shared", "audit", "roles", "cli"] {
        copy(&root().join(folder), &sources.join(folder));
    }
    for file in ["Cargo.toml", "Cargo.lock", "clippy.toml", "policy.toml", "events"] {
        let (from, to) = (root().join(file), sources.join(file));
        if from.is_dir() { copy(&from, &to) } else { fs::copy(&from, &to).map(drop).expect(file) }
    }
    edit(&sources.join("Cargo.toml"), |text| {
        let (before, rest) = text.split_once("members = [").expect("the members");
        let (_, after) = rest.split_once(']').expect("the members' end");
        format!("{before}members = [\"shared\", \"audit\", \"roles\", \"cli\"]{after}")
    });

    let (rule, code) = example("rule");
    fs::write(sources.join(format!("shared/src/rules/{rule}.rs")), code).expect("written");
    edit(&sources.join("shared/src/rules/mod.rs"), |text| {
        text.replacen("rules! {\n", &format!("rules! {{\n    {rule},\n"), 1)
    });
    let (area, row) = example("operation");
    edit(&sources.join(format!("shared/src/operations/{area}.rs")), |text| {
        let end = text.rfind("\n];").expect("the end of the rows") + 1;
        format!("{}{row}{}", &text[..end], &text[end..])
    });
    sources
}

#[test]
fn its_steps_suffice() {
    let sources = sources();
    let cargo = |args: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(&sources).env("CARGO_TARGET_DIR", root().join("target/contributing/target")).args(args);
        cargo
    };
    run(&mut cargo(&["test", "--quiet", "--offline", "--package", "tagwarden", "--lib", "rules::"]));
    run(&mut cargo(&["build", "--quiet", "--offline"]));
    let tagwarden = |args: &[&str]| -> Output {
        let program = root().join("target/contributing/target/debug/tagwarden");
        Command::new(program).current_dir(&sources).args(args).output().expect("tagwarden starts")
    };
    let printed = |args: &[&str]| String::from_utf8(tagwarden(args).stdout).expect("UTF-8");

    let explained = printed(&["rules", "single-subnet"]);
    let (_, table) = explained.split_once("[rules.single-subnet]\n").expect("a table to paste");
    let options: String = table.lines().take_while(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();
    assert!(printed(&["rules"]).contains("single-subnet"));

    let policy = sources.join("new-policy.toml");
    fs::write(
        &policy,
        format!("version = 1\n[rules.single-subnet]\n{options}[rules.unapproved-region]\nallow = ['us-east-1']\n"),
    )
    .expect("written");
    let policy = policy.to_str().expect("UTF-8");
    assert!(printed(&["policy", "check", policy]).ends_with("0 errors, 0 warnings\n"));
    let record = |operation: &str, request: Value| {
        json!({"eventSource": "sagemaker.amazonaws.com", "eventName": operation, "eventTime": "2026-03-02T09:00:00Z",
            "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "requestParameters": request,
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana"}})
    };
    let training = record("CreateTrainingJob", json!({"vpcConfig": {"subnets": ["subnet-1"]}}));
    let health_check = record("StartClusterHealthCheck", json!({"clusterName": "c"}));
    let records = sources.join("records.json");
    fs::write(&records, format!("{training}\n{health_check}\n")).expect("written");
    let checked = printed(&["check", "--policy", policy, "--format", "json", records.to_str().expect("UTF-8")]);
    let rules = |line: &str| -> Vec<String> {
        let decision: Value = serde_json::from_str(line).expect(line);
        let findings = decision["findings"].as_array().expect("findings").iter();
        findings.map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect()
    };
    let found: Vec<_> = checked.lines().map(rules).collect();
    assert_eq!(found, [vec!["single-subnet", "unapproved-region"], vec!["unapproved-region"]]);
    assert!(printed(&["rules", "--operations"]).contains("StartClusterHealthCheck"));
    let rendered = printed(&["render", "scp", "--policy", policy]);
    assert!(rendered.contains("\"sagemaker:StartClusterHealthCheck\""), "{rendered}");
}
