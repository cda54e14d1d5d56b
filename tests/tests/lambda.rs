//! The Lambda functions: the real binaries with a Runtime API.

use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tagwarden_tests::emulator::Emulator;
use tagwarden_tests::runtime_api::Function;
use tagwarden_tests::{essence, event, events, list, program, root, tagwarden, tagwarden_with_input};

/// The account of the sample events.
const ACCOUNT: &str = "111122223333";

/// A function without permissions in IAM decides like `check` without `--iam`.
#[test]
fn decides_as_check_does_without_iam_data() {
    let emulator = Emulator::start();
    for action in ["ListAttachedRolePolicies", "GetRole", "GetUser"] {
        emulator.fault(json!({"service": "iam", "action": action, "kind": "error", "status": 403,
            "code": "AccessDenied", "message": "not allowed"}));
    }
    let function = Function::start("guard-training", ACCOUNT, &emulator.environment("guard-training"));
    // What a function has seen created, it knows. `check` sees one event at a time.
    let mut names = events();
    names.sort_by_key(|name| name.starts_with("Create"));
    for name in names {
        let checked = tagwarden(&["check", "--format", "json", &format!("events/{name}")]).json_lines();
        let answer = function.invoke(&event(&name)).expect(&name);
        if answer == "[]" {
            // A launch that depends on a session that was not seen waits for it, twice. The log has the decision.
            (0..2).for_each(|_| drop(function.invoke(&emulator.postponed().1.to_string()).expect(&name)));
            continue;
        }
        let answer: Value = serde_json::from_str(&answer).expect(&name);
        let decisions = list(&answer).iter().map(essence).collect::<Vec<_>>();
        assert_eq!(decisions, checked.iter().map(essence).collect::<Vec<_>>(), "{name}");
    }
    let log = function.stop();
    let records: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let decisions = records.iter().filter(|record| record["verdict"].is_string());
    // A change of tags is judged again when the creation of its resource is known.
    let decided: BTreeSet<_> = decisions.map(|decision| decision["event_id"].to_string()).collect();
    assert_eq!(decided.len(), events().len(), "a decision record for each event:\n{log}");
    for line in log.lines() {
        assert!(!line.contains("LOG_LEVEL") && !line.contains("max_depth"), "the log repeats the request: {line}");
    }
}

#[test]
fn an_event_that_cannot_be_read_fails_the_invocation() {
    let emulator = Emulator::start();
    let function = Function::start("guard-training", ACCOUNT, &emulator.environment("guard-training"));
    for unreadable in ["7", "{}", r#"{"detail-type":"AWS API Call via CloudTrail","detail":7}"#] {
        let error = function.invoke(unreadable).expect_err(unreadable);
        assert!(error.contains("errorMessage"), "{error}");
    }
    function.invoke(&event("CreateTrainingJob.compliant.json")).expect("the function goes on");
}

#[test]
fn applies_the_policy_that_it_is_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, "version = 1\n[rules.on-demand-training]\n").expect("written");
    let emulator = Emulator::start();
    let mut environment = emulator.environment("guard-training");
    environment.push(("TAGWARDEN_POLICY".to_owned(), policy.to_str().expect("UTF-8").to_owned()));
    let function = Function::start("guard-training", ACCOUNT, &environment);
    let event = event("CreateTrainingJob.console-empties.json");
    let answer: Value = serde_json::from_str(&function.invoke(&event).expect("an answer")).expect("JSON");
    let checked = tagwarden_with_input(
        &["check", "--policy", policy.to_str().expect("UTF-8"), "--format", "json", "-"],
        event.as_bytes(),
    );
    assert_eq!(list(&answer)[0], checked.json_lines()[0]);
    assert_eq!(answer[0]["findings"][0]["rule"], "on-demand-training");

    fs::write(&policy, "version = 1\n[rules.on-demand]\n").expect("written");
    let function = Function::start("guard-training", ACCOUNT, &environment);
    let complaint = function.fail();
    assert!(complaint.contains("policy.toml:2:8: unknown rule `on-demand`"), "{complaint}");
}

/// The same with `cargo lambda`, which developers use.
#[test]
fn cargo_lambda_invokes_a_function_with_a_sample_event() {
    const NAME: &str = "guard-training";
    let cargo_lambda = root().join("tests/cargo-lambda");
    let port =
        TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address").port().to_string();
    let server = ["--invoke-address", "127.0.0.1", "--invoke-port", &port];
    // Installs it if it is missing, before the wait below begins.
    assert!(Command::new(&cargo_lambda).arg("--help").output().expect("cargo-lambda starts").status.success());
    let _runtime = Killed(
        Command::new(&cargo_lambda)
            .args(["watch", "--only-lambda-apis"])
            .args(server)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("cargo-lambda starts"),
    );
    let address = format!("127.0.0.1:{port}");
    let listens = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        TcpStream::connect(&address).is_ok()
    });
    assert!(listens, "cargo-lambda listens");
    let emulator = Emulator::start();
    let _function = Killed(
        Command::new(program(NAME))
            .env_clear()
            .envs(emulator.environment(NAME))
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://{address}/.rt/{NAME}"))
            .env("AWS_LAMBDA_FUNCTION_NAME", NAME)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .stdout(Stdio::null())
            .spawn()
            .expect("the function starts"),
    );
    let file = "events/CreateTrainingJob.no-vpc.json";
    let invoked =
        Command::new(&cargo_lambda).args(["invoke", NAME, "--data-file", file]).args(server).output().expect("it ends");
    let answer = String::from_utf8(invoked.stdout).expect("UTF-8");
    let decisions: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}{:?}", invoked.stderr));
    assert_eq!(decisions[0]["verdict"], "violation", "{answer}");
    assert_eq!(decisions[0]["actions"][0]["action"], "stop-training-job", "{answer}");
}

/// A process that ends with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
