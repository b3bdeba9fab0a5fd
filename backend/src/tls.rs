//! TLS for both doors, from one certificate that is read again when the operator asks for it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, Unit, tz::TimeZone};
use parking_lot::RwLock;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The first byte of a TLS record that holds a handshake (RFC 8446 section 5.1).
const RECORD: u8 = 0x16;
/// A certificate that ends within this time is warned about.
const SOON: Duration = Duration::from_hours(21 * 24);

/// A socket, with TLS or without.
pub type Socket = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// A certificate can't be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file can't be read, or is no PEM.
    #[error("can't read {flag} {}: {why}", path.display())]
    File {
        /// Which it is.
        flag: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The two do not belong together, or are of a kind that is not known.
    #[error("--tls-cert {} and --tls-key {} can't be used: {why}", cert.display(), key.display())]
    Pair {
        /// The certificate.
        cert: PathBuf,
        /// The key.
        key: PathBuf,
        /// Why not.
        why: String,
    },
}

/// A certificate and its key, ready for handshakes.
pub struct Tls {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Current>,
}

#[derive(Clone)]
struct Current {
    config: Arc<ServerConfig>,
    facts: Facts,
}

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The names it is for; a wildcard's begins with its star.
    pub names: Vec<String>,
    /// When it ends.
    pub ends: Timestamp,
}

impl Tls {
    /// Reads a chain of certificates, the server's own first, and its key, both PEM.
    ///
    /// # Errors
    /// [`TlsError`], which names the file.
    pub fn load(cert: &Path, key: &Path) -> Result<Tls, TlsError> {
        let current = RwLock::new(read(cert, key)?);
        Ok(Tls { cert: cert.to_owned(), key: key.to_owned(), current })
    }

    /// Reads the files again. Who is connected stays so; with an error, what was read before stays in use.
    ///
    /// # Errors
    /// [`TlsError`], which names the file.
    pub fn reload(&self) -> Result<(), TlsError> {
        let read = read(&self.cert, &self.key)?;
        *self.current.write() = read;
        Ok(())
    }

    /// What the certificate in use says of itself.
    pub fn facts(&self) -> Facts {
        self.current.read().facts.clone()
    }

    /// Shakes hands, within a time.
    ///
    /// # Errors
    /// When the peer does not keep to the protocol, or not to the time.
    pub async fn accept(&self, stream: TcpStream, within: Duration) -> io::Result<Socket> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.current.read().config));
        let stream = timeout(within, acceptor.accept(stream)).await.map_err(|_| io::ErrorKind::TimedOut)??;
        Ok(Either::Right(Box::new(stream)))
    }
}

/// Whether a peer begins with TLS; none if it has said nothing within `wait`. Nothing is taken of what it says.
///
/// # Errors
/// When the connection fails.
pub async fn begins(stream: &TcpStream, wait: Duration) -> io::Result<Option<bool>> {
    let mut first = [0];
    match timeout(wait, stream.peek(&mut first)).await {
        Ok(peeked) => Ok(Some(peeked? == 1 && first[0] == RECORD)),
        Err(_) => Ok(None),
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "for {}, until {}", self.names.join(", "), self.day())
    }
}

impl Facts {
    fn day(&self) -> String {
        self.ends.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// What to warn of, if there is anything.
    pub fn warning(&self, now: Timestamp) -> Option<String> {
        let (names, day, left) = (self.names.join(", "), self.day(), self.ends.duration_since(now));
        if left.is_negative() {
            return Some(format!(
                "the certificate for {names} ended on {day}: browsers refuse it; SIGHUP takes a new one"
            ));
        }
        let days = left.round(Unit::Hour).map_or(0, |left| left.as_hours() / 24);
        (left.unsigned_abs() < SOON)
            .then(|| format!("the certificate for {names} ends on {day}, in {days} days; SIGHUP takes a new one"))
    }
}

fn read(cert: &Path, key: &Path) -> Result<Current, TlsError> {
    let at = |flag, path: &Path| {
        let path = path.to_owned();
        move |why: String| TlsError::File { flag, path, why }
    };
    let pair = |why: String| TlsError::Pair { cert: cert.to_owned(), key: key.to_owned(), why };
    let chain = chain(cert).map_err(at("--tls-cert", cert))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|why| at("--tls-key", key)(words(&why)))?;
    let facts = chain.first().ok_or_else(|| "there is no certificate in it".to_owned()).and_then(|own| facts(own));
    let facts = facts.map_err(at("--tls-cert", cert))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|why| pair(why.to_string()))?;
    let config = builder.with_no_client_auth().with_single_cert(chain, secret);
    let mut config = config.map_err(|why| pair(misfit(&why)))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Current { config: Arc::new(config), facts })
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(|why| words(&why))?;
    certificates.collect::<Result<_, _>>().map_err(|why| words(&why))
}

