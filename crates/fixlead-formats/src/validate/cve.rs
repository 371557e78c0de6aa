//! CVE records, versions 5.0 to 5.2: the structure of the CVE Record Format.

use serde_json::Value;

use super::cvss;
use super::date;
use super::shape::{Fields, Others, Place, Report, STRUCTURE, Shape, anything, hold, text, uri};
use crate::cwe;
use crate::purl::Purl;
use fixlead_core::severity::Version;
use fixlead_core::text::echo;

const ADDRESS: Shape = Shape::Text(1, 2048, uri);
const UUID: Shape = Shape::Text(36, 36, uuid4);
const SHORT_NAME: Shape = Shape::Text(2, 32, anything);
const TIME: Shape = Shape::Text(19, 64, timestamp);
const LANGUAGE: Shape = Shape::Text(2, 16, language);
const CVE_ID: Shape = Shape::Text(13, 28, cve_id);
const CWE_ID: Shape = Shape::Text(5, 9, cwe_id);
const CAPEC_ID: Shape = Shape::Text(7, 11, capec_id);
const VERSION: Shape = Shape::Text(1, 1024, anything);
const LONG: Shape = Shape::Text(1, 4096, anything);
const STATUS: Shape = Shape::Word(&["affected", "unaffected", "unknown"]);

const MEDIA: Shape = Shape::Object(&Fields {
    needed: &[("type", &Shape::Text(1, 256, anything)), ("value", &Shape::Text(1, 16_384, anything))],
    known: &[("base64", &Shape::Flag)],
    others: Others::Refused,
    least: 0,
});
const DESCRIPTION: Shape = Shape::Object(&Fields {
    needed: &[("lang", &LANGUAGE), ("value", &LONG)],
    known: &[("supportingMedia", &Shape::List(&MEDIA, 1, true))],
    others: Others::Refused,
    least: 0,
});
const PLAIN_DESCRIPTIONS: Shape = Shape::List(&DESCRIPTION, 1, true);
const DESCRIPTIONS: Shape = Shape::Both(&PLAIN_DESCRIPTIONS, &Shape::Judged(in_english));

const REFERENCE_TAGS: &[&str] = &[
    "broken-link",
    "customer-entitlement",
    "exploit",
    "government-resource",
    "issue-tracking",
    "mailing-list",
    "mitigation",
    "not-applicable",
    "patch",
    "permissions-required",
    "media-coverage",
    "product",
    "related",
    "release-notes",
    "signature",
    "technical-description",
    "third-party-advisory",
    "vendor-advisory",
    "vdb-entry",
];
const REFERENCES: Shape = Shape::Both(
    &Shape::List(
        &Shape::Object(&Fields {
            needed: &[("url", &ADDRESS)],
            known: &[
                ("name", &Shape::Text(1, 512, anything)),
                ("tags", &Shape::List(&Shape::Judged(reference_tag), 1, true)),
            ],
            others: Others::Refused,
            least: 0,
        }),
        1,
        true,
    ),
    &Shape::Judged(at_most_512),
);

