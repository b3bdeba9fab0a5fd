//! epoll, as much of it as the generator and the limit program use.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use anyhow::Result;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

/// Events taken at once.
const EVENTS: usize = 1024;

/// Sockets that are waited for, each known by a number.
pub struct Poll {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

/// What a socket is ready for.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// The socket's number.
    pub number: usize,
    /// There is something to read, or the end.
    pub read: bool,
    /// There is room to write.
    pub write: bool,
}

impl Poll {
    /// Waits for nothing yet.
    ///
    /// # Errors
    /// When the system has no descriptor left.
    pub fn new() -> Result<Poll> {
        Ok(Poll { epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?, events: Vec::with_capacity(EVENTS) })
    }

    /// Waits for something to read from this socket.
    ///
    /// # Errors
    /// When the system allows no more.
    pub fn add(&self, socket: impl AsFd, number: usize) -> Result<()> {
        Ok(epoll::add(&self.epoll, socket, data(number), epoll::EventFlags::IN)?)
    }

    /// Waits for room to write as well, or no longer.
    ///
    /// # Errors
    /// When this socket was not added.
    pub fn want_room(&self, socket: impl AsFd, number: usize, wanted: bool) -> Result<()> {
        let room = if wanted { epoll::EventFlags::OUT } else { epoll::EventFlags::empty() };
        Ok(epoll::modify(&self.epoll, socket, data(number), epoll::EventFlags::IN | room)?)
    }

    /// Waits no longer for this socket.
    ///
    /// # Errors
    /// When this socket was not added.
    pub fn remove(&self, socket: impl AsFd) -> Result<()> {
        Ok(epoll::delete(&self.epoll, socket)?)
    }

    /// Waits at most so long; for ever without a time. How many are ready: [`Poll::ready`] has them.
    ///
    /// # Errors
    /// When the system fails.
    pub fn wait(&mut self, time: Option<Duration>) -> Result<usize> {
        let time = time.map(Timespec::try_from).transpose()?;
        self.events.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), time.as_ref()) {
            Ok(count) => Ok(count),
            Err(Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// One of those that the last wait has found.
    pub fn ready(&self, index: usize) -> Ready {
        let epoll::Event { flags, data } = self.events[index];
        let number = usize::try_from(data.u64()).unwrap_or(usize::MAX);
        Ready {
            number,
            read: !(flags - epoll::EventFlags::OUT).is_empty(),
            write: flags.contains(epoll::EventFlags::OUT),
        }
    }
}

fn data(number: usize) -> epoll::EventData {
    epoll::EventData::new_u64(number as u64)
}
