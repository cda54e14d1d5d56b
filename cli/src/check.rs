//! `tagwarden check`: gather → decide → plan, on files.

use tagwarden::decide::{Decision, coverage, decide_record, not_a_call, skipped};
use tagwarden::record::documents::Record;

use crate::args::{CheckArgs, Format};
use crate::exit::{CliError, RunResult};
use crate::gathered::{Found, Gathered};
use crate::input;
use crate::output::Output;
use crate::policy;
use crate::report::{self, VerdictCounts};

pub fn run(args: &CheckArgs, output: &mut Output) -> RunResult {
    let policy = policy::load(args.judge.policy.as_deref())?.policy;
    let mut gathered = Gathered::from_iam(&args.judge.iam)?;
    gathered.add_prices(&args.prices)?;
    let mut records = Vec::new();
    for path in gathered.inputs(&args.paths) {
        let place = input::name(&path);
        match input::inflated(&path) {
            Ok(bytes) => {
                let problems = gathered.read(&path, &bytes, |found| {
                    if let Some(content) = pending(found) {
                        records.push(PendingRecord { place: place.clone(), content });
                    }
                });
                gathered.add(&place, &problems);
            }
            Err(why) => gathered.add_of_file(&place, why),
        }
    }
    let mut summary = VerdictCounts::new(gathered.report());
    for PendingRecord { place, content } in records {
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
    Ok(summary.exit().or_zero(args.exit_zero))
}

/// A record that waits until all inputs are read.
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

fn pending(found: Found) -> Option<PendingDecision> {
    Some(match found {
        Found::Other => return None,
        Found::OtherEvent(event) => PendingDecision::Decided(Box::new(not_a_call(event))),
        Found::Call(Record { call, json, .. }) => match coverage(call) {
            Ok(_) => PendingDecision::ToJudge(json.to_owned()),
            Err(reason) => PendingDecision::Decided(Box::new(skipped(call, reason))),
        },
    })
}
