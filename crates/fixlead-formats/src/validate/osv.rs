//! OSV entries, version 1.7: structure, and what the specification says of
//! ranges in sentences.

use fixlead_core::severity::Vector;
use fixlead_core::text::echo;
use serde_json::Value;

use super::date;
use super::shape::{Fields, Others, Place, Report, STRUCTURE, Shape, TEXT, URI, hold, items, text};
use crate::purl::Purl;

/// What an id begins with: the databases that are registered.
const DATABASES: &[&str] = &[
    "ASB-A",
    "PUB-A",
    "ALPINE",
    "ALSA",
    "ALBA",
    "ALEA",
    "AZL",
    "BELL",
    "BIT",
    "CGA",
    "CLEANSTART",
    "CLSA",
    "CURL",
    "CVE",
    "DEBIAN",
    "DHI",
    "DRUPAL",
    "DSA",
    "DLA",
    "ELA",
    "DTSA",
    "ECHO",
    "EEF",
    "FreeBSD",
    "GHSA",
    "GO",
    "GSD",
    "HSEC",
    "JLSEC",
    "KUBE",
    "LBSEC",
    "LSN",
    "MAL",
    "MINI",
    "MGASA",
    "OESA",
    "OSEC",
    "OSV",
    "openSUSE-SU",
    "PHSA",
    "PSF",
    "PYSEC",
    "RHBA",
    "RHEA",
    "RHSA",
    "RLSA",
    "RXSA",
    "RSEC",
    "ROOT",
    "RUSTSEC",
    "SUSE-SU",
    "SUSE-RU",
    "SUSE-FU",
    "SUSE-OU",
    "UBUNTU",
    "USN",
    "V8",
];

/// The ecosystems that are registered.
const ECOSYSTEMS: &[&str] = &[
    "AlmaLinux",
    "Alpaquita",
    "Alpine",
    "Android",
    "Azure Linux",
    "BellSoft Hardened Containers",
    "Bioconductor",
    "Bitnami",
    "Chainguard",
    "CleanStart",
    "ConanCenter",
    "CRAN",
    "crates.io",
    "Debian",
    "Docker Hardened Images",
    "Echo",
    "FreeBSD",
    "GHC",
    "GitHub Actions",
    "Go",
    "Hackage",
    "Hex",
    "Julia",
    "Kubernetes",
    "Linux",
    "Mageia",
    "Maven",
    "MinimOS",
    "npm",
    "NuGet",
    "opam",
    "openEuler",
    "openSUSE",
    "OSS-Fuzz",
    "Packagist",
    "Photon OS",
    "Pub",
    "PyPI",
    "Red Hat",
    "Rocky Linux",
    "Root",
    "RubyGems",
    "SUSE",
    "SwiftURL",
    "TuxCare",
    "Ubuntu",
    "VSCode",
    "Wolfi",
    "GIT",
];

const TIME: Shape = Shape::Text(1, 64, timestamp);
const FREE: Shape = Shape::Object(&Fields { needed: &[], known: &[], others: Others::Free, least: 0 });
const TEXTS: Shape = Shape::List(&TEXT, 0, false);

const SEVERITY: Shape = Shape::OrNull(&Shape::List(
    &Shape::Both(
        &Shape::Object(&Fields {
            needed: &[("type", &Shape::Word(&["CVSS_V2", "CVSS_V3", "CVSS_V4", "Ubuntu"])), ("score", &TEXT)],
            known: &[],
            others: Others::Free,
            least: 0,
        }),
        &Shape::Judged(severity),
    ),
    0,
    false,
));

const RANGE: Shape = Shape::Both(
    &Shape::Object(&Fields {
        needed: &[
            ("type", &Shape::Word(&["GIT", "SEMVER", "ECOSYSTEM"])),
            (
                "events",
                &Shape::List(
                    &Shape::Object(&Fields {
                        needed: &[],
                        known: &[
                            ("introduced", &TEXT),
                            ("fixed", &TEXT),
                            ("last_affected", &TEXT),
                            ("limit", &TEXT),
                        ],
                        others: Others::Free,
                        least: 0,
                    }),
                    1,
                    false,
                ),
            ),
        ],
        known: &[("repo", &TEXT), ("database_specific", &FREE)],
        others: Others::Free,
        least: 0,
    }),
    &Shape::Judged(range),
);

