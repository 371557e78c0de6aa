//! CVSS version 4.0: section 8 of the specification document.
//!
//! A vector falls into one of 270 macrovectors, each with a score of its own.
//! Within it, the score sinks with the distance from the macrovector's most
//! severe vectors: for each set of metrics, by that share of the step down to
//! the next lower macrovector which the distance is of the set's depth; and of
//! these the mean. All is worked out in whole numbers and rounded once, halves
//! up.

mod macrovector;

use super::metrics::Part;
use super::{Nomenclature, Score, Scores, Vector};
use macrovector::MacroVector;

/// The places of the metrics in the version's table, which [`Effective`]
/// shares for the base metrics.
const AV: usize = 0;
const AC: usize = 1;
const AT: usize = 2;
const PR: usize = 3;
const UI: usize = 4;
const VC: usize = 5;
const VI: usize = 6;
const VA: usize = 7;
const SC: usize = 8;
const SI: usize = 9;
const SA: usize = 10;
const E: usize = 11;
const CR: usize = 12;
const IR: usize = 13;
const AR: usize = 14;
/// From a base metric to its modified one.
const MODIFIED: usize = 15;

/// The index of None in an impact metric.
const NO_IMPACT: u8 = 2;
/// The index of Safety in MSI and MSA.
const SAFETY: u8 = 3;

/// How many values each base metric has in its modified form; X comes after.
const MODIFIED_VALUES: [usize; 11] = [4, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4];

/// What counts: the modified metrics where given, else the base metrics; the
/// worst case for threat and requirements that are not given. Each as the
/// index of its value, which for all but SI and SA is its level too: 0 is the
/// most severe.
struct Effective([u8; 15]);

pub(super) fn scores(vector: &Vector) -> Scores {
    let nomenclature = match (vector.defines(Part::Threat), vector.defines(Part::Environmental)) {
        (false, false) => Nomenclature::Base,
        (true, false) => Nomenclature::BaseThreat,
        (false, true) => Nomenclature::BaseEnvironmental,
        (true, true) => Nomenclature::BaseThreatEnvironmental,
    };
    Scores::Combined { score: Effective::of(vector).score(), nomenclature }
}

impl Effective {
    fn of(vector: &Vector) -> Self {
        let mut values = [0; 15];
        for (metric, value) in values.iter_mut().enumerate() {
            let own = vector.choice(metric);
            *value = match metric {
                E..=AR => own % NOT_DEFINED,
                _ => match vector.choice(metric + MODIFIED) {
                    modified if modified < MODIFIED_VALUES[metric] => modified,
                    _ => own,
                },
            } as u8;
        }
        Effective(values)
    }

    fn score(&self) -> Score {
        if self.0[VC..=SA].iter().all(|impact| *impact == NO_IMPACT) {
            return Score::MIN;
        }
        let own = self.macro_vector();
        let top = own.tenths();
        let distances = self.distances(&own);
        let depths = own.depths();
        // Multiplied by 840, which every depth divides.
        let mut sinks = 0;
        let mut sets = 0;
        for (lower, (distance, depth)) in own.next_lower().into_iter().zip(distances.into_iter().zip(depths))
        {
            if let Some(lower) = lower {
                sinks += (top - lower) * distance * (840 / depth);
                sets += 1;
            }
        }
        if sets == 0 {
            return Score::saturating(top);
        }
        let whole = 840 * sets;
        Score::saturating((2 * (top * whole - sinks) + whole) / (2 * whole))
    }

    fn macro_vector(&self) -> MacroVector {
        let at = |metric: usize| self.0[metric];
        let worst = |metric: usize| self.0[metric] == 0;
        let all = |metrics: [usize; 3]| metrics.into_iter().all(worst);
        let any = |metrics: [usize; 3]| metrics.into_iter().any(worst);
        let eq1 = if all([AV, PR, UI]) {
            0
        } else if any([AV, PR, UI]) && at(AV) != 3 {
            1
        } else {
            2
        };
        let eq2 = if worst(AC) && worst(AT) { 0 } else { 1 };
        let eq3 = if worst(VC) && worst(VI) {
            0
        } else if any([VC, VI, VA]) {
            1
        } else {
            2
        };
        let eq4 = if at(SI) == SAFETY || at(SA) == SAFETY {
            0
        } else if any([SC, SI, SA]) {
            1
        } else {
            2
        };
        let eq5 = at(E);
        let wanted = |impact, requirement| worst(impact) && worst(requirement);
        let eq6 = if wanted(VC, CR) || wanted(VI, IR) || wanted(VA, AR) { 0 } else { 1 };
        MacroVector::new([eq1, eq2, eq3, eq4, eq5, eq6])
    }

