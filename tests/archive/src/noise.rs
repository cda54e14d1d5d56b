//! Records that no audit of SageMaker is about, of the usual kinds, some of which name SageMaker.

use fastrand::Rng;

use crate::record::{self, Parts, hex, id, session, time, uuid};
use crate::{ACCOUNTS, Place, REGIONS};

const AGENTS: [&str; 5] = [
    "Boto3/1.40.12 md/Botocore#1.40.12 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.12.4 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.40.12",
    "aws-sdk-java/2.31.9 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.134-152.225.amzn2023.x86_64 lang/java#21.0.7 md/OpenJDK_64-Bit_Server_VM#21.0.7+6-LTS md/vendor#Amazon.com_Inc. cfg/auth-source#imds exec-env/AWS_ECS_EC2 m/D,N",
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-aws/5.97.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.23.8 md/GOARCH#amd64 api/ec2#1.215.0",
    "aws-cli/2.27.8 md/awscrt#0.26.1 ua/2.1 os/linux#6.8.0-1029-aws md/arch#x86_64 lang/python#3.13.2 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/command#ec2.describe-instances",
    "console.amazonaws.com",
];

/// The record, where its event id does not matter.
fn write(rng: &mut Rng, place: Place, second: i64, parts: &Parts) -> String {
    record::record(rng, place, second, parts).0
}

/// A random one. Of a hundred, `sessions` issue sessions, as pipelines and consoles make many.
pub fn record(rng: &mut Rng, place: Place, second: i64, sessions: u32) -> String {
    match rng.u32(0..100) < sessions {
        true if rng.u8(0..11) < 8 => assume_role_by_service(rng, place, second),
        true => assume_role(rng, place, second),
        false => other(rng, place, second),
    }
}

