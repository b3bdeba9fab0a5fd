#!/usr/bin/env python3
"""A bot that answers `!up TEXT` with TEXT in capitals: bot.py HOST PORT ROOM NAME. Python 3.8 and nothing else.
It comes back by itself when the connection ends, reads what was said meanwhile, and says nothing twice."""

import json, os, random, secrets, socket, sys, time

HOST, PORT, ROOM, NAME = sys.argv[1:5]
CLIENT = os.environ.get("BOT_CLIENT") or secrets.token_urlsafe(24)  # who we are; a secret
since = epoch = None  # the last message we know, and the history that its number belongs to
began = False  # what was said before we first came is not for us
outbox = {}  # what we want to say and have not heard yet, by its cid
tries = 0

def send(sock, frame):
    sock.sendall(json.dumps(frame).encode() + b"\n")

def frames(sock):
    """All that comes. After a long silence it asks whether anybody is there, and gives up if nobody is."""
    buffer, asked = b"", False
    while True:
        sock.settimeout(10 if asked else 25)
        try:
            data = sock.recv(65536)
        except socket.timeout:
            if asked:
                raise
            asked = True
            send(sock, {"t": "ping"})
            continue
        if not data:
            raise ConnectionError("the server has closed")
        asked = False
        *lines, buffer = (buffer + data).split(b"\n")
        # What is no frame is for people: `* restarting` from a server that is on its way out and lets nobody in.
        yield from (json.loads(line) for line in lines if line.startswith(b"{"))

def talk(sock):
    """One connection, until it ends. Returns how long the server wants us to wait."""
    global since, epoch, began, tries
    send(sock, {"t": "hello", "v": 1, "client": CLIENT, "room": ROOM, "nick": NAME, "since": since, "epoch": epoch})
    live = False
    for f in frames(sock):
        if f["t"] == "welcome":
            me, tries = f["by"], 0
            since = since if epoch in (None, f["epoch"]) else 0  # the history began anew: all of it is news
            epoch = f["epoch"]
        elif f["t"] == "gap":
            since = f["to"]
        elif f["t"] == "said":
            if f["by"] == me:
                outbox.pop(f["cid"], None)
            elif began and f["text"].startswith("!up "):
                # By the question's number: should we answer it once more, the server knows that answer already.
                cid = f"{epoch}-{f['seq']}"
                outbox[cid] = {"t": "say", "cid": cid, "text": f["text"][4:].upper()}
                if live:
                    send(sock, outbox[cid])
            since = max(since or 0, f["seq"])
        elif f["t"] == "live":  # resume before resend: what is still in the outbox now has not been said
            live = began = True
            since = max(since or 0, f["head"])
            for waiting in list(outbox.values()):
                send(sock, waiting)
        elif f["t"] == "refused" and f["cid"] in outbox:
            if f["retry_ms"]:
                raise ConnectionError(f["message"])  # it stays in the outbox for the next connection
            del outbox[f["cid"]]
        elif f["t"] == "bye":
            if f["code"] not in ("restart", "overloaded", "idle"):
                sys.exit(f"sent away: {f['code']}")
            return random.uniform(*f.get("after_ms", (0, 500))) / 1000

while True:
    # A random time, so that not all come back at once, and a longer one each time, so that an ill server is left alone.
    wait, tries = random.uniform(0, min(30, 0.5 * 2**tries)), min(tries + 1, 6)
    try:
        with socket.create_connection((HOST, int(PORT)), timeout=10) as sock:
            wait = talk(sock)
    except OSError as fault:
        print(f"{NAME}: {fault}", file=sys.stderr)
    time.sleep(wait)
