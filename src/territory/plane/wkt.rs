//! Recognises the text of a `.prj` file: by projection, ellipsoid, parameters and unit, never by name.

use super::PlaneError;
use super::crs::{Crs, shorten};

/// Systems looked at first: where several numbers share one definition, the one in common use.
const COMMON: &[u16] = &[4326, 4258, 31370, 3812, 3035, 3034, 2154, 28992, 27700];

/// Ranges of UTM zones, looked at next: ETRS89, WGS 84 north and south, NAD83.
const ZONES: &[(u16, u16)] = &[(25828, 25838), (32601, 32660), (32701, 32760), (26901, 26923)];

/// Least and greatest number that the table of definitions holds.
const ALL: (u16, u16) = (2000, 32767);

/// Which system a WKT text means.
pub(super) fn recognise(text: &str) -> Result<Crs, PlaneError> {
    let refuse = |found: &str| {
        PlaneError(format!(
            "the coordinate system is not one that is recognised: {found}; give its EPSG number with --crs, such as \
             --crs EPSG:31370"
        ))
    };
    let root = Node::parse(text).ok_or_else(|| refuse(&shorten(text)))?;
    // A compound system (plane and height): the plane is the first system inside.
    let system = root.find(&["PROJCS", "PROJCRS", "PROJECTEDCRS", "GEOGCS", "GEOGCRS", "GEODCRS"]);
    let system = system.ok_or_else(|| refuse(&shorten(text)))?;
    if let Some(signature) = Signature::of_wkt(system) {
        if signature.is_web_mercator() {
            return Ok(Crs::Epsg(3857));
        }
        let zones = ZONES.iter().flat_map(|&(from, to)| from..=to);
        if let Some(code) = COMMON.iter().copied().chain(zones).find(|&c| signature.is(c)) {
            return Ok(Crs::Epsg(code));
        }
        // Others only if there is no doubt: every system with this ellipsoid and these parameters has the same datum.
        let all: Vec<u16> = (ALL.0..=ALL.1).filter(|&c| signature.is(c)).collect();
        if let [first, rest @ ..] = all.as_slice()
            && rest.iter().all(|&c| shift(c) == shift(*first))
        {
            return Ok(Crs::Epsg(*first));
        }
    }
    if let Some(code) = system.authority() {
        let crs = Crs::Epsg(code);
        crs.definition()?;
        return Ok(crs);
    }
    Err(refuse(&format!("{} ({})", system.text(0).unwrap_or("without a name"), shorten(text))))
}

