//! The call was made in a region that is not approved.

use super::prelude::*;

/// `unapproved-region`
pub const RULE: Rule = Rule {
    id: "unapproved-region",
    fails_when: "the region is outside `allow`",
    why: "A job's region decides which law applies to its data, and attackers use stolen credentials in regions that \
        the organisation does not watch.",
    fix: "create the resource in an approved region",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Network,
    options: &[ALLOW],
    governs: &[Field::Caller],
    prevention: Prevention::Iam,
    example: r#"{"trainingJobName": "churn"}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

/// `allow`
pub const ALLOW: Spec = Spec {
    name: "allow",
    meaning: "the approved regions, such as `eu-west-1`",
    kind: Kind::Patterns(|_| None),
    default: DefaultValue::Required,
    example: "['eu-west-1']",
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let allow = settings.patterns(&ALLOW).unwrap_or_default();
    let Some(region) = facts.call.region else {
        return Err(Unread::new("awsRegion", "the record has no region"));
    };
    if allow.iter().any(|pattern| pattern.matches(region)) {
        return Ok(Outcome::Pass);
    }
    let message = format!("region `{region}` is not approved");
    let violation = Violation::new("awsRegion", message, super::outcome::one_of(allow)).actual(region);
    Ok(Outcome::Fail(vec![violation]))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let outside = match settings.patterns(&ALLOW).unwrap_or_default() {
        [] => Condition::default(),
        allow => Test::not_like("aws:RequestedRegion", allow).into(),
    };
    vec![deny(operations, outside)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_region_decides() {
        assert_eq!(Case::training("{}").policy("allow = ['eu-*']").says(&RULE), "pass");
        assert_eq!(Case::training("{}").policy("allow = ['eu-west-2', 'us-*']").says(&RULE), "fail awsRegion");
    }
}
