//! The ports in memory: an AWS account that tests can inspect, and that fails on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use jiff::{SignedDuration, Timestamp};
use tagwarden::asff::{AsffFinding, ComplianceStatus, RecordState};
use tagwarden::evidence::{GrantSources, IamEntity, Key, Model, Session, Sessions, Tags};
use tagwarden::grants::PolicyDocument;
use tagwarden::record::Identity;

use crate::histories::cloud::Cloud;
use crate::ports::{
    AddTags, AlertGroup, AlertTiming, AlertWindow, ArchiveFindings, AwsError, AwsResult, BusEvent, CallSageMaker,
    Checkpoint, Claim, ClaimEvent, CountStops, CreateOpenModel, Creation, DescribeKey, DescribeModel, DescribeResource,
    DigestAlerts, FetchFile, FileObject, FindSession, FindTagChanges, Grace, GroupAlerts, ImportFindings, KnownChange,
    LISTED, LedgerEntry, ListFilter, ListPage, ListResources, ListRoles, ListedRole, Message, PendingAlert,
    PostponeEvent, Publish, PutEvents, ReadEventHistory, ReadGrants, ReadLedger, ReadPrincipal, ReadResourceTags,
    RecordSession, RecordTagChange, RoleGrants, RolePage, SageMakerError, SaveCheckpoint, Target, TrackReports,
    UsedConfig, WriteLedger,
};

/// An AWS account.
#[derive(Default)]
pub struct Account(Mutex<State>);

/// The contents of the account, and a journal of calls.
#[derive(Default)]
pub struct State {
    /// Tags of roles and users, by ARN.
    pub tags: BTreeMap<String, Tags>,
    /// Roles of which more is known, by ARN.
    pub roles: BTreeMap<String, RoleGrants>,
    /// Tags of resources, by ARN.
    pub resource_tags: BTreeMap<String, Tags>,
    /// Recorded sessions.
    pub sessions: Sessions,
    /// Records of changes of tags, by the key of the role or user.
    pub tag_changes: BTreeMap<String, Vec<String>>,
    /// Responses of SageMaker's operations. A listed resource is described by its summary.
    pub answers: BTreeMap<&'static str, Result<serde_json::Value, SageMakerError>>,
    /// Descriptions of resources by name, which come before answers.
    pub described: BTreeMap<String, Result<serde_json::Value, SageMakerError>>,
    /// Pages of lists, by operation and token.
    pub lists: BTreeMap<&'static str, Result<ListPage, SageMakerError>>,
    /// CloudTrail's event history.
    pub history: Vec<String>,
    /// Checkpoints of sweeps.
    pub checkpoints: BTreeMap<String, Checkpoint>,
    /// Files in S3, by key.
    pub files: BTreeMap<&'static str, FileObject>,
    /// The verbs that fail.
    pub failing: BTreeSet<&'static str>,
    /// All resources, in tests that are not content with answers.
    pub cloud: Option<Cloud>,
    /// The calls, in order.
    pub journal: Vec<String>,
    /// The published messages.
    pub messages: Vec<Message>,
    /// The events on the bus.
    pub events: Vec<BusEvent>,
    /// The channels that a report reached in attempts that failed.
    reached: BTreeMap<String, BTreeSet<String>>,
    /// The findings in Security Hub, by id.
    pub findings: BTreeMap<String, AsffFinding>,
    /// The ids of findings that Security Hub refuses.
    pub refused: BTreeSet<String>,
    /// The ledger, by ARN in lower case.
    pub ledger: BTreeMap<String, LedgerEntry>,
    /// The changes in the ledger, by the same.
    pub changes: BTreeMap<String, Vec<KnownChange>>,
    /// The records in the ledger that are still to be judged, by the same.
    pub unjudged: BTreeMap<String, BTreeSet<String>>,
    /// What was stopped in each hour.
    pub stops: BTreeMap<Timestamp, u64>,
    /// Postponed events, with their attempt numbers and delays.
    pub postponed: Vec<(String, u64, SignedDuration)>,
    /// Events that wait for the end of a grace, with their delays.
    pub waiting: Vec<(String, Grace, SignedDuration)>,
    claims: BTreeMap<String, (bool, u64)>,
    windows: BTreeMap<String, (AlertWindow, Timestamp)>,
}

