//! A panic is a fault of ours. It costs the connection it happened on, not the process and not its neighbours.

use crate::engine::connection::{Connection, Work};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does `step` with a connection. If it panics, which the panic hook has told by then, the connection is dropped: whatever
/// state it is in, nobody looks at it again but to close it.
pub(super) fn contain<T>(
    connection: &mut Connection,
    work: &mut Work,
    step: impl FnOnce(&mut Connection, &mut Work) -> T,
) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(|| step(connection, work)));
    if done.is_err() {
        work.mend();
        connection.terminate(false, work);
    }
    done.ok()
}
