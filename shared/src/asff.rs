//! Findings in the AWS Security Finding Format.
//!
//! They are made of the documented JSON of a decision (`docs/decision.schema.json`). A finding is one rule on one resource, with a life: it
//! is active until the rule does not fail any more. Sources: Security Hub user guide, "AWS Security Finding Format (ASFF)", and the API
//! reference, `BatchImportFindings` and `AwsSecurityFinding`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::decide::Decision;
use crate::record::arn;
use crate::rules::Rule;
use crate::terms::Severity;

/// What every `GeneratorId` of Tagwarden begins with.
pub const GENERATOR: &str = "tagwarden/";

/// The longest texts, in characters (API reference, `AwsSecurityFinding` and `Recommendation`).
const MAX_ID: usize = 512;
const MAX_TITLE: usize = 256;
const MAX_DESCRIPTION: usize = 1024;
const MAX_RECOMMENDATION: usize = 512;
/// The same for a value in `ProductFields` (user guide, "Optional top-level ASFF attributes").
const MAX_FIELD: usize = 2048;

/// One rule on one resource. Its members that people write in Security Hub (`Workflow`, `Note`, `UserDefinedFields`,
/// `VerificationState`) are never sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AsffFinding {
    /// The version of the format.
    pub schema_version: &'static str,
    /// The rule and the resource: another finding with this id replaces this one.
    pub id: String,
    /// The default product of the account.
    pub product_arn: String,
    /// [`GENERATOR`] and the rule.
    pub generator_id: String,
    /// The account of the resource.
    pub aws_account_id: String,
    /// When the call was made.
    pub created_at: String,
    /// When this was known. Security Hub keeps the latest.
    pub updated_at: String,
    /// The rule in words.
    pub title: String,
    /// What is wrong.
    pub description: String,
    /// How to correct it.
    pub remediation: Remediation,
    /// The resource.
    pub resources: [AsffResource; 1],
    /// Whether the rule fails.
    pub compliance: Compliance,
    /// Whether somebody has to do something.
    pub record_state: RecordState,
    /// Severity and type, as the provider sees them.
    pub finding_provider_fields: ProviderFields,
    /// What Tagwarden knows in addition.
    pub product_fields: BTreeMap<&'static str, String>,
}

/// How to correct it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Remediation {
    /// The recommendation.
    pub recommendation: Recommendation,
}

/// A recommendation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Recommendation {
    /// The text.
    pub text: String,
}

/// A resource in a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AsffResource {
    /// The type, for which the format has a list.
    #[serde(rename = "Type")]
    pub kind: &'static str,
    /// The ARN, if it is known.
    pub id: String,
    /// The partition of AWS.
    pub partition: String,
    /// The region.
    pub region: String,
}

/// Whether a rule fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Compliance {
    /// The status.
    pub status: ComplianceStatus,
}

/// The statuses that Tagwarden uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ComplianceStatus {
    /// The rule fails.
    Failed,
    /// It could not be judged.
    NotAvailable,
    /// The rule does not fail any more, or its failure is allowed.
    Passed,
}

/// Whether somebody has to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordState {
    /// Yes.
    Active,
    /// No.
    Archived,
}

/// Severity and type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProviderFields {
    /// The severity.
    pub severity: AsffSeverity,
    /// The types of the format's taxonomy.
    pub types: [&'static str; 1],
}

/// A severity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AsffSeverity {
    /// In the format's words.
    pub label: String,
}

/// The type of all findings (user guide, "Types taxonomy for ASFF").
const TYPE: &str = "Software and Configuration Checks/AWS Security Best Practices";

/// What a finding takes from a decision.
#[derive(Deserialize)]
struct Judged {
    event_id: Option<String>,
    event_time: Option<String>,
    event_name: String,
    account: Option<String>,
    region: Option<String>,
    resource: Option<JudgedResource>,
    principal: Option<Principal>,
    #[serde(default)]
    findings: Vec<Found>,
    /// The rules that fail no more.
    #[serde(default)]
    resolved: BTreeSet<String>,
}

#[derive(Deserialize)]
struct JudgedResource {
    kind: String,
    name: Option<String>,
    arn: Option<String>,
}

#[derive(Deserialize)]
struct Principal {
    arn: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    rule: String,
    outcome: String,
    severity: String,
    message: String,
    fix: String,
}

/// The findings of a decision.
pub fn of_decision(decision: &Decision, updated: &str) -> Vec<AsffFinding> {
    of_json(&json!(decision), updated).unwrap_or_default()
}

