//! The decision against `docs/access.md`, its second opinion, over the whole
//! finite domain; and against every single change of either.

use std::collections::BTreeMap;

use super::*;

const DOCUMENT: &str = include_str!("../../../../docs/access.md");

/// What the document says of an action.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    /// Which states each role may do it in, by role, a bit for each state.
    roles: [u8; Role::ALL.len()],
    system: u8,
    access: Access,
    step_up: bool,
    second: bool,
    token: Option<TokenScope>,
}

#[derive(Clone, Debug, Default)]
struct Table {
    rows: BTreeMap<&'static str, Row>,
    breadths: BTreeMap<&'static str, Vec<Breadth>>,
}

/// The tables of a document, each as its header and its lines.
fn tables(text: &str) -> Vec<(Vec<String>, Vec<Vec<String>>)> {
    let cells = |line: &str| -> Vec<String> {
        line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut found: Vec<(Vec<String>, Vec<Vec<String>>)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if !line.starts_with('|') {
            inside = false;
        } else if !inside {
            found.push((cells(line), Vec::new()));
            inside = true;
        } else if !line.contains("---") {
            found.last_mut().unwrap().1.push(cells(line));
        }
    }
    found
}

fn states(cell: &str) -> Result<u8, String> {
    match cell {
        "-" => return Ok(0),
        "yes" => return Ok(0b111),
        _ => {}
    }
    cell.chars().try_fold(0, |set, letter| match letter {
        'E' => Ok(set | 1 << CaseState::Embargoed as u8),
        'P' => Ok(set | 1 << CaseState::Public as u8),
        'C' => Ok(set | 1 << CaseState::Closed as u8),
        _ => Err(format!("`{cell}` is no set of states")),
    })
}

fn parse(text: &str) -> Result<Table, String> {
    let mut table = Table::default();
    for (header, lines) in tables(text) {
        let at = |name: &str| header.iter().position(|cell| cell == name);
        for line in lines {
            if let Some(reach) = at("a grant counts for") {
                let role = Role::parse(&line[0]).ok_or_else(|| format!("role {}", line[0]))?;
                let list = line[reach].split(", ").map(|word| Breadth::parse(word).ok_or(word.to_owned()));
                table.breadths.insert(role.name(), list.collect::<Result<_, _>>()?);
                continue;
            }
            let action = Action::parse(&line[0]).ok_or_else(|| format!("action {}", line[0]))?;
            let cell = |name: &str| at(name).map_or("-", |place| line[place].as_str());
            let flag = |name: &str| match cell(name) {
                "yes" => Ok(true),
                "no" => Ok(false),
                other => Err(format!("{name}: {other}")),
            };
            let mut roles = [0; Role::ALL.len()];
            for role in Role::ALL {
                roles[*role as usize] = states(cell(role.name()))?;
            }
            let row = Row {
                roles,
                system: states(cell("system"))?,
                access: match cell("kind") {
                    "read" => Access::Read,
                    "write" => Access::Write,
                    other => return Err(format!("kind: {other}")),
                },
                step_up: flag("step-up")?,
                second: flag("second")?,
                token: match cell("token") {
                    "-" => None,
                    name => Some(TokenScope::parse(name).ok_or_else(|| format!("token {name}"))?),
                },
            };
            if table.rows.insert(action.name(), row).is_some() {
                return Err(format!("{} stands twice", action.name()));
            }
        }
    }
    Ok(table)
}

fn table() -> Table {
    let table = parse(DOCUMENT).unwrap();
    assert_eq!(table.rows.len(), Action::ALL.len(), "the document lists every action");
    assert_eq!(table.breadths.len(), Role::ALL.len(), "the document lists every role");
    table
}

const NOW: Instant = Instant::from_millis(1_800_000_000_000);
const ME: PersonId = PersonId::from_bytes([1; 16]);
const OTHER: PersonId = PersonId::from_bytes([2; 16]);
const INSTALLATION: InstallationId = InstallationId::from_bytes([3; 16]);
const ORGANISATION: OrganisationId = OrganisationId::from_bytes([4; 16]);
const PROJECT: ProjectId = ProjectId::from_bytes([5; 16]);
const CASE: CaseId = CaseId::from_bytes([6; 16]);

fn case(state: CaseState) -> CaseStanding {
    CaseStanding {
        case: CASE,
        project: PROJECT,
        organisation: ORGANISATION,
        state,
        restricted: false,
        recused: Vec::new(),
    }
}