const VERSION_RANGE: Shape = Shape::Both(
    &Shape::Object(&Fields {
        needed: &[("version", &VERSION), ("status", &STATUS)],
        known: &[
            ("versionType", &Shape::Text(1, 128, anything)),
            ("lessThan", &VERSION),
            ("lessThanOrEqual", &VERSION),
            (
                "changes",
                &Shape::List(
                    &Shape::Object(&Fields {
                        needed: &[("at", &VERSION), ("status", &STATUS)],
                        known: &[],
                        others: Others::Refused,
                        least: 0,
                    }),
                    1,
                    true,
                ),
            ),
        ],
        others: Others::Refused,
        least: 0,
    }),
    &Shape::Judged(version_range),
);
const PRODUCT: Shape = Shape::Both(
    &Shape::Object(&Fields {
        needed: &[],
        known: &[
            ("vendor", &Shape::Text(1, 512, anything)),
            ("product", &Shape::Text(1, 2048, anything)),
            ("collectionURL", &ADDRESS),
            ("packageName", &Shape::Text(1, 2048, anything)),
            ("packageURL", &Shape::Text(1, 2048, package_url)),
            ("cpes", &Shape::List(&CPE, 0, true)),
            ("modules", &Shape::List(&LONG, 0, true)),
            ("programFiles", &Shape::List(&Shape::Text(1, 1024, anything), 0, true)),
            (
                "programRoutines",
                &Shape::List(
                    &Shape::Object(&Fields {
                        needed: &[("name", &LONG)],
                        known: &[],
                        others: Others::Refused,
                        least: 0,
                    }),
                    0,
                    true,
                ),
            ),
            ("platforms", &Shape::List(&Shape::Text(0, 1024, anything), 1, true)),
            ("repo", &ADDRESS),
            ("defaultStatus", &STATUS),
            ("versions", &Shape::List(&VERSION_RANGE, 1, true)),
        ],
        others: Others::Doubtful("unknown-key"),
        least: 0,
    }),
    &Shape::Judged(product),
);
const CPE: Shape = Shape::Text(1, 2048, cpe);

const PROBLEM_TYPES: Shape = Shape::List(
    &Shape::Object(&Fields {
        needed: &[(
            "descriptions",
            &Shape::List(
                &Shape::Both(
                    &Shape::Object(&Fields {
                        needed: &[("lang", &LANGUAGE), ("description", &LONG)],
                        known: &[
                            ("cweId", &CWE_ID),
                            ("type", &Shape::Text(1, 128, anything)),
                            ("references", &REFERENCES),
                        ],
                        others: Others::Refused,
                        least: 0,
                    }),
                    &Shape::Judged(known_weakness),
                ),
                1,
                true,
            ),
        )],
        known: &[],
        others: Others::Refused,
        least: 0,
    }),
    1,
    true,
);

const METRICS: Shape = Shape::List(
    &Shape::Both(
        &Shape::Object(&Fields {
            needed: &[],
            known: &[
                ("format", &Shape::Text(1, 64, anything)),
                (
                    "scenarios",
                    &Shape::List(
                        &Shape::Object(&Fields {
                            needed: &[("lang", &LANGUAGE), ("value", &LONG)],
                            known: &[],
                            others: Others::Refused,
                            least: 0,
                        }),
                        1,
                        true,
                    ),
                ),
                ("cvssV4_0", &Shape::Judged(cvss40)),
                ("cvssV3_1", &Shape::Judged(cvss31)),
                ("cvssV3_0", &Shape::Judged(cvss30)),
                ("cvssV2_0", &Shape::Judged(cvss20)),
                (
                    "other",
                    &Shape::Object(&Fields {
                        needed: &[
                            ("type", &Shape::Text(1, 128, anything)),
                            (
                                "content",
                                &Shape::Object(&Fields {
                                    needed: &[],
                                    known: &[],
                                    others: Others::Free,
                                    least: 1,
                                }),
                            ),
                        ],
                        known: &[],
                        others: Others::Refused,
                        least: 0,
                    }),
                ),
            ],
            others: Others::Refused,
            least: 0,
        }),
        &Shape::Judged(metric),
    ),
    1,
    true,
);

const CREDITS: Shape = Shape::List(
    &Shape::Object(&Fields {
        needed: &[("lang", &LANGUAGE), ("value", &LONG)],
        known: &[
            ("user", &UUID),
            (
                "type",
                &Shape::Word(&[
                    "finder",
                    "reporter",
                    "analyst",
                    "coordinator",
                    "remediation developer",
                    "remediation reviewer",
                    "remediation verifier",
                    "tool",
                    "sponsor",
                    "other",
                ]),
            ),
        ],
        others: Others::Refused,
        least: 0,
    }),
    1,
    true,
);

const TIMELINE: Shape = Shape::List(
    &Shape::Object(&Fields {
        needed: &[("time", &TIME), ("lang", &LANGUAGE), ("value", &LONG)],
        known: &[],
        others: Others::Refused,
        least: 0,
    }),
    1,
    true,
);

