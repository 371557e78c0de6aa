//! A whole case, from the report to its closing, under two policies; and what
//! its history says when it is replayed.

use fixlead_app::case::inbox::Shelf;
use fixlead_app::problem::Problem;
use fixlead_core::access::Role;
use fixlead_core::case::History;
use fixlead_core::desk::command::Command;
use fixlead_core::id::{CaseId, PersonId};
use fixlead_core::replay;
use fixlead_core::time::Span;
use serde_json::{Value, json};

use crate::house::*;

async fn told(house: &House, person: PersonId, case: CaseId, hours: i64, event: Value) {
    house.world.wait(Span::hours(hours));
    let caller = house.caller(person);
    let read = house.desk.read_event(&caller, case, event.clone()).await;
    let read = read.unwrap_or_else(|problem| panic!("{event}: {problem}"));
    if let Err(problem) = house.record(person, case, read).await {
        panic!("{event}: {problem:?}");
    }
}

/// The history that is exported, replayed on its own, gives the answer that
/// the desk gives.
async fn replays_alike(house: &House, case: CaseId) {
    let caller = house.caller(house.ana);
    let exported = house.desk.export_history(&caller, case).await.unwrap();
    let history = History::parse(&exported.to_string()).unwrap();
    assert!(history.events.len() > 8);
    let policy = replay::built_in_policy(&history.policy, &history.overlays, &history.parameters).unwrap();
    let replayed = replay::to_json(&replay::replay(&policy, &history, None));
    assert_eq!(replayed, house.desk.evaluation(&caller, case).await.unwrap());
    assert!(!exported.to_string().contains("canary"), "what people wrote stays in the case");
}

async fn closed(house: &House, case: CaseId) {
    let close = || Command::Close { reason: line("nothing is left to do"), overriding: None };
    house.world.wait(Span::hours(1));
    house.act(house.ana, case, close()).await.unwrap();
    let ana = house.caller(house.ana);
    let open = house.desk.inbox(&ana, Shelf::Open, None, None, 50).await.unwrap();
    assert!(open.items.iter().all(|item| item.case != case));
    let shelf = house.desk.inbox(&ana, Shelf::Closed, None, None, 50).await.unwrap();
    assert_eq!(shelf.items.iter().map(|item| item.case).collect::<Vec<_>>(), [case]);
    let eli = house.desk.read(&house.caller(house.eli), case).await.err();
    assert_eq!(eli, Some(Problem::NotFound), "the Fix Team has nothing to do with a closed case");
    let read = house.desk.read(&ana, case).await.unwrap();
    assert_eq!(read.about.unwrap().state, "closed");
}

#[tokio::test]
async fn a_case_under_vitess_from_its_report_to_its_end() {
    let house = House::under("vitess").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let (ana, eli) = (house.ana, house.eli);
    let close = Command::Close { reason: line("too early"), overriding: None };
    told(&house, ana, case, 1, json!({"type": "report.acknowledged"})).await;
    let Err(Problem::Held { held }) = house.act(ana, case, close).await else { panic!("work is left") };
    assert!(!held.clauses.is_empty() && !held.because.is_empty());
    told(&house, ana, case, 1, json!({"type": "affected.set", "branches": ["main", "release-1"]})).await;
    told(&house, ana, case, 5, json!({"type": "score.set", "score": 7.5, "version": "3.0"})).await;
    told(&house, ana, case, 1, json!({"type": "comms.planned"})).await;
    let commit = json!({"type": "commit.proposed", "id": "c1", "author": eli.to_string(), "paths": ["a.rs"]});
    told(&house, eli, case, 20, commit).await;
    let lgtm = json!({"type": "lgtm", "on": ["c1"]});
    let own = house.desk.read_event(&house.caller(eli), case, lgtm.clone()).await.unwrap();
    assert!(matches!(house.record(eli, case, own).await, Err(Problem::Invalid { .. })), "their own commit");
    told(&house, ana, case, 1, lgtm).await;
    told(&house, ana, case, 1, json!({"type": "fix.complete"})).await;
    let release = (house.world.now() + Span::days(2)).to_string();
    let notice = json!({"type": "notice.forthcoming", "states": release, "mitigation": "none known"});
    told(&house, ana, case, 0, notice).await;
    let merge = json!({"type": "merged", "branches": ["main", "release-1"], "repo": "public"});
    told(&house, ana, case, 47, merge).await;
    told(&house, ana, case, 0, json!({"type": "binaries.verified", "branches": ["main", "release-1"]})).await;
    told(&house, ana, case, 1, json!({"type": "released", "versions": ["1.0.1"]})).await;
    let announced = json!({"type": "announced", "channels": ["slack"], "links": ["CVE-2027-0501"]});
    told(&house, ana, case, 0, announced).await;
    closed(&house, case).await;
    replays_alike(&house, case).await;
}

#[tokio::test]
async fn a_case_under_opentelemetry_from_its_report_to_its_end() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let (ana, eli) = (house.ana, house.eli);
    told(&house, ana, case, 0, json!({"type": "report.acknowledged"})).await;
    told(&house, ana, case, 0, json!({"type": "affected.set", "branches": ["release-1"]})).await;
    told(&house, ana, case, 1, json!({"type": "overview.sent"})).await;
    told(&house, ana, case, 1, json!({"type": "comms.planned"})).await;
    let score = json!({"type": "score.set", "vector": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
        "score": 7.5, "final": true});
    told(&house, ana, case, 20, score).await;
    told(&house, ana, case, 1, json!({"type": "cve.assigned", "id": "CVE-2027-0312"})).await;
    let commit = json!({"type": "commit.proposed", "id": "c1", "author": eli.to_string(), "paths": ["a.rs"]});
    told(&house, eli, case, 20, commit).await;
    told(&house, ana, case, 1, json!({"type": "lgtm", "on": ["c1"]})).await;
    told(&house, ana, case, 1, json!({"type": "fix.complete"})).await;
    let release = (house.world.now() + Span::days(8)).to_string();
    told(&house, ana, case, 0, json!({"type": "notice.advance", "states": release})).await;
    told(&house, ana, case, 150, json!({"type": "notice.prerelease", "states": release})).await;
    told(&house, ana, case, 36, json!({"type": "approved", "branches": ["release-1"], "by": "fix-team"}))
        .await;
    told(&house, ana, case, 4, json!({"type": "merged", "branches": ["release-1"], "repo": "public"})).await;
    told(&house, ana, case, 1, json!({"type": "binaries.verified", "branches": ["release-1"]})).await;
    told(&house, ana, case, 1, json!({"type": "released"})).await;
    let channels = ["general", "oss-security", "slack", "tracking-issue"];
    told(&house, ana, case, 0, json!({"type": "announced", "channels": channels})).await;
    // The clock ends the access of the Fix Team when its work is done.
    house.world.wait(Span::hours(1));
    let eli_reads = async || house.desk.read(&house.caller(eli), case).await.is_ok();
    assert!(eli_reads().await);
    assert_eq!(house.desk.wake().await.unwrap().dismissed, [case]);
    assert!(!eli_reads().await);
    told(&house, ana, case, 1, json!({"type": "cve.published", "id": "CVE-2027-0312"})).await;
    told(&house, ana, case, 1, json!({"type": "tracking.closed"})).await;
    told(&house, ana, case, 24, json!({"type": "retro.sent"})).await;
    told(&house, ana, case, 1, json!({"type": "feedback.sent"})).await;
    closed(&house, case).await;
    replays_alike(&house, case).await;
}
