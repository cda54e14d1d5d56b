//! Evaluates IAM policies with the simulator in `tests/iam`, which runs in its own process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::root;

/// A running simulator. It answers each line with a line, as `tests/iam/README.md` describes.
pub struct Simulator {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Simulator {
    /// Installs and starts a simulator.
    pub fn start() -> Self {
        // Once in each process: tests run concurrently, and two installations would conflict.
        static INSTALLED: LazyLock<bool> = LazyLock::new(|| {
            let made = Command::new(root().join("tests/iam/environment")).status();
            made.expect("the environment's script starts").success()
        });
        assert!(*INSTALLED, "tests/iam/environment");
        let mut child = Command::new("node")
            .arg(root().join("target/iam/simulate.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("standard output is piped"));
        Self { child, questions, answers }
    }

    /// The answers to all of these lines, in order.
    pub fn ask(&mut self, lines: &[Value]) -> Vec<Value> {
        let mut questions = self.questions.take().expect("the simulator listens");
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let writer = std::thread::spawn(move || {
            questions.write_all(text.as_bytes()).and_then(|()| questions.flush()).map(|()| questions)
        });
        let answer = |_| {
            let mut line = String::new();
            self.answers.read_line(&mut line).expect("the simulator answers");
            serde_json::from_str(&line).expect(&line)
        };
        let answers = lines.iter().map(answer).collect();
        self.questions = Some(writer.join().expect("the writer does not panic").expect("the simulator reads"));
        answers
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.child.wait();
    }
}
