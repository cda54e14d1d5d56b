//! The request reads from or writes to a bucket that is not approved.

use super::prelude::*;
use crate::terms::Pattern;

/// `unapproved-bucket`
pub const RULE: Rule = Rule {
    id: "unapproved-bucket",
    fails_when: "an S3 URI is outside `allow`",
    why: "Data leaves by the output path as easily as by the network, and training data from anywhere is an open door for \
        poisoned data.",
    fix: "use a bucket that the policy lists",
    action: Action::Alert,
    severity: Severity::Medium,
    options: &[ALLOW],
    governs: &[Field::InputUri, Field::OutputUri],
    prevention: Prevention::None("no condition key exists"),
    example: r#"{"trainingJobName": "churn", "outputDataConfig": {"s3OutputPath": "s3://somebody-elses-bucket/out"}}"#,
    check,
    ..Rule::DEFAULTS
};

const ALLOW: Spec = Spec {
    name: "allow",
    meaning: "the approved places: bucket names such as `atlas-*`, or URIs such as `s3://shared/atlas/*`; \
        a URI without `*` stands for all below it",
    kind: Kind::Patterns(|_| None),
    default: DefaultValue::Required,
    example: "['atlas-*']",
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let allow = settings.patterns(&ALLOW).unwrap_or_default();
    let mut findings = Findings::default();
    for field in [Field::InputUri, Field::OutputUri] {
        findings.each_text(facts.all(field), |found, uri| {
            let approved = location(uri).is_some_and(|place| allow.iter().any(|pattern| admits(pattern, &place)));
            (!approved).then(|| {
                let message = format!("`{uri}` is not an approved place");
                Violation::new(found.at, message, super::outcome::one_of(allow)).actual(uri)
            })
        });
    }
    Ok(findings.outcome("the request names no S3 URI"))
}

/// `bucket/key` of an S3 URI. SageMaker takes `s3://bucket/key`, and for some parameters the HTTPS forms of S3's endpoints.
fn location(uri: &str) -> Option<String> {
    if let Some(place) = uri.strip_prefix("s3://") {
        return Some(place.to_owned());
    }
    let (host, path) = uri.strip_prefix("https://")?.split_once('/')?;
    let host = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com")?;
    if host == "s3" || host.starts_with("s3.") || host.starts_with("s3-") {
        return Some(path.to_owned());
    }
    let bucket = host.split_once(".s3.").or(host.split_once(".s3-")).map(|(bucket, _)| bucket).or(host.strip_suffix(".s3"))?;
    Some(format!("{bucket}/{path}"))
}

fn admits(pattern: &Pattern, place: &str) -> bool {
    match pattern.as_str().strip_prefix("s3://") {
        None => pattern.matches(place.split('/').next().unwrap_or_default()),
        Some(prefix) if pattern.is_exact() => {
            let prefix = prefix.trim_end_matches('/');
            place.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        Some(places) => Pattern::new(places).matches(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_and_uris_are_approved() {
        let allow = "allow = ['atlas-*', 's3://shared/atlas', 's3://lake/*/atlas/*']";
        for (uri, approved) in [
            ("s3://atlas-models/x", true),
            ("s3://atlas-models", true),
            ("s3://evil/atlas-models", false),
            ("s3://shared/atlas/x", true),
            ("s3://shared/atlas", true),
            ("s3://shared/atlas-not", false),
            ("s3://shared/borealis", false),
            ("s3://lake/2026/atlas/x", true),
            ("https://s3.eu-west-1.amazonaws.com/atlas-models/x", true),
            ("https://atlas-models.s3.eu-west-1.amazonaws.com/x", true),
            ("https://atlas-models.s3.amazonaws.com/x", true),
            ("https://evil.example.com/atlas-models/x", false),
            ("file:///etc/passwd", false),
        ] {
            let request = format!(r#"{{"outputDataConfig":{{"s3OutputPath":"{uri}"}}}}"#);
            let expected = if approved { "pass" } else { "fail outputDataConfig.s3OutputPath" };
            assert_eq!(Case::training(&request).policy(allow).says(&RULE), expected, "{uri}");
        }
    }

    #[test]
    fn inputs_and_outputs_count() {
        let request = r#"{"inputDataConfig":[{"dataSource":{"s3DataSource":{"s3Uri":"s3://a/1"}}},
            {"dataSource":{"fileSystemDataSource":{"fileSystemId":"fs-1"}}},{"dataSource":{"s3DataSource":{"s3Uri":"s3://b/1"}}}],
            "outputDataConfig":{"s3OutputPath":"s3://a/out"},"checkpointConfig":{"s3Uri":"s3://c"}}"#;
        let says = Case::training(request).policy("allow = ['a']").says(&RULE);
        assert_eq!(says, "fail inputDataConfig[2].dataSource.s3DataSource.s3Uri checkpointConfig.s3Uri");
    }
}
