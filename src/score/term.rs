//! What an area has of a metric, from its members alone.

use std::f64::consts::PI;

use super::circle::{convex_hull, distance, enclosing_circle, ring_area};
use super::ground::{Borders, Outlines, Sizes};
use super::{Expression, Function, Operator};
use crate::territory::{Graph, index_u32};

/// Memory that is used again from one area to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The round in which a municipality was last seen as a member.
    seen: Vec<u32>,
    round: u32,
    steps: Vec<u32>,
    queue: Vec<u32>,
    points: Vec<[f64; 2]>,
    hull: Vec<[f64; 2]>,
}

impl Scratch {
    /// Marks the members, so that `is_member` tells them.
    fn mark(&mut self, municipalities: usize, members: &[u32]) {
        if self.seen.len() != municipalities || self.round >= u32::MAX - 1 {
            self.seen = vec![0; municipalities];
            self.round = 0;
        }
        self.round += 1;
        for &m in members {
            self.seen[m as usize] = self.round;
        }
    }

    /// Marks others; those that were marked before are told by `was_member`.
    fn mark_more(&mut self, others: &[u32]) {
        self.round += 1;
        for &m in others {
            self.seen[m as usize] = self.round;
        }
    }

    fn was_member(&self, m: u32) -> bool {
        self.seen[m as usize] + 1 == self.round
    }

    fn is_member(&self, m: u32) -> bool {
        self.seen[m as usize] == self.round
    }
}

#[derive(Debug)]
pub(super) enum Term {
    One,
    Sum(Vec<f64>),
    Inertia { weights: Vec<f64>, points: Vec<[f64; 2]> },
    InertiaCentroid { weights: Vec<f64>, points: Vec<[f64; 2]> },
    PolsbyPopper { sizes: Sizes, borders: Borders },
    Schwartzberg { sizes: Sizes, borders: Borders },
    Reock { sizes: Sizes, outlines: Outlines },
    ConvexHull { sizes: Sizes, outlines: Outlines },
    Kilometres(Vec<[f64; 2]>),
    Links(Graph),
    Perimeter { sizes: Sizes, borders: Borders },
    Own { expression: Box<Expression<Self>>, bounded: bool },
}

impl Term {
    /// Whether a municipality lacks what the term is made of.
    pub(super) fn lacks(&self, m: usize) -> bool {
        let no_place = |points: &[[f64; 2]]| points[m].iter().any(|v| v.is_nan());
        match self {
            Self::One | Self::Links(_) => false,
            Self::Sum(weights) => weights[m].is_nan(),
            Self::Inertia { weights, points } | Self::InertiaCentroid { weights, points } => {
                weights[m].is_nan() || no_place(points)
            }
            Self::PolsbyPopper { sizes, .. } | Self::Schwartzberg { sizes, .. } | Self::Perimeter { sizes, .. } => {
                sizes.area[m].is_nan() || sizes.perimeter[m].is_nan()
            }
            Self::Reock { sizes, .. } | Self::ConvexHull { sizes, .. } => sizes.area[m].is_nan(),
            Self::Kilometres(points) => no_place(points),
            Self::Own { expression, .. } => {
                let mut lacks = false;
                expression.atoms(&mut |term| lacks |= term.lacks(m));
                lacks
            }
        }
    }

    /// An expression over terms: a sum over the members where it is one, whose bounds are looked up once where it is not.
    pub(super) fn own(expression: Expression<Self>, municipalities: usize) -> Self {
        if let Some(Linear::Weights(weights)) = Linear::of(&expression) {
            return Self::Sum(weights);
        }
        let lacks = |m: u32| {
            let mut lacks = false;
            expression.atoms(&mut |term| lacks |= term.lacks(m as usize));
            lacks
        };
        let all: Vec<u32> = (0..index_u32(municipalities)).filter(|&m| !lacks(m)).collect();
        let mut scratch = Scratch::default();
        // Whoever searches by bounds takes terms for no less than 0, and for numbers.
        let range = expression.range(&mut |term| term.between(&[], &all, &mut scratch));
        Self::Own { bounded: range.is_some_and(|[least, _]| least >= 0.0), expression: Box::new(expression) }
    }