const AFFECTED: Shape = Shape::Both(
    &Shape::Object(&Fields {
        needed: &[],
        known: &[
            (
                "package",
                &Shape::Object(&Fields {
                    needed: &[("ecosystem", &Shape::Text(1, 256, ecosystem)), ("name", &TEXT)],
                    known: &[("purl", &Shape::Text(1, 4096, package_url))],
                    others: Others::Free,
                    least: 0,
                }),
            ),
            ("severity", &SEVERITY),
            ("ranges", &Shape::List(&RANGE, 0, false)),
            ("versions", &TEXTS),
            ("ecosystem_specific", &FREE),
            ("database_specific", &FREE),
        ],
        others: Others::Free,
        least: 0,
    }),
    &Shape::Judged(affected),
);

const ENTRY: Shape = Shape::Object(&Fields {
    needed: &[("id", &Shape::Text(1, 256, id)), ("modified", &TIME)],
    known: &[
        ("schema_version", &TEXT),
        ("published", &TIME),
        ("withdrawn", &TIME),
        ("aliases", &Shape::OrNull(&TEXTS)),
        ("related", &TEXTS),
        ("upstream", &TEXTS),
        ("summary", &TEXT),
        ("details", &TEXT),
        ("severity", &SEVERITY),
        ("affected", &Shape::OrNull(&Shape::List(&AFFECTED, 0, false))),
        (
            "references",
            &Shape::OrNull(&Shape::List(
                &Shape::Object(&Fields {
                    needed: &[
                        (
                            "type",
                            &Shape::Word(&[
                                "ADVISORY",
                                "ARTICLE",
                                "DETECTION",
                                "DISCUSSION",
                                "REPORT",
                                "FIX",
                                "INTRODUCED",
                                "GIT",
                                "PACKAGE",
                                "EVIDENCE",
                                "WEB",
                            ]),
                        ),
                        ("url", &URI),
                    ],
                    known: &[],
                    others: Others::Free,
                    least: 0,
                }),
                0,
                false,
            )),
        ),
        (
            "credits",
            &Shape::List(
                &Shape::Object(&Fields {
                    needed: &[("name", &TEXT)],
                    known: &[
                        ("contact", &TEXTS),
                        (
                            "type",
                            &Shape::Word(&[
                                "FINDER",
                                "REPORTER",
                                "ANALYST",
                                "COORDINATOR",
                                "REMEDIATION_DEVELOPER",
                                "REMEDIATION_REVIEWER",
                                "REMEDIATION_VERIFIER",
                                "TOOL",
                                "SPONSOR",
                                "OTHER",
                            ]),
                        ),
                    ],
                    others: Others::Free,
                    least: 0,
                }),
                0,
                false,
            ),
        ),
        ("database_specific", &FREE),
    ],
    others: Others::Refused,
    least: 0,
});

pub fn judge(value: &Value, report: &mut Report) {
    let root = Place::Root;
    hold(value, &ENTRY, &root, report);
    if value.get("severity").is_some_and(|severity| !severity.is_null()) {
        let place = root.key("affected");
        for (index, affected) in items(value, "affected") {
            if affected.get("severity").is_some_and(|severity| !severity.is_null()) {
                report.error(
                    STRUCTURE,
                    &place.item(index).key("severity"),
                    "the severity stands at the top or with each package; keep one",
                );
            }
        }
    }
    let aliases = root.key("aliases");
    for (index, alias) in items(value, "aliases") {
        if alias.as_str() == Some(text(value, "id")) {
            report.warn("aliases", &aliases.item(index), "this is the id itself; leave it out");
        }
    }
    for (key, earlier) in [("modified", "published"), ("withdrawn", "published")] {
        if let (Some(later), Some(earlier)) = (date::read(text(value, key)), date::read(text(value, earlier)))
            && later < earlier
        {
            report.warn("dates", &root.key(key), "this comes before the publication");
        }
    }
    if value.get("summary").is_none() && value.get("details").is_none() {
        report.warn("text", &root, "neither summary nor details say what it is");
    }
    if value.get("published").is_none() {
        report.warn("dates", &root, "published is missing; readers take modified for it");
    }
}

fn timestamp(text: &str) -> Result<(), &'static str> {
    if date::read(text).is_some() && text.ends_with('Z') && text.as_bytes()[10] == b'T' {
        Ok(())
    } else {
        Err("an instant in UTC like 2026-11-30T16:00:00Z")
    }
}

