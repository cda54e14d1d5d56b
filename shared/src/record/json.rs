//! Lenient reading of JSON by path. It keeps every value's place, and never guesses what is not there.
//!
//! CloudTrail writes what the service logged: the console sends unset values as `""`, `0` and `[]`, fields over the
//! size limit become `{"omitted": true}`, and types vary between senders. So each reading has one of three results:
//! set, unset, or [`Unread`].

use std::fmt;

use serde::Deserialize;

pub use serde_json_borrow::Value;

/// Something that a rule needs but that could not be read: where, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// JSON path within the record.
    pub path: String,
    /// The reason, as the end of a sentence that begins with the path.
    pub why: String,
    /// What to do about it, if there is something better than to find out why.
    pub fix: Option<&'static str>,
}

impl Unread {
    /// What could not be read at `path`, and why.
    pub fn new(path: impl fmt::Display, why: impl Into<String>) -> Self {
        Self { path: path.to_string(), why: why.into(), fix: None }
    }

    /// The same, with what to do about it.
    pub fn with_fix(self, fix: &'static str) -> Self {
        Self { fix: Some(fix), ..self }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.why)
    }
}

/// The result of reading: the value, or what could not be read and why.
pub type Read<T> = Result<T, Unread>;

/// How many `[]` a path pattern may hold.
pub const MAX_ARRAYS: usize = 3;

/// A place in `requestParameters`: a path pattern (`productionVariants[].instanceType`, with `?` as in [`find`]) and
/// the array indices on the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    pattern: &'static str,
    indices: [u32; MAX_ARRAYS],
    arrays: usize,
}

impl At {
    /// The place that `pattern` names, without array indices.
    pub fn new(pattern: &'static str) -> Self {
        Self { pattern, indices: [0; MAX_ARRAYS], arrays: 0 }
    }

    fn element(mut self, index: usize) -> Self {
        if let Some(slot) = self.indices.get_mut(self.arrays) {
            *slot = u32::try_from(index).unwrap_or(u32::MAX);
            self.arrays += 1;
        }
        self
    }

    fn indices(&self) -> &[u32] {
        self.indices.get(..self.arrays).unwrap_or_default()
    }

    /// Whether this place is inside the object at `outer`: same path, same array elements.
    pub fn is_under(&self, outer: &At) -> bool {
        self.is_within(outer.pattern, outer.indices())
    }

    /// Whether this place is inside the object that holds `sibling`.
    pub fn is_beside(&self, sibling: &At) -> bool {
        let end = sibling.pattern.bytes().rposition(|byte| byte == b'.').unwrap_or_default();
        let parent = sibling.pattern.get(..end).unwrap_or_default();
        let entered = parent.bytes().filter(|byte| *byte == b'[').count();
        self.is_within(parent, sibling.indices().get(..entered).unwrap_or(sibling.indices()))
    }

    /// A place inside the resource that this place names: this place, then the place in the request that created the
    /// resource.
    pub fn inside(&self, path: &str) -> String {
        format!("{self} → {}", path.strip_prefix("requestParameters.").unwrap_or(path))
    }

    fn is_within(&self, prefix: &str, indices: &[u32]) -> bool {
        let nested = match self.pattern.strip_prefix(prefix) {
            Some(rest) => prefix.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']),
            None => false,
        };
        nested && self.indices().starts_with(indices)
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("requestParameters.")?;
        let mut indices = self.indices().iter();
        let mut parts = self.pattern.split("[]").peekable();
        while let Some(part) = parts.next() {
            part.split('?').try_for_each(|text| f.write_str(text))?;
            if parts.peek().is_some() {
                match indices.next() {
                    Some(index) => write!(f, "[{index}]")?,
                    None => f.write_str("[]")?,
                }
            }
        }
        Ok(())
    }
}

/// A value and the place it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<'a> {
    /// Where it is, or would be if it were set.
    pub at: At,
    /// The value; `None` if it is unset.
    pub value: Read<Option<&'a Value<'a>>>,
}

impl<'a> Found<'a> {
    /// The value as text.
    ///
    /// # Errors
    /// If it could not be read, or is not text.
    pub fn text(&self) -> Read<Option<&'a str>> {
        match self.value.clone()? {
            None => Ok(None),
            Some(Value::Str(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_type("a string", other)),
        }
    }

