//! The structure of CSAF 2.0 (its section 3), and of the draft of 2.1 as far as
//! the two share it.

use serde_json::Value;

use super::super::cve::cpe;
use super::super::shape::{
    FILLED, Fields, Others, Place, Report, STRUCTURE, Shape, URI, anything, date_time, text,
};
use super::language::language;

/// A key that the standard does not have may be there (section 6.2.20).
const OTHERS: Others = Others::Doubtful("6.2.20");

const TIME: Shape = Shape::Text(1, 64, date_time);
const LANG: Shape = Shape::Text(1, 128, language);
const VERSION: Shape = Shape::Text(1, 256, version);
const IDS: Shape = Shape::List(&FILLED, 1, true);

const ACKNOWLEDGMENTS: Shape = Shape::List(
    &Shape::Object(&Fields {
        needed: &[],
        known: &[
            ("names", &Shape::List(&FILLED, 1, false)),
            ("organization", &FILLED),
            ("summary", &FILLED),
            ("urls", &Shape::List(&URI, 1, false)),
        ],
        others: OTHERS,
        least: 1,
    }),
    1,
    false,
);

const NOTES: Shape = Shape::List(
    &Shape::Object(&Fields {
        needed: &[
            (
                "category",
                &Shape::Word(&[
                    "description",
                    "details",
                    "faq",
                    "general",
                    "legal_disclaimer",
                    "other",
                    "summary",
                ]),
            ),
            ("text", &FILLED),
        ],
        known: &[("audience", &FILLED), ("title", &FILLED)],
        others: OTHERS,
        least: 0,
    }),
    1,
    false,
);

const REFERENCES: Shape = Shape::List(
    &Shape::Object(&Fields {
        needed: &[("summary", &FILLED), ("url", &URI)],
        known: &[("category", &Shape::Word(&["external", "self"]))],
        others: OTHERS,
        least: 0,
    }),
    1,
    false,
);

const HELPER: Shape = Shape::Object(&Fields {
    needed: &[],
    known: &[
        ("cpe", &Shape::Text(5, usize::MAX, cpe)),
        (
            "hashes",
            &Shape::List(
                &Shape::Object(&Fields {
                    needed: &[
                        (
                            "file_hashes",
                            &Shape::List(
                                &Shape::Object(&Fields {
                                    needed: &[
                                        ("algorithm", &FILLED),
                                        ("value", &Shape::Text(32, usize::MAX, hexadecimal)),
                                    ],
                                    known: &[],
                                    others: OTHERS,
                                    least: 0,
                                }),
                                1,
                                false,
                            ),
                        ),
                        ("filename", &FILLED),
                    ],
                    known: &[],
                    others: OTHERS,
                    least: 0,
                }),
                1,
                false,
            ),
        ),
        ("model_numbers", &Shape::List(&FILLED, 1, true)),
        ("purl", &Shape::Text(7, usize::MAX, purl_shape)),
        ("purls", &Shape::List(&Shape::Text(7, usize::MAX, purl_shape), 1, true)),
        ("sbom_urls", &Shape::List(&URI, 1, false)),
        ("serial_numbers", &Shape::List(&FILLED, 1, true)),
        ("skus", &Shape::List(&FILLED, 1, false)),
        (
            "x_generic_uris",
            &Shape::List(
                &Shape::Object(&Fields {
                    needed: &[("namespace", &URI), ("uri", &URI)],
                    known: &[],
                    others: OTHERS,
                    least: 0,
                }),
                1,
                false,
            ),
        ),
    ],
    others: OTHERS,
    least: 1,
});

const PRODUCT: Shape = Shape::Object(&Fields {
    needed: &[("name", &FILLED), ("product_id", &FILLED)],
    known: &[("product_identification_helper", &HELPER)],
    others: OTHERS,
    least: 0,
});

static BRANCHES: Shape = Shape::List(&BRANCH, 1, false);
static BRANCH: Shape = Shape::Both(
    &Shape::Object(&Fields {
        needed: &[
            (
                "category",
                &Shape::Word(&[
                    "architecture",
                    "host_name",
                    "language",
                    "legacy",
                    "patch_level",
                    "platform",
                    "product_family",
                    "product_name",
                    "product_version",
                    "product_version_range",
                    "service_pack",
                    "specification",
                    "vendor",
                ]),
            ),
            ("name", &FILLED),
        ],
        known: &[("branches", &BRANCHES), ("product", &PRODUCT)],
        others: OTHERS,
        least: 0,
    }),
    &Shape::Judged(branch_or_leaf),
);

