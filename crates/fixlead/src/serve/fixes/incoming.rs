//! What comes into a private repository: by a push, or because the desk makes a
//! branch. It is kept whole or not at all.

use std::collections::BTreeSet;
use std::time::Duration;

use fixlead_app::fix::push::MOST_PATHS;
use fixlead_app::fix::{Decide, Fault, Update};
use fixlead_git::private::receive::{self, Incoming};
use fixlead_git::private::{Ends, Move, Proposed};
use fixlead_git::{Error, Limits, Private};

use super::{Fixes, LIMITS, Result, commit, fault};
use crate::serve::world;

/// How long git may take for a push.
const PUSH_TIME: Duration = Duration::from_secs(60);
/// Most private branches of a case.
const MOST_BRANCHES: usize = 50;

/// Which commits were made out of which.
type Picked = Vec<(String, String)>;

/// Which of the commits that came are those of another branch, picked: git keeps who
/// wrote one, and when. What was written anew on its own branch is told elsewhere.
fn resembling(known: &[Proposed], before: &[Proposed], after: &[Proposed]) -> Picked {
    let there = |all: &[Proposed], one: &Proposed| all.iter().any(|other| other.id == one.id);
    let new = after.iter().filter(|new| !there(known, new));
    new.flat_map(|new| {
        let same = move |old: &&Proposed| {
            old.written == new.written && (old.address == new.address || old.subject() == new.subject())
        };
        let old = known.iter().filter(same).filter(|old| !there(before, old));
        old.map(|old| (old.id.to_string(), new.id.to_string())).collect::<Picked>()
    })
    .collect()
}

/// What is to move, and what that means. `known` are the commits that came before,
/// `picked` says which were made out of which by the desk.
fn updates(
    incoming: &Incoming,
    moves: &[Move],
    known: &[Proposed],
    picked: &[(String, String)],
) -> std::result::Result<Vec<Update>, Error> {
    let mut updates = Vec::new();
    for Move { branch, from, to } in moves {
        let after = incoming.private.series(to)?;
        let before = from.map(|from| incoming.private.series(&from)).transpose()?.unwrap_or_default();
        let paths = incoming.private.paths(&after, MOST_PATHS)?;
        let rewritten = receive::rewritten(&before, &after);
        let text = |(from, to): (fixlead_git::Id, fixlead_git::Id)| (from.to_string(), to.to_string());
        updates.push(Update {
            branch: branch.clone(),
            from: from.map(|id| id.to_string()),
            to: to.to_string(),
            after: after.iter().map(commit).collect(),
            paths: paths.into_iter().map(|(id, paths)| (id.to_string(), paths)).collect(),
            rewritten: rewritten.into_iter().map(text).collect(),
            picked: picked.iter().cloned().chain(resembling(known, &before, &after)).collect(),
        });
    }
    Ok(updates)
}

/// Has it decided, and then keeps it.
fn settle(
    private: &Private,
    incoming: Incoming,
    moves: &[Move],
    known: &[Proposed],
    picked: &[(String, String)],
    decide: &mut Decide<'_>,
) -> std::result::Result<String, String> {
    let broken = |error: Error| match fault(error) {
        Fault::Said(why) => why,
        _ => "it cannot be kept right now; push again in a while".to_owned(),
    };
    let updates = updates(&incoming, moves, known, picked).map_err(broken)?;
    // Nothing names the objects before it is decided, so that a refused push is
    // in no branch, and one in the log is there to be named.
    let said = decide(&updates)?;
    incoming.keep().map_err(broken)?;
    private.move_ends(moves).map_err(broken)?;
    Ok(said)
}

/// The branches that a push is to move, if each may be.
fn moves(asked: &receive::Asked, ends: &Ends) -> std::result::Result<Vec<Move>, String> {
    let mut moves = Vec::new();
    for update in &asked.updates {
        let Some(branch) = update.branch().filter(|branch| ends.public.contains_key(*branch)) else {
            let example = ends.public.keys().find(|name| *name == "main").or(ends.public.keys().next());
            let example = example.map_or("main", String::as_str);
            return Err(format!(
                "{}: private branches are called fix/ and then as a public branch; push to fix/{example}",
                update.name.trim_start_matches("refs/heads/")
            ));
        };
        let Some(to) = update.to else {
            return Err(format!("fix/{branch}: a branch of a fix is not deleted; push what it is to hold"));
        };
        if ends.private.get(branch).copied() != update.from {
            return Err(format!("fix/{branch}: somebody has pushed meanwhile; fetch first"));
        }
        moves.push(Move { branch: branch.to_owned(), from: update.from, to });
    }
    let new = moves.iter().filter(|one| one.from.is_none()).count();
    if ends.private.len() + new > MOST_BRANCHES {
        return Err(format!("a fix has {MOST_BRANCHES} branches at most"));
    }
    Ok(moves)
}

impl Fixes {
    /// Takes in what was asked, or says why not: one line for each thing that is wrong.
    pub(super) fn take(
        &self,
        private: &Private,
        body: &[u8],
        asked: &receive::Asked,
        decide: &mut Decide<'_>,
    ) -> std::result::Result<String, String> {
        let broken = |error: Error| match fault(error) {
            Fault::Said(why) => why,
            _ => {
                "the pack is broken, too large, or refers to commits that are not there; fetch and push again"
                    .to_owned()
            }
        };
        let ends = private.ends().map_err(broken)?;
        let moves = moves(asked, &ends)?;
        let mut known = Vec::new();
        for end in ends.private.values().collect::<BTreeSet<_>>() {
            known.extend(private.series(end).map_err(broken)?);
        }
        let limits = Limits { time: PUSH_TIME, bytes: self.most_push, ..LIMITS };
        let incoming = private.take_in(body, asked, limits).map_err(broken)?;
        settle(private, incoming, &moves, &known, &[], decide)
    }

    /// Makes a private branch out of what another holds.
    pub(super) fn carried(
        &self,
        private: &Private,
        from: &str,
        onto: &str,
        decide: &mut Decide<'_>,
    ) -> Result<()> {
        let ends = private.ends().map_err(fault)?;
        let said = |why: &str| Fault::Said(why.to_owned());
        let end =
            ends.private.get(from).ok_or_else(|| said("there is no such private branch; push it first"))?;
        let base = ends.public.get(onto).ok_or_else(|| said("there is no such public branch"))?;
        if ends.private.contains_key(onto) {
            return Err(said("there is a private branch for it already; push to that"));
        }
        let series = private.series(end).map_err(fault)?;
        let incoming = private.aside(LIMITS).map_err(fault)?;
        let now = world::now().millis() / 1000;
        let to = incoming.private.pick(&series, *base, now).map_err(fault)?;
        let made = incoming.private.series(&to).map_err(fault)?;
        if made.len() != series.len() {
            return Err(said("some of it is public there already; pick the rest by hand and push it"));
        }
        let picked: Picked =
            series.iter().zip(&made).map(|(from, to)| (from.id.to_string(), to.id.to_string())).collect();
        let moves = [Move { branch: onto.to_owned(), from: None, to }];
        settle(private, incoming, &moves, &[], &picked, decide).map(drop).map_err(Fault::Said)
    }
}
