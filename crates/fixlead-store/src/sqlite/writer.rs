//! The thread that writes. Whatever waits when a commit begins goes into it
//! together, and nobody is answered before it is on the disk.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::write;
use crate::batch::{Prepared, Verdict};
use crate::error::{Error, Result};
use crate::world::Clock;

/// Most requests in one commit.
const MOST_IN_BATCH: usize = 256;
/// Most requests that wait; whoever comes then waits to be let in.
const MOST_WAITING: usize = 4096;

/// Sends requests to the thread. It ends when it is closed
/// or the last sender is dropped.
#[derive(Clone)]
pub(crate) struct Writer {
    requests: mpsc::Sender<Request>,
}

enum Request {
    Append {
        append: Box<Prepared>,
        answer: oneshot::Sender<Result<Verdict>>,
    },
    Task(Box<dyn Task>),
    /// Outside of any transaction.
    Alone(Box<dyn Task>),
    /// The last one.
    Close(oneshot::Sender<()>),
}

/// Something else that writes, in the same commit.
trait Task: Send {
    /// Whether it went well; what it wrote is taken back if not.
    fn run(&mut self, connection: &Connection) -> bool;
    fn answer(self: Box<Self>, commit: std::result::Result<(), &Error>);
}

struct TaskOf<F, T> {
    work: Option<F>,
    result: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
}

impl<F, T> Task for TaskOf<F, T>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        self.result = self.work.take().map(|work| work(connection));
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, commit: std::result::Result<(), &Error>) {
        let result = match (commit, self.result) {
            (Err(error), _) => Err(error.again()),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(Error::Unavailable("the request was not run".into())),
        };
        // Whoever asked may have gone; what was written stays written.
        let _ = self.answer.send(result);
    }
}

impl Writer {
    pub(super) fn start(
        path: PathBuf,
        connection: Connection,
        clock: Arc<dyn Clock>,
        position: watch::Sender<u64>,
    ) -> Result<Self> {
        let (requests, receiver) = mpsc::channel(MOST_WAITING);
        let thread = Thread { path, connection: Some(connection), clock, position, receiver };
        std::thread::Builder::new()
            .name("fixlead-writer".into())
            .spawn(move || thread.run())
            .map_err(|error| Error::Unavailable(format!("no thread to write could be started ({error})")))?;
        Ok(Writer { requests })
    }

    /// Appends, and answers when it is on the disk.
    pub(crate) async fn append(&self, append: Box<Prepared>) -> Result<Verdict> {
        let (answer, answered) = oneshot::channel();
        self.send(Request::Append { append, answer }).await?;
        answered.await.map_err(|_| lost())?
    }

    /// Runs something in a commit, and answers when it is on the disk.
    pub(crate) async fn task<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.send(Request::Task(Box::new(TaskOf { work: Some(work), result: None, answer }))).await?;
        answered.await.map_err(|_| lost())?
    }

    /// Runs something on the writing connection while no transaction is open.
    pub(crate) async fn alone<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.send(Request::Alone(Box::new(TaskOf { work: Some(work), result: None, answer }))).await?;
        answered.await.map_err(|_| lost())?
    }

    /// Has everything that waits written, closes the database, and takes
    /// nothing more.
    pub(crate) async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.send(Request::Close(answer)).await.is_ok() {
            let _ = answered.await;
        }
    }

    async fn send(&self, request: Request) -> Result<()> {
        self.requests.send(request).await.map_err(|_| lost())
    }
}

fn lost() -> Error {
    Error::Unavailable("the writer has stopped".into())
}

struct Thread {
    path: PathBuf,
    /// Nothing after a failure, until the next request.
    connection: Option<Connection>,
    clock: Arc<dyn Clock>,
    position: watch::Sender<u64>,
    receiver: mpsc::Receiver<Request>,
}

impl Thread {
    fn run(mut self) {
        let mut batch = Vec::new();
        while let Some(first) = self.receiver.blocking_recv() {
            batch.push(first);
            while batch.len() < MOST_IN_BATCH
                && let Ok(next) = self.receiver.try_recv()
            {
                batch.push(next);
            }
            let closing = self.write(&mut batch);
            if !closing.is_empty() {
                // Dropped, it would only be let go of some time later.
                if let Some(Err((connection, _))) = self.connection.take().map(Connection::close) {
                    drop(connection);
                }
                for answer in closing {
                    let _ = answer.send(());
                }
                return;
            }
        }
    }

