//! Access: who may do what, decided in one place.
//!
//! [`decide`] is the only gate. It is asked before every read and write, and
//! answers with a [`Permit`], which the store demands and which nothing else
//! can make, or with why not. Rights come from grants alone, each with a
//! reason, an end and a revocation: never from an address, and never from a
//! role without the standing of who holds it. What one may not know of
//! answers like what does not exist.
//!
//! - [`action`]: everything that can be asked.
//! - [`grant`]: roles, scopes, grants, standing.
//! - `rights`: which role may do what. `docs/access.md` is its other opinion.
//!
//! Nothing here knows a policy: whether the time for an action has come is
//! another question, answered by [`crate::plan`].

pub mod action;
pub mod grant;
mod rights;
#[cfg(test)]
mod tests;

pub use action::{Action, Place, TokenScope};
pub use grant::{Breadth, Grant, Role, Scope, Standing};

use crate::case::event::vocabulary;
use crate::id::{CaseId, GrantId, InstallationId, OrganisationId, PersonId, ProjectId, StreamId};
use crate::time::{Instant, Span};
use rights::{RULES, Rules};

/// How long a proof of presence lasts.
pub const STEP_UP_LASTS: Span = Span::minutes(10);

vocabulary! {
    /// What a case is to those who ask about it.
    CaseState {
        Embargoed = "embargoed",
        Public = "public",
        Closed = "closed",
    }
}

/// What the decision has to know of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseStanding {
    /// The case.
    pub case: CaseId,
    /// Its project.
    pub project: ProjectId,
    /// The organisation of the project.
    pub organisation: OrganisationId,
    /// Whether it is embargoed, public or closed.
    pub state: CaseState,
    /// Whether standing grants do not reach it.
    pub restricted: bool,
    /// Who has a conflict of interest; it beats every grant.
    pub recused: Vec<PersonId>,
}

/// A part of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// All of it.
    Installation,
    /// An organisation.
    Organisation(OrganisationId),
    /// A project of an organisation.
    Project(OrganisationId, ProjectId),
    /// The record of a person.
    Person(PersonId),
}

/// What something is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A case; to open one, what it is going to be.
    Case(&'a CaseStanding),
    /// A part of the directory.
    Directory(InstallationId, Within),
}

impl Target<'_> {
    fn stream(self) -> StreamId {
        match self {
            Target::Case(case) => case.case.into(),
            Target::Directory(installation, _) => installation.into(),
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The installation itself.
    System,
    /// A person who signed in, or a program with a token of theirs.
    Person {
        /// Who it is.
        person: PersonId,
        /// Whether they may act at all.
        standing: Standing,
        /// How it is known.
        presence: Presence,
    },
}

impl Actor {
    /// The person, unless it is the installation.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Actor::System => None,
            Actor::Person { person, .. } => Some(*person),
        }
    }
}

/// How it is known who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// They are signed in; if they proved it again, when they last did.
    Session {
        /// When they last proved again that it is them.
        stepped_up: Option<Instant>,
    },
    /// A program sent a token.
    Token {
        /// What the token was made for.
        scopes: Vec<TokenScope>,
        /// Where it counts; everywhere its owner's grants do, if nothing.
        within: Option<Scope>,
    },
}

/// Whether something is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing changes.
    Read,
    /// Something may change.
    Write,
}

/// The answer "yes". Only [`decide`] can make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    actor: Actor,
    action: Action,
    stream: StreamId,
    within: Option<Within>,
    access: Access,
    grant: Option<(GrantId, Role)>,
    second: bool,
    at: Instant,
}

impl Permit {
    /// Who may.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The person who may, unless it is the installation.
    pub fn person(&self) -> Option<PersonId> {
        self.actor.person()
    }

    /// What may be done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// To what.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// In which part of the directory, if it is there.
    pub fn within(&self) -> Option<Within> {
        self.within
    }

    /// Whether it may be changed by this.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The grant that decided; none for the installation, and for what
    /// everybody may do to their own record.
    pub fn grant(&self) -> Option<GrantId> {
        self.grant.map(|(id, _)| id)
    }

