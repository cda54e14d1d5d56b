//! The policy of a guard: the built-in policy, a file that is deployed with the function, or an object in S3, which is refreshed.

use std::sync::Arc;

use tagwarden::policy::{self, Policy};
use tagwarden::terms::SessionTags;

use crate::config;
use crate::ports::FetchFile;
use crate::refreshed::Refreshed;

/// A policy, in the two versions that a guard needs.
#[derive(Clone, Debug)]
pub struct LoadedPolicy {
    /// The policy as written.
    pub policy: Policy,
    /// The policy with required session tags. Its decisions never depend on the tags of a role alone.
    pub requiring_session_tags: Policy,
}

/// The source of the policy, and the policy that was loaded last.
#[derive(Debug)]
pub struct PolicyFile {
    file: Refreshed<LoadedPolicy>,
    observe_only: bool,
}

impl PolicyFile {
    /// The policy that the environment variables name.
    ///
    /// # Errors
    /// If the policy is invalid. A policy in S3 is read later.
    pub fn from_environment() -> Result<Self, String> {
        let observe_only = config::observe_only()?;
        let load = |name: &str, text: &str| parse(name, text, observe_only).map(LoadedPolicy::of);
        let file = match config::set(config::POLICY) {
            Some(name) => Refreshed::named(config::POLICY, &name, load)?,
            None => Refreshed::fixed(load("the built-in policy", policy::DEFAULT)?),
        };
        Ok(Self { file, observe_only })
    }

    /// A policy that does not change.
    pub fn fixed(policy: Policy) -> Self {
        Self { file: Refreshed::fixed(LoadedPolicy::of(policy)), observe_only: false }
    }

    /// The current policy. If S3 fails, or the new version is invalid, the previous version stays in force.
    ///
    /// # Errors
    /// If no valid policy has been loaded yet.
    pub async fn current(&self, ports: &impl FetchFile) -> Result<Arc<LoadedPolicy>, String> {
        self.file.current(ports, |name, text| parse(name, text, self.observe_only).map(LoadedPolicy::of)).await
    }
}

impl LoadedPolicy {
    fn of(policy: Policy) -> Self {
        let mut requiring_session_tags = policy.clone();
        requiring_session_tags.abac.session_tags = SessionTags::Required;
        Self { policy, requiring_session_tags }
    }
}

/// Parses `text`, the content of the file `name`.
///
/// # Errors
/// All errors in the policy.
pub(crate) fn parse(name: &str, text: &str, observe_only: bool) -> Result<Policy, String> {
    let mut policy = Policy::parse(text).map_err(|errors| {
        let located = errors.iter().map(|error| {
            let (line, column) = error.line_and_column(text);
            format!("{name}:{line}:{column}: {error}")
        });
        located.collect::<Vec<_>>().join("\n")
    })?;
    policy.observe_only = observe_only;
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::memory::Account;
    use crate::ports::{FileObject, S3Object};

    fn in_s3() -> PolicyFile {
        let object = S3Object { bucket: "b".to_owned(), key: "policy.toml".to_owned() };
        PolicyFile { file: Refreshed::in_s3(object, Duration::ZERO, remember), observe_only: false }
    }

    fn put(account: &Account, text: &str, etag: &str) {
        let file = FileObject { text: text.to_owned(), etag: Some(etag.to_owned()) };
        account.state().files.insert("policy.toml", file);
    }

    thread_local! {
        static LOG: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
    }

    fn remember(record: &Value) {
        LOG.with_borrow_mut(|log| log.push(record.clone()));
    }

    /// The projects in the policy, which differ in each version.
    async fn version(file: &PolicyFile, account: &Account) -> Result<String, String> {
        let loaded = file.current(account).await?;
        Ok(loaded.policy.abac.projects.clone().unwrap_or_default().concat())
    }

    #[tokio::test]
    async fn a_changed_policy_takes_effect_and_a_bad_one_does_not() {
        let (file, account) = (in_s3(), Account::default());
        assert!(version(&file, &account).await.is_err_and(|why| why.contains("s3://b/policy.toml")));
        for (text, etag, expected) in [
            ("version = 1\nabac.projects = ['one']", "1", "one"),
            ("version = 1\nabac.projects = ['same etag, not read']", "1", "one"),
            ("version = 1\nabac.projects = ['two']", "2", "two"),
            ("version = 2", "3", "two"),
            ("version = 1\nabac.projects = ['four']", "4", "four"),
        ] {
            put(&account, text, etag);
            assert_eq!(version(&file, &account).await.as_deref(), Ok(expected), "{text}");
        }
        account.state().failing.insert("fetch-file");
        assert_eq!(version(&file, &account).await.as_deref(), Ok("four"));
        // Each time, the log and a metric say that the previous version stays in force.
        let log = LOG.take();
        let problems: Vec<_> =
            log.iter().map(|record| (&record["PolicyRefused"], record["problem"].as_str())).collect();
        let [(one, Some(invalid)), (_, Some(unread))] = problems.as_slice() else { panic!("{log:?}") };
        assert_eq!(**one, 1);
        assert!(invalid.starts_with("s3://b/policy.toml:1:11: ") && unread.contains("fetch-file failed"), "{log:?}");
    }

    #[tokio::test]
    async fn an_invalid_first_policy_is_refused() {
        let (file, account) = (in_s3(), Account::default());
        put(&account, "version = 1\n[rules.missing-vcp]", "1");
        let problem = version(&file, &account).await.expect_err("there is no such rule");
        assert!(problem.starts_with("s3://b/policy.toml:2:8: unknown rule `missing-vcp`"), "{problem}");
    }
}
