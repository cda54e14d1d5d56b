//! Studio: the caller's own user profile and private spaces, and nobody else's.
//!
//! Source: SageMaker Developer Guide, "Give your users access to spaces". Whoever works in Studio calls with `sagemaker:DomainId`
//! and `sagemaker:UserProfileName` in the request.

use super::abac::{self, Statements};
use crate::policy::Policy;
use crate::statement::{Condition, Statement, Test};

/// The caller's own user profile, as the caller's session in Studio says.
const OWN_PROFILE: &str = "arn:*:sagemaker:*:*:user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}";

/// Lets the principal open Studio with its own user profile. Before anybody is in Studio, a tag of the profile says whose it
/// is: its value is `aws:userid`, such as `AROAEXAMPLE:ana`.
pub(super) fn open_own_profile(policy: &Policy, profile_tag: &str) -> Statements {
    const OPEN: [&str; 1] = ["sagemaker:CreatePresignedDomainUrl"];
    let own = Test::equals_key(format!("aws:ResourceTag/{profile_tag}"), "aws:userid");
    vec![
        Statement::allow("OpenOwnProfile", OPEN, Condition::default()).map(|statement| statement.on([OWN_PROFILE])),
        Statement::allow("OpenOwnProfile2", OPEN, abac::on_own_resources(policy).with(own)),
    ]
}

/// Denies what is in, or makes, private spaces of others.
pub(super) fn keep_private_spaces() -> Statements {
    #[rustfmt::skip]
    const IN_SPACES: [&str; 5] = [
        "sagemaker:CreateApp", "sagemaker:CreateSpace", "sagemaker:DeleteApp", "sagemaker:DeleteSpace", "sagemaker:UpdateSpace",
    ];
    let owner = "sagemaker:OwnerUserProfileArn";
    let others = [
        Test::is_set(owner),
        Test::arn_not_like(owner, [OWN_PROFILE.to_owned()]),
        Test::equals("sagemaker:SpaceSharingType", &["Private"]),
    ];
    vec![Statement::deny("PrivateSpaces", IN_SPACES, others)]
}
