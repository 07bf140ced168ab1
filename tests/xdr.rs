//! Filters of cross-datacenter replication (XDR), and what a client sees of the Enterprise Edition.

use spikelet::{Edition, Server};
use spikelet_client::Client;

async fn start() -> (Server, Client) {
    let server = Server::builder().edition(Edition::Enterprise).nodes(2).start().unwrap();
    let client = Client::connect(server.hosts()).await.unwrap();
    (server, client)
}

/// The reply to an info command, or its error.
async fn ask(client: &Client, command: &str) -> String {
    let asked = client.info(command).await;
    asked.unwrap_or_else(|error| error.to_string())
}

#[tokio::test]
async fn filters_are_set_shown_and_removed() {
    let (server, client) = start().await;
    assert_eq!(
        ask(&client, "get-config:context=xdr").await,
        "dcs=;src-id=0;trace-sample=0"
    );
    for change in [
        "dc=DC1;action=create",
        "dc=DC1;namespace=test;action=add",
        "dc=DC1;node-address-port=10.0.0.1:3000;action=add",
    ] {
        assert_eq!(ask(&client, &format!("set-config:context=xdr;{change}")).await, "ok");
    }
    assert_eq!(
        ask(&client, "get-config:context=xdr").await,
        "dcs=DC1;src-id=0;trace-sample=0"
    );
    let dc = ask(&client, "get-config:context=xdr;dc=DC1").await;
    assert!(dc.ends_with(";namespaces=test"), "{dc}");
    assert!(dc.contains("node-address-port=10.0.0.1:3000;"), "{dc}");
    let of_namespace = ask(&client, "get-config:context=xdr;dc=DC1;namespace=test").await;
    assert!(of_namespace.contains("bin-policy=all;"), "{of_namespace}");

    let get = "xdr-get-filter:dc=DC1";
    assert_eq!(ask(&client, get).await, "namespace=test:exp=null");
    // The filter of the test of the Python client.
    let set = "xdr-set-filter:dc=DC1;namespace=test;exp=kwGTUQKkYmluMQY=";
    assert_eq!(ask(&client, set).await, "ok");
    assert_eq!(ask(&client, get).await, "namespace=test:exp=eq(bin_int(\"bin1\"), 6)");
    let encoded = "namespace=test:exp=kwGTUQKkYmluMQY=";
    assert_eq!(
        ask(&client, "xdr-get-filter:dc=DC1;namespace=test;b64=true").await,
        encoded
    );
    assert_eq!(ask(&client, "smd-show:module=xdr").await, "DC1|test=kwGTUQKkYmluMQY=");
    let snapshot = server.snapshot();
    assert_eq!(
        ask(&client, "xdr-set-filter:dc=DC1;namespace=test;exp=null").await,
        "ok"
    );
    assert_eq!(ask(&client, get).await, "namespace=test:exp=null");
    server.restore(&snapshot).unwrap();
    assert_eq!(ask(&client, "xdr-get-filter:dc=DC1;b64=true").await, encoded);
    assert_eq!(
        ask(&client, "set-config:context=xdr;dc=DC1;namespace=test;action=remove").await,
        "ok"
    );
    assert_eq!(ask(&client, get).await, "");
    assert_eq!(ask(&client, "set-config:context=xdr;dc=DC1;action=delete").await, "ok");
    assert_eq!(
        ask(&client, "get-config:context=xdr").await,
        "dcs=;src-id=0;trace-sample=0"
    );
}

#[tokio::test]
async fn bad_filters_are_refused() {
    let (_server, client) = start().await;
    for change in ["dc=DC1;action=create", "dc=DC1;namespace=test;action=add"] {
        assert_eq!(ask(&client, &format!("set-config:context=xdr;{change}")).await, "ok");
    }
    // The expression `int_bin("a")`: an integer is no filter.
    let number = "k1ECoWE=";
    for (command, error) in [
        ("xdr-set-filter:dc=DC2;namespace=test;exp=null", "no such datacenter"),
        ("xdr-set-filter:dc=DC1;namespace=other;exp=null", "namespace not found"),
        ("xdr-set-filter:dc=DC1;namespace=test", "missing 'exp'"),
        ("xdr-set-filter:dc=DC1;namespace=test;exp=???", "bad 'exp'"),
        ("xdr-set-filter:dc=DC1;namespace=test;exp=AAAA", "bad 'exp'"),
        (
            &format!("xdr-set-filter:dc=DC1;namespace=test;exp={number}"),
            "bad 'exp'",
        ),
        ("xdr-get-filter:dc=DC2", "no such datacenter"),
        ("xdr-get-filter:dc=DC1;b64=maybe", "bad 'b64'"),
        ("set-config:context=xdr;dc=DC1;action=create", "bad 'dc'"),
        ("set-config:context=xdr;dc=a,b;action=create", "bad 'dc'"),
        ("set-config:context=xdr;dc=DC1;period-ms=5", "missing 'action'"),
        ("get-config:context=xdr;dc=", "missing 'dc' value"),
    ] {
        let answer = ask(&client, command).await;
        assert!(answer.contains(error), "{command}: {answer}");
    }
}

#[tokio::test]
async fn a_client_sees_the_edition() {
    let (_server, client) = start().await;
    let edition = "Aerospike Enterprise Edition";
    assert_eq!(ask(&client, "edition").await, edition);
    assert_eq!(ask(&client, "version").await, format!("{edition} build 8.1.2.0"));
    assert!(
        ask(&client, "release")
            .await
            .starts_with(&format!("edition={edition};"))
    );
    assert_eq!(ask(&client, "status").await, "ok");
    assert!(!ask(&client, "build_ee_sha").await.is_empty());
    let features = ask(&client, "feature-key").await;
    assert!(features.contains(";asdb-compression=true;"), "{features}");
    let community = Server::start().unwrap();
    let client = Client::connect(community.hosts()).await.unwrap();
    for command in ["feature-key", "masking-show", "xdr-get-filter:dc=DC1"] {
        assert!(ask(&client, command).await.contains("enterprise only"));
    }
    assert_eq!(ask(&client, "get-config:context=xdr").await, "");
}
