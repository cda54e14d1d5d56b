//! `sweep`: finds what no event told of, page by page through what SageMaker lists, and has it judged.
//!
//! What was dealt with is remembered for a week, and passed over. So whatever is there is judged again once a week, as it is
//! then.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::{Value, json};
use tagwarden::operations::Operation;
use tagwarden::record::arn;

use crate::creation;
use crate::guard::Guard;
use crate::history::History;
use crate::ports::{Enforce, FindResources, LookUp, Place, Which};
use crate::recover::in_cloudtrails_form;
use crate::stop::{is_over, noun};
use crate::{aws, schedule, telemetry};

/// A kind of resource that is swept.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The operation that creates it.
    pub operation: &'static str,
    /// The operation that lists it.
    pub list: &'static str,
    /// Whether it ends by itself. SageMaker lists jobs for ever.
    ends: bool,
}

const fn job(operation: &'static str, list: &'static str) -> Kind {
    Kind { operation, list, ends: true }
}

const fn lasting(operation: &'static str, list: &'static str) -> Kind {
    Kind { operation, list, ends: false }
}

/// What is swept: what runs, and what others run with.
pub const KINDS: [Kind; 28] = [
    job("CreateTrainingJob", "ListTrainingJobs"),
    job("CreateHyperParameterTuningJob", "ListHyperParameterTuningJobs"),
    // It describes what `CreateAutoMLJob` created, too.
    job("CreateAutoMLJobV2", "ListAutoMLJobs"),
    job("CreateTrainingSession", "ListTrainingSessions"),
    job("CreateProcessingJob", "ListProcessingJobs"),
    job("CreateTransformJob", "ListTransformJobs"),
    job("CreateCompilationJob", "ListCompilationJobs"),
    job("CreateOptimizationJob", "ListOptimizationJobs"),
    job("CreateLabelingJob", "ListLabelingJobs"),
    job("CreateInferenceRecommendationsJob", "ListInferenceRecommendationsJobs"),
    job("CreateAIBenchmarkJob", "ListAIBenchmarkJobs"),
    job("CreateAIRecommendationJob", "ListAIRecommendationJobs"),
    lasting("CreateMonitoringSchedule", "ListMonitoringSchedules"),
    // What is used comes after what uses it.
    lasting("CreateInferenceExperiment", "ListInferenceExperiments"),
    lasting("CreateInferenceComponent", "ListInferenceComponents"),
    lasting("CreateEndpoint", "ListEndpoints"),
    lasting("CreateEndpointConfig", "ListEndpointConfigs"),
    lasting("CreateModel", "ListModels"),
    lasting("CreateNotebookInstance", "ListNotebookInstances"),
    lasting("CreateDomain", "ListDomains"),
    lasting("CreateUserProfile", "ListUserProfiles"),
    lasting("CreateSpace", "ListSpaces"),
    lasting("CreateApp", "ListApps"),
    lasting("CreateCluster", "ListClusters"),
    lasting("CreateMlflowTrackingServer", "ListMlflowTrackingServers"),
    lasting("CreateMlflowApp", "ListMlflowApps"),
    lasting("CreatePartnerApp", "ListPartnerApps"),
    lasting("CreateFeatureGroup", "ListFeatureGroups"),
];

/// The creating operations of what is swept.
pub fn operations() -> impl Iterator<Item = &'static Operation> + Clone {
    KINDS.iter().filter_map(|kind| Operation::named(kind.operation))
}

/// Longer than any job runs, after it has waited: a training job runs for 28 days at most, a labeling job for 30 ("Amazon SageMaker
/// AI endpoints and quotas", AWS General Reference).
const LONGEST_JOB: SignedDuration = SignedDuration::from_hours(60 * 24);

/// How long a sweep leaves a creation to its events, which may be late.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// Most that a list tells at once (API reference, `MaxResults`).
const PAGE: i32 = 100;

/// How many resources are dealt with at once. Guards need the same quotas of the same operations.
const AT_ONCE: usize = 4;

/// What a sweep keeps of its time, to bring to an end what it has begun.
const RESERVE: SignedDuration = SignedDuration::from_secs(60);

/// How many problems of a kind are told in full.
const TOLD: usize = 3;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// How many resources were listed.
    pub listed: usize,
    /// How many of them no event had told of.
    pub unknown: usize,
    /// Whether its time was over before its work was done: the next one goes on where it ended.
    pub unfinished: bool,
}

