//! The tree of files, made from the sources of all advisories; and of a tree
//! that was made before, only what changed.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fixlead_core::text::echo;
use fixlead_core::time::Instant;
use fixlead_formats::format::{Format, Options, build as document};
use fixlead_formats::lint::{Insiders, Level, lint};
use fixlead_formats::source::{self, Advisory};
use rayon::iter::{
    IndexedParallelIterator as _, IntoParallelIterator as _, IntoParallelRefMutIterator as _,
    ParallelBridge as _, ParallelIterator as _,
};
use serde::{Deserialize, Serialize};

use crate::content::{Content, digest};
use crate::csaf::FeedEntry;
use crate::entry::{Entry, sha256};
use crate::feeds::{self, Place};
use crate::provider::Provider;
use crate::site::{self, ON_A_PAGE};
use crate::zip::{self, Piece};
use crate::{csaf, osv};

/// Where security.txt is (RFC 9116, section 3).
pub const SECURITY_TXT: &str = ".well-known/security.txt";
/// Most complaints that are told at once.
const MOST_COMPLAINTS: usize = 50;

/// What is remembered of a tree: enough to know what has to be made anew, and
/// to check that nothing in it was altered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// For whom and by what it was made: [`Provider::mark`].
    pub mark: String,
    /// The advisories, by when they were published.
    pub entries: Vec<Entry>,
    /// The files that speak of several advisories, or of none.
    pub shared: BTreeMap<String, Shared>,
}

/// A file that speaks of several advisories, or of none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// What it was made from.
    pub from: String,
    /// The [digest] of what it holds.
    pub digest: String,
}

/// The source of an advisory, which is read when it is needed.
#[derive(Clone, Debug)]
pub struct Source {
    /// What complaints call it.
    pub name: String,
    /// The SHA-256 of its text, in hexadecimal: [`hash`].
    pub hash: String,
}

/// The hash of a source's text, or of a file.
pub fn hash(bytes: impl AsRef<[u8]>) -> String {
    sha256(bytes.as_ref())
}

/// A tree that was made before, and its files.
pub struct Before<'a> {
    /// What is remembered of it.
    pub tree: Tree,
    /// Reads a file of it.
    pub file: &'a (dyn Fn(&str) -> Option<Cow<'a, [u8]>> + Sync),
}

/// Reads the source of a place in the list.
pub type Text<'a> = dyn Fn(usize) -> Result<String, String> + Sync + 'a;

/// What happens to files, each once and several at a time: those with content are written,
/// the others removed.
pub type Put<'a> = dyn Fn(String, Option<Content<'_>>) -> Result<(), String> + Sync + 'a;

