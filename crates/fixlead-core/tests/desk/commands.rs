//! What may be done with a case, story by story.

use fixlead_core::access::{self, Action, Actor, CaseState, Role, Standing};
use fixlead_core::case::event::{Event, EventKind, Field, Value};
use fixlead_core::desk::CaseFile;
use fixlead_core::desk::command::{self, Command, Context, Part, Refused, Source, Thing, Wrong};
use fixlead_core::desk::event::{By, DeskEvent, Entry, Happening, Reminder, Room, Second};
use fixlead_core::desk::state::Credit;
use fixlead_core::desk::wire::Sha256;
use fixlead_core::id::{CaseId, GrantId, MessageId, PersonId, ProjectId};
use fixlead_core::time::Span;

use super::office::*;

fn refused(what: Wrong) -> Result<Vec<Happening>, Refused> {
    Err(Refused::Wrong(what))
}

#[test]
fn nobody_approves_their_own_commit_nor_in_anothers_name() {
    let mut office = Office::with_fix("opentelemetry");
    let lgtm = |on: &str| event(EventKind::Lgtm).with(Field::On, texts(&[on]));
    assert_eq!(office.record(ELI, lgtm("c1")), refused(Wrong::SelfApproval));
    let in_anas_name = lgtm("c1").with(Field::By, text(ANA));
    assert_eq!(office.record(ELI, in_anas_name), refused(Wrong::InAnothersName));
    assert_eq!(office.record(ANA, lgtm("c9")), Err(Refused::Unknown(Thing::Commit, "c9".into())));
    // Under whatever name it was written, who brought it does not approve it.
    let foreign = event(EventKind::CommitProposed)
        .with(Field::Id, text("c7"))
        .with(Field::Author, text("eli@example.org"))
        .with(Field::Paths, texts(&["src/lib.rs"]));
    office.record(ELI, foreign).unwrap();
    assert_eq!(office.record(ELI, lgtm("c7")), refused(Wrong::SelfApproval));
    // A rewritten commit keeps its author.
    let rewritten =
        event(EventKind::CommitRewritten).with(Field::From, text("c1")).with(Field::To, text("c2"));
    office.record(ANA, rewritten).unwrap();
    assert_eq!(office.record(ELI, lgtm("c2")), refused(Wrong::SelfApproval));
    assert!(office.record(ANA, lgtm("c2")).is_ok());
}

#[test]
fn a_held_step_names_gate_clauses_arithmetic_instant_and_who_may_override() {
    let mut office = Office::with_fix("opentelemetry");
    let plan =
        event(EventKind::ReleaseScheduled).with(Field::For, Value::Instant(office.now + Span::days(2)));
    // An id that nobody knows is none, and nor is any other text.
    for id in [None, Some("banana"), Some("CVE-26-1234"), Some("CVE-2026-123"), Some("CVE-2026-12a45")] {
        let assigned = event(EventKind::CveAssigned);
        let assigned = id.map_or(assigned.clone(), |id| assigned.with(Field::Id, Value::Text(id.into())));
        assert_eq!(office.record(ANA, assigned), refused(Wrong::NoCveId), "{id:?}");
    }
    let assigned = event(EventKind::CveAssigned).with(Field::Id, Value::Text("CVE-2026-12345".into()));
    office.record(ANA, assigned).unwrap();
    let Err(Refused::Held { clauses, because, earliest, override_by, gate }) =
        office.record(ANA, plan.clone())
    else {
        panic!("a release in two days keeps no lead of seven");
    };
    assert!(clauses.contains(&"OT-49".to_owned()), "{clauses:?}");
    assert!(because.contains("P7D"), "{because}");
    assert!(!gate.is_empty());
    assert_eq!(earliest, Some(office.now + Span::days(7)));
    assert_eq!(override_by, [Role::FixLead]);
    // Only who may override, and only with a reason on record.
    assert!(office.overriding(BO, "no").is_none());
    let overriding = office.overriding(ANA, "exploited already");
    let events = office.by(ANA, Command::Record { event: plan, source: Source::Done, overriding }).unwrap();
    assert!(matches!(&events[0], Happening::Case(event) if event.kind == EventKind::Override));
    assert!(matches!(&events[1], Happening::Case(event) if event.kind == EventKind::ReleaseScheduled));
}

