#!/usr/bin/env python3
"""Administers users and roles with the official client for Python, from PyPI, and logs in as them: security.py HOST:PORT

The server must have been started with --controls, --edition enterprise, --enable-quotas and the user superuser, whose password is
its name, with the roles user-admin, sys-admin, data-admin and read-write-udf."""

import sys

import aerospike
from aerospike import exception as ex

NAMESPACE, SET = "test", "third-party-security"
INVALID_USER, USER_EXISTS, INVALID_PASSWORD, INVALID_CREDENTIAL = 60, 61, 62, 65
INVALID_ROLE, ROLE_EXISTS, INVALID_PRIVILEGE, INVALID_WHITELIST = 70, 71, 72, 73
ROLE_VIOLATION, NOT_WHITELISTED, QUOTA_EXCEEDED = 81, 82, 83

host, port = sys.argv[1].rsplit(":", 1)
key = (NAMESPACE, SET, 1)


def connect(user, password):
    return aerospike.client({"hosts": [(host, int(port))], "user": user, "password": password}).connect()


def refused(code, function, *arguments, **options):
    try:
        function(*arguments, **options)
    except ex.AerospikeError as error:
        assert error.code == code, f"{function.__name__}: {error.code} instead of {code}: {error}"
    else:
        raise AssertionError(f"{function.__name__}: no error instead of {code}")


def info(client, command):
    [(error, answer)] = client.info_all(command).values()
    assert error is None, error
    return answer.strip().rsplit("\t", 1)[-1]


def privilege(code, namespace="", set_name=""):
    return {"code": code, "ns": namespace, "set": set_name}


def users_are_created_changed_and_dropped(admin):
    admin.admin_create_user("alice", "first", ["read"])
    refused(USER_EXISTS, admin.admin_create_user, "alice", "first", ["read"])
    refused(INVALID_ROLE, admin.admin_create_user, "bob", "first", ["no-such-role"])
    assert admin.admin_query_user_info("alice")["roles"] == ["read"]
    refused(INVALID_USER, admin.admin_query_user_info, "nobody")

    alice = connect("alice", "first")
    admin.put(key, {"n": 1})
    assert alice.get(key)[2] == {"n": 1}
    refused(ROLE_VIOLATION, alice.put, key, {"n": 2})
    refused(ROLE_VIOLATION, alice.admin_create_user, "bob", "first", ["read"])
    admin.admin_grant_roles("alice", ["write"])
    alice.put(key, {"n": 2})
    assert admin.admin_query_user_info("alice")["roles"] == ["read", "write"]
    admin.admin_revoke_roles("alice", ["read"])
    refused(ROLE_VIOLATION, alice.get, key)
    refused(INVALID_ROLE, admin.admin_grant_roles, "alice", ["no-such-role"])

    assert set(admin.admin_query_users_info()) >= {"admin", "superuser", "alice"}
    admin.admin_set_password("alice", "second")
    refused(INVALID_CREDENTIAL, connect, "alice", "first")
    connect("alice", "second").close()
    alice.close()
    admin.admin_drop_user("alice")
    refused(INVALID_USER, admin.admin_drop_user, "alice")
    refused(INVALID_USER, connect, "alice", "second")


def roles_have_privileges(admin):
    admin.admin_create_role("orders", [privilege(aerospike.PRIV_READ, NAMESPACE, SET)])
    refused(ROLE_EXISTS, admin.admin_create_role, "orders", [privilege(aerospike.PRIV_READ)])
    admin.admin_create_user("app", "secret", ["orders"])
    app = connect("app", "secret")
    app.get(key)
    refused(ROLE_VIOLATION, app.get, (NAMESPACE, "another", 1))
    refused(ROLE_VIOLATION, app.put, key, {"n": 3})
    admin.admin_grant_privileges("orders", [privilege(aerospike.PRIV_READ_WRITE, NAMESPACE)])
    app.put((NAMESPACE, "another", 1), {"n": 3})
    assert len(admin.admin_get_role("orders")["privileges"]) == 2
    admin.admin_revoke_privileges("orders", [privilege(aerospike.PRIV_READ_WRITE, NAMESPACE)])
    refused(ROLE_VIOLATION, app.put, key, {"n": 3})
    batch = app.batch_read([key, (NAMESPACE, "another", 1)])
    assert [record.result for record in batch.batch_records] == [0, ROLE_VIOLATION]
    assert "read-write-udf" in admin.admin_get_roles()
    refused(INVALID_ROLE, admin.admin_get_role, "no-such-role")

    admin.admin_drop_role("orders")
    assert admin.admin_query_user_info("app")["roles"] == []
    refused(ROLE_VIOLATION, app.get, key)
    app.close()
    admin.admin_drop_user("app")


def whitelists_are_checked_at_the_login(admin):
    admin.admin_create_role("far", [privilege(aerospike.PRIV_READ)], whitelist=["10.1.2.0/24"])
    admin.admin_create_user("app", "secret", ["far"])
    refused(NOT_WHITELISTED, connect, "app", "secret")
    refused(INVALID_WHITELIST, admin.admin_set_whitelist, "far", ["nonsense"])
    admin.admin_set_whitelist("far", ["127.0.0.1", "10.1.2.0/24"])
    connect("app", "secret").close()
    assert sorted(admin.admin_get_role("far")["whitelist"]) == ["10.1.2.0/24", "127.0.0.1"]
    admin.admin_set_whitelist("far", None)
    assert admin.admin_get_role("far")["whitelist"] == []
    admin.admin_drop_user("app")
    admin.admin_drop_role("far")


def quotas_limit_a_user(admin):
    admin.admin_create_role("slow", [privilege(aerospike.PRIV_READ_WRITE)], read_quota=5, write_quota=1000)
    admin.admin_create_user("app", "secret", ["slow"])
    app = connect("app", "secret")
    info(admin, "spikelet/clock/freeze")
    for _ in range(5):
        app.get(key)
    refused(QUOTA_EXCEEDED, app.get, key)
    app.put(key, {"n": 4})
    info(admin, "spikelet/clock/advance:ms=1000")
    app.get(key)
    info(admin, "spikelet/clock/reset")
    user = admin.admin_query_user_info("app")
    assert (user["read_info"][0], user["write_info"][0]) == (5, 1000), user
    assert user["conns_in_use"] >= 1, user
    admin.admin_set_quotas("slow", read_quota=100)
    role = admin.admin_get_role("slow")
    assert (role["read_quota"], role["write_quota"]) == (100, 1000), role
    app.close()
    admin.admin_drop_user("app")
    admin.admin_drop_role("slow")


def sessions_end(admin):
    admin.admin_create_user("app", "secret", ["read-write"])
    app = connect("app", "secret")
    app.put(key, {"n": 5})
    info(admin, "spikelet/security/expire-sessions")
    # Open connections stay.
    assert app.get(key)[2] == {"n": 5}
    assert "app" in info(admin, "spikelet/security/users")
    app.close()
    connect("app", "secret").close()
    admin.admin_drop_user("app")


admin = connect("superuser", "superuser")
refused(INVALID_CREDENTIAL, connect, "superuser", "wrong")
for check in (
    users_are_created_changed_and_dropped,
    roles_have_privileges,
    whitelists_are_checked_at_the_login,
    quotas_limit_a_user,
    sessions_end,
):
    check(admin)
    print("ok  ", check.__name__.replace("_", " "))
admin.close()
