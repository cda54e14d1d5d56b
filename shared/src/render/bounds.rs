//! The bounds of a cell, and the days of exemptions, as conditions that IAM can test.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::operations::Operation;
use crate::policy::{Exemption, When};
use crate::settings::Abac;
use crate::statement::Test;
use crate::terms::Pattern;

/// A bound of a cell that one statement can test: one list of a `when`, matched or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound<'w> {
    list: List<'w>,
    holds: bool,
}

#[derive(Clone, Copy, Debug)]
enum List<'w> {
    Projects(&'w [String]),
    Personas(&'w [String]),
    Tag(&'w str, &'w [String]),
    Accounts(&'w [String]),
    Principals(&'w [Pattern<'static>]),
    Operations(&'w [String]),
}

impl<'w> List<'w> {
    /// The lists of `when` that are not empty: an empty one matches everything.
    fn of(when: &'w When) -> impl Iterator<Item = Self> {
        let texts = [
            (&when.projects, Self::Projects as fn(&'w [String]) -> Self),
            (&when.personas, Self::Personas),
            (&when.accounts, Self::Accounts),
            (&when.operations, Self::Operations),
        ];
        let lists = texts.into_iter().filter(|(list, _)| !list.is_empty()).map(|(list, make)| make(list));
        let tags = when.tags.iter().filter(|(_, values)| !values.is_empty());
        let lists = lists.chain(tags.map(|(key, values)| Self::Tag(key, values)));
        lists.chain((!when.principals.is_empty()).then_some(Self::Principals(&when.principals)))
    }
}

impl Bound<'_> {
    /// Whether calls of the operation can be within the bound.
    pub(super) fn admits(&self, operation: &Operation) -> bool {
        match self.list {
            List::Operations(names) => names.iter().any(|name| name == operation.name) == self.holds,
            _ => true,
        }
    }

    /// What IAM is to test.
    pub(super) fn test(&self, abac: &Abac) -> Option<Test> {
        let one_of =
            |key: &str, values| if self.holds { Test::equals(key, values) } else { Test::not_equals(key, values) };
        Some(match self.list {
            List::Projects(names) => one_of(&format!("aws:PrincipalTag/{}", abac.tag), names),
            List::Personas(names) => one_of(&format!("aws:PrincipalTag/{}", abac.persona_tag), names),
            List::Tag(key, values) => one_of(&format!("aws:PrincipalTag/{key}"), values),
            List::Accounts(names) => one_of("aws:PrincipalAccount", names),
            List::Principals(patterns) if self.holds => Test::like("aws:PrincipalArn", patterns),
            List::Principals(patterns) => Test::not_like("aws:PrincipalArn", patterns),
            List::Operations(_) => return None,
        })
    }
}

/// The bounds of a cell, as alternatives that are each one conjunction: a call that does not match several lists at
/// once fails to match one of them.
pub(super) fn alternatives<'w>(bounds: &[(&'w When, bool)]) -> Vec<Vec<Bound<'w>>> {
    let mut alternatives = vec![Vec::new()];
    for (when, holds) in bounds {
        let lists: Vec<_> = List::of(when).map(|list| Bound { list, holds: *holds }).collect();
        let ways: Vec<Vec<Bound>> =
            if *holds { vec![lists] } else { lists.into_iter().map(|bound| vec![bound]).collect() };
        alternatives = alternatives
            .iter()
            .flat_map(|before| ways.iter().map(move |way| [before.as_slice(), way].concat()))
            .collect();
    }
    alternatives
}

/// Who is denied when, by the ends of exemptions. Until the first exemption expires, everybody except all exempted
/// callers; then also those whose exemption has expired; in the end, everybody.
pub(super) fn eras<'p>(exemptions: impl Iterator<Item = &'p Exemption>) -> Vec<Vec<Test>> {
    let mut exemptions: Vec<_> = exemptions.collect();
    exemptions.sort_by_key(|exemption| exemption.until);
    let mut ends: Vec<Option<Date>> = exemptions.iter().map(|exemption| Some(exemption.until)).collect();
    ends.dedup();
    ends.insert(0, None);
    let mut eras = Vec::new();
    for end in ends {
        let mut tests: Vec<_> =
            end.and_then(day_after).map(|start| Test::from("aws:CurrentTime", start)).into_iter().collect();
        let exempted: Vec<_> = exemptions
            .iter()
            .filter(|exemption| Some(exemption.until) > end)
            .flat_map(|exemption| exemption.principals.clone())
            .collect();
        if !exempted.is_empty() {
            tests.push(Test::not_like("aws:PrincipalArn", &exempted));
        }
        eras.push(tests);
    }
    eras
}

/// The first instant, in UTC, that an exemption no longer covers.
fn day_after(date: Date) -> Option<Timestamp> {
    Some(date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
