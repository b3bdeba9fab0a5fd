//! For the conformance suite of WebSockets, and for nothing else: an endpoint that sends back what it is sent, by the
//! reading and the writing of the server. The suite's messages are up to 16 MiB long; with `production` as an argument
//! the bounds are the server's.

use std::env;

use anyhow::Result;
use bytes::BytesMut;
use commonroom::dialect::{TEXT, ws_header};
use commonroom::transport::{Incoming, Outgoing, Transport, Ws};
use commonroom_protocol::limits;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

const BINARY: u8 = 2;
/// The longest message of the suite, and a little.
const LONGEST: usize = 17 << 20;

#[tokio::main]
async fn main() -> Result<()> {
    let bytes = if env::args().any(|word| word == "production") { limits::FRAME_BYTES } else { LONGEST };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            // A peer that breaks the rules is what the suite is about.
            let _ = serve(stream, bytes).await;
        });
    }
}

async fn serve(stream: TcpStream, bytes: usize) -> Result<()> {
    stream.set_nodelay(true)?;
    // The handshake is read to its end and no further: nothing follows it before the answer.
    let stream = accept_async(stream).await?.into_inner();
    let mut ws = Ws::with_messages_of(bytes, 0, stream).await;
    loop {
        let (opcode, data) = match ws.message().await {
            Ok(Message::Text(text)) => (TEXT, text.into()),
            Ok(message) => (BINARY, message.into_data()),
            Err(Incoming::Alive) => continue,
            Err(Incoming::Fault(code)) => {
                ws.close(code).await;
                return Ok(());
            }
            Err(_) => {
                ws.close(1000).await;
                return Ok(());
            }
        };
        let mut header = BytesMut::new();
        ws_header(opcode, data.len(), &mut header);
        let mut out = Outgoing::default();
        out.push(header.freeze());
        out.push(data);
        ws.send(&mut out).await?;
    }
}
