//! The manifests of the map runs, which name the extracts.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::read::content;
use crate::ports::{ReadObject, S3Object};

/// The location of the manifest that `ResultWriter` wrote for a map run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Manifest {
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

/// A line of a result file: the response of `audit-extract`.
#[derive(Debug, Deserialize)]
struct ExtractId {
    extract: String,
}

/// The ids of the extracts that the map runs made, without duplicates.
pub(super) async fn extracts(manifests: &[Manifest], ports: &impl ReadObject) -> Result<BTreeSet<String>, String> {
    let mut extracts = BTreeSet::new();
    for Manifest { bucket, key } in manifests {
        let location = S3Object { bucket: bucket.clone(), key: key.clone() };
        let bytes = content(&location, ports).await?;
        let manifest: ManifestContent =
            serde_json::from_slice(&bytes).map_err(|error| format!("{location} is not a manifest: {error}"))?;
        for file in manifest.result_files.succeeded {
            let location = S3Object { bucket: manifest.destination_bucket.clone(), key: file.key };
            let bytes = content(&location, ports).await?;
            for line in serde_json::Deserializer::from_slice(&bytes).into_iter::<ExtractId>() {
                extracts.insert(line.map_err(|error| format!("{location} is not a result file: {error}"))?.extract);
            }
        }
    }
    Ok(extracts)
}