/// Makes a tree. Every source is looked through before the first file is put;
/// `before` counts only if it was made for the same provider, and without it
/// everything is put.
///
/// # Errors
/// Everything that is wrong with the sources, a complaint each; or what `text`
/// and `put` say.
pub fn build(
    provider: &Provider,
    sources: &[Source],
    text: &Text<'_>,
    before: Option<Before<'_>>,
    put: &Put<'_>,
) -> Result<Tree, Vec<String>> {
    let mark = provider.mark();
    let before = before.filter(|before| before.tree.mark == mark);
    let (old, file) = before.map_or((Tree::default(), None), |before| (before.tree, Some(before.file)));
    let mut known: BTreeMap<String, Entry> =
        old.entries.into_iter().map(|entry| (entry.hash.clone(), entry)).collect();

    let read = Reader { provider, text, sources, made: Mutex::default() };
    let mut found: Vec<Member> = Vec::with_capacity(sources.len());
    let mut new = Vec::new();
    for (place, source) in sources.iter().enumerate() {
        match known.remove(source.hash.as_str()) {
            Some(entry) => found.push(Member { entry, place, known: true }),
            None => new.push(place),
        }
    }
    let linted: Vec<_> = new.into_par_iter().map(|place| (place, read.linted(place))).collect();
    let mut complaints = Vec::new();
    for (place, linted) in linted {
        match linted {
            Ok(entry) => found.push(Member { entry, place, known: false }),
            Err(wrong) => complaints.extend(wrong),
        }
    }
    found.sort_by(|one, other| {
        (one.entry.published, &one.entry.id).cmp(&(other.entry.published, &other.entry.id))
    });
    complaints.extend(twice(&found, sources));
    if found.len() > zip::MOST_ENTRIES {
        complaints.push(format!("{} advisories, at most {} make one tree", found.len(), zip::MOST_ENTRIES));
    }
    if !complaints.is_empty() {
        complaints.truncate(MOST_COMPLAINTS);
        return Err(complaints);
    }

    let one = |wrong: String| vec![wrong];
    let signed = provider.key.is_some();
    let pieces = Mutex::new(BTreeMap::new());
    let made = found.par_iter_mut().with_max_len(1).filter(|member| !member.known).map(
        |Member { entry, place, .. }| {
            let advisory = read.advisory(*place)?;
            let files = entry.files(&advisory, provider);
            let files = files.map_err(|wrong| format!("{}: {wrong}", sources[*place].name))?;
            let mut paths = Vec::with_capacity(files.len());
            for (path, bytes) in files {
                if path == format!("osv/{}.json", entry.id) {
                    let piece = Piece::of(&packed(&entry.id), &bytes);
                    held(&pieces).insert(entry.id.clone(), piece);
                }
                paths.push(path.clone());
                put(path, Some(bytes.into()))?;
            }
            Ok(paths)
        },
    );
    let made: Vec<Vec<String>> = made.collect::<Result<_, String>>().map_err(one)?;
    let mine: BTreeSet<String> = made.into_iter().flatten().collect();
    // What is left of those that were known is not published any more.
    let mut gone: Vec<Entry> = known.into_values().collect();
    gone.sort_by(|one, other| one.id.cmp(&other.id));
    for path in gone.iter().flat_map(|entry| entry.paths(signed)).filter(|path| !mine.contains(path)) {
        put(path, None).map_err(one)?;
    }

    let everything: String = found.iter().map(|member| member.entry.hash.as_str()).collect();
    let all = sha256(everything.as_bytes());
    let maker = Maker { provider, members: &found, all, read: &read, pieces };
    let share = |part: Part<'_>| {
        let from = maker.from(&part);
        let was = old.shared.get(&part.path);
        if let Some(same) = was.filter(|was| was.from == from) {
            return Ok((part.path, same.clone()));
        }
        // What somebody wrote into it since is not taken over: it is made from the sources.
        let whole = |bytes: &Cow<'_, [u8]>| was.is_some_and(|was| was.digest == digest(bytes));
        let before = file.filter(|_| part.builds()).and_then(|file| file(&part.path)).filter(whole);
        let before = before.unwrap_or_default();
        let content = maker.make(&part, &before)?;
        let now = content.digest();
        if was.is_none_or(|was| was.digest != now) {
            put(part.path.clone(), Some(content))?;
        }
        Ok((part.path, Shared { from, digest: now }))
    };
    // One after the other as workers become free, and what takes longest first.
    let mut parts = maker.parts();
    parts.sort_by_key(|part| Reverse(if part.builds() { part.of.len() } else { 0 }));
    let made = parts.into_iter().par_bridge().map(share);
    let shared: BTreeMap<String, Shared> = made.collect::<Result<_, String>>().map_err(one)?;
    for path in old.shared.keys().filter(|path| !shared.contains_key(*path)) {
        put(path.clone(), None).map_err(one)?;
    }
    Ok(Tree { mark, entries: found.into_iter().map(|member| member.entry).collect(), shared })
}

/// An advisory that is published.
struct Member {
    entry: Entry,
    /// Where its source is.
    place: usize,
    /// Whether it was published before as it is now.
    known: bool,
}

/// What somebody else's panic left is as good as before: it is what was made so far.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an OSV entry is called in an archive.
fn packed(id: &str) -> String {
    format!("{id}.json")
}

/// Two sources that would write the same files.
fn twice(found: &[Member], sources: &[Source]) -> Vec<String> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let mut complaints = Vec::new();
    for Member { entry, place, .. } in found {
        let own = sources[*place].name.as_str();
        // As CSAF writes it, so that ids which differ in case alone do not share a file either.
        if let Some(other) = names.insert(entry.csaf_name(), own) {
            complaints.push(format!(
                "{own}: {} is published by {other} already; give one of them another id, or leave it out",
                entry.id
            ));
        }
    }
    complaints
}

