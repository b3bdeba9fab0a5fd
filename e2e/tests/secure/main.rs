//! TLS as operators and their guests have it: openssl, ncat, a browser, a certificate that is changed, a proxy in front.

mod below;
mod doctor;
mod proxied;

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Witness, browse, eventually, target};
use proxied::Proxied;
use tokio::process::Command;

/// An authority that signs with the key it is given.
const AUTHORITY: &str = "[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
email_in_dn = no
copy_extensions = copy
[any]
commonName = supplied
";
/// Signs a certificate for localhost that was good in January 2025.
const ENDED: &str = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout key.pem -out request.pem
    openssl ca -batch -notext -config authority.conf -selfsign -keyfile key.pem -in request.pem \
        -startdate 20250101000000Z -enddate 20250201120000Z -out cert.pem";

/// A folder of one test, with a certificate in it.
struct Folder(PathBuf);

impl Folder {
    async fn new(name: &str) -> Result<Folder> {
        let folder = Folder(target().join("tmp").join(format!("{name}-{}", std::process::id())));
        std::fs::create_dir_all(&folder.0)?;
        folder.certify(90).await?;
        Ok(folder)
    }

    /// Makes the certificate anew, good for so many days.
    async fn certify(&self, days: u32) -> Result<()> {
        self.certify_also("localhost", days).await
    }

