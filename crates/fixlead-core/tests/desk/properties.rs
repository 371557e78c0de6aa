//! What holds whatever people do, and in whatever order a log is read.

use fixlead_core::access::Actor;
use fixlead_core::case::event::{Event, EventKind, Field, Value};
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::event::{Entry, Happening};
use fixlead_core::desk::{CaseFile, entry};
use fixlead_core::policy::model::FindingKind;
use fixlead_core::time::{Instant, Span};
use proptest::prelude::*;

use super::office::*;

/// One thing somebody tries.
#[derive(Clone, Debug)]
struct Try {
    who: usize,
    what: usize,
    wait: i64,
    number: u8,
    overriding: bool,
}

fn tries(most: usize) -> impl Strategy<Value = Vec<Try>> {
    let hours = prop_oneof![Just(0_i64), 1..48_i64, 100..400_i64];
    let one = (0..3_usize, 0..EventKind::ALL.len() + 12, hours, any::<u8>(), prop::bool::weighted(0.3));
    let one =
        one.prop_map(|(who, what, wait, number, overriding)| Try { who, what, wait, number, overriding });
    prop::collection::vec(one, 1..most)
}

/// An event of a type, with everything it needs.
fn filled(kind: EventKind, number: u8, now: Instant) -> Event {
    let mut event = Event::new(now, kind);
    let (required, optional) = kind.fields();
    for field in required.iter().chain(optional) {
        let value = match field {
            Field::Vector | Field::Links => continue,
            Field::Visibility => text(["private", "public"][usize::from(number % 2)]),
            Field::Answer => text("declined"),
            Field::Disposition => text("valid"),
            Field::How => text("volunteer"),
            Field::Role => text("engineer"),
            Field::Group => text("base"),
            Field::Version => text("3.1"),
            Field::Severity => text(["low", "medium", "high", "critical"][usize::from(number % 4)]),
            Field::Decision => text("continue"),
            Field::Repo => text(["private", "public"][usize::from(number / 4 % 2)]),
            Field::Kind => text("out-of-band"),
            Field::Channel => text(["#general", "#developers"][usize::from(number % 2)]),
            Field::Channels => texts(&["general", "slack"]),
            Field::Final => Value::Flag(true),
            Field::Score => Value::Score(u16::from(number % 101) * 10),
            Field::NewDue | Field::Until | Field::For | Field::States => {
                Value::Instant(now + Span::days(i64::from(number % 12)))
            }
            Field::Since => Value::Instant(now),
            Field::Branch => Value::Branches(1 << (number % 2)),
            Field::Branches | Field::Patches => Value::Branches(u128::from(number % 3) + 1),
            Field::Dues => Value::Dues(Vec::new()),
            Field::Who => text(ELI),
            Field::Author => text(ELI),
            Field::On => texts(&[&format!("c{}", number % 3)]),
            Field::Id if kind == EventKind::CommitProposed => text(format!("c{}", number % 3)),
            Field::From => text(format!("c{}", number % 3)),
            Field::To if kind == EventKind::CommitRewritten => text(format!("c{}", (number % 3 + 1) % 3)),
            Field::Paths => texts(&["src/lib.rs"]),
            field => match field.holds(kind) {
                fixlead_core::case::event::FieldType::Texts => texts(&["threat", "upgrade", "cve"]),
                _ => text("text"),
            },
        };
        event.fields.push((*field, value));
    }
    event
}

fn command(office: &mut Office, attempt: &Try) -> Command {
    let people = [ANA, BO, CHEN, ELI, GUS, INVITED, STRANGER];
    let person = people[usize::from(attempt.number) % people.len()];
    let reason = line("because");
    let grant = office.grant_id();
    let offer = office.offer();
    let standing = office.file.handoff.as_ref().map_or(offer, |handoff| handoff.offer);
    let now = office.now;
    let overriding = if attempt.overriding { office.overriding(ANA, "because") } else { None };
    if let Some(kind) = EventKind::ALL.get(attempt.what) {
        let event = filled(*kind, attempt.number, now);
        return Command::Record { event, source: Source::Done, overriding };
    }
    let role = fixlead_core::access::Role::ALL[usize::from(attempt.number) % 9];
    match attempt.what - EventKind::ALL.len() {
        0 | 1 => Command::Volunteer { grant },
        2 => Command::Assign { person, grant, by_rotation: true, reason },
        3 => Command::OfferLead { offer, to: person, reason },
        4 => Command::AcceptLead { offer: standing, grant },
        5 => Command::Give { grant, person, role, reason, until: None },
        6 => Command::DismissTeam { reason },
        7 => Command::Recuse { person: CHEN, reason },
        8 => Command::LiftRecusal { person: CHEN, reason },
        9 => Command::Close { reason, overriding },
        10 => Command::Reopen { reason },
        _ => Command::Note { text: body("x") },
    }
}

