//! Sight: of everything that faces a piece of border, what does it see first?
//!
//! A gap lies between two polygons only where no third one, however narrow, lies between them. An overlap hides
//! nothing: several polygons may cover one place.

/// A stretch of one piece that faces another feature: places along the piece, signed distances (outside positive).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) other: u32,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) off_from: f64,
    pub(super) off_to: f64,
    /// How many of its ends are where the distance passes the reach, rather than where a line ends.
    pub(super) opens: u32,
}

/// Facing lines at one place up to which the places where they change order are worked out; a map has two or three.
const CROWD: usize = 12;

impl Stretch {
    fn at(&self, t: f64) -> f64 {
        let slope = (self.off_to - self.off_from) / (self.to - self.from);
        self.off_from + slope * (t - self.from)
    }

    fn cut(&self, from: f64, to: f64) -> Self {
        let opens = if from > self.from && to < self.to { 0 } else { self.opens };
        Self { from, to, off_from: self.at(from), off_to: self.at(to), opens, ..*self }
    }
}

/// The stretches that a piece of `feature` sees, cut so that no two towards one feature cover the same place; sorted by
/// feature and place. Stretches towards the feature itself only hide what lies behind them.
pub(super) fn seen(feature: u32, mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    if let [only] = stretches[..] {
        return if only.other == feature { Vec::new() } else { stretches };
    }
    stretches.sort_by(|x, y| {
        x.from
            .total_cmp(&y.from)
            .then(x.to.total_cmp(&y.to))
            .then(x.other.cmp(&y.other))
            .then(x.off_from.total_cmp(&y.off_from).then(x.off_to.total_cmp(&y.off_to)))
    });
    let mut ends: Vec<f64> = stretches.iter().flat_map(|s| [s.from, s.to]).collect();
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let mut out = Vec::with_capacity(stretches.len());
    let (mut active, mut next): (Vec<Stretch>, usize) = (Vec::new(), 0);
    for pair in ends.windows(2) {
        active.retain(|s| s.to > pair[0]);
        while let Some(s) = stretches.get(next).filter(|s| s.from <= pair[0]) {
            active.push(*s);
            next += 1;
        }
        let marks = changes(&active, pair[0], pair[1]);
        marks.windows(2).for_each(|mark| look(feature, &active, mark[0], mark[1], &mut out));
    }
    out.sort_by(|x, y| x.other.cmp(&y.other).then(x.from.total_cmp(&y.from)));
    out
}

/// Both ends, and the places between them where a line crosses the piece or two lines are equally far from it.
fn changes(active: &[Stretch], from: f64, to: f64) -> Vec<f64> {
    let mut marks = vec![from, to];
    if active.len() > 1 && active.len() <= CROWD {
        let mut zero = |at_from: f64, at_to: f64| {
            if at_from * at_to < 0.0 {
                let t = from + (to - from) * at_from / (at_from - at_to);
                marks.extend((t > from && t < to).then_some(t));
            }
        };
        for (i, a) in active.iter().enumerate() {
            zero(a.at(from), a.at(to));
            for b in &active[i + 1..] {
                zero(a.at(from) - b.at(from), a.at(to) - b.at(to));
                zero(a.at(from) + b.at(from), a.at(to) + b.at(to));
            }
        }
        marks.sort_by(f64::total_cmp);
        marks.dedup();
    }
    marks
}

/// What is seen between two places where nothing changes its order.
fn look(feature: u32, active: &[Stretch], from: f64, to: f64, out: &mut Vec<Stretch>) {
    let middle = f64::midpoint(from, to);
    let far = |s: &&Stretch| s.at(middle).abs();
    let nearer = |x: &&Stretch, y: &&Stretch| far(x).total_cmp(&far(y)).then(x.other.cmp(&y.other));
    let Some(nearest) = active.iter().min_by(nearer) else { return };
    if nearest.at(middle) > 0.0 && nearest.other != feature {
        out.push(nearest.cut(from, to));
    }
    let mut within: Vec<&Stretch> = active.iter().filter(|s| s.other != feature && s.at(middle) <= 0.0).collect();
    within.sort_by(|x, y| x.other.cmp(&y.other).then(far(x).total_cmp(&far(y))));
    within.dedup_by_key(|s| s.other);
    out.extend(within.into_iter().map(|s| s.cut(from, to)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(other: u32, from: f64, to: f64, off_from: f64, off_to: f64) -> Stretch {
        Stretch { other, from, to, off_from, off_to, opens: 0 }
    }

    fn spans(seen: &[Stretch]) -> Vec<(u32, f64, f64)> {
        seen.iter().map(|s| (s.other, s.from, s.to)).collect()
    }

    #[test]
    fn what_lies_nearer_hides_what_lies_behind() {
        // 2 is three metres off all along; 1 one metre off in the middle half.
        let found = seen(0, vec![stretch(2, 0.0, 1.0, 3.0, 3.0), stretch(1, 0.25, 0.75, 1.0, 1.0)]);
        assert_eq!(spans(&found), [(1, 0.25, 0.75), (2, 0.0, 0.25), (2, 0.75, 1.0)]);
    }

    #[test]
    fn two_lines_that_cross_share_the_piece_where_they_cross() {
        let found = seen(0, vec![stretch(2, 0.0, 1.0, 1.0, 3.0), stretch(1, 0.0, 1.0, 3.0, 1.0)]);
        assert_eq!(spans(&found), [(1, 0.5, 1.0), (2, 0.0, 0.5)]);
    }

    #[test]
    fn the_feature_itself_hides_and_is_not_seen() {
        let found = seen(0, vec![stretch(0, 0.0, 0.5, 1.0, 1.0), stretch(1, 0.0, 1.0, 2.0, 2.0)]);
        assert_eq!(spans(&found), [(1, 0.5, 1.0)]);
        assert_eq!(seen(0, vec![stretch(0, 0.0, 1.0, 1.0, 1.0)]), []);
    }

    #[test]
    fn overlaps_are_all_seen() {
        let found = seen(0, vec![stretch(1, 0.0, 1.0, -1.0, -1.0), stretch(2, 0.0, 1.0, -3.0, -3.0)]);
        assert_eq!(spans(&found), [(1, 0.0, 1.0), (2, 0.0, 1.0)]);
    }
}
