//! Looking for cases: what somebody finds is what they may see at that moment,
//! on every node; and what a copy in a file keeps, and no longer.

use fixlead_app::Desk;
use fixlead_app::accounts::Caller;
use fixlead_app::finding::Reopened;
use fixlead_app::finding::ask::{Answer, Question};
use fixlead_app::problem::Problem;
use fixlead_app::search::Order;
use fixlead_core::access::{Presence, Role, TokenScope};
use fixlead_core::case::event::{EventKind, Field};
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Room;
use fixlead_core::id::{CaseId, MessageId, PersonId};
use fixlead_core::time::Span;

use crate::house::*;

fn question(query: &str) -> Question {
    Question { query: query.into(), order: Order::Fit, after: None, limit: 20, excerpts: false }
}

async fn ask(desk: &Desk, caller: &Caller, query: &str) -> Answer {
    desk.search(caller, &question(query)).await.unwrap()
}

/// How many cases somebody finds; the list says the same.
async fn finds(desk: &Desk, caller: &Caller, query: &str) -> usize {
    let answer = ask(desk, caller, query).await;
    assert!(answer.complete && answer.percent == 100);
    assert_eq!(answer.total, answer.items.len());
    answer.total
}

async fn post(house: &House, person: PersonId, case: CaseId, room: Room, said: &str) {
    let id = MessageId::from_bytes(house.grant().bytes());
    let post = Command::Post { id, room, body: body(said), answers: None };
    house.act(person, case, post).await.unwrap();
}

/// Everything that a case can say, each in a word of its own.
const WORDS: [&str; 12] = [
    "parser",
    "reproduce",
    "Canary-Credit",
    "Trentino",
    "underhand",
    "outsider",
    "sidenote",
    "becausing",
    "CVE-2027-4444",
    "flawed/path",
    "logfile",
    "crashdump",
];

async fn told() -> (House, CaseId, String) {
    let house = House::under("opentelemetry").await;
    let taken = house.reported().await;
    let case = taken.case;
    house.lead(house.ana, case).await;
    post(&house, house.ana, case, Room::Internal, "an underhand trick").await;
    post(&house, house.ana, case, Room::Reporter, "thanks from Trentino").await;
    post(&house, house.ana, case, Room::Guest, "dear outsider").await;
    house.act(house.ana, case, Command::Note { text: body("a sidenote") }).await.unwrap();
    let ana = house.caller(house.ana);
    let attach = async |room, name: &str| {
        house.desk.attach(&ana, case, room, name, b"bytes".to_vec(), None).await.unwrap();
    };
    attach(Room::Internal, "logfile.txt").await;
    attach(Room::Guest, "crashdump.bin").await;
    let valid = event(EventKind::TriageDecided).with(Field::Disposition, text("valid"));
    house.record(house.ana, case, valid).await.unwrap();
    let classified = event(EventKind::SeverityClassified)
        .with(Field::Severity, text("high"))
        .with(Field::Reason, text("high, becausing harm"));
    house.record(house.ana, case, classified).await.unwrap();
    house
        .record(house.ana, case, event(EventKind::CveAssigned).with(Field::Id, text("CVE-2027-4444")))
        .await
        .unwrap();
    let commit = event(EventKind::CommitProposed)
        .with(Field::Id, text("abcdef0123"))
        .with(Field::Author, text(house.ana))
        .with(Field::Paths, texts(&["flawed/path.go"]));
    house.record(house.ana, case, commit).await.unwrap();
    (house, case, taken.receipt)
}

