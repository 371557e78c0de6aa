//! Webhooks: who is told what, once, again after a failure, and never more
//! than whoever keeps them may know.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use fixlead_app::Desk;
use fixlead_app::case::act::{Act, Although};
use fixlead_app::problem::Problem;
use fixlead_app::webhooks::courier::{Courier, Letter, Sent};
use fixlead_app::webhooks::deliver::{RETRIES, Sending};
use fixlead_app::webhooks::evidence::{Outcome, Stage};
use fixlead_app::webhooks::sign;
use fixlead_core::access::{Presence, Role, Standing};
use fixlead_core::case::event::EventKind;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::desk::directory::webhook::{WebhookEnd, WebhookState};
use fixlead_core::id::{CaseId, PersonId, WebhookId};
use fixlead_core::time::{Instant, Span};
use serde_json::{Value, json};

use crate::house::*;

const ALL: [&str; 6] =
    ["report.received", "case.updated", "case.released", "case.closed", "duty.due-soon", "duty.overdue"];
const URL: &str = "https://hooks.example.org/in";

/// Notes what it is to bring, and says what it is told to say.
struct Noting {
    letters: Mutex<Vec<Letter>>,
    says: Mutex<Sent>,
}

impl Noting {
    fn new(says: Sent) -> Arc<Noting> {
        Arc::new(Noting { letters: Mutex::default(), says: Mutex::new(says) })
    }

    fn taken(&self) -> Vec<Letter> {
        std::mem::take(&mut *self.letters.lock().unwrap())
    }
}

impl Courier for Noting {
    fn bring(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Sent> + Send + '_>> {
        self.letters.lock().unwrap().push(letter);
        let says = *self.says.lock().unwrap();
        Box::pin(async move {
            tokio::task::yield_now().await;
            says
        })
    }
}

const COMES: Sent = Sent::Answered { status: 204, retry_after: None };
const FAILS: Sent = Sent::Answered { status: 500, retry_after: None };

async fn round(desk: &Desk, courier: &Arc<Noting>) -> Sending {
    let courier: Arc<dyn Courier> = courier.clone();
    desk.deliver(&courier).await.unwrap()
}

/// Everything that is to be sent now.
async fn all(desk: &Desk, courier: &Arc<Noting>) -> Vec<Letter> {
    while !round(desk, courier).await.done.is_empty() {}
    courier.taken()
}

fn read(letter: &Letter) -> Value {
    serde_json::from_slice(&letter.body).unwrap()
}

fn types(letters: &[Letter]) -> Vec<String> {
    letters.iter().map(|letter| read(letter)["type"].as_str().unwrap().to_owned()).collect()
}

impl House {
    /// Has an address told of events, by somebody; its id and secret.
    async fn hook(&self, person: PersonId, reach: Reach, events: &[&str]) -> (WebhookId, String) {
        let id = WebhookId::from_bytes(self.grant().bytes());
        let events: Vec<String> = events.iter().map(|event| (*event).to_owned()).collect();
        let caller = self.caller(person);
        let (_, secret) = self.desk.add_webhook(&caller, id, reach, URL, &events, None).await.unwrap();
        (id, secret.unwrap())
    }

    async fn state(&self, person: PersonId, webhook: WebhookId) -> WebhookState {
        self.desk.webhook(&self.caller(person), webhook).await.unwrap().webhook.state
    }

    async fn stages(&self, person: PersonId, webhook: WebhookId) -> Vec<Stage> {
        let (found, _) = self.desk.deliveries(&self.caller(person), webhook, None, 200).await.unwrap();
        found.iter().map(|delivery| delivery.stage).collect()
    }
}

/// The key of a secret as the receiver was given it.
fn key(secret: &str) -> sign::Key {
    use base64::Engine as _;
    let bytes = secret.strip_prefix("whsec_").unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(bytes).unwrap();
    sign::Key::from_bytes(bytes.try_into().unwrap())
}

