//! The embedded server responds to recorded requests as the real server did.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use spikelet::Server;
use spikelet_conformance::recorded::{self, AREAS, Expected, Response};
use spikelet_conformance::target::{recorded_namespaces, recorded_ttl_namespaces, recorded_udf_directory};
use spikelet_wire::{FrameHeader, FrameType};

/// Defines a test for each area, with its number of cases.
macro_rules! areas {
    ($($area:ident: $cases:literal),* $(,)?) => {
        $(#[test]
        fn $area() {
            let namespaces = match stringify!($area) {
                "ttl" => recorded_ttl_namespaces(),
                "udf" => recorded_udf_directory(),
                _ => recorded_namespaces(),
            };
            assert_area(&namespaces.start().unwrap(), stringify!($area), $cases);
        })*

        #[test]
        fn every_area_is_tested() {
            let mut tested = [$(stringify!($area)),*];
            let mut areas = AREAS.to_vec();
            (tested.sort_unstable(), areas.sort_unstable());
            assert_eq!(tested[..], areas[..]);
        }
    };
}

areas! {
    kv: 1999,
    ttl: 600,
    batch: 800,
    malformed: 600,
    list: 2000,
    map: 1994,
    ctx: 1499,
    bits: 1200,
    hll: 800,
    exp: 2500,
    call: 1500,
    path: 1200,
    scan: 150,
    sindex: 80,
    udf: 400,
    forms: 2000,
    edge: 3,
}

#[track_caller]
fn assert_area(server: &Server, area: &str, cases: usize) {
    let recorded = recorded::area(area).unwrap();
    let report = recorded::replay(server.addr(), &recorded, |_| {});
    assert!(report.is_success(), "{area}: {report}");
    assert_eq!(report.replayed, cases);
}

#[test]
fn requests_that_crashed_the_real_server_get_a_response() {
    let server = recorded_namespaces().start().unwrap();
    let cases = recorded::crashes().unwrap();
    assert_eq!(cases.len(), 8);
    for case in &cases {
        for (step, answer) in recorded::send(server.addr(), case).unwrap().iter().enumerate() {
            assert!(
                matches!(answer, Response::Messages(_)),
                "{}, step {step}: {answer}",
                case.id
            );
        }
    }
    assert_area(&server, "malformed", 600);
}

#[test]
fn a_wrong_response_is_detected() {
    let server = recorded_namespaces().start().unwrap();
    let mut cases = recorded::area("batch").unwrap();
    cases.truncate(10);
    let Some(Expected::Frames(frames)) = cases[3].steps.last_mut().map(|step| &mut step.expected) else {
        panic!("a step without a response");
    };
    *frames[0].last_mut().unwrap() ^= 1;
    let report = recorded::replay(server.addr(), &cases, |_| {});
    assert_eq!((report.replayed, report.mismatches.len()), (10, 1), "{report}");
    assert_eq!(report.mismatches[0].case.id, cases[3].id);
}

/// The info commands build on one another, so that they are sent in their order on one connection.
#[test]
fn info_commands_are_answered_as_recorded() {
    let server = recorded_namespaces().start().unwrap();
    // The real server counts connections whose user agent is unknown once a second.
    server.clock().freeze();
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    let cases = recorded::info().unwrap();
    let mut compared = 0;
    for case in &cases {
        let reply = ask(&mut stream, &case.command);
        if case.is_compared() {
            compared += 1;
            assert!(
                case.agrees(&reply),
                "{:?}\nreal {:?}\nthis {reply:?}",
                case.command,
                case.reply
            );
        }
    }
    assert_eq!((cases.len(), compared), (3000, 2846));
}

fn ask(stream: &mut TcpStream, command: &str) -> String {
    let body = format!("{command}\n");
    let header = FrameHeader::new(FrameType::INFO, body.len()).encode();
    stream.write_all(&[&header[..], body.as_bytes()].concat()).unwrap();
    let mut header = [0; FrameHeader::SIZE];
    stream.read_exact(&mut header).unwrap();
    let mut reply = vec![0; FrameHeader::decode(header).size as usize];
    stream.read_exact(&mut reply).unwrap();
    String::from_utf8_lossy(&reply).into_owned()
}
