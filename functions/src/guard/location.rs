//! The account and region that a guard is for.

use tagwarden::arn;
use tagwarden::call::Call;

/// Whether the call was made in the account and region that the function `function_arn` runs in. Elsewhere, roles and jobs of
/// the same names are others: judging by the one and stopping the other would harm the innocent. A runtime on a developer's
/// machine names no account, and there is nothing to compare.
pub(super) fn check_account_and_region(call: &Call, function_arn: &str) -> Result<(), String> {
    if !function_arn.starts_with("arn:") {
        return Ok(());
    }
    let (region, account) = (arn::region(function_arn), arn::account(function_arn));
    if (call.region, call.account) == (region, account) {
        return Ok(());
    }
    let place = |account: Option<&str>, region: Option<&str>| {
        format!("account {}, region {}", account.unwrap_or("unknown"), region.unwrap_or("unknown"))
    };
    let (there, here) = (place(call.account, call.region), place(account, region));
    Err(format!("the call was made in {there}; this function only acts in {here}"))
}