#[tokio::test]
async fn reminders_and_escalations_reach_whoever_is_outside_once_each() {
    let house = House::under("opentelemetry").await;
    let (webhook, secret) = house.hook(house.ana, Reach::Project(PROJECT), &ALL).await;
    let case = house.reported().await.case;
    let nodes = [open(&house.world).await, open(&house.world).await];
    let courier = Noting::new(COMES);
    let (mut letters, mut reminded) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        for _ in 0..2 {
            let [one, other] = [nodes[0].clone(), nodes[1].clone()];
            let couriers: [Arc<dyn Courier>; 2] = [courier.clone(), courier.clone()];
            let [first, second] = couriers;
            let one = tokio::spawn(async move { one.deliver(&first).await });
            let other = tokio::spawn(async move { other.deliver(&second).await });
            for sent in [one.await.unwrap().unwrap(), other.await.unwrap().unwrap()] {
                assert_eq!(sent.failed, 0);
            }
            letters.extend(courier.taken());
            reminded.extend(nodes[0].wake().await.unwrap().reminded);
        }
        house.world.wait(Span::hours(1));
    }
    letters.extend(all(&nodes[1], &courier).await);
    assert_eq!(types(&letters)[0], "report.received");
    let mut ids: Vec<&str> = letters.iter().map(|letter| letter.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), letters.len(), "no message was brought twice");
    let duties: Vec<Value> =
        letters.iter().map(read).filter(|sent| sent["type"].as_str().unwrap().starts_with("duty.")).collect();
    assert_eq!(duties.len(), reminded.len(), "every reminder was brought");
    assert!(duties.len() >= 3, "{duties:?}");
    assert!(duties.iter().any(|sent| sent["type"] == "duty.due-soon"), "{duties:?}");
    let escalated = duties.iter().find(|sent| sent["data"]["escalated"] == true).unwrap();
    assert_eq!(escalated["type"], "duty.overdue");
    for sent in &duties {
        assert_eq!(sent["data"]["case"], json!(case));
        assert!(!sent["data"]["clauses"].as_array().unwrap().is_empty(), "{sent}");
        Instant::parse(sent["data"]["due"].as_str().unwrap()).unwrap();
    }
    for letter in &letters {
        let text = String::from_utf8(letter.body.clone()).unwrap();
        assert!(!text.contains("canary") && !text.contains("parser"), "{text}");
        let signed = key(&secret).sign(&letter.id, letter.timestamp, &letter.body);
        assert_eq!(letter.signature, signed);
    }
    let stages = house.stages(house.ana, webhook).await;
    assert!(stages.len() == letters.len() && stages.iter().all(|stage| *stage == Stage::Delivered));
}

