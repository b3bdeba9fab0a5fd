//! What tests/instructions.rs counts the instructions of: one codec, so many times.

use std::env;
use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use bytes::BytesMut;
use commonroom::dialect::{Dialect, Json, Lang, Line, Wire, encode};
use commonroom::event::Event;
use commonroom::name::By;
use commonroom_protocol::{Said, Seq, Via};
use jiff::tz::TimeZone;

const TEXT: &str = "bench 0000 0000000000 the quick brown fox jumps over a lazy dog.";
const FRAME: &str =
    r#"{"t":"say","cid":"k1","text":"bench 0000 0000000000 the quick brown fox jumps over a lazy dog."}"#;

fn main() -> Result<()> {
    let mut words = env::args().skip(1);
    let codec = words.next().context("which codec?")?;
    let times: u64 = words.next().context("how often?")?.parse()?;
    match codec.as_str() {
        "parse-line" => parse(line()?, TEXT, times),
        "parse-frame" => parse(Dialect::Json(Json { wire: Wire::WsJson }), FRAME, times),
        "write-line" => write(Wire::Line(Lang::En), times),
        "write-frame" => write(Wire::WsJson, times),
        _ => bail!("there is no codec `{codec}`"),
    }
}

fn line() -> Result<Dialect> {
    let by = By::random().map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(Dialect::Line(Line::new(by, true, Arc::from("localhost"), TimeZone::UTC)))
}

fn parse(mut dialect: Dialect, input: &str, times: u64) -> Result<()> {
    for _ in 0..times {
        let command = dialect.parse(black_box(input.as_bytes()));
        ensure!(matches!(black_box(command), Ok(Some(_))), "refused");
    }
    Ok(())
}

fn write(wire: Wire, times: u64) -> Result<()> {
    let (from, text, by, cid) = ("ana".to_owned(), TEXT.to_owned(), "0123456789abcdef".to_owned(), "k1".to_owned());
    let (seq, prev, at) = (Seq(42), Seq(41), 1_764_000_000_000);
    let said = Arc::new(Said { seq, prev, at, from, via: Via::Web, text, by, cid, me: false });
    let mut out = BytesMut::new();
    for _ in 0..times {
        out.clear();
        encode(wire, black_box(&Event::Said(said.clone())), &mut out);
        ensure!(!black_box(&out).is_empty(), "nothing is written");
    }
    Ok(())
}
