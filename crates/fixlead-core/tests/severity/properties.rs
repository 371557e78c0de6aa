//! What holds for every vector and every text.

use fixlead_core::severity::{Score, Scores, Vector, Version};
use proptest::prelude::*;

use super::vector;

/// A vector of any version with any of its optional metrics.
fn any_vector() -> impl Strategy<Value = String> {
    let metric = |name: &'static str, values: &'static str, optional: bool| {
        let values: Vec<&str> = values.split(' ').collect();
        (0..values.len(), any::<bool>())
            .prop_map(move |(value, given)| (given || !optional).then(|| format!("{name}:{}", values[value])))
    };
    let join = |prefix: &'static str, metrics: Vec<_>| {
        metrics.prop_map(move |parts: Vec<Option<String>>| {
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            format!("{prefix}{}", parts.join("/"))
        })
    };
    let base_2 = "AV=L A N;AC=H M L;Au=M S N;C=N P C;I=N P C;A=N P C";
    let more_2 = "E=U POC F H ND;RL=OF TF W U ND;RC=UC UR C ND;CDP=N L LM MH H ND;TD=N L M H ND;CR=L M H ND;IR=L M H ND;AR=L M H ND";
    let base_3 = "AV=N A L P;AC=L H;PR=N L H;UI=N R;S=U C;C=H L N;I=H L N;A=H L N";
    let more_3 = "E=X H F P U;RL=X U W T O;RC=X C R U;CR=X H M L;IR=X H M L;AR=X H M L;MAV=X N A L P;MAC=X L H;MPR=X N L H;MUI=X N R;MS=X U C;MC=X H L N;MI=X H L N;MA=X H L N";
    let base_4 =
        "AV=N A L P;AC=L H;AT=N P;PR=N L H;UI=N P A;VC=H L N;VI=H L N;VA=H L N;SC=H L N;SI=H L N;SA=H L N";
    let more_4 = "E=X A P U;CR=X H M L;IR=X H M L;AR=X H M L;MAV=X N A L P;MAC=X L H;MAT=X N P;MPR=X N L H;MUI=X N P A;MVC=X H L N;MVI=X H L N;MVA=X H L N;MSC=X H L N;MSI=X S H L N;MSA=X S H L N;S=X N P;AU=X N Y;R=X A U I;V=X D C;RE=X L M H;U=X Clear Green Amber Red";
    let table = move |base: &'static str, more: &'static str| {
        let of = |text: &'static str, optional: bool| {
            text.split(';').map(move |entry| {
                let (name, values) = entry.split_once('=').unwrap();
                metric(name, values, optional).boxed()
            })
        };
        of(base, false).chain(of(more, true)).collect::<Vec<_>>()
    };
    prop_oneof![
        join("", table(base_2, more_2)),
        join("CVSS:3.0/", table(base_3, more_3)),
        join("CVSS:3.1/", table(base_3, more_3)),
        join("CVSS:4.0/", table(base_4, more_4)),
    ]
}

proptest! {
    #[test]
    fn a_vector_is_the_text_it_was_read_from(text in any_vector()) {
        let read = vector(&text);
        prop_assert_eq!(read.to_string(), text);
        let base = read.base();
        prop_assert_eq!(vector(&base.to_string()), base);
        let overall = read.scores().overall().1;
        prop_assert!(overall <= Score::MAX);
    }

    #[test]
    fn metrics_that_are_not_defined_change_nothing(text in any_vector()) {
        let read = vector(&text);
        let (prefix, nothing) = match read.version() {
            Version::V2 => ("", ":ND"),
            version => (version.prefix(), ":X"),
        };
        let defined: Vec<&str> = text[prefix.len()..]
            .split('/')
            .filter(|part| !part.ends_with(nothing))
            .collect();
        let without = vector(&format!("{prefix}{}", defined.join("/")));
        prop_assert_eq!(without.scores(), read.scores());
    }

    #[test]
    fn supplemental_metrics_never_change_a_score(text in any_vector()) {
        let read = vector(&text);
        if read.version() == Version::V40 {
            let without: Vec<&str> = text
                .split('/')
                .filter(|part| {
                    let name = part.split(':').next().unwrap();
                    !["S", "AU", "R", "V", "RE", "U"].contains(&name)
                })
                .collect();
            prop_assert_eq!(vector(&without.join("/")).scores(), read.scores());
        }
    }

    #[test]
    fn no_text_is_too_strange_to_be_refused_politely(text in "\\PC{0,40}") {
        for text in [text.clone(), format!("CVSS:4.0/{text}"), format!("AV:{text}")] {
            if let Err(error) = Vector::parse(&text) {
                let said = error.to_string();
                prop_assert!(said.len() < 700 && !said.chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn a_threat_or_time_never_raises_a_version_2_or_3_score(text in any_vector()) {
        if let Scores::Grouped { base, temporal: Some(temporal), .. } = vector(&text).scores() {
            prop_assert!(temporal <= base);
        }
    }
}