#[tokio::test]
async fn a_webhook_is_told_what_its_keeper_may_know_and_of_a_restricted_case_its_id() {
    let house = House::under("opentelemetry").await;
    let project = Reach::Project(PROJECT);
    let (anas, _) = house.hook(house.ana, project, &ALL).await;
    let (bos, _) = house.hook(house.bo, project, &ALL).await;
    house.hook(house.olga, Reach::Installation, &ALL).await;
    let courier = Noting::new(COMES);
    let case = house.reported().await.case;
    // Ana's and Bo's; an operator does not learn that there is a case.
    let letters = all(&house.desk, &courier).await;
    assert_eq!(types(&letters), ["report.received", "report.received"]);
    assert_eq!(read(&letters[0])["data"], json!({ "project": PROJECT, "case": case, "version": 1 }));

    house.lead(house.ana, case).await;
    assert_eq!(types(&all(&house.desk, &courier).await), ["case.updated", "case.updated"]);
    house.act(house.ana, case, Command::Restrict { reason: line("about Bo") }).await.unwrap();
    // What was put into the outbox before is told as it may be told now.
    let letters = all(&house.desk, &courier).await;
    assert_eq!(types(&letters), ["case.updated"], "Bo has no grant for the case itself");
    assert_eq!(read(&letters[0])["data"], json!({ "case": case }), "nothing but its id");
    house.desk.wake().await.unwrap();
    house.world.wait(Span::hours(24 * 20));
    house.desk.wake().await.unwrap();
    let letters = all(&house.desk, &courier).await;
    assert!(!letters.is_empty());
    for letter in &letters {
        assert_eq!(read(letter)["type"], "case.updated", "not even that a duty is due");
        assert_eq!(read(letter)["data"], json!({ "case": case }));
    }
    // Bo sees what became of what was told, but not of this case.
    let seen = |who: PersonId, webhook| {
        let (desk, caller) = (house.desk.clone(), house.caller(who));
        async move { desk.deliveries(&caller, webhook, None, 200).await.unwrap().0 }
    };
    assert!(seen(house.bo, anas).await.is_empty());
    assert!(seen(house.olga, bos).await.is_empty());
    assert!(seen(house.ana, anas).await.len() > 2);

    // A conflict of interest beats the grant of whoever keeps it.
    let other = house.reported().await.case;
    all(&house.desk, &courier).await;
    house.lead(house.bo, other).await;
    let recuse = Command::Recuse { person: house.ana, reason: line("her own code") };
    house.act(house.bo, other, recuse).await.unwrap();
    let letters = all(&house.desk, &courier).await;
    let about: Vec<Value> = letters.iter().map(|letter| read(letter)["data"]["case"].clone()).collect();
    assert_eq!(about, [json!(other), json!(other)], "Bo's alone: the second one of Ana's was withheld");
}

#[tokio::test]
async fn what_is_not_allowed_any_more_when_its_turn_comes_is_not_sent() {
    let house = House::under("opentelemetry").await;
    let (webhook, _) = house.hook(house.ana, Reach::Project(PROJECT), &ALL).await;
    let courier = Noting::new(COMES);
    house.reported().await;
    // Between what happened and its sending, Ana is suspended.
    let suspend =
        |standing| DirectoryCommand::SetStanding { person: house.ana, standing, reason: line("on leave") };
    house.direct(house.olga, suspend(Standing::Suspended)).await.unwrap();
    let sent = round(&house.desk, &courier).await;
    assert!(courier.taken().is_empty());
    assert_eq!(sent.done[0].outcome, Outcome::Withheld);
    assert_eq!(sent.disabled, [(webhook, WebhookEnd::Keeper)]);
    assert_eq!(house.state(house.bo, webhook).await, WebhookState::Disabled { why: WebhookEnd::Keeper });
    // Bo has it go on, and keeps it; that Ana is back changes nothing.
    let bo = house.caller(house.bo);
    house.desk.resume_webhook(&bo, webhook, None).await.unwrap();
    house.world.wait(Span::minutes(1));
    house.reported().await;
    assert_eq!(types(&all(&house.desk, &courier).await), ["report.received"]);
    // Paused, it is told nothing; what waited is withheld, and may be sent again.
    house.world.wait(Span::minutes(1));
    house.reported().await;
    house.desk.pause_webhook(&bo, webhook, line("moving"), None).await.unwrap();
    house.reported().await;
    assert!(all(&house.desk, &courier).await.is_empty());
    assert_eq!(house.stages(house.bo, webhook).await, [Stage::Withheld, Stage::Delivered, Stage::Withheld]);
    house.desk.resume_webhook(&bo, webhook, None).await.unwrap();
    let (found, _) = house.desk.deliveries(&bo, webhook, None, 1).await.unwrap();
    house.desk.redeliver(&bo, webhook, found[0].message).await.unwrap();
    let letters = all(&house.desk, &courier).await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].id, fixlead_app::webhooks::message_name(found[0].message));
    // Removed, there is neither webhook nor secret nor anything to send.
    house.reported().await;
    house.desk.remove_webhook(&bo, webhook, line("gone"), None).await.unwrap();
    assert!(all(&house.desk, &courier).await.is_empty());
    assert!(house.world.store.records("webhook-secret").await.unwrap().is_empty());
    assert_eq!(house.desk.webhook(&bo, webhook).await.err(), Some(Problem::NotFound));
}

