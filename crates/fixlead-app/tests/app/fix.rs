//! The repository of a fix behind its port: whose turn it is, and what that costs
//! others.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use fixlead_app::case::act::{Act, Although};
use fixlead_app::fix::check::Ran;
use fixlead_app::fix::look::Patches;
use fixlead_app::fix::origin::{Asked, Origin};
use fixlead_app::fix::{Commit, Comparison, Decide, Fault, Found, Patch, Radar, Repositories};
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_core::access::Role;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Sighting;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, ProjectId};

use crate::house::House;

type Result<T> = std::result::Result<T, Fault>;

/// Repositories whose pushes take until they are let go.
#[derive(Default)]
struct Slow {
    gone: Mutex<bool>,
    told: Condvar,
    fetched: Mutex<Vec<String>>,
    cases: Mutex<Vec<CaseId>>,
    /// Whether fetching takes until they are let go, too.
    fetches_hang: Mutex<bool>,
}

impl Slow {
    fn wait(&self) {
        let gone = self.told.wait_while(self.gone.lock().unwrap(), |gone| !*gone);
        drop(gone.unwrap());
    }

    fn let_go(&self) {
        *self.gone.lock().unwrap() = true;
        self.told.notify_all();
    }
}

impl Repositories for Slow {
    fn upstream(&self, _: ProjectId) -> Option<String> {
        Some("upstream".to_owned())
    }

    fn public(&self, _: ProjectId) -> Vec<String> {
        vec!["upstream".to_owned(), "fork".to_owned()]
    }

    fn fetch(&self, name: &str) -> Result<()> {
        self.fetched.lock().unwrap().push(name.to_owned());
        if *self.fetches_hang.lock().unwrap() {
            self.wait();
        }
        Ok(())
    }

    fn all(&self) -> Vec<CaseId> {
        self.cases.lock().unwrap().clone()
    }

    fn make(&self, case: CaseId, _: ProjectId) -> Result<bool> {
        self.cases.lock().unwrap().push(case);
        Ok(true)
    }

    fn remove(&self, case: CaseId) -> Result<()> {
        self.cases.lock().unwrap().retain(|known| *known != case);
        Ok(())
    }

    fn refresh(&self, _: CaseId, _: ProjectId) -> Result<()> {
        Ok(())
    }

    fn branches(&self, _: CaseId) -> Result<BTreeMap<String, Vec<Commit>>> {
        Ok(BTreeMap::new())
    }

    fn patches(&self, _: CaseId, _: &[String]) -> Result<BTreeMap<String, Patch>> {
        Ok(BTreeMap::new())
    }

    fn radar(&self, _: CaseId, _: &[String]) -> Result<Option<Found<Radar>>> {
        Ok(None)
    }

    fn origin(&self, _: CaseId, _: &Asked) -> Result<Found<Origin>> {
        Err(Fault::Absent)
    }

    fn push(&self, _: CaseId, _: &[u8], _: &mut Decide<'_>) -> Result<Vec<u8>> {
        self.wait();
        Ok(b"done".to_vec())
    }

    fn carry(&self, _: CaseId, _: &str, _: &str, _: &mut Decide<'_>) -> Result<()> {
        Ok(())
    }

    fn compare(&self, _: CaseId, _: &str, _: &str) -> Result<Comparison> {
        Err(Fault::Absent)
    }

    fn check(&self, _: CaseId, _: &str, _: &str) -> Result<Ran> {
        Err(Fault::Absent)
    }

    fn watch(&self, _: CaseId, _: ProjectId) -> Result<Vec<Sighting>> {
        Ok(Vec::new())
    }
}

async fn led_with_a_fix(house: &House) -> CaseId {
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    let repeat = Repeat::new(&format!("made-{case}"), b"").unwrap();
    house.desk.open_fix(&house.caller(house.ana), case, repeat).await.unwrap();
    case
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pushes_that_hang_and_pushes_that_are_given_up_hold_nobody_else_up() {
    let house = House::under("opentelemetry").await;
    let slow = Arc::new(Slow::default());
    house.desk.keep_fixes(Arc::clone(&slow) as _);
    let (held, other) = (led_with_a_fix(&house).await, led_with_a_fix(&house).await);
    house.give(house.ana, held, house.eli, Role::FixTeam).await;
    let push = |case: CaseId| {
        let (desk, caller) = (house.desk.clone(), house.caller(house.eli));
        tokio::spawn(async move { desk.push_fix(&caller, case, Vec::new(), String::new()).await })
    };
    // Each that is given up before its turn leaves its place to the next.
    for _ in 0..30 {
        let dropped = push(held);
        tokio::time::sleep(Duration::from_millis(2)).await;
        dropped.abort();
        let _ = dropped.await;
    }
    let mut waiting = Vec::new();
    let refused = loop {
        let mut next = push(held);
        match tokio::time::timeout(Duration::from_millis(300), &mut next).await {
            Err(_) => waiting.push(next),
            Ok(done) => break done.unwrap(),
        }
        assert!(waiting.len() < 10, "as many as like wait");
    };
    assert_eq!(refused, Err(Problem::TooMany { retry_after: 5 }));
    // Meanwhile there is room for everybody else.
    let caller = house.caller(house.ana);
    let look = async {
        for _ in 0..4 {
            house.desk.fix(&caller, other, Patches::First).await.unwrap();
            house.desk.fix(&caller, held, Patches::First).await.unwrap();
        }
        let carry = Repeat::new("carried-once", b"").unwrap();
        let (from, onto, host) = ("main".to_owned(), "release-1".to_owned(), String::new());
        house.desk.carry_fix(&caller, other, from, onto, host, carry).await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(20), look).await.expect("it waits for a push to another case");
    slow.let_go();
    for push in waiting {
        assert_eq!(push.await.unwrap(), Ok(b"done".to_vec()));
    }
    assert_eq!(
        *slow.fetched.lock().unwrap(),
        ["upstream", "upstream"],
        "one for each repository that is made"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_public_is_fetched_once_for_all_cases_and_delays_no_removal() {
    let house = House::under("opentelemetry").await;
    let slow = Arc::new(Slow::default());
    house.desk.keep_fixes(Arc::clone(&slow) as _);
    let (first, second) = (led_with_a_fix(&house).await, led_with_a_fix(&house).await);
    slow.fetched.lock().unwrap().clear();
    assert_eq!(house.desk.watch_fixes().await, Ok(0));
    assert_eq!(*slow.fetched.lock().unwrap(), ["upstream", "fork"], "two cases of one project");
    // One that is slow is waited for by nobody who takes away what is over.
    *slow.fetches_hang.lock().unwrap() = true;
    let desk = house.desk.clone();
    let watching = tokio::spawn(async move { desk.watch_fixes().await });
    let close = Command::Close { reason: Line::tamed("done"), overriding: None };
    let although = Some(Although { reason: Line::tamed("a rehearsal"), subject: None });
    house.desk.act(&house.caller(house.ana), first, Act { although, ..Act::new(close) }).await.unwrap();
    let tidied = tokio::time::timeout(Duration::from_secs(10), house.desk.tidy_fixes()).await;
    assert_eq!(tidied.expect("it waits for a fetch"), Ok(1));
    assert_eq!(*slow.cases.lock().unwrap(), [second]);
    slow.let_go();
    assert_eq!(watching.await.unwrap(), Ok(0));
}