    /// The role by which they may.
    pub fn role(&self) -> Option<Role> {
        self.grant.map(|(_, role)| role)
    }

    /// Whether it takes effect only when another person has confirmed it.
    pub fn needs_second(&self) -> bool {
        self.second
    }

    /// When it was decided. A permit is for now; whoever keeps one asks again.
    pub fn decided_at(&self) -> Instant {
        self.at
    }

    /// Whether it lets its holder do this to that stream.
    pub fn fits(&self, stream: StreamId, access: Access) -> bool {
        self.stream == stream && (self.access == Access::Write || access == Access::Read)
    }
}

/// What is missing, for somebody who may know of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// One of these roles; nobody may, if it is empty.
    Role(Vec<Role>),
    /// Another state of the case.
    State,
    /// A token with this scope; only a person who is signed in may, if none.
    Scope(Option<TokenScope>),
    /// To prove again that it is them.
    StepUp,
    /// Standing: to be neither invited, suspended nor removed.
    Standing,
}

/// The answer "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// There is nothing, as far as this actor may know.
    NotFound,
    /// It is there, but this may not be done.
    Forbidden {
        /// What is missing.
        needs: Needs,
    },
}

/// Whether an actor may do something now, and by which grant.
pub fn decide(
    actor: &Actor,
    grants: &[Grant],
    action: Action,
    target: Target<'_>,
    now: Instant,
) -> Result<Permit, Denied> {
    decide_by(&RULES, actor, grants, action, target, now)
}

fn decide_by(
    rules: &Rules,
    actor: &Actor,
    grants: &[Grant],
    action: Action,
    target: Target<'_>,
    now: Instant,
) -> Result<Permit, Denied> {
    let permit = |grant| Permit {
        actor: actor.clone(),
        action,
        stream: target.stream(),
        within: match target {
            Target::Case(_) => None,
            Target::Directory(_, within) => Some(within),
        },
        access: if rules.reads[action as usize] { Access::Read } else { Access::Write },
        grant,
        second: rules.second[action as usize],
        at: now,
    };
    fn forbidden<T>(needs: Needs) -> Result<T, Denied> {
        Err(Denied::Forbidden { needs })
    }
    // In the directory there is no state; any bit stands for "may".
    let state = match target {
        Target::Case(case) => 1 << case.state as u8,
        Target::Directory(..) => u8::MAX,
    };
    let fits = match target {
        Target::Case(_) => action.place() == Place::Case,
        Target::Directory(_, Within::Person(_)) => action.place() != Place::Case,
        Target::Directory(..) => action.place() == Place::Directory,
    };
    if !fits {
        return Err(Denied::NotFound);
    }
    let (person, standing, presence) = match actor {
        Actor::System if rules.system[action as usize] & state != 0 => return Ok(permit(None)),
        Actor::System => return forbidden(Needs::Role(roles(rules, action, state))),
        Actor::Person { person, standing, presence } => (*person, *standing, presence),
    };

    if let Target::Directory(_, Within::Person(own)) = target
        && action.place() == Place::Own
    {
        if own != person {
            return Err(Denied::NotFound);
        }
        let invited = matches!(action, Action::InvitationAccept);
        return match standing {
            Standing::Invited if invited => step_up(rules, presence, action, target, now),
            Standing::Active if !invited => step_up(rules, presence, action, target, now),
            _ => forbidden(Needs::Standing),
        }
        .map(|()| permit(None));
    }

    // From here on everything depends on grants, and grants on standing.
    if standing != Standing::Active {
        return Err(Denied::NotFound);
    }
    if let Target::Case(case) = target
        && case.recused.contains(&person)
    {
        return Err(Denied::NotFound);
    }
    let mut best: Option<&Grant> = None;
    let mut knows = false;
    for grant in grants {
        let counts = grant.person == person
            && grant.is_active(now)
            && rules.breadths[grant.role as usize][grant.scope.breadth() as usize]
            && reaches(grant.scope, target);
        if !counts {
            continue;
        }
        knows |= knows_of(rules, grant.role, action.place(), state);
        // The narrowest grant decides, so that the answer names the one that
        // was given for this.
        let narrower = |best: &Grant| {
            (grant.scope.breadth(), std::cmp::Reverse(grant.id))
                > (best.scope.breadth(), std::cmp::Reverse(best.id))
        };
        if rules.roles[grant.role as usize][action as usize] & state != 0 && best.is_none_or(narrower) {
            best = Some(grant);
        }
    }
    if !knows {
        return Err(Denied::NotFound);
    }
    if let Presence::Token { within: Some(within), .. } = presence
        && !contains(*within, target)
    {
        return Err(Denied::NotFound);
    }
    let Some(grant) = best else {
        let able = roles(rules, action, state);
        let other_state = able.is_empty() && !roles(rules, action, u8::MAX).is_empty();
        return forbidden(if other_state { Needs::State } else { Needs::Role(able) });
    };
    step_up(rules, presence, action, target, now)?;
    Ok(permit(Some((grant.id, grant.role))))
}

