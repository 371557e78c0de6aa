//! The directory: invitations, roles with a second person, teams, turns.

use fixlead_core::access::{self, Action, Actor, Grant, Presence, Role, Scope, Standing, Target, Within};
use fixlead_core::desk::command::{Refused, Thing, Wrong};
use fixlead_core::desk::directory::command::{self, DirectoryCommand as C};
use fixlead_core::desk::directory::event::{Reach, Turns};
use fixlead_core::desk::directory::{Directory, DirectoryEntry, DirectoryEvent};
use fixlead_core::desk::event::By;
use fixlead_core::id::{CaseId, GrantId, InstallationId, OfferId, PersonId, TeamId};
use fixlead_core::plan::rotation;
use fixlead_core::time::{DAY, Instant, Span};
use proptest::prelude::*;

use super::office::{ANA, BO, CHEN, ELI, GUS, ORGANISATION, PROJECT, START, facts, line, pin, policy};

const INSTALLATION: InstallationId = InstallationId::from_bytes([70; 16]);
pub const OPERATOR: PersonId = PersonId::from_bytes([71; 16]);

fn offer(number: u8) -> OfferId {
    OfferId::from_bytes([number; 16])
}

fn grant(number: u8) -> GrantId {
    GrantId::from_bytes([number; 16])
}

pub struct Hall {
    pub directory: Directory,
    pub now: Instant,
    lines: Vec<String>,
}

impl Hall {
    fn apply(&mut self, by: By, event: DirectoryEvent) {
        let entry = DirectoryEntry { at: self.now, by, event };
        let text = entry.write();
        let read = DirectoryEntry::read(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read, entry);
        self.directory.apply(&read);
        self.lines.push(text);
    }

    /// An installation just set up: one operator, one project, nobody else.
    pub fn new() -> Hall {
        let mut hall = Hall { directory: Directory::default(), now: START, lines: Vec::new() };
        let until = START + Span::days(1);
        let invite =
            DirectoryEvent::PersonInvited { person: OPERATOR, name: line("Op"), offer: offer(1), until };
        hall.apply(By::System, invite);
        hall.apply(By::System, DirectoryEvent::PersonJoined { person: OPERATOR, offer: offer(1) });
        let reach = Reach::Installation;
        let reason = line("set it up");
        let (person, role, grant) = (OPERATOR, Role::Operator, grant(1));
        hall.apply(
            By::System,
            DirectoryEvent::RoleProposed { offer: offer(2), grant, person, role, reach, reason, until: None },
        );
        hall.apply(By::System, DirectoryEvent::RoleGiven { offer: offer(2) });
        hall.by(OPERATOR, C::AddOrganisation { organisation: ORGANISATION, name: line("Org") }).unwrap();
        let pin = pin(&policy("vitess"));
        let (project, organisation) = (PROJECT, ORGANISATION);
        hall.by(OPERATOR, C::AddProject { project, organisation, name: line("Project"), policy: pin })
            .unwrap();
        hall
    }

    fn actor(&self, person: PersonId) -> Actor {
        let presence = Presence::Session { stepped_up: Some(self.now) };
        let standing = self.directory.standing(person).unwrap_or(Standing::Removed);
        Actor::Person { person, standing, presence }
    }

    pub fn by(&mut self, person: PersonId, command: C) -> Result<(), Refused> {
        let (action, within) = command.needs(&self.directory, Some(person))?;
        let grants = self.directory.grants_of(person);
        let target = Target::Directory(INSTALLATION, within);
        let permit = access::decide(&self.actor(person), &grants, action, target, self.now)
            .map_err(|_| Refused::Permit)?;
        for event in command::decide(&self.directory, INSTALLATION, &permit, command, self.now)? {
            self.apply(By::Person(person), event);
        }
        Ok(())
    }

    fn join(&mut self, person: PersonId) {
        let number = person.bytes()[0] + 100;
        let until = self.now + Span::days(7);
        self.by(OPERATOR, C::Invite { person, name: line("Somebody"), offer: offer(number), until }).unwrap();
        self.by(person, C::Accept { offer: offer(number) }).unwrap();
    }

