//! Patterns of topics, as the host has them.

/// 1 to 8 segments of `[a-z0-9_-]`, 1 to 64 bytes each, joined by dots. A segment may be `*` (exactly one), the last may be `**` (any
/// number, none included). As a constant it is checked by the compiler: `const ORDERS: Pattern = Pattern::new("orders.*");`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern(&'static str);

impl Pattern {
    /// # Panics
    /// When it is none.
    pub const fn new(text: &'static str) -> Pattern {
        assert!(is_pattern(text.as_bytes()), "no pattern of topics");
        Pattern(text)
    }

    pub const fn text(&self) -> &'static str {
        self.0
    }

    pub fn matches(&self, topic: &str) -> bool {
        let mut segments = topic.split('.');
        for wanted in self.0.split('.') {
            match (wanted, segments.next()) {
                ("**", _) => return true,
                (_, None) => return false,
                ("*", _) => {}
                (wanted, Some(segment)) if wanted != segment => return false,
                _ => {}
            }
        }
        segments.next().is_none()
    }
}

const fn is_pattern(text: &[u8]) -> bool {
    let (mut at, mut segments) = (0, 0);
    loop {
        let begin = at;
        let mut stars = 0;
        while at < text.len() && text[at] != b'.' {
            match text[at] {
                b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => {}
                b'*' => stars += 1,
                _ => return false,
            }
            at += 1;
        }
        let size = at - begin;
        let is_last = at == text.len();
        segments += 1;
        let fits = match stars {
            0 => size >= 1 && size <= 64,
            1 => size == 1,
            2 => size == 2 && is_last,
            _ => false,
        };
        if !fits || segments > 8 {
            return false;
        }
        if is_last {
            return true;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_grammar_of_the_specification() {
        for good in ["orders", "orders.*.created-1_a", "**", "a.b.c.d.e.f.g.**"] {
            assert!(is_pattern(good.as_bytes()), "{good}");
        }
        let long = "x".repeat(65);
        for bad in ["", "orders.", ".orders", "**.orders", "orders*", "Orders", "a.b.c.d.e.f.g.h.i", &long] {
            assert!(!is_pattern(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn matches_as_the_specification_says() {
        const ONE: Pattern = Pattern::new("orders.*");
        const REST: Pattern = Pattern::new("orders.**");
        assert!(ONE.matches("orders.created"));
        assert!(!ONE.matches("orders") && !ONE.matches("orders.eu.created"));
        assert!(REST.matches("orders") && REST.matches("orders.created") && REST.matches("orders.eu.created"));
        assert!(!REST.matches("order"));
    }
}
