//! CVSS version 2.0: the equations of "A Complete Guide to the Common
//! Vulnerability Scoring System Version 2.0", section 3.2.
//!
//! Weights are whole numbers of thousandths or hundredths; the widest product
//! has 21 decimals and fits an `i128`.

use super::exact::round_to_tenths;
use super::metrics::Part;
use super::{Score, Scores, Vector};

const AV: usize = 0;
const AC: usize = 1;
const AU: usize = 2;
/// Then I and A.
const C: usize = 3;
/// Then RL and RC.
const E: usize = 6;
const CDP: usize = 9;
const TD: usize = 10;
/// Then IR and AR.
const CR: usize = 11;

/// Thousandths: L, A, N.
const ACCESS_VECTOR: [i128; 3] = [395, 646, 1000];
/// Hundredths: H, M, L.
const ACCESS_COMPLEXITY: [i128; 3] = [35, 61, 71];
/// Thousandths: M, S, N.
const AUTHENTICATION: [i128; 3] = [450, 560, 704];
/// Thousandths: N, P, C.
const IMPACT: [i128; 3] = [0, 275, 660];
/// Hundredths: U, POC, F, H, ND.
const EXPLOITABILITY: [i128; 5] = [85, 90, 95, 100, 100];
/// Hundredths: OF, TF, W, U, ND.
const REMEDIATION_LEVEL: [i128; 5] = [87, 90, 95, 100, 100];
/// Hundredths: UC, UR, C, ND.
const REPORT_CONFIDENCE: [i128; 4] = [90, 95, 100, 100];
/// Tenths: N, L, LM, MH, H, ND.
const COLLATERAL_DAMAGE: [i128; 6] = [0, 1, 3, 4, 5, 0];
/// Hundredths: N, L, M, H, ND.
const TARGET_DISTRIBUTION: [i128; 5] = [0, 25, 75, 100, 100];
/// Hundredths: L, M, H, ND.
const REQUIREMENT: [i128; 4] = [50, 100, 151, 100];

/// One with 15 decimals.
const ONE_15: i128 = 10_i128.pow(15);
/// One with 18 decimals.
const ONE_18: i128 = 10_i128.pow(18);

pub(super) fn scores(vector: &Vector) -> Scores {
    let base = base(vector, impact(vector, [100; 3]));
    Scores::Grouped {
        base: score(base),
        temporal: vector.defines(Part::Threat).then(|| score(temporal(vector, base))),
        environmental: vector.defines(Part::Environmental).then(|| score(environmental(vector))),
    }
}

fn score(tenths: i128) -> Score {
    Score::saturating(tenths.unsigned_abs() as u64)
}

/// 10.41 * (1 - (1 - C) * (1 - I) * (1 - A)), each impact times its
/// requirement in hundredths; with 17 decimals.
fn impact(vector: &Vector, requirements: [i128; 3]) -> i128 {
    let spared: i128 = requirements
        .iter()
        .zip(C..)
        .map(|(requirement, metric)| 100_000 - IMPACT[vector.choice(metric)] * requirement)
        .product();
    1041 * (ONE_15 - spared)
}

/// The base equation, in tenths.
///
/// A score is from 0 to 10, so the result is never below 0, not even the
/// intermediate one of [`environmental`], where the equation gives -0.2 for a
/// local, hard, multiply authenticated attack whose one partial impact hardly
/// matters.
fn base(vector: &Vector, impact: i128) -> i128 {
    if impact == 0 {
        return 0;
    }
    // 20 * AV * AC * Au, with 8 decimals.
    let exploitability = 20
        * ACCESS_VECTOR[vector.choice(AV)]
        * ACCESS_COMPLEXITY[vector.choice(AC)]
        * AUTHENTICATION[vector.choice(AU)];
    // 0.6 * Impact + 0.4 * Exploitability - 1.5, with 18 decimals.
    let sum = 6 * impact + 4 * exploitability * 10_i128.pow(9) - 3 * ONE_18 / 2;
    round_to_tenths(sum * 1176, ONE_18 * 1000)
}

/// The temporal equation on a base score, both in tenths.
fn temporal(vector: &Vector, base: i128) -> i128 {
    let product = base
        * EXPLOITABILITY[vector.choice(E)]
        * REMEDIATION_LEVEL[vector.choice(E + 1)]
        * REPORT_CONFIDENCE[vector.choice(E + 2)];
    round_to_tenths(product, 10_000_000)
}

/// The environmental equation, in tenths: the temporal score is computed anew
/// from the adjusted impact, with its own roundings.
fn environmental(vector: &Vector) -> i128 {
    let requirements = [CR, CR + 1, CR + 2].map(|metric| REQUIREMENT[vector.choice(metric)]);
    let adjusted_impact = impact(vector, requirements).min(ONE_18);
    let adjusted = temporal(vector, base(vector, adjusted_impact));
    let damage = COLLATERAL_DAMAGE[vector.choice(CDP)];
    let distribution = TARGET_DISTRIBUTION[vector.choice(TD)];
    round_to_tenths((adjusted * 10 + (100 - adjusted) * damage) * distribution, 10_000)
}
