"""Athena for tests: DuckDB runs the query, which sqlglot parses as Athena's SQL, over a table of the shape that the CloudTrail
console makes, and the result is written as Athena writes it."""

import gzip
import json
import pathlib
import sys

import duckdb
import sqlglot

TEXT = "VARCHAR"
CALLER = """STRUCT(type VARCHAR, principalid VARCHAR, arn VARCHAR, accountid VARCHAR, invokedby VARCHAR, accesskeyid VARCHAR,
    username VARCHAR, sessioncontext STRUCT(attributes STRUCT(mfaauthenticated VARCHAR, creationdate VARCHAR),
    sessionissuer STRUCT(type VARCHAR, principalid VARCHAR, arn VARCHAR, accountid VARCHAR, username VARCHAR)))"""
# Athena User Guide, "Create a table for CloudTrail logs in Athena using manual partitioning".
COLUMNS = {
    **dict.fromkeys(("eventversion", "eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress", "useragent"), TEXT),
    **dict.fromkeys(("errorcode", "errormessage", "requestparameters", "responseelements", "additionaleventdata"), TEXT),
    **dict.fromkeys(("requestid", "eventid", "eventtype", "apiversion", "readonly", "recipientaccountid"), TEXT),
    **dict.fromkeys(("serviceeventdetails", "sharedeventid", "vpcendpointid"), TEXT),
    "useridentity": CALLER,
}


def lower(value):
    """The names of structs are in lower case."""
    return {key.lower(): lower(member) for key, member in value.items()} if isinstance(value, dict) else value


def as_text(value):
    """Columns of text hold JSON where the record has no text."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def row(record):
    cells = {key.lower(): lower(value) if key == "userIdentity" else as_text(value) for key, value in record.items()}
    return {name: cells.get(name) for name in COLUMNS}


def main():
    logs, query, as_csv, as_json = map(pathlib.Path, sys.argv[1:])
    table = as_csv.with_suffix(".table")
    with table.open("w") as lines:
        for file in sorted(logs.rglob("*.json.gz")):
            for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]:
                lines.write(json.dumps(row(record)) + "\n")
    types = ", ".join(f"{name}: '{' '.join(kind.split())}'" for name, kind in COLUMNS.items())
    database = duckdb.connect()
    database.execute(f"CREATE TABLE cloudtrail_logs AS FROM read_json('{table}', format = 'newline_delimited', columns = {{{types}}})")
    [translated] = sqlglot.transpile(query.read_text(), read="athena", write="duckdb")
    result = database.execute(translated)
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    quoted = lambda text: "" if text is None else '"' + text.replace('"', '""') + '"'
    with as_csv.open("w", newline="") as file:
        for cells in [names, *rows]:
            file.write(",".join(map(quoted, cells)) + "\n")
    with as_json.open("w") as file:
        for cells in rows:
            file.write(json.dumps({name: cell for name, cell in zip(names, cells) if cell is not None}) + "\n")


if __name__ == "__main__":
    main()
