//! Who is told of a duty, and when.

use fixlead_core::access::Actor;
use fixlead_core::case::event::{Event, EventKind};
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::reminders::{Due, Ladder, Rung, Told, due};
use fixlead_core::plan::duties::State;
use fixlead_core::policy::model::Window;
use fixlead_core::policy::{Document, compile, library};
use fixlead_core::time::{Instant, Span};

use super::office::*;

fn look(office: &Office) -> Due {
    let case = office.file.plan(&office.policy);
    let evaluation = case.evaluate(office.now);
    due(&case.record, &evaluation, &office.file, &Ladder::usual(line("src")))
}

/// Looks, tells, and says who was told of a duty.
fn tell(office: &mut Office, duty: &str) -> Vec<(u8, String, bool)> {
    let found = look(office);
    for (reminder, escalated) in &found.reminders {
        let command = Command::Remind { reminder: reminder.clone(), escalated: *escalated };
        office.act(Actor::System, command).unwrap();
    }
    assert!(look(office).reminders.is_empty(), "everybody is told once");
    let told = found.reminders.iter().filter(|(reminder, _)| &*reminder.duty == duty);
    told.map(|(reminder, escalated)| (reminder.rung, reminder.to.to_string(), *escalated)).collect()
}

#[test]
fn the_holder_is_told_before_and_at_the_due_and_others_a_day_later() {
    let mut office = Office::led("opentelemetry");
    // OT-29: the fix within seven days of disclosure.
    let told = |rung, to: &str, escalated| vec![(rung, to.to_owned(), escalated)];
    office.now = START + Span::days(5);
    assert_eq!(tell(&mut office, "fix-complete"), []);
    let wake = look(&office).wake.unwrap();
    assert_eq!(wake, START + Span::days(6));
    office.now = wake;
    assert_eq!(tell(&mut office, "fix-complete"), told(0, "fix-team", false));
    office.now = look(&office).wake.unwrap();
    assert_eq!(office.now, START + Span::days(7) - Span::hours(1));
    assert_eq!(tell(&mut office, "fix-complete"), told(1, "fix-team", false));
    office.now = START + Span::days(7);
    assert_eq!(tell(&mut office, "fix-complete"), told(2, "fix-team", false));
    office.now = START + Span::days(8);
    assert_eq!(tell(&mut office, "fix-complete"), told(3, "src", true));
    office.now = START + Span::days(300);
    assert_eq!(tell(&mut office, "fix-complete"), []);
}

#[test]
fn what_lies_before_the_case_is_not_reminded_of() {
    // OT-23: a Fix Team within a day, so the rung of a day before is the
    // opening itself.
    let mut office = Office::new("opentelemetry");
    assert_eq!(tell(&mut office, "fix-team"), []);
    assert_eq!(look(&office).wake, Some(START + Span::hours(23)));
    office.now = START + Span::hours(23);
    assert_eq!(tell(&mut office, "fix-team"), [(1, "fix-lead".to_owned(), false)]);
}

#[test]
fn after_a_pause_only_the_highest_rung_is_told() {
    let mut office = Office::led("opentelemetry");
    office.now = START + Span::days(30);
    assert_eq!(tell(&mut office, "fix-complete"), [(3, "src".to_owned(), true)]);
}

#[test]
fn what_is_done_is_nobodys_reminder() {
    let mut office = Office::led("opentelemetry");
    office.record(ANA, event(EventKind::OverviewSent)).unwrap();
    office.now = START + Span::days(30);
    assert_eq!(tell(&mut office, "overview"), []);
    assert!(!office.file.reminded.keys().any(|(duty, _)| &**duty == "overview"));
}

#[test]
fn a_closed_case_reminds_nobody() {
    let mut office = Office::led("opentelemetry");
    let overriding = office.overriding(ANA, "a mistake");
    office.by(ANA, Command::Close { reason: line("a mistake"), overriding }).unwrap();
    office.now = START + Span::days(30);
    assert_eq!(look(&office), Due::default());
}

#[test]
fn the_team_is_dismissed_after_the_release_and_not_before() {
    let mut office = Office::led("opentelemetry");
    assert!(!look(&office).dismiss_team);
    office.wait(Span::days(9));
    let mut found = |kind| {
        let event = Event::new(office.now, kind);
        office.by(ANA, Command::Record { event, source: Source::Found, overriding: None }).unwrap();
        look(&office).dismiss_team
    };
    assert!(!found(EventKind::Released), "the fix is not even complete");
    assert!(found(EventKind::FixComplete));
    office.act(Actor::System, Command::DismissTeam { reason: line("released") }).unwrap();
    assert!(!look(&office).dismiss_team);
}

#[test]
fn a_ladder_is_put_in_order_and_has_bounds() {
    let rung = |hours| Rung { after: Span::hours(hours), told: Told::Holder };
    let ladder = Ladder::new(vec![rung(3), rung(-2)]).unwrap();
    assert_eq!(
        ladder.rungs().iter().map(|rung| rung.after).collect::<Vec<_>>(),
        [Span::hours(-2), Span::hours(3)]
    );
    assert!(Ladder::new(vec![rung(1), rung(1)]).is_err());
    assert!(Ladder::new((0..17).map(rung).collect()).is_err());
    // Whatever the instant, what is told has been reached and what is woken
    // for has not.
    let office = Office::led("opentelemetry");
    for hours in (0..400).step_by(7) {
        let now: Instant = START + Span::hours(hours);
        let case = office.file.plan(&office.policy);
        let found = due(&case.record, &case.evaluate(now), &office.file, &Ladder::usual(line("src")));
        assert!(found.wake.is_none_or(|wake| wake > now));
        let usual = Ladder::usual(line("src"));
        for (reminder, _) in found.reminders {
            assert!(reminder.due + usual.rungs()[usize::from(reminder.rung)].after <= now);
        }
    }
}

