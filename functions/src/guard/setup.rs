//! The parts of a guard.

use jiff::{SignedDuration, Timestamp};
use tagwarden::decide::{Decision, skipped};
use tagwarden::record::Call;

use super::lookup_cache::Cache;
use crate::act::ActionResult;
use crate::policy_file::PolicyFile;
use crate::ports::{Enforce, LookUp};
use crate::price_file::PriceFile;
use crate::{config, telemetry};

/// A guard: a policy, and the ports to AWS.
pub struct Guard<P> {
    function: String,
    pub(super) policy: PolicyFile,
    pub(super) prices: PriceFile,
    pub(super) cache: Cache,
    pub(super) ports: P,
    log: telemetry::Log,
    /// ARNs of the roles of Tagwarden's functions. Tags that these set are not judged.
    roles: Vec<String>,
    /// How long an alert window stays open.
    pub(super) interval: SignedDuration,
    clock: fn() -> Timestamp,
}

impl<P: LookUp + Enforce> Guard<P> {
    /// A guard for the Lambda function of this name. It sends each alert at once, and knows no prices.
    pub fn new(function: String, policy: PolicyFile, ports: P, log: telemetry::Log) -> Self {
        let (cache, roles, interval) = (Cache::default(), Vec::new(), SignedDuration::ZERO);
        let prices = PriceFile::default();
        Self { function, policy, prices, cache, ports, log, roles, interval, clock: Timestamp::now }
    }

    /// Groups the alerts that follow an alert of the same group within `interval`.
    #[must_use]
    pub fn with_alert_interval(self, interval: SignedDuration) -> Self {
        Self { interval, ..self }
    }

    /// Knows these list prices.
    #[must_use]
    pub fn with_prices(self, prices: PriceFile) -> Self {
        Self { prices, ..self }
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> Self {
        Self { clock, ..self }
    }

    /// The present time.
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Sets the roles of Tagwarden's functions.
    #[must_use]
    pub fn with_guard_roles(self, roles: Vec<String>) -> Self {
        Self { roles, ..self }
    }

    /// A guard as the environment variables of its function describe it.
    ///
    /// # Errors
    /// If the policy or an environment variable is invalid or missing.
    pub fn from_environment(ports: P) -> Result<Self, String> {
        let function = config::required("AWS_LAMBDA_FUNCTION_NAME")?;
        let roles = config::set(config::ROLES).unwrap_or_default();
        let guard = Self::new(function, PolicyFile::from_environment()?, ports, telemetry::write);
        Ok(guard
            .with_prices(PriceFile::from_environment()?)
            .with_alert_interval(config::alert_interval()?)
            .with_guard_roles(roles.split(',').map(str::to_owned).collect()))
    }

    /// Its ports to AWS.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// Whether one of Tagwarden's functions made the call.
    pub(super) fn is_own_call(&self, call: &Call) -> bool {
        call.identity.principal().is_some_and(|caller| self.roles.iter().any(|role| *role == caller))
    }

    /// Logs that a call is not judged, for this reason.
    pub(super) fn skip(&self, call: &Call, reason: impl Into<String>) -> Decision {
        self.log(skipped(call, reason), &[])
    }

    /// Writes a decision, the results of its actions, and the metrics to the log.
    pub(super) fn log(&self, decision: Decision, results: &[ActionResult]) -> Decision {
        let now = self.now();
        (self.log)(&telemetry::record(&self.function, &decision, results, now));
        telemetry::violations(&self.function, &decision, now).for_each(|record| (self.log)(&record));
        decision
    }
}
