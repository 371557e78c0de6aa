//! What somebody sees of every case: of nearly all what their class says, so that a
//! question need not look cases up.

use fixlead_core::access::{CaseStanding, CaseState};
use fixlead_core::id::CaseId;

use super::Body;
use crate::accounts::{By, Caller};
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::search::{Sight, Sights};

impl Body {
    /// What somebody sees, as `narrow` leaves it of a case in a state.
    pub(super) fn sights(
        &self,
        desk: &Desk,
        caller: &Caller,
        snapshot: &Snapshot,
        narrow: impl Fn(Sight, CaseState) -> Sight,
    ) -> Sights {
        let Body { index, cases, behind } = self;
        let own = |case: CaseId| {
            let known = cases.get(case)?;
            let class = cases.classes().get(known.class as usize)?;
            let grants = known.grants_of(case, caller.person);
            let sight = desk.sight(caller, snapshot, &known.standing(case, class), grants);
            Some(narrow(sight, class.state))
        };
        let own = |case| own(case).unwrap_or(Sight::NOTHING);
        let mut sights = if matches!(caller.by, By::Receipt(_)) {
            index.sights_of(own)
        } else {
            // What a case is to everybody who has no grant for it.
            let to_others: Vec<Sight> = cases
                .classes()
                .iter()
                .map(|class| {
                    let standing = CaseStanding {
                        case: CaseId::from_bytes([0; 16]),
                        project: class.project,
                        organisation: class.organisation,
                        state: class.state,
                        restricted: class.restricted,
                        recused: Vec::new(),
                    };
                    narrow(desk.sight(caller, snapshot, &standing, Vec::new()), class.state)
                })
                .collect();
            let mut sights = index.sights(|class| to_others.get(class as usize).copied().unwrap_or_default());
            for case in cases.concerning(caller.person) {
                index.set_sight(&mut sights, case, own(case));
            }
            sights
        };
        for case in behind.keys() {
            index.set_sight(&mut sights, *case, Sight::NOTHING);
        }
        sights
    }
}
