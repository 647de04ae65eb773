//! A non-blocking stream socket: the system calls of the hot path, one line each.

use super::{KeepAlive, OptionName, SocketOption};
pub use rustix::io::Errno;
use rustix::io::retry_on_intr;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, Shutdown, getsockname, recv, sendmsg, shutdown, sockopt};
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

#[cfg(any(target_os = "macos", target_os = "ios"))]
const SEND: SendFlags = SendFlags::empty();
#[cfg(not(any(target_os = "macos", target_os = "ios")))]
const SEND: SendFlags = SendFlags::NOSIGNAL;

/// The socket; closed when dropped.
#[derive(Debug)]
pub struct Socket(OwnedFd);

impl Socket {
    /// Takes over a descriptor that JavaScript duplicated for the engine and forgets with this call.
    pub(in crate::engine) fn adopt(descriptor: RawFd) -> Self {
        // SAFETY: the attach command hands over a descriptor nobody else owns: the takeover duplicated it.
        Self(unsafe { OwnedFd::from_raw_fd(descriptor) })
    }

    /// Its descriptor.
    pub(in crate::engine) fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Reads what is there into `buffer`; zero is the end.
    #[inline]
    pub fn receive(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        recv(self.fd(), buffer, RecvFlags::empty()).map(|(taken, _)| taken)
    }

    /// Appends at most `want` bytes to `buffer`, within its capacity.
    #[inline]
    pub fn receive_append(&self, buffer: &mut Vec<u8>, want: usize) -> Result<usize, Errno> {
        let spare = buffer.spare_capacity_mut();
        let want = want.min(spare.len());
        let ((filled, _), _) = recv(self.fd(), &mut spare[..want], RecvFlags::empty())?;
        let filled = filled.len();
        let length = buffer.len() + filled;
        // SAFETY: the kernel initialised `filled` bytes behind the old length, within the capacity.
        unsafe { buffer.set_len(length) };
        Ok(filled)
    }

    /// Writes `bytes`; how many the kernel took.
    #[inline]
    pub fn send(&self, bytes: &[u8]) -> Result<usize, Errno> {
        retry_on_intr(|| rustix::net::send(self.fd(), bytes, SEND))
    }

    /// Gathers `parts` into one write.
    pub fn send_parts(&self, parts: &[IoSlice<'_>]) -> Result<usize, Errno> {
        sendmsg(self.fd(), parts, &mut rustix::net::SendAncillaryBuffer::default(), SEND)
    }

    /// Sends FIN. A peer that is gone already is found by the next read.
    pub fn shutdown(&self) {
        let _gone_already = shutdown(self.fd(), Shutdown::Write);
    }

    /// Makes closing send RST instead of FIN.
    pub fn reset_on_close(&self) {
        let _gone_already = sockopt::set_socket_linger(self.fd(), Some(Duration::ZERO));
    }

    /// Sets an option.
    pub fn set_option(&self, option: SocketOption) -> Result<(), Errno> {
        match option {
            SocketOption::NoDelay(on) => sockopt::set_tcp_nodelay(self.fd(), on),
            SocketOption::KeepAlive(asked) => self.set_keep_alive(asked),
            SocketOption::TypeOfService(value) if self.is_v6()? => sockopt::set_ipv6_tclass(self.fd(), value.into()),
            SocketOption::TypeOfService(value) => sockopt::set_ip_tos(self.fd(), value),
        }
    }

    /// In libuv's order: what comes before a value the kernel refuses has been set.
    fn set_keep_alive(&self, asked: Option<KeepAlive>) -> Result<(), Errno> {
        sockopt::set_socket_keepalive(self.fd(), asked.is_some())?;
        let Some(asked) = asked else { return Ok(()) };
        if !asked.is_valid() {
            return Err(Errno::INVAL);
        }
        sockopt::set_tcp_keepidle(self.fd(), asked.idle)?;
        sockopt::set_tcp_keepintvl(self.fd(), asked.interval)?;
        sockopt::set_tcp_keepcnt(self.fd(), asked.count)
    }

    /// Reads an option: the words of its name's documentation.
    pub fn option(&self, name: OptionName) -> Result<Vec<u32>, Errno> {
        Ok(match name {
            OptionName::NoDelay => vec![sockopt::tcp_nodelay(self.fd())?.into()],
            OptionName::KeepAlive => vec![
                sockopt::socket_keepalive(self.fd())?.into(),
                sockopt::tcp_keepidle(self.fd())?.as_secs() as u32,
                sockopt::tcp_keepintvl(self.fd())?.as_secs() as u32,
                sockopt::tcp_keepcnt(self.fd())?,
            ],
            OptionName::TypeOfService if self.is_v6()? => vec![sockopt::ipv6_tclass(self.fd())?],
            OptionName::TypeOfService => vec![sockopt::ip_tos(self.fd())?.into()],
        })
    }

    /// Whether it speaks IPv6; as in Node.js, with a peer whose IPv4 address is mapped too.
    fn is_v6(&self) -> Result<bool, Errno> {
        Ok(getsockname(self.fd())?.address_family() == AddressFamily::INET6)
    }
}
