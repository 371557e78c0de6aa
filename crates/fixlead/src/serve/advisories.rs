//! The advisories that this desk gives to everybody: the same tree that
//! `fixlead publish` writes, held in memory.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderValue;
use fixlead_app::advisory::{self, Published, Site};
use fixlead_app::desk::Desk;
use fixlead_core::time::Instant;
use fixlead_formats::format::csaf_file_name;
use fixlead_formats::lint::Insiders;
use fixlead_formats::source::{self, Advisory, Publisher};
use fixlead_publish::checker::{self, Answer};
use fixlead_publish::content::Content;
use fixlead_publish::openpgp::{Key, Zeroizing};
use fixlead_publish::provider::Provider;
use fixlead_publish::tree::{self, Before, Source, Tree};
use fixlead_publish::zip::MOST_ENTRIES;
use tracing::{info, warn};

use super::world;
use crate::configuration::Configuration;
use crate::publish;
use crate::publish::sources::{self, Remembered};

/// How often it is looked whether sources have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// After how many looks it is asked what other nodes made public.
const ASK_EVERY: u32 = 6;

/// A file of the tree.
#[derive(Clone)]
pub struct File {
    /// What it holds.
    pub bytes: Bytes,
    /// Its entity tag (RFC 9110, section 8.8.3).
    pub tag: HeaderValue,
}

/// The tree at one time.
#[derive(Clone, Default)]
pub struct Served {
    tree: Tree,
    files: HashMap<String, File>,
    /// The advisories with their sources, by the hashes of these.
    advisories: HashMap<String, (Arc<Advisory>, Arc<str>)>,
    /// The advisories, by the names of their packages.
    named: HashMap<String, Vec<Arc<Advisory>>>,
    /// The ids that have pages, by what else these advisories are called, in small letters.
    called: HashMap<String, String>,
    /// Their packages, each beside itself in small letters.
    packages: BTreeMap<String, String>,
    /// The names of the files of those that files outside the desk publish.
    of_files: HashSet<String>,
}

impl Served {
    /// A file.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// What is said of a version of a package.
    pub fn answer(&self, package: &str, version: &str) -> Answer {
        let named = self.named.get(&checker::word(package)).into_iter().flatten();
        let mut answer = checker::ask(named.map(Arc::as_ref), package, version);
        if answer.packages.is_empty() {
            answer.similar = checker::similar(&self.packages, package);
        }
        answer
    }

    /// The id under which an advisory has its page, by another id of it. An address that was
    /// given to people once leads there.
    pub fn page_of(&self, other: &str) -> Option<&str> {
        self.called.get(&other.to_ascii_lowercase()).map(String::as_str)
    }

    /// Whether an advisory is given under an id.
    pub fn has(&self, id: &str) -> bool {
        self.files.contains_key(&format!("osv/{id}.json"))
    }
}

/// What came of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// How many advisories are given.
    pub advisories: usize,
    /// How many that the desk made public are not.
    pub left_out: usize,
}

/// Where sources are.
enum From {
    /// Files and directories.
    Files(Vec<PathBuf>),
    /// In the binary: those of a demonstration.
    Texts(&'static [(&'static str, &'static str)]),
}

/// What is given to everybody.
pub struct Advisories {
    provider: Provider,
    from: From,
    served: RwLock<Arc<Served>>,
}

/// A source as it was read: what it is called, its hash, its text.
type Text = (Source, Arc<str>);

/// One that the desk made public, and whether that was done from a case.
type Own = (Text, bool);

/// One that the desk made public. Its name says where a complaint comes from.
fn of_desk(Published { source, of_case, .. }: Published) -> Own {
    let hash = tree::hash(&source);
    ((Source { name: format!("the desk's {}", &hash[..12]), hash }, Arc::from(source)), of_case)
}

/// A source that stands in the binary.
fn named(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), hash: tree::hash(text) }
}

/// What is remembered between two looks.
#[derive(Default)]
struct Looked {
    files: Remembered,
    last: Option<Last>,
}

