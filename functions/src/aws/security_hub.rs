//! Security Hub.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_securityhub::types::{
    AwsSecurityFinding, AwsSecurityFindingFilters, Compliance, ComplianceStatus, FindingProviderFields,
    FindingProviderSeverity, Recommendation, RecordState, Remediation, Resource, StringFilter, StringFilterComparison,
};
use tagwarden::asff::{self, AsffFinding, GENERATOR};

use super::client::Aws;
use super::errors::{aws_error, has_code};
use crate::ports::{ArchiveFindings, AwsError, AwsResult, BATCH, ImportFindings};

/// The code of all calls in an account in which Security Hub is not enabled (API reference, `BatchImportFindings`, "Errors").
const NOT_ENABLED: &str = "InvalidAccessException";

impl ImportFindings for Aws {
    async fn import(&self, findings: &[&AsffFinding]) -> AwsResult<BTreeMap<String, String>> {
        self.import_all(findings.iter().map(|finding| converted(finding)).collect()).await
    }
}

impl ArchiveFindings for Aws {
    async fn archive(&self, resource: &str, at: &str) -> AwsResult<usize> {
        let of_resource = active().resource_id(equals(resource)).build();
        let found: Vec<_> =
            self.findings(of_resource).await?.into_iter().map(|finding| archived(finding, at)).collect();
        for batch in found.chunks(BATCH) {
            let refused = self.import_all(batch.to_vec()).await?;
            if let Some((id, why)) = refused.first_key_value() {
                return Err(AwsError(format!("securityhub:BatchImportFindings refused `{id}`: {why}")));
            }
        }
        Ok(found.len())
    }

    async fn with_findings(&self) -> AwsResult<BTreeSet<String>> {
        let found = self.findings(active().build()).await?;
        Ok(found
            .into_iter()
            .flat_map(|finding| finding.resources.unwrap_or_default())
            .filter_map(|one| one.id)
            .collect())
    }
}

impl Aws {
    async fn import_all(&self, findings: Vec<AwsSecurityFinding>) -> AwsResult<BTreeMap<String, String>> {
        if findings.is_empty() {
            return Ok(BTreeMap::new());
        }
        let Some(security_hub) = &self.security_hub else { return Ok(BTreeMap::new()) };
        let imported = match security_hub.batch_import_findings().set_findings(Some(findings)).send().await {
            Err(error) if has_code(&error, NOT_ENABLED) => {
                say_not_enabled();
                return Ok(BTreeMap::new());
            }
            imported => imported.map_err(aws_error("securityhub:BatchImportFindings"))?,
        };
        // Security Hub reports refused findings in a response with status 200.
        let refused = imported.failed_findings().iter().map(|failed| {
            let why = [failed.error_code(), failed.error_message()].map(Option::unwrap_or_default).join(": ");
            (failed.id().unwrap_or_default().to_owned(), why)
        });
        Ok(refused.collect())
    }

    /// The findings that match.
    async fn findings(&self, filters: AwsSecurityFindingFilters) -> AwsResult<Vec<AwsSecurityFinding>> {
        let Some(security_hub) = &self.security_hub else { return Ok(Vec::new()) };
        let get = security_hub.get_findings().filters(filters).into_paginator().page_size(100).items().send();
        match get.collect::<Result<Vec<_>, _>>().await {
            Err(error) if has_code(&error, NOT_ENABLED) => {
                say_not_enabled();
                Ok(Vec::new())
            }
            found => found.map_err(aws_error("securityhub:GetFindings")),
        }
    }
}

/// Says once that nothing is imported.
fn say_not_enabled() {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            "Security Hub is not enabled in this account and region: findings go only to the other channels"
        );
    }
}

fn equals(value: &str) -> StringFilter {
    StringFilter::builder().value(value).comparison(StringFilterComparison::Equals).build()
}

/// Filters for Tagwarden's active findings.
fn active() -> aws_sdk_securityhub::types::builders::AwsSecurityFindingFiltersBuilder {
    let ours = StringFilter::builder().value(GENERATOR).comparison(StringFilterComparison::Prefix).build();
    AwsSecurityFindingFilters::builder().generator_id(ours).record_state(equals(RecordState::Active.as_str()))
}

/// A finding, archived. What people write on findings is left out, and so is what Security Hub derives.
fn archived(finding: AwsSecurityFinding, at: &str) -> AwsSecurityFinding {
    let kept = AwsSecurityFinding::builder()
        .set_schema_version(finding.schema_version)
        .set_id(finding.id)
        .set_product_arn(finding.product_arn)
        .set_generator_id(finding.generator_id)
        .set_aws_account_id(finding.aws_account_id)
        .set_created_at(finding.created_at)
        .set_title(finding.title)
        .set_description(finding.description)
        .set_remediation(finding.remediation)
        .set_resources(finding.resources)
        .set_finding_provider_fields(finding.finding_provider_fields)
        .set_product_fields(finding.product_fields);
    let passed = Compliance::builder().status(ComplianceStatus::Passed).build();
    kept.updated_at(at).compliance(passed).record_state(RecordState::Archived).build()
}

fn converted(finding: &AsffFinding) -> AwsSecurityFinding {
    let [about] = &finding.resources;
    let resource = Resource::builder().r#type(about.kind).id(&about.id).region(&about.region);
    let resource = resource.partition(about.partition.as_str().into()).build();
    let recommendation = Recommendation::builder().text(&finding.remediation.recommendation.text).build();
    let severity = FindingProviderSeverity::builder()
        .label(finding.finding_provider_fields.severity.label.as_str().into())
        .build();
    let types = finding.finding_provider_fields.types.map(str::to_owned).to_vec();
    let provider = FindingProviderFields::builder().severity(severity).set_types(Some(types)).build();
    let status = match finding.compliance.status {
        asff::ComplianceStatus::Failed => ComplianceStatus::Failed,
        asff::ComplianceStatus::NotAvailable => ComplianceStatus::NotAvailable,
        asff::ComplianceStatus::Passed => ComplianceStatus::Passed,
    };
    let state = match finding.record_state {
        asff::RecordState::Active => RecordState::Active,
        asff::RecordState::Archived => RecordState::Archived,
    };
    let fields = finding.product_fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    AwsSecurityFinding::builder()
        .schema_version(finding.schema_version)
        .id(&finding.id)
        .product_arn(&finding.product_arn)
        .generator_id(&finding.generator_id)
        .aws_account_id(&finding.aws_account_id)
        .created_at(&finding.created_at)
        .updated_at(&finding.updated_at)
        .title(&finding.title)
        .description(&finding.description)
        .remediation(Remediation::builder().recommendation(recommendation).build())
        .resources(resource)
        .compliance(Compliance::builder().status(status).build())
        .record_state(state)
        .finding_provider_fields(provider)
        .set_product_fields(Some(fields))
        .build()
}
