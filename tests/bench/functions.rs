//! How fast a function starts and answers, beside handlers in Python and Node.js that create the same AWS clients and do nothing
//! with them: all as Lambda runs them, against a Runtime API on this machine.
//!
//! `cargo build --workspace --all-targets && target/debug/bench-functions`. Node.js is left out where `npm` is missing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tagwarden_tests::emulator::{Emulator, python};
use tagwarden_tests::runtime_api::Function;
use tagwarden_tests::{event, root, run};

/// The functions that are measured.
const FUNCTIONS: [&str; 4] = ["guard-training", "guard-hosting", "guard-studio", "record-sessions"];

/// How often each function is started, and invoked.
const STARTS: usize = 20;
const INVOCATIONS: usize = 500;

/// An event that needs no call to AWS: what is measured is the function.
const EVENT: &str = "ListTrainingJobs.read-only.json";

fn main() {
    let build = ["build", "--release", "--quiet", "-p", "tagwarden-functions"];
    let binaries = FUNCTIONS.iter().flat_map(|name| ["--bin", name]);
    run(Command::new(env!("CARGO")).current_dir(root()).args(build).args(binaries));
    let emulator = Emulator::start();
    let environment = emulator.environment("bench");
    let (event, folder) = (event(EVENT), root().join("tests/bench"));
    println!(
        "{:28}{:>18}{:>12}{:>12}{:>12}{:>12}",
        "function", "exec → next p50", "warm p50", "warm p99", "memory", "size"
    );
    let mut candidates = Vec::new();
    for name in FUNCTIONS {
        let program = root().join("target/release").join(name);
        candidates.push((name, vec![program.clone()], size(&program)));
    }
    candidates.push(("Python, boto3", vec![python().to_owned(), folder.join("handler.py")], None));
    if let Some(handler) = node_handler(&folder) {
        candidates.push(("Node.js, AWS SDK v3, bundled", vec![PathBuf::from("node"), handler.clone()], size(&handler)));
    }
    for (name, command, size) in candidates {
        let start = || {
            let (program, args) = command.split_first().expect("a program");
            Function::spawn(name, "111122223333", Command::new(program).args(args).envs(environment.iter().cloned()))
        };
        let cold = percentiles((0..STARTS).map(|_| timed_start(start())));
        let function = start();
        function.invoke(&event).expect(name);
        let warm = percentiles((0..INVOCATIONS).map(|_| {
            let before = Instant::now();
            function.invoke(&event).expect(name);
            before.elapsed()
        }));
        let memory = function.resident_memory() as f64 / 1024.0;
        let size = size.map_or("".to_owned(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6));
        println!("{name:28}{:>18}{:>12}{:>12}{:>9.1} MB{size:>12}", ms(cold.0), ms(warm.0), ms(warm.1), memory);
    }
}

fn timed_start(function: Function) -> Duration {
    let took = function.cold_start();
    function.stop();
    took
}

/// The median and the 99th percentile.
fn percentiles(times: impl Iterator<Item = Duration>) -> (Duration, Duration) {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn size(file: &Path) -> Option<u64> {
    std::fs::metadata(file).ok().map(|metadata| metadata.len())
}

/// The Node.js handler with the SDK in one file, as one would deploy it.
fn node_handler(folder: &Path) -> Option<PathBuf> {
    let out = root().join("target/bench-node");
    std::fs::create_dir_all(&out).expect("a folder");
    for file in ["package.json", "handler.mjs"] {
        std::fs::copy(folder.join(file), out.join(file)).expect(file);
    }
    let installed =
        Command::new("npm").current_dir(&out).args(["install", "--silent", "--no-audit", "--no-fund"]).status();
    if !installed.is_ok_and(|status| status.success()) {
        return None;
    }
    run(Command::new("npx").current_dir(&out).args([
        "esbuild",
        "handler.mjs",
        "--bundle",
        "--platform=node",
        "--format=esm",
        "--minify",
        "--log-level=error",
        "--outfile=bundle.mjs",
        "--banner:js=import{createRequire}from'module';const require=createRequire(import.meta.url);",
    ]));
    Some(out.join("bundle.mjs"))
}
