//! No input makes a reader panic. Each test tries as many as fit in a few seconds. `cargo bolero` goes on, guided by coverage
//! (CONTRIBUTING.md).

use std::io::Write;
use std::time::Duration;

use bolero::check;
use flate2::Compression;
use flate2::write::GzEncoder;
use tagwarden::evidence::Evidence;
use tagwarden::policy::{self, Policy};
use tagwarden::record::documents::{self, Item};
use tagwarden_audit::{LogFiles, Period, iam};
use tagwarden_fuzz::{Damaged, samples};
use tagwarden_roles::given;

/// How long each test looks for inputs.
const TIME: Duration = Duration::from_secs(10);

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

/// Every problem has a line of the text, and every record is JSON.
#[test]
fn documents() {
    let seeds = samples();
    check!().with_type::<Damaged>().with_test_time(TIME).for_each(|input| {
        let bytes = input.bytes(&seeds);
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
        documents::split(&text, &mut |place, item| match item {
            Ok(Item::Record(record)) => {
                serde_json::from_str::<serde_json::Value>(record.json).expect("JSON");
            }
            Ok(_) => {}
            Err(why) => assert!((1..=lines).contains(&place.problem(why).line)),
        });
    });
}

/// What is read quickly, from the gzip of a log file, is what the parser reads; calls are counted alike.
#[test]
fn log_files() {
    let (seeds, mut log_files) = (samples(), LogFiles::new(true));
    let period = Period { since: "2026-03-01T00:00:00Z".parse().ok(), until: None };
    check!().with_type::<Damaged>().with_test_time(TIME).for_each(|input| {
        let bytes = input.bytes(&seeds);
        let (quickly, plainly) = (log_files.scan(&gzip(&bytes), period), log_files.scan(&bytes, period));
        // What is not parsed is taken for JSON.
        if serde_json::from_slice::<serde_json::Value>(&bytes).is_ok() {
            assert_eq!(quickly.extract, plainly.extract, "{}", String::from_utf8_lossy(&bytes));
        }
    });
}

/// What is an error for a command is one for `policy check`, too.
#[test]
fn policy_files() {
    let rules = tagwarden::RULES.iter().map(|rule| format!("version = 1\n{}", rule.example_table()).into_bytes());
    let seeds: Vec<_> = [policy::DEFAULT.as_bytes().to_vec()].into_iter().chain(rules).collect();
    let today = jiff::civil::date(2026, 3, 2);
    check!().with_type::<Damaged>().with_test_time(TIME).for_each(|input| {
        let text = String::from_utf8_lossy(&input.bytes(&seeds)).into_owned();
        let errors = Policy::parse(&text).err().map_or(0, |errors| errors.len());
        assert!(Policy::diagnose(&text, today).len() >= errors);
    });
}

/// Packing changes nothing.
#[test]
fn iam_data() {
    let samples = samples();
    let is_iam = |bytes: &&Vec<u8>| String::from_utf8_lossy(bytes).contains("RoleDetailList");
    let tags = br#"{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:sagemaker:eu-west-1:111122223333:model/m","Tags":[{"Key":"Project","Value":"atlas"}]}]}"#;
    let seeds: Vec<_> = samples.iter().filter(is_iam).cloned().chain([tags.to_vec()]).collect();
    check!().with_type::<Damaged>().with_test_time(TIME).for_each(|input| {
        let bytes = input.bytes(&seeds);
        let learn = |bytes: &[u8]| iam::learn(bytes, &mut Evidence::new(""));
        let (plain, gzipped) = (learn(&bytes), learn(&gzip(&bytes)));
        assert_eq!((plain.is_iam, plain.problems), (gzipped.is_iam, gzipped.problems));
    });
}

/// A plan or a policy document is read, or there is a reason.
#[test]
fn plans() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:PrincipalTag/Project}-*"}]}"#;
    let plan = r#"{"planned_values":{"root_module":{"resources":[{"address":"aws_iam_role.r[0]","type":"aws_iam_role","name":"r","index":0,
        "values":{"name":"r","path":"/ml/","tags":{"Project":"atlas"},"assume_role_policy":"{}","inline_policy":[{"name":"i","policy":"{}"}]}},
        {"address":"aws_iam_role_policy_attachment.a","type":"aws_iam_role_policy_attachment","name":"a","values":{"role":"r"}}],
        "child_modules":[{"address":"module.m[\"x\"]","resources":[]}]}},
        "resource_changes":[{"address":"aws_iam_role.r[0]","change":{"after_unknown":{"permissions_boundary":true}}}],
        "configuration":{"root_module":{"resources":[{"address":"aws_iam_role_policy_attachment.a",
        "expressions":{"policy_arn":{"references":["aws_iam_policy.p.arn"]}}}],"module_calls":{"m":{"module":{}}}}}}"#;
    let seeds = [policy, plan].map(|text| text.as_bytes().to_vec());
    check!().with_type::<Damaged>().with_test_time(TIME).for_each(|input| {
        if let Ok(document) = serde_json::from_slice(&input.bytes(&seeds)) {
            let mut evidence = Evidence::new("");
            if let Ok(found) = given::read(&document, "x", None, &mut evidence) {
                assert!(found.roles.iter().all(|arn| evidence.role(arn, None).is_ok()));
            }
        }
    });
}