    /// Whether the lengths of borders are part of it.
    pub(super) fn takes_lengths(&self) -> bool {
        match self {
            Self::PolsbyPopper { .. } | Self::Schwartzberg { .. } | Self::Perimeter { .. } => true,
            Self::Own { expression, .. } => {
                let mut takes = false;
                expression.atoms(&mut |term| takes |= term.takes_lengths());
                takes
            }
            _ => false,
        }
    }

    /// The links over which it counts steps.
    pub(super) fn graph(&self) -> Option<&Graph> {
        match self {
            Self::Links(graph) => Some(graph),
            Self::Own { expression, .. } => {
                let mut found = None;
                expression.atoms(&mut |term| found = found.or(term.graph()));
                found
            }
            _ => None,
        }
    }

    /// Of inertia, what a municipality adds under a centre.
    pub(super) fn share(&self, m: usize, centre: usize) -> Option<f64> {
        match self {
            Self::Inertia { weights, points } => Some(weights[m] * squared_km(points[m], points[centre])),
            _ => None,
        }
    }

    /// The term of an area whose members lack nothing.
    pub(super) fn of(&self, members: &[u32], scratch: &mut Scratch) -> f64 {
        match self {
            Self::One => 1.0,
            Self::Sum(weights) => sum(weights, members),
            Self::Inertia { weights, points } => inertia(weights, points, members),
            Self::InertiaCentroid { weights, points } => inertia_centroid(weights, points, members),
            Self::PolsbyPopper { sizes, borders } => roundness(sizes, borders, members, scratch),
            Self::Schwartzberg { sizes, borders } => roundness(sizes, borders, members, scratch).sqrt(),
            Self::Reock { sizes, outlines } => {
                // The circle around the corners of the hull is that around all, and they are few.
                outlines.gather(members, &mut scratch.points);
                convex_hull(&mut scratch.points, &mut scratch.hull);
                let around = enclosing_circle(&mut scratch.hull).map_or(f64::NAN, |c| PI * c.radius * c.radius);
                sum(&sizes.area, members) / around
            }
            Self::ConvexHull { sizes, outlines } => {
                outlines.gather(members, &mut scratch.points);
                convex_hull(&mut scratch.points, &mut scratch.hull);
                sum(&sizes.area, members) / ring_area(&scratch.hull)
            }
            Self::Kilometres(points) => {
                let from = members.iter().enumerate();
                let pairs = from.flat_map(|(i, &a)| members[..i].iter().map(move |&b| (a as usize, b as usize)));
                pairs.map(|(a, b)| distance(points[a], points[b])).fold(0.0, f64::max) / 1000.0
            }
            Self::Links(graph) => f64::from(eccentricities(graph, members, scratch).0),
            Self::Perimeter { sizes, borders } => perimeter(sizes, borders, members, scratch) / 1000.0,
            Self::Own { expression, .. } => {
                let value = expression.value(&mut |term| term.of(members, scratch));
                if value.is_finite() { value } else { f64::NAN }
            }
        }
    }

    /// The least and the greatest term of an area that has these members and perhaps some of `more`, as far as that is
    /// easily told. None where figures below 0 leave everything open.
    pub(super) fn range(&self, members: &[u32], more: &[u32], scratch: &mut Scratch) -> Option<[f64; 2]> {
        let least = match self {
            Self::One => return Some([1.0, 1.0]),
            Self::PolsbyPopper { sizes, borders } => {
                return Some([0.0, roundest(sizes, borders, members, more, scratch)]);
            }
            Self::Schwartzberg { sizes, borders } => {
                return Some([0.0, roundest(sizes, borders, members, more, scratch).sqrt()]);
            }
            // A shape covers no more than the circle or the hull around it.
            Self::Reock { .. } | Self::ConvexHull { .. } => return Some([0.0, 1.0]),
            // More members may shorten the way.
            Self::Links(_) | Self::Perimeter { .. } => 0.0,
            Self::Own { bounded: false, .. } => return None,
            Self::Own { expression, .. } => {
                return expression.range(&mut |term| term.between(members, more, scratch));
            }
            Self::Kilometres(_) => self.of(members, scratch),
            Self::Sum(weights) | Self::Inertia { weights, .. } | Self::InertiaCentroid { weights, .. }
                if weights.iter().any(|w| *w < 0.0) =>
            {
                return None;
            }
            Self::Sum(weights) => sum(weights, members),
            // No place is better than the centroid, and more members add to what these have.
            Self::Inertia { weights, points } | Self::InertiaCentroid { weights, points } => {
                inertia_centroid(weights, points, members)
            }
        };
        Some([least, f64::INFINITY])
    }

