//! What a service manager, such as systemd, is told of this process (`sd_notify(3)`); nothing where there is none.

use std::env;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// A service manager listens.
pub fn listens() -> bool {
    env::var_os("NOTIFY_SOCKET").is_some()
}

/// Whoever connects from now on is served. Of `status` the manager shows one line: where.
pub fn ready(status: &str) {
    let status: Vec<&str> = status.split_whitespace().collect();
    tell(&[NotifyState::Ready, NotifyState::Status(&status.join(" "))]);
}

/// What can be read again is being read again, until [`reloaded`].
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        // It would wait for the time, and end who does not tell it.
        Err(fault) => tracing::warn!(%fault, "the service manager is not told of the reload"),
    }
}

/// It has been read.
pub fn reloaded() {
    tell(&[NotifyState::Ready]);
}

/// The end has begun.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("saying goodbye")]);
}

/// Tells the manager that the server is alive, so that it can end and restart one that hangs.
pub struct Watchdog {
    every: Duration,
    last: Option<Instant>,
}

impl Watchdog {
    /// The manager's wish to be told; none if it has none.
    pub fn asked() -> Option<Watchdog> {
        // Thrice in the time that it waits: the clock that asks does so at moments of its own.
        sd_notify::watchdog_enabled().map(|limit| Watchdog { every: limit / 3, last: None })
    }

    /// To be called by what must not hang, at least four times a second.
    pub fn alive(&mut self, now: Instant) {
        if self.last.is_none_or(|last| now.duration_since(last) >= self.every) {
            self.last = Some(now);
            tell(&[NotifyState::Watchdog]);
        }
    }
}

fn tell(state: &[NotifyState]) {
    if let Err(fault) = sd_notify::notify(state) {
        tracing::warn!(%fault, "the service manager can't be told");
    }
}
