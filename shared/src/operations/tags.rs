//! Tags of what was there before.

use super::Field::{AddedTags, RemovedTag};
use super::groups::{required, update};
use super::{Operation, Stop};

const OWNERS_CHOICE: Stop =
    Stop::Never("which tags are right is for the resource's owner to say, who has to set them again");

pub(super) const OPERATIONS: &[Operation] = &[
    update("AddTags", "resource", "", "resourceArn", OWNERS_CHOICE, &[&[required(AddedTags, "tags")]]),
    update("DeleteTags", "resource", "", "resourceArn", OWNERS_CHOICE, &[&[required(RemovedTag, "tagKeys[]")]]),
];