    /// The same, of any figures and of an area that has members, with room for the rounding of sums. None where it is not
    /// told for all figures.
    fn between(&self, members: &[u32], more: &[u32], scratch: &mut Scratch) -> Option<[f64; 2]> {
        match self {
            Self::Sum(weights) => {
                let own = sum(weights, members);
                let figures = || more.iter().map(|&m| weights[m as usize]);
                let (mut less, mut greater) =
                    (figures().filter(|w| *w < 0.0).sum::<f64>(), figures().filter(|w| *w > 0.0).sum::<f64>());
                if members.is_empty() {
                    // At least one of them is in it.
                    less = if less < 0.0 { less } else { figures().reduce(f64::min)? };
                    greater = if greater > 0.0 { greater } else { figures().reduce(f64::max)? };
                }
                let room = 1e-12 * (own.abs() + greater.abs().max(less.abs()));
                let widened = |value: f64, by: f64| if value == 0.0 { value } else { value + by };
                Some([widened(own + less, -room), widened(own + greater, room)])
            }
            Self::Links(_) | Self::Kilometres(_) | Self::Inertia { .. } | Self::InertiaCentroid { .. } => {
                let [least, most] = self.range(members, more, scratch)?;
                Some([least * (1.0 - 1e-12), most])
            }
            _ => None,
        }
    }
}

/// An expression that is one number, or the sum of what each member counts for.
enum Linear {
    Number(f64),
    Weights(Vec<f64>),
}

impl Linear {
    fn of(expression: &Expression<Term>) -> Option<Self> {
        let mut atoms = 0;
        expression.atoms(&mut |_| atoms += 1);
        if atoms == 0 {
            return Some(Self::Number(expression.value(&mut |_| f64::NAN)));
        }
        let (operator, x, y) = match expression {
            Expression::Atom(Term::Sum(weights)) => return Some(Self::Weights(weights.clone())),
            Expression::One(Function::Negative, x) => return Some(Self::of(x)?.times(&|w| -w)),
            Expression::Two(operator, x, y) => (*operator, Self::of(x)?, Self::of(y)?),
            _ => return None,
        };
        match (operator, x, y) {
            (Operator::Multiply, Self::Number(c), x) | (Operator::Multiply, x, Self::Number(c)) => {
                Some(x.times(&|w| w * c))
            }
            (Operator::Divide, x, Self::Number(c)) if c != 0.0 => Some(x.times(&|w| w / c)),
            (Operator::Add, Self::Weights(x), Self::Weights(y)) => {
                Some(Self::Weights(x.iter().zip(&y).map(|(x, y)| x + y).collect()))
            }
            (Operator::Subtract, Self::Weights(x), Self::Weights(y)) => {
                Some(Self::Weights(x.iter().zip(&y).map(|(x, y)| x - y).collect()))
            }
            _ => None,
        }
    }

    fn times(self, of: &dyn Fn(f64) -> f64) -> Self {
        match self {
            Self::Number(number) => Self::Number(of(number)),
            Self::Weights(weights) => Self::Weights(weights.into_iter().map(of).collect()),
        }
    }
}

fn sum(weights: &[f64], members: &[u32]) -> f64 {
    members.iter().map(|&m| weights[m as usize]).sum()
}

/// Square kilometres that two places span, as a squared distance.
fn squared_km(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (x, y) = ((a[0] - b[0]) / 1000.0, (a[1] - b[1]) / 1000.0);
    x * x + y * y
}

fn inertia(weights: &[f64], points: &[[f64; 2]], members: &[u32]) -> f64 {
    let around = |centre: &u32| -> f64 {
        members.iter().map(|&m| weights[m as usize] * squared_km(points[m as usize], points[*centre as usize])).sum()
    };
    members.iter().map(around).reduce(f64::min).unwrap_or(0.0)
}

