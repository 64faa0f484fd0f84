//! From longitude and latitude to Belgian Lambert 72: the way that most files here go, and half the price of the
//! general one.
//!
//! Geodetic to geocentric, seven parameters to the Belgian datum, back to geodetic (Bowring 1976), and the conformal
//! cone with two parallels (Snyder 1987, *Map Projections: A Working Manual*, USGS PP 1395, p. 107-109). Tests hold it
//! against proj4rs.

/// An ellipsoid.
#[derive(Debug, Clone, Copy)]
struct Ellipsoid {
    /// Half the long axis, metres.
    a: f64,
    /// Half the short axis, metres.
    b: f64,
    /// Eccentricity, and its square.
    e: f64,
    es: f64,
}

impl Ellipsoid {
    fn new(a: f64, inverse_flattening: f64) -> Self {
        let f = 1.0 / inverse_flattening;
        let es = f * (2.0 - f);
        Self { a, b: a * (1.0 - f), e: es.sqrt(), es }
    }

    /// Isometric latitude, asinh(tan) - e atanh(e sin), from the tangent of the latitude; meant for the northern half.
    fn isometric(&self, tan: f64) -> f64 {
        let root = (1.0 + tan * tan).sqrt();
        let x = self.e * tan / root;
        let xx = x * x;
        // e sin is below 0.083, so that the next term of atanh is below 1e-13 and the position within 1e-7 m.
        let atanh = x * (1.0 + xx * (1.0 / 3.0 + xx * (0.2 + xx * (1.0 / 7.0 + xx / 9.0))));
        (tan + root).ln() - self.e * atanh
    }

    fn geocentric(&self, lon: f64, lat: f64) -> [f64; 3] {
        let ((sin, cos), (sin_lon, cos_lon)) = (lat.sin_cos(), lon.sin_cos());
        let normal = self.a / (1.0 - self.es * sin * sin).sqrt();
        [normal * cos * cos_lon, normal * cos * sin_lon, normal * (1.0 - self.es) * sin]
    }
}

/// The way from longitude and latitude to Lambert 72.
#[derive(Debug, Clone)]
pub(super) struct ToLambert72 {
    from: Ellipsoid,
    to: Ellipsoid,
    /// Rotations about the axes, radians.
    turn: [f64; 3],
    lon_0: f64,
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
        let (from, to) = (Ellipsoid::new(6_378_137.0, 298.257_223_563), Ellipsoid::new(6_378_388.0, 297.0));
        let [(m1, psi1), (m2, psi2)] = PARALLELS.map(|degrees: f64| {
            let (sin, cos) = degrees.to_radians().sin_cos();
            (cos / (1.0 - to.es * sin * sin).sqrt(), to.isometric(sin / cos))
        });
        let n = (m1 / m2).ln() / (psi2 - psi1);
        let turn = TURN.map(|seconds| (seconds / 3600.0).to_radians());
        Self { from, to, turn, lon_0: LON_0.to_radians(), n, radius: to.a * m1 / n * (n * psi1).exp() }
    }

    /// Projects degrees to metres.
    pub(super) fn apply(&self, [lon, lat]: [f64; 2]) -> [f64; 2] {
        let [x, y, z] = self.datum(self.from.geocentric(lon.to_radians(), lat.to_radians()));
        let Ellipsoid { a, b, es, .. } = self.to;
        let p = (x * x + y * y).sqrt();
        let tan_u = z / p * (a / b);
        let cos_u = 1.0 / (1.0 + tan_u * tan_u).sqrt();
        let sin_u = tan_u * cos_u;
        let tan = (z + es / (1.0 - es) * b * (sin_u * sin_u * sin_u)) / (p - es * a * (cos_u * cos_u * cos_u));
        let rho = self.radius * (-self.n * self.to.isometric(tan)).exp();
        let (sin, cos) = (self.n * (y.atan2(x) - self.lon_0)).sin_cos();
        [FALSE_ORIGIN[0] + rho * sin, FALSE_ORIGIN[1] - rho * cos]
    }

    /// From WGS 84 to the Belgian datum: the seven parameters turned round, as PROJ does.
    fn datum(&self, geocentric: [f64; 3]) -> [f64; 3] {
        let scale = 1.0 / (1.0 + STRETCH * 1e-6);
        let [rx, ry, rz] = self.turn;
        let x = (geocentric[0] - SHIFT[0]) * scale;
        let y = (geocentric[1] - SHIFT[1]) * scale;
        let z = (geocentric[2] - SHIFT[2]) * scale;
        [x + rz * y - ry * z, -rz * x + y + rx * z, ry * x - rx * y + z]
    }
}
