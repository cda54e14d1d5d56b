"""The check notices what it is for: each change of the table, one at a time."""

import copy
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import check
import shapes

TABLE = Path(sys.argv.pop())


class Noticed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = {row["operation"]: row for row in map(json.loads, TABLE.read_text().splitlines())}
        cls.names = check.listed_names()

    def notice(self, says, change=lambda rows: None, names=None, entries=None):
        rows = copy.deepcopy(self.rows)
        change(rows)
        found = check.problems(rows, self.names if names is None else names, entries)
        self.assertTrue(any(says in problem for problem in found), found)
        return found

    def slot(self, rows, operation, path):
        return next(slot for slot in rows[operation]["slots"] if slot["path"] == path)

    def test_the_table_as_it_is(self):
        self.assertEqual(check.problems(self.rows, self.names), [])

    def test_an_operation_that_is_missing(self):
        self.notice("CreateProcessingJob: has `roleArn` (role)", lambda rows: rows.pop("CreateProcessingJob"))
        self.notice("StartNotebookInstance does not only read", lambda rows: rows.pop("StartNotebookInstance"))

    def test_an_operation_that_does_not_exist(self):
        def rename(rows):
            rows["CreateNothing"] = {**rows.pop("CreateModel"), "operation": "CreateNothing"}

        self.notice("CreateNothing does not exist", rename)

    def test_a_slot_that_is_missing(self):
        def drop(rows):
            row = rows["CreateTransformJob"]
            row["slots"] = [slot for slot in row["slots"] if slot["path"] != "transformResources.volumeKmsKeyId"]

        self.notice("CreateTransformJob: `transformResources.volumeKmsKeyId` (key) is neither", drop)

    def test_a_path_that_does_not_exist(self):
        def misspell(rows):
            self.slot(rows, "CreateModel", "containers[].image")["path"] = "containers.image"

        self.notice("a request has no `containers.image`", misspell)

    def test_a_fact_of_another_type(self):
        def retype(rows):
            self.slot(rows, "CreateModel", "enableNetworkIsolation")["fact"] = "Image"

        self.notice("`enableNetworkIsolation` is a boolean, not a string", retype)

    def test_required_and_optional(self):
        def require(rows):
            self.slot(rows, "CreateModel", "executionRoleArn")["required"] = True

        self.notice("CreateModel: `executionRoleArn` is optional", require)

        def relax(rows):
            self.slot(rows, "CreateProcessingJob", "roleArn")["required"] = False

        self.notice("CreateProcessingJob: `roleArn` is required", relax)

        def mark(rows):
            slot = self.slot(rows, "CreateTransformJob", "transformResources.instanceType")
            slot["path"], slot["required"] = "transformResources?.instanceType", False

        self.notice("`transformResources` is required, and marked with `?`", mark)

    def test_what_names_and_undoes_the_resource(self):
        self.notice("no `modelARN`", lambda rows: rows["CreateModel"].update(resource_arn="modelARN"))
        self.notice("has no `model`", lambda rows: rows["CreateModel"].update(resource_name="model"))
        self.notice("answers modelArn", lambda rows: rows["CreateModel"].update(resource_arn=None))
        self.notice("DeleteDomain does not take", lambda rows: rows["CreateModel"].update(stop={"by": "DeleteDomain"}))

    def test_names(self):
        self.notice("CreateModel is new", names=self.names - {"CreateModel"})
        self.notice("CreateNothing does not exist", names=self.names | {"CreateNothing"})

    def test_exclusions(self):
        entries = shapes.Exclusions().entries
        stale = {"paths": ["nothing.*"], "reason": "none"}
        self.notice("nothing matches", entries=[*entries, stale])
        self.notice("neither in the table nor excluded", entries=entries[1:])


if __name__ == "__main__":
    unittest.main()
