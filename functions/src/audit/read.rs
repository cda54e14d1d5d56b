//! Reads objects that must exist.

use futures_util::stream::{self, StreamExt};

use super::limits::Limits;
use crate::ports::{ObjectContent, ReadObject, S3Object};

/// How many objects are fetched at once.
const AT_ONCE: usize = 8;

/// Calls `each` with the bytes of each object, in order.
pub(super) async fn each(
    objects: impl ExactSizeIterator<Item = &S3Object>,
    limits: Limits,
    ports: &impl ReadObject,
    mut each: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let all = objects.len();
    let fetched = stream::iter(objects).map(|object| async move { (object, content(object, ports).await) });
    let mut fetched = std::pin::pin!(fetched.buffered(AT_ONCE).enumerate());
    while let Some((done, (object, bytes))) = fetched.next().await {
        each(&bytes?).map_err(|why| format!("{object}: {why}"))?;
        limits.check(done + 1, all)?;
    }
    Ok(())
}

/// The bytes of an object that must exist.
pub(super) async fn content(object: &S3Object, ports: &impl ReadObject) -> Result<Vec<u8>, String> {
    match ports.read(object).await.map_err(|failure| failure.to_string())? {
        ObjectContent::Read { bytes, .. } => Ok(bytes),
        ObjectContent::Unavailable(why) => Err(format!("{object}: {why}")),
    }
}
