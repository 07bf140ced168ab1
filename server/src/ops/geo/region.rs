//! Matching of points and regions.

use super::Geometry;
use super::s2::Point;

impl Geometry {
    /// Whether one geometry is a point, and the other a region that contains it.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Point(_), Self::Point(_)) => false,
            (Self::Point(cell), region) | (region, Self::Point(cell)) => region.contains(&cell.center()),
            _ => false,
        }
    }

    fn contains(&self, point: &Point) -> bool {
        match self {
            Self::Point(_) => false,
            Self::Circle(cap) => cap.contains_point(point),
            Self::Polygons(polygons) => polygons.contain(point),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(text: &str) -> Geometry {
        Geometry::parse(text.as_bytes()).expect("a geometry")
    }

    fn point(longitude: f64, latitude: f64) -> Geometry {
        geometry(&format!(r#"{{"type":"Point","coordinates":[{longitude},{latitude}]}}"#))
    }

    #[test]
    fn a_polygon_excludes_its_holes() {
        let shell = "[[0,0],[10,0],[10,10],[0,10],[0,0]]";
        let clockwise = "[[0,0],[0,10],[10,10],[10,0],[0,0]]";
        let hole = "[[4,4],[6,4],[6,6],[4,6],[4,4]]";
        for shell in [shell, clockwise] {
            let whole = geometry(&format!(r#"{{"type":"Polygon","coordinates":[{shell}]}}"#));
            let pierced = geometry(&format!(r#"{{"type":"Polygon","coordinates":[{shell},{hole}]}}"#));
            assert!(whole.matches(&point(5.0, 5.0)));
            assert!(point(5.0, 5.0).matches(&whole));
            assert!(!pierced.matches(&point(5.0, 5.0)));
            assert!(pierced.matches(&point(2.0, 8.0)));
            for outside in [
                point(-1.0, 5.0),
                point(11.0, 5.0),
                point(5.0, -80.0),
                point(-170.0, 0.0),
            ] {
                assert!(!whole.matches(&outside));
                assert!(!pierced.matches(&outside));
            }
        }
    }

    #[test]
    fn a_multi_polygon_contains_the_points_of_each_polygon() {
        let both = geometry(
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,6],[5,5]]]]}"#,
        );
        assert!(both.matches(&point(0.5, 0.5)));
        assert!(both.matches(&point(5.5, 5.5)));
        assert!(!both.matches(&point(3.0, 3.0)));
    }

    #[test]
    fn a_circle_contains_points_within_its_radius() {
        let circle = geometry(r#"{"type":"AeroCircle","coordinates":[[-122.0,37.5],1000]}"#);
        assert!(circle.matches(&point(-122.0, 37.508)));
        assert!(!circle.matches(&point(-122.0, 37.51)));
    }

    #[test]
    fn two_points_or_two_regions_do_not_match() {
        let circle = geometry(r#"{"type":"AeroCircle","coordinates":[[0,0],1000]}"#);
        assert!(!circle.matches(&circle));
        assert!(!point(0.0, 0.0).matches(&point(0.0, 0.0)));
    }
}
