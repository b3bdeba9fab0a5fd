//! What is counted while the server runs, in the words of Prometheus.

use std::time::Duration;

use commonroom_protocol::Code;
use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::dialect::words;
use crate::moderation::Stats;

/// What a scrape's answer is, as HTTP calls it.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Bounds of the histograms, in seconds: from a write to a fast disk to one that hangs.
const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];

/// The counters, each of which every part of the server may raise.
#[derive(Debug)]
pub struct Metrics {
    /// Messages put on a log.
    pub messages: Counter,
    /// Readers who had to read on in the journal, since what comes next is no longer in their room's ring.
    pub ring_misses: Counter,
    refused: Family<Refused, Counter>,
    turned_away: Counter,
    committed: Histogram,
    told: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Carried {
    via: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// What is not counted but looked at when somebody asks.
#[derive(Debug, Default)]
pub struct Sight {
    /// Rooms, members, memory.
    pub stats: Stats,
    /// Sockets, whether somebody has joined on them or not.
    pub sockets: usize,
    /// Open files.
    pub open_files: Option<u64>,
    /// Version and commit.
    pub build: &'static str,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            messages: Counter::default(),
            ring_misses: Counter::default(),
            refused: Family::default(),
            turned_away: Counter::default(),
            committed: Histogram::new(SECONDS),
            told: Histogram::new(SECONDS),
        }
    }
}

impl Metrics {
    /// Something that was asked is not done.
    pub fn refused(&self, code: Code) {
        self.refused.get_or_create(&Refused { code: code.to_string() }).inc();
    }

    /// A connection found no place.
    pub fn turned_away(&self) {
        self.turned_away.inc();
    }

    /// A commit is on its rooms' logs, so long after its newest message was taken in.
    pub fn committed(&self, after: Duration) {
        self.committed.observe(after.as_secs_f64());
    }

    /// A sender has been told all up to its own message, so long after that was taken in.
    pub fn told(&self, after: Duration) {
        self.told.observe(after.as_secs_f64());
    }

    /// All of it, as `OpenMetrics` text.
    pub fn text(&self, sight: &Sight) -> String {
        let mut registry = Registry::with_prefix("commonroom");
        let mut count = |name: &str, help: &str, counter: &Counter| registry.register(name, help, counter.clone());
        count("messages", "Messages put on a room's log", &self.messages);
        count("turned_away", "Connections that found no place", &self.turned_away);
        let misses = "Pages read from the history for readers whom their room's ring no longer served";
        count("ring_misses", misses, &self.ring_misses);
        registry.register("refusals", "Commands and messages refused, by code", self.refused.clone());
        let members = Family::<Carried, Gauge>::default();
        for (via, count) in &sight.stats.members {
            members.get_or_create(&Carried { via: words::via(*via) }).set(number(*count as u64));
        }
        registry.register("connections", "Connections that are in a room, by transport", members);
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: sight.build }).set(1);
        registry.register("build", "Which build this is", build);
        let gauges = [
            ("sockets", "Open sockets, in a room or not", Some(sight.sockets as u64)),
            ("rooms", "Rooms that are open", Some(sight.stats.rooms as u64)),
            ("uptime_seconds", "Time since the start", Some(sight.stats.uptime.as_secs())),
            ("open_files", "Open files, of which each connection is one", sight.open_files),
            ("memory_bytes", "Memory in use", sight.stats.memory),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                let gauge = Gauge::<i64>::default();
                gauge.set(number(value));
                registry.register(name, help, gauge);
            }
        }
        let seconds = [
            ("commit", "From a message being taken in to its being on its room's log, stored", &self.committed),
            ("told", "From a message being taken in to its sender being told of it, and of all before it", &self.told),
        ];
        for (name, help, histogram) in seconds {
            registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        }
        let mut text = String::new();
        // A string takes everything.
        let _ = encode(&mut text, &registry);
        text
    }
}

/// How long a time of the calendar is ago, in Unix milliseconds. None for one that is still to come, or never was.
pub fn since(at: i64) -> Option<Duration> {
    let ago = Timestamp::now().as_millisecond().checked_sub(at)?;
    u64::try_from(ago).ok().map(Duration::from_millis)
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use commonroom_protocol::Via;

    use super::*;

    #[test]
    fn what_was_counted_is_what_is_told() {
        let metrics = Metrics::default();
        metrics.messages.inc_by(3);
        metrics.refused(Code::TooLong);
        metrics.refused(Code::TooLong);
        metrics.committed(Duration::from_millis(3));
        let stats = Stats { members: vec![(Via::Web, 7)], rooms: 2, memory: Some(1 << 20), ..Stats::default() };
        let text = metrics.text(&Sight { stats, sockets: 9, open_files: Some(30), build: "0.1.0+abc" });
        for line in [
            "commonroom_messages_total 3",
            "commonroom_refusals_total{code=\"too_long\"} 2",
            "commonroom_connections{via=\"web\"} 7",
            "commonroom_sockets 9",
            "commonroom_open_files 30",
            "commonroom_memory_bytes 1048576",
            "commonroom_build{version=\"0.1.0+abc\"} 1",
            "commonroom_commit_seconds_bucket{le=\"0.002\"} 0",
            "commonroom_commit_seconds_bucket{le=\"0.005\"} 1",
            "commonroom_told_seconds_count 0",
            "# EOF",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
    }
}