/// The findings of a decision in its JSON form, which was known at the time `updated`: one for each rule that fails, that could not be
/// judged, or that is listed in `resolved`. None if the account, the region or the time of the call is not known, because Security Hub
/// requires them.
///
/// # Errors
/// If it is not a decision.
pub fn of_json(decision: &serde_json::Value, updated: &str) -> Result<Vec<AsffFinding>, String> {
    let judged = Judged::deserialize(decision).map_err(|error| format!("it is not a decision: {error}"))?;
    let (Some(account), Some(region), Some(created)) = (&judged.account, &judged.region, &judged.event_time) else {
        return Ok(Vec::new());
    };
    let rules: BTreeSet<_> = judged
        .findings
        .iter()
        .map(|found| found.rule.as_str())
        .chain(judged.resolved.iter().map(String::as_str))
        .collect();
    let place = Place { account, region, created, updated };
    Ok(rules.into_iter().map(|rule| finding(rule, &judged, &place)).collect())
}

/// Where and when.
struct Place<'a> {
    account: &'a str,
    region: &'a str,
    created: &'a str,
    updated: &'a str,
}

/// The finding of a rule.
fn finding(rule: &str, judged: &Judged, place: &Place) -> AsffFinding {
    let Place { account, region, created, updated } = *place;
    let found: Vec<_> = judged.findings.iter().filter(|found| found.rule == rule).collect();
    let is = |outcome: &str| found.iter().any(|found| found.outcome == outcome);
    let (compliance, record_state) = match () {
        () if judged.resolved.contains(rule) => (ComplianceStatus::Passed, RecordState::Archived),
        () if is("fail") => (ComplianceStatus::Failed, RecordState::Active),
        () if is("unknown") => (ComplianceStatus::NotAvailable, RecordState::Active),
        // Exempted.
        () => (ComplianceStatus::Passed, RecordState::Archived),
    };
    let severity = found.iter().filter_map(|found| Severity::named(&found.severity)).max();
    let known = Rule::named(rule);
    let messages: Vec<_> = found.iter().map(|found| found.message.as_str()).collect();
    let caller = judged.principal.as_ref().and_then(|principal| principal.arn.as_deref());
    let who = caller.unwrap_or("an unknown caller");
    let call = &judged.event_name;
    let description = match (messages.is_empty(), call == Decision::ROLE) {
        (true, _) => "the rule does not fail any more".to_owned(),
        (false, true) => messages.join("; "),
        (false, false) => format!("{}. {who} called {call}.", messages.join("; ")),
    };
    let fix = found.first().map(|found| found.fix.as_str()).or(known.map(|rule| rule.fix)).unwrap_or_default();
    let arn = judged.resource.as_ref().and_then(|resource| resource.arn.as_deref());
    let partition = arn.and_then(|arn| arn.split(':').nth(1)).unwrap_or_else(|| arn::partition(region)).to_owned();
    let resource = resource(judged, arn, &partition, region);
    let fields = [("tagwarden/rule", Some(rule)), ("tagwarden/call", Some(call)), ("tagwarden/principal", caller)];
    let fields = fields.into_iter().chain([("tagwarden/event", judged.event_id.as_deref())]);
    AsffFinding {
        schema_version: "2018-10-08",
        id: id(rule, &resource.id),
        product_arn: format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
        generator_id: format!("{GENERATOR}{rule}"),
        aws_account_id: account.to_owned(),
        created_at: created.to_owned(),
        updated_at: updated.to_owned(),
        title: cut(MAX_TITLE, &format!("{rule}: {}", known.map_or("a rule of Tagwarden", |rule| rule.fails_when))),
        description: cut(MAX_DESCRIPTION, &description),
        remediation: Remediation { recommendation: Recommendation { text: cut(MAX_RECOMMENDATION, fix) } },
        resources: [resource],
        compliance: Compliance { status: compliance },
        record_state,
        finding_provider_fields: ProviderFields {
            severity: AsffSeverity {
                label: severity.or(known.map(|rule| rule.severity)).unwrap_or(Severity::Low).as_str().to_uppercase(),
            },
            types: [TYPE],
        },
        product_fields: fields.filter_map(|(key, value)| Some((key, cut(MAX_FIELD, value?)))).collect(),
    }
}

/// The resource of a decision. Its ARN identifies it; without one, its kind and name do.
fn resource(judged: &Judged, arn: Option<&str>, partition: &str, region: &str) -> AsffResource {
    let kind = judged.resource.as_ref().map_or("unknown", |resource| resource.kind.as_str());
    let name = judged.resource.as_ref().and_then(|resource| resource.name.as_deref());
    let id = match (arn, name) {
        (Some(arn), _) => arn.to_owned(),
        (None, Some(name)) => format!("{kind}/{name}"),
        (None, None) => format!("{kind} of {}", judged.event_id.as_deref().unwrap_or("an event without id")),
    };
    AsffResource {
        kind: match kind {
            "notebook-instance" => "AwsSageMakerNotebookInstance",
            "role" => "AwsIamRole",
            _ => "Other",
        },
        id,
        partition: partition.to_owned(),
        region: region.to_owned(),
    }
}

/// The id of a finding: the same for the same rule and resource.
fn id(rule: &str, resource: &str) -> String {
    cut(MAX_ID, &format!("{GENERATOR}{rule}/{resource}"))
}

