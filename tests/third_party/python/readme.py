#!/usr/bin/env python3
"""Run the Python of the README, as it stands there. It connects to 127.0.0.1:3000, so that is where the server must be."""

import pathlib
import re
import sys
import warnings

README = pathlib.Path(__file__).parents[3] / "README.md"


def main():
    if sys.argv[1:] not in ([], ["127.0.0.1:3000"]):
        sys.exit(f"the README connects to 127.0.0.1:3000, not to {sys.argv[1]}")
    warnings.simplefilter("ignore", DeprecationWarning)
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.M | re.S)
    if not blocks:
        sys.exit("the README has no block of Python")
    names = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
    client, key = names["client"], ("test", "demo", "user1")
    _, meta, bins = client.get(key)
    assert bins == {"name": "Alice", "age": 30} and 290 <= meta["ttl"] <= 300, (bins, meta)
    client.close()
    print(f"README: {len(blocks)} block(s) of Python run as they stand")


if __name__ == "__main__":
    main()
