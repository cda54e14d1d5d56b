//! `audit-judge`: joins the extracts, judges the launches, and writes the report to S3.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use tagwarden::evidence::Evidence;
use tagwarden::policy;
use tagwarden_audit::iam::{self, Learned};
use tagwarden_audit::stored::{self, Stored};
use tagwarden_audit::{Audit, Gathered, LoadedPolicy, Outputs, Page, Scanned, Written, layout};
use tagwarden_audit::{Summary, Verdicts};

use super::bounds::{Bounds, extract_of};
use super::limits::Limits;
use crate::ports::{ListObjects, ObjectContent, ReadObject, S3Object, WriteObject};
use crate::{config, policy_file};

/// How many objects are fetched at once.
const AT_ONCE: usize = 8;

/// Ends the message about whatever IAM's data would tell.
pub const HINT: &str =
    ": put the output of `aws iam get-account-authorization-details` of its account below the prefix `IamPrefix`";

/// What the state machine asks for.
#[derive(Debug, Deserialize)]
pub struct JudgeRequest {
    #[serde(flatten)]
    bounds: Bounds,
    /// The manifests of the map runs that made the extracts.
    manifests: Vec<Manifest>,
    /// The name of the report's folder.
    report: String,
}

/// Where `ResultWriter` put the manifest of a map run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    bucket: String,
    key: String,
}

