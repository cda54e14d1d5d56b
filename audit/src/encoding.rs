//! The encodings of text files. Windows PowerShell writes UTF-16 by `>`, and some tools begin UTF-8 with a byte order mark
//! (PowerShell documentation, "about_Character_Encoding").

use std::borrow::Cow;

/// The bytes of a text as UTF-8, without a byte order mark. Bytes of an encoding that is not recognised stay as they are.
///
/// # Errors
/// If they are in an encoding that is not read, or damaged.
pub fn utf8(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Err("UTF-32 is not read: save it as UTF-8".to_owned()),
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes),
        [0, b'{' | b'[', ..] | [b'{' | b'[', 0, ..] => {
            Err("UTF-16 without a byte order mark is not read: save it as UTF-8".to_owned())
        }
        [0xef, 0xbb, 0xbf, text @ ..] => Ok(Cow::Borrowed(text)),
        bytes => Ok(Cow::Borrowed(bytes)),
    }
}

/// The text of a whole file.
///
/// # Errors
/// If its encoding is not read.
pub fn text(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(utf8(bytes)?.into_owned()).map_err(|_| "neither UTF-8 nor UTF-16: save it as UTF-8".to_owned())
}

fn utf16(text: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, [u8]>, String> {
    let (units, rest) = text.as_chunks();
    let text: Result<String, _> = char::decode_utf16(units.iter().copied().map(unit)).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text.into_bytes())),
        _ => Err("damaged UTF-16".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_read_or_named() {
        let units = "{\"ü\":\"𝄞\"}\r\n".encode_utf16().collect::<Vec<_>>();
        let (little, big): (Vec<_>, Vec<_>) = units.iter().map(|unit| (unit.to_le_bytes(), unit.to_be_bytes())).unzip();
        let (little, big) = (little.concat(), big.concat());
        let utf8 = "{\"ü\":\"𝄞\"}\r\n";
        for bytes in [
            [&[0xff, 0xfe], little.as_slice()].concat(),
            [&[0xfe, 0xff], big.as_slice()].concat(),
            ["\u{feff}", utf8].concat().into_bytes(),
            utf8.as_bytes().to_vec(),
        ] {
            assert_eq!(text(&bytes).as_deref(), Ok(utf8));
        }
        for (bytes, named) in [
            (little.as_slice(), "UTF-16 without a byte order mark"),
            (&big, "UTF-16 without a byte order mark"),
            (&[0xff, 0xfe, 0, 0, b'{', 0, 0, 0], "UTF-32"),
            (&[0xff, 0xfe, b'{'], "damaged UTF-16"),
            (&[0xff, 0xfe, 0, 0xd8], "damaged UTF-16"),
            (b"\xe4", "neither UTF-8 nor UTF-16"),
        ] {
            assert!(text(bytes).is_err_and(|why| why.contains(named)), "{named}");
        }
    }
}
