//! What a desk does without being asked: it looks at the cases that are due to
//! be looked at, and signs the head of the log while there is activity.

use std::time::Duration;

use fixlead_app::Desk;
use tracing::{info, warn};

/// How often cases are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// After how many looks the head of the log is signed, if it has moved: a minute.
const SIGN_EVERY: u32 = 12;

/// Works until it is dropped.
pub async fn work(desk: Desk) {
    let (mut looks, mut signed) = (0_u32, None);
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
        if looks.is_multiple_of(SIGN_EVERY) {
            let moved = desk.store().head().await.is_ok_and(|head| signed != Some(head.number));
            if moved {
                match desk.store().sign_head().await {
                    Ok(head) => signed = Some(head.number),
                    Err(_) => warn!(target: "fixlead::workers", "the head of the log could not be signed"),
                }
            }
        }
        looks = looks.wrapping_add(1);
    }
}