/// When and where a sweep happens.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// When it was due.
    pub due: Timestamp,
    /// When it has to end.
    pub until: Timestamp,
    /// ARN of the function, which tells the account and the region.
    pub function_arn: &'a str,
}

/// A resource that a list tells of.
struct Listed {
    /// The record of its creation, as far as the list tells it.
    record: Value,
    arn: Option<String>,
    created: Option<Timestamp>,
}

/// Has judged what no event told of.
///
/// # Errors
/// Where something could not be listed or dealt with. The rest is done all the same, and whoever sweeps again goes on there.
pub async fn sweep<P>(guard: &Guard<P>, occasion: Occasion<'_>) -> Result<Swept, String>
where
    P: LookUp + Enforce + FindResources,
{
    let (mut swept, mut problems, history) = (Swept::default(), Vec::new(), History::default());
    let places = join_all(KINDS.iter().map(|kind| guard.ports().place(kind.list))).await;
    let places: Result<Vec<_>, _> = places.into_iter().collect();
    let mut kinds: Vec<_> = places.map_err(|failure| failure.to_string())?.into_iter().zip(&KINDS).collect();
    // What a sweep before could not finish comes first.
    kinds.sort_by_key(|(place, _)| place.finished);
    for (place, kind) in kinds {
        if place.finished >= Some(occasion.due) {
            continue;
        }
        let one = OfKind { kind, guard, history: &history, occasion };
        match one.sweep(place, &mut swept).await {
            Ok(()) if swept.unfinished => break,
            Ok(()) => {}
            Err(problem) => problems.push(format!("{}: {problem}", kind.list)),
        }
    }
    tracing::info!(listed = swept.listed, unknown = swept.unknown, unfinished = swept.unfinished, "swept");
    if problems.is_empty() { Ok(swept) } else { Err(problems.join("; ")) }
}

/// The sweep of a kind.
struct OfKind<'a, P> {
    kind: &'static Kind,
    guard: &'a Guard<P>,
    history: &'a History,
    occasion: Occasion<'a>,
}

impl<P: LookUp + Enforce + FindResources> OfKind<'_, P> {
    async fn sweep(&self, Place { finished, mut next }: Place, swept: &mut Swept) -> Result<(), String> {
        let mut problems = Vec::new();
        loop {
            let (listed, following) = self.page(next).await?;
            swept.listed += listed.len();
            let unknown = self.unknown(listed).await;
            for few in unknown.chunks(AT_ONCE) {
                if self.is_over() {
                    swept.unfinished = true;
                    return Ok(());
                }
                swept.unknown += few.len();
                let dealt_with = join_all(few.iter().map(|one| self.deal_with(one))).await;
                problems.extend(dealt_with.into_iter().filter_map(Result::err));
            }
            let finished = if following.is_none() && problems.is_empty() { Some(self.occasion.due) } else { finished };
            let place = Place { finished, next: following };
            self.guard.ports().keep(self.kind.list, &place).await.map_err(|failure| failure.to_string())?;
            next = place.next;
            if next.is_none() {
                break;
            }
            if self.is_over() {
                swept.unfinished = true;
                break;
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(in_short(&problems)) }
    }

    /// Whether there is no time for more.
    fn is_over(&self) -> bool {
        Timestamp::now() >= self.occasion.until
    }

    /// A page of the list, and where the next one begins.
    async fn page(&self, page: Option<String>) -> Result<(Vec<Listed>, Option<String>), String> {
        let since = self.kind.ends.then(|| self.occasion.due.saturating_sub(LONGEST_JOB).unwrap_or(Timestamp::MIN));
        let which = |page| Which { since, page, of: None, most: PAGE };
        let list = |page| self.guard.ports().list(self.kind.list, which(page));
        let listed = match list(page.as_deref()).await {
            // A page's token is good for some time only.
            Err(refused) if page.is_some() && refused.is_one_of(&["ValidationException"]) => list(None).await,
            listed => listed,
        };
        let listed = match listed {
            // Not every region has every kind.
            Err(refused) if refused.is_one_of(&["UnknownOperationException"]) => return Ok((Vec::new(), None)),
            listed => listed.map_err(|refused| refused.failure.to_string())?,
        };
        Ok((listed.summaries.into_iter().filter_map(|summary| self.listed(summary)).collect(), listed.next))
    }

    /// What is to be looked at of what a list tells: nothing where it is over, or where events may still come.
    fn listed(&self, summary: Value) -> Option<Listed> {
        if is_over(noun(self.kind.list).trim_end_matches('s'), &summary) {
            return None;
        }
        let summary = in_cloudtrails_form(summary);
        let created = creation::created(&summary);
        if created.is_some_and(|created| self.occasion.due.duration_since(created) < LATE) {
            return None;
        }
        let arn = Operation::named(self.kind.operation)?.resource_arn.and_then(|path| summary.get(path)?.as_str());
        let arn = arn.map(str::to_owned);
        let record = json!({
            "eventSource": "sagemaker.amazonaws.com",
            "eventName": self.kind.operation,
            "awsRegion": arn::region(self.occasion.function_arn),
            "recipientAccountId": arn::account(self.occasion.function_arn),
            "requestParameters": summary,
        });
        Some(Listed { record, arn, created })
    }

    /// What was not dealt with, as far as is remembered.
    async fn unknown(&self, listed: Vec<Listed>) -> Vec<Listed> {
        let arns: Vec<_> = listed.iter().filter_map(|one| one.arn.as_deref()).collect();
        if arns.is_empty() {
            return listed;
        }
        let remembered = self.guard.ports().creations(&arns).await.unwrap_or_else(|failure| {
            // Each of them is asked about again before something is done.
            tracing::warn!(%failure, "it cannot be told which creations were dealt with");
            Default::default()
        });
        let is_dealt_with = |one: &Listed| {
            let known = one.arn.as_ref().and_then(|arn| remembered.get(arn)).zip(one.created);
            known.is_some_and(|(known, created)| known.is_dealt_with && known.covers(created))
        };
        listed.into_iter().filter(|one| !is_dealt_with(one)).collect()
    }

    async fn deal_with(&self, one: &Listed) -> Result<(), String> {
        let Occasion { due, function_arn, .. } = self.occasion;
        let creator = async |operation: &Operation, arn: &str, time| {
            self.history.creator(operation, arn, time, due, self.guard.ports()).await
        };
        self.guard.come_upon(one.record.clone(), function_arn, due, creator).await.map(drop)
    }
}

