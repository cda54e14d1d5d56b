//! A file of a guard: deployed with the function, or an object in S3, which is refreshed.

use std::env;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::ports::{FetchFile, FileObject, S3Object};
use crate::{config, telemetry};

/// The source of a file, and what was read of it last.
#[derive(Debug)]
pub struct Refreshed<T> {
    location: Location,
    /// How long a file from S3 is used before S3 is asked for a new version.
    max_age: Duration,
    cached: Mutex<Option<Cached<T>>>,
    log: telemetry::Log,
}

#[derive(Debug)]
enum Location {
    /// The file was read at the start.
    Here,
    Object(S3Object),
}

#[derive(Debug)]
struct Cached<T> {
    loaded: Arc<T>,
    etag: Option<String>,
    checked: Instant,
}

impl<T> Clone for Cached<T> {
    fn clone(&self) -> Self {
        Self { loaded: Arc::clone(&self.loaded), etag: self.etag.clone(), checked: self.checked }
    }
}

impl<T> Refreshed<T> {
    /// What does not change.
    pub fn fixed(loaded: T) -> Self {
        let cached = Cached { loaded: Arc::new(loaded), etag: None, checked: Instant::now() };
        Self {
            location: Location::Here,
            max_age: Duration::MAX,
            cached: Mutex::new(Some(cached)),
            log: telemetry::write,
        }
    }

    /// The file that the environment variable `variable` names: a path, or `s3://BUCKET/KEY`.
    ///
    /// # Errors
    /// If the file is invalid. A file in S3 is read later.
    pub fn named(
        variable: &str,
        name: &str,
        parse: impl FnOnce(&str, &str) -> Result<T, String>,
    ) -> Result<Self, String> {
        if !name.starts_with("s3://") {
            let text = std::fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))?;
            return parse(name, &text).map(Self::fixed);
        }
        let object = S3Object::parse(name).ok().filter(|object| !object.key.is_empty());
        let object = object.ok_or_else(|| format!("`{variable}` is `{name}`; expected `s3://BUCKET/KEY`"))?;
        let max_age = match env::var(config::POLICY_MAX_AGE) {
            Err(_) => Duration::from_secs(60),
            Ok(text) => {
                let seconds =
                    text.parse().map_err(|_| format!("`{}` is `{text}`; expected seconds", config::POLICY_MAX_AGE))?;
                Duration::from_secs(seconds)
            }
        };
        Ok(Self::in_s3(object, max_age, telemetry::write))
    }

    /// An object in S3.
    pub(crate) fn in_s3(object: S3Object, max_age: Duration, log: telemetry::Log) -> Self {
        Self { location: Location::Object(object), max_age, cached: Mutex::new(None), log }
    }

    /// The current file. If S3 fails, or the new version is invalid, the previous version stays in force.
    ///
    /// # Errors
    /// If no valid version has been read yet.
    pub async fn current(
        &self,
        ports: &impl FetchFile,
        parse: impl FnOnce(&str, &str) -> Result<T, String>,
    ) -> Result<Arc<T>, String> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Location::Object(object) = &self.location else {
            return cached.map(|cached| cached.loaded).ok_or_else(|| "no file was read".to_owned());
        };
        if let Some(cached) = cached.as_ref().filter(|cached| cached.checked.elapsed() < self.max_age) {
            return Ok(Arc::clone(&cached.loaded));
        }
        let name = object.to_string();
        let etag = cached.as_ref().and_then(|cached| cached.etag.as_deref());
        let fetched = match ports.fetch_file(&object.bucket, &object.key, etag).await {
            Ok(None) => Ok(None),
            Ok(Some(FileObject { text, etag })) => parse(&name, &text).map(|loaded| Some((Arc::new(loaded), etag))),
            Err(failure) => Err(format!("{name}: {failure}")),
        };
        let (loaded, etag) = match (fetched, cached) {
            (Ok(Some((loaded, etag))), _) => (loaded, etag),
            (Ok(None), Some(cached)) => (cached.loaded, cached.etag),
            (Ok(None), None) => return Err(format!("{name}: S3 reports no change, but the file was never read")),
            (Err(problem), Some(cached)) => {
                self.refuse(&problem);
                (cached.loaded, cached.etag)
            }
            (Err(problem), None) => return Err(problem),
        };
        let renewed = Cached { loaded: Arc::clone(&loaded), etag, checked: Instant::now() };
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some(renewed);
        Ok(loaded)
    }

    /// Reports that the newest version is not in force, and why.
    pub fn refuse(&self, problem: &str) {
        (self.log)(&telemetry::file_refused(problem, Timestamp::now()));
    }
}
