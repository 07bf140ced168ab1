#!/usr/bin/env python3
"""Run the code of the write guide, as it stands on the page, through aerospike-py.

The page connects to 127.0.0.1:3000, so that is where the server must be. The statements of its blocks run one by one, so
that one which raises does not keep the others from running, and exactly the expected ones may raise.

The page leaves three things to its reader, which this script supplies: the names `keys` and `Record`, for the async
blocks a connected client, and the record that each section starts with.
"""

import ast
import asyncio
import os
import pathlib
import re
import sys

import aerospike_py
from aerospike_py import exception

PAGE = pathlib.Path(__file__).parent.parent / "write-guide.md"
KEY = ("test", "demo", "user1")
KEYS = [("test", "demo", f"batch{i}") for i in range(3)]
RECORD = {"name": "Alice", "age": 30, "val": 1}

# The statements that raise on the real server: their source, and what they raise.
RAISES = {
    "POLICY_EXISTS_CREATE_ONLY": exception.RecordExistsError,
    "meta={'gen': 5}": exception.RecordNotFound,
    "client.remove_bin(": exception.RecordNotFound,
}


def blocks(page):
    """The code blocks of the page: section, whether async, code."""
    section, flavour = None, "sync"
    for match in re.finditer(r"^## ([^\n]+)$|<TabItem value=\"(\w+)\"|</TabItem>|^```python\n(.*?)^```$", page, re.M | re.S):
        title, tab, code = match.groups()
        if title:
            section = title
        elif code:
            yield section, flavour == "async", code
        else:
            flavour = tab or "sync"


def expected(source):
    return next((error for text, error in RAISES.items() if text in source), None)


class Run:
    """Statements, what became of each, and how many of them failed to do as expected."""

    def __init__(self, name):
        self.name, self.statements, self.raised, self.wrong = name, 0, 0, 0

    def tell(self, source, error):
        self.statements += 1
        self.raised += error is not None
        want = expected(source)
        right = type(error) is want if want else error is None
        outcome = f"{type(error).__name__}: {error}" if error else "ok"
        print(f"  {'ok  ' if right else 'FAIL'} {source.splitlines()[0][:90]} -> {outcome[:120]}")
        if not right:
            self.wrong += 1
            print(f"       expected {want.__name__ if want else 'no error'}")

    def end(self):
        print(f"{self.name}: {self.statements} statements, {self.raised} raised, {self.wrong} not as expected")
        # A page that was not found, or whose blocks were not recognized, must not pass.
        return self.wrong == 0 and self.statements >= 9 and self.raised >= 2


async def run(flavour, names, restore):
    is_async, result, section = flavour == "async", Run(flavour), None
    for title, block_is_async, code in blocks(PAGE.read_text()):
        if block_is_async != is_async:
            continue
        if title != section:
            section = title
            print(f"{flavour}: {section}")
            if "client" in names:
                await restore(names)
        for statement in ast.parse(code).body:
            module = ast.Module([statement], [])
            compiled = compile(module, str(PAGE), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            error = None
            try:
                waiting = eval(compiled, names)
                if waiting is not None:
                    await waiting
            except Exception as raised:
                error = raised
            result.tell(ast.unparse(statement), error)
    return result.end()


async def restore_sync(names):
    names["client"].put(KEY, RECORD)


async def restore_async(names):
    await names["client"].put(KEY, RECORD)


async def main():
    if sys.argv[1:] not in ([], ["127.0.0.1:3000"]):
        sys.exit(f"the page connects to 127.0.0.1:3000, not to {sys.argv[1]}")
    supplied = {"keys": KEYS, "Record": aerospike_py.Record}
    sync_names = dict(supplied)
    good = await run("sync", sync_names, restore_sync)
    # The page catches the error of its optimistic lock, so that the write itself has to be looked at.
    written = sync_names["client"].get(KEY).bins["val"]
    if written != RECORD["val"] + 1:
        print(f"FAIL the optimistic lock left val={written}")
        good = False
    sync_names["client"].close()

    client = aerospike_py.AsyncClient({"hosts": [("127.0.0.1", 3000)]})
    await client.connect()
    # What the async blocks take over from the sync ones beside them.
    taken = {"aerospike": aerospike_py, "client": client, "key": KEY, "ops": sync_names["ops"]}
    good &= await run("async", {**supplied, **taken}, restore_async)
    await client.close()
    return good


if __name__ == "__main__":
    is_as_expected = asyncio.run(main())
    if not is_as_expected:
        sys.exit("the write guide does not behave as on the real server")
    # Threads of the client outlive its `close`, and once in a while abort an interpreter that ends in the usual way.
    sys.stdout.flush()
    os._exit(0)
