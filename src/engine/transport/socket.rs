//! A non-blocking stream socket: the system calls of the hot path, one line each.

use super::SocketOption;
pub use rustix::io::Errno;
use rustix::io::retry_on_intr;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, sendmsg, shutdown, sockopt};
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

    fn fd(&self) -> BorrowedFd<'_> {
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

    /// Sets an option; zero, or the negated errno.
    pub fn set_option(&self, option: SocketOption) -> i32 {
        let done = match option {
            SocketOption::NoDelay(on) => sockopt::set_tcp_nodelay(self.fd(), on),
            SocketOption::KeepAlive(on, idle) => sockopt::set_socket_keepalive(self.fd(), on).and_then(|()| {
                if on && !idle.is_zero() {
                    sockopt::set_tcp_keepidle(self.fd(), idle)
                } else {
                    Ok(())
                }
            }),
            SocketOption::TypeOfService(value) => sockopt::set_ip_tos(self.fd(), value),
        };
        done.map_or_else(|error| -error.raw_os_error(), |()| 0)
    }

    /// `IP_TOS`, or the negated errno.
    pub fn type_of_service(&self) -> i32 {
        sockopt::ip_tos(self.fd()).map_or_else(|error| -error.raw_os_error(), i32::from)
    }
}
