//! The limit program: a room that does nothing but write what it has read to everybody else. It parses nothing, keeps
//! nothing and has no names; what it writes is what the sender has made beforehand. No server can do it for less.
//!
//! A connection first says in a line where it belongs, `ROOM lines|frames whole|each`, and is told `ok` and a blank line. `whole`: what one
//! read has brought goes out in one write. `each`: every message goes out in a write of its own.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

use crate::framing::Framing;
use crate::outbox::Outbox;
use crate::poll::Poll;

/// The listener's number.
const LISTENER: usize = usize::MAX;
const BACKLOG: i32 = 4096;
const READ: usize = 64 * 1024;
/// What a connection is told when it has come in.
pub const OK: &[u8] = b"ok\r\n\r\n";

struct Member {
    socket: TcpStream,
    place: Option<Place>,
    /// What has come of a message that is not all there.
    partial: Vec<u8>,
    outbox: Outbox,
}

#[derive(Clone, Copy)]
struct Place {
    room: usize,
    framing: Framing,
    each: bool,
}

struct Limit {
    poll: Poll,
    listener: TcpListener,
    members: Vec<Option<Member>>,
    /// Who is in each room.
    rooms: Vec<Vec<usize>>,
}

/// Serves for ever. The port is the first line on stdout.
///
/// # Errors
/// When it can't listen.
pub fn serve() -> Result<()> {
    let listener = listen()?;
    println!("{}", listener.local_addr()?.port());
    let mut limit = Limit { poll: Poll::new()?, listener, members: Vec::new(), rooms: Vec::new() };
    limit.poll.add(&limit.listener, LISTENER)?;
    let mut scratch = vec![0; READ];
    loop {
        for index in 0..limit.poll.wait(None)? {
            let ready = limit.poll.ready(index);
            if ready.number == LISTENER {
                limit.accept()?;
                continue;
            }
            if ready.write {
                limit.flush(ready.number)?;
            }
            if ready.read {
                limit.read(ready.number, &mut scratch)?;
            }
        }
    }
}

fn listen() -> Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(BACKLOG)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

impl Limit {
    fn accept(&mut self) -> Result<()> {
        while let Ok((socket, _)) = self.listener.accept() {
            socket.set_nonblocking(true)?;
            self.poll.add(&socket, self.members.len())?;
            let member = Member { socket, place: None, partial: Vec::new(), outbox: Outbox::default() };
            self.members.push(Some(member));
        }
        Ok(())
    }

    fn flush(&mut self, number: usize) -> Result<()> {
        let Some(member) = &mut self.members[number] else { return Ok(()) };
        if member.outbox.flush(&mut member.socket).is_err() {
            self.leave(number);
        } else if member.outbox.is_empty() {
            self.poll.want_room(&member.socket, number, false)?;
        }
        Ok(())
    }

    fn read(&mut self, number: usize, scratch: &mut [u8]) -> Result<()> {
        let Some(member) = &mut self.members[number] else { return Ok(()) };
        let count = match member.socket.read(scratch) {
            Ok(count @ 1..) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Ok(0) | Err(_) => {
                self.leave(number);
                return Ok(());
            }
        };
        let Some(place) = member.place else { return self.enter(number, &scratch[..count]) };
        if !member.partial.is_empty() {
            member.partial.extend_from_slice(&scratch[..count]);
            let bytes = std::mem::take(&mut member.partial);
            return self.pass(number, place, &bytes);
        }
        self.pass(number, place, &scratch[..count])
    }

    fn enter(&mut self, number: usize, bytes: &[u8]) -> Result<()> {
        let Some(member) = &mut self.members[number] else { return Ok(()) };
        member.partial.extend_from_slice(bytes);
        let Some(line) = member.partial.strip_suffix(b"\n") else { return Ok(()) };
        let place = place(&String::from_utf8_lossy(line)).context("no room was named")?;
        member.partial = Vec::new();
        member.place = Some(place);
        member.socket.write_all(OK)?;
        if self.rooms.len() <= place.room {
            self.rooms.resize(place.room + 1, Vec::new());
        }
        self.rooms[place.room].push(number);
        Ok(())
    }

    /// Writes the whole messages in `bytes` to everybody else in the room, and keeps the rest for later.
    fn pass(&mut self, from: usize, place: Place, bytes: &[u8]) -> Result<()> {
        let whole = place.framing.whole(bytes);
        let mut start = 0;
        while start < whole {
            let rest = &bytes[start..whole];
            let length = if place.each { place.framing.first(rest).unwrap_or(rest.len()) } else { rest.len() };
            self.tell(from, place.room, &rest[..length])?;
            start += length;
        }
        if let Some(member) = self.members[from].as_mut().filter(|_| whole < bytes.len()) {
            member.partial.extend_from_slice(&bytes[whole..]);
        }
        Ok(())
    }

    fn tell(&mut self, from: usize, room: usize, bytes: &[u8]) -> Result<()> {
        let mut gone = Vec::new();
        for &number in self.rooms[room].iter().filter(|number| **number != from) {
            let Some(member) = &mut self.members[number] else { continue };
            let waited = !member.outbox.is_empty();
            match member.outbox.write(&mut member.socket, bytes) {
                Ok(()) if !waited && !member.outbox.is_empty() => self.poll.want_room(&member.socket, number, true)?,
                Ok(()) => {}
                Err(_) => gone.push(number),
            }
        }
        for number in gone {
            self.leave(number);
        }
        Ok(())
    }

    fn leave(&mut self, number: usize) {
        // Closing the socket takes it out of the poll.
        if let Some(place) = self.members[number].take().and_then(|member| member.place) {
            self.rooms[place.room].retain(|other| *other != number);
        }
    }
}

/// The line by which a connection comes in.
pub fn opening(room: usize, framing: Framing, each: bool) -> String {
    let framing = if framing == Framing::Lines { "lines" } else { "frames" };
    format!("{room} {framing} {}\n", if each { "each" } else { "whole" })
}

fn place(line: &str) -> Option<Place> {
    let mut words = line.split(' ');
    let room = words.next()?.parse().ok()?;
    let framing = if words.next()? == "lines" { Framing::Lines } else { Framing::Frames };
    Some(Place { room, framing, each: words.next()? == "each" })
}