#[test]
fn what_was_found_to_have_happened_is_recorded_and_the_finding_stands_beside_it() {
    let mut office = Office::with_fix("opentelemetry");
    let merge =
        event(EventKind::Merged).with(Field::Branches, Value::Branches(1)).with(Field::Repo, text("public"));
    assert!(matches!(office.record(ANA, merge.clone()), Err(Refused::Held { .. })));
    office.wait(Span::hours(1));
    office.by(ANA, Command::Record { event: merge, source: Source::Found, overriding: None }).unwrap();
    let evaluation = office.file.plan(&office.policy).evaluate(office.now);
    assert!(evaluation.findings.iter().any(|finding| finding.kind.name() == "violation"));
    let future = Event::new(office.now + Span::minutes(1), EventKind::ExploitPublic);
    let found = Command::Record { event: future, source: Source::Found, overriding: None };
    assert_eq!(office.by(ANA, found), refused(Wrong::Future));
}

#[test]
fn what_is_done_is_done_now() {
    let mut office = Office::led("opentelemetry");
    office.wait(Span::days(3));
    let notice = Event::new(START, EventKind::OverviewSent);
    let events = office.record(ANA, notice).unwrap();
    assert!(matches!(&events[0], Happening::Case(event) if event.at.first() == office.now));
    office.now = START;
    assert_eq!(office.record(ANA, event(EventKind::OverviewSent)), refused(Wrong::ClockWentBack));
}

#[test]
fn the_lead_changes_hands_only_when_it_is_accepted() {
    let mut office = Office::led("opentelemetry");
    let offer = office.offer();
    let hand_off = |to, offer| Command::OfferLead { offer, to, reason: line("going on leave") };
    assert_eq!(office.by(BO, hand_off(CHEN, offer)), Err(Refused::Permit));
    assert_eq!(office.by(ANA, hand_off(ANA, offer)), refused(Wrong::SamePerson));
    assert!(matches!(office.by(ANA, hand_off(STRANGER, offer)), Err(Refused::Unknown(Thing::Person, _))));
    assert_eq!(office.by(ANA, hand_off(GUS, offer)), refused(Wrong::NoResponder));
    // Who came to answer reports after the case was opened can lead it as well.
    let permit = office.permit(&office.actor(ANA), Action::LeadHandOff).unwrap();
    let (people, responds) = (|_: PersonId| Some(Standing::Active), |person: PersonId| person == GUS);
    let context = Context { policy: &office.policy, people: &people, responds: &responds, now: office.now };
    assert!(command::decide(&office.file, &context, &permit, hand_off(GUS, offer)).is_ok());
    office.by(ANA, hand_off(BO, offer)).unwrap();
    assert_eq!(office.file.lead, Some(ANA), "an offer is no hand-off");
    assert!(office.permit(&office.actor(ANA), Action::Override).is_ok());
    assert!(!office.file.history.iter().any(|event| event.kind == EventKind::FixLeadHandedOff));

    let grant = office.grant_id();
    assert_eq!(office.by(CHEN, Command::AcceptLead { offer, grant }), refused(Wrong::NotYours));
    let other = office.offer();
    assert!(matches!(
        office.by(BO, Command::AcceptLead { offer: other, grant }),
        Err(Refused::Unknown(Thing::Offer, _))
    ));
    office.by(BO, Command::AcceptLead { offer, grant }).unwrap();
    assert_eq!(office.file.lead, Some(BO));
    assert!(office.permit(&office.actor(BO), Action::Override).is_ok());
    assert!(office.permit(&office.actor(ANA), Action::Override).is_err(), "the lead has one holder");
    let grant = office.grant_id();
    assert!(matches!(
        office.by(BO, Command::AcceptLead { offer, grant }),
        Err(Refused::Unknown(Thing::Offer, _))
    ));
}