    fn propose(
        &mut self,
        by: PersonId,
        person: PersonId,
        role: Role,
        reach: Reach,
        number: u8,
    ) -> Result<(), Refused> {
        let (offer, grant, reason) = (offer(number), grant(number), line("needed"));
        self.by(by, C::ProposeRole { offer, grant, person, role, reach, reason, until: None })
    }

    /// With Ana, Bo and Chen as responders.
    pub fn staffed() -> Hall {
        let mut hall = Hall::new();
        for (person, number) in [(ANA, 11), (BO, 12), (CHEN, 13)] {
            hall.join(person);
            hall.propose(OPERATOR, person, Role::Responder, Reach::Project(PROJECT), number).unwrap();
            if hall.directory.proposed.contains_key(&offer(number)) {
                hall.by(ANA, C::Confirm { offer: offer(number) }).unwrap();
            }
        }
        let people = vec![ANA, BO, CHEN];
        hall.by(ANA, C::SetRota { project: PROJECT, people, turns: Turns::RoundRobin }).unwrap();
        hall
    }

    fn may(&self, person: PersonId, action: Action) -> bool {
        let within = Within::Project(ORGANISATION, PROJECT);
        let target = Target::Directory(INSTALLATION, within);
        access::decide(&self.actor(person), &self.directory.grants_of(person), action, target, self.now)
            .is_ok()
    }

    fn first(&self) -> PersonId {
        let facts = self.directory.facts(PROJECT, self.now, None).unwrap();
        let (name, _) = rotation::expected(&facts, self.now).unwrap();
        PersonId::parse(name).unwrap()
    }
}

#[test]
fn an_invitation_is_accepted_by_whom_it_is_for_and_in_time() {
    let mut hall = Hall::staffed();
    let until = hall.now + Span::days(1);
    hall.by(OPERATOR, C::Invite { person: ELI, name: line("Eli"), offer: offer(80), until }).unwrap();
    assert_eq!(hall.by(ANA, C::Accept { offer: offer(80) }), Err(Refused::Permit));
    assert!(!hall.may(ELI, Action::DirectoryRead));
    hall.now = until;
    assert_eq!(hall.by(ELI, C::Accept { offer: offer(80) }), Err(Refused::Wrong(Wrong::Expired)));
    let until = hall.now + Span::days(1);
    hall.by(OPERATOR, C::Invite { person: ELI, name: line("Eli"), offer: offer(81), until }).unwrap();
    hall.by(ELI, C::Accept { offer: offer(81) }).unwrap();
    assert_eq!(hall.directory.standing(ELI), Some(Standing::Active));
    assert!(hall.by(ELI, C::Accept { offer: offer(81) }).is_err());
    assert!(hall.by(ELI, C::Accept { offer: offer(80) }).is_err());
}

#[test]
fn an_operator_lets_nobody_into_cases_alone_once_there_is_somebody_else() {
    let mut hall = Hall::staffed();
    let project = Reach::Project(PROJECT);
    hall.propose(OPERATOR, OPERATOR, Role::Responder, project, 90).unwrap();
    assert!(!hall.may(OPERATOR, Action::CaseList), "proposed is not given");
    assert_eq!(hall.by(OPERATOR, C::Confirm { offer: offer(90) }), Err(Refused::Wrong(Wrong::SamePerson)));
    hall.join(ELI);
    hall.propose(OPERATOR, ELI, Role::Operator, Reach::Installation, 91).unwrap();
    assert_eq!(hall.by(ELI, C::Confirm { offer: offer(91) }), Err(Refused::Permit));
    // Nor does it help to put everybody else out first.
    for person in [ANA, BO, CHEN] {
        let standing = Standing::Suspended;
        hall.by(OPERATOR, C::SetStanding { person, standing, reason: line("away") }).unwrap();
    }
    let organisation = Reach::Organisation(ORGANISATION);
    hall.propose(OPERATOR, OPERATOR, Role::Responder, organisation, 92).unwrap();
    assert!(!hall.may(OPERATOR, Action::CaseList));
    for person in [ANA, BO, CHEN] {
        let standing = Standing::Active;
        hall.by(OPERATOR, C::SetStanding { person, standing, reason: line("back") }).unwrap();
    }
    // A responder of one project can be the second person for all of them.
    hall.by(BO, C::Confirm { offer: offer(91) }).unwrap();
    hall.by(BO, C::Confirm { offer: offer(90) }).unwrap();
    assert!(hall.may(OPERATOR, Action::CaseList));
}

