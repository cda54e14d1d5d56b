//! What a sweep says of what went wrong.

/// How many problems of a kind are told in full.
const MAX_PROBLEMS: usize = 3;

/// The first of many problems.
pub(super) fn summarize(problems: &[String]) -> String {
    let first: Vec<_> = problems.iter().take(MAX_PROBLEMS).map(String::as_str).collect();
    match problems.len().saturating_sub(MAX_PROBLEMS) {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    }
}
