//! The benchmark. The map:
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`workloads`] | what is measured, in order |
//! | [`contenders`] | who is measured, and how each is spoken to |
//! | [`arena`] | contenders in turn, round after round |
//! | [`crowd`] | the generator: the connections to one server and the load they make |
//! | [`ledger`], [`payload`], [`framing`] | what was sent and whether it was heard, without sockets |
//! | [`limit`] | the limit program |
//! | [`report`], [`stats`], [`table`], [`plot`] | what was found, without measuring |
//! | [`proc`], [`cores`], [`process`], [`poll`], [`outbox`] | the system |
//!
//! docs/performance.md has the method and the results.

pub mod arena;
pub mod contenders;
pub mod cores;
pub mod crowd;
pub mod framing;
pub mod ledger;
pub mod limit;
pub mod outbox;
pub mod payload;
pub mod plot;
pub mod poll;
pub mod proc;
pub mod process;
pub mod report;
pub mod stats;
pub mod table;
pub mod workloads;
