//! The request's Project tag, or another tag of the policy, is ambiguous.

use super::prelude::*;
use super::tagged;

/// `ambiguous-project-tag`
pub const RULE: Rule = Rule {
    id: "ambiguous-project-tag",
    fails_when: "the key of a tag differs from that of the Project tag, or of a tag in `[tags]`, only in case or white \
        space, the tag is there twice, or its value has stray white space",
    why: "IAM ignores the case of tag keys, but billing does not. People do not see white space, but `StringEquals` \
        does. Such a tag satisfies one control and slips past another.",
    fix: "send the tag once, with the exact key and a value without white space around it",
    action: Action::Alert,
    severity: Severity::Medium,
    abac_relies_on_it: true,
    governs: &[Field::Tags],
    prevention: Prevention::Partly("not white space in the key, or white space other than spaces around the value"),
    example: r#"{"trainingJobName": "churn", "tags": [{"key": "project", "value": "atlas"}]}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let tags = facts.tags()?;
    let mut findings = Findings::default();
    tagged::ambiguous(tags, &settings.abac.tag, &mut findings);
    for tag in tagged::further(settings.abac, facts.operation, |_| true) {
        tagged::ambiguous(tags, &tag.key, &mut findings);
    }
    Ok(findings.outcome("the request carries none of the policy's tags"))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let mut denials = tagged::deny_ambiguous(operations, &settings.abac.tag);
    for tag in &settings.abac.tags {
        denials.extend(tagged::deny_ambiguous(&tagged::of(tag, operations), &tag.key));
    }
    denials
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_found() {
        for (tags, expected) in [
            (r#"{"key":"Project","value":"atlas"}"#, "pass"),
            (r#"{"key":"project","value":"atlas"}"#, "fail tags[0].key"),
            (r#"{"key":" Project ","value":"atlas"}"#, "fail tags[0].key"),
            (r#"{"key":"Project","value":"atlas "}"#, "fail tags[0].value"),
            (r#"{"key":"Project","value":"atlas"},{"key":"PROJECT","value":"atlas"}"#, "fail tags[1].key"),
            (r#"{"key":"Project","value":"atlas"},{"key":"Project","value":"b"}"#, "fail tags[1].key"),
            (r#"{"key":"Projects","value":"atlas"}"#, "skip"),
        ] {
            let case = Case::training(&format!(r#"{{"tags":[{tags}]}}"#));
            assert_eq!(case.says(&RULE), expected, "{tags}");
        }
    }
}
