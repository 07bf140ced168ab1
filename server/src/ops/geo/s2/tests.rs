//! Compares with the crate `s2`, bit for bit.

use std::f64::consts::PI;

use proptest::prelude::*;

use super::{Cap, Cell, CellId, Coverer, Crossing, EdgeCrosser, Point, Region, angle_contains_vertex};

const COVERERS: [(u32, u32, usize); 4] = [(1, 30, 12), (1, 20, 12), (0, 30, 4), (3, 9, 50)];

fn theirs(point: &Point) -> ::s2::point::Point {
    ::s2::point::Point(::s2::r3::vector::Vector::new(point.x, point.y, point.z))
}

fn bits(point: &Point) -> [u64; 3] {
    // Neither tells zeros of two signs apart.
    [point.x, point.y, point.z].map(|of| (of + 0.0).to_bits())
}

fn bits_of_theirs(point: &::s2::point::Point) -> [u64; 3] {
    bits(&Point::new(point.0.x, point.0.y, point.0.z))
}

/// Degrees: any, and those at which cells, faces and lines meet.
fn degrees(limit: f64) -> impl Strategy<Value = f64> {
    prop_oneof![
        -limit..=limit,
        -1e-6..1e-6,
        prop::sample::select(vec![
            0.0, -0.0, 1e-80, 30.0, -30.0, 45.0, -45.0, 60.0, 90.0, -90.0, limit, -limit
        ]),
        (-4..=4).prop_map(move |n| f64::from(n) * limit / 4.0),
        (-3..=3).prop_map(f64::from),
    ]
}

fn place() -> impl Strategy<Value = (f64, f64)> {
    (degrees(90.0), degrees(180.0))
}

fn point() -> impl Strategy<Value = Point> {
    let of_degrees = place().prop_map(|(latitude, longitude)| Point::from_degrees(latitude, longitude).unwrap());
    prop_oneof![4 => of_degrees, 1 => cell_id().prop_map(CellId::center)]
}

fn cell_id() -> impl Strategy<Value = CellId> {
    (place(), 0u32..=30).prop_map(|((latitude, longitude), level)| {
        CellId::from_point(&Point::from_degrees(latitude, longitude).unwrap()).parent(level)
    })
}