#[test]
fn a_declined_offer_leaves_everything_as_it_was() {
    let mut office = Office::led("vitess");
    let offer = office.offer();
    office.by(ANA, Command::OfferLead { offer, to: BO, reason: line("busy") }).unwrap();
    office.by(BO, Command::DeclineLead { offer, reason: line("busy too") }).unwrap();
    assert_eq!((office.file.lead, &office.file.handoff), (Some(ANA), &None));
}

#[test]
fn a_race_for_the_lead_has_one_winner() {
    let mut office = Office::new("opentelemetry");
    let (one, other) = (office.grant_id(), office.grant_id());
    office.by(BO, Command::Volunteer { grant: one }).unwrap();
    assert_eq!(office.by(CHEN, Command::Volunteer { grant: other }), refused(Wrong::HasLead));
}

#[test]
fn a_conflict_of_interest_beats_every_grant_at_once() {
    let mut office = Office::led("opentelemetry");
    assert!(office.permit(&office.actor(ELI), Action::InternalRead).is_ok());
    let recuse = Command::Recuse { person: ELI, reason: line("works for the vendor concerned") };
    office.by(ANA, recuse).unwrap();
    assert_eq!(office.permit(&office.actor(ELI), Action::InternalRead), Err(access::Denied::NotFound));
    let grant = office.grant_id();
    let (reason, role) = (line("again"), Role::FixTeam);
    let give = Command::Give { grant, person: ELI, role, reason, until: None };
    assert_eq!(office.by(ANA, give), refused(Wrong::Recused));
    let me = Command::Recuse { person: CHEN, reason: line("my employer") };
    office.by(CHEN, me).unwrap();
    assert!(office.permit(&office.actor(CHEN), Action::CaseRead).is_err());
    // They do not let themselves in again, others do.
    let lift = |person| Command::LiftRecusal { person, reason: line("left the vendor") };
    assert_eq!(office.by(CHEN, lift(CHEN)), Err(Refused::Permit));
    office.by(BO, lift(CHEN)).unwrap();
    assert!(office.permit(&office.actor(CHEN), Action::CaseRead).is_ok());
}

#[test]
fn grants_go_to_people_who_can_act_and_roles_of_the_directory_are_not_given_here() {
    let mut office = Office::led("opentelemetry");
    let give = |office: &mut Office, person, role, until| {
        let grant = office.grant_id();
        office.by(ANA, Command::Give { grant, person, role, reason: line("needed"), until })
    };
    assert_eq!(give(&mut office, INVITED, Role::Guest, None), refused(Wrong::NotActive));
    assert!(matches!(
        give(&mut office, STRANGER, Role::Guest, None),
        Err(Refused::Unknown(Thing::Person, _))
    ));
    for role in [Role::Operator, Role::Auditor, Role::Responder, Role::FixLead] {
        assert_eq!(give(&mut office, GUS, role, None), refused(Wrong::RoleNotHere), "{role:?}");
    }
    let now = office.now;
    assert_eq!(give(&mut office, GUS, Role::Guest, Some(now)), refused(Wrong::Ended));
    give(&mut office, GUS, Role::Guest, Some(now + Span::hours(1))).unwrap();
    assert!(office.permit(&office.actor(GUS), Action::GuestRead).is_ok());
    assert!(office.permit(&office.actor(GUS), Action::InternalRead).is_err());
    office.wait(Span::hours(1));
    assert!(office.permit(&office.actor(GUS), Action::GuestRead).is_err());
}

#[test]
fn the_installation_dismisses_the_team_after_the_release() {
    let mut office = Office::led("opentelemetry");
    office.act(Actor::System, Command::DismissTeam { reason: line("released") }).unwrap();
    assert!(office.permit(&office.actor(ELI), Action::InternalRead).is_err());
    let last = office.file.history.last().unwrap();
    assert_eq!(last.kind, EventKind::FixTeamRevoked);
    assert_eq!(last.texts(Field::Who).collect::<Vec<_>>(), [ELI.to_string()]);
    let again = Command::DismissTeam { reason: line("released") };
    assert_eq!(office.act(Actor::System, again), refused(Wrong::Unchanged));
}

