//! What a guest prints, as lines of its log: pieces are joined until a line ends, the call ends, or the line is full.
use crate::types::LogLevel;

/// A longer line is logged in pieces.
const LINE_BYTES_MAX: usize = 4096;

/// One of standard output and standard error.
pub struct Stream {
    pub level: LogLevel,
    line: Vec<u8>,
}

impl Stream {
    pub fn new(level: LogLevel) -> Stream {
        Stream { level, line: Vec::new() }
    }

    /// Every whole line goes to `log`; what is left waits for its end. A line without content is none.
    pub fn print(&mut self, mut text: &[u8], log: &mut dyn FnMut(LogLevel, &str)) {
        while !text.is_empty() {
            let end = text.iter().position(|&byte| byte == b'\n');
            let room = LINE_BYTES_MAX - self.line.len();
            let taken = end.unwrap_or(text.len()).min(room);
            self.line.extend_from_slice(&text[..taken]);
            let at_end = end == Some(taken);
            text = &text[taken + usize::from(at_end)..];
            if at_end || self.line.len() == LINE_BYTES_MAX {
                self.flush(log);
            }
        }
    }

    /// The call has ended, and with it the line.
    pub fn flush(&mut self, log: &mut dyn FnMut(LogLevel, &str)) {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        if !line.is_empty() {
            log(self.level, &String::from_utf8_lossy(line));
        }
        self.line.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.line.is_empty()
    }
}
