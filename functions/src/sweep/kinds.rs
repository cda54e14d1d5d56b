//! The kinds of resources that are swept, in order.

use tagwarden::operations::{Area, Operation};

/// A kind of resource that is swept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// The operation that creates it.
    pub operation: &'static Operation,
    /// The operation that lists it.
    pub list: &'static str,
}

/// The kinds that SageMaker can list. In each area, users come before what they use: endpoints before endpoint configurations, and
/// those before models. So an endpoint that the sweep deletes does not keep its configuration in use.
pub(super) fn kinds() -> Vec<Kind> {
    let in_area = |area| {
        let listed = Operation::about(area).filter_map(|operation| Some(Kind { operation, list: operation.list? }));
        let mut kinds: Vec<_> = listed.collect();
        kinds.sort_by_key(|kind| depth(kind.operation));
        kinds
    };
    Area::all().flat_map(in_area).collect()
}

/// The operations that create the swept resources.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    kinds().into_iter().map(|kind| kind.operation)
}

/// The length of the longest chain of users: 0 for inference components, 1 for endpoints, 2 for endpoint configurations.
fn depth(operation: &Operation) -> usize {
    let users = operation.used_by.iter().filter_map(|user| Operation::named(user));
    users.map(|user| depth(user) + 1).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_swept_before_what_they_use() {
        let swept: Vec<_> = operations().map(|operation| operation.name).collect();
        let place = |name| swept.iter().position(|swept| *swept == name).expect(name);
        for operation in operations() {
            for user in operation.used_by {
                assert!(place(user) < place(operation.name), "{}: {swept:?}", operation.name);
            }
        }
        assert!(place("CreateTransformJob") < place("CreateModel"));
        assert_eq!(swept.len(), 28);
    }
}