    /// For each set of metrics the number of steps down from the most severe
    /// vectors of the macrovector: the sum of the levels less the sum that
    /// all of those vectors have.
    fn distances(&self, own: &MacroVector) -> [u64; 5] {
        let sum = |metrics: &[usize]| -> u64 { metrics.iter().map(|at| self.level(*at)).sum() };
        let levels = [
            sum(&[AV, PR, UI]),
            sum(&[AC, AT]),
            sum(&[VC, VI, VA, CR, IR, AR]),
            sum(&[SC, SI, SA]),
            // One exploit maturity is one macrovector: no distance within it.
            0,
        ];
        let tops = own.top_levels();
        [0, 1, 2, 3, 4].map(|set| levels[set] - tops[set])
    }

    fn level(&self, metric: usize) -> u64 {
        let value = self.0[metric];
        u64::from(match metric {
            SC..=SA if value == SAFETY => 0,
            SC..=SA => value + 1,
            _ => value,
        })
    }
}

/// The index of X in E, CR, IR and AR. The worst case, 0, stands for it.
const NOT_DEFINED: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// The most severe vectors of each set's levels (specification v4.0,
    /// tables 24, 25, 27 and 30), as levels.
    const EQ1: [&[[u64; 3]]; 3] = [&[[0, 0, 0]], &[[1, 0, 0], [0, 1, 0], [0, 0, 1]], &[[3, 0, 0], [1, 1, 1]]];
    const EQ2: [&[[u64; 2]]; 2] = [&[[0, 0]], &[[1, 0], [0, 1]]];
    const EQ3_EQ6: [&[[u64; 6]]; 5] = [
        &[[0, 0, 0, 0, 0, 0]],
        &[[0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1]],
        &[[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]],
        &[[1, 0, 1, 0, 1, 0], [1, 0, 0, 0, 1, 1], [0, 1, 0, 1, 0, 1], [0, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 1]],
        &[[1, 1, 1, 0, 0, 0]],
    ];
    const EQ4: [&[[u64; 3]]; 3] = [&[[1, 0, 0]], &[[1, 1, 1]], &[[2, 2, 2]]];

    /// Every combination of effective values, set by set: the others stay at
    /// their most severe.
    fn each(metrics: &[usize], mut check: impl FnMut(&Effective)) {
        let sizes: Vec<u8> = metrics
            .iter()
            .map(|metric| match *metric {
                AV | SI | SA => 4,
                AC | AT => 2,
                _ => 3,
            })
            .collect();
        let total: u32 = sizes.iter().map(|size| u32::from(*size)).product();
        for mut number in 0..total {
            let mut values = [0; 15];
            for (metric, size) in metrics.iter().zip(&sizes) {
                values[*metric] = (number % u32::from(*size)) as u8;
                number /= u32::from(*size);
            }
            check(&Effective(values));
        }
    }

    /// The distance from the first most severe vector that is nowhere less
    /// severe, as the specification has it.
    fn distance<const N: usize>(
        effective: &Effective,
        metrics: [usize; N],
        tops: &[[u64; N]],
    ) -> Option<u64> {
        let levels = metrics.map(|metric| effective.level(metric));
        tops.iter()
            .find(|top| top.iter().zip(levels).all(|(top, level)| *top <= level))
            .map(|top| levels.iter().sum::<u64>() - top.iter().sum::<u64>())
    }

    #[test]
    fn a_sum_of_levels_is_the_distance_from_a_most_severe_vector() {
        let mut seen = 0;
        let mut check = |effective: &Effective, set: usize, expected: Option<u64>| {
            let own = effective.macro_vector();
            assert_eq!(Some(effective.distances(&own)[set]), expected);
            assert!(effective.distances(&own)[set] < own.depths()[set].max(1) + 1);
            seen += 1;
        };
        each(&[AV, PR, UI], |effective| {
            let level = usize::from(effective.macro_vector().sets()[0]);
            check(effective, 0, distance(effective, [AV, PR, UI], EQ1[level]));
        });
        each(&[AC, AT], |effective| {
            let level = usize::from(effective.macro_vector().sets()[1]);
            check(effective, 1, distance(effective, [AC, AT], EQ2[level]));
        });
        each(&[VC, VI, VA, CR, IR, AR], |effective| {
            let [_, _, eq3, _, _, eq6] = effective.macro_vector().sets();
            let level = usize::from((2 * eq3 + eq6).min(4));
            let metrics = [VC, VI, VA, CR, IR, AR];
            check(effective, 2, distance(effective, metrics, EQ3_EQ6[level]));
        });
        each(&[SC, SI, SA], |effective| {
            let level = usize::from(effective.macro_vector().sets()[3]);
            check(effective, 3, distance(effective, [SC, SI, SA], EQ4[level]));
        });
        assert_eq!(seen, 36 + 4 + 729 + 48);
    }
}
