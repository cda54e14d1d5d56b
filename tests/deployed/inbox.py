"""Queues, and what they got so far."""

import json

from samples import ACCOUNT, REGION


class Queue:
    """A queue that only tests read."""

    def __init__(self, cloud, url):
        self._sqs = cloud.client("sqs")
        self._url = url
        self._messages = []

    def messages(self):
        """All messages that it ever got. Their bodies are JSON."""
        asked = {"QueueUrl": self._url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while messages := self._sqs.receive_message(**asked).get("Messages"):
            for message in messages:
                self._messages.append({**message, "Body": json.loads(message["Body"])})
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return self._messages


class Inbox(Queue):
    """The security team's queue, which has subscribed to the topic of alerts."""

    def __init__(self, cloud, topic):
        name = "security-team"
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        created = cloud.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})
        cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        super().__init__(cloud, created["QueueUrl"])

    def alerts(self, caller):
        """The alerts about a caller, and the digests of such alerts."""
        alerts = [json.loads(message["Body"]["Message"]) for message in self.messages()]
        return [alert for alert in alerts if caller.arn in json.dumps(alert)]