    /// The value as a flag. `"true"` and `"false"` count too: CloudTrail writes some flags as text.
    ///
    /// # Errors
    /// If it could not be read, or is not a flag.
    pub fn flag(&self) -> Read<Option<bool>> {
        match self.value.clone()? {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::Str(text)) if text == "true" => Ok(Some(true)),
            Some(Value::Str(text)) if text == "false" => Ok(Some(false)),
            Some(other) => Err(self.wrong_type("a boolean", other)),
        }
    }

    /// The value as a whole number.
    ///
    /// # Errors
    /// If it could not be read, or is not a whole number from zero up.
    pub fn count(&self) -> Read<Option<u64>> {
        match self.value.clone()? {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(count) => Ok(Some(count)),
                None => Err(self.wrong_type("a whole number", value)),
            },
        }
    }

    fn wrong_type(&self, expected: &str, found: &Value) -> Unread {
        Unread::new(self.at, format!("expected {expected}, found {}", kind(found)))
    }
}

/// A value that the program built, as a tree that borrows from the value.
///
/// # Errors
/// If it cannot be such a tree.
pub fn borrowed(value: &serde_json::Value) -> Result<Value<'_>, serde_json::Error> {
    // The tree's own conversion makes whole numbers signed, and those are not read as counts.
    Value::deserialize(value)
}

/// The value of `key` in `object`, if that is an object and the value is set.
pub fn member<'a>(object: &'a Value<'a>, key: &str) -> Option<&'a Value<'a>> {
    object.as_object()?.get(key).filter(|value| is_set(value))
}

/// The text of `key` in `object`, if there is one.
pub fn member_text<'a>(object: &'a Value<'a>, key: &str) -> Option<&'a str> {
    member(object, key)?.as_str()
}

/// Whether a value is set: the console sends `""`, `0`, `[]` and `{}` for fields that were not filled in.
pub fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Str(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// The kind of a JSON value, for messages.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::Str(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The member that CloudTrail writes in place of what it omits because of its size.
pub const OMITTED: &str = "omitted";

/// Whether CloudTrail omitted this value because of its size: "If a field is truncated, `omitted` is present with a
/// value of `true`" (CloudTrail User Guide, record contents).
pub fn is_omitted(value: &Value) -> bool {
    match member(value, OMITTED) {
        Some(Value::Bool(omitted)) => *omitted,
        Some(Value::Str(omitted)) => omitted == "true",
        _ => false,
    }
}

/// Everything at `pattern` below `root`: keys separated by `.`, `[]` after the key of an array, `?` after that of an
/// optional object. An unset array has no elements, so nothing is found below it, and neither is below an unset
/// optional object; any other unset value is found as such.
pub fn find<'a>(root: &'a Value<'a>, pattern: &'static str) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    each(root, pattern, &mut |one| found.push(one));
    found
}

/// Passes on everything that [`find`] would find.
pub fn each<'a>(root: &'a Value<'a>, pattern: &'static str, found: &mut dyn FnMut(Found<'a>)) {
    descend(root, pattern, At::new(pattern), found);
}

fn descend<'a>(value: &'a Value<'a>, rest: &'static str, at: At, found: &mut dyn FnMut(Found<'a>)) {
    let Some(object) = value.as_object() else {
        let why = format!("expected an object on the path, found {}", kind(value));
        found(Found { at, value: Err(Unread::new(at, why)) });
        return;
    };
    let (segment, rest) = first_segment(rest);
    let key = segment.trim_end_matches(['[', ']', '?']);
    let child = object.get(key).filter(|value| is_set(value));
    if child.is_none() && is_omitted(value) {
        found(Found { at, value: Err(Unread::new(at, "CloudTrail omitted it because of its size")) });
        return;
    }
    if !segment.ends_with(']') {
        if child.is_some() || !segment.ends_with('?') {
            arrive(child, rest, at, found);
        }
        return;
    }
    match child {
        None => {}
        Some(Value::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                arrive(Some(element).filter(|value| is_set(value)), rest, at.element(index), found);
            }
        }
        Some(other) => {
            let why = format!("expected an array at `{key}`, found {}", kind(other));
            found(Found { at, value: Err(Unread::new(at, why)) });
        }
    }
}

/// The first key of a path, and the rest of the path. Paths are short: comparing each byte is faster than setting up a
/// searcher.
fn first_segment(path: &'static str) -> (&'static str, &'static str) {
    let end = path.bytes().position(|byte| byte == b'.').unwrap_or(path.len());
    let (segment, rest) = path.split_at(end);
    (segment, rest.strip_prefix('.').unwrap_or_default())
}

