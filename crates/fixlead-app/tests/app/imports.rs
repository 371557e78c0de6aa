//! What a project published elsewhere: what may be recent is taken in by two people, and what
//! either of them does stands in the log.

use fixlead_app::accounts::Caller;
use fixlead_app::advisory::import::Came;
use fixlead_app::advisory::published;
use fixlead_app::audit::{Entry, Wanted};
use fixlead_app::problem::Problem;
use fixlead_core::access::Standing;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::wire::Sha256;
use fixlead_core::id::{OfferId, PersonId};
use fixlead_core::time::Span;
use fixlead_store::RecordChange;

use crate::advisory::{own, says, whole};
use crate::house::*;

impl House {
    async fn take_in(&self, by: PersonId, sources: &[&str]) -> Result<Came, Problem> {
        let sources = sources.iter().map(|source| (*source).to_owned()).collect();
        self.desk.take_in_advisories(&self.caller(by), PROJECT, sources, &own(), None).await
    }

    async fn confirm(&self, by: PersonId, offer: OfferId) -> Result<Came, Problem> {
        self.desk.confirm_import(&self.caller(by), PROJECT, offer, &own(), None).await
    }

    async fn decline(&self, by: PersonId, offer: OfferId) -> Result<Came, Problem> {
        self.desk.decline_import(&self.caller(by), PROJECT, offer, line("not public yet"), None).await
    }

    /// What the log says of advisories and CNAs, the oldest first, as its page says it.
    pub async fn logged(&self, what: &str) -> Vec<Entry> {
        let wanted = Wanted { what: what.to_owned(), by: None };
        let mut entries = self.desk.audit(&self.caller(self.olga), None, &wanted).await.unwrap().entries;
        entries.reverse();
        entries
    }
}

/// One of a while ago, under an id of that time.
fn old(house: &House, number: u32) -> String {
    whole("one", house.world.now() - Span::days(400)).replace("2026-12345", &format!("2025-{number}"))
}

fn without_step_up(caller: &Caller) -> Caller {
    use fixlead_core::access::Presence;
    Caller { presence: Presence::Session { stepped_up: None }, ..caller.clone() }
}

#[tokio::test]
async fn one_person_alone_takes_in_nothing_that_may_be_recent() {
    let house = House::under("vitess").await;
    let now = house.world.now();
    let at = |days| whole("one", now - Span::days(days)).replace("cve = \"CVE-2026-12345\"\n", "");
    let backdated = whole("one", now - Span::days(400));
    let touched =
        at(400).replace("\n[[affected]]", &format!("\nmodified = {}\n[[affected]]", now - Span::days(3)));
    let named = at(400).replace("\n[[affected]]", "\naliases = [\"GO-2026-0001\"]\n[[affected]]");
    for (what, source) in [
        ("published a day ago", at(1)),
        ("published 89 days ago", at(89)),
        ("an id of a year that ended two weeks ago", backdated),
        ("changed three days ago", touched),
        ("another id of that year", named.clone()),
        ("what a distribution calls it", named.replace("GO-2026-0001", "DEBIAN-CVE-2026-1")),
        ("what another one calls it", named.replace("GO-2026-0001", "RHSA-2026:1")),
    ] {
        let came = house.take_in(house.ana, &[&old(&house, 10001), &source]).await.unwrap();
        assert!(came.waits.is_some(), "{what}");
        assert_eq!(published(&house.desk).await.unwrap(), [], "{what}: all or nothing");
        house.decline(house.ana, came.waits.unwrap()).await.unwrap();
    }
    assert_eq!(house.take_in(house.ana, &[&at(90)]).await.unwrap().waits, None);
    assert_eq!(published(&house.desk).await.unwrap().len(), 1);
}

#[tokio::test]
async fn another_person_confirms_what_was_proposed_after_reading_it() {
    let house = House::under("vitess").await;
    let source = whole("one", house.world.now() - Span::days(1));
    let offer = house.take_in(house.ana, &[&source]).await.unwrap().waits.unwrap();
    says(house.confirm(house.ana, offer).await.unwrap_err(), "this needs a second person");
    for nobody in [house.olga, house.eli] {
        assert!(house.confirm(nobody, offer).await.is_err(), "no operator, and nobody from elsewhere");
        assert!(house.decline(nobody, offer).await.is_err());
        assert!(house.desk.waiting_imports(&house.caller(nobody), PROJECT).await.is_err());
    }
    let bo = house.caller(house.bo);
    let stale = without_step_up(&bo);
    let hasty = house.desk.confirm_import(&stale, PROJECT, offer, &own(), None).await;
    assert_eq!(hasty, Err(Problem::StepUp));
    let (waiting, sources) = house.desk.waiting_import(&stale, PROJECT, offer).await.unwrap();
    let sources = sources.unwrap();
    assert_eq!((waiting.confirms, waiting.import.by, sources), (true, Some(house.ana), vec![source.clone()]));
    let ana = house.desk.waiting_imports(&house.caller(house.ana), PROJECT).await.unwrap();
    assert!(!ana[0].confirms);
    assert_eq!(published(&house.desk).await.unwrap(), []);
    let came = house.confirm(house.bo, offer).await.unwrap();
    assert_eq!(came, Came { ids: vec!["CVE-2026-12345".to_owned()], waits: None });
    assert_eq!(published(&house.desk).await.unwrap()[0].source, source);
    assert_eq!(house.confirm(house.bo, offer).await, Err(Problem::NotFound), "once");
    assert_eq!(house.desk.waiting_imports(&bo, PROJECT).await.unwrap(), []);

    let entries = house.logged("advisories.").await;
    let told: Vec<_> = entries.iter().map(|entry| (entry.what.as_str(), entry.by)).collect();
    assert_eq!(
        told,
        [("advisories.proposed", Some(Some(house.ana))), ("advisories.taken-in", Some(Some(house.bo)))]
    );
    assert!(entries[1].words.starts_with("confirmed that"), "{}", entries[1].words);
    let hash = Sha256::of(&source);
    for entry in &entries {
        let about = format!("{:?}", entry.about);
        assert!(about.contains("CVE-2026-12345") && about.contains(&*hash), "{about}");
        assert!(!about.contains("canary"), "{about}");
    }
    house.take_in(house.ana, &[&old(&house, 10001)]).await.unwrap();
    let alone = house.logged("advisories.").await.pop().unwrap();
    assert!(alone.words.starts_with("alone took in"), "{}", alone.words);
}

