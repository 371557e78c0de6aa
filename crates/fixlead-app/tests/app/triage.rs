//! What is decided about reports that came in, and what their reporters are
//! answered.

use fixlead_app::accounts::Caller;
use fixlead_app::case::read::View;
use fixlead_app::intake::Report;
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_app::triage::Decision;
use fixlead_app::triage::answers::Answer;
use fixlead_app::triage::decide::{Original, PublicIssue, Triage};
use fixlead_app::triage::several::Deed;
use fixlead_core::access::Role;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Room;
use fixlead_core::id::CaseId;

use crate::house::*;

fn decided(decision: Decision) -> Triage {
    Triage {
        decision,
        of: None,
        answer: None,
        issue: None,
        close: false,
        expected: None,
        although: None,
        repeat: None,
    }
}

fn types(view: &View) -> Vec<String> {
    view.timeline.iter().map(|step| step.event["type"].as_str().unwrap().to_owned()).collect()
}

fn said(view: &View) -> Vec<String> {
    let rooms = view.rooms.iter().filter(|room| room.room == Room::Reporter);
    rooms.flat_map(|room| &room.messages).map(|message| message.body.clone()).collect()
}

async fn view(house: &House, caller: &Caller, case: CaseId) -> View {
    house.desk.read(caller, case).await.unwrap()
}