fn arrive<'a>(value: Option<&'a Value<'a>>, rest: &'static str, at: At, found: &mut dyn FnMut(Found<'a>)) {
    match value {
        Some(value) if !rest.is_empty() => descend(value, rest, at, found),
        None if rest.bytes().any(|byte| byte == b'[' || byte == b'?') => {}
        Some(value) if is_omitted(value) => {
            found(Found { at, value: Err(Unread::new(at, "CloudTrail omitted it because of its size")) });
        }
        value => found(Found { at, value: Ok(value) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Value<'_> {
        serde_json::from_str(text).unwrap()
    }

    fn paths_and_texts(root: &Value, pattern: &'static str) -> Vec<(String, Read<Option<String>>)> {
        find(root, pattern)
            .iter()
            .map(|found| (found.at.to_string(), found.text().map(|text| text.map(str::to_owned))))
            .collect()
    }

    #[test]
    fn what_is_built_reads_as_its_text() {
        let built = serde_json::json!({"count": 3, "less": -3, "part": 0.5, "list": [true, null, {"text": "a\n"}]});
        let tree = borrowed(&built).unwrap();
        assert_eq!(tree, parse(&built.to_string()));
        assert_eq!(find(&tree, "count")[0].count(), Ok(Some(3)));
    }

    #[test]
    fn every_value_is_found_with_its_indices() {
        let root = parse(r#"{"v":[{"p":[{"t":"a"},{"t":"b"}]},{"p":[]},{"p":[{"t":"c"}]}]}"#);
        let found = paths_and_texts(&root, "v[].p[].t");
        assert_eq!(
            found,
            [
                ("requestParameters.v[0].p[0].t".to_owned(), Ok(Some("a".to_owned()))),
                ("requestParameters.v[0].p[1].t".to_owned(), Ok(Some("b".to_owned()))),
                ("requestParameters.v[2].p[0].t".to_owned(), Ok(Some("c".to_owned()))),
            ]
        );
    }

    #[test]
    fn what_the_console_sends_for_unset_is_unset() {
        for unset in ["null", r#""""#, "0", "0.0", "[]", "{}"] {
            let text = format!(r#"{{"key":{unset}}}"#);
            let root = parse(&text);
            assert_eq!(find(&root, "key")[0].value, Ok(None), "{unset}");
            assert_eq!(find(&root, "key.deeper")[0].value, Ok(None), "{unset}");
            assert_eq!(find(&root, "key[]"), [], "{unset}");
        }
    }

    #[test]
    fn nothing_is_missing_inside_an_optional_object_that_is_not_there() {
        let root = parse(r#"{"there":{"x":1},"list":[{"there":{}},{"there":{"flag":true}}]}"#);
        assert_eq!(find(&root, "gone?.flag"), []);
        assert_eq!(find(&root, "gone.deeper?.flag"), []);
        assert_eq!(find(&root, "gone?"), []);
        assert_eq!(find(&root, "there?.flag")[0].value, Ok(None));
        assert_eq!(find(&root, "there?.flag")[0].at.to_string(), "requestParameters.there.flag");
        let found = find(&root, "list[].there?.flag");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].at.to_string(), "requestParameters.list[1].there.flag");
        assert!(found[0].at.is_under(&find(&root, "list[].there?")[0].at));
    }

    #[test]
    fn a_wrong_type_is_unread_not_unset() {
        let root = parse(r#"{"key":7,"list":"x"}"#);
        assert_eq!(find(&root, "key")[0].text().unwrap_err().why, "expected a string, found a number");
        assert!(find(&root, "key.deeper")[0].value.is_err());
        assert!(find(&root, "list[]")[0].value.is_err());
        assert!(find(&root, "list[].deeper")[0].value.is_err());
    }

    #[test]
    fn what_cloudtrail_omitted_is_unread() {
        let root = parse(r#"{"vpcConfig":{"omitted":true,"originalSize":150000}}"#);
        for pattern in ["vpcConfig", "vpcConfig.subnets[]"] {
            assert!(find(&root, pattern)[0].value.is_err(), "{pattern}");
        }
    }

    #[test]
    fn places_know_what_they_lie_in() {
        let root =
            parse(r#"{"v":[{"key":"k0","t":"a"},{"key":"k1","t":"b","deep":{"t":"c"}}],"vx":{"t":"d"},"key":"k"}"#);
        let at = |pattern, index: usize| find(&root, pattern)[index].at;
        assert!(at("v[].t", 1).is_beside(&at("v[].key", 1)));
        assert!(!at("v[].t", 0).is_beside(&at("v[].key", 1)));
        assert!(at("v[].deep.t", 1).is_beside(&at("v[].key", 1)));
        assert!(at("v[].t", 0).is_under(&at("v[]", 0)));
        assert!(!at("vx.t", 0).is_under(&At::new("v")));
        assert!(at("v[].t", 1).is_under(&At::new("v")), "a list holds its elements");
        assert!(at("v[].t", 0).is_beside(&at("key", 0)), "the root object holds everything");
    }
}
