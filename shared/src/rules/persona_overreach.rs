//! The caller's persona is not meant to call this operation.

use super::permissions::Permissions;
use super::prelude::*;

/// `persona-overreach`
pub const RULE: Rule = Rule {
    id: "persona-overreach",
    fails_when: "the caller's persona does not allow the operation or is not in the policy, or the caller has no \
        persona",
    why: "One role per function keeps duties apart: a person who trains a model does not put it into production. The \
        persona tag says which function a principal has.",
    fix: "call with a role of a persona that allows the operation, or add the operation to this persona",
    action: Action::Stop,
    severity: Severity::High,
    governs: &[Field::Caller],
    prevention: Prevention::Iam,
    example: r#"{"endpointConfigName": "churn", "productionVariants": [{"variantName": "a", "modelName": "churn"}]}"#,
    check,
    check_role: Some(check_role),
    prevent,
    without_effect: |_, personas| {
        let message = "`persona-overreach` has no persona to compare with, so every caller fails";
        personas.is_empty().then_some((message, "add a table such as `[personas.data-scientist]`"))
    },
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    if facts.caller.is_service_linked_role() {
        return Ok(Outcome::Skip(SERVICE_LINKED_ROLE.to_owned()));
    }
    let (personas, operation) = (settings.personas, facts.operation.name);
    let key = &settings.abac.persona_tag;
    let who = facts.caller.arn.as_deref().unwrap_or("the caller");
    let violation = |message: String, expected: String| Violation::new("userIdentity", message, expected);
    let Some((name, _)) = facts.caller.tag(key)? else {
        let violation = violation(format!("`{who}` has no persona"), format!("a principal tag `{key}`"));
        return Ok(Outcome::Fail(vec![violation]));
    };
    let Some(persona) = personas.iter().find(|persona| persona.name == name) else {
        let known: Vec<_> = personas.iter().map(|persona| format!("`{}`", persona.name)).collect();
        let violation = violation(format!("the policy has no persona `{name}`"), format!("one of {}", known.join(", ")));
        return Ok(Outcome::Fail(vec![violation.actual(name)]));
    };
    if persona.operations.iter().any(|allowed| allowed == operation) {
        return Ok(Outcome::Pass);
    }
    let message = format!("the persona `{name}` does not allow `{operation}`");
    let expected = format!("a persona that allows `{operation}`");
    Ok(Outcome::Fail(vec![violation(message, expected).actual(name)]))
}

/// A role by itself: what it may call beyond its persona. A role without a persona, such as one for jobs, calls nothing.
fn check_role(role: &JudgedRole, settings: &Settings, findings: &mut Findings) {
    let key = &settings.abac.persona_tag;
    let Some(Some(name)) = findings.read(role.tag(key)) else { return };
    let Some(persona) = settings.personas.iter().find(|persona| persona.name == name) else {
        let expected = settings.personas.iter().map(|persona| format!("`{}`", persona.name)).collect::<Vec<_>>();
        let message = format!("the policy has no persona `{name}`");
        return findings.fail(Violation::new(&role.path, message, format!("one of {}", expected.join(", "))).actual(name));
    };
    let Some(permissions) = findings.read(Permissions::of(role)) else { return };
    let mut others = RULE.operations();
    others.retain(|operation| !persona.operations.iter().any(|allowed| allowed == operation.name));
    let shown = others.iter().map(|operation| permissions.may_call(operation)).collect::<Result<Vec<_>, _>>();
    let shown = shown.map(|witnesses| {
        let witnesses: Vec<_> = witnesses.into_iter().flatten().collect();
        let more = match witnesses.len() {
            0 | 1 => String::new(),
            count => format!("; it may call {} such operations in all", count),
        };
        let first = witnesses.first()?;
        Some(format!("the role may do more than its persona `{name}`: {first}{more}"))
    });
    findings.show(role, shown, &format!("a role that may only call what the persona `{name}` allows"));
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let personas = settings.personas;
    let key = principal_tag(&settings.abac.persona_tag);
    let mut denials = vec![match personas {
        [] => deny(operations, Condition::default()),
        personas => {
            let names: Vec<_> = personas.iter().map(|persona| &persona.name).collect();
            deny(operations, Test::not_equals(&key, &names))
        }
    }];
    for persona in personas {
        let may = |operation: &Operation| persona.operations.iter().any(|allowed| allowed == operation.name);
        let others: Vec<_> = operations.iter().copied().filter(|operation| !may(operation)).collect();
        denials.push(deny(&others, Test::equals(&key, &[&persona.name])));
    }
    denials
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_that_aws_linked_to_a_service_are_not_judged() {
        assert_eq!(Case::training("{}").by_service_linked_role().says(&RULE), "skip");
    }

    #[test]
    fn the_persona_must_be_known_and_may_do_what_is_listed() {
        let personas = "[personas.data-scientist]\noperations = ['CreateTrainingJob']\n[personas.engineer]\noperations = []";
        let says = |tags: &[(&str, &str)]| Case::training("{}").policy(personas).caller(tags).says(&RULE);
        assert_eq!(says(&[("persona", "data-scientist")]), "pass");
        assert_eq!(says(&[("Persona", "engineer")]), "fail userIdentity");
        assert_eq!(says(&[("Persona", "Data-Scientist")]), "fail userIdentity");
        assert_eq!(says(&[]), "fail userIdentity");
        assert_eq!(Case::training("{}").policy(personas).says(&RULE), "unknown userIdentity");
    }
}
