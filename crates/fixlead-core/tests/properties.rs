//! What holds of every case, whatever happens in it.

use std::sync::LazyLock;

use fixlead_core::case::event::{Action, Ask, EventKind, Field, FieldType, Value};
use fixlead_core::case::project::{Branch, BranchClass};
use fixlead_core::case::{Event, Project};
use fixlead_core::plan::Case;
use fixlead_core::policy::Policy;
use fixlead_core::policy::model::FindingKind;
use fixlead_core::replay::built_in_policy;
use fixlead_core::time::{Instant, Span, When};
use proptest::prelude::*;
use proptest::sample::select;

/// Monday 2027-01-04, midnight.
const START: i64 = 1_799_020_800_000;
const HOUR: i64 = 3_600_000;

static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let overlays = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    vec![
        built_in_policy("opentelemetry", &[], &[]).expect("a policy"),
        built_in_policy("vitess", &[], &[]).expect("a policy"),
        built_in_policy("opentelemetry", &overlays(&["linux-distros", "cra-art14"]), &[]).expect("a policy"),
        built_in_policy("vitess", &overlays(&["linux-distros", "cra-art14"]), &[]).expect("a policy"),
    ]
});

static PROJECT: LazyLock<Project> = LazyLock::new(|| {
    let branch = |name: &str, class, since: Option<i64>| Branch {
        name: name.into(),
        class,
        since: since.map(|days| Instant::from_millis(START + days * 24 * HOUR)),
    };
    let names = |list: &[&str]| list.iter().map(|name| (*name).into()).collect::<Vec<Box<str>>>();
    Project {
        branches: vec![
            branch("main", BranchClass::Development, None),
            branch("release-2", BranchClass::Supported, None),
            branch("release-1", BranchClass::Unsupported, Some(9)),
            branch("release-0", BranchClass::Unsupported, None),
        ],
        responders: names(&["ana", "bo", "chen"]),
        maintainers: names(&["dee", "eli"]),
        owners: vec![("".into(), names(&["dee"])), ("exporter/".into(), names(&["eli", "fay"]))],
        leave: vec![("bo".into(), (20_454, 20_470))],
        ..Project::default()
    }
});

fn word() -> impl Strategy<Value = String> {
    let known = [
        "ana",
        "bo",
        "chen",
        "dee",
        "eli",
        "fay",
        "fix-lead",
        "fix-team",
        "maintainers",
        "c1",
        "c2",
        "c3",
        "#general",
        "#developers",
        "threat",
        "upgrade",
        "exporter/a.go",
        "README.md",
        "linux-distros",
        "OT-49",
        "OT-63",
        "VT-33",
        "release",
        "merge",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H",
        "CVSS:3.0/AV:L/AC:H/PR:H/UI:N/S:U/C:N/I:N/A:L",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "mitigation",
        "",
    ];
    prop_oneof![9 => select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,12}"]
}

fn instant() -> impl Strategy<Value = Instant> {
    // Few instants, so that many events share one, and boundaries are met.
    prop_oneof![
        (0_i64..40 * 4).prop_map(|quarter| Instant::from_millis(START + quarter * 6 * HOUR)),
        (0_i64..40 * 24 * 3600).prop_map(|second| Instant::from_millis(START + second * 1000)),
    ]
}

fn value(field: Field, kind: EventKind) -> BoxedStrategy<Value> {
    match field.holds(kind) {
        FieldType::Text => word().prop_map(|text| Value::Text(text.into())).boxed(),
        FieldType::Word(words) => select(words.to_vec()).prop_map(|word| Value::Text(word.into())).boxed(),
        FieldType::Texts => match field.words() {
            Some(words) => prop::collection::vec(select(words.to_vec()), 0..4)
                .prop_map(|list| Value::Texts(list.into_iter().map(Into::into).collect()))
                .boxed(),
            None => prop::collection::vec(word(), 0..4)
                .prop_map(|list| Value::Texts(list.into_iter().map(Into::into).collect()))
                .boxed(),
        },
        FieldType::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        FieldType::Score => (0_u16..=100).prop_map(|tenths| Value::Score(tenths * 10)).boxed(),
        FieldType::Instant => instant().prop_map(Value::Instant).boxed(),
        FieldType::Branch => (0_u32..4).prop_map(|branch| Value::Branches(1 << branch)).boxed(),
        FieldType::Branches => (0_u128..16).prop_map(Value::Branches).boxed(),
        FieldType::Dues => {
            prop::collection::vec((select(vec!["fix-complete", "score", "nothing"]), instant()), 0..3)
                .prop_map(|dues| {
                    Value::Dues(dues.into_iter().map(|(duty, due)| (duty.into(), due)).collect())
                })
                .boxed()
        }
    }
}

