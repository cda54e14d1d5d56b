//! The container image is not approved.

use super::prelude::*;

/// `unapproved-image`
pub const RULE: Rule = Rule {
    id: "unapproved-image",
    fails_when: "a container image is outside `allow`",
    why: "The image is the code that sees the data. Approved registries hold images that were scanned and can be \
        traced.",
    fix: "push the image to an approved repository, and use it from there",
    action: Action::Alert,
    severity: Severity::Medium,
    concern: Concern::Protection,
    options: &[ALLOW],
    governs: &[Field::Image],
    prevention: Prevention::None("no condition key exists"),
    example: r#"{"trainingJobName": "churn", "algorithmSpecification": {"trainingImage": "docker.io/someone/trainer:latest"}}"#,
    check,
    ..Rule::DEFAULTS
};

const ALLOW: Spec = Spec {
    name: "allow",
    meaning: "the approved images, such as `111122223333.dkr.ecr.*.amazonaws.com/*`; in a host name, `*` does not \
        match a dot",
    kind: Kind::Patterns(doubt),
    default: DefaultValue::Required,
    example: "['111122223333.dkr.ecr.eu-west-1.amazonaws.com/*']",
};

/// Anybody can have a registry in ECR, under their own account's id, or a host with another name.
fn doubt(pattern: &str) -> Option<Doubt> {
    let (host, path) = pattern.split_once('/').map_or((pattern, None), |(host, path)| (host, Some(path)));
    let is_open = |label: &str| label.contains('*');
    let mut labels = host.split('.');
    let first = labels.next().unwrap_or_default();
    let last_two = labels.rev().take(2).any(is_open);
    if is_open(first) || last_two {
        let why = "name the registry's host, and for ECR the account: `*` is safe in place of a region";
        return Some(Doubt::MatchesStrangers(why.to_owned()));
    }
    let why = "images are `HOST/NAME:TAG`; in a host name, `*` does not match a dot";
    (path.is_none() && is_open(host)).then(|| Doubt::NeverMatches(why.to_owned()))
}

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let allow = settings.patterns(&ALLOW).unwrap_or_default();
    let mut findings = Findings::default();
    findings.each_text(facts.all(Field::Image), |found, image| {
        let approved = allow.iter().any(|pattern| pattern.matches_address(image));
        (!approved).then(|| {
            let message = format!("image `{image}` is not approved");
            Violation::new(found.at, message, super::outcome::one_of(allow)).actual(image)
        })
    });
    for (at, source) in findings.read(facts.texts(Field::ImageSource)).unwrap_or_default() {
        findings.unread(Unread::new(at, format!("the image comes from `{source}`, which was not looked up")));
    }
    Ok(findings.outcome("the request names no image"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_strangers_can_match_are_doubtful() {
        for (pattern, is_doubtful) in [
            ("111122223333.dkr.ecr.*.amazonaws.com/*", false),
            ("registry.example.com/team/*", false),
            ("*", true),
            ("*.dkr.ecr.eu-west-1.amazonaws.com/*", true),
            ("111122223333.dkr.ecr.eu-west-1.*/*", true),
            ("111122223333.dkr.ecr.*", true),
        ] {
            assert_eq!(doubt(pattern).is_some(), is_doubtful, "{pattern}");
        }
        let allow = "allow = ['111122223333.dkr.ecr.*.amazonaws.com/*']";
        let stranger = r#"{"algorithmSpecification":{"trainingImage":"111122223333.dkr.ecr.evil.example/a.amazonaws.com/x"}}"#;
        assert_eq!(Case::training(stranger).policy(allow).says(&RULE), "fail algorithmSpecification.trainingImage");
    }

    #[test]
    fn every_image_counts() {
        let allow = "allow = ['111122223333.dkr.ecr.*.amazonaws.com/*']";
        let own = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/train:1";
        for (request, expected) in [
            (format!(r#"{{"algorithmSpecification":{{"trainingImage":"{own}"}}}}"#), "pass"),
            (r#"{"algorithmSpecification":{"trainingImage":"docker.io/x"}}"#.to_owned(), "fail algorithmSpecification.trainingImage"),
            (
                format!(r#"{{"algorithmSpecification":{{"trainingImage":"{own}"}},"debugRuleConfigurations":[{{"ruleEvaluatorImage":"x"}}]}}"#),
                "fail debugRuleConfigurations[0].ruleEvaluatorImage",
            ),
            (r#"{"algorithmSpecification":{"algorithmName":"a"}}"#.to_owned(), "unknown algorithmSpecification.algorithmName"),
        ] {
            assert_eq!(Case::training(&request).policy(allow).says(&RULE), expected, "{request}");
        }
        let model = r#"{"containers":[{"modelPackageName":"p"},{"image":"docker.io/x"}]}"#;
        assert_eq!(Case::of("CreateModel", model).policy(allow).says(&RULE), "fail containers[1].image");
    }
}
