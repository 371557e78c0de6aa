//! CVSS vectors and their scores, opinions that differ, scales in words.
//!
//! The comparison with an independent implementation over all base vectors is
//! in `tests/oracle/cvss.sh`.

#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use fixlead_core::severity::{
    Band, Group, MAX_VECTOR_LENGTH, Nomenclature, Opinion, Opinions, Scale, Score, Scores, Vector,
    VectorError, Version, straddles,
};

#[path = "severity/properties.rs"]
mod properties;

fn vector(text: &str) -> Vector {
    Vector::parse(text).unwrap()
}

fn score(text: &str) -> Score {
    Score::parse(text).unwrap()
}

/// Base, temporal and environmental score, `-` for one that is absent; in
/// version 4.0 the score and what it calls itself.
fn scores(text: &str) -> String {
    match vector(text).scores() {
        Scores::Grouped { base, temporal, environmental } => {
            let shown = |score: Option<Score>| score.map_or("-".to_owned(), |s| s.to_string());
            format!("{base} {} {}", shown(temporal), shown(environmental))
        }
        Scores::Combined { score, nomenclature } => format!("{score} {nomenclature}"),
    }
}

fn refusal(text: &str) -> String {
    Vector::parse(text).unwrap_err().to_string()
}

const LOG4SHELL_4: &str = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H";
const WORST_3: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

#[test]
fn version_2_scores_the_examples_of_its_guide() {
    // Section 3.3: CVE-2002-0392, CVE-2003-0818, CVE-2003-0062.
    for (text, expected) in [
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:N/TD:N/CR:M/IR:M/AR:H", "7.8 6.4 0.0"),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H", "7.8 6.4 9.2"),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:L", "10.0 8.3 9.0"),
        ("AV:L/AC:H/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:M", "6.2 4.9 7.5"),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:N", "0.0 - -"),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", "10.0 - -"),
    ] {
        assert_eq!(scores(text), expected, "{text}");
    }
}

#[test]
fn an_adjusted_base_below_zero_is_zero_in_version_2() {
    // The equation gives -0.1687266; a score begins at 0. With CDP:H the rest
    // is 10 * 0.5, and not (-0.2 + 10.2 * 0.5).
    let text = "AV:L/AC:H/Au:M/C:P/I:N/A:N/CDP:H/TD:H/CR:L";
    assert_eq!(scores(text), "0.8 - 5.0");
    assert_eq!(
        scores("AV:L/AC:H/Au:M/C:N/I:N/A:N/CDP:H/TD:H/CR:L"),
        "0.0 - 5.0",
        "no impact never scores above a small one"
    );
}

