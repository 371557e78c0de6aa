//! What reporters meet: questions, what they claim, how they are thanked, a
//! pause, an encrypted report, and somebody who came before them.

use fixlead_app::case::follow::Stage;
use fixlead_app::case::joint::{Join, Joining};
use fixlead_app::intake::{More, Report};
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_core::case::EventKind;
use fixlead_core::case::event::Field;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::form::{Asked, CreditWish, Question, QuestionList, Thanks};
use fixlead_core::time::Span;

use crate::house::*;

/// Without an end, and a message to it.
const KEY: &str = include_str!("../../../../tests/browser/team.asc");
const MESSAGE: &str = include_str!("../../../../tests/browser/report.asc");
/// Ended before the house lives.
const EXPIRED: &str = include_str!("openpgp/key.asc");

fn places(problem: Problem) -> Vec<String> {
    match problem {
        Problem::Invalid { errors } => errors.into_iter().map(|fault| fault.pointer).collect(),
        other => panic!("{other:?}"),
    }
}

async fn asking(house: &House) {
    let component = Asked {
        question: Question::Component,
        required: true,
        help: None,
        choices: vec![line("parser"), line("exporter")],
    };
    let impact = Asked { question: Question::Impact, required: false, help: None, choices: Vec::new() };
    let questions = QuestionList::new(vec![component, impact]).unwrap();
    house.direct(house.ana, DirectoryCommand::SetQuestions { project: PROJECT, questions }).await.unwrap();
}

fn with(house: &House, more: More) -> Report {
    Report { more, ..house.report() }
}

fn answers(list: &[(&str, &str)]) -> More {
    let details = list.iter().map(|(name, answer)| ((*name).to_owned(), (*answer).to_owned()));
    More { details: details.collect(), ..More::default() }
}

#[tokio::test]
async fn answers_stand_beside_the_report_and_what_does_not_fit_is_named() {
    let house = House::under("opentelemetry").await;
    asking(&house).await;
    let take = |more| house.desk.take_report(None, with(&house, more), None);
    let wrong = take(answers(&[("component", "engine"), ("versions", "1")])).await.err().unwrap();
    assert_eq!(places(wrong), ["/details/component", "/details/versions"]);
    assert_eq!(places(take(More::default()).await.err().unwrap()), ["/details/component"]);
    let taken = take(answers(&[("impact", "reads memory"), ("component", "parser")])).await.unwrap();
    let view = house.desk.read(&house.caller(house.ana), taken.case).await.unwrap();
    let details = view.report.unwrap().details;
    let told: Vec<_> = details.iter().map(|detail| (detail.question.name(), &*detail.answer)).collect();
    assert_eq!(told, [("component", "parser"), ("impact", "reads memory")], "in the order of the questions");
    let (gus, case) = house.desk.by_receipt(&taken.receipt).await.unwrap();
    let proven = house.desk.report_text(&gus, case).await.unwrap();
    assert!(proven.ends_with("canary-body\ncomponent: parser\nimpact: reads memory"), "{proven}");
    // Whoever may do nothing about the form does not hear of it.
    let guest = house.desk.reaching(&house.caller(house.eli), PROJECT).await;
    assert_eq!(guest.err(), Some(Problem::NotFound));
    let operator = house.desk.reaching(&house.caller(house.olga), PROJECT).await.unwrap();
    assert!(operator.may_ask && !operator.may_key, "the key is the team's");
}

#[tokio::test]
async fn what_a_reporter_says_has_happened_runs_the_clocks() {
    let house = House::under("opentelemetry").await;
    let public = Some("https://example.org/post".to_owned());
    let more = More { public, exploited: Some("logs of two users".to_owned()), ..More::default() };
    let taken = house.desk.take_report(None, with(&house, more), None).await.unwrap();
    let board = house.desk.board(&house.caller(house.ana), taken.case).await.unwrap();
    assert_eq!(board.view.about.unwrap().state, "public");
    assert_eq!(board.mode, Some("asap"));
    let kinds: Vec<_> = board.view.timeline.iter().map(|step| step.event["type"].clone()).collect();
    for kind in [EventKind::PublicAppeared, EventKind::ExploitationAware] {
        assert!(kinds.iter().any(|known| known == kind.name()), "{kinds:?}");
    }
    let appeared = board.view.timeline.iter().find(|step| step.event["type"] == "public.appeared").unwrap();
    assert_eq!(appeared.event["where"], "https://example.org/post");
}

#[tokio::test]
async fn thanks_are_as_the_reporter_wishes_now_also_where_the_case_was_merged() {
    let house = House::under("opentelemetry").await;
    let first = house.reported().await;
    house.world.wait(Span::hours(1));
    let link = Some("https://ida.example/".to_owned());
    let ida = Report { credit: Some("Ida".to_owned()), ..with(&house, More { link, ..More::default() }) };
    let second = house.desk.take_report(None, ida, None).await.unwrap();
    let (caller, case) = house.desk.by_receipt(&second.receipt).await.unwrap();
    let joining =
        Joining { what: Join::Merge(first.case), reason: line("same"), expected: None, repeat: None };
    house.desk.relate(&house.caller(house.ana), case, joining).await.unwrap();

    let followed = house.desk.follow(&caller, case).await.unwrap();
    let same = followed.same.unwrap();
    assert_eq!((same.since, same.first, same.stage, same.credited), (first.at, false, Stage::Received, true));
    assert!(followed.promises.is_empty(), "a duplicate has no clocks of its own");
    assert_eq!(followed.wish.link.as_deref(), Some("https://ida.example/"));

    let silent = CreditWish::new(Thanks::Anonymous, None, None).unwrap();
    let repeat = || Some(Repeat::new("wish", b"wish").unwrap());
    house.desk.wish_credit(&caller, case, silent.clone(), repeat()).await.unwrap();
    house.desk.wish_credit(&caller, case, silent.clone(), repeat()).await.unwrap();
    let followed = house.desk.follow(&caller, case).await.unwrap();
    assert_eq!(followed.wish, silent);
    assert!(!followed.same.unwrap().credited, "no name stays behind in the case that goes on");
    // Nobody wishes for others.
    let ana = house.caller(house.ana);
    let other = CreditWish::new(Thanks::Named, Some(line("Ana")), None).unwrap();
    let command = Command::Wish { person: caller.person, wish: other.clone() };
    assert!(house.desk.act(&ana, first.case, fixlead_app::case::act::Act::new(command)).await.is_err());
    let named = house.desk.wish_credit(&caller, case, other, None).await;
    assert_eq!(named, Ok(()), "a change of mind is free");
    assert!(house.desk.follow(&caller, case).await.unwrap().same.unwrap().credited);
}