    /// Whom to tell when it is closed, if somebody wants it to be.
    fn write(&mut self, batch: &mut Vec<Request>) -> Vec<oneshot::Sender<()>> {
        let mut closing = Vec::new();
        let (mut appends, mut tasks) = (Vec::new(), Vec::new());
        let mut answers = Vec::new();
        let mut alone = Vec::new();
        for request in batch.drain(..) {
            match request {
                Request::Append { append, answer } => {
                    appends.push(append);
                    answers.push(answer);
                }
                Request::Task(task) => tasks.push(task),
                Request::Alone(task) => alone.push(task),
                Request::Close(answer) => closing.push(answer),
            }
        }
        if !appends.is_empty() || !tasks.is_empty() {
            match self.commit(&appends, &mut tasks) {
                Ok(verdicts) => {
                    answers.into_iter().zip(verdicts).for_each(|(answer, verdict)| {
                        let _ = answer.send(Ok(verdict));
                    });
                    tasks.into_iter().for_each(|task| task.answer(Ok(())));
                }
                // One request may be at fault for all of them.
                Err(Failure::Statement(_)) if appends.len() > 1 => {
                    tasks.into_iter().for_each(|task| {
                        task.answer(Err(&Error::Unavailable("another request failed".into())));
                    });
                    for (append, answer) in appends.iter().zip(answers) {
                        let result = self.commit(std::slice::from_ref(append), &mut []);
                        let _ = answer.send(match result {
                            Ok(mut verdicts) => verdicts.pop().ok_or_else(lost),
                            Err(failure) => Err(failure.into()),
                        });
                    }
                }
                Err(failure) => {
                    let error = Error::from(failure);
                    for answer in answers {
                        let _ = answer.send(Err(error.again()));
                    }
                    tasks.into_iter().for_each(|task| task.answer(Err(&error)));
                }
            }
        }
        for mut task in alone {
            match self.connection() {
                Ok(connection) => {
                    task.run(connection);
                    task.answer(Ok(()));
                }
                Err(error) => task.answer(Err(&error)),
            }
        }
        closing
    }

    fn connection(&mut self) -> Result<&mut Connection> {
        match &mut self.connection {
            Some(connection) => Ok(connection),
            none => Ok(none.insert(super::connect(&self.path)?)),
        }
    }

    /// One transaction. After a failure the connection is thrown away unless
    /// it could be rolled back.
    fn commit(
        &mut self,
        appends: &[Box<Prepared>],
        tasks: &mut [Box<dyn Task>],
    ) -> std::result::Result<Vec<Verdict>, Failure> {
        let at = self.clock.now();
        let connection = self.connection().map_err(Failure::Connection)?;
        let result = transact(connection, appends, tasks, at);
        match result {
            Ok((verdicts, position)) => {
                self.position.send_if_modified(|known| {
                    let newer = position > *known;
                    *known = (*known).max(position);
                    newer
                });
                Ok(verdicts)
            }
            Err(Failure::Statement(error)) => {
                let rolled_back = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
                if rolled_back {
                    Err(Failure::Statement(error))
                } else {
                    self.connection = None;
                    Err(Failure::Connection(error))
                }
            }
            Err(failure) => {
                self.connection = None;
                Err(failure)
            }
        }
    }
}

/// Where a commit failed.
enum Failure {
    /// A statement was refused; the transaction was rolled back.
    Statement(Error),
    /// The disk was full, the commit failed, or there is no connection.
    Connection(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Statement(error) | Failure::Connection(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        let constraint = error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation);
        if constraint { Failure::Statement(error.into()) } else { Failure::Connection(error.into()) }
    }
}

fn transact(
    connection: &Connection,
    appends: &[Box<Prepared>],
    tasks: &mut [Box<dyn Task>],
    at: fixlead_core::time::Instant,
) -> std::result::Result<(Vec<Verdict>, u64), Failure> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
    let verdicts = write::appends(connection, appends.iter().map(AsRef::as_ref), at)?;
    for task in tasks.iter_mut() {
        connection.prepare_cached("SAVEPOINT task")?.execute(())?;
        if !task.run(connection) {
            connection.prepare_cached("ROLLBACK TO task")?.execute(())?;
        }
        connection.prepare_cached("RELEASE task")?.execute(())?;
    }
    let position =
        connection.prepare_cached("SELECT position FROM chain")?.query_row((), |row| row.get::<_, i64>(0))?;
    connection.prepare_cached("COMMIT")?.execute(())?;
    Ok((verdicts, position as u64))
}
