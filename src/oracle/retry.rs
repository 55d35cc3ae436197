//! What happens when a driver dies or hangs over a job: it is started again, and the job is tried once more or given up.

use super::wire::LinkLost;
use super::{MOST_CRASHES, Oracle, OracleEnd, OracleError, OracleReport};

impl Oracle {
    /// The report of the first job that was submitted and not collected.
    ///
    /// # Errors
    /// If the oracle dies repeatedly, or violates the protocol. The job is lost.
    ///
    /// # Panics
    /// If nothing was submitted.
    pub fn collect(&mut self) -> Result<OracleReport, OracleError> {
        let pending = self.pending.pop_front().expect("nothing was submitted");
        let timeout = pending.job.timeout;
        let answer = match self.receive(pending.id, timeout)? {
            Ok(answer) => answer,
            Err(LinkLost::Timeout) => {
                self.restart()?;
                return Ok(OracleReport::nothing(OracleEnd::Timeout));
            }
            Err(LinkLost::Ended(_)) => {
                self.start()?;
                self.send(&pending)?;
                match self.receive(pending.id, timeout)? {
                    Ok(answer) => {
                        self.resend()?;
                        answer
                    }
                    Err(LinkLost::Timeout) => {
                        self.restart()?;
                        return Ok(OracleReport::nothing(OracleEnd::Timeout));
                    }
                    Err(LinkLost::Ended(how)) => {
                        self.crashes += 1;
                        if self.crashes >= MOST_CRASHES {
                            return Err(self.broken(format!("died over {MOST_CRASHES} modules in a row: {how}")));
                        }
                        self.restart()?;
                        return Ok(OracleReport::nothing(OracleEnd::Crash(how)));
                    }
                }
            }
        };
        self.crashes = 0;
        self.understood(&pending, &answer)
    }

    /// Starts the driver again, and sends the open jobs again.
    pub(super) fn restart(&mut self) -> Result<(), OracleError> {
        self.start()?;
        self.resend()
    }

    fn resend(&mut self) -> Result<(), OracleError> {
        let open = std::mem::take(&mut self.pending);
        let sent = open.iter().try_for_each(|pending| self.send(pending));
        self.pending = open;
        sent
    }
}
