//! Which area of one plan goes with which of another: the assignment with the largest overlap in all.

use super::NONE;

/// Gives each row at most one column, and each column at most one row, so that the weights taken together are as large
/// as may be: for each row its column, or [`NONE`] where there are fewer columns than rows.
///
/// Shortest augmenting paths with potentials (Kuhn 1955, doi:10.1002/nav.3800020109; Jonker and Volgenant 1987,
/// doi:10.1007/BF02278710); time in the order of rows x columns x the smaller of the two. Of several assignments that
/// are as good, which one is found depends on the weights alone.
///
/// ```
/// let overlap = [[3, 2], [2, 0]];
/// let of = landmeter::plan::assignment(2, 2, &|row, column| overlap[row][column]);
/// assert_eq!(of, [1, 0]);
/// ```
#[must_use]
pub fn assignment(rows: usize, columns: usize, weight: &dyn Fn(usize, usize) -> i64) -> Vec<u32> {
    if rows > columns {
        let turned = assignment(columns, rows, &|c, r| weight(r, c));
        let mut of = vec![NONE; rows];
        for (c, &r) in (0..).zip(&turned) {
            of[r as usize] = c;
        }
        return of;
    }
    // Columns are counted from 1; column 0 stands for the row that is being placed.
    let mut of_column = vec![NONE; columns + 1];
    let (mut row_price, mut column_price) = (vec![0i64; rows], vec![0i64; columns + 1]);
    for row in 0..rows {
        of_column[0] = crate::territory::index_u32(row);
        let (mut least, mut before) = (vec![i64::MAX; columns + 1], vec![0; columns + 1]);
        let mut seen = vec![false; columns + 1];
        let mut at = 0;
        while of_column[at] != NONE {
            seen[at] = true;
            let r = of_column[at] as usize;
            let (mut step, mut next) = (i64::MAX, 0);
            for c in (1..=columns).filter(|&c| !seen[c]) {
                let cost = -weight(r, c - 1) - row_price[r] - column_price[c];
                if cost < least[c] {
                    (least[c], before[c]) = (cost, at);
                }
                if least[c] < step {
                    (step, next) = (least[c], c);
                }
            }
            for c in 0..=columns {
                if seen[c] {
                    row_price[of_column[c] as usize] += step;
                    column_price[c] -= step;
                } else if least[c] != i64::MAX {
                    least[c] -= step;
                }
            }
            at = next;
        }
        while at != 0 {
            of_column[at] = of_column[before[at]];
            at = before[at];
        }
    }
    let mut of = vec![NONE; rows];
    for (c, &r) in (0..).zip(&of_column[1..]).filter(|(_, r)| **r != NONE) {
        of[r as usize] = c;
    }
    of
}

