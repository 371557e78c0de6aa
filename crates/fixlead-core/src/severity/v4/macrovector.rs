//! The 270 macrovectors of CVSS version 4.0 and their scores.

/// Which level each of the six sets of metrics has (specification v4.0,
/// section 8.2, tables 24 to 29). EQ3 and EQ6 share metrics and count as one
/// (table 30).
#[derive(Clone, Copy)]
pub(super) struct MacroVector([u8; 6]);

/// In tenths (the table that specification v4.0 names in section 8.3). A row is EQ1, EQ2, and EQ3
/// with EQ6; in a row EQ5 runs from 0 to 2 for each EQ4 from 0 to 2. The rows
/// of EQ3 with EQ6 are 00, 01, 10, 11, 21; 20 cannot be.
static TENTHS: [[[[u8; 9]; 5]; 2]; 3] = [
    [
        [
            [100, 98, 95, 100, 93, 91, 93, 89, 81],
            [99, 95, 92, 96, 87, 81, 90, 80, 68],
            [98, 95, 90, 93, 89, 81, 88, 78, 69],
            [95, 92, 84, 92, 81, 65, 80, 70, 48],
            [92, 82, 72, 79, 69, 50, 69, 55, 27],
        ],
        [
            [99, 95, 92, 95, 90, 84, 92, 82, 72],
            [97, 92, 85, 91, 83, 71, 81, 71, 53],
            [95, 92, 85, 92, 80, 70, 84, 71, 50],
            [93, 85, 73, 82, 72, 59, 70, 52, 30],
            [86, 75, 52, 71, 52, 29, 63, 29, 17],
        ],
    ],
    [
        [
            [98, 94, 91, 94, 86, 77, 87, 74, 63],
            [95, 87, 81, 89, 74, 64, 75, 63, 49],
            [94, 88, 76, 86, 74, 59, 72, 57, 52],
            [89, 77, 67, 76, 58, 50, 57, 52, 25],
            [83, 70, 54, 65, 58, 26, 53, 21, 13],
        ],
        [
            [95, 88, 76, 90, 75, 61, 77, 68, 52],
            [90, 76, 70, 77, 62, 53, 66, 59, 30],
            [89, 76, 62, 74, 57, 47, 61, 57, 24],
            [78, 67, 58, 59, 57, 23, 52, 29, 16],
            [71, 59, 30, 58, 26, 15, 23, 13, 6],
        ],
    ],
    [
        [
            [93, 86, 75, 86, 74, 56, 70, 52, 40],
            [87, 72, 58, 74, 61, 34, 54, 40, 22],
            [85, 74, 62, 72, 55, 46, 53, 34, 19],
            [75, 55, 51, 57, 41, 19, 36, 19, 8],
            [64, 51, 20, 47, 21, 11, 24, 9, 4],
        ],
        [
            [88, 73, 60, 73, 59, 41, 54, 45, 20],
            [75, 53, 50, 55, 40, 20, 43, 22, 11],
            [75, 58, 40, 61, 48, 20, 46, 17, 8],
            [55, 45, 21, 51, 18, 9, 18, 7, 2],
            [53, 24, 14, 24, 12, 5, 10, 3, 1],
        ],
    ],
];

impl MacroVector {
    /// From the levels of EQ1 to EQ6.
    pub(super) const fn new(sets: [u8; 6]) -> Self {
        MacroVector(sets)
    }

    /// The levels of EQ1 to EQ6.
    #[cfg(test)]
    pub(super) const fn sets(self) -> [u8; 6] {
        self.0
    }

    /// The score in tenths.
    pub(super) fn tenths(self) -> u64 {
        let [eq1, eq2, _, eq4, eq5, _] = self.0.map(usize::from);
        u64::from(TENTHS[eq1][eq2][self.impact_row()][3 * eq4 + eq5])
    }

    /// EQ3 and EQ6 as a row of [`TENTHS`].
    fn impact_row(self) -> usize {
        match (self.0[2], self.0[5]) {
            (0, 0) => 0,
            (0, _) => 1,
            (1, 0) => 2,
            (1, _) => 3,
            _ => 4,
        }
    }

    /// The score in tenths one level down in each set, where there is one: in
    /// EQ1, EQ2, EQ3 with EQ6, EQ4, EQ5. From 00 in EQ3 with EQ6 two ways lead
    /// down, and the higher score counts.
    pub(super) fn next_lower(self) -> [Option<u64>; 5] {
        let [eq1, eq2, eq3, eq4, eq5, eq6] = self.0;
        let step = |set: usize| {
            let mut sets = self.0;
            sets[set] += 1;
            MacroVector(sets).tenths()
        };
        let impact = match (eq3, eq6) {
            (0, 0) => Some(step(2).max(step(5))),
            (1, 0) => Some(step(5)),
            (0 | 1, _) => Some(step(2)),
            _ => None,
        };
        [
            (eq1 < 2).then(|| step(0)),
            (eq2 < 1).then(|| step(1)),
            impact,
            (eq4 < 2).then(|| step(3)),
            (eq5 < 2).then(|| step(4)),
        ]
    }

    /// How many steps each set can sink within its level, as the
    /// interpolation of section 8.2 counts them; the order of
    /// [`MacroVector::next_lower`].
    pub(super) fn depths(self) -> [u64; 5] {
        let [eq1, eq2, _, eq4, ..] = self.0.map(usize::from);
        [[1, 4, 5][eq1], [1, 2][eq2], [7, 6, 8, 8, 10][self.impact_row()], [6, 5, 4][eq4], 1]
    }

    /// The sum of the levels of each set's metrics in its most severe vectors:
    /// where there are several of them, they have the same sum.
    pub(super) fn top_levels(self) -> [u64; 5] {
        let [eq1, eq2, _, eq4, ..] = self.0.map(usize::from);
        [[0, 1, 3][eq1], [0, 1][eq2], [0, 3, 1, 3, 3][self.impact_row()], [1, 3, 6][eq4], 0]
    }
}
