// Every limit that more than one module knows, with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace farebox::limits {

// SMPP sets no upper bound; 64 KiB holds the largest message_payload with all other TLVs.
inline constexpr std::uint32_t pdu_size_max = 65'536;
inline constexpr std::uint32_t pdu_size_min = 16;

// 255 parts is what a UDH can number; a premium MO longer than 10 parts is a mistake or an attack,
// but it was paid for, so it is kept up to what the protocol allows.
inline constexpr std::size_t message_parts_max = 255;

// Segments of one reply: they are tracked in 32-bit masks, and nobody reads a longer answer.
inline constexpr int reply_segments_max = 10;

// E.164 allows 15 digits; SMPP's field holds 20 characters.
inline constexpr std::size_t address_size_max = 20;

// At about 10 µs an event this is 5 ms of work; a larger batch would only add latency.
inline constexpr std::size_t batch_events_max = 512;

// The writer's queue: four seconds of the design load; beyond it the operator is told to wait.
inline constexpr std::size_t writer_queue_max = 100'000;

// A charge waits for its receipt a week at most, for no SMSC keeps a message longer; a receipt
// finds its submit for a day more, so that one that is late still posts.
inline constexpr int charge_expiry_hours_max = 7 * 24;
inline constexpr int receipt_hours_max = charge_expiry_hours_max + 24;

} // namespace farebox::limits