/// A manifest (Step Functions Developer Guide, "ResultWriter").
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ManifestContent {
    destination_bucket: String,
    result_files: ResultFiles,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct ResultFiles {
    succeeded: Vec<ResultFile>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultFile {
    key: String,
}

/// A line of a result file: what `audit-extract` answered.
#[derive(Debug, Deserialize)]
struct ExtractId {
    extract: String,
}

/// What the judgement comes to, and where the report is.
#[derive(Debug, Serialize)]
pub struct Report {
    launches: Verdicts,
    /// Launches of which something would have been undone.
    stopped: u64,
    /// What could not be read: `problems.txt` names it.
    problems: u64,
    /// The page.
    report: String,
    /// All numbers.
    summary: String,
    /// All findings.
    findings: String,
}

/// The locations that the environment names.
pub struct Locations {
    /// The name of the log bucket.
    pub logs: String,
    /// Where extracts are and reports go.
    pub results: S3Object,
    /// Where IAM's data is.
    pub iam: Option<S3Object>,
    /// Where the policy is: `s3://…`, a file, or built in.
    pub policy: Option<String>,
}

impl Locations {
    /// The locations that the environment names.
    ///
    /// # Errors
    /// If it lacks one, or names it wrongly.
    pub fn from_environment() -> Result<Self, String> {
        Ok(Self {
            logs: config::required(config::LOG_BUCKET)?,
            results: S3Object::parse(&config::required(config::RESULTS)?)?,
            iam: config::set(config::IAM).map(|place| S3Object::parse(&place)).transpose()?,
            policy: config::set(config::POLICY),
        })
    }
}

/// Joins, judges and reports.
///
/// # Errors
/// If the policy is invalid, S3 does not do its part, or a limit is hit.
pub async fn judge(
    request: &JudgeRequest,
    locations: &Locations,
    limits: Limits,
    ports: &(impl ReadObject + ListObjects + WriteObject),
) -> Result<Report, String> {
    let period = request.bounds.period()?;
    let policy = load_policy(locations.policy.as_deref(), ports).await?;
    let mut merge = Merge {
        gathered: Gathered::new(Evidence::new(HINT)),
        logs: &locations.logs,
        days_left_out: HashSet::new(),
        hasher: RandomState::new(),
        problems: Vec::new(),
    };
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
        let days = merge.days_left_out.len();
        return Err(format!("there is no log file to judge; {days} days of log files lie outside the period"));
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

    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let file = |name: &str| folder.path().join(name);
    let written = |name: &str| Written::create(&file(name));
    let outputs = || {
        Ok::<_, tagwarden_audit::AuditError>(Outputs {
            findings: Some(written("findings.jsonl")?),
            page: Some(Page::begin(written("report.html")?)?),
        })
    };
    let audit = Audit { policy: &policy, other: None, period, threads: 1, complete: true };
    let judged = outputs().and_then(|outputs| audit.judge(merge.gathered, outputs));
    let summary = judged.map_err(|failure| failure.to_string())?;
    let report = locations.results.below(&format!("reports/{}", request.report));
    for name in ["findings.jsonl", "report.html"] {
        ports.write_file(&report.below(name), &file(name)).await.map_err(|failure| failure.to_string())?;
    }
    ports
        .write(&report.below("problems.txt"), merge.problems.concat().into_bytes())
        .await
        .map_err(|failure| failure.to_string())?;
    write_summary(&report, &summary, ports).await
}

/// Writes the summary last: where it is, the report is complete.
async fn write_summary(report: &S3Object, summary: &Summary, ports: &impl WriteObject) -> Result<Report, String> {
    let place = report.below("summary.json");
    let bytes = serde_json::to_vec(summary).map_err(|error| error.to_string())?;
    ports.write(&place, bytes).await.map_err(|failure| failure.to_string())?;
    Ok(Report {
        launches: summary.launches,
        stopped: summary.stopped,
        problems: summary.input.problems,
        report: report.below("report.html").to_string(),
        summary: place.to_string(),
        findings: report.below("findings.jsonl").to_string(),
    })
}

/// The policy at this place, or the one that is built in.
async fn load_policy(place: Option<&str>, ports: &impl ReadObject) -> Result<LoadedPolicy, String> {
    let (name, text) = match place {
        None => ("the built-in policy".to_owned(), policy::DEFAULT.to_owned()),
        Some(place) if place.starts_with("s3://") => {
            let bytes = content(&S3Object::parse(place)?, ports).await?;
            (place.to_owned(), String::from_utf8(bytes).map_err(|_| format!("{place}: no UTF-8 text"))?)
        }
        Some(path) => (path.to_owned(), std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?),
    };
    let policy = policy_file::parse(&name, &text, false)?;
    Ok(LoadedPolicy { name, text, policy })
}

/// The ids of the extracts that the map runs made, each once.
async fn extracts(manifests: &[Manifest], ports: &impl ReadObject) -> Result<BTreeSet<String>, String> {
    let mut extracts = BTreeSet::new();
    for Manifest { bucket, key } in manifests {
        let place = S3Object { bucket: bucket.clone(), key: key.clone() };
        let bytes = content(&place, ports).await?;
        let manifest: ManifestContent =
            serde_json::from_slice(&bytes).map_err(|error| format!("{place}: no manifest: {error}"))?;
        for file in manifest.result_files.succeeded {
            let place = S3Object { bucket: manifest.destination_bucket.clone(), key: file.key };
            let bytes = content(&place, ports).await?;
            for line in serde_json::Deserializer::from_slice(&bytes).into_iter::<ExtractId>() {
                extracts.insert(line.map_err(|error| format!("{place}: no result: {error}"))?.extract);
            }
        }
    }
    Ok(extracts)
}

/// Hands over the bytes of each object, in their order.
async fn each(
    objects: impl ExactSizeIterator<Item = &S3Object>,
    limits: Limits,
    ports: &impl ReadObject,
    mut each: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let all = objects.len();
    let fetched = stream::iter(objects).map(|object| async move { (object, content(object, ports).await) });
    let mut fetched = std::pin::pin!(fetched.buffered(AT_ONCE).enumerate());
    while let Some((done, (object, bytes))) = fetched.next().await {
        each(&bytes?).map_err(|why| format!("{object}: {why}"))?;
        limits.check(done + 1, all)?;
    }
    Ok(())
}

/// The bytes of an object that must be there.
async fn content(object: &S3Object, ports: &impl ReadObject) -> Result<Vec<u8>, String> {
    match ports.read(object).await.map_err(|failure| failure.to_string())? {
        ObjectContent::Read { bytes, .. } => Ok(bytes),
        ObjectContent::Unavailable(why) => Err(format!("{object}: {why}")),
    }
}

/// What was joined so far.
struct Merge<'l> {
    gathered: Gathered<Arc<str>>,
    logs: &'l str,
    /// Fingerprints of the folders of days outside the period: batches begin and end within a day.
    days_left_out: HashSet<u64>,
    hasher: RandomState,
    /// Lines of `problems.txt`.
    problems: Vec<String>,
}

impl Merge<'_> {
    fn take(&mut self, stored: Stored) -> Result<(), tagwarden_audit::AuditError> {
        match stored {
            Stored::LeftOut(folder) => {
                self.days_left_out.insert(self.hasher.hash_one(folder));
                Ok(())
            }
            Stored::Scanned { name, bytes, inflated_bytes, extract } => {
                self.gathered.input.accounts.extend(layout::account(Path::new(&name)).map(str::to_owned));
                extract.problems.iter().for_each(|problem| self.problem(&name, problem));
                self.gathered.take(&Arc::from(name), Scanned { bytes, inflated_bytes, extract })
            }
        }
    }

    fn finish_files(&mut self) {
        self.gathered.input.days_left_out = self.days_left_out.len() as u64;
        for (name, problem) in self.gathered.learn_iam() {
            self.problem(&name, &problem);
        }
    }

    /// Learns from all files of IAM's data.
    async fn learn_iam(&mut self, prefix: &S3Object, ports: &(impl ReadObject + ListObjects)) -> Result<(), String> {
        let mut objects = ports.list(prefix).await.map_err(|failure| failure.to_string())?;
        objects.retain(|object| !object.key.ends_with('/'));
        if objects.is_empty() {
            return Err(format!("{prefix}: there is no data of IAM"));
        }
        for object in objects {
            let bytes = content(&object, ports).await?;
            let Learned { is_iam, problems } = iam::learn(&bytes, &mut self.gathered.evidence);
            if !is_iam && problems.is_empty() {
                return Err(format!("{object}: no output of `aws iam get-account-authorization-details`"));
            }
            self.gathered.input.problems += problems.len() as u64;
            self.problems.extend(problems.iter().map(|problem| format!("{object}:{problem}\n")));
        }
        Ok(())
    }

    fn problem(&mut self, name: &str, problem: &str) {
        self.problems.push(format!("s3://{}/{name}:{problem}\n", self.logs));
    }
}
