//! Texts that hold documents: JSON, or the Base64 of JSON or of its gzip, as CloudWatch Logs and Kinesis hand data to Lambda
//! (Lambda Developer Guide, "Using Lambda with CloudWatch Logs").

use std::borrow::Cow;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;

/// A text inflates to more than may be read.
pub(super) struct TooMuch;

/// The documents that a text holds, if it looks as if it held any. `left` is how many bytes may still be unwrapped.
pub(super) fn documents<'t>(text: &'t str, left: &mut usize) -> Result<Option<Cow<'t, str>>, TooMuch> {
    let documents = if may_be_json(text) {
        Some(Cow::Borrowed(text))
    } else {
        let bytes = STANDARD.decode(text.trim()).unwrap_or_default();
        let bytes = if bytes.starts_with(&[0x1f, 0x8b]) { inflate(&bytes, left)? } else { bytes };
        String::from_utf8(bytes).ok().filter(|text| may_be_json(text)).map(Cow::Owned)
    };
    *left = left.checked_sub(documents.as_ref().map_or(0, |text| text.len())).ok_or(TooMuch)?;
    Ok(documents)
}

fn may_be_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// What a gzip holds; nothing if it is damaged.
fn inflate(gzipped: &[u8], left: &mut usize) -> Result<Vec<u8>, TooMuch> {
    let (limit, mut bytes) = (*left as u64, Vec::new());
    let read = MultiGzDecoder::new(gzipped).take(limit.saturating_add(1)).read_to_end(&mut bytes);
    if bytes.len() as u64 > limit {
        *left = 0;
        return Err(TooMuch);
    }
    Ok(if read.is_ok() { bytes } else { Vec::new() })
}
