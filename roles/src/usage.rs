//! What a role used of what it was granted: used, unused or unseen.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use serde::Serialize;
use tagwarden::evidence::carrier;
use tagwarden::grants::Grants;
use tagwarden::record::arn;
use tagwarden_audit::{Calls, MadeCalls};

use crate::actions::{Trace, covered, trace};
use crate::events::{Shown, has_other_event, is_global, may_be_data, may_be_read_only, shown};
use crate::launches::{Launches, PassedRole};

/// A role that was created less than this many days before the end of an archive may not have done yet what it is for.
const YOUNG_DAYS: i32 = 30;

/// What an archive shows of all roles.
pub struct Records {
    launches: Launches,
    /// The calls of each role and user, by carrier.
    callers: HashMap<String, Caller>,
    /// `eventSource` and `eventName` of all events.
    events: Vec<(String, String)>,
    /// What is known of each account's log.
    logs: BTreeMap<String, Log>,
    assumed: HashMap<String, BTreeMap<String, u64>>,
    /// All days on which there could be records.
    period: Option<(Date, Date)>,
}

/// A role or user that called something.
struct Caller {
    arn: String,
    calls: Vec<Made>,
}

/// All calls of a principal to an operation.
struct Made {
    /// Index of the event.
    event: usize,
    calls: u64,
    last: String,
}

/// What an account's log shows at all.
#[derive(Debug, Default)]
struct Log {
    regions: BTreeSet<String>,
    days: BTreeSet<Date>,
    /// The indices of all events.
    events: BTreeSet<usize>,
    has_kms: bool,
    has_reads: bool,
}

/// What a role used of what its policies grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Who assumed it, and how often.
    pub assumed_by: Vec<AssumedBy>,
    /// Actions that it used, as records or launches show.
    pub used: Vec<Used>,
    /// Actions that it did not use: CloudTrail would have shown it.
    pub unused: Vec<String>,
    /// Actions of which nothing shows whether it used them.
    pub unseen: Vec<Unseen>,
}

/// Who assumed a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AssumedBy {
    /// ARN of the role or user, or the name of the service.
    pub by: String,
    /// How often.
    pub times: u64,
}

/// An action that a role used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Used {
    /// Such as `s3:GetObject`.
    pub action: String,
    /// How many records show it; zero if only launches do.
    pub calls: u64,
    /// The day of the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// An action of which nothing shows whether it was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// Such as `s3:GetObject`.
    pub action: String,
    /// Why not.
    pub because: String,
}

/// A role whose usage is asked for.
#[derive(Clone, Copy)]
pub struct RoleInQuestion<'r> {
    /// Its ARN.
    pub arn: &'r str,
    /// The day on which it was created, if that is known.
    pub created: Option<Date>,
    /// The regions in which it may work.
    pub regions: &'r BTreeSet<String>,
}

impl Records {
    /// What these calls and launches show. `period` is that of the records, as far as it was chosen; the records say the rest.
    pub fn new(calls: Calls, launches: Launches, period: (Option<Date>, Option<Date>)) -> Self {
        let mut logs: BTreeMap<String, Log> = BTreeMap::new();
        for record in &calls.days {
            let log = logs.entry(record.account.clone()).or_default();
            log.regions.insert(record.region.clone());
            log.days.extend(record.day.parse::<Date>());
        }
        let mut assumed: HashMap<String, BTreeMap<String, u64>> = HashMap::new();
        for ((role, by), times) in &calls.assumed {
            let of_role = carrier(role).map(|carrier| assumed.entry(carrier).or_default());
            of_role.into_iter().for_each(|of_role| *of_role.entry(by.clone()).or_default() += times);
        }
        let (mut callers, mut events, mut numbers) = (HashMap::new(), Vec::new(), HashMap::new());
        for MadeCalls { account, principal, source, name, calls, last } in calls.made() {
            let log = logs.entry(account.to_owned()).or_default();
            let event = *numbers.entry((source, name)).or_insert_with(|| {
                events.push((source.to_owned(), name.to_owned()));
                events.len() - 1
            });
            log.events.insert(event);
            if let Some(carrier) = carrier(principal).filter(|_| !principal.is_empty()) {
                let new = || Caller { arn: principal.to_owned(), calls: Vec::new() };
                let caller = callers.entry(carrier).or_insert_with(new);
                caller.calls.push(Made { event, calls, last: last.to_owned() });
            }
        }
        for log in logs.values_mut() {
            for (source, name) in log.events.iter().filter_map(|event| events.get(*event)) {
                let Some(shown) = shown(source, name) else { continue };
                log.has_kms |= shown.service == "kms";
                let reads =
                    |name: &&str| trace(shown.service, name) == Some(Trace::Reads) && !may_be_data(shown.service, name);
                log.has_reads = log.has_reads || shown.actions.iter().any(reads);
            }
        }
        let days = || logs.values().flat_map(|log| &log.days).copied();
        let first = period.0.or_else(|| days().min());
        let last = period.1.or_else(|| days().max());
        let period = first.zip(last);
        Self { launches, callers, events, logs, assumed, period }
    }

