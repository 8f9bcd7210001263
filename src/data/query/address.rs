//! Where a scheduler of a cluster listens.

use std::fmt;
use std::io;
use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::str::FromStr;
use std::time::Duration;

use crate::error::Error;

/// `HOST:PORT`, of which the host may be a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerAddress {
    host: String,
    port: u16,
}

/// How long a scheduler may take to answer.
const CONNECT: Duration = Duration::from_secs(5);

impl SchedulerAddress {
    /// A name or an address.
    pub(in crate::data) fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub(in crate::data) fn port(&self) -> u16 {
        self.port
    }

    /// Knocks at all addresses of the host; the address of this machine that the first which answers sees.
    pub(in crate::data) fn connect(&self) -> io::Result<IpAddr> {
        let mut last = io::Error::other("the name has no address");
        for socket in (self.host.as_str(), self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&socket, CONNECT) {
                Ok(stream) => return Ok(stream.local_addr()?.ip()),
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    /// What to say where nobody answers.
    pub(in crate::data) fn nobody(&self, why: io::Error) -> Error {
        Error::cannot_run(format!("no scheduler answers at {self}"))
            .because(why)
            .help("start one: persona-eval data scheduler")
    }
}

impl fmt::Display for SchedulerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for SchedulerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "not HOST:PORT, as 127.0.0.1:50050".to_owned();
        let (host, port) = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).ok_or_else(wrong)?;
        Ok(Self { host: host.to_owned(), port: port.parse().map_err(|_| wrong())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let address: SchedulerAddress = "some.machine:50050".parse().unwrap();
        assert_eq!((address.host(), address.port()), ("some.machine", 50050));
        assert_eq!(address.to_string(), "some.machine:50050");
        for wrong in ["nowhere", ":5", "host:", "host:port", "host:70000", ""] {
            assert!(wrong.parse::<SchedulerAddress>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_that_listens_is_reached_and_one_that_is_gone_is_not() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address: SchedulerAddress = listener.local_addr().unwrap().to_string().parse().unwrap();
        assert_eq!(address.connect().unwrap(), IpAddr::from([127, 0, 0, 1]));
        drop(listener);
        let told = address.nobody(address.connect().unwrap_err()).to_string();
        assert!(told.contains(&format!("no scheduler answers at {address}")), "{told}");
    }
}