/// Any event with any of its fields.
fn event() -> impl Strategy<Value = Event> {
    (select(EventKind::ALL.to_vec()), instant(), prop::bool::weighted(0.07)).prop_flat_map(
        |(kind, at, day)| {
            let (required, optional) = kind.fields();
            let required: Vec<_> = required
                .iter()
                .map(|field| (Just(*field), value(*field, kind).prop_map(Some)).boxed())
                .collect();
            let optional: Vec<_> = optional
                .iter()
                .chain(&[Field::By])
                .map(|field| (Just(*field), prop::option::of(value(*field, kind))).boxed())
                .collect();
            (required, optional).prop_map(move |(required, optional)| Event {
                at: if day { When::on_day(at.day()) } else { When::at(at) },
                kind,
                fields: required
                    .into_iter()
                    .chain(optional)
                    .filter_map(|(field, value)| Some((field, value?)))
                    .collect(),
            })
        },
    )
}

/// A case that begins like a case, so that the later events meet something.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let start = |visibility: &'static str| {
        vec![
            Event::new(Instant::from_millis(START), EventKind::ReportReceived)
                .with(Field::Visibility, Value::Text(visibility.into())),
            Event::new(Instant::from_millis(START + HOUR), EventKind::AffectedSet)
                .with(Field::Branches, Value::Branches(0b011)),
        ]
    };
    (
        select(vec![Some("private"), Some("private"), Some("public"), None]),
        prop::collection::vec(event(), 0..24),
    )
        .prop_map(move |(begin, rest)| {
            let mut events = begin.map(start).unwrap_or_default();
            events.extend(rest);
            events.sort_by_key(|event| event.at.first());
            events
        })
}

fn policy() -> impl Strategy<Value = &'static Policy> {
    (0..POLICIES.len()).prop_map(|place| &POLICIES[place])
}

fn ask(action: Action, at: Instant) -> Ask {
    Ask { id: "a".into(), at, action, release_at: None, branches: 0, channel: None }
}

