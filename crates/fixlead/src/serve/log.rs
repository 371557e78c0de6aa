//! Log lines: for people or as JSON, on standard error. Only what this program
//! says itself: what libraries would say of a request may hold what was sent.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::configuration::values::{LogFormat, LogLevel};

/// Begins to log.
pub fn begin(format: LogFormat, level: LogLevel) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let own = Targets::new().with_default(LevelFilter::OFF).with_target("fixlead", level);
    let layer = fmt::layer().with_writer(io::stderr).with_ansi(false);
    let begun = match format {
        LogFormat::Text => tracing_subscriber::registry().with(layer.with_filter(own)).try_init(),
        LogFormat::Json => {
            let layer = layer.json().flatten_event(true).with_current_span(false).with_span_list(false);
            tracing_subscriber::registry().with(layer.with_filter(own)).try_init()
        }
    };
    // Only a second call in one process fails, and then there is a log already.
    drop(begun);
}
