//! Which statements other statements make superfluous, and which can be written as one.
//!
//! Everything here holds for every request. Where IAM's documentation leaves open what a condition means, nothing is
//! concluded.

use super::condition::{Condition, Test};
use super::{Effect, Scope, Statement};
use crate::terms::Pattern;

impl Test {
    /// Whether `other` holds for every request for which this test holds.
    fn implies(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        if !self.key.eq_ignore_ascii_case(&other.key) {
            return false;
        }
        let has_all = |wide: &Self, narrow: &Self| narrow.values.iter().all(|value| wide.values.contains(value));
        match (self.operator, other.operator) {
            (_, "Null") if other.values == ["false"] => self.needs_key(),
            (one, another) if one != another => false,
            // One of these values is one of more values.
            _ if self.is_alternative() => has_all(other, self),
            // What matches none of these matches none of fewer.
            ("StringNotEquals" | "StringNotLike" | "ForAnyValue:StringNotLike" | "ForAllValues:StringNotEquals", _) => {
                has_all(self, other)
            }
            _ => false,
        }
    }

    /// Whether it holds if any of its values fits: then more values make it hold for more requests.
    fn is_alternative(&self) -> bool {
        matches!(
            self.operator,
            "StringEquals"
                | "StringLike"
                | "ForAnyValue:StringEquals"
                | "ForAnyValue:StringEqualsIgnoreCase"
                | "ForAnyValue:StringLike"
        )
    }

    /// One test that holds if either of the two does.
    fn or(&self, other: &Self) -> Option<Self> {
        let same = self.operator == other.operator && self.key.eq_ignore_ascii_case(&other.key);
        (same && self.is_alternative()).then(|| {
            let added = other.values.iter().filter(|value| !self.values.contains(value));
            Self { values: self.values.iter().chain(added).cloned().collect(), ..self.clone() }
        })
    }
}

impl Condition {
    fn implies(&self, test: &Test) -> bool {
        self.0.iter().any(|known| known.implies(test))
    }

    /// The same condition without tests that hold whenever its others do.
    fn minimal(mut self) -> Self {
        let mut index = 0;
        while index < self.0.len() {
            let test = self.0.remove(index);
            if !self.implies(&test) {
                self.0.insert(index, test);
                index += 1;
            }
        }
        self
    }

    /// One condition that holds if either of the two does, if they differ in one test only.
    fn or(&self, other: &Self) -> Option<Self> {
        if self.0.len() != other.0.len() {
            return None;
        }
        let is_own = |test: &&Test| !other.0.contains(test);
        let mut own = self.0.iter().filter(is_own);
        let mut others = other.0.iter().filter(|test| !self.0.contains(test));
        let (Some(one), None, Some(another), None) = (own.next(), own.next(), others.next(), others.next()) else {
            return None;
        };
        let either = one.or(another)?;
        let tests = self.0.iter().map(|test| if test == one { either.clone() } else { test.clone() });
        Some(Self(tests.collect()))
    }

    /// Whether both have the same tests, in any order.
    fn is_same(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|test| other.0.contains(test))
    }
}

impl Scope {
    /// Whether it covers everything that `other` covers.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::These(wide), Self::These(narrow)) => {
                narrow.iter().all(|name| wide.iter().any(|pattern| covers(pattern, name)))
            }
            _ => self == other,
        }
    }
}

/// Whether a pattern matches all that another one matches. Without `?`, the `*` of the other can only meet a `*`, so all that
/// it stands for matches as well.
fn covers(wide: &str, narrow: &str) -> bool {
    wide == narrow || !wide.contains('?') && Pattern::new(wide).matches(narrow)
}

impl Statement {
    /// The same statement without tests that hold whenever its others do.
    #[must_use]
    pub(crate) fn minimal(self) -> Self {
        Self { condition: self.condition.minimal(), ..self }
    }

    /// Whether `others`, which all deny, deny everything that this statement denies.
    pub(crate) fn is_implied_by(&self, others: &[Self]) -> bool {
        let is_implied = |case: &Self| others.iter().any(|other| case.is_implied_by_one(other));
        is_implied(self) || self.cases().is_some_and(|cases| cases.iter().all(is_implied))
    }

    fn is_implied_by_one(&self, other: &Self) -> bool {
        self.is_plain_deny()
            && other.is_plain_deny()
            && other.actions.covers(&self.actions)
            && other.resources.covers(&self.resources)
            && other.condition.0.iter().all(|test| self.condition.implies(test))
    }

    /// The two cases of a statement about the keys of the request's tags: either the request has no tag with such a key and
    /// text, or one of its tag keys equals it but for case, because names of condition keys ignore case (IAM User Guide,
    /// "Condition").
    fn cases(&self) -> Option<[Self; 2]> {
        let none_equals = |test: &&Test| test.operator == "ForAllValues:StringNotEquals" && test.key == "aws:TagKeys";
        let [key] = self.condition.0.iter().find(none_equals)?.values.as_slice() else { return None };
        let of_request = format!("aws:RequestTag/{key}");
        let with = |tests: Vec<Test>| {
            let condition = Condition(self.condition.0.iter().cloned().chain(tests).collect());
            Self { condition, ..self.clone() }
        };
        let alike = Test::any_equals_ignoring_case("aws:TagKeys", &[key]);
        Some([with(vec![Test::lacks_text(&of_request)]), with(vec![Test::has_text(&of_request), alike])])
    }

