//! The request carries a Project tag that is not the caller's.

use super::prelude::*;
use super::tagged;

/// `foreign-project-tag`
pub const RULE: Rule = Rule {
    id: "foreign-project-tag",
    fails_when: "the request's Project is not the caller's",
    why: "A caller who creates resources under another project's tag spends that project's budget, and can plant code \
        and data that its members trust. Condition keys ignore the case of tag keys, so a tag `project` counts as \
        well.",
    fix: "tag the resource with the caller's own project, or call with a role of the other project",
    action: Action::Stop,
    severity: Severity::High,
    abac_relies_on_it: true,
    governs: &[Field::Tags],
    prevention: BY_REQUEST_TAGS,
    example: r#"{"trainingJobName": "churn", "tags": [{"key": "Project", "value": "borealis"}]}"#,
    check,
    prevent,
    hint: |key, tags_from| {
        let hint = || format!("The caller's `{key}` is a tag of the session. It overrides the role's tag, even if the \
            role's tag matches.");
        (tags_from == "session").then(hint)
    },
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let abac = &settings.abac;
    if abac.is_administrator(facts.caller.arn.as_deref()) {
        return Ok(Outcome::Skip(ADMINISTRATOR.to_owned()));
    }
    let tags = facts.tags_like(&abac.tag)?;
    if tags.is_empty() {
        return Ok(Outcome::Skip("the request carries no Project tag".to_owned()));
    }
    let Some((own, source)) = facts.caller.tag(&abac.tag)? else {
        return Ok(Outcome::Skip("the caller has no Project tag to compare with".to_owned()));
    };
    let mut findings = Findings::default();
    tags.iter().for_each(|tag| tagged::foreign(tag, own, source.as_str(), &mut findings));
    Ok(findings.outcome(""))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    vec![tagged::deny_foreign(operations, &settings.abac.tag).except_administrators(settings.abac)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_to_the_letter() {
        let atlas: &[_] = &[("project", "atlas")];
        for (tags, caller, expected) in [
            (r#"{"key":"Project","value":"atlas"}"#, Some(atlas), "pass"),
            (r#"{"key":"Project","value":"Atlas"}"#, Some(atlas), "fail tags[0].value"),
            (r#"{"key":"project","value":"borealis"}"#, Some(atlas), "fail tags[0].value"),
            (r#"{"key":"Project","value":"atlas"},{"key":"PROJECT","value":"b"}"#, Some(atlas), "fail tags[1].value"),
            (r#"{"key":"Team","value":"borealis"}"#, Some(atlas), "skip"),
            (r#"{"key":"Project","value":"atlas"}"#, Some(&[]), "skip"),
            (r#"{"key":"Project","value":"atlas"}"#, None, "unknown userIdentity"),
        ] {
            let case = Case::training(&format!(r#"{{"tags":[{tags}]}}"#));
            let case = match caller {
                Some(tags) => case.caller(tags),
                None => case,
            };
            assert_eq!(case.says(&RULE), expected, "{tags}");
        }
    }
    #[test]
    fn administrators_work_for_all_projects() {
        let foreign = || Case::training(r#"{"tags":[{"key":"Project","value":"borealis"}]}"#).caller(&[("Project", "atlas")]);
        assert_eq!(foreign().says(&RULE), "fail tags[0].value");
        assert_eq!(foreign().policy("[abac]\nadministrators = ['arn:aws:iam::*:role/DataScientist']").says(&RULE), "skip");
    }
}