impl Account {
    /// The state of the account.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it looks")
    }

    /// Records a call in the journal, or fails.
    fn doing(&self, verb: &'static str, what: &str) -> AwsResult<MutexGuard<'_, State>> {
        let mut state = self.state();
        if state.failing.contains(verb) {
            return Err(AwsError(format!("{verb} failed: ThrottlingException")));
        }
        state.journal.push(format!("{verb} {what}"));
        Ok(state)
    }
}

impl ReadPrincipal for Account {
    async fn principal(&self, arn: &str) -> AwsResult<IamEntity> {
        let state = self.doing("principal", arn)?;
        let tags = state.tags.get(arn).cloned();
        let tags = tags.ok_or_else(|| AwsError("iam:GetRole failed: NoSuchEntity".to_owned()))?;
        Ok(IamEntity { tags: Ok(tags), trust_policy: PolicyDocument::read(&trust()), ..IamEntity::default() })
    }
}

impl ReadGrants for Account {
    async fn grants(&self, arn: &str) -> AwsResult<RoleGrants> {
        let state = self.doing("grants", arn)?;
        if let Some(known) = state.roles.get(arn) {
            return Ok(known.clone());
        }
        let role = IamEntity {
            tags: Ok(state.tags.get(arn).cloned().unwrap_or_default()),
            trust_policy: PolicyDocument::read(&trust()),
            grants: Ok(GrantSources::default()),
            ..IamEntity::default()
        };
        Ok(RoleGrants { role, managed: BTreeMap::new() })
    }
}

/// A page for each role. Its token is the number of the role.
impl ListRoles for Account {
    async fn roles(&self, page: Option<&str>) -> AwsResult<RolePage> {
        let state = self.doing("roles", page.unwrap_or("0"))?;
        let number = page.map_or(0, |page| page.parse().expect("a number"));
        let listed = |(arn, grants): (&String, &RoleGrants)| ListedRole {
            arn: arn.clone(),
            created: grants.role.created.unwrap_or_default(),
            trust_policy: grants.role.trust_policy.clone(),
        };
        let next = (number + 1 < state.roles.len()).then(|| (number + 1).to_string());
        Ok(RolePage { roles: state.roles.iter().skip(number).take(1).map(listed).collect(), next })
    }
}

fn trust() -> serde_json::Value {
    serde_json::json!({"Statement": {
        "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
    }})
}

impl DescribeKey for Account {
    async fn key(&self, arn: &str) -> AwsResult<Key> {
        self.doing("key", arn).map(|_| Key { arn: arn.to_owned(), customer_managed: true })
    }
}

impl ReadResourceTags for Account {
    async fn resource_tags(&self, arns: &BTreeSet<String>) -> AwsResult<BTreeMap<String, Tags>> {
        let all: Vec<_> = arns.iter().map(String::as_str).collect();
        self.doing("resource-tags", &all.join(" ")).map(|_| BTreeMap::new())
    }
}

impl DescribeModel for Account {
    async fn model(&self, name: &str) -> AwsResult<(Timestamp, Model)> {
        let network = |kind: &str| vec![format!("{kind}-1")];
        let isolated = Model { network_isolation: true, subnets: network("subnet"), security_groups: network("sg") };
        self.doing("model", name).map(|_| (Timestamp::UNIX_EPOCH, isolated))
    }
}

impl CreateOpenModel for Account {
    async fn create_open_model(&self, name: &str, _: &str, _: &str) -> AwsResult<String> {
        let arn = format!("arn:aws:sagemaker:eu-west-1:111122223333:model/{name}");
        self.doing("create-model", name).map(|_| arn)
    }
}