    /// One statement that denies what this one and `other` deny, if one can. It keeps this one's name.
    pub(crate) fn merged_with(&self, other: &Self) -> Option<Self> {
        if !self.is_plain_deny() || !other.is_plain_deny() || self.resources != other.resources {
            return None;
        }
        if self.condition.is_same(&other.condition) {
            let (Scope::These(own), Scope::These(others)) = (&self.actions, &other.actions) else { return None };
            let mut actions: Vec<_> = own.iter().chain(others).cloned().collect();
            actions.sort_unstable();
            actions.dedup();
            return Some(Self { actions: Scope::These(actions), ..self.clone() });
        }
        if self.actions != other.actions {
            return None;
        }
        Some(Self { condition: self.condition.or(&other.condition)?, ..self.clone() })
    }

    fn is_plain_deny(&self) -> bool {
        self.effect == Effect::Deny && self.principal.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deny(actions: &[&'static str], condition: impl Into<Condition>) -> Statement {
        Statement::deny("S", actions.iter().copied(), condition).unwrap()
    }

    const CREATE: [&str; 1] = ["sagemaker:CreateTrainingJob"];
    const TYPES: &str = "sagemaker:InstanceTypes";

    fn outside(patterns: &[&'static str]) -> Test {
        Test::any_not_like(TYPES, &patterns.iter().copied().map(Pattern::new).collect::<Vec<_>>())
    }

    #[test]
    fn a_narrower_statement_is_implied() {
        let wide = deny(&["sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob"], outside(&["ml.m5.*"]));
        assert!(deny(&CREATE, outside(&["ml.m5.*", "ml.c5.*"])).is_implied_by(std::slice::from_ref(&wide)));
        let under_condition = [outside(&["ml.m5.*"]), Test::equals("aws:PrincipalTag/a", &["b"])];
        assert!(deny(&CREATE, under_condition).is_implied_by(std::slice::from_ref(&wide)));
        assert!(!deny(&CREATE, outside(&["ml.c5.*"])).is_implied_by(std::slice::from_ref(&wide)));
        assert!(!deny(&["sagemaker:CreateCluster"], outside(&["ml.m5.*"])).is_implied_by(std::slice::from_ref(&wide)));
        assert!(!wide.is_implied_by(&[deny(&CREATE, outside(&["ml.m5.*"]))]));
        assert!(!wide.is_implied_by(&[wide.clone().on(["arn:aws:s3:::b"])]));
        let (one, many) = (wide.clone().on(["arn:aws:s3:::b?"]), wide.clone().on(["arn:aws:s3:::b*"]));
        assert!(one.is_implied_by(std::slice::from_ref(&many)) && !many.is_implied_by(&[one]));
    }

    #[test]
    fn a_test_that_needs_its_key_says_that_the_key_is_there() {
        let both = deny(&CREATE, [Test::is_set(TYPES), outside(&["ml.m5.*"])]).minimal();
        assert_eq!(both, deny(&CREATE, outside(&["ml.m5.*"])));
        let kept = [Test::is_set(TYPES), Test::none_has_text(TYPES)];
        assert_eq!(deny(&CREATE, kept.clone()).minimal(), deny(&CREATE, kept), "it also holds without the key");
    }

    #[test]
    fn a_request_without_the_tag_lacks_it_or_misspells_it() {
        let missing = deny(&CREATE, Test::none_equals("aws:TagKeys", "Project"));
        let empty = deny(&CREATE, Test::lacks_text("aws:RequestTag/Project"));
        let misspelt =
            [Test::any_equals_ignoring_case("aws:TagKeys", &["Project"]), Test::none_equals("aws:TagKeys", "Project")];
        let misspelt = deny(&CREATE, misspelt);
        assert!(missing.is_implied_by(&[empty.clone(), misspelt.clone()]));
        assert!(!missing.is_implied_by(&[empty]));
        assert!(!missing.is_implied_by(&[misspelt]));
    }

    #[test]
    fn statements_that_differ_in_one_thing_are_one() {
        let (one, two) = (deny(&CREATE, outside(&["a"])), deny(&["sagemaker:CreateProcessingJob"], outside(&["a"])));
        assert_eq!(
            one.merged_with(&two),
            Some(deny(&["sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob"], outside(&["a"])))
        );
        let by = |project: &str| deny(&CREATE, [Test::equals("aws:PrincipalTag/a", &[project]), outside(&["a"])]);
        let either = deny(&CREATE, [Test::equals("aws:PrincipalTag/a", &["x", "y"]), outside(&["a"])]);
        assert_eq!(by("x").merged_with(&by("y")), Some(either));
        assert_eq!(one.merged_with(&deny(&CREATE, outside(&["b"]))), None, "outside of both is not outside of either");
        let not = |project: &str| deny(&CREATE, Test::not_equals("aws:PrincipalTag/a", &[project]));
        assert_eq!(not("x").merged_with(&not("y")), None);
        assert_eq!(one.merged_with(&one.clone().on(["arn:aws:s3:::b"])), None);
    }
}
