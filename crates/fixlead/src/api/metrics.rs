//! Numbers for those who run a desk, in the text format of Prometheus.
//! Labels are methods, routes as the code writes them, and statuses: a finite
//! list, and nothing that somebody sent.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::serve::process;

/// Upper ends of the histogram's buckets, in seconds.
const BUCKETS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

#[derive(Clone, Copy, Default)]
struct Histogram {
    /// How many in each bucket alone; the last is for what is above all ends.
    counts: [u64; BUCKETS.len() + 1],
    seconds: f64,
}

#[derive(Default)]
struct Requests {
    answered: BTreeMap<(String, &'static str, u16), u64>,
    took: BTreeMap<String, Histogram>,
}

/// The numbers of a desk.
#[derive(Default)]
pub struct Metrics {
    requests: Mutex<Requests>,
    running: AtomicI64,
    turned_away: AtomicU64,
    connections: AtomicI64,
    accepted: AtomicU64,
    evicted: AtomicU64,
}

/// Something that is counted for as long as it goes on.
pub struct Counted(Arc<Metrics>, fn(&Metrics) -> &AtomicI64);

impl Drop for Counted {
    fn drop(&mut self) {
        (self.1)(&self.0).fetch_sub(1, Relaxed);
    }
}

impl Metrics {
    fn count(self: &Arc<Self>, which: fn(&Metrics) -> &AtomicI64) -> Counted {
        which(self).fetch_add(1, Relaxed);
        Counted(Arc::clone(self), which)
    }

    /// A request has begun.
    pub fn begin(self: &Arc<Self>) -> Counted {
        self.count(|metrics| &metrics.running)
    }

    /// A connection has come.
    pub fn connected(self: &Arc<Self>) -> Counted {
        self.accepted.fetch_add(1, Relaxed);
        self.count(|metrics| &metrics.connections)
    }

    /// A request found no room.
    pub fn turned_away(&self) {
        self.turned_away.fetch_add(1, Relaxed);
    }

    /// An idle connection had to make room.
    pub fn evicted(&self) {
        self.evicted.fetch_add(1, Relaxed);
    }

    /// A request was answered.
    pub fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.answered.entry((route.to_owned(), method, status)).or_default() += 1;
        let seconds = took.as_secs_f64();
        let bucket = BUCKETS.iter().position(|end| seconds <= *end).unwrap_or(BUCKETS.len());
        let histogram = requests.took.entry(route.to_owned()).or_default();
        histogram.counts[bucket] += 1;
        histogram.seconds += seconds;
    }

    /// All of them, as text (Prometheus text exposition format 0.0.4).
    /// `searched` is how many of a hundred cases can be found.
    pub fn text(&self, searched: u8) -> String {
        let mut text = String::new();
        // Writing into a text cannot fail.
        let _ = self.write(&mut text, searched);
        text
    }

    fn write(&self, out: &mut String, searched: u8) -> fmt::Result {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        head(out, "fixlead_http_requests_total", "counter", "Requests that were answered.")?;
        for ((route, method, status), count) in &requests.answered {
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            writeln!(out, "fixlead_http_requests_total{{{labels}}} {count}")?;
        }
        let name = "fixlead_http_request_seconds";
        head(out, name, "histogram", "How long requests took.")?;
        for (route, histogram) in &requests.took {
            let mut total = 0;
            for (end, count) in BUCKETS.iter().zip(histogram.counts) {
                total += count;
                writeln!(out, "{name}_bucket{{route=\"{route}\",le=\"{end}\"}} {total}")?;
            }
            total += histogram.counts[BUCKETS.len()];
            writeln!(out, "{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {total}")?;
            writeln!(out, "{name}_sum{{route=\"{route}\"}} {}", histogram.seconds)?;
            writeln!(out, "{name}_count{{route=\"{route}\"}} {total}")?;
        }
        drop(requests);
        let gauge = |out: &mut String, name, about, value: i64| single(out, name, "gauge", about, value);
        let counter = |out: &mut String, name, about, value: &AtomicU64| {
            single(out, name, "counter", about, i64::try_from(value.load(Relaxed)).unwrap_or(i64::MAX))
        };
        gauge(out, "fixlead_http_requests_running", "Requests being worked on.", self.running.load(Relaxed))?;
        gauge(out, "fixlead_http_connections", "Connections held.", self.connections.load(Relaxed))?;
        counter(out, "fixlead_http_connections_total", "Connections that came.", &self.accepted)?;
        counter(
            out,
            "fixlead_http_connections_evicted_total",
            "Idle connections closed to make room.",
            &self.evicted,
        )?;
        counter(
            out,
            "fixlead_http_requests_turned_away_total",
            "Requests that found no room.",
            &self.turned_away,
        )?;
        gauge(out, "fixlead_search_ready", "Whether every case can be found.", i64::from(searched == 100))?;
        gauge(out, "fixlead_search_percent", "How many of a hundred cases can be found.", searched.into())?;
        if let Some(bytes) = process::resident_bytes() {
            gauge(out, "process_resident_memory_bytes", "Memory in use.", bytes)?;
        }
        if let Some(open) = process::open_files() {
            gauge(out, "process_open_fds", "Open files and sockets.", open)?;
        }
        head(out, "fixlead_build_info", "gauge", "Which version runs.")?;
        writeln!(out, "fixlead_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"))
    }
}

fn head(out: &mut String, name: &str, kind: &str, about: &str) -> fmt::Result {
    writeln!(out, "# HELP {name} {about}\n# TYPE {name} {kind}")
}

fn single(out: &mut String, name: &str, kind: &str, about: &str, value: i64) -> fmt::Result {
    head(out, name, kind, about)?;
    writeln!(out, "{name} {value}")
}
