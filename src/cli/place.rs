//! Where the data commands' plans run.

use crate::data::Place;
use crate::error::Result;

/// Where plans run.
#[derive(Debug, clap::Args)]
pub(super) struct PlaceArgs {
    /// Run the plans on a cluster: the scheduler that `data scheduler` started; all its machines must see the folders by the
    /// same paths
    #[arg(long, value_name = "HOST:PORT")]
    cluster: Option<String>,
}

impl PlaceArgs {
    /// Where they shall run.
    ///
    /// # Errors
    /// A cluster is asked for of a build without.
    pub(super) fn place(&self) -> Result<Place> {
        self.cluster.as_deref().map_or(Ok(Place::Here), cluster)
    }
}

#[cfg(feature = "cluster")]
fn cluster(address: &str) -> Result<Place> {
    address.parse().map(Place::Cluster).map_err(|why: String| {
        crate::error::Error::input(format!("--cluster {address} is no address")).expected(why)
    })
}

#[cfg(not(feature = "cluster"))]
fn cluster(_: &str) -> Result<Place> {
    Err(crate::error::Error::input("this build runs on no cluster: that is behind the feature `cluster`")
        .help("cargo run --release --features cluster -- data --help"))
}
