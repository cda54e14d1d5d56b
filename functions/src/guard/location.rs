//! The account and region of a guard.

use tagwarden::record::{Call, arn};

/// Refuses a call from an account or region other than that of the function `function_arn`. Roles and jobs of the same names
/// are different ones there: the guard would read the tags of one role and stop the job of another. On a developer's machine,
/// the function has no ARN, so there is nothing to compare.
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
