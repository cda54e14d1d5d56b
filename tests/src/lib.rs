//! What the black-box tests share: the built programs, which run with an empty environment, a Lambda Runtime API, an emulated AWS
//! account, a simulator of IAM, and an interpreter of state machines.

pub mod emulator;
pub mod imports;
pub mod pattern;
pub mod runtime_api;
pub mod simulator;
pub mod state_machine;
pub mod template;
pub mod world;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use tagwarden::operations::Operation;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests live below the root")
}

/// The path of a program of the workspace. It is built first if necessary.
pub fn program(name: &str) -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        // All targets, as in `cargo test --workspace`. Fewer targets would need other features of shared dependencies, and the
        // AWS SDK would be compiled twice.
        let build = ["build", "--quiet", "--workspace", "--all-targets"];
        let built = Command::new(env!("CARGO")).current_dir(root()).args(build).status();
        assert!(built.expect("cargo starts").success(), "cargo {build:?}");
        let program = std::env::current_exe().expect("a test is a program");
        // target/debug/deps/test-0123456789abcdef, or target/debug/bench
        let folder = program.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
        folder.expect("a program lies in a folder").to_owned()
    });
    BUILT.join(name)
}

/// Runs a command that has to succeed.
pub fn run(command: &mut Command) {
    assert!(command.status().expect("it starts").success(), "{command:?}");
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit status.
    pub status: i32,
}

impl Ran {
    /// The lines of standard output as JSON.
    pub fn json_lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }
}

/// Runs `tagwarden` at the root of the repository, with an empty environment.
pub fn tagwarden(args: &[&str]) -> Ran {
    tagwarden_with_input(args, b"")
}

/// Runs `tagwarden` with this on standard input.
pub fn tagwarden_with_input(args: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(program("tagwarden"))
        .current_dir(root())
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("tagwarden starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("tagwarden ends");
    // A program may end without reading its input. The assertions on its output decide whether that is right.
    let _ = writer.join().expect("the writer does not panic");
    Ran {
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        status: output.status.code().expect("tagwarden is not killed"),
    }
}

/// The names of the sample events, in order.
pub fn events() -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(root().join("events"))
        .expect("events/")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.ends_with(".json") && name != "iam.json")
        .collect();
    names.sort();
    names
}

/// The text of a sample event.
pub fn event(name: &str) -> String {
    std::fs::read_to_string(root().join("events").join(name)).expect(name)
}

/// Sample events of every operation, made from the shapes of SageMaker's requests.
pub fn samples() -> Vec<Value> {
    shapes("samples.py")
}

/// The output of a program of `tests/shapes`: one object on each line.
pub fn shapes(program: &str) -> Vec<Value> {
    // Tests of one program run at once, and would make the environment at once.
    static ENVIRONMENT: LazyLock<()> =
        LazyLock::new(|| run(&mut Command::new(root().join("tests/shapes/environment"))));
    LazyLock::force(&ENVIRONMENT);
    let python = root().join("target/shapes/bin/python");
    let ran = Command::new(python).current_dir(root()).arg(format!("tests/shapes/{program}")).output().expect(program);
    assert!(ran.status.success(), "{program}: {}", String::from_utf8_lossy(&ran.stderr));
    let printed = String::from_utf8(ran.stdout).expect("UTF-8");
    printed.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// A policy file that enables every rule.
pub fn strict_policy() -> String {
    let tables: String = tagwarden::RULES.iter().map(|rule| rule.example_table()).collect();
    let everything: Vec<_> = Operation::all().map(|operation| operation.name).collect();
    let personas = format!(
        "[personas.data-scientist]\noperations = ['CreateTrainingJob']\n\
        [personas.mlops-engineer]\noperations = ['CreateEndpointConfig', 'CreateTrainingJob']\n\
        [personas.anything]\noperations = {everything:?}\n"
    );
    format!("version = 1\n{tables}{personas}")
}

/// A page of list prices, as `aws pricing get-products` prints it.
pub fn price_list() -> String {
    std::fs::read_to_string(root().join("tests/data/prices.json")).expect("the prices")
}

/// The essence of a decision, without its texts: the verdict, findings as (rule, outcome, path), and actions with their reasons.
pub fn essence(decision: &Value) -> Value {
    let findings: Vec<_> = list(&decision["findings"])
        .iter()
        .map(|finding| serde_json::json!([finding["rule"], finding["outcome"], finding["path"]]))
        .collect();
    serde_json::json!([decision["event_id"], decision["verdict"], findings, decision["actions"]])
}

/// The elements of a JSON array.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}