#[tokio::test]
async fn a_failure_is_tried_again_for_three_days_and_then_said() {
    let house = House::under("opentelemetry").await;
    let (webhook, _) = house.hook(house.ana, Reach::Project(PROJECT), &["report.received"]).await;
    let courier = Noting::new(FAILS);
    house.reported().await;
    let began = house.world.now();
    let first = round(&house.desk, &courier).await;
    assert_eq!((first.done[0].outcome, first.done[0].again), (Outcome::Rejected, true));
    let mut ids = vec![courier.taken()[0].id.clone()];
    for (place, wait) in RETRIES.iter().enumerate() {
        // Not before its time, however often somebody looks.
        house.world.wait(Span::from_millis(wait.millis() - 1));
        assert!(round(&house.desk, &courier).await.done.is_empty(), "retry {place}");
        house.world.wait(Span::from_millis(wait.millis() / 10 + 2));
        let sent = round(&house.desk, &courier).await;
        assert_eq!(sent.done[0].again, place + 1 < RETRIES.len(), "retry {place}");
        ids.push(courier.taken()[0].id.clone());
        if place + 1 == RETRIES.len() {
            assert_eq!(sent.disabled, [(webhook, WebhookEnd::Failing)]);
        }
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "the same message each time");
    assert!(house.world.now() - began > Span::days(3));
    assert_eq!(house.stages(house.ana, webhook).await, [Stage::Failed]);
    let shown = house.desk.webhook(&house.caller(house.ana), webhook).await.unwrap();
    assert_eq!(shown.webhook.state, WebhookState::Disabled { why: WebhookEnd::Failing });
    assert_eq!(shown.health.failing, Some(began.millis()));

    // Whoever says that they want nothing any more is believed at once.
    let ana = house.caller(house.ana);
    house.desk.resume_webhook(&ana, webhook, None).await.unwrap();
    *courier.says.lock().unwrap() = Sent::Answered { status: 410, retry_after: None };
    house.world.wait(Span::minutes(1));
    house.reported().await;
    let sent = round(&house.desk, &courier).await;
    assert_eq!((sent.done[0].again, sent.disabled), (false, vec![(webhook, WebhookEnd::Gone)]));
    // And who is busy says when.
    house.desk.resume_webhook(&ana, webhook, None).await.unwrap();
    *courier.says.lock().unwrap() = Sent::Answered { status: 503, retry_after: Some(3600) };
    house.world.wait(Span::minutes(1));
    house.reported().await;
    round(&house.desk, &courier).await;
    let (found, _) = house.desk.deliveries(&ana, webhook, None, 1).await.unwrap();
    let wait = found[0].next.unwrap() - house.world.now().millis();
    assert!((3_600_000..=3_960_000).contains(&wait), "{wait}");
}

/// Takes letters and never comes back.
struct Lost(Mutex<Vec<String>>, tokio::sync::Notify);

