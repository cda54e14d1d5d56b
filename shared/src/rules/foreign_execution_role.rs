//! A role that the request passes belongs to another project.

use super::prelude::*;

/// `foreign-execution-role`
pub const RULE: Rule = Rule {
    id: "foreign-execution-role",
    fails_when: "a passed role carries another Project tag than the resource, or none if `untagged` says so",
    why: "Jobs, models and notebooks have all permissions of their execution role. A caller who passes another \
        project's role to their own job can read that project's data, however narrow the caller's own permissions are.",
    fix: "pass an execution role of the resource's own project, and limit `iam:PassRole` to its path",
    action: Action::Stop,
    severity: Severity::High,
    options: &[UNTAGGED],
    governs: &ROLES,
    needs: &[Need::RoleTags],
    prevention: Prevention::Partly("not by the role's tag, only by its path in `iam:PassRole`"),
    example: r#"{"trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/ml/borealis/train",
 "tags": [{"key": "Project", "value": "atlas"}]}"#,
    check,
    ..Rule::DEFAULTS
};

const UNTAGGED: Spec = Spec {
    name: "untagged",
    meaning: "what to do about passed roles without the tag: `skip`, `alert`, or `stop`",
    kind: Kind::Choice(&["skip", "alert", "stop"]),
    default: DefaultValue::Choice("skip"),
    example: "'alert'",
};

const ROLES: [Field; 2] = [Field::ExecutionRole, Field::ServiceRole];

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let key = &settings.abac.tag;
    let roles = facts.roles(&ROLES)?;
    if roles.is_empty() {
        return Ok(Outcome::Skip("the request passes no role".to_owned()));
    }
    let mut findings = Findings::default();
    for (at, arn) in roles {
        let Some(of_role) = findings.read(facts.role_tag(&at, arn, key)) else { continue };
        let Some(of_role) = of_role else {
            // `skip` names no action.
            if let Some(action) = settings.choice(&UNTAGGED).and_then(Action::named) {
                let message = format!("the passed role has no tag `{key}`");
                findings.fail(Violation {
                    fix: Some(format!("set the tag `{key}` of the role to its project")),
                    at_most: Some(action),
                    ..Violation::new(at, message, format!("a role with the tag `{key}`")).actual(arn)
                });
            }
            continue;
        };
        // A resource without the tag counts as the caller's, whose project its tag would name.
        let of_resource = match facts.tags_like(key)?.first() {
            Some(tag) => Some(tag.value),
            None => facts.caller.tag(key)?.map(|(value, _)| value),
        };
        let Some(of_resource) = of_resource else {
            return Ok(Outcome::Skip("neither the resource nor the caller has a project".to_owned()));
        };
        findings.fail_if(of_role != of_resource, || {
            let message = format!("the role belongs to project `{of_role}`, but the resource to `{of_resource}`");
            Violation::new(at, message, format!("a role of project `{of_resource}`")).actual(arn)
        });
    }
    Ok(findings.outcome("no passed role carries a Project tag"))
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
    fn a_role_without_a_project_is_found_if_the_policy_says_so() {
        let untagged = |lines: &str| case(ATLAS).role_tags(&[("Team", "x")]).policy(lines);
        assert_eq!(untagged("").says(&RULE), "skip");
        assert_eq!(untagged("untagged = 'skip'").says(&RULE), "skip");
        for (option, expected) in [("alert", Action::Alert), ("stop", Action::Stop)] {
            let outcome = untagged(&format!("untagged = '{option}'")).outcome(&RULE);
            let Outcome::Fail(violations) = outcome else { panic!("{outcome:?}") };
            assert_eq!((violations[0].at_most, &*violations[0].path), (Some(expected), "requestParameters.roleArn"));
        }
    }

    #[test]
    fn leaving_the_tag_away_does_not_help() {
        assert_eq!(case("").role_tags(&[("Project", "borealis")]).says(&RULE), "fail roleArn");
    }

    #[test]
    fn every_role_counts() {
        let domain = |role: &str| {
            let settings = format!(r#"{{"executionRole":"{EXECUTION_ROLE}","canvasAppSettings":{role}}}"#);
            let case = Case::of("CreateDomain", &format!(r#"{{"defaultUserSettings":{settings},"tags":[{ATLAS}]}}"#));
            case.role_tags(&[("Project", "atlas")]).says(&RULE)
        };
        assert_eq!(domain("{}"), "pass");
        let other = "defaultUserSettings.canvasAppSettings.generativeAiSettings.amazonBedrockRoleArn";
        let unknown = r#"{"generativeAiSettings":{"amazonBedrockRoleArn":"arn:aws:iam::111122223333:role/x"}}"#;
        assert_eq!(domain(unknown), format!("unknown {other}"));
        let mixed = format!(
            r#"{{"instanceGroups":[{{"executionRole":"{EXECUTION_ROLE}"}},{{"executionRole":"{EXECUTION_ROLE}"}}],"tags":[{ATLAS}]}}"#
        );
        let case = Case::of("CreateCluster", &mixed).role_tags(&[("Project", "borealis")]);
        assert_eq!(case.says(&RULE), "fail instanceGroups[0].executionRole instanceGroups[1].executionRole");
    }

    #[test]
    fn the_api_requires_a_role_for_training_only() {
        assert_eq!(Case::training(r#"{"x":1}"#).says(&RULE), "unknown roleArn");
        assert_eq!(Case::endpoint_config(r#"{"x":1}"#).says(&RULE), "skip");
    }
}