/// The first of many problems.
fn in_short(problems: &[String]) -> String {
    let told: Vec<_> = problems.iter().take(TOLD).map(String::as_str).collect();
    match problems.len().saturating_sub(TOLD) {
        0 => told.join("; "),
        more => format!("{}; and {more} more", told.join("; ")),
    }
}

/// When an invocation has to come to its end.
fn until(context: &Context) -> Timestamp {
    let deadline = Timestamp::try_from(context.deadline()).unwrap_or(Timestamp::MAX);
    deadline.saturating_sub(RESERVE).unwrap_or(deadline)
}

/// Serves invocations until the runtime ends the process.
///
/// # Errors
/// Where the policy is invalid, the environment lacks something, or the Lambda Runtime API cannot be reached.
pub async fn run() -> Result<(), Error> {
    telemetry::start();
    let guard = &Guard::from_environment(aws::Aws::connect().await?)?;
    let handler = async move |event: LambdaEvent<Value>| {
        let function_arn = event.context.invoked_function_arn.as_str();
        let occasion = Occasion { due: schedule::time(&event.payload), until: until(&event.context), function_arn };
        Ok::<_, Error>(sweep(guard, occasion).await?)
    };
    lambda_runtime::run(service_fn(handler)).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tagwarden::policy::Policy;

    use super::*;
    use crate::creation::{FOUND, SESSION_UNSEEN, UNSEEN};
    use crate::memory::Account;
    use crate::policy_file::PolicyFile;
    use crate::ports::{Failure, Page, Refused};
    use crate::recover::is_recoverable;

    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:sweep";
    const CALLER: &str = "arn:aws:iam::111122223333:role/DataScientist-atlas";
    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn now() -> Timestamp {
        "2026-03-02T09:00:00Z".parse().expect("a time")
    }

    fn arn(number: usize) -> String {
        format!("arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-{number}")
    }

    /// A job without a network of its own, created so long ago.
    fn job(number: usize, age: SignedDuration) -> Value {
        json!({"TrainingJobName": format!("churn-{number}"), "TrainingJobArn": arn(number), "TrainingJobStatus": "InProgress",
            "CreationTime": (now() - age).as_second(), "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}})
    }

    /// CloudTrail's record of the creation of a job.
    fn record(number: usize, age: SignedDuration) -> String {
        json!({"eventID": format!("event-{number}"), "eventTime": (now() - age).to_string(),
            "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob",
            "userIdentity": {"type": "AssumedRole", "principalId": "AROA:ana", "sessionContext": {"sessionIssuer": {"arn": CALLER}}},
            "responseElements": {"trainingJobArn": arn(number)}})
        .to_string()
    }

    /// An account with these pages of jobs, of which CloudTrail's history tells the creators.
    fn account(pages: &[&[(usize, SignedDuration)]]) -> Account {
        const LISTS: [&str; 3] = ["ListTrainingJobs", "ListTrainingJobs 2", "ListTrainingJobs 3"];
        let account = Account::default();
        let mut state = account.state();
        state.tags.insert(CALLER.to_owned(), [("Project", "atlas")].into_iter().collect());
        for (number, (jobs, list)) in pages.iter().zip(LISTS).enumerate() {
            let next = (number + 1 < pages.len()).then(|| (number + 2).to_string());
            let summaries = jobs.iter().map(|(number, age)| job(*number, *age)).collect();
            state.lists.insert(list, Ok(Page { summaries, next }));
            state.history.extend(jobs.iter().map(|(number, age)| record(*number, *age)));
        }
        drop(state);
        account
    }

    fn guard(rules: &str, account: Account) -> Guard<Account> {
        let policy = Policy::parse(&format!("version = 1\n{rules}")).expect("a valid policy");
        Guard::new("sweep".to_owned(), PolicyFile::fixed(policy), account, |_| ())
    }

    async fn sweep_at(guard: &Guard<Account>, due: Timestamp) -> Result<Swept, String> {
        sweep(guard, Occasion { due, until: Timestamp::MAX, function_arn: FUNCTION }).await
    }

    /// What was done since this was last asked for, of these verbs.
    fn done(guard: &Guard<Account>, verbs: &[&str]) -> Vec<String> {
        let journal = std::mem::take(&mut guard.ports().state().journal);
        let cut = |entry: String| if entry.starts_with("publish") { "publish".to_owned() } else { entry };
        journal.into_iter().filter(|entry| verbs.iter().any(|verb| entry.starts_with(verb))).map(cut).collect()
    }

    fn effects(guard: &Guard<Account>) -> Vec<String> {
        done(guard, &["stop", "add-tags", "publish"])
    }

    const NO_VPC: &str = "[abac]\nsession-tags = 'none'\n[rules.missing-vpc]\n[rules.untagged-principal]";

    #[tokio::test]
    async fn what_no_event_told_of_is_judged_once_and_its_creator_known() {
        let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
        let swept = sweep_at(&guard, now()).await.expect("swept");
        assert_eq!(swept, Swept { listed: 1, unknown: 1, unfinished: false });
        assert_eq!(effects(&guard), ["stop StopTrainingJob churn-1", "publish"]);
        let message = guard.ports().state().messages[0].clone();
        let [text, record] = ["email", "sqs"].map(|protocol| {
            message.texts.iter().find(|(of, _)| *of == protocol).map(|(_, text)| text.as_str()).expect(protocol)
        });
        assert!(text.contains(CALLER) && text.contains(FOUND) && !text.contains(UNSEEN), "{text}");
        assert!(record.contains(r#""event_id":"event-1""#), "{record}");
        let swept = sweep_at(&guard, now() + HOUR).await.expect("swept");
        assert_eq!((swept.listed, swept.unknown), (1, 0));
        assert_eq!(effects(&guard), [""; 0]);
    }

    #[tokio::test]
    async fn where_nobody_knows_the_creator_what_holds_for_all_callers_is_done() {
        let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
        guard.ports().state().history.clear();
        sweep_at(&guard, now()).await.expect("swept");
        assert_eq!(effects(&guard), ["stop StopTrainingJob churn-1", "publish"]);
        assert!(guard.ports().state().messages[0].texts[0].1.contains(UNSEEN));
    }

    #[tokio::test]
    async fn a_session_that_is_remembered_no_more_condemns_nobody() {
        let rules = "[rules.foreign-project-tag]\n[rules.missing-vpc]\naction = 'alert'";
        let guard = guard(rules, account(&[&[(1, HOUR)]]));
        // The job's project is `atlas`, and so may the session's have been.
        let other = [("Project", "borealis")].into_iter().collect();
        guard.ports().state().tags.insert(CALLER.to_owned(), other);
        sweep_at(&guard, now()).await.expect("swept");
        assert_eq!(effects(&guard), ["publish"]);
        let text = guard.ports().state().messages[0].texts[0].1.clone();
        assert!(text.contains(CALLER) && text.contains("[unknown] foreign-project-tag"), "{text}");
        assert!(text.contains(SESSION_UNSEEN), "{text}");
    }

    #[tokio::test]
    async fn a_history_that_cannot_be_read_is_no_answer() {
        let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
        guard.ports().state().failing.insert("history");
        sweep_at(&guard, now()).await.expect_err("it is tried again");
        assert_eq!(effects(&guard), [""; 0]);
        guard.ports().state().failing.clear();
        sweep_at(&guard, now()).await.expect("swept");
        assert_eq!(effects(&guard), ["stop StopTrainingJob churn-1", "publish"]);
    }

    #[tokio::test]
    async fn what_was_created_in_a_minute_is_looked_up_at_once() {
        let jobs: Vec<_> = (1..30).map(|number| (number, HOUR)).collect();
        let guard = guard(NO_VPC, account(&[&jobs]));
        sweep_at(&guard, now()).await.expect("swept");
        assert_eq!(done(&guard, &["history"]), ["history CreateTrainingJob"]);
    }

    #[tokio::test]
    async fn what_is_new_is_left_to_its_events_and_what_is_over_to_itself() {
        let minutes = SignedDuration::from_mins(5);
        let guard = guard(NO_VPC, account(&[&[(1, minutes), (2, HOUR)]]));
        for page in guard.ports().state().lists.values_mut().flatten() {
            page.summaries[1]["TrainingJobStatus"] = json!("Completed");
        }
        assert_eq!(sweep_at(&guard, now()).await, Ok(Swept::default()));
        assert_eq!(sweep_at(&guard, now() + HOUR).await.expect("swept").unknown, 1);
        assert_eq!(effects(&guard), ["stop StopTrainingJob churn-1", "publish"]);
    }

    #[tokio::test]
    async fn what_has_been_there_for_long_is_told_not_stopped() {
        let guard = guard(NO_VPC, account(&[&[(1, SignedDuration::from_hours(25))]]));
        sweep_at(&guard, now()).await.expect("swept");
        assert_eq!(effects(&guard), ["publish"]);
        assert!(
            guard.ports().state().messages[0].texts[0].1.contains("Not stopped: it has been there for more than a day")
        );
        let of_history = SignedDuration::from_hours(91 * 24);
        let guard = self::guard(NO_VPC, account(&[&[(1, of_history)]]));
        sweep_at(&guard, now()).await.expect("swept");
        assert_eq!(done(&guard, &["history"]), [""; 0], "CloudTrail keeps 90 days");
    }

    fn refused(list: &'static str, code: &str) -> (&'static str, Result<Page, Refused>) {
        let failure = Failure(format!("sagemaker:ListTrainingJobs failed: {code}"));
        (list, Err(Refused { code: Some(code.to_owned()), failure }))
    }

    fn throttled(list: &'static str) -> (&'static str, Result<Page, Refused>) {
        refused(list, "ThrottlingException")
    }

    #[tokio::test]
    async fn a_region_without_a_kind_is_swept() {
        let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
        guard.ports().state().lists.extend([refused("ListMlflowApps", "UnknownOperationException")]);
        assert_eq!(sweep_at(&guard, now()).await.map(|swept| swept.unknown), Ok(1));
        guard.ports().state().lists.extend([refused("ListMlflowApps", "AccessDeniedException")]);
        sweep_at(&guard, now() + HOUR).await.expect_err("nobody may list them");
    }

    const STOPS_AND_LISTS: [&str; 2] = ["stop", "list ListTrainingJobs"];

    #[tokio::test]
    async fn it_goes_on_where_it_failed() {
        let guard = guard(NO_VPC, account(&[&[(1, HOUR)], &[(2, HOUR)], &[(3, HOUR)]]));
        let third = guard.ports().state().lists.remove("ListTrainingJobs 3");
        guard.ports().state().lists.extend([throttled("ListTrainingJobs 3")]);
        let error = sweep_at(&guard, now()).await.expect_err("throttled");
        assert_eq!(error, "ListTrainingJobs: sagemaker:ListTrainingJobs failed: ThrottlingException");
        let begun = [
            "list ListTrainingJobs",
            "stop StopTrainingJob churn-1",
            "list ListTrainingJobs 2",
            "stop StopTrainingJob churn-2",
        ];
        let journal = done(&guard, &["stop", "list"]);
        assert_eq!(journal[..4], begun);
        assert_eq!(journal.len(), 5 + KINDS.len() - 1, "the other kinds are swept");
        // The function is invoked again for the same event.
        guard.ports().state().lists.extend(third.map(|page| ("ListTrainingJobs 3", page)));
        sweep_at(&guard, now()).await.expect("swept");
        assert_eq!(done(&guard, &["stop", "list"]), ["list ListTrainingJobs 3", "stop StopTrainingJob churn-3"]);
        // The next event.
        assert_eq!(sweep_at(&guard, now() + HOUR).await.map(|swept| (swept.listed, swept.unknown)), Ok((3, 0)));
    }

    #[tokio::test]
    async fn it_goes_on_where_its_time_was_over() {
        let guard = guard(NO_VPC, account(&[&[(1, HOUR)], &[(2, HOUR)]]));
        guard.ports().state().lists.extend([throttled("ListTrainingJobs 2")]);
        sweep_at(&guard, now()).await.expect_err("throttled");
        guard.ports().state().lists.remove("ListTrainingJobs 2");
        let over = Occasion { due: now() + HOUR, until: Timestamp::MIN, function_arn: FUNCTION };
        let swept = sweep(&guard, Occasion { due: now(), ..over }).await.expect("swept");
        assert!(!swept.unfinished, "there was nothing to do");
        done(&guard, &[]);
        assert!(sweep(&guard, over).await.expect("swept").unfinished);
        assert_eq!(done(&guard, &["list"]), ["list ListTrainingJobs"]);
    }

    #[tokio::test]
    async fn a_page_that_is_known_no_more_begins_the_list_again() {
        let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
        let place = Place { finished: None, next: Some("old".to_owned()) };
        guard.ports().state().places.insert("ListTrainingJobs".to_owned(), place);
        guard.ports().state().lists.extend([refused("ListTrainingJobs old", "ValidationException")]);
        sweep_at(&guard, now()).await.expect("swept");
        let expected = ["list ListTrainingJobs old", "list ListTrainingJobs", "stop StopTrainingJob churn-1"];
        assert_eq!(done(&guard, &STOPS_AND_LISTS), expected);
    }

    #[tokio::test]
    async fn what_could_not_be_stopped_is_found_again() {
        let guard = guard(NO_VPC, account(&[&[(1, HOUR), (2, HOUR)]]));
        guard.ports().state().failing.insert("stop");
        let error = sweep_at(&guard, now()).await.expect_err("they run");
        assert_eq!(error.matches("stop failed").count(), 2, "{error}");
        guard.ports().state().failing.clear();
        guard.ports().state().history.clear();
        done(&guard, &[]);
        sweep_at(&guard, now()).await.expect("swept");
        let stopped = ["list ListTrainingJobs", "stop StopTrainingJob churn-1", "stop StopTrainingJob churn-2"];
        assert_eq!(done(&guard, &STOPS_AND_LISTS), stopped);
        let text = guard.ports().state().messages.last().expect("told").texts[0].1.clone();
        assert!(text.contains(CALLER), "the caller was remembered: {text}");
    }

    /// What can be created, run and described is swept, or there is a reason why not.
    #[test]
    fn whatever_runs_is_swept() {
        const PARTS: &str = "it runs nothing; what uses it is judged when it does";
        let not_swept = BTreeMap::from([
            ("CreateAIWorkloadConfig", PARTS),
            ("CreateAlgorithm", PARTS),
            ("CreateAutoMLJob", "swept with those of CreateAutoMLJobV2"),
            ("CreateDataQualityJobDefinition", "its schedule is swept"),
            ("CreateFlowDefinition", PARTS),
            ("CreateHub", PARTS),
            ("CreateImage", PARTS),
            ("CreateJob", "its list asks for a category, of which there is no list"),
            ("CreateModelBiasJobDefinition", "its schedule is swept"),
            ("CreateModelCard", PARTS),
            ("CreateModelExplainabilityJobDefinition", "its schedule is swept"),
            ("CreateModelPackage", PARTS),
            ("CreateModelQualityJobDefinition", "its schedule is swept"),
            ("CreatePipeline", PARTS),
        ]);
        let swept: Vec<_> = operations().map(|operation| operation.name).collect();
        assert_eq!(swept.len(), KINDS.len());
        let creates = |operation: &&Operation| operation.name.starts_with("Create") && is_recoverable(operation);
        for operation in Operation::all().filter(creates) {
            let (is_swept, is_not) = (swept.contains(&operation.name), not_swept.contains_key(operation.name));
            assert!(is_swept != is_not, "{}: swept: {is_swept}, not swept: {is_not}", operation.name);
        }
        assert!(KINDS.iter().all(|kind| aws::LISTS.contains(&kind.list)));
    }
}
