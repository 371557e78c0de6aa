//! The stage of a rehearsal: an invented project as a policy would meet it,
//! with its branches, versions, addresses and channels.

use fixlead_core::time::{Instant, Span};

use super::clock::Dice;
use super::flaws::{FLAWS, Flaw};

/// A release branch.
#[derive(Clone, Debug)]
pub struct ReleaseBranch {
    /// Its name.
    pub name: String,
    /// The version that users run.
    pub affected: String,
    /// The version that brings the fix.
    pub fixed: String,
}

/// Where the project tells things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// On mailing lists, with a private list for distributors.
    Lists,
    /// In a chat, with nobody told beforehand.
    Chat,
}

/// The stage.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The policy that is rehearsed.
    pub policy: String,
    /// The name of the invented project.
    pub project: &'static str,
    /// The package URL of what it ships.
    pub package: String,
    /// The domain its people and lists live in.
    pub domain: String,
    /// The supported branches, newest first.
    pub branches: Vec<ReleaseBranch>,
    /// How it tells things.
    pub habit: Habit,
    /// What is wrong with it this time.
    pub flaw: &'static Flaw,
    /// When the flaw is reported.
    pub start: Instant,
    /// The id the flaw will get; the year 1900 marks it as never real.
    pub cve: String,
}

impl Scene {
    /// Builds the stage for a policy and a seed.
    pub fn build(policy: &str, habit: Habit, seed: u64) -> Self {
        let mut dice = Dice::new(seed, "scene");
        let chat = habit == Habit::Chat;
        let (project, slug) = if chat { ("Tessellate", "tessellate") } else { ("Lanternbox", "lanternbox") };
        let branches = (0..3)
            .map(|age| {
                if chat {
                    let major = 24 - age;
                    ReleaseBranch {
                        name: format!("release-{major}.0"),
                        affected: format!("v{major}.0.{}", age + 1),
                        fixed: format!("v{major}.0.{}", age + 2),
                    }
                } else {
                    let minor = 132 - age;
                    ReleaseBranch {
                        name: format!("release/v0.{minor}.x"),
                        affected: format!("v0.{minor}.{age}"),
                        fixed: format!("v0.{minor}.{}", age + 1),
                    }
                }
            })
            .collect();
        // Two in five drills rehearse the first flaw, the rest share the others.
        let place = if dice.chance(40) { 0 } else { 1 + dice.place(FLAWS.len() - 1) };
        let flaw = FLAWS.get(place).unwrap_or(&FLAWS[0]);
        let first_day = Instant::midnight(20_819); // 2027-01-01
        let start =
            first_day + Span::days(dice.between(4, 330)) + Span::minutes(dice.between(6 * 60, 20 * 60));
        Scene {
            policy: policy.to_owned(),
            project,
            package: format!("pkg:pypi/{slug}"),
            domain: format!("{slug}.example"),
            branches,
            habit: if chat { Habit::Chat } else { Habit::Lists },
            flaw,
            start,
            cve: format!("CVE-1900-{}", dice.between(1000, 9999)),
        }
    }

    /// The development branch.
    pub fn main(&self) -> &'static str {
        "main"
    }

    /// Every branch that gets the fix, main first.
    pub fn all_branches(&self) -> Vec<String> {
        std::iter::once(self.main().to_owned())
            .chain(self.branches.iter().map(|branch| branch.name.clone()))
            .collect()
    }

    /// The oldest supported branch, on which the code is not what main has.
    #[cfg(test)]
    pub fn oldest(&self) -> &str {
        self.branches.last().map_or("main", |branch| branch.name.as_str())
    }

    /// A mail address of the project.
    pub fn address(&self, local: &str) -> String {
        format!("{local}@{}", self.domain)
    }

    /// The version of CVSS the policy's people use.
    pub fn cvss_version(&self) -> &'static str {
        match self.habit {
            Habit::Chat => "3.0",
            Habit::Lists => "3.1",
        }
    }

    /// The vector of the flaw.
    pub fn vector(&self) -> String {
        format!("CVSS:{}/{}", self.cvss_version(), self.flaw.metrics)
    }

    /// The page of the advisory once it is public.
    pub fn advisory_url(&self) -> String {
        format!("https://{}/advisories/{}", self.domain, self.cve)
    }

    /// The notes of the releases with the fix.
    pub fn notes_url(&self) -> String {
        format!("https://{}/releases/notes", self.domain)
    }

    /// The public tracking issue once it is opened.
    pub fn tracking_url(&self) -> String {
        format!("https://{}/issues/4711", self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rehearsals_lie_in_2027_and_cannot_be_taken_for_real() {
        for seed in 0..200 {
            let scene = Scene::build("opentelemetry", Habit::Lists, seed);
            assert!(scene.start.to_string().starts_with("2027-"), "{}", scene.start);
            assert!(scene.cve.starts_with("CVE-1900-"));
            assert_eq!(scene.branches.len(), 3);
            assert!(scene.domain.ends_with(".example"));
        }
    }
}
