//! Notes that explain an unusual decision to people.

/// The note about a resource that a sweep found.
pub const FOUND_BY_SWEEP: &str = "a sweep found it, because no event about it was processed";

/// The note if no CloudTrail event names the caller.
pub const CALLER_UNKNOWN: &str = "no CloudTrail event of this creation was seen so far, so the caller is unknown";

/// The note if nothing shows with which tags the resource was created.
pub const TAGS_OF_TODAY: &str = "with which tags it was created is not known, so its tags of today were judged";

/// The note if the caller is known, but the tags of the session are not.
pub const SESSION_UNKNOWN: &str = "no record of the caller's session was seen, so the caller's tags are unknown";
