//! Bytes on their way out: shared chunks, written together, keeping their place when a write is short.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use smallvec::SmallVec;
use tokio::io::AsyncWrite;

/// Chunks in one write.
const SLICES: usize = 64;

/// What is to be written, oldest first.
#[derive(Debug, Default)]
pub struct Outgoing {
    chunks: SmallVec<[Bytes; 2]>,
    /// The chunk being written, and how much of it has been.
    at: usize,
    offset: usize,
}

impl Outgoing {
    /// Adds a chunk. One without a byte is none: to write it would look like an end.
    pub fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.chunks.push(bytes);
        }
    }

    /// Everything has been written.
    pub fn is_empty(&self) -> bool {
        self.at == self.chunks.len()
    }

    /// Puts a copy in place of what is to be written, nothing of which has been: the chunks are shared with others.
    pub(super) fn rewrite(&mut self, mut write: impl FnMut(&[u8], &mut Vec<u8>)) {
        let mut copy = Vec::with_capacity(self.chunks.iter().map(Bytes::len).sum::<usize>() + 64);
        self.chunks.iter().for_each(|chunk| write(chunk, &mut copy));
        self.chunks.clear();
        self.chunks.push(copy.into());
    }

    /// Takes the chunks that have not been written, for who has no use for bytes.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Bytes> + use<> {
        let at = std::mem::take(&mut self.at);
        std::mem::take(&mut self.chunks).into_iter().skip(at)
    }

    /// Writes everything. After a short write it waits until the peer takes more.
    pub(super) async fn write_to<W: AsyncWrite + Unpin>(&mut self, io: &mut W) -> io::Result<()> {
        poll_fn(|cx| self.poll_write_to(Pin::new(io), cx)).await
    }

    fn poll_write_to<W: AsyncWrite>(&mut self, mut io: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let used = self.slices(&mut slices);
            // One chunk is the usual case, and a plain write of it costs the kernel less.
            let write = match &slices[..used] {
                [one] => io.as_mut().poll_write(cx, one),
                many => io.as_mut().poll_write_vectored(cx, many),
            };
            match ready!(write)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.advance(written),
            }
        }
        io.poll_flush(cx)
    }

    fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; SLICES]) -> usize {
        let chunks = &self.chunks[self.at..];
        for (slice, (i, chunk)) in slices.iter_mut().zip(chunks.iter().enumerate()) {
            *slice = IoSlice::new(if i == 0 { &chunk[self.offset..] } else { chunk });
        }
        chunks.len().min(SLICES)
    }

    fn advance(&mut self, mut written: usize) {
        while written > 0 {
            let left = self.chunks[self.at].len() - self.offset;
            if written < left {
                self.offset += written;
                return;
            }
            written -= left;
            self.at += 1;
            self.offset = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn a_chunk_without_a_byte_is_none() {
        let mut out = Outgoing::default();
        out.push(Bytes::new());
        assert!(out.is_empty());
        out.push("a".into());
        out.push(Bytes::new());
        let mut written = Vec::new();
        out.write_to(&mut written).await.unwrap();
        assert_eq!(written, b"a");
    }

    #[tokio::test]
    async fn everything_arrives_in_order_through_a_pipe_of_three_bytes() {
        let mut out = Outgoing::default();
        let mut expected = Vec::new();
        for i in 0..200_u32 {
            let chunk = i.to_string();
            expected.extend_from_slice(chunk.as_bytes());
            out.push(chunk.into());
        }
        let (mut near, mut far) = tokio::io::duplex(3);
        let write = async move {
            out.write_to(&mut near).await.unwrap();
            assert!(out.is_empty());
        };
        let mut got = Vec::new();
        let (read, ()) = tokio::join!(far.read_to_end(&mut got), write);
        read.unwrap();
        assert_eq!(got, expected);
    }
}
