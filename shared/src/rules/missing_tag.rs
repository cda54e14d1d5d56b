//! The request lacks a tag that the policy requires.

use super::prelude::*;
use super::tagged;

/// `missing-tag`
pub const RULE: Rule = Rule {
    id: "missing-tag",
    fails_when: "the request carries no tag, or an empty one, of a key that is `required` in `[tags]`",
    why: "Budgets, backups and access reviews go by tags. What lacks one is in none of them, and nobody can say later \
        what it should have been.",
    fix: "send the tag with the request; the calling role also needs `sagemaker:AddTags`",
    action: Action::Tag,
    severity: Severity::Medium,
    abac_relies_on_it: true,
    governs: &[Field::Tags],
    needs: &[Need::InheritedTags],
    prevention: BY_REQUEST_TAGS,
    example: r#"{"trainingJobName": "churn", "tags": [{"key": "Project", "value": "atlas"}]}"#,
    check,
    prevent,
    correcting_tags: Some(|facts, settings| {
        let missing = required(settings.abac, facts.operation).filter(|tag| is_missing(facts, settings, tag));
        missing.filter_map(|tag| tagged::default_tag(facts, &tag.key, tag.default.as_ref()?)).collect()
    }),
    without_effect: |abac, _| {
        let requires = abac.tags.iter().any(|tag| tag.required);
        (!requires).then_some(("`missing-tag` has no tag to require", "set `required = true` in a table of `[tags]`"))
    },
    ..Rule::DEFAULTS
};

/// The tags that calls of the operation must have.
fn required<'p>(abac: &'p Abac, operation: &Operation) -> impl Iterator<Item = &'p TagRequirement> {
    tagged::further(abac, operation, |tag| tag.required)
}

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let judged = required(settings.abac, facts.operation).map(|tag| judge(facts, settings, tag));
    let judged = judged.reduce(|one, other| Ok(one?.and(other?)));
    judged.unwrap_or_else(|| Ok(Outcome::Skip("the policy requires no tag here".to_owned())))
}

fn judge(facts: &Facts, settings: &Settings, tag: &TagRequirement) -> Checked {
    tagged::missing(facts, settings.abac, &tag.key, tag.default.as_ref())
}

/// Whether the tag can be added: a resource that has the tags of another one cannot have its own.
fn is_missing(facts: &Facts, settings: &Settings, tag: &TagRequirement) -> bool {
    let Ok(Outcome::Fail(violations)) = judge(facts, settings, tag) else { return false };
    violations.iter().all(|violation| violation.at_most.is_none())
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let required = settings.abac.tags.iter().filter(|tag| tag.required);
    required.flat_map(|tag| tagged::deny_missing(&tagged::of(tag, operations), &tag.key)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{FOUR_TAGS, summary};
    use super::*;

    fn case(tags: &str) -> Case {
        Case::training(&format!(r#"{{"trainingJobName":"j","tags":[{tags}]}}"#)).policy(FOUR_TAGS)
    }

    const COST: &str = r#"{"key":"CostCenter","value":"CC-1"}"#;
    const OWNER: &str = r#"{"key":"Owner","value":"ana"}"#;
    const ENVIRONMENT: &str = r#"{"key":"Environment","value":"dev"}"#;

    #[test]
    fn each_required_tag_is_named() {
        let all = format!("{COST},{OWNER},{ENVIRONMENT}");
        for (tags, missing) in [
            (all.clone(), ""),
            (format!("{COST},{OWNER}"), "Environment"),
            (all.replace("CostCenter", "costcenter"), "CostCenter"),
            (all.replace("ana", ""), "Owner"),
            (String::new(), "CostCenter Environment Owner"),
        ] {
            let messages = match case(&tags).outcome(&RULE) {
                Outcome::Fail(violations) => violations.into_iter().map(|violation| violation.message).collect(),
                outcome => vec![summary(&outcome)],
            };
            let named = ["CostCenter", "Environment", "Owner", "Project", "DataClassification"];
            let named: Vec<_> =
                named.into_iter().filter(|key| messages.iter().any(|message| message.contains(&format!("`{key}`")))).collect();
            assert_eq!(named.join(" "), missing, "{tags}: {messages:?}");
        }
    }

    #[test]
    fn what_has_a_default_is_corrected() {
        let corrected = |case: Case| {
            case.with_facts(&RULE, |facts, settings, _| {
                let tags = RULE.correcting_tags.expect("it corrects")(facts, settings);
                tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
            })
        };
        assert_eq!(corrected(case("").caller(&[("costcenter", "CC-7")])), "CostCenter=CC-7 Environment=dev");
        assert_eq!(corrected(case(COST).caller(&[("CostCenter", "CC-7")])), "Environment=dev");
        assert_eq!(corrected(case("")), "Environment=dev", "the caller is not known");
    }

    #[test]
    fn a_tag_can_be_for_some_operations_only() {
        let policy = "[tags.Owner]\nrequired = true\noperations = ['CreateModel']\n";
        assert_eq!(Case::training(r#"{"x":1}"#).policy(policy).says(&RULE), "skip");
        assert_eq!(Case::of("CreateModel", r#"{"x":1}"#).policy(policy).says(&RULE), "fail tags");
    }

    #[test]
    fn what_shares_the_tags_of_another_cannot_get_its_own() {
        let version = Case::of("CreateModelPackage", r#"{"modelPackageGroupName":"Churn"}"#).policy(FOUR_TAGS);
        let group = "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/churn";
        version.owned(group, "atlas").with_facts(&RULE, |facts, settings, _| {
            let at = "fail modelPackageGroupName modelPackageGroupName modelPackageGroupName";
            assert_eq!(summary(&RULE.judge(facts, settings)), at);
            assert!(RULE.correcting_tags.expect("it corrects")(facts, settings).is_empty());
        });
    }
}
