//! How does a file descriptor leave Node's hands and reach ours? `lib/takeover/takeover.js` takes a duplicate, and closes it when
//! the takeover fails after all.
//!
//! May use napi and libc only. Which sockets are taken and when is decided in JavaScript; what happens to the descriptor
//! afterwards is the engine's business.

use napi::Env;
use napi::bindgen_prelude::{JsValue, Unknown};
use napi_derive::napi;

use super::values;

/// Duplicates `fd`, close-on-exec; `-errno` when there is no duplicate to be had, with nothing changed.
///
/// All in one call, since it happens for each handshake: `ends`, a `Float64Array` of two, gets the peer's and the local
/// address, packed: the IPv4 address times 65536 plus the port, plus 2 to the 48th when it is mapped into IPv6; -1 for
/// any other kind.
#[napi]
pub(crate) fn take_descriptor(env: Env, fd: i32, #[napi(ts_arg_type = "Float64Array")] ends: Unknown<'_>) -> i32 {
    let copy = platform::duplicate(fd);
    if copy >= 0 {
        values::write_floats(env.raw(), ends.raw(), platform::ends(copy));
    }
    copy
}

/// Removes `fd` from the readiness set of this environment's libuv loop: 0, or `-errno`. A descriptor the set does not
/// hold counts as forgotten; where the loop cannot be had the answer is `-ENOTSUP`.
///
/// An epoll set holds open file descriptions, not descriptors: while our duplicate lives, closing Node's number leaves
/// the description registered. Some versions of libuv remove it only after that close, which then fails, and the loop
/// spins on events nobody reads.
#[napi]
pub(crate) fn forget_descriptor(env: Env, fd: i32) -> i32 {
    platform::forget(env, fd)
}

/// Closes a duplicate that never reached the engine: 0, or `-errno`.
#[napi]
pub(crate) fn close_descriptor(fd: i32) -> i32 {
    platform::close(fd)
}

/// Sockets are file descriptors here.
#[cfg(unix)]
mod platform {
    use std::io::Error;
    use std::mem::MaybeUninit;
    use std::net::Ipv6Addr;

    use napi::Env;

    /// What stands for an address that does not fit.
    const UNKNOWN: f64 = -1.0;
    /// Marks an IPv4 address that is mapped into IPv6.
    const MAPPED: f64 = 65_536.0 * 4_294_967_296.0;

    /// The result of a system call as JavaScript reads it: the value itself, or `-errno`.
    fn value_or_errno(result: i32) -> i32 {
        if result < 0 {
            -Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
        } else {
            result
        }
    }

