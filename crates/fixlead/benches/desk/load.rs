//! Clients: each on a connection of its own that it keeps, one request after
//! the other, all of them on one thread.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant as Watch};

use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// When clients stop.
#[derive(Clone, Copy)]
pub enum Until {
    /// After so many requests, all together.
    Count(u64),
    /// When so much time is over.
    Over(Duration),
}

/// What came of asking.
pub struct Burst {
    /// Requests that were answered as they should.
    pub answered: u64,
    /// Those that were not.
    pub refused: u64,
    /// How long it took.
    pub seconds: f64,
    /// How long a request took, the median.
    pub median_ms: f64,
    /// How long 99 of 100 took at most.
    pub p99_ms: f64,
}

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub text: String,
}

/// A request without a body.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: desk\r\n{headers}\r\n").into_bytes()
}

/// A request with a body of JSON.
pub fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\n{headers}");
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, work)
}

/// Asks once.
pub fn once(address: SocketAddr, request: &[u8]) -> Answer {
    block_on(async {
        let stream = TcpStream::connect(address).await.unwrap();
        let mut buffer = Vec::new();
        let (status, head) = ask(&stream, request, &mut buffer).await;
        Answer { status, text: String::from_utf8(buffer[head..].to_vec()).unwrap() }
    })
}

/// Has so many clients ask until it is time to stop.
pub fn run(
    address: SocketAddr,
    clients: usize,
    until: Until,
    request: impl Fn() -> Vec<u8> + 'static,
) -> Burst {
    let told = Rc::new(Told {
        began: Watch::now(),
        begun: Cell::new(0),
        refused: Cell::new(0),
        took: RefCell::default(),
    });
    let request = Rc::new(request);
    block_on(async {
        let mut streams = Vec::new();
        for _ in 0..clients {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            streams.push(stream);
        }
        let began = Watch::now();
        let clients: Vec<_> = streams
            .into_iter()
            .map(|stream| {
                tokio::task::spawn_local(client(stream, until, Rc::clone(&request), Rc::clone(&told)))
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        let seconds = began.elapsed().as_secs_f64();
        let mut took = told.took.take();
        took.sort_by(f64::total_cmp);
        let median_ms = took.get(took.len() / 2).copied().unwrap_or_default();
        let p99_ms = took.get(took.len() * 99 / 100).copied().unwrap_or_default();
        let refused = told.refused.get();
        Burst { answered: told.begun.get() - refused, refused, seconds, median_ms, p99_ms }
    })
}

/// What clients count together.
struct Told {
    began: Watch,
    begun: Cell<u64>,
    refused: Cell<u64>,
    took: RefCell<Vec<f64>>,
}

async fn client(stream: TcpStream, until: Until, request: Rc<impl Fn() -> Vec<u8>>, told: Rc<Told>) {
    let mut buffer = Vec::new();
    loop {
        let over = match until {
            Until::Count(count) => told.begun.get() >= count,
            Until::Over(length) => told.began.elapsed() >= length,
        };
        if over {
            return;
        }
        told.begun.set(told.begun.get() + 1);
        let request = request();
        let asked = Watch::now();
        let (status, _) = ask(&stream, &request, &mut buffer).await;
        told.took.borrow_mut().push(asked.elapsed().as_secs_f64() * 1e3);
        if !matches!(status, 200 | 201) {
            told.refused.set(told.refused.get() + 1);
        }
    }
}

/// Asks, and reads the answer into the buffer: its status, and where its body
/// begins.
async fn ask(stream: &TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> (u16, usize) {
    let mut left = request;
    while !left.is_empty() {
        match stream.try_write(left) {
            Ok(wrote) => left = &left[wrote..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => stream.writable().await.unwrap(),
            Err(error) => panic!("the desk does not take a request: {error}"),
        }
    }
    buffer.clear();
    loop {
        stream.readable().await.unwrap();
        let mut piece = [0; 16 * 1024];
        match stream.try_read(&mut piece) {
            Ok(0) => panic!("the desk closed the connection"),
            Ok(read) => buffer.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => panic!("the desk does not answer: {error}"),
        }
        if let Some((status, begin, end)) = head(buffer)
            && buffer.len() >= end
        {
            return (status, begin);
        }
    }
}

/// The status of an answer whose head is there, where its body begins and
/// where it ends.
fn head(buffer: &[u8]) -> Option<(u16, usize, usize)> {
    let end = buffer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&buffer[..end]).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    Some((head[9..12].parse().unwrap(), end + 4, end + 4 + length.parse::<usize>().unwrap()))
}
