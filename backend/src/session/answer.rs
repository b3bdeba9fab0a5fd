//! What a session does with each command.

use std::time::Instant;

use bytes::Bytes;
use commonroom_protocol::{RoomHere, Whispered, limits};
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::peer::End;
use super::{IN_FLIGHT, Session};
use crate::dialect::{Command, Dialect, Refused, Reply};
use crate::journal::Draft;
use crate::name::RoomName;
use crate::refusal::Refusal;
use crate::text::Body;
use crate::transport::Transport;

impl<T: Transport> Session<T> {
    pub(super) async fn obey(&mut self, command: Command) -> Result<(), End> {
        if !matches!(command, Command::Say { .. }) {
            self.post().await;
        }
        match command {
            Command::Say { cid, text, me } => self.say(cid, &text, me).await,
            Command::Whisper { cid, to, text, me } => self.whisper(cid, &to, &text, me).await,
            Command::Nick(name) => self.rename(&name).await,
            Command::Who(n) => {
                let (here, roster) = self.member.present();
                self.peer.reply(Reply::Roster(n, here, roster)).await
            }
            Command::Join(name, password) => self.join(&name, password).await,
            Command::Rooms(n) => {
                let rooms = self.site.hub.rooms().into_iter().take(limits::ROSTER);
                let rooms = rooms.map(|(room, here)| RoomHere { room: room.to_string(), here });
                self.peer.reply(Reply::Rooms(n, rooms.collect())).await
            }
            Command::Frames if self.is_console() => {
                self.peer.refuse(Refusal::Usage { usage: "for others: the console stays a terminal" }).await
            }
            Command::Frames => {
                self.settle().await?;
                Err(End::Frames(Bytes::new()))
            }
            Command::Switch(switch, on) => {
                // It is about what is said from now on.
                self.settle().await?;
                if let Dialect::Line(line) = &mut self.peer.dialect {
                    line.switch(switch, on);
                }
                self.peer.reply(Reply::Switched(switch, on)).await
            }
            Command::History(n, stretch) => self.history(n, stretch).await,
            Command::Since(span) => self.since(span).await,
            Command::Search(n, search) => self.search(n, search).await,
            Command::Ping(n) => {
                // An answer that overtook the room's frames would name a head that its asker has not been told.
                let head = self.member.room().head();
                self.tell_up_to(head).await?;
                self.peer.reply(Reply::Pong(n, head)).await
            }
            Command::Help => self.peer.reply(Reply::Help).await,
            Command::Lang(lang) => {
                if let Dialect::Line(line) = &mut self.peer.dialect {
                    line.speak(lang);
                }
                self.peer.reply(Reply::Speaking).await
            }
            Command::Charset(charset) => {
                if let Dialect::Line(line) = &mut self.peer.dialect {
                    line.read(charset);
                }
                self.peer.transport.use_charset(charset);
                self.peer.reply(Reply::Reading(charset)).await
            }
            Command::Moderate(n, line) => self.moderate(n, &line).await,
            Command::Quit if self.is_console() => self.moderate(None, "/quit").await,
            Command::Quit => {
                self.settle().await?;
                Err(End::Quit)
            }
        }
    }

    async fn say(&mut self, cid: String, text: &str, me: bool) -> Result<(), End> {
        let text = match Body::parse(text) {
            Ok(text) => text,
            Err(why) => return self.unsent(cid, why).await,
        };
        let may = self.may_say(Instant::now());
        if let Err(why) = may.and_then(|()| self.peer.may_begin(&self.site, self.member.room())) {
            return self.unsent(cid, why).await;
        }
        let draft = Draft {
            room: self.member.room().name().clone(),
            by: self.member.by(),
            from: self.member.nick().clone(),
            via: self.peer.via,
            cid: cid.as_str().into(),
            text,
            me,
            at: Timestamp::now().as_millisecond(),
            outcomes: self.outcomes.get_or_insert_with(|| mpsc::channel(IN_FLIGHT)).0.clone(),
        };
        self.drafts.push(draft);
        self.in_flight += 1;
        Ok(())
    }

    async fn whisper(&mut self, cid: String, to: &str, text: &str, me: bool) -> Result<(), End> {
        self.settle().await?;
        let whispered = Body::parse(text).and_then(|text| {
            let whispered = Whispered {
                at: Timestamp::now().as_millisecond(),
                from: self.member.nick().to_string(),
                to: to.to_owned(),
                text: text.as_str().to_owned(),
                by: self.member.by().to_string(),
                cid: cid.clone(),
                me,
            };
            self.may_speak(Instant::now())?;
            self.member.whisper(to, whispered)
        });
        match whispered {
            Ok(()) => Ok(()),
            Err(why) => self.unsent(cid, why).await,
        }
    }

    /// Goes to another room. What was said here is said here, and told before.
    async fn join(&mut self, name: &str, password: Option<String>) -> Result<(), End> {
        match RoomName::parse(name) {
            Err(why) => self.peer.refuse(why).await,
            Ok(room) if room == *self.member.room().name() => self.peer.reply(Reply::Here(room)).await,
            Ok(room) => {
                if let Err(why) = self.peer.enter(&self.site, &room, password.as_deref()).await {
                    return self.not_in(why).await;
                }
                // Its place there is taken before the one here is given up.
                match self.site.hub.enter(room).await {
                    Ok(to) => {
                        self.tell_all().await?;
                        Err(End::Join(to))
                    }
                    Err(fault) => self.peer.refuse(fault.refusal()).await,
                }
            }
        }
    }

    /// Stays here, since the other room asks for a password.
    async fn not_in(&mut self, why: Refusal) -> Result<(), End> {
        let asks = Refusal::Usage { usage: "/join ROOM PASSWORD: that room asks for one" };
        self.peer.refuse(if why == (Refusal::Password { wrong: false }) { asks } else { why }).await
    }

    /// Nobody shall see the new name before an older line: what is in flight goes first.
    async fn rename(&mut self, name: &str) -> Result<(), End> {
        self.settle().await?;
        let now = Instant::now();
        match self.may_rename(now).and_then(|()| self.member.rename(name, now)) {
            Ok(()) => self.peer.reply(Reply::Named(self.member.nick().to_string())).await,
            Err(why) => self.peer.refuse(why).await,
        }
    }

    pub(super) async fn unsent(&mut self, cid: String, why: Refusal) -> Result<(), End> {
        self.peer.reply(Reply::Refused(Refused { cid: Some(cid), n: None, why, unsent: true })).await
    }
}