    /// The launches.
    pub fn launches(&self) -> &Launches {
        &self.launches
    }

    /// The ARNs of the roles and users that called a service.
    pub fn callers_of(&self, source: &str) -> impl Iterator<Item = &str> {
        let called = move |caller: &&Caller| caller.calls.iter().any(|made| self.event(made).0 == source);
        self.callers.values().filter(called).map(|caller| caller.arn.as_str())
    }

    /// Whether the role `arn` called a service.
    pub fn has_called(&self, arn: &str, source: &str) -> bool {
        self.of(arn).iter().any(|made| self.event(made).0 == source)
    }

    fn of(&self, arn: &str) -> &[Made] {
        carrier(arn).and_then(|carrier| self.callers.get(&carrier)).map_or(&[], |caller| &caller.calls)
    }

    fn event(&self, made: &Made) -> (&str, &str) {
        self.events.get(made.event).map_or(("", ""), |(source, name)| (source, name))
    }

    /// What a role used of what `grants` allow.
    pub fn usage(&self, role: RoleInQuestion, grants: &Grants) -> Usage {
        let mut used: BTreeMap<String, Used> = BTreeMap::new();
        // Services with events that map to no action, with the first of these events.
        let mut unmapped: BTreeMap<&str, &str> = BTreeMap::new();
        for call in self.of(role.arn) {
            let (source, name) = self.event(call);
            let Some(Shown { service, actions }) = shown(source, name) else { continue };
            if actions.is_empty() {
                unmapped.entry(service).or_insert(name);
            }
            for name in actions {
                let action = format!("{service}:{name}");
                let known = used.entry(action.clone()).or_insert_with(|| Used { action, calls: 0, last: None });
                known.calls += call.calls;
                known.last = known.last.take().max(Some(call.last.clone()));
            }
        }
        let passed = self.launches.of(role.arn);
        let declared = passed.into_iter().flat_map(declared);
        let passes = self.launches.passed_by(role.arn).next().map(|_| "iam:PassRole");
        for action in declared.chain(passes) {
            used.entry(action.to_owned()).or_insert_with(|| Used { action: action.to_owned(), calls: 0, last: None });
        }
        let blind = self.blind(&role);
        let only_declared = passed.is_some_and(|passed| passed.all_isolated) && self.only_sagemaker_assumes(role.arn);
        let mut usage = Usage { assumed_by: self.assumed_by(role.arn), ..Usage::default() };
        for (service, name, trace) in granted(grants) {
            let action = format!("{service}:{name}");
            if let Some(used) = used.remove(&action) {
                usage.used.push(used);
                continue;
            }
            let unseen = match &blind {
                Some(why) => Some(why.clone()),
                None => self.unseen(&role, service, name, trace, only_declared).or_else(|| {
                    unmapped
                        .get(service)
                        .map(|event| format!("the role's event `{event}` maps to no action, and may have needed it"))
                }),
            };
            match unseen {
                Some(because) => usage.unseen.push(Unseen { action, because }),
                None => usage.unused.push(action),
            }
        }
        usage.unseen.extend(unlisted(grants));
        usage
    }

