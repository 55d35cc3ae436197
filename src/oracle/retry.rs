//! Handles a driver that dies or hangs on a job: it is started again, and the job is tried once more or given up.

use super::driver_process::LinkLost;
use super::{MOST_CRASHES, Oracle, OracleEnd, OracleError, OracleReport};

impl Oracle {
    /// The report of the first job that was submitted and not yet collected.
    ///
    /// # Errors
    /// The oracle dies repeatedly, or violates the protocol. The job is lost.
    ///
    /// # Panics
    /// Nothing was submitted, or another job was submitted after one that returns contents.
    pub fn collect(&mut self) -> Result<OracleReport, OracleError> {
        let mut pending = self.pending.pop_front().expect("nothing was submitted");
        let timeout = pending.job.timeout;
        self.death = None;
        let ends = match self.connection.receive(pending.id, timeout)? {
            Ok(ends) => ends,
            Err(LinkLost::Timeout) => {
                self.restart()?;
                return Ok(OracleReport::nothing(OracleEnd::Timeout));
            }
            Err(LinkLost::Ended(how)) => {
                self.connection.start()?;
                self.send(&mut pending)?;
                match self.connection.receive(pending.id, timeout)? {
                    Ok(ends) => {
                        self.resend()?;
                        self.death = Some(how);
                        ends
                    }
                    Err(LinkLost::Timeout) => {
                        self.restart()?;
                        self.death = Some(how);
                        return Ok(OracleReport::nothing(OracleEnd::Timeout));
                    }
                    Err(LinkLost::Ended(how)) => {
                        self.crashes += 1;
                        if self.crashes >= MOST_CRASHES {
                            return Err(self
                                .connection
                                .broken(format!("died on {MOST_CRASHES} modules in a row: {how}")));
                        }
                        self.restart()?;
                        return Ok(OracleReport::nothing(OracleEnd::Crash(how)));
                    }
                }
            }
        };
        self.crashes = 0;
        let mut report = pending.report(&self.connection, &self.lacks, &mut self.hashers, ends)?;
        if pending.job.contents && report.start == OracleEnd::Values(Vec::new()) {
            assert!(self.pending.is_empty(), "contents are read before the next job is sent");
            report.contents = pending.contents(&mut self.connection)?;
        }
        Ok(report)
    }

    /// Starts the driver again, and sends the open jobs again.
    pub(super) fn restart(&mut self) -> Result<(), OracleError> {
        self.connection.start()?;
        self.resend()
    }

    fn resend(&mut self) -> Result<(), OracleError> {
        let mut open = std::mem::take(&mut self.pending);
        let sent = open.iter_mut().try_for_each(|pending| self.send(pending));
        self.pending = open;
        sent
    }
}
