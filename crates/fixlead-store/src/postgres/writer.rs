//! The task that appends. Whatever waits when a commit begins goes into it
//! together, and nobody is answered before it is on the disk.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_postgres::Config;

use super::append::Connection;
use super::{connect, listen};
use crate::batch::{Prepared, Verdict};
use crate::error::{Error, Result};
use crate::world::Clock;

/// Most appends in one commit.
const MOST_IN_BATCH: usize = 256;
/// Most appends that wait; whoever comes then waits to be let in.
const MOST_WAITING: usize = 4096;

/// Sends appends to the task. It ends when the last sender is dropped.
#[derive(Clone)]
pub(crate) struct Writer {
    requests: mpsc::Sender<Request>,
}

struct Request {
    append: Box<Prepared>,
    answer: oneshot::Sender<Result<Verdict>>,
}

impl Writer {
    pub(super) fn start(config: Config, clock: Arc<dyn Clock>, told: Arc<watch::Sender<u64>>) -> Self {
        let (requests, receiver) = mpsc::channel(MOST_WAITING);
        tokio::spawn(Task { config, clock, told, connection: None }.run(receiver));
        Writer { requests }
    }

    /// Appends, and answers when it is on the disk.
    pub(crate) async fn append(&self, append: Box<Prepared>) -> Result<Verdict> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { append, answer }).await.map_err(|_| lost())?;
        answered.await.map_err(|_| lost())?
    }
}

fn lost() -> Error {
    Error::Unavailable("the writer has stopped".into())
}

struct Task {
    config: Config,
    clock: Arc<dyn Clock>,
    told: Arc<watch::Sender<u64>>,
    /// Nothing after a failure, until the next append.
    connection: Option<Connection>,
}

impl Task {
    async fn run(mut self, mut receiver: mpsc::Receiver<Request>) {
        let mut batch = Vec::new();
        while receiver.recv_many(&mut batch, MOST_IN_BATCH).await > 0 {
            let (appends, answers): (Vec<_>, Vec<_>) =
                batch.drain(..).map(|request| (request.append, request.answer)).unzip();
            match self.commit(&appends).await {
                Ok(verdicts) => answers.into_iter().zip(verdicts).for_each(|(answer, verdict)| {
                    // Whoever asked may have gone; what was written stays written.
                    let _ = answer.send(Ok(verdict));
                }),
                // One append may be at fault for all of them.
                Err((_, true)) if appends.len() > 1 => {
                    for (append, answer) in appends.iter().zip(answers) {
                        let result = self.commit(std::slice::from_ref(append)).await;
                        let _ = answer.send(match result {
                            Ok(mut verdicts) => verdicts.pop().ok_or_else(lost),
                            Err((error, _)) => Err(error),
                        });
                    }
                }
                Err((error, _)) => answers.into_iter().for_each(|answer| {
                    let _ = answer.send(Err(error.again()));
                }),
            }
        }
    }

    /// One transaction. After any failure the connection is thrown away. The
    /// flag says that a constraint of the database was violated.
    async fn commit(
        &mut self,
        appends: &[Box<Prepared>],
    ) -> std::result::Result<Vec<Verdict>, (Error, bool)> {
        let mut connection = match self.connection.take().filter(|connection| !connection.is_closed()) {
            Some(connection) => connection,
            None => self.connect().await.map_err(|error| (error, false))?,
        };
        match connection.append(appends, self.clock.now()).await {
            Ok((verdicts, position)) => {
                self.connection = Some(connection);
                listen::tell(&self.told, position);
                Ok(verdicts)
            }
            Err(error) => {
                let refused = error.code().is_some_and(|code| code.code().starts_with("23"));
                Err((error.into(), refused))
            }
        }
    }

    async fn connect(&self) -> Result<Connection> {
        Ok(Connection::prepare(connect(&self.config).await?).await?)
    }
}
