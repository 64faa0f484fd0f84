//! From longitude and latitude to Belgian Lambert 72: the way that most files here go, and half the price of the
//! general one.
//!
//! Geodetic to geocentric, seven parameters to the Belgian datum, back to geodetic (Bowring 1976), and the conformal
//! cone with two parallels (Snyder 1987, *Map Projections: A Working Manual*, USGS PP 1395, p. 107-109). Tests hold it
//! against proj4rs.

/// An ellipsoid: half its long axis in metres, and its eccentricity squared.
#[derive(Debug, Clone, Copy)]
struct Ellipsoid {
    a: f64,
    es: f64,
}

impl Ellipsoid {
    fn new(a: f64, inverse_flattening: f64) -> Self {
        let f = 1.0 / inverse_flattening;
        Self { a, es: f * (2.0 - f) }
    }

    /// Isometric latitude, from the tangent of the latitude.
    fn isometric(&self, tan: f64) -> f64 {
        let root = (1.0 + tan * tan).sqrt();
        let e = self.es.sqrt();
        let e_sin = e * tan / root;
        // asinh(tan) - e atanh(e sin); positions south of the equator lose digits, and have no business here.
        (tan + root).ln() - e * 0.5 * ((1.0 + e_sin) / (1.0 - e_sin)).ln()
    }
}

/// The way from longitude and latitude to Lambert 72.
#[derive(Debug, Clone)]
pub(super) struct ToLambert72 {
    from: Ellipsoid,
    to: Ellipsoid,
    /// Cone constant.
    n: f64,
    /// Radius of the equator's image, metres.
    radius: f64,
}

/// Seven parameters from the Belgian datum to WGS 84, as in the definition of EPSG:31370: metres, seconds, millionths.
const SHIFT: [f64; 3] = [-106.8686, 52.2978, -103.7239];
const TURN: [f64; 3] = [0.3366, -0.457, 1.8422];
const STRETCH: f64 = -1.2747;

const LON_0: f64 = 4.367_486_666_666_67;
const PARALLELS: [f64; 2] = [51.166_667_233_333_3, 49.833_333_9];
const FALSE_ORIGIN: [f64; 2] = [150_000.013, 5_400_088.438];

impl ToLambert72 {
    /// From WGS 84, or from ETRS89: the two ellipsoids differ by 0.1 mm, which PROJ leaves out as well.
    pub(super) fn new() -> Self {
        let from = Ellipsoid::new(6_378_137.0, 298.257_223_563);
        let to = Ellipsoid::new(6_378_388.0, 297.0);
        let [(m1, psi1), (m2, psi2)] = PARALLELS.map(|degrees: f64| {
            let (sin, cos) = degrees.to_radians().sin_cos();
            (cos / (1.0 - to.es * sin * sin).sqrt(), to.isometric(sin / cos))
        });
        let n = (m1 / m2).ln() / (psi2 - psi1);
        Self { from, to, n, radius: to.a * m1 / n * (n * psi1).exp() }
    }

    /// Projects degrees to metres.
    pub(super) fn apply(&self, [lon, lat]: [f64; 2]) -> [f64; 2] {
        let [x, y, z] = datum(self.from.geocentric(lon.to_radians(), lat.to_radians()));
        let Ellipsoid { a, es } = self.to;
        let b = a * (1.0 - es).sqrt();
        let p = x.hypot(y);
        let tan_u = z / p * (a / b);
        let root = (1.0 + tan_u * tan_u).sqrt();
        let (sin_u, cos_u) = (tan_u / root, 1.0 / root);
        let tan = (z + es / (1.0 - es) * b * sin_u.powi(3)) / (p - es * a * cos_u.powi(3));
        let rho = self.radius * (-self.n * self.to.isometric(tan)).exp();
        let (sin, cos) = (self.n * (y.atan2(x) - LON_0.to_radians())).sin_cos();
        [FALSE_ORIGIN[0] + rho * sin, FALSE_ORIGIN[1] - rho * cos]
    }
}

impl Ellipsoid {
    fn geocentric(&self, lon: f64, lat: f64) -> [f64; 3] {
        let ((sin, cos), (sin_lon, cos_lon)) = (lat.sin_cos(), lon.sin_cos());
        let normal = self.a / (1.0 - self.es * sin * sin).sqrt();
        [normal * cos * cos_lon, normal * cos * sin_lon, normal * (1.0 - self.es) * sin]
    }
}

/// From WGS 84 to the Belgian datum: the seven parameters turned round, as PROJ does.
fn datum(geocentric: [f64; 3]) -> [f64; 3] {
    let scale = 1.0 + STRETCH * 1e-6;
    let [rx, ry, rz] = TURN.map(|seconds| (seconds / 3600.0).to_radians());
    let x = (geocentric[0] - SHIFT[0]) / scale;
    let y = (geocentric[1] - SHIFT[1]) / scale;
    let z = (geocentric[2] - SHIFT[2]) / scale;
    [x + rz * y - ry * z, -rz * x + y + rx * z, ry * x - rx * y + z]
}
