//! Keys of tags.

/// Whether people, billing or IAM may confuse the two tag keys: they differ at most in case and white space.
pub fn are_alike(one: &str, other: &str) -> bool {
    fn normalised(key: &str) -> impl Iterator<Item = char> {
        key.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase)
    }
    normalised(one).eq(normalised(other))
}
