//! For the tests of components, which run in a real browser: a [`Stage`] to draw on, a [`Room`] to draw, hands to press
//! keys with. `cargo xtask test components` runs them.
//!
//! Nothing here waits for a time: it waits for frames, in which a browser draws, scrolls and tells of both.

mod hands;
mod room;
mod stage;

pub(crate) use hands::{choose, clipboard, compose, point, press, serve, spy, write};
pub(crate) use room::{ME, MINUTE_MS, Room, date, said, words};
pub(crate) use stage::{Stage, assert_same_nodes, settle, top, until};

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
