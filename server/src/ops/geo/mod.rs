//! GeoJSON: parsing the text, and the S2 cells that are stored with it.

mod polygon;
mod region;
mod s2;

use serde_json::Value as Json;
use spikelet_wire::{ParticleType, ResultCode};

use self::polygon::Loop;
pub(crate) use self::polygon::Polygons;
use self::s2::{Cap, CellId, Coverer, Point, Region};
use super::Particle;

/// The radius of the earth in meters. The server computes with a sphere.
const EARTH_RADIUS: f64 = 6_371_000.0;
/// The flag of a stored region.
const IS_REGION: u8 = 1;
/// The covering of a stored region.
const COVERER: Coverer = Coverer {
    min_level: 1,
    max_level: 30,
    max_cells: 12,
};

/// The covering of the region of a query.
const QUERY_COVERER: Coverer = Coverer {
    max_level: 20,
    ..COVERER
};

/// The geometry of a GeoJSON text.
#[derive(Debug, Clone)]
pub enum Geometry {
    /// A point, as the leaf cell that holds it.
    Point(CellId),
    /// An `AeroCircle`.
    Circle(Cap),
    /// A `Polygon`, or a `MultiPolygon`.
    Polygons(Polygons),
}

impl Geometry {
    /// Parses a text. `None` if the server does not accept it.
    ///
    /// A feature stands for its geometry. Members other than `type`, `geometry` and `coordinates` are ignored.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let json: Json = serde_json::from_slice(text).ok()?;
        match json.get("type")?.as_str()? {
            "Feature" => Self::from_json(json.get("geometry")?),
            _ => Self::from_json(&json),
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        let coordinates = json.get("coordinates");
        Some(match json.get("type")?.as_str()? {
            "Point" => Self::Point(CellId::from_point(&point(coordinates?)?)),
            "Polygon" => Self::Polygons(Polygons(vec![polygon(coordinates?)?])),
            "MultiPolygon" => {
                let polygons = coordinates?.as_array()?.iter().map(polygon);
                Self::Polygons(Polygons(polygons.collect::<Option<_>>()?))
            }
            "AeroCircle" => {
                let [center, radius] = coordinates?.as_array()?.as_slice() else {
                    return None;
                };
                Self::Circle(Cap::new(point(center)?, number(radius)? / EARTH_RADIUS))
            }
            _ => return None,
        })
    }

    /// The cells that are stored with the value: the cell of a point, or the covering of a region. `None` if the covering
    /// takes more cells than the server allows.
    #[must_use]
    pub fn cells(&self) -> Option<Vec<CellId>> {
        match self {
            Self::Point(cell) => Some(vec![*cell]),
            Self::Circle(cap) => covering(&COVERER, cap),
            Self::Polygons(polygons) => covering(&COVERER, polygons),
        }
    }

    /// The inclusive ranges of the cell ids of matching values: for a region those of the points inside it, for a point those
    /// of the cells around it, by which regions that may contain it are indexed. `None` as for [`cells`](Self::cells).
    #[must_use]
    pub fn spans(&self) -> Option<Vec<(u64, u64)>> {
        let cells = match self {
            Self::Point(cell) => {
                // Without the faces of the cube (level 0): no region is stored with one.
                let around = (1..=cell.level()).map(|level| cell.parent(level).0);
                return Some(around.map(|cell| (cell, cell)).collect());
            }
            Self::Circle(cap) => covering(&QUERY_COVERER, cap),
            Self::Polygons(polygons) => covering(&QUERY_COVERER, polygons),
        };
        let span = |cell: &CellId| (cell.range_min().0, cell.range_max().0);
        Some(cells?.iter().map(span).collect())
    }

    /// Whether it is a point, and not a region.
    #[must_use]
    pub const fn is_point(&self) -> bool {
        matches!(self, Self::Point(_))
    }

    const fn flags(&self) -> u8 {
        match self {
            Self::Point(_) => 0,
            Self::Circle(_) | Self::Polygons(_) => IS_REGION,
        }
    }
}

/// Decodes a GeoJSON value that a client wrote. Its flags and cells are computed, whatever the client sent.
///
/// # Errors
/// [`ResultCode::GEO_INVALID_GEOJSON`]: it is cut short, its text is not accepted, or it is a region that is
/// too large to be covered.
pub(crate) fn from_wire(data: &[u8]) -> Result<Particle, ResultCode> {
    let stored = || {
        let text = text(data)?;
        let geometry = Geometry::parse(text)?;
        let cells = geometry.cells()?;
        let mut stored = vec![geometry.flags()];
        stored.extend_from_slice(&u16::try_from(cells.len()).ok()?.to_be_bytes());
        stored.extend(cells.iter().flat_map(|cell| cell.0.to_be_bytes()));
        stored.extend_from_slice(text);
        Some(Particle::bytes(ParticleType::GEOJSON, &stored))
    };
    stored().ok_or(ResultCode::GEO_INVALID_GEOJSON)
}

