//! What is sent, received and answered: a content, and the codec that it is written in.
use std::fmt;

/// Codes that the host knows; messages may be sent in any of these.
pub mod codec {
    pub const PROTOBUF: u64 = 0x50;
    pub const CBOR: u64 = 0x51;
    /// Bytes or plain text, where nothing else is said.
    pub const RAW: u64 = 0x55;
    pub const JSON: u64 = 0x0200;
    pub const MESSAGEPACK: u64 = 0x0201;
    pub const BORSH: u64 = 0x0701;
    pub const BINCODE: u64 = 0x0702;
}

const MAX_PREFIX: usize = 9;

/// A payload that is none, or not what was expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}
impl std::error::Error for Malformed {}
impl From<Malformed> for crate::Error {
    fn from(why: Malformed) -> Self {
        crate::Error::InvalidMessage(why.0)
    }
}

/// Holds its wire form, prefix and content in one run: one that was received goes on as it is, and one that is made goes out without
/// another copy. Text and bytes make a `raw` one.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    wire: Vec<u8>,
    codec: u64,
    prefix: usize,
}

impl Payload {
    /// `write` appends the content to what it is given.
    pub fn write<E>(codec: u64, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Payload, E> {
        let mut wire = Vec::with_capacity(64);
        let mut rest = codec;
        while rest >= 0x80 {
            wire.push((rest as u8) | 0x80);
            rest >>= 7;
        }
        wire.push(rest as u8);
        let prefix = wire.len();
        write(&mut wire)?;
        Ok(Payload { wire, codec, prefix })
    }

    pub fn new(codec: u64, content: &[u8]) -> Payload {
        let written = Payload::write::<std::convert::Infallible>(codec, |to| {
            to.extend_from_slice(content);
            Ok(())
        });
        match written {
            Ok(payload) => payload,
            Err(never) => match never {},
        }
    }

    /// Of its wire form, as it was received.
    pub fn from_wire(wire: Vec<u8>) -> Result<Payload, Malformed> {
        let malformed = |why: &str| Err(Malformed(format!("a payload {why}")));
        let mut code = 0_u64;
        for index in 0..MAX_PREFIX {
            let Some(&byte) = wire.get(index) else {
                return malformed(if wire.is_empty() {
                    "that is empty: not even the code of its codec"
                } else {
                    "that is cut off inside the code of its codec"
                });
            };
            code |= u64::from(byte & 0x7f) << (7 * index);
            if byte >= 0x80 {
                continue;
            }
            if byte == 0 && index > 0 {
                return malformed("whose code is longer than it has to be");
            }
            let codec = if matches!(code, 0x300701 | 0x300702) { code & 0xffff } else { code };
            return Ok(Payload { wire, codec, prefix: index + 1 });
        }
        malformed("whose code has more than nine bytes")
    }

    pub fn into_wire(self) -> Vec<u8> {
        self.wire
    }
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    pub fn codec(&self) -> u64 {
        self.codec
    }
    pub fn content(&self) -> &[u8] {
        &self.wire[self.prefix..]
    }
    /// The content as text.
    pub fn text(&self) -> Result<&str, Malformed> {
        str::from_utf8(self.content()).map_err(|why| Malformed(format!("text that is not UTF-8: {why}")))
    }

    #[cfg(any(feature = "borsh", feature = "json"))]
    fn expect(&self, codec: u64, name: &str) -> Result<&[u8], Malformed> {
        if self.codec == codec {
            Ok(self.content())
        } else {
            Err(Malformed(format!("codec {:#x} instead of {name}", self.codec)))
        }
    }

    /// `value` in borsh. It fails for what borsh has no form for, as NaN.
    #[cfg(feature = "borsh")]
    pub fn borsh<T: borsh::BorshSerialize + ?Sized>(value: &T) -> Result<Payload, Malformed> {
        Payload::write(codec::BORSH, |to| value.serialize(to)).map_err(|why: borsh::io::Error| Malformed(why.to_string()))
    }
    #[cfg(feature = "borsh")]
    pub fn read_borsh<T: borsh::BorshDeserialize>(&self) -> Result<T, Malformed> {
        borsh::from_slice(self.expect(codec::BORSH, "borsh")?).map_err(|why| Malformed(why.to_string()))
    }

    #[cfg(feature = "json")]
    pub fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<Payload, Malformed> {
        Payload::write(codec::JSON, |to| serde_json::to_writer(to, value)).map_err(|why| Malformed(why.to_string()))
    }
    #[cfg(feature = "json")]
    pub fn read_json<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, Malformed> {
        serde_json::from_slice(self.expect(codec::JSON, "json")?).map_err(|why| Malformed(why.to_string()))
    }
}

impl Default for Payload {
    /// Raw, without content.
    fn default() -> Payload {
        Payload::new(codec::RAW, &[])
    }
}
impl fmt::Debug for Payload {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:#x}:{:?}", self.codec, String::from_utf8_lossy(self.content()))
    }
}
impl From<&str> for Payload {
    fn from(text: &str) -> Payload {
        Payload::new(codec::RAW, text.as_bytes())
    }
}
impl From<String> for Payload {
    fn from(text: String) -> Payload {
        text.as_str().into()
    }
}
impl From<&[u8]> for Payload {
    fn from(bytes: &[u8]) -> Payload {
        Payload::new(codec::RAW, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_with_the_code_of_its_codec() {
        assert_eq!(Payload::from("hi").wire(), b"\x55hi");
        assert_eq!(Payload::new(codec::JSON, b"{}").wire(), b"\x80\x04{}");
        assert_eq!(Payload::new(codec::BORSH, b"x").wire(), b"\x81\x0ex");
        assert_eq!(Payload::default().wire(), b"\x55");
    }

    #[test]
    fn goes_there_and_back_at_every_length() {
        for bits in 0..63 {
            let sent = Payload::new(1 << bits, b"x");
            let got = Payload::from_wire(sent.wire().to_vec()).unwrap();
            assert_eq!((got.codec(), got.content()), (1 << bits, &b"x"[..]), "{bits}");
        }
        assert_eq!(Payload::from_wire(vec![0x81, 0x8e, 0xc0, 0x01]).unwrap().codec(), codec::BORSH);
    }

    #[test]
    fn is_none_without_a_whole_prefix_of_the_shortest_form() {
        for (wire, why) in [
            (&[][..], "empty"),
            (&[0x81][..], "cut off"),
            (&[0xd5, 0][..], "longer than it has to be"),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1][..], "nine bytes"),
        ] {
            assert!(Payload::from_wire(wire.to_vec()).unwrap_err().0.contains(why), "{wire:?}");
        }
        assert!(Payload::from(&[0xff][..]).text().is_err());
    }

    #[cfg(feature = "borsh")]
    #[test]
    fn carries_values_in_borsh() {
        let sent = Payload::borsh(&(7_u32, "seven")).unwrap();
        assert_eq!(sent.content(), b"\x07\0\0\0\x05\0\0\0seven");
        assert_eq!(sent.read_borsh::<(u32, String)>().unwrap(), (7, "seven".to_string()));
        assert!(Payload::new(codec::BORSH, b"\xff\xff\xff\xff").read_borsh::<Vec<u64>>().is_err());
        assert!(Payload::from("raw").read_borsh::<u8>().unwrap_err().0.contains("codec 0x55 instead of borsh"));
        assert!(Payload::borsh(&f64::NAN).is_err());
    }

    #[cfg(feature = "json")]
    #[test]
    fn carries_values_in_json() {
        let sent = Payload::json(&[1, 2]).unwrap();
        assert_eq!(sent.wire(), b"\x80\x04[1,2]");
        assert_eq!(sent.read_json::<Vec<u8>>().unwrap(), [1, 2]);
        assert!(Payload::new(codec::JSON, b"[1,").read_json::<Vec<u8>>().is_err());
    }
}
