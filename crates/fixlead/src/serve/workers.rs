//! What a desk does without being asked: it looks at the cases that are due to
//! be looked at. [`super::witnesses`] signs the log.

use std::time::Duration;

use fixlead_app::Desk;
use tracing::{info, warn};

/// After how many looks what was kept long enough is announced, and what has
/// expired deleted: an hour.
const TIDY_EVERY: u32 = 720;
/// How often cases are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Works until it is dropped.
pub async fn work(desk: Desk) {
    let mut looks = 0_u32;
    let mut every = tokio::time::interval(LOOK_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match desk.wake().await {
            Ok(round) if round.woken + round.failed > 0 => {
                let (woken, failed, reminders) = (round.woken, round.failed, round.reminded.len());
                info!(target: "fixlead::workers", woken, failed, reminders, "looked at cases");
            }
            Ok(_) => {}
            Err(_) => warn!(target: "fixlead::workers", "cases could not be looked at; they are tried again"),
        }
        if looks.is_multiple_of(TIDY_EVERY) {
            match desk.tidy().await {
                Ok(0) => {}
                Ok(announced) => info!(target: "fixlead::workers", announced, "cases were kept long enough"),
                Err(_) => {
                    warn!(target: "fixlead::workers", "what was kept long enough could not be looked for")
                }
            }
        }
        looks = looks.wrapping_add(1);
    }
}
