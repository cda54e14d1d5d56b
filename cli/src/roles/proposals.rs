//! What roles need of their policies, written to files.

use std::fs;
use std::path::Path;

use tagwarden::Policy;
use tagwarden::record::arn;
use tagwarden::render::{Format, Rendered};
use tagwarden_audit::encoding;
use tagwarden_roles::{Documents, PassedRole, Proposal, RoleReport, least_role};

use crate::args::{RolesArgs, RolesFormat};
use crate::exit::CliError;
use crate::input;

/// Where proposals are written, and what they begin with.
pub struct Proposals<'a> {
    folder: &'a Path,
    format: Format,
    documents: Documents,
}

impl<'a> Proposals<'a> {
    /// Reads the documents of `--iam`, if proposals are asked for.
    pub fn new(args: &'a RolesArgs) -> Result<Option<Self>, CliError> {
        let Some(folder) = args.propose.as_deref() else { return Ok(None) };
        let mut documents = Documents::default();
        for path in &args.judge.iam.iam {
            let text = input::inflated(path).and_then(|bytes| encoding::text(&bytes));
            documents.add(&text.map_err(CliError::Message)?);
        }
        let format = match args.format {
            RolesFormat::Text | RolesFormat::Json => Format::Json,
            RolesFormat::Terraform => Format::Terraform,
            RolesFormat::Cloudformation => Format::CloudFormation,
        };
        Ok(Some(Self { folder, format, documents }))
    }

    /// Writes what a role needs, and adds it to the report.
    pub fn add(
        &self,
        mut report: RoleReport,
        passed: Option<&PassedRole>,
        policy: &Policy,
    ) -> Result<RoleReport, CliError> {
        let role = report.decision.arn.clone();
        let Some(policies) = self.documents.of(&role) else { return Ok(report) };
        let proposal = Proposal::new(&policies, &report.usage);
        let folder =
            self.folder.join(arn::account(&role).unwrap_or_default()).join(arn::name(&role).unwrap_or_default());
        self.write(&folder, "policies", &proposal.rendered())?;
        let project = report.decision.project.as_deref().unwrap_or("project");
        if let Some(least) = passed.and_then(|passed| least_role(passed, project, policy)) {
            self.write(&folder.join("least"), "execution-role", &least.map_err(CliError::Message)?)?;
        }
        report.proposal = Some(proposal);
        Ok(report)
    }

    fn write(&self, folder: &Path, target: &str, rendered: &Rendered) -> Result<(), CliError> {
        if rendered.policies.is_empty() {
            return Ok(());
        }
        let cannot =
            |error: std::io::Error| CliError::Message(format!("{}: cannot be written: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(cannot)?;
        for file in rendered.files(target, self.format).map_err(CliError::Message)? {
            fs::write(folder.join(file.name), file.text).map_err(cannot)?;
        }
        Ok(())
    }
}