const IMPACTS: Shape = Shape::List(
    &Shape::Object(&Fields {
        needed: &[("descriptions", &DESCRIPTIONS)],
        known: &[("capecId", &CAPEC_ID)],
        others: Others::Refused,
        least: 0,
    }),
    1,
    true,
);

const TAXONOMY: Shape = Shape::List(
    &Shape::Object(&Fields {
        needed: &[
            ("taxonomyName", &Shape::Text(1, 128, anything)),
            (
                "taxonomyRelations",
                &Shape::List(
                    &Shape::Object(&Fields {
                        needed: &[
                            ("taxonomyId", &Shape::Text(1, 2048, anything)),
                            ("relationshipName", &Shape::Text(1, 128, anything)),
                            ("relationshipValue", &Shape::Text(1, 2048, anything)),
                        ],
                        known: &[],
                        others: Others::Refused,
                        least: 0,
                    }),
                    1,
                    true,
                ),
            ),
        ],
        known: &[("taxonomyVersion", &Shape::Text(1, 128, anything))],
        others: Others::Refused,
        least: 0,
    }),
    1,
    true,
);

const APPLICABILITY: Shape = Shape::List(
    &Shape::Object(&Fields {
        needed: &[("nodes", &Shape::List(&NODE, 0, false))],
        known: &[("operator", &Shape::Word(&["AND", "OR"])), ("negate", &Shape::Flag)],
        others: Others::Free,
        least: 0,
    }),
    0,
    false,
);
const NODE: Shape = Shape::Object(&Fields {
    needed: &[
        ("operator", &Shape::Word(&["AND", "OR"])),
        (
            "cpeMatch",
            &Shape::List(
                &Shape::Object(&Fields {
                    needed: &[("vulnerable", &Shape::Flag), ("criteria", &CPE)],
                    known: &[
                        ("matchCriteriaId", &UUID),
                        ("versionStartExcluding", &VERSION),
                        ("versionStartIncluding", &VERSION),
                        ("versionEndExcluding", &VERSION),
                        ("versionEndIncluding", &VERSION),
                    ],
                    others: Others::Free,
                    least: 0,
                }),
                0,
                false,
            ),
        ),
    ],
    known: &[("negate", &Shape::Flag)],
    others: Others::Free,
    least: 0,
});

const PROVIDER: Shape = Shape::Object(&Fields {
    needed: &[("orgId", &UUID)],
    known: &[("shortName", &SHORT_NAME), ("dateUpdated", &TIME)],
    others: Others::Refused,
    least: 0,
});

/// What a container of a published record may hold.
const MATTERS: &[(&str, &Shape)] = &[
    ("dateAssigned", &TIME),
    ("datePublic", &TIME),
    ("title", &Shape::Text(1, 256, anything)),
    ("cpeApplicability", &APPLICABILITY),
    ("problemTypes", &PROBLEM_TYPES),
    ("impacts", &IMPACTS),
    ("metrics", &METRICS),
    ("configurations", &PLAIN_DESCRIPTIONS),
    ("workarounds", &PLAIN_DESCRIPTIONS),
    ("solutions", &PLAIN_DESCRIPTIONS),
    ("exploits", &PLAIN_DESCRIPTIONS),
    ("timeline", &TIMELINE),
    ("credits", &CREDITS),
    ("source", &Shape::Object(&Fields { needed: &[], known: &[], others: Others::Free, least: 1 })),
    ("tags", &Shape::List(&Shape::Judged(cna_tag), 1, true)),
    ("taxonomyMappings", &TAXONOMY),
    // What others add to a record has these as well, and needs none of them.
    ("descriptions", &DESCRIPTIONS),
    ("affected", &Shape::List(&PRODUCT, 1, false)),
    ("references", &REFERENCES),
];
const CNA: Shape = Shape::Object(&Fields {
    needed: &[
        ("providerMetadata", &PROVIDER),
        ("descriptions", &DESCRIPTIONS),
        ("affected", &Shape::List(&PRODUCT, 1, false)),
        ("references", &REFERENCES),
    ],
    known: MATTERS,
    others: Others::Extensions,
    least: 0,
});
const ADP: Shape = Shape::Object(&Fields {
    needed: &[("providerMetadata", &PROVIDER)],
    known: MATTERS,
    others: Others::Extensions,
    least: 2,
});
const REJECTED_CNA: Shape = Shape::Object(&Fields {
    needed: &[("providerMetadata", &PROVIDER), ("rejectedReasons", &DESCRIPTIONS)],
    known: &[("replacedBy", &Shape::List(&CVE_ID, 1, true))],
    others: Others::Extensions,
    least: 0,
});