#[test]
fn an_advisory_is_written_over_what_was_read() {
    let mut office = Office::with_fix("opentelemetry");
    let write = |over, text: &str| Command::WriteAdvisory { over, source: body(text) };
    assert_eq!(office.by(GUS, write(0, "mine")), Err(Refused::Permit));
    office.by(ELI, write(0, "one")).unwrap();
    assert_eq!(office.by(ANA, write(0, "another")), refused(Wrong::Overtaken(1)));
    assert_eq!(office.by(ANA, write(1, "one")), refused(Wrong::Unchanged));
    office.by(ANA, write(1, "two")).unwrap();
    let written = office.file.advisory.as_ref().unwrap();
    assert_eq!((written.version, &*written.source, written.by), (2, "two", By::Person(ANA)));
    assert!(written.published.is_none() && !written.is_published());
}

#[test]
fn an_advisory_becomes_public_by_two_people_as_it_stood_when_it_was_asked_and_not_before_the_policy_lets_it()
{
    let mut office = Office::led("opentelemetry");
    let offer = office.offer();
    let ask = |offer, text: &str| Command::AskSecond {
        offer,
        what: Second::Publication,
        sha256: Sha256::of(text),
        reason: line("ready"),
        overriding: None,
    };
    let publish = |offer| Command::PublishAdvisory { offer, has_cve: true, overriding: None };
    assert_eq!(office.by(ANA, ask(offer, "one")), refused(Wrong::NoAdvisory));
    office.by(ANA, Command::WriteAdvisory { over: 0, source: body("one") }).unwrap();
    assert_eq!(office.by(ANA, ask(offer, "two")), refused(Wrong::NotWhatWasAsked));
    office.by(ANA, ask(offer, "one")).unwrap();
    assert_eq!(office.by(ANA, publish(offer)), refused(Wrong::SamePerson));
    assert_eq!(office.by(BO, Command::ConfirmSecond { offer }), refused(Wrong::OwnCommand));
    let Err(Refused::Held { clauses, override_by, .. }) = office.by(BO, publish(offer)) else {
        panic!("nothing is released");
    };
    assert!(clauses.contains(&"OT-64".to_owned()), "{clauses:?}");
    assert_eq!(override_by, [Role::FixLead]);
    assert_eq!(office.file.state(), CaseState::Embargoed);
    for kind in [EventKind::BinariesVerified, EventKind::Released] {
        let event = event(kind).with(Field::Branches, Value::Branches(1));
        office.by(ANA, Command::Record { event, source: Source::Found, overriding: None }).unwrap();
    }
    office.wait(Span::hours(1));
    office.by(ANA, Command::WriteAdvisory { over: 1, source: body("two") }).unwrap();
    assert_eq!(office.by(BO, publish(offer)), refused(Wrong::NotWhatWasAsked));
    let offer = office.offer();
    office.by(ANA, ask(offer, "two")).unwrap();
    office.by(BO, publish(offer)).unwrap();
    assert_eq!(office.by(BO, publish(offer)), refused(Wrong::Repeated));
    assert!(office.file.advisory.as_ref().unwrap().is_published());
    assert_eq!(office.file.state(), CaseState::Public);
    assert!(office.file.history.iter().any(|event| event.kind == EventKind::PublicAppeared));
    office.by(ANA, Command::WriteAdvisory { over: 2, source: body("three") }).unwrap();
    assert!(!office.file.advisory.as_ref().unwrap().is_published(), "what is public is the version before");
    assert!(office.file.is_confirmed(Second::Publication, &Sha256::of("two")));
    assert!(!office.file.is_confirmed(Second::Erasure, &Sha256::of("two")));
}