/// Plays attempts; says how many were let through.
fn play(office: &mut Office, attempts: &[Try]) -> Result<usize, TestCaseError> {
    let mut done = 0;
    for attempt in attempts {
        office.wait(Span::hours(attempt.wait));
        let command = command(office, attempt);
        let actor = [ANA, BO, ELI][attempt.who];
        // Only what acts is judged by gates; what becomes known may make an
        // earlier step a violation, and is recorded all the same.
        let acts = match &command {
            Command::Record { event, .. } => event.kind.records().is_some(),
            Command::Close { .. } => true,
            _ => false,
        };
        let before = violations(office);
        let Ok(events) = office.by(actor, command) else { continue };
        done += 1;
        let lifted = events
            .iter()
            .any(|event| matches!(event, Happening::Case(event) if event.kind == EventKind::Override));
        if acts {
            let after = violations(office);
            let new = after.iter().find(|finding| !before.contains(finding));
            prop_assert!(new.is_none(), "{new:?} by {events:?} lifted {lifted}");
        }
    }
    Ok(done)
}

/// Violations at the last instant.
fn violations(office: &Office) -> Vec<(Instant, String)> {
    let case = office.file.plan(&office.policy);
    let evaluation = case.evaluate(office.now);
    let named = evaluation
        .findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::Violation && finding.at.first() == office.now);
    named
        .map(|finding| (finding.at.first(), fixlead_core::plan::words::finding(&case.record, finding)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_let_through_is_no_violation(attempts in tries(60), vitess: bool) {
        let mut office = Office::with_fix(if vitess { "vitess" } else { "opentelemetry" });
        play(&mut office, &attempts)?;
    }

    #[test]
    fn a_log_is_folded_in_any_order_and_piece_by_piece(
        attempts in tries(40),
        order in any::<prop::sample::Index>(),
        seed: u64,
    ) {
        let mut office = Office::with_fix("opentelemetry");
        play(&mut office, &attempts)?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut file = CaseFile::default();
        for line in &office.lines {
            let entry = entry::read(line, &file.facts).unwrap();
            file.apply(&entry);
            entries.push(entry);
        }
        let at = order.index(entries.len());
        let mut pieces = CaseFile::of(&entries[..at]);
        entries[at..].iter().for_each(|entry| pieces.apply(entry));
        prop_assert_eq!(&pieces, &file);
        // In an order that makes no sense it is still a case.
        let mut shuffled = entries.clone();
        let mut state = seed | 1;
        for place in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(place, (state >> 33) as usize % (place + 1));
        }
        shuffled.extend(entries);
        let file = CaseFile::of(&shuffled);
        prop_assert_eq!(file.entries, shuffled.len() as u64);
        file.plan(&office.policy).evaluate(office.now + Span::days(400));
        let _ = (file.standing(), file.state(), file.author("c1"));
    }

    #[test]
    fn damaged_lines_never_panic(at in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), byte: u8) {
        let office = Office::with_fix("opentelemetry");
        let line = &office.lines[at.index(office.lines.len())];
        let mut bytes = line.clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(entry) = entry::read(&text, &office.file.facts)
        {
            let mut file = office.file.clone();
            file.apply(&entry);
            let written = entry::write(&entry, &office.file.facts);
            prop_assert_eq!(entry::read(&written, &office.file.facts).unwrap(), entry);
        }
    }
}

#[test]
fn the_attempts_of_these_tests_are_not_all_refused() {
    let mut office = Office::with_fix("opentelemetry");
    let attempts: Vec<Try> = (0..EventKind::ALL.len())
        .map(|what| Try { who: 0, what, wait: 30, number: 8, overriding: true })
        .collect();
    let done = play(&mut office, &attempts).unwrap();
    assert!(done > 30, "only {done}");
    assert!(office.act(Actor::System, Command::DismissTeam { reason: line("over") }).is_ok());
}
