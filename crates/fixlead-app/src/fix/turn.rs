//! Whose turn it is with the repository of a fix. What changes one is done one at a
//! time, and whoever waits for that holds no thread and no room of others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fixlead_core::id::CaseId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many wait for one repository, beside whose turn it is.
const MOST_WAITING: usize = 4;

/// Who waits for which repository.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<CaseId, Queue>>);

struct Queue {
    turn: Arc<Semaphore>,
    /// Who waits, and whose turn it is.
    count: usize,
}

/// A place in the queue, and at its head the turn. It ends when it is dropped.
pub(crate) struct Turn {
    turns: Arc<Turns>,
    case: CaseId,
    permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    fn place(self: &Arc<Self>, case: CaseId, most: usize) -> Option<(Turn, Arc<Semaphore>)> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Queue { turn: Arc::new(Semaphore::new(1)), count: 0 };
        let queue = queues.entry(case).or_insert_with(new);
        if queue.count > most {
            return None;
        }
        queue.count += 1;
        let turn = Arc::clone(&queue.turn);
        Some((Turn { turns: Arc::clone(self), case, permit: None }, turn))
    }

    /// Waits for the turn; nothing where too many wait already.
    pub async fn take(self: &Arc<Self>, case: CaseId) -> Option<Turn> {
        let (mut turn, queue) = self.place(case, MOST_WAITING)?;
        turn.permit = Some(queue.acquire_owned().await.ok()?);
        Some(turn)
    }

    /// The turn, if nobody has it.
    pub fn free(self: &Arc<Self>, case: CaseId) -> Option<Turn> {
        let (mut turn, queue) = self.place(case, 0)?;
        turn.permit = Some(queue.try_acquire_owned().ok()?);
        Some(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.permit.take();
        let mut queues = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get_mut(&self.case) {
            queue.count -= 1;
            if queue.count == 0 {
                queues.remove(&self.case);
            }
        }
    }
}
