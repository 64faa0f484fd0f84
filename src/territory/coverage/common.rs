//! How many polygons cover a place? The connected parts of a window that a given number of them covers, each with its
//! size and place: what two have in common, or what nobody covers.
//!
//! A sweep cuts the plane into slabs in which no lines cross, and counts polygons from below: where as many as asked
//! are entered, a trapezoid begins. Nothing is snapped and no crossing has to be recognised as one, so the area is as exact
//! as the coordinates, however thin the parts and however nearly the lines coincide.

use super::grid::Box4;

/// Cosine and sine of a turn of the plane before the sweep: lines on maps are often exactly upright, and then have no
/// place in a slab and no width across it.
const TURN: [f64; 2] = [0.8, 0.6];

/// What less is than the rounding of a computed crossing, in metres.
pub(super) const ROUNDING_M: f64 = 1e-9;

/// A line of the sweep, from left to right; upright lines have none.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Edge {
    from: [f64; 2],
    to: [f64; 2],
    /// The polygon that it belongs to, from 1; the window is 0.
    polygon: u32,
    /// Whether it belongs to a hole.
    hole: bool,
}

/// A connected part of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    /// Square metres.
    pub(super) area: f64,
    /// Greatest width, metres.
    pub(super) width: f64,
    /// The middle of it where it is widest.
    pub(super) place: [f64; 2],
    /// Area times the centre of gravity.
    pub(super) moment: [f64; 2],
    /// The box around it.
    pub(super) bounds: Box4,
}

/// Collects the lines of polygons, and finds where as many of them lie as one asks for.
pub(super) struct Sweep {
    window: Box4,
    /// What the window covers in the turned plane, counted from its lower left corner.
    turned: Box4,
    edges: Vec<Edge>,
    polygons: u32,
}

impl Sweep {
    /// A sweep over `window`: nothing outside counts.
    pub(super) fn new(window: Box4) -> Self {
        let mut sweep = Self { window, turned: [0.0; 4], edges: Vec::new(), polygons: 0 };
        let [left, low, right, high] = window;
        let corners = [[left, low], [right, low], [right, high], [left, high]];
        sweep.turned = corners
            .iter()
            .map(|&c| sweep.turn(c))
            .fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |b, [x, y]| {
                [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)]
            });
        (0..4).for_each(|i| sweep.line(corners[i], corners[(i + 1) % 4], false));
        sweep
    }

    pub(super) fn window(&self) -> Box4 {
        self.window
    }

    /// Begins another polygon.
    pub(super) fn begin(&mut self) {
        self.polygons += 1;
    }

    /// Adds a line of the polygon last begun.
    pub(super) fn line(&mut self, a: [f64; 2], b: [f64; 2], hole: bool) {
        let (a, b) = (self.turn(a), self.turn(b));
        let (from, to) = if a[0] <= b[0] { (a, b) } else { (b, a) };
        // What lies above the window, to its left or to its right is passed by no count that matters.
        if from[0] < to[0] && from[0] < self.turned[2] && to[0] > self.turned[0] && from[1].min(to[1]) <= self.turned[3]
        {
            self.edges.push(Edge { from, to, polygon: self.polygons, hole });
        }
    }

    fn turn(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (x, y) = (x - self.window[0], y - self.window[1]);
        [TURN[0] * x - TURN[1] * y, TURN[1] * x + TURN[0] * y]
    }

    fn turn_back(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [TURN[0] * x + TURN[1] * y + self.window[0], TURN[0] * y - TURN[1] * x + self.window[1]]
    }

    /// The parts that so many polygons cover; what hangs together by no more than `neck` metres is two parts.
    pub(super) fn parts(mut self, covering: usize, neck: f64) -> Vec<Part> {
        self.edges.sort_by(|x, y| x.from[0].total_cmp(&y.from[0]));
        let (low, high) = (self.turned[0], self.turned[2]);
        let mut marks: Vec<f64> =
            self.edges.iter().flat_map(|e| [e.from[0], e.to[0]]).filter(|&x| x >= low && x <= high).collect();
        marks.sort_unstable_by(f64::total_cmp);
        marks.dedup();
        let inside = vec![[false; 2]; self.polygons as usize + 1];
        let mut found = Parts { covering, neck, inside, ..Parts::default() };
        let (mut active, mut next): (Vec<Row>, usize) = (Vec::new(), 0);
        for mark in marks.windows(2) {
            let (left, right) = (mark[0], mark[1]);
            active.retain(|row| row.edge.to[0] > left);
            while let Some(&edge) = self.edges.get(next).filter(|e| e.from[0] <= left) {
                active.extend((edge.to[0] > left).then_some(Row { edge, left: 0.0, right: 0.0 }));
                next += 1;
            }
            for row in &mut active {
                (row.left, row.right) = (row.edge.at(left), row.edge.at(right));
            }
            active.sort_by(|x, y| (x.left + x.right).total_cmp(&(y.left + y.right)));
            slab(&active, left, right, &mut found);
        }
        let back = |part: Part| {
            let [x0, y0, x1, y1] = part.bounds;
            let corners = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]].map(|c| self.turn_back(c));
            let centre = self.turn_back(part.moment.map(|m| m / part.area));
            Part {
                place: self.turn_back(part.place),
                moment: centre.map(|c| c * part.area),
                bounds: corners
                    .iter()
                    .skip(1)
                    .fold([corners[0][0], corners[0][1], corners[0][0], corners[0][1]], |b, &[x, y]| {
                        [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)]
                    }),
                ..part
            }
        };
        found.parts.into_iter().flatten().map(back).collect()
    }
}

