//! Voids: places that the coverage encloses and nobody covers, from a city of another country to a sliver.
//!
//! Open pieces are cut where they cross, and walked with a face of the plane on the right. A face that has every piece
//! around it on its right is covered less than all faces beside it; a void is one that nobody covers.

use rayon::prelude::*;

use super::common::{Part, Sweep};
use super::fabric::{NODING_M, distance, signed_area};
use super::grid::{Box4, Grid, around};
use super::ground::Ground;
use super::noding::{Noding, Piece};
use super::validity::{crossing, inside, orient};
use crate::territory::index_u32;
use crate::territory::plane::PlaneError;

/// Mean width in metres up to which a void is measured on the lines of the file: noding, which moves them by a tenth of
/// a millimetre, would change its area.
const THICK_M: f64 = 1e4 * NODING_M;

/// A place that nobody covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Void {
    /// Codes of the municipalities around it, sorted.
    pub municipalities: Vec<String>,
    /// Square metres.
    pub area_m2: f64,
    /// Metres around it.
    pub perimeter_m: f64,
    /// A position in it, in the file's coordinates.
    pub place: [f64; 2],
}

/// A void by the features around it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hole {
    /// Sorted.
    pub(super) features: Vec<u32>,
    pub(super) area_m2: f64,
    pub(super) perimeter_m: f64,
    /// Greatest width.
    pub(super) width_m: f64,
    /// In it, where it is widest; in the metric image of the file.
    pub(super) place: [f64; 2],
    /// What lies around it.
    pub(super) around: Vec<Stretch>,
}

impl Hole {
    /// As wide as a band of this area and half this perimeter.
    pub(super) fn mean_width_m(&self) -> f64 {
        2.0 * self.area_m2 / self.perimeter_m
    }
}

/// A stretch of an open piece, by shares of its length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    /// Position in [`Noding::open`].
    pub(super) piece: u32,
    pub(super) start: f64,
    pub(super) end: f64,
}

/// A stretch between two places where pieces end or cross.
struct Span {
    from: u32,
    to: u32,
    stretch: Stretch,
}

/// All spans, and which of them end where.
struct Web<'a> {
    noding: &'a Noding,
    spans: Vec<Span>,
    /// Places in the metric image: nodes of the noding, then crossings.
    places: Vec<[f64; 2]>,
    /// Ends of spans by place, in compressed rows: the span, and whether it leaves.
    offsets: Vec<u32>,
    ends: Vec<(u32, bool)>,
}

/// Finds all voids, in the order of the pieces.
pub(super) fn find(ground: &Ground<'_>, noding: &Noding) -> Result<Vec<Hole>, PlaneError> {
    let fabric = ground.fabric;
    let web = Web::new(noding);
    let (shells, islands) = web.loops();
    let islands = on_which(&shells, islands);
    let holes: Vec<(Hole, [f64; 2])> =
        shells.par_iter().zip(&islands).filter_map(|(shell, islands)| web.hole(ground, shell, islands)).collect();
    let centres: Vec<[f64; 2]> = holes.iter().map(|h| h.1).collect();
    let scales = fabric.squares(&centres)?;
    Ok(holes.into_iter().zip(scales).map(|((h, _), scale)| Hole { area_m2: h.area_m2 * scale, ..h }).collect())
}

/// What lies around the voids, sorted by piece.
pub(super) fn stretches(holes: &[Hole]) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = holes.iter().flat_map(|h| h.around.iter().copied()).collect();
    all.par_sort_unstable_by(|x, y| x.piece.cmp(&y.piece).then(x.start.total_cmp(&y.start)));
    all
}

/// A closed walk: spans in their order, and the line that they follow.
struct Walk {
    spans: Vec<u32>,
    line: Vec<[f64; 2]>,
}

/// For each shell, the walks round islands that lie in it and in no smaller one.
fn on_which(shells: &[Walk], islands: Vec<Walk>) -> Vec<Vec<Walk>> {
    let mut of_shell: Vec<Vec<Walk>> = shells.iter().map(|_| Vec::new()).collect();
    let boxes: Vec<Box4> = shells.iter().map(|s| bounds(&s.line)).collect();
    let grid = Grid::new(boxes);
    for island in islands {
        // Corners may be shared with a shell; between two of them, a line lies inside it or outside.
        let (a, b) = (island.line[0], island.line[1]);
        let p = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
        let within = signed_area(&island.line);
        let mut smallest: Option<(f64, u32)> = None;
        grid.visit(&around(p, p, 0.0), |shell| {
            let line = &shells[shell as usize].line;
            let area = -signed_area(line);
            if area > within && smallest.is_none_or(|s| (area, shell) < s) && inside(line, p) {
                smallest = Some((area, shell));
            }
        });
        if let Some((_, shell)) = smallest {
            of_shell[shell as usize].push(island);
        }
    }
    of_shell
}

