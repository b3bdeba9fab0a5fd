//! Where a message ends in what a server writes.

/// How a protocol parts messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// A line feed ends it: lines for people, NATS, IRC.
    Lines,
    /// WebSocket frames from a server, which are not masked (RFC 6455 section 5.2).
    Frames,
    /// Lines in WebSocket frames, which may hold several, or parts of one.
    Framed,
    /// MQTT packets with a variable length (MQTT 3.1.1 section 2.2).
    Packets,
}

/// The first byte of a WebSocket frame with text.
pub const TEXT: u8 = 0x81;
/// The first byte of one with other data.
pub const BINARY: u8 = 0x82;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

impl Framing {
    /// The length of the first message, framing included; nothing while it is not all there.
    pub fn first(self, bytes: &[u8]) -> Option<usize> {
        let length = match self {
            Framing::Lines => memchr::memchr(b'\n', bytes)? + 1,
            Framing::Frames | Framing::Framed => frame(bytes)?,
            Framing::Packets => packet(bytes)?,
        };
        (length <= bytes.len()).then_some(length)
    }

    /// The length of all messages that are there as a whole.
    pub fn whole(self, bytes: &[u8]) -> usize {
        let mut length = 0;
        while let Some(first) = self.first(&bytes[length..]) {
            length += first;
        }
        length
    }

    /// The answer that keeps a connection alive, if this message asks for one.
    pub fn answer(self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Framing::Frames if message[0] == PING => Some(masked(PONG, &message[2..])),
            Framing::Lines if message.starts_with(b"PING") => Some([b"PONG", &message[4..]].concat()),
            _ => None,
        }
    }
}

/// A text frame from a client. The mask is zero: the server takes it off all the same.
pub fn text_frame(text: &[u8]) -> Vec<u8> {
    masked(TEXT, text)
}

/// A frame from a client with this first byte.
pub fn masked(opcode: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, data.len());
    frame[1] |= 0x80;
    frame.extend([0; 4]);
    frame.extend(data);
    frame
}

/// A frame's header, without a mask.
pub fn header(opcode: u8, length: usize) -> Vec<u8> {
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => vec![opcode, short],
        (_, Ok(medium)) => [[opcode, 126], medium.to_be_bytes()].concat(),
        _ => [[opcode, 127].as_slice(), &(length as u64).to_be_bytes()].concat(),
    }
}

fn frame(bytes: &[u8]) -> Option<usize> {
    Some(match *bytes.get(1)? {
        126 => 4 + usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
        127 => 10 + usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?,
        short => 2 + usize::from(short),
    })
}

/// Takes what is in the frames that are there as a whole: how many bytes they were.
pub fn unframe(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    let mut used = 0;
    while let Some(length) = Framing::Frames.first(&bytes[used..]) {
        let head = match bytes[used + 1] {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        out.extend_from_slice(&bytes[used + head..used + length]);
        used += length;
    }
    used
}

fn packet(bytes: &[u8]) -> Option<usize> {
    let (mut length, mut at) = (0, 1);
    loop {
        let byte = usize::from(*bytes.get(at)?);
        length |= (byte & 127) << (7 * (at - 1));
        at += 1;
        // Four bytes at most say the length.
        if byte < 128 || at > 4 {
            return Some(at + length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_a_line_feed() {
        assert_eq!(Framing::Lines.first(b"one\ntwo"), Some(4));
        assert_eq!(Framing::Lines.first(b"two"), None);
        assert_eq!(Framing::Lines.whole(b"one\ntwo\nthr"), 8);
    }

    #[test]
    fn frames_of_every_length() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let frame = [header(0x81, length), vec![b'x'; length]].concat();
            assert_eq!(Framing::Frames.first(&frame), Some(frame.len()));
            assert_eq!(Framing::Frames.first(&frame[..frame.len() - 1]), None);
        }
    }

    #[test]
    fn packets_of_every_length() {
        let packet = |length: &[u8], data: usize| [&[0x30], length, &vec![0; data]].concat();
        assert_eq!(Framing::Packets.first(&packet(&[5], 5)), Some(7));
        assert_eq!(Framing::Packets.first(&packet(&[0x80, 1], 128)), Some(131));
        assert_eq!(Framing::Packets.first(&packet(&[0x80, 1], 127)), None);
    }

    #[test]
    fn a_ping_is_answered_in_kind() {
        assert_eq!(Framing::Frames.answer(&[0x89, 1, b'p']), Some(vec![0x8a, 0x81, 0, 0, 0, 0, b'p']));
        assert_eq!(Framing::Lines.answer(b"PING :a\r\n"), Some(b"PONG :a\r\n".to_vec()));
        assert_eq!(Framing::Lines.answer(b"<ana> PING\n"), None);
    }
}
