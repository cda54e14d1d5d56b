//! A tag of the request has a value that the policy does not allow.

use super::outcome::one_of;
use super::prelude::*;
use super::tagged;

/// `unapproved-tag-value`
pub const RULE: Rule = Rule {
    id: "unapproved-tag-value",
    fails_when: "the value of a tag of the request matches none of the tag's `values` in `[tags]`",
    why: "Reports and automation know some values of a tag. A misspelt or invented one escapes them: a budget, a backup, \
        or the rules for confidential data.",
    fix: "use a value that the policy lists, or add the value to the tag's `values`",
    action: Action::Alert,
    severity: Severity::Medium,
    governs: &[Field::Tags, Field::AddedTags],
    prevention: BY_REQUEST_TAGS,
    example: r#"{"trainingJobName": "churn", "tags": [{"key": "CostCenter", "value": "42"}]}"#,
    check,
    prevent,
    without_effect: |abac, _| {
        let limits = abac.tags.iter().any(|tag| tag.values.is_some());
        (!limits).then_some(("`unapproved-tag-value` has no list to compare with", "set `values` in a table of `[tags]`"))
    },
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let mut findings = Findings::default();
    for TagRequirement { key, values, .. } in tagged::further(settings.abac, facts.operation, |tag| tag.values.is_some()) {
        let values = values.as_deref().unwrap_or_default();
        for tag in facts.tags_like(key)? {
            findings.fail_if(!values.iter().any(|pattern| pattern.matches(tag.value)), || {
                let message = format!("`{}` is not a value that the policy allows for `{key}`", tag.value);
                Violation::new(tag.value_path(), message, one_of(values)).actual(tag.value)
            });
        }
    }
    Ok(findings.outcome("the request carries no tag whose values are limited"))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let mut denials = Vec::new();
    for tag in &settings.abac.tags {
        let Some(values) = &tag.values else { continue };
        let of_request = request_tag(&tag.key);
        let unapproved = match values.as_slice() {
            [] => Condition::from(Test::has_text(&of_request)),
            values => Condition::from([Test::not_like(&of_request, values), Test::has_text(&of_request)]),
        };
        let (later, creating): (Vec<_>, Vec<_>) =
            tagged::of(tag, operations).into_iter().partition(|operation| operation.only_tags());
        denials.push(deny(&creating, unapproved.clone()));
        // Calls that create a resource need `sagemaker:AddTags` as well.
        denials.push(deny(&later, unapproved.with(Test::is_unset("sagemaker:TaggingAction"))));
    }
    denials
}

#[cfg(test)]
mod tests {
    use super::super::testing::FOUR_TAGS;
    use super::*;

    #[test]
    fn the_list_decides_to_the_letter() {
        let says = |key: &str, value: &str| {
            let request = format!(r#"{{"tags":[{{"key":"{key}","value":"{value}"}}]}}"#);
            Case::training(&request).policy(FOUR_TAGS).says(&RULE)
        };
        assert_eq!(says("Environment", "prod"), "pass");
        assert_eq!(says("Environment", "Prod"), "fail tags[0].value");
        assert_eq!(says("environment", "test"), "fail tags[0].value", "IAM ignores the case of keys");
        assert_eq!(says("CostCenter", "CC-42"), "pass");
        assert_eq!(says("CostCenter", "42"), "fail tags[0].value");
        assert_eq!(says("Environment", ""), "skip", "it is missing");
        assert_eq!(says("Owner", "anybody"), "skip", "any value");
    }

    #[test]
    fn values_that_are_set_later_count() {
        let request = r#"{"resourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:model/m","tags":[{"key":"Environment","value":"x"}]}"#;
        assert_eq!(Case::of("AddTags", request).policy(FOUR_TAGS).says(&RULE), "fail tags[0].value");
    }

    #[test]
    fn an_empty_list_allows_nothing() {
        let request = r#"{"tags":[{"key":"Legacy","value":"x"}]}"#;
        assert_eq!(Case::training(request).policy("[tags.Legacy]\nvalues = []").says(&RULE), "fail tags[0].value");
    }
}
