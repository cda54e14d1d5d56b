//! `tagwarden check`: gather → decide → plan, on files.

use std::path::Path;

use tagwarden::decide::{Decision, coverage, decide_record, not_a_call, skipped};
use tagwarden::evidence::Evidence;
use tagwarden::record::Call;
use tagwarden::record::documents::{self, Item};
use tagwarden::record::json::Value;

use crate::args::{CheckArgs, Format};
use crate::exit::{CliError, Exit, RunResult};
use crate::input::{self, Source};
use crate::output::{self, Output};
use crate::report::{self, VerdictCounts};
use crate::{iam, policy};

pub fn run(args: &CheckArgs, output: &mut Output) -> RunResult {
    let policy = policy::load(args.policy.as_deref())?.policy;
    let mut gathered = CheckInput { evidence: Evidence::new(iam::HINT), records: Vec::new(), problems: 0 };
    for path in &args.iam {
        for problem in iam::load(path, &mut gathered.evidence)? {
            gathered.problem(&problem);
        }
    }
    for source in input::sources(&args.paths) {
        match source {
            Source::Input(path) => gathered.file(&path),
            Source::PassedOver(path, what) => output::note(&format!("passed over {}: {what}", path.display())),
            Source::Problem(message) => gathered.problem(&message),
        }
    }
    let mut summary = VerdictCounts::new(gathered.problems);
    for PendingRecord { place, content } in gathered.records {
        let decision = match content {
            PendingDecision::Decided(decision) => *decision,
            PendingDecision::ToJudge(json) => {
                decide_record(&json, &policy, &gathered.evidence).map_err(CliError::Message)?
            }
        };
        summary.count(&decision);
        match args.format {
            Format::Json => output.line(&report::json(&decision))?,
            Format::Text => report::text(&decision, &place, output)?,
        }
    }
    if args.format == Format::Text {
        summary.print(output)?;
    }
    Ok(match summary.exit() {
        Exit::Violation | Exit::Unknown if args.exit_zero => Exit::Ok,
        exit => exit,
    })
}

/// What the inputs hold. Records wait here until all of them are read: the record of a caller's session, or IAM's data
/// on the caller, may come last.
struct CheckInput {
    evidence: Evidence,
    records: Vec<PendingRecord>,
    problems: usize,
}

struct PendingRecord {
    place: String,
    content: PendingDecision,
}

enum PendingDecision {
    /// The JSON text of a record that is to be judged.
    ToJudge(String),
    /// The decision about any other item.
    Decided(Box<Decision>),
}

impl CheckInput {
    fn file(&mut self, path: &Path) {
        let place = input::name(path);
        self.read(path, |gathered, item| match item {
            Item::AuthorizationDetails(page) | Item::ResourceTags(page) => gathered.page(path, &page),
            Item::OtherEvent(event) => gathered.decided(&place, not_a_call(event)),
            Item::Record(json) => gathered.record(&place, json),
        });
    }

    fn read(&mut self, path: &Path, mut each: impl FnMut(&mut Self, Item)) {
        let (text, problems) = input::read(path);
        for problem in &problems {
            self.problem(problem);
        }
        documents::split(&text.unwrap_or_else(|| "[]".to_owned()), &mut |item| match item {
            Ok(item) => each(self, item),
            Err(problem) => self.problem(&format!("{}:{}: {}", input::name(path), problem.line, problem.message)),
        });
    }

    fn record(&mut self, place: &str, json: &str) {
        let value: Value = match serde_json::from_str(json) {
            Ok(value) => value,
            Err(error) => return self.problem(&format!("{place}: a record that is not JSON: {error}")),
        };
        let call = match Call::read(&value) {
            Ok(call) => call,
            Err(why) => return self.problem(&format!("{place}: {why}")),
        };
        self.evidence.learn(&call);
        match coverage(&call) {
            Ok(_) => {
                self.records.push(PendingRecord {
                    place: place.to_owned(),
                    content: PendingDecision::ToJudge(json.to_owned()),
                });
            }
            Err(reason) => self.decided(place, skipped(&call, reason)),
        }
    }

    fn decided(&mut self, place: &str, decision: Decision) {
        self.records
            .push(PendingRecord { place: place.to_owned(), content: PendingDecision::Decided(Box::new(decision)) });
    }

    fn page(&mut self, path: &Path, page: &Value) {
        for problem in self.evidence.add_page(page) {
            self.problem(&format!("{}: {problem}", input::name(path)));
        }
    }

    fn problem(&mut self, message: &str) {
        self.problems += 1;
        output::complain(message);
    }
}
