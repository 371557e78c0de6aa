//! Integers wide enough for the equations of version 3: a power of fifteen of
//! a number with six decimals has ninety of them.

use std::cmp::Ordering;

const LIMBS: usize = 8;

/// A whole number below 2^512, least significant limb first.
///
/// The largest number that is made of it is 2 * 10^140, below 2^467, so
/// nothing here overflows; a debug build would say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wide([u64; LIMBS]);

impl Wide {
    /// From a small number.
    pub(super) const fn new(small: u64) -> Self {
        let mut limbs = [0; LIMBS];
        limbs[0] = small;
        Wide(limbs)
    }

    /// 10 to that power, which is at most 154.
    pub(super) const fn power_of_ten(power: u32) -> Self {
        let mut product = Wide::new(1);
        let mut done = 0;
        while done < power {
            product = product.times(10);
            done += 1;
        }
        product
    }

    /// A small number to a power, with as few steps as it has limbs.
    pub(super) fn power(root: u64, exponent: u32) -> Self {
        let mut limbs = [0; LIMBS];
        limbs[0] = 1;
        let mut used = 1;
        for _ in 0..exponent {
            let mut carry = 0_u128;
            for limb in &mut limbs[..used] {
                carry += u128::from(*limb) * u128::from(root);
                *limb = carry as u64;
                carry >>= 64;
            }
            if carry > 0 {
                limbs[used] = carry as u64;
                used += 1;
            }
        }
        Wide(limbs)
    }

    /// The product with a small number.
    pub(super) const fn times(self, factor: u64) -> Self {
        let mut limbs = self.0;
        let mut carry = 0_u128;
        let mut at = 0;
        while at < LIMBS {
            carry += limbs[at] as u128 * factor as u128;
            limbs[at] = carry as u64;
            carry >>= 64;
            at += 1;
        }
        debug_assert!(carry == 0, "the product fits");
        Wide(limbs)
    }

    /// The sum.
    pub(super) fn plus(self, other: Self) -> Self {
        let mut limbs = self.0;
        let mut carry = false;
        for (limb, added) in limbs.iter_mut().zip(other.0) {
            let (sum, over) = limb.overflowing_add(added);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            *limb = sum;
            carry = over | over_again;
        }
        debug_assert!(!carry, "the sum fits");
        Wide(limbs)
    }

    /// The difference; the other number is not larger.
    pub(super) fn minus(self, other: Self) -> Self {
        let mut limbs = self.0;
        let mut borrow = false;
        for (limb, taken) in limbs.iter_mut().zip(other.0) {
            let (rest, under) = limb.overflowing_sub(taken);
            let (rest, under_again) = rest.overflowing_sub(u64::from(borrow));
            *limb = rest;
            borrow = under | under_again;
        }
        debug_assert!(!borrow, "the difference is not negative");
        Wide(limbs)
    }
}

impl PartialOrd for Wide {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Wide {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.iter().rev().cmp(other.0.iter().rev())
    }
}

/// The nearest whole number of tenths to `numerator / denominator`, halves up;
/// what is negative is 0.
pub(super) fn round_to_tenths(numerator: i128, denominator: i128) -> i128 {
    (numerator * 20 + denominator).max(0) / (denominator * 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_numbers_agree_with_narrow_ones_and_carry_across_limbs() {
        let ten_to_38 = Wide::power_of_ten(38);
        let narrow = 10_u128.pow(38);
        assert_eq!(ten_to_38.0[0], narrow as u64);
        assert_eq!(ten_to_38.0[1], (narrow >> 64) as u64);
        let top = Wide::new(u64::MAX).times(u64::MAX);
        assert_eq!(top.0[..3], [1, u64::MAX - 1, 0]);
        assert_eq!(top.plus(top).minus(top), top);
        assert_eq!(Wide::new(u64::MAX).plus(Wide::new(1)).minus(Wide::new(1)), Wide::new(u64::MAX));
        assert!(Wide::power_of_ten(134) > Wide::power_of_ten(133).times(9));
        assert!(Wide::new(7) < Wide::power_of_ten(20));
        assert_eq!(Wide::power(10, 140), Wide::power_of_ten(140));
        assert_eq!(Wide::power(9_999_999_999, 0), Wide::new(1));
    }

    #[test]
    fn halves_round_up_and_negative_is_zero() {
        assert_eq!(round_to_tenths(125, 100), 13);
        assert_eq!(round_to_tenths(1249, 1000), 12);
        assert_eq!(round_to_tenths(-168, 1000), 0);
        assert_eq!(round_to_tenths(0, 7), 0);
    }
}