#[tokio::test]
async fn a_pause_keeps_out_what_can_wait_until_it_is_over() {
    let house = House::under("opentelemetry").await;
    let repeat = Repeat::new("sent-before", b"report").unwrap();
    let before = house.desk.take_report(None, house.report(), Some(&repeat)).await.unwrap();
    let until = house.world.now() + Span::days(3);
    let pause = |until| DirectoryCommand::PauseIntake {
        project: PROJECT,
        until,
        reason: line("at a conference"),
        instead: line("call us"),
    };
    let forever = house.direct(house.ana, pause(until + Span::days(91))).await;
    assert!(forever.is_err(), "nothing closes for good");
    house.direct(house.ana, pause(until)).await.unwrap();
    match house.desk.take_report(None, house.report(), None).await.err().unwrap() {
        Problem::Paused { until: told, instead, retry_after, .. } => {
            assert_eq!((told, instead.as_str(), retry_after), (until, "call us", 3 * 86_400));
        }
        other => panic!("{other:?}"),
    }
    let again = house.desk.take_report(None, house.report(), Some(&repeat)).await.unwrap();
    assert!(again.repeated && again.case == before.case, "what was taken in is answered as before");
    let burning = More { exploited: Some("seen in logs".to_owned()), ..More::default() };
    house.desk.take_report(None, with(&house, burning), None).await.unwrap();
    house.desk.take_report(Some(&house.caller(house.bo)), house.report(), None).await.unwrap();
    house.world.wait(Span::days(3));
    house.reported().await;
    let over = house.direct(house.ana, DirectoryCommand::ResumeIntake { project: PROJECT }).await;
    assert!(over.is_err(), "it is over already");
}

#[tokio::test]
async fn an_encrypted_report_is_kept_as_it_is_and_says_for_which_key() {
    let house = House::under("opentelemetry").await;
    asking(&house).await;
    let ana = house.caller(house.ana);
    let set = |key| house.desk.set_report_key(&ana, PROJECT, key, line("the team's"), None, None);
    assert_eq!(places(set(Some("no key")).await.unwrap_err()), ["/key"]);
    set(Some(KEY)).await.unwrap();
    let offered = house.desk.project_for_reporters(PROJECT).await.unwrap().key.unwrap();
    assert!(!offered.expired);
    assert_eq!(places(set(Some(EXPIRED)).await.unwrap_err()), ["/key"]);
    let report = Report { body: MESSAGE.to_owned(), ..house.report() };
    let taken = house.desk.take_report(None, report, None).await.unwrap();
    let view = house.desk.read(&ana, taken.case).await.unwrap().report.unwrap();
    let encrypted = view.encrypted.unwrap();
    assert!(encrypted.own && encrypted.keys.len() == 1);
    assert_eq!(view.body, MESSAGE, "byte by byte");
    let cut = Report { body: MESSAGE[..200].to_owned(), ..house.report() };
    assert_eq!(places(house.desk.take_report(None, cut, None).await.err().unwrap())[0], "/body");
    set(None).await.unwrap();
    assert_eq!(house.desk.project_for_reporters(PROJECT).await.unwrap().key, None);
}

#[tokio::test]
async fn a_reporter_sees_how_far_it_is_and_what_was_decided_and_no_plan() {
    let house = House::under("opentelemetry").await;
    let taken = house.reported().await;
    let (gus, case) = house.desk.by_receipt(&taken.receipt).await.unwrap();
    let stage = async || house.desk.follow(&gus, case).await.unwrap();
    let promised: Vec<String> = stage().await.promises.into_iter().map(|promise| promise.duty).collect();
    assert_eq!(promised, ["acknowledge", "fix-lead", "cve", "fix-complete"]);
    house.record(house.ana, case, event(EventKind::ReportAcknowledged)).await.unwrap();
    assert_eq!(stage().await.stages.last().unwrap().0, Stage::Acknowledged);
    let decided = event(EventKind::TriageDecided).with(Field::Disposition, text("not-a-vulnerability"));
    house.record(house.ana, case, decided).await.unwrap();
    assert_eq!(stage().await.decided.unwrap().reason, None, "nothing is said before the case is closed");
    let close = Command::Close { reason: line("it needs root to begin with"), overriding: None };
    house.act(house.ana, case, close).await.unwrap();
    let followed = stage().await;
    let decided = followed.decided.unwrap();
    assert_eq!(decided.reason.as_deref(), Some("it needs root to begin with"));
    assert!(followed.closed && followed.view.standing.is_none() && followed.view.timeline.is_empty());
    // Who works on the case reads it elsewhere, and others nowhere.
    assert!(house.desk.follow(&house.caller(house.eli), case).await.is_err());
}