/// Whether a source has a place in a tree, whatever else is in it.
///
/// # Errors
/// Everything that keeps it out, each with its place.
pub fn admit(provider: &Provider, source: &Source, text: &str) -> Result<(), Vec<String>> {
    let text = |_: usize| Ok(text.to_owned());
    let sources = std::slice::from_ref(source);
    Reader { provider, text: &text, sources, made: Mutex::default() }.linted(0).map(drop)
}

/// Why an advisory has no place in the trees of a provider, each with the part of the source
/// that it is about.
pub fn refuses(provider: &Provider, advisory: &Advisory) -> Vec<(String, String)> {
    let mut refusals = Vec::new();
    let whose = advisory.publisher.namespace.trim_end_matches('/');
    if whose != provider.namespace {
        // CSAF 2.0, section 7.2.1: whoever distributes does so on behalf of its own alone.
        let message = format!(
            "`{}` publishes it, and the site is that of {}, which gives only its own: write `{}`, or publish it \
             elsewhere",
            echo(whose),
            provider.name,
            provider.namespace
        );
        refusals.push(("publisher/namespace".to_owned(), message));
    }
    if let Err(wrong) = Entry::of(advisory, String::new()) {
        let part = if advisory.cve.is_some() { "cve" } else { "id" };
        refusals.push((part.to_owned(), wrong));
    }
    refusals
}

/// Reads sources, each once.
struct Reader<'a> {
    provider: &'a Provider,
    text: &'a Text<'a>,
    sources: &'a [Source],
    made: Mutex<BTreeMap<usize, Arc<Advisory>>>,
}

impl Reader<'_> {
    fn linted(&self, place: usize) -> Result<Entry, Vec<String>> {
        let Source { name, hash } = &self.sources[place];
        let text = (self.text)(place).map_err(|wrong| vec![format!("{name}: {wrong}")])?;
        let source = source::read(&text)
            .map_err(|all| all.iter().map(|complaint| format!("{name}: {complaint}")).collect::<Vec<_>>())?;
        let findings = lint(&source.advisory, &Insiders(self.provider.insiders.clone()));
        let errors = findings.iter().filter(|finding| finding.level == Level::Error);
        let mut said: Vec<String> = errors
            .map(|finding| {
                let message = format!("error: {} [{}]", finding.message, finding.rule);
                format!("{name}: {}", source.complaint(&finding.path, &message))
            })
            .collect();
        for (path, message) in refuses(self.provider, &source.advisory) {
            said.push(format!("{name}: {}", source.complaint(&path, &format!("error: {message} [site]"))));
        }
        if !said.is_empty() {
            return Err(said);
        }
        let entry =
            Entry::of(&source.advisory, hash.clone()).map_err(|wrong| vec![format!("{name}: {wrong}")])?;
        held(&self.made).insert(place, Arc::new(source.advisory));
        Ok(entry)
    }

    fn advisory(&self, place: usize) -> Result<Arc<Advisory>, String> {
        if let Some(known) = held(&self.made).get(&place) {
            return Ok(Arc::clone(known));
        }
        let name = &self.sources[place].name;
        let text = (self.text)(place).map_err(|wrong| format!("{name}: {wrong}"))?;
        if hash(&text) != self.sources[place].hash {
            return Err(format!("{name}: it changed meanwhile; publish again"));
        }
        let source = source::read(&text).map_err(|_| format!("{name}: it cannot be read any more"))?;
        let advisory = Arc::new(source.advisory);
        held(&self.made).insert(place, Arc::clone(&advisory));
        Ok(advisory)
    }
}

/// What a shared file is.
enum What<'a> {
    List { page: Option<usize>, older: Option<usize>, newer: Option<usize> },
    Atom(Place),
    Json(Place),
    Packages(Vec<(&'a str, usize)>),
    Package(&'a str),
    Archive,
    Modified(Option<&'a str>),
    Ecosystems,
    Index,
    Changes,
    Feed,
    Listing(String, Vec<String>),
    Metadata,
    Category,
    Service,
    Key,
    Style,
    SecurityTxt,
}

/// A shared file: what it is, and the advisories of which it speaks, in order.
struct Part<'a> {
    path: String,
    what: What<'a>,
    of: Vec<usize>,
}

impl Part<'_> {
    /// Whether it is made from what it was before.
    fn builds(&self) -> bool {
        use What::{Archive, Atom, Feed, Json, List, Package};
        matches!(self.what, List { .. } | Package(_) | Archive | Feed | Atom(_) | Json(_))
    }
}

struct Maker<'a> {
    provider: &'a Provider,
    /// What is published, in its order.
    members: &'a [Member],
    /// The hash of all of them in that order.
    all: String,
    read: &'a Reader<'a>,
    pieces: Mutex<BTreeMap<String, Piece>>,
}