fn scope(breadth: Breadth, own: bool) -> Scope {
    match (breadth, own) {
        (Breadth::Installation, _) => Scope::Installation,
        (Breadth::Organisation, true) => Scope::Organisation(ORGANISATION),
        (Breadth::Organisation, false) => Scope::Organisation(OrganisationId::from_bytes([94; 16])),
        (Breadth::Project, true) => Scope::Project(PROJECT),
        (Breadth::Project, false) => Scope::Project(ProjectId::from_bytes([95; 16])),
        (Breadth::Case, true) => Scope::Case(CASE),
        (Breadth::Case, false) => Scope::Case(CaseId::from_bytes([96; 16])),
    }
}

fn grant(role: Role, scope: Scope) -> Grant {
    Grant {
        id: GrantId::from_bytes([7; 16]),
        person: ME,
        role,
        scope,
        reason: "on duty".into(),
        given_by: Some(OTHER),
        team: None,
        from: NOW - Span::days(1),
        until: Some(NOW + Span::days(1)),
        revoked: None,
    }
}

/// The states that a grant can be in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum GrantState {
    None,
    Future,
    BeginsNow,
    Active,
    EndsNow,
    Expired,
    RevokedNow,
    Revoked,
    OtherScope,
    OtherPerson,
}

const GRANT_STATES: [GrantState; 10] = [
    GrantState::None,
    GrantState::Future,
    GrantState::BeginsNow,
    GrantState::Active,
    GrantState::EndsNow,
    GrantState::Expired,
    GrantState::RevokedNow,
    GrantState::Revoked,
    GrantState::OtherScope,
    GrantState::OtherPerson,
];

fn grants(role: Role, breadth: Breadth, state: GrantState) -> Vec<Grant> {
    let good = grant(role, scope(breadth, true));
    let second = Span::from_millis(1_000);
    vec![match state {
        GrantState::None => return Vec::new(),
        GrantState::Active => good,
        GrantState::Future => Grant { from: NOW + second, ..good },
        GrantState::BeginsNow => Grant { from: NOW, ..good },
        GrantState::EndsNow => Grant { until: Some(NOW), ..good },
        GrantState::Expired => Grant { until: Some(NOW - second), ..good },
        GrantState::RevokedNow => Grant { revoked: Some(NOW), until: None, ..good },
        GrantState::Revoked => Grant { revoked: Some(NOW - second), ..good },
        GrantState::OtherScope => Grant { scope: scope(breadth, false), ..good },
        GrantState::OtherPerson => Grant { person: OTHER, ..good },
    }]
}

/// Whether the document gives such a grant any weight.
fn counts(state: GrantState, breadth: Breadth) -> bool {
    matches!(state, GrantState::BeginsNow | GrantState::Active)
        || (state == GrantState::OtherScope && breadth == Breadth::Installation)
}

/// How it can be known who asks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Proof {
    Signed,
    Fresh,
    JustStale,
    Tomorrow,
    Token(Option<TokenScope>),
    AllTokens,
    TokenElsewhere,
}

fn proofs() -> Vec<Proof> {
    let mut list = vec![Proof::Signed, Proof::Fresh, Proof::JustStale, Proof::Tomorrow, Proof::Token(None)];
    list.extend(TokenScope::ALL.iter().map(|scope| Proof::Token(Some(*scope))));
    list.extend([Proof::AllTokens, Proof::TokenElsewhere]);
    list
}

fn presence(proof: Proof) -> Presence {
    let session = |stepped_up| Presence::Session { stepped_up };
    let token = |scopes, within| Presence::Token { scopes, within };
    match proof {
        Proof::Signed => session(None),
        Proof::Fresh => session(Some(NOW - Span::minutes(9))),
        Proof::JustStale => session(Some(NOW - STEP_UP_LASTS)),
        Proof::Tomorrow => session(Some(NOW + Span::days(1))),
        Proof::Token(scope) => token(scope.into_iter().collect(), None),
        Proof::AllTokens => token(TokenScope::ALL.to_vec(), Some(scope(Breadth::Project, true))),
        Proof::TokenElsewhere => token(TokenScope::ALL.to_vec(), Some(scope(Breadth::Project, false))),
    }
}

fn me(standing: Standing, proof: Proof) -> Actor {
    Actor::Person { person: ME, standing, presence: presence(proof) }
}