#[test]
fn what_holds_a_publication_is_overridden_with_the_reason_of_one_of_two_who_may() {
    let mut office = Office::led("opentelemetry");
    office.by(ANA, Command::WriteAdvisory { over: 0, source: body("one") }).unwrap();
    let offer = office.offer();
    let ask = |overriding| Command::AskSecond {
        offer,
        what: Second::Publication,
        sha256: Sha256::of("one"),
        reason: line("ready"),
        overriding,
    };
    let publish = |overriding| Command::PublishAdvisory { offer, has_cve: true, overriding };
    let erase = Command::AskSecond {
        offer: office.offer(),
        what: Second::Erasure,
        sha256: Sha256::of("one"),
        reason: line("old"),
        overriding: office.overriding(ANA, "attacks are under way"),
    };
    assert!(office.by(ANA, erase).is_err(), "nothing holds an erasure that a reason would lift");
    office.by(ANA, ask(office.overriding(ANA, "attacks are under way"))).unwrap();
    assert_eq!(office.file.proposals[&offer].although, Some(line("attacks are under way")));
    assert!(matches!(office.by(BO, publish(None)), Err(Refused::Held { .. })));
    // Nobody puts another reason into the mouth of whoever asked.
    let other = office.overriding(ANA, "another reason");
    assert_eq!(office.by(BO, publish(other)), Err(Refused::Permit));
    let events = office.by(BO, publish(office.overriding(ANA, "attacks are under way"))).unwrap();
    assert!(events.len() > 3, "{events:?}");
    let lifted = office.file.history.iter().filter(|event| event.kind == EventKind::Override);
    let gates: Vec<_> = lifted.clone().filter_map(|event| event.text(Field::Gate)).collect();
    assert!(gates.contains(&"announce"), "{gates:?}");
    let lifted: Vec<_> = lifted.collect();
    assert_eq!(lifted[0].text(Field::Reason), Some("attacks are under way"));
    assert!(lifted[0].texts(Field::By).any(|by| by == ANA.to_string()));
    assert!(office.file.advisory.as_ref().unwrap().is_published());
}

#[test]
fn rooms_are_apart() {
    let mut office = Office::led("opentelemetry");
    let post = |id: u8, room, answers: Option<u8>| Command::Post {
        id: MessageId::from_bytes([id; 16]),
        room,
        body: body("hello"),
        answers: answers.map(|id| MessageId::from_bytes([id; 16])),
    };
    office.by(ELI, post(1, Room::Internal, None)).unwrap();
    office.by(GUS, post(2, Room::Reporter, None)).unwrap();
    assert_eq!(office.by(GUS, post(3, Room::Internal, None)), Err(Refused::Permit));
    assert_eq!(office.by(ELI, post(3, Room::Reporter, None)), Err(Refused::Permit));
    assert!(matches!(
        office.by(GUS, post(3, Room::Reporter, Some(1))),
        Err(Refused::Unknown(Thing::Message, _))
    ));
    assert_eq!(office.by(GUS, post(2, Room::Reporter, None)), refused(Wrong::Repeated));
    office.by(ANA, post(3, Room::Reporter, Some(2))).unwrap();
    assert_eq!(office.file.rooms[&Room::Reporter].len(), 2);
}

#[test]
fn open_duties_hold_the_closing_and_a_closed_case_lets_nobody_work() {
    let mut office = Office::led("opentelemetry");
    let close = |overriding| Command::Close { reason: line("done"), overriding };
    let Err(Refused::Held { clauses, because, .. }) = office.by(ANA, close(None)) else {
        panic!("duties are open");
    };
    assert_eq!(clauses, ["OT-06"]);
    assert!(because.contains("left to do: acknowledge"), "{because}");
    let overriding = office.overriding(ANA, "reported by mistake");
    office.by(ANA, close(overriding)).unwrap();
    assert_eq!(office.file.state(), CaseState::Closed);
    assert_eq!(office.record(ANA, event(EventKind::OverviewSent)), Err(Refused::Permit));
    assert!(office.permit(&office.actor(ELI), Action::InternalRead).is_err());
    office.by(BO, Command::Reopen { reason: line("it was real") }).unwrap();
    assert_eq!(office.file.state(), CaseState::Embargoed);
    assert!(office.record(ANA, event(EventKind::OverviewSent)).is_ok());
}

