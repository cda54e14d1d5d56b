//! Archives of what roles use of what they are granted, with the truth: what was used, what was not, and what nothing shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;

use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::record::{Parts, record, session};
use crate::{ACCOUNTS, Place, REGIONS};

const DAYS: u64 = 5;
const ROLES: usize = 8;
const ACCOUNT: usize = 0;
/// us-east-1, where the events of global services are.
const GLOBAL: usize = 1;
/// The region that can be left out, and the other one.
const OTHER: usize = 2;
const FIRST: usize = 0;

/// What a trail leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Nothing.
    Nothing,
    /// The events of KMS.
    Kms,
    /// All events that only read.
    Reads,
    /// A region.
    Region,
    /// A day.
    Day,
}

/// What CloudTrail does with an action's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Read,
    Write,
    /// A read in us-east-1.
    GlobalRead,
    GlobalWrite,
    /// Events of KMS that count as reads.
    Key,
    /// A data event, which the trail does not select.
    Data,
    /// No event.
    Silent,
}

/// Actions, each with its service, its event and its class.
const ACTIONS: [(&str, &str, &str, Class); 28] = [
    ("sagemaker:StopTrainingJob", "sagemaker", "StopTrainingJob", Class::Write),
    ("sagemaker:DescribeTrainingJob", "sagemaker", "DescribeTrainingJob", Class::Read),
    ("ec2:DescribeInstances", "ec2", "DescribeInstances", Class::Read),
    ("ec2:CreateTags", "ec2", "CreateTags", Class::Write),
    ("ecr:CreateRepository", "ecr", "CreateRepository", Class::Write),
    ("ecr:BatchGetImage", "ecr", "BatchGetImage", Class::Read),
    ("logs:CreateLogGroup", "logs", "CreateLogGroup", Class::Write),
    ("secretsmanager:GetSecretValue", "secretsmanager", "GetSecretValue", Class::Read),
    ("secretsmanager:CreateSecret", "secretsmanager", "CreateSecret", Class::Write),
    ("ssm:GetParameter", "ssm", "GetParameter", Class::Read),
    ("ssm:PutParameter", "ssm", "PutParameter", Class::Write),
    ("lambda:CreateFunction", "lambda", "CreateFunction20150331", Class::Write),
    ("lambda:UpdateFunctionCode", "lambda", "UpdateFunctionCode20150331v2", Class::Write),
    ("cloudwatch:PutMetricAlarm", "monitoring", "PutMetricAlarm", Class::Write),
    ("s3:ListAllMyBuckets", "s3", "ListBuckets", Class::Read),
    ("s3:GetEncryptionConfiguration", "s3", "GetBucketEncryption", Class::Read),
    ("s3:PutLifecycleConfiguration", "s3", "PutBucketLifecycle", Class::Write),
    ("kms:Decrypt", "kms", "Decrypt", Class::Key),
    ("kms:GenerateDataKey", "kms", "GenerateDataKey", Class::Key),
    ("kms:DescribeKey", "kms", "DescribeKey", Class::Key),
    ("iam:ListRoles", "iam", "ListRoles", Class::GlobalRead),
    ("iam:CreatePolicy", "iam", "CreatePolicy", Class::GlobalWrite),
    ("s3:GetObject", "s3", "GetObject", Class::Data),
    ("s3:PutObject", "s3", "PutObject", Class::Data),
    ("sqs:SendMessage", "sqs", "SendMessage", Class::Data),
    ("dynamodb:GetItem", "dynamodb", "GetItem", Class::Data),
    ("iam:PassRole", "", "", Class::Silent),
    ("lambda:EnableReplication", "", "", Class::Silent),
];

/// What is true of a role, however much the trail leaves out.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// ARN of the role.
    pub arn: String,
    /// All actions that it is granted.
    pub granted: BTreeSet<&'static str>,
    /// Those that it used.
    pub used: BTreeSet<&'static str>,
    /// Those that it used and of which the trail has an event.
    pub shown: BTreeSet<&'static str>,
    /// Those that it did not use and whose events no trail has.
    pub never_shown: BTreeSet<&'static str>,
}