impl Edge {
    /// Height at `x`; at its ends exactly theirs.
    fn at(&self, x: f64) -> f64 {
        if x == self.to[0] {
            return self.to[1];
        }
        self.from[1] + (self.to[1] - self.from[1]) * ((x - self.from[0]) / (self.to[0] - self.from[0]))
    }
}

/// A line that passes through a slab, with its heights on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    edge: Edge,
    left: f64,
    right: f64,
}

impl Row {
    /// Height at a share of the way from left to right.
    fn at(&self, share: f64) -> f64 {
        self.left + (self.right - self.left) * share
    }
}

/// Cuts a slab where lines in it cross, and looks at each piece; `rows` are sorted by their height in the middle.
fn slab(rows: &[Row], left: f64, right: f64, found: &mut Parts) {
    let ordered = |pair: &[Row]| pair[0].left <= pair[1].left && pair[0].right <= pair[1].right;
    if rows.windows(2).all(ordered) {
        column(rows, left, right, found);
        return;
    }
    let mut shares = vec![0.0, 1.0];
    for (i, x) in rows.iter().enumerate() {
        for y in &rows[i + 1..] {
            let (l, r) = (x.left - y.left, x.right - y.right);
            if l * r < 0.0 {
                shares.push(l / (l - r));
            }
        }
    }
    shares.sort_unstable_by(f64::total_cmp);
    shares.dedup();
    for pair in shares.windows(2) {
        let mut cut: Vec<Row> = rows.iter().map(|r| Row { left: r.at(pair[0]), right: r.at(pair[1]), ..*r }).collect();
        cut.sort_by(|x, y| (x.left + x.right).total_cmp(&(y.left + y.right)));
        let (from, to) = (left + (right - left) * pair[0], left + (right - left) * pair[1]);
        if from < to {
            column(&cut, from, to, found);
        }
    }
}

/// Counts polygons from below: trapezoids are where the window is, and as many as asked.
fn column(rows: &[Row], left: f64, right: f64, found: &mut Parts) {
    found.turn_page();
    let (mut covering, mut lower) = (0, None);
    for row in rows {
        let state = &mut found.inside[row.edge.polygon as usize];
        let before = *state == [true, false];
        state[usize::from(row.edge.hole)] ^= true;
        let after = *state == [true, false];
        if row.edge.polygon > 0 {
            covering = covering + usize::from(after) - usize::from(before);
        }
        let here = found.inside[0][0] && covering == found.covering;
        match lower {
            None if here => lower = Some(row),
            Some(floor) if !here => {
                found.add(floor, row, left, right);
                lower = None;
            }
            _ => {}
        }
    }
}

/// Parts as they grow from trapezoids.
#[derive(Default)]
struct Parts {
    /// How many polygons are asked for, and the contact in metres that makes two trapezoids one part.
    covering: usize,
    neck: f64,
    /// Of each polygon, and the window: are we inside its shells, and its holes?
    inside: Vec<[bool; 2]>,
    /// By number; a part that was joined to another leaves its place empty.
    parts: Vec<Option<Part>>,
    /// Heights on the right side of the trapezoids of the column before, and of this one, with the part of each.
    before: Vec<([f64; 2], usize)>,
    here: Vec<([f64; 2], usize)>,
}

impl Parts {
    fn turn_page(&mut self) {
        std::mem::swap(&mut self.before, &mut self.here);
        self.here.clear();
        self.inside.fill([false; 2]);
    }

