//! Who called what, counted: what is left of records that are not judged.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::LazyLock;

use memchr::memmem::{Finder, FinderRev};
use tagwarden::evidence::Session;
use tagwarden::record::json::{Value, member_text};
use tagwarden::record::{self, Call};

use crate::Period;
use crate::records::{RawCall, RawRecord, members, text};

/// Calls, counted by who made which. Calls that IAM denied are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// By the fingerprint of the call. There are many: each is one text.
    made: HashMap<u64, Made>,
    /// The sessions of roles that were issued: by role and by whom.
    pub assumed: BTreeMap<(String, String), u64>,
    /// The days of records, with account and region.
    pub days: BTreeSet<RecordDay>,
}

/// A day, such as `2026-03-02`.
type Day = [u8; 10];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Made {
    /// Account, principal, source and name, in lines.
    call: Box<str>,
    calls: u64,
    last: Day,
}

/// All calls of a principal to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MadeCalls<'c> {
    /// The account in whose log they are.
    pub account: &'c str,
    /// ARN of the IAM role or user; empty if the caller is none.
    pub principal: &'c str,
    /// `eventSource`
    pub source: &'c str,
    /// `eventName`
    pub name: &'c str,
    /// How many.
    pub calls: u64,
    /// The day of the last one.
    pub last: &'c str,
}

/// A day that has records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordDay {
    /// The account in whose log they are.
    pub account: String,
    /// `awsRegion`
    pub region: String,
    /// Such as `2026-03-02`.
    pub day: String,
}

/// What is counted of a record.
struct Counted<'t> {
    account: &'t str,
    region: &'t str,
    time: &'t str,
    source: &'t str,
    name: &'t str,
    is_denied: bool,
    caller: Caller<'t>,
    /// The role of which it issued a session.
    assumed: Option<&'t str>,
}

/// Who called.
#[derive(Clone, Copy)]
enum Caller<'t> {
    /// A role or user, by ARN.
    Principal(&'t str),
    /// A service of AWS.
    Service(&'t str),
    Other,
}

impl Calls {
    /// All of them, in no order.
    pub fn made(&self) -> impl Iterator<Item = MadeCalls<'_>> {
        self.made.values().map(|made| {
            let mut lines = made.call.split('\n');
            let mut line = || lines.next().unwrap_or_default();
            let (account, principal, source, name) = (line(), line(), line(), line());
            let last = str::from_utf8(&made.last).unwrap_or_default();
            MadeCalls { account, principal, source, name, calls: made.calls, last }
        })
    }

    /// Adds those of another file.
    pub fn merge(&mut self, other: Self) {
        for (fingerprint, made) in other.made {
            match self.made.get_mut(&fingerprint) {
                Some(known) => {
                    known.calls += made.calls;
                    known.last = known.last.max(made.last);
                }
                None => {
                    self.made.insert(fingerprint, made);
                }
            }
        }
        for (who, times) in other.assumed {
            *self.assumed.entry(who).or_default() += times;
        }
        self.days.extend(other.days);
    }

    /// Counts a call.
    pub(crate) fn add(&mut self, call: &Call, period: Period) {
        let principal = call.identity.principal();
        let caller = match (&principal, call.identity.invoked_by) {
            (Some(arn), _) => Caller::Principal(arn),
            (None, Some(service)) if call.identity.kind == Some("AWSService") => Caller::Service(service),
            (None, _) => Caller::Other,
        };
        let issues = Session::is_issued_by(call.event_source.as_bytes(), call.event_name.as_bytes());
        let role = |request: &'_ Value<'_>| member_text(request, "roleArn").map(str::to_owned);
        let assumed =
            call.request.as_ref().ok().filter(|_| issues && call.error_code.is_none()).and_then(|one| role(one));
        let counted = Counted {
            account: call.account.unwrap_or_default(),
            region: call.region.unwrap_or_default(),
            time: call.event_time.unwrap_or_default(),
            source: call.event_source,
            name: call.event_name,
            is_denied: call.is_denied(),
            caller,
            assumed: assumed.as_deref(),
        };
        self.count(&counted, period);
    }

    /// Counts a call that was not parsed. `None` if only a parser can read it.
    pub(crate) fn add_raw(&mut self, record: &RawRecord, call: &RawCall, period: Period) -> Option<()> {
        let utf8 = |bytes| str::from_utf8(bytes).ok();
        let issues = Session::is_issued_by(call.source, call.name);
        let assumed = match issues {
            true => members(call.member("requestParameters")?.0, ["roleArn"])?,
            false => [None],
        };
        let counted = Counted {
            account: text(record.last(&ACCOUNT)?)?,
            region: text(call.first("awsRegion")?)?,
            time: utf8(call.time)?,
            source: utf8(call.source)?,
            name: utf8(call.name)?,
            is_denied: call.error_code()?.is_some_and(record::is_denial),
            caller: caller(record.identity())?,
            assumed: match assumed {
                [Some(role)] => Some(text(role)?),
                [None] => None,
            },
        };
        self.count(&counted, period);
        Some(())
    }

    fn count(&mut self, counted: &Counted, period: Period) {
        let Counted { account, region, time, source, name, is_denied, caller, assumed } = *counted;
        if !period.is_all_time() && !record::time(time).is_some_and(|time| period.contains(time)) {
            return;
        }
        let day = time.get(..10).unwrap_or_default();
        let is_known = |known: &RecordDay| {
            (known.account.as_str(), known.region.as_str(), known.day.as_str()) == (account, region, day)
        };
        if !self.days.last().is_some_and(is_known) {
            self.days.insert(RecordDay { account: account.to_owned(), region: region.to_owned(), day: day.to_owned() });
        }
        let by = match caller {
            Caller::Principal(by) | Caller::Service(by) => by,
            Caller::Other => "",
        };
        if let Some(role) = assumed {
            *self.assumed.entry((role.to_owned(), by.to_owned())).or_default() += 1;
        }
        if is_denied {
            return;
        }
        let principal = if matches!(caller, Caller::Principal(_)) { by } else { "" };
        let fingerprint = BuildHasherDefault::<DefaultHasher>::default().hash_one((account, principal, source, name));
        let last = day.as_bytes().try_into().unwrap_or_default();
        let new = || Made { call: [account, principal, source, name].join("\n").into(), calls: 0, last };
        let made = self.made.entry(fingerprint).or_insert_with(new);
        made.calls += 1;
        made.last = made.last.max(last);
    }
}

/// The member that names the account in whose log a record is.
static ACCOUNT: LazyLock<FinderRev> = LazyLock::new(|| FinderRev::new(br#""recipientAccountId":"#));

/// Who called, by the text of `userIdentity`. `None` if only a parser can tell.
fn caller(identity: &[u8]) -> Option<Caller<'_>> {
    static ISSUER: LazyLock<Finder> = LazyLock::new(|| Finder::new(br#""sessionIssuer":"#));
    if memchr::memchr(b'\\', identity).is_some() {
        return None;
    }
    let [kind] = members(identity, ["type"])?;
    let of = |object, name| text(members(object, [name])?[0]?);
    Some(match text(kind?)? {
        "AssumedRole" | "FederatedUser" => {
            let at = ISSUER.find(identity)? + ISSUER.needle().len();
            Caller::Principal(of(identity.get(at..)?, "arn")?)
        }
        "IAMUser" | "Role" | "Root" => Caller::Principal(of(identity, "arn")?),
        "AWSService" => of(identity, "invokedBy").map_or(Caller::Other, Caller::Service),
        _ => Caller::Other,
    })
}
