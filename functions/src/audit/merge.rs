//! Merges the extracts.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Arc;

use tagwarden::evidence::Evidence;
use tagwarden_audit::iam::{self, Learned};
use tagwarden_audit::stored::Stored;
use tagwarden_audit::{AllProblems, Gathered, Problems, Scanned, layout};

use super::read::content;
use crate::ports::{ListObjects, ReadObject, S3Object};

/// The extracts that were merged so far.
pub(super) struct Merge<'l> {
    pub(super) gathered: Gathered<Arc<str>>,
    logs: &'l str,
    /// Fingerprints of the folders of days outside the period. Two batches may name the same day.
    days_left_out: HashSet<u64>,
    hasher: RandomState,
    /// What could not be read, by the locations of the files.
    pub(super) problems: AllProblems<String>,
}

impl<'l> Merge<'l> {
    /// Nothing, of the log bucket `logs`. `hint` is the end of messages about facts that IAM data would provide.
    pub(super) fn new(logs: &'l str, hint: &'static str) -> Self {
        Self {
            gathered: Gathered::new(Evidence::new(hint)),
            logs,
            days_left_out: HashSet::new(),
            hasher: RandomState::new(),
            problems: AllProblems::default(),
        }
    }

    /// How many folders of days are outside the period.
    pub(super) fn days_left_out(&self) -> usize {
        self.days_left_out.len()
    }

    /// Takes a part of an extract.
    pub(super) fn take(&mut self, stored: Stored) -> Result<(), tagwarden_audit::AuditError> {
        match stored {
            Stored::LeftOut(folder) => {
                self.days_left_out.insert(self.hasher.hash_one(folder));
                Ok(())
            }
            Stored::Scanned { name, bytes, inflated_bytes, extract } => {
                self.gathered.input.accounts.extend(layout::account(Path::new(&name)).map(str::to_owned));
                self.add_problems(&name, &extract.problems);
                self.gathered.take(&Arc::from(name), Scanned { bytes, inflated_bytes, extract: *extract })
            }
        }
    }

    /// Completes the input after the last log file.
    pub(super) fn finish_files(&mut self) {
        self.gathered.input.days_left_out = self.days_left_out.len() as u64;
        for (name, problems) in self.gathered.learn_iam() {
            self.add_problems(&name, &problems);
        }
    }

    /// Learns from all files of IAM data.
    pub(super) async fn learn_iam(
        &mut self,
        prefix: &S3Object,
        ports: &(impl ReadObject + ListObjects),
    ) -> Result<(), String> {
        let mut objects = ports.list(prefix).await.map_err(|failure| failure.to_string())?;
        objects.retain(|object| !object.key.ends_with('/'));
        if objects.is_empty() {
            return Err(format!("{prefix}: there is no IAM data"));
        }
        for object in objects {
            let bytes = content(&object, ports).await?;
            let Learned { is_iam, has_prices, problems } = iam::learn(&bytes, &mut self.gathered.evidence);
            if !is_iam && !has_prices && problems.is_empty() {
                return Err(format!(
                    "{object} is not the output of `aws iam get-account-authorization-details`, `aws resourcegroupstaggingapi get-resources` or \
                    `aws pricing get-products`"
                ));
            }
            self.gathered.input.problems += problems.count();
            self.problems.add(&object.to_string(), &problems);
        }
        Ok(())
    }

    fn add_problems(&mut self, name: &str, problems: &Problems) {
        self.problems.add(&format!("s3://{}/{name}", self.logs), problems);
    }
}