    /// Why nothing shows what the role did not do.
    fn blind(&self, role: &RoleInQuestion) -> Option<String> {
        let account = arn::account(role.arn).unwrap_or_default();
        let log = self.logs.get(account).filter(|log| !log.days.is_empty());
        let (Some(log), Some((first, last))) = (log, self.period) else {
            return Some(format!("the archive has no records of account `{account}`"));
        };
        let days = first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last);
        let missing: Vec<_> = days.filter(|day| !log.days.contains(day)).collect();
        match missing.as_slice() {
            [] => {}
            [day] => return Some(format!("the archive has no records of {day}")),
            [day, rest @ ..] => {
                return Some(format!("the archive has no records of {day} and {} other days", rest.len()));
            }
        }
        let young = role.created.filter(|created| *created > first);
        let age = young.and_then(|created| created.until(last).ok()).map(|span| span.get_days());
        if let (Some(created), Some(age)) = (young, age.filter(|age| *age < YOUNG_DAYS)) {
            return Some(format!("the role was created on {created}, {age} days before the last record"));
        }
        None
    }

    /// Why nothing shows whether a role used an action.
    fn unseen(
        &self,
        role: &RoleInQuestion,
        service: &str,
        name: &str,
        trace: Trace,
        only_declared: bool,
    ) -> Option<String> {
        let log = self.logs.get(arn::account(role.arn)?)?;
        let because = |why: &str| Some(why.to_owned());
        if service == "s3" && only_declared && may_be_data(service, name) {
            return None;
        }
        if trace == Trace::None && !has_other_event(service, name) {
            return because("no event of CloudTrail shows it");
        }
        if may_be_data(service, name) {
            return because(
                "CloudTrail logs it as a data event, if at all: only for the resources that a trail selects",
            );
        }
        if service == "kms" && !log.has_kms {
            return because("the archive has no events of KMS: the trail may leave them out");
        }
        if (trace == Trace::Reads || may_be_read_only(service, name)) && !log.has_reads {
            return because("the archive has no events that only read: the trail may leave them out");
        }
        if is_global(service) {
            return (!log.regions.contains("us-east-1"))
                .then(|| "the archive has no records of us-east-1, where CloudTrail logs it".to_owned());
        }
        let missing = role.regions.iter().find(|region| !log.regions.contains(*region))?;
        Some(format!("the archive has no records of {missing}, where the role may work"))
    }

    fn assumed_by(&self, arn: &str) -> Vec<AssumedBy> {
        let by = carrier(arn).and_then(|carrier| self.assumed.get(&carrier));
        let mut by: Vec<_> =
            by.into_iter().flatten().map(|(by, times)| AssumedBy { by: by.clone(), times: *times }).collect();
        by.sort_by(|one, other| other.times.cmp(&one.times).then_with(|| one.by.cmp(&other.by)));
        by
    }

    fn only_sagemaker_assumes(&self, arn: &str) -> bool {
        self.assumed_by(arn).iter().all(|assumed| assumed.by == "sagemaker.amazonaws.com")
    }
}