#[tokio::test]
async fn what_was_altered_between_proposal_and_confirmation_is_refused() {
    let house = House::under("vitess").await;
    let source = whole("one", house.world.now() - Span::days(1));
    let offer = house.take_in(house.ana, &[&source]).await.unwrap().waits.unwrap();
    let (kind, key) = ("import".to_owned(), [offer.bytes().as_slice(), &[0; 8]].concat());
    let put = |text: &str, expected| {
        let (kind, key, value) = (kind.clone(), key.clone(), Some(text.as_bytes().to_vec()));
        house.world.store.put_record(RecordChange { kind, key, expected, value, expires: None })
    };
    put(&source.replace("It crashes.", "It is remote."), 1).await.unwrap().unwrap();
    says(house.confirm(house.bo, offer).await.unwrap_err(), "not what was proposed");
    let (_, seen) = house.desk.waiting_import(&house.caller(house.bo), PROJECT, offer).await.unwrap();
    says(seen.unwrap_err(), "not what was proposed");
    assert_eq!(published(&house.desk).await.unwrap(), []);
    put(&source, 2).await.unwrap().unwrap();
    house.confirm(house.bo, offer).await.unwrap();
    // And what cannot be read any more can still be declined.
    let other = source.replace("12345", "12346");
    let offer = house.take_in(house.ana, &[&other]).await.unwrap().waits.unwrap();
    let key = [offer.bytes().as_slice(), &[0; 8]].concat();
    let gone = RecordChange { kind: kind.clone(), key, expected: 1, value: None, expires: None };
    house.world.store.put_record(gone).await.unwrap().unwrap();
    says(house.confirm(house.bo, offer).await.unwrap_err(), "not what was proposed");
    house.decline(house.bo, offer).await.unwrap();
}

#[tokio::test]
async fn what_waits_is_declined_taken_back_or_over_and_needs_who_proposed_it() {
    let house = House::under("vitess").await;
    let source = whole("one", house.world.now() - Span::days(1));
    let propose = async || house.take_in(house.ana, &[&source]).await;
    let offer = propose().await.unwrap().waits.unwrap();
    house.decline(house.bo, offer).await.unwrap();
    assert_eq!(house.confirm(house.bo, offer).await, Err(Problem::NotFound));
    let offer = propose().await.unwrap().waits.unwrap();
    house.decline(house.ana, offer).await.unwrap();
    assert_eq!(house.confirm(house.bo, offer).await, Err(Problem::NotFound));
    assert_eq!(house.logged("advisories.declined").await.len(), 2);

    let stand = async |standing| {
        let reason = line("left the project");
        let set = DirectoryCommand::SetStanding { person: house.ana, standing, reason };
        house.direct(house.olga, set).await.unwrap();
    };
    let offer = propose().await.unwrap().waits.unwrap();
    stand(Standing::Suspended).await;
    says(house.confirm(house.bo, offer).await.unwrap_err(), "may not ask for it any more");
    stand(Standing::Active).await;
    house.world.wait(Span::days(14));
    says(house.confirm(house.bo, offer).await.unwrap_err(), "nobody confirmed it in time");
    assert_eq!(house.desk.waiting_imports(&house.caller(house.bo), PROJECT).await.unwrap(), []);
    let offer = propose().await.unwrap().waits.unwrap();
    stand(Standing::Removed).await;
    assert_eq!(house.confirm(house.bo, offer).await, Err(Problem::NotFound));
    assert_eq!(published(&house.desk).await.unwrap(), []);
    // Nobody fills the desk with what waits.
    for number in 0..10 {
        let source = source.replace("12345", &format!("1000{number}"));
        house.take_in(house.bo, &[&source]).await.unwrap();
    }
    says(house.take_in(house.bo, &[&source]).await.unwrap_err(), "too much waits");
}
