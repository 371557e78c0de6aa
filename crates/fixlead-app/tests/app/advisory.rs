//! The advisory of a case: begun, written, refused, made public by two people,
//! and public when the case is gone.

use fixlead_app::advisory::import::{Came, Fit};
use fixlead_app::advisory::{Site, published};
use fixlead_app::problem::Problem;
use fixlead_core::access::{Role, Standing};
use fixlead_core::case::event::{EventKind, Field, Value};
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::wire::Sha256;
use fixlead_core::id::CaseId;
use fixlead_core::time::{Instant, Span};
use fixlead_formats::lint::Insiders;
use fixlead_formats::source;
use fixlead_formats::source::draft::Draft;

use crate::house::*;

pub fn own() -> Insiders {
    Insiders(vec!["https://desk.example.org/".into()])
}

/// A whole advisory, public at an instant.
pub fn whole(id: &str, at: Instant) -> String {
    format!(
        "id = \"{id}\"\ncve = \"CVE-2026-12345\"\ntitle = \"A flaw\"\nsummary = \"It crashes.\"\n\
         description = \"canary-advisory\"\npublished = {at}\n\
         [[affected]]\npackage = \"pkg:cargo/tool\"\nstatus = \"affected\"\n\
         [[affected.range]]\nintroduced = \"0\"\nfixed = \"1.2.0\"\n\
         [[reference]]\nkind = \"fix\"\nurl = \"https://example.org/fix\"\n\
         [publisher]\nname = \"Example\"\nnamespace = \"https://example.org\"\ncategory = \"vendor\"\n"
    )
}

async fn release(house: &House, case: CaseId) {
    for kind in [EventKind::BinariesVerified, EventKind::Released] {
        let mut event = event(kind).with(Field::Branches, Value::Branches(2));
        event.at = fixlead_core::time::When::at(house.world.now());
        let found = Command::Record { event, source: Source::Found, overriding: None };
        house.act(house.ana, case, found).await.unwrap();
    }
    house.world.wait(Span::minutes(2));
}

#[tokio::test]
async fn an_advisory_begins_with_what_the_case_knows_as_far_as_its_reader_may_know_it() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let assigned = event(EventKind::CveAssigned).with(Field::Id, text("CVE-2026-12345"));
    house.record(house.ana, case, assigned).await.unwrap();
    let begun = house.desk.advisory(&house.caller(house.ana), case, &own()).await.unwrap();
    assert_eq!(begun.version, 0);
    let draft = Draft::read(&begun.source).unwrap();
    assert_eq!(draft.get("cve"), "CVE-2026-12345");
    assert_eq!(draft.get("title"), "a flaw in the parser");
    assert_eq!(draft.sections("credit")[0].get("name"), "Gus Canary-Credit");
    assert!(!begun.source.contains("canary-body"), "what was reported is not for the world");
    let seen = house.desk.advisory(&house.caller(house.eli), case, &own()).await.unwrap();
    assert!(!seen.source.contains("Canary-Credit"), "who reported it is not for the Fix Team");
    let stranger = house.desk.advisory(&house.caller(house.olga), case, &own()).await;
    assert!(matches!(stranger, Err(Problem::NotFound)));
}

#[tokio::test]
async fn an_advisory_is_written_over_what_was_read_and_a_secret_of_the_desk_never() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let (ana, eli) = (house.caller(house.ana), house.caller(house.eli));
    let write = |caller, text: &'static str, over| house.desk.write_advisory(caller, case, text, over, None);
    assert_eq!(write(&ana, "title = \"one\"", 0).await.unwrap().1, 1);
    assert_eq!(write(&eli, "title = \"two\"", 0).await.unwrap_err(), Problem::Conflict { actual: 1 });
    assert_eq!(write(&eli, "title = \"two\"", 1).await.unwrap().1, 2);
    let bo = house.caller(house.bo);
    assert!(matches!(write(&bo, "x", 2).await, Err(Problem::Forbidden { .. })));
    let seen = house.desk.advisory(&bo, case, &own()).await.unwrap();
    assert_eq!((seen.version, seen.source.as_str()), (2, "title = \"two\""));
    assert_eq!(seen.written.unwrap().1, Some(house.eli));
    let view = house.desk.read(&eli, case).await.unwrap();
    let written: Vec<_> =
        view.timeline.iter().filter(|step| step.event["type"] == "advisory.written").collect();
    assert_eq!(written.len(), 2);
    assert_eq!(written[0].event["bytes"], 13);
    assert!(!written.iter().any(|step| step.event.to_string().contains("one")));
}