    /// The same, for this name as well.
    async fn certify_also(&self, name: &str, days: u32) -> Result<()> {
        let names = format!("subjectAltName=DNS:localhost,DNS:{name}");
        let (days, key, cert) = (days.to_string(), self.path("key.pem"), self.path("cert.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args(["-subj", "/CN=localhost", "-addext", &names, "-days", &days])
            .args(["-keyout", &key, "-out", &cert])
            .output()
            .await?;
        ensure!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        Ok(())
    }

    /// Makes the certificate anew, one that has ended.
    async fn certify_ended(&self) -> Result<()> {
        // `req` makes none that has ended, so that an authority must.
        std::fs::write(self.path("authority.conf"), AUTHORITY)?;
        std::fs::write(self.path("index.txt"), "")?;
        let made = Command::new("sh").args(["-ec", ENDED]).current_dir(&self.0).output().await?;
        ensure!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        Ok(())
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    async fn server(&self) -> Result<Binary> {
        Binary::start_with(&["--tls-cert", &self.path("cert.pem"), "--tls-key", &self.path("key.pem")]).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in target/tmp.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a command line prints.
async fn run(command: &str) -> Result<String> {
    let output = Command::new("sh").args(["-c", command]).stdin(Stdio::null()).output().await?;
    Ok(String::from_utf8([output.stdout, output.stderr].concat())?)
}

#[tokio::test]
async fn openssl_and_ncat_come_in_by_tls_and_nc_without() -> Result<()> {
    let folder = Folder::new("clients").await?;
    let server = folder.server().await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    let (port, cert) = (server.tcp.port(), folder.path("cert.pem"));
    let ways = [
        (
            "by openssl",
            format!("openssl s_client -quiet -verify_return_error -CAfile {cert} -connect localhost:{port} 2>&1"),
        ),
        ("by ncat", format!("ncat --ssl-verify --ssl-trustfile {cert} localhost {port}")),
        ("by nc", format!("nc.openbsd -N localhost {port}")),
    ];
    for (said, way) in ways {
        let printed = run(&format!("echo '/say {said}' | {way}")).await?;
        ensure!(printed.contains("ok #"), "{way} printed {printed:?}");
        assert_eq!(witness.hear().await?["text"], said);
    }
    Ok(())
}

#[tokio::test]
async fn a_browser_comes_by_https_wherever_it_begins() -> Result<()> {
    browse(async |browser| {
        let folder = Folder::new("browser").await?;
        let server = folder.server().await?;
        let mut witness = Witness::join(server.tcp, "ops").await?;
        let page = browser.open(&format!("http://localhost:{}/r/ops", server.http.port())).await?;
        page.call_me("ana").await?;
        page.say("by wss").await?;
        assert_eq!(witness.hear().await?["text"], "by wss");
        assert_eq!(page.driver().current_url().await?.scheme(), "https");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn where_all_speak_tls_what_the_page_shows_does() -> Result<()> {
    browse(async |browser| {
        let folder = Folder::new("ways").await?;
        let cert = folder.path("cert.pem");
        let options = ["--tls-cert", &cert, "--tls-key", &folder.path("key.pem"), "--tls-only"];
        let server = Binary::start_with(&options).await?;
        let (port, trust) = (server.tcp.port(), format!("export SSL_CERT_FILE={cert} NODE_EXTRA_CA_CERTS={cert};"));
        ensure!(server.print.contains(&format!("socket  ncat --ssl localhost {port}")), "{}", server.print);
        for path in ["/", "/r/ops"] {
            let page = browser.open(&format!("https://localhost:{}{path}", server.http.port())).await?;
            page.connected().await?;
            let brief = "return document.querySelector('.invite code').textContent";
            page.returns(brief, format!("ncat --ssl localhost {port}")).await?;
            let ways = page.ways().await?;
            let programs: Vec<&str> = ways.iter().map(|(program, _)| program.as_str()).collect();
            assert_eq!(programs, ["ncat", "openssl", "PowerShell", "Python", "Node"]);
            // That one does not run here.
            for (program, line) in ways.iter().filter(|(program, _)| program != "PowerShell") {
                let typed = ["ncat", "openssl"].contains(&program.as_str());
                page.hears_from(program, &format!("{trust} {line}"), typed).await.with_context(|| path.to_owned())?;
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_certificate_is_changed_while_everybody_stays() -> Result<()> {
    let folder = Folder::new("changed").await?;
    let mut server = folder.server().await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    let shown = format!(
        "openssl s_client -connect localhost:{} </dev/null 2>/dev/null | openssl x509 -noout -serial",
        server.http.port()
    );
    let before = run(&shown).await?;
    let asked = format!(
        "curl -sk https://localhost:{}/ -o /dev/null -w %{{http_code}} -H 'Host: new.example'",
        server.http.port()
    );
    assert_eq!(run(&asked).await?, "421");
    folder.certify_also("new.example", 10).await?;
    server.signal("HUP").await?;
    eventually("the new certificate", async || {
        let now = run(&shown).await?;
        ensure!(now.starts_with("serial=") && now != before, "it is {now:?} still");
        Ok(())
    })
    .await?;
    assert_eq!(run(&asked).await?, "200", "the name of the new certificate is ours");
    std::fs::write(folder.path("cert.pem"), "nonsense")?;
    server.signal("HUP").await?;
    witness.say("still here").await?;
    ensure!(run(&shown).await?.starts_with("serial="), "the good one is gone");
    let ended = server.stop("TERM").await?;
    ensure!(ended.stderr.contains("the certificate has been read again: for localhost"), "{}", ended.stderr);
    ensure!(ended.stderr.contains("the certificate stays as it was"), "{}", ended.stderr);
    Ok(())
}

#[tokio::test]
async fn one_that_ends_soon_is_warned_about() -> Result<()> {
    let folder = Folder::new("ends").await?;
    folder.certify(5).await?;
    let mut server = folder.server().await?;
    Witness::join(server.tcp, "lobby").await?;
    let ended = server.stop("TERM").await?;
    ensure!(ended.stderr.contains("in 5 days; SIGHUP takes a new one"), "{}", ended.stderr);
    Ok(())
}

#[tokio::test]
async fn one_that_has_ended_is_warned_about_and_replaced_in_passing() -> Result<()> {
    let folder = Folder::new("ended").await?;
    folder.certify_ended().await?;
    let mut server = folder.server().await?;
    server.logs("ended on 2025-02-01").await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    let port = server.tcp.port();
    let ways = async || {
        let cert = folder.path("cert.pem");
        let openssl =
            format!("openssl s_client -quiet -verify_return_error -CAfile {cert} -connect localhost:{port} 2>&1");
        anyhow::Ok((
            run(&format!("echo '/say by tls' | {openssl}")).await?,
            run(&format!("echo '/say without' | nc.openbsd -N localhost {port}")).await?,
        ))
    };
    let (by_tls, without) = ways().await?;
    ensure!(by_tls.contains("certificate has expired") && !by_tls.contains("ok #"), "{by_tls:?}");
    ensure!(without.contains("ok #"), "{without:?}");
    assert_eq!(witness.hear().await?["text"], "without");

    folder.certify(90).await?;
    server.signal("HUP").await?;
    server.logs("the certificate has been read again").await?;
    let (by_tls, _) = ways().await?;
    ensure!(by_tls.contains("ok #"), "{by_tls:?}");
    // One that has ended is taken, too, since its operator asks for it, and not without a word.
    folder.certify_ended().await?;
    server.signal("HUP").await?;
    server.logs("ended on 2025-02-01").await?;
    assert_eq!(witness.hear().await?["text"], "by tls");
    Ok(())
}

#[tokio::test]
async fn caddy_in_front_needs_three_lines() -> Result<()> {
    browse(async |browser| {
        let folder = Folder::new("caddy").await?;
        let server = Binary::start_with(&["--trusted-proxy", "127.0.0.1"]).await?;
        let caddy = Proxied::by_caddy(&server, &folder).await?;
        let mut witness = Witness::join(server.tcp, "lobby").await?;
        let page = browser.open(&format!("https://localhost:{}/", caddy.port)).await?;
        page.call_me("ana").await?;
        page.say("through caddy").await?;
        assert_eq!(witness.hear().await?["text"], "through caddy");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn nginx_in_front_hands_on_pages_sockets_and_addresses() -> Result<()> {
    browse(async |browser| {
        let folder = Folder::new("nginx").await?;
        let options = ["--trusted-proxy", "127.0.0.1", "--max-per-address", "1"];
        let server = Binary::start_with(&options).await?;
        let nginx = Proxied::by_nginx(&server, &folder).await?;
        let mut witness = Witness::join(server.tcp, "lobby").await?;
        let page = browser.open(&format!("https://localhost:{}/", nginx.port)).await?;
        page.call_me("ana").await?;
        page.say("through nginx").await?;
        assert_eq!(witness.hear().await?["text"], "through nginx");
        // What a client writes into the header itself is not what nginx says of it.
        let upgrade = format!(
            "curl --silent --insecure --http1.1 --max-time 3 --output /dev/null --write-out '%{{http_code}}' \
             -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
             -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' -H 'X-Forwarded-For: 203.0.113.7' \
             https://localhost:{}/ws",
            nginx.port
        );
        // Were it believed, the second would be one too many from that address.
        let (first, second) = tokio::join!(run(&upgrade), run(&upgrade));
        for status in [first?, second?] {
            ensure!(status.starts_with("101"), "{status}");
        }
        Ok(())
    })
    .await
}
