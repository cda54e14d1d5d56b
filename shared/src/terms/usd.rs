//! Amounts of money.

use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many millionths a dollar has.
const MILLION: u64 = 1_000_000;

/// US dollars, in whole millionths. In JSON, they are a number of dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd(u64);

impl Usd {
    /// So many millionths of a dollar. More than fit count as the most that do.
    pub fn millionths(millionths: u128) -> Self {
        Self(u64::try_from(millionths).unwrap_or(u64::MAX))
    }

    /// The amount in millionths of a dollar.
    pub fn as_millionths(self) -> u64 {
        self.0
    }

    /// So many dollars, to the nearest millionth.
    pub fn dollars(dollars: f64) -> Self {
        Self((dollars * MILLION as f64).round() as u64)
    }

    /// The amount that a decimal such as `0.1340000000` says; what is beyond millionths is rounded up.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let (kept, beyond) = fraction.split_at_checked(6).unwrap_or((fraction, ""));
        let kept: u64 = format!("{kept:0<6}").parse().ok()?;
        let rounded_up = u64::from(beyond.bytes().any(|byte| byte != b'0'));
        whole.parse::<u64>().ok()?.checked_mul(MILLION)?.checked_add(kept + rounded_up).map(Self)
    }

    /// The amount in whole cents, rounded up.
    #[must_use]
    pub fn rounded_up(self) -> Self {
        const CENT: u64 = 10_000;
        Self(self.0.div_ceil(CENT).saturating_mul(CENT))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.fold(0, |sum, amount| sum.saturating_add(amount.0)))
    }
}

/// `$47,193.60`, `$10,000`, `$0.115`
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("$")?;
        let whole = (self.0 / MILLION).to_string();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        let fraction = format!("{:06}", self.0 % MILLION);
        match fraction.trim_end_matches('0') {
            "" => Ok(()),
            digits => write!(f, ".{digits:0<2}"),
        }
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / MILLION as f64)
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::dollars)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_read_exactly_and_written_for_people() {
        for (text, millionths, written) in [
            ("98.3200000000", 98_320_000, "$98.32"),
            ("0.115", 115_000, "$0.115"),
            ("10000", 10_000_000_000, "$10,000"),
            ("1234567.5", 1_234_567_500_000, "$1,234,567.50"),
            ("0.0000001", 1, "$0.000001"),
            ("0.0000000000", 0, "$0"),
        ] {
            let usd = Usd::parse(text);
            assert_eq!(usd, Some(Usd(millionths)), "{text}");
            assert_eq!(usd.unwrap().to_string(), written);
        }
        for text in ["", ".5", "-1", "1e3", "1,000", "18446744073709551616", "18446744073709.9"] {
            assert_eq!(Usd::parse(text), None, "{text}");
        }
        assert_eq!(Usd(10_001).rounded_up().to_string(), "$0.02");
        assert_eq!([Usd(u64::MAX), Usd(1)].into_iter().sum::<Usd>(), Usd(u64::MAX));
    }

    proptest! {
        #[test]
        fn json_keeps_the_amount(millionths in 0..1_000_000_000_000_000_u64) {
            let json = serde_json::to_string(&Usd(millionths)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Usd>(&json).unwrap(), Usd(millionths));
        }
    }
}
