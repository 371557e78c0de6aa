//! Whether the database is whole, as far as the engine itself can tell. What
//! was changed by somebody who knows the engine is found by the log instead.

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::store::Store;

impl Store {
    /// Looks for damage: SQLite walks through its file once, PostgreSQL answers
    /// for its own. Takes about a second for a gigabyte.
    pub async fn quick_check(&self) -> Result<()> {
        let Engine::Sqlite(sqlite) = &self.inner.engine else {
            return self.head().await.map(drop);
        };
        let found: String = sqlite
            .read(|connection| Ok(connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?))
            .await?;
        if found == "ok" {
            return Ok(());
        }
        // What SQLite says of a damage names pages and tables, never values.
        Err(Error::Schema(format!("the database file is damaged ({found}); restore a backup")))
    }
}