fn other(rng: &mut Rng, place: Place, second: i64) -> String {
    let (account, region) = (ACCOUNTS[place.account], REGIONS[place.region]);
    let identity = identity(rng, account, second);
    let agent = AGENTS[rng.usize(..AGENTS.len())];
    let call = Parts {
        identity: &identity,
        source: "",
        name: "",
        agent,
        request: "null",
        response: "null",
        read_only: true,
        error: "",
    };
    let bucket = format!("team-{}-{}", rng.u8(0..20), hex(rng, 6));
    match rng.u32(0..890) {
        0..150 => {
            let request = format!(
                r#"{{"maxResults":{},"filterSet":{{"items":[{{"name":"instance-state-name","valueSet":{{"items":[{{"value":"running"}},{{"value":"pending"}}]}}}},{{"name":"tag:Name","valueSet":{{"items":[{{"value":"worker-{}*"}}]}}}}]}},"instancesSet":{{}}}}"#,
                rng.u16(5..1000),
                rng.u8(..)
            );
            write(
                rng,
                place,
                second,
                &Parts { source: "ec2.amazonaws.com", name: "DescribeInstances", request: &request, ..call },
            )
        }
        150..250 => {
            let request = format!(
                r#"{{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{{"aws:s3:arn":"arn:aws:s3:::{bucket}","PARAMETER_ARN":"arn:aws:ssm:{region}:{account}:parameter/app/{}"}}}}"#,
                hex(rng, 8)
            );
            write(
                rng,
                place,
                second,
                &Parts { source: "kms.amazonaws.com", name: "Decrypt", request: &request, ..call },
            )
        }
        // SageMaker at work on somebody's behalf: its name is everywhere, but the call is another service's.
        250..285 => {
            let identity = identity.replacen(
                r#""sessionContext""#,
                r#""invokedBy":"sagemaker.amazonaws.com","sessionContext""#,
                1,
            );
            let request =
                format!(r#"{{"bucketName":"{bucket}","Host":"{bucket}.s3.{region}.amazonaws.com","location":""}}"#);
            write(
                rng,
                place,
                second,
                &Parts {
                    identity: &identity,
                    agent: "sagemaker.amazonaws.com",
                    source: "s3.amazonaws.com",
                    name: "GetBucketLocation",
                    request: &request,
                    ..call
                },
            )
        }
        285..290 => {
            let policy = format!(
                r#"{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Sid\":\"Train{}\",\"Effect\":\"Allow\",\"Principal\":{{\"Service\":\"sagemaker.amazonaws.com\"}},\"Action\":\"sts:AssumeRole\",\"Condition\":{{\"StringEquals\":{{\"aws:SourceAccount\":\"{account}\"}}}}}}]}}"#,
                rng.u16(..)
            );
            let request = format!(r#"{{"roleName":"app-{}","policyDocument":"{policy}"}}"#, hex(rng, 6));
            write(
                rng,
                place,
                second,
                &Parts {
                    source: "iam.amazonaws.com",
                    name: "UpdateAssumeRolePolicy",
                    request: &request,
                    read_only: false,
                    ..call
                },
            )
        }
        290..320 => {
            write(rng, place, second, &Parts { source: "sts.amazonaws.com", name: "GetCallerIdentity", ..call })
        }
        320..420 => {
            let request = format!(
                r#"{{"logGroupName":"/aws/lambda/fn-{}","logStreamName":"2026/01/{:02}/[$LATEST]{}"}}"#,
                rng.u8(..),
                rng.u8(1..29),
                hex(rng, 32)
            );
            write(
                rng,
                place,
                second,
                &Parts {
                    source: "logs.amazonaws.com",
                    name: "CreateLogStream",
                    request: &request,
                    read_only: false,
                    ..call
                },
            )
        }
        420..500 => {
            let request = format!(r#"{{"tableName":"table-{}"}}"#, rng.u8(..));
            write(
                rng,
                place,
                second,
                &Parts { source: "dynamodb.amazonaws.com", name: "DescribeTable", request: &request, ..call },
            )
        }
        500..580 => {
            let request =
                format!(r#"{{"bucketName":"{bucket}","Host":"{bucket}.s3.{region}.amazonaws.com","acl":""}}"#);
            write(
                rng,
                place,
                second,
                &Parts { source: "s3.amazonaws.com", name: "GetBucketAcl", request: &request, ..call },
            )
        }
        580..630 => {
            let role = format!("app-{}", rng.u8(..));
            let request = format!(r#"{{"roleName":"{role}"}}"#);
            let (name, error) = [
                ("GetRole", ""),
                ("ListAttachedRolePolicies", ""),
                (
                    "GetRolePolicy",
                    r#""errorCode":"NoSuchEntityException","errorMessage":"The role policy with name {x} cannot be found.","#,
                ),
            ][rng.usize(..3)];
            write(rng, place, second, &Parts { source: "iam.amazonaws.com", name, request: &request, error, ..call })
        }
        630..690 => {
            let request = format!(
                r#"{{"repositoryName":"app-{}","registryId":"{account}","imageIds":[{{"imageDigest":"sha256:{}"}}]}}"#,
                rng.u8(..),
                hex(rng, 64)
            );
            write(
                rng,
                place,
                second,
                &Parts { source: "ecr.amazonaws.com", name: "BatchGetImage", request: &request, ..call },
            )
        }
        690..740 => run_task(rng, place, second, &call),
        740..790 => {
            let items: Vec<_> =
                (0..rng.usize(1..8)).map(|_| format!(r#"{{"networkInterfaceId":"eni-{}"}}"#, hex(rng, 17))).collect();
            let request = format!(r#"{{"networkInterfaceIdSet":{{"items":[{}]}},"filterSet":{{}}}}"#, items.join(","));
            write(
                rng,
                place,
                second,
                &Parts { source: "ec2.amazonaws.com", name: "DescribeNetworkInterfaces", request: &request, ..call },
            )
        }
        790..840 => write(
            rng,
            place,
            second,
            &Parts {
                source: "config.amazonaws.com",
                name: "DescribeConfigurationRecorders",
                agent: "config.amazonaws.com",
                ..call
            },
        ),
        840..883 => {
            let request =
                format!(r#"{{"functionName":"arn:aws:lambda:{region}:{account}:function:fn-{}"}}"#, rng.u8(..));
            write(
                rng,
                place,
                second,
                &Parts { source: "lambda.amazonaws.com", name: "GetFunction20150331v2", request: &request, ..call },
            )
        }
        // SageMaker itself: mostly consoles and SDKs that look.
        _ => {
            let request = format!(r#"{{"trainingJobName":"job-{}"}}"#, hex(rng, 10));
            let (name, request) = [
                ("DescribeTrainingJob", request.as_str()),
                ("ListTrainingJobs", r#"{"maxResults":100,"sortBy":"CreationTime"}"#),
                ("ListTags", "null"),
            ][rng.usize(..3)];
            write(rng, place, second, &Parts { source: "sagemaker.amazonaws.com", name, request, ..call })
        }
    }
}

fn identity(rng: &mut Rng, account: &str, second: i64) -> String {
    let (name, role_id, key) = (format!("app-{}", rng.u8(..)), id(rng, "AROA"), id(rng, "ASIA"));
    let of_session = if rng.bool() { hex(rng, 16) } else { format!("i-0{}", hex(rng, 16)) };
    session(account, (&name, &role_id), &of_session, &key, second - rng.i64(0..3000))
}

/// What STS answers.
pub fn credentials(rng: &mut Rng, account: &str, role: (&str, &str), session: &str, key: &str, second: i64) -> String {
    let ((name, role_id), expiration) = (role, time(second + 3600));
    let token: String = (0..rng.usize(200..500)).map(|_| rng.alphanumeric()).collect();
    let expiration: jiff::Timestamp = expiration.parse().expect("a time");
    let expiration = expiration.strftime("%b %-d, %Y, %-I:%M:%S %p");
    format!(
        r#"{{"credentials":{{"accessKeyId":"{key}","sessionToken":"{token}","expiration":"{expiration}"}},"assumedRoleUser":{{"assumedRoleId":"{role_id}:{session}","arn":"arn:aws:sts::{account}:assumed-role/{name}/{session}"}}}}"#
    )
}

fn assume_role_by_service(rng: &mut Rng, place: Place, second: i64) -> String {
    let account = ACCOUNTS[place.account];
    let service = ["lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "sagemaker.amazonaws.com"]
        [rng.usize(..4)];
    let identity = format!(r#"{{"type":"AWSService","invokedBy":"{service}"}}"#);
    let (role, key, role_id, name) = (format!("app-{}", rng.u8(..)), id(rng, "ASIA"), id(rng, "AROA"), hex(rng, 16));
    let request = format!(r#"{{"roleArn":"arn:aws:iam::{account}:role/{role}","roleSessionName":"{name}"}}"#);
    let response = credentials(rng, account, (&role, &role_id), &name, &key, second);
    let call = Parts {
        identity: &identity,
        source: "sts.amazonaws.com",
        name: "AssumeRole",
        agent: service,
        request: &request,
        response: &response,
        read_only: true,
        error: "",
    };
    write(rng, place, second, &call)
}

fn assume_role(rng: &mut Rng, place: Place, second: i64) -> String {
    let account = ACCOUNTS[place.account];
    let identity = identity(rng, account, second);
    let agent = AGENTS[rng.usize(..AGENTS.len())];
    let (role, key) = (format!("app-{}", rng.u8(..)), id(rng, "ASIA"));
    let (name, role_id) = (hex(rng, 12), id(rng, "AROA"));
    let request = format!(
        r#"{{"roleArn":"arn:aws:iam::{account}:role/{role}","roleSessionName":"{name}","durationSeconds":3600}}"#
    );
    let response = credentials(rng, account, (&role, &role_id), &name, &key, second);
    let call = Parts {
        identity: &identity,
        source: "sts.amazonaws.com",
        name: "AssumeRole",
        agent,
        request: &request,
        response: &response,
        read_only: true,
        error: "",
    };
    write(rng, place, second, &call)
}

/// A call with a long answer.
fn run_task(rng: &mut Rng, place: Place, second: i64, call: &Parts) -> String {
    let (account, region) = (ACCOUNTS[place.account], REGIONS[place.region]);
    let request = format!(
        r#"{{"cluster":"arn:aws:ecs:{region}:{account}:cluster/main","count":1,"launchType":"FARGATE","taskDefinition":"etl:{}","overrides":{{"containerOverrides":[{{"name":"etl","command":"HIDDEN_DUE_TO_SECURITY_REASONS","environment":"HIDDEN_DUE_TO_SECURITY_REASONS"}}]}}}}"#,
        rng.u16(..)
    );
    let containers: Vec<_> = (0..rng.usize(1..6))
        .map(|index| format!(r#"{{"containerArn":"arn:aws:ecs:{region}:{account}:container/main/{}","taskArn":"arn:aws:ecs:{region}:{account}:task/main/{}","name":"c{index}","image":"{account}.dkr.ecr.{region}.amazonaws.com/etl@sha256:{}","lastStatus":"PENDING","networkInterfaces":[],"cpu":"256","memory":"512"}}"#, uuid(rng), hex(rng, 32), hex(rng, 64)))
        .collect();
    let response = format!(
        r#"{{"tasks":[{{"clusterArn":"arn:aws:ecs:{region}:{account}:cluster/main","desiredStatus":"RUNNING","lastStatus":"PROVISIONING","containers":[{}],"tags":[{{"key":"Project","value":"atlas"}}]}}],"failures":[]}}"#,
        containers.join(",")
    );
    write(
        rng,
        place,
        second,
        &Parts {
            source: "ecs.amazonaws.com",
            name: "RunTask",
            request: &request,
            response: &response,
            read_only: false,
            ..*call
        },
    )
}
