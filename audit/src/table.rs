//! Tables in CSV: results of Athena and CloudTrail Lake, and exports of log stores. Each row becomes an object, on the line where it
//! begins, with the columns as its members.

use serde_json::{Map, Value};
use tagwarden::record::documents::{Problem, row};

use crate::problems::Problems;

/// Columns by which a table is recognised: those of records, and those that hold whole records.
const OF_RECORDS: [&str; 2] = ["eventsource", "eventname"];
const OF_TEXTS: [&str; 5] = ["_raw", "cloudtrailevent", "message", "@message", "event.original"];

/// Whether this is a table in CSV: the first line names the columns.
pub(crate) fn is_csv(text: &[u8]) -> bool {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let names = first.trim_ascii().split(|byte| *byte == b',');
    let mut names =
        names.map(|name| name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name));
    names.any(|name| OF_RECORDS.iter().chain(&OF_TEXTS).any(|known| name.eq_ignore_ascii_case(known.as_bytes())))
}

/// The rows of a table in CSV as JSON Lines.
///
/// # Errors
/// If the rows lack a column that decides.
pub(crate) fn json_lines(csv: &[u8], problems: &mut Problems) -> Result<String, String> {
    let mut reader = csv::Reader::from_reader(csv);
    let (mut text, mut line, mut fields) = (String::new(), 1, csv::StringRecord::new());
    let names = reader.headers().map_err(|error| format!("not a table in CSV: {}", why(&error)))?.clone();
    let has = |known: &[&str]| names.iter().any(|name| known.iter().any(|known| name.eq_ignore_ascii_case(known)));
    if has(&OF_RECORDS)
        && !has(&OF_TEXTS)
        && let Some(lacks) = row::lacks(names.iter())
    {
        return Err(lacks);
    }
    loop {
        let read = reader.read_record(&mut fields);
        let begins = |position: Option<&csv::Position>| {
            position.and_then(|position| usize::try_from(position.line()).ok()).unwrap_or(line)
        };
        match read {
            Ok(false) => return Ok(text),
            Ok(true) => {
                let begins = begins(fields.position());
                (line..begins).for_each(|_| text.push('\n'));
                line = begins;
                let members = names.iter().zip(&fields).map(|(name, value)| (name.to_owned(), Value::from(value)));
                text.push_str(&Value::Object(Map::from_iter(members)).to_string());
            }
            Err(error) => {
                let message = format!("not a row of the table: {}", why(&error));
                problems.add(Problem { line: begins(error.position()), member: String::new(), message });
            }
        }
    }
}

/// What is wrong, without the place.
fn why(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} fields instead of {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LogFiles, Period};

    const REQUEST: &str = r#"{"trainingJobName":"a, \"b\"","tags":[]}"#;

    /// As Athena writes it: everything in quotes, except null values.
    fn csv(without: &str, rows: &[&[(&str, &str)]]) -> String {
        let names =
            || row::COLUMNS.map(|(name, _)| name).into_iter().chain(["useragent"]).filter(|name| *name != without);
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut lines = vec![names().map(quoted).collect::<Vec<_>>().join(",")];
        for row in rows {
            let value = |name: &str| row.iter().find(|(known, _)| *known == name).map(|(_, value)| quoted(value));
            lines.push(names().map(|name| value(name).unwrap_or_default()).collect::<Vec<_>>().join(","));
        }
        lines.join("\n")
    }

    const CALL: &[(&str, &str)] = &[
        ("eventsource", "sagemaker.amazonaws.com"),
        ("eventname", "CreateTrainingJob"),
        ("readonly", "false"),
        ("useragent", "two\nlines"),
        ("requestparameters", REQUEST),
    ];

    #[test]
    fn rows_become_objects_on_the_lines_where_they_begin() {
        let text = csv("", &[CALL, CALL]) + "\n\"too\",\"few\"\n" + csv("", &[CALL]).split_once('\n').unwrap().1;
        let mut problems = Problems::default();
        let rows = json_lines(text.as_bytes(), &mut problems).unwrap();
        let lines: Vec<_> = rows.lines().enumerate().filter(|(_, line)| !line.is_empty()).collect();
        assert_eq!(lines.iter().map(|(index, _)| index + 1).collect::<Vec<_>>(), [2, 4, 7]);
        for (_, line) in lines {
            let row: Value = serde_json::from_str(line).unwrap();
            assert_eq!((&row["requestparameters"], &row["errorcode"]), (&REQUEST.into(), &"".into()));
        }
        let mut expected = Problems::default();
        let message = "not a row of the table: 2 fields instead of 21".to_owned();
        expected.add(Problem { line: 6, member: String::new(), message });
        assert_eq!(problems, expected);
    }

    #[test]
    fn a_column_that_decides_must_be_there() {
        for (column, _) in row::COLUMNS {
            let table = csv(column, &[CALL]);
            let extract = LogFiles::default().scan(table.as_bytes(), Period::default()).extract;
            if ["eventid", "errormessage"].contains(&column) {
                assert_eq!((extract.launches.len(), extract.problems.count()), (1, 0), "{column}");
            } else {
                assert_eq!((extract.launches.len(), extract.problems.count()), (0, 1), "{column}");
                assert!(format!("{:?}", extract.problems).contains(&format!("the column `{column}` is missing")));
            }
        }
    }

    #[test]
    fn whole_records_may_be_in_a_column() {
        let record = r#"{""eventSource"":""s"",""eventName"":""n""}"#;
        for table in [format!("_time,_raw\n1,\"{record}\"\n"), format!("\"@timestamp\",\"@message\"\n1,\"{record}\"\n")]
        {
            let extract = LogFiles::default().scan(table.as_bytes(), Period::default()).extract;
            assert_eq!((extract.records, extract.problems.count()), (1, 0), "{table}");
        }
    }
}