/// The event by which an action is done.
fn done(action: Action, at: Instant, release: Instant) -> Option<Event> {
    use EventKind as K;
    let kind = match action {
        Action::ReleaseSchedule => K::ReleaseScheduled,
        Action::Release => K::Released,
        Action::Announce => K::Announced,
        Action::Merge => K::Merged,
        Action::NoticeForthcoming => K::NoticeForthcoming,
        Action::NoticeAdvance => K::NoticeAdvance,
        Action::NoticePrerelease => K::NoticePrerelease,
        Action::ListPost => K::ListPosted,
        Action::FixComplete => K::FixComplete,
        Action::PublicWarning => K::PublicWarning,
        Action::TrackingClose => K::TrackingClosed,
        Action::CvePublish => K::CvePublished,
        Action::CaseClose => K::CaseClosed,
        _ => return None,
    };
    let mut event = Event::new(at, kind);
    for field in kind.fields().0 {
        let value = match field.holds(kind) {
            FieldType::Instant => Value::Instant(release),
            FieldType::Branches => Value::Branches(0b001),
            FieldType::Texts => Value::Texts(vec!["general".into()]),
            _ => Value::Text("linux-distros".into()),
        };
        event = event.with(*field, value);
    }
    Some(event)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: 10_000_000, ..ProptestConfig::default() })]

    /// Evaluation answers for every sequence of events, at every later instant.
    #[test]
    fn nothing_makes_the_plan_panic(policy in policy(), events in events(), after in 0_i64..60 * 24 * HOUR) {
        let last = events.last().map_or(START, |event| event.at.last().millis());
        let case = Case::with_events(policy, &PROJECT, events);
        case.evaluate(Instant::from_millis(last + after));
        for action in Action::ALL {
            let mut ask = ask(*action, Instant::from_millis(last + after));
            ask.release_at = Some(Instant::from_millis(last + 2 * after));
            ask.branches = 0b110;
            case.answer(&ask);
        }
    }

    /// An event at a time, in order or out of it, comes to the same answer as
    /// all at once.
    #[test]
    fn one_event_more_is_the_same_as_from_nothing(policy in policy(), events in events(), seed in any::<u64>()) {
        let now = Instant::from_millis(START + 70 * 24 * HOUR);
        let in_order = Case::with_events(policy, &PROJECT, events.iter().cloned()).evaluate(now);
        let mut late: Vec<Event> = Vec::new();
        let mut case = Case::new(policy, &PROJECT);
        for (place, event) in events.iter().enumerate() {
            // Some are held back and come when others are there already; those
            // of one instant keep their order.
            let shared = events.iter().filter(|other| other.at.first() == event.at.first()).count() > 1;
            if !shared && seed >> (place % 64) & 1 == 1 {
                late.push(event.clone());
            } else {
                case.push(event.clone());
                case.evaluate(case.record.events.iter().map(|event| event.at.last()).max().unwrap_or(now));
            }
        }
        for event in late {
            case.push(event);
        }
        prop_assert_eq!(case.evaluate(now), in_order);
    }

    /// Two events of one instant that have nothing to do with each other can
    /// stand in either order.
    #[test]
    fn the_order_of_independent_events_does_not_matter(policy in policy(), events in events(), place in 0_usize..24) {
        let now = Instant::from_millis(START + 70 * 24 * HOUR);
        prop_assume!(events.len() > 2);
        let place = place % (events.len() - 1);
        let mut events = events;
        let at = events[place].at;
        events[place + 1].at = at;
        events.sort_by_key(|event| event.at.first());
        let place = events.iter().position(|event| event.at == at).unwrap_or(0);
        prop_assume!(place + 1 < events.len() && events[place + 1].at == at);
        // Events that set the same thing, or name each other, keep their order.
        prop_assume!(independent(&events[place], &events[place + 1]));
        let one = Case::with_events(policy, &PROJECT, events.iter().cloned()).evaluate(now);
        events.swap(place, place + 1);
        let other = Case::with_events(policy, &PROJECT, events.iter().cloned()).evaluate(now);
        prop_assert_eq!(&one.duties, &other.duties);
        prop_assert_eq!(&one.exposure, &other.exposure);
        prop_assert_eq!(&one.modes, &other.modes);
        let sorted = |findings: &[fixlead_core::plan::facts::Finding]| {
            let mut list: Vec<String> = findings.iter().map(|f| format!("{:?} {:?} {:?}", f.at, f.kind, f.clause)).collect();
            list.sort();
            list
        };
        prop_assert_eq!(sorted(&one.findings), sorted(&other.findings));
    }

    /// What an ask allows is no violation when it is done.
    #[test]
    fn what_is_allowed_is_lawful(policy in policy(), events in events(), action in select(Action::ALL.to_vec()), later in 1_i64..20 * 24 * HOUR, ahead in 0_i64..20 * 24 * HOUR) {
        let at = Instant::from_millis(events.last().map_or(START, |event| event.at.last().millis()) + later);
        let release = at + Span::from_millis(ahead);
        let Some(event) = done(action, at, release) else { return Ok(()) };
        let mut case = Case::with_events(policy, &PROJECT, events);
        let mut ask = ask(action, at);
        ask.release_at = Some(release);
        ask.branches = event.branches(Field::Branches).unwrap_or(0);
        let answer = case.answer(&ask);
        prop_assume!(answer.allowed);
        let breaches = |case: &Case<'_>| {
            let findings = case.evaluate(at).findings;
            findings.into_iter().filter(|finding| finding.kind == FindingKind::Violation && finding.at == When::at(at)).count()
        };
        let before = breaches(&case);
        case.push(event);
        prop_assert_eq!(breaches(&case), before, "{} was allowed", action.name());
    }

    /// What an ask holds for sure is found when it is done all the same.
    #[test]
    fn what_is_held_is_found(policy in policy(), events in events(), action in select(Action::ALL.to_vec()), later in 1_i64..20 * 24 * HOUR) {
        let at = Instant::from_millis(events.last().map_or(START, |event| event.at.last().millis()) + later);
        let Some(event) = done(action, at, at) else { return Ok(()) };
        let mut case = Case::with_events(policy, &PROJECT, events);
        let mut ask = ask(action, at);
        ask.release_at = Some(at);
        ask.branches = event.branches(Field::Branches).unwrap_or(0);
        let answer = case.answer(&ask);
        // An act can change what it is judged by: events of one instant count
        // together. Those are asked about, not held, by their own effect.
        let own_effect = matches!(action, Action::Announce | Action::PublicWarning | Action::FixComplete | Action::Merge | Action::CvePublish | Action::CaseClose);
        prop_assume!(!answer.allowed && !own_effect && answer.holds.iter().all(|hold| hold.certain));
        case.push(event);
        let found = case.evaluate(at).findings.iter().any(|finding| {
            finding.at == When::at(at) && matches!(finding.kind, FindingKind::Violation | FindingKind::Override | FindingKind::Deviation)
        });
        prop_assert!(found, "{} was held", action.name());
    }

    /// The earliest instant is the earliest: brute force over every hour and
    /// the seconds around the answer.
    #[test]
    fn earliest_is_the_earliest(policy in policy(), events in events(), later in 1_i64..5 * 24 * HOUR) {
        let at = Instant::from_millis((events.last().map_or(START, |event| event.at.last().millis()) + later) / 1000 * 1000);
        let case = Case::with_events(policy, &PROJECT, events);
        let allowed = |release: Instant| {
            let mut ask = ask(Action::ReleaseSchedule, at);
            ask.release_at = Some(release);
            case.answer(&ask).allowed
        };
        let mut question = ask(Action::ReleaseSchedule, at);
        question.release_at = Some(at);
        let earliest = case.answer(&question).earliest;
        let hours = (0..40 * 24).map(|hour| at + Span::hours(hour));
        match earliest {
            Some(earliest) => {
                prop_assert!(allowed(earliest), "the earliest instant {earliest} is held");
                for release in hours.take_while(|release| *release < earliest) {
                    prop_assert!(!allowed(release), "{release} is allowed before {earliest}");
                }
                if earliest > at {
                    prop_assert!(!allowed(earliest - Span::from_millis(1000)), "a second before {earliest} is allowed");
                }
            }
            None => {
                for release in hours {
                    prop_assert!(!allowed(release), "{release} is allowed though there is no earliest instant");
                }
            }
        }
    }
}