/// As [`assignment`], with the weights above 0 as `(row, column, weight)` and no others: a row gets only a column with which
/// it has a weight.
///
/// Rows and columns that no chain of weights connects do not compete, so each connected part is solved by itself.
pub(super) fn sparse_assignment(rows: usize, columns: usize, weights: &[(u32, u32, i64)]) -> Vec<u32> {
    // Rows and columns by the part they are in: the smallest row or column (counted after the rows) of it.
    let mut root: Vec<u32> = (0..crate::territory::index_u32(rows + columns)).collect();
    fn find(root: &mut [u32], mut i: u32) -> u32 {
        while root[i as usize] != i {
            root[i as usize] = root[root[i as usize] as usize];
            i = root[i as usize];
        }
        i
    }
    let column = |c: u32| crate::territory::index_u32(rows) + c;
    for &(r, c, _) in weights {
        let (a, b) = (find(&mut root, r), find(&mut root, column(c)));
        root[a.max(b) as usize] = a.min(b);
    }
    let mut parts: Vec<(u32, u32, u32, i64)> = weights.iter().map(|&(r, c, w)| (find(&mut root, r), r, c, w)).collect();
    parts.sort_unstable();
    let mut of = vec![NONE; rows];
    for part in parts.chunk_by(|x, y| x.0 == y.0) {
        if let [(_, r, c, _)] = part {
            of[*r as usize] = *c;
            continue;
        }
        let sorted = |of: fn(&(u32, u32, u32, i64)) -> u32| {
            let mut all: Vec<u32> = part.iter().map(of).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let (own_rows, own_columns) = (sorted(|p| p.1), sorted(|p| p.2));
        let at = |all: &[u32], x: u32| all.partition_point(|&y| y < x);
        let mut dense = vec![0i64; own_rows.len() * own_columns.len()];
        for &(_, r, c, w) in part {
            dense[at(&own_rows, r) * own_columns.len() + at(&own_columns, c)] += w;
        }
        let weight = |r: usize, c: usize| dense[r * own_columns.len() + c];
        for (r, c) in assignment(own_rows.len(), own_columns.len(), &weight).into_iter().enumerate() {
            if c != NONE && weight(r, c as usize) > 0 {
                of[own_rows[r] as usize] = own_columns[c as usize];
            }
        }
    }
    of
}

/// How many units differ between two divisions of the same units, each given as an area (numbered from 0) a unit, once
/// the areas are matched one to one so that as few as may be do.
///
/// # Panics
///
/// The divisions have different lengths.
#[must_use]
pub fn difference(a: &[u32], b: &[u32]) -> u32 {
    assert_eq!(a.len(), b.len(), "divisions of the same units");
    let count = |of: &[u32]| of.iter().max().map_or(0, |&m| m as usize + 1);
    let (rows, columns) = (count(a), count(b));
    let mut overlap = vec![0i64; rows * columns];
    for (&a, &b) in a.iter().zip(b) {
        overlap[a as usize * columns + b as usize] += 1;
    }
    let of = assignment(rows, columns, &|r, c| overlap[r * columns + c]);
    let same: i64 =
        of.iter().enumerate().filter(|(_, c)| **c != NONE).map(|(r, &c)| overlap[r * columns + c as usize]).sum();
    u32::try_from(a.len()).unwrap_or(u32::MAX) - u32::try_from(same).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn brute(rows: usize, columns: usize, weights: &[i64], used: u32) -> i64 {
        if rows == 0 {
            return 0;
        }
        // The last row takes a free column, or none; as no weight is below 0, that is never better than a column.
        let row = rows - 1;
        let free = (0..columns).filter(|c| used >> c & 1 == 0);
        let with = free.map(|c| weights[row * columns + c] + brute(row, columns, weights, used | 1 << c));
        with.chain([brute(row, columns, weights, used)]).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn no_assignment_is_better(rows in 0usize..6, columns in 0usize..6, all in prop::collection::vec(0i64..9, 36)) {
            let weights: Vec<i64> = all[..rows * columns].to_vec();
            let of = assignment(rows, columns, &|r, c| weights[r * columns + c]);
            let mut taken: Vec<u32> = of.iter().copied().filter(|&c| c != NONE).collect();
            prop_assert_eq!(taken.len(), rows.min(columns));
            taken.sort_unstable();
            prop_assert!(taken.windows(2).all(|w| w[0] < w[1]));
            let sum: i64 = (0..rows).filter(|&r| of[r] != NONE).map(|r| weights[r * columns + of[r] as usize]).sum();
            prop_assert_eq!(sum, brute(rows, columns, &weights, 0));
        }
    }

    proptest! {
        #[test]
        fn parts_that_do_not_compete_are_solved_apart(all in prop::collection::vec(prop_oneof![3 => Just(0i64), 2 => 1i64..9], 30)) {
            let cell = |r: usize, c: usize| all[r * 6 + c];
            let cells: Vec<(u32, u32, i64)> = (0u32..5).flat_map(|r| (0u32..6).map(move |c| (r, c)))
                .map(|(r, c)| (r, c, cell(r as usize, c as usize))).filter(|c| c.2 > 0).collect();
            let sum = |of: &[u32]| -> i64 { of.iter().enumerate().filter(|(_, c)| **c != NONE).map(|(r, &c)| cell(r, c as usize)).sum() };
            let found = sparse_assignment(5, 6, &cells);
            prop_assert_eq!(sum(&found), sum(&assignment(5, 6, &cell)));
            prop_assert!(found.iter().enumerate().all(|(r, &c)| c == NONE || cell(r, c as usize) > 0));
        }
    }

    #[test]
    fn differences_do_not_depend_on_names() {
        assert_eq!(difference(&[0, 0, 1, 1], &[1, 1, 0, 0]), 0);
        assert_eq!(difference(&[0, 0, 1, 1], &[0, 0, 0, 0]), 2);
        assert_eq!(difference(&[0, 0, 1, 1], &[0, 1, 2, 2]), 1);
        assert_eq!(difference(&[], &[]), 0);
    }
}
