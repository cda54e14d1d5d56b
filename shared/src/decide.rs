//! One call, judged by all rules: the decision, with its findings and the plan, as reports and logs write it.

use serde::{Serialize, Serializer};

use crate::arn;
use crate::call::Call;
use crate::caller::Caller;
use crate::documents::OtherEvent;
use crate::evidence::{Evidence, Tags};
use crate::facts::Facts;
use crate::json::{Value, find};
use crate::operations::Operation;
use crate::plan::{self, PlannedAction};
use crate::policy::{Action, Mode, OnUnknown, Policy, Settings, Severity};
use crate::rules::{Outcome, Rule, Violation};

/// What a call comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The policy does not cover it.
    #[default]
    Skipped,
    /// No rule fails.
    Compliant,
    /// No rule fails, and not all could be judged.
    Unknown,
    /// A rule fails.
    Violation,
}

impl Verdict {
    /// As reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Compliant => "compliant",
            Self::Unknown => "unknown",
            Self::Violation => "violation",
        }
    }
}

/// A decision about one record.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Decision {
    /// `eventID`
    pub event_id: Option<String>,
    /// `eventTime`
    pub event_time: Option<String>,
    /// `eventName`; of an event that is no API call, its detail type.
    pub event_name: String,
    /// The account of the call.
    pub account: Option<String>,
    /// The region of the call.
    pub region: Option<String>,
    /// What was created.
    pub resource: Option<Resource>,
    /// Who called.
    pub principal: Option<PrincipalReport>,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why it was skipped, or is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is wrong, in the order of the rules.
    pub findings: Vec<Finding>,
    /// What to do about it, the strongest action first.
    pub actions: Vec<PlannedAction>,
}

/// The resource that a call created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// IAM's name of the resource type, such as `training-job`.
    pub kind: &'static str,
    /// Its name.
    pub name: Option<String>,
    /// Its ARN, where the record tells it.
    pub arn: Option<String>,
}

/// The caller in a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrincipalReport {
    /// ARN of the IAM role or user.
    pub arn: Option<String>,
    /// `userIdentity.type`
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The tags that are known.
    pub tags: Tags,
    /// Where the ABAC tag came from: `session`, `role`, `user`, `none` or `unknown`.
    pub tags_from: &'static str,
}

/// What a rule found in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// Whether the rule failed, could not be judged, or failed for an exempted caller.
    pub outcome: FindingOutcome,
    /// How bad it is.
    #[serde(serialize_with = "name_of_severity")]
    pub severity: Severity,
    /// Where, as a JSON path in the record.
    pub path: String,
    /// What is there.
    pub actual: Option<String>,
    /// What should be there.
    pub expected: String,
    /// What is wrong.
    pub message: String,
    /// How to put it right.
    pub fix: String,
}

/// The outcome of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingOutcome {
    /// The rule failed.
    Fail,
    /// It could not be judged.
    Unknown,
    /// It failed, and an exemption says that this does not count.
    Exempted,
}

pub(crate) fn name_of_severity<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity.as_str())
}

/// The operation of a call that the policy covers.
///
/// # Errors
/// Why it does not.
pub fn coverage(call: &Call) -> Result<&'static Operation, String> {
    if !call.is_sagemaker() {
        return Err(another_service(call.event_source));
    }
    if let Some(code) = call.error_code {
        return Err(format!("the call failed with `{code}`"));
    }
    if call.read_only {
        return Err(reads_only(call.event_name));
    }
    if let Some(kind) = call.event_type.filter(|kind| *kind != "AwsApiCall") {
        return Err(format!("an event of type `{kind}` is no API call"));
    }
    Operation::named(call.event_name).ok_or_else(|| format!("`{}` is not judged", call.event_name))
}

/// Why calls to a service other than SageMaker are not covered.
pub(crate) fn another_service(event_source: &str) -> String {
    format!("`{event_source}` is another service")
}

/// Why calls that change nothing are not covered.
pub(crate) fn reads_only(event_name: &str) -> String {
    format!("`{event_name}` only reads")
}

/// Judges a call by the policy.
pub fn decide(call: &Call, policy: &Policy, evidence: &Evidence) -> Decision {
    let operation = match coverage(call) {
        Ok(operation) => operation,
        Err(reason) => return skipped(call, reason),
    };
    let caller = Caller::of(call, evidence, policy.abac.session_tags);
    let facts = Facts::of(call, operation, caller, evidence);
    let mut judged = Vec::new();
    let mut findings = Vec::new();
    for (rule, settings) in policy.rules(call, &facts.caller) {
        let outcome = rule.judge(&facts, &settings);
        if matches!(outcome, Outcome::Pass | Outcome::Skip(_)) {
            continue;
        }
        let exemption = policy.exemption(rule, call, &facts.caller);
        let severity = settings.severity();
        judged.push(Judged {
            rule,
            asks_for: if exemption.is_some() { Action::Alert } else { asked_for(&outcome, &settings) },
        });
        match outcome {
            Outcome::Pass | Outcome::Skip(_) => {}
            Outcome::Fail(violations) => findings.extend(violations.into_iter().map(|violation| {
                let (outcome, severity, note) = match exemption {
                    None => (FindingOutcome::Fail, severity, String::new()),
                    Some(granted) => {
                        let (until, reason, owner) = (granted.until, &granted.reason, &granted.owner);
                        let note = format!("; exempted until {until}: {reason} ({owner})");
                        (FindingOutcome::Exempted, Severity::Low, note)
                    }
                };
                Finding {
                    rule: rule.id,
                    outcome,
                    severity,
                    path: violation.path,
                    actual: violation.actual,
                    expected: violation.expected,
                    message: violation.message + &note,
                    fix: violation.fix.unwrap_or_else(|| rule.fix.to_owned()),
                }
            })),
            Outcome::Unknown(unread) => findings.push(Finding {
                rule: rule.id,
                outcome: FindingOutcome::Unknown,
                severity,
                path: unread.path,
                actual: None,
                expected: "something that can be read".to_owned(),
                message: unread.why,
                fix: "make it readable; until then `on-unknown` in the policy says what is done".to_owned(),
            }),
        }
    }
    let verdict = verdict(&findings);
    let resource = resource(call, operation);
    let actions = plan::plan(&facts, policy, &resource, &judged);
    Decision {
        resource: Some(resource),
        principal: Some(principal_report(&facts, policy)),
        reason: (verdict == Verdict::Unknown).then(|| reason(&findings)),
        verdict,
        findings,
        actions,
        ..header(call)
    }
}