#[tokio::test]
async fn a_decision_its_answer_and_the_end_of_the_case_are_one_commit() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    let ana = house.caller(house.ana);
    let before = house.desk.store().head().await.unwrap();
    let sent = Triage {
        answer: Some(body("It behaves as it should.")),
        close: true,
        repeat: Some(Repeat::new("once-triage", b"triage").unwrap()),
        ..decided(Decision::NotAVulnerability)
    };
    let done = house.desk.triage(&ana, case, sent.clone()).await.unwrap();
    assert!(done.answered && done.closed && done.merged.is_none());
    let after = house.desk.store().head().await.unwrap();
    assert_eq!(after.number, before.number + 1, "one entry of the chain");
    // The same form again does nothing twice, although the case is closed now.
    assert!(house.desk.triage(&ana, case, sent).await.unwrap().acted.repeated);
    let seen = view(&house, &ana, case).await;
    assert_eq!(seen.about.as_ref().unwrap().state, "closed");
    assert_eq!(said(&seen), ["It behaves as it should."]);
    // Whoever answers a report has acknowledged it.
    let types = types(&seen);
    for kind in ["report.acknowledged", "triage.decided", "case.closed"] {
        assert_eq!(types.iter().filter(|known| *known == kind).count(), 1, "{kind} in {types:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_done_whole_is_not_done_at_all() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let before = house.desk.read(&house.caller(house.ana), case).await.unwrap().version;
    // Who works on the fix decides nothing about the report; who is nobody learns nothing.
    let eli = house.caller(house.eli);
    let refused = house.desk.triage(&eli, case, decided(Decision::Valid)).await;
    assert!(matches!(refused, Err(Problem::Forbidden { .. })), "{refused:?}");
    let olga = house.caller(house.olga);
    assert_eq!(house.desk.triage(&olga, case, decided(Decision::Duplicate)).await, Err(Problem::NotFound));
    let ana = house.caller(house.ana);
    let stale = Triage { expected: Some(1), ..decided(Decision::Valid) };
    assert!(matches!(house.desk.triage(&ana, case, stale).await, Err(Problem::Conflict { .. })));
    // A duplicate of nothing, and of a case that there is not: neither the decision nor the answer.
    let answer = Some(body("reported before"));
    let nothing = Triage { answer: answer.clone(), ..decided(Decision::Duplicate) };
    assert!(matches!(house.desk.triage(&ana, case, nothing).await, Err(Problem::Invalid { .. })));
    let of = Some(Original::Case(CaseId::from_bytes([9; 16])));
    let stray = Triage { of, answer, ..decided(Decision::Duplicate) };
    assert!(matches!(house.desk.triage(&ana, case, stray).await, Err(Problem::Invalid { .. })));
    let seen = view(&house, &ana, case).await;
    assert_eq!((seen.version, said(&seen).len()), (before, 0));
    // A second acknowledgement says that it was none.
    house.desk.triage(&ana, case, decided(Decision::Acknowledge)).await.unwrap();
    let again = house.desk.triage(&ana, case, decided(Decision::Acknowledge)).await;
    assert!(again.unwrap_err().to_string().contains("acknowledged before"));
}

#[tokio::test]
async fn a_duplicate_is_decided_answered_and_merged_in_one_commit() {
    let house = House::under("opentelemetry").await;
    let (first, second) = (house.reported().await, house.reported().await);
    let ana = house.caller(house.ana);
    let before = house.desk.store().head().await.unwrap();
    let sent = Triage {
        of: Some(Original::Case(first.case)),
        answer: Some(body("Somebody reported it before.")),
        ..decided(Decision::Duplicate)
    };
    let done = house.desk.triage(&ana, second.case, sent).await.unwrap();
    assert_eq!(done.merged, Some(first.case));
    assert_eq!(house.desk.store().head().await.unwrap().number, before.number + 1);
    let seen = view(&house, &ana, second.case).await;
    assert_eq!(seen.standing.as_ref().unwrap().merged_into, Some(first.case.to_string()));
    assert_eq!(said(&seen), ["Somebody reported it before."]);
    let of = seen.timeline.iter().find(|step| step.event["type"] == "triage.decided").unwrap();
    assert_eq!(of.event["of"], first.case.to_string().as_str());
    let kept = view(&house, &ana, first.case).await.standing.unwrap();
    assert_eq!(kept.absorbed[0], (second.case, second.at), "who reported it when is kept");
    // The reporter reads the answer in their own room.
    let (gus, _) = house.desk.by_receipt(&second.receipt).await.unwrap();
    assert_eq!(said(&view(&house, &gus, second.case).await), ["Somebody reported it before."]);
    // Something elsewhere is no case to merge into.
    let third = house.reported().await.case;
    let of = Some(Original::Elsewhere(line("CVE-2027-1234")));
    let sent = Triage { of, ..decided(Decision::Duplicate) };
    assert_eq!(house.desk.triage(&ana, third, sent).await.unwrap().merged, None);
    assert_eq!(view(&house, &ana, third).await.about.unwrap().state, "embargoed");
}

#[tokio::test]
async fn canned_answers_are_a_projects_own_and_filled_in_for_a_case() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    let (ana, bo, olga) = (house.caller(house.ana), house.caller(house.bo), house.caller(house.olga));
    let begun = house.desk.answers_of(&ana, PROJECT).await.unwrap();
    assert!(begun.version == 0 && begun.may_change && begun.changed.is_none());
    let of = |text: &str| Answer { name: line("Mine"), with: Some(Decision::Valid), text: body(text) };
    let wrong = house.desk.set_answers(&ana, PROJECT, vec![of("Dear {name}")], 0).await.unwrap_err();
    assert!(wrong.to_string().contains("{name} stands for nothing"), "{wrong}");
    let text = "{reporter}: {report} in {project} under {policy}. Next: {next}. {me} {x: 1}";
    assert_eq!(house.desk.set_answers(&ana, PROJECT, vec![of(text)], 0).await, Ok(1));
    // Somebody else who had read the older ones writes over nothing.
    let late = house.desk.set_answers(&bo, PROJECT, Vec::new(), 0).await;
    assert_eq!(late, Err(Problem::Conflict { actual: 1 }));
    let kept = house.desk.answers_in(&bo, case).await.unwrap();
    assert_eq!((kept.items.len(), kept.changed.unwrap().0), (1, house.ana));
    let filled = house.desk.filled(&bo, case, &kept.items[0].text, Decision::Valid).await.unwrap();
    assert!(
        filled.starts_with("Gus Canary-Credit: a flaw in the parser in tool under OpenTelemetry"),
        "{filled}"
    );
    assert!(filled.contains("Next: a CVE id, by 2027-01-22 08:00 UTC. bo {x: 1}"), "{filled}");
    // Once it is no vulnerability nothing is promised.
    let none = house.desk.filled(&bo, case, "{next}", Decision::NotAVulnerability).await.unwrap();
    assert!(none.starts_with("we write to you"), "{none}");
    // An operator may keep them, and learns nothing of a case by them.
    assert!(house.desk.answers_of(&olga, PROJECT).await.is_ok());
    assert_eq!(house.desk.filled(&olga, case, "{report}", Decision::Valid).await, Err(Problem::NotFound));
    let eli = house.caller(house.eli);
    assert!(house.desk.answers_of(&eli, PROJECT).await.is_err());
    assert!(house.desk.set_answers(&eli, PROJECT, Vec::new(), 1).await.is_err());
}

#[tokio::test]
async fn what_is_no_vulnerability_goes_on_as_a_public_issue_without_who_and_how() {
    let house = House::under("opentelemetry").await;
    let report = Report {
        body: "The parser reads on, says Gus Canary-Credit.\n\n```\ncanary-code\n```\nIt reads too far."
            .into(),
        ..house.report()
    };
    let case = house.desk.take_report(None, report, None).await.unwrap().case;
    let ana = house.caller(house.ana);
    let made = house.desk.scrubbed(&ana, case).await.unwrap();
    assert_eq!(made.text, "The parser reads on, says ….\n\nIt reads too far.");
    assert_eq!(house.desk.scrubbed(&house.caller(house.olga), case).await, Err(Problem::NotFound));
    let issue = |url: &str| PublicIssue { url: line(url), title: line(&made.title), text: body(&made.text) };
    let sent = |url: &str| Triage {
        issue: Some(issue(url)),
        close: true,
        answer: Some(body("We go on in the open.")),
        ..decided(Decision::DefenseInDepth)
    };
    let wrong = house.desk.triage(&ana, case, sent("javascript:alert(1)")).await;
    assert!(matches!(wrong, Err(Problem::Invalid { .. })));
    house.desk.triage(&ana, case, sent("https://example.org/issues/7")).await.unwrap();
    let seen = view(&house, &ana, case).await;
    let opened = seen.timeline.iter().find(|step| step.event["type"] == "tracking.opened").unwrap();
    assert_eq!(opened.event["url"], "https://example.org/issues/7");
    assert!(types(&seen).contains(&"triage.decided".to_owned()) && seen.about.unwrap().state == "closed");
}