/// A look, and what came of it.
#[derive(Clone)]
struct Last {
    /// The hash of all that was seen.
    seen: String,
    /// When something of that becomes public by itself.
    until: Option<Instant>,
    outcome: Result<Given, Vec<String>>,
}

/// The place where a desk makes advisories public, as it is now.
pub struct PublicSite {
    insiders: Insiders,
    advisories: Option<Arc<Advisories>>,
}

impl PublicSite {
    /// Where a desk publishes at all, and which addresses are for its insiders besides those
    /// that whoever publishes names.
    pub fn new(own: impl Iterator<Item = String>, advisories: Option<Arc<Advisories>>) -> PublicSite {
        let named = advisories.iter().flat_map(|advisories| advisories.provider.insiders.iter().cloned());
        PublicSite { insiders: Insiders(own.chain(named).collect()), advisories }
    }
}

impl Site for PublicSite {
    fn insiders(&self) -> &Insiders {
        &self.insiders
    }

    fn refuses(&self, advisory: &Advisory) -> Vec<(String, String)> {
        let provider = self.advisories.iter().map(|advisories| &advisories.provider);
        provider.flat_map(|provider| tree::refuses(provider, advisory)).collect()
    }

    fn has_file(&self, id: &str) -> bool {
        let name = csaf_file_name(id);
        self.advisories.as_ref().is_some_and(|advisories| advisories.served().of_files.contains(&name))
    }

    fn room(&self) -> usize {
        let given = self.advisories.as_ref().map_or(0, |advisories| advisories.served().tree.entries.len());
        MOST_ENTRIES.saturating_sub(given)
    }

    fn publisher(&self) -> Option<Publisher> {
        let provider = &self.advisories.as_ref()?.provider;
        let (name, namespace) = (provider.name.clone(), provider.namespace.clone());
        Some(Publisher { name, namespace, category: provider.category, cna_org: None })
    }
}