static TREE: Shape = Shape::Object(&Fields {
    needed: &[],
    known: &[
        ("branches", &BRANCHES),
        ("full_product_names", &Shape::List(&PRODUCT, 1, false)),
        (
            "product_groups",
            &Shape::List(
                &Shape::Object(&Fields {
                    needed: &[("group_id", &FILLED), ("product_ids", &Shape::List(&FILLED, 2, true))],
                    known: &[("summary", &FILLED)],
                    others: OTHERS,
                    least: 0,
                }),
                1,
                false,
            ),
        ),
        (
            "relationships",
            &Shape::List(
                &Shape::Object(&Fields {
                    needed: &[
                        (
                            "category",
                            &Shape::Word(&[
                                "default_component_of",
                                "external_component_of",
                                "installed_on",
                                "installed_with",
                                "optional_component_of",
                            ]),
                        ),
                        ("full_product_name", &PRODUCT),
                        ("product_reference", &FILLED),
                        ("relates_to_product_reference", &FILLED),
                    ],
                    known: &[],
                    others: OTHERS,
                    least: 0,
                }),
                1,
                false,
            ),
        ),
    ],
    others: OTHERS,
    least: 1,
});

const TRACKING: Shape = Shape::Object(&Fields {
    needed: &[
        ("current_release_date", &TIME),
        ("id", &Shape::Text(1, usize::MAX, trimmed)),
        ("initial_release_date", &TIME),
        (
            "revision_history",
            &Shape::List(
                &Shape::Object(&Fields {
                    needed: &[("date", &TIME), ("number", &VERSION), ("summary", &FILLED)],
                    known: &[("legacy_version", &FILLED)],
                    others: OTHERS,
                    least: 0,
                }),
                1,
                false,
            ),
        ),
        ("status", &Shape::Word(&["draft", "final", "interim"])),
        ("version", &VERSION),
    ],
    known: &[
        ("aliases", &Shape::List(&FILLED, 1, true)),
        (
            "generator",
            &Shape::Object(&Fields {
                needed: &[(
                    "engine",
                    &Shape::Object(&Fields {
                        needed: &[("name", &FILLED)],
                        known: &[("version", &FILLED)],
                        others: OTHERS,
                        least: 0,
                    }),
                )],
                known: &[("date", &TIME)],
                others: OTHERS,
                least: 0,
            }),
        ),
    ],
    others: OTHERS,
    least: 0,
});

const PUBLISHER: Shape = Shape::Object(&Fields {
    needed: &[
        (
            "category",
            &Shape::Word(&[
                "coordinator",
                "discoverer",
                "multiplier",
                "other",
                "translator",
                "user",
                "vendor",
            ]),
        ),
        ("name", &FILLED),
        ("namespace", &URI),
    ],
    known: &[("contact_details", &FILLED), ("issuing_authority", &FILLED)],
    others: OTHERS,
    least: 0,
});

const SEVERITY: Shape = Shape::Object(&Fields {
    needed: &[("text", &FILLED)],
    known: &[("namespace", &URI)],
    others: OTHERS,
    least: 0,
});

const HEAD: Shape = Shape::Both(
    &Shape::Object(&Fields {
        needed: &[
            ("category", &Shape::Text(1, usize::MAX, category)),
            ("csaf_version", &Shape::Word(&["2.0", "2.1"])),
            ("publisher", &PUBLISHER),
            ("title", &FILLED),
            ("tracking", &TRACKING),
        ],
        known: &[
            ("acknowledgments", &ACKNOWLEDGMENTS),
            ("aggregate_severity", &SEVERITY),
            (
                "distribution",
                &Shape::Object(&Fields {
                    needed: &[],
                    known: &[
                        ("text", &FILLED),
                        (
                            "tlp",
                            &Shape::Object(&Fields {
                                needed: &[(
                                    "label",
                                    &Shape::Word(&[
                                        "AMBER",
                                        "AMBER+STRICT",
                                        "CLEAR",
                                        "GREEN",
                                        "RED",
                                        "WHITE",
                                    ]),
                                )],
                                known: &[("url", &URI)],
                                others: OTHERS,
                                least: 0,
                            }),
                        ),
                        ("sharing_group", &Shape::Any),
                    ],
                    others: OTHERS,
                    least: 1,
                }),
            ),
            ("lang", &LANG),
            ("notes", &NOTES),
            ("references", &REFERENCES),
            ("source_lang", &LANG),
            ("license_expression", &FILLED),
        ],
        others: OTHERS,
        least: 0,
    }),
    &Shape::Judged(words_of_the_version),
);

