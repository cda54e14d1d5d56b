//! What a sweep says of what went wrong.

/// How many problems of a kind are told in full.
const TOLD: usize = 3;

/// The first of many problems.
pub(super) fn in_short(problems: &[String]) -> String {
    let told: Vec<_> = problems.iter().take(TOLD).map(String::as_str).collect();
    match problems.len().saturating_sub(TOLD) {
        0 => told.join("; "),
        more => format!("{}; and {more} more", told.join("; ")),
    }
}
