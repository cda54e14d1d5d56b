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


class Created(Queue):
    """A queue that a rule or a topic may send to."""

    def __init__(self, cloud, name, service, source):
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        super().__init__(cloud, cloud.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"])


class Listener(Created):
    """What comes to the default bus from a source."""

    def __init__(self, cloud, source):
        events = cloud.client("events")
        rule = events.put_rule(Name=source, EventPattern=json.dumps({"source": [source]}))["RuleArn"]
        super().__init__(cloud, f"from-{source}", "events.amazonaws.com", rule)
        events.put_targets(Rule=source, Targets=[{"Id": "queue", "Arn": self.arn}])


class Inbox(Created):
    """A queue that has subscribed to a topic of alerts."""

    def __init__(self, cloud, name, topic):
        super().__init__(cloud, name, "sns.amazonaws.com", topic)
        cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self.arn)

    def texts(self):
        """What was published."""
        return [json.loads(message["Body"]["Message"]) for message in self.messages()]

    def alerts(self, caller):
        """The alerts about a caller, and the digests of such alerts."""
        return [alert for alert in self.texts() if caller.arn in json.dumps(alert)]
