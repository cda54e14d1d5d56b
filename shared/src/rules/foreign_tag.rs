//! The request carries a tag that must be the caller's, and is not.

use super::prelude::*;
use super::tagged;

/// `foreign-tag`
pub const RULE: Rule = Rule {
    id: "foreign-tag",
    fails_when: "a tag of the request with `match = \"principal\"` in `[tags]` is not the caller's",
    why: "A tag by which costs are assigned or access is granted must not be the caller's to choose. Condition keys \
        ignore the case of tag keys, so a tag `costcenter` counts as well.",
    fix: "tag the resource with the caller's own value, or call with a role that has the other one",
    action: Action::Alert,
    severity: Severity::High,
    abac_relies_on_it: true,
    governs: &[Field::Tags],
    prevention: BY_REQUEST_TAGS,
    example: r#"{"trainingJobName": "churn", "tags": [{"key": "CostCenter", "value": "CC-2"}]}"#,
    check,
    prevent,
    without_effect: |abac, _| {
        let matches = abac.tags.iter().any(|tag| tag.matches_principal);
        (!matches).then_some(("`foreign-tag` has no tag to compare", "set `match = \"principal\"` in a table of `[tags]`"))
    },
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    if settings.abac.is_administrator(facts.caller.arn.as_deref()) {
        return Ok(Outcome::Skip(ADMINISTRATOR.to_owned()));
    }
    let mut findings = Findings::default();
    for TagRequirement { key, .. } in tagged::further(settings.abac, facts.operation, |tag| tag.matches_principal) {
        for tag in facts.tags_like(key)? {
            match findings.read(facts.caller.tag(key)) {
                None => {}
                Some(Some((own, source))) => tagged::foreign(&tag, own, source.as_str(), &mut findings),
                // No other rule asks whether the caller has this tag.
                Some(None) => {
                    let message = format!("the request's `{}` is `{}`, but the caller has no tag `{key}`", tag.key, tag.value);
                    let expected = format!("a caller with the tag `{key}`");
                    findings.fail(Violation::new(tag.value_path(), message, expected).actual(tag.value));
                }
            }
        }
    }
    Ok(findings.outcome("the request carries no tag that must be the caller's"))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let matched = settings.abac.tags.iter().filter(|tag| tag.matches_principal);
    let denials = matched.flat_map(|tag| {
        let operations = tagged::of(tag, operations);
        let of_nobody = [Test::has_text(request_tag(&tag.key)), Test::lacks_text(principal_tag(&tag.key))];
        [tagged::deny_foreign(&operations, &tag.key), deny(&operations, of_nobody)]
    });
    denials.map(|denial| denial.except_administrators(settings.abac)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::FOUR_TAGS;
    use super::*;

    #[test]
    fn values_are_the_callers() {
        let own: &[_] = &[("costcenter", "CC-1")];
        for (tags, caller, expected) in [
            (r#"{"key":"CostCenter","value":"CC-1"}"#, Some(own), "pass"),
            (r#"{"key":"CostCenter","value":"cc-1"}"#, Some(own), "fail tags[0].value"),
            (r#"{"key":"costcenter","value":"CC-2"}"#, Some(own), "fail tags[0].value"),
            (r#"{"key":"Owner","value":"CC-2"}"#, Some(own), "skip"),
            (r#"{"key":"CostCenter","value":""}"#, Some(own), "skip"),
            (r#"{"key":"CostCenter","value":"CC-1"}"#, Some(&[]), "fail tags[0].value"),
            (r#"{"key":"CostCenter","value":"CC-1"}"#, None, "unknown userIdentity"),
        ] {
            let case = Case::training(&format!(r#"{{"tags":[{tags}]}}"#)).policy(FOUR_TAGS);
            let case = match caller {
                Some(tags) => case.caller(tags),
                None => case,
            };
            assert_eq!(case.says(&RULE), expected, "{tags}");
        }
    }

    #[test]
    fn administrators_may_set_any_value() {
        let foreign = Case::training(r#"{"tags":[{"key":"CostCenter","value":"CC-2"}]}"#).caller(&[("CostCenter", "CC-1")]);
        let policy = format!("{FOUR_TAGS}[abac]\nadministrators = ['arn:aws:iam::*:role/DataScientist']");
        assert_eq!(foreign.policy(&policy).says(&RULE), "skip");
    }
}