/// The beginning of a text. No text may be empty.
fn cut(length: usize, text: &str) -> String {
    if text.is_empty() {
        return "-".to_owned();
    }
    if text.chars().count() <= length {
        return text.to_owned();
    }
    text.chars().take(length - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decision with these findings and these rules that fail no more.
    fn decision(findings: &[(&str, &str)], resolved: &[&str]) -> serde_json::Value {
        let finding = |(rule, outcome): &(&str, &str)| {
            json!({"rule": rule, "outcome": outcome, "severity": "high", "path": "requestParameters", "actual": null,
                "expected": "a VPC", "message": format!("{rule} {outcome}"), "fix": "set it"})
        };
        json!({
            "event_id": "e", "event_time": "2026-03-02T09:00:00Z", "event_name": "CreateTrainingJob", "account": "111122223333",
            "region": "cn-north-1", "principal": {"arn": "arn:aws-cn:iam::111122223333:role/Ana"},
            "resource": {"kind": "training-job", "name": "j", "arn": "arn:aws-cn:sagemaker:cn-north-1:111122223333:training-job/j"},
            "verdict": "violation", "actions": [], "findings": findings.iter().map(finding).collect::<Vec<_>>(), "resolved": resolved,
        })
    }

    /// The rule, the compliance and the record state of each finding.
    fn states(decision: &serde_json::Value) -> Vec<(String, ComplianceStatus, RecordState)> {
        let findings = of_json(decision, "2026-03-02T09:00:05Z").expect("a decision");
        let state = |finding: AsffFinding| {
            let rule = finding.generator_id.trim_start_matches(GENERATOR).to_owned();
            (rule, finding.compliance.status, finding.record_state)
        };
        findings.into_iter().map(state).collect()
    }

    #[test]
    fn a_finding_is_active_until_its_rule_fails_no_more() {
        use ComplianceStatus::{Failed, NotAvailable, Passed};
        use RecordState::{Active, Archived};
        let found =
            [("a", "fail"), ("b", "unknown"), ("c", "exempted"), ("d", "fail"), ("e", "unknown"), ("e", "fail")];
        let expected = [
            ("a", Failed, Active),
            ("b", NotAvailable, Active),
            ("c", Passed, Archived),
            ("d", Passed, Archived),
            ("e", Failed, Active),
            ("f", Passed, Archived),
        ];
        let expected: Vec<_> = expected.map(|(rule, status, state)| (rule.to_owned(), status, state)).into();
        assert_eq!(states(&decision(&found, &["d", "f"])), expected);
        assert_eq!(states(&decision(&[], &[])), []);
    }

    #[test]
    fn a_finding_says_what_people_need() {
        let findings =
            of_json(&decision(&[("missing-vpc", "fail"), ("missing-vpc", "fail")], &[]), "now").expect("a decision");
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.id, "tagwarden/missing-vpc/arn:aws-cn:sagemaker:cn-north-1:111122223333:training-job/j");
        assert_eq!(finding.product_arn, "arn:aws-cn:securityhub:cn-north-1:111122223333:product/111122223333/default");
        assert_eq!((finding.created_at.as_str(), finding.updated_at.as_str()), ("2026-03-02T09:00:00Z", "now"));
        assert!(finding.title.starts_with("missing-vpc: ") && finding.title.len() > 20, "{}", finding.title);
        let expected =
            "missing-vpc fail; missing-vpc fail. arn:aws-cn:iam::111122223333:role/Ana called CreateTrainingJob.";
        assert_eq!(finding.description, expected);
        assert_eq!(finding.finding_provider_fields.severity.label, "HIGH");
        assert_eq!(finding.resources[0].kind, "Other");
    }

    #[test]
    fn a_decision_without_a_place_has_no_findings() {
        for member in ["account", "region", "event_time"] {
            let mut decision = decision(&[("missing-vpc", "fail")], &[]);
            decision[member] = serde_json::Value::Null;
            assert_eq!(of_json(&decision, "now"), Ok(Vec::new()), "{member}");
        }
        assert!(of_json(&json!({}), "now").is_err());
    }

    #[test]
    fn no_text_is_longer_than_the_format_allows() {
        let mut decision = decision(&[("missing-vpc", "fail")], &[]);
        let long = "é".repeat(3000);
        decision["resource"]["arn"] = json!(long);
        for member in ["message", "fix"] {
            decision["findings"][0][member] = json!(long);
        }
        let findings = of_json(&decision, "now").expect("a decision");
        let finding = &findings[0];
        let texts = [
            (&finding.id, MAX_ID),
            (&finding.description, MAX_DESCRIPTION),
            (&finding.remediation.recommendation.text, MAX_RECOMMENDATION),
        ];
        for (text, longest) in texts {
            assert_eq!(text.chars().count(), longest);
        }
    }
}
