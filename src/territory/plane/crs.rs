//! Which coordinate system: its number, its definition, its area of use.

use std::fmt;

use super::PlaneError;
use super::projection::Projection;
use super::wkt;

/// A coordinate system that the program knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Crs {
    /// By EPSG number: 4326, 31370, 3812, 25831, 3035, 3857, ...
    Epsg(u16),
    /// Not said, and not needed (drawn grids in metres on some plane of their own).
    #[default]
    Unknown,
}

/// Systems with their area of use (west, south, east, north in degrees, as EPSG gives it), the smallest first.
const AREAS: &[(u16, [f64; 4])] = &[
    (31370, [2.5, 49.49, 6.41, 51.51]),
    (3812, [2.5, 49.49, 6.41, 51.51]),
    (28992, [3.2, 50.75, 7.22, 53.7]),
    (2154, [-9.86, 41.15, 10.38, 51.56]),
    (25830, [-6.0, 35.26, 0.0, 80.49]),
    (25831, [0.0, 37.0, 6.01, 82.45]),
    (25832, [6.0, 36.53, 12.01, 84.33]),
    (25833, [12.0, 34.79, 18.01, 84.42]),
    (3035, [-35.58, 24.6, 44.83, 84.73]),
    (3857, [-180.0, -85.06, 180.0, 85.06]),
];

/// Degrees of the whole Earth.
pub(super) const EVERYWHERE: Bounds = Bounds { min: [-180.0, -90.0], max: [180.0, 90.0] };

/// Longitude and latitude from WGS 84 or a frame that lies within a metre of it.
pub(super) const LON_LAT: &str = "+proj=longlat +datum=WGS84 +no_defs";

/// Belgian Lambert 72 with the shift of its datum, without which it lies 115 m off.
const LAMBERT_72: &str = "+proj=lcc +lat_0=90 +lon_0=4.36748666666667 +lat_1=51.1666672333333 +lat_2=49.8333339 \
    +x_0=150000.013 +y_0=5400088.438 +ellps=intl \
    +towgs84=-106.8686,52.2978,-103.7239,0.3366,-0.457,1.8422,-1.2747 +units=m +no_defs";

impl Crs {
    /// Reads a system's name: `EPSG:31370`, `31370`, `urn:ogc:def:crs:EPSG::31370`, `OGC:CRS84`, the address of
    /// an EPSG or OGC definition, or the text of a `.prj` file.
    ///
    /// A `.prj` is recognised by its projection, ellipsoid and parameters; names and the order of the two
    /// parallels don't count.
    ///
    /// # Errors
    ///
    /// A system that is not known, with what was found and the way out.
    ///
    /// ```
    /// use landmeter::territory::plane::Crs;
    /// assert_eq!(Crs::parse("urn:ogc:def:crs:EPSG::31370").unwrap(), Crs::Epsg(31370));
    /// assert_eq!(Crs::parse("OGC:CRS84").unwrap(), Crs::Epsg(4326));
    /// assert!(Crs::parse("EPSG:1").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, PlaneError> {
        let text = text.trim();
        if text.contains('[') {
            return wkt::recognise(text);
        }
        let unknown = || {
            PlaneError(format!(
                "coordinate system {} is not known; expected an EPSG number such as EPSG:31370 or EPSG:4326 \
                 (give it with --crs)",
                shorten(text)
            ))
        };
        let upper = text.to_ascii_uppercase();
        let mut words = upper.rsplit([':', '/', '#', ' ']).filter(|w| !w.is_empty());
        let last = words.next().ok_or_else(unknown)?;
        let of_epsg = upper == last || upper.contains("EPSG");
        let code = match last {
            "CRS84" | "CRS84H" | "WGS84" => 4326,
            // What Esri called Web Mercator before EPSG had a number for it.
            "102100" | "102113" | "900913" => 3857,
            _ if of_epsg => last.parse::<u16>().map_err(|_| unknown())?,
            _ => return Err(unknown()),
        };
        let crs = Self::Epsg(code);
        crs.definition().map_err(|_| unknown())?;
        Ok(crs)
    }

    /// The system's definition as PROJ writes it.
    pub(super) fn definition(&self) -> Result<String, PlaneError> {
        match self {
            Self::Epsg(31370) => Ok(LAMBERT_72.to_owned()),
            Self::Epsg(4326) => Ok(LON_LAT.to_owned()),
            Self::Epsg(code) => {
                crs_definitions::from_code(*code).map(|d| d.proj4.to_owned()).filter(|d| !d.is_empty()).ok_or_else(
                    || PlaneError(format!("coordinate system EPSG:{code} is not known; give another with --crs")),
                )
            }
            Self::Unknown => {
                Err(PlaneError("the file does not say its coordinate system; give it with --crs".to_owned()))
            }
        }
    }

    /// Are its positions longitude and latitude?
    pub(in crate::territory) fn is_geographic(&self) -> Result<bool, PlaneError> {
        Ok(self.definition()?.contains("+proj=longlat"))
    }

    /// Where it is meant to be used, in degrees, for the systems whose area the program knows.
    pub(super) fn area_of_use(&self) -> Option<Bounds> {
        AREAS.iter().find(|(code, _)| *self == Self::Epsg(*code)).map(|(_, area)| Bounds::from(*area))
    }

    /// The extent in degrees of positions in this system.
    pub(super) fn to_degrees(&self, positions: &[[f64; 2]]) -> Result<Bounds, PlaneError> {
        let projection = Projection::new(&self.definition()?, LON_LAT)?;
        let mut points = sample(positions);
        match projection.apply(&mut points) {
            None => Bounds::of(&points).ok_or_else(|| PlaneError("no positions".to_owned())),
            Some(_) => Err(PlaneError(format!("positions can't be in {self}"))),
        }
    }
}

