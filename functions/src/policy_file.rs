//! The policy that a guard works by: built in, in a file beside the function, or in S3, where it is kept up to date.

use std::env;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tagwarden::policy::{self, Policy};
use tagwarden::terms::SessionTags;

use crate::config;
use crate::ports::{FetchPolicy, PolicyObject};

/// A policy in both readings that a guard needs.
#[derive(Clone, Debug)]
pub struct LoadedPolicy {
    /// As it is written.
    pub policy: Policy,
    /// The same for sessions that all carry tags: what it decides does not rest on a role's tags alone.
    pub requiring_session_tags: Policy,
}

/// Where the policy comes from.
#[derive(Debug)]
pub struct PolicyFile {
    location: Location,
    observe_only: bool,
    /// How long a policy from S3 is good for before S3 is asked whether it changed.
    max_age: Duration,
    held: Mutex<Option<CachedPolicy>>,
}

#[derive(Debug)]
enum Location {
    /// Here: it was read at the start.
    Here,
    Object {
        bucket: String,
        key: String,
    },
}

#[derive(Clone, Debug)]
struct CachedPolicy {
    policies: Arc<LoadedPolicy>,
    etag: Option<String>,
    checked: Instant,
}

impl PolicyFile {
    /// The policy that the environment names.
    ///
    /// # Errors
    /// Everything that is wrong with it, where it is not in S3.
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
        Ok(Self { location, observe_only, max_age, held: Mutex::new(None) })
    }

    /// This policy, for good.
    pub fn fixed(policy: Policy) -> Self {
        let held = CachedPolicy { policies: Arc::new(LoadedPolicy::of(policy)), etag: None, checked: Instant::now() };
        let (location, observe_only) = (Location::Here, false);
        Self { location, observe_only, max_age: Duration::MAX, held: Mutex::new(Some(held)) }
    }

    /// The policy as it is now. One that S3 does not give any more, or that has become invalid, does not take the place of the
    /// one before: what was protected stays so.
    ///
    /// # Errors
    /// If there is none yet.
    pub async fn current(&self, ports: &impl FetchPolicy) -> Result<Arc<LoadedPolicy>, String> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Location::Object { bucket, key } = &self.location else {
            return held.map(|held| held.policies).ok_or_else(|| "there is no policy".to_owned());
        };
        if let Some(held) = held.as_ref().filter(|held| held.checked.elapsed() < self.max_age) {
            return Ok(Arc::clone(&held.policies));
        }
        let name = format!("s3://{bucket}/{key}");
        let etag = held.as_ref().and_then(|held| held.etag.as_deref());
        let fetched = match ports.fetch_policy(bucket, key, etag).await {
            Ok(None) => Ok(None),
            Ok(Some(PolicyObject { text, etag })) => {
                parse(&name, &text, self.observe_only).map(|policy| Some((Arc::new(LoadedPolicy::of(policy)), etag)))
            }
            Err(failure) => Err(format!("{name}: {failure}")),
        };
        let (policies, etag) = match (fetched, held) {
            (Ok(Some((policies, etag))), _) => (policies, etag),
            (Ok(None), Some(held)) => (held.policies, held.etag),
            (Ok(None), None) => return Err(format!("{name}: unchanged, though it was never read")),
            (Err(problem), Some(held)) => {
                tracing::error!(%problem, "the policy could not be renewed: the one before stays in force");
                (held.policies, held.etag)
            }
            (Err(problem), None) => return Err(problem),
        };
        let renewed = CachedPolicy { policies: Arc::clone(&policies), etag, checked: Instant::now() };
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(renewed);
        Ok(policies)
    }
}

impl LoadedPolicy {
    fn of(policy: Policy) -> Self {
        let mut requiring_session_tags = policy.clone();
        requiring_session_tags.abac.session_tags = SessionTags::Required;
        Self { policy, requiring_session_tags }
    }
}

/// The policy that `text`, the file `name`, says.
///
/// # Errors
/// Everything that is wrong with it.
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
    use super::*;
    use crate::memory::Account;

    fn in_s3() -> PolicyFile {
        let location = Location::Object { bucket: "b".to_owned(), key: "policy.toml".to_owned() };
        PolicyFile { location, observe_only: false, max_age: Duration::ZERO, held: Mutex::new(None) }
    }

    fn put(account: &Account, text: &str, etag: &str) {
        account.state().policy = Some(PolicyObject { text: text.to_owned(), etag: Some(etag.to_owned()) });
    }

    /// The projects that the policy names: one that each version has.
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
    }

    #[tokio::test]
    async fn an_invalid_policy_is_never_the_first() {
        let (file, account) = (in_s3(), Account::default());
        put(&account, "version = 1\n[rules.missing-vcp]", "1");
        let problem = version(&file, &account).await.expect_err("there is no such rule");
        assert!(problem.starts_with("s3://b/policy.toml:2:8: unknown rule `missing-vcp`"), "{problem}");
    }
}