#[tokio::test]
async fn everybody_finds_by_what_they_may_read_and_by_nothing_else() {
    let (house, case, receipt) = told().await;
    // Somebody in the team, a guest, whoever reported it, and who is none of them.
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let guest = PersonId::from_bytes([88; 16]);
    let (gina, _) = {
        let olga = house.caller(house.olga);
        house.desk.invite(&olga, line("gina"), None).await.unwrap()
    };
    house.desk.join(gina).await.unwrap();
    house.give(house.ana, case, gina, Role::Guest).await;
    let (gus, _) = house.desk.by_receipt(&receipt).await.unwrap();
    let found = async |caller: &Caller| {
        let mut words = Vec::new();
        for word in WORDS {
            if finds(&house.desk, caller, word).await > 0 {
                words.push(word);
            }
        }
        words
    };
    assert_eq!(found(&house.caller(house.ana)).await, WORDS, "who leads finds everything");
    assert_eq!(found(&house.caller(house.bo)).await, WORDS, "responders too");
    let team: Vec<&str> =
        WORDS.into_iter().filter(|word| !["Canary-Credit", "Trentino"].contains(word)).collect();
    assert_eq!(found(&house.caller(house.eli)).await, team, "the team does not learn whose it is");
    assert_eq!(found(&gus).await, ["parser", "reproduce", "Canary-Credit", "Trentino"]);
    assert_eq!(found(&house.caller(gina)).await, ["outsider", "crashdump"]);
    for stranger in [house.olga, guest] {
        assert_eq!(found(&house.caller(stranger)).await, [""; 0]);
    }
    // Who may not see the title is shown none, and cannot ask whether it is open.
    let shown = ask(&house.desk, &house.caller(gina), "outsider").await;
    assert_eq!((shown.items[0].title.as_ref(), shown.items[0].state), (None, None));
    assert_eq!(finds(&house.desk, &house.caller(gina), "outsider is:open").await, 0);
    assert_eq!(finds(&house.desk, &house.caller(house.eli), "underhand is:open").await, 1);
    assert_eq!(finds(&house.desk, &house.caller(house.eli), "underhand -is:open").await, 0);
    // A receipt opens its own case alone, a token what it was made for.
    let other = house.reported().await;
    assert_eq!(finds(&house.desk, &house.caller(house.ana), "parser").await, 2);
    assert_eq!(finds(&house.desk, &gus, "parser").await, 1);
    let (gus_too, _) = house.desk.by_receipt(&other.receipt).await.unwrap();
    assert_eq!(finds(&house.desk, &gus_too, "trentino").await, 0);
    let token = |scopes: &[TokenScope]| Caller {
        presence: Presence::Token { scopes: scopes.to_vec(), within: None },
        ..house.caller(house.ana)
    };
    assert_eq!(finds(&house.desk, &token(&[TokenScope::Read]), "underhand").await, 1);
    let refused = house.desk.search(&token(&[TokenScope::Post]), &question("underhand")).await;
    assert!(matches!(refused.err(), Some(Problem::Forbidden { scope: Some(TokenScope::Read), .. })));
}

#[tokio::test]
async fn what_is_taken_away_is_found_no_more_with_the_next_question_on_any_node() {
    let (house, case, _) = told().await;
    let elsewhere = open(&house.world).await;
    let grant = house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let (eli, bo, chen) = (house.caller(house.eli), house.caller(house.bo), house.caller(house.chen));
    for desk in [&house.desk, &elsewhere] {
        assert_eq!(finds(desk, &eli, "underhand").await, 1);
        assert_eq!(finds(desk, &bo, "underhand").await, 1);
        assert_eq!(finds(desk, &chen, "underhand").await, 1);
    }
    let revoke = Command::Revoke { grant, reason: line("done") };
    house.act(house.ana, case, revoke).await.unwrap();
    assert_eq!(finds(&elsewhere, &eli, "underhand").await, 0, "revoked");
    assert_eq!(finds(&house.desk, &eli, "underhand").await, 0, "revoked");
    house.act(house.bo, case, Command::Recuse { person: house.bo, reason: line("mine") }).await.unwrap();
    assert_eq!(finds(&elsewhere, &bo, "underhand").await, 0, "recused");
    assert_eq!(finds(&house.desk, &bo, "underhand").await, 0, "recused");
    house.act(house.ana, case, Command::Restrict { reason: line("few") }).await.unwrap();
    assert_eq!(finds(&elsewhere, &chen, "underhand").await, 0, "restricted");
    assert_eq!(finds(&elsewhere, &house.caller(house.ana), "underhand").await, 1);
    // And what is written is found, there too.
    post(&house, house.ana, case, Room::Internal, "brandnew").await;
    assert_eq!(finds(&elsewhere, &house.caller(house.ana), "brandnew").await, 1);
    assert_eq!(finds(&elsewhere, &house.caller(house.ana), "parser").await, 1, "counted once");
}

/// Has a case closed and erased.
async fn erase(house: &House, case: CaseId) {
    let close = Command::Close { reason: line("done"), overriding: None };
    if house.act(house.ana, case, close).await.is_err() {
        let dismiss = event(EventKind::TriageDecided).with(Field::Disposition, text("not-a-vulnerability"));
        house.lead(house.ana, case).await;
        house.record(house.ana, case, dismiss).await.unwrap();
        let close = Command::Close { reason: line("done"), overriding: None };
        house.act(house.ana, case, close).await.unwrap();
    }
    let (ana, bo) = (house.caller(house.ana), house.caller(house.bo));
    let (_, offer) = house.desk.ask_erasure(&ana, case, line("asked to"), None).await.unwrap();
    house.desk.confirm_erasure(&bo, case, offer).await.unwrap();
}