impl CallSageMaker for Account {
    async fn call(&self, operation: &str, target: &Target) -> Result<serde_json::Value, SageMakerError> {
        let describes = operation.starts_with("Describe");
        let name = target.member("trainingJobName").or(target.member("endpointConfigName")).unwrap_or_default();
        let done = format!("{operation} {name}");
        let verb = if describes { "describe" } else { "stop" };
        let mut state = self.doing(verb, &done)?;
        if let Some(cloud) = &mut state.cloud {
            let refused = |code: &str| AwsError(format!("sagemaker:{operation} failed: {code}"));
            let answer = cloud.call(operation, |member| target.member(member).map(str::to_owned));
            return answer.map_err(|code| SageMakerError { code: Some(code.to_owned()), error: refused(code) });
        }
        let listed = || {
            state.lists.values().flatten().flat_map(|page| &page.summaries).find(|one| one["TrainingJobName"] == name)
        };
        if let Some(described) = state.described.get(name).filter(|_| describes) {
            return described.clone();
        }
        let answer = state.answers.get(operation).cloned().or_else(|| listed().cloned().map(Ok));
        // Whatever a test does not describe is the very resource of the call.
        let created = target.time.unwrap_or_default().as_second();
        answer.unwrap_or_else(|| Ok(serde_json::json!({"TrainingJobName": name, "CreationTime": created})))
    }
}

impl ListResources for Account {
    async fn list(&self, operation: &str, filter: ListFilter<'_>) -> Result<ListPage, SageMakerError> {
        let page = filter.page.unwrap_or_default();
        let list = format!("{operation} {page}");
        let state = self.doing("list", list.trim_end())?;
        if let Some(cloud) = &state.cloud {
            return Ok(ListPage { summaries: cloud.list(operation, filter.since), next: None });
        }
        state.lists.get(list.trim_end()).cloned().unwrap_or_else(|| Ok(ListPage::default()))
    }
}

impl DescribeResource for Account {
    async fn tags_of(&self, arn: &str) -> AwsResult<serde_json::Value> {
        let state = self.doing("tags-of", arn)?;
        if let Some(cloud) = &state.cloud {
            return Ok(cloud.tags_of(arn));
        }
        let tags = state.resource_tags.get(arn).into_iter().flat_map(Tags::iter);
        Ok(tags.map(|(key, value)| serde_json::json!({"Key": key, "Value": value})).collect())
    }
}

impl FetchFile for Account {
    async fn fetch_file(&self, _bucket: &str, key: &str, known: Option<&str>) -> AwsResult<Option<FileObject>> {
        let state = self.doing("fetch-file", key)?;
        let fetched =
            state.files.get(key).cloned().ok_or_else(|| AwsError("s3:GetObject failed: NoSuchKey".to_owned()))?;
        Ok(Some(fetched).filter(|fetched| fetched.etag.as_deref() != known))
    }
}

impl FindSession for Account {
    async fn sessions(&self, identity: &Identity<'_>) -> AwsResult<Vec<Session>> {
        let state = self.doing("sessions", identity.access_key_id.unwrap_or_default())?;
        let tags = state.sessions.tags(identity).map_err(|unread| AwsError(unread.why))?;
        let session = |tags: &Tags| Session {
            access_key_id: identity.access_key_id.map(str::to_owned),
            issued: None,
            tags: Ok(tags.clone()),
        };
        Ok(tags.map(session).into_iter().collect())
    }
}

impl RecordSession for Account {
    async fn record(&self, session: &Session, expires: Timestamp) -> AwsResult<()> {
        self.doing("record", &expires.to_string())?.sessions.add(session.clone());
        Ok(())
    }
}

