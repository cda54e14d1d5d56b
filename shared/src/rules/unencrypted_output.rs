//! Output of the resource is not encrypted with a customer key.

use super::prelude::*;
use crate::record::json::Found;

/// `unencrypted-output`
pub const RULE: Rule = Rule {
    id: "unencrypted-output",
    fails_when: "the request uses an output without giving its KMS key",
    why: "Models, captured requests and core dumps are written to S3. Without a key in the request, the bucket's \
        default encryption applies.",
    fix: "set `KmsKeyId` where the output is configured",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Protection,
    governs: &[Field::OutputKey],
    prevention: Prevention::Partly(
        "not the output of endpoints, Studio and devices, for which no condition key exists",
    ),
    example: r#"{"trainingJobName": "churn", "outputDataConfig": {"s3OutputPath": "s3://atlas-models/churn"}}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, _: &Settings) -> Checked {
    let (uris, switches) = (facts.all(Field::OutputUri), facts.all(Field::OutputSwitch));
    let mut findings = Findings::default();
    for key in facts.all(Field::OutputKey) {
        match findings.read(key.text()) {
            None => continue,
            Some(Some(_)) => {
                findings.pass();
                continue;
            }
            Some(None) => {}
        }
        let is_off = |switch: &Found| switch.at.is_beside(&key.at) && switch.flag() == Ok(Some(false));
        if switches.clone().any(is_off) {
            continue;
        }
        for uri in uris.clone().filter(|uri| uri.at.is_beside(&key.at)) {
            if let Some(Some(text)) = findings.read(uri.text()) {
                let message = format!("the output to `{text}` has no KMS key");
                findings.fail(Violation::new(key.at, message, "a KMS key"));
                break;
            }
        }
    }
    Ok(findings.outcome("the request configures no output"))
}

fn prevent(_: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let lacking = |[old, new]: [&str; 2]| [Test::is_unset(old), Test::is_unset(new)];
    let [_, key] = OUTPUT_KEY;
    let shared = Difference::Looser(
        "notebook output that users of a domain share without a key: no condition key holds its location",
    );
    let mut denials: Vec<_> = deny_lacking(operations, Field::OutputKey, key, lacking(OUTPUT_KEY))
        .into_iter()
        .map(|denial| denial.but(shared))
        .collect();

    let [_, key] = OFFLINE_STORE_KEY;
    let is_written = Test::is_set("sagemaker:FeatureGroupOfflineStoreS3Uri");
    let [no_old, no_new] = lacking(OFFLINE_STORE_KEY);
    denials.push(deny(&carrying(operations, &[Field::OutputKey], key), [no_old, no_new, is_written]));
    denials
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jobs_output_needs_a_key() {
        for (request, expected) in [
            (r#"{"outputDataConfig":{"s3OutputPath":"s3://b/o","kmsKeyId":"k"}}"#, "pass"),
            (r#"{"outputDataConfig":{"s3OutputPath":"s3://b/o","kmsKeyId":""}}"#, "fail outputDataConfig.kmsKeyId"),
            (r#"{"x":1}"#, "unknown outputDataConfig.s3OutputPath"),
        ] {
            assert_eq!(Case::training(request).says(&RULE), expected, "{request}");
        }
    }

    #[test]
    fn every_output_slot_counts() {
        for (operation, request, expected) in [
            (
                "CreateProcessingJob",
                r#"{"processingOutputConfig":{"outputs":[{"s3Output":{"s3Uri":"s3://b/o"}}]}}"#,
                "fail processingOutputConfig.kmsKeyId",
            ),
            ("CreateProcessingJob", r#"{"x":1}"#, "skip"),
            (
                "CreateTransformJob",
                r#"{"transformOutput":{"s3OutputPath":"s3://b","kmsKeyId":"k"},"dataCaptureConfig":{"destinationS3Uri":"s3://c"}}"#,
                "fail dataCaptureConfig.kmsKeyId",
            ),
            (
                "UpdateDomain",
                r#"{"defaultUserSettings":{"sharingSettings":{"s3OutputPath":"s3://b"}}}"#,
                "skip",
            ),
        ] {
            assert_eq!(Case::of(operation, request).says(&RULE), expected, "{operation} {request}");
        }
    }

    #[test]
    fn an_endpoint_configs_outputs_count_where_they_are_used() {
        for (request, expected) in [
            (r#"{"productionVariants":[{"variantName":"a"}]}"#, "skip"),
            (r#"{"dataCaptureConfig":{"destinationS3Uri":"s3://b/c"}}"#, "fail dataCaptureConfig.kmsKeyId"),
            (r#"{"dataCaptureConfig":{"destinationS3Uri":"s3://b/c","enableCapture":false}}"#, "skip"),
            (
                r#"{"asyncInferenceConfig":{"outputConfig":{"s3OutputPath":"s3://b","s3FailurePath":"s3://f"}}}"#,
                "fail asyncInferenceConfig.outputConfig.kmsKeyId",
            ),
            (
                r#"{"productionVariants":[{"coreDumpConfig":{"destinationS3Uri":"s3://b","kmsKeyId":"k"}},
                    {"coreDumpConfig":{"destinationS3Uri":"s3://b"}}]}"#,
                "fail productionVariants[1].coreDumpConfig.kmsKeyId",
            ),
        ] {
            assert_eq!(Case::endpoint_config(request).says(&RULE), expected, "{request}");
        }
    }
}