fn bounds(line: &[[f64; 2]]) -> Box4 {
    line.iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |b, &[x, y]| {
        [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)]
    })
}

impl<'a> Web<'a> {
    fn new(noding: &'a Noding) -> Self {
        let mut places: Vec<[f64; 2]> = noding.nodes.iter().map(|n| n.flat).collect();
        let cuts = crossings(noding, &mut places);
        let mut spans = Vec::with_capacity(noding.open.len() + cuts.len());
        let mut next = 0;
        for (i, piece) in noding.open.iter().enumerate() {
            let i = index_u32(i);
            let (mut from, mut start) = (piece.from, 0.0);
            while let Some(&(_, share, place)) = cuts.get(next).filter(|cut| cut.0 == i) {
                spans.push(Span { from, to: place, stretch: Stretch { piece: i, start, end: share } });
                (from, start) = (place, share);
                next += 1;
            }
            spans.push(Span { from, to: piece.to, stretch: Stretch { piece: i, start, end: 1.0 } });
        }
        let mut offsets = vec![0u32; places.len() + 1];
        for span in &spans {
            offsets[span.from as usize + 1] += 1;
            offsets[span.to as usize + 1] += 1;
        }
        for i in 1..offsets.len() {
            offsets[i] += offsets[i - 1];
        }
        let mut free = offsets.clone();
        let mut ends = vec![(0, false); 2 * spans.len()];
        for (i, span) in spans.iter().enumerate() {
            for (place, leaves) in [(span.from, true), (span.to, false)] {
                let at = &mut free[place as usize];
                ends[*at as usize] = (index_u32(i), leaves);
                *at += 1;
            }
        }
        Self { noding, spans, places, offsets, ends }
    }

    /// Direction of a span along its piece, which a cut does not change.
    fn direction(&self, span: u32) -> [f64; 2] {
        let piece = self.noding.open[self.spans[span as usize].stretch.piece as usize];
        let (a, b) = (self.places[piece.from as usize], self.places[piece.to as usize]);
        [b[0] - a[0], b[1] - a[1]]
    }

    /// Closed walks that have a face on their right, all around it: clockwise ones round the face, and
    /// counter-clockwise ones round an island in it (or round everything).
    fn loops(&self) -> (Vec<Walk>, Vec<Walk>) {
        let mut seen = vec![false; self.spans.len()];
        let (mut shells, mut islands) = (Vec::new(), Vec::new());
        for start in 0..self.spans.len() {
            let (mut spans, mut at) = (Vec::new(), index_u32(start));
            while !std::mem::replace(&mut seen[at as usize], true) {
                spans.push(at);
                let Some(next) = self.next(at) else { break };
                at = next;
            }
            if spans.is_empty() || at as usize != start || self.next(spans[spans.len() - 1]) != Some(at) {
                continue;
            }
            let line = spans.iter().map(|&s| self.places[self.spans[s as usize].from as usize]).collect();
            let walk = Walk { spans, line };
            if signed_area(&walk.line) < 0.0 { shells.push(walk) } else { islands.push(walk) }
        }
        (shells, islands)
    }

    /// The next span with the same face on its right: the first one counter-clockwise from where we came. None if that
    /// one is walked the other way, and has the face on its left.
    fn next(&self, at: u32) -> Option<u32> {
        let place = self.spans[at as usize].to as usize;
        let [x, y] = self.direction(at);
        let back = (-y).atan2(-x);
        let turn = |&(span, leaves): &(u32, bool)| {
            let [x, y] = self.direction(span);
            let turn = if leaves { y.atan2(x) } else { (-y).atan2(-x) } - back;
            if turn <= 0.0 { turn + std::f64::consts::TAU } else { turn }
        };
        let ends = &self.ends[self.offsets[place] as usize..self.offsets[place + 1] as usize];
        let others = ends.iter().filter(|&&end| end != (at, false));
        let first = others.map(|end| (turn(end), *end)).min_by(|x, y| x.0.total_cmp(&y.0).then(y.1.1.cmp(&x.1.1)))?;
        first.1.1.then_some(first.1.0)
    }

