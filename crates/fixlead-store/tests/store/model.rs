//! Random verbs against a model that keeps everything in plain maps.

use std::collections::{BTreeMap, BTreeSet};

use fixlead_core::id::WorkId;
use fixlead_core::time::{Instant, Span};
use fixlead_store::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::ground::{Ground, MORNING, case, may, may_erase, run};

/// Few streams, records and keys, so that verbs meet.
const FEW: u64 = 4;

#[derive(Clone, Debug)]
enum Verb {
    Append {
        stream: u64,
        behind: u64,
        events: Vec<u8>,
        list: Option<Option<i64>>,
        repeat: Option<u8>,
        work: Option<(u8, i64)>,
    },
    Put {
        key: u8,
        behind: u64,
        value: Option<u8>,
        lives: Option<i64>,
    },
    Claim {
        most: usize,
    },
    Finish {
        which: usize,
    },
    Release {
        which: usize,
        after: Option<i64>,
    },
    Erase {
        stream: u64,
    },
    Wait {
        seconds: i64,
    },
    Look,
}

fn verbs() -> impl Strategy<Value = Vec<Verb>> {
    let behind = prop_oneof![4 => Just(0_u64), 1 => Just(1)];
    let append = (
        0..FEW,
        behind.clone(),
        prop::collection::vec(any::<u8>(), 1..4),
        prop::option::of(prop::option::of(-50..50_i64)),
        prop::option::weighted(0.3, 0..3_u8),
        prop::option::weighted(0.4, (0..6_u8, -5..30_i64)),
    )
        .prop_map(|(stream, behind, events, list, repeat, work)| Verb::Append {
            stream,
            behind,
            events,
            list,
            repeat,
            work,
        });
    let put = (0..3_u8, behind, prop::option::weighted(0.8, any::<u8>()), prop::option::of(1..40_i64))
        .prop_map(|(key, behind, value, lives)| Verb::Put { key, behind, value, lives });
    let verb = prop_oneof![
        8 => append,
        3 => put,
        2 => (1..4_usize).prop_map(|most| Verb::Claim { most }),
        1 => (0..8_usize).prop_map(|which| Verb::Finish { which }),
        1 => ((0..8_usize), prop::option::of(0..20_i64)).prop_map(|(which, after)| Verb::Release { which, after }),
        1 => (0..FEW).prop_map(|stream| Verb::Erase { stream }),
        2 => (1..20_i64).prop_map(|seconds| Verb::Wait { seconds }),
        1 => Just(Verb::Look),
    ];
    prop::collection::vec(verb, 1..40)
}

#[derive(Default)]
struct Model {
    now: i64,
    position: u64,
    streams: BTreeMap<u64, Vec<u8>>,
    erased: BTreeSet<u64>,
    list: BTreeMap<u64, i64>,
    records: BTreeMap<u8, (u64, u8, Option<i64>)>,
    repeats: BTreeMap<u8, (u8, i64)>,
    /// Stream, ready, attempts, lease.
    work: BTreeMap<u8, (u64, Option<i64>, u32, Option<Lease>)>,
    leases: Vec<(u8, Lease)>,
}

const LEASE: i64 = 10;
const LANE: Lane = Lane(3);

fn at(seconds: i64) -> Instant {
    Instant::from_millis(MORNING + seconds * 1000)
}

fn work_id(number: u8) -> WorkId {
    WorkId::from_bytes([number; 16])
}