fn inertia_centroid(weights: &[f64], points: &[[f64; 2]], members: &[u32]) -> f64 {
    let total = sum(weights, members);
    let Some(&first) = members.first().filter(|_| total != 0.0) else { return 0.0 };
    // Seen from the first, so that large coordinates cost no digits.
    let origin = points[first as usize];
    let mean = |axis: usize| {
        let moment = |&m: &u32| weights[m as usize] * (points[m as usize][axis] - origin[axis]);
        origin[axis] + members.iter().map(moment).sum::<f64>() / total
    };
    let centre = [mean(0), mean(1)];
    members.iter().map(|&m| weights[m as usize] * squared_km(points[m as usize], centre)).sum()
}

/// The perimeters of the members, less the borders between them twice.
fn perimeter(sizes: &Sizes, borders: &Borders, members: &[u32], scratch: &mut Scratch) -> f64 {
    scratch.mark(sizes.area.len(), members);
    let inside = |&m: &u32| -> f64 {
        borders.of(m).iter().filter(|(other, _)| scratch.is_member(*other)).map(|(_, length)| length).sum()
    };
    sum(&sizes.perimeter, members) - 2.0 * members.iter().map(inside).sum::<f64>()
}

/// 4 pi times the area, divided by the squared perimeter.
fn roundness(sizes: &Sizes, borders: &Borders, members: &[u32], scratch: &mut Scratch) -> f64 {
    let perimeter = perimeter(sizes, borders, members, scratch);
    if perimeter > 0.0 { 4.0 * PI * sum(&sizes.area, members) / (perimeter * perimeter) } else { f64::NAN }
}

/// What the roundness of an area with these members, and perhaps some of `more`, is at most: the border with whoever is
/// in neither stays, and no area is larger than all together or rounder than a circle.
fn roundest(sizes: &Sizes, borders: &Borders, members: &[u32], more: &[u32], scratch: &mut Scratch) -> f64 {
    scratch.mark(sizes.area.len(), members);
    scratch.mark_more(more);
    // A border between members goes from the perimeter of both, one with whoever may join from that of the member.
    let mut may_go = 0.0;
    for &m in members.iter().chain(more) {
        for &(other, length) in borders.of(m) {
            let members = u8::from(scratch.was_member(m)) + u8::from(scratch.was_member(other));
            if members == 2 || (members == 1 && (scratch.is_member(m) || scratch.is_member(other))) {
                may_go += f64::from(members) * length;
            }
        }
    }
    // Where a perimeter is less than the borders of which it is made, as rounded figures are, it takes away.
    let short = |&m: &u32| (borders.total(m) - sizes.perimeter[m as usize]).max(0.0);
    let stays = sum(&sizes.perimeter, members) - may_go - more.iter().map(short).sum::<f64>();
    let area = sum(&sizes.area, members) + sum(&sizes.area, more);
    if stays > 0.0 { (4.0 * PI * area / (stays * stays)).min(1.0) } else { 1.0 }
}

/// The most links that lie between two members, over members alone, and whether each reaches all others.
pub(super) fn eccentricities(graph: &Graph, members: &[u32], scratch: &mut Scratch) -> (u32, bool) {
    const UNSEEN: u32 = u32::MAX;
    scratch.mark(graph.len(), members);
    scratch.steps.resize(graph.len(), UNSEEN);
    let mut most = 0;
    let mut whole = true;
    for &from in members {
        members.iter().for_each(|&m| scratch.steps[m as usize] = UNSEEN);
        scratch.queue.clear();
        scratch.queue.push(from);
        scratch.steps[from as usize] = 0;
        let mut at = 0;
        while let Some(&v) = scratch.queue.get(at) {
            at += 1;
            let steps = scratch.steps[v as usize];
            most = most.max(steps);
            for &w in graph.neighbours(v as usize) {
                if scratch.is_member(w) && scratch.steps[w as usize] == UNSEEN {
                    scratch.steps[w as usize] = steps + 1;
                    scratch.queue.push(w);
                }
            }
        }
        whole &= scratch.queue.len() == members.len();
    }
    (most, whole)
}
