//! Which ring of a shapefile's polygon is a shell, and in which shell each hole lies.

/// What a ring turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Role {
    /// The shell it belongs to: itself for a shell; a position in the rings given.
    pub(super) shell: usize,
    /// True where its orientation says otherwise than where it lies.
    pub(super) turned: bool,
}

struct Measured<'a> {
    positions: &'a [[f64; 2]],
    /// Twice the area; positive for counter-clockwise.
    twice_area: f64,
    min: [f64; 2],
    max: [f64; 2],
}

/// Finds each ring's role by where it lies: a ring inside an odd number of others is a hole in the smallest of them.
///
/// The format says clockwise for a shell and counter-clockwise for a hole, and a hole after its shell; files are at odds
/// with both, so that where a ring lies decides, and orientation is only compared with it.
pub(super) fn roles(rings: &[&[[f64; 2]]]) -> Vec<Role> {
    if rings.len() == 1 {
        let turned = measure(rings[0]).twice_area > 0.0;
        return vec![Role { shell: 0, turned }];
    }
    let measured: Vec<Measured<'_>> = rings.iter().map(|r| measure(r)).collect();
    (0..rings.len())
        .map(|i| {
            let around = (0..rings.len()).filter(|&j| j != i && lies_in(&measured[i], &measured[j]));
            let (mut depth, mut smallest) = (0usize, None::<usize>);
            for j in around {
                depth += 1;
                let smaller = |than: usize| measured[j].twice_area.abs() < measured[than].twice_area.abs();
                if smallest.is_none_or(smaller) {
                    smallest = Some(j);
                }
            }
            let hole = depth % 2 == 1;
            let turned = (measured[i].twice_area > 0.0) != hole;
            Role { shell: smallest.filter(|_| hole).unwrap_or(i), turned }
        })
        .collect()
}

fn measure(positions: &[[f64; 2]]) -> Measured<'_> {
    let origin = positions.first().copied().unwrap_or_default();
    let mut measured = Measured { positions, twice_area: 0.0, min: origin, max: origin };
    for (i, &[x, y]) in positions.iter().enumerate() {
        let [nx, ny] = positions[(i + 1) % positions.len()];
        // About the first position, so that large coordinates don't eat the digits.
        measured.twice_area += (x - origin[0]) * (ny - origin[1]) - (nx - origin[0]) * (y - origin[1]);
        measured.min = [measured.min[0].min(x), measured.min[1].min(y)];
        measured.max = [measured.max[0].max(x), measured.max[1].max(y)];
    }
    measured
}

/// Does one ring lie inside another? Rings may touch; the first position that is not on the other's line decides.
fn lies_in(inner: &Measured<'_>, outer: &Measured<'_>) -> bool {
    let boxed = (0..2).all(|i| outer.min[i] <= inner.min[i] && inner.max[i] <= outer.max[i]);
    if !boxed || inner.twice_area.abs() >= outer.twice_area.abs() {
        return false;
    }
    let vertices = inner.positions.iter().copied();
    let middles = (0..inner.positions.len()).map(|i| {
        let ([ax, ay], [bx, by]) = (inner.positions[i], inner.positions[(i + 1) % inner.positions.len()]);
        [(ax + bx) / 2.0, (ay + by) / 2.0]
    });
    vertices.chain(middles).find_map(|p| side(p, outer.positions)).unwrap_or(true)
}

/// Is a position inside a ring? None on its line.
fn side([px, py]: [f64; 2], ring: &[[f64; 2]]) -> Option<bool> {
    let mut inside = false;
    for (i, &[ax, ay]) in ring.iter().enumerate() {
        let [bx, by] = ring[(i + 1) % ring.len()];
        let turn = (bx - ax) * (py - ay) - (by - ay) * (px - ax);
        let spans = ax.min(bx) <= px && px <= ax.max(bx) && ay.min(by) <= py && py <= ay.max(by);
        if turn == 0.0 && spans {
            return None;
        }
        if (ay > py) != (by > py) && ((turn > 0.0) == (by > ay)) {
            inside = !inside;
        }
    }
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64, clockwise: bool) -> Vec<[f64; 2]> {
        let mut ring = vec![[x, y], [x, y + side], [x + side, y + side], [x + side, y]];
        if !clockwise {
            ring.reverse();
        }
        ring
    }

    fn found(rings: &[Vec<[f64; 2]>]) -> Vec<(usize, bool)> {
        let rings: Vec<&[[f64; 2]]> = rings.iter().map(Vec::as_slice).collect();
        roles(&rings).iter().map(|r| (r.shell, r.turned)).collect()
    }

    #[test]
    fn a_counter_clockwise_shell_alone() {
        assert_eq!(found(&[square(0.0, 0.0, 9.0, false)]), [(0, true)]);
    }

    #[test]
    fn a_hole_before_its_shell() {
        assert_eq!(found(&[square(1.0, 1.0, 1.0, false), square(0.0, 0.0, 9.0, true)]), [(1, false), (1, false)]);
    }

    #[test]
    fn shell_shell_hole_hole_gives_one_each() {
        let rings = [
            square(0.0, 0.0, 9.0, true),
            square(20.0, 0.0, 9.0, true),
            square(1.0, 1.0, 1.0, false),
            square(21.0, 1.0, 1.0, false),
        ];
        assert_eq!(found(&rings), [(0, false), (1, false), (0, false), (1, false)]);
    }

    #[test]
    fn an_island_in_a_lake_is_a_shell_and_its_pond_a_hole() {
        let rings = [
            square(3.0, 3.0, 1.0, false),
            square(0.0, 0.0, 9.0, true),
            square(2.0, 2.0, 4.0, true),
            square(1.0, 1.0, 7.0, false),
        ];
        assert_eq!(found(&rings), [(2, false), (1, false), (2, false), (1, false)]);
    }

    #[test]
    fn a_hole_that_touches_its_shell_with_every_corner() {
        let diamond = vec![[0.0, 2.0], [2.0, 0.0], [4.0, 2.0], [2.0, 4.0]];
        assert_eq!(found(&[square(0.0, 0.0, 4.0, true), diamond]), [(0, false), (0, false)]);
    }
}
