//! The canary: a model without network isolation that the guards must find, delete and report. It shows that calls reach them, and that
//! they can act.

mod image;
mod verdict;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::config;
use crate::ports::{CallSageMaker, CreateOpenModel, ReadLedger, Target};
use crate::resource::names::describing;
use crate::resource::state::is_gone;
use verdict::{DELETE, Seen, problem};

/// The actions that it needs to call SageMaker, besides that which creates the model.
pub const CALLS: [&str; 2] = ["sagemaker:DeleteModel", "sagemaker:DescribeModel"];

/// How long it waits until it looks again.
const PAUSE: Duration = Duration::from_secs(10);

/// The canary, and the ports to AWS.
pub struct Canary<P> {
    image: String,
    execution_role: String,
    /// Whether the functions act as the policy says.
    acts: bool,
    pause: Duration,
    ports: P,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The name of the model.
    pub model: String,
    /// After how many seconds the run ended.
    pub seconds: i64,
    /// What was not as it should be. `None` if the run passed.
    pub problem: Option<&'static str>,
}

impl<P: CreateOpenModel + CallSageMaker + ReadLedger> Canary<P> {
    /// The canary of a deployed stack.
    ///
    /// # Errors
    /// If an environment variable is not set or wrong.
    pub fn from_environment(ports: P) -> Result<Self, String> {
        let tag = config::required(config::CANARY_IMAGE_TAG)?;
        Ok(Self {
            image: image::image(&config::required(config::CANARY_REPOSITORY)?, &tag)?,
            execution_role: config::required(config::CANARY_EXECUTION_ROLE)?,
            acts: !config::observe_only()?,
            pause: PAUSE,
            ports,
        })
    }

    /// Creates the model of the run that was due at this time, and waits until the guards have dealt with it, at the longest until
    /// `deadline`. Nothing of it is left behind.
    ///
    /// # Errors
    /// If the model cannot be created, looked at or deleted. Another attempt at the same run goes on with the same model.
    pub async fn run(&self, due: Timestamp, deadline: Timestamp) -> Result<Outcome, String> {
        let (began, name) = (Timestamp::now(), name(due));
        let model = Target::named("modelName", &name);
        let arn = self.create(&name, &model).await?;
        let seen = self.watch(&arn, &model, deadline).await;
        if !seen.as_ref().is_ok_and(|seen| !seen.exists) {
            self.delete(&model).await?;
        }
        let seconds = Timestamp::now().duration_since(began).as_secs();
        Ok(Outcome { model: name, seconds, problem: problem(&seen?, self.acts) })
    }

    /// Creates the model, and returns its ARN. An earlier attempt may have created it.
    async fn create(&self, name: &str, model: &Target) -> Result<String, String> {
        let failure = match self.ports.create_open_model(name, &self.image, &self.execution_role).await {
            Ok(arn) => return Ok(arn),
            Err(failure) => failure.to_string(),
        };
        let described = self.ports.call(&describing(DELETE), model).await;
        let arn = described.ok().and_then(|described| described.get("ModelArn")?.as_str().map(str::to_owned));
        arn.ok_or(failure)
    }

    /// Looks until the guards have done what they should, or until the deadline.
    async fn watch(&self, arn: &str, model: &Target, deadline: Timestamp) -> Result<Seen, String> {
        loop {
            let seen = self.look(arn, model).await;
            let has_passed = seen.as_ref().is_ok_and(|seen| problem(seen, self.acts).is_none());
            if has_passed || Timestamp::now() >= deadline {
                return seen;
            }
            tokio::time::sleep(self.pause).await;
        }
    }

    async fn look(&self, arn: &str, model: &Target) -> Result<Seen, String> {
        let exists = match self.ports.call(&describing(DELETE), model).await {
            Ok(_) => true,
            Err(gone) if is_gone(&gone) => false,
            Err(other) => return Err(other.error.to_string()),
        };
        let mut entries = self.ports.entries(&[arn]).await.map_err(|failure| failure.to_string())?;
        Ok(Seen { exists, creation: entries.remove(arn).map(|entry| entry.creation) })
    }

