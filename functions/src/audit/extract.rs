//! `audit-extract`: extracts what an audit needs from a batch of log files, and stores it in S3.

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tagwarden_audit::stored::{self, Batch, Stored};
use tagwarden_audit::{LogFiles, Period, Scanned, layout};

use super::bounds::{Bounds, extract_of};
use crate::ports::{FindObject, ObjectContent, ReadObject, S3Object, WriteObject};

/// How many log files are fetched at once, so that some arrive while one is read.
const AT_ONCE: usize = 8;

/// A batch of objects from the state machine's `ItemBatcher`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchRequest {
    batch_input: Bounds,
    items: Vec<ListedObject>,
}

/// An object, as the `ItemReader` lists it (Step Functions Developer Guide, "ItemReader").
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedObject {
    key: String,
    #[serde(alias = "ETag")]
    etag: String,
}

/// The extract of a batch.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct BatchExtract {
    /// The id of the extract.
    pub extract: String,
    /// How many log files it covers.
    pub files: usize,
    /// Whether it existed before.
    pub found: bool,
}

/// What to read of a batch.
struct BatchPlan<'r> {
    needed: Vec<&'r ListedObject>,
    /// The folders of days outside the period.
    left_out: BTreeSet<&'r str>,
}

impl<'r> BatchPlan<'r> {
    fn of(items: &'r [ListedObject], period: Period) -> Self {
        let mut work = Self { needed: Vec::new(), left_out: BTreeSet::new() };
        for item in items.iter().filter(|item| !item.key.ends_with('/')) {
            let path = Path::new(&item.key);
            let folder = path.parent().unwrap_or(path);
            if layout::is_passed_over(path) {
                continue;
            } else if layout::day(folder).is_some_and(|day| !period.needs_day(day)) {
                work.left_out.extend(folder.to_str());
            } else {
                work.needed.push(item);
            }
        }
        work
    }

    /// The id of the extract: a hash of the objects, their versions, the period and the version of the program.
    fn id(&self, bucket: &str, bounds: &Bounds) -> String {
        let mut hasher = Sha256::new();
        let mut add = |text: &str| {
            hasher.update(u64::try_from(text.len()).unwrap_or_default().to_le_bytes());
            hasher.update(text);
        };
        add(&format!("{} {}", env!("CARGO_PKG_VERSION"), stored::VERSION));
        [bucket, &bounds.since, &bounds.until].into_iter().for_each(&mut add);
        self.left_out.iter().copied().for_each(&mut add);
        for item in &self.needed {
            add(&item.key);
            add(unquoted(&item.etag));
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// An entity tag without the quotes that HTTP requires.
fn unquoted(etag: &str) -> &str {
    etag.trim_matches('"')
}

/// Makes the extract of a batch of objects in `bucket`, and stores it below `results`, unless it exists.
///
/// # Errors
/// If S3 fails, or an object has changed. An unreadable log file is not an error: it becomes a problem in the extract.
pub async fn extract(
    request: &BatchRequest,
    bucket: &str,
    results: &S3Object,
    ports: &(impl ReadObject + FindObject + WriteObject),
) -> Result<BatchExtract, String> {
    let period = request.batch_input.period()?;
    let work = BatchPlan::of(&request.items, period);
    let extract = work.id(bucket, &request.batch_input);
    let [sessions, files] = extract_of(results, &extract);
    let found = ports.exists(&files).await.map_err(|failure| failure.to_string())?;
    let answer = BatchExtract { extract, files: work.needed.len(), found };
    if found {
        return Ok(answer);
    }
    let (mut batch, mut log_files) = (Batch::default(), LogFiles::default());
    let add = |batch: &mut Batch, stored: Stored| batch.add(stored).map_err(|failure| failure.to_string());
    for folder in work.left_out {
        add(&mut batch, Stored::LeftOut(folder.to_owned()))?;
    }
    let fetched = stream::iter(work.needed).map(|item| async move {
        let object = S3Object { bucket: bucket.to_owned(), key: item.key.clone() };
        (item, ports.read(&object).await)
    });
    let mut fetched = std::pin::pin!(fetched.buffered(AT_ONCE));
    while let Some((item, content)) = fetched.next().await {
        let scanned = match content.map_err(|failure| failure.to_string())? {
            ObjectContent::Read { etag, .. } if unquoted(&etag) != unquoted(&item.etag) => {
                return Err(format!("s3://{bucket}/{} has changed since it was listed: start again", item.key));
            }
            ObjectContent::Read { bytes, .. } => log_files.scan(&bytes, period),
            ObjectContent::Unavailable(why) => Scanned::unread(why),
        };
        let Scanned { bytes, inflated_bytes, extract } = scanned;
        let extract = Box::new(extract);
        add(&mut batch, Stored::Scanned { name: item.key.clone(), bytes, inflated_bytes, extract })?;
    }
    let made = batch.finish().map_err(|failure| failure.to_string())?;
    ports.write(&sessions, made.sessions).await.map_err(|failure| failure.to_string())?;
    ports.write(&files, made.files).await.map_err(|failure| failure.to_string())?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(keys: &[&str], etag: &str) -> BatchRequest {
        let item = |key: &&str| serde_json::json!({"Key": key, "Etag": etag, "Size": 1});
        let items: Vec<_> = keys.iter().map(item).collect();
        let request = serde_json::json!({"BatchInput": {"since": "2026-01-05", "until": ""}, "Items": items});
        serde_json::from_value(request).expect("a request")
    }

    fn id(request: &BatchRequest) -> String {
        BatchPlan::of(&request.items, request.batch_input.period().expect("a period")).id("logs", &request.batch_input)
    }

    #[test]
    fn days_outside_the_period_and_files_without_records_are_left_out() {
        let folder = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01";
        let digest = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/01/05/d.json.gz";
        let keys =
            [format!("{folder}/01/a.json.gz"), format!("{folder}/01/b.json.gz"), format!("{folder}/05/c.json.gz")];
        let keys: Vec<_> = keys.iter().map(String::as_str).chain([digest, "AWSLogs/"]).collect();
        let request = request(&keys, "1");
        let work = BatchPlan::of(&request.items, request.batch_input.period().expect("a period"));
        assert_eq!(work.needed.iter().map(|item| item.key.as_str()).collect::<Vec<_>>(), [keys[2]]);
        assert_eq!(work.left_out.into_iter().collect::<Vec<_>>(), [format!("{folder}/01")]);
    }

    #[test]
    fn an_id_depends_on_the_versions_and_the_period() {
        let (one, other) = (request(&["a", "b"], "1"), request(&["a", "b"], "2"));
        assert_eq!(id(&one), id(&request(&["a", "b"], "1")));
        assert_ne!(id(&one), id(&other));
        assert_ne!(id(&one), id(&request(&["ab"], "1")));
        let mut later = request(&["a", "b"], "1");
        later.batch_input.until = "2026-02-01".to_owned();
        assert_ne!(id(&one), id(&later));
    }
}