/// Points among which some are the same, opposite, near, or on one line.
fn points(n: usize) -> impl Strategy<Value = Vec<Point>> {
    let change = prop_oneof![
        3 => Just(None),
        4 => (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4).prop_map(Some),
    ];
    prop::collection::vec((point(), change), n).prop_map(|drawn| {
        let mut points: Vec<Point> = Vec::new();
        for (point, change) in drawn {
            points.push(match change {
                Some((a, b, how)) if !points.is_empty() => {
                    let (a, b) = (points[a.index(points.len())], points[b.index(points.len())]);
                    match how {
                        0 => a,
                        1 => -a,
                        2 => (a + b * 0.7).normalize(),
                        _ => (a + point * 1e-15).normalize(),
                    }
                }
                _ => point,
            });
        }
        points
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn places_have_the_same_points_and_cells((latitude, longitude) in place()) {
        let point = Point::from_degrees(latitude, longitude).unwrap();
        let of_theirs = ::s2::point::Point::from(::s2::latlng::LatLng::from_degrees(latitude, longitude));
        prop_assert_eq!(bits(&point), bits_of_theirs(&of_theirs));
        let leaf = CellId::from_point(&point);
        prop_assert_eq!(leaf.0, ::s2::cellid::CellID::from(&of_theirs).0);
        prop_assert_eq!(leaf.level(), 30);
    }

    #[test]
    fn cells_have_the_same_bounds(id in cell_id(), near in point()) {
        let their_id = ::s2::cellid::CellID(id.0);
        let (cell, their_cell) = (Cell::new(id), ::s2::cell::Cell::from(their_id));
        prop_assert_eq!(bits(&cell.center()), bits_of_theirs(&their_cell.center()));
        prop_assert_eq!(cell.vertices().map(|of| bits(&of)), their_cell.vertices().map(|of| bits_of_theirs(&of)));
        prop_assert_eq!(cell.edges().map(|of| bits(&of)), [0, 1, 2, 3].map(|k| bits_of_theirs(&their_cell.edge(k))));
        let looked_at = [cell.vertices().to_vec(), vec![near, cell.center(), (cell.center() + near * 1e-9).normalize()]];
        for point in looked_at.iter().flatten() {
            prop_assert_eq!(cell.contains_point(point), their_cell.contains_point(&theirs(point)));
        }
        prop_assert_eq!((id.range_min().0, id.range_max().0), (their_id.range_min().0, their_id.range_max().0));
        prop_assert_eq!(u64::from(id.level()), their_id.level());
        if id.level() < 30 {
            prop_assert_eq!(id.children().map(|of| of.0), their_id.children().map(|of| of.0));
        }
    }

    #[test]
    fn cells_have_the_same_neighbors(id in cell_id()) {
        for level in 0..id.level() {
            let their_neighbors = ::s2::cellid::CellID(id.0).vertex_neighbors(u64::from(level));
            let neighbors = id.vertex_neighbors(level);
            prop_assert_eq!(
                neighbors.iter().map(|of| of.0).collect::<Vec<_>>(),
                their_neighbors.iter().map(|of| of.0).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn edges_cross_alike(points in points(7)) {
        let [a, b, chain @ ..] = points.as_slice() else { unreachable!() };
        let their_crosser = || ::s2::edge_crossings::EdgeCrosser::new_with_c(&theirs(a), &theirs(b), &theirs(&chain[0]));
        let (mut crosser, mut of_theirs) = (EdgeCrosser::new(a, b, &chain[0]), their_crosser());
        for d in &chain[1..] {
            let expected = match of_theirs.chain_crossing_sign(&theirs(d)) {
                ::s2::edge_crossings::Crossing::DoNotCross => Crossing::Apart,
                ::s2::edge_crossings::Crossing::MaybeCross => Crossing::AtEnd,
                ::s2::edge_crossings::Crossing::Cross => Crossing::Inside,
            };
            prop_assert_eq!(crosser.crossing(d), expected);
        }
        let (mut crosser, mut of_theirs) = (EdgeCrosser::new(a, b, &chain[0]), their_crosser());
        for d in &chain[1..] {
            prop_assert_eq!(crosser.crosses(d), of_theirs.chain_edge_or_vertex_crossing(&theirs(d)));
        }
        prop_assert_eq!(
            angle_contains_vertex(a, b, &chain[0]),
            ::s2::edge_crossings::angle_contains_vertex(&theirs(a), &theirs(b), &theirs(&chain[0]))
        );
        prop_assert_eq!(a.angle(b).to_bits(), theirs(a).0.angle(&theirs(b).0).rad().to_bits());
    }
}

/// A region of ours, for their coverer.
struct Ours<R>(R);

impl<R: Region> ::s2::region::Region for Ours<R> {
    fn cap_bound(&self) -> ::s2::cap::Cap {
        let (center, radius) = self.0.cap_bound().parts();
        ::s2::cap::Cap::from_center_chordangle(&theirs(&center), &::s2::s1::ChordAngle(radius))
    }

    fn contains_cell(&self, cell: &::s2::cell::Cell) -> bool {
        self.0.contains_cell(&Cell::new(CellId(cell.id.0)))
    }

    fn intersects_cell(&self, cell: &::s2::cell::Cell) -> bool {
        self.0.intersects_cell(&Cell::new(CellId(cell.id.0)))
    }
}

fn their_covering(
    (min_level, max_level, max_cells): (u32, u32, usize),
    region: &(impl ::s2::region::Region + 'static),
) -> Vec<u64> {
    let coverer = ::s2::region::RegionCoverer {
        min_level: min_level as u8,
        max_level: max_level as u8,
        level_mod: 1,
        max_cells,
    };
    coverer.covering(region).0.iter().map(|cell| cell.0).collect()
}

fn our_covering((min_level, max_level, max_cells): (u32, u32, usize), region: &impl Region) -> Vec<u64> {
    let coverer = Coverer {
        min_level,
        max_level,
        max_cells,
    };
    coverer.covering(region).iter().map(|cell| cell.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn caps_are_covered_alike(
        center in point(),
        angle in prop_oneof![
            (-12.0..0.6f64).prop_map(|exponent| 10f64.powf(exponent)),
            prop::sample::select(vec![-1.0, 0.0, PI / 4.0, PI / 2.0, PI, 4.0]),
        ],
        other in point(),
    ) {
        let cap = Cap::new(center, angle);
        let their_angle = ::s2::s1::Angle::from(::s2::s1::Rad(angle));
        let their_cap = ::s2::cap::Cap::from_center_angle(&theirs(&center), &their_angle);
        prop_assert_eq!(cap.contains_point(&other), their_cap.contains_point(&theirs(&other)));
        for coverer in COVERERS {
            prop_assert_eq!(our_covering(coverer, &cap), their_covering(coverer, &their_cap));
        }
    }

    #[test]
    fn other_regions_are_covered_alike(
        corners in prop::collection::vec(place(), 3..8),
        scale in prop::sample::select(vec![1.0, 0.1, 1e-3, 1e-7]),
    ) {
        let corners = corners.iter().map(|(latitude, longitude)| {
            let place = [longitude, latitude].map(|degrees| 10.0 * (1.0 - scale) + degrees * scale);
            format!("[{:?},{:?}]", place[0].clamp(-180.0, 180.0), place[1].clamp(-90.0, 90.0))
        });
        let corners = corners.collect::<Vec<_>>();
        let text = format!(r#"{{"type":"Polygon","coordinates":[[{},{}]]}}"#, corners.join(","), corners[0]);
        if let Some(crate::ops::geo::Geometry::Polygons(polygons)) = crate::ops::geo::Geometry::parse(text.as_bytes()) {
            for coverer in COVERERS {
                let expected = their_covering(coverer, &Ours(polygons.clone()));
                prop_assert_eq!(our_covering(coverer, &polygons), expected);
            }
        }
    }
}
