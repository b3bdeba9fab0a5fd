//! What a client says.

use serde::{Deserialize, Serialize};

use crate::Seq;

/// One frame from a client: a WebSocket text message, or a line on the socket's port. At most [`crate::limits::FRAME_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Joins a room: the first frame, within 10 s.
    Hello(Hello),
    /// Says something in the room. Ends in its own `said`, a `refused`, or a closed connection.
    Say {
        /// Names this message among all of this client's; the same one again is stored once.
        cid: String,
        /// What is said. May have several lines.
        text: String,
        /// An action: `/me waves`.
        #[serde(default, skip_serializing_if = "is_false")]
        me: bool,
    },
    /// Says something to one member alone; it is not kept.
    Whisper {
        /// As in `say`; echoed, not remembered.
        cid: String,
        /// The name of the one who is meant.
        to: String,
        /// What is said.
        text: String,
        /// An action.
        #[serde(default, skip_serializing_if = "is_false")]
        me: bool,
    },
    /// Takes another name.
    Nick {
        /// The name.
        nick: String,
    },
    /// Asks who is here; answered by `roster`.
    Who {
        /// Echoed in the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        n: Option<u64>,
    },
    /// Asks which rooms there are; answered by `rooms`.
    Rooms {
        /// Echoed in the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        n: Option<u64>,
    },
    /// Asks for a page of what was said; answered by `page`. Exactly one of `before`, `after`, `around`.
    History {
        /// Echoed in the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        n: Option<u64>,
        /// The newest messages before this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Seq>,
        /// The oldest messages after this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Seq>,
        /// Messages on both sides of this one, and itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        around: Option<Seq>,
        /// How many at most; 50 if left out, never more than [`crate::limits::PAGE`], nor than fit into
        /// [`crate::limits::PAGE_BYTES`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<usize>,
    },
    /// Asks for the newest messages with these words; answered by `page`. Refused if it is blank, or longer than
    /// [`crate::limits::TEXT_BYTES`].
    Search {
        /// Echoed in the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        n: Option<u64>,
        /// The words, as the reference tells.
        query: String,
        /// Only in messages before this one; in all if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Seq>,
        /// How many are found at most; [`crate::limits::HITS`] if left out, never more than fit into
        /// [`crate::limits::PAGE`] and [`crate::limits::PAGE_BYTES`] with their neighbours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<usize>,
        /// Messages on either side of each to come with it; none if left out, at most [`crate::limits::NEIGHBOURS`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        neighbours: Option<usize>,
    },
    /// Asks for moderation, as a terminal would type it; only the operator may.
    Command {
        /// Echoed in a refusal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        n: Option<u64>,
        /// Such as `/kick bob`.
        line: String,
    },
    /// Asks for a `pong`: is the connection alive?
    Ping {
        /// Echoed in the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        n: Option<u64>,
    },
}

/// The first frame of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`crate::VERSION`].
    pub v: u32,
    /// The room; `lobby` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The name wished for; a guest's name is given if left out or not free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<String>,
    /// Names this client, and is its secret: [`crate::limits::CLIENT_BYTES`] random url-safe characters.
    pub client: String,
    /// The last message seen: replay what came after it. 0 asks for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Seq>,
    /// The epoch that `since` counts in, as `welcome` named it. Without it `since` is trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The room's password, or an invitation to it, where one is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