/// How a system's datum is brought to WGS 84; none for the frames that lie within a metre or two of it.
fn shift(code: u16) -> Option<String> {
    let definition = Crs::Epsg(code).definition().ok()?;
    let told = ["+towgs84=", "+nadgrids=", "+datum="];
    let shift = definition.split_whitespace().find(|w| told.iter().any(|t| w.starts_with(t)))?;
    let none = ["+datum=WGS84", "+datum=NAD83", "+towgs84=0,0,0", "+towgs84=0,0,0,0,0,0,0"];
    (!none.contains(&shift)).then(|| shift.to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Geographic,
    Conic,
    TransverseMercator,
    AzimuthalEqualArea,
    AlbersEqualArea,
    DoubleStereographic,
    WebMercator,
}

/// What makes two systems the same plane.
#[derive(Debug, Clone, PartialEq)]
struct Signature {
    method: Method,
    semi_major: f64,
    inverse_flattening: f64,
    /// Metres (or degrees) in the file's unit.
    unit: f64,
    lat_0: f64,
    lon_0: f64,
    parallels: [f64; 2],
    scale: f64,
    x_0: f64,
    y_0: f64,
}

impl Signature {
    fn empty(method: Method, semi_major: f64, inverse_flattening: f64) -> Self {
        let (lat_0, lon_0, parallels) = (0.0, 0.0, [0.0; 2]);
        let (unit, scale, x_0, y_0) = (1.0, 1.0, 0.0, 0.0);
        Self { method, semi_major, inverse_flattening, unit, lat_0, lon_0, parallels, scale, x_0, y_0 }
    }

    fn of_wkt(system: &Node) -> Option<Self> {
        let ellipsoid = system.find(&["SPHEROID", "ELLIPSOID"])?;
        let method = match system.find(&["PROJECTION", "METHOD"]) {
            None => Method::Geographic,
            Some(node) => Method::of_name(node.text(0)?)?,
        };
        let mut signature = Self::empty(method, ellipsoid.number(1)?, ellipsoid.number(2)?);
        if system.find(&["PRIMEM", "PRIMEMERIDIAN"]).and_then(|p| p.number(1)).is_some_and(|v| v != 0.0) {
            return None;
        }
        if method == Method::Geographic {
            return Some(signature);
        }
        let own = system.children().filter(|n| ["UNIT", "LENGTHUNIT"].contains(&n.keyword.as_str())).last();
        let unit = own.or_else(|| system.find(&["LENGTHUNIT"])).and_then(|u| u.number(1)).unwrap_or(1.0);
        signature.unit = unit;
        for parameter in system.all("PARAMETER") {
            let name = normal(parameter.text(0)?);
            let value = parameter.number(1)?;
            match name.as_str() {
                "falseeasting" | "eastingatfalseorigin" => signature.x_0 = value * unit,
                "falsenorthing" | "northingatfalseorigin" => signature.y_0 = value * unit,
                "standardparallel1" | "latitudeof1ststandardparallel" => signature.parallels[0] = value,
                "standardparallel2" | "latitudeof2ndstandardparallel" => signature.parallels[1] = value,
                "scalefactor" | "scalefactoratnaturalorigin" => signature.scale = value,
                "centralmeridian"
                | "longitudeofcenter"
                | "longitudeoforigin"
                | "longitudeofnaturalorigin"
                | "longitudeoffalseorigin" => signature.lon_0 = value,
                "latitudeoforigin" | "latitudeofcenter" | "latitudeofnaturalorigin" | "latitudeoffalseorigin" => {
                    signature.lat_0 = value;
                }
                // Which sphere the map is drawn on: 0 is that of the major axis, as everyone does.
                "auxiliaryspheretype" if value == 0.0 => {}
                _ => return None,
            }
        }
        Some(signature.in_order())
    }

    fn of_proj4(definition: &str) -> Option<Self> {
        let get = |key: &str| {
            definition.split_whitespace().find_map(|w| w.strip_prefix('+')?.strip_prefix(key)?.strip_prefix('='))
        };
        let number = |key: &str, otherwise: f64| get(key).map_or(Some(otherwise), |v| v.parse().ok());
        let method = match get("proj")? {
            "longlat" => Method::Geographic,
            "lcc" => Method::Conic,
            "utm" | "tmerc" => Method::TransverseMercator,
            "laea" => Method::AzimuthalEqualArea,
            "aea" => Method::AlbersEqualArea,
            "sterea" => Method::DoubleStereographic,
            _ => return None,
        };
        let (semi_major, inverse_flattening) = match (get("datum"), get("ellps")) {
            (Some("WGS84"), _) | (_, Some("WGS84")) => (6_378_137.0, 298.257_223_563),
            (Some("NAD83"), _) | (_, Some("GRS80")) => (6_378_137.0, 298.257_222_101),
            (Some("OSGB36"), _) | (_, Some("airy")) => (6_377_563.396, 299.324_964_6),
            (_, Some("intl")) => (6_378_388.0, 297.0),
            (Some("potsdam"), _) | (_, Some("bessel")) => (6_377_397.155, 299.152_812_8),
            (Some("NAD27"), _) | (_, Some("clrk66")) => (6_378_206.4, 294.978_698_2),
            (_, Some("krass")) => (6_378_245.0, 298.3),
            _ => return None,
        };
        if get("pm").is_some() || get("axis").is_some() {
            return None;
        }
        let mut signature = Self::empty(method, semi_major, inverse_flattening);
        signature.unit = match get("units") {
            Some("us-ft") => 1200.0 / 3937.0,
            Some("ft") => 0.3048,
            _ => number("to_meter", 1.0)?,
        };
        signature.lat_0 = number("lat_0", 0.0)?;
        signature.lon_0 = number("lon_0", 0.0)?;
        signature.parallels = [number("lat_1", 0.0)?, number("lat_2", 0.0)?];
        signature.scale = number("k_0", number("k", 1.0)?)?;
        signature.x_0 = number("x_0", 0.0)?;
        signature.y_0 = number("y_0", 0.0)?;
        if let Some(zone) = get("zone") {
            signature.lon_0 = zone.parse::<f64>().ok()? * 6.0 - 183.0;
            signature.scale = 0.9996;
            signature.x_0 = 500_000.0;
            signature.y_0 = if definition.contains("+south") { 10_000_000.0 } else { 0.0 };
        }
        Some(signature.in_order())
    }

    /// The parallels in one order; a cone with one parallel has it at its origin.
    fn in_order(mut self) -> Self {
        self.parallels.sort_by(f64::total_cmp);
        if self.method == Method::Conic {
            let [low, high] = self.parallels;
            let only = if low == 0.0 { high } else { low };
            if (low == 0.0 || low == high) && (only == 0.0 || only == self.lat_0) {
                self.parallels = [0.0; 2];
            }
        }
        self
    }

    /// Web Mercator with nothing moved: its definition in the table is that of a sphere, which no text gives.
    fn is_web_mercator(&self) -> bool {
        let plain = [self.lat_0, self.lon_0, self.parallels[0], self.parallels[1], self.x_0, self.y_0];
        self.method == Method::WebMercator && self.unit == 1.0 && self.scale == 1.0 && plain == [0.0; 6]
    }

    /// Is this the system with that number?
    fn is(&self, code: u16) -> bool {
        let Some(other) = Crs::Epsg(code).definition().ok().and_then(|d| Self::of_proj4(&d)) else { return false };
        let near = |a: f64, b: f64, within: f64| (a - b).abs() <= within;
        self.method == other.method
            && near(self.semi_major, other.semi_major, 0.01)
            // WGS 84 and GRS 80 differ by 1.5e-6.
            && near(self.inverse_flattening, other.inverse_flattening, 7e-7)
            && near(self.unit, other.unit, 1e-9)
            && near(self.lat_0, other.lat_0, 1e-7)
            && near(self.lon_0, other.lon_0, 1e-7)
            && (0..2).all(|i| near(self.parallels[i], other.parallels[i], 1e-7))
            && near(self.scale, other.scale, 1e-9)
            && near(self.x_0, other.x_0, 1e-3)
            && near(self.y_0, other.y_0, 1e-3)
    }
}

impl Method {
    fn of_name(name: &str) -> Option<Self> {
        Some(match normal(name).as_str() {
            "lambertconformalconic"
            | "lambertconformalconic2sp"
            | "lambertconformalconic1sp"
            | "lambertconicconformal2sp"
            | "lambertconicconformal1sp" => Self::Conic,
            "transversemercator" | "gausskruger" => Self::TransverseMercator,
            "lambertazimuthalequalarea" => Self::AzimuthalEqualArea,
            "albers" | "albersconicequalarea" | "albersequalarea" => Self::AlbersEqualArea,
            "doublestereographic" | "obliquestereographic" => Self::DoubleStereographic,
            "mercatorauxiliarysphere" | "popularvisualisationpseudomercator" => Self::WebMercator,
            _ => return None,
        })
    }
}

/// A name without case, spaces and underscores.
fn normal(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A node of well-known text: `KEYWORD["text",1.5,OTHER[...]]`.
#[derive(Debug, Clone, PartialEq)]
struct Node {
    keyword: String,
    values: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
enum Item {
    Text(String),
    Number(f64),
    Node(Node),
}

impl Node {
    /// Deepest nesting; real definitions have eight levels.
    const DEPTH: usize = 32;

    fn parse(text: &str) -> Option<Self> {
        let (item, _) = Item::parse(text.trim_start(), Self::DEPTH)?;
        if let Item::Node(node) = item { Some(node) } else { None }
    }

    fn children(&self) -> impl Iterator<Item = &Self> {
        self.values.iter().filter_map(|v| if let Item::Node(n) = v { Some(n) } else { None })
    }

    /// The first node with one of these keywords, this one included, depth first.
    fn find(&self, keywords: &[&str]) -> Option<&Self> {
        if keywords.contains(&self.keyword.as_str()) {
            return Some(self);
        }
        self.children().find_map(|n| n.find(keywords))
    }

    /// All nodes with this keyword.
    fn all(&self, keyword: &str) -> Vec<&Self> {
        let own = if self.keyword == keyword { vec![self] } else { Vec::new() };
        own.into_iter().chain(self.children().flat_map(|n| n.all(keyword))).collect()
    }

    fn text(&self, at: usize) -> Option<&str> {
        if let Item::Text(t) = self.values.get(at)? { Some(t) } else { None }
    }

    fn number(&self, at: usize) -> Option<f64> {
        if let Item::Number(n) = self.values.get(at)? { Some(*n) } else { None }
    }

    /// The EPSG number that the text itself gives.
    fn authority(&self) -> Option<u16> {
        let node = self.children().find(|n| n.keyword == "AUTHORITY" || n.keyword == "ID")?;
        if !node.text(0)?.eq_ignore_ascii_case("EPSG") {
            return None;
        }
        match node.values.get(1)? {
            Item::Text(t) => t.parse().ok(),
            Item::Number(n) => n.to_string().parse().ok(),
            Item::Node(_) => None,
        }
    }
}

impl Item {
    fn parse(text: &str, depth: usize) -> Option<(Self, &str)> {
        if let Some(quoted) = text.strip_prefix('"') {
            let (inside, rest) = quoted.split_once('"')?;
            return Some((Self::Text(inside.to_owned()), rest));
        }
        let end = text.find([',', '[', ']', '(', ')']).unwrap_or(text.len());
        let (word, mut rest) = text.split_at(end);
        let word = word.trim();
        if !rest.starts_with(['[', '(']) {
            let item = word.parse().map_or_else(|_| Self::Text(word.to_owned()), Self::Number);
            return Some((item, rest));
        }
        let mut node = Node { keyword: word.to_ascii_uppercase(), values: Vec::new() };
        while !rest.starts_with([']', ')']) {
            let (item, after) = Self::parse(rest.get(1..)?.trim_start(), depth.checked_sub(1)?)?;
            node.values.push(item);
            rest = after.trim_start();
            if !rest.starts_with([',', ']', ')']) {
                return None;
            }
        }
        Some((Self::Node(node), &rest[1..]))
    }
}