/// Whether a grant of a role may reach so wide and still count.
pub fn counts_for(role: Role, breadth: Breadth) -> bool {
    RULES.breadths[role as usize][breadth as usize]
}

/// Whether a grant for a scope reaches a target. What is restricted is reached
/// only by what names it.
fn reaches(scope: Scope, target: Target<'_>) -> bool {
    let restricted = matches!(target, Target::Case(case) if case.restricted);
    contains(scope, target) && (!restricted || scope.breadth() == Breadth::Case)
}

/// Whether a target lies in a scope.
fn contains(scope: Scope, target: Target<'_>) -> bool {
    match (scope, target) {
        (Scope::Case(id), Target::Case(case)) => id == case.case,
        (Scope::Project(id), Target::Case(case)) => id == case.project,
        (Scope::Organisation(id), Target::Case(case)) => id == case.organisation,
        (Scope::Case(_), Target::Directory(..)) => false,
        (Scope::Installation, _) => true,
        (
            Scope::Organisation(id),
            Target::Directory(_, Within::Organisation(own) | Within::Project(own, _)),
        ) => id == own,
        (Scope::Project(id), Target::Directory(_, Within::Project(_, own))) => id == own,
        (Scope::Organisation(_) | Scope::Project(_), Target::Directory(..)) => false,
    }
}

/// Whether a role may do anything at all there, and so may know of it.
fn knows_of(rules: &Rules, role: Role, place: Place, state: u8) -> bool {
    Action::ALL
        .iter()
        .any(|action| action.place() == place && rules.roles[role as usize][*action as usize] & state != 0)
}

/// The roles that may do something in a state.
fn roles(rules: &Rules, action: Action, state: u8) -> Vec<Role> {
    Role::ALL
        .iter()
        .copied()
        .filter(|role| rules.roles[*role as usize][action as usize] & state != 0)
        .collect()
}

/// Whether a token was made for an action.
fn present(rules: &Rules, presence: &Presence, action: Action, target: Target<'_>) -> Result<(), Denied> {
    let Presence::Token { scopes, .. } = presence else { return Ok(()) };
    if scopes.iter().any(|scope| rules.tokens[*scope as usize][action as usize]) {
        return Ok(());
    }
    // A token that reads no case learns of none.
    let reads = |scope: &TokenScope| rules.tokens[*scope as usize][Action::CaseRead as usize];
    if matches!(target, Target::Case(_)) && !scopes.iter().any(reads) {
        return Err(Denied::NotFound);
    }
    let wanted = TokenScope::ALL.iter().copied().find(|scope| rules.tokens[*scope as usize][action as usize]);
    Err(Denied::Forbidden { needs: Needs::Scope(wanted) })
}

/// Whether somebody proved recently enough, for what asks for it, that it is
/// them. A proof from the future is none: a clock was wrong.
fn step_up(
    rules: &Rules,
    presence: &Presence,
    action: Action,
    target: Target<'_>,
    now: Instant,
) -> Result<(), Denied> {
    present(rules, presence, action, target)?;
    if !rules.step_up[action as usize] {
        return Ok(());
    }
    match presence {
        Presence::Session { stepped_up: Some(at) } if *at <= now && now < *at + STEP_UP_LASTS => Ok(()),
        _ => Err(Denied::Forbidden { needs: Needs::StepUp }),
    }
}
