//! A payload that stays in JavaScript's memory until the kernel has taken it.

/// What the border gave, and gets back, for a payload sent by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(pub usize);

/// Bytes owned by JavaScript and kept alive by the border until [`Foreign::token`] is released.
#[derive(Debug)]
pub struct Foreign {
    bytes: *const u8,
    length: usize,
    token: Token,
}

// SAFETY: the bytes are only read, and `Foreign::new`'s caller keeps them alive whichever thread reads them.
unsafe impl Send for Foreign {}

impl Foreign {
    /// Wraps `length` bytes at `bytes`.
    ///
    /// # Safety
    /// The bytes stay readable and in place until the token comes back in a batch or by `Reactor::take_released`.
    pub unsafe fn new(bytes: *const u8, length: usize, token: Token) -> Self {
        Self { bytes, length, token }
    }

    /// Bytes that live for ever, for tests.
    #[cfg(test)]
    pub(in crate::engine) fn of_static(bytes: &'static [u8], token: Token) -> Self {
        Self {
            bytes: bytes.as_ptr(),
            length: bytes.len(),
            token,
        }
    }

    /// The payload.
    pub fn as_slice(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: promised by `new`'s caller.
        unsafe { std::slice::from_raw_parts(self.bytes, self.length) }
    }

    /// What to give back.
    pub fn token(&self) -> Token {
        self.token
    }
}