const REMEDIATION: Shape = Shape::Object(&Fields {
    needed: &[
        (
            "category",
            &Shape::Word(&[
                "fix_planned",
                "mitigation",
                "no_fix_planned",
                "none_available",
                "optional_patch",
                "vendor_fix",
                "workaround",
            ]),
        ),
        ("details", &FILLED),
    ],
    known: &[
        ("date", &TIME),
        ("entitlements", &Shape::List(&FILLED, 1, false)),
        ("group_ids", &IDS),
        ("product_ids", &IDS),
        (
            "restart_required",
            &Shape::Object(&Fields {
                needed: &[(
                    "category",
                    &Shape::Word(&[
                        "connected",
                        "dependencies",
                        "machine",
                        "none",
                        "parent",
                        "service",
                        "system",
                        "vulnerable_component",
                        "zone",
                    ]),
                )],
                known: &[("details", &FILLED)],
                others: OTHERS,
                least: 0,
            }),
        ),
        ("url", &URI),
    ],
    others: OTHERS,
    least: 0,
});

/// What vulnerabilities have in either version.
macro_rules! vulnerability {
    ($($own:expr),+ $(,)?) => {
        Shape::List(
            &Shape::Object(&Fields {
                needed: &[],
                known: &[
                    ("acknowledgments", &ACKNOWLEDGMENTS),
                    ("cve", &Shape::Text(1, 64, cve)),
                    ("discovery_date", &TIME),
                    (
                        "flags",
                        &Shape::List(
                            &Shape::Object(&Fields {
                                needed: &[(
                                    "label",
                                    &Shape::Word(&[
                                        "component_not_present",
                                        "inline_mitigations_already_exist",
                                        "vulnerable_code_cannot_be_controlled_by_adversary",
                                        "vulnerable_code_not_in_execute_path",
                                        "vulnerable_code_not_present",
                                    ]),
                                )],
                                known: &[("date", &TIME), ("group_ids", &IDS), ("product_ids", &IDS)],
                                others: OTHERS,
                                least: 0,
                            }),
                            1,
                            true,
                        ),
                    ),
                    (
                        "ids",
                        &Shape::List(
                            &Shape::Object(&Fields {
                                needed: &[("system_name", &FILLED), ("text", &FILLED)],
                                known: &[],
                                others: OTHERS,
                                least: 0,
                            }),
                            1,
                            true,
                        ),
                    ),
                    (
                        "involvements",
                        &Shape::List(
                            &Shape::Object(&Fields {
                                needed: &[
                                    ("party", &Shape::Word(&["coordinator", "discoverer", "other", "user", "vendor"])),
                                    (
                                        "status",
                                        &Shape::Word(&[
                                            "completed",
                                            "contact_attempted",
                                            "disputed",
                                            "in_progress",
                                            "not_contacted",
                                            "open",
                                        ]),
                                    ),
                                ],
                                known: &[("date", &TIME), ("summary", &FILLED)],
                                others: OTHERS,
                                least: 0,
                            }),
                            1,
                            true,
                        ),
                    ),
                    ("notes", &NOTES),
                    (
                        "product_status",
                        &Shape::Object(&Fields {
                            needed: &[],
                            known: &[
                                ("first_affected", &IDS),
                                ("first_fixed", &IDS),
                                ("fixed", &IDS),
                                ("known_affected", &IDS),
                                ("known_not_affected", &IDS),
                                ("last_affected", &IDS),
                                ("recommended", &IDS),
                                ("under_investigation", &IDS),
                            ],
                            others: OTHERS,
                            least: 1,
                        }),
                    ),
                    ("references", &REFERENCES),
                    ("remediations", &Shape::List(&REMEDIATION, 1, false)),
                    (
                        "threats",
                        &Shape::List(
                            &Shape::Object(&Fields {
                                needed: &[
                                    ("category", &Shape::Word(&["exploit_status", "impact", "target_set"])),
                                    ("details", &FILLED),
                                ],
                                known: &[("date", &TIME), ("group_ids", &IDS), ("product_ids", &IDS)],
                                others: OTHERS,
                                least: 0,
                            }),
                            1,
                            false,
                        ),
                    ),
                    ("title", &FILLED),
                    $($own),+
                ],
                others: OTHERS,
                least: 1,
            }),
            1,
            false,
        )
    };
}

const WEAKNESS: Shape = Shape::Object(&Fields {
    needed: &[("id", &Shape::Text(1, 10, weakness)), ("name", &FILLED)],
    known: &[],
    others: OTHERS,
    least: 0,
});
const DRAFT_WEAKNESS: Shape = Shape::Object(&Fields {
    needed: &[("id", &Shape::Text(1, 10, weakness)), ("name", &FILLED), ("version", &FILLED)],
    known: &[],
    others: OTHERS,
    least: 0,
});

