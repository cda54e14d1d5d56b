//! Whose a resource is: the ABAC tag that it lawfully has.
//!
//! Its creator gives a resource its tag. A later change counts if it was made by somebody who holds the project that the
//! resource had and the one that it gets, or by an administrator. Any other change is a theft or a gift, and must not make
//! its victim guilty. The same holds for other tags that must equal the caller's.

use jiff::Timestamp;

use super::caller::Caller;
use super::tag_keys::are_alike;
use crate::evidence::{Author, EndpointConfig, Evidence, Lawful, Retagging, Standing, TagValue, Tags, TagsAt};
use crate::record::Call;
use crate::settings::Abac;
use crate::terms::MARK;

/// The lawful value of the ABAC tag of the resource `arn` at the time of `call`. `None` if no record shows it.
pub fn owner<'a>(arn: &str, call: &Call, evidence: &'a Evidence, abac: &Abac) -> Option<TagValue<'a>> {
    lawful_tag(arn, &abac.tag, call, evidence, abac)
}

/// The same of the tag `key`, which must equal the tag of those who set it.
pub fn lawful_tag<'a>(arn: &str, key: &str, call: &Call, evidence: &'a Evidence, abac: &Abac) -> Option<TagValue<'a>> {
    let history = evidence.tag_history.at(arn, call.time())?;
    history.lawful_at(key, &|change| is_lawful(change, key, evidence, abac))
}

/// The same after all changes that are known.
pub fn lawful_tag_in_the_end<'a>(arn: &str, key: &str, evidence: &'a Evidence, abac: &Abac) -> Option<TagValue<'a>> {
    let history = evidence.tag_history.at(arn, Some(Timestamp::MAX))?;
    history.lawful_at(key, &|change| is_lawful(change, key, evidence, abac))
}

/// The same before that second.
pub fn lawful_tag_before<'a>(
    arn: &str,
    key: &str,
    call: &Call,
    evidence: &'a Evidence,
    abac: &Abac,
) -> Option<TagValue<'a>> {
    let history = evidence.tag_history.at(arn, call.time())?;
    history.lawful_before(key, &|change| is_lawful(change, key, evidence, abac))
}

/// The tag `key` of the principal that created the resource `arn`, if it is known.
pub fn creators_tag(arn: &str, key: &str, call: &Call, evidence: &Evidence, abac: &Abac) -> Option<String> {
    let (creator, created_with) = evidence.tag_history.at(arn, call.time())?.creator(key)?;
    tag_of(creator, key, created_with, call.time()?, evidence, abac)?
}

/// The tag `key` of a creator, who gave a resource this value. `None` if it is not known.
fn tag_of(
    creator: &Author,
    key: &str,
    created_with: Option<&str>,
    at: Timestamp,
    evidence: &Evidence,
    abac: &Abac,
) -> Option<Option<String>> {
    let own = own_tag(&standing(creator, at, evidence, abac), key, abac);
    own.or_else(|| created_with.filter(|value| !value.is_empty()).map(|value| Some(value.to_owned())))
}

/// The tag `key` of somebody, by what is known of them. `None` if it is not known.
fn own_tag(standing: &Standing, key: &str, abac: &Abac) -> Option<Option<String>> {
    match standing {
        Standing::Member(project, _) if key == abac.tag => Some(project.clone()),
        Standing::Member(_, others) => others.get(key).map(|own| Some(own.to_owned()).filter(|own| !own.is_empty())),
        Standing::Trusted | Standing::Unknown => None,
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

/// Whether a change of the tag `key` counts.
fn is_lawful(change: Retagging, key: &str, evidence: &Evidence, abac: &Abac) -> Lawful {
    let Retagging { is_creation, at, author, creator, created_with, before, after } = change;
    if is_creation {
        return Lawful::Yes;
    }
    let standing = standing(author, at, evidence, abac);
    if standing == Standing::Trusted {
        return Lawful::Yes;
    }
    let own = own_tag(&standing, key, abac);
    let Some(after) = after.filter(|after| !after.is_empty()) else { return Lawful::No };
    let before = match before {
        // What has no tag counts as its creator's.
        Some(Ok(None | Some(""))) => {
            let of_creator = creator.and_then(|creator| tag_of(creator, key, created_with, at, evidence, abac));
            Some(of_creator.ok_or("the tag of its creator is not known"))
        }
        before => before.map(|before| before.map(|before| before.map(str::to_owned))),
    };
    match (own, before) {
        (None, _) => Lawful::Unknown("somebody whose own tag is not known changed it"),
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
        Ok(own) => Standing::Member(own.map(|(own, _)| own.to_owned()), other_tags(caller, abac)),
        Err(_) => Standing::Unknown,
    }
}

/// The caller's tags that resources must share, besides the ABAC tag: empty ones if there are none. Those that are not known are
/// left out.
fn other_tags(caller: &Caller, abac: &Abac) -> Tags {
    let known = |key| Some((key, caller.tag(key).ok()?.map_or("", |(value, _)| value)));
    abac.matched_keys().skip(1).filter_map(known).collect()
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

/// The lawful value of the tag `key` at that second, if it did not change in it.
fn unambiguous<'a>(history: &TagsAt<'a>, key: &str, evidence: &Evidence, abac: &Abac) -> Option<TagValue<'a>> {
    let is_lawful = |change: Retagging<'a>| is_lawful(change, key, evidence, abac);
    let (before, at) = (history.lawful_before(key, &is_lawful), history.lawful_at(key, &is_lawful));
    if before == at { at } else { Some(Err("the tag changed in the same second as the call")) }
}

/// The endpoint configuration with the tags that count at the time of `call`.
pub(super) fn owned(config: &EndpointConfig, call: &Call, evidence: &Evidence, abac: &Abac) -> EndpointConfig {
    let history = config.arn.as_deref().and_then(|arn| evidence.tag_history.at(arn, call.time()));
    let mut changed = history.map(|history| history.changed_since_creation()).unwrap_or_default();
    changed.retain(|key, _| !are_alike(key, MARK) && !abac.matched_keys().any(|matched| are_alike(key, matched)));
    // What was marked in the same second may have been marked afterwards.
    let mark = history.and_then(|history| history.lawful_before(MARK, &|change| is_lawful_mark(change, abac)));
    changed.insert(MARK, mark.and_then(Result::ok).flatten());
    let (mut has_tags_of_today, mut is_unread) = (false, false);
    for key in abac.matched_keys() {
        match history.and_then(|history| unambiguous(&history, key, evidence, abac)) {
            // A record that somebody set the missing tag may be late.
            Some(Ok(None)) if config.has_tags_of_today && config.has_tag(key) => is_unread = true,
            Some(Ok(lawful)) => drop(changed.insert(key, lawful)),
            Some(Err(_)) => is_unread = true,
            None => has_tags_of_today |= config.has_tags_of_today,
        }
    }
    if is_unread {
        return config.with_unread_tags();
    }
    EndpointConfig { has_tags_of_today, ..config.retagged(&changed) }
}