impl Courier for Lost {
    fn bring(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Sent> + Send + '_>> {
        self.0.lock().unwrap().push(letter.id);
        self.1.notify_one();
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_node_that_dies_while_it_sends_leaves_the_message_to_another_and_says_what_is_unknown() {
    let house = House::under("opentelemetry").await;
    let (webhook, _) = house.hook(house.ana, Reach::Project(PROJECT), &["report.received"]).await;
    house.reported().await;
    let lost = Arc::new(Lost(Mutex::default(), tokio::sync::Notify::new()));
    let dying: Arc<dyn Courier> = lost.clone();
    let desk = open(&house.world).await;
    let node = tokio::spawn(async move { desk.deliver(&dying).await });
    lost.1.notified().await;
    node.abort();
    let courier = Noting::new(COMES);
    assert!(round(&house.desk, &courier).await.done.is_empty(), "it is leased to the one that died");
    house.world.wait(Span::minutes(4));
    let sent = round(&house.desk, &courier).await;
    assert_eq!(sent.done[0].outcome, Outcome::Delivered);
    assert_eq!(courier.taken()[0].id, lost.0.lock().unwrap()[0], "under the same id");
    let (found, _) = house.desk.deliveries(&house.caller(house.ana), webhook, None, 9).await.unwrap();
    let outcomes: Vec<Outcome> = found[0].attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Outcome::Unknown, Outcome::Delivered]);
}

#[tokio::test]
async fn one_that_is_silent_does_not_keep_the_others_waiting_and_is_not_asked_a_hundred_times() {
    let house = House::under("opentelemetry").await;
    house.hook(house.ana, Reach::Project(PROJECT), &["report.received"]).await;
    for _ in 0..20 {
        house.reported().await;
    }
    let courier = Noting::new(Sent::Unknown);
    round(&house.desk, &courier).await;
    assert_eq!(courier.taken().len(), 1);
    *courier.says.lock().unwrap() = COMES;
    house.world.wait(Span::minutes(1));
    assert_eq!(all(&house.desk, &courier).await.len(), 20);
}

#[tokio::test]
async fn two_secrets_sign_while_one_takes_the_place_of_the_other_and_none_but_those_of_the_log() {
    let house = House::under("opentelemetry").await;
    let (webhook, first) = house.hook(house.ana, Reach::Project(PROJECT), &["report.received"]).await;
    let ana = house.caller(house.ana);
    let courier = Noting::new(COMES);
    let kept = house.world.store.records("webhook-secret").await.unwrap();
    let (_, second) = house.desk.rotate_webhook(&ana, webhook, Span::hours(24), None).await.unwrap();
    let second = second.unwrap();
    house.reported().await;
    let letter = all(&house.desk, &courier).await.remove(0);
    let by = |secret: &str, letter: &Letter| key(secret).sign(&letter.id, letter.timestamp, &letter.body);
    assert_eq!(letter.signature, format!("{} {}", by(&second, &letter), by(&first, &letter)));
    house.world.wait(Span::hours(25));
    house.reported().await;
    let letter = all(&house.desk, &courier).await.remove(0);
    assert_eq!(letter.signature, by(&second, &letter), "the old one signs no more");

    // Whoever writes to the database puts a secret they know in the place of the
    // right one. The log has its hash.
    let shown = house.desk.webhook(&ana, webhook).await.unwrap();
    let place = [&webhook.bytes()[..], shown.webhook.secrets[0].0.as_bytes()].concat();
    let record = house.world.store.record("webhook-secret", &place).await.unwrap().unwrap();
    let change = fixlead_store::RecordChange {
        kind: "webhook-secret".into(),
        key: place,
        expected: record.version,
        value: Some(kept[0].value.clone()),
        expires: None,
    };
    house.world.store.put_record(change).await.unwrap().unwrap();
    house.reported().await;
    let sent = round(&house.desk, &courier).await;
    assert_eq!((sent.done.len(), sent.failed), (0, 1));
    assert!(courier.taken().is_empty(), "nothing is signed with it");
}

