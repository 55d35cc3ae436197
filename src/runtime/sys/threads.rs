//! On which CPU a thread runs.

use std::thread::JoinHandle;

/// Moves a thread that was just started to a CPU other than the caller's, if it may run on one. Afterwards it may run wherever
/// the caller may. Returns whether the system was asked to move it.
///
/// Linux chooses a CPU for a new thread by the load of the last milliseconds. In a process that young, it is often the one that
/// the caller keeps busy, though another is idle: then one of the two waits until the next tick, 4 ms with many kernels.
#[cfg(all(target_os = "linux", not(miri)))]
pub fn run_elsewhere<T>(thread: &JoinHandle<T>) -> bool {
    use std::os::unix::thread::JoinHandleExt;
    let (Some(allowed), Some(here)) = (linux::allowed(), linux::here()) else { return false };
    let Some(others) = linux::without(&allowed, here) else { return false };
    // The first set makes it move, the second one lets it move again.
    [others, allowed].iter().all(|set| {
        // SAFETY: the thread was not joined, so this is its name even if it has ended; the set is as large as the call is told.
        unsafe { libc::pthread_setaffinity_np(thread.as_pthread_t(), size_of_val(set), set) == 0 }
    })
}

/// Other systems choose as they like, and Miri has none.
#[cfg(not(all(target_os = "linux", not(miri))))]
pub fn run_elsewhere<T>(_: &JoinHandle<T>) -> bool {
    false
}

#[cfg(all(target_os = "linux", not(miri)))]
mod linux {
    use libc::cpu_set_t;

    /// The CPUs that the calling thread may run on. `None` if they do not fit into a set, as may be the case on large machines.
    pub fn allowed() -> Option<cpu_set_t> {
        // SAFETY: an array of integers, for which zeros are a value.
        let mut set: cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: the set is as large as the call is told. The calling thread is 0.
        let answer = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) };
        (answer == 0).then_some(set)
    }

    /// The CPU that the calling thread is on.
    pub fn here() -> Option<usize> {
        // SAFETY: it takes no arguments.
        unsafe { libc::sched_getcpu() }.try_into().ok()
    }

    /// The CPUs of a set except this one, which a set must have room for; `None` if there are none.
    pub fn without(set: &cpu_set_t, cpu: usize) -> Option<cpu_set_t> {
        let mut others = *set;
        // SAFETY: these take any set, and panic for a CPU that it has no room for.
        unsafe {
            libc::CPU_CLR(cpu, &mut others);
            (libc::CPU_COUNT(&others) > 0).then_some(others)
        }
    }
}

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn set(cpus: &[usize]) -> libc::cpu_set_t {
        // SAFETY: an array of integers, for which zeros are a value, and CPUs that it has room for.
        unsafe {
            let mut set = std::mem::zeroed();
            cpus.iter().for_each(|&cpu| libc::CPU_SET(cpu, &mut set));
            set
        }
    }

    fn same(one: &libc::cpu_set_t, other: &libc::cpu_set_t) -> bool {
        // SAFETY: it takes any sets.
        unsafe { libc::CPU_EQUAL(one, other) }
    }

    #[test]
    fn without_the_last_cpu_there_is_none() {
        for cpus in [&[0, 3, 70][..], &[0, 70]] {
            assert!(linux::without(&set(cpus), 3).is_some_and(|others| same(&others, &set(&[0, 70]))));
        }
        assert!(linux::without(&set(&[3]), 3).is_none());
    }

    /// The CPUs that a thread may run on after it is moved while it waits, and whether it was moved.
    fn moved() -> (libc::cpu_set_t, bool) {
        let (go, wait) = channel();
        let thread = std::thread::spawn(move || {
            wait.recv().expect("it is sent");
            linux::allowed().expect("it fits")
        });
        let moved = run_elsewhere(&thread);
        go.send(()).expect("it waits");
        (thread.join().expect("it does not panic"), moved)
    }

    #[test]
    fn a_thread_that_was_moved_may_run_where_its_creator_may() {
        let Some(all) = linux::allowed() else { return };
        // SAFETY: it takes any set.
        let several = unsafe { libc::CPU_COUNT(&all) } > 1;
        let (may, was_moved) = moved();
        assert!(same(&may, &all) && was_moved == several);
    }

    /// A thread whose creator may run on only one CPU stays there.
    #[test]
    fn nothing_moves_where_there_is_one_cpu() {
        let pinned = std::thread::spawn(|| {
            let one = set(&[linux::here().expect("it is on one")]);
            // SAFETY: the set is as large as the call is told; it is this thread's own, which ends soon.
            assert_eq!(unsafe { libc::sched_setaffinity(0, size_of_val(&one), &one) }, 0);
            let (may, was_moved) = moved();
            same(&may, &one) && !was_moved
        });
        assert!(pinned.join().expect("it does not panic"));
    }
}
