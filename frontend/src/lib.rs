//! Commonroom's page: a Yew client for the browser.
//!
//! The way of one message: `wire` brings a frame, `socket` hands it on, [`session`] decides what it means for the resume
//! and the outbox, [`state`] makes a row of it, `components` draw the row. Nothing goes back: what the user does is a
//! [`session::Command`] to the socket's task.
//!
//! What is pure builds and is tested on any machine: [`address`], [`backoff`], [`command`], [`completion`], [`emoji`],
//! [`frame`], [`json`], [`join`], [`markup`], [`mention`], [`notify`], [`outbox`], [`qr`], [`recall`], [`session`], [`state`], [`text`],
//! [`theme`], [`visited`]. The rest needs a browser.
//!
//! Two kinds of tests stand beside the code: `#[test]` for what is pure, which `cargo test --package commonroom-web` runs
//! here, and `#[wasm_bindgen_test]` for components, which `cargo xtask test components` runs in Chromium. Neither runs the
//! other's; `components/testing.rs` has what the second kind needs.
//!
//! Hooks that tests from outside may rely on:
//! - `.pill[data-state="connected|connecting|waiting|offline|stopped"]` is the connection;
//! - `[data-row="said|pending|failed|notice|gap"]` is a row, with `data-seq` where it has been said and `data-cid` where
//!   it is this tab's own;
//! - `.person` is somebody in the roster, `.room` a room one may go to;
//! - `#theme` is the switch that sets `data-theme` of `<html>`, `select#language` the picker that sets its `lang` and `dir`;
//! - `#me` is one's name and opens `input#nick`, which changes it; `#nick-error` says why it was refused;
//! - `#early` is what one writes with until the program is there, with a `p` for each text that waits for it;
//! - `textarea#composer` and `#send` are what one writes with then; `#older` asks for what was said before, `#news`
//!   goes to the end;
//! - `.room` is a link to a room, with `b` where something is unread; `.leave` beside it leaves; `input#room` joins one;
//! - `.find` opens `#search` with `input#query`, where each result is a `.hit`; `.new` is the rule above what is unread;
//! - `data-is` holds what an element is at the moment: `lead mention target rewound action out`, and the like;
//! - `data-build` of `<html>` is the build of the server that the page is from, written there by the server's build script;
//! - `.invite` opens `#join`, which has a `label` and a `pre` for each way to join and a `.light`; `.bell` opens `#notify`.

pub mod address;
pub mod backoff;
pub mod command;
pub mod completion;
pub mod emoji;
pub mod frame;
pub mod join;
pub mod json;
pub mod markup;
pub mod mention;
pub mod notify;
pub mod outbox;
pub mod qr;
pub mod recall;
pub mod session;
pub mod state;
pub mod text;
pub mod theme;
pub mod visited;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod attention;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod components;
#[cfg(target_arch = "wasm32")]
mod hooks;
#[cfg(target_arch = "wasm32")]
mod install;
#[cfg(target_arch = "wasm32")]
mod intl;
#[cfg(target_arch = "wasm32")]
mod landmarks;
#[cfg(target_arch = "wasm32")]
mod language;
#[cfg(target_arch = "wasm32")]
mod socket;
#[cfg(target_arch = "wasm32")]
mod storage;
#[cfg(target_arch = "wasm32")]
mod upgrade;
#[cfg(target_arch = "wasm32")]
mod viewport;
#[cfg(target_arch = "wasm32")]
mod wire;

#[cfg(target_arch = "wasm32")]
pub use app::mount;
