//! The request's Project tag names a project that is not in the policy's list.

use super::prelude::*;

/// `unknown-project`
pub const RULE: Rule = Rule {
    id: "unknown-project",
    fails_when: "the value of the request's Project tag is not in `abac.projects`",
    why: "A misspelt or invented project escapes budgets and reports, and a later project with that name inherits its \
        resources.",
    fix: "use a project that the policy lists, or add the project to `abac.projects`",
    action: Action::Alert,
    severity: Severity::Medium,
    governs: &[Field::Tags],
    prevention: BY_REQUEST_TAGS,
    example: r#"{"trainingJobName": "churn", "tags": [{"key": "Project", "value": "atlsa"}]}"#,
    check,
    prevent,
    without_effect: |abac, _| {
        let message = "`unknown-project` has no list to compare with";
        abac.projects.is_none().then_some((message, "set `projects` under `[abac]`"))
    },
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let abac = &settings.abac;
    let Some(projects) = &abac.projects else {
        return Ok(Outcome::Skip("the policy lists no projects".to_owned()));
    };
    let mut findings = Findings::default();
    for tag in facts.tags_like(&abac.tag)? {
        findings.fail_if(!projects.iter().any(|known| known == tag.value), || {
            let message = format!("`{}` is not a project of this organisation", tag.value);
            Violation::new(tag.value_path(), message, "one of `abac.projects`").actual(tag.value)
        });
    }
    Ok(findings.outcome("the request carries no Project tag"))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let abac = &settings.abac;
    let of_request = request_tag(&abac.tag);
    let Some(projects) = &abac.projects else { return Vec::new() };
    match projects.as_slice() {
        [] => vec![deny(operations, Test::has_text(of_request))],
        known => vec![deny(operations, [Test::not_equals(&of_request, known), Test::has_text(&of_request)])],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_decides() {
        let request = |value: &str| format!(r#"{{"tags":[{{"key":"Project","value":"{value}"}}]}}"#);
        let says = |value, policy| Case::training(&request(value)).policy(policy).says(&RULE);
        let registry = "[abac]\nprojects = ['atlas', 'borealis']";
        assert_eq!(says("atlas", registry), "pass");
        assert_eq!(says("Atlas", registry), "fail tags[0].value");
        assert_eq!(says("", registry), "skip");
        assert_eq!(says("anything", ""), "skip");
    }
}
