//! The job does not ask for managed spot capacity.

use super::prelude::*;

/// `on-demand-training`
pub const RULE: Rule = Rule {
    id: "on-demand-training",
    fails_when: "the request does not enable managed spot training",
    why: "Spot capacity costs up to 90 % less, and a job that writes checkpoints loses little when it is interrupted.",
    fix: "set `EnableManagedSpotTraining`, with `CheckpointConfig` and `MaxWaitTimeInSeconds`",
    action: Action::Alert,
    severity: Severity::Low,
    concern: Concern::Cost,
    governs: &[Field::SpotTraining],
    prevention: Prevention::None("no condition key exists"),
    example: r#"{"trainingJobName": "churn", "enableManagedSpotTraining": false}"#,
    check,
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, _: &Settings) -> Checked {
    let mut findings = Findings::default();
    for found in facts.all(Field::SpotTraining) {
        findings.require(found, "managed spot training is off");
    }
    Ok(findings.outcome(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_true_is_spot() {
        for (value, expected) in [
            ("true", "pass"),
            (r#""true""#, "pass"),
            ("false", "fail enableManagedSpotTraining"),
            (r#""""#, "fail enableManagedSpotTraining"),
            (r#""maybe""#, "unknown enableManagedSpotTraining"),
        ] {
            let request = format!(r#"{{"enableManagedSpotTraining":{value}}}"#);
            assert_eq!(Case::training(&request).says(&RULE), expected, "{value}");
        }
        assert_eq!(Case::endpoint_config("{}").says(&RULE), "skip");
    }
}
