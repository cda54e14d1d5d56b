//! Volumes are not encrypted with a customer key.

use super::prelude::*;
use crate::instance_types::{FAMILIES, has_local_storage};
use crate::record::json::Found;
use crate::terms::{Cuts, Pattern, cover};

/// `unencrypted-volume`
pub const RULE: Rule = Rule {
    id: "unencrypted-volume",
    fails_when: "the request gives no volume key, for an instance type or storage that can take one",
    why: "The volumes hold training data and models. With its own key, the organisation can audit and withdraw access \
        to them. Instance types with local NVMe disks encrypt in hardware and refuse a key, so they need none.",
    fix: "set the volume's KMS key: `VolumeKmsKeyId` of a job, `KmsKeyId` of an endpoint configuration, notebook \
        instance or domain",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Protection,
    governs: &KEYS,
    prevention: Prevention::Partly("not clusters, packaging jobs, recommendation jobs and experiments"),
    example: r#"{"trainingJobName": "churn", "resourceConfig": {"instanceType": "ml.m5.xlarge", "volumeSizeInGB": 50}}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

const KEYS: [Field; 2] = [Field::VolumeKey, Field::StorageKey];

fn check(facts: &Facts, _: &Settings) -> Checked {
    let mut findings = Findings::default();
    for (slot, key) in KEYS.into_iter().flat_map(|field| facts.slots(field)) {
        match (findings.read(key.text()), slot.field) {
            (None, _) => {}
            (Some(Some(_)), _) => findings.pass(),
            (Some(None), Field::StorageKey) => {
                if is_there(facts, key, &mut findings) {
                    findings.fail(Violation::new(key.at, "the storage has no KMS key", "a KMS key"));
                }
            }
            (Some(None), _) => without_key(facts, key, &mut findings),
        }
    }
    Ok(findings.outcome("no instance can take a volume key: local NVMe disks take none"))
}

/// Whether the key's storage is known to be there.
fn is_there(facts: &Facts, key: &Found, findings: &mut Findings) -> bool {
    let switch = facts.all(Field::StorageSwitch).find(|switch| key.at.is_beside(&switch.at));
    switch.is_none_or(|switch| findings.read(switch.flag()) == Some(Some(true)))
}

/// The request gives no key. Fails if one of the instances that the key would be for can take one.
fn without_key(facts: &Facts, key: &Found, findings: &mut Findings) {
    for slot in facts.all(Field::InstanceType).filter(|slot| slot.at.is_beside(&key.at)) {
        let Some(Some(instance_type)) = findings.read(slot.text()) else { continue };
        match has_local_storage(instance_type) {
            Some(true) => {}
            Some(false) => {
                let message = format!("the volume of `{instance_type}` has no KMS key");
                return findings.fail(Violation::new(key.at, message, "a KMS key"));
            }
            None => {
                let why = format!("`{instance_type}` is not a known instance type, so it is not known whether its \
                    volume can take a key");
                findings.unread(Unread::new(slot.at, why));
            }
        }
    }
    findings.read(facts.compute());
}

fn prevent(_: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let takes_no_key = local_storage_types();
    let [old, new] = VOLUME_KEY;
    let no_key = [old, new].map(Test::is_unset);
    let [no_old, no_new] = no_key.clone();
    let takes_one = any_instance_type_outside(&takes_no_key);
    let mut denials = deny_lacking(operations, Field::VolumeKey, new, [no_old, no_new, takes_one]);
    let by_old_name = Difference::Looser("a domain whose key is given only by its deprecated name");
    let storage = deny_lacking(operations, Field::StorageKey, new, no_key);
    denials.extend(storage.into_iter().map(|denial| denial.but(by_old_name)));

    let [old, new] = ONLINE_STORE_KEY;
    let is_on = Test::is_true("sagemaker:FeatureGroupEnableOnlineStore");
    let online_stores = carrying(operations, &[Field::StorageKey], new);
    denials.push(deny(&online_stores, [Test::is_unset(old), Test::is_unset(new), is_on]));
    denials
}

/// Patterns of the instance types that take no volume key.
fn local_storage_types() -> Vec<Pattern<'static>> {
    let names = |local_storage: bool| {
        let families = FAMILIES.iter().filter(move |family| family.local_storage == local_storage);
        families.map(|family| format!("{}.", family.name)).collect::<Vec<_>>()
    };
    let (without_key, with_key) = (names(true), names(false));
    let [without_key, with_key] =
        [&without_key, &with_key].map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
    cover(&without_key, &with_key, "ml.", Cuts::Letters)
        .into_iter()
        .map(|pattern| Pattern::new(format!("ml.{}*", pattern.trim_end_matches('*'))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_types_with_local_storage_alone() {
        let patterns = local_storage_types();
        assert!(patterns.len() < 16, "{patterns:?}");
        for instance_type in crate::instance_types::all() {
            let is_matched = patterns.iter().any(|pattern| pattern.matches(&instance_type));
            assert_eq!(Some(is_matched), has_local_storage(&instance_type), "{instance_type}");
        }
    }

    #[test]
    fn nvme_types_cannot_take_a_key() {
        for (request, expected) in [
            (r#"{"resourceConfig":{"instanceType":"ml.m5.xlarge","volumeKmsKeyId":"k"}}"#, "pass"),
            (r#"{"resourceConfig":{"instanceType":"ml.m5.xlarge","volumeKmsKeyId":""}}"#, "fail resourceConfig.volumeKmsKeyId"),
            (r#"{"resourceConfig":{"instanceType":"ml.g6.xlarge"}}"#, "skip"),
            (
                r#"{"resourceConfig":{"instanceGroups":[{"instanceType":"ml.g6.xlarge"},{"instanceType":"ml.c5.xlarge"}]}}"#,
                "fail resourceConfig.volumeKmsKeyId",
            ),
            (r#"{"resourceConfig":{"instanceType":"ml.z99.xlarge"}}"#, "unknown resourceConfig.instanceType"),
            (
                r#"{"resourceConfig":{"instanceType":"ml.g6.xlarge"},"debugRuleConfigurations":[{"instanceType":"ml.m5.large"}]}"#,
                "skip",
            ),
            (r#"{"serverlessJobConfig":{"jobType":"FineTuning"}}"#, "skip"),
            (r#"{"x":1}"#, "unknown resourceConfig"),
        ] {
            assert_eq!(Case::training(request).says(&RULE), expected, "{request}");
        }
    }

    #[test]
    fn storage_takes_a_key_whatever_the_instance_type() {
        for (operation, request, expected) in [
            ("CreateNotebookInstance", r#"{"instanceType":"ml.g5.xlarge"}"#, "fail kmsKeyId"),
            ("CreateNotebookInstance", r#"{"instanceType":"ml.g5.xlarge","kmsKeyId":"k"}"#, "pass"),
            ("UpdateNotebookInstance", r#"{"instanceType":"ml.g5.xlarge"}"#, "skip"),
            ("CreateAutoMLJob", r#"{"autoMLJobName":"j"}"#, "fail autoMLJobConfig.securityConfig.volumeKmsKeyId"),
            ("CreateFeatureGroup", r#"{"featureGroupName":"g"}"#, "skip"),
            (
                "CreateFeatureGroup",
                r#"{"onlineStoreConfig":{"enableOnlineStore":true}}"#,
                "fail onlineStoreConfig.securityConfig.kmsKeyId",
            ),
            ("CreateFeatureGroup", r#"{"onlineStoreConfig":{"ttlDuration":{"value":7}}}"#, "skip"),
            ("CreateFeatureGroup", r#"{"onlineStoreConfig":{"enableOnlineStore":"?"}}"#, "unknown onlineStoreConfig.enableOnlineStore"),
            (
                "CreateCluster",
                r#"{"instanceGroups":[{"instanceType":"ml.p5.48xlarge","instanceStorageConfigs":[{"ebsVolumeConfig":{"volumeSizeInGB":9}}]}]}"#,
                "fail instanceGroups[0].instanceStorageConfigs[0].ebsVolumeConfig.volumeKmsKeyId",
            ),
        ] {
            assert_eq!(Case::of(operation, request).says(&RULE), expected, "{operation} {request}");
        }
    }

    #[test]
    fn each_training_job_definition_counts() {
        let request = r#"{"trainingJobDefinitions":[
            {"resourceConfig":{"instanceType":"ml.m5.xlarge","volumeKmsKeyId":"k"}},
            {"hyperParameterTuningResourceConfig":{"instanceConfigs":[{"instanceType":"ml.m5.xlarge"}]}}]}"#;
        assert_eq!(
            Case::of("CreateHyperParameterTuningJob", request).says(&RULE),
            "fail trainingJobDefinitions[1].hyperParameterTuningResourceConfig.volumeKmsKeyId"
        );
    }

    #[test]
    fn one_key_serves_all_variants() {
        let request = |key: &str| {
            format!(
                r#"{{{key}"productionVariants":[{{"instanceType":"ml.g5.xlarge"}},{{"serverlessConfig":{{"maxConcurrency":5}}}}],
                "shadowProductionVariants":[{{"instanceType":"ml.m5.xlarge"}}]}}"#
            )
        };
        assert_eq!(Case::endpoint_config(&request("")).says(&RULE), "fail kmsKeyId");
        assert_eq!(Case::endpoint_config(&request(r#""kmsKeyId":"k","#)).says(&RULE), "pass");
    }
}
