//! A password or token: kept as its Argon2id hash (RFC 9106), as OWASP asks: 19 MiB, two passes.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::{PasswordHasher, PasswordVerifier};
use ring::hmac;
use thiserror::Error;

/// What the hash of a word begins with.
const HASHED: &str = "$argon2id$";
/// Invitations are signed by a key that is worked out of the secret as slowly as its hash: whoever has one can't guess
/// the secret any faster by it.
const INVITES: &[u8; 16] = b"commonroom invit";

/// Words of a secret at most, in bytes: a longer one is a mistake.
const LONGEST: usize = 1024;

/// A secret can't be used.
#[derive(Debug, Error)]
pub enum SecretError {
    /// Nothing, or too much.
    #[error("a password has 1 to {LONGEST} bytes, and no line feed")]
    Length,
    /// It begins or ends in a blank.
    #[error("a password that begins or ends in a blank can't be typed: what stands around one in a line is taken off")]
    Blank,
    /// It begins like a hash and is none.
    #[error("what begins with {HASHED} is a hash as `commonroom hash` prints it, and this is none: {0}")]
    Hash(String),
    /// The system has no random numbers to give, or no memory.
    #[error("a password can't be hashed: {0}")]
    Failed(String),
}

/// A password or token.
pub struct Secret {
    hash: PasswordHash,
    /// A tag of the word, once it is known: who comes back with it is let in at once.
    known: OnceLock<hmac::Tag>,
    /// Signs the tag; of this process alone.
    process: hmac::Key,
    invites: hmac::Key,
}

/// The hash of a word, as it can be given in place of it.
///
/// # Errors
/// [`SecretError`].
pub fn hash(word: &str) -> Result<String, SecretError> {
    Ok(hashed(checked(word)?)?.to_string())
}

fn checked(word: &str) -> Result<&str, SecretError> {
    match word {
        _ if word.is_empty() || word.len() > LONGEST || word.contains('\n') => Err(SecretError::Length),
        _ if word.trim() != word => Err(SecretError::Blank),
        _ => Ok(word),
    }
}

fn hashed(word: &str) -> Result<PasswordHash, SecretError> {
    Argon2::default().hash_password(word.as_bytes()).map_err(|why| SecretError::Failed(why.to_string()))
}

impl Secret {
    /// A secret by its word, or by the hash of it.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn new(given: &str) -> Result<Secret, SecretError> {
        let given = checked(given)?;
        let failed = |why: String| SecretError::Failed(why);
        let is_hash = given.starts_with(HASHED);
        let hash = if is_hash {
            PasswordHash::new(given).map_err(|why| SecretError::Hash(why.to_string()))?
        } else {
            hashed(given)?
        };
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|why| failed(why.to_string()))?;
        let process = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let mut key = [0; 32];
        let derived = Argon2::default().hash_password_into(given.as_bytes(), INVITES, &mut key);
        derived.map_err(|why| failed(why.to_string()))?;
        let secret = Secret { hash, known: OnceLock::new(), process, invites: hmac::Key::new(hmac::HMAC_SHA256, &key) };
        if !is_hash {
            secret.learn(given);
        }
        Ok(secret)
    }

    /// Whether this is the word, which is known already. Takes the same time for every word.
    pub(super) fn is_known(&self, word: &str) -> bool {
        self.known.get().is_some_and(|tag| hmac::verify(&self.process, word.as_bytes(), tag.as_ref()).is_ok())
    }

    /// Whether this is the word. Slow, as it must be: not for a thread of the runtime.
    pub(super) fn is(&self, word: &str) -> bool {
        let right = Argon2::default().verify_password(word.as_bytes(), &self.hash).is_ok();
        if right {
            self.learn(word);
        }
        right
    }

    /// Signs invitations. It is the same as long as the secret is given in the same way.
    pub(super) fn invites(&self) -> &hmac::Key {
        &self.invites
    }

    fn learn(&self, word: &str) {
        self.known.get_or_init(|| hmac::sign(&self.process, word.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_and_its_hash_are_the_same_secret() {
        let secret = Secret::new("open sesame").unwrap();
        assert!(secret.is_known("open sesame") && secret.is("open sesame"));
        assert!(!secret.is_known("Open sesame") && !secret.is("Open sesame"));
        let hashed = Secret::new(&hash("open sesame").unwrap()).unwrap();
        assert!(!hashed.is_known("open sesame") && hashed.is("open sesame"));
        assert!(hashed.is_known("open sesame"), "from now on");
        assert!(!hashed.is_known("other") && !hashed.is("other"));
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let says = |given: &str| Secret::new(given).err().map(|why| why.to_string()).unwrap_or_default();
        assert!(says("").contains("1 to 1024 bytes"));
        for blank in [" ", "open ", " sesame", "open\t"] {
            assert!(says(blank).contains("begins or ends in a blank"), "{blank:?}");
        }
        assert!(says(&"x".repeat(1025)).contains("1 to 1024 bytes"));
        assert!(says("$argon2id$v=19$nonsense").contains("commonroom hash"));
        assert!(Secret::new("$ecret").is_ok());
    }
}
