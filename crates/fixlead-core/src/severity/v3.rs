//! CVSS versions 3.0 and 3.1: the equations of section 8 of the version 3.0
//! and section 7 of the version 3.1 specification document, and the rounding
//! of 3.1's appendix A.
//!
//! The versions differ in two places, and only one of them is ever seen in a
//! score: the power in the modified impact of a changed scope. How 3.1 rounds
//! differs from 3.0 only where binary fractions would blur the value to be
//! rounded, and here no value is blurred.

use super::exact::Wide;
use super::metrics::Part;
use super::{Score, Scores, Vector, Version};

const AV: usize = 0;
const AC: usize = 1;
const PR: usize = 2;
const UI: usize = 3;
const S: usize = 4;
/// Then I and A.
const C: usize = 5;
/// Then RL and RC.
const E: usize = 8;
/// Then IR and AR.
const CR: usize = 11;
/// From a base metric to its modified one.
const MODIFIED: usize = 14;

/// Hundredths: N, A, L, P.
const ATTACK_VECTOR: [u64; 4] = [85, 62, 55, 20];
/// Hundredths: L, H.
const ATTACK_COMPLEXITY: [u64; 2] = [77, 44];
/// Hundredths: N, L, H; first for an unchanged, then for a changed scope.
const PRIVILEGES_REQUIRED: [[u64; 3]; 2] = [[85, 62, 27], [85, 68, 50]];
/// Hundredths: N, R.
const USER_INTERACTION: [u64; 2] = [85, 62];
/// Hundredths: H, L, N.
const IMPACT: [u64; 3] = [56, 22, 0];
/// Halves: H, M, L, X. Times an impact this is a whole number of hundredths
/// when halved.
const REQUIREMENT: [u64; 4] = [3, 2, 1, 2];
/// Hundredths: H, F, P, U, X.
const EXPLOIT_CODE_MATURITY: [u64; 5] = [100, 97, 94, 91, 100];
/// Hundredths: U, W, T, O, X.
const REMEDIATION_LEVEL: [u64; 5] = [100, 97, 96, 95, 100];
/// Hundredths: C, R, U, X.
const REPORT_CONFIDENCE: [u64; 4] = [100, 96, 92, 100];

const CHANGED: usize = 1;
/// One with 6 decimals, as the impact sub-score base (ISS) has them.
const ONE_6: u64 = 1_000_000;
/// One with 10 decimals, as the exploitability has them.
const ONE_10: u64 = 10_000_000_000;
/// The modified ISS is at most 0.915.
const HIGHEST_MODIFIED_ISS: u64 = 915_000;

/// What the equations need of each exploitability and impact metric: the base
/// metrics', or what the modified ones leave of them.
struct Effective {
    scope: usize,
    /// With 10 decimals: 8.22 * AV * AC * PR * UI.
    exploitability: u64,
    /// With 6 decimals, below [`ONE_6`].
    iss: u64,
}

pub(super) fn scores(vector: &Vector) -> Scores {
    let version = vector.version();
    let plain = effective(|metric| vector.choice(metric), |_| 2);
    let base = sub_scores(version, &plain, &FIFTEENTH);
    let timed = |score: Score| temporal(vector, score);
    Scores::Grouped {
        base,
        temporal: vector.defines(Part::Threat).then(|| timed(base)),
        environmental: vector.defines(Part::Environmental).then(|| timed(modified(vector))),
    }
}

/// The environmental score before the temporal metrics.
fn modified(vector: &Vector) -> Score {
    let choice = |metric| {
        let base = vector.choice(metric);
        let modified = vector.choice(metric + MODIFIED);
        // A modified metric has one value more than its base metric: X, last.
        if modified == LAST[metric] { base } else { modified }
    };
    let requirement = |metric| REQUIREMENT[vector.choice(CR + metric - C)];
    let mut metrics = effective(choice, requirement);
    metrics.iss = metrics.iss.min(HIGHEST_MODIFIED_ISS);
    let curve = match vector.version() {
        Version::V31 => &THIRTEENTH,
        _ => &FIFTEENTH,
    };
    sub_scores(vector.version(), &metrics, curve)
}

/// How many values each base metric has; the place of X in its modified one.
const LAST: [usize; 8] = [4, 2, 3, 2, 2, 3, 3, 3];

fn effective(choice: impl Fn(usize) -> usize, requirement: impl Fn(usize) -> u64) -> Effective {
    let scope = choice(S);
    let spared: u64 = [C, C + 1, C + 2]
        .into_iter()
        .map(|metric| 100 - IMPACT[choice(metric)] * requirement(metric) / 2)
        .product();
    Effective {
        scope,
        exploitability: 822
            * ATTACK_VECTOR[choice(AV)]
            * ATTACK_COMPLEXITY[choice(AC)]
            * PRIVILEGES_REQUIRED[scope][choice(PR)]
            * USER_INTERACTION[choice(UI)],
        iss: ONE_6 - spared,
    }
}

