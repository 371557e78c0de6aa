//! Telling webhooks what is in the outbox, for as long as the desk runs. Log
//! lines hold ids; where a webhook is, and what it is told, stands in none.

use std::sync::Arc;
use std::time::Duration;

use fixlead_app::Desk;
use fixlead_app::webhooks::courier::Courier;
use fixlead_app::webhooks::message_name;
use tracing::{info, warn};

use crate::api::metrics::Metrics;

/// How often is looked for something to tell.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Works until it is dropped.
pub async fn work(desk: Desk, courier: Arc<dyn Courier>, metrics: Arc<Metrics>) {
    let mut every = tokio::time::interval(LOOK_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut quiet = false;
    loop {
        every.tick().await;
        let round = match desk.deliver(&courier).await {
            Ok(round) => round,
            Err(_) => {
                // Said once, for it is tried every second.
                if !quiet {
                    warn!(target: "fixlead::webhooks", "the outbox could not be read; it is tried again");
                }
                quiet = true;
                continue;
            }
        };
        quiet = false;
        for done in &round.done {
            metrics.told(done.outcome);
            let (webhook, message) = (done.webhook.to_string(), message_name(done.message));
            let (outcome, again) = (done.outcome.name(), done.again);
            info!(target: "fixlead::webhooks", webhook, message, outcome, again, "called");
        }
        for (webhook, why) in &round.disabled {
            let (webhook, why) = (webhook.to_string(), why.name());
            warn!(target: "fixlead::webhooks", webhook, why, "not called any more, until somebody has it go on");
        }
        if round.failed > 0 {
            warn!(target: "fixlead::webhooks", messages = round.failed, "could not be sent; they are tried again");
        }
        if round.more {
            every.reset_immediately();
        }
    }
}