    /// The void inside a walk and outside of its islands, if nobody covers it, with its centre of gravity; its area in
    /// the metric image.
    fn hole(&self, ground: &Ground<'_>, shell: &Walk, islands: &[Walk]) -> Option<(Hole, [f64; 2])> {
        let nodes = &self.noding.nodes;
        let walks = || std::iter::once(shell).chain(islands);
        let pieces = || walks().flat_map(|w| &w.spans).map(|&s| self.spans[s as usize].stretch);
        let length = |stretch: &Stretch| {
            let piece: Piece = self.noding.open[stretch.piece as usize];
            let (a, b) = (nodes[piece.from as usize].projected, nodes[piece.to as usize].projected);
            distance(a, b) * (stretch.end - stretch.start)
        };
        let perimeter_m: f64 = pieces().map(|s| length(&s)).sum();
        let outlined = -walks().map(|w| signed_area(&w.line)).sum::<f64>();
        let parts = if 2.0 * outlined < THICK_M * perimeter_m {
            exactly(ground, shell, islands)
        } else {
            let mut sweep = Sweep::new(bounds(&shell.line));
            sweep.begin();
            for line in walks().map(|w| &w.line) {
                (0..line.len()).for_each(|i| sweep.line(line[i], line[(i + 1) % line.len()], false));
            }
            sweep.parts(1, NODING_M)
        };
        let largest = parts.iter().max_by(|x, y| x.area.total_cmp(&y.area))?;
        if ground.covered(largest.place) {
            return None;
        }
        let sum = |of: fn(&Part) -> f64| parts.iter().map(of).sum::<f64>();
        let area_m2 = sum(|p| p.area);
        let centre = [sum(|p| p.moment[0]) / area_m2, sum(|p| p.moment[1]) / area_m2];
        let mut features: Vec<u32> = pieces().map(|s| self.noding.open[s.piece as usize].feature).collect();
        features.sort_unstable();
        features.dedup();
        let (width_m, place) = (largest.width, largest.place);
        Some((Hole { features, area_m2, perimeter_m, width_m, place, around: pieces().collect() }, centre))
    }
}

/// The parts of a void, from the lines as the file has them.
fn exactly(ground: &Ground<'_>, shell: &Walk, islands: &[Walk]) -> Vec<Part> {
    let [left, low, right, high] = bounds(&shell.line);
    let mut sweep = Sweep::new([left - NODING_M, low - NODING_M, right + NODING_M, high + NODING_M]);
    ground.visit(&sweep.window(), |feature| ground.draw(feature, &mut sweep));
    let mut parts = sweep.parts(0, NODING_M);
    parts.retain(|p| inside(&shell.line, p.place) && !islands.iter().any(|i| inside(&i.line, p.place)));
    parts
}

/// Where open pieces cross: (piece, share of its length, place), sorted; the places are added to `places`.
fn crossings(noding: &Noding, places: &mut Vec<[f64; 2]>) -> Vec<(u32, f64, u32)> {
    let flat = |n: u32| noding.nodes[n as usize].flat;
    let ends = |i: u32| (flat(noding.open[i as usize].from), flat(noding.open[i as usize].to));
    let grid = Grid::new(noding.open.iter().map(|p| around(flat(p.from), flat(p.to), 0.0)).collect());
    let mut found: Vec<(u32, u32, f64, f64)> = (0..index_u32(noding.open.len()))
        .into_par_iter()
        .with_min_len(64)
        .flat_map_iter(|one| {
            let (a, b) = ends(one);
            let mut found = Vec::new();
            grid.visit(&around(a, b, 0.0), |two| {
                if two <= one {
                    return;
                }
                let (c, d) = ends(two);
                let (of_a, of_b, of_c, of_d) = (orient(c, d, a), orient(c, d, b), orient(a, b, c), orient(a, b, d));
                if of_a * of_b < 0.0 && of_c * of_d < 0.0 {
                    found.push((one, two, of_a / (of_a - of_b), of_c / (of_c - of_d)));
                }
            });
            found
        })
        .collect();
    found.par_sort_unstable_by_key(|f| (f.0, f.1));
    let mut cuts = Vec::with_capacity(2 * found.len());
    for (one, two, along_one, along_two) in found {
        let place = index_u32(places.len());
        let (a, b) = ends(one);
        places.push(crossing(a, b, along_one, along_one - 1.0));
        cuts.extend([(one, along_one, place), (two, along_two, place)]);
    }
    cuts.par_sort_unstable_by(|x, y| x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)).then(x.2.cmp(&y.2)));
    cuts
}