impl Maker<'_> {
    fn entry(&self, place: usize) -> &Entry {
        &self.members[place].entry
    }

    fn advisory(&self, place: usize) -> Result<Arc<Advisory>, String> {
        self.read.advisory(self.members[place].place)
    }

    /// Every shared file that there has to be.
    fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        let mut part = |path: String, what, of: Vec<usize>| parts.push(Part { path, what, of });
        let total = self.members.len();
        let all: Vec<usize> = (0..total).collect();
        let sorted = |key: fn(&Entry) -> i64| {
            let mut order = all.clone();
            order.sort_by(|one, other| {
                let (one, other) = (self.entry(*one), self.entry(*other));
                (key(other), &other.id).cmp(&(key(one), &one.id))
            });
            order
        };
        // Pages are counted from the oldest, so that they stay where they are.
        let pages = if total > ON_A_PAGE { total.div_ceil(ON_A_PAGE) } else { 0 };
        let newest = total.saturating_sub(ON_A_PAGE);
        let older = newest.checked_sub(1).map(|last| last / ON_A_PAGE);
        let first = What::List { page: None, older, newer: None };
        part(format!("{}index.html", site::PLACE), first, (newest..total).rev().collect());
        let by_change = sorted(|entry| entry.changed);
        let last: Vec<usize> = by_change.iter().copied().take(ON_A_PAGE).collect();
        let place = |archive, before| Place { archive, before };
        part(feeds::name(None, "atom"), What::Atom(place(None, pages.checked_sub(1))), last.clone());
        part(feeds::name(None, "json"), What::Json(place(None, pages.checked_sub(1))), last);
        for number in 0..pages {
            let of: Vec<usize> = (number * ON_A_PAGE..total.min((number + 1) * ON_A_PAGE)).rev().collect();
            let (older, newer) = (number.checked_sub(1), (number + 1 < pages).then_some(number + 1));
            let list = What::List { page: Some(number), older, newer };
            part(format!("{}page/{number}/index.html", site::PLACE), list, of.clone());
            part(feeds::name(Some(number), "atom"), What::Atom(place(Some(number), older)), of.clone());
            part(feeds::name(Some(number), "json"), What::Json(place(Some(number), older)), of);
        }

        let mut packages: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut ecosystems: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut years: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for place in (0..total).rev() {
            let entry = self.entry(place);
            for package in &entry.packages {
                packages.entry(package).or_default().push(place);
            }
            years.entry(entry.csaf.get(..4).unwrap_or_default()).or_default().push(place);
        }
        for place in &by_change {
            for ecosystem in &self.entry(*place).ecosystems {
                ecosystems.entry(ecosystem).or_default().push(*place);
            }
        }
        let count = packages.iter().map(|(package, of)| (*package, of.len())).collect();
        let folder = format!("{}packages/", site::PLACE);
        part(format!("{folder}index.html"), What::Packages(count), Vec::new());
        for (package, of) in packages {
            part(format!("{folder}{}/index.html", site::folder(package)), What::Package(package), of);
        }
        part("osv/all.zip".to_owned(), What::Archive, all.clone());
        part("osv/modified_id.csv".to_owned(), What::Modified(None), by_change);
        part("osv/ecosystems.txt".to_owned(), What::Ecosystems, all.clone());
        for (ecosystem, of) in ecosystems {
            part(format!("osv/{ecosystem}/modified_id.csv"), What::Modified(Some(ecosystem)), of.clone());
            let mut of = of;
            of.sort_unstable();
            part(format!("osv/{ecosystem}/all.zip"), What::Archive, of);
        }

        let by_release = sorted(|entry| entry.current);
        let top = csaf::PLACE;
        part(format!("{top}index.txt"), What::Index, all.clone());
        part(format!("{top}changes.csv"), What::Changes, by_release.clone());
        part(csaf::FEED.to_owned(), What::Feed, by_release);
        let mut names: Vec<String> = years.keys().map(|year| format!("{year}/")).collect();
        names.extend(["changes.csv", "csaf-feed-tlp-white.json", "index.txt"].map(str::to_owned));
        part(format!("{top}index.html"), What::Listing("CSAF documents".to_owned(), names), Vec::new());
        for (year, of) in years {
            let mut names: Vec<String> =
                of.iter().map(|place| self.entry(*place).csaf_name().to_owned()).collect();
            names.sort_unstable();
            part(
                format!("{top}{year}/index.html"),
                What::Listing(format!("CSAF documents of {year}"), names),
                Vec::new(),
            );
        }
        part(csaf::METADATA.to_owned(), What::Metadata, all.clone());
        part(csaf::CATEGORY.to_owned(), What::Category, all.clone());
        part(csaf::SERVICE.to_owned(), What::Service, Vec::new());
        part(format!("{}style.css", site::PLACE), What::Style, Vec::new());
        if self.provider.key.is_some() {
            part(csaf::KEY.to_owned(), What::Key, Vec::new());
        }
        if self.provider.expires.is_some() {
            part(SECURITY_TXT.to_owned(), What::SecurityTxt, all);
        }
        parts
    }

    /// What a shared file is made from, so that it is known when it would be the same.
    fn from(&self, part: &Part<'_>) -> String {
        let mut said = match &part.what {
            What::List { older, newer, .. } => format!("{} {older:?} {newer:?}", self.members.len()),
            What::Atom(place) | What::Json(place) => format!("{:?}", place.before),
            What::Packages(packages) => format!("{packages:?}"),
            What::Listing(_, names) => names.join("/"),
            _ => String::new(),
        };
        // Whatever the order of all is, it follows from them.
        if part.of.len() == self.members.len() {
            said.push_str(&self.all);
        } else {
            part.of.iter().for_each(|place| said.push_str(&self.entry(*place).hash));
        }
        sha256(said.as_bytes())
    }

    /// What a shared file holds, made from what it held before where it [builds](Part::builds).
    fn make<'b>(&self, part: &Part<'_>, before: &'b [u8]) -> Result<Content<'b>, String> {
        let provider = self.provider;
        let entries: Vec<&Entry> = part.of.iter().map(|place| self.entry(*place)).collect();
        let newest = || entries.iter().map(|entry| entry.current).max().unwrap_or_default();
        let text = std::str::from_utf8(before).unwrap_or_default();
        let bytes = match &part.what {
            What::List { page, older, newer } => {
                let root = if page.is_some() { "../../" } else { "" };
                let items =
                    self.parts_of(part, &site::parts(text, site::ITEM), |one| site::item(root, one))?;
                site::list(provider, root, &items, self.members.len(), *older, *newer).into_bytes()
            }
            What::Atom(place) => {
                let old = feeds::atom_entries(text);
                let made = self.parts_of(part, &old, |one| feeds::atom_entry(provider, one))?;
                let updated = entries.iter().map(|entry| entry.changed).max().unwrap_or_default();
                feeds::atom(provider, &made, updated, place).into_bytes()
            }
            What::Json(place) => {
                let old = feeds::json_items(text);
                let made = self.parts_of(part, &old, |one| feeds::json_item(provider, one))?;
                feeds::json(provider, &made, place).into_bytes()
            }
            What::Packages(packages) => site::packages(provider, packages).into_bytes(),
            What::Package(package) => {
                let old = site::parts(text, site::SECTION);
                let sections = self.parts_of(part, &old, |one| site::section(package, one))?;
                site::package(provider, package, &sections).into_bytes()
            }
            What::Archive => return self.archive(&part.of, before),
            What::Modified(ecosystem) => osv::modified(&entries, *ecosystem),
            What::Ecosystems => {
                let all: BTreeSet<&String> = entries.iter().flat_map(|entry| &entry.ecosystems).collect();
                all.iter().map(|ecosystem| format!("{ecosystem}\n")).collect::<String>().into_bytes()
            }
            What::Index => csaf::index(&entries),
            What::Changes => csaf::changes(&entries),
            What::Feed => return self.feed(&part.of, newest(), text),
            What::Listing(title, names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                site::listing(title, &names).into_bytes()
            }
            What::Metadata => csaf::metadata(provider, newest()),
            What::Category => {
                let packages: BTreeSet<&str> =
                    entries.iter().flat_map(|entry| &entry.packages).map(String::as_str).collect();
                csaf::category(&packages.into_iter().collect::<Vec<_>>())
            }
            What::Service => csaf::service(provider),
            What::Key => {
                provider.key.as_ref().map(|key| key.public.armored()).unwrap_or_default().into_bytes()
            }
            What::Style => site::style().into_bytes(),
            What::SecurityTxt => security_txt(provider, newest()).into_bytes(),
        };
        Ok(bytes.into())
    }

    /// What a page or a feed says of each advisory: what it said before of those that did not change,
    /// and what is made of the others.
    fn parts_of(
        &self,
        part: &Part<'_>,
        old: &BTreeMap<&str, &str>,
        make: impl Fn(&Advisory) -> String,
    ) -> Result<Vec<String>, String> {
        let one = |place: &usize| {
            let Member { entry, known, .. } = &self.members[*place];
            match old.get(entry.id.as_str()).filter(|_| *known) {
                Some(same) => Ok((*same).to_owned()),
                None => Ok(make(&*self.advisory(*place)?)),
            }
        };
        part.of.iter().map(one).collect()
    }

    /// The feed of a provider: the entries of what did not change are kept.
    fn feed<'b>(&self, of: &[usize], newest: i64, before: &'b str) -> Result<Content<'b>, String> {
        let old = csaf::feed_entries(before);
        let one = |place: &usize| {
            let Member { entry, known, .. } = &self.members[*place];
            match old.get(entry.id.as_str()).filter(|_| *known) {
                Some(same) => Ok(FeedEntry::Kept(same.clone())),
                None => {
                    let advisory = self.advisory(*place)?;
                    Ok(FeedEntry::New(csaf::feed_entry(self.provider, entry, &advisory)))
                }
            }
        };
        let lines: Vec<FeedEntry> = of.iter().map(one).collect::<Result<_, String>>()?;
        Ok(csaf::feed(self.provider, newest, before.as_bytes(), lines.into_iter()))
    }

    /// An archive: what was there before is not compressed again.
    fn archive<'b>(&self, of: &[usize], before: &'b [u8]) -> Result<Content<'b>, String> {
        let old = zip::entries(before).unwrap_or_default();
        let mut of: Vec<(String, usize)> =
            of.iter().map(|place| (packed(&self.entry(*place).id), *place)).collect();
        of.sort_unstable();
        let (names, of): (Vec<String>, Vec<usize>) = of.into_iter().unzip();
        let kept =
            |place: usize| old.get(names[place].as_str()).filter(|_| self.members[of[place]].known).cloned();
        let make = |place: usize| {
            let id = &self.entry(of[place]).id;
            if let Some(piece) = held(&self.pieces).get(id) {
                return Ok(piece.clone());
            }
            let advisory = self.advisory(of[place])?;
            let text = document(&advisory, Format::Osv, Options::default())?;
            let piece = Piece::of(&names[place], text.as_bytes());
            held(&self.pieces).insert(id.clone(), piece.clone());
            Ok(piece)
        };
        zip::archive(before, &names, kept, make)
    }
}

/// security.txt (RFC 9116) with the line that leads to the advisories (CSAF 2.0,
/// section 7.1.8), signed if there is a key.
fn security_txt(provider: &Provider, newest: i64) -> String {
    let mut text = String::new();
    let mut say = |field: &str, value: &str| {
        let _ = writeln!(text, "{field}: {value}");
    };
    provider.contacts.iter().for_each(|contact| say("Contact", contact));
    if let Some(expires) = provider.expires {
        say("Expires", &expires.to_string());
    }
    if let Some(policy) = &provider.policy {
        say("Policy", policy);
    }
    if !provider.languages.is_empty() {
        say("Preferred-Languages", &provider.languages.join(", "));
    }
    say("Canonical", &provider.at(SECURITY_TXT));
    say("CSAF", &provider.at(csaf::METADATA));
    match &provider.key {
        Some(key) => key.sign_clear(&text, Instant::from_millis(newest)),
        None => text,
    }
}
