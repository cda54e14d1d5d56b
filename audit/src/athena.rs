//! Amazon Athena on the log files: the query for the records that an audit needs, and its result.
//!
//! The table is the one that the CloudTrail console creates (Athena User Guide, "Use the CloudTrail console to create
//! an Athena table for CloudTrail logs"). Its column names are in lower case, and so are those of the result, which are
//! the fields of [`Row`]. Requests and responses are texts of JSON.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tagwarden::evidence::TEACHING;

use crate::Period;

/// The columns of the result, and their expressions in the query if those differ from the names.
const COLUMNS: [(&str, &str); 20] = [
    ("eventid", ""),
    ("eventtime", ""),
    ("eventsource", ""),
    ("eventname", ""),
    ("eventtype", ""),
    ("awsregion", ""),
    ("recipientaccountid", ""),
    ("errorcode", ""),
    ("errormessage", ""),
    ("readonly", ""),
    ("caller_type", "useridentity.type"),
    ("caller_principalid", "useridentity.principalid"),
    ("caller_arn", "useridentity.arn"),
    ("caller_accountid", "useridentity.accountid"),
    ("caller_accesskeyid", "useridentity.accesskeyid"),
    ("caller_invokedby", "useridentity.invokedby"),
    ("caller_issuer_arn", "useridentity.sessioncontext.sessionissuer.arn"),
    ("caller_session_created", "useridentity.sessioncontext.attributes.creationdate"),
    ("requestparameters", ""),
    ("responseelements", ""),
];

/// The name of a table, which may follow the names of its catalogue and database.
///
/// # Errors
/// If it is not a name that is valid without quotes.
pub fn parse_table(name: &str) -> Result<String, String> {
    let is_plain =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match name.split('.').all(is_plain) {
        true => Ok(name.to_owned()),
        false => Err("expected letters, digits and `_`, with `.` between database and table".to_owned()),
    }
}

/// The query for the records in `table` that an audit of `period` needs.
pub fn query(table: &str, period: Period) -> String {
    let columns = COLUMNS.map(|(name, path)| match path {
        "" => format!("  {name}"),
        path => format!("  {path} AS {name}"),
    });
    let teaching = TEACHING.map(|(source, names)| {
        let names: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
        format!("  OR eventsource = '{source}' AND eventname IN ({})\n", names.join(", "))
    });
    let Period { since, until } = period.with_sessions();
    // Times are text in the table, all in the same form (CloudTrail User Guide, "CloudTrail record contents").
    let since = since.map(|time| format!("AND eventtime >= '{}'\n", time.strftime("%Y-%m-%dT%H:%M:%SZ")));
    let until = until.map(|time| format!("AND eventtime < '{}'\n", time.strftime("%Y-%m-%dT%H:%M:%SZ")));
    format!(
        "-- The records that `tagwarden audit` needs, from the table that the CloudTrail console creates\n\
        -- (https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-ct.html).\n\
        SELECT\n{}\nFROM {table}\nWHERE (\n  eventsource = 'sagemaker.amazonaws.com' AND coalesce(readonly, 'false') <> 'true'\n{})\n{}{}",
        columns.join(",\n"),
        teaching.concat(),
        since.unwrap_or_default(),
        until.unwrap_or_default(),
    )
    .trim_end()
    .to_owned()
}

/// A row of the result. JSON leaves out null values; in CSV they are empty.
#[derive(Deserialize)]
struct Row {
    eventid: Option<String>,
    eventtime: Option<String>,
    eventsource: Option<String>,
    eventname: Option<String>,
    eventtype: Option<String>,
    awsregion: Option<String>,
    recipientaccountid: Option<String>,
    errorcode: Option<String>,
    errormessage: Option<String>,
    readonly: Option<String>,
    caller_type: Option<String>,
    caller_principalid: Option<String>,
    caller_arn: Option<String>,
    caller_accountid: Option<String>,
    caller_accesskeyid: Option<String>,
    caller_invokedby: Option<String>,
    caller_issuer_arn: Option<String>,
    caller_session_created: Option<String>,
    requestparameters: Option<String>,
    responseelements: Option<String>,
}