/// What is told apart of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Yes { access: Access, second: bool },
    NotFound,
    Forbidden,
}

fn told(answer: &Result<Permit, Denied>) -> Told {
    match answer {
        Ok(permit) => Told::Yes { access: permit.access(), second: permit.needs_second() },
        Err(Denied::NotFound) => Told::NotFound,
        Err(Denied::Forbidden { .. }) => Told::Forbidden,
    }
}

/// What the document says about the proof, for somebody who has the right.
fn told_by_proof(row: &Row, proof: Proof, in_case: bool) -> Told {
    let yes = Told::Yes { access: row.access, second: row.second };
    match proof {
        Proof::Fresh => yes,
        Proof::Signed | Proof::JustStale | Proof::Tomorrow => {
            if row.step_up {
                Told::Forbidden
            } else {
                yes
            }
        }
        Proof::AllTokens if row.token.is_some() => yes,
        Proof::Token(scope) if row.token.is_some() && row.token == scope => yes,
        // A token that cannot read cases learns of none.
        Proof::Token(scope) if in_case && scope != Some(TokenScope::Read) => Told::NotFound,
        Proof::Token(_) | Proof::AllTokens => Told::Forbidden,
        Proof::TokenElsewhere => Told::NotFound,
    }
}

#[test]
fn every_decision_about_a_case_is_the_documents() {
    let table = table();
    let mut asked = 0;
    for role in Role::ALL {
        for state in CaseState::ALL {
            let bit = 1_u8 << *state as u8;
            let any = Action::ALL.iter().any(|action| {
                action.place() == Place::Case && table.rows[action.name()].roles[*role as usize] & bit != 0
            });
            for (restricted, recused) in [(false, false), (true, false), (false, true), (true, true)] {
                let case = CaseStanding {
                    restricted,
                    recused: if recused { vec![OTHER, ME] } else { vec![OTHER] },
                    ..case(*state)
                };
                for breadth in Breadth::ALL {
                    let reaches = table.breadths[role.name()].contains(breadth)
                        && (!restricted || *breadth == Breadth::Case);
                    for held in GRANT_STATES {
                        let grants = grants(*role, *breadth, held);
                        for standing in Standing::ALL {
                            let knows = reaches
                                && any
                                && counts(held, *breadth)
                                && !recused
                                && *standing == Standing::Active;
                            for proof in proofs() {
                                let actor = me(*standing, proof);
                                for action in Action::ALL {
                                    let row = &table.rows[action.name()];
                                    let expected = if action.place() != Place::Case || !knows {
                                        Told::NotFound
                                    } else if row.roles[*role as usize] & bit != 0 {
                                        told_by_proof(row, proof, true)
                                    } else if proof == Proof::TokenElsewhere {
                                        Told::NotFound
                                    } else {
                                        Told::Forbidden
                                    };
                                    let answer = decide(&actor, &grants, *action, Target::Case(&case), NOW);
                                    asked += 1;
                                    assert_eq!(
                                        told(&answer),
                                        expected,
                                        "{} {} {state:?} {breadth:?} {held:?} {standing:?} {proof:?} restricted {restricted} recused {recused}",
                                        role.name(),
                                        action.name(),
                                    );
                                    if let Ok(permit) = answer {
                                        assert_eq!(permit.grant(), Some(grants[0].id));
                                        assert_eq!(permit.stream(), CASE.into());
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(asked > 10_000_000, "{asked}");
}

#[test]
fn every_decision_about_the_directory_is_the_documents() {
    let table = table();
    let withins = [
        (Within::Installation, &[Breadth::Installation][..]),
        (Within::Organisation(ORGANISATION), &[Breadth::Installation, Breadth::Organisation]),
        (
            Within::Project(ORGANISATION, PROJECT),
            &[Breadth::Installation, Breadth::Organisation, Breadth::Project],
        ),
        (Within::Person(ME), &[Breadth::Installation]),
        (Within::Person(OTHER), &[Breadth::Installation]),
    ];
    for role in Role::ALL {
        let any = Action::ALL.iter().any(|action| {
            action.place() == Place::Directory && table.rows[action.name()].roles[*role as usize] != 0
        });
        for (within, reached_by) in withins {
            for breadth in Breadth::ALL {
                let reaches = table.breadths[role.name()].contains(breadth) && reached_by.contains(breadth);
                for held in GRANT_STATES {
                    let grants = grants(*role, *breadth, held);
                    for standing in Standing::ALL {
                        for proof in proofs() {
                            let actor = me(*standing, proof);
                            // A token for one project does nothing outside it.
                            let outside = proof == Proof::TokenElsewhere
                                || (proof == Proof::AllTokens && !matches!(within, Within::Project(..)));
                            for action in Action::ALL {
                                let row = &table.rows[action.name()];
                                let knows = reaches && any && counts(held, *breadth);
                                let expected = match (action.place(), within) {
                                    (Place::Own, Within::Person(ME)) => {
                                        let right = match standing {
                                            Standing::Active => *action != Action::InvitationAccept,
                                            Standing::Invited => *action == Action::InvitationAccept,
                                            _ => false,
                                        };
                                        // One's own record belongs to no project.
                                        let own = if outside { Proof::AllTokens } else { proof };
                                        if right { told_by_proof(row, own, false) } else { Told::Forbidden }
                                    }
                                    (Place::Directory, _)
                                        if knows && *standing == Standing::Active && !outside =>
                                    {
                                        if row.roles[*role as usize] != 0 {
                                            told_by_proof(row, proof, false)
                                        } else {
                                            Told::Forbidden
                                        }
                                    }
                                    _ => Told::NotFound,
                                };
                                let target = Target::Directory(INSTALLATION, within);
                                assert_eq!(
                                    told(&decide(&actor, &grants, *action, target, NOW)),
                                    expected,
                                    "{} {} {within:?} {breadth:?} {held:?} {standing:?} {proof:?}",
                                    role.name(),
                                    action.name(),
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the decision does with an action, asked cell by cell.
fn asked(rules: &Rules, action: Action) -> Row {
    let in_case = action.place() == Place::Case;
    let ask = |actor: &Actor, grants: &[Grant], state: CaseState| {
        let standing = case(state);
        let target = match action.place() {
            Place::Case => Target::Case(&standing),
            Place::Directory => Target::Directory(INSTALLATION, Within::Project(ORGANISATION, PROJECT)),
            Place::Own => Target::Directory(INSTALLATION, Within::Person(ME)),
        };
        decide_by(rules, actor, grants, action, target, NOW)
    };
    let widest = |role: Role| {
        let place = rules.breadths[role as usize].iter().rposition(|reaches| *reaches).unwrap_or(0);
        let breadth = if in_case { Breadth::ALL[place] } else { Breadth::Project };
        vec![grant(role, scope(breadth, true))]
    };
    let standing = if action == Action::InvitationAccept { Standing::Invited } else { Standing::Active };
    let fresh = me(standing, Proof::Fresh);
    let mut row = Row {
        roles: [0; Role::ALL.len()],
        system: 0,
        access: Access::Write,
        step_up: false,
        second: false,
        token: None,
    };
    for state in CaseState::ALL {
        let bit = 1 << *state as u8;
        if ask(&Actor::System, &[], *state).is_ok() {
            row.system |= bit;
        }
        for role in Role::ALL {
            if action.place() == Place::Own {
                continue;
            }
            if ask(&fresh, &widest(*role), *state).is_ok() {
                row.roles[*role as usize] |= bit;
            }
        }
        for by in Role::ALL {
            let grants = widest(*by);
            if let Ok(permit) = ask(&fresh, &grants, *state) {
                row.access = permit.access();
                row.second = permit.needs_second();
                row.step_up |= ask(&me(standing, Proof::Signed), &grants, *state).is_err();
                for scope in TokenScope::ALL {
                    let presence = Presence::Token { scopes: vec![*scope, TokenScope::Read], within: None };
                    let actor = Actor::Person { person: ME, standing, presence };
                    if ask(&actor, &grants, *state).is_ok() {
                        row.token = row.token.or(Some(*scope));
                    }
                }
            }
        }
        if let Ok(permit) = ask(&Actor::System, &[], *state)
            && row.roles == [0; Role::ALL.len()]
        {
            row.access = permit.access();
            row.second = permit.needs_second();
        }
    }
    row
}

/// What nobody but the installation does needs neither proof nor token.
fn is_decided(row: &Row, action: Action) -> bool {
    action.place() == Place::Own || row.roles != [0; Role::ALL.len()]
}

#[test]
fn the_document_and_the_decision_agree_cell_by_cell() {
    let table = table();
    for action in Action::ALL {
        assert_eq!(asked(&RULES, *action), table.rows[action.name()], "{}", action.name());
    }
}

#[test]
fn any_other_cell_of_the_document_is_noticed() {
    let mut flipped = 0;
    let lines: Vec<&str> = DOCUMENT.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        let cells: Vec<&str> = line.split('|').collect();
        let Some(action) = cells.get(1).and_then(|cell| Action::parse(cell.trim())) else { continue };
        let place = lines[..number].iter().rposition(|line| line.starts_with("| action")).unwrap();
        for (at, cell) in cells.iter().enumerate().skip(2).take(cells.len() - 3) {
            let others: &[&str] = match cell.trim() {
                "read" | "write" => &["read", "write", "post", "-"],
                "yes" | "no" if at + 2 >= cells.len() - 2 => &["yes", "no"],
                _ => &["-", "E", "P", "C", "EP", "EC", "PC", "EPC", "yes", "no", "record"],
            };
            for other in others.iter().filter(|other| **other != cell.trim()) {
                let mut changed = cells.clone();
                changed[at] = other;
                let text = format!("{}\n| --- |\n{}\n", lines[place], changed.join("|"));
                // "yes" and "EPC" are the same where a case has no state.
                let same = states(other).is_ok() && states(other) == states(cell.trim());
                let noticed = match parse(&text) {
                    Ok(table) => table.rows[action.name()] != asked(&RULES, action),
                    Err(_) => true,
                };
                assert!(noticed || same, "{}: `{}` as `{other}`", action.name(), cell.trim());
                flipped += 1;
            }
        }
    }
    assert!(flipped > 5_000, "{flipped}");
}

#[test]
fn any_other_rule_of_the_decision_is_noticed() {
    let table = table();
    let noticed = |rules: &Rules, action: Action, what: &str| {
        assert_ne!(asked(rules, action), table.rows[action.name()], "{} {what}", action.name());
    };
    for action in Action::ALL {
        let place = *action as usize;
        let row = &table.rows[action.name()];
        for state in 0..3 {
            let bit = 1_u8 << state;
            if action.place() != Place::Own {
                for role in Role::ALL {
                    // Who is known to one case alone reaches no directory, so
                    // that a right there would be without effect.
                    let reach = &table.breadths[role.name()];
                    if action.place() == Place::Directory && *reach == [Breadth::Case] {
                        continue;
                    }
                    let mut rules = RULES.clone();
                    rules.roles[*role as usize][place] ^=
                        if action.place() == Place::Case { bit } else { 0b111 };
                    noticed(&rules, *action, role.name());
                }
            }
            if action.place() != Place::Own {
                let mut rules = RULES.clone();
                rules.system[place] ^= if action.place() == Place::Case { bit } else { 0b111 };
                noticed(&rules, *action, "system");
            }
        }
        let mut rules = RULES.clone();
        rules.reads[place] ^= true;
        noticed(&rules, *action, "kind");
        let mut rules = RULES.clone();
        rules.second[place] ^= true;
        noticed(&rules, *action, "second");
        if !is_decided(row, *action) {
            continue;
        }
        let mut rules = RULES.clone();
        rules.step_up[place] ^= true;
        noticed(&rules, *action, "step-up");
    }
}

#[test]
fn any_other_reach_or_token_of_the_decision_is_noticed() {
    let table = table();
    let reach = |rules: &Rules, role: Role| -> Vec<Breadth> {
        let counts = |breadth: &Breadth| {
            let grants = [grant(role, scope(*breadth, true))];
            let actor = me(Standing::Active, Proof::Fresh);
            let standing = case(CaseState::Embargoed);
            let directory = Target::Directory(INSTALLATION, Within::Project(ORGANISATION, PROJECT));
            Action::ALL.iter().any(|action| {
                decide_by(rules, &actor, &grants, *action, Target::Case(&standing), NOW).is_ok()
                    || decide_by(rules, &actor, &grants, *action, directory, NOW).is_ok()
            })
        };
        Breadth::ALL.iter().copied().filter(counts).collect()
    };
    for role in Role::ALL {
        assert_eq!(reach(&RULES, *role), table.breadths[role.name()], "{}", role.name());
        for breadth in Breadth::ALL {
            let mut rules = RULES.clone();
            rules.breadths[*role as usize][*breadth as usize] ^= true;
            // An operator has no right in a case for a grant to reach.
            if (*role, *breadth) != (Role::Operator, Breadth::Case) {
                assert_ne!(reach(&rules, *role), table.breadths[role.name()], "{} {breadth:?}", role.name());
            }
        }
    }
    for action in Action::ALL {
        let row = &table.rows[action.name()];
        for scope in TokenScope::ALL {
            let holds = RULES.tokens[*scope as usize][*action as usize];
            assert_eq!(holds, row.token == Some(*scope), "{} {}", action.name(), scope.name());
        }
        assert!(row.token.is_none() || !row.step_up, "{}: a token proves nothing again", action.name());
    }
}

#[test]
fn the_narrowest_grant_decides_and_is_named() {
    let wide =
        Grant { id: GrantId::from_bytes([1; 16]), ..grant(Role::Responder, scope(Breadth::Project, true)) };
    let narrow =
        Grant { id: GrantId::from_bytes([9; 16]), ..grant(Role::FixLead, scope(Breadth::Case, true)) };
    let standing = case(CaseState::Embargoed);
    let actor = me(Standing::Active, Proof::Signed);
    for grants in [[wide.clone(), narrow.clone()], [narrow.clone(), wide.clone()]] {
        let ask = |action| decide(&actor, &grants, action, Target::Case(&standing), NOW).unwrap();
        assert_eq!(ask(Action::CaseRead).grant(), Some(narrow.id));
        assert_eq!(ask(Action::CaseRead).role(), Some(Role::FixLead));
        assert_eq!(ask(Action::LeadAccept).grant(), Some(wide.id));
        assert_eq!(ask(Action::Override).role(), Some(Role::FixLead));
    }
}

#[test]
fn a_permit_is_for_its_own_stream_and_no_more_than_it_says() {
    let standing = case(CaseState::Embargoed);
    let grants = [grant(Role::FixLead, scope(Breadth::Case, true))];
    let actor = me(Standing::Active, Proof::Signed);
    let ask = |action| decide(&actor, &grants, action, Target::Case(&standing), NOW).unwrap();
    let (read, write) = (ask(Action::CaseRead), ask(Action::Triage));
    assert!(read.fits(CASE.into(), Access::Read) && !read.fits(CASE.into(), Access::Write));
    assert!(write.fits(CASE.into(), Access::Read) && write.fits(CASE.into(), Access::Write));
    assert!(!write.fits(CaseId::from_bytes([8; 16]).into(), Access::Read));
    assert!(!write.fits(PersonId::from_bytes([6; 16]).into(), Access::Read));
    assert_eq!(write.decided_at(), NOW);
    assert_eq!(write.person(), Some(ME));
}

#[test]
fn what_is_missing_is_said_to_whom_it_may_be_said() {
    let ask = |role, action, proof, state| {
        let standing = case(state);
        let grants = [grant(role, scope(Breadth::Case, true))];
        match decide(&me(Standing::Active, proof), &grants, action, Target::Case(&standing), NOW) {
            Err(Denied::Forbidden { needs }) => needs,
            other => panic!("{other:?}"),
        }
    };
    let embargoed = CaseState::Embargoed;
    assert_eq!(
        ask(Role::FixTeam, Action::Override, Proof::Fresh, embargoed),
        Needs::Role(vec![Role::FixLead])
    );
    assert_eq!(ask(Role::FixLead, Action::CaseReopen, Proof::Fresh, embargoed), Needs::State);
    assert_eq!(ask(Role::FixLead, Action::CaseEvaluate, Proof::Fresh, embargoed), Needs::Role(Vec::new()));
    assert_eq!(ask(Role::FixLead, Action::TeamAdd, Proof::JustStale, embargoed), Needs::StepUp);
    let read = Proof::Token(Some(TokenScope::Read));
    assert_eq!(ask(Role::FixLead, Action::Triage, read, embargoed), Needs::Scope(Some(TokenScope::Record)));
    assert_eq!(ask(Role::FixLead, Action::CaseErase, read, CaseState::Closed), Needs::Scope(None));
}

#[test]
fn every_type_of_event_is_recorded_by_an_action_about_a_case() {
    for kind in crate::case::EventKind::ALL {
        let action = Action::recording(*kind);
        assert_eq!(action.place(), Place::Case, "{}", kind.name());
        assert!(!RULES.reads[action as usize], "{}", kind.name());
    }
}
