//! Listens for what other processes have appended. Followers look at the log
//! every second anyway; being told is only quicker.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_postgres::AsyncMessage;

use super::Server;

/// The channel of `NOTIFY`; its message is the position of the last event.
pub(super) const CHANNEL: &str = "fixlead";

/// How long after a lost connection the next is tried.
const PAUSE: Duration = Duration::from_secs(2);

/// Passes on what it hears until nobody listens to it any more.
pub(super) fn start(server: Server, told: Arc<watch::Sender<u64>>) {
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = told.closed() => return,
                _ = listen(&server, &told) => tokio::time::sleep(PAUSE).await,
            }
        }
    });
}

async fn listen(server: &Server, told: &watch::Sender<u64>) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = server.connect().await?;
    let asked = async {
        client.batch_execute("LISTEN fixlead").await?;
        // The connection lives as long as its client.
        std::future::pending::<()>().await;
        Ok(())
    };
    let heard = async {
        loop {
            match std::future::poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(AsyncMessage::Notification(note))) if note.channel() == CHANNEL => {
                    tell(told, note.payload().parse().unwrap_or(0));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            }
        }
    };
    tokio::select! {
        result = asked => result,
        result = heard => result,
    }
}

/// Passes a position on unless a later one is known.
pub(super) fn tell(told: &watch::Sender<u64>, position: u64) {
    told.send_if_modified(|known| {
        let newer = position > *known;
        *known = (*known).max(position);
        newer
    });
}
