#![allow(unreachable_pub, reason = "shared by a test and a bench")]
//! Problems of one large region: grids, and counties from a file.

use landmeter::search::large::Problem;

/// Cells in rows and columns, into areas of equal size.
pub fn grid(rows: u32, columns: u32, areas: u32) -> Problem {
    let at = move |r: u32, c: u32| r * columns + c;
    let right = (0..rows).flat_map(|r| (1..columns).map(move |c| (at(r, c - 1), at(r, c), 1)));
    let down = (1..rows).flat_map(|r| (0..columns).map(move |c| (at(r - 1, c), at(r, c), 1)));
    let size = u64::from(rows * columns / areas);
    Problem {
        links: right.chain(down).collect(),
        weights: vec![1; (rows * columns) as usize],
        at_least: size,
        at_most: Some(size),
        areas: (areas, areas),
    }
}

/// An instance: the number of units, of links and of areas, the least and the greatest sum (0 for none); the weight of each
/// unit; each link with its length; all parted by white space. A cut link costs its length, or 1.
pub fn parse(text: &str, by_length: bool) -> Option<Problem> {
    let mut numbers = text.split_ascii_whitespace().map(|word| word.parse::<u64>().ok());
    let mut next = || numbers.next().flatten();
    let (units, links, areas) = (next()?, next()?, u32::try_from(next()?).ok()?);
    let (at_least, at_most) = (next()?, next()?);
    let weights = (0..units).map(|_| next()).collect::<Option<_>>()?;
    let mut link = || {
        let (a, b, length) = (next()?, next()?, next()?);
        Some((u32::try_from(a).ok()?, u32::try_from(b).ok()?, if by_length { length } else { 1 }))
    };
    let links = (0..links).map(|_| link()).collect::<Option<_>>()?;
    let at_most = (at_most > 0).then_some(at_most);
    Some(Problem { links, weights, at_least, at_most, areas: (areas, areas) })
}