impl Model {
    async fn step(&mut self, ground: &Ground, store: &Store, verb: Verb) {
        match verb {
            Verb::Append { stream, behind, events, list, repeat, work } => {
                let version = self.streams.get(&stream).map_or(0, |events| events.len() as u64);
                let expected = version.saturating_sub(behind);
                let mut append = Append::to(case(stream), expected);
                append.events = events.iter().map(|event| vec![*event]).collect();
                append.lists.extend(list.map(|row| ListChange {
                    list: "open".into(),
                    row: row.map(|seconds| (at(seconds), vec![stream as u8])),
                }));
                append.idempotency = repeat.map(|key| Idempotency {
                    key: vec![key],
                    answer: vec![events[0]],
                    until: at(self.now + 15),
                });
                append.work.extend(work.map(|(id, due)| WorkChange::Put {
                    id: work_id(id),
                    lane: LANE,
                    due: at(due),
                    body: vec![id],
                }));
                let result = store.append(&may(case(stream)), append).await;
                let known =
                    repeat.and_then(|key| self.repeats.get(&key)).filter(|(_, until)| self.now < *until);
                if self.erased.contains(&stream) && (known.is_none() || expected > 0) {
                    assert!(matches!(result, Err(Error::Erased(_))), "{result:?}");
                } else if let Some((answer, _)) = known {
                    assert_eq!(result.unwrap(), Outcome::Repeated { answer: vec![*answer] });
                } else if expected != version {
                    assert_eq!(result.unwrap(), Outcome::Conflict { actual: version });
                } else {
                    self.position += events.len() as u64;
                    let version = version + events.len() as u64;
                    let outcome = Outcome::Appended { version, position: self.position, at: at(self.now) };
                    assert_eq!(result.unwrap(), outcome);
                    if let Some(key) = repeat {
                        self.repeats.insert(key, (events[0], self.now + 15));
                    }
                    self.streams.entry(stream).or_default().extend(events);
                    match list {
                        Some(Some(seconds)) => drop(self.list.insert(stream, seconds)),
                        Some(None) => drop(self.list.remove(&stream)),
                        None => {}
                    }
                    if let Some((id, due)) = work {
                        self.work.insert(id, (stream, Some(due), 0, None));
                    }
                }
            }
            Verb::Put { key, behind, value, lives } => {
                let live =
                    self.records.get(&key).filter(|(_, _, until)| until.is_none_or(|until| self.now < until));
                let actual = live.map_or(0, |(version, _, _)| *version);
                let expected = actual.saturating_sub(behind);
                let expires = lives.map(|seconds| self.now + seconds);
                let change = RecordChange {
                    kind: "k".into(),
                    key: vec![key],
                    expected,
                    value: value.map(|value| vec![value]),
                    expires: expires.map(at),
                };
                let result = store.put_record(change).await.unwrap();
                if expected != actual {
                    assert_eq!(result, Err(actual));
                } else {
                    assert_eq!(result, Ok(expected + 1));
                    match value {
                        Some(value) => drop(self.records.insert(key, (expected + 1, value, expires))),
                        None => drop(self.records.remove(&key)),
                    }
                }
            }
            Verb::Claim { most } => {
                let claimed =
                    store.claim(LANE, at(self.now), Span::from_millis(LEASE * 1000), most).await.unwrap();
                let mut ready: Vec<(i64, u8)> = self
                    .work
                    .iter()
                    .filter_map(|(id, (_, ready, _, _))| {
                        ready.filter(|ready| *ready <= self.now).map(|ready| (ready, *id))
                    })
                    .collect();
                ready.sort();
                assert_eq!(claimed.len(), ready.len().min(most));
                for work in claimed {
                    let id = work.body[0];
                    let known = self.work.get_mut(&id).unwrap();
                    // Which of several that became ready at one instant is open.
                    assert!(known.1.unwrap() <= ready[most.min(ready.len()) - 1].0);
                    assert_eq!((work.stream, work.attempts), (case(known.0), known.2 + 1));
                    *known = (known.0, Some(self.now + LEASE), known.2 + 1, Some(work.lease));
                    self.leases.push((id, work.lease));
                }
            }
            Verb::Finish { which } => {
                if let Some((id, lease)) = self.leases.get(which) {
                    let holds = self.work.get(id).is_some_and(|work| work.3 == Some(*lease));
                    assert_eq!(store.finish(*lease).await.unwrap(), holds);
                    if holds {
                        self.work.remove(id);
                    }
                }
            }
            Verb::Release { which, after } => {
                if let Some((id, lease)) = self.leases.get(which) {
                    let again = after.map(|seconds| self.now + seconds);
                    let holds = self.work.get(id).is_some_and(|work| work.3 == Some(*lease));
                    let result =
                        store.release(*lease, again.map_or(Again::Held, |again| Again::At(at(again)))).await;
                    assert_eq!(result.unwrap(), holds);
                    if let Some(work) = self.work.get_mut(id).filter(|_| holds) {
                        (work.1, work.3) = (again, None);
                    }
                }
            }
            Verb::Erase { stream } => {
                let there = self.streams.contains_key(&stream) && self.erased.insert(stream);
                assert_eq!(store.erase(&may_erase(case(stream)), case(stream)).await.unwrap(), there);
                if there {
                    self.list.remove(&stream);
                    self.work.retain(|_, work| work.0 != stream);
                }
            }
            Verb::Wait { seconds } => {
                self.now += seconds;
                ground.clock.set(MORNING + self.now * 1000);
            }
            Verb::Look => self.look(store).await,
        }
    }

    /// Everything that can be read is as it should be.
    async fn look(&self, store: &Store) {
        for stream in 0..FEW {
            let loaded = store.load(&may(case(stream)), case(stream), 0).await;
            if self.erased.contains(&stream) {
                assert!(matches!(loaded, Err(Error::Erased(_))));
                continue;
            }
            let bodies: Vec<u8> = loaded.unwrap().events.iter().map(|event| event.body[0]).collect();
            assert_eq!(bodies, self.streams.get(&stream).cloned().unwrap_or_default());
        }
        let rows = store.list("open", Page::First, 100).await.unwrap();
        let mut expected: Vec<_> =
            self.list.iter().map(|(stream, seconds)| Sort::new(at(*seconds), case(*stream))).collect();
        expected.sort();
        assert_eq!(rows.iter().map(|row| row.sort).collect::<Vec<_>>(), expected);
        for key in 0..3_u8 {
            let found =
                store.record("k", &[key]).await.unwrap().map(|record| (record.version, record.value[0]));
            let known =
                self.records.get(&key).filter(|(_, _, until)| until.is_none_or(|until| self.now < until));
            assert_eq!(found, known.map(|(version, value, _)| (*version, *value)));
        }
        let seen = store.follow(0).now(10_000).await.unwrap();
        assert_eq!(
            seen.iter().map(|event| event.position).collect::<Vec<_>>(),
            (1..=self.position).collect::<Vec<_>>()
        );
    }
}

fn try_many(cases: u32, ground: impl Fn() -> Ground) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    runner
        .run(&verbs(), |verbs| {
            let ground = ground();
            run(async {
                let store = ground.open().await;
                let mut model = Model::default();
                for verb in verbs {
                    model.step(&ground, &store, verb).await;
                }
                model.look(&store).await;
                drop(store);
                // It is all still there for a store that remembers nothing.
                model.look(&ground.open().await).await;
                let verified = log::verify::database(&ground.location, &[]).await.unwrap();
                assert_eq!(verified.expect("the log is in order").events, model.position);
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn sqlite_does_what_the_model_does() {
    try_many(96, || Ground::sqlite("model"));
}

#[test]
fn postgresql_does_what_the_model_does() {
    try_many(24, || Ground::postgres("model"));
}
