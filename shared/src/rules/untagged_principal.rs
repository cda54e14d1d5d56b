//! The caller has no Project tag.

use super::prelude::*;

/// `untagged-principal`
pub const RULE: Rule = Rule {
    id: "untagged-principal",
    fails_when: "the caller has no Project tag to compare with",
    why: "Tag-based access control compares the resource's tag with the principal's. If the principal has none, \
        policies with `${aws:PrincipalTag/Project}` do not resolve, and projects are not kept apart.",
    fix: "tag the role or user with its project, or pass the tag with the session",
    action: Action::Alert,
    severity: Severity::High,
    abac_relies_on_it: true,
    governs: &[Field::Caller],
    prevention: Prevention::Iam,
    example: r#"{"trainingJobName": "churn", "tags": [{"key": "Project", "value": "atlas"}]}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    if facts.caller.is_service_linked_role() {
        return Ok(Outcome::Skip(SERVICE_LINKED_ROLE.to_owned()));
    }
    if settings.abac.is_administrator(facts.caller.arn.as_deref()) {
        return Ok(Outcome::Skip(ADMINISTRATOR.to_owned()));
    }
    let key = &settings.abac.tag;
    if facts.caller.tag(key)?.is_some() {
        return Ok(Outcome::Pass);
    }
    let who = facts.caller.arn.as_deref().unwrap_or("the caller");
    let violation =
        Violation::new("userIdentity", format!("`{who}` has no tag `{key}`"), format!("a principal tag `{key}`"));
    let fix = arn::is_of_identity_center(who).then(|| {
        "map an attribute to the tag in IAM Identity Center (attributes for access control), because its roles cannot be tagged"
            .to_owned()
    });
    Ok(Outcome::Fail(vec![Violation { fix, ..violation }]))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let lacks_tag = Test::lacks_text(principal_tag(&settings.abac.tag));
    vec![deny(operations, lacks_tag).except_administrators(settings.abac)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_that_aws_linked_to_a_service_are_not_judged() {
        assert_eq!(Case::training("{}").by_service_linked_role().says(&RULE), "skip");
    }

    #[test]
    fn an_empty_tag_is_none() {
        assert_eq!(Case::training("{}").caller(&[("PROJECT", "atlas")]).says(&RULE), "pass");
        assert_eq!(Case::training("{}").caller(&[("Project", "")]).says(&RULE), "fail userIdentity");
        assert_eq!(Case::training("{}").caller(&[("Team", "x")]).says(&RULE), "fail userIdentity");
        assert_eq!(Case::training("{}").says(&RULE), "unknown userIdentity");
    }
    #[test]
    fn administrators_work_for_all_projects() {
        let deployer = Case::training("{}").caller(&[]).policy("[abac]\nadministrators = ['arn:aws:iam::*:role/DataScientist']");
        assert_eq!(deployer.says(&RULE), "skip");
    }
}
