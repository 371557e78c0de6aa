//! Where the request that is being worked on comes from: a proof counts at the
//! place that it was given at, and that is the place of the request with it.

tokio::task_local! {
    static HERE: Option<u64>;
}

/// Works on a request that comes from a place (as a hash), if that is known.
pub async fn at<T>(place: Option<u64>, work: impl Future<Output = T>) -> T {
    HERE.scope(place, work).await
}

/// The place of the request that is worked on. Requests of which nothing is
/// known come from one place, which is no other's.
pub(super) fn here() -> u64 {
    HERE.try_with(|here| *here).ok().flatten().unwrap_or(0)
}
