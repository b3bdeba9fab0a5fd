//! A network that fails on demand: a TCP proxy on this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;

/// What the network does.
#[derive(Clone, Copy, PartialEq)]
enum Weather {
    /// It passes everything on.
    Fair,
    /// It passes on what clients send; what the server answers is lost.
    OneWay,
    /// It loses everything, and nobody is told.
    Silent,
    /// It has cut every connection, and cuts new ones at once.
    Cut,
}

/// A proxy in front of a server. It ends when this is dropped.
pub struct Proxy {
    /// Where clients come in.
    pub addr: SocketAddr,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// A proxy that passes everything on to `server`.
    ///
    /// # Errors
    /// When it gets no port.
    pub async fn to(server: SocketAddr) -> Result<Proxy> {
        Proxy::at(Ipv4Addr::LOCALHOST.into(), server).await
    }

    /// The same where another machine could come in: at an address that is no localhost.
    ///
    /// # Errors
    /// When this machine has no such address.
    pub async fn outside(server: SocketAddr) -> Result<Proxy> {
        // Nothing is sent: the system only says where it would be sent from.
        let way = UdpSocket::bind("0.0.0.0:0").await?;
        way.connect("192.0.2.1:9").await?;
        Proxy::at(way.local_addr()?.ip(), server).await
    }

    async fn at(ip: IpAddr, server: SocketAddr) -> Result<Proxy> {
        let listener = TcpListener::bind((ip, 0)).await?;
        let addr = listener.local_addr()?;
        let (weather, watched) = watch::channel(Weather::Fair);
        tokio::spawn(accept(listener, server, watched));
        Ok(Proxy { addr, weather })
    }

    /// Cuts every connection, and those that come.
    pub fn cut(&self) {
        self.weather.send_replace(Weather::Cut);
    }

    /// From now on what the server says is lost on the way.
    pub fn lose_answers(&self) {
        self.weather.send_replace(Weather::OneWay);
    }

    /// From now on everything is lost on the way.
    pub fn lose_everything(&self) {
        self.weather.send_replace(Weather::Silent);
    }

    /// Lets everything pass again.
    pub fn mend(&self) {
        self.weather.send_replace(Weather::Fair);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, mut weather: watch::Receiver<Weather>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    tokio::spawn(connection(client, server, weather.clone()));
                }
            }
            // Clients come to a closed port once the test is over.
            gone = weather.changed() => if gone.is_err() { return },
        }
    }
}

async fn connection(client: TcpStream, server: SocketAddr, mut weather: watch::Receiver<Weather>) {
    if *weather.borrow() == Weather::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let now = weather.clone();
    tokio::select! {
        () = pass(from_client, to_server, || *now.borrow() != Weather::Silent) => {}
        () = pass(from_server, to_client, || *now.borrow() == Weather::Fair) => {}
        _ = weather.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, passes: impl Fn() -> bool) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if passes() && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