impl Advisories {
    /// As it is configured; nothing where nobody is named who publishes.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn of(keys: &Configuration) -> Result<Option<Advisories>, String> {
        let from = keys.advisories_from.clone();
        match &keys.advisories_provider {
            Some(provider) => Ok(Some(Advisories::new(publish::provider(provider)?, From::Files(from)))),
            None if from.is_empty() => Ok(None),
            None => Err("`advisories.from` is set and `advisories.provider` is not; name the file that says who publishes"
                .to_owned()),
        }
    }

    /// Those of a demonstration, which signs with a key of its own.
    ///
    /// # Errors
    /// Never, unless what is in the binary is wrong.
    pub fn shown(
        public: &str,
        provider: &str,
        texts: &'static [(&'static str, &'static str)],
    ) -> Result<Advisories, String> {
        let (mut provider, _) = Provider::read(&provider.replace("{public}", public))?;
        let mut seed = Zeroizing::new([0; 32]);
        world::random(&mut seed[..]);
        // It has to be older than what it signs.
        let owner = format!("{} <security@meridian.example>", provider.name);
        provider.key = Some(Key::new(&seed, &owner, Instant::from_millis(0))?);
        let shown = Advisories::new(provider, From::Texts(texts));
        shown.look(&mut Looked::default(), &[]).map_err(|complaints| complaints.join("\n"))?;
        Ok(shown)
    }

    fn new(provider: Provider, from: From) -> Advisories {
        Advisories { provider, from, served: RwLock::default() }
    }

    /// Who publishes.
    pub const fn provider(&self) -> &Provider {
        &self.provider
    }

    /// What is given now.
    pub fn served(&self) -> Arc<Served> {
        Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks for sources that changed, in files and among what the desk made public,
    /// until it is dropped.
    pub async fn tend(self: Arc<Self>, desk: Desk) {
        let mut looked = Looked::default();
        let mut told = None;
        let (mut published, mut mark, mut looks) = (Arc::<[Own]>::default(), None, 0);
        loop {
            // Read only when something of it has changed, on whatever node.
            if looks % ASK_EVERY == 0
                && let Ok(now) = advisory::mark(&desk).await
                && mark != Some(now)
                && let Ok(all) = advisory::published(&desk).await
            {
                (published, mark) = (all.into_iter().map(of_desk).collect(), Some(now));
            }
            let (own, before) = (Arc::clone(&self), std::mem::take(&mut looked));
            let known = Arc::clone(&published);
            let look = tokio::task::spawn_blocking(move || {
                let mut looked = before;
                let outcome = own.look(&mut looked, &known);
                (outcome, looked)
            });
            if let Ok((outcome, now)) = look.await {
                looked = now;
                // What was said is said once; a complaint can hold texts, and stays out of the log.
                let outcome = outcome.map_err(|complaints| complaints.len());
                if told.as_ref() != Some(&outcome) {
                    match &outcome {
                        Ok(Given { advisories, left_out: 0 }) => {
                            info!(target: "fixlead::advisories", advisories, "published");
                        }
                        Ok(Given { advisories, left_out }) => warn!(
                            target: "fixlead::advisories", advisories, left_out,
                            "published, without some that the desk made public: their ids or links have no place on the site"
                        ),
                        Err(complaints) => warn!(
                            target: "fixlead::advisories", complaints,
                            "sources have errors, and what was published before stays; `fixlead publish` says which"
                        ),
                    }
                    told = Some(outcome);
                }
            }
            looks = match tokio::time::timeout(LOOK_EVERY, advisory::changed(&desk)).await {
                Ok(()) => 0,
                Err(_) => looks + 1,
            };
        }
    }

    /// Brings what is given up to date. What two people published from a case counts most, then
    /// files, then what was taken in. What the desk made public and what has no place in a tree
    /// is left out, so that it does not keep the others; of several with one id the earliest stays.
    ///
    /// # Errors
    /// Everything that is wrong with the files; what is given stays as it was.
    fn look(&self, looked: &mut Looked, published: &[Own]) -> Result<Given, Vec<String>> {
        let one = |wrong: String| vec![wrong];
        let now = world::now();
        let found = match &self.from {
            From::Texts(_) => None,
            From::Files(places) => {
                let listed = sources::list(places).map_err(one)?;
                Some(sources::find(listed, looked.files.clone(), now).map_err(one)?)
            }
        };
        let files: Vec<Source> = match (&found, &self.from) {
            (Some(found), _) => found.sources.clone(),
            (None, From::Texts(texts)) => texts.iter().map(|(name, text)| named(name, text)).collect(),
            (None, From::Files(_)) => Vec::new(),
        };
        let mut seen = String::new();
        for ((source, _), of_case) in published {
            seen.push_str(&format!("{} {of_case}\n", source.hash));
        }
        files.iter().for_each(|source| seen.push_str(&format!("{}\n", source.hash)));
        let seen = tree::hash(seen);
        // The same again comes to the same, so that nothing is looked through twice.
        let known = looked.last.as_ref().filter(|last| last.seen == seen);
        if let Some(last) = known.filter(|last| last.until.is_none_or(|until| now < until)) {
            return last.outcome.clone();
        }
        let mut until = None;
        let text = |place: usize| match (&found, &self.from) {
            (Some(found), _) => found.text(place),
            (None, From::Texts(texts)) => Ok(texts[place].1.to_owned()),
            (None, From::Files(_)) => Err("there is no such file".to_owned()),
        };
        let outcome = self.give(published, &files, &text, now, &mut until);
        looked.last = Some(Last { seen, until, outcome: outcome.clone() });
        if let Some(found) = found {
            looked.files = found.remembered;
        }
        outcome
    }

    fn give(
        &self,
        published: &[Own],
        files: &[Source],
        text: &dyn Fn(usize) -> Result<String, String>,
        now: Instant,
        until: &mut Option<Instant>,
    ) -> Result<Given, Vec<String>> {
        let one = |wrong: String| vec![wrong];
        let old = self.served();
        let read = |(source, text): Text| {
            let known = old.advisories.get(&source.hash).map(|(known, _)| Arc::clone(known));
            // What is wrong with it is said below, with its place.
            let advisory = known.or_else(|| source::read(&text).ok().map(|read| Arc::new(read.advisory)));
            (source, text, advisory)
        };
        let mut names: HashSet<String> = HashSet::new();
        let mut texts = Vec::new();
        let own = |of_cases: bool, names: &mut HashSet<String>| {
            let chosen = published.iter().filter(|(_, of_case)| *of_case == of_cases);
            let mut fitting = Vec::new();
            for (source, text, advisory) in chosen.map(|(text, _)| read(text.clone())) {
                let fits = old.advisories.contains_key(&source.hash)
                    || tree::admit(&self.provider, &source, &text).is_ok();
                let Some(known) = advisory.as_ref().filter(|_| fits) else { continue };
                if names.insert(csaf_file_name(&known.public_id())) {
                    fitting.push((source, text, advisory));
                }
            }
            fitting
        };
        texts.extend(own(true, &mut names));
        let mut of_files = HashSet::new();
        for (place, source) in files.iter().enumerate() {
            let text = match old.advisories.get(&source.hash) {
                Some((_, text)) => Arc::clone(text),
                None => Arc::from(text(place).map_err(one)?),
            };
            let file = read((source.clone(), text));
            if let Some(advisory) = &file.2 {
                // What becomes public later is given from then on.
                if advisory.published > now {
                    *until = Some(until.map_or(advisory.published, |until| until.min(advisory.published)));
                    continue;
                }
                let name = csaf_file_name(&advisory.public_id());
                if names.contains(&name) {
                    continue;
                }
                of_files.insert(name);
            }
            texts.push(file);
        }
        names.extend(of_files.iter().cloned());
        texts.extend(own(false, &mut names));
        let given: HashSet<&str> = texts.iter().map(|(source, ..)| source.hash.as_str()).collect();
        let out = published.iter().filter(|((source, _), _)| !given.contains(source.hash.as_str()));
        let left_out = out.count();
        let same = !old.files.is_empty()
            && of_files == old.of_files
            && texts.len() == old.tree.entries.len()
            && texts.iter().all(|(source, ..)| old.advisories.contains_key(&source.hash));
        if same {
            return Ok(Given { advisories: texts.len(), left_out });
        }
        let mut next = Served { files: old.files.clone(), of_files, ..Served::default() };
        for (source, text, advisory) in &texts {
            let Some(advisory) = advisory else { continue };
            for other in advisory.other_ids() {
                next.called.entry(other.to_ascii_lowercase()).or_insert_with(|| advisory.public_id());
            }
            for name in checker::names(advisory) {
                next.named.entry(name).or_default().push(Arc::clone(advisory));
            }
            next.advisories.insert(source.hash.clone(), (Arc::clone(advisory), Arc::clone(text)));
        }
        let sources: Vec<Source> = texts.iter().map(|(source, ..)| source.clone()).collect();
        let text = |place: usize| Ok(texts[place].1.as_ref().to_owned());
        let file = |path: &str| old.files.get(path).map(|file| Cow::Borrowed(file.bytes.as_ref()));
        let before = Before { tree: old.tree.clone(), file: &file };
        let files = Mutex::new(&mut next.files);
        let put = |path: String, content: Option<Content<'_>>| {
            let files = || files.lock().unwrap_or_else(PoisonError::into_inner);
            match content {
                Some(content) => {
                    let bytes = content.into_bytes();
                    let hash = tree::hash(&bytes);
                    let tag = HeaderValue::try_from(format!("\"{}\"", &hash[..32]))
                        .map_err(|error| error.to_string())?;
                    files().insert(path, File { bytes: Bytes::from(bytes), tag });
                }
                None => drop(files().remove(&path)),
            }
            Ok(())
        };
        next.tree = tree::build(&self.provider, &sources, &text, Some(before), &put)?;
        let packages = next.tree.entries.iter().flat_map(|entry| &entry.packages);
        next.packages = packages.map(|package| (package.clone(), package.to_ascii_lowercase())).collect();
        let advisories = next.tree.entries.len();
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(Given { advisories, left_out })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn source(id: &str, title: &str) -> String {
        format!(
            "id = \"{id}\"\ncve = \"{id}\"\ntitle = \"{title}\"\nsummary = \"It stops.\"\ndescription = \"It stops.\"\n\
             published = 2026-01-01T00:00:00Z\n[[affected]]\npackage = \"pkg:npm/thing\"\nstatus = \"affected\"\n\
             [[affected.range]]\nintroduced = \"0\"\nfixed = \"1.2.0\"\n[[reference]]\nkind = \"fix\"\n\
             url = \"https://example.org/1\"\n[publisher]\nname = \"Example\"\nnamespace = \"https://example.org\"\n\
             category = \"vendor\"\n"
        )
    }

    fn own(id: &str, title: &str, of_case: bool) -> Own {
        of_desk(Published { source: source(id, title), at: Instant::from_millis(0), of_case })
    }

    #[test]
    fn a_case_counts_more_than_a_file_and_a_file_more_than_what_was_taken_in() {
        let place = std::env::temp_dir().join(format!("fixlead-order-{}", world::random_id()));
        fs::create_dir_all(&place).unwrap();
        for (file, text) in
            [("a", source("CVE-2026-10001", "file one")), ("b", source("CVE-2026-10002", "file two"))]
        {
            fs::write(place.join(file).with_extension("toml"), text).unwrap();
        }
        let provider =
            "name = \"Example\"\nnamespace = \"https://example.org\"\nbase-url = \"https://example.org\"\n";
        let provider = Provider::read(provider).unwrap().0;
        let advisories = Advisories::new(provider, From::Files(vec![place.clone()]));
        let stranger = source("CVE-2026-10009", "of another")
            .replace("https://example.org\"\ncat", "https://else.example\"\ncat");
        let stranger = of_desk(Published { source: stranger, at: Instant::from_millis(0), of_case: true });
        let published = [
            own("CVE-2026-10001", "case one", true),
            own("CVE-2026-10001", "a later case", true),
            own("CVE-2026-10002", "import two", false),
            own("CVE-2026-10003", "import three", false),
            stranger,
        ];
        let mut looked = Looked::default();
        let given = advisories.look(&mut looked, &published).unwrap();
        assert_eq!(given, Given { advisories: 3, left_out: 3 });
        let served = advisories.served();
        let page = |id: &str| {
            let file = served.file(&format!("advisories/{id}/index.html"));
            file.map_or(String::new(), |file| String::from_utf8_lossy(&file.bytes).into_owned())
        };
        for (id, title) in [
            ("CVE-2026-10001", "case one"),
            ("CVE-2026-10002", "file two"),
            ("CVE-2026-10003", "import three"),
            ("CVE-2026-10009", ""),
        ] {
            assert!(page(id).contains(title), "{id}");
        }
        assert!(page("CVE-2026-10009").is_empty() && !page("CVE-2026-10001").contains("a later case"));
        // Whoever takes something in is told that a file has it.
        let site = PublicSite::new(std::iter::empty(), Some(Arc::new(advisories)));
        assert!(
            site.has_file("CVE-2026-10002")
                && !site.has_file("CVE-2026-10001")
                && !site.has_file("CVE-2026-10003")
        );
        let advisories = site.advisories.as_ref().unwrap();
        // A file that is broken is looked through once, and what was given stays.
        fs::write(place.join("b.toml"), "title = 1").unwrap();
        let wrong = advisories.look(&mut looked, &published).unwrap_err();
        let seen = looked.last.as_ref().unwrap().seen.clone();
        assert_eq!(advisories.look(&mut looked, &published).unwrap_err(), wrong);
        assert_eq!(looked.last.as_ref().unwrap().seen, seen);
        assert!(Arc::ptr_eq(&served, &advisories.served()));
        fs::remove_dir_all(place).unwrap();
    }
}