impl FindTagChanges for Account {
    async fn tag_changes(&self, carrier: &str) -> AwsResult<Vec<String>> {
        Ok(self.doing("changes", carrier)?.tag_changes.get(carrier).cloned().unwrap_or_default())
    }
}

impl RecordTagChange for Account {
    async fn record_tag_change(&self, carrier: &str, record: &str, expires: Timestamp) -> AwsResult<()> {
        let mut state = self.doing("record-change", &expires.to_string())?;
        state.tag_changes.entry(carrier.to_owned()).or_default().push(record.to_owned());
        Ok(())
    }
}

impl ClaimEvent for Account {
    async fn claim(&self, event_id: &str) -> AwsResult<Claim> {
        let mut state = self.doing("claim", event_id)?;
        let (done, attempts) = state.claims.entry(event_id.to_owned()).or_default();
        *attempts += 1;
        Ok(if *done { Claim::Processed } else { Claim::Acquired(*attempts) })
    }

    async fn complete(&self, event_id: &str) -> AwsResult<()> {
        self.doing("complete", event_id)?.claims.entry(event_id.to_owned()).or_default().0 = true;
        Ok(())
    }

    async fn give_back(&self, event_id: &str) -> AwsResult<()> {
        self.doing("give-back", event_id).map(drop)
    }

    async fn put_off(&self, event_id: &str) -> AwsResult<()> {
        self.doing("put-off", event_id)?.claims.entry(event_id.to_owned()).or_default().1 -= 1;
        Ok(())
    }
}

impl PostponeEvent for Account {
    async fn postpone(&self, event: &str, attempt: u64, delay: SignedDuration) -> AwsResult<()> {
        self.doing("postpone", &attempt.to_string())?.postponed.push((event.to_owned(), attempt, delay));
        Ok(())
    }

    async fn postpone_until(&self, event: &str, grace: Grace, delay: SignedDuration) -> AwsResult<()> {
        self.doing("postpone", &grace.to_string())?.waiting.push((event.to_owned(), grace, delay));
        Ok(())
    }
}

impl ReadLedger for Account {
    async fn entries(&self, arns: &[&str]) -> AwsResult<BTreeMap<String, LedgerEntry>> {
        let state = self.doing("ledger", &arns.len().to_string())?;
        let entry = |arn: &&str| {
            let id = arn.to_ascii_lowercase();
            let known = state.ledger.get(&id)?.clone();
            let changes = state.changes.get(&id).cloned().unwrap_or_default();
            let changes = LedgerEntry::since_creation(known.creation.time, changes);
            Some(((*arn).to_owned(), LedgerEntry { changes, ..known }))
        };
        Ok(arns.iter().filter_map(entry).collect())
    }
}

impl WriteLedger for Account {
    async fn remember(&self, arn: &str, creation: &Creation) -> AwsResult<Vec<String>> {
        let mut state = self.doing("remember", arn)?;
        let arn = arn.to_ascii_lowercase();
        let records = state.unjudged.get(&arn).into_iter().flatten().cloned().collect();
        let configs = creation.config.clone().map(|config| vec![config]);
        match state.ledger.get_mut(&arn) {
            Some(known) if known.creation.is_at(creation.time) => {
                let (tags, creator) = match creation.tags.clone() {
                    Some(tags) => (Some(tags), creation.creator.clone()),
                    None => (known.creation.tags.take(), known.creation.creator.clone()),
                };
                known.creation =
                    Creation { time: known.creation.time, tags, creator, config: None, ..creation.clone() };
                known.configs = configs.unwrap_or(std::mem::take(&mut known.configs));
            }
            Some(known) if known.creation.covers(creation.time) => return Ok(Vec::new()),
            _ => {
                let (creation, configs) = (Creation { config: None, ..creation.clone() }, configs.unwrap_or_default());
                state.ledger.insert(arn, LedgerEntry { creation, changes: Vec::new(), configs });
            }
        }
        Ok(records)
    }

