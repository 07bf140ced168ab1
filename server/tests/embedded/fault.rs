//! Faults, armed through the info protocol.

use spikelet::{Command, Server};

use crate::support::InfoClient;

fn start() -> (Server, InfoClient) {
    let server = Server::builder().controls(true).start().unwrap();
    let info = InfoClient::to(&server);
    (server, info)
}

#[test]
fn faults_are_armed_listed_and_removed_by_info_commands() {
    let (server, mut info) = start();
    let narrow = "command=write;namespace=test;set=demo;key=user1;node=A1;nth=2;times=3";
    assert_eq!(info.command(&format!("spikelet/fault/add:{narrow};result=18")), "id=1");
    let second = "int-key=7;probability=0.5;seed=9;reaction=truncate;bytes=4";
    assert_eq!(info.command(&format!("spikelet/fault/add:{second}")), "id=2");
    assert_eq!(
        info.command("spikelet/fault/add:command=info;times=1;delay-ms=1"),
        "id=3"
    );
    assert_eq!(info.command("node"), "A1");
    assert_eq!(
        info.command("spikelet/fault/list"),
        "id=1:command=write:namespace=test:set=demo:key=user1:node=A1:nth=2:times=3:result=18:matched=0:fired=0;\
         id=2:command=any:int-key=7:probability=0.5:seed=9:reaction=truncate:bytes=4:matched=0:fired=0;\
         id=3:command=info:times=1:delay-ms=1:matched=1:fired=1"
    );
    assert_eq!(info.command("spikelet/fault/remove:id=2"), "ok");
    assert_eq!(
        info.command("spikelet/fault/remove:id=2"),
        "ERROR:4:there is no fault 2"
    );
    assert_eq!(
        server
            .faults()
            .list()
            .iter()
            .map(|fault| fault.id())
            .collect::<Vec<_>>(),
        [1, 3]
    );
    assert_eq!(info.command("spikelet/fault/clear"), "ok");
    assert_eq!(info.command("spikelet/fault/list"), "");
}

#[test]
fn every_reaction_has_a_name() {
    let (_server, mut info) = start();
    for reaction in [
        "result=14",
        "delay-ms=5",
        "reaction=ignore",
        "reaction=cut-before",
        "reaction=cut-after",
        "reaction=silence-after",
        "reaction=truncate;bytes=3",
        "reaction=stall;bytes=3",
        "reaction=refuse-connections",
    ] {
        let id = info.command(&format!("spikelet/fault/add:command=delete;{reaction}"));
        let list = info.command("spikelet/fault/list");
        let shown = format!("{id}:command=delete:{}:matched=0:fired=0", reaction.replace(';', ":"));
        assert!(list.ends_with(&shown), "{list}");
    }
    for (name, shown) in [
        ("device-overload", "result=18"),
        ("key-busy", "result=14"),
        ("corrupt", "seed=0:reaction=corrupt"),
    ] {
        info.command(&format!("spikelet/fault/add:command=delete;reaction={name}"));
        assert!(info.command("spikelet/fault/list").contains(shown));
    }
}

#[test]
fn a_result_code_can_be_given_by_its_name() {
    let (_server, mut info) = start();
    for (name, code) in [
        ("device-overload", 18),
        ("DEVICE_OVERLOAD", 18),
        ("key-busy", 14),
        ("ok", 0),
    ] {
        let id = info.command(&format!("spikelet/fault/add:command=delete;result={name}"));
        let list = info.command("spikelet/fault/list");
        let shown = format!("{id}:command=delete:result={code}:");
        assert!(list.contains(&shown), "{list}");
    }
    assert_eq!(info.command("spikelet/journal/start:capacity=10"), "ok");
    assert_eq!(info.command("spikelet/journal/count:result=not-found"), "0");
}

#[test]
fn fault_controls_report_errors() {
    let (_server, mut info) = start();
    let needed = "exactly one of 'result', 'delay-ms' and 'reaction' is required";
    for (parameters, error) in [
        ("command=write", needed),
        ("result=18;delay-ms=5", needed),
        (
            "result=300",
            "bad result '300', expected a result code such as 18 or device-overload",
        ),
        (
            "result=overload",
            "bad result 'overload', expected a result code such as 18 or device-overload",
        ),
        (
            "command=put;result=1",
            "bad command 'put', expected one of any, everything, read, exists, write, operate, delete, touch, udf, \
             monitor, verify, roll-forward, roll-back, batch, query, info, security, connect",
        ),
        (
            "result=1;probability=2",
            "bad probability '2', expected a number from 0 to 1",
        ),
        (
            "result=1;node=Z",
            "bad node 'Z', expected the id of a node in hexadecimal, such as B2",
        ),
        (
            "result=1;key=a;int-key=1",
            "only one of 'key', 'int-key', 'blob-key' and 'digest' can be given",
        ),
        ("reaction=stall", "missing 'bytes'"),
        (
            "reaction=stop",
            "bad reaction 'stop', expected one of ignore, cut-before, cut-after, silence-after, corrupt, refuse-connections, \
             device-overload, key-busy, truncate, stall",
        ),
    ] {
        let answer = info.command(&format!("spikelet/fault/add:{parameters}"));
        assert_eq!(answer, format!("ERROR:4:{error}"));
    }
    assert_eq!(info.command("spikelet/fault/list"), "");
}

#[test]
fn faults_affect_info_commands_but_not_controls() {
    let (server, mut info) = start();
    let refused = server
        .faults()
        .on(Command::Info)
        .answer(spikelet::ResultCode::FORBIDDEN);
    assert_eq!(info.command("node"), "ERROR:22:fault");
    assert_eq!(info.command("spikelet/fault/clear"), "ok");
    assert_eq!((info.command("node").as_str(), refused.fired()), ("A1", 1));
}