#[test]
fn merging_keeps_everybodys_credit() {
    let mut office = Office::led("opentelemetry");
    let other = CaseId::from_bytes([30; 16]);
    assert_eq!(office.by(ANA, Command::Merge { into: CASE, reason: line("x") }), refused(Wrong::Itself));
    let credits = vec![Credit { name: line("Ida"), role: line("finder"), person: None, case: None }];
    let absorb = |reporters| Command::Absorb {
        case: other,
        reported: START,
        reporters,
        credits: credits.clone(),
        reason: line("the same flaw"),
    };
    office.by(ANA, absorb(vec![GUS])).unwrap();
    // Merged again after it was opened again: it is still the one case.
    office.by(ANA, absorb(Vec::new())).unwrap();
    let absorbed = &office.file.absorbed;
    assert_eq!((absorbed.len(), &absorbed[0].reporters), (1, &vec![GUS]));
    let names: Vec<(&str, Option<CaseId>)> =
        office.file.credits.iter().map(|credit| (&*credit.name, credit.case)).collect();
    assert_eq!(names, [("Gus", None), ("Ida", Some(other))]);
    office.by(ANA, Command::Merge { into: other, reason: line("the same flaw") }).unwrap();
    assert_eq!(office.file.state(), CaseState::Closed);
    assert_eq!(office.file.merged_into.as_deref(), Some(other.to_string().as_str()));
    office.by(BO, Command::Reopen { reason: line("it was another flaw") }).unwrap();
    assert_eq!(office.file.merged_into, None);
}

#[test]
fn a_part_of_a_case_begins_with_everybody_who_belongs_to_it() {
    let mut office = Office::led("opentelemetry");
    let part = |office: &Office| Part {
        from: CASE,
        case: CaseId::from_bytes([31; 16]),
        organisation: ORGANISATION,
        project: PROJECT,
        title: line("another flaw"),
        body: body("the second half"),
        policy: office.file.pin().unwrap().clone(),
        facts: Box::new(facts()),
        reason: line("two flaws"),
    };
    let reason = line("wrote the code");
    office.by(BO, Command::Recuse { person: CHEN, reason: reason.clone() }).unwrap();
    office.by(ANA, Command::Restrict { reason: reason.clone() }).unwrap();
    let open = |office: &Office, part: Part| {
        let standing = access::CaseStanding { case: part.case, ..office.file.standing().unwrap() };
        let standing = access::CaseStanding { restricted: false, recused: Vec::new(), ..standing };
        let target = access::Target::Case(&standing);
        let permit = access::decide(&Actor::System, &[], Action::CaseOpen, target, office.now).unwrap();
        let people = |person: PersonId| (person != INVITED).then_some(Standing::Active);
        let context =
            Context { policy: &office.policy, people: &people, responds: &|_| false, now: office.now };
        let mut count = 60_u8;
        let mut next = || {
            count += 1;
            GrantId::from_bytes([count; 16])
        };
        command::open_part(&office.file, &context, &permit, part, &mut next)
    };
    let events = open(&office, part(&office)).unwrap();
    let now = office.now;
    let entry = |event: &Happening| Entry { at: now, by: By::System, event: event.clone() };
    let entries: Vec<Entry> = events.iter().map(entry).collect();
    let file = CaseFile::of(&entries);
    assert_eq!((file.lead, file.restricted, file.recused.contains(&CHEN)), (Some(ANA), true, true));
    for (role, person) in [(Role::FixLead, ANA), (Role::FixTeam, ELI), (Role::Reporter, GUS)] {
        assert!(file.active(role, office.now).any(|grant| grant.person == person), "{role:?}");
    }
    assert_eq!((&*file.credits[0].name, file.credits[0].case), ("Gus", Some(CASE)));
    // Another project brings its own people, and could not reach what is restricted.
    let elsewhere = Part { project: ProjectId::from_bytes([99; 16]), ..part(&office) };
    assert_eq!(open(&office, elsewhere.clone()), refused(Wrong::Restricted));
    office.by(ANA, Command::Unrestrict { reason }).unwrap();
    let entries: Vec<Entry> = open(&office, elsewhere).unwrap().iter().map(entry).collect();
    let file = CaseFile::of(&entries);
    assert_eq!((file.lead, file.active(Role::FixTeam, office.now).count()), (None, 0));
    assert_eq!(file.active(Role::Reporter, office.now).count(), 1);
}

