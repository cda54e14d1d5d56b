//! The role that the resource will run as belongs to another project.

use super::prelude::*;

/// `foreign-execution-role`
pub const RULE: Rule = Rule {
    id: "foreign-execution-role",
    fails_when: "the passed role carries another Project tag than the resource",
    why: "A job can do whatever its execution role can. Whoever may pass another project's role to a job of their own reads \
        that project's data, however well their own role is fenced in.",
    fix: "pass an execution role of the resource's own project, and limit `iam:PassRole` to its path",
    action: Action::Stop,
    severity: Severity::High,
    options: &[],
    governs: &[Fact::ExecutionRole],
    needs: &[Need::RoleTags],
    prevention: Prevention::Partly("`iam:PassRole` by the role's path"),
    example: r#"{"trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/ml/borealis/train",
 "tags": [{"key": "Project", "value": "atlas"}]}"#,
    check,
    prevent: prevents_nothing,
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let key = &settings.policy.abac.tag;
    let Some((at, arn)) = facts.execution_role_arn()? else {
        return Ok(Outcome::Skip("the request passes no role".to_owned()));
    };
    let Some(of_role) = facts.role(&at, arn, |role| &role.tags)?.get(key).filter(|value| !value.is_empty()) else {
        return Ok(Outcome::Skip("the passed role carries no Project tag".to_owned()));
    };
    // A resource without the tag is the caller's: that is what it would be tagged with.
    let of_resource = match facts.project_tags(&settings.policy.abac)?.first() {
        Some(tag) => Some(tag.value),
        None => facts.caller.tag(key)?.map(|(value, _)| value),
    };
    let Some(of_resource) = of_resource else {
        return Ok(Outcome::Skip("neither the resource nor the caller has a project".to_owned()));
    };
    if of_role == of_resource {
        return Ok(Outcome::Pass);
    }
    let message = format!("the role belongs to project `{of_role}`, the resource to `{of_resource}`");
    let expected = format!("a role of project `{of_resource}`");
    Ok(Outcome::Fail(vec![Violation::new(at, message, expected).actual(arn)]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::EXECUTION_ROLE;
    use super::*;

    fn case(tags: &str) -> Case {
        Case::training(&format!(r#"{{"roleArn":"{EXECUTION_ROLE}","tags":[{tags}]}}"#)).caller(&[("Project", "atlas")])
    }

    const ATLAS: &str = r#"{"key":"Project","value":"atlas"}"#;

    #[test]
    fn the_roles_project_is_the_resources() {
        assert_eq!(case(ATLAS).role_tags(&[("project", "atlas")]).says(&RULE), "pass");
        assert_eq!(case(ATLAS).role_tags(&[("Project", "borealis")]).says(&RULE), "fail roleArn");
        assert_eq!(case(ATLAS).role_tags(&[]).says(&RULE), "skip");
        assert_eq!(case(ATLAS).says(&RULE), "unknown roleArn");
    }

    #[test]
    fn leaving_the_tag_away_does_not_help() {
        assert_eq!(case("").role_tags(&[("Project", "borealis")]).says(&RULE), "fail roleArn");
    }

    #[test]
    fn the_api_requires_a_role_for_training_only() {
        assert_eq!(Case::training(r#"{"x":1}"#).says(&RULE), "unknown roleArn");
        assert_eq!(Case::endpoint_config(r#"{"x":1}"#).says(&RULE), "skip");
    }
}