const DATA_TYPE: Shape = Shape::Word(&["CVE_RECORD"]);
const DATA_VERSION: Shape = Shape::Text(3, 16, data_version);

const PUBLISHED: Shape = Shape::Object(&Fields {
    needed: &[
        ("dataType", &DATA_TYPE),
        ("dataVersion", &DATA_VERSION),
        (
            "cveMetadata",
            &Shape::Object(&Fields {
                needed: &[
                    ("cveId", &CVE_ID),
                    ("assignerOrgId", &UUID),
                    ("state", &Shape::Word(&["PUBLISHED", "REJECTED"])),
                ],
                known: &[
                    ("assignerShortName", &SHORT_NAME),
                    ("requesterUserId", &UUID),
                    ("dateUpdated", &TIME),
                    ("serial", &Shape::Whole(1)),
                    ("dateReserved", &TIME),
                    ("datePublished", &TIME),
                ],
                others: Others::Refused,
                least: 0,
            }),
        ),
        (
            "containers",
            &Shape::Object(&Fields {
                needed: &[("cna", &CNA)],
                known: &[("adp", &Shape::List(&ADP, 1, true))],
                others: Others::Refused,
                least: 0,
            }),
        ),
    ],
    known: &[],
    others: Others::Refused,
    least: 0,
});

const REJECTED: Shape = Shape::Object(&Fields {
    needed: &[
        ("dataType", &DATA_TYPE),
        ("dataVersion", &DATA_VERSION),
        (
            "cveMetadata",
            &Shape::Object(&Fields {
                needed: &[
                    ("cveId", &CVE_ID),
                    ("assignerOrgId", &UUID),
                    ("state", &Shape::Word(&["REJECTED"])),
                ],
                known: &[
                    ("assignerShortName", &SHORT_NAME),
                    ("serial", &Shape::Whole(1)),
                    ("dateUpdated", &TIME),
                    ("datePublished", &TIME),
                    ("dateRejected", &TIME),
                    ("dateReserved", &TIME),
                ],
                others: Others::Refused,
                least: 0,
            }),
        ),
        (
            "containers",
            &Shape::Object(&Fields {
                needed: &[("cna", &REJECTED_CNA)],
                known: &[],
                others: Others::Refused,
                least: 0,
            }),
        ),
    ],
    known: &[],
    others: Others::Refused,
    least: 0,
});

/// Judges a record, or the container that is sent to CVE services.
pub fn judge(value: &Value, report: &mut Report) {
    let root = Place::Root;
    if value.get("dataType").is_none() && value.get("cveMetadata").is_none() {
        let rejected = value.get("rejectedReasons").is_some();
        return hold(value, if rejected { &REJECTED_CNA } else { &CNA }, &root, report);
    }
    let state = value.pointer("/cveMetadata/state").and_then(Value::as_str);
    hold(value, if state == Some("REJECTED") { &REJECTED } else { &PUBLISHED }, &root, report);
}

fn uuid4(text: &str) -> Result<(), &'static str> {
    let dashes = [8, 13, 18, 23];
    let bytes = text.as_bytes();
    let known = bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| {
            if dashes.contains(&place) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
        && bytes[14] == b'4'
        && b"89abAB".contains(&bytes[19]);
    if known { Ok(()) } else { Err("a UUID of version 4") }
}