static VULNERABILITIES: Shape = vulnerability![
    ("cwe", &WEAKNESS),
    ("release_date", &TIME),
    (
        "scores",
        &Shape::List(
            &Shape::Object(&Fields {
                needed: &[("products", &IDS)],
                // What is in them is judged with the vectors.
                known: &[("cvss_v2", &Shape::Any), ("cvss_v3", &Shape::Any)],
                others: OTHERS,
                least: 2,
            }),
            1,
            false,
        ),
    ),
];
static DRAFT_VULNERABILITIES: Shape = vulnerability![
    ("cwes", &Shape::List(&DRAFT_WEAKNESS, 1, true)),
    ("disclosure_date", &TIME),
    ("first_known_exploitation_dates", &Shape::Any),
    (
        "metrics",
        &Shape::List(
            &Shape::Object(&Fields {
                needed: &[
                    (
                        "content",
                        &Shape::Object(&Fields { needed: &[], known: &[], others: Others::Free, least: 1 })
                    ),
                    ("products", &IDS)
                ],
                known: &[("source", &URI)],
                others: OTHERS,
                least: 0,
            }),
            1,
            false,
        ),
    ),
];

/// A document of version 2.0.
pub static DOCUMENT: Shape = Shape::Object(&Fields {
    needed: &[("document", &HEAD)],
    known: &[("product_tree", &TREE), ("vulnerabilities", &VULNERABILITIES)],
    others: OTHERS,
    least: 0,
});

/// A document of the draft.
pub static DRAFT: Shape = Shape::Object(&Fields {
    needed: &[("$schema", &URI), ("document", &HEAD)],
    known: &[("product_tree", &TREE), ("vulnerabilities", &DRAFT_VULNERABILITIES)],
    others: OTHERS,
    least: 0,
});

/// Words of one version alone.
fn words_of_the_version(value: &Value, place: &Place<'_>, report: &mut Report) {
    let draft = text(value, "csaf_version") == "2.1";
    let label = value.pointer("/distribution/tlp/label").and_then(Value::as_str);
    let known: &[&str] = if draft {
        &["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
    } else {
        &["WHITE", "GREEN", "AMBER", "RED"]
    };
    let (distribution, tlp) = (place.key("distribution"), "tlp");
    let tlp = distribution.key(tlp);
    match label {
        Some(label) if !known.contains(&label) => {
            report.error(STRUCTURE, &tlp.key("label"), format!("this version has {}", known.join(", ")));
        }
        None if draft => report.error(STRUCTURE, place, "the draft needs distribution/tlp/label"),
        _ => {}
    }
    if !draft && value.pointer("/publisher/category").and_then(Value::as_str) == Some("multiplier") {
        let publisher = place.key("publisher");
        report.error(STRUCTURE, &publisher.key("category"), "`multiplier` comes with the draft of 2.1");
    }
}

fn branch_or_leaf(value: &Value, place: &Place<'_>, report: &mut Report) {
    // Exactly one of the two: the object has three entries.
    let both = value.get("branches").is_some() == value.get("product").is_some();
    if both || value.as_object().is_some_and(|map| map.len() > 3) {
        report.error(STRUCTURE, place, "a branch has a category, a name, and either branches or a product");
    }
}

fn trimmed(text: &str) -> Result<(), &'static str> {
    if text.trim() == text && !text.contains(['\n', '\r']) {
        Ok(())
    } else {
        Err("a text on one line without spaces around it")
    }
}

fn category(text: &str) -> Result<(), &'static str> {
    let outer = |letter: char| letter.is_whitespace() || "-_.".contains(letter);
    if text.starts_with(outer) || text.ends_with(outer) || text.contains('\n') {
        return Err("a text that neither begins nor ends with a space, hyphen, underscore or dot");
    }
    anything(text)
}

fn hexadecimal(text: &str) -> Result<(), &'static str> {
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) { Ok(()) } else { Err("hexadecimal digits") }
}

/// The beginning of a package URL; the rest is section 6.1.13.
fn purl_shape(text: &str) -> Result<(), &'static str> {
    let wrong = Err("a package URL like pkg:npm/name");
    let Some((kind, rest)) = text.strip_prefix("pkg:").and_then(|rest| rest.split_once('/')) else {
        return wrong;
    };
    let known = !kind.is_empty()
        && !kind.starts_with(|first: char| first.is_ascii_digit())
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte));
    if known && !rest.is_empty() { Ok(()) } else { wrong }
}

fn cve(text: &str) -> Result<(), &'static str> {
    if fixlead_core::id::is_cve_id(text) { Ok(()) } else { Err("a CVE id like CVE-2026-12345") }
}

fn weakness(text: &str) -> Result<(), &'static str> {
    let known = text.strip_prefix("CWE-").is_some_and(|number| {
        (1..=6).contains(&number.len())
            && !number.starts_with('0')
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    if known { Ok(()) } else { Err("the id of a weakness like CWE-79") }
}

/// A whole number, or a version of Semantic Versioning.
fn version(text: &str) -> Result<(), &'static str> {
    if super::tracking::Number::read(text).is_some() {
        Ok(())
    } else {
        Err("a whole number, or a version like 1.0.0")
    }
}