/// Impact and exploitability together, rounded up.
fn sub_scores(version: Version, metrics: &Effective, curve: &Curve) -> Score {
    // The impact is positive exactly when the ISS is: the smallest ISS above
    // 0 is 0.11, and 7.52 * (0.11 - 0.029) far outweighs the power.
    if metrics.iss == 0 {
        return Score::MIN;
    }
    if metrics.scope == CHANGED {
        return curve.score(version, metrics);
    }
    // 6.42 * ISS has 8 decimals.
    let sum = 642 * metrics.iss * 100 + metrics.exploitability;
    roundup(version, sum.min(10 * ONE_10), ONE_10)
}

/// A score times the temporal weights, rounded up.
fn temporal(vector: &Vector, score: Score) -> Score {
    let product = u64::from(score.tenths())
        * EXPLOIT_CODE_MATURITY[vector.choice(E)]
        * REMEDIATION_LEVEL[vector.choice(E + 1)]
        * REPORT_CONFIDENCE[vector.choice(E + 2)];
    roundup(vector.version(), product, 10_000_000)
}

/// `numerator / denominator`, at most 10 and with a denominator of at most
/// 10^10, rounded up to a tenth.
///
/// Version 3.0 takes the smallest tenth that is not lower. Version 3.1 first
/// rounds to five decimals (appendix A).
fn roundup(version: Version, numerator: u64, denominator: u64) -> Score {
    Score::saturating(match version {
        Version::V31 => {
            let input = (numerator * 200_000 + denominator) / (2 * denominator);
            input.div_ceil(10_000)
        }
        _ => (numerator * 10).div_ceil(denominator),
    })
}

/// The impact of a changed scope:
/// 7.52 * (ISS - 0.029) - 3.25 * (ISS * slope - 0.02)^exponent.
struct Curve {
    exponent: u32,
    /// The slope, as a whole number; 1 / slope_one of it is the slope.
    slope: u64,
    /// 0.02 with the decimals of ISS * slope.
    offset: u64,
    /// What lifts a number with 8 decimals to the decimals of the impact.
    lift_linear: Wide,
    /// What lifts a number with 10 decimals there.
    lift_exploitability: Wide,
    /// One, with two decimals more for the factor 1.08.
    one: Wide,
    /// 200,000 times each tenth below 10, with the decimals of `one`.
    tenths: [Wide; 100],
}

/// Of both base scores and of 3.0's modified impact: 15 times 6 decimals, two
/// of 3.25, two of 1.08.
static FIFTEENTH: Curve = Curve {
    exponent: 15,
    slope: 1,
    offset: 20_000,
    lift_linear: Wide::power_of_ten(92 - 8),
    lift_exploitability: Wide::power_of_ten(92 - 10),
    one: Wide::power_of_ten(94),
    tenths: tenths(Wide::power_of_ten(94)),
};

/// Of 3.1's modified impact, whose slope is 0.9731: 13 times 10 decimals, two
/// of 3.25, two of 1.08.
static THIRTEENTH: Curve = Curve {
    exponent: 13,
    slope: 9731,
    offset: 200_000_000,
    lift_linear: Wide::power_of_ten(132 - 8),
    lift_exploitability: Wide::power_of_ten(132 - 10),
    one: Wide::power_of_ten(134),
    tenths: tenths(Wide::power_of_ten(134)),
};

impl Curve {
    /// 1.08 * (impact + exploitability), at most 10, rounded up.
    fn score(&self, version: Version, metrics: &Effective) -> Score {
        let root = metrics.iss * self.slope - self.offset;
        let power = Wide::power(root, self.exponent);
        let linear = self.lift_linear.times(752 * (metrics.iss - 29_000));
        let sum = self
            .lift_exploitability
            .times(metrics.exploitability)
            .plus(linear)
            .minus(power.times(325))
            .times(108);
        self.roundup(version, sum)
    }

    /// As [`roundup`], without a division: the smallest tenth t for which the
    /// value is at most t / 10 (3.0), or for which the value rounded to five
    /// decimals is, hence the value below t / 10 + 0.000005 (3.1).
    fn roundup(&self, version: Version, value: Wide) -> Score {
        let value = value.times(200_000);
        let lower = match version {
            Version::V31 => {
                let value = value.minus(self.one);
                self.tenths.partition_point(|tenths| *tenths <= value)
            }
            _ => self.tenths.partition_point(|tenths| *tenths < value),
        };
        Score::saturating(lower as u64)
    }
}

/// The tenths from 0.0 to 9.9 as [`Curve`] has them; the last one, 10.0, takes
/// what is left.
const fn tenths(one: Wide) -> [Wide; 100] {
    let mut tenths = [Wide::new(0); 100];
    let mut at = 0;
    while at < tenths.len() {
        tenths[at] = one.times(20_000 * at as u64);
        at += 1;
    }
    tenths
}
