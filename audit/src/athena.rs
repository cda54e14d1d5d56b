//! Amazon Athena on the log files: the query for the records that an audit needs.
//!
//! The table is the one that the CloudTrail console creates (Athena User Guide, "Use the CloudTrail console to create
//! an Athena table for CloudTrail logs"). Its column names are in lower case, and so are those of the result.

use tagwarden::evidence::TEACHING;
use tagwarden::record::documents::row::COLUMNS;

use crate::Period;

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
    let columns = COLUMNS.map(|(name, member)| match member.to_ascii_lowercase() {
        path if path == name => format!("  {name}"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_names_every_column_that_is_read() {
        let query = query("logs", Period::default());
        for line in [
            "  eventid,",
            "  useridentity.sessioncontext.sessionissuer.arn AS caller_issuer_arn,",
            "  responseelements",
            "FROM logs",
        ] {
            assert!(query.lines().any(|found| found == line), "{line}: {query}");
        }
    }

    #[test]
    fn a_table_needs_no_quotes() {
        assert!(parse_table("awsdatacatalog.default.cloudtrail_logs_1").is_ok());
        for name in ["", "a b", "x; DROP TABLE y", "a..b", "\"a\""] {
            assert!(parse_table(name).is_err(), "{name}");
        }
    }
}