/// The text of a GeoJSON value, which follows the flags, the number of cells and the cells.
#[must_use]
pub(crate) fn text(data: &[u8]) -> Option<&[u8]> {
    let (&[_, high, low], rest) = data.split_first_chunk()?;
    rest.get(8 * usize::from(u16::from_be_bytes([high, low]))..)
}

/// The ids of the cells of a stored GeoJSON value.
pub(crate) fn stored_cells(data: &[u8]) -> impl Iterator<Item = u64> {
    let text = text(data).map_or(0, <[u8]>::len);
    let cells = data.len().checked_sub(text).and_then(|end| data.get(3..end));
    let cells = cells.unwrap_or_default().as_chunks().0.iter();
    cells.map(|cell| u64::from_be_bytes(*cell))
}

fn covering(coverer: &Coverer, region: &impl Region) -> Option<Vec<CellId>> {
    Some(coverer.covering(region)).filter(|cells| cells.len() <= coverer.max_cells)
}

fn polygon(json: &Json) -> Option<Vec<Loop>> {
    json.as_array()?.iter().map(closed_loop).collect()
}

fn closed_loop(json: &Json) -> Option<Loop> {
    let mut points = json.as_array()?.iter().map(point).collect::<Option<Vec<_>>>()?;
    points.dedup();
    if points.len() < 4 || points.first() != points.last() {
        return None;
    }
    points.pop();
    Some(Loop::new(points))
}

/// A point from a pair of longitude and latitude, in degrees.
fn point(json: &Json) -> Option<Point> {
    let [longitude, latitude] = json.as_array()?.as_slice() else {
        return None;
    };
    Point::from_degrees(number(latitude)?, number(longitude)?)
}

/// A number. Integers above 63 bits are refused.
fn number(json: &Json) -> Option<f64> {
    json.as_f64().filter(|_| !json.is_u64() || json.is_i64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> Result<Vec<u8>, ResultCode> {
        let wire = [&[0, 0, 0], text.as_bytes()].concat();
        let particle = from_wire(&wire)?;
        Ok(particle.bytes_of(ParticleType::GEOJSON).unwrap().to_vec())
    }

    #[test]
    fn a_point_is_stored_with_its_cell() {
        let text = r#"{"type":"Point","coordinates":[1.0,2.0]}"#;
        let cell = [0x10, 0x03, 0x6e, 0x17, 0xca, 0x9f, 0xb7, 0x09];
        let expected = [&[0, 0, 1], &cell[..], text.as_bytes()].concat();
        assert_eq!(stored(text).unwrap(), expected);
        // The cells that a client sends are not believed.
        let wire = [&[1, 0, 1], &[7; 8][..], text.as_bytes()].concat();
        let again = from_wire(&wire).unwrap();
        assert_eq!(again.bytes_of(ParticleType::GEOJSON).unwrap(), expected);
    }

    #[test]
    fn a_region_is_stored_with_the_cells_that_cover_it() {
        let text = r#"{"type":"AeroCircle","coordinates":[[-122.0,37.5],1000]}"#;
        let bytes = stored(text).unwrap();
        assert_eq!(bytes[0], 1);
        let cells = u16::from_be_bytes([bytes[1], bytes[2]]);
        assert!((1..=12).contains(&cells), "{cells}");
        assert_eq!(self::text(&bytes).unwrap(), text.as_bytes());
    }

    #[test]
    fn texts_without_a_geometry_are_refused() {
        for text in [
            "",
            "{}",
            r#"{"type":"Point"}"#,
            r#"{"type":"Point","coordinates":[1]}"#,
            r#"{"type":"Point","coordinates":[1,91]}"#,
            r#"{"type":"Point","coordinates":["1",2]}"#,
            r#"{"type":"Line","coordinates":[1,2]}"#,
            r#"{"type":"Feature","geometry":{"type":"Point"}}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[1,0]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[0,0],[0,1],[0,0]]]}"#,
            r#"{"type":"Point","coordinates":[1,2]} x"#,
            r#"{"type":"AeroCircle","coordinates":[[1,2],3e7]}"#,
        ] {
            assert_eq!(stored(text), Err(ResultCode::GEO_INVALID_GEOJSON), "{text}");
        }
        assert_eq!(from_wire(&[0, 0]), Err(ResultCode::GEO_INVALID_GEOJSON));
        assert_eq!(from_wire(&[0, 0, 1, 7]), Err(ResultCode::GEO_INVALID_GEOJSON));
    }
}