    async fn add_change(&self, arn: &str, change: &KnownChange, record: Option<&str>) -> AwsResult<()> {
        let mut state = self.doing("add-change", arn)?;
        state.changes.entry(arn.to_ascii_lowercase()).or_default().push(change.clone());
        state.unjudged.entry(arn.to_ascii_lowercase()).or_default().extend(record.map(str::to_owned));
        Ok(())
    }

    async fn forget_records(&self, arn: &str) -> AwsResult<()> {
        self.doing("forget-records", arn)?.unjudged.remove(&arn.to_ascii_lowercase());
        Ok(())
    }

    async fn add_config(&self, arn: &str, created: Timestamp, config: &UsedConfig) -> AwsResult<()> {
        let mut state = self.doing("add-config", arn)?;
        let known = state.ledger.get_mut(&arn.to_ascii_lowercase()).filter(|known| known.creation.is_at(created));
        known.into_iter().for_each(|known| known.configs.push(config.clone()));
        Ok(())
    }
}

impl CountStops for Account {
    async fn count_stop(&self, hour: Timestamp) -> AwsResult<u64> {
        let mut state = self.doing("count-stop", &hour.to_string())?;
        let stops = state.stops.entry(hour).or_default();
        *stops += 1;
        Ok(*stops)
    }
}

impl SaveCheckpoint for Account {
    async fn checkpoint(&self, list: &str) -> AwsResult<Checkpoint> {
        Ok(self.doing("checkpoint", list)?.checkpoints.get(list).cloned().unwrap_or_default())
    }

    async fn save_checkpoint(&self, list: &str, checkpoint: &Checkpoint) -> AwsResult<()> {
        self.doing("save-checkpoint", list)?.checkpoints.insert(list.to_owned(), checkpoint.clone());
        Ok(())
    }
}

impl ReadEventHistory for Account {
    async fn history(&self, operation: &str, _from: Timestamp, _until: Timestamp) -> AwsResult<Vec<String>> {
        Ok(self.doing("history", operation)?.history.clone())
    }
}

impl GroupAlerts for Account {
    async fn add_alert(&self, group: &AlertGroup, alert: &PendingAlert, ends: Timestamp) -> AwsResult<AlertTiming> {
        let mut state = self.doing("join", &alert.event_id)?;
        let Some((window, _)) = state.windows.get_mut(&group.id()) else {
            let window = AlertWindow {
                group: group.clone(),
                first: alert.event_id.clone(),
                sent: 0,
                since: alert.event_time.clone(),
                last: alert.event_time.clone(),
                done: BTreeMap::new(),
                listed: Vec::new(),
            };
            state.windows.insert(group.id(), (window, ends));
            return Ok(AlertTiming::Immediate);
        };
        if window.first == alert.event_id {
            return Ok(AlertTiming::Immediate);
        }
        if window.listed.iter().any(|waiting| waiting.event_id == alert.event_id) {
            return Ok(AlertTiming::InDigest);
        }
        if window.waiting() < LISTED {
            window.listed.push(alert.clone());
        }
        *window.done.entry(alert.done.clone()).or_default() += 1;
        window.last.clone_from(&alert.event_time);
        Ok(AlertTiming::InDigest)
    }
}

impl DigestAlerts for Account {
    async fn ended_windows(&self, now: Timestamp) -> AwsResult<Vec<String>> {
        let state = self.doing("over", &now.to_string())?;
        let over = state.windows.iter().filter(|(_, (_, ends))| *ends <= now);
        Ok(over.map(|(id, _)| id.clone()).collect())
    }

    async fn window(&self, id: &str, now: Timestamp) -> AwsResult<Option<AlertWindow>> {
        let state = self.doing("window", id)?;
        Ok(state.windows.get(id).filter(|(_, ends)| *ends <= now).map(|(window, _)| window.clone()))
    }

