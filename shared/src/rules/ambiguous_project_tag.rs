//! The request's Project tag is ambiguous.

use super::prelude::*;
use crate::facts::are_alike;
use crate::terms::Pattern;

/// `ambiguous-project-tag`
pub const RULE: Rule = Rule {
    id: "ambiguous-project-tag",
    fails_when: "the tag's key differs only in case or white space, the tag is there twice, or its value has stray \
        white space",
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
    let key = &settings.abac.tag;
    let tags = facts.tags()?;
    let alike: Vec<_> = tags.iter().filter(|tag| are_alike(tag.key, key)).collect();
    let mut findings = Findings::default();
    for tag in &alike {
        if tag.key != key {
            let message = format!("the tag key `{}` is almost `{key}`", tag.key);
            findings.fail(Violation::new(tag.key_path(), message, format!("`{key}`")).actual(tag.key));
        }
        let trimmed = tag.value.trim();
        if tag.value != trimmed {
            let message = format!("the value `{}` has stray white space", tag.value);
            findings.fail(Violation::new(tag.value_path(), message, format!("`{trimmed}`")).actual(tag.value));
        }
        findings.pass();
    }
    let exact = alike.iter().filter(|tag| tag.key == key);
    for tag in exact.skip(1) {
        let message = format!("the tag `{key}` is there more than once");
        findings.fail(Violation::new(tag.key_path(), message, format!("one tag `{key}`")).actual(tag.key));
    }
    Ok(findings.outcome("the request carries no Project tag"))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let key = &settings.abac.tag;
    let mut denials: Vec<_> =
        almost(key).into_iter().map(|condition| deny(operations, condition).but(UNUSUAL_CASE)).collect();
    let with_spaces = Test::like(request_tag(key), &[Pattern::new(" *"), Pattern::new("* ")]);
    let other_white_space = Difference::Looser("white space in the key, and around the value other than spaces");
    denials.push(deny(operations, with_spaces).but(other_white_space));
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
