//! What the gate has to know of every case, so that a question can be decided
//! for all of them: standing and grants, without names or texts.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{self, Read, Write};

use fixlead_core::access::{CaseStanding, CaseState, Grant, Role, Scope};
use fixlead_core::desk::CaseFile;
use fixlead_core::id::{CaseId, GrantId, OrganisationId, PersonId, ProjectId};
use fixlead_core::time::Instant;

/// The most classes, recused people and grants that are read.
const MOST: u32 = 1 << 24;

/// What many cases have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Class {
    pub organisation: OrganisationId,
    pub project: ProjectId,
    pub state: CaseState,
    pub restricted: bool,
}

/// What is known of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The version of its stream that was taken in.
    pub version: u64,
    /// Its class, by number.
    pub class: u32,
    pub recused: Box<[PersonId]>,
    pub grants: Box<[KnownGrant]>,
}

/// A grant for the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KnownGrant {
    pub person: PersonId,
    role: Role,
    from: Instant,
    until: Option<Instant>,
    revoked: Option<Instant>,
}

/// Ids of cases are drawn at random, so that they can be their own hash.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.0 = self.0.rotate_left(32) ^ u64::from_le_bytes(word);
        }
    }
}

/// All cases that were taken in.
#[derive(Default)]
pub(super) struct Cases {
    known: HashMap<CaseId, Known, BuildHasherDefault<IdHasher>>,
    classes: Vec<Class>,
    numbers: HashMap<Class, u32>,
    /// The cases in which the answer about somebody hangs on more than the class.
    concerning: HashMap<PersonId, BTreeSet<CaseId>>,
}

impl Known {
    /// Whom the answer hangs on more than the case's class about; some may come twice.
    fn people(&self) -> impl Iterator<Item = PersonId> {
        self.grants.iter().map(|grant| grant.person).chain(self.recused.iter().copied())
    }

    /// What a decision has to know of the case.
    pub fn standing(&self, case: CaseId, class: &Class) -> CaseStanding {
        CaseStanding {
            case,
            project: class.project,
            organisation: class.organisation,
            state: class.state,
            restricted: class.restricted,
            recused: self.recused.to_vec(),
        }
    }

    /// The grants of a person for this case.
    pub fn grants_of(&self, case: CaseId, person: PersonId) -> Vec<Grant> {
        let own = self.grants.iter().filter(|grant| grant.person == person);
        own.map(|grant| Grant {
            id: GrantId::from_bytes([0; 16]),
            person,
            role: grant.role,
            scope: Scope::Case(case),
            reason: "".into(),
            given_by: None,
            team: None,
            from: grant.from,
            until: grant.until,
            revoked: grant.revoked,
        })
        .collect()
    }
}

impl Cases {
    pub fn count(&self) -> usize {
        self.known.len()
    }

    pub fn get(&self, case: CaseId) -> Option<&Known> {
        self.known.get(&case)
    }

    pub fn version(&self, case: CaseId) -> u64 {
        self.known.get(&case).map_or(0, |known| known.version)
    }

    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// Every case, and the number of its class.
    pub fn numbered(&self) -> impl Iterator<Item = (CaseId, u32)> {
        self.known.iter().map(|(case, known)| (*case, known.class))
    }

    /// The cases in which somebody has or had a grant, or is recused.
    pub fn concerning(&self, person: PersonId) -> impl Iterator<Item = CaseId> {
        self.concerning.get(&person).into_iter().flatten().copied()
    }

    pub fn remove(&mut self, case: CaseId) -> bool {
        let Some(known) = self.known.remove(&case) else { return false };
        for person in known.people() {
            if let Some(cases) = self.concerning.get_mut(&person) {
                cases.remove(&case);
                if cases.is_empty() {
                    self.concerning.remove(&person);
                }
            }
        }
        true
    }

    fn insert(&mut self, case: CaseId, known: Known) {
        self.remove(case);
        for person in known.people() {
            self.concerning.entry(person).or_default().insert(case);
        }
        self.known.insert(case, known);
    }

    /// Takes in how a case stands, and says the number of its class. Nothing, before
    /// it was opened.
    pub fn put(&mut self, file: &CaseFile, version: u64) -> Option<u32> {
        let opened = file.opened.as_ref()?;
        let class = self.class(Class {
            organisation: opened.organisation,
            project: opened.project,
            state: file.state(),
            restricted: file.restricted,
        });
        let grants = file.grants.values().map(|grant| KnownGrant {
            person: grant.person,
            role: grant.role,
            from: grant.from,
            until: grant.until,
            revoked: grant.revoked,
        });
        let (recused, grants) = (file.recused.iter().copied().collect(), grants.collect());
        self.insert(opened.case, Known { version, class, recused, grants });
        Some(class)
    }