#[test]
fn version_3_scores_published_vulnerabilities() {
    // CVSS v3.1 examples: CVE-2013-1937, CVE-2013-0375, CVE-2014-3566,
    // CVE-2012-1516, CVE-2009-0783, CVE-2014-0160, CVE-2014-6271.
    for (metrics, expected) in [
        ("AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "6.1 - -"),
        ("AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", "6.4 - -"),
        ("AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", "3.1 - -"),
        ("AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", "9.9 - -"),
        ("AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L", "4.2 - -"),
        ("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "7.5 - -"),
        ("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "9.8 - -"),
        ("AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "10.0 - -"),
        ("AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:N", "0.0 - -"),
    ] {
        assert_eq!(scores(&format!("CVSS:3.0/{metrics}")), expected);
        assert_eq!(scores(&format!("CVSS:3.1/{metrics}")), expected);
    }
}

#[test]
fn a_score_on_a_tenth_is_not_rounded_up_past_it() {
    // 2.5 * 0.92 is 2.3 and no more, whatever binary fractions make of it.
    assert_eq!(scores("CVSS:3.0/AV:L/AC:H/PR:H/UI:N/S:C/C:N/I:N/A:L/E:H/RC:U"), "2.5 2.3 -");
    assert_eq!(scores("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:F"), "10.0 9.7 -");
}

#[test]
fn the_versions_3_differ_only_in_the_environmental_score_of_a_changed_scope() {
    let text = "CVSS:3.0/AV:L/AC:L/PR:H/UI:N/S:C/C:H/I:H/A:N/CR:L";
    assert_eq!(scores(text), "7.9 - 7.0");
    let other = vector(text).with_version(Version::V31).unwrap();
    assert_eq!(other.to_string(), text.replace("3.0", "3.1"));
    assert_eq!(scores(&other.to_string()), "7.9 - 6.9");
    assert_eq!(other.with_version(Version::V30), Some(vector(text)));
    assert_eq!(other.with_version(Version::V40), None);
    for metrics in every_version_3_base() {
        let one = vector(&format!("CVSS:3.0/{metrics}/E:P/RL:T/RC:R"));
        let two = one.with_version(Version::V31).unwrap();
        assert_eq!(one.scores(), two.scores(), "{metrics}");
    }
}

/// Metrics of all 2,592 base vectors of version 3.
fn every_version_3_base() -> Vec<String> {
    let metrics: [(&str, &str); 8] = [
        ("AV", "NALP"),
        ("AC", "LH"),
        ("PR", "NLH"),
        ("UI", "NR"),
        ("S", "UC"),
        ("C", "HLN"),
        ("I", "HLN"),
        ("A", "HLN"),
    ];
    let mut all = vec![String::new()];
    for (name, values) in metrics {
        let separator = if name == "AV" { "" } else { "/" };
        all = all
            .iter()
            .flat_map(|text| values.chars().map(move |value| format!("{text}{separator}{name}:{value}")))
            .collect();
    }
    assert_eq!(all.len(), 2592);
    all
}

#[test]
fn every_version_3_base_score_is_the_smallest_tenth_not_below_the_equation() {
    // Binary fractions are good enough to check the whole to a billionth; the
    // vectors whose value is a tenth itself decide the rest, and there are
    // some.
    let mut on_a_tenth = 0;
    for metrics in every_version_3_base() {
        let text = format!("CVSS:3.0/{metrics}");
        let read = vector(&text);
        let exact = base_equation(&read);
        let Scores::Grouped { base, .. } = read.scores() else {
            panic!("version 3 has groups");
        };
        let tenths = f64::from(base.tenths());
        assert!(exact * 10.0 <= tenths + 1e-9, "{text}: {exact} {base}");
        assert!(exact == 0.0 || exact * 10.0 > tenths - 1.0 - 1e-9, "{text}: {exact} {base}");
        let nearest = (exact * 10.0).round();
        if (exact * 10.0 - nearest).abs() < 1e-9 {
            on_a_tenth += 1;
            assert_eq!(tenths, nearest, "{text}: {exact} {base}");
        }
    }
    assert!(on_a_tenth >= 96, "those without an impact at least");
}

fn base_equation(read: &Vector) -> f64 {
    let weight = |name: &str| -> f64 {
        let changed = read.metric("S") == Some("C");
        match (name, read.metric(name).unwrap()) {
            ("AV", "N") | ("PR", "N") | ("UI", "N") => 0.85,
            ("AV", "A") | ("UI", "R") => 0.62,
            ("AV", "L") => 0.55,
            ("AV", "P") => 0.2,
            ("AC", "L") => 0.77,
            ("AC", "H") => 0.44,
            ("PR", "L") => {
                if changed {
                    0.68
                } else {
                    0.62
                }
            }
            ("PR", "H") => {
                if changed {
                    0.5
                } else {
                    0.27
                }
            }
            ("C" | "I" | "A", "H") => 0.56,
            ("C" | "I" | "A", "L") => 0.22,
            _ => 0.0,
        }
    };
    let iss = 1.0 - ["C", "I", "A"].map(|name| 1.0 - weight(name)).iter().product::<f64>();
    let exploitability = 8.22 * weight("AV") * weight("AC") * weight("PR") * weight("UI");
    let sum = if iss < 1e-9 {
        return 0.0;
    } else if read.metric("S") == Some("C") {
        1.08 * (7.52 * (iss - 0.029) - 3.25 * (iss - 0.02).powi(15) + exploitability)
    } else {
        6.42 * iss + exploitability
    };
    sum.min(10.0)
}

#[test]
fn version_4_scores_and_names_what_went_in() {
    for (tail, expected) in [
        ("", "10.0 CVSS-B"),
        ("/E:X", "10.0 CVSS-B"),
        ("/E:A", "10.0 CVSS-BT"),
        ("/CR:X/MAV:X", "10.0 CVSS-B"),
        ("/E:U", "9.1 CVSS-BT"),
        ("/MAV:N", "10.0 CVSS-BE"),
        ("/E:P/CR:L", "9.3 CVSS-BTE"),
        // Half way down one set of five: 8.7 - (0.6 * 3 / 6) / 5 = 8.64.
        ("/E:P/CR:L/IR:L/AR:L", "8.6 CVSS-BTE"),
        ("/S:P/AU:Y/R:I/V:C/RE:H/U:Red", "10.0 CVSS-B"),
        ("/MVC:N/MVI:N/MVA:N/MSC:N/MSI:N/MSA:N", "0.0 CVSS-BE"),
    ] {
        assert_eq!(scores(&format!("{LOG4SHELL_4}{tail}")), expected, "{tail}");
    }
    for (metrics, expected) in [
        // CVE-2014-0160 and CVE-2014-6271.
        ("AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", "8.7"),
        ("AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "9.3"),
        ("AV:P/AC:H/AT:P/PR:H/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N", "1.0"),
        ("AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", "0.0"),
    ] {
        assert_eq!(scores(&format!("CVSS:4.0/{metrics}")), format!("{expected} CVSS-B"));
    }
}

#[test]
fn a_group_in_which_nothing_is_defined_has_no_score() {
    assert_eq!(scores(&format!("{WORST_3}/E:X/RL:X/CR:X/MAV:X")), "9.8 - -");
    assert_eq!(scores(&format!("{WORST_3}/E:H")), "9.8 9.8 -");
    assert_eq!(scores(&format!("{WORST_3}/E:U/MAV:N")), "9.8 9.0 9.0");
    assert_eq!(scores("AV:N/AC:L/Au:N/C:C/I:C/A:C/E:ND/RL:ND/RC:ND/CDP:ND"), "10.0 - -");
    assert_eq!(vector(&format!("{WORST_3}/E:U")).scores().overall(), (Group::Temporal, score("9.0")));
}

#[test]
fn a_vector_is_refused_with_its_place_and_a_remedy() {
    for (text, expected) in [
        (
            "",
            "\"\" begins no vector: begin with \"CVSS:3.0/\", \"CVSS:3.1/\" or \"CVSS:4.0/\", or with \"AV:\" for version 2.0",
        ),
        (
            "CVSS:3.2/AV:N",
            "\"CVSS:3.2/\" begins no vector: the known prefixes are \"CVSS:3.0/\", \"CVSS:3.1/\" and \"CVSS:4.0/\"",
        ),
        ("CVSS:2.0/AV:N", "\"CVSS:2.0/\" begins no vector: a version 2.0 vector has no prefix"),
        ("(AV:N/AC:L/Au:N/C:C/I:C/A:C)", "\"(AV:N/\" begins no vector: write the vector without parentheses"),
        (
            "CVSS:3.1/AV:N",
            "version 3.1 requires the base metrics AC, PR, UI, S, C, I and A: add what is missing",
        ),
        (
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:L/SC:N/SI:N/SA:N",
            "version 4.0 requires the base metric VA: add what is missing",
        ),
        (
            "CVSS:3.1/AC:L/AV:N/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "AV is out of order (character 15): the order is AV/AC/PR/UI/S/C/I/A",
        ),
        ("AC:L/AV:N/Au:N/C:C/I:C/A:C", "AV is out of order (character 6): the order is AV/AC/Au/C/I/A"),
        (
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/AV:N",
            "AV is given a second time (character 46): keep one of the two",
        ),
        (
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/ui:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
            "version 4.0 has no metric \"ui\" (character 30): its metrics are AV, AC, AT, PR, UI, VC, VI, VA, SC, SI, SA, E, CR, IR, AR, MAV, MAC, MAT, MPR, MUI, MVC, MVI, MVA, MSC, MSI, MSA, S, AU, R, V, RE and U",
        ),
        (
            "AV:N/AC:L/PR:N",
            "version 2.0 has no metric \"PR\" (character 11): its metrics are AV, AC, Au, C, I, A, E, RL, RC, CDP, TD, CR, IR and AR; a vector of a later version begins with it, as in \"CVSS:3.1/\"",
        ),
        ("CVSS:4.0/AV:F/AC:L", "AV takes no value \"F\" (character 13): it takes N, A, L and P"),
        ("CVSS:3.1/AV:N/AC", "expected a metric such as \"AV:N\" at character 15, found \"AC\""),
        (
            "CVSS:3.1/AV:N//AC:L",
            "expected a metric such as \"AV:N\" at character 15, found nothing between two slashes",
        ),
        (
            "AV:N/AC:L/Au:N/C:C/I:C/A:C/",
            "expected a metric such as \"AV:N\" at character 28, found the end of the text",
        ),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
}

#[test]
fn order_and_number_matter_in_every_version() {
    for text in
        ["AV:N/AC:L/Au:N/C:C/I:C/A:C", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", WORST_3, LOG4SHELL_4]
    {
        assert_eq!(vector(text).canonical(), text);
        let prefix = vector(text).version().prefix();
        let parts: Vec<&str> = text[prefix.len()..].split('/').collect();
        for place in 0..parts.len() {
            let mut missing = parts.clone();
            missing.remove(place);
            assert!(matches!(
                Vector::parse(&format!("{prefix}{}", missing.join("/"))),
                Err(VectorError::Missing { metrics, .. }) if metrics.len() == 1
            ));
            let mut twice = parts.clone();
            twice.insert(place, parts[place]);
            assert!(matches!(
                Vector::parse(&format!("{prefix}{}", twice.join("/"))),
                Err(VectorError::Duplicate { .. })
            ));
            for other in place + 1..parts.len() {
                let mut swapped = parts.clone();
                swapped.swap(place, other);
                assert!(matches!(
                    Vector::parse(&format!("{prefix}{}", swapped.join("/"))),
                    Err(VectorError::OutOfOrder { .. })
                ));
            }
        }
    }
}

#[test]
fn a_text_longer_than_any_vector_is_not_looked_at() {
    let text = format!("{WORST_3}/{}", "E:X/".repeat(200));
    assert!(text.len() > MAX_VECTOR_LENGTH);
    assert_eq!(refusal(&text), "the text has 845 bytes and a vector at most 512: give the vector alone");
}

#[test]
fn a_vector_answers_for_its_metrics() {
    let read = vector(&format!("{WORST_3}/E:X/MUI:R"));
    assert_eq!(read.version(), Version::V31);
    assert_eq!(read.metric("UI"), Some("N"));
    assert_eq!(read.metric("MUI"), Some("R"));
    assert_eq!(read.metric("E"), Some("X"));
    assert_eq!(read.metric("RL"), None);
    assert_eq!(read.metric("AT"), None);
    assert_eq!(read.base().to_string(), WORST_3);
}

#[test]
fn scores_are_tenths_and_have_bands() {
    for (text, tenths) in [("0", 0), ("0.0", 0), ("8.1", 81), ("10", 100), ("10.0", 100)] {
        assert_eq!(score(text).tenths(), tenths);
    }
    for text in ["", ".5", "5.", "10.1", "11", "-1", "+1", "7.25", "1e1", "７.0", " 7"] {
        let error = Score::parse(text).unwrap_err().to_string();
        assert!(error.ends_with("write a number from 0.0 to 10.0 with at most one decimal"));
    }
    assert_eq!(Score::from_tenths(101), None);
    assert_eq!(format!("[{:>4}]", score("8.1")), "[ 8.1]");
    assert!(score("9.9") < score("10.0"));
    for (text, version, band) in [
        ("0.0", Version::V31, Band::None),
        ("0.1", Version::V31, Band::Low),
        ("3.9", Version::V30, Band::Low),
        ("4.0", Version::V30, Band::Medium),
        ("6.9", Version::V40, Band::Medium),
        ("7.0", Version::V40, Band::High),
        ("8.9", Version::V31, Band::High),
        ("9.0", Version::V31, Band::Critical),
        ("10.0", Version::V40, Band::Critical),
        ("0.0", Version::V2, Band::Low),
        ("3.9", Version::V2, Band::Low),
        ("4.0", Version::V2, Band::Medium),
        ("6.9", Version::V2, Band::Medium),
        ("7.0", Version::V2, Band::High),
        ("10.0", Version::V2, Band::High),
    ] {
        assert_eq!(score(text).band(version), band, "{text} {version}");
    }
}

#[test]
fn versions_that_disagree_about_a_threshold_straddle_it() {
    let thresholds = [score("7.0"), score("4.0")];
    let scores = [(Version::V30, score("7.0")), (Version::V31, score("6.9"))];
    let straddle = straddles(&scores, &thresholds).unwrap();
    assert_eq!(straddle.to_string(), "under 7.0 by version 3.1 (6.9), not by version 3.0 (7.0)");
    assert_eq!(straddle.crossings().len(), 1);

    let both = [(Version::V31, score("3.9")), (Version::V40, score("7.0"))];
    assert_eq!(
        straddles(&both, &thresholds).unwrap().to_string(),
        "under 4.0 by version 3.1 (3.9), not by version 4.0 (7.0); \
         under 7.0 by version 3.1 (3.9), not by version 4.0 (7.0)"
    );
}

#[test]
fn one_version_alone_or_one_side_alone_straddles_nothing() {
    let four = [score("4.0")];
    for scores in [
        vec![],
        vec![(Version::V31, score("3.9"))],
        vec![(Version::V31, score("3.9")), (Version::V31, score("4.0"))],
        vec![(Version::V30, score("4.0")), (Version::V31, score("4.1"))],
        vec![(Version::V30, score("3.9")), (Version::V31, score("0.0"))],
    ] {
        assert_eq!(straddles(&scores, &four), None, "{scores:?}");
    }
    assert_eq!(straddles(&[(Version::V31, score("9.0"))], &[]), None);
}

#[test]
fn opinions_lie_side_by_side() {
    let opinions: Opinions = [
        Opinion::from_vector("reporter", vector(WORST_3)),
        Opinion::from_vector("Fix Lead", vector(&format!("{WORST_3}/E:U/MAV:L"))),
        Opinion::from_score("CNA", Version::V31, Group::Base, score("6.8")),
        Opinion::from_vector("distributor", vector(&format!("{LOG4SHELL_4}/E:U"))),
    ]
    .into_iter()
    .collect();

    let compared = opinions.compare();
    let shown: Vec<String> = compared
        .iter()
        .map(|one| {
            let who: Vec<String> = one.scores.iter().map(|(w, s)| format!("{w} {s}")).collect();
            format!("{} {}: {} ({})", one.version, one.group, who.join(", "), one.spread())
        })
        .collect();
    assert_eq!(
        shown,
        [
            "3.1 base: reporter 9.8, Fix Lead 9.8, CNA 6.8 (30)",
            "3.1 temporal: Fix Lead 9.0 (0)",
            "3.1 environmental: Fix Lead 7.7 (0)",
            "4.0 base: distributor 10.0 (0)",
            "4.0 threat: distributor 9.1 (0)",
        ]
    );
    let thresholds = [score("4.0"), score("6.8"), score("7.0"), score("9.9")];
    assert_eq!(compared[0].lowest(), score("6.8"));
    assert_eq!(compared[0].highest(), score("9.8"));
    assert_eq!(compared[0].divided_by(&thresholds), [score("7.0")]);
    assert_eq!(
        opinions.straddles(Group::Base, &thresholds).unwrap().to_string(),
        "under 7.0 by version 3.1 (6.8), not by version 3.1 (9.8) and version 3.1 (9.8) and version 4.0 (10.0); \
         under 9.9 by version 3.1 (9.8) and version 3.1 (9.8) and version 3.1 (6.8), not by version 4.0 (10.0)"
    );
    assert_eq!(opinions.straddles(Group::Temporal, &thresholds), None);
    assert_eq!(opinions.iter().count(), 4);
}

#[test]
fn a_scale_in_words_is_ordered() {
    let scale = Scale::new(["low", "moderate", "important", "critical"]).unwrap();
    assert_eq!(scale.rank("Moderate"), Ok(1));
    assert_eq!(scale.at_least("important", "moderate"), Ok(true));
    assert_eq!(scale.at_least("low", "moderate"), Ok(false));
    assert_eq!(scale.words().len(), 4);
    assert_eq!(
        scale.rank("high").unwrap_err().to_string(),
        "\"high\" is not on the scale: its words are low, moderate, important, critical"
    );
    let refused = |words: &[&str]| Scale::new(words.iter().copied()).unwrap_err().to_string();
    assert_eq!(refused(&["low"]), "a scale needs two words or more, from the least to the most severe");
    assert_eq!(refused(&["low", "LOW"]), "\"LOW\" is on the scale twice: keep one of the two");
    assert_eq!(
        refused(&["low", " high"]),
        "\" high\" is no word for a scale: write 1 to 64 bytes without space around them"
    );
}

#[test]
fn nomenclature_names_its_widest_group() {
    for (nomenclature, group) in [
        (Nomenclature::Base, Group::Base),
        (Nomenclature::BaseThreat, Group::Threat),
        (Nomenclature::BaseEnvironmental, Group::Environmental),
        (Nomenclature::BaseThreatEnvironmental, Group::Environmental),
    ] {
        assert_eq!(nomenclature.group(), group);
    }
}