/// Writes `iam.json` and an archive below `folder`. The same `seed` gives the same roles and calls, whatever is dropped.
///
/// # Panics
/// Where it cannot be written.
pub fn generate(folder: &Path, seed: u64, dropped: Dropped) -> Vec<Truth> {
    let (mut rng, mut files) = (Rng::with_seed(seed), Files { dropped, records: BTreeMap::new() });
    let account = ACCOUNTS[ACCOUNT];
    let (mut truths, mut roles) = (Vec::new(), Vec::new());
    for number in 0..ROLES {
        let name = format!("worker-{number}");
        let mut truth = Truth { arn: format!("arn:aws:iam::{account}:role/{name}"), ..Truth::default() };
        for (action, source, event, class) in ACTIONS {
            let (is_granted, is_used) = (rng.f64() < 0.7, rng.f64() < 0.4);
            let calls: Vec<_> = (0..rng.usize(1..4)).map(|_| (rng.bool(), rng.u64(..DAYS))).collect();
            if !is_granted {
                continue;
            }
            truth.granted.insert(action);
            if class == Class::Data || class == Class::Silent {
                truth.used.extend(Some(action).filter(|_| is_used));
                truth.never_shown.insert(action);
            } else if is_used {
                truth.used.insert(action);
                for (first, day) in calls {
                    let region = match class {
                        Class::GlobalRead | Class::GlobalWrite => GLOBAL,
                        _ if first => FIRST,
                        _ => OTHER,
                    };
                    if files.call(&mut rng, &name, (source, event, class), region, day) {
                        truth.shown.insert(action);
                    }
                }
            }
        }
        let statement = json!({"Effect": "Allow", "Action": truth.granted, "Resource": "*"});
        roles.push(json!({
            "Path": "/", "RoleName": name, "Arn": truth.arn, "CreateDate": "2024-01-01T00:00:00Z", "Tags": [],
            "RolePolicyList": [{"PolicyName": "work", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}],
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"Service": "sagemaker.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceAccount": account}}}]},
        }));
        truths.push(truth);
    }
    // Somebody is always at work.
    for (region, day) in (0..REGIONS.len()).flat_map(|region| (0..DAYS).map(move |day| (region, day))) {
        for call in [
            ("ec2", "DescribeInstances", Class::Read),
            ("ec2", "CreateTags", Class::Write),
            ("kms", "Decrypt", Class::Key),
            ("iam", "ListRoles", Class::GlobalRead),
        ] {
            files.call(&mut rng, "somebody", call, region, day);
        }
    }
    fs::create_dir_all(folder).expect("the folder");
    fs::write(folder.join("iam.json"), json!({"RoleDetailList": roles}).to_string()).expect("iam.json");
    for ((region, day), records) in files.records {
        let path = folder.join(Place { account: ACCOUNT, region, day }.path(&mut rng));
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(format!(r#"{{"Records":[{}]}}"#, records.join(",")).as_bytes()).expect("in memory");
        fs::write(path, encoder.finish().expect("in memory")).expect("written");
    }
    truths
}

/// The records of each region and day.
struct Files {
    dropped: Dropped,
    records: BTreeMap<(usize, u64), Vec<String>>,
}

impl Files {
    /// Adds the record of a call, unless the trail leaves it out. Returns whether it has it.
    fn call(&mut self, rng: &mut Rng, role: &str, call: (&str, &str, Class), region: usize, day: u64) -> bool {
        let (source, name, class) = call;
        let read_only = matches!(class, Class::Read | Class::GlobalRead | Class::Key);
        let is_dropped = match self.dropped {
            Dropped::Nothing => false,
            Dropped::Kms => source == "kms",
            Dropped::Reads => read_only,
            Dropped::Region => region == OTHER,
            Dropped::Day => day == 2,
        };
        let place = Place { account: ACCOUNT, region, day };
        let second = i64::try_from(day).expect("few days") * 86_400 + rng.i64(0..86_400);
        let identity = session(ACCOUNTS[ACCOUNT], (role, "AROAEXAMPLE"), "work", "ASIAEXAMPLE", second - 60);
        let source = format!("{source}.amazonaws.com");
        let parts = Parts {
            identity: &identity,
            source: &source,
            name,
            agent: "Boto3/1.40.12",
            request: "null",
            response: "null",
            read_only,
            error: "",
        };
        let (json, _) = record(rng, place, second, &parts);
        if !is_dropped {
            self.records.entry((region, day)).or_default().push(json);
        }
        !is_dropped
    }
}