#[test]
fn the_first_responder_of_an_installation_needs_nobody_else() {
    let mut hall = Hall::new();
    hall.join(ANA);
    hall.propose(OPERATOR, ANA, Role::Responder, Reach::Project(PROJECT), 11).unwrap();
    assert!(hall.may(ANA, Action::CaseList));
    hall.join(BO);
    hall.propose(OPERATOR, BO, Role::Responder, Reach::Project(PROJECT), 12).unwrap();
    assert!(!hall.may(BO, Action::CaseList));
}

#[test]
fn roles_of_a_case_are_not_given_in_the_directory() {
    let mut hall = Hall::staffed();
    for role in
        [Role::FixLead, Role::FixTeam, Role::ReleaseManager, Role::Distributor, Role::Reporter, Role::Guest]
    {
        let given = hall.propose(OPERATOR, BO, role, Reach::Project(PROJECT), 92);
        assert_eq!(given, Err(Refused::Wrong(Wrong::RoleNotHere)), "{role:?}");
    }
    let everywhere = hall.propose(OPERATOR, BO, Role::Responder, Reach::Installation, 92);
    assert_eq!(everywhere, Err(Refused::Wrong(Wrong::RoleNotHere)));
}

#[test]
fn who_is_removed_comes_back_with_nothing() {
    let mut hall = Hall::staffed();
    let set = |standing| C::SetStanding { person: BO, standing, reason: line("left") };
    hall.by(OPERATOR, set(Standing::Suspended)).unwrap();
    assert!(!hall.may(BO, Action::CaseList));
    hall.by(OPERATOR, set(Standing::Active)).unwrap();
    assert!(hall.may(BO, Action::CaseList), "a suspension is not for ever");
    // What was proposed for them, and a grant that only a case knows.
    hall.propose(OPERATOR, BO, Role::Auditor, Reach::Project(PROJECT), 31).unwrap();
    let in_case = |from| Grant {
        id: grant(33),
        person: BO,
        role: Role::FixLead,
        scope: Scope::Case(CaseId::from_bytes([9; 16])),
        reason: "leads".into(),
        given_by: None,
        team: None,
        from,
        until: None,
        revoked: None,
    };
    let before = in_case(hall.now);
    assert!(hall.directory.as_it_counts(before.clone()).is_active(hall.now));
    assert!(!hall.directory.proposed.is_empty());
    hall.by(OPERATOR, set(Standing::Removed)).unwrap();
    assert!(hall.directory.proposed.is_empty(), "{:?}", hall.directory.proposed);
    assert_eq!(hall.by(OPERATOR, set(Standing::Active)), Err(Refused::Wrong(Wrong::OwnCommand)));
    hall.now = hall.now + Span::days(1);
    hall.join(BO);
    assert_eq!(hall.directory.standing(BO), Some(Standing::Active));
    assert!(!hall.may(BO, Action::CaseList));
    assert!(!hall.directory.as_it_counts(before).is_active(hall.now), "nor in any case");
    assert!(hall.directory.as_it_counts(in_case(hall.now)).is_active(hall.now), "what is given anew counts");
}

#[test]
fn a_sub_team_has_the_role_as_long_as_it_stands_and_they_belong_to_it() {
    let mut hall = Hall::staffed();
    let team = TeamId::from_bytes([60; 16]);
    for person in [ELI, GUS] {
        hall.join(person);
    }
    let propose = C::ProposeTeam {
        offer: offer(95),
        team,
        project: PROJECT,
        name: line("parsers"),
        reason: line("busy"),
    };
    hall.by(ANA, propose).unwrap();
    let join = |person, number| C::JoinTeam { team, person, grant: grant(number) };
    assert_eq!(hall.by(ANA, join(ELI, 96)), Err(Refused::Unknown(Thing::Team, team.to_string())));
    assert_eq!(hall.by(ANA, C::Confirm { offer: offer(95) }), Err(Refused::Wrong(Wrong::SamePerson)));
    hall.by(BO, C::Confirm { offer: offer(95) }).unwrap();
    hall.by(ANA, join(ELI, 96)).unwrap();
    hall.by(ANA, join(GUS, 97)).unwrap();
    assert!(hall.may(ELI, Action::CaseList) && hall.may(GUS, Action::CaseList));
    hall.by(BO, C::LeaveTeam { team, person: GUS }).unwrap();
    assert!(hall.may(ELI, Action::CaseList) && !hall.may(GUS, Action::CaseList));
    hall.by(BO, C::EndTeam { team, reason: line("no longer needed") }).unwrap();
    assert!(!hall.may(ELI, Action::CaseList));
}

