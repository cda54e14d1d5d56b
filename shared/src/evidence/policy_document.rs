//! Policy documents, as IAM gives them.

use crate::grants::PolicyDocument;
use crate::record::json::Value;

/// A policy document: the AWS CLI prints it as JSON, but the API returns it as URL-encoded text.
pub fn document(value: &Value) -> Result<PolicyDocument, String> {
    match value {
        Value::Str(encoded) => decode_policy_document(encoded),
        json => PolicyDocument::read(&json.into()),
    }
}

/// A policy document as IAM's API returns it: URL-encoded (IAM API reference, `Role`).
///
/// # Errors
/// If it is not a policy document.
pub fn decode_policy_document(encoded: &str) -> Result<PolicyDocument, String> {
    let text = percent_encoding::percent_decode_str(encoded).decode_utf8_lossy();
    let json = serde_json::from_str(&text).map_err(|error| format!("the policy document is not JSON: {error}"))?;
    PolicyDocument::read(&json)
}