    async fn delete(&self, model: &Target) -> Result<(), String> {
        match self.ports.call(DELETE, model).await {
            Err(refused) if !is_gone(&refused) => Err(refused.error.to_string()),
            _ => Ok(()),
        }
    }
}

/// The name of the model of the run that is due at this time.
fn name(due: Timestamp) -> String {
    format!("tagwarden-canary-{}", due.strftime("%Y%m%d-%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Account;
    use crate::ports::{AwsError, Creation, LedgerEntry, SageMakerError};

    const MODEL: &str = "tagwarden-canary-20260302-090000";
    const ARN: &str = "arn:aws:sagemaker:eu-west-1:111122223333:model/tagwarden-canary-20260302-090000";
    const FAILS: &str = "fail network-isolation-off";
    const DELETES: &str = "delete-model network-isolation-off";

    fn canary(acts: bool) -> Canary<Account> {
        let (image, execution_role) = (String::new(), String::new());
        Canary { image, execution_role, acts, pause: Duration::ZERO, ports: Account::default() }
    }

    /// A guard has judged the model, and reported this.
    fn judged(canary: &Canary<Account>, reported: &[&str]) {
        let reported = reported.iter().map(|entry| (*entry).to_owned()).collect();
        let processed = Creation::processed(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let creation = Creation { reported, ..processed };
        let entry = LedgerEntry { creation, changes: Vec::new(), configs: Vec::new() };
        canary.ports.state().ledger.insert(ARN.to_owned(), entry);
    }

    /// SageMaker has no such model.
    fn gone(canary: &Canary<Account>) {
        let error = AwsError("sagemaker:DescribeModel failed: ValidationException".to_owned());
        let refused = SageMakerError { code: Some("ValidationException".to_owned()), error };
        canary.ports.state().answers.insert("DescribeModel", Err(refused));
    }

    /// Runs the canary, which looks once. Returns what was wrong, and whether it deleted the model.
    async fn run(canary: &Canary<Account>) -> (Result<Option<&'static str>, String>, bool) {
        let due = "2026-03-02T09:00:00Z".parse().expect("a time");
        let outcome = canary.run(due, Timestamp::UNIX_EPOCH).await;
        let outcome = outcome.map(|outcome| {
            assert_eq!(outcome.model, MODEL);
            outcome.problem
        });
        let deleted = canary.ports.state().journal.iter().any(|call| call.starts_with("stop DeleteModel"));
        (outcome, deleted)
    }

    #[tokio::test]
    async fn it_passes_if_the_guards_do_all() {
        let canary = canary(true);
        judged(&canary, &[FAILS, DELETES]);
        gone(&canary);
        assert_eq!(run(&canary).await, (Ok(None), false));
    }

    #[tokio::test]
    async fn it_passes_without_a_deletion_if_the_guards_only_observe() {
        let canary = canary(false);
        judged(&canary, &[FAILS]);
        assert_eq!(run(&canary).await, (Ok(None), true));
    }

    #[tokio::test]
    async fn it_fails_if_nobody_acts_and_leaves_nothing_behind() {
        let (outcome, deleted) = run(&canary(true)).await;
        assert!(outcome.is_ok_and(|problem| problem.is_some()) && deleted);
    }

    #[tokio::test]
    async fn a_retry_goes_on_with_the_same_model() {
        let canary = canary(true);
        canary.ports.state().failing.insert("create-model");
        let described = serde_json::json!({"ModelArn": ARN});
        canary.ports.state().answers.insert("DescribeModel", Ok(described));
        judged(&canary, &[FAILS]);
        let (outcome, deleted) = run(&canary).await;
        assert!(outcome.is_ok_and(|problem| problem.is_some()) && deleted);
        gone(&canary);
        let (outcome, _) = run(&canary).await;
        assert!(outcome.is_err_and(|problem| problem.starts_with("create-model failed")));
    }

    #[tokio::test]
    async fn it_leaves_nothing_behind_if_it_cannot_look() {
        let canary = canary(true);
        canary.ports.state().failing.insert("ledger");
        let (outcome, deleted) = run(&canary).await;
        assert!(outcome.is_err() && deleted);
    }
}
