#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# test_node.py STATION PEERS FOLDER: the clients of node/peers.js, in every word order. What package-lock.json pins is
# installed by npm into FOLDER, once; skipped with a word where there is no node or npm, or nothing to install from.
import os
import shutil
import subprocess
import sys

STATION, PEERS, FOLDER = sys.argv[1:4]
SKIPPED = 77


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def install():
    lock = open(os.path.join(PEERS, "package-lock.json")).read()
    done = os.path.join(FOLDER, "installed")
    if os.path.exists(done) and open(done).read() == lock:
        return
    os.makedirs(FOLDER, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(PEERS, name), FOLDER)
    try:
        p = subprocess.run(["npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], cwd=FOLDER,
                           capture_output=True, text=True, timeout=90)
    except subprocess.TimeoutExpired:
        skip("npm does not come to an end")
    if p.returncode != 0:
        skip("npm cannot install the peers: " + (p.stderr.strip().splitlines() or ["it does not say why"])[-1])
    with open(done, "w") as f:
        f.write(lock)


for tool in ("node", "npm"):
    if not shutil.which(tool):
        skip(f"{tool} is not installed")
install()
shutil.copy(os.path.join(PEERS, "peers.js"), FOLDER)
for order in range(4):
    station = subprocess.Popen([STATION, str(order), "40"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = station.stdout.readline().strip()
    p = subprocess.run(["node", "peers.js", port, str(order)], cwd=FOLDER, timeout=60)
    station.stdin.close()
    assert station.wait(20) == 0
    assert p.returncode == 0, f"word order {order}"