#[tokio::test]
async fn an_advisory_becomes_public_by_two_people_after_the_release_and_stays_when_its_case_is_gone() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    let (ana, bo) = (house.caller(house.ana), house.caller(house.bo));
    let own = own();
    let ask = || house.desk.ask_publication(&ana, case, (line("ready"), None), &own, None);
    let text = whole("one", house.world.now());
    let inside = text.replace("https://example.org/fix", "https://desk.example.org/cases/1");
    house.desk.write_advisory(&ana, case, &inside, 0, None).await.unwrap();
    let Err(Problem::Invalid { errors }) = ask().await else { panic!("it leads to insiders") };
    assert!(errors[0].message.starts_with("reference/0/url: "), "{errors:?}");
    house.desk.write_advisory(&ana, case, &text, 1, None).await.unwrap();
    let (_, offer) = ask().await.unwrap();
    let confirm = |caller| house.desk.publish_advisory(caller, case, offer, None, &own, None);
    assert!(matches!(confirm(&ana).await, Err(Problem::Invalid { .. })), "one person is not two");
    let Err(Problem::Held { held }) = confirm(&bo).await else { panic!("nothing is released") };
    assert!(held.clauses.contains(&"OT-64".to_owned()), "{held:?}");
    assert!(house.desk.publication_held(&bo, case).await.unwrap().is_some());
    assert_eq!(published(&house.desk).await.unwrap(), []);
    release(&house, case).await;
    confirm(&bo).await.unwrap();
    let public = published(&house.desk).await.unwrap();
    assert_eq!(public.len(), 1);
    assert_eq!(public[0].source, text);
    assert!(house.desk.advisory(&bo, case, &own).await.unwrap().is_published);
    // What is changed is public once two people have said so again.
    let better = text.replace("It crashes.", "It crashes on empty input.");
    house.desk.write_advisory(&ana, case, &better, 2, None).await.unwrap();
    assert_eq!(published(&house.desk).await.unwrap()[0].source, text);
    let (_, again) = ask().await.unwrap();
    house.desk.publish_advisory(&bo, case, again, None, &own, None).await.unwrap();
    let public = published(&house.desk).await.unwrap();
    assert_eq!((public.len(), public[0].source.as_str()), (1, better.as_str()));
    // The next one begins where the last one was published, under another id.
    let other = house.reported().await.case;
    house.lead(house.ana, other).await;
    let begun = house.desk.advisory(&ana, other, &own).await.unwrap().source;
    assert_eq!(Draft::read(&begun).unwrap().sections("publisher")[0].get("name"), "Example");
    house.desk.write_advisory(&ana, other, &text, 0, None).await.unwrap();
    let (_, offer) =
        house.desk.ask_publication(&ana, other, (line("ready"), None), &own, None).await.unwrap();
    release(&house, other).await;
    let twice = house.desk.publish_advisory(&bo, other, offer, None, &own, None).await;
    assert!(matches!(twice, Err(Problem::Invalid { .. })), "{twice:?}");
    // Erasing the case takes back nothing that the world knows.
    house.act(house.bo, case, Command::Close { reason: line("done"), overriding: None }).await.ok();
    let close = Command::Close { reason: line("done"), overriding: None };
    let although = Some(fixlead_app::case::act::Although { reason: line("over"), subject: None });
    let act = fixlead_app::case::act::Act { although, ..fixlead_app::case::act::Act::new(close) };
    house.desk.act(&ana, case, act).await.unwrap();
    let (_, erasure) = house.desk.ask_erasure(&ana, case, line("old"), None).await.unwrap();
    house.desk.confirm_erasure(&bo, case, erasure).await.unwrap();
    assert_eq!(published(&house.desk).await.unwrap().len(), 1);
    assert!(matches!(house.desk.advisory(&ana, case, &own).await, Err(Problem::NotFound)));
}