/// Whether two events of one instant neither set the same thing nor name each
/// other. Deliberately careful: what it calls independent must be.
fn independent(one: &Event, other: &Event) -> bool {
    use EventKind as K;
    let plans = |event: &Event| {
        matches!(
            event.kind,
            K::ReleaseScheduled
                | K::NoticeForthcoming
                | K::NoticeAdvance
                | K::NoticePrerelease
                | K::NoticeCorrection
                | K::UpstreamTimeline
        )
    };
    let leads = |event: &Event| {
        matches!(event.kind, K::FixLeadAssigned | K::FixLeadVolunteered | K::FixLeadAccepted)
            || event.get(Field::By).is_some()
    };
    let commits = |event: &Event| {
        matches!(event.kind, K::CommitProposed | K::CommitRewritten | K::FixComplete | K::Lgtm)
    };
    let public = |event: &Event| {
        matches!(
            event.kind,
            K::PublicAppeared
                | K::ReportReceived
                | K::ExploitPublic
                | K::EmbargoLeaked
                | K::PublicWarning
                | K::Announced
                | K::Merged
        )
    };
    let closes = |event: &Event| {
        matches!(event.kind, K::TriageDecided | K::CaseMerged | K::CaseReopened | K::CaseClosed)
    };
    let pair = |test: &dyn Fn(&Event) -> bool| test(one) && test(other);
    one.kind != other.kind
        && !pair(&plans)
        && !pair(&leads)
        && !pair(&commits)
        && !pair(&public)
        && !pair(&closes)
        && !pair(&|event| matches!(event.kind, K::CveAssigned | K::CveRejected | K::TrackingOpened))
        && !pair(&|event| matches!(event.kind, K::TrackingClosed | K::TrackingReopened))
}