    async fn record_digest(&self, id: &str, digested: &AlertWindow, ends: Timestamp) -> AwsResult<()> {
        let mut state = self.doing("digested", id)?;
        if let Some((window, end)) = state.windows.get_mut(id)
            && (&window.first, window.sent) == (&digested.first, digested.sent)
        {
            for (done, count) in &digested.done {
                *window.done.entry(done.clone()).or_default() -= count;
            }
            window.done.retain(|_, count| *count > 0);
            window.listed.retain(|waiting| !digested.listed.contains(waiting));
            window.since.clone_from(&digested.last);
            (window.sent, *end) = (window.sent + 1, ends);
        }
        Ok(())
    }

    async fn close(&self, id: &str) -> AwsResult<()> {
        let mut state = self.doing("close", id)?;
        if state.windows.get(id).is_some_and(|(window, _)| window.waiting() == 0) {
            state.windows.remove(id);
        }
        Ok(())
    }
}

impl AddTags for Account {
    async fn add_tags(&self, arn: &str, tags: &[(String, String)]) -> AwsResult<()> {
        let set: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let mut state = self.doing("add-tags", &set.join(","))?;
        let tagged = state.cloud.as_mut().map_or(Ok(()), |cloud| cloud.add_tags(arn, tags));
        tagged.map_err(|code| AwsError(format!("tag:TagResources failed: {code}")))
    }
}

impl Publish for Account {
    async fn publish(&self, message: &Message) -> AwsResult<()> {
        self.doing("publish", &message.subject)?.messages.push(message.clone());
        Ok(())
    }
}

impl PutEvents for Account {
    async fn put_events(&self, events: &[BusEvent]) -> AwsResult<()> {
        let mut state = self.state();
        if state.failing.contains("put-events") {
            return Err(AwsError("events:PutEvents failed: ThrottlingException".to_owned()));
        }
        state.events.extend_from_slice(events);
        Ok(())
    }
}

impl TrackReports for Account {
    async fn reached(&self, report: &str) -> AwsResult<BTreeSet<String>> {
        Ok(self.doing("reached", report)?.reached.get(report).cloned().unwrap_or_default())
    }

    async fn record_reached(&self, report: &str, channel: &str) -> AwsResult<()> {
        let mut state = self.doing("record-reached", report)?;
        state.reached.entry(report.to_owned()).or_default().insert(channel.to_owned());
        Ok(())
    }
}

impl ImportFindings for Account {
    async fn import(&self, findings: &[&AsffFinding]) -> AwsResult<BTreeMap<String, String>> {
        let mut state = self.doing("import", &findings.len().to_string())?;
        let (refused, taken): (Vec<&AsffFinding>, Vec<_>) =
            findings.iter().partition(|finding| state.refused.contains(&finding.id));
        for finding in taken {
            let known = state.findings.entry(finding.id.clone()).or_insert_with(|| finding.clone());
            if finding.updated_at >= known.updated_at {
                known.clone_from(finding);
            }
        }
        Ok(refused.iter().map(|finding| (finding.id.clone(), "InvalidInput".to_owned())).collect())
    }
}

impl ArchiveFindings for Account {
    async fn archive(&self, resource: &str, at: &str) -> AwsResult<usize> {
        let mut state = self.doing("archive", resource)?;
        let about = |finding: &&mut AsffFinding| {
            finding.resources[0].id == resource && finding.record_state == RecordState::Active
        };
        let archived = state.findings.values_mut().filter(about).map(|finding| {
            (finding.record_state, finding.compliance.status) = (RecordState::Archived, ComplianceStatus::Passed);
            finding.updated_at = at.to_owned();
        });
        Ok(archived.count())
    }

    async fn with_findings(&self) -> AwsResult<BTreeSet<String>> {
        let state = self.doing("with-findings", "")?;
        let active = state.findings.values().filter(|finding| finding.record_state == RecordState::Active);
        Ok(active.map(|finding| finding.resources[0].id.clone()).collect())
    }
}
