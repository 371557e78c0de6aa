//! Signing the head of the log while there is activity, and giving every signed
//! head to the witnesses.
//!
//! A witness is a file elsewhere or another instance. Each has a task that
//! reads what comes after the last head that the witness itself holds, and a
//! thread that waits for the disk or the network in its stead, so that one that
//! hangs keeps neither the desk nor the others waiting. What was missed while a
//! witness was away is given when it is back.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fixlead_app::witness::MOST_SENT;
use fixlead_core::time::Instant;
use fixlead_store::Store;
use fixlead_store::log::{Sending, SignedHead, WitnessFile};
use serde_json::Value;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use crate::api::metrics::Metrics;
use crate::client::Server;
use crate::configuration::values::Origin;
use crate::configuration::{Settings, shown};
use crate::serve::world;

/// How soon a witness that is behind is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// The route on which an instance takes heads.
pub const ROUTE: &str = "/api/v1/witness/heads";

/// Where a witness is.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// Another instance.
    Instance(Origin),
}

/// How a witness stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds every signed head.
    Level,
    /// It lacks heads, and why.
    Behind(String),
    /// It holds a head that the log does not know.
    Contradicts(u64),
}

impl Place {
    /// Its name, for messages.
    pub fn name(&self) -> String {
        match self {
            Place::File(path) => shown(path),
            Place::Instance(origin) => origin.as_str().to_owned(),
        }
    }

    /// The last head that it holds. Waits for the disk or the network.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn last(&self, store: &Store) -> Result<Option<SignedHead>, String> {
        match self {
            Place::File(path) => WitnessFile::new(path).last().map_err(|error| error.to_string()),
            Place::Instance(origin) => send(origin, &store.sending(origin.as_str(), Vec::new())),
        }
    }

    /// Gives it heads, and says which is the last that it holds then.
    fn give(&self, store: &Store, heads: Vec<SignedHead>) -> Result<Option<SignedHead>, String> {
        match self {
            Place::File(path) => {
                let file = WitnessFile::new(path);
                file.add(&heads).and_then(|()| file.last()).map_err(|error| error.to_string())
            }
            Place::Instance(origin) => send(origin, &store.sending(origin.as_str(), heads)),
        }
    }
}

/// Sends a letter, and reads which head is the last that is kept.
fn send(origin: &Origin, sending: &Sending) -> Result<Option<SignedHead>, String> {
    if !origin.is_https() && !origin.is_loopback() {
        return Err(format!("{} is not encrypted; use https://", origin.as_str()));
    }
    let body = serde_json::to_value(sending).map_err(|error| error.to_string())?;
    let answer = Server::new(origin.clone(), None).post(ROUTE, &body, None, None);
    let body = answer.map_err(|error| error.to_string())?.body;
    match &body["last"] {
        Value::Null => Ok(None),
        last => serde_json::from_value(last.clone())
            .map(Some)
            .map_err(|_| format!("{} does not answer as a witness does", origin.as_str())),
    }
}

type Errand = Box<dyn FnOnce() + Send>;

/// A thread that runs one errand after the other.
struct Hand(mpsc::Sender<Errand>);

impl Hand {
    fn new() -> io::Result<Self> {
        let (sender, errands) = mpsc::channel::<Errand>();
        std::thread::Builder::new().name("witness".to_owned()).spawn(move || {
            for errand in errands {
                errand();
            }
        })?;
        Ok(Hand(sender))
    }

    async fn run<T: Send + 'static>(
        &self,
        errand: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let (answer, answered) = oneshot::channel();
        let errand = Box::new(move || drop(answer.send(errand())));
        let gone = || "its thread has ended; start the desk anew".to_owned();
        self.0.send(errand).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// The witnesses of a desk.
pub struct Witnesses(Vec<(Place, Hand)>, Arc<Board>);

impl Witnesses {
    /// Those that are set.
    ///
    /// # Errors
    /// When there is no room for a thread.
    pub fn of(settings: &Settings, metrics: Arc<Metrics>) -> io::Result<Self> {
        let places = places(settings);
        let board = Arc::new(Board::new(&places, metrics));
        let hands = places.into_iter().map(|place| Ok((place, Hand::new()?)));
        Ok(Witnesses(hands.collect::<io::Result<_>>()?, board))
    }

    /// How they stand, for who looks.
    pub fn board(&self) -> Arc<Board> {
        Arc::clone(&self.1)
    }

