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
    let mut statements = vec![
        Statement::allow("OpenOwnProfile", OPEN, Condition::default()).map(|statement| statement.on([OWN_PROFILE])),
        Statement::allow("OpenOwnProfile2", OPEN, abac::on_own_resources(policy).with(own)),
    ];
    statements.extend(keep_profiles(profile_tag, &[]));
    statements
}

/// Denies changes of the tag that says whose a user profile is, under `also`. Tags that a profile is made with open no profile of
/// others.
pub(super) fn keep_profiles(profile_tag: &str, also: &[Test]) -> Statements {
    let of_profile = || Test::any_equals_ignoring_case("aws:TagKeys", &[profile_tag]);
    let deny = |sid: &str, action: &str, first: Condition| {
        let statement = Statement::deny(sid, [action], also.iter().cloned().fold(first, Condition::with));
        statement.map(|statement| statement.on(["arn:*:sagemaker:*:*:user-profile/*"]))
    };
    let later = Condition::from([of_profile(), Test::is_unset("sagemaker:TaggingAction")]);
    vec![
        deny("KeepProfiles", "sagemaker:AddTags", later),
        deny("KeepProfiles2", "sagemaker:DeleteTags", of_profile().into()),
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
