//! TLS in a server that is built without it: there is none, and the options that ask for it are
//! refused.

use crate::flags::{Exit, Settings};

/// What all TLS connections share, were there any.
#[derive(Debug)]
pub enum Tls {}

impl Tls {
    /// Finds that the settings ask for no TLS.
    ///
    /// # Errors
    /// None.
    pub fn load(_settings: &Settings) -> Result<Option<Tls>, Exit> {
        Ok(None)
    }

    /// Reads certificates again.
    ///
    /// # Errors
    /// None.
    pub fn reload(&self, _now: u32) -> Result<(), String> {
        match *self {}
    }

    /// Notes the tick of the first reading.
    pub fn count_from(&self, _now: u32) {
        match *self {}
    }

    /// The tick of the last reading.
    pub fn loaded(&self) -> u32 {
        match *self {}
    }
}
