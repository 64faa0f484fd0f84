//! Colours that colour-blind eyes tell apart, a hatch for each, and which area gets which.

/// Tints after Paul Tol's "light" scheme, made for labels in black on top (<https://sronpersonalpages.nl/~pault/>).
pub(super) const TINTS: [&str; 8] =
    ["#77AADD", "#EEDD88", "#FFAABB", "#44BB99", "#EE8866", "#BBCC33", "#99DDFF", "#C9B8DC"];

/// Where there is no area.
pub(super) const NO_AREA: &str = "#EDEDED";

/// Ink of lines and letters.
pub(super) const INK: &str = "#1A1A1A";

/// A hatch for each tint (none for the first), so that areas differ in black and white too.
pub(super) const HATCHES: [&str; 8] = [
    "",
    "M-6 6 6-6M0 36 36 0M30 42 42 30",
    "M0 18H36",
    "M-6 30 6 42M0 0 36 36M30-6 42 6",
    "M18 0V36",
    "M9 9h.1M27 27h.1",
    "M0 18H36M18 0V36",
    "M0 0 36 36M36 0 0 36",
];

/// A tint for each area such that no two that touch have the same one, as long as eight are enough; the areas with
/// the most neighbours choose first, and each takes the tint used least.
pub(super) fn colours(areas: usize, touching: &[(u32, u32)]) -> Vec<usize> {
    let mut neighbours = vec![Vec::new(); areas];
    for &(a, b) in touching {
        neighbours[a as usize].push(b as usize);
        neighbours[b as usize].push(a as usize);
    }
    let mut order: Vec<usize> = (0..areas).collect();
    for list in &mut neighbours {
        list.sort_unstable();
        list.dedup();
    }
    order.sort_by_key(|&a| (std::cmp::Reverse(neighbours[a].len()), a));
    let mut tint = vec![usize::MAX; areas];
    let mut used = [0usize; TINTS.len()];
    for area in order {
        let clashes = |t: usize| neighbours[area].iter().filter(|&&n| tint[n] == t).count();
        let best = (0..TINTS.len()).min_by_key(|&t| (clashes(t), used[t], t)).unwrap_or(0);
        tint[area] = best;
        used[best] += 1;
    }
    tint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_that_touch_differ() {
        // A wheel: the hub touches all, the rim is a ring.
        let touching: Vec<(u32, u32)> =
            (1..8).map(|i| (0, i)).chain((1..8).map(|i| (i, if i == 7 { 1 } else { i + 1 }))).collect();
        let tint = colours(8, &touching);
        assert!(touching.iter().all(|&(a, b)| tint[a as usize] != tint[b as usize]), "{tint:?}");
    }
}