#[test]
fn turns_go_round_and_whoever_was_away_is_owed_one() {
    let mut hall = Hall::staffed();
    assert_eq!(hall.first(), ANA);
    let today = hall.now.day();
    hall.by(BO, C::SetLeave { person: BO, days: vec![(today, today + 5)] }).unwrap();
    hall.by(ANA, C::Serve { project: PROJECT, person: ANA }).unwrap();
    assert_eq!(hall.first(), CHEN, "Bo is away");
    hall.by(CHEN, C::Serve { project: PROJECT, person: CHEN }).unwrap();
    assert_eq!(hall.directory.projects[&PROJECT].owed, [BO]);
    assert_eq!(hall.first(), ANA);
    hall.now = hall.now + Span::days(6);
    assert_eq!(hall.first(), BO, "Bo is back, and owed a turn");
    hall.by(BO, C::Serve { project: PROJECT, person: BO }).unwrap();
    assert_eq!(hall.first(), ANA, "whose turn it was before");
    // Only a responder of the project sets another's leave.
    assert!(hall.by(ANA, C::SetLeave { person: BO, days: vec![(today, today)] }).is_ok());
    assert_eq!(hall.by(OPERATOR, C::SetLeave { person: BO, days: Vec::new() }), Err(Refused::Permit));
    let wrong = C::SetLeave { person: BO, days: vec![(today, today - 1)] };
    assert_eq!(hall.by(BO, wrong), Err(Refused::Wrong(Wrong::Ended)));
}

#[test]
fn weekly_turns_change_on_mondays_at_midnight() {
    let mut hall = Hall::staffed();
    // 1970-01-05 was a Monday.
    let monday = Instant::midnight(4 + 7 * ((hall.now.day() - 4) / 7 + 1));
    let turns = Turns::Weekly { first: monday.day() };
    hall.by(ANA, C::SetRota { project: PROJECT, people: vec![ANA, BO, CHEN], turns }).unwrap();
    for (days, person) in [(0, ANA), (6, ANA), (7, BO), (14, CHEN), (21, ANA)] {
        hall.now = monday + Span::days(days);
        assert_eq!(hall.first(), person, "{days}");
    }
    hall.now = monday + Span::from_millis(7 * DAY - 1);
    assert_eq!(hall.first(), ANA);
}

#[test]
fn facts_for_the_policy_name_people_by_their_ids() {
    let mut hall = Hall::staffed();
    hall.by(ANA, C::SetFacts { project: PROJECT, facts: Box::new(facts()) }).unwrap();
    hall.by(ANA, C::SetMaintainers { project: PROJECT, people: vec![BO] }).unwrap();
    let facts = hall.directory.facts(PROJECT, hall.now, None).unwrap();
    assert_eq!(facts.branches.len(), 2);
    assert_eq!(facts.maintainers, [BO.to_string().into()]);
    assert_eq!(facts.responders.len(), 3);
    let unknown = C::SetMaintainers { project: PROJECT, people: vec![PersonId::from_bytes([98; 16])] };
    assert!(matches!(hall.by(ANA, unknown), Err(Refused::Unknown(Thing::Person, _))));
}