#[tokio::test]
async fn a_project_takes_in_what_it_published_before_all_of_it_or_nothing() {
    let house = House::under("vitess").await;
    let (ana, olga) = (house.caller(house.ana), house.caller(house.olga));
    let before = house.world.now() - Span::days(400);
    let one = whole("one", before).replace("CVE-2026", "CVE-2025");
    let two = one.replace("12345", "12346");
    let take = |caller, sources: &[&str]| {
        let sources = sources.iter().map(|source| (*source).to_owned()).collect();
        let desk = house.desk.clone();
        async move { desk.take_in_advisories(caller, PROJECT, sources, &own(), None).await }
    };
    assert!(take(&olga, &[&one]).await.is_err());
    let broken = two.replace("1.2.0", "0");
    let Err(Problem::Invalid { errors }) = take(&ana, &[&one, &broken]).await else { panic!("it is broken") };
    assert_eq!(errors[0].pointer, "/advisories/1");
    assert_eq!(published(&house.desk).await.unwrap(), []);
    let came = take(&ana, &[&one, &two]).await.unwrap();
    let ids = vec!["CVE-2025-12345".to_owned(), "CVE-2025-12346".to_owned()];
    assert_eq!(came, Came { ids, waits: None }, "what is old needs nobody else");
    let changed = one.replace("It crashes.", "It hangs.");
    take(&ana, &[&changed]).await.unwrap();
    let public = published(&house.desk).await.unwrap();
    assert_eq!(public.len(), 2);
    assert!(public.iter().any(|one| one.source == changed));
    assert_eq!(public[0].at, source::read(&one).unwrap().advisory.published);
    let future = one.replace("12345", "12347").replace(&before.to_string(), "2199-01-01T00:00:00Z");
    assert!(take(&ana, &[&future]).await.is_err());
    let nobodys = one.replace("12345", "12348").replace("name = \"Example\"", "name = \"Unknown publisher\"");
    let Err(Problem::Invalid { errors }) = take(&ana, &[&nobodys]).await else {
        panic!("nobody publishes it")
    };
    assert!(errors[0].message.contains("write who publishes it"), "{errors:?}");
    // What a case under embargo is about is published from that case alone.
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    let assigned = event(EventKind::CveAssigned).with(Field::Id, text("CVE-2025-12349"));
    house.record(house.ana, case, assigned).await.unwrap();
    let early = one.replace("12345", "12349");
    let Err(Problem::Invalid { errors }) = take(&ana, &[&early]).await else { panic!("it is under embargo") };
    assert!(errors[0].message.contains("`CVE-2025-12349` is in use here"), "{errors:?}");
    assert_eq!(published(&house.desk).await.unwrap().len(), 2);
}

async fn stand(house: &House, standing: Standing) {
    let reason = line("left the project");
    let set = DirectoryCommand::SetStanding { person: house.ana, standing, reason };
    house.direct(house.olga, set).await.unwrap();
}

pub fn says(problem: Problem, part: &str) {
    let Problem::Invalid { errors } = problem else { panic!("{problem:?}") };
    assert!(errors[0].message.contains(part), "{errors:?}");
}

#[tokio::test]
async fn whoever_asked_and_may_no_longer_ask_is_not_one_of_two_people() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    let (ana, bo) = (house.caller(house.ana), house.caller(house.bo));
    release(&house, case).await;
    let text = whole("one", house.world.now());
    house.desk.write_advisory(&ana, case, &text, 0, None).await.unwrap();
    let (_, offer) =
        house.desk.ask_publication(&ana, case, (line("ready"), None), &own(), None).await.unwrap();
    let own = own();
    let confirm = || house.desk.publish_advisory(&bo, case, offer, None, &own, None);
    assert!(house.desk.advisory(&bo, case, &own).await.unwrap().asked.is_some());
    stand(&house, Standing::Suspended).await;
    says(confirm().await.unwrap_err(), "may not ask for it any more");
    // Nor is it offered for confirmation, so that somebody else can ask.
    assert!(house.desk.advisory(&bo, case, &own).await.unwrap().asked.is_none());
    assert_eq!(published(&house.desk).await.unwrap(), []);
    stand(&house, Standing::Active).await;
    confirm().await.unwrap();
    assert_eq!(published(&house.desk).await.unwrap().len(), 1);
    // An erasure likewise, whose confirmation destroys the key.
    let close = Command::Close { reason: line("done"), overriding: None };
    let although = Some(fixlead_app::case::act::Although { reason: line("over"), subject: None });
    let act = fixlead_app::case::act::Act { although, ..fixlead_app::case::act::Act::new(close) };
    house.desk.act(&house.caller(house.ana), case, act).await.unwrap();
    let ana = house.caller(house.ana);
    let (_, erasure) = house.desk.ask_erasure(&ana, case, line("old"), None).await.unwrap();
    stand(&house, Standing::Removed).await;
    says(house.desk.confirm_erasure(&bo, case, erasure).await.unwrap_err(), "may not ask for it any more");
    assert!(house.desk.read(&bo, case).await.is_ok());
}

