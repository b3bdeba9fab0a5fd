//! Writes the frames that the page sends. The protocol crate's own reader understands them: the tests hold it to that.

use commonroom_protocol::{ClientFrame, Hello};

use crate::json::Object;

/// The frame as JSON.
pub fn client_frame(frame: &ClientFrame) -> String {
    let object = |t| Object::of("t", t);
    match frame {
        ClientFrame::Hello(hello) => {
            let mut object = object("hello").number("v", Some(hello.v.into())).text("client", &hello.client);
            let Hello { room, nick, epoch, password, .. } = hello;
            for (name, text) in [("room", room), ("nick", nick), ("epoch", epoch), ("password", password)] {
                if let Some(text) = text {
                    object = object.text(name, text);
                }
            }
            object.number("since", hello.since.map(|seq| seq.0))
        }
        ClientFrame::Say { cid, text, me } => object("say").text("cid", cid).text("text", text).truth("me", *me),
        ClientFrame::Whisper { cid, to, text, me } => {
            object("whisper").text("cid", cid).text("to", to).text("text", text).truth("me", *me)
        }
        ClientFrame::Nick { nick } => object("nick").text("nick", nick),
        ClientFrame::Who { n } => object("who").number("n", *n),
        ClientFrame::Rooms { n } => object("rooms").number("n", *n),
        ClientFrame::History { n, before, after, around, limit } => object("history")
            .number("n", *n)
            .number("before", before.map(|seq| seq.0))
            .number("after", after.map(|seq| seq.0))
            .number("around", around.map(|seq| seq.0))
            .number("limit", limit.map(|limit| limit as u64)),
        ClientFrame::Search { n, query, before, limit, neighbours } => object("search")
            .number("n", *n)
            .text("query", query)
            .number("before", before.map(|seq| seq.0))
            .number("limit", limit.map(|limit| limit as u64))
            .number("neighbours", neighbours.map(|neighbours| neighbours as u64)),
        ClientFrame::Command { n, line } => object("command").number("n", *n).text("line", line),
        ClientFrame::Ping { n } => object("ping").number("n", *n),
    }
    .done()
}

#[cfg(test)]
mod tests {
    use commonroom_protocol::{Seq, VERSION};

    use super::*;

    #[test]
    fn the_protocols_own_reader_understands_every_frame() {
        let (n, seq) = (Some(7), Some(Seq(41)));
        let hello = |room: Option<&str>, nick: Option<&str>, since, epoch: Option<&str>| {
            let password = nick;
            let [room, nick, epoch, password] = [room, nick, epoch, password].map(|text| text.map(str::to_owned));
            ClientFrame::Hello(Hello { v: VERSION, room, nick, client: "secret".into(), since, epoch, password })
        };
        let text = || "a \"quote\"\n\u{1}老王 \\".to_owned();
        let frames = [
            hello(None, None, None, None),
            hello(Some("ops"), Some("老王"), seq, Some("9f2c")),
            ClientFrame::Say { cid: "k".into(), text: text(), me: false },
            ClientFrame::Say { cid: "k".into(), text: text(), me: true },
            ClientFrame::Whisper { cid: "k".into(), to: "bob".into(), text: text(), me: true },
            ClientFrame::Nick { nick: "anna".into() },
            ClientFrame::Who { n },
            ClientFrame::Who { n: None },
            ClientFrame::Rooms { n },
            ClientFrame::History { n, before: seq, after: None, around: None, limit: Some(50) },
            ClientFrame::History { n, before: None, after: seq, around: None, limit: None },
            ClientFrame::History { n: None, before: None, after: None, around: seq, limit: None },
            ClientFrame::Search { n, query: text(), before: seq, limit: Some(20), neighbours: Some(2) },
            ClientFrame::Search { n: None, query: text(), before: None, limit: None, neighbours: None },
            ClientFrame::Command { n, line: "/kick bob".into() },
            ClientFrame::Ping { n },
        ];
        for frame in frames {
            let json = client_frame(&frame);
            assert_eq!(serde_json::from_str::<ClientFrame>(&json).unwrap(), frame, "{json}");
        }
    }
}
