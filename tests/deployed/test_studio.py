"""Notebooks."""

from caller import listed
from scenario import Scenario

ROLE = "arn:aws:iam::111122223333:role/ml/atlas/atlas-train"


class Studio(Scenario):
    def test_notebook(self):
        """a notebook with root access and internet access is stopped"""
        tags = listed({"Project": "atlas", "CostCenter": "4711"})
        asked = {"InstanceType": "ml.t3.medium", "RoleArn": ROLE, "Tags": tags}
        event = self.session.call("CreateNotebookInstance", NotebookInstanceName="open", **asked)
        self.cloud.publish(event)
        self.until_processed(event)
        notebook = self.sagemaker.describe_notebook_instance(NotebookInstanceName="open")
        self.assertEqual(notebook["NotebookInstanceStatus"], "Stopped")
        self.assertIn("notebook-root-access", self.rules()[0])