    fn class(&mut self, class: Class) -> u32 {
        *self.numbers.entry(class).or_insert_with(|| {
            self.classes.push(class);
            self.classes.len() as u32 - 1
        })
    }

    /// Writes all of it, for a copy that is sealed.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        put_count(out, self.classes.len())?;
        for class in &self.classes {
            out.write_all(&class.organisation.bytes())?;
            out.write_all(&class.project.bytes())?;
            put_word(out, class.state.name())?;
            out.write_all(&[u8::from(class.restricted)])?;
        }
        put_count(out, self.known.len())?;
        for (case, known) in &self.known {
            out.write_all(&case.bytes())?;
            out.write_all(&known.version.to_le_bytes())?;
            out.write_all(&known.class.to_le_bytes())?;
            put_count(out, known.recused.len())?;
            for person in &known.recused {
                out.write_all(&person.bytes())?;
            }
            put_count(out, known.grants.len())?;
            for grant in &known.grants {
                out.write_all(&grant.person.bytes())?;
                put_word(out, grant.role.name())?;
                out.write_all(&grant.from.millis().to_le_bytes())?;
                for end in [grant.until, grant.revoked] {
                    out.write_all(&[u8::from(end.is_some())])?;
                    if let Some(end) = end {
                        out.write_all(&end.millis().to_le_bytes())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads what [`Cases::write`] wrote.
    pub fn read(from: &mut impl Read) -> io::Result<Cases> {
        let mut cases = Cases::default();
        for number in 0..count(from)? {
            let class = Class {
                organisation: OrganisationId::from_bytes(bytes(from)?),
                project: ProjectId::from_bytes(bytes(from)?),
                state: CaseState::parse(&word(from)?).ok_or_else(unfit)?,
                restricted: flag(from)?,
            };
            if cases.class(class) != number {
                return Err(unfit());
            }
        }
        for _ in 0..count(from)? {
            let case = CaseId::from_bytes(bytes(from)?);
            let version = u64::from_le_bytes(bytes(from)?);
            let class = u32::from_le_bytes(bytes(from)?);
            let recused = (0..count(from)?).map(|_| Ok(PersonId::from_bytes(bytes(from)?)));
            let recused = recused.collect::<io::Result<Box<[_]>>>()?;
            let grants = (0..count(from)?).map(|_| grant(from)).collect::<io::Result<Box<[_]>>>()?;
            let known = Known { version, class, recused, grants };
            if class as usize >= cases.classes.len() || cases.known.contains_key(&case) {
                return Err(unfit());
            }
            cases.insert(case, known);
        }
        Ok(cases)
    }
}

fn grant(from: &mut impl Read) -> io::Result<KnownGrant> {
    let person = PersonId::from_bytes(bytes(from)?);
    let role = Role::parse(&word(from)?).ok_or_else(unfit)?;
    let begins = instant(from)?;
    let mut end = || Ok::<_, io::Error>(if flag(from)? { Some(instant(from)?) } else { None });
    let (until, revoked) = (end()?, end()?);
    Ok(KnownGrant { person, role, from: begins, until, revoked })
}

fn unfit() -> io::Error {
    io::Error::other("what is said of the cases makes no sense")
}

fn put_count(out: &mut dyn Write, count: usize) -> io::Result<()> {
    let count = u32::try_from(count).map_err(|_| io::ErrorKind::FileTooLarge)?;
    out.write_all(&count.to_le_bytes())
}

fn put_word(out: &mut dyn Write, word: &str) -> io::Result<()> {
    out.write_all(&[word.len() as u8])?;
    out.write_all(word.as_bytes())
}

fn bytes<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn count(from: &mut impl Read) -> io::Result<u32> {
    let count = u32::from_le_bytes(bytes(from)?);
    if count > MOST { Err(unfit()) } else { Ok(count) }
}

fn flag(from: &mut impl Read) -> io::Result<bool> {
    match bytes(from)? {
        [0] => Ok(false),
        [1] => Ok(true),
        [_] => Err(unfit()),
    }
}

fn instant(from: &mut impl Read) -> io::Result<Instant> {
    Ok(Instant::from_millis(i64::from_le_bytes(bytes(from)?)))
}

fn word(from: &mut impl Read) -> io::Result<String> {
    let [length] = bytes(from)?;
    let mut word = vec![0; usize::from(length)];
    from.read_exact(&mut word)?;
    String::from_utf8(word).map_err(|_| unfit())
}