    /// See [`super::take_descriptor`].
    pub(super) fn duplicate(fd: i32) -> i32 {
        // SAFETY: fcntl takes any number and answers EBADF for one that is not open; no memory is passed. Both numbers
        // share libuv's O_NONBLOCK.
        value_or_errno(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) })
    }

    /// The peer's and the local address of a socket, see [`super::take_descriptor`].
    pub(super) fn ends(fd: i32) -> [f64; 2] {
        [address(fd, libc::getpeername), address(fd, libc::getsockname)]
    }

    /// `int getpeername(int, struct sockaddr*, socklen_t*)`, and the one for the local end.
    type GetName = unsafe extern "C" fn(libc::c_int, *mut libc::sockaddr, *mut libc::socklen_t) -> libc::c_int;

    /// One address, packed.
    fn address(fd: i32, get: GetName) -> f64 {
        let mut found = MaybeUninit::<libc::sockaddr_storage>::zeroed();
        let mut length = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        // SAFETY: any number may be asked; the kernel writes at most `length` bytes, which are there.
        let result = unsafe { get(fd, found.as_mut_ptr().cast(), &raw mut length) };
        if result != 0 {
            return UNKNOWN;
        }
        // SAFETY: zeroed, which is a value of this type, then filled by the kernel.
        let family = i32::from(unsafe { found.assume_init_ref() }.ss_family);
        match family {
            libc::AF_INET => {
                // SAFETY: the family says which structure it is, and it fits into the storage.
                let v4 = unsafe { &*found.as_ptr().cast::<libc::sockaddr_in>() };
                packed(u32::from_be(v4.sin_addr.s_addr), u16::from_be(v4.sin_port))
            }
            libc::AF_INET6 => {
                // SAFETY: as above.
                let v6 = unsafe { &*found.as_ptr().cast::<libc::sockaddr_in6>() };
                Ipv6Addr::from(v6.sin6_addr.s6_addr)
                    .to_ipv4_mapped()
                    .map_or(UNKNOWN, |v4| MAPPED + packed(v4.to_bits(), u16::from_be(v6.sin6_port)))
            }
            _ => UNKNOWN,
        }
    }

    fn packed(address: u32, port: u16) -> f64 {
        f64::from(address) * 65536.0 + f64::from(port)
    }

    /// See [`super::close_descriptor`].
    pub(super) fn close(fd: i32) -> i32 {
        // SAFETY: JavaScript owns the duplicate and hands it over exactly once, here or to the engine.
        value_or_errno(unsafe { libc::close(fd) })
    }

    /// kqueue and its like register descriptors, not descriptions: closing the original is enough.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn forget(_env: Env, _fd: i32) -> i32 {
        0
    }

    /// See [`super::forget_descriptor`].
    #[cfg(target_os = "linux")]
    pub(super) fn forget(env: Env, fd: i32) -> i32 {
        let Some(epoll) = loop_descriptor(env) else {
            return -libc::ENOTSUP;
        };
        // SAFETY: EPOLL_CTL_DEL ignores its event argument, so null is allowed (since Linux 2.6.9).
        let result = unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_DEL, fd, std::ptr::null_mut()) };
        match value_or_errno(result) {
            failure if failure == -libc::ENOENT || failure == -libc::EBADF => 0,
            result => result,
        }
    }

    /// The epoll descriptor of this environment's libuv loop, if there is one.
    #[cfg(target_os = "linux")]
    fn loop_descriptor(env: Env) -> Option<i32> {
        let backend_fd = backend_fd()?;
        let uv_loop = env.get_uv_event_loop().ok()?;
        // SAFETY: the loop belongs to the environment of this call and outlives it; uv_backend_fd only reads a field.
        let fd = unsafe { backend_fd(uv_loop.cast()) };
        (fd >= 0).then_some(fd)
    }

    /// `int uv_backend_fd(const uv_loop_t*)`.
    #[cfg(target_os = "linux")]
    type BackendFd = unsafe extern "C" fn(*const libc::c_void) -> libc::c_int;

    /// libuv's function, looked up once and never linked: an addon that links it does not load where the host hides it.
    #[cfg(target_os = "linux")]
    fn backend_fd() -> Option<BackendFd> {
        use std::sync::OnceLock;
        static FOUND: OnceLock<Option<BackendFd>> = OnceLock::new();
        *FOUND.get_or_init(|| {
            // SAFETY: the name is a C string; dlsym searches what is loaded and returns null when it is absent.
            let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"uv_backend_fd".as_ptr()) };
            // SAFETY: a symbol of this name is libuv's function of that signature, stable since libuv 1.0; null is None.
            unsafe { std::mem::transmute::<*mut libc::c_void, Option<BackendFd>>(symbol) }
        })
    }
}

/// No descriptors to take over: every call says so, and JavaScript keeps to the Duplex.
#[cfg(not(unix))]
mod platform {
    use napi::Env;

    /// libuv's `UV_ENOTSUP` on Windows.
    const ENOTSUP: i32 = -4049;

    /// See [`super::take_descriptor`].
    pub(super) fn duplicate(_fd: i32) -> i32 {
        ENOTSUP
    }

    /// See [`super::forget_descriptor`].
    pub(super) fn forget(_env: Env, _fd: i32) -> i32 {
        ENOTSUP
    }

    /// See [`super::take_descriptor`].
    pub(super) fn ends(_fd: i32) -> [f64; 2] {
        [-1.0; 2]
    }

    /// See [`super::close_descriptor`].
    pub(super) fn close(_fd: i32) -> i32 {
        ENOTSUP
    }
}
