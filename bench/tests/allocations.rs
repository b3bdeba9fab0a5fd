//! A delivery allocates nothing: the server runs in this process, whose allocator counts.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use std::alloc::System;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use clap::Parser;
use commonroom::config::Config;
use commonroom::server::Server;
use commonroom_bench::framing::text_frame;
use commonroom_bench::payload;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::sync::oneshot;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Receivers at first, and how many more there are then.
const FEW: usize = 10;
const MORE: usize = 100;
/// Messages, one after the other: each wakes everybody.
const MESSAGES: u64 = 200;
/// Allocations for one delivery, at most.
const EACH: f64 = 0.05;

#[derive(Clone, Copy)]
enum Way {
    Lines,
    Frames,
}

/// Everybody reads on with this thread and into one buffer: the clients allocate nothing.
struct Room {
    tcp: SocketAddr,
    http: SocketAddr,
    sender: TcpStream,
    sent: u64,
    receivers: Vec<(TcpStream, Way)>,
    buffer: Vec<u8>,
}

impl Room {
    fn read_until(socket: &mut TcpStream, buffer: &mut [u8], mark: &[u8]) {
        let mut length = 0;
        while memchr::memmem::find(&buffer[..length], mark).is_none() {
            let count = socket.read(&mut buffer[length..]).unwrap();
            assert!(count > 0, "the server has ended the connection");
            length += count;
        }
    }

    fn join(&mut self, way: Way) {
        let number = self.receivers.len();
        let mut socket = match way {
            Way::Lines => TcpStream::connect(self.tcp).unwrap(),
            Way::Frames => TcpStream::connect(self.http).unwrap(),
        };
        match way {
            Way::Lines => {
                socket.write_all(b"/ping\n").unwrap();
                Room::read_until(&mut socket, &mut self.buffer, b"pong");
            }
            Way::Frames => {
                let request = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
                socket.write_all(request.as_bytes()).unwrap();
                Room::read_until(&mut socket, &mut self.buffer, b"\r\n\r\n");
                let hello = format!(r#"{{"t":"hello","v":1,"client":"counter-{number}"}}"#);
                socket.write_all(&text_frame(hello.as_bytes())).unwrap();
                Room::read_until(&mut socket, &mut self.buffer, br#""t":"live""#);
            }
        }
        self.receivers.push((socket, way));
    }

    /// One message, until all have it.
    fn say(&mut self) {
        let text = payload::payload(0, self.sent);
        let mut line = [b'\n'; payload::LEN + 1];
        line[..payload::LEN].copy_from_slice(&text);
        self.sender.write_all(&line).unwrap();
        self.sent += 1;
        for (socket, _) in &mut self.receivers {
            Room::read_until(socket, &mut self.buffer, &text);
        }
    }

    /// Allocations for so many messages.
    fn count(&mut self) -> f64 {
        // Presence is told before, and whatever grows has grown.
        (0..50).for_each(|_| self.say());
        let region = Region::new(ALLOCATOR);
        (0..MESSAGES).for_each(|_| self.say());
        f64::from(u32::try_from(region.change().allocations).unwrap())
    }
}

fn each(way: Way) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = ["commonroom", "--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--db", ":memory:"];
    let config = Config::parse_from(options.iter().chain(&["--burst", "0", "--per-second", "0"]));
    let (_stop, stopped) = oneshot::channel::<()>();
    let entered = runtime.enter();
    let server = Server::bind(&config).unwrap();
    let join = server.addresses().join();
    let tcp: SocketAddr = join.tcp[0].parse().unwrap();
    let port = join.http[0].rsplit(':').next().unwrap().parse().unwrap();
    runtime.spawn(server.run(async { drop(stopped.await) }));
    drop(entered);
    let sender = TcpStream::connect(tcp).unwrap();
    let http = SocketAddr::new([127, 0, 0, 1].into(), port);
    let mut room = Room { tcp, http, sender, sent: 0, receivers: Vec::new(), buffer: vec![0; 1 << 20] };
    room.sender.set_nodelay(true).unwrap();
    (0..FEW).for_each(|_| room.join(way));
    let few = room.count();
    assert!(few > 0.0, "a message is kept, so the allocator does not count");
    (0..MORE).for_each(|_| room.join(way));
    let many = room.count();
    let deliveries = f64::from(u32::try_from(MESSAGES).unwrap() * u32::try_from(MORE).unwrap());
    (many - few) / deliveries
}

/// One test, since there is one allocator.
#[test]
fn a_delivery_allocates_nothing() {
    for (way, name) in [(Way::Lines, "line"), (Way::Frames, "frame")] {
        let each = each(way);
        println!("{each:.3} allocations for a {name} delivered");
        assert!(each < EACH, "{each:.3} allocations for a {name} delivered");
    }
}
