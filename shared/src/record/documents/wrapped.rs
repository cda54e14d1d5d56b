//! Texts that hold documents: JSON, or the Base64 of JSON or of its gzip, as CloudWatch Logs and Kinesis hand data to Lambda
//! (Lambda Developer Guide, "Using Lambda with CloudWatch Logs").

use std::borrow::Cow;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;

/// How many bytes a text may hold after decompression. What Lambda is handed has 6 MB at most.
const MAX_INFLATED: u64 = 64 << 20;

/// The documents that a text holds, if it looks as if it held any.
pub(super) fn documents(text: &str) -> Option<Cow<'_, str>> {
    if may_be_json(text) {
        return Some(Cow::Borrowed(text));
    }
    let bytes = STANDARD.decode(text.trim()).ok().filter(|bytes| !bytes.is_empty())?;
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) { inflate(&bytes)? } else { bytes };
    String::from_utf8(bytes).ok().filter(|text| may_be_json(text)).map(Cow::Owned)
}

fn may_be_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn inflate(gzipped: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(gzipped).take(MAX_INFLATED + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX_INFLATED).then_some(bytes)
}