#[test]
fn nobody_is_locked_out_of_a_case_for_good() {
    let mut office = Office::new("opentelemetry");
    let restrict = || Command::Restrict { reason: line("about Bo") };
    assert_eq!(office.by(ANA, restrict()), refused(Wrong::NobodyLeft));
    let grant = office.grant_id();
    office.by(ANA, Command::Volunteer { grant }).unwrap();
    office.by(ANA, restrict()).unwrap();
}

#[test]
fn moving_facts_keeps_the_branches_that_events_name() {
    let mut office = Office::with_fix("opentelemetry");
    let mut new = facts();
    new.branches.reverse();
    new.branches
        .insert(0, fixlead_core::case::Branch { name: "release-2".into(), ..new.branches[0].clone() });
    let moving = |facts: &fixlead_core::case::Project| Command::MoveFacts {
        facts: Box::new(facts.clone()),
        reason: line("a new branch"),
    };
    office.by(ANA, moving(&new)).unwrap();
    let names: Vec<&str> = office.file.facts.branches.iter().map(|branch| &*branch.name).collect();
    assert_eq!(names, ["main", "release-1", "release-2"]);
    new.branches.pop();
    assert_eq!(office.by(ANA, moving(&new)), refused(Wrong::BranchGone));
}

#[test]
fn a_reminder_goes_out_once() {
    let mut office = Office::new("opentelemetry");
    let reminder =
        |rung| Reminder { duty: line("fix-team"), subject: None, due: START, rung, to: line("fix-lead") };
    let remind = |rung| Command::Remind { reminder: reminder(rung), escalated: rung > 0 };
    office.act(Actor::System, remind(0)).unwrap();
    assert_eq!(office.act(Actor::System, remind(0)), refused(Wrong::Repeated));
    let events = office.act(Actor::System, remind(1)).unwrap();
    assert!(matches!(&events[0], Happening::Desk(event) if matches!(**event, DeskEvent::DutyEscalated(_))));
    assert_eq!(office.act(Actor::System, remind(0)), refused(Wrong::Repeated));
}

#[test]
fn a_permit_for_something_else_opens_nothing() {
    let office = Office::led("opentelemetry");
    let note = || Command::Note { text: body("x") };
    for action in Action::ALL {
        if let Ok(permit) = office.permit(&office.actor(ANA), *action) {
            assert_eq!(
                office.decide(&permit, note()).is_ok(),
                *action == Action::NoteAdd,
                "{}",
                action.name()
            );
        }
    }
}

#[test]
fn events_that_change_who_may_what_are_not_recorded_by_hand() {
    let mut office = Office::led("opentelemetry");
    let lead = event(EventKind::FixLeadVolunteered).with(Field::Who, text(BO));
    assert_eq!(office.record(BO, lead), refused(Wrong::OwnCommand));
    let team = event(EventKind::FixTeamRevoked).with(Field::Who, texts(&[&ELI.to_string()]));
    assert_eq!(office.record(ANA, team), refused(Wrong::OwnCommand));
}

