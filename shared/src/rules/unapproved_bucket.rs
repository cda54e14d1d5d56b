//! The request reads from or writes to a bucket that is not approved.

use super::prelude::*;
use crate::terms::Pattern;

/// `unapproved-bucket`
pub const RULE: Rule = Rule {
    id: "unapproved-bucket",
    fails_when: "an S3 URI is outside `allow`",
    why: "Data leaves through an output path as easily as over the network, and training data from an unknown bucket \
        may be poisoned.",
    fix: "use a bucket that the policy lists",
    action: Action::Alert,
    severity: Severity::Medium,
    concern: Concern::Protection,
    options: &[ALLOW],
    governs: &[Field::InputUri, Field::OutputUri],
    prevention: Prevention::None("no condition key exists"),
    example: r#"{"trainingJobName": "churn", "outputDataConfig": {"s3OutputPath": "s3://somebody-elses-bucket/out"}}"#,
    check,
    ..Rule::DEFAULTS
};

/// `allow`
pub(super) const ALLOW: Spec = Spec {
    name: "allow",
    meaning: "the approved places: bucket names such as `atlas-models`, or URIs such as `s3://shared/atlas/*`; \
        a URI without `*` covers everything below it",
    kind: Kind::Patterns(doubt),
    default: DefaultValue::Required,
    example: "['atlas-data', 'atlas-models']",
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let allow = settings.patterns(&ALLOW).unwrap_or_default();
    let mut findings = Findings::default();
    for field in [Field::InputUri, Field::OutputUri] {
        findings.each_text(facts.all(field), |found, uri| {
            let approved = location(uri).is_some_and(|place| is_approved(allow, &place));
            (!approved).then(|| {
                let message = format!("`{uri}` is not an approved place");
                Violation::new(found.at, message, super::outcome::one_of(allow)).actual(uri)
            })
        });
    }
    Ok(findings.outcome("the request names no S3 URI"))
}

/// Bucket names are global: anybody can create a bucket that a `*` matches.
fn doubt(pattern: &str) -> Option<Doubt> {
    let bucket = pattern.strip_prefix("s3://").unwrap_or(pattern).split('/').next().unwrap_or_default();
    let why = "bucket names are global, and anybody can create one that `*` matches: name each bucket";
    bucket.contains('*').then(|| Doubt::MatchesStrangers(why.to_owned()))
}

/// `bucket/key` of an S3 URI. SageMaker takes `s3://bucket/key`, and for some parameters the HTTPS forms of S3's
/// endpoints.
fn location(uri: &str) -> Option<String> {
    if let Some(place) = uri.strip_prefix("s3://") {
        return Some(place.to_owned());
    }
    let (host, path) = uri.strip_prefix("https://")?.split_once('/')?;
    let host = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com")?;
    if is_endpoint(host) {
        return Some(path.to_owned());
    }
    // A bucket's name may look like an endpoint, so the endpoint is the shortest match at the end.
    let (bucket, _) = host.match_indices('.').rev().map(|(dot, _)| host.split_at(dot)).find(|(_, rest)| {
        rest.strip_prefix('.').is_some_and(is_endpoint)
    })?;
    Some(format!("{bucket}/{path}"))
}

/// Whether this is the host of an S3 endpoint, without `.amazonaws.com`: `s3`, `s3.eu-west-1`, `s3-eu-west-1`,
/// `s3.dualstack.eu-west-1`, `s3-fips.us-east-1` (AWS General Reference, "Amazon Simple Storage Service endpoints and
/// quotas").
fn is_endpoint(host: &str) -> bool {
    let Some(rest) = host.strip_prefix("s3") else { return false };
    let rest = rest.strip_prefix("-fips").unwrap_or(rest);
    let rest = rest.strip_prefix(".dualstack").unwrap_or(rest);
    match rest.strip_prefix(['.', '-']) {
        Some(region) => is_region(region) || region == "external-1",
        None => rest.is_empty(),
    }
}

/// Whether this has the form of a region's name, such as `eu-west-1` or `us-gov-east-1`.
fn is_region(name: &str) -> bool {
    let words: Vec<_> = name.split('-').collect();
    let [area, directions @ .., number] = words.as_slice() else { return false };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_word(area) && !directions.is_empty() && directions.iter().all(is_word) && is_number
}

/// Whether `place`, a bucket and a key such as `atlas-data/in/x.csv`, is one of those that `allow` names.
pub(super) fn is_approved(allow: &[Pattern], place: &str) -> bool {
    allow.iter().any(|pattern| admits(pattern, place))
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
        let allow = "allow = ['atlas-models', 's3://shared/atlas', 's3://lake/*/atlas/*']";
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
            ("https://atlas-models.s3.dualstack.eu-west-1.amazonaws.com/x", true),
            ("https://atlas-models.s3-us-gov-west-1.amazonaws.com/x", true),
            ("https://s3-fips.us-east-1.amazonaws.com/atlas-models/x", true),
            ("https://s3-attacker.s3.amazonaws.com/atlas-models/x", false),
            ("https://s3.attacker.s3.eu-west-1.amazonaws.com/atlas-models/x", false),
            ("https://s3-attacker.amazonaws.com/atlas-models/x", false),
            ("https://atlas-models.s3.attacker.s3.amazonaws.com/x", false),
            ("https://evil.example.com/atlas-models/x", false),
            ("file:///etc/passwd", false),
        ] {
            let request = format!(r#"{{"outputDataConfig":{{"s3OutputPath":"{uri}"}}}}"#);
            let expected = if approved { "pass" } else { "fail outputDataConfig.s3OutputPath" };
            assert_eq!(Case::training(&request).policy(allow).says(&RULE), expected, "{uri}");
        }
    }

    #[test]
    fn buckets_that_strangers_can_create_are_doubtful() {
        for (pattern, is_doubtful) in
            [("atlas-*", true), ("s3://atlas-*/x", true), ("atlas-models", false), ("s3://lake/*/atlas/*", false)]
        {
            assert_eq!(doubt(pattern).is_some(), is_doubtful, "{pattern}");
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