/// The record of a row.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AthenaRecord {
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    event_time: Option<String>,
    event_source: Option<String>,
    event_name: Option<String>,
    event_type: Option<String>,
    aws_region: Option<String>,
    recipient_account_id: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    read_only: bool,
    user_identity: AthenaIdentity,
    request_parameters: Option<Box<RawValue>>,
    response_elements: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AthenaIdentity {
    r#type: Option<String>,
    principal_id: Option<String>,
    arn: Option<String>,
    account_id: Option<String>,
    access_key_id: Option<String>,
    invoked_by: Option<String>,
    session_context: SessionContext,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionContext {
    session_issuer: SessionIssuer,
    attributes: Attributes,
}

#[derive(Serialize)]
struct SessionIssuer {
    arn: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    creation_date: Option<String>,
}

impl From<Row> for AthenaRecord {
    fn from(row: Row) -> Self {
        Self {
            event_id: row.eventid,
            event_time: row.eventtime,
            event_source: row.eventsource,
            event_name: row.eventname,
            event_type: row.eventtype,
            aws_region: row.awsregion,
            recipient_account_id: row.recipientaccountid,
            error_code: row.errorcode,
            error_message: row.errormessage,
            read_only: row.readonly.is_some_and(|text| text == "true"),
            user_identity: AthenaIdentity {
                r#type: row.caller_type,
                principal_id: row.caller_principalid,
                arn: row.caller_arn,
                account_id: row.caller_accountid,
                access_key_id: row.caller_accesskeyid,
                invoked_by: row.caller_invokedby,
                session_context: SessionContext {
                    session_issuer: SessionIssuer { arn: row.caller_issuer_arn },
                    attributes: Attributes { creation_date: row.caller_session_created },
                },
            },
            request_parameters: row.requestparameters.and_then(json),
            response_elements: row.responseelements.and_then(json),
        }
    }
}

/// The JSON value in a text. A text that is not JSON stays a text, which does not count as a request.
fn json(text: String) -> Option<Box<RawValue>> {
    serde_json::from_str(&text).or_else(|_| serde_json::value::to_raw_value(&text)).ok()
}

/// Whether these are the bytes of a result in CSV: the first line names the columns.
pub(crate) fn is_csv(bytes: &[u8]) -> bool {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut names = first.trim_ascii().split(|byte| *byte == b',');
    names.any(|name| name == b"\"eventsource\"" || name == b"eventsource")
}

/// The records of a result in CSV as JSON Lines, each on the line where its row begins.
pub(crate) fn records_of_csv(bytes: &[u8], problems: &mut Vec<String>) -> String {
    let mut reader = csv::Reader::from_reader(bytes);
    let (mut text, mut line, mut fields) = (String::new(), 1, csv::StringRecord::new());
    let names = match reader.headers() {
        Ok(names) => names.clone(),
        Err(error) => {
            problems.push(format!("1: not a result of Athena: {error}"));
            return text;
        }
    };
    loop {
        let row = match reader.read_record(&mut fields) {
            Ok(false) => return text,
            read => read.and_then(|_| fields.deserialize::<Row>(Some(&names))),
        };
        let begins = |position: Option<&csv::Position>| position.map_or(line, csv::Position::line);
        match row {
            Ok(row) => {
                let begins = begins(fields.position());
                (line..begins).for_each(|_| text.push('\n'));
                line = begins;
                text.push_str(&serde_json::to_string(&AthenaRecord::from(row)).unwrap_or_default());
            }
            Err(error) => {
                problems.push(format!("{}: not a row of Athena's result: {error}", begins(error.position())));
            }
        }
    }
}

/// The records of a result in JSON Lines; `None` if the first line is not a row of one. Other lines stay as they are.
pub(crate) fn records_of_json_lines(text: &str) -> Option<String> {
    let record = |line: &str| match serde_json::from_str::<Row>(line) {
        Ok(row) if row.eventsource.is_some() && !line.contains("\"eventSource\"") => {
            serde_json::to_string(&AthenaRecord::from(row)).ok()
        }
        _ => None,
    };
    let first = text.lines().next().filter(|line| line.contains("\"eventsource\""))?;
    record(first)?;
    let lines: Vec<_> = text.lines().map(|line| record(line).unwrap_or_else(|| line.to_owned())).collect();
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_file::text;

    const REQUEST: &str = r#"{"trainingJobName":"a, \"b\"","tags":[]}"#;

    fn row() -> Vec<(&'static str, &'static str)> {
        vec![
            ("eventsource", "sagemaker.amazonaws.com"),
            ("eventname", "CreateTrainingJob"),
            ("errormessage", "no policy allows it"),
            ("readonly", "false"),
            ("caller_issuer_arn", "arn:aws:iam::111122223333:role/r"),
            ("useragent", "two\nlines"),
            ("requestparameters", REQUEST),
            ("responseelements", "no JSON"),
        ]
    }

    fn expected() -> serde_json::Value {
        serde_json::json!({
            "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob", "readOnly": false,
            "errorMessage": "no policy allows it",
            "userIdentity": {"sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/r"}, "attributes": {}}},
            "requestParameters": {"trainingJobName": "a, \"b\"", "tags": []}, "responseElements": "no JSON",
        })
    }

    fn without_nulls(mut value: serde_json::Value) -> serde_json::Value {
        if let Some(members) = value.as_object_mut() {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(|member| *member = without_nulls(member.take()));
        }
        value
    }

    /// As Athena writes it: everything in quotes, except null values.
    #[test]
    fn csv_becomes_records_on_the_lines_where_rows_begin() {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let line = |texts: Vec<&str>| texts.into_iter().map(quoted).collect::<Vec<_>>().join(",");
        let (names, values): (Vec<_>, Vec<_>) = row().into_iter().unzip();
        let csv = format!("{}\n{}\n\"too\",\"few\"\n{}\n", line(names), line(values.clone()), line(values));
        let mut problems = Vec::new();
        let records = text(csv.as_bytes(), &mut problems).unwrap().into_owned();
        let lines: Vec<_> = records.lines().enumerate().filter(|(_, line)| !line.is_empty()).collect();
        assert_eq!(lines.iter().map(|(index, _)| index + 1).collect::<Vec<_>>(), [2, 5]);
        for (_, line) in lines {
            assert_eq!(without_nulls(serde_json::from_str(line).unwrap()), expected());
        }
        assert_eq!(problems.len(), 1);
        assert!(problems.concat().starts_with("4: not a row of Athena's result: "), "{problems:?}");
    }

    #[test]
    fn json_lines_become_records() {
        let members = row().into_iter().map(|(name, value)| (name.to_owned(), value.into()));
        let object = serde_json::Value::Object(members.collect());
        let own = r#"{"eventsource":"x","eventSource":"sagemaker.amazonaws.com"}"#;
        let lines = format!("{object}\n{own}\n{object}");
        let records = text(lines.as_bytes(), &mut Vec::new()).unwrap().into_owned();
        let records: Vec<_> = records.lines().collect();
        assert_eq!(without_nulls(serde_json::from_str(records[0]).unwrap()), expected());
        assert_eq!((records[1], records[2]), (own, records[0]), "a record is nothing else");
        assert_eq!(text(own.as_bytes(), &mut Vec::new()).unwrap(), own);
    }

    #[test]
    fn a_table_needs_no_quotes() {
        assert!(parse_table("awsdatacatalog.default.cloudtrail_logs_1").is_ok());
        for name in ["", "a b", "x; DROP TABLE y", "a..b", "\"a\""] {
            assert!(parse_table(name).is_err(), "{name}");
        }
    }
}
