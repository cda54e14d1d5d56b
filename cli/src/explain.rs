//! `tagwarden explain`: denied calls, from records or from error messages.

use std::path::Path;

use anstyle::AnsiColor;
use tagwarden::denied::{DenialMessage, DeniedCall, DenyingRule, Effect, Explainer, messages};
use tagwarden::evidence::Evidence;
use tagwarden::record::Call;
use tagwarden::record::documents::Record;
use tagwarden::record::json::Value;
use tagwarden_audit::encoding;

use crate::args::{ExplainArgs, Format};
use crate::exit::{CliError, Exit, RunResult};
use crate::gathered::{Found, Gathered};
use crate::input;
use crate::output::{self, Output, clean};
use crate::policy;
use crate::report::{BOLD, DIM, INDENT, colour, detail, plural};

pub fn run(args: &ExplainArgs, output: &mut Output) -> RunResult {
    let policy = policy::load(args.judge.policy.as_deref())?.policy;
    let mut gathered = Gathered::from_iam(&args.judge.iam)?;
    let mut inputs = Inputs::default();
    for path in gathered.inputs(&args.paths) {
        inputs.read(&path, &mut gathered);
    }
    let mut problems = gathered.report();
    if inputs.denials.is_empty() {
        output::complain(&inputs.nothing_denied());
        problems += 1;
    }
    let explainer = Explainer::new(&policy);
    let (total, mut explained) = (inputs.denials.len(), 0);
    for Pending { place, denial } in inputs.denials {
        let Some(denied) = denial.explain(&explainer, &gathered.evidence) else { continue };
        explained += usize::from(denied.explained);
        match args.format {
            Format::Json => output.line(&serde_json::to_string(&denied).map_err(std::io::Error::from)?)?,
            Format::Text => text(&denied, &place, output)?,
        }
    }
    if args.format == Format::Text && total > 0 {
        output.line(&format!(
            "{BOLD}{total} {}:{BOLD:#} {explained} explained, {} not explained; {} not readable",
            plural(total, "denied call"),
            total - explained,
            problems,
        ))?;
    }
    Ok(match (problems, explained) {
        (0, explained) if explained == total => Exit::Ok,
        (0, _) => Exit::Unknown,
        _ => Exit::Failed,
    })
}

/// What the inputs hold.
#[derive(Default)]
struct Inputs {
    denials: Vec<Pending>,
    /// How many records of calls to SageMaker were not denied.
    not_denied: usize,
    /// How many records are of calls to other services.
    of_others: usize,
    /// How many events are not API calls.
    other_events: usize,
}

/// A denied call that waits until all inputs are read.
struct Pending {
    place: String,
    denial: Denial,
}

enum Denial {
    /// The JSON text of a record.
    Record(String),
    /// What an error message says.
    Message(DenialMessage),
}

impl Inputs {
    /// Reads records. If there are none, the input is a text with error messages.
    fn read(&mut self, path: &Path, gathered: &mut Gathered) {
        let place = input::name(path);
        let bytes = match input::inflated(path) {
            Ok(bytes) => bytes,
            Err(why) => return gathered.add_of_file(&place, why),
        };
        let mut is_records = false;
        let problems = gathered.read(path, &bytes, |found| {
            is_records = true;
            self.add(found, &place);
        });
        let text = encoding::utf8(&bytes).unwrap_or_default();
        let found = if is_records { Vec::new() } else { messages(&String::from_utf8_lossy(&text)) };
        if found.is_empty() {
            gathered.add(&place, &problems);
        }
        let pending = |message| Pending { place: place.clone(), denial: Denial::Message(message) };
        self.denials.extend(found.into_iter().map(pending));
    }

    fn add(&mut self, found: Found, place: &str) {
        match found {
            Found::Other => {}
            Found::OtherEvent(_) => self.other_events += 1,
            Found::Call(Record { call, .. }) if !call.is_sagemaker() => self.of_others += 1,
            Found::Call(Record { call, .. }) if !call.is_denied() => self.not_denied += 1,
            Found::Call(Record { json, .. }) => {
                self.denials.push(Pending { place: place.to_owned(), denial: Denial::Record(json.to_owned()) });
            }
        }
    }

    /// What was found instead of denied calls.
    fn nothing_denied(&self) -> String {
        let counted = |count, what| (count > 0).then(|| format!("{count} {}", plural(count, what)));
        let found = [
            counted(self.not_denied, "SageMaker call").map(|calls| calls + " that IAM did not deny"),
            counted(self.of_others, "call").map(|calls| calls + " to other services"),
            counted(self.other_events, "event").map(|events| events + " other than API calls"),
        ];
        let found = found.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let found = if found.is_empty() { "no records and no error messages".to_owned() } else { found };
        format!(
            "no denied call found: expected the CloudTrail record of a denied SageMaker call (`errorCode` `AccessDenied` or the \
            like), or the text of its error message, found {found}"
        )
    }
}

impl Denial {
    fn explain(&self, explainer: &Explainer, evidence: &Evidence) -> Option<DeniedCall> {
        match self {
            Self::Message(message) => Some(explainer.message(message)),
            Self::Record(json) => {
                let record: Value = serde_json::from_str(json).ok()?;
                explainer.record(&Call::read(&record).ok()?, evidence)
            }
        }
    }
}

/// Prints an explanation for people.
fn text(denied: &DeniedCall, place: &str, output: &mut Output) -> Result<(), CliError> {
    let red = colour(AnsiColor::Red);
    output.line(&format!("{red}{:INDENT$}{red:#}{BOLD}{}{BOLD:#}", "denied", clean(&denied.event_name)))?;
    let who = denied.principal.as_deref().unwrap_or("an unknown caller");
    let origin: Vec<_> = denied.event_time.as_deref().into_iter().chain([who]).collect();
    for line in [&origin.join("  "), place] {
        output.line(&format!("{:INDENT$}{DIM}{}{DIM:#}", "", clean(line)))?;
    }
    let arn = denied.policy_arn.as_ref().map(|arn| format!(" ({arn})")).unwrap_or_default();
    output.line(&detail("action", &denied.action))?;
    output.line(&detail("by", &format!("{}{arn}", denied.denied_by.name())))?;
    for rule in &denied.rules {
        for line in self::rule(rule) {
            output.line(&line)?;
        }
    }
    for advice in &denied.advice {
        output.line(&format!("  {BOLD}{:9}{BOLD:#}{}", "advice", clean(advice)))?;
    }
    output.line("")
}

fn rule(rule: &DenyingRule) -> Vec<String> {
    let (style, word) = match rule.effect {
        Effect::Denies => (colour(AnsiColor::Red), "denies"),
        Effect::MayDeny => (colour(AnsiColor::Yellow), "may deny"),
        Effect::Reports => (colour(AnsiColor::Cyan), "reports"),
    };
    let statements = (!rule.statements.is_empty()).then(|| rule.statements.join(", "));
    let details = [
        ("Sid", statements.as_deref()),
        ("at", Some(rule.path.as_str()).filter(|path| !path.is_empty())),
        ("actual", rule.actual.as_deref()),
        ("expected", rule.expected.as_deref()),
        ("fix", Some(rule.fix.as_str())),
    ];
    let head = format!("  {style}{word:9}{style:#}{BOLD}{}{BOLD:#}: {}", rule.rule, clean(&rule.message));
    let details = details.into_iter().filter_map(|(name, text)| Some(detail(name, text?)));
    [head].into_iter().chain(details).collect()
}
