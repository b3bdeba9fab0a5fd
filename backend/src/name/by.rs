//! Whom a client is to others: an id that its secret gives, and that does not give the secret.

use std::fmt;

use commonroom_protocol::{Said, limits};
use sha2::{Digest, Sha256};

use crate::refusal::Refusal;

/// A client's public id: the first 64 bits of SHA-256 of its secret `client`, shown as 16 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct By(pub u64);

impl By {
    /// The public id of a client's secret.
    ///
    /// # Errors
    /// [`Refusal::BadFrame`] if it is not [`limits::CLIENT_BYTES`] url-safe characters.
    pub fn of_client(client: &str) -> Result<By, Refusal> {
        let url_safe = client.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !url_safe || !limits::CLIENT_BYTES.contains(&client.len()) {
            return Err(Refusal::bad_frame("client must be 8 to 64 url-safe characters"));
        }
        let digest = Sha256::digest(client);
        Ok(By(digest.iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte))))
    }

    /// The id of who has said this; 0 if it has none.
    pub fn of(said: &Said) -> By {
        By(u64::from_str_radix(&said.by, 16).unwrap_or_default())
    }

    /// The id of a connection that brings none, such as a terminal's.
    ///
    /// # Errors
    /// When the system has no random numbers to give.
    pub fn random() -> Result<By, getrandom::Error> {
        Ok(By(getrandom::u64()?))
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_id_is_the_head_of_the_secrets_hash() {
        // printf abcdefgh | sha256sum
        assert_eq!(By::of_client("abcdefgh").map(|by| by.to_string()), Ok("9c56cc51b374c3ba".to_owned()));
        assert!(By::of_client("short").is_err());
        assert!(By::of_client("white space").is_err());
    }
}
