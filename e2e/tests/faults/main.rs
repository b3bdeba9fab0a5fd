//! What the disk can do to a server: it is full, it fails, it goes away, it gives back something else than was written.
//! Whatever it does, what was acknowledged is kept, what was refused is not, reading goes on, and it heals by itself.
//!
//! Mounting takes root, which the tests have in CI.

mod damaged;
mod failing;
mod full;
mod held;
mod saboteur;
mod speaker;
mod vanished;
