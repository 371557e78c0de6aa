//! Who is told of a duty, and when.

use fixlead_core::access::Actor;
use fixlead_core::case::event::{Event, EventKind};
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::reminders::{Due, Ladder, Rung, Told, due};
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
