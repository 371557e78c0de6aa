//! The people of a rehearsal: who they are, what they may do, and how fast
//! they answer.

use fixlead_core::time::{Instant, Span};

use super::clock::Dice;
use super::git::Signature;

/// Somebody who takes part.
#[derive(Clone, Debug)]
pub struct Person {
    /// The short name that stands in the history.
    pub handle: String,
    /// The name in mails and commits.
    pub name: String,
    /// Where their day lies: hours east of UTC.
    pub zone: i64,
    /// How many minutes they usually take to answer.
    pub pace: i64,
    /// Their mail address.
    pub mail: String,
}

/// How pressing a step is to whoever takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressure {
    /// It waits for their waking hours.
    Usual,
    /// Everything is as soon as possible: they are paged.
    Pressing,
}

impl Person {
    /// The person as author of a commit.
    pub fn signature(&self) -> Signature {
        Signature { name: self.name.clone(), mail: self.mail.clone() }
    }

    /// When they get round to something that comes up at `now`.
    pub fn reacts(&self, now: Instant, pressure: Pressure, dice: &mut Dice) -> Instant {
        match pressure {
            Pressure::Pressing => now + Span::minutes(dice.between(4, 4 + self.pace / 4)),
            Pressure::Usual => {
                let willing = now + Span::minutes(dice.between(self.pace / 3, self.pace * 2));
                self.awake(willing, dice)
            }
        }
    }

    /// The first moment from `instant` on at which they are awake.
    pub fn awake(&self, instant: Instant, dice: &mut Dice) -> Instant {
        let local = (instant + Span::hours(self.zone)).time_of_day();
        let (morning, night) = (Span::hours(7), Span::hours(23));
        if local < morning {
            instant
                + Span::from_millis(morning.millis() - local.millis())
                + Span::minutes(dice.between(0, 40))
        } else if local >= night {
            let rest = Span::hours(31).millis() - local.millis();
            instant + Span::from_millis(rest) + Span::minutes(dice.between(0, 40))
        } else {
            instant
        }
    }
}

/// Everyone who takes part.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Who found the flaw.
    pub reporter: Person,
    /// The response team, in the order of the rotation.
    pub responders: Vec<Person>,
    /// The owners at the root of the tree.
    pub root_owners: Vec<Person>,
    /// The owners of the affected component.
    pub owners: Vec<Person>,
    /// Who merges and publishes.
    pub release_managers: Vec<Person>,
    /// Who packages the software for others; the handle is the organisation.
    pub distributors: Vec<Person>,
}

const NAMES: &[(&str, &str)] = &[
    ("amara", "Amara Okoye"),
    ("bo", "Bo Lindqvist"),
    ("chen", "Chen Wei"),
    ("dilnoza", "Dilnoza Karimova"),
    ("eli", "Eli Baruch"),
    ("fay", "Fay Douglas"),
    ("goran", "Goran Petrov"),
    ("hana", "Hana Sato"),
    ("iris", "Iris Papadaki"),
    ("joao", "João Teixeira"),
    ("kofi", "Kofi Mensah"),
    ("lena", "Lena Brandt"),
    ("mateo", "Mateo Rojas"),
    ("nour", "Nour Haddad"),
    ("oskar", "Oskar Nowak"),
    ("priya", "Priya Raman"),
    ("quinn", "Quinn Murphy"),
    ("rosa", "Rosa Ferrari"),
    ("sione", "Sione Tupou"),
    ("tariq", "Tariq Aziz"),
];

const DISTRIBUTORS: &[(&str, &str)] = &[
    ("harbour-linux", "Harbour Linux"),
    ("meridian-cloud", "Meridian Cloud"),
    ("northwind-appliances", "Northwind Appliances"),
];

const ZONES: &[i64] = &[-8, -5, -3, 0, 1, 2, 3, 5, 8, 9];

impl Cast {
    /// Casts the roles by seed. `domain` is where the project's people read mail.
    pub fn choose(seed: u64, domain: &str) -> Self {
        let mut dice = Dice::new(seed, "cast");
        let mut names = dice.shuffled(NAMES).into_iter();
        let mut people = |count: usize| -> Vec<Person> {
            names
                .by_ref()
                .take(count)
                .map(|(handle, name)| {
                    let zone = ZONES.get(dice.place(ZONES.len())).copied().unwrap_or(0);
                    Person {
                        handle: handle.to_owned(),
                        name: name.to_owned(),
                        zone,
                        pace: dice.between(25, 110),
                        mail: format!("{handle}@{domain}"),
                    }
                })
                .collect()
        };
        let responders = people(4);
        let root_owners = people(2);
        let owners = people(3);
        let release_managers = people(2);
        let mut reporter = people(1).remove(0);
        reporter.mail = format!("{}@research.example", reporter.handle);
        let distributors = DISTRIBUTORS
            .iter()
            .map(|(handle, name)| Person {
                handle: (*handle).to_owned(),
                name: (*name).to_owned(),
                zone: 0,
                pace: 120,
                mail: format!("security@{handle}.example"),
            })
            .collect();
        Cast { reporter, responders, root_owners, owners, release_managers, distributors }
    }

    /// Everyone in the project.
    pub fn project(&self) -> impl Iterator<Item = &Person> {
        self.responders.iter().chain(&self.root_owners).chain(&self.owners).chain(&self.release_managers)
    }

    /// Somebody by handle. Whom nobody knows the reporter stands in for,
    /// which cannot happen with names that this cast handed out.
    pub fn person(&self, handle: &str) -> &Person {
        self.project()
            .chain(&self.distributors)
            .find(|person| person.handle == handle)
            .unwrap_or(&self.reporter)
    }

    /// The engineer who writes the fix: an owner of the component.
    pub fn engineer(&self) -> &Person {
        self.owners.first().unwrap_or(&self.reporter)
    }

    /// Who reviews: the other owners of the component, then one of the root.
    pub fn reviewers(&self) -> Vec<&Person> {
        self.owners.iter().skip(1).take(1).chain(self.root_owners.first()).collect()
    }

    /// The release manager on duty.
    pub fn release_manager(&self) -> &Person {
        self.release_managers.first().unwrap_or(&self.reporter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_plays_two_roles() {
        for seed in 0..50 {
            let cast = Cast::choose(seed, "project.example");
            let mut handles: Vec<_> = cast.project().map(|person| person.handle.clone()).collect();
            handles.push(cast.reporter.handle.clone());
            let count = handles.len();
            handles.sort();
            handles.dedup();
            assert_eq!(handles.len(), count);
            assert!(cast.reviewers().iter().all(|who| who.handle != cast.engineer().handle));
        }
    }

    #[test]
    fn people_sleep_unless_it_presses() {
        let mut dice = Dice::new(1, "reaction");
        let mut cast = Cast::choose(1, "project.example");
        let mut person = cast.responders.remove(0);
        person.zone = 0;
        let night = Instant::parse("2027-03-04T01:00:00Z").unwrap();
        let usual = person.reacts(night, Pressure::Usual, &mut dice);
        assert!(usual.time_of_day() >= Span::hours(2));
        let woken = person.reacts(night, Pressure::Pressing, &mut dice);
        assert!(woken - night <= Span::hours(1));
    }
}