#[tokio::test]
async fn likely_duplicates_are_those_that_one_may_see_with_the_words_they_share() {
    let house = House::under("opentelemetry").await;
    let reported = async |title: &str, text: &str| {
        let report = Report { title: title.into(), body: text.into(), ..house.report() };
        house.desk.take_report(None, report, None).await.unwrap().case
    };
    let first = reported("zstd bomb in confighttp", "an unbounded body ends the collector").await;
    let other = reported("no mail record", "the website lacks one").await;
    let second = reported("confighttp ends", "a zstd bomb is inflated").await;
    let (ana, bo) = (house.caller(house.ana), house.caller(house.bo));
    let found = house.desk.likely_duplicates(&ana, second).await.unwrap();
    assert_eq!(found.items.iter().map(|item| item.case).collect::<Vec<_>>(), [first]);
    assert!(found.complete && found.items[0].share >= 25);
    for word in ["zstd", "bomb", "confighttp"] {
        assert!(found.items[0].words.contains(&word.to_owned()), "{:?}", found.items[0].words);
    }
    assert!(house.desk.likely_duplicates(&ana, other).await.unwrap().items.is_empty());
    // Who may not see the first finds nothing, and who may not see the second is told nothing.
    house.lead(house.ana, first).await;
    house.act(house.ana, first, Command::Restrict { reason: line("quiet") }).await.unwrap();
    assert!(house.desk.likely_duplicates(&bo, second).await.unwrap().items.is_empty());
    assert_eq!(house.desk.likely_duplicates(&ana, second).await.unwrap().items.len(), 1);
    assert_eq!(house.desk.likely_duplicates(&bo, first).await.err(), Some(Problem::NotFound));
    let olga = house.caller(house.olga);
    assert_eq!(house.desk.likely_duplicates(&olga, second).await.err(), Some(Problem::NotFound));
}

#[tokio::test]
async fn of_several_cases_each_is_told_what_became_of_it() {
    let house = House::under("opentelemetry").await;
    let mut cases = Vec::new();
    for _ in 0..4 {
        cases.push(house.reported().await.case);
    }
    let ana = house.caller(house.ana);
    house.desk.triage(&ana, cases[1], decided(Decision::Acknowledge)).await.unwrap();
    house.lead(house.bo, cases[2]).await;
    house.act(house.bo, cases[2], Command::Restrict { reason: line("quiet") }).await.unwrap();
    let answer = Some(body("Hello {reporter}, about {report}."));
    let deed = Deed::Triage { decision: Decision::Acknowledge, of: None, answer, close: false };
    let listed = house.desk.chosen(&ana, &cases).await.unwrap();
    assert_eq!(listed.len(), 3, "what one may not see is not listed");
    let all = house.desk.each(&ana, &cases, &deed, "several-1", b"all").await.unwrap();
    assert_eq!(all.len(), 4);
    assert!(all[0].refused.is_none() && all[0].answered && all[3].refused.is_none());
    assert!(matches!(all[1].refused, Some(Problem::Invalid { .. })), "it was acknowledged before");
    assert_eq!((all[2].refused.clone(), all[2].title.clone()), (Some(Problem::NotFound), None));
    assert_eq!(
        said(&view(&house, &ana, cases[0]).await),
        ["Hello Gus Canary-Credit, about a flaw in the parser."]
    );
    // The same form again sends nothing twice.
    let again = house.desk.each(&ana, &cases, &deed, "several-1", b"all").await.unwrap();
    assert!(again[0].refused.is_none());
    assert_eq!(said(&view(&house, &ana, cases[0]).await).len(), 1);
    let assign = Deed::Assign { person: house.chen, reason: line("on duty") };
    let all =
        house.desk.each(&ana, &[cases[0], cases[0], cases[3]], &assign, "several-2", b"").await.unwrap();
    assert_eq!(all.iter().filter(|each| each.refused.is_none()).count(), 2, "each once");
    let standing = view(&house, &ana, cases[3]).await.standing.unwrap();
    assert_eq!(standing.lead, Some(house.chen));
    let none = house.desk.each(&ana, &[], &assign, "several-3", b"").await;
    assert!(matches!(none, Err(Problem::Invalid { .. })));
}