    /// Signs and feeds until it is dropped.
    pub async fn feed(self, store: Store, every: Duration) {
        let (tell, told) = watch::channel(());
        let board = self.1;
        let mut feeders = JoinSet::new();
        for (number, (place, hand)) in self.0.into_iter().enumerate() {
            let (store, board, mut told) = (store.clone(), Arc::clone(&board), told.clone());
            feeders.spawn(async move {
                let mut feeder =
                    Feeder { store, place, hand, level_with: None, heard: None, was_shown: false };
                loop {
                    let standing = feeder.round().await;
                    board.note(number, &feeder.place, standing, feeder.level_with, feeder.heard);
                    tokio::select! {
                        changed = told.changed() => if changed.is_err() { return },
                        // Another node may have signed.
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
            });
        }
        let mut every = tokio::time::interval(every);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            match store.sign_new_head().await {
                Ok(None) => {}
                Ok(Some(_)) => {
                    board.metrics.signed();
                    tell.send_replace(());
                }
                Err(_) => {
                    warn!(target: "fixlead::witnesses", "the head of the log could not be signed; this is tried again");
                }
            }
        }
    }
}

/// The witnesses that are set.
pub fn places(settings: &Settings) -> Vec<Place> {
    let files = settings.keys.witness_files.iter().cloned().map(Place::File);
    files.chain(settings.keys.witness_instances.iter().cloned().map(Place::Instance)).collect()
}

struct Feeder {
    store: Store,
    place: Place,
    hand: Hand,
    /// The number of the last head that it is known to hold.
    level_with: Option<u64>,
    /// When it last said what it holds.
    heard: Option<Instant>,
    /// Whether an instance that contradicts was shown our head.
    was_shown: bool,
}

impl Feeder {
    /// Gives the witness what it lacks.
    async fn round(&mut self) -> Standing {
        match self.catch_up().await {
            Ok(standing) => standing,
            Err(why) => {
                self.level_with = None;
                Standing::Behind(why)
            }
        }
    }

    async fn catch_up(&mut self) -> Result<Standing, String> {
        if let Some(number) = self.level_with
            && self.after(number).await?.is_empty()
        {
            return Ok(Standing::Level);
        }
        let (place, store) = (self.place.clone(), self.store.clone());
        let mut last = self.hand.run(move || place.last(&store)).await?;
        self.heard = Some(world::now());
        loop {
            if let Some(last) = &last
                && !self.store.knows(last).await.map_err(|error| error.to_string())?
            {
                return self.contradicted(last.number).await;
            }
            let number = last.as_ref().map_or(0, |last| last.number);
            let heads = self.after(number).await?;
            let Some(newest) = heads.last().map(|head| head.number) else {
                self.level_with = Some(number);
                return Ok(Standing::Level);
            };
            let (place, store) = (self.place.clone(), self.store.clone());
            last = self.hand.run(move || place.give(&store, heads)).await?;
            self.heard = Some(world::now());
            if last.as_ref().is_none_or(|last| last.number < newest) {
                return Err("it did not keep what it was given".to_owned());
            }
        }
    }

    /// What to do with a witness that holds a head which is not ours: nothing
    /// is added to a file, so that it stays as it is; an instance is told, with
    /// the end of this log as evidence.
    async fn contradicted(&mut self, number: u64) -> Result<Standing, String> {
        self.level_with = None;
        if let Place::Instance(origin) = self.place.clone()
            && !self.was_shown
        {
            let instead = self.store.sign_head().await.map_err(|error| error.to_string())?;
            let store = self.store.clone();
            let tell = move || send(&origin, &store.dispute(origin.as_str(), number, instead));
            self.hand.run(tell).await?;
            self.was_shown = true;
        }
        Ok(Standing::Contradicts(number))
    }

    async fn after(&self, number: u64) -> Result<Vec<SignedHead>, String> {
        self.store.heads(number, MOST_SENT as u32).await.map_err(|error| error.to_string())
    }
}

/// How a witness stands, for who looks.
#[derive(Clone, Debug)]
pub struct SeenWitness {
    /// Its name.
    pub name: String,
    /// How it stands; nothing before it was asked first.
    pub standing: Option<Standing>,
    /// The number of the last head that it is known to hold.
    pub number: Option<u64>,
    /// When it last said what it holds.
    pub heard: Option<Instant>,
}

/// How all witnesses stand; changes are logged.
pub struct Board {
    metrics: Arc<Metrics>,
    standings: Mutex<Vec<SeenWitness>>,
}

impl Board {
    fn new(places: &[Place], metrics: Arc<Metrics>) -> Self {
        metrics.witnesses(places.len(), 0, 0);
        let unseen =
            |place: &Place| SeenWitness { name: place.name(), standing: None, number: None, heard: None };
        Board { metrics, standings: Mutex::new(places.iter().map(unseen).collect()) }
    }

    /// How each stands now.
    pub fn seen(&self) -> Vec<SeenWitness> {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(
        &self,
        number: usize,
        place: &Place,
        standing: Standing,
        level_with: Option<u64>,
        heard: Option<Instant>,
    ) {
        let mut standings = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(seen) = standings.get_mut(number) else { return };
        (seen.number, seen.heard) = (level_with.or(seen.number), heard);
        let kept = &mut seen.standing;
        if kept.as_ref() == Some(&standing) {
            return;
        }
        let witness = place.name();
        match &standing {
            Standing::Level => info!(target: "fixlead::witnesses", witness, "holds every signed head"),
            Standing::Behind(why) => {
                warn!(target: "fixlead::witnesses", witness, why, "cannot be given signed heads; it gets them when it is back");
            }
            Standing::Contradicts(head) => {
                error!(target: "fixlead::witnesses", witness, head, "holds a head that this log does not know: the log was rolled back or rewritten, or the witness is another's; run `fixlead log verify`");
            }
        }
        *kept = Some(standing);
        let count = |which: fn(&Standing) -> bool| {
            standings.iter().filter(|seen| seen.standing.as_ref().is_some_and(which)).count()
        };
        let behind = count(|standing| matches!(standing, Standing::Behind(_)));
        let contradicting = count(|standing| matches!(standing, Standing::Contradicts(_)));
        self.metrics.witnesses(standings.len(), behind, contradicting);
    }
}