#[tokio::test]
async fn an_import_tells_nothing_of_cases_that_whoever_imports_may_not_know() {
    let house = House::under("vitess").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    let assigned = event(EventKind::CveAssigned).with(Field::Id, text("CVE-2026-12345"));
    house.record(house.ana, case, assigned).await.unwrap();
    let restrict = Command::Restrict { reason: line("few people") };
    house.act(house.ana, case, restrict).await.unwrap();
    let chen = house.caller(house.chen);
    assert!(matches!(house.desk.read(&chen, case).await, Err(Problem::NotFound)));
    let source = whole("one", house.world.now() - Span::days(2));
    let (ana, own) = (house.caller(house.ana), own());
    let take = |caller| house.desk.take_in_advisories(caller, PROJECT, vec![source.clone()], &own, None);
    // Who knows the case is told that it is published from there; who does not, nothing.
    says(take(&ana).await.unwrap_err(), "in use here already");
    // In small letters, as our own id, or as what others call it, it is still that one.
    for (from, to) in [
        ("cve = \"CVE-2026-12345\"", "aliases = [\"cve-2026-12345\"]"),
        ("cve = \"CVE-2026-12345\"", "aliases = [\"CVE-2026-12345\"]"),
        ("cve = \"CVE-2026-12345\"", "aliases = [\"DEBIAN-CVE-2026-12345\"]"),
    ] {
        let other = source.replace(from, to);
        assert_ne!(other, source, "{from}");
        let told = house.desk.take_in_advisories(&ana, PROJECT, vec![other], &own, None).await;
        assert!(matches!(told, Err(Problem::Invalid { .. })), "{to}: {told:?}");
    }
    assert_eq!(take(&chen).await.unwrap().ids, ["CVE-2026-12345"]);
}

#[tokio::test]
async fn what_was_only_taken_in_holds_up_no_release() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    let (ana, bo, site) = (house.caller(house.ana), house.caller(house.bo), Picky::default());
    release(&house, case).await;
    let text = whole("one", house.world.now());
    let came = house.desk.take_in_advisories(&bo, PROJECT, vec![text.clone()], &site, None).await.unwrap();
    house.desk.confirm_import(&ana, PROJECT, came.waits.unwrap(), &site, None).await.unwrap();
    house.desk.write_advisory(&ana, case, &text, 0, None).await.unwrap();
    let (_, offer) =
        house.desk.ask_publication(&ana, case, (line("ready"), None), &site, None).await.unwrap();
    house.desk.publish_advisory(&bo, case, offer, None, &site, None).await.unwrap();
    let all = published(&house.desk).await.unwrap();
    assert_eq!((all.len(), all[0].of_case), (1, true), "the case counts, and the other is gone");
    // The project whose import it was finds that in the log.
    let told = house.logged("advisories.replaced").await;
    assert_eq!((told.len(), told[0].by), (1, Some(None)));
    let about = format!("{:?}", told[0].about);
    assert!(about.contains("CVE-2026-12345") && about.contains(&*Sha256::of(&text)), "{about}");
    says(
        house.desk.take_in_advisories(&bo, PROJECT, vec![text], &site, None).await.unwrap_err(),
        "in use here already",
    );
}

#[tokio::test]
async fn an_advisory_keeps_to_its_own_cve_id_and_can_be_found_by_its_first_id() {
    let house = House::under("opentelemetry").await;
    let (case, other) = (house.reported().await.case, house.reported().await.case);
    for case in [case, other] {
        house.lead(house.ana, case).await;
    }
    let (ana, bo, own) = (house.caller(house.ana), house.caller(house.bo), own());
    let theirs = event(EventKind::CveAssigned).with(Field::Id, text("CVE-2026-12345"));
    house.record(house.ana, other, theirs.clone()).await.unwrap();
    release(&house, case).await;
    let source = whole("one", house.world.now());
    house.desk.write_advisory(&ana, case, &source, 0, None).await.unwrap();
    let ask = || house.desk.ask_publication(&ana, case, (line("ready"), None), &own, None);
    says(ask().await.unwrap_err(), "CVE-2026-12345 is of another case under embargo");
    // Without an id of its own it goes by the project's.
    let first = source.replace("cve = \"CVE-2026-12345\"\n", "");
    assert_ne!(first, source);
    house.desk.write_advisory(&ana, case, &first, 1, None).await.unwrap();
    let (_, offer) = ask().await.unwrap();
    house.desk.publish_advisory(&bo, case, offer, None, &own, None).await.unwrap();
    let id = source::read(&first).unwrap().advisory.public_id();
    // Both cases are about one flaw; the id that the world knows stays findable.
    house.record(house.ana, case, theirs).await.unwrap();
    house.desk.write_advisory(&ana, case, &source, 2, None).await.unwrap();
    let (_, offer) = ask().await.unwrap();
    let confirm = |offer| house.desk.publish_advisory(&bo, case, offer, None, &own, None);
    says(confirm(offer).await.unwrap_err(), &format!("this was published as `{id}`"));
    let named = source.replace("\n[[affected]]", &format!("\naliases = [\"{id}\"]\n[[affected]]"));
    house.desk.write_advisory(&ana, case, &named, 3, None).await.unwrap();
    let (_, offer) = ask().await.unwrap();
    confirm(offer).await.unwrap();
    assert_eq!(published(&house.desk).await.unwrap()[0].source, named);
}

