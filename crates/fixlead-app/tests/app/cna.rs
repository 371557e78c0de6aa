//! Who enters, changes or takes away a CNA's key stands in the log, and the key in none.

use std::sync::Arc;

use fixlead_app::audit::Wanted;
use fixlead_app::cna::{Account, Asked, Registry, Told, Wish};
use fixlead_app::problem::Problem;
use fixlead_core::access::{Action, Actor, Target, Within, decide};
use fixlead_core::id::InstallationId;

use crate::house::*;

/// Services that answer nothing of use.
struct Nobody;

impl Registry for Nobody {
    fn ask(&self, _: Account, _: Wish) -> Asked<'_> {
        Box::pin(async { Ok(Told::Done) })
    }

    fn reaches_inside(&self) -> bool {
        false
    }
}

fn account(user: &str, key: &str) -> Account {
    Account {
        address: "https://cve.example.org/api".to_owned(),
        organisation: "example".to_owned(),
        user: user.to_owned(),
        key: key.to_owned(),
    }
}

#[tokio::test]
async fn the_log_says_who_entered_a_key_of_a_cna_and_never_the_key() {
    let house = House::under("vitess").await;
    house.desk.keep_registry(Arc::new(Nobody));
    let (olga, ana) = (house.caller(house.olga), house.caller(house.ana));
    let set = |user, key, anew| house.desk.set_cna(&olga, PROJECT, account(user, key), anew);
    let refused = house.desk.set_cna(&ana, PROJECT, account("eve", "canary-key"), true).await;
    assert!(matches!(refused, Err(Problem::Forbidden { .. } | Problem::NotFound)), "{refused:?}");
    set("ana@example.org", "canary-key-one", true).await.unwrap();
    set("bo@example.org", "", false).await.unwrap();
    set("bo@example.org", "canary-key-two", true).await.unwrap();
    house.desk.remove_cna(&olga, PROJECT).await.unwrap();
    assert_eq!(house.desk.remove_cna(&olga, PROJECT).await, Err(Problem::NotFound));

    let wanted = Wanted { what: "cna.".to_owned(), by: None };
    let mut entries = house.desk.audit(&olga, None, &wanted).await.unwrap().entries;
    entries.reverse();
    let told: Vec<_> = entries.iter().map(|entry| (entry.what.as_str(), entry.words)).collect();
    let (entered, kept) = (
        "entered the key of a CNA at CVE Services",
        "changed who asks at CVE Services, with the key that was kept",
    );
    let removed = ("cna.removed", "removed a CNA, key and all");
    assert_eq!(told, [("cna.set", entered), ("cna.set", kept), ("cna.set", entered), removed]);
    let project = PROJECT.to_string();
    for entry in &entries {
        assert_eq!(entry.by, Some(Some(house.olga)));
        let about =
            |name: &str| entry.about.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
        assert_eq!(about("project"), Some(project.as_str()));
        assert_eq!(about("organisation"), Some("example"));
        assert_eq!(about("address"), Some("https://cve.example.org/api"));
        assert!(about("user").unwrap().ends_with("@example.org"));
    }
    // As it is written, not as a page shows it.
    let store = &house.world.store;
    let installation = InstallationId::from_bytes(store.installation());
    let target = Target::Directory(installation, Within::Installation);
    let permit = decide(&Actor::System, &[], Action::DirectoryRead, target, house.world.now()).unwrap();
    let written = store.load(&permit, installation.into(), 0).await.unwrap().events;
    let written: String =
        written.iter().map(|event| String::from_utf8_lossy(&event.body).into_owned()).collect();
    assert!(written.contains("cna.removed") && !written.contains("canary"), "{written}");
}
