//! What concerns two cases, or a case and the directory, is written in one commit.

use fixlead_app::case::joint::{Join, Joining};
use fixlead_app::policies::NewPolicy;
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_core::access::Role;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::id::{CaseId, OfferId, PersonId, ProjectId};
use fixlead_core::time::Span;

use crate::house::*;

const OTHER: ProjectId = ProjectId::from_bytes([23; 16]);

fn joining(what: Join) -> Joining {
    Joining { what, reason: line("the same flaw"), expected: None, repeat: None }
}

fn merge(into: CaseId) -> Joining {
    joining(Join::Merge(into))
}

fn pointer(problem: Problem) -> String {
    match problem {
        Problem::Invalid { errors } => errors[0].pointer.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_merged_case_keeps_its_reporter_and_both_sides_know() {
    let house = House::under("opentelemetry").await;
    let (one, two) = (house.reported().await, house.reported().await);
    let ana = house.caller(house.ana);
    let repeat = Repeat::new("merge-key", b"merge").unwrap();
    let sent = Joining { repeat: Some(repeat), ..merge(two.case) };
    let (acted, other) = house.desk.relate(&ana, one.case, sent.clone()).await.unwrap();
    assert_eq!(other, two.case);
    // The same again does nothing twice.
    let (again, _) = house.desk.relate(&ana, one.case, sent).await.unwrap();
    assert!(again.repeated && again.version == acted.version);
    let source = house.desk.read(&ana, one.case).await.unwrap();
    assert_eq!(source.about.unwrap().state, "closed");
    assert_eq!(source.standing.unwrap().merged_into, Some(two.case.to_string()));
    let target = house.desk.read(&ana, two.case).await.unwrap();
    let standing = target.standing.unwrap();
    assert_eq!(standing.absorbed.len(), 1);
    assert_eq!(standing.absorbed[0], (one.case, one.at));
    assert_eq!(target.timeline.iter().filter(|step| step.event["type"] == "case.absorbed").count(), 1);
    // Whoever reported the duplicate goes on in their own room, and sees nothing of the other report.
    let (gus, opened) = house.desk.by_receipt(&one.receipt).await.unwrap();
    assert_eq!(opened, one.case);
    assert_eq!(house.desk.read(&gus, two.case).await.err(), Some(Problem::NotFound));
    // A closed case takes nothing in, and one that nobody may know of is like none at all.
    let third = house.reported().await.case;
    let closed = house.desk.relate(&ana, third, merge(one.case)).await.unwrap_err();
    let none = house.desk.relate(&ana, third, merge(CaseId::from_bytes([9; 16]))).await.unwrap_err();
    assert_eq!((pointer(closed), pointer(none.clone())), ("/into".into(), "/into".into()));
    let itself = house.desk.relate(&ana, third, merge(third)).await.unwrap_err();
    assert_eq!(pointer(itself), "/into");
    house.lead(house.bo, two.case).await;
    house.act(house.bo, two.case, Command::Restrict { reason: line("quiet") }).await.unwrap();
    assert_eq!(house.desk.relate(&ana, third, merge(two.case)).await.unwrap_err(), none);
    let stale = Joining { expected: Some(1), ..merge(two.case) };
    let bo = house.caller(house.bo);
    assert!(matches!(house.desk.relate(&bo, third, stale).await, Err(Problem::Conflict { .. })));
    assert_eq!(
        house.desk.relate(&house.caller(house.olga), third, merge(two.case)).await.err(),
        Some(Problem::NotFound)
    );
    assert_eq!(house.desk.read(&bo, third).await.unwrap().about.unwrap().state, "embargoed");
}

#[tokio::test]
async fn many_who_merge_at_once_leave_both_sides_agreed() {
    let house = House::under("opentelemetry").await;
    let into = house.reported().await.case;
    let mut cases = Vec::new();
    for _ in 0..6 {
        cases.push(house.reported().await.case);
    }
    let mut joined = tokio::task::JoinSet::new();
    for case in cases.clone() {
        let (desk, ana) = (house.desk.clone(), house.caller(house.ana));
        joined.spawn(async move { desk.relate(&ana, case, merge(into)).await.map(drop) });
        // A merge of the target itself goes on beside them.
        let (desk, bo) = (house.desk.clone(), house.caller(house.bo));
        joined.spawn(async move { desk.relate(&bo, into, merge(case)).await.map(drop) });
    }
    while let Some(done) = joined.join_next().await {
        let _ = done.unwrap();
    }
    let ana = house.caller(house.ana);
    let mut all = cases;
    all.push(into);
    for case in &all {
        let standing = house.desk.read(&ana, *case).await.unwrap().standing.unwrap();
        for (other, _) in &standing.absorbed {
            let there = house.desk.read(&ana, *other).await.unwrap().standing.unwrap();
            assert_eq!(there.merged_into, Some(case.to_string()), "{other} into {case}");
        }
        if let Some(target) = standing.merged_into {
            let there = house.desk.read(&ana, CaseId::parse(&target).unwrap()).await.unwrap();
            let known = there.standing.unwrap().absorbed;
            assert!(known.iter().any(|(other, _)| other == case), "{case} into {target}");
        }
    }
}

#[tokio::test]
async fn a_part_is_a_case_of_its_own_whose_clock_does_not_begin_anew() {
    let house = House::under("opentelemetry").await;
    let taken = house.reported().await;
    house.lead(house.ana, taken.case).await;
    house.give(house.ana, taken.case, house.eli, Role::FixTeam).await;
    house.world.wait(Span::hours(30));
    let split = joining(Join::Split { title: line("the second flaw"), body: body("in the writer") });
    let ana = house.caller(house.ana);
    let (_, part) = house.desk.relate(&ana, taken.case, split.clone()).await.unwrap();
    let view = house.desk.read(&ana, part).await.unwrap();
    assert_eq!(view.about.unwrap().title, "the second flaw");
    assert_eq!(view.standing.unwrap().lead, Some(house.ana));
    assert!(house.desk.read(&house.caller(house.eli), part).await.is_ok(), "the team works on both");
    let due = |evaluation: serde_json::Value| {
        let duties = evaluation["duties"].as_array().unwrap().clone();
        duties.into_iter().find(|duty| duty["id"] == "fix-team").unwrap()["due"].clone()
    };
    let old = house.desk.evaluation(&ana, taken.case).await.unwrap();
    assert_eq!(due(house.desk.evaluation(&ana, part).await.unwrap()), due(old));
    let old = house.desk.read(&ana, taken.case).await.unwrap();
    assert_eq!(old.about.unwrap().state, "embargoed");
    assert!(old.timeline.iter().any(|step| step.event["into"][0] == part.to_string().as_str()));
    let eli = house.caller(house.eli);
    assert!(matches!(house.desk.relate(&eli, taken.case, split).await, Err(Problem::Forbidden { .. })));
}

#[tokio::test]
async fn a_project_takes_a_case_over_and_the_reporter_goes_with_it() {
    let house = House::under("opentelemetry").await;
    let olga = house.caller(house.olga);
    let pin = NewPolicy::built_in("vitess");
    house.desk.add_project(&olga, OTHER, ORGANISATION, line("library"), pin, None).await.unwrap();
    let taken = house.reported().await;
    let ana = house.caller(house.ana);
    let over = joining(Join::TakeOver(OTHER));
    // Who is nobody there cannot bring it there, and is told as if it did not exist.
    let refused = house.desk.relate(&ana, taken.case, over.clone()).await.unwrap_err();
    let nowhere = joining(Join::TakeOver(ProjectId::from_bytes([98; 16])));
    assert_eq!(house.desk.relate(&ana, taken.case, nowhere).await.unwrap_err(), refused);
    let offer = OfferId::from_bytes([41; 16]);
    let propose = DirectoryCommand::ProposeRole {
        offer,
        grant: house.grant(),
        person: house.ana,
        role: Role::Responder,
        reach: Reach::Organisation(ORGANISATION),
        reason: line("answers for both"),
        until: None,
    };
    house.direct(house.olga, propose).await.unwrap();
    house.direct(house.bo, DirectoryCommand::Confirm { offer }).await.unwrap();
    let (_, new) = house.desk.relate(&ana, taken.case, over).await.unwrap();
    let view = house.desk.read(&ana, new).await.unwrap();
    let standing = view.standing.unwrap();
    assert_eq!((standing.project, standing.policy.as_str()), (OTHER, "vitess"));
    assert_eq!(view.report.unwrap().body, "steps to reproduce: canary-body");
    let (gus, opened) = house.desk.by_receipt(&taken.receipt).await.unwrap();
    assert_eq!(opened, new);
    assert_eq!(house.desk.read(&gus, new).await.unwrap().about.unwrap().title, "a flaw in the parser");
    let bo = house.caller(house.bo);
    assert_eq!(house.desk.read(&bo, new).await.err(), Some(Problem::NotFound), "he answers for one project");
}

#[tokio::test]
async fn lead_and_turn_are_written_together() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    let before = house.desk.store().head().await.unwrap();
    house.lead(house.ana, case).await;
    let after = house.desk.store().head().await.unwrap();
    // One entry of the chain: nothing can stop between the two.
    assert_eq!(after.number, before.number + 1);
    let seen = house.desk.read_directory(&house.caller(house.bo)).await.unwrap();
    let facts = seen.directory().facts(PROJECT, house.world.now(), None).unwrap();
    assert_eq!(PersonId::parse(&facts.responders[0]).unwrap(), house.bo);
    // Whoever is on no rota leads without moving it.
    let case = house.reported().await.case;
    let before = house.desk.store().head().await.unwrap();
    let assign = Command::Assign {
        person: house.eli,
        grant: house.grant(),
        by_rotation: false,
        reason: line("owns the code"),
    };
    house.act(house.bo, case, assign).await.unwrap();
    assert_eq!(house.desk.store().head().await.unwrap().number, before.number + 1);
    let seen = house.desk.read_directory(&house.caller(house.bo)).await.unwrap();
    let facts = seen.directory().facts(PROJECT, house.world.now(), None).unwrap();
    assert_eq!(PersonId::parse(&facts.responders[0]).unwrap(), house.bo);
}

#[tokio::test]
async fn a_lost_link_is_replaced_and_works_no_more() {
    let house = House::under("opentelemetry").await;
    let olga = house.caller(house.olga);
    let repeat = Repeat::new("invite-key", b"invite dee").unwrap();
    let (dee, lost) = house.desk.invite(&olga, line("dee"), Some(&repeat)).await.unwrap();
    let (again, second) = house.desk.invite(&olga, line("dee"), Some(&repeat)).await.unwrap();
    assert_eq!(dee, again, "nobody is invited twice by one request");
    let third = house.desk.invite_again(&olga, dee, None).await.unwrap();
    let welcome = async |link: &str| house.desk.accounts().welcome(link, "Fixlead", "dee").await;
    assert_eq!(welcome(&lost).await.unwrap_err(), Problem::NotFound);
    assert_eq!(welcome(&second).await.unwrap_err(), Problem::NotFound);
    assert_eq!(welcome(&third).await.unwrap().person, dee);
    let bo = house.caller(house.bo);
    let refused = house.desk.invite_again(&bo, dee, None).await;
    assert!(matches!(refused, Err(Problem::Forbidden { .. } | Problem::NotFound)), "{refused:?}");
    house.desk.join(dee).await.unwrap();
    assert!(matches!(house.desk.invite_again(&olga, dee, None).await, Err(Problem::Invalid { .. })));
    // And they are called what they want to be called.
    let rename = |name: &str| DirectoryCommand::Rename { person: dee, name: line(name) };
    house.direct(dee, rename("Dee")).await.unwrap();
    assert!(house.direct(house.bo, rename("somebody")).await.is_err());
    house.direct(house.olga, rename("Dee D.")).await.unwrap();
    let seen = house.desk.read_directory(&olga).await.unwrap();
    assert_eq!(&*seen.directory().people[&dee].name, "Dee D.");
}
