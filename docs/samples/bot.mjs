// A bot that answers `!up TEXT` with TEXT in capitals: node bot.mjs HOST PORT ROOM NAME. Node 20 and nothing else.
// It comes back by itself when the connection ends, reads what was said meanwhile, and says nothing twice.
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { randomBytes } from "node:crypto";

const [host, port, room, nick] = process.argv.slice(2);
const client = process.env.BOT_CLIENT ?? randomBytes(24).toString("base64url"); // who we are; a secret
const outbox = new Map(); // what we want to say and have not heard yet, by its cid
let since = null, epoch = null; // the last message we know, and the history that its number belongs to
let began = false; // what was said before we first came is not for us
let tries = 0;

function talk() {
    // A random time, so that not all come back at once, and a longer one each time, so that an ill server is left alone.
    let wait = Math.random() * Math.min(30_000, 500 * 2 ** tries++);
    let live = false, asked = false, me;
    const socket = connect(port, host);
    const send = (frame) => socket.write(JSON.stringify(frame) + "\n");

    const on = {
        welcome(f) {
            tries = 0;
            me = f.by;
            if (epoch !== null && epoch !== f.epoch) since = 0; // the history began anew: all of it is news
            epoch = f.epoch;
        },
        gap(f) { since = f.to; },
        said(f) {
            since = Math.max(since ?? 0, f.seq);
            if (f.by === me) outbox.delete(f.cid);
            else if (began && f.text.startsWith("!up ")) {
                // By the question's number: should we answer it once more, the server knows that answer already.
                const cid = `${epoch}-${f.seq}`;
                outbox.set(cid, { t: "say", cid, text: f.text.slice(4).toUpperCase() });
                if (live) send(outbox.get(cid));
            }
        },
        live(f) { // resume before resend: what is still in the outbox now has not been said
            live = began = true;
            since = Math.max(since ?? 0, f.head);
            outbox.forEach(send);
        },
        refused(f) { // worth a retry: it stays in the outbox for the next connection
            if (outbox.has(f.cid)) f.retry_ms ? socket.destroy() : outbox.delete(f.cid);
        },
        bye(f) {
            if (!["restart", "overloaded", "idle"].includes(f.code)) throw new Error(`sent away: ${f.code}`);
            const [least, most] = f.after_ms ?? [0, 500];
            wait = least + Math.random() * (most - least);
        },
    };
    socket.on("connect", () => send({ t: "hello", v: 1, client, room, nick, since, epoch }));
    createInterface({ input: socket }).on("line", (line) => {
        if (asked) socket.setTimeout(25_000);
        asked = false;
        // What is no frame is for people: `* restarting` from a server that is on its way out and lets nobody in.
        const frame = line.startsWith("{") ? JSON.parse(line) : {};
        on[frame.t]?.(frame); // a frame that we don't know is no fault
    });
    socket.setTimeout(25_000).on("timeout", () => { // is anybody there?
        if (asked) return socket.destroy();
        asked = true;
        send({ t: "ping" });
        socket.setTimeout(10_000);
    });
    socket.on("error", (fault) => console.error(`${nick}: ${fault.message}`));
    socket.on("close", () => setTimeout(talk, wait));
}

talk();
