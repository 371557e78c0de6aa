//! Every role tries everything through the desk, and is answered as the gate
//! decides, given the grants that this test says they have.

use fixlead_app::accounts::Caller;
use fixlead_app::case::act::Act;
use fixlead_app::problem::Problem;
use fixlead_core::access::{
    self, Action, Actor, CaseStanding, CaseState, Grant, Role, Scope, Standing, Target,
};
use fixlead_core::case::Project;
use fixlead_core::case::event::EventKind;
use fixlead_core::desk::CaseFile;
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::desk::event::{Room, Second};
use fixlead_core::desk::wire::Sha256;
use fixlead_core::id::{BlobId, CaseId, GrantId, MessageId, OfferId, PersonId};

use crate::house::*;

fn commands() -> Vec<Command> {
    let (grant, offer, person) =
        (GrantId::from_bytes([9; 16]), OfferId::from_bytes([9; 16]), PersonId::from_bytes([9; 16]));
    let reason = || line("a reason");
    let sha256 = || Sha256::new(&"0".repeat(64)).unwrap();
    let record = |kind| Command::Record { event: event(kind), source: Source::Done, overriding: None };
    let give = |role| Command::Give { grant, person, role, reason: reason(), until: None };
    let ask = |what| Command::AskSecond { offer, what, sha256: sha256(), reason: reason(), overriding: None };
    let mut commands: Vec<Command> = EventKind::ALL.iter().map(|kind| record(*kind)).collect();
    for room in [Room::Internal, Room::Reporter, Room::Guest] {
        commands.push(Command::Post {
            id: MessageId::from_bytes([9; 16]),
            room,
            body: body("x"),
            answers: None,
        });
        let (blob, name) = (BlobId::from_bytes([9; 16]), line("x"));
        commands.push(Command::Attach { blob, room, name, size: 1, sha256: sha256() });
    }
    commands.extend([
        Command::Note { text: body("x") },
        Command::Volunteer { grant },
        Command::Assign { person, grant, by_rotation: false, reason: reason() },
        Command::OfferLead { offer, to: person, reason: reason() },
        Command::AcceptLead { offer, grant },
        give(Role::FixTeam),
        give(Role::Guest),
        Command::Revoke { grant, reason: reason() },
        Command::DismissTeam { reason: reason() },
        Command::LiftRecusal { person, reason: reason() },
        Command::Restrict { reason: reason() },
        Command::Unrestrict { reason: reason() },
        Command::MoveFacts { facts: Box::new(Project::default()), reason: reason() },
        Command::Close { reason: reason(), overriding: None },
        Command::Reopen { reason: reason() },
        Command::Merge { into: CaseId::from_bytes([9; 16]), reason: reason() },
        Command::Split { into: CaseId::from_bytes([9; 16]), reason: reason() },
        ask(Second::Publication),
        ask(Second::Erasure),
        Command::ConfirmSecond { offer },
        Command::WriteAdvisory { over: 0, source: body("x") },
        Command::PublishAdvisory { offer, has_cve: false, overriding: None },
        Command::RecordRead { person, action: Action::CaseRead },
    ]);
    commands
}

#[tokio::test]
async fn every_role_is_answered_as_the_gate_decides() {
    let house = House::under("vitess").await;
    let taken = house.reported().await;
    let case = taken.case;
    house.lead(house.ana, case).await;
    let mut callers: Vec<(Caller, Vec<(Role, Scope)>)> = Vec::new();
    let project = Scope::Project(PROJECT);
    callers.push((house.caller(house.olga), vec![(Role::Operator, Scope::Installation)]));
    callers.push((house.caller(house.bo), vec![(Role::Responder, project)]));
    let lead = vec![(Role::Responder, project), (Role::FixLead, Scope::Case(case))];
    callers.push((house.caller(house.ana), lead));
    for role in [Role::FixTeam, Role::ReleaseManager, Role::Distributor, Role::Guest] {
        let invited = house.desk.invite(&house.caller(house.olga), line(role.name()), None).await;
        let (person, _) = invited.unwrap();
        house.desk.join(person).await.unwrap();
        house.give(house.ana, case, person, role).await;
        callers.push((house.caller(person), vec![(role, Scope::Case(case))]));
    }
    let offer = OfferId::from_bytes([8; 16]);
    let auditor = DirectoryCommand::ProposeRole {
        offer,
        grant: GrantId::from_bytes([8; 16]),
        person: house.eli,
        role: Role::Auditor,
        reach: Reach::Project(PROJECT),
        reason: line("checks"),
        until: None,
    };
    house.direct(house.olga, auditor).await.unwrap();
    house.direct(house.ana, DirectoryCommand::Confirm { offer }).await.unwrap();
    callers.push((house.caller(house.eli), vec![(Role::Auditor, project)]));
    let (gus, _) = house.desk.by_receipt(&taken.receipt).await.unwrap();
    callers.push((gus, vec![(Role::Reporter, Scope::Case(case))]));
    callers.push((house.caller(house.chen), vec![(Role::Responder, project)]));
    callers.push((house.caller(PersonId::from_bytes([99; 16])), Vec::new()));

    let (mut allowed, mut refused, mut hidden) = (0, 0, 0);
    for state in [CaseState::Embargoed, CaseState::Public, CaseState::Closed] {
        match state {
            CaseState::Embargoed => {}
            CaseState::Public => {
                let read = serde_json::json!({"type": "public.appeared"});
                let appeared = house.desk.read_event(&house.caller(house.ana), case, read).await.unwrap();
                house.record(house.ana, case, appeared).await.unwrap();
            }
            CaseState::Closed => {
                let merge = Command::Merge { into: CaseId::from_bytes([7; 16]), reason: line("the same") };
                house.act(house.ana, case, merge).await.unwrap();
            }
        }
        let standing = CaseStanding {
            case,
            project: PROJECT,
            organisation: ORGANISATION,
            state,
            restricted: false,
            recused: Vec::new(),
        };
        for (caller, roles) in &callers {
            let grants: Vec<Grant> = roles
                .iter()
                .map(|(role, scope)| Grant {
                    id: GrantId::from_bytes([1; 16]),
                    person: caller.person,
                    role: *role,
                    scope: *scope,
                    reason: "on duty".into(),
                    given_by: None,
                    team: None,
                    from: fixlead_core::time::Instant::from_millis(0),
                    until: None,
                    revoked: None,
                })
                .collect();
            let actor = Actor::Person {
                person: caller.person,
                standing: Standing::Active,
                presence: caller.presence.clone(),
            };
            for command in commands() {
                let action = command.action(&CaseFile::default());
                let target = Target::Case(&standing);
                let expected = access::decide(&actor, &grants, action, target, house.world.now());
                // A version that never was: who may is told so, and nothing is
                // done.
                let act = Act { expected: Some(0), ..Act::new(command) };
                let got = house.desk.act(caller, case, act).await.unwrap_err();
                match expected {
                    Ok(_) => {
                        allowed += 1;
                        assert!(matches!(got, Problem::Conflict { .. }), "{roles:?} {action:?}: {got:?}");
                    }
                    Err(denied) => {
                        let problem = Problem::from(denied);
                        if problem == Problem::NotFound {
                            hidden += 1
                        } else {
                            refused += 1
                        }
                        assert_eq!(got, problem, "{roles:?} {action:?} {state:?}");
                    }
                }
            }
        }
    }
    assert!(allowed > 300 && refused > 300 && hidden > 300, "{allowed} {refused} {hidden}");
}
