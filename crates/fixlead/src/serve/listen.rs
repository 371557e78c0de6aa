//! Accepting connections and speaking HTTP/1.1 on them, until asked to stop.
//!
//! Slow people are cut off: there is a time for the header of each request, for
//! its body, and for reading the answer. When the desk stops, what has been
//! asked is still answered, for a bounded time.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::connections::{Answer, Busy, Came, Connections, Seat};
use super::stream::Impatient;
use crate::api::metrics::Metrics;
use crate::api::source::Peer;

/// Most headers of a request.
const MOST_HEADERS: usize = 100;
/// Most bytes of a request's header.
const MOST_HEADER_BYTES: usize = 64 * 1024;
/// How long a connection that has brought nothing yet may still do so when the
/// desk stops: its request may be on the way.
const LAST_CHANCE: Duration = Duration::from_millis(500);
/// How long to wait when the system has no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// The bounds of connections.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How many are held.
    pub connections: usize,
    /// How long the header of a request may take.
    pub header_time: Duration,
    /// How long somebody may not read their answer.
    pub write_time: Duration,
    /// How long requests may go on after the desk was asked to stop.
    pub shutdown_time: Duration,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Requests that were cut off because they took too long.
    pub cut_off: usize,
}

/// Serves until asked to stop, and then finishes what was asked.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    metrics: Arc<Metrics>,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) -> Ended {
    let connections = Connections::new(bounds.connections);
    let (stopping, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let take = |stream: TcpStream, peer: SocketAddr, tasks: &mut JoinSet<()>| {
        let seat = match connections.come() {
            Came::Held(seat) => seat,
            Came::HeldInsteadOf(seat) => {
                metrics.evicted();
                seat
            }
            Came::Full => {
                metrics.turned_away();
                return;
            }
        };
        let counted = metrics.connected();
        let (router, stopped) = (router.clone(), stopped.clone());
        tasks.spawn(async move {
            connection(stream, peer, router, seat, bounds, stopped).await;
            drop(counted);
        });
    };
    tokio::pin!(stop);
    loop {
        tokio::select! {
            // Whoever asks to stop is heard even under load.
            biased;
            () = &mut stop => break,
            Some(_) = tasks.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => take(stream, peer, &mut tasks),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    warn!(target: "fixlead", kind = ?error.kind(), "no room for another connection");
                    sleep(NO_ROOM).await;
                }
            },
        }
    }
    // Who stands in the queue has been promised an answer by the system.
    while let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await {
        take(stream, peer, &mut tasks);
    }
    drop(listener);
    // It is received as long as a connection lives.
    let _ = stopping.send(true);
    let all = async { while tasks.join_next().await.is_some() {} };
    if timeout(bounds.shutdown_time, all).await.is_ok() {
        return Ended { cut_off: 0 };
    }
    let cut_off = tasks.len();
    tasks.shutdown().await;
    Ended { cut_off }
}

/// Whether nobody listens on an address yet.
///
/// # Errors
/// Why one cannot.
pub async fn is_free(address: SocketAddr) -> std::io::Result<()> {
    TcpListener::bind(address).await.map(drop)
}

/// Whether an error says something of one connection only.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted | Kind::ConnectionRefused | Kind::ConnectionReset | Kind::Interrupted
    )
}

/// Speaks HTTP on one connection.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    seat: Seat,
    bounds: Bounds,
    mut stopped: watch::Receiver<bool>,
) {
    // Answers are written at once; a system that cannot is only slower.
    let _ = stream.set_nodelay(true);
    let connection = Arc::clone(&seat.connection);
    let seat = Arc::new(seat);
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        let busy = Busy::begin(&seat);
        request.extensions_mut().insert(Peer(peer.ip()));
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(
                answer(router, request.map(Body::new)).await.map(|body| Answer::new(body, busy)),
            )
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(bounds.header_time)
        .max_headers(MOST_HEADERS)
        .max_buf_size(MOST_HEADER_BYTES)
        .half_close(false);
    let speaking = http.serve_connection(TokioIo::new(Impatient::new(stream, bounds.write_time)), service);
    tokio::pin!(speaking);
    tokio::select! {
        ended = &mut speaking => return said(ended),
        () = connection.asked_to_leave() => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    if connection.is_fresh() {
        tokio::select! {
            ended = &mut speaking => return said(ended),
            () = sleep(LAST_CHANCE) => {}
        }
    }
    speaking.as_mut().graceful_shutdown();
    said(speaking.await);
}

fn said(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        // Of the error only its kind: the rest may quote what was sent.
        let kind = match () {
            () if error.is_timeout() => "too slow",
            () if error.is_parse() => "not HTTP",
            () if error.is_incomplete_message() => "broken off",
            () => "lost",
        };
        debug!(target: "fixlead", kind, "a connection ended early");
    }
}

/// The answer of these routes to a request.
pub async fn answer(router: Router, request: Request) -> Response {
    use hyper::service::Service as _;
    match hyper_util::service::TowerToHyperService::new(router).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
