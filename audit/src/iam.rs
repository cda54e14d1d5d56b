//! IAM's data on roles and users, and the tags of resources, from files of that data.

use tagwarden::evidence::Evidence;
use tagwarden::record::documents::{self, Item};

use crate::log_file::{inflate, is_gzip, text};

/// What was found in a file.
#[derive(Debug, Default)]
pub struct Learned {
    /// Whether the file holds output of `aws iam get-account-authorization-details` or of
    /// `aws resourcegroupstaggingapi get-resources`.
    pub is_iam: bool,
    /// What could not be read. Each text begins with the line number if that is known.
    pub problems: Vec<String>,
}

/// Learns the data from the `bytes` of a file.
pub fn learn(bytes: &[u8], evidence: &mut Evidence) -> Learned {
    let mut learned = Learned::default();
    if let Err(problem) = read(bytes, evidence, &mut learned) {
        learned.problems.push(format!(" {problem}"));
    }
    learned
}

fn read(bytes: &[u8], evidence: &mut Evidence, learned: &mut Learned) -> Result<(), String> {
    let inflated = if is_gzip(bytes) { Some(inflate(bytes)?) } else { None };
    let text = text(inflated.as_deref().unwrap_or(bytes), &mut learned.problems)?;
    documents::split(&text, &mut |item| match item {
        Ok(Item::AuthorizationDetails(details) | Item::ResourceTags(details)) => {
            learned.is_iam = true;
            let unread = evidence.add_page(&details);
            learned.problems.extend(unread.iter().map(|problem| format!(" {problem}")));
        }
        Ok(_) => {}
        Err(problem) => learned.problems.push(format!("{}: {}", problem.line, problem.message)),
    });
    Ok(())
}