/// A site that takes nothing of some publisher, or has a file or no room.
#[derive(Default)]
struct Picky {
    insiders: Insiders,
    refuses: bool,
    file: bool,
    full: bool,
}

impl Site for Picky {
    fn insiders(&self) -> &Insiders {
        &self.insiders
    }

    fn refuses(&self, advisory: &source::Advisory) -> Vec<(String, String)> {
        let path = "publisher/namespace".to_owned();
        let says = format!("{} publishes elsewhere", advisory.publisher.name);
        self.refuses.then_some((path, says)).into_iter().collect()
    }

    fn has_file(&self, _: &str) -> bool {
        self.file
    }

    fn room(&self) -> usize {
        usize::from(!self.full)
    }
}

#[tokio::test]
async fn what_has_no_place_on_the_site_is_refused_when_it_is_asked_for_confirmed_or_taken_in() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    let (ana, bo) = (house.caller(house.ana), house.caller(house.bo));
    release(&house, case).await;
    let text = whole("one", house.world.now());
    house.desk.write_advisory(&ana, case, &text, 0, None).await.unwrap();
    let open = Picky::default();
    let ask = |site| house.desk.ask_publication(&ana, case, (line("ready"), None), site, None);
    let refusing = Picky { refuses: true, ..Picky::default() };
    let full = Picky { full: true, ..Picky::default() };
    says(ask(&refusing).await.unwrap_err(), "publisher/namespace: Example publishes elsewhere");
    let (_, offer) = ask(&open).await.unwrap();
    let confirm = |site| house.desk.publish_advisory(&bo, case, offer, None, site, None);
    says(confirm(&refusing).await.unwrap_err(), "publishes elsewhere");
    says(confirm(&full).await.unwrap_err(), "is full");
    assert_eq!(published(&house.desk).await.unwrap(), []);
    let mark = fixlead_app::advisory::mark(&house.desk).await.unwrap();
    confirm(&open).await.unwrap();
    assert!(published(&house.desk).await.unwrap()[0].of_case);
    let after = fixlead_app::advisory::mark(&house.desk).await.unwrap();
    assert!(after > mark, "whoever gives them notices");
    // What is taken in likewise, and a file of the operator's is not outdone.
    let old = whole("one", house.world.now() - Span::days(800)).replace("2026-12345", "2024-12346");
    let other = old.replace("12346", "12347");
    let take = |site, sources: &[&String]| {
        let sources = sources.iter().map(|source| (*source).clone()).collect();
        house.desk.take_in_advisories(&ana, PROJECT, sources, site, None)
    };
    says(take(&refusing, &[&old]).await.unwrap_err(), "publishes elsewhere");
    says(take(&full, &[&old]).await.unwrap_err(), "is full");
    let file = Picky { file: true, ..Picky::default() };
    says(take(&file, &[&old]).await.unwrap_err(), "a file that `advisories.from` names");
    says(take(&open, &[&old, &other]).await.unwrap_err(), "is full");
    let looked =
        house.desk.look_through_advisories(&ana, PROJECT, &[old.clone(), other], &open).await.unwrap();
    assert_eq!(looked[0], Ok(Fit { id: "CVE-2024-12346".to_owned(), recent: false }));
    assert!(looked[1].is_err(), "there is room for one");
    assert_eq!(take(&open, &[&old]).await.unwrap().ids, ["CVE-2024-12346"]);
    let all = published(&house.desk).await.unwrap();
    assert_eq!(all.iter().filter(|one| one.of_case).count(), 1);
}