/// What a rule with these settings asks to be done about an outcome that is no pass.
pub(crate) fn asked_for(outcome: &Outcome, settings: &Settings) -> Action {
    match (settings.mode(), outcome) {
        (Mode::Observe, _) => Action::Alert,
        (Mode::Enforce, Outcome::Fail(violations)) => {
            let of_one = |violation: &Violation| violation.at_most.unwrap_or(Action::Stop);
            settings.action().min(violations.iter().map(of_one).max().unwrap_or(Action::Stop))
        }
        (Mode::Enforce, _) => match settings.policy.on_unknown {
            OnUnknown::Alert => Action::Alert,
            OnUnknown::Stop => Action::Stop,
        },
    }
}

/// A rule that has something to say about a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    pub rule: &'static Rule,
    /// What it asks to be done.
    pub asks_for: Action,
}

/// Judges the JSON text of a CloudTrail record.
///
/// # Errors
/// Where it is none, with the reason.
pub fn decide_record(json: &str, policy: &Policy, evidence: &Evidence) -> Result<Decision, String> {
    let record: Value = serde_json::from_str(json).map_err(|error| format!("no JSON: {error}"))?;
    Ok(decide(&Call::read(&record)?, policy, evidence))
}

/// The decision about an EventBridge event that is no API call.
pub fn not_a_call(event: OtherEvent) -> Decision {
    let reason = format!("`{}` is no API call", event.detail_type);
    Decision {
        event_id: event.id,
        event_time: event.time,
        event_name: event.detail_type,
        account: event.account,
        region: event.region,
        reason: Some(reason),
        ..Decision::default()
    }
}

/// The decision about a record that the policy does not cover.
pub fn skipped(call: &Call, reason: String) -> Decision {
    let principal = PrincipalReport {
        arn: call.identity.issuer_arn.or(call.identity.arn).map(str::to_owned),
        kind: call.identity.kind.map(str::to_owned),
        tags: Tags::default(),
        tags_from: "unknown",
    };
    Decision { principal: Some(principal), reason: Some(reason), ..header(call) }
}

fn header(call: &Call) -> Decision {
    Decision {
        event_id: call.event_id.map(str::to_owned),
        event_time: call.event_time.map(str::to_owned),
        event_name: call.event_name.to_owned(),
        account: call.account.map(str::to_owned),
        region: call.region.map(str::to_owned),
        ..Decision::default()
    }
}

fn verdict(findings: &[Finding]) -> Verdict {
    let any = |outcome| findings.iter().any(|finding| finding.outcome == outcome);
    if any(FindingOutcome::Fail) {
        Verdict::Violation
    } else if any(FindingOutcome::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Compliant
    }
}

/// What could not be read, each thing once.
fn reason(findings: &[Finding]) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.outcome == FindingOutcome::Unknown) {
        let reason = format!("`{}`: {}", finding.path, finding.message);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.join("; ")
}

/// The resource that a call created, or is about, as far as the record tells.
pub fn resource(call: &Call, operation: &Operation) -> Resource {
    let in_request = |path| find(call.request.as_ref().ok()?, path).first()?.text().ok()?;
    let arn = operation.arn(call);
    let name = operation.resource_name.and_then(in_request).or_else(|| arn::name(arn?));
    let of_arn = arn.and_then(arn::kind).filter(|_| operation.only_tags());
    let kind = of_arn.and_then(|kind| Operation::all().find(|known| known.kind == kind));
    Resource { kind: kind.unwrap_or(operation).kind, name: name.map(str::to_owned), arn: arn.map(str::to_owned) }
}

fn principal_report(facts: &Facts, policy: &Policy) -> PrincipalReport {
    let caller = &facts.caller;
    PrincipalReport {
        arn: caller.arn.as_deref().map(str::to_owned),
        kind: facts.call.identity.kind.map(str::to_owned),
        tags: caller.known_tags(),
        tags_from: match caller.tag(&policy.abac.tag) {
            Ok(Some((_, source))) => source.as_str(),
            Ok(None) => "none",
            Err(_) => "unknown",
        },
    }
}