/// An office under a policy with ladders of its own.
fn with_ladders(sections: &str) -> Office {
    let mut office = Office::led("opentelemetry");
    let text = library::built_in("opentelemetry").unwrap().to_owned() + sections;
    let document = Document::parse(&text).unwrap();
    office.policy = compile(&document, &[], &[]).unwrap_or_else(|error| panic!("{error}"));
    office
}

const FIX: &str = "
[[ladder]]
id = \"fix\"
clauses = [\"OT-29\"]
duties = [\"fix-complete\"]
before = [\"P3D\"]
after = [\"PT0S\"]
escalate = [\"PT6H\"]
to = \"src\"
say = \"The fix is asked for early.\"
";

#[test]
fn a_policy_says_who_is_reminded_and_when() {
    let mut office = with_ladders(FIX);
    let told = |rung, to: &str, escalated| vec![(rung, to.to_owned(), escalated)];
    office.now = START + Span::days(4) - Span::minutes(1);
    assert_eq!(tell(&mut office, "fix-complete"), []);
    office.now = START + Span::days(4);
    assert_eq!(tell(&mut office, "fix-complete"), told(0, "fix-team", false));
    office.now = START + Span::days(6);
    assert_eq!(tell(&mut office, "fix-complete"), [], "the desk's own ladder is not climbed beside it");
    office.now = START + Span::days(7);
    assert_eq!(tell(&mut office, "fix-complete"), told(1, "fix-team", false));
    office.now = START + Span::days(7) + Span::hours(6);
    assert_eq!(tell(&mut office, "fix-complete"), told(2, "src", true));
    // Other duties have the desk's own.
    let usual = Ladder::usual(line("src"));
    let others = office.policy.duties.iter().filter(|duty| &*duty.heading.id != "fix-complete");
    assert!(others.count() > 10 && usual.rungs().len() == 4);
    let named = |office: &Office, duty: &str| {
        let place = office.policy.duties.iter().position(|known| &*known.heading.id == duty).unwrap();
        office.policy.ladder(place).map(|ladder| ladder.heading.id.to_string())
    };
    assert_eq!(named(&office, "fix-complete"), Some("fix".to_owned()));
    let other = office.policy.duties.iter().find(|duty| &*duty.heading.id != "fix-complete").unwrap();
    assert_eq!(named(&office, &other.heading.id), None);

    // The ladder that names a duty comes before one that names none, wherever it stands.
    let all = "\n[[ladder]]\nid = \"all\"\nclauses = [\"OT-29\"]\nmodality = \"required\"\nbefore = [\"PT2H\"]\nsay = \"x\"\n";
    let office = with_ladders(&(all.to_owned() + FIX));
    assert_eq!(named(&office, "fix-complete"), Some("fix".to_owned()));
    let required = office.policy.duties.iter().position(|duty| !duty.encouraged).unwrap();
    let encouraged = office.policy.duties.iter().position(|duty| duty.encouraged).unwrap();
    assert!(office.policy.ladder(required).is_some() && office.policy.ladder(encouraged).is_none());
}

#[test]
fn a_duty_without_a_due_is_told_of_as_often_as_the_policy_says() {
    let mut office = Office::led("opentelemetry");
    let open = |office: &Office| {
        let case = office.file.plan(&office.policy);
        let evaluation = case.evaluate(office.now);
        let never = |rule: u16| office.policy.duties[usize::from(rule)].window == Window::None;
        let duty = evaluation.duties.iter().find(|duty| duty.state == State::Open && never(duty.rule));
        duty.map(|duty| office.policy.duties[usize::from(duty.rule)].heading.id.to_string())
    };
    let duty = open(&office).expect("a duty without a due");
    office.now = START + Span::days(15);
    assert!(!tell(&mut office, &duty).iter().any(|(_, _, escalated)| !escalated), "nobody says how often");
    let often = format!(
        "\n[[ladder]]\nid = \"often\"\nclauses = [\"OT-29\"]\nduties = [\"{duty}\"]\nevery = \"P7D\"\nsay = \"x\"\n"
    );
    let mut office = with_ladders(&often);
    let count = |office: &mut Office| tell(office, &duty).len();
    let opened = office.file.opened.as_ref().unwrap().at;
    office.now = opened + Span::days(6);
    assert_eq!(count(&mut office), 0);
    assert!(look(&office).wake.is_some_and(|wake| wake <= opened + Span::days(7)));
    office.now = opened + Span::days(7);
    assert_eq!(count(&mut office), 1);
    office.now = opened + Span::days(13);
    assert_eq!(count(&mut office), 0);
    // After a pause the last turn alone is told.
    office.now = opened + Span::days(30);
    assert_eq!(count(&mut office), 1);
}
