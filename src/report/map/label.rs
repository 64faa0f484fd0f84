//! Where a label can stand: the roomiest spot of an area, and boxes that must not overlap.

use super::lines::{Point, twice_area, whole};

/// Letters are wider than high in a word: room to the left and right counts half.
const FLAT: f64 = 2.0;

/// A spot inside an area, and how far it is to the nearest border (up and down; twice as far to the sides).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) at: Point,
    pub(super) room: f64,
}

/// The roomiest spot within the largest part of an area: a grid of tries, refined around the best.
///
/// The idea is that of polylabel (pole of inaccessibility); the grid is fixed, so the same rings give the same spot.
pub(super) fn roomiest(rings: &[Vec<Point>]) -> Option<Spot> {
    const TRIES: i32 = 14;
    let largest = rings.iter().max_by_key(|ring| (twice_area(ring).abs(), std::cmp::Reverse(ring.first().copied())))?;
    let side = |i: usize| (largest.iter().map(|p| p[i]).min(), largest.iter().map(|p| p[i]).max());
    let ((Some(x0), Some(x1)), (Some(y0), Some(y1))) = (side(0), side(1)) else { return None };
    let (mut low, mut high) = ([f64::from(x0), f64::from(y0)], [f64::from(x1), f64::from(y1)]);
    let mut best: Option<([f64; 2], f64)> = None;
    for _ in 0..4 {
        let step = [(high[0] - low[0]) / f64::from(TRIES), (high[1] - low[1]) / f64::from(TRIES)];
        for i in 0..TRIES {
            for j in 0..TRIES {
                let p = [low[0] + step[0] * (f64::from(i) + 0.5), low[1] + step[1] * (f64::from(j) + 0.5)];
                let room = room(rings, p);
                if best.is_none_or(|(_, most)| room > most) {
                    best = Some((p, room));
                }
            }
        }
        let (centre, _) = best?;
        low = [centre[0] - 2.0 * step[0], centre[1] - 2.0 * step[1]];
        high = [centre[0] + 2.0 * step[0], centre[1] + 2.0 * step[1]];
    }
    best.map(|([x, y], room)| Spot { at: [whole(x), whole(y)], room })
}

/// Distance to the nearest border; negative outside.
fn room(rings: &[Vec<Point>], p: [f64; 2]) -> f64 {
    let mut nearest = f64::INFINITY;
    let mut inside = false;
    for ring in rings {
        for (i, &from) in ring.iter().enumerate() {
            let to = ring[(i + 1) % ring.len()];
            let (a, b) = ([f64::from(from[0]), f64::from(from[1])], [f64::from(to[0]), f64::from(to[1])]);
            if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0] {
                inside = !inside;
            }
            let flat = |q: [f64; 2]| [(q[0] - p[0]) / FLAT, q[1] - p[1]];
            let (u, v) = (flat(a), flat(b));
            let d = [v[0] - u[0], v[1] - u[1]];
            let t = (-(u[0] * d[0] + u[1] * d[1]) / (d[0] * d[0] + d[1] * d[1])).clamp(0.0, 1.0);
            let gap = [u[0] + t * d[0], u[1] + t * d[1]];
            nearest = nearest.min(gap[0] * gap[0] + gap[1] * gap[1]);
        }
    }
    if inside { nearest.sqrt() } else { -nearest.sqrt() }
}

/// A box in units of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) centre: Point,
    pub(super) half: [i32; 2],
}

impl Rect {
    fn overlaps(&self, other: &Self) -> bool {
        (0..2).all(|i| (self.centre[i] - other.centre[i]).abs() < self.half[i] + other.half[i])
    }
}

/// Boxes that are taken.
#[derive(Debug, Default)]
pub(super) struct Taken(Vec<Rect>);

impl Taken {
    /// Takes the first place for a box of this size that is free, of the shifts given in halves of its size; none
    /// where all are taken.
    pub(super) fn place(&mut self, at: Point, half: [i32; 2], shifts: &[Point]) -> Option<Point> {
        for shift in shifts {
            let centre = [at[0] + shift[0] * half[0], at[1] + shift[1] * half[1]];
            let rect = Rect { centre, half };
            if !self.0.iter().any(|taken| taken.overlaps(&rect)) {
                self.0.push(rect);
                return Some(centre);
            }
        }
        None
    }
}

/// Width of a text in units, guessed: fonts differ, so it is guessed wide.
pub(super) fn text_width(text: &str, size: i32) -> i32 {
    let letters = i32::try_from(text.chars().count()).unwrap_or(i32::MAX / 1000);
    letters.saturating_mul(size).saturating_mul(56) / 100
}

/// A name on lines of about `letters` letters, broken after hyphens and at spaces.
pub(super) fn name_lines(name: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in name.split_inclusive(['-', ' ']) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + piece.trim_end().chars().count() <= letters => line.push_str(piece),
            _ => lines.push(piece.to_owned()),
        }
    }
    for line in &mut lines {
        *line = shortened(line.trim_end(), 24);
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// At most this many letters, the last an ellipsis where some were left out.
pub(in crate::report) fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roomiest_spot_of_an_l_is_in_its_foot() {
        // A wide foot (200 by 60) and a narrow leg (20 by 140 above its left end).
        let ring = vec![[0, 0], [20, 0], [20, 140], [200, 140], [200, 200], [0, 200]];
        let spot = roomiest(&[ring]).unwrap();
        assert!(spot.at[1] > 150 && spot.room > 25.0, "{spot:?}");
        assert_eq!(roomiest(&[]), None);
    }

    #[test]
    fn names_break_after_hyphens() {
        assert_eq!(name_lines("Zuid-West-Vlaanderen-Midden", 12), ["Zuid-West-", "Vlaanderen-", "Midden"]);
        assert_eq!(name_lines("Kempen", 12), ["Kempen"]);
    }
}