fn id(text: &str) -> Result<(), &'static str> {
    let known = text.strip_prefix("x_").is_some_and(|rest| !rest.is_empty())
        || DATABASES.iter().any(|database| {
            text.strip_prefix(database)
                .and_then(|rest| rest.strip_prefix('-'))
                .is_some_and(|rest| !rest.is_empty())
        });
    if known {
        Ok(())
    } else {
        Err("an id of a registered database, like GHSA-…, or one that begins with x_")
    }
}

fn ecosystem(text: &str) -> Result<(), &'static str> {
    let (name, suffix) = match text.split_once(':') {
        Some((name, suffix)) => (name, Some(suffix)),
        None => (text, None),
    };
    if ECOSYSTEMS.contains(&name) && suffix != Some("") {
        Ok(())
    } else {
        Err("a registered ecosystem like npm or Debian:12")
    }
}

fn package_url(text: &str) -> Result<(), &'static str> {
    Purl::parse(text).map(|_| ()).map_err(|_| "a package URL like pkg:npm/name")
}

fn severity(value: &Value, place: &Place<'_>, report: &mut Report) {
    let (kind, score) = (text(value, "type"), text(value, "score"));
    let place = place.key("score");
    let prefixes: &[&str] = match kind {
        "CVSS_V2" => &[""],
        "CVSS_V3" => &["CVSS:3.0/", "CVSS:3.1/"],
        "CVSS_V4" => &["CVSS:4.0/"],
        "Ubuntu" => {
            if !["negligible", "low", "medium", "high", "critical"].contains(&score) {
                report.error(STRUCTURE, &place, "one of negligible, low, medium, high, critical");
            }
            return;
        }
        _ => return,
    };
    if !prefixes.iter().any(|prefix| score.starts_with(prefix)) {
        return report.error(STRUCTURE, &place, format!("`{}` is no vector of {kind}", echo(score)));
    }
    if let Err(wrong) = Vector::parse(&super::cvss::ordered(score)) {
        report.error(STRUCTURE, &place, format!("`{}`: {wrong}", echo(score)));
    }
}

const EVENTS: &[&str] = &["introduced", "fixed", "last_affected", "limit"];

fn range(value: &Value, place: &Place<'_>, report: &mut Report) {
    let git = text(value, "type") == "GIT";
    if git && value.get("repo").is_none() {
        report.error(STRUCTURE, place, "commits need their repository: add repo");
    }
    let list = place.key("events");
    let mut seen = [false; 4];
    for (index, event) in items(value, "events") {
        let place = list.item(index);
        let own: Vec<usize> = (0..EVENTS.len()).filter(|kind| event.get(EVENTS[*kind]).is_some()).collect();
        if own.len() != 1 {
            report.error(
                STRUCTURE,
                &place,
                "an event has exactly one of introduced, fixed, last_affected, limit",
            );
        }
        for kind in own {
            seen[kind] = true;
            let version = text(event, EVENTS[kind]);
            let commit = version == "0"
                || (matches!(version.len(), 40 | 64)
                    && version.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
            if git && !commit {
                report.error(
                    STRUCTURE,
                    &place.key(EVENTS[kind]),
                    format!("`{}` is no whole commit id", echo(version)),
                );
            }
            if version.is_empty() {
                report.error(STRUCTURE, &place.key(EVENTS[kind]), "an event names a version");
            }
        }
    }
    if !seen[0] {
        report.error(
            STRUCTURE,
            &list,
            "no event says where it was introduced; `0` stands for the first version of all",
        );
    }
    if seen[1] && seen[2] {
        report.error(STRUCTURE, &list, "fixed and last_affected stand in ranges of their own");
    }
}

fn affected(value: &Value, place: &Place<'_>, report: &mut Report) {
    let ranges = place.key("ranges");
    for (index, range) in items(value, "ranges") {
        let kind = text(range, "type");
        if kind != "GIT" && value.get("package").is_none() {
            report.error(
                "range",
                &ranges.item(index),
                "versions need their package: add package, or use commits",
            );
        }
        if kind == "SEMVER" {
            let place = ranges.item(index);
            let events = place.key("events");
            for (number, event) in items(range, "events") {
                for key in EVENTS {
                    let version = text(event, key);
                    let wrong = !version.is_empty()
                        && version != "*"
                        && crate::version::Scheme::Semver.check(version).is_err();
                    if wrong {
                        let message =
                            format!("`{}` is no version of Semantic Versioning 2.0.0", echo(version));
                        report.error("range", &events.item(number).key(key), message);
                    }
                }
            }
        }
    }
    if value.get("ranges").is_none() && value.get("versions").is_none() {
        report.warn("range", place, "neither ranges nor versions: nobody can tell what is affected");
    }
}
