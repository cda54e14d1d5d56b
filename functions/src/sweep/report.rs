//! The error message of a sweep.

/// How many problems of a kind are reported in full.
const MAX_PROBLEMS: usize = 3;

/// The first problems, and the number of the others.
pub(super) fn summarize(problems: &[String]) -> String {
    let first: Vec<_> = problems.iter().take(MAX_PROBLEMS).map(String::as_str).collect();
    match problems.len().saturating_sub(MAX_PROBLEMS) {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    }
}
