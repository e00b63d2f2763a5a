//! What an instance may take: the sum of its linear memories and the sum of its tables, however many there are.
use crate::abi::{InstanceLimits, MemoryStats};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use wasmtime::{ResourceLimiter, Result};

/// Counters that can be read while the store is inside a call.
#[derive(Default)]
pub struct Meter {
    bytes: AtomicU64,
    peak: AtomicU64,
    refused: AtomicU64,
    /// When the call under way was polled last, in ticks of the engine.
    pub polled_at: AtomicU64,
}

impl Meter {
    pub fn stats(&self) -> MemoryStats {
        MemoryStats {
            bytes: self.bytes.load(Relaxed),
            peak_bytes: self.peak.load(Relaxed),
            refused_growths: self.refused.load(Relaxed),
        }
    }

    // One thread writes at a time (that of the call), so plain loads and stores are enough.
    fn set_bytes(&self, bytes: u64) {
        self.bytes.store(bytes, Relaxed);
        if bytes > self.peak.load(Relaxed) {
            self.peak.store(bytes, Relaxed);
        }
    }
}

pub struct Limits {
    pub meter: Arc<Meter>,
    memory_bytes: u64,
    largest_memory: u64,
    table_elements: u64,
    elements: u64,
    instances: usize,
    tables: usize,
    memories: usize,
    refused_in_call: bool,
    refusal: Option<String>,
}

impl Limits {
    /// `largest_memory` is the engine's bound for one memory.
    pub fn new(limits: &InstanceLimits, largest_memory: u64, meter: Arc<Meter>) -> Limits {
        Limits {
            meter,
            memory_bytes: limits.memory_bytes,
            largest_memory,
            table_elements: limits.table_elements,
            elements: 0,
            instances: limits.instances as usize,
            tables: limits.tables as usize,
            memories: limits.memories as usize,
            refused_in_call: false,
            refusal: None,
        }
    }

    /// A call begins: what was refused before does not explain its trap.
    pub fn begin_call(&mut self) {
        self.refused_in_call = false;
    }

    pub fn refused_in_call(&self) -> bool {
        self.refused_in_call
    }

    /// The first refusal since the instance began.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    fn refuse(&mut self, of_memory: bool, text: impl FnOnce() -> String) {
        if of_memory {
            self.refused_in_call = true;
            self.meter.refused.fetch_add(1, Relaxed);
        }
        if self.refusal.is_none() {
            self.refusal = Some(text());
        }
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let total = (self.meter.bytes.load(Relaxed)).saturating_sub(current as u64).saturating_add(desired as u64);
        // Above its own maximum or the pool's slot the engine would refuse after us, when the sum is already counted.
        let largest = self.largest_memory.min(maximum.map_or(u64::MAX, |max| max as u64));
        if total > self.memory_bytes || desired as u64 > largest {
            let (limit, own) = (self.memory_bytes, largest);
            self.refuse(true, || {
                format!(
                    "{total} bytes of memory where the limit is {limit}, the largest single memory {desired} where it is {own}"
                )
            });
            return Ok(false);
        }
        self.meter.set_bytes(total);
        Ok(true)
    }

    /// The kernel refused what we had allowed. The sum keeps the bytes: it may be too high afterwards, never too low.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        self.refuse(true, || error.to_string());
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let total = self.elements.saturating_sub(current as u64).saturating_add(desired as u64);
        if total > self.table_elements || maximum.is_some_and(|max| desired > max) {
            let limit = self.table_elements;
            self.refuse(false, || format!("{total} table elements where the limit is {limit}"));
            return Ok(false);
        }
        self.elements = total;
        Ok(true)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        self.refuse(false, || error.to_string());
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}