/// Some of the positions, the outermost among them: enough to tell where they lie.
fn sample(positions: &[[f64; 2]]) -> Vec<[f64; 2]> {
    const ENOUGH: usize = 1000;
    let mut some: Vec<[f64; 2]> = positions.iter().step_by(positions.len() / ENOUGH + 1).copied().collect();
    for axis in 0..2 {
        let by = |a: &&[f64; 2], b: &&[f64; 2]| a[axis].total_cmp(&b[axis]);
        some.extend(positions.iter().min_by(by));
        some.extend(positions.iter().max_by(by));
    }
    some
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epsg(code) => write!(f, "EPSG:{code}"),
            Self::Unknown => write!(f, "not said"),
        }
    }
}

/// Is this a projection in metres on which lengths and areas can be measured?
///
/// Mercator and plate carrée stretch with the latitude, by 60 % in Belgium.
pub(super) fn is_true_to_scale(definition: &str) -> bool {
    let stretching = ["+proj=longlat", "+proj=merc", "+proj=webmerc", "+proj=eqc", "+proj=cea", "+proj=mill"];
    let in_metres = definition.contains("+units=m ") || definition.ends_with("+units=m");
    in_metres && !stretching.iter().any(|p| definition.contains(p))
}

/// The systems whose area of use holds these positions, the smallest area first.
pub(super) fn guess(positions: &[[f64; 2]]) -> Vec<Crs> {
    let mut fitting: Vec<Crs> = AREAS
        .iter()
        .filter(|(code, area)| {
            Crs::Epsg(*code).to_degrees(positions).is_ok_and(|degrees| Bounds::from(*area).contains(&degrees))
        })
        .map(|(code, _)| Crs::Epsg(*code))
        .collect();
    // Web Mercator holds almost any numbers: it says something only where nothing else fits.
    if fitting.len() > 1 {
        fitting.retain(|c| *c != Crs::Epsg(3857));
    }
    fitting
}

/// A box of positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) min: [f64; 2],
    pub(super) max: [f64; 2],
}

impl Bounds {
    /// The box round positions; none without positions.
    pub(super) fn of(coords: &[[f64; 2]]) -> Option<Self> {
        let first = *coords.first()?;
        Some(coords.iter().fold(Self { min: first, max: first }, |b, &[x, y]| Self {
            min: [b.min[0].min(x), b.min[1].min(y)],
            max: [b.max[0].max(x), b.max[1].max(y)],
        }))
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        (0..2).all(|i| self.min[i] <= other.min[i] && other.max[i] <= self.max[i])
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        (0..2).all(|i| self.min[i] <= other.max[i] && other.min[i] <= self.max[i])
    }

    pub(super) fn middle(&self) -> [f64; 2] {
        [(self.min[0] + self.max[0]) / 2.0, (self.min[1] + self.max[1]) / 2.0]
    }

    /// A corner of this box that lies outside `limits`.
    pub(super) fn corner_outside(&self, limits: &Self) -> [f64; 2] {
        let below = (0..2).any(|i| self.min[i] < limits.min[i]);
        if below { self.min } else { self.max }
    }
}

impl From<[f64; 4]> for Bounds {
    fn from([west, south, east, north]: [f64; 4]) -> Self {
        Self { min: [west, south], max: [east, north] }
    }
}

/// A text short enough for a message.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(120).collect();
    if short.len() < text.len() {
        short.push_str(" ...");
    }
    format!("'{short}'")
}