#[tokio::test]
async fn who_sets_a_webhook_up_has_to_be_somebody_and_the_address_a_public_one() {
    let house = House::under("opentelemetry").await;
    let id = WebhookId::from_bytes([77; 16]);
    let events = vec!["case.updated".to_owned()];
    let add = |caller: fixlead_app::accounts::Caller, reach, url: &str, events: &[String]| {
        let (desk, url, events) = (house.desk.clone(), url.to_owned(), events.to_vec());
        async move { desk.add_webhook(&caller, id, reach, &url, &events, None).await.map(drop) }
    };
    let project = Reach::Project(PROJECT);
    let eli = add(house.caller(house.eli), project, URL, &events).await;
    assert_eq!(eli, Err(Problem::NotFound), "who has no role there");
    let everywhere = add(house.caller(house.ana), Reach::Installation, URL, &events).await;
    assert!(everywhere.is_err(), "a responder of one project");
    let mut tired = house.caller(house.ana);
    tired.presence = Presence::Session { stepped_up: None };
    assert_eq!(add(tired, project, URL, &events).await, Err(Problem::StepUp));
    let at = |problem: Result<(), Problem>| match problem {
        Err(Problem::Invalid { errors }) => errors[0].pointer.clone(),
        other => panic!("{other:?}"),
    };
    for url in [
        "http://hooks.example.org/",
        "https://10.0.0.1/",
        "https://localhost/",
        "https://a:b@c.example/",
        "x",
    ] {
        assert_eq!(at(add(house.caller(house.ana), project, url, &events).await), "/url", "{url}");
    }
    for events in [vec![], vec!["webhook.test".to_owned()], vec!["case.read".to_owned()]] {
        let pointer = at(add(house.caller(house.ana), project, URL, &events).await);
        assert!(pointer.starts_with("/events"), "{pointer}");
    }
    add(house.caller(house.ana), project, URL, &events).await.unwrap();
    let seen = house.desk.webhooks(&house.caller(house.bo)).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(house.desk.webhooks(&house.caller(house.eli)).await.err(), Some(Problem::NotFound));
    // A test says nothing, and arrives.
    let courier = Noting::new(COMES);
    let message = house.desk.test_webhook(&house.caller(house.bo), id, None).await.unwrap();
    let letter = all(&house.desk, &courier).await.remove(0);
    assert_eq!(letter.id, fixlead_app::webhooks::message_name(message));
    assert_eq!(read(&letter)["data"], json!({ "webhook": id }));
}

#[tokio::test]
async fn of_an_erased_case_nothing_is_sent_and_a_release_under_embargo_is_not_called_one() {
    let house = House::under("opentelemetry").await;
    let (webhook, _) = house.hook(house.ana, Reach::Project(PROJECT), &ALL).await;
    let courier = Noting::new(COMES);
    let case: CaseId = house.reported().await.case;
    house.lead(house.ana, case).await;
    let ana = house.caller(house.ana);
    let close = Command::Close { reason: line("no flaw"), overriding: None };
    let although = Some(Although { reason: line("no flaw"), subject: None });
    house.desk.act(&ana, case, Act { although, ..Act::new(close) }).await.unwrap();
    let mut sent = types(&all(&house.desk, &courier).await);
    sent.sort();
    assert_eq!(sent, ["case.closed", "case.updated", "report.received"], "once for what came together");
    let (_, offer) = house.desk.ask_erasure(&ana, case, line("asked for"), None).await.unwrap();
    house.desk.confirm_erasure(&house.caller(house.bo), case, offer).await.unwrap();
    assert!(all(&house.desk, &courier).await.is_empty());
    let (seen, _) = house.desk.deliveries(&ana, webhook, None, 200).await.unwrap();
    assert!(seen.is_empty(), "nor is said what was: {seen:?}");

    let case = house.reported().await.case;
    all(&house.desk, &courier).await;
    house.lead(house.ana, case).await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    all(&house.desk, &courier).await;
    let release = event(EventKind::FixComplete);
    let done = house.record(house.eli, case, release).await;
    if done.is_ok() {
        let letters = all(&house.desk, &courier).await;
        assert_eq!(types(&letters), ["case.updated"]);
        assert!(read(&letters[0])["data"].get("what").is_none(), "under embargo not what happened");
    } else {
        panic!("{done:?}");
    }
}