#[tokio::test]
async fn an_erased_case_is_in_no_answer_and_in_no_copy() {
    let house = House::under("opentelemetry").await;
    let (case, kept) = (house.reported().await.case, house.reported().await.case);
    let ana = house.caller(house.ana);
    let (here, there) = (house.world.directory().join("here"), house.world.directory().join("there"));
    let elsewhere = open(&house.world).await;
    for (desk, file) in [(&house.desk, &here), (&elsewhere, &there)] {
        assert_eq!(desk.open_search(file).await.unwrap(), Reopened::Missing);
        assert_eq!(finds(desk, &ana, "reproduce").await, 2);
        assert!(desk.keep_search().await.unwrap().is_some());
    }
    // The other copy is kept aside, as a thief would.
    let stolen = house.world.directory().join("stolen");
    std::fs::copy(&there, &stolen).unwrap();
    let again = open(&house.world).await;
    assert_eq!(again.open_search(&stolen).await.unwrap(), Reopened::Taken(2), "until then it opens");
    erase(&house, case).await;
    assert!(!here.exists(), "gone before the answer");
    assert_eq!(finds(&elsewhere, &ana, "reproduce").await, 1);
    assert!(!there.exists(), "gone as soon as that node learns of it");
    assert_eq!(finds(&again, &ana, "reproduce").await, 1);
    assert!(!stolen.exists());
    // What was left of such a copy opens for nobody, and is thrown away.
    assert!(elsewhere.keep_search().await.unwrap().is_some());
    let later = open(&house.world).await;
    assert_eq!(later.open_search(&there).await.unwrap(), Reopened::Taken(1));
    let other = house.reported().await.case;
    std::fs::copy(&there, &stolen).unwrap();
    erase(&house, other).await;
    let last = open(&house.world).await;
    assert_eq!(last.open_search(&stolen).await.unwrap(), Reopened::ThrownAway);
    assert!(!stolen.exists());
    let answer = ask(&last, &ana, "reproduce").await;
    assert_eq!(answer.items.iter().map(|hit| hit.case).collect::<Vec<_>>(), [kept]);
}

#[tokio::test]
async fn a_start_goes_on_from_its_copy_and_finds_what_came_since() {
    let (house, case, _) = told().await;
    let ana = house.caller(house.ana);
    let file = house.world.directory().join("copy");
    assert_eq!(house.desk.open_search(&file).await.unwrap(), Reopened::Missing);
    assert_eq!(finds(&house.desk, &ana, "underhand").await, 1);
    let bytes = house.desk.keep_search().await.unwrap().unwrap();
    let whole = std::fs::read(&file).unwrap();
    assert!(bytes > 500 && whole.len() as u64 >= bytes);
    let holds = |word: &str| whole.windows(word.len()).any(|at| at.eq_ignore_ascii_case(word.as_bytes()));
    assert!(holds("fixlead-copy") && WORDS.iter().all(|word| !holds(word)), "sealed");
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    post(&house, house.ana, case, Room::Internal, "brandnew").await;
    let next = house.reported().await.case;

    let later = open(&house.world).await;
    later.search_is_tended();
    let early = ask(&later, &ana, "underhand").await;
    assert_eq!((early.complete, early.percent, early.total), (false, 0, 0), "nobody waits for the beginning");
    assert!(!later.search_state().ready);
    assert_eq!(later.open_search(&file).await.unwrap(), Reopened::Taken(1));
    let tended = later.tend_search().await.unwrap();
    assert_eq!((tended.taken, tended.behind, tended.unreadable), (2, 0, 0), "only what has changed is read");
    assert!(later.search_state().ready);
    for word in WORDS {
        assert!(finds(&later, &ana, word).await > 0, "{word}");
    }
    assert_eq!(finds(&later, &house.caller(house.eli), "brandnew").await, 1);
    assert_eq!(finds(&later, &ana, "parser").await, 2);
    assert!(ask(&later, &ana, "parser").await.items.iter().any(|hit| hit.case == next));

    // What is wrong with a copy is noticed; the index is made from the cases.
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for damaged in [&flipped[..], &whole[..whole.len() - 1], b"something else", b""] {
        std::fs::write(&file, damaged).unwrap();
        let anew = open(&house.world).await;
        assert_eq!(anew.open_search(&file).await.unwrap(), Reopened::ThrownAway);
        assert!(!file.exists());
        assert_eq!(finds(&anew, &ana, "underhand").await, 1);
    }
    // A copy of another installation, or of a database that was since put back.
    std::fs::write(&file, &whole).unwrap();
    let foreign = House::under("vitess").await;
    assert_eq!(foreign.desk.open_search(&file).await.unwrap(), Reopened::ThrownAway);
}

