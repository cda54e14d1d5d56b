//! What people are told of where a decision is unusual.

/// What people are told of what a sweep found.
pub const FOUND_BY_SWEEP: &str = "a sweep found it, because no event that told of it was dealt with";

/// What people are told where no CloudTrail event names the caller.
pub const CALLER_UNKNOWN: &str = "no CloudTrail event of this creation was seen so far, so that the caller is unknown";

/// What people are told where the caller is known, but not the tags of the session.
pub const SESSION_UNKNOWN: &str = "no record of the caller's session was seen, so that the caller's tags are unknown";
