//! What is published and what is fixed in private, as it is set: whether it would work.

use std::path::Path;
use std::process::{Command, Stdio};

use fixlead_publish::tree;

use super::{Check, State};
use crate::configuration::{Settings, shown};
use crate::publish;
use crate::publish::sources::{self, Remembered};
use crate::serve::world;

/// Most complaints that are told at once.
const MOST_TOLD: usize = 5;

/// What everybody is given: who publishes, and the files that are published.
pub fn advisories(settings: &Settings) -> Check {
    let (name, keys) = ("advisories", &settings.keys);
    let Some(path) = &keys.advisories_provider else {
        return match keys.advisories_from.is_empty() {
            true => Check::new(
                name,
                State::Ok,
                "nothing is published here; set `advisories.provider` when it should be",
            ),
            false => Check::new(
                name,
                State::Fail,
                "`advisories.from` is set and `advisories.provider` is not: name the file that says who publishes",
            ),
        };
    };
    let fail = |why: String| Check::new(name, State::Fail, why);
    let provider = match publish::provider(path) {
        Ok(provider) => provider,
        Err(wrong) => return fail(wrong),
    };
    let found = match sources::list(&keys.advisories_from)
        .and_then(|listed| sources::find(listed, Remembered::new(), world::now()))
    {
        Ok(found) => found,
        Err(wrong) => return fail(wrong),
    };
    let mut wrong = Vec::new();
    for (place, source) in found.sources.iter().enumerate() {
        match found.text(place) {
            Ok(text) => wrong.extend(tree::admit(&provider, source, &text).err().into_iter().flatten()),
            Err(why) => wrong.push(why),
        }
    }
    if !wrong.is_empty() {
        let more = wrong.len().saturating_sub(MOST_TOLD);
        wrong.truncate(MOST_TOLD);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        return fail(format!("{}{more}; until then what was published before stays", wrong.join("; ")));
    }
    let files = match found.sources.len() {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    let here = format!("{} publishes, and {files} besides what cases publish", shown(path));
    let own = settings.public_url();
    if provider.key.is_none() {
        let remedy = "make a key with `fixlead advisory key` and name it as `key-file`";
        return Check::new(name, State::Warn, format!("{here}; nothing is signed: {remedy}"));
    }
    if provider.base != own.as_str() {
        let why = format!(
            "{here}; its documents say that they are at {}, and this desk is {}: set `base-url` to where they are \
             reached",
            provider.base,
            own.as_str()
        );
        return Check::new(name, State::Warn, why);
    }
    Check::new(name, State::Ok, here)
}

/// What private repositories of fixes need: git, and the repositories that they follow.
pub fn fixes(settings: &Settings) -> Check {
    let name = "private fixes";
    let version = Command::new("git").arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output();
    let said = version.ok().filter(|output| output.status.success());
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let upstreams = settings.keys.fix_upstreams.iter().chain(&settings.keys.fix_watched);
    let missing: Vec<String> = upstreams
        .map(|upstream| upstream.source.name())
        .filter(|source| source.starts_with('/') && !Path::new(source).is_dir())
        .map(|source| fixlead_core::text::short(&source, 100))
        .collect();
    match said {
        _ if !missing.is_empty() => Check::new(
            name,
            State::Fail,
            format!(
                "{}: there is no repository; correct `fix.upstreams` or `fix.watched`",
                missing.join(", ")
            ),
        ),
        Some(said) => {
            Check::new(name, State::Ok, format!("{} is there", fixlead_core::text::short(&said, 60)))
        }
        None if settings.keys.fix_upstreams.is_empty() => Check::new(
            name,
            State::Ok,
            "git does not answer, and no project has a repository; install git before you set `fix.upstreams`",
        ),
        None => Check::new(
            name,
            State::Fail,
            "git does not answer, and `fix.upstreams` needs it: install it where PATH finds it",
        ),
    }
}
