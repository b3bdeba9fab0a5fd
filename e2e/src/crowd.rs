//! Eight programs and three terminals that talk in the lobby for as long as a test wants, whatever happens to the server.

use std::net::SocketAddr;
use std::ops::Range;

use anyhow::{Context, Result, bail};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::history::{Client, Clock};
use crate::{Dice, Door, Habits, Listener, PATIENCE, Program, Stage};

/// Programs that talk: half over WebSockets, half over JSON lines, a quarter of them impatient.
const PROGRAMS: usize = 8;

/// Everybody who talks and listens.
pub struct Crowd {
    programs: JoinSet<Result<Program>>,
    terminals: JoinSet<Result<Client>>,
}

impl Crowd {
    /// They come through these doors, of WebSockets and of lines, and do as they are asked. `pace` is the time between two
    /// messages of each, in milliseconds.
    pub fn gather(
        web: SocketAddr,
        lines: SocketAddr,
        clock: Clock,
        staged: &watch::Receiver<Stage>,
        pace: &Range<u64>,
        dice: &mut Dice,
    ) -> Crowd {
        let mut crowd = Crowd { programs: JoinSet::new(), terminals: JoinSet::new() };
        for number in 0..PROGRAMS {
            let door = if number % 2 == 0 { Door::Web(web) } else { Door::Lines(lines) };
            let habits = Habits { pace: Some(pace.clone()), window: 8, impatient: number % 4 == 0, last_word: true };
            let mut program = Program::new(&format!("program-{number}"), door, clock, habits, dice.another());
            let mut stage = staged.clone();
            crowd.programs.spawn(async move { program.talk(&mut stage).await.map(|()| program) });
        }
        for (name, pace) in [("typist", Some(pace.clone())), ("scribe", Some(pace.clone())), ("reader", None)] {
            let terminal = Listener::new(name, lines, clock, pace, dice.another());
            let mut stage = staged.clone();
            crowd.terminals.spawn(async move { terminal.talk(&mut stage).await });
        }
        crowd
    }

    /// Waits until somebody gives up or goes, which nobody should.
    ///
    /// # Errors
    /// Why.
    pub async fn gives_up(&mut self) -> Result<()> {
        tokio::select! {
            Some(program) = self.programs.join_next() => drop(program??),
            Some(terminal) = self.terminals.join_next() => drop(terminal??),
        }
        bail!("somebody has gone too soon")
    }

    /// Waits, once they have been asked to be done, until all have heard what became of their words; then all read on to
    /// the same end. What each of them did and saw.
    ///
    /// # Errors
    /// When somebody does not hear of theirs.
    pub async fn leave(self) -> Result<Vec<Client>> {
        timeout(PATIENCE, self.depart()).await.context("not everybody hears of their words")?
    }

    async fn depart(mut self) -> Result<Vec<Client>> {
        let (mut programs, mut clients) = (Vec::new(), Vec::new());
        while let Some(program) = self.programs.join_next().await {
            programs.push(program??);
        }
        while let Some(terminal) = self.terminals.join_next().await {
            clients.push(terminal??);
        }
        for program in programs {
            clients.push(program.leave().await?);
        }
        Ok(clients)
    }
}
