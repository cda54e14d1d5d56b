"""What others need for the least that an audit must do: read an archive and count SageMaker's writes by who made them.

`audit_peers.py PEER FOLDER` prints the number of records and of writes: every peer must find the same.
"""

import collections
import functools
import gzip
import multiprocessing
import pathlib
import sys


def files(folder):
    return sorted(str(path) for path in pathlib.Path(folder).rglob("*.json.gz"))


def count(path, inflate, parse):
    records = parse(inflate(path))["Records"]
    writes = collections.Counter()
    for record in records:
        if record["eventSource"] == "sagemaker.amazonaws.com" and not record["readOnly"]:
            writes[record["userIdentity"].get("arn")] += 1
    return len(records), writes


def with_orjson(path):
    import orjson

    with gzip.open(path) as file:
        return count(path, lambda _: file.read(), orjson.loads)


def with_isal(path):
    import orjson
    from isal import igzip

    with open(path, "rb") as file:
        return count(path, lambda _: igzip.decompress(file.read()), orjson.loads)


@functools.cache
def simdjson_parser():
    import simdjson

    return simdjson.Parser()


def with_simdjson(path):
    from isal import igzip

    with open(path, "rb") as file:
        return count(path, lambda _: igzip.decompress(file.read()), simdjson_parser().parse)


def over_files(one, folder, processes):
    total, writes = 0, collections.Counter()
    with multiprocessing.Pool(processes) as pool:
        for records, of_file in pool.imap_unordered(one, files(folder)):
            total += records
            writes += of_file
    return total, sum(writes.values())


QUERY = """
    select count(*), count(*) filter (record->>'$.eventSource' = 'sagemaker.amazonaws.com' and record->>'$.readOnly' = 'false')
    from (select unnest(Records) as record from {table})
"""


def with_duckdb(folder, tuned):
    import duckdb

    duckdb.sql("set threads = 2")
    pattern = f"{folder}/**/*.json.gz"
    if tuned:
        # No schema is guessed, and each file is one object of raw JSON values.
        table = f"read_json('{pattern}', format = 'unstructured', records = true, auto_detect = false, columns = {{Records: 'JSON[]'}})"
        return duckdb.sql(QUERY.format(table=table)).fetchall()[0]
    table = f"read_json('{pattern}')"
    query = f"""
        select count(*), count(*) filter (record.eventSource = 'sagemaker.amazonaws.com' and not record.readOnly)
        from (select unnest(Records) as record from {table})
    """
    return duckdb.sql(query).fetchall()[0]


def main():
    peer, folder = sys.argv[1:]
    if peer == "orjson":
        result = over_files(with_orjson, folder, 2)
    elif peer == "isal":
        result = over_files(with_isal, folder, 2)
    elif peer == "simdjson":
        result = over_files(with_simdjson, folder, 2)
    else:
        result = with_duckdb(folder, peer == "duckdb-tuned")
    print(*result)


if __name__ == "__main__":
    main()
