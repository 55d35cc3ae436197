//! Messages over a socket, in both directions. Each is sent as its length in bytes (a `u64`, little-endian) followed by
//! its `postcard` encoding.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Read, Write};
use std::marker::PhantomData;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// The number of bytes read at a time.
const CHUNK: usize = 64 << 10;
/// The number of bytes of a message's length.
const LENGTH: usize = 8;
/// The maximum number of bytes of a message. A longer one comes from a process that has gone wild.
const MOST_BYTES: usize = 256 << 20;

/// Why a message could not be sent or received.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The other process has closed its end, or has died.
    #[error("the other process has closed its end")]
    Closed,
    /// A message cannot be encoded or decoded.
    #[error("a message cannot be encoded or decoded: {0}")]
    Message(#[from] postcard::Error),
    /// The system reports an error.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The text of an error that occurred in another process.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{0}")]
pub struct RemoteError(pub String);

impl RemoteError {
    /// Renders an error for another process.
    pub fn new(error: &dyn std::error::Error) -> RemoteError {
        RemoteError(error.to_string())
    }
}

/// Sends messages of one type.
#[derive(Debug)]
pub struct MessageSender<T> {
    stream: UnixStream,
    messages: PhantomData<fn(T)>,
}

impl<T: Serialize> MessageSender<T> {
    /// Creates a sender for this end of a socket.
    pub fn new(stream: UnixStream) -> MessageSender<T> {
        MessageSender { stream, messages: PhantomData }
    }

    /// Sends a message. If the other process does not read, this waits for as long as the stream's timeout allows.
    ///
    /// # Errors
    /// The other process is gone or does not read, or the message cannot be encoded.
    pub fn send(&mut self, message: &T) -> Result<(), ChannelError> {
        let mut frame = postcard::to_extend(message, vec![0; LENGTH])?;
        let length = frame.len() - LENGTH;
        if length > MOST_BYTES {
            return Err(postcard::Error::SerializeBufferFull.into());
        }
        frame[..LENGTH].copy_from_slice(&(length as u64).to_le_bytes());
        Ok(self.stream.write_all(&frame)?)
    }
}

/// Receives messages of one type.
#[derive(Debug)]
pub struct MessageReceiver<T> {
    stream: UnixStream,
    /// The bytes of incomplete messages.
    pending: Vec<u8>,
    /// How long [`MessageReceiver::poll`] waits; `None`: for ever.
    poll: Option<Duration>,
    messages: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> MessageReceiver<T> {
    /// Creates a receiver for this end of a socket. [`MessageReceiver::poll`] waits no longer than `poll`; `None`:
    /// until a message arrives.
    ///
    /// # Errors
    /// `poll` is zero.
    pub fn new(stream: UnixStream, poll: Option<Duration>) -> std::io::Result<MessageReceiver<T>> {
        stream.set_read_timeout(poll)?;
        Ok(MessageReceiver { stream, pending: Vec::new(), poll, messages: PhantomData })
    }

    /// Returns the next message if it arrives in time. The time limit holds even if bytes keep arriving.
    ///
    /// # Errors
    /// The other process is gone, or what it sent is not a message.
    pub fn poll(&mut self) -> Result<Option<T>, ChannelError> {
        let mut chunk = [0; CHUNK];
        let start = Instant::now();
        loop {
            if let Some(message) = self.whole()? {
                return Ok(Some(message));
            }
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(ChannelError::Closed),
                Ok(n) => {
                    self.pending.extend_from_slice(&chunk[..n]);
                    if self.poll.is_some_and(|poll| start.elapsed() >= poll) {
                        return self.whole();
                    }
                }
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                    return Ok(None);
                }
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Waits for the next message and returns it.
    ///
    /// # Errors
    /// As [`MessageReceiver::poll`].
    pub fn receive(&mut self) -> Result<T, ChannelError> {
        loop {
            if let Some(message) = self.poll()? {
                return Ok(message);
            }
        }
    }

    /// Takes the first pending message, if it is complete.
    fn whole(&mut self) -> Result<Option<T>, ChannelError> {
        let Some((length, rest)) = self.pending.split_first_chunk::<LENGTH>() else { return Ok(None) };
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length > MOST_BYTES {
            return Err(postcard::Error::DeserializeBadEncoding.into());
        }
        let Some(message) = rest.get(..length) else { return Ok(None) };
        let message = postcard::from_bytes(message);
        self.pending.drain(..LENGTH + length);
        Ok(Some(message?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_whole_and_in_order() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut sender = MessageSender::<Vec<u8>>::new(ours);
        let mut receiver = MessageReceiver::<Vec<u8>>::new(theirs, Some(Duration::from_millis(1))).unwrap();
        assert!(matches!(receiver.poll(), Ok(None)));
        let large = vec![7; 3 * CHUNK];
        let sent = large.clone();
        let thread = std::thread::spawn(move || {
            for message in [vec![1], sent, vec![]] {
                sender.send(&message).unwrap();
            }
        });
        assert_eq!(receiver.receive().unwrap(), [1]);
        assert_eq!(receiver.receive().unwrap(), large);
        assert!(receiver.receive().unwrap().is_empty());
        thread.join().unwrap();
        assert!(matches!(receiver.receive(), Err(ChannelError::Closed)));
    }

    #[test]
    fn who_sends_bytes_without_end_is_not_listened_to_for_ever() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut receiver = MessageReceiver::<Vec<u8>>::new(theirs, Some(Duration::from_millis(1))).unwrap();
        let thread = std::thread::spawn(move || {
            ours.write_all(&(MOST_BYTES as u64).to_le_bytes()).unwrap();
            while ours.write_all(&[0; CHUNK]).is_ok() {}
        });
        while receiver.pending.len() < CHUNK {
            assert!(matches!(receiver.poll(), Ok(None)));
        }
        assert!(receiver.pending.len() < MOST_BYTES);
        drop(receiver);
        thread.join().unwrap();
    }

    #[test]
    fn a_message_behind_one_that_is_none_is_read() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut receiver = MessageReceiver::<bool>::new(theirs, None).unwrap();
        ours.write_all(&[1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap();
        assert!(matches!(receiver.receive(), Err(ChannelError::Message(_))));
        assert!(matches!(receiver.receive(), Ok(true)));
    }

    #[test]
    fn what_is_not_a_message_is_an_error() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut receiver = MessageReceiver::<bool>::new(theirs, None).unwrap();
        ours.write_all(&[1, 0, 0, 0, 0, 0, 0, 0, 9]).unwrap();
        assert!(matches!(receiver.receive(), Err(ChannelError::Message(_))));
        // A length above the maximum is refused without waiting.
        for length in [MOST_BYTES as u64 + 1, u64::MAX] {
            let (mut ours, theirs) = UnixStream::pair().unwrap();
            let mut receiver = MessageReceiver::<bool>::new(theirs, None).unwrap();
            ours.write_all(&length.to_le_bytes()).unwrap();
            assert!(matches!(receiver.receive(), Err(ChannelError::Message(_))), "{length}");
        }
        // Half of a message, and then nothing more.
        ours.write_all(&[2, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap();
        drop(ours);
        assert!(matches!(receiver.receive(), Err(ChannelError::Closed)));
    }
}
