//! TLS connections in a server that is built without TLS: there are none.

use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::task::Poll;

use super::reactor::Readiness;
use super::stream::Stream;
use super::worker::Worker;
use crate::flags::ClientCert;
use crate::tls::Tls;

/// A socket that speaks TLS, were there any.
#[derive(Debug)]
pub(super) enum TlsStream {}

impl TlsStream {
    pub(super) fn new(
        _socket: Stream,
        _worker: &'static Worker,
        tls: &Tls,
        _client: ClientCert,
    ) -> io::Result<TlsStream> {
        match *tls {}
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        match *self {}
    }

    pub(super) fn readiness(&mut self) -> &mut Readiness {
        match *self {}
    }

    pub(super) fn held(&self) -> usize {
        match *self {}
    }

    pub(super) fn poll_read(&mut self, _buf: &mut [u8]) -> Poll<io::Result<usize>> {
        match *self {}
    }

    pub(super) fn poll_write(&mut self, _slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match *self {}
    }

    pub(super) fn poll_flush(&mut self) -> Poll<io::Result<()>> {
        match *self {}
    }

    pub(super) fn farewell(&mut self) {
        match *self {}
    }
}
