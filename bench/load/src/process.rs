//! What has the server's process used so far? Read from `/proc`; elsewhere everything is unknown.

use std::fs;

/// CPU time of one thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    /// Its id; the process id for the main thread.
    pub id: u32,
    /// The name the kernel shows.
    pub name: String,
    /// Nanoseconds on a CPU since it began.
    pub nanos: u64,
}

/// All threads of a process. `schedstat` counts nanoseconds, where `stat` counts ticks of 10 ms.
pub fn threads(pid: u32) -> Vec<Thread> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let read = |task: fs::DirEntry| {
        let id = task.file_name().to_str()?.parse().ok()?;
        let times = fs::read_to_string(task.path().join("schedstat")).ok()?;
        let nanos = times.split_whitespace().next()?.parse().ok()?;
        let name = fs::read_to_string(task.path().join("comm")).ok()?.trim().to_owned();
        Some(Thread { id, name, nanos })
    };
    tasks.flatten().filter_map(read).collect()
}

/// What each thread used between two readings; a thread that began in between used all it has.
pub fn used(before: &[Thread], after: &[Thread]) -> Vec<Thread> {
    let earlier = |id| {
        before
            .iter()
            .find(|thread| thread.id == id)
            .map_or(0, |thread| thread.nanos)
    };
    after
        .iter()
        .map(|thread| Thread {
            nanos: thread.nanos.saturating_sub(earlier(thread.id)),
            ..thread.clone()
        })
        .collect()
}

/// Resident memory in KiB.
pub fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_thread_counts_from_nothing() {
        let thread = |id, nanos| Thread {
            id,
            name: "t".into(),
            nanos,
        };
        assert_eq!(
            used(&[thread(1, 10)], &[thread(1, 15), thread(2, 7)]),
            [thread(1, 5), thread(2, 7)]
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_found() {
        let own = std::process::id();
        assert!(threads(own).iter().any(|thread| thread.id == own && thread.nanos > 0));
        assert!(resident(own).is_some_and(|kib| kib > 100));
    }
}
