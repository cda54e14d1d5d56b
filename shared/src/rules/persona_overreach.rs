//! The caller's persona is not meant to call this operation.

use super::prelude::*;

/// `persona-overreach`
pub const RULE: Rule = Rule {
    id: "persona-overreach",
    fails_when: "the operation is not among the persona's, or the caller has no persona, or one that the policy does not name",
    why: "One role per function keeps duties apart: who trains a model does not put it into production. The persona tag says \
        which function a principal has.",
    fix: "let a persona that may call this operation do it, or add the operation to the persona",
    action: Action::Stop,
    severity: Severity::High,
    governs: &[Field::Caller],
    prevention: Prevention::Iam,
    example: r#"{"endpointConfigName": "churn", "productionVariants": [{"variantName": "a", "modelName": "churn"}]}"#,
    check,
    prevent,
    without_effect: |_, personas| {
        let message = "`persona-overreach` knows no persona, so that every caller fails";
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
        let violation = violation(format!("the policy names no persona `{name}`"), format!("one of {}", known.join(", ")));
        return Ok(Outcome::Fail(vec![violation.actual(name)]));
    };
    if persona.operations.iter().any(|allowed| allowed == operation) {
        return Ok(Outcome::Pass);
    }
    let message = format!("`{operation}` is not for the persona `{name}`");
    let expected = format!("a persona that may call `{operation}`");
    Ok(Outcome::Fail(vec![violation(message, expected).actual(name)]))
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