/// Actions that SageMaker needs as the role for what launches declare.
fn declared(passed: &PassedRole) -> Vec<&'static str> {
    let mut actions = Vec::new();
    let mut add = |is_declared: bool, needed: &[&'static str]| actions.extend(needed.iter().filter(|_| is_declared));
    add(!passed.inputs.is_empty(), &["s3:GetObject", "s3:ListBucket"]);
    add(!passed.outputs.is_empty(), &["s3:PutObject"]);
    let is_of_ecr = |image: &String| image.contains(".dkr.ecr.");
    add(
        passed.images.iter().any(is_of_ecr),
        &[
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetAuthorizationToken",
            "ecr:GetDownloadUrlForLayer",
        ],
    );
    add(!passed.keys.is_empty(), &["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]);
    actions
}

/// The actions that statements allow on some resource, as far as that shows without a request.
fn granted(grants: &Grants) -> BTreeSet<(&'static str, &'static str, Trace)> {
    let patterns: BTreeSet<String> = grants.allowing().flat_map(|by| by.statement.action_patterns()).collect();
    let actions = patterns.iter().flat_map(|pattern| covered(pattern));
    actions.filter(|(service, name, _)| grants.may_allow(&format!("{service}:{name}"))).collect()
}

/// Actions that statements name and the table does not have.
fn unlisted(grants: &Grants) -> Vec<Unseen> {
    let patterns: BTreeSet<String> = grants.allowing().flat_map(|by| by.statement.action_patterns()).collect();
    let unlisted = patterns.into_iter().filter(|pattern| covered(pattern).next().is_none());
    let unseen = unlisted.map(|action| Unseen { action, because: "this version does not know the action".to_owned() });
    unseen.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tagwarden::evidence::{GrantSources, IamEntity};
    use tagwarden::grants::PolicyDocument;
    use tagwarden::{Call, Evidence};
    use tagwarden_audit::{LogFiles, Period};

    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/ml/train";

    /// The record of a call by the role on a day of March.
    fn record(source: &str, name: &str, day: u32, more: Value) -> Value {
        let mut record = json!({
            "eventVersion": "1.11", "eventTime": format!("2026-03-{day:02}T09:00:00Z"), "eventSource": source, "eventName": name,
            "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
            "userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}}},
        });
        for (name, value) in more.as_object().unwrap() {
            record[name] = value.clone();
        }
        record
    }

    fn plain(source: &str, name: &str, day: u32) -> Value {
        record(&format!("{source}.amazonaws.com"), name, day, json!({}))
    }

    /// A launch that passes the role.
    fn launch(isolated: bool) -> Value {
        let request = json!({"trainingJobName": "t", "roleArn": ROLE, "enableNetworkIsolation": isolated,
            "outputDataConfig": {"s3OutputPath": "s3://atlas-data/out"}, "algorithmSpecification": {"trainingInputMode": "File"},
            "resourceConfig": {"instanceType": "ml.m5.xlarge", "instanceCount": 1}});
        record("sagemaker.amazonaws.com", "CreateTrainingJob", 1, json!({"requestParameters": request}))
    }

    /// What is said about these actions: `used`, `unused`, or the reason why it is unseen.
    fn says(records: &[Value], actions: &[&str], created: Option<Date>) -> Vec<String> {
        let text = json!({"Records": records}).to_string();
        let calls = LogFiles::new(true).scan(text.as_bytes(), Period::default()).extract.calls.unwrap();
        let mut launches = Launches::default();
        let mut evidence = Evidence::new("");
        for record in records {
            let text = record.to_string();
            let value = serde_json::from_str(&text).unwrap();
            launches.add(&Call::read(&value).unwrap(), &evidence);
        }
        let document = json!({"Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}});
        let inline = vec![("p".to_owned(), PolicyDocument::read(&document))];
        let role = IamEntity { grants: Ok(GrantSources { inline, ..GrantSources::default() }), ..IamEntity::default() };
        *evidence.principal_mut(ROLE) = role;
        let regions = ["us-east-1".to_owned()].into();
        let role = RoleInQuestion { arn: ROLE, created, regions: &regions };
        let usage = Records::new(calls, launches, (None, None)).usage(role, &evidence.grants(ROLE, None).unwrap());
        let of = |action: &&str| {
            let unseen = usage.unseen.iter().find(|one| one.action.eq_ignore_ascii_case(action));
            match unseen {
                Some(unseen) => unseen.because.clone(),
                None if usage.unused.iter().any(|one| one == action) => "unused".to_owned(),
                None => usage
                    .used
                    .iter()
                    .find(|one| one.action == **action)
                    .map_or("nothing".to_owned(), |_| "used".to_owned()),
            }
        };
        actions.iter().map(of).collect()
    }

    #[test]
    fn reasons_are_given() {
        let actions = ["ec2:CreateTags", "ec2:DescribeInstances", "iam:PassRole", "s3:GetObject", "new:Thing"];
        let records = [plain("ec2", "DescribeInstances", 1), plain("ec2", "DescribeInstances", 2)];
        let expected = [
            "unused",
            "used",
            "no event of CloudTrail shows it",
            "CloudTrail logs it as a data event, if at all: only for the resources that a trail selects",
            "this version does not know the action",
        ];
        assert_eq!(says(&records, &actions, None), expected);
        assert_eq!(says(&records, &actions, "2026-02-01".parse().ok()), expected, "it is older than the archive");
        let young = says(&records, &actions[..1], "2026-03-02".parse().ok());
        assert_eq!(young, ["the role was created on 2026-03-02, 0 days before the last record"]);
        let gap = [plain("ec2", "DescribeInstances", 1), plain("ec2", "DescribeInstances", 3)];
        assert_eq!(says(&gap, &actions[..1], None), ["the archive has no records of 2026-03-02"]);
        let unmapped = [plain("ec2", "DescribeInstances", 1), plain("ec2", "SomethingElse", 1)];
        assert_eq!(
            says(&unmapped, &actions[..2], None),
            ["the role's event `SomethingElse` maps to no action, and may have needed it", "used"]
        );
    }

    #[test]
    fn isolated_containers_use_only_what_launches_name() {
        let actions = ["s3:PutObject", "s3:DeleteObject"];
        let data = "CloudTrail logs it as a data event, if at all: only for the resources that a trail selects";
        assert_eq!(says(&[launch(true)], &actions, None), ["used", "unused"]);
        assert_eq!(says(&[launch(false)], &actions, None), ["used", data]);
        assert_eq!(says(&[launch(true), launch(false)], &actions, None), ["used", data]);
    }
}
