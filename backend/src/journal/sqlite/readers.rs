//! Who reads the file while it is written to: some connections, each for one short question at a time.

use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::{Connection, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use super::file::Database;
use crate::journal::JournalError;

/// Some connections. Whoever finds them all busy waits for their turn.
#[derive(Clone)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
    count: u32,
}

impl Readers {
    /// Opens so many connections: all at once, since a file that vanishes later can still be read by them.
    pub fn open(database: &Database, count: u32) -> Result<Readers> {
        let connections = (0..count).map(|_| database.reader()).collect::<Result<_>>()?;
        let turns = Arc::new(Semaphore::new(count as usize));
        Ok(Readers { idle: Arc::new(Mutex::new(connections)), turns, count })
    }

    /// Asks in one short transaction, off the runtime's threads. Who stops waiting leaves the answer to nobody.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, JournalError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| JournalError::Down)?;
        let connection = self.idle.lock().pop().ok_or(JournalError::Down)?;
        let taken = Taken { connection: Some(connection), idle: Arc::clone(&self.idle), _turn: turn };
        let answer = spawn_blocking(move || taken.ask(question)).await.map_err(|_| JournalError::Down)?;
        answer.map_err(|fault| JournalError::Unreadable(fault.to_string()))
    }

    /// Closes the connections, once those that are busy are back.
    pub async fn close(&self) {
        // Closed already is closed, too.
        let _turns = self.turns.acquire_many(self.count).await;
        self.turns.close();
        self.idle.lock().clear();
    }
}

/// A connection that somebody has, and puts back however the question ends.
struct Taken {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    _turn: OwnedSemaphorePermit,
}

impl Taken {
    fn ask<T>(&self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let Some(connection) = &self.connection else { return Err(rusqlite::Error::InvalidQuery) };
        let transaction = connection.unchecked_transaction()?;
        let answer = question(connection);
        transaction.finish()?;
        answer
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.idle.lock().extend(self.connection.take());
    }
}
