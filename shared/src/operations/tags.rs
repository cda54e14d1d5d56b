//! Tags of existing resources.

use super::Field::{AddedTags, RemovedTag};
use super::groups::{required, update};
use super::{Operation, Stop};

const OWNERS_CHOICE: Stop = Stop::Never("only the resource's owner knows the right tags, and has to set them again");

pub(super) const OPERATIONS: &[Operation] = &[
    update("AddTags", "resource", "", "resourceArn", OWNERS_CHOICE, &[&[required(AddedTags, "tags")]]),
    update("DeleteTags", "resource", "", "resourceArn", OWNERS_CHOICE, &[&[required(RemovedTag, "tagKeys[]")]]),
];
