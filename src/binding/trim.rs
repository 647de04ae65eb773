//! Gives memory back to the system that the allocator keeps after many connections have come or gone.
//!
//! What Node frees for each of them lies scattered among what lives on, and glibc returns only the end of its heap unasked.

use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Result, Task};
use napi_derive::napi;

/// The work, for one of Node's own worker threads: the environment waits for those before it ends.
pub(crate) struct Trim;

#[napi]
impl Task for Trim {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        // SAFETY: takes no pointer, and may be called from any thread: each arena is locked while it is looked at.
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        unsafe {
            libc::malloc_trim(0);
        }
        Ok(())
    }

    fn resolve(&mut self, _env: Env, (): ()) -> Result<()> {
        Ok(())
    }
}

/// Asks for it; where the allocator has no such call nothing happens.
#[napi(catch_unwind)]
pub(crate) fn trim_memory() -> AsyncTask<Trim> {
    AsyncTask::new(Trim)
}
