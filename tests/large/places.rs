#![allow(unreachable_pub, reason = "shared by a test and a bench")]
//! Problems of one large region whose units have places: counties from a file.

use landmeter::search::centres::Problem;

/// An instance (its form is that of `instances.rs`) with the place of each unit after the links: two numbers, in metres. A unit
/// costs its weight times the squared distance, in thousandths of its unit times a square kilometre.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not below 0, and below 2^52")]
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
pub fn parse_places(text: &str) -> Option<Problem> {
    let mut numbers = text.split_ascii_whitespace().map(|word| word.parse::<u64>().ok());
    let mut next = || numbers.next().flatten();
    let (units, links, areas) = (next()?, next()?, u32::try_from(next()?).ok()?);
    let (at_least, at_most) = (next()?, next()?);
    let weights: Vec<u64> = (0..units).map(|_| next()).collect::<Option<_>>()?;
    let mut link = || {
        let (a, b, _) = (next()?, next()?, next()?);
        Some((u32::try_from(a).ok()?, u32::try_from(b).ok()?))
    };
    let links = (0..links).map(|_| link()).collect::<Option<_>>()?;
    let places: Vec<[f64; 2]> = (0..units).map(|_| Some([next()? as f64, next()? as f64])).collect::<Option<_>>()?;
    let squared_km = |a: [f64; 2], b: [f64; 2]| ((a[0] - b[0]) / 1000.0).powi(2) + ((a[1] - b[1]) / 1000.0).powi(2);
    let cost = |v: usize, c: usize| (weights[v] as f64 * squared_km(places[v], places[c]) * 1000.0) as u64;
    let pairs = (0..weights.len()).flat_map(|v| (0..weights.len()).map(move |c| (v, c)));
    let costs = pairs.map(|(v, c)| cost(v, c)).collect();
    let at_most = (at_most > 0).then_some(at_most);
    Some(Problem { links, weights, at_least, at_most, areas: (areas, areas), costs })
}
