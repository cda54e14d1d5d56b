//! Records as CloudTrail writes them: compact, in its order of members.

use fastrand::Rng;
use jiff::ToSpan;

use crate::{ACCOUNTS, Place, REGIONS, start};

/// The time of a second of the archive.
pub fn time(second: i64) -> String {
    (start() + second.seconds()).to_string()
}

pub fn hex(rng: &mut Rng, digits: usize) -> String {
    (0..digits).map(|_| rng.digit(16)).collect()
}

pub fn uuid(rng: &mut Rng) -> String {
    let part = |rng: &mut Rng, digits| hex(rng, digits);
    format!("{}-{}-4{}-a{}-{}", part(rng, 8), part(rng, 4), part(rng, 3), part(rng, 3), part(rng, 12))
}

/// An identifier such as `ASIA…` or `AROA…`: the prefix and sixteen capitals or digits.
pub fn id(rng: &mut Rng, prefix: &str) -> String {
    let rest: String = (0..16).map(|_| rng.alphanumeric().to_ascii_uppercase()).collect();
    format!("{prefix}{rest}")
}

/// The `userIdentity` of a session of the role `name`.
pub fn session(account: &str, role: (&str, &str), session: &str, key: &str, created: i64) -> String {
    let ((name, role_id), created) = (role, time(created));
    format!(
        r#"{{"type":"AssumedRole","principalId":"{role_id}:{session}","arn":"arn:aws:sts::{account}:assumed-role/{name}/{session}","accountId":"{account}","accessKeyId":"{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"{role_id}","arn":"arn:aws:iam::{account}:role/{name}","accountId":"{account}","userName":"{name}"}},"attributes":{{"creationDate":"{created}","mfaAuthenticated":"false"}}}}}}"#
    )
}

/// A call, but for what all records have in common.
pub struct Parts<'p> {
    pub identity: &'p str,
    pub source: &'p str,
    pub name: &'p str,
    pub agent: &'p str,
    pub request: &'p str,
    pub response: &'p str,
    pub read_only: bool,
    /// Members between `userAgent` and `requestParameters`, such as `errorCode`, each with a comma behind it.
    pub error: &'p str,
}

/// The record of a call at a second of the archive, and its event id.
pub fn record(rng: &mut Rng, place: Place, second: i64, parts: &Parts) -> (String, String) {
    let Parts { identity, source, name, agent, request, response, read_only, error } = parts;
    let (account, region, time) = (ACCOUNTS[place.account], REGIONS[place.region], time(second));
    let (request_id, event_id) = (uuid(rng), uuid(rng));
    let host = source.strip_suffix(".amazonaws.com").unwrap_or(source);
    let address = if agent.ends_with(".amazonaws.com") {
        (*agent).to_owned()
    } else {
        format!("10.{}.{}.{}", rng.u8(..), rng.u8(..), rng.u8(..))
    };
    let json = format!(
        r#"{{"eventVersion":"1.11","userIdentity":{identity},"eventTime":"{time}","eventSource":"{source}","eventName":"{name}","awsRegion":"{region}","sourceIPAddress":"{address}","userAgent":"{agent}",{error}"requestParameters":{request},"responseElements":{response},"requestID":"{request_id}","eventID":"{event_id}","readOnly":{read_only},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{host}.{region}.amazonaws.com"}}}}"#
    );
    (json, event_id)
}
