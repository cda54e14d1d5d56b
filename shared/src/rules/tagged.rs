//! What rules find in one tag of a request, and what IAM can deny of it: the ABAC tag, and those of `[tags]`.

use super::prelude::*;
use crate::facts::{ResourceTag, TAGS, are_alike};
use crate::settings::TagDefault;
use crate::terms::Pattern;

/// The further tags of the policy to which this applies in calls of the operation.
pub(super) fn further<'p>(
    abac: &'p Abac,
    operation: &Operation,
    is_meant: impl Fn(&TagRequirement) -> bool,
) -> impl Iterator<Item = &'p TagRequirement> {
    abac.tags.iter().filter(move |tag| is_meant(tag) && tag.applies_to(operation.name))
}

/// The operations among these to which what the policy says of a tag applies.
pub(super) fn of(tag: &TagRequirement, operations: &[&'static Operation]) -> Vec<&'static Operation> {
    operations.iter().copied().filter(|operation| tag.applies_to(operation.name)).collect()
}

/// Judges whether the tag `key` is missing.
///
/// # Errors
/// If the request's tags could not be read.
pub(super) fn missing(facts: &Facts, abac: &Abac, key: &str, default: Option<&TagDefault>) -> Checked {
    if facts.operation.absence == Absence::Unchanged {
        return Ok(Outcome::Skip("an update without the tag does not change it".to_owned()));
    }
    if facts.tags()?.iter().any(|tag| tag.key == key && !tag.value.is_empty()) {
        return Ok(Outcome::Pass);
    }
    if let Some(outcome) = by_inheritance(facts, abac, key) {
        return Ok(outcome);
    }
    let (message, expected) = match default {
        None => ("", format!("a tag `{key}`")),
        Some(TagDefault::Value(value)) => ("", format!("a tag `{key}`; the default is `{value}`")),
        Some(TagDefault::Principal) => match facts.caller.tag(key) {
            Ok(Some((value, _))) => ("", format!("a tag `{key}` with the caller's value, `{value}`")),
            Ok(None) => ("; the caller has none either, so it cannot be added", format!("a tag `{key}`")),
            Err(_) => ("; it cannot be added, because the caller's tag is not known", format!("a tag `{key}`")),
        },
    };
    let message = format!("the request carries no tag `{key}`{message}");
    Ok(Outcome::Fail(vec![Violation::new(TAGS, message, expected)]))
}

/// Judges a resource that has the tags of others, unless its own are missing just as well.
fn by_inheritance(facts: &Facts, abac: &Abac, key: &str) -> Option<Outcome> {
    let mut findings = Findings::default();
    let mut untagged = None;
    for resource in facts.tagged_like() {
        let Some(resource) = findings.read(resource) else { continue };
        match findings.read(resource.is_tagged(key, facts.call, facts.evidence, abac)) {
            Some(true) => return Some(Outcome::Pass),
            Some(false) => untagged = Some(resource),
            None => {}
        }
    }
    if let (Untagged::Shares(_), Some(NamedResource { at, name, .. })) = (facts.operation.untagged, &untagged) {
        let message = format!("the resource has the tags of `{name}`, which has no tag `{key}`");
        findings.fail(Violation {
            fix: Some(format!("set the tag `{key}` of `{name}`: AWS refuses tags on the resource itself")),
            at_most: Some(Action::Alert),
            ..Violation::new(at, message, format!("a tag `{key}` on `{name}`"))
        });
    }
    let outcome = findings.outcome("");
    (!matches!(outcome, Outcome::Skip(_))).then_some(outcome)
}

/// The tag that corrects a request without the tag `key`, if its value is known.
pub(super) fn default_tag(facts: &Facts, key: &str, default: &TagDefault) -> Option<(String, String)> {
    let value = match default {
        TagDefault::Principal => facts.caller.tag(key).ok()??.0,
        TagDefault::Value(value) => value,
    };
    Some((key.to_owned(), value.to_owned()))
}

/// What IAM cannot tell from what [`missing`] reports.
const TAGGED_OTHERWISE: Difference = Difference::Looser(
    "apps, spaces and model packages: Studio creates apps and spaces without tags, versions of model packages cannot have \
        any, and no condition key tells a version from another model package",
);

/// Denies requests without the tag `key`.
pub(super) fn deny_missing(operations: &[&'static Operation], key: &str) -> Vec<Denial> {
    let mut operations = where_absence_counts(operations);
    operations.retain(|operation| operation.untagged == Untagged::HasNone);
    vec![
        // Condition key names ignore case: `aws:RequestTag/Project` matches a tag `project` as well, but `aws:TagKeys`
        // does not.
        deny(&operations, Test::none_equals("aws:TagKeys", key)).but(TAGGED_OTHERWISE),
        deny(&operations, Test::lacks_text(request_tag(key))),
    ]
}

/// Judges a tag of the request that must equal the caller's, `own`, from this source.
pub(super) fn foreign(tag: &ResourceTag, own: &str, source: &str, findings: &mut Findings) {
    findings.fail_if(tag.value != own, || {
        let (key, value) = (tag.key, tag.value);
        let message = format!("the request's `{key}` is `{value}`, but the caller's is `{own}` (from the {source})");
        Violation::new(tag.value_path(), message, format!("`{own}`")).actual(value)
    });
}

/// Denies requests whose tag `key` differs from that of a caller who has one.
pub(super) fn deny_foreign(operations: &[&'static Operation], key: &str) -> Denial {
    let (of_request, of_caller) = (request_tag(key), principal_tag(key));
    // If the caller has no tag, the policy variable to compare with has no value.
    let differs = Test::differs_from(&of_request, &of_caller);
    deny(operations, [differs, Test::has_text(&of_request), Test::has_text(&of_caller)])
}

/// Judges how the tag `key` is written.
pub(super) fn ambiguous(tags: &[ResourceTag], key: &str, findings: &mut Findings) {
    let alike = || tags.iter().filter(|tag| are_alike(tag.key, key));
    for tag in alike() {
        if tag.key != key {
            let message = format!("the tag key `{}` is almost `{key}`", tag.key);
            findings.fail(Violation::new(tag.key_path(), message, format!("`{key}`")).actual(tag.key));
        }
        let trimmed = tag.value.trim();
        if tag.value != trimmed {
            let message = format!("the value `{}` has stray white space", tag.value);
            findings.fail(Violation::new(tag.value_path(), message, format!("`{trimmed}`")).actual(tag.value));
        }
        findings.pass();
    }
    for tag in alike().filter(|tag| tag.key == key).skip(1) {
        let message = format!("the tag `{key}` is there more than once");
        findings.fail(Violation::new(tag.key_path(), message, format!("one tag `{key}`")).actual(tag.key));
    }
}

/// Denies requests whose tag `key` is written in another way.
pub(super) fn deny_ambiguous(operations: &[&'static Operation], key: &str) -> Vec<Denial> {
    let mut denials: Vec<_> =
        almost(key).into_iter().map(|condition| deny(operations, condition).but(UNUSUAL_CASE)).collect();
    let with_spaces = Test::like(request_tag(key), &[Pattern::new(" *"), Pattern::new("* ")]);
    let other_white_space = Difference::Looser("white space in the key, and around the value other than spaces");
    denials.push(deny(operations, with_spaces).but(other_white_space));
    denials
}
