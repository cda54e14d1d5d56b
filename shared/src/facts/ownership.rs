//! Whose a resource is: the ABAC tag that it lawfully has.
//!
//! Its creator gives a resource its tag. A later change counts if it was made by somebody who holds the project that the
//! resource had and the one that it gets, or by an administrator. Any other change is a theft or a gift, and must not make
//! its victim guilty.

use jiff::Timestamp;

use super::caller::Caller;
use super::tag_keys::are_alike;
use crate::evidence::{Author, EndpointConfig, Evidence, Lawful, Retagging, Standing, TagValue, TagsAt};
use crate::record::Call;
use crate::settings::Abac;
use crate::terms::MARK;

/// The lawful value of the ABAC tag of the resource `arn` at the time of `call`. `None` if no record shows it.
pub fn owner<'a>(arn: &str, call: &Call, evidence: &'a Evidence, abac: &Abac) -> Option<TagValue<'a>> {
    let history = evidence.tag_history.at(arn, call.time())?;
    history.lawful_at(&abac.tag, &|change| is_lawful(change, evidence, abac))
}

/// The same after all changes that are known.
pub fn owner_in_the_end<'a>(arn: &str, evidence: &'a Evidence, abac: &Abac) -> Option<TagValue<'a>> {
    let history = evidence.tag_history.at(arn, Some(Timestamp::MAX))?;
    history.lawful_at(&abac.tag, &|change| is_lawful(change, evidence, abac))
}

/// The same before that second.
pub fn owner_before<'a>(arn: &str, call: &Call, evidence: &'a Evidence, abac: &Abac) -> Option<TagValue<'a>> {
    let history = evidence.tag_history.at(arn, call.time())?;
    history.lawful_before(&abac.tag, &|change| is_lawful(change, evidence, abac))
}

/// The project of whoever created the resource `arn`, if that is known.
pub fn creator(arn: &str, call: &Call, evidence: &Evidence, abac: &Abac) -> Option<String> {
    let (creator, created_with) = evidence.tag_history.at(arn, call.time())?.creator(&abac.tag)?;
    project_of(creator, created_with, call.time()?, evidence, abac)?
}

/// The project of a creator, who gave a resource this value. `None` if it is not known.
fn project_of(
    creator: &Author,
    created_with: Option<&str>,
    at: Timestamp,
    evidence: &Evidence,
    abac: &Abac,
) -> Option<Option<String>> {
    match standing(creator, at, evidence, abac) {
        Standing::Member(project) => Some(project),
        Standing::Trusted | Standing::Unknown => created_with.map(|project| Some(project.to_owned())),
    }
}

/// Tagwarden's mark on the resource `arn` before that second, and at it.
pub fn mark<'a>(
    arn: &str,
    call: &Call,
    evidence: &'a Evidence,
    abac: &Abac,
) -> (Option<TagValue<'a>>, Option<TagValue<'a>>) {
    let Some(history) = evidence.tag_history.at(arn, call.time()) else { return (None, None) };
    let is_lawful = |change: Retagging| is_lawful_mark(change, abac);
    (history.lawful_before(MARK, &is_lawful), history.lawful_at(MARK, &is_lawful))
}

/// Whether a change of the ABAC tag counts.
fn is_lawful(change: Retagging, evidence: &Evidence, abac: &Abac) -> Lawful {
    let Retagging { is_creation, at, author, creator, created_with, before, after } = change;
    if is_creation {
        return Lawful::Yes;
    }
    let own = match standing(author, at, evidence, abac) {
        Standing::Trusted => return Lawful::Yes,
        Standing::Unknown => None,
        Standing::Member(own) => Some(own),
    };
    let Some(after) = after.filter(|after| !after.is_empty()) else { return Lawful::No };
    let before = match before {
        // What has no tag belongs to the project of its creator.
        Some(Ok(None | Some(""))) => {
            let project = creator.and_then(|creator| project_of(creator, created_with, at, evidence, abac));
            Some(project.ok_or("the project of its creator is not known"))
        }
        before => before.map(|before| before.map(|before| before.map(str::to_owned))),
    };
    match (own, before) {
        (None, _) => Lawful::Unknown("somebody whose project is not known changed it"),
        (Some(own), _) if own.as_deref() != Some(after) => Lawful::No,
        (Some(_), None) => Lawful::Unknown("no record shows whose the resource was before somebody set its tag"),
        (Some(_), Some(Err(why))) => Lawful::Unknown(why),
        (Some(own), Some(Ok(before))) if before != own => Lawful::No,
        (Some(_), Some(Ok(_))) => Lawful::Yes,
    }
}

/// What is known about somebody at that time.
fn standing(author: &Author, at: Timestamp, evidence: &Evidence, abac: &Abac) -> Standing {
    if let Some(standing) = author.standing() {
        return standing.clone();
    }
    let caller = Caller::with_identity(author.identity(), Some(at), evidence, abac.session_tags);
    standing_of(&caller, abac)
}

/// What is known about a caller, for those who remember what the caller did.
pub fn standing_of(caller: &Caller, abac: &Abac) -> Standing {
    match caller.tag(&abac.tag) {
        _ if abac.is_administrator(caller.arn.as_deref()) => Standing::Trusted,
        Ok(own) => Standing::Member(own.map(|(own, _)| own.to_owned())),
        Err(_) => Standing::Unknown,
    }
}

/// Whether a change of Tagwarden's mark counts: only its own and an administrator's do. A creator's does not.
fn is_lawful_mark(change: Retagging, abac: &Abac) -> Lawful {
    let principal = change.author.identity().principal();
    match change.author.standing() {
        Some(Standing::Trusted) if !change.is_creation => Lawful::Yes,
        None if abac.is_administrator(principal.as_deref()) => Lawful::Yes,
        _ => Lawful::No,
    }
}

/// The lawful value of the ABAC tag at that second, if it did not change in it.
fn unambiguous<'a>(history: &TagsAt<'a>, evidence: &Evidence, abac: &Abac) -> Option<TagValue<'a>> {
    let is_lawful = |change: Retagging<'a>| is_lawful(change, evidence, abac);
    let (before, at) = (history.lawful_before(&abac.tag, &is_lawful), history.lawful_at(&abac.tag, &is_lawful));
    if before == at { at } else { Some(Err("its owner changed in the same second as the call")) }
}

/// The endpoint configuration with the tags that count at the time of `call`.
pub(super) fn owned(config: &EndpointConfig, call: &Call, evidence: &Evidence, abac: &Abac) -> EndpointConfig {
    let history = config.arn.as_deref().and_then(|arn| evidence.tag_history.at(arn, call.time()));
    let mut changed = history.map(|history| history.changed_since_creation()).unwrap_or_default();
    changed.retain(|key, _| !are_alike(key, MARK) && !are_alike(key, &abac.tag));
    // What was marked in the same second may have been marked afterwards.
    let mark = history.and_then(|history| history.lawful_before(MARK, &|change| is_lawful_mark(change, abac)));
    changed.insert(MARK, mark.and_then(Result::ok).flatten());
    let owner = history.and_then(|history| unambiguous(&history, evidence, abac));
    // A record that somebody set the missing tag may be late.
    if config.has_tags_of_today && owner == Some(Ok(None)) && config.has_tag(&abac.tag) {
        return config.with_unread_tags();
    }
    if let Some(Ok(owner)) = owner {
        changed.insert(&abac.tag, owner);
    }
    let config = config.retagged(&changed);
    match owner {
        Some(Ok(_)) => EndpointConfig { has_tags_of_today: false, ..config },
        Some(Err(_)) => config.with_unread_tags(),
        None => config,
    }
}
