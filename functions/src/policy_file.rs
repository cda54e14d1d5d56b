//! The policy of a guard: the built-in policy, a file that is deployed with the function, or an object in S3, which is refreshed.

use std::env;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tagwarden::policy::{self, Policy};
use tagwarden::terms::SessionTags;

use crate::ports::{FetchPolicy, PolicyObject};
use crate::{config, telemetry};

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
    location: Location,
    observe_only: bool,
    /// How long a policy from S3 is used before S3 is asked for a new version.
    max_age: Duration,
    cached: Mutex<Option<CachedPolicy>>,
    log: telemetry::Log,
}

#[derive(Debug)]
enum Location {
    /// The policy was read at the start.
    Here,
    Object {
        bucket: String,
        key: String,
    },
}

#[derive(Clone, Debug)]
struct CachedPolicy {
    loaded: Arc<LoadedPolicy>,
    etag: Option<String>,
    checked: Instant,
}

impl PolicyFile {
    /// The policy that the environment variables name.
    ///
    /// # Errors
    /// If the policy is invalid. A policy in S3 is read later.
    pub fn from_environment() -> Result<Self, String> {
        let observe_only = match config::set(config::MODE).as_deref() {
            None | Some("policy") => false,
            Some("observe") => true,
            Some(other) => return Err(format!("`{}` is `{other}`; expected `policy` or `observe`", config::MODE)),
        };
        let Some(name) = config::set(config::POLICY) else {
            return parse("the built-in policy", policy::DEFAULT, observe_only).map(Self::fixed);
        };
        let Some(object) = name.strip_prefix("s3://") else {
            let text = std::fs::read_to_string(&name).map_err(|error| format!("{name}: {error}"))?;
            return parse(&name, &text, observe_only).map(Self::fixed);
        };
        let (bucket, key) = object
            .split_once('/')
            .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
            .ok_or_else(|| format!("`{}` is `{name}`; expected `s3://BUCKET/KEY`", config::POLICY))?;
        let max_age = match env::var(config::POLICY_MAX_AGE) {
            Err(_) => Duration::from_secs(60),
            Ok(text) => {
                let seconds =
                    text.parse().map_err(|_| format!("`{}` is `{text}`; expected seconds", config::POLICY_MAX_AGE))?;
                Duration::from_secs(seconds)
            }
        };
        let location = Location::Object { bucket: bucket.to_owned(), key: key.to_owned() };
        Ok(Self { location, observe_only, max_age, cached: Mutex::new(None), log: telemetry::write })
    }

    /// A policy that does not change.
    pub fn fixed(policy: Policy) -> Self {
        let cached = CachedPolicy { loaded: Arc::new(LoadedPolicy::of(policy)), etag: None, checked: Instant::now() };
        let (location, observe_only) = (Location::Here, false);
        Self { location, observe_only, max_age: Duration::MAX, cached: Mutex::new(Some(cached)), log: telemetry::write }
    }

    /// The current policy. If S3 fails, or the new version is invalid, the previous version stays in force.
    ///
    /// # Errors
    /// If no valid policy has been loaded yet.
    pub async fn current(&self, ports: &impl FetchPolicy) -> Result<Arc<LoadedPolicy>, String> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Location::Object { bucket, key } = &self.location else {
            return cached.map(|cached| cached.loaded).ok_or_else(|| "no policy is loaded".to_owned());
        };
        if let Some(cached) = cached.as_ref().filter(|cached| cached.checked.elapsed() < self.max_age) {
            return Ok(Arc::clone(&cached.loaded));
        }
        let name = format!("s3://{bucket}/{key}");
        let etag = cached.as_ref().and_then(|cached| cached.etag.as_deref());
        let fetched = match ports.fetch_policy(bucket, key, etag).await {
            Ok(None) => Ok(None),
            Ok(Some(PolicyObject { text, etag })) => {
                parse(&name, &text, self.observe_only).map(|policy| Some((Arc::new(LoadedPolicy::of(policy)), etag)))
            }
            Err(failure) => Err(format!("{name}: {failure}")),
        };
        let (loaded, etag) = match (fetched, cached) {
            (Ok(Some((loaded, etag))), _) => (loaded, etag),
            (Ok(None), Some(cached)) => (cached.loaded, cached.etag),
            (Ok(None), None) => return Err(format!("{name}: S3 reports no change, but the policy was never read")),
            (Err(problem), Some(cached)) => {
                (self.log)(&telemetry::policy_refused(&problem, Timestamp::now()));
                (cached.loaded, cached.etag)
            }
            (Err(problem), None) => return Err(problem),
        };
        let renewed = CachedPolicy { loaded: Arc::clone(&loaded), etag, checked: Instant::now() };
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some(renewed);
        Ok(loaded)
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

    use serde_json::Value;

    use super::*;
    use crate::memory::Account;

    fn in_s3() -> PolicyFile {
        let location = Location::Object { bucket: "b".to_owned(), key: "policy.toml".to_owned() };
        PolicyFile { location, observe_only: false, max_age: Duration::ZERO, cached: Mutex::new(None), log: remember }
    }

    fn put(account: &Account, text: &str, etag: &str) {
        account.state().policy = Some(PolicyObject { text: text.to_owned(), etag: Some(etag.to_owned()) });
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
        account.state().failing.insert("fetch-policy");
        assert_eq!(version(&file, &account).await.as_deref(), Ok("four"));
        // Each time, the log and a metric say that the previous version stays in force.
        let log = LOG.take();
        let problems: Vec<_> =
            log.iter().map(|record| (&record["PolicyRefused"], record["problem"].as_str())).collect();
        let [(one, Some(invalid)), (_, Some(unread))] = problems.as_slice() else { panic!("{log:?}") };
        assert_eq!(**one, 1);
        assert!(invalid.starts_with("s3://b/policy.toml:1:11: ") && unread.contains("fetch-policy failed"), "{log:?}");
    }

    #[tokio::test]
    async fn an_invalid_first_policy_is_refused() {
        let (file, account) = (in_s3(), Account::default());
        put(&account, "version = 1\n[rules.missing-vcp]", "1");
        let problem = version(&file, &account).await.expect_err("there is no such rule");
        assert!(problem.starts_with("s3://b/policy.toml:2:8: unknown rule `missing-vcp`"), "{problem}");
    }
}
