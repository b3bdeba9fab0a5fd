//! Real proxies, with the parts that the operator's guide shows for them.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, eventually, root};
use tokio::process::{Child, Command};

use super::Folder;

/// The part that docs/OPERATING.md shows for a proxy under a heading.
fn part_for(proxy: &str, heading: &str) -> Result<String> {
    let guide = std::fs::read_to_string(root().join("docs/OPERATING.md"))?;
    let (_, section) = guide.split_once(&format!("# {heading}\n")).context("no such heading in the guide")?;
    let (_, behind) = section.split_once(&format!("```{proxy}\n")).context("no such part in the guide")?;
    let (part, _) = behind.split_once("```").context("the part does not end")?;
    Ok(part.to_owned())
}

/// What the guide shows for a name of its own, and for a path of one.
const NAME: &str = "Behind a reverse proxy";
const PATH: &str = "Below a path";
/// The server that the guide has behind the proxy, and the path.
const SERVER: &str = "127.0.0.1:3000";
const BASE: &str = "/chat";

/// A proxy with the part that the guide shows, in front of a server.
pub struct Proxied {
    _process: Child,
    /// Where it listens.
    pub port: u16,
}

impl Proxied {
    /// nginx, at https.
    pub async fn by_nginx(server: &Binary, folder: &Folder) -> Result<Proxied> {
        let port = free_port()?;
        let block = part_for("nginx", NAME)?
            .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port} ssl;"))
            .replace("listen [::]:443 ssl;", "")
            .replace("chat.example.org", "localhost")
            .replace("/etc/ssl/chat.pem", &folder.path("cert.pem"))
            .replace("/etc/ssl/chat.key", &folder.path("key.pem"))
            .replace(SERVER, &server.http.to_string());
        Proxied::nginx(&block, port, folder).await
    }

    /// nginx, at http, with a server below each path. Whatever it is asked for stands in the folder's `asked`.
    pub async fn by_nginx_below(servers: &[(&str, &Binary)], folder: &Folder) -> Result<Proxied> {
        let location = part_for("nginx", PATH)?;
        let place =
            |(path, server): &(&str, &Binary)| location.replace(BASE, path).replace(SERVER, &server.http.to_string());
        Proxied::nginx_with(&servers.iter().map(place).collect::<String>(), folder).await
    }

    /// The same for the guide's path, but with a line of its part that is wrong.
    pub async fn by_nginx_but((right, wrong): (&str, &str), server: &Binary, folder: &Folder) -> Result<Proxied> {
        let location = part_for("nginx", PATH)?;
        ensure!(location.contains(right), "the guide has no {right:?}");
        Proxied::nginx_with(&location.replace(right, wrong).replace(SERVER, &server.http.to_string()), folder).await
    }

    async fn nginx_with(locations: &str, folder: &Folder) -> Result<Proxied> {
        let port = free_port()?;
        let asked = folder.path("asked");
        let block = format!(
            "log_format asked $request_uri; server {{ listen 127.0.0.1:{port}; access_log {asked} asked; {locations} }}"
        );
        Proxied::nginx(&block, port, folder).await
    }

    async fn nginx(block: &str, port: u16, folder: &Folder) -> Result<Proxied> {
        let temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|temp| format!("{temp}_temp_path {};", folder.path(temp)));
        let whole = format!(
            "daemon off; pid {}; error_log {}; events {{}}\nhttp {{ access_log off; {}\n{block} }}\n",
            folder.path("pid"),
            folder.path("error.log"),
            temps.concat(),
        );
        let config = folder.path("nginx.conf");
        std::fs::write(&config, whole)?;
        Proxied::start(Command::new("nginx").args(["-c", &config, "-g", "master_process off;"]), port).await
    }

    /// Caddy, at https.
    pub async fn by_caddy(server: &Binary, folder: &Folder) -> Result<Proxied> {
        let port = free_port()?;
        let block = part_for("caddy", NAME)?
            .replace("chat.example.org", &format!("https://localhost:{port}"))
            // What it would get from an authority that knows the name.
            .replace(
                "reverse_proxy",
                &format!("tls {} {}\n    reverse_proxy", folder.path("cert.pem"), folder.path("key.pem")),
            )
            .replace(SERVER, &server.http.to_string());
        Proxied::caddy(&block, port, folder).await
    }

    /// Caddy, at http, with the server below the guide's path.
    pub async fn by_caddy_below(server: &Binary, folder: &Folder) -> Result<Proxied> {
        let port = free_port()?;
        let block = part_for("caddy", PATH)?
            .replace("example.org", &format!("http://localhost:{port}"))
            .replace(SERVER, &server.http.to_string());
        Proxied::caddy(&block, port, folder).await
    }

    async fn caddy(block: &str, port: u16, folder: &Folder) -> Result<Proxied> {
        let own =
            format!("{{\nadmin off\nauto_https disable_redirects\nstorage file_system {}\n}}\n", folder.path("caddy"));
        let config = folder.path("Caddyfile");
        std::fs::write(&config, [&own, block].concat())?;
        let caddy = ["run", "--config", &config, "--adapter", "caddyfile"];
        Proxied::start(Command::new("caddy").args(caddy).env("HOME", &folder.0), port).await
    }

    async fn start(proxy: &mut Command, port: u16) -> Result<Proxied> {
        let process = proxy.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        eventually("the proxy", async || Ok(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.map(drop)?))
            .await?;
        Ok(Proxied { _process: process, port })
    }
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