#[test]
fn since_when_somebody_leads_or_the_team_stands_is_found_and_gives_nobody_more() {
    let mut office = Office::led("opentelemetry");
    let found = |event| Command::Record { event, source: Source::Found, overriding: None };
    let since = |kind| Event::new(START - Span::days(9), kind);
    let lead = |who: PersonId| since(EventKind::FixLeadAssigned).with(Field::Who, text(who));
    let team = |kind, who: PersonId| since(kind).with(Field::Who, texts(&[&who.to_string()]));
    let before = (office.file.lead, office.file.grants.clone());
    let offer = office.offer();
    office.by(ANA, Command::OfferLead { offer, to: BO, reason: line("busy") }).unwrap();
    office.by(ANA, found(lead(ANA))).unwrap();
    office.by(ANA, found(team(EventKind::FixTeamAdded, ELI))).unwrap();
    office.by(ANA, found(since(EventKind::FixTeamAdded))).unwrap();
    assert_eq!((office.file.lead, office.file.grants.clone()), before);
    assert!(office.file.handoff.is_some(), "an offer stands until it is answered");
    // Others are not made anything by it, and nobody is let go by the way.
    assert_eq!(office.by(ANA, found(lead(BO))), refused(Wrong::OwnCommand));
    assert_eq!(office.by(ANA, found(team(EventKind::FixTeamAdded, BO))), refused(Wrong::OwnCommand));
    assert_eq!(office.by(ANA, found(team(EventKind::FixTeamRevoked, ELI))), refused(Wrong::OwnCommand));
    assert_eq!(office.by(ANA, found(since(EventKind::FixTeamRevoked))), refused(Wrong::OwnCommand));
    assert_eq!(
        office.by(ANA, found(since(EventKind::FixLeadAccepted).with(Field::Who, text(ANA)))),
        refused(Wrong::OwnCommand)
    );
    office.by(ANA, Command::DismissTeam { reason: line("released") }).unwrap();
    office.by(ANA, found(team(EventKind::FixTeamRevoked, ELI))).unwrap();
    office.by(ANA, found(since(EventKind::FixTeamRevoked))).unwrap();
}

#[test]
fn what_somebody_offered_who_leads_no_more_is_nobodys_to_take() {
    let mut office = Office::led("opentelemetry");
    let offer = office.offer();
    office.by(ANA, Command::OfferLead { offer, to: BO, reason: line("busy") }).unwrap();
    office.by(CHEN, Command::Recuse { person: ANA, reason: line("wrote the code") }).unwrap();
    let grant = office.grant_id();
    assert_eq!(office.by(BO, Command::AcceptLead { offer, grant }), refused(Wrong::OfferOver));
    // Nobody leads: whoever may volunteers, and the offer is gone.
    office.by(BO, Command::Volunteer { grant }).unwrap();
    assert_eq!((office.file.lead, &office.file.handoff), (Some(BO), &None));

    // Nor when they were taken out of the directory.
    let mut office = Office::led("vitess");
    office.by(ANA, Command::OfferLead { offer, to: BO, reason: line("busy") }).unwrap();
    let permit = office.permit(&office.actor(BO), Action::LeadAccept).unwrap();
    let people = |person: PersonId| Some(if person == ANA { Standing::Removed } else { Standing::Active });
    let context = Context { policy: &office.policy, people: &people, responds: &|_| false, now: office.now };
    let accept = Command::AcceptLead { offer, grant };
    assert_eq!(command::decide(&office.file, &context, &permit, accept), refused(Wrong::OfferOver));
}

#[test]
fn the_end_of_a_role_is_moved_without_letting_anybody_go() {
    let mut office = Office::led("opentelemetry");
    let grant = office.active_of(ELI);
    let before = office.file.history.len();
    let until = Some(office.now + Span::days(3));
    let moved = |until| Command::MoveEnd { grant, reason: line("three days more"), until };
    assert_eq!(office.by(BO, moved(until)), Err(Refused::Permit));
    office.by(ANA, moved(until)).unwrap();
    assert_eq!(office.by(ANA, moved(until)), refused(Wrong::Unchanged));
    assert_eq!(office.by(ANA, moved(Some(office.now))), refused(Wrong::Ended));
    assert_eq!(office.file.history.len(), before, "the policy hears of nobody who came or went");
    assert!(office.permit(&office.actor(ELI), Action::InternalRead).is_ok());
    office.wait(Span::days(3));
    assert!(office.permit(&office.actor(ELI), Action::InternalRead).is_err());
    assert_eq!(office.by(ANA, moved(None)), refused(Wrong::OwnCommand), "what is over is given anew");
    let lead = office.active_of(ANA);
    let lead = Command::MoveEnd { grant: lead, reason: line("x"), until: Some(office.now + Span::days(1)) };
    assert_eq!(office.by(ANA, lead), refused(Wrong::OwnCommand));
}
