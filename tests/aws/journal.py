"""What was called, in order of arrival."""


class Journal:
    def __init__(self):
        self.clear()

    def clear(self):
        self.entries = []

    def add(self, call, fault):
        """Notes an arrived call. Its status follows when it is known; a dropped call has none."""
        entry = {
            "access_key": call.access_key,
            "service": call.service,
            "action": call.action,
            "resource": call.resource,
            "status": None,
            "fault": fault.kind if fault else None,
        }
        self.entries.append(entry)
        return entry
