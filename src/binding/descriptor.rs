//! How does a file descriptor leave Node's hands and reach ours? Three calls, used by `lib/takeover.js` in this order:
//! duplicate it, make libuv's own readiness set forget the original, and, when the takeover fails after all, close the
//! duplicate.
//!
//! May use napi and libc only. Which sockets are taken and when is decided in JavaScript; what happens to the descriptor
//! afterwards is the engine's business.

use napi::Env;
use napi_derive::napi;

/// Duplicates `fd`, close-on-exec and non-blocking; `-errno` when that fails, with nothing changed.
#[napi]
pub(crate) fn dup_descriptor(fd: i32) -> i32 {
    platform::duplicate(fd)
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

    use napi::Env;

    /// The result of a system call as JavaScript reads it: the value itself, or `-errno`.
    fn value_or_errno(result: i32) -> i32 {
        if result < 0 {
            -Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
        } else {
            result
        }
    }

    /// See [`super::dup_descriptor`].
    pub(super) fn duplicate(fd: i32) -> i32 {
        // SAFETY: fcntl takes any number and answers EBADF for one that is not open; no memory is passed.
        let copy = value_or_errno(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) });
        if copy < 0 {
            return copy;
        }
        let failure = set_nonblocking(copy);
        if failure < 0 {
            close(copy);
            return failure;
        }
        copy
    }

    /// Node's sockets are non-blocking already, and both numbers share the flag: it is written only where it is missing.
    fn set_nonblocking(fd: i32) -> i32 {
        // SAFETY: `fd` is open and ours; no memory is passed.
        let flags = value_or_errno(unsafe { libc::fcntl(fd, libc::F_GETFL) });
        if flags < 0 || flags & libc::O_NONBLOCK != 0 {
            return flags.min(0);
        }
        // SAFETY: as above; the flags are the ones just read plus one.
        value_or_errno(unsafe { libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) })
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

    /// See [`super::dup_descriptor`].
    pub(super) fn duplicate(_fd: i32) -> i32 {
        ENOTSUP
    }

    /// See [`super::forget_descriptor`].
    pub(super) fn forget(_env: Env, _fd: i32) -> i32 {
        ENOTSUP
    }

    /// See [`super::close_descriptor`].
    pub(super) fn close(_fd: i32) -> i32 {
        ENOTSUP
    }
}
