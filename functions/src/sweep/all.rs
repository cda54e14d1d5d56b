//! The sweep of all kinds.

use futures_util::future::join_all;

use super::history::History;
use super::kinds::kinds;
use super::occasion::{Occasion, Swept};
use super::of_kind::OfKind;
use crate::guard::Guard;
use crate::ports::{Enforce, FindResources, LookUp};

/// Has judged what no event told of.
///
/// # Errors
/// Where something could not be listed or dealt with. The rest is done all the same, and whoever sweeps again goes on there.
pub async fn sweep<P>(guard: &Guard<P>, occasion: Occasion<'_>) -> Result<Swept, String>
where
    P: LookUp + Enforce + FindResources,
{
    let (mut swept, mut problems, history) = (Swept::default(), Vec::new(), History::default());
    let kinds = kinds();
    let places = join_all(kinds.iter().map(|kind| guard.ports().place(kind.list))).await;
    let places: Result<Vec<_>, _> = places.into_iter().collect();
    let mut kinds: Vec<_> = places.map_err(|failure| failure.to_string())?.into_iter().zip(kinds).collect();
    // What a sweep before could not finish comes first.
    kinds.sort_by_key(|(place, _)| place.finished);
    for (place, kind) in kinds {
        if place.finished >= Some(occasion.due) {
            continue;
        }
        let one = OfKind { kind, guard, history: &history, occasion };
        match one.sweep(place, &mut swept).await {
            Ok(()) if swept.unfinished => break,
            Ok(()) => {}
            Err(problem) => problems.push(format!("{}: {problem}", kind.list)),
        }
    }
    tracing::info!(listed = swept.listed, unknown = swept.unknown, unfinished = swept.unfinished, "swept");
    if problems.is_empty() { Ok(swept) } else { Err(problems.join("; ")) }
}