    fn add(&mut self, floor: &Row, roof: &Row, left: f64, right: f64) {
        let (high_left, high_right) = ((roof.left - floor.left).max(0.0), (roof.right - floor.right).max(0.0));
        let across = right - left;
        if high_left.max(high_right) <= 0.0 {
            return;
        }
        // Two triangles, one on the left side and one on the right.
        let (one, two) = (high_left * across / 2.0, high_right * across / 2.0);
        let moment = [
            (one * (2.0 * left + right) + two * (left + 2.0 * right)) / 3.0,
            (one * (floor.left + roof.left + floor.right) + two * (roof.left + floor.right + roof.right)) / 3.0,
        ];
        let slope = (floor.right - floor.left).abs().max((roof.right - roof.left).abs());
        let (low, high) = (floor.left.min(floor.right), roof.left.max(roof.right));
        let mut part = Part {
            area: one + two,
            width: high_left.max(high_right) * across / across.hypot(slope),
            place: [f64::midpoint(left, right), f64::midpoint(floor.at(0.5), roof.at(0.5))],
            moment,
            bounds: [left, low, right, high],
        };
        let neck = self.neck;
        let touches = |range: [f64; 2]| range[1].min(roof.left) - range[0].max(floor.left) > neck;
        let mut number = None;
        for i in 0..self.before.len() {
            let (range, other) = self.before[i];
            if !touches(range) || number == Some(other) {
                continue;
            }
            let Some(joined) = self.parts[other].take() else { continue };
            part = part.join(&joined);
            if let Some(gone) = number.replace(other) {
                self.before.iter_mut().chain(&mut self.here).filter(|r| r.1 == gone).for_each(|r| r.1 = other);
            }
        }
        let number = number.unwrap_or(self.parts.len());
        if number == self.parts.len() {
            self.parts.push(None);
        }
        self.parts[number] = Some(part);
        self.here.push(([floor.right, roof.right], number));
    }
}

impl Part {
    fn join(&self, other: &Self) -> Self {
        let widest = if other.width > self.width { other } else { self };
        let (b, c) = (self.bounds, other.bounds);
        Self {
            area: self.area + other.area,
            width: widest.width,
            place: widest.place,
            moment: [self.moment[0] + other.moment[0], self.moment[1] + other.moment[1]],
            bounds: [b[0].min(c[0]), b[1].min(c[1]), b[2].max(c[2]), b[3].max(c[3])],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(window: Box4, first: &[[f64; 2]], second: &[[f64; 2]]) -> Vec<Part> {
        let mut sweep = Sweep::new(window);
        for line in [first, second] {
            sweep.begin();
            (0..line.len()).for_each(|i| sweep.line(line[i], line[(i + 1) % line.len()], false));
        }
        sweep.parts(2, ROUNDING_M)
    }

    #[test]
    fn squares_that_overlap() {
        let first = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];
        let second = first.map(|[x, y]| [x + 7.0, y + 6.0]);
        let found = parts([7.0, 6.0, 10.0, 10.0], &first, &second);
        assert_eq!(found.len(), 1);
        assert!((found[0].area - 12.0).abs() < 1e-12, "{found:?}");
        assert!((found[0].moment[0] / 12.0 - 8.5).abs() < 1e-12 && (found[0].moment[1] / 12.0 - 8.0).abs() < 1e-12);
        let [x, y] = found[0].place;
        assert!((7.0..=10.0).contains(&x) && (6.0..=10.0).contains(&y));
    }

    #[test]
    fn lines_that_coincide_have_nothing_in_common() {
        let first = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.3], [1.1, 0.7], [1.0, 1.0], [0.0, 1.0]];
        let second = [[2.0, 0.0], [2.0, 1.0], [1.0, 1.0], [1.1, 0.7], [1.05, 0.5], [1.0, 0.3], [1.0, 0.0]];
        let found = parts([1.0, 0.0, 1.1, 1.0], &first, &second);
        assert!(found.iter().all(|p| p.area < 1e-15 && p.width < 1e-15), "{found:?}");
    }

    #[test]
    fn an_upright_hair_is_a_hair() {
        let first = [[0.0, 0.0], [1.0, 0.0], [1.0, 1000.0], [0.0, 1000.0]];
        let second = [[0.9999, 0.0], [2.0, 0.0], [2.0, 1000.0], [0.9999, 1000.0]];
        let found = parts([0.9999, 0.0, 1.0, 1000.0], &first, &second);
        assert_eq!(found.len(), 1);
        assert!((found[0].area - 0.1).abs() < 1e-9 && (found[0].width - 1e-4).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn parts_are_told_apart_and_joined_again() {
        // A comb of two teeth over a bar: two parts; over a bar that reaches its back: one.
        let comb = [[0.0, 0.0], [9.0, 0.0], [9.0, 6.0], [6.0, 6.0], [6.0, 2.0], [3.0, 2.0], [3.0, 6.0], [0.0, 6.0]];
        let bar = |low: f64| [[-1.0, low], [10.0, low], [10.0, 5.0], [-1.0, 5.0]];
        let areas = |low: f64| {
            let found = parts([0.0, low, 9.0, 5.0], &comb, &bar(low));
            let seen = found.iter().filter(|p| p.width > 1e-9);
            seen.map(|p| (p.area * 1e6).round() / 1e6).collect::<Vec<_>>()
        };
        assert_eq!(areas(4.0), [3.0, 3.0]);
        assert_eq!(areas(1.0), [27.0]);
    }
}
