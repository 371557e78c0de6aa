//! The connections that are held. There is room for so many; when one more
//! comes, the one that has been idle longest goes. Whoever opens connections
//! and sends nothing so only competes with themselves.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::Notify;

/// Every connection that is held.
pub struct Connections {
    most: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// Counts up with everything that happens, so that it orders in time.
    moment: u64,
    all: BTreeMap<u64, Arc<Connection>>,
    /// Idle connections by the moment since which they are.
    idle: BTreeMap<u64, u64>,
}

/// One of them.
pub struct Connection {
    number: u64,
    /// The moment since which it is idle; 0 while it works on a request.
    idle_since: AtomicU64,
    /// How many requests it has brought.
    requests: AtomicU64,
    leave: Notify,
}

impl Connection {
    /// Until it has to make room.
    pub async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }

    /// Whether it has brought a request yet.
    pub fn is_fresh(&self) -> bool {
        self.requests.load(Relaxed) == 0
    }
}

/// What came of a new connection.
pub enum Came {
    /// There was room.
    Held(Seat),
    /// There was room after an idle one was asked to leave.
    HeldInsteadOf(Seat),
    /// All the others are busy.
    Full,
}

/// A place among the connections, until it is dropped.
pub struct Seat {
    connections: Arc<Connections>,
    /// The connection that has it.
    pub connection: Arc<Connection>,
}

impl Connections {
    /// Room for so many.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Connections { most: most.max(1), held: Mutex::new(Held::default()) })
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new connection has come.
    pub fn come(self: &Arc<Self>) -> Came {
        let mut held = self.held();
        let mut evicted = false;
        if held.all.len() >= self.most {
            let Some((_, number)) = held.idle.pop_first() else { return Came::Full };
            if let Some(other) = held.all.remove(&number) {
                other.leave.notify_one();
            }
            evicted = true;
        }
        held.moment += 1;
        let number = held.moment;
        let connection = Arc::new(Connection {
            number,
            idle_since: AtomicU64::new(number),
            requests: AtomicU64::new(0),
            leave: Notify::new(),
        });
        held.all.insert(number, Arc::clone(&connection));
        held.idle.insert(number, number);
        let seat = Seat { connections: Arc::clone(self), connection };
        if evicted { Came::HeldInsteadOf(seat) } else { Came::Held(seat) }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut held = self.connections.held();
        held.all.remove(&self.connection.number);
        held.idle.remove(&self.connection.idle_since.load(Relaxed));
    }
}

/// A request that a connection works on, until its answer is written.
pub struct Busy {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Busy {
    /// The header of a request has arrived.
    pub fn begin(seat: &Seat) -> Self {
        let connection = Arc::clone(&seat.connection);
        let mut held = seat.connections.held();
        held.idle.remove(&connection.idle_since.swap(0, Relaxed));
        connection.requests.fetch_add(1, Relaxed);
        drop(held);
        Busy { connections: Arc::clone(&seat.connections), connection }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut held = self.connections.held();
        if held.all.contains_key(&self.connection.number) {
            held.moment += 1;
            let moment = held.moment;
            held.idle.insert(moment, self.connection.number);
            self.connection.idle_since.store(moment, Relaxed);
        }
    }
}

/// The body of an answer, which keeps its connection busy until it is written.
pub struct Answer {
    body: Body,
    _busy: Busy,
}

impl Answer {
    /// This body.
    pub fn new(body: Body, busy: Busy) -> Self {
        Answer { body, _busy: busy }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
