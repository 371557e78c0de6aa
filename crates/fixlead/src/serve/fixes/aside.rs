//! What takes long, found out aside: for each case one thing at a time, for all of
//! them a few, and what is out of date by then not at all.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use fixlead_app::fix::Found;
use fixlead_core::id::CaseId;
use tokio::sync::watch;

/// How many things are found out at a time.
const AT_A_TIME: usize = 2;

type Work<T> = Box<dyn FnOnce() -> T + Send>;

/// What was found out for each case, or is being found out.
pub struct Aside<T> {
    known: Mutex<HashMap<CaseId, Entry<T>>>,
    busy: Mutex<usize>,
    free: Condvar,
}

struct Entry<T> {
    /// What it is of.
    of: String,
    /// What is still to be done for it.
    work: Option<Work<T>>,
    /// Whether a thread works for this case.
    runs: bool,
    found: watch::Sender<Option<Arc<T>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Default for Aside<T> {
    fn default() -> Self {
        Aside { known: Mutex::default(), busy: Mutex::new(0), free: Condvar::new() }
    }
}

impl<T: Send + Sync + 'static> Aside<T> {
    /// What was found out of something; if it was of something else, it is begun anew.
    pub fn ask(
        self: &Arc<Self>,
        case: CaseId,
        of: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Found<T> {
        let mut known = lock(&self.known);
        let new = || Entry { of: String::new(), work: None, runs: false, found: watch::Sender::new(None) };
        let entry = known.entry(case).or_insert_with(new);
        if entry.of != of {
            entry.of = of.to_owned();
            entry.work = Some(Box::new(work));
            entry.found = watch::Sender::new(None);
            if !entry.runs {
                entry.runs = true;
                let aside = Arc::clone(self);
                std::thread::spawn(move || aside.work(case));
            }
        }
        entry.found.subscribe()
    }

    /// Forgets a case.
    pub fn forget(&self, case: CaseId) {
        lock(&self.known).remove(&case);
    }

    fn work(&self, case: CaseId) {
        loop {
            let busy = lock(&self.busy);
            let waited = self.free.wait_while(busy, |busy| *busy >= AT_A_TIME);
            *waited.unwrap_or_else(PoisonError::into_inner) += 1;
            let _room = Room(self);
            let next = {
                let mut known = lock(&self.known);
                let Some(entry) = known.get_mut(&case) else { return };
                entry.runs = entry.work.is_some();
                entry.work.take().map(|work| (work, entry.found.clone()))
            };
            let Some((work, found)) = next else { return };
            // What breaks off is begun anew when somebody asks again.
            match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
                Ok(done) => drop(found.send_replace(Some(Arc::new(done)))),
                Err(_) => {
                    if let Some(entry) = lock(&self.known).get_mut(&case) {
                        entry.of.clear();
                    }
                }
            }
        }
    }
}

/// A place among those that work. It is free again also when the work breaks off.
struct Room<'a, T>(&'a Aside<T>);

impl<T> Drop for Room<'_, T> {
    fn drop(&mut self) {
        *lock(&self.0.busy) -= 1;
        self.0.free.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_found_out_at_a_time_and_what_is_out_of_date_never() {
        let aside: Arc<Aside<u32>> = Arc::default();
        let case = CaseId::from_bytes([1; 16]);
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let first = aside.ask(case, "a", move || wait.recv().map_or(0, |()| 1));
        // Until the first is begun, a second would take its place.
        while lock(&aside.known)[&case].work.is_some() {
            std::thread::yield_now();
        }
        let skipped = aside.ask(case, "b", || 2);
        let last = aside.ask(case, "c", || 3);
        let again = aside.ask(case, "c", || 4);
        go.send(()).unwrap();
        let of = |mut found: Found<u32>| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime
                .block_on(async { found.wait_for(Option::is_some).await.map(|found| found.clone().unwrap()) })
        };
        assert_eq!((*of(first).unwrap(), *of(last).unwrap(), *of(again).unwrap()), (1, 3, 3));
        assert!(of(skipped).is_err(), "nobody works on what is out of date");
    }
}
