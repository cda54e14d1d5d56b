"""Security Hub as AWS documents it: findings are validated, kept by their id, and found by filters."""

from botocore.validate import ParamValidator
from moto.core.utils import get_service_model
from moto.securityhub.exceptions import SecurityHubClientError
from moto.securityhub.models import Finding, SecurityHubBackend, securityhub_backends

# API reference, AwsSecurityFinding and Recommendation.
LONGEST = {"Id": 512, "Title": 256, "Description": 1024}
LONGEST_RECOMMENDATION = 512
# User guide, "BatchImportFindings for finding providers": what people write on a finding, and what providers leave to Security Hub.
OF_PEOPLE = {"Note", "UserDefinedFields", "VerificationState", "Workflow"}
NOT_OF_PROVIDERS = OF_PEOPLE | {"Confidence", "Criticality", "RelatedFindings", "Severity", "Types"}


def install():
    securityhub_backends.backend = ValidatingBackend


class ValidatingBackend(SecurityHubBackend):
    # moto finds a service's urls by the name of the module.
    __module__ = SecurityHubBackend.__module__

    def batch_import_findings(self, findings):
        self._require_enabled()
        if len(findings) > 100:
            raise SecurityHubClientError("InvalidInputException", "at most 100 findings")
        failed = []
        for finding in findings:
            wrong = self._wrong(finding)
            if wrong:
                failed.append({"Id": finding.get("Id", ""), "ErrorCode": "InvalidInput", "ErrorMessage": wrong})
            else:
                self._keep(finding)
        return len(failed), len(findings) - len(failed), failed

    def get_findings(self, filters=None, max_results=None, **page):
        self._require_enabled()
        kept = self.findings
        self.findings = [one for one in kept if _matches(one.data, filters or {})]
        try:
            return super().get_findings(max_results=max_results, **page)
        finally:
            self.findings = kept

    def _require_enabled(self):
        """API reference, Errors of all operations."""
        if not self.enabled:
            raise SecurityHubClientError("InvalidAccessException", "Account is not subscribed to AWS Security Hub")

    def _wrong(self, finding):
        model = get_service_model("securityhub")
        report = ParamValidator().validate(finding, model.shape_for("AwsSecurityFinding"))
        if report.has_errors():
            return report.generate_report()
        for member, longest in LONGEST.items():
            if not 0 < len(finding[member]) <= longest:
                return f"the length of {member}"
        if len(finding.get("Remediation", {}).get("Recommendation", {}).get("Text", "")) > LONGEST_RECOMMENDATION:
            return "the length of the recommendation"
        for shape, value in [
            ("RecordState", finding.get("RecordState")),
            ("ComplianceStatus", finding.get("Compliance", {}).get("Status")),
            ("SeverityLabel", finding.get("FindingProviderFields", {}).get("Severity", {}).get("Label")),
        ]:
            if value is not None and value not in model.shape_for(shape).enum:
                return f"{shape} {value}"
        if NOT_OF_PROVIDERS & finding.keys():
            return f"{NOT_OF_PROVIDERS & finding.keys()} are not the provider's"
        product = f":securityhub:{self.region_name}:{self.account_id}:product/{self.account_id}/default"
        if finding["AwsAccountId"] != self.account_id or not finding["ProductArn"].endswith(product):
            return "another account or product"
        return None

    def _keep(self, finding):
        known = next((one for one in self.findings if one.id == finding["Id"]), None)
        if known is None:
            self.findings.append(Finding(finding["Id"], dict(finding)))
        # User guide, "Updating findings": an update that is older than the finding has no effect.
        elif finding["UpdatedAt"] >= known.data["UpdatedAt"]:
            of_people = {member: known.data[member] for member in OF_PEOPLE & known.data.keys()}
            known.data = finding | of_people


# API reference, AwsSecurityFindingFilters, with the values of a finding that each filter is about.
FILTERED = {
    "ResourceId": lambda finding: [resource["Id"] for resource in finding["Resources"]],
    "GeneratorId": lambda finding: [finding["GeneratorId"]],
    "RecordState": lambda finding: [finding.get("RecordState", "ACTIVE")],
}
COMPARISONS = {"EQUALS": str.__eq__, "PREFIX": str.startswith}


def _matches(finding, filters):
    """API reference, StringFilter: filters of one kind are alternatives."""
    return all(
        any(COMPARISONS[one["Comparison"]](value, one["Value"]) for one in wanted for value in FILTERED[name](finding))
        for name, wanted in filters.items()
    )