/// As RFC 3339, where the offset may be left out.
fn timestamp(text: &str) -> Result<(), &'static str> {
    let known = date::read(text).is_some() || date::read(&format!("{text}Z")).is_some();
    if known && text.contains('T') { Ok(()) } else { Err("an instant like 2026-11-30T16:00:00Z") }
}

fn language(text: &str) -> Result<(), &'static str> {
    let mut parts = text.split(['-', '_']);
    let letters = |part: &str, least: usize, most: usize| {
        (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let first = parts.next().is_some_and(|part| letters(part, 2, 4));
    let rest: Vec<&str> = parts.collect();
    let region = |part: &str| {
        letters(part, 2, 2) || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let known = match rest[..] {
        [] => true,
        [one] => letters(one, 4, 4) || region(one),
        [script, area] => letters(script, 4, 4) && region(area),
        _ => false,
    };
    if first && known { Ok(()) } else { Err("a language like en or pt-BR") }
}

fn cve_id(text: &str) -> Result<(), &'static str> {
    if fixlead_core::id::is_cve_id(text) { Ok(()) } else { Err("a CVE id like CVE-2026-12345") }
}

fn after(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|number| {
        !number.is_empty() && !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn cwe_id(text: &str) -> Result<(), &'static str> {
    if after(text, "CWE-") { Ok(()) } else { Err("the id of a weakness like CWE-79") }
}

fn capec_id(text: &str) -> Result<(), &'static str> {
    if after(text, "CAPEC-") { Ok(()) } else { Err("the id of an attack pattern like CAPEC-63") }
}

fn package_url(text: &str) -> Result<(), &'static str> {
    match Purl::parse(text) {
        Ok(Purl { version: None, .. }) => Ok(()),
        _ => Err("a package URL without a version, like pkg:npm/name"),
    }
}

/// CPE 2.2 as a URI or CPE 2.3 as a formatted string.
pub fn cpe(text: &str) -> Result<(), &'static str> {
    let wrong = Err("a CPE like cpe:2.3:a:vendor:product:1.0:*:*:*:*:*:*:*");
    if let Some(rest) = text.strip_prefix("cpe:2.3:") {
        let mut parts = 1;
        let mut escaped = false;
        for letter in rest.chars() {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                ':' => parts += 1,
                letter if letter.is_whitespace() || letter.is_control() => return wrong,
                _ => {}
            }
        }
        let kind = rest.split(':').next().unwrap_or_default();
        return if parts == 11 && ["a", "h", "o", "*", "-"].contains(&kind) && !escaped {
            Ok(())
        } else {
            wrong
        };
    }
    let uri = text.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("cpe:/"));
    let known = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/._-~%".contains(&byte));
    if uri && known && text.matches(':').count() <= 7 { Ok(()) } else { wrong }
}

fn data_version(text: &str) -> Result<(), &'static str> {
    let parts: Vec<&str> = text.split('.').collect();
    let plain = |part: &&str| *part == "0" || after(part, "");
    let known = parts.first() == Some(&"5") && (2..=3).contains(&parts.len()) && parts.iter().all(plain);
    if known { Ok(()) } else { Err("a version of the format like 5.2.0") }
}

fn in_english(value: &Value, place: &Place<'_>, report: &mut Report) {
    let english = |one: &Value| {
        let language = text(one, "lang");
        language == "en" || language.starts_with("en-") || language.starts_with("en_")
    };
    if !value.as_array().is_some_and(|all| all.iter().any(english)) {
        report.error(STRUCTURE, place, "none of them is in English; write one with the lang en");
    }
}

fn at_most_512(value: &Value, place: &Place<'_>, report: &mut Report) {
    if value.as_array().is_some_and(|all| all.len() > 512) {
        report.error(STRUCTURE, place, "a container has at most 512 references");
    }
}

