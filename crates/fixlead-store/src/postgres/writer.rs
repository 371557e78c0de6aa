//! The task that appends. Whatever waits when a commit begins goes into it
//! together, and nobody is answered before it is on the disk.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::append::Connection;
use super::{Server, listen};
use crate::batch::{Prepared, Verdict};
use crate::error::{Error, Result};
use crate::world::Clock;

/// Most appends in one commit.
const MOST_IN_BATCH: usize = 256;
/// Most appends that wait; whoever comes then waits to be let in.
const MOST_WAITING: usize = 4096;

/// Sends appends to the task. It ends when it is closed or the last
/// sender is dropped.
#[derive(Clone)]
pub(crate) struct Writer {
    requests: mpsc::Sender<Request>,
}

enum Request {
    Append {
        append: Box<Prepared>,
        answer: oneshot::Sender<Result<Verdict>>,
    },
    /// The last one.
    Close(oneshot::Sender<()>),
}

impl Writer {
    pub(super) fn start(server: Server, clock: Arc<dyn Clock>, told: Arc<watch::Sender<u64>>) -> Self {
        let (requests, receiver) = mpsc::channel(MOST_WAITING);
        tokio::spawn(Task { server, clock, told, connection: None }.run(receiver));
        Writer { requests }
    }

    /// Appends, and answers when it is on the disk.
    pub(crate) async fn append(&self, append: Box<Prepared>) -> Result<Verdict> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request::Append { append, answer }).await.map_err(|_| lost())?;
        answered.await.map_err(|_| lost())?
    }
}

impl Writer {
    /// Has everything that waits written, and takes nothing more.
    pub(super) async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.requests.send(Request::Close(answer)).await.is_ok() {
            let _ = answered.await;
        }
    }
}

fn lost() -> Error {
    Error::Unavailable("the writer has stopped".into())
}

struct Task {
    server: Server,
    clock: Arc<dyn Clock>,
    told: Arc<watch::Sender<u64>>,
    /// Nothing after a failure, until the next append.
    connection: Option<Connection>,
}

impl Task {
    async fn run(mut self, mut receiver: mpsc::Receiver<Request>) {
        let mut batch = Vec::new();
        while receiver.recv_many(&mut batch, MOST_IN_BATCH).await > 0 {
            let (mut appends, mut answers, mut closing) = (Vec::new(), Vec::new(), Vec::new());
            for request in batch.drain(..) {
                match request {
                    Request::Append { append, answer } => {
                        appends.push(append);
                        answers.push(answer);
                    }
                    Request::Close(answer) => closing.push(answer),
                }
            }
            self.write(&appends, answers).await;
            if !closing.is_empty() {
                for answer in closing {
                    let _ = answer.send(());
                }
                return;
            }
        }
    }

    async fn write(&mut self, appends: &[Box<Prepared>], answers: Vec<oneshot::Sender<Result<Verdict>>>) {
        if !appends.is_empty() {
            match self.commit(appends).await {
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
        Ok(Connection::prepare(self.server.client().await?).await?)
    }
}