#[tokio::test]
async fn an_excerpt_is_a_reading_and_is_recorded_before_it_is_shown() {
    let (house, case, receipt) = told().await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let read = async |person: PersonId| {
        let knew = house.desk.who_knew(&house.caller(house.ana), case).await.unwrap();
        let of = knew.people.into_iter().find(|knew| knew.person == person);
        of.map_or(0, |knew| knew.read.len())
    };
    let eli = house.caller(house.eli);
    let quiet = ask(&house.desk, &eli, "sidenote").await;
    assert_eq!(quiet.items[0].title.as_deref(), Some("a flaw in the parser"));
    assert!(quiet.items[0].excerpts.is_empty());
    assert_eq!(read(house.eli).await, 0, "a list says as much");
    let asked = Question { excerpts: true, ..question("reproduce canary") };
    let shown = house.desk.search(&eli, &asked).await.unwrap();
    let said = serde_json::to_string(&shown.items[0].excerpts).unwrap();
    let marked: String = shown.items[0].excerpts[0]
        .parts
        .iter()
        .map(|part| if part.found { format!("[{}]", part.text) } else { part.text.clone() })
        .collect();
    assert_eq!(marked, "steps to [reproduce]: [canary]-body");
    assert!(!said.contains("Canary-Credit"), "{said}");
    assert_eq!(read(house.eli).await, 1);
    // Once in an hour; and what nobody found was not read.
    house.desk.search(&eli, &asked).await.unwrap();
    let none = Question { excerpts: true, ..question("trentino") };
    assert_eq!(house.desk.search(&eli, &none).await.unwrap().total, 0);
    assert_eq!(read(house.eli).await, 1);
    house.world.wait(Span::hours(2));
    house.desk.search(&eli, &asked).await.unwrap();
    assert_eq!(read(house.eli).await, 2);
    // Whoever holds the receipt sees their own room.
    let (gus, _) = house.desk.by_receipt(&receipt).await.unwrap();
    let own = house.desk.search(&gus, &Question { excerpts: true, ..question("trentino") }).await.unwrap();
    assert_eq!(own.items[0].excerpts[0].room, Some("reporter"));
    assert_eq!(own.items[0].title.as_deref(), Some("a flaw in the parser"));
}

#[tokio::test]
async fn pages_follow_one_another_and_what_is_wrong_is_said_where_it_is() {
    let house = House::under("opentelemetry").await;
    for _ in 0..7 {
        house.reported().await;
        house.world.wait(Span::hours(1));
    }
    let ana = house.caller(house.ana);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let asked = Question { order: Order::Latest, limit: 3, after, ..question("parser") };
        let page = house.desk.search(&ana, &asked).await.unwrap();
        assert_eq!(page.total, 7);
        seen.extend(page.items.iter().map(|hit| (std::cmp::Reverse(hit.latest), hit.case)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted(), "the latest first, each once");
    let wrong = async |asked: Question| match house.desk.search(&ana, &asked).await {
        Err(problem @ Problem::Invalid { .. }) => problem.to_string(),
        _ => panic!("it was answered"),
    };
    assert!(wrong(question("heap \"over")).await.contains("`q`, character 6: the quotation does not end"));
    assert!(wrong(question("is:old")).await.contains("open, embargoed, public, closed"));
    assert!(wrong(Question { after: Some("7".into()), ..question("x") }).await.contains("no cursor"));
    // A third question of one person at once has to wait for the others.
    let (parser, bo) = (question("parser"), house.caller(house.bo));
    let (first, second, third, other) = tokio::join!(
        house.desk.search(&ana, &parser),
        house.desk.search(&ana, &parser),
        house.desk.search(&ana, &parser),
        house.desk.search(&bo, &parser),
    );
    assert!(first.is_ok() && second.is_ok() && other.is_ok());
    assert_eq!(third.err(), Some(Problem::TooMany { retry_after: 1 }));
    assert!(house.desk.search(&ana, &parser).await.is_ok());
}