fn words(why: &rustls::pki_types::pem::Error) -> String {
    match why {
        rustls::pki_types::pem::Error::Io(fault) => fault.to_string(),
        rustls::pki_types::pem::Error::NoItemsFound => {
            "there is no key in it (a PEM file with BEGIN PRIVATE KEY)".to_owned()
        }
        other => other.to_string(),
    }
}

fn misfit(why: &rustls::Error) -> String {
    match why {
        rustls::Error::InconsistentKeys(_) => "the key is not the certificate's".to_owned(),
        other => other.to_string(),
    }
}

fn facts(certificate: &CertificateDer<'_>) -> Result<Facts, String> {
    let (_, certificate) = X509Certificate::from_der(certificate).map_err(|why| why.to_string())?;
    let ends = Timestamp::from_second(certificate.validity().not_after.timestamp()).map_err(|why| why.to_string())?;
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.into_iter().flat_map(|names| names.value.general_names.iter()).filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    Ok(Facts { names: names.collect(), ends })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use tempfile::TempDir;

    use super::*;

    /// A folder with a certificate for a name that ends in a year, and its key.
    fn made(name: &str, year: i32) -> (TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        write(&cert, &key, name, year);
        (folder, cert, key)
    }

    fn write(cert: &Path, key: &Path, name: &str, year: i32) {
        let secret = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 2);
        fs::write(cert, params.self_signed(&secret).unwrap().pem()).unwrap();
        fs::write(key, secret.serialize_pem()).unwrap();
    }

    fn fault(cert: &Path, key: &Path) -> String {
        Tls::load(cert, key).err().unwrap().to_string()
    }

    #[test]
    fn a_certificate_says_for_whom_and_until_when() {
        let (_folder, cert, key) = made("chat.example.org", 2030);
        let facts = Tls::load(&cert, &key).unwrap().facts();
        assert_eq!(
            facts,
            Facts { names: vec!["chat.example.org".to_owned()], ends: "2030-01-02T00:00:00Z".parse().unwrap() }
        );
        let warning = |now: &str| facts.warning(now.parse().unwrap());
        assert_eq!(warning("2029-11-01T00:00:00Z"), None);
        assert!(warning("2029-12-28T00:00:00Z").unwrap().contains("in 5 days"));
        assert!(warning("2030-01-03T00:00:00Z").unwrap().contains("browsers refuse it"));
    }

    #[test]
    fn what_is_read_again_is_in_use_and_what_is_no_good_changes_nothing() {
        let (_folder, cert, key) = made("old.example.org", 2030);
        let tls = Tls::load(&cert, &key).unwrap();
        fs::write(&cert, "nonsense").unwrap();
        assert!(tls.reload().is_err());
        assert_eq!(tls.facts().names, ["old.example.org"]);
        write(&cert, &key, "new.example.org", 2031);
        tls.reload().unwrap();
        assert_eq!(tls.facts().names, ["new.example.org"]);
    }

    #[test]
    fn what_can_not_be_used_is_named() {
        let (folder, cert, key) = made("chat.example.org", 2030);
        let (_other, _, other_key) = made("other.example.org", 2030);
        let none = folder.path().join("none.pem");
        assert!(fault(&none, &key).contains("--tls-cert") && fault(&none, &key).contains("none.pem"));
        assert!(fault(&cert, &none).contains("can't read --tls-key"));
        assert!(fault(&key, &key).contains("there is no certificate in it"));
        assert!(fault(&cert, &cert).contains("BEGIN PRIVATE KEY"));
        assert!(fault(&cert, &other_key).contains("the key is not the certificate's"));
    }
}