fn tag(value: &Value, known: &[&str], place: &Place<'_>, report: &mut Report) {
    let text = value.as_str().unwrap_or_default();
    let own = text.starts_with("x_") && text.chars().count() <= 128;
    if !own && !known.contains(&text) {
        let hint = fixlead_core::case::nearest(text, known.iter().copied());
        report.error(
            STRUCTURE,
            place,
            format!(
                "`{}` is no tag here{hint}; known are {} and what begins with x_",
                echo(text),
                known.join(", ")
            ),
        );
    }
}

fn reference_tag(value: &Value, place: &Place<'_>, report: &mut Report) {
    tag(value, REFERENCE_TAGS, place, report);
}

fn cna_tag(value: &Value, place: &Place<'_>, report: &mut Report) {
    tag(value, &["unsupported-when-assigned", "exclusively-hosted-service", "disputed"], place, report);
}

fn version_range(value: &Value, place: &Place<'_>, report: &mut Report) {
    let has = |key: &str| value.get(key).is_some();
    let ends = usize::from(has("lessThan")) + usize::from(has("lessThanOrEqual"));
    if ends == 2 {
        report.error(STRUCTURE, place, "a range ends with lessThan or with lessThanOrEqual; keep one");
    }
    if ends > 0 && !has("versionType") {
        report.error(STRUCTURE, place, "a range needs versionType, which says how versions are compared");
    }
    if has("changes") && ends == 0 {
        report.error(STRUCTURE, place, "changes stand in a range: add lessThan or lessThanOrEqual");
    }
}

fn product(value: &Value, place: &Place<'_>, report: &mut Report) {
    let has = |key: &str| value.get(key).is_some();
    let named = (has("vendor") && has("product"))
        || (has("collectionURL") && has("packageName"))
        || has("packageURL");
    if !named {
        report.error(STRUCTURE, place, "name it by vendor and product, or by collectionURL and packageName");
    }
    if !has("versions") && !has("defaultStatus") {
        report.error(STRUCTURE, place, "say which versions are affected: versions or defaultStatus");
    }
}

fn known_weakness(value: &Value, place: &Place<'_>, report: &mut Report) {
    let id = text(value, "cweId");
    if after(id, "CWE-") && cwe::name(id).is_none() {
        let message = format!("`{}` is no weakness of CWE 4.20; name one, no category and no view", echo(id));
        report.warn("cwe", &place.key("cweId"), message);
    }
}

fn metric(value: &Value, place: &Place<'_>, report: &mut Report) {
    let some =
        ["cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0", "other"].iter().any(|key| value.get(key).is_some());
    if !some {
        report.error(
            STRUCTURE,
            place,
            "there is no metric here: add cvssV4_0, cvssV3_1, cvssV3_0, cvssV2_0 or other",
        );
    }
}

/// A score that is not its vector's breaks no schema, but nobody can use it.
const RULES: cvss::Rules =
    cvss::Rules { invalid: STRUCTURE, computed: "cvss-score", inconsistent: "cvss-metric", closed: true };

fn cvss_of(value: &Value, version: Version, place: &Place<'_>, report: &mut Report) {
    let mut own = Report::default();
    cvss::judge(value, &[version], &RULES, place, &mut own);
    let (structure, others): (Vec<_>, Vec<_>) =
        own.errors.into_iter().partition(|problem| problem.rule == STRUCTURE);
    report.errors.extend(structure);
    report.warnings.extend(others);
}

fn cvss40(value: &Value, place: &Place<'_>, report: &mut Report) {
    cvss_of(value, Version::V40, place, report);
}

fn cvss31(value: &Value, place: &Place<'_>, report: &mut Report) {
    cvss_of(value, Version::V31, place, report);
}

fn cvss30(value: &Value, place: &Place<'_>, report: &mut Report) {
    cvss_of(value, Version::V30, place, report);
}

fn cvss20(value: &Value, place: &Place<'_>, report: &mut Report) {
    cvss_of(value, Version::V2, place, report);
}
