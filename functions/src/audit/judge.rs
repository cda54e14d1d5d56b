//! `audit-judge`: merges the extracts, judges the launches, and writes the report to S3.

use serde::{Deserialize, Serialize};
use tagwarden::policy;
use tagwarden_audit::{Audit, Outputs, Page, PolicySource, Summary, Verdicts, Written, encoding, stored};

use super::bounds::{Bounds, extract_of};
use super::limits::Limits;
use super::locations::Locations;
use super::manifests::{Manifest, extracts};
use super::merge::Merge;
use super::read::{content, each};
use crate::policy_file;
use crate::ports::{ListObjects, ReadObject, S3Object, WriteObject};

/// The end of messages about facts that IAM data would provide.
pub const HINT: &str =
    ": put the output of `aws iam get-account-authorization-details` of its account below the prefix `IamPrefix`";

/// The input from the state machine.
#[derive(Debug, Deserialize)]
pub struct JudgeRequest {
    #[serde(flatten)]
    bounds: Bounds,
    /// The manifests of the map runs that made the extracts.
    manifests: Vec<Manifest>,
    /// The name of the folder for the report.
    report: String,
}

/// The verdicts, and the location of the report.
#[derive(Debug, Serialize)]
pub struct Report {
    launches: Verdicts,
    /// Launches that would have been stopped or deleted.
    stopped: u64,
    /// What could not be read, as listed in `problems.txt`.
    problems: u64,
    /// The report as a web page.
    report: String,
    /// The summary as JSON.
    summary: String,
    /// All findings as JSON lines.
    findings: String,
}

/// Merges the extracts, judges the launches, and writes the report.
///
/// # Errors
/// If the policy is invalid, S3 fails, or the invocation is about to exceed a limit.
pub async fn judge(
    request: &JudgeRequest,
    locations: &Locations,
    limits: Limits,
    ports: &(impl ReadObject + ListObjects + WriteObject),
) -> Result<Report, String> {
    let period = request.bounds.period()?;
    let policy = load_policy(locations.policy.as_deref(), ports).await?;
    let mut merge = Merge::new(&locations.logs, HINT);
    if let Some(iam) = &locations.iam {
        merge.learn_iam(iam, ports).await?;
    }
    let extracts = extracts(&request.manifests, ports).await?;
    let parts: Vec<_> = extracts.iter().map(|id| extract_of(&locations.results, id)).collect();
    each(parts.iter().map(|[_, files]| files), limits, ports, |bytes| {
        stored::read_files(bytes, |stored| merge.take(stored)).map_err(|failure| failure.to_string())
    })
    .await?;
    if merge.gathered.input.files == 0 {
        let days = merge.days_left_out();
        return Err(format!("there is no log file to judge; {days} days of log files are outside the period"));
    }
    merge.finish_files();
    each(parts.iter().map(|[sessions, _]| sessions), limits, ports, |bytes| {
        let learned = stored::read_sessions(bytes, |session| {
            merge.gathered.learn_session(session);
            Ok(())
        });
        learned.map_err(|failure| failure.to_string())
    })
    .await?;

    let folder = tempfile::tempdir().map_err(|error| format!("could not create a temporary folder: {error}"))?;
    let file = |name: &str| folder.path().join(name);
    let written = |name: &str| Written::create(&file(name));
    let outputs = || {
        Ok::<_, tagwarden_audit::AuditError>(Outputs {
            findings: Some(written("findings.jsonl")?),
            page: Some(Page::begin(written("report.html")?)?),
            each: None,
        })
    };
    let audit = Audit { policy: &policy, other: None, period, by: &[], threads: 1, complete: true };
    let judged = outputs().and_then(|outputs| audit.judge(merge.gathered, outputs));
    let summary = judged.map_err(|failure| failure.to_string())?;
    let report = locations.results.below(&format!("reports/{}", request.report));
    for name in ["findings.jsonl", "report.html"] {
        ports.write_file(&report.below(name), &file(name)).await.map_err(|failure| failure.to_string())?;
    }
    let problems = merge.problems.lines(String::clone).into_iter().map(|line| line + "\n");
    ports
        .write(&report.below("problems.txt"), problems.collect::<String>().into_bytes())
        .await
        .map_err(|failure| failure.to_string())?;
    write_summary(&report, &summary, ports).await
}

/// Writes the summary last. If it exists, the report is complete.
async fn write_summary(report: &S3Object, summary: &Summary, ports: &impl WriteObject) -> Result<Report, String> {
    let location = report.below("summary.json");
    let bytes = serde_json::to_vec(summary).map_err(|error| error.to_string())?;
    ports.write(&location, bytes).await.map_err(|failure| failure.to_string())?;
    Ok(Report {
        launches: summary.launches,
        stopped: summary.stopped,
        problems: summary.input.problems,
        report: report.below("report.html").to_string(),
        summary: location.to_string(),
        findings: report.below("findings.jsonl").to_string(),
    })
}

/// The policy at this location, or the built-in policy.
async fn load_policy(location: Option<&str>, ports: &impl ReadObject) -> Result<PolicySource, String> {
    let (name, text) = match location {
        None => ("the built-in policy".to_owned(), policy::DEFAULT.to_owned()),
        Some(location) if location.starts_with("s3://") => {
            let bytes = content(&S3Object::parse(location)?, ports).await?;
            (location.to_owned(), encoding::text(&bytes).map_err(|why| format!("{location}: {why}"))?)
        }
        Some(path) => (path.to_owned(), std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?),
    };
    let policy = policy_file::parse(&name, &text, false)?;
    Ok(PolicySource { name, text, policy })
}