#[test]
fn a_permit_for_one_project_is_none_for_another() {
    let mut hall = Hall::staffed();
    let other = fixlead_core::id::ProjectId::from_bytes([23; 16]);
    let pin = pin(&policy("vitess"));
    let name = line("Other");
    hall.by(OPERATOR, C::AddProject { project: other, organisation: ORGANISATION, name, policy: pin })
        .unwrap();
    let target = Target::Directory(INSTALLATION, Within::Project(ORGANISATION, PROJECT));
    let grants = hall.directory.grants_of(ANA);
    let permit = access::decide(&hall.actor(ANA), &grants, Action::RotaManage, target, hall.now).unwrap();
    let command = C::SetRota { project: other, people: vec![ANA], turns: Turns::RoundRobin };
    assert_eq!(
        command::decide(&hall.directory, INSTALLATION, &permit, command, hall.now),
        Err(Refused::Permit)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn the_log_is_folded_in_any_order(order in Just((0..60_usize).collect::<Vec<_>>()).prop_shuffle(), days in 0..4000_i64) {
        let mut hall = Hall::staffed();
        let team = TeamId::from_bytes([60; 16]);
        hall.join(ELI);
        let (offer, name, reason) = (offer(95), line("parsers"), line("busy"));
        hall.by(ANA, C::ProposeTeam { offer, team, project: PROJECT, name, reason }).unwrap();
        hall.by(BO, C::Confirm { offer }).unwrap();
        hall.by(ANA, C::JoinTeam { team, person: ELI, grant: grant(96) }).unwrap();
        hall.by(CHEN, C::Serve { project: PROJECT, person: CHEN }).unwrap();
        let entries: Vec<DirectoryEntry> =
            hall.lines.iter().map(|line| DirectoryEntry::read(line).unwrap()).collect();
        prop_assert_eq!(&Directory::of(&entries), &hall.directory);
        let shuffled: Vec<&DirectoryEntry> = order.iter().filter_map(|place| entries.get(*place)).collect();
        let directory = Directory::of(shuffled.into_iter().chain(&entries));
        directory.facts(PROJECT, START + Span::days(days), None);
    }
}

#[test]
fn an_advisory_of_the_last_ninety_days_is_taken_in_by_two_people() {
    use fixlead_core::desk::directory::Incoming;
    use fixlead_core::desk::directory::import::{ImportCommand as I, MOST_WAITING, RECENT, WAITS};
    use fixlead_core::desk::wire::Sha256;
    let mut hall = Hall::staffed();
    let project = PROJECT;
    let of = |latest, source| vec![Incoming { id: line("CVE-1"), sha256: Sha256::of(source), latest }];
    let take = |offer, advisories| C::Import(I::TakeIn { project, offer, advisories });
    let (young, old) = (hall.now - RECENT + Span::from_millis(1), hall.now - RECENT);
    hall.by(ANA, take(None, of(old, "one"))).unwrap();
    assert_eq!(hall.by(ANA, take(None, of(young, "one"))), Err(Refused::Wrong(Wrong::SamePerson)));
    let propose = |number, advisories| C::Import(I::Propose { offer: offer(number), project, advisories });
    hall.by(ANA, propose(60, of(young, "one"))).unwrap();
    assert_eq!(hall.by(ANA, propose(60, of(young, "one"))), Err(Refused::Wrong(Wrong::Repeated)));
    let confirm = |source| take(Some(offer(60)), of(young, source));
    assert_eq!(hall.by(ANA, confirm("one")), Err(Refused::Wrong(Wrong::SamePerson)));
    assert_eq!(hall.by(BO, confirm("two")), Err(Refused::Wrong(Wrong::NotWhatWasProposed)));
    assert_eq!(hall.by(OPERATOR, confirm("one")), Err(Refused::Permit));
    let mut late = Hall { directory: hall.directory.clone(), now: hall.now + WAITS, lines: Vec::new() };
    assert_eq!(late.by(BO, confirm("one")), Err(Refused::Wrong(Wrong::WaitOver)));
    let suspend = C::SetStanding { person: ANA, standing: Standing::Suspended, reason: line("away") };
    late.by(OPERATOR, suspend).unwrap();
    late.now = hall.now;
    assert_eq!(late.by(BO, confirm("one")), Err(Refused::Wrong(Wrong::ProposerGone)));
    hall.by(BO, confirm("one")).unwrap();
    assert!(hall.directory.imports.is_empty());
    for number in 0..MOST_WAITING as u8 {
        hall.by(ANA, propose(100 + number, of(young, "one"))).unwrap();
    }
    assert_eq!(hall.by(ANA, propose(99, of(young, "one"))), Err(Refused::Wrong(Wrong::TooManyWait)));
}
